"""Epidemics in steps, along ties and in triangles; only tries that succeed are walked to."""

import numpy as np
from numba import njit

from smallnet.simulations.spreading.kernels.stream import groups_touched, start, step
from smallnet.simulations.spreading.kernels.thinning import LOOK_AGAIN, kept, try_ahead

__all__ = ["spread_in_steps"]

U = np.uint64


@njit(inline="always")
def _wait(cut, other, room, a, b, c, d):
    """Draw failures before a success; ``room`` or more are as good as none."""
    j = np.int64(0)
    last = cut.size - 1
    while j < room:
        bits, a, b, c, d = step(a, b, c, d)
        k = np.int64(bits & U(last))
        instead = np.int64(other[k])
        k = instead if np.uint32(bits >> U(32)) >= cut[k] else k
        j += k
        if k != last:
            break
    return j, a, b, c, d


@njit(cache=True, nogil=True, boundscheck=False)
def spread_in_steps(
    ptr, nbr, seeds, own, groups, n_groups, same, cut, other, words, first, bound,
    corner_ptr, second, third, triangle_cut, triangle_other, recover_cut, recover_other,
    recovers, again, horizon, reach, keys,
    size, touched, curve, who, source, time, keep,
):  # fmt: skip
    """Infect and recover in steps, all from who was infected before the step.

    A person is 0 susceptible, 1 infected, 2 infected in this step, 3 removed. A triangle of two
    infected people and a susceptible one has one try a step: that of the infected one of lower
    index.
    """
    n_people = ptr.size - 1
    state = np.zeros(n_people, np.uint8)
    ever = np.zeros(n_people, np.uint8)
    seen = np.zeros(n_groups, np.int32)
    q = np.empty(n_people + 1, np.int32)
    sick = np.empty(n_people + 1, np.int32)
    mask, last = U(max(cut.size, 1) - 1), cut.size - 1
    for r in range(keys.size):
        a, b, c, d = start(keys[r])
        n = 0
        for v in seeds:
            q[n] = v
            sick[n] = v
            state[v] = 1
            ever[v] = 1
            n += 1
        now = n
        t = 0
        curve[r, 0] = now
        while now > 0 and t < horizon and n < reach:
            t += 1
            new = now
            for i in range(now):
                u = sick[i]
                e, end = ptr[u], ptr[u + 1]
                if same:
                    while True:
                        bits, a, b, c, d = step(a, b, c, d)
                        j = np.int64(bits & mask)
                        instead = np.int64(other[j])  # in any case: no branch on a coin
                        j = instead if np.uint32(bits >> U(32)) >= cut[j] else j
                        e += j
                        if e >= end:
                            break
                        if j != last:
                            v = nbr[e]
                            sick[new] = v
                            q[n] = v
                            if keep:
                                source[n] = u
                                time[n] = t
                            n += ever[v] == 0
                            new += state[v] == 0
                            ever[v] = 1
                            state[v] += np.uint8(2) * np.uint8(state[v] == 0)
                            e += 1
                else:
                    k, look = np.int64(first[u]), e + LOOK_AGAIN
                    while True:
                        e, tries, luck, a, b, c, d = try_ahead(
                            e, k, words, bound, cut, other, a, b, c, d
                        )
                        if e >= end:
                            break
                        word = words[e]
                        v = np.int64(word & U(0xFFFFFFFF))
                        sick[new] = v
                        q[n] = v
                        if keep:
                            source[n] = u
                            time[n] = t
                        hit = np.uint8(kept(word, luck, bound) & (tries == 1))
                        n += int(hit & np.uint8(ever[v] == 0))
                        fresh = hit & np.uint8(state[v] == 0)
                        new += int(fresh)
                        ever[v] |= hit
                        state[v] += np.uint8(2) * fresh
                        e += tries
                        if e >= look and e < end:
                            k, look = np.int64(words[e] >> U(58)), e + LOOK_AGAIN
            if second.size:
                for i in range(now):
                    u = sick[i]
                    e, end = corner_ptr[u], corner_ptr[u + 1]
                    while True:
                        j, a, b, c, d = _wait(triangle_cut, triangle_other, end - e, a, b, c, d)
                        e += j
                        if e >= end:
                            break
                        v, w = second[e], third[e]
                        e += 1
                        if state[v] != 1:
                            v, w = w, v
                        if state[v] == 1 and state[w] == 0 and u < v:
                            sick[new] = w
                            new += 1
                            state[w] = 2
                            if ever[w] == 0:
                                ever[w] = 1
                                q[n] = w
                                if keep:
                                    source[n] = -1
                                    time[n] = t
                                n += 1
            old = now
            if recovers:
                i = now
                while True:  # from the end, so that who moves into a gap is settled
                    j, a, b, c, d = _wait(recover_cut, recover_other, i, a, b, c, d)
                    i -= 1 + j
                    if i < 0:
                        break
                    state[sick[i]] = np.uint8(0) if again else np.uint8(3)
                    old -= 1
                    new -= 1
                    sick[i] = sick[old]
                    sick[old] = sick[new]
            for i in range(old, new):
                state[sick[i]] = 1
            now = new
            curve[r, min(t, curve.shape[1] - 1)] = now
        for later in range(t + 1, curve.shape[1]):
            curve[r, later] = now
        size[r] = n
        touched[r] = groups_touched(q, n, own, groups, seen, r + 1)
        for i in range(n):
            state[q[i]] = 0
            ever[q[i]] = 0
    if keep:
        who[:] = q
