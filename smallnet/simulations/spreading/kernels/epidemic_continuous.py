"""Epidemics in continuous time, event by event (Gillespie's direct method, with rejection).

The infected stand in lists by the power of two that their strength does not exceed. The next
event is drawn from totals alone: a recovery of anybody, or a try of somebody of a list, void
with the share by which the power exceeds their strength, or where the other is not susceptible
(Cota & Ferreira 2017, https://doi.org/10.1016/j.cpc.2017.06.007). No queue, two draws an event.
"""

import math

import numpy as np
from numba import njit

from smallnet.simulations.spreading.kernels.stream import groups_touched, start, step, uniform

__all__ = ["spread_in_time"]


@njit(cache=True, nogil=True, boundscheck=False)
def spread_in_time(
    ptr, nbr, seeds, own, groups, n_groups, class_of, first, bound, strength, upto,
    tau, gamma, again, horizon, reach, keys,
    size, touched, curve, who, source, time, keep,
):  # fmt: skip
    """Infect and recover until nobody is infected, the horizon, or all in reach are infected."""
    n_people = ptr.size - 1
    state = np.zeros(n_people, np.uint8)  # 0 susceptible, 1 infected, 2 removed
    ever = np.zeros(n_people, np.uint8)
    seen = np.zeros(n_groups, np.int32)
    q = np.empty(n_people + 1, np.int32)
    sick = np.empty(n_people + 1, np.int32)
    n_classes = bound.size
    count = np.zeros(n_classes, np.int64)
    same = upto.size == 0
    last = curve.shape[1] - 1
    for r in range(keys.size):
        a, b, c, d = start(keys[r])
        count[:] = 0
        n = 0
        pull = 0.0
        for v in seeds:
            q[n] = v
            state[v] = 1
            ever[v] = 1
            h = class_of[v]
            sick[first[h] + count[h]] = v
            count[h] += 1
            pull += bound[h]
            n += 1
        now = n
        t = 0.0
        at = 0
        while now > 0 and n < reach:
            heal = gamma * now
            rate = heal + tau * pull
            if rate <= 0.0:
                break
            bits, a, b, c, d = step(a, b, c, d)
            t -= math.log(uniform(bits)) / rate
            if t > horizon:
                break
            while at < last and at < t:
                curve[r, at] = now
                at += 1
            bits, a, b, c, d = step(a, b, c, d)
            x = uniform(bits) * rate
            k = 0
            if x < heal:
                i = np.int64(x / gamma)
                while k < n_classes - 1 and i >= count[k]:
                    i -= count[k]
                    k += 1
                if i >= count[k]:
                    continue
                u = sick[first[k] + i]
                count[k] -= 1
                sick[first[k] + i] = sick[first[k] + count[k]]
                state[u] = np.uint8(0) if again else np.uint8(2)
                pull -= bound[k]
                now -= 1
            else:
                x = (x - heal) / tau
                while k < n_classes - 1 and x >= count[k] * bound[k]:
                    x -= count[k] * bound[k]
                    k += 1
                if bound[k] == 0.0:
                    continue
                i = np.int64(x / bound[k])
                if i >= count[k]:
                    continue
                u = sick[first[k] + i]
                x -= i * bound[k]
                if x >= strength[u]:
                    continue
                e, end = ptr[u], ptr[u + 1]
                if same:
                    e = min(e + np.int64(x / strength[u] * (end - e)), end - 1)
                else:
                    while end - e > 1:
                        middle = (e + end) >> 1
                        if upto[middle - 1] <= x:
                            e = middle
                        else:
                            end = middle
                v = nbr[e]
                if state[v] != 0:
                    continue
                state[v] = 1
                h = class_of[v]
                sick[first[h] + count[h]] = v
                count[h] += 1
                pull += bound[h]
                now += 1
                if ever[v] == 0:
                    ever[v] = 1
                    q[n] = v
                    if keep:
                        source[n] = u
                        time[n] = t
                    n += 1
        for later in range(at, last + 1):
            curve[r, later] = now
        size[r] = n
        touched[r] = groups_touched(q, n, own, groups, seen, r + 1)
        for v in q[:n]:
            state[v] = 0
            ever[v] = 0
    if keep:
        who[:] = q
