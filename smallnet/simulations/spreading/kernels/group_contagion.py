"""Contagion by groups: infected members are counted group by group, as people change."""

import math

import numpy as np
from numba import njit

from smallnet.simulations.spreading.kernels.stream import groups_touched, start, step, uniform

__all__ = ["draw", "spread_by_groups", "streams"]

U = np.uint64
BLOCKED, EVER, ILL = np.uint8(1), np.uint8(2), np.uint8(4)  # bits of a person's state
OTHER_STREAM = U(0x5851F42D4C957F2D)  # of who passed it on, so that a trace is the run itself


@njit(cache=True, nogil=True, boundscheck=False)
def draw(s):
    """Draw a number strictly between 0 and 1 from a stream whose state is an array."""
    bits, s[0], s[1], s[2], s[3] = step(s[0], s[1], s[2], s[3])
    return uniform(bits)


@njit(cache=True, nogil=True, boundscheck=False)
def streams(key, s, s_other):
    """Set two streams to the start that belongs to a key."""
    s[0], s[1], s[2], s[3] = start(key)
    s_other[0], s_other[1], s_other[2], s_other[3] = start(key ^ OTHER_STREAM)


@njit(cache=True, nogil=True, boundscheck=False)
def spread_by_groups(
    ptr, members, own, groups, seeds, first, hazard, recovery, immune, steps, per_unit,
    told_at, told, keys, size, touched, curve, who, source, time, through, keep,
):  # fmt: skip
    """Run synchronous steps: infections from the counts before it, then recoveries.

    ``hazard[first[g] + i]`` is the cumulative hazard over a step of one member of group g with i
    infected, ``recovery`` that of recovering; at step ``told_at`` everybody who can be infected
    is with the cumulative hazard ``told``.
    """
    n_people, n_groups = own.size - 1, ptr.size - 1
    state = np.zeros(n_people, np.uint8)
    count = np.zeros(n_groups, np.int32)
    slot = np.empty(n_groups, np.int32)
    live = np.empty(n_groups, np.int32)
    seen = np.zeros(n_groups, np.int32)
    ill = np.empty(n_people, np.int32)
    hit = np.empty(n_people, np.int32)
    ever = np.empty(n_people, np.int32)
    kept = n_people if keep else 1
    place, tries = np.zeros(kept, np.int32), np.zeros(kept, np.int32)
    hit_source, hit_group = np.empty(kept, np.int32), np.empty(kept, np.int32)
    s, s_other = np.empty(4, np.uint64), np.empty(4, np.uint64)
    for r in range(keys.size):
        streams(keys[r], s, s_other)
        n_ill = n_ever = n_live = 0
        point = 1
        n_hit = seeds.size
        for x in range(n_hit):
            hit[x] = seeds[x]
            if keep:
                hit_source[x] = hit_group[x] = -1
        for t in range(steps + 1):
            if t > 0:
                n_hit = 0
                for x in range(n_live):
                    g = live[x]
                    h = hazard[first[g] + count[g]]
                    e, end = ptr[g], ptr[g + 1]
                    while e < end:
                        u = draw(s)
                        if u < 1.0 - h * (end - e):
                            break  # nobody else, and no logarithm: exp(-x) is above 1 - x
                        u = -math.log(u) / h if h > 0.0 else np.inf
                        if u >= end - e:
                            break
                        e += np.int64(u)
                        v = members[e]
                        if state[v] & BLOCKED == 0:
                            state[v] |= BLOCKED
                            hit[n_hit] = v
                            if keep:
                                place[v], tries[v] = n_hit, 0
                            n_hit += 1
                        if keep and state[v] & ILL == 0 and n_hit > 0:
                            _remember(
                                v, g, ptr, members, state, count, hit, n_hit, place, tries,
                                hit_source, hit_group, s_other,
                            )  # fmt: skip
                        e += 1
                if t == told_at:
                    e = _jump(s, told, n_people)
                    while e < n_people:
                        if state[e] & BLOCKED == 0:
                            state[e] |= BLOCKED
                            hit[n_hit] = e
                            if keep:
                                hit_source[n_hit] = hit_group[n_hit] = -1
                            n_hit += 1
                        e += 1 + _jump(s, told, n_people)
                i = _jump(s, recovery, n_ill)
                while i < n_ill:
                    v = ill[i]
                    n_ill -= 1
                    ill[i] = ill[n_ill]  # who comes here has not had their own chance yet
                    state[v] = (EVER | BLOCKED) if immune else EVER
                    for k in range(own[v], own[v + 1]):
                        g = groups[k]
                        count[g] -= 1
                        if count[g] == 0:
                            n_live -= 1
                            live[slot[g]] = live[n_live]
                            slot[live[n_live]] = slot[g]
                    i += _jump(s, recovery, n_ill)
            for x in range(n_hit):
                v = hit[x]
                if state[v] & EVER == 0:
                    ever[n_ever] = v
                    if keep:
                        time[n_ever] = t
                        source[n_ever], through[n_ever] = hit_source[x], hit_group[x]
                    n_ever += 1
                state[v] = BLOCKED | EVER | ILL
                ill[n_ill] = v
                n_ill += 1
                for k in range(own[v], own[v + 1]):
                    g = groups[k]
                    if count[g] == 0:
                        slot[g] = n_live
                        live[n_live] = g
                        n_live += 1
                    count[g] += 1
            if t % per_unit == 0:
                point = min(t // per_unit, curve.shape[1] - 1)
                curve[r, point] = n_ill
                point += 1
            if n_ill == 0 and t >= told_at:
                break
        for k in range(min(point, curve.shape[1] - 1), curve.shape[1]):
            curve[r, k] = n_ill
        size[r] = n_ever
        touched[r] = groups_touched(ever, n_ever, own, groups, seen, r + 1)
        for i in range(n_ill):
            for k in range(own[ill[i]], own[ill[i] + 1]):
                count[groups[k]] = 0
        for i in range(n_ever):
            state[ever[i]] = 0
    if keep:
        who[:n_people] = ever


@njit(cache=True, nogil=True, boundscheck=False)
def _jump(s, h, most):
    """Failures before the next success of trials with cumulative hazard h, at most ``most``."""
    if h == np.inf:
        return np.int64(0)
    if h == 0.0:
        return np.int64(most)
    return np.int64(min(-math.log(draw(s)) / h, float(most)))


@njit(cache=True, nogil=True, boundscheck=False)
def _remember(
    v, g, ptr, members, state, count, hit, n_hit, place, tries, hit_source, hit_group, s
):  # fmt: skip
    """Keep one of the groups that reached v in this step, and one of its infected, by lot."""
    at = place[v]
    if at >= n_hit or hit[at] != v:
        return  # immune: not hit in this step
    tries[v] += 1
    if draw(s) * tries[v] >= 1.0:
        return
    left = np.int64(draw(s) * count[g])
    for e in range(ptr[g], ptr[g + 1]):
        if state[members[e]] & ILL:
            if left == 0:
                hit_source[at], hit_group[at] = members[e], g
                return
            left -= 1
