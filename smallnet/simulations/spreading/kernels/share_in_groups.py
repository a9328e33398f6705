"""Shares in groups: who sees them, who takes them up, who passes them on."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from smallnet.simulations.spreading.kernels.group_contagion import draw, streams
from smallnet.simulations.spreading.kernels.stream import groups_touched

__all__ = ["Rules", "share_in_groups"]

U = np.uint64
NOT_MUTED = 0
MUTED_LISTED = 1
MUTED_BY_LOT = 2


class Rules(NamedTuple):
    """Numbers of the model, as the kernel wants them."""

    shares: int
    everywhere: bool
    copies: int  # -1: no limit
    sharing: float
    paid_sharing: float
    paid_until: int
    to_friend: float
    to_group: float
    to_feed: float
    acceptance: float  # chance of taking up what is seen; where ``thin``, already in the views
    odds: float  # the same, as odds
    thin: bool  # every view has the same acceptance, so that views are drawn accepted
    tie_effect: float
    reinforcement: float
    needed: int
    fading: float
    feed_reach: float
    feed_strangers: float
    muting: int
    muted_cut: int  # of 2^32, by lot
    told_at: int
    told: float  # chance to see the message to everybody
    told_acceptance: float
    until: int


@njit(cache=True, nogil=True, boundscheck=False)
def share_in_groups(
    ptr, nbr, weight, friend_mass, gptr, members, own, groups, at_group, group_mass, muted,
    log_unseen, seeds, rules, keys, size, touched, curve, who, source, time, through, keep,
):  # fmt: skip
    """Run replicates; who adopts in a step shares in the next, in the order of adoption.

    ``at_group[k]`` is the membership (an entry of ``members``) of a person's k-th group,
    ``friend_mass`` and ``group_mass`` the running sums from which targets are drawn,
    ``log_unseen[g]`` is the logarithm of the chance of not seeing a share in group g.
    """
    n_people, n_groups = own.size - 1, gptr.size - 1
    mark = np.zeros(n_people, np.uint8)
    heard = np.zeros(n_people if not rules.thin else 1, np.int64)  # see _hear
    left = np.empty(n_people if rules.copies >= 0 else 1, np.int16)  # copies, by order of adoption
    seen = np.zeros(n_groups, np.int32)
    q = np.empty(n_people, np.int32)
    row = np.empty(64, np.int32)  # people who see one share
    ring, log_fading = 1, 0.0
    if rules.fading > 0.0:
        log_fading = math.log(rules.fading)
        ring = 2 + int(22.0 / -log_fading)
    head = np.full(ring, -1, np.int64)
    pool = np.empty((4, 64 if ring > 1 else 1), np.int32)  # viewer, giver, group, next
    s, s_other = np.empty(4, np.uint64), np.empty(4, np.uint64)
    now = np.uint8(0)
    for r in range(keys.size):
        if now == np.uint8(255):
            mark[:] = 0
            now = np.uint8(0)
        now = np.uint8(now + 1)
        streams(keys[r], s, s_other)
        n = 0
        for v in seeds:
            mark[v] = now
            q[n] = v
            if rules.copies >= 0:
                left[n] = rules.copies
            if keep:
                source[n] = through[n] = -1
                time[n] = 0
            n += 1
        curve[r, 0] = n
        giver = t = n_pool = n_waiting = 0
        free = -1  # places of the pool that may be taken again
        while t < rules.until and (giver < n or n_waiting > 0 or t < rules.told_at):
            t += 1
            fresh = n
            if t == rules.told_at:
                told_log = math.log1p(-rules.told) if rules.told < 1.0 else -np.inf
                v = _wait(s, told_log)
                while v < n_people:
                    if mark[v] != now:
                        if draw(s) < rules.told_acceptance:
                            mark[v] = now
                            n = _adopt(v, -1, -1, t, n, q, left, rules, who, source, time,
                                       through, keep)  # fmt: skip
                        elif not rules.thin:
                            _hear(v, -1, r, heard)
                    v += 1 + _wait(s, told_log)
            # views of shares made earlier
            slot = t % ring
            e = head[slot]
            head[slot] = -1
            while e >= 0:
                n_waiting -= 1
                v = pool[0, e]
                if mark[v] != now and _takes(
                    v, pool[1, e], r, s, q, left, heard, ptr, nbr, weight, rules
                ):
                    mark[v] = now
                    n = _adopt(v, pool[1, e], pool[2, e], t, n, q, left, rules, who, source,
                               time, through, keep)  # fmt: skip
                after = int(pool[3, e])
                pool[3, e] = free
                free = e
                e = after
            # shares of those who adopted in the step before
            sharing = rules.paid_sharing if t < rules.paid_until else rules.sharing
            while giver < fresh:
                u = q[giver]
                acts = rules.shares + (own[u + 1] - own[u] if rules.everywhere else 0)
                for act in range(acts):
                    if sharing < 1.0 and draw(s) >= sharing:
                        continue
                    k, g = -1, -1
                    x = draw(s) if act < rules.shares else 0.0
                    m = 0
                    if act >= rules.shares:
                        k = own[u] + act - rules.shares
                        if _is_muted(at_group[k], keys[r], muted, rules):
                            continue
                    elif x < rules.to_friend:
                        if ptr[u + 1] > ptr[u] and friend_mass[ptr[u + 1] - 1] > 0.0:
                            e = _drawn(s, friend_mass, ptr[u], ptr[u + 1])
                            row[0] = nbr[e]
                            m = 1
                            if rules.thin and draw(s) >= rules.acceptance:
                                m = 0
                    elif x < rules.to_friend + rules.to_group:
                        k = _own_group(u, keys[r], s, own, at_group, group_mass, muted, rules)
                    elif x < rules.to_friend + rules.to_group + rules.to_feed:
                        row, m = _feed(u, s, ptr, nbr, row, n_people, rules)
                    if k >= 0:
                        g = int(groups[k])
                        row, m = _viewers(g, keys[r], s, gptr, members, log_unseen[g], mark,
                                          now, row, muted, rules)  # fmt: skip
                    if rules.copies >= 0:
                        _shuffle(s, row, m)
                    for i in range(m):
                        v = row[i]
                        if mark[v] == now:
                            continue
                        later = 0
                        if rules.fading > 0.0:
                            later = min(_wait(s, log_fading), ring - 1)
                        if later > 0:
                            e = free
                            if e >= 0:
                                free = int(pool[3, e])
                            else:
                                if n_pool == pool.shape[1]:
                                    pool = _grown(pool)
                                e = int(n_pool)
                                n_pool += 1
                            slot = (t + later) % ring
                            pool[0, e], pool[1, e] = v, giver
                            pool[2, e], pool[3, e] = g, head[slot]
                            head[slot] = e
                            n_waiting += 1
                        elif _takes(v, giver, r, s, q, left, heard, ptr, nbr, weight, rules):
                            mark[v] = now
                            n = _adopt(v, giver, g, t, n, q, left, rules, who, source, time,
                                       through, keep)  # fmt: skip
                giver += 1
            curve[r, min(t, curve.shape[1] - 1)] = n
        head[:] = -1
        for k in range(min(t + 1, curve.shape[1]), curve.shape[1]):
            curve[r, k] = n
        size[r] = n
        touched[r] = groups_touched(q, n, own, groups, seen, r + 1)
    if keep:
        who[:] = q


@njit(cache=True, nogil=True, boundscheck=False)
def _wait(s, log_failure):
    """Failures before the next success."""
    if log_failure == -np.inf:
        return np.int64(0)
    if log_failure == 0.0:
        return np.int64(2**40)
    return np.int64(min(math.log(draw(s)) / log_failure, 2.0**40))


@njit(cache=True, nogil=True, boundscheck=False)
def _drawn(s, mass, low, high):
    """Place drawn in proportion to what the running sum gains there."""
    x = draw(s) * mass[high - 1]
    high -= 1
    while low < high:
        middle = (low + high) // 2
        if mass[middle] > x:
            high = middle
        else:
            low = middle + 1
    return low


@njit(cache=True, nogil=True, boundscheck=False)
def _is_muted(at, key, muted, rules):
    """Whether a membership is muted; by lot: the same all through a replicate, without memory."""
    if rules.muting == NOT_MUTED:
        return False
    if rules.muting == MUTED_LISTED:
        return muted[at]
    z = key + U(at + 1) * U(0x9E3779B97F4A7C15)
    z = (z ^ (z >> U(30))) * U(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> U(27))) * U(0x94D049BB133111EB)
    z = z ^ (z >> U(31))
    return np.int64(z >> U(32)) < rules.muted_cut


@njit(cache=True, nogil=True, boundscheck=False)
def _own_group(u, key, s, own, at_group, group_mass, muted, rules):
    """Draw one of the groups a person has not muted; -1 where there is none."""
    low, high = own[u], own[u + 1]
    if low == high:
        return np.int64(-1)
    if rules.muting == NOT_MUTED:
        return _drawn(s, group_mass, low, high)
    total = before = 0.0
    for k in range(low, high):
        if not _is_muted(at_group[k], key, muted, rules):
            total += group_mass[k] - before
        before = group_mass[k]
    x, before, last = draw(s) * total, 0.0, np.int64(-1)
    for k in range(low, high):
        if not _is_muted(at_group[k], key, muted, rules):
            last = np.int64(k)
            x -= group_mass[k] - before
            if x < 0.0:
                break
        before = group_mass[k]
    return last


@njit(cache=True, nogil=True, boundscheck=False)
def _viewers(g, key, s, gptr, members, log_unseen, mark, now, row, muted, rules):
    """Members who see a share in a group and have not adopted."""
    m = 0
    e, end = gptr[g] + _wait(s, log_unseen), gptr[g + 1]
    while e < end:
        if mark[members[e]] != now and not _is_muted(e, key, muted, rules):
            if m == row.size:
                row = _longer(row)
            row[m] = members[e]
            m += 1
        e += 1 + _wait(s, log_unseen)
    return row, m


@njit(cache=True, nogil=True, boundscheck=False)
def _feed(u, s, ptr, nbr, row, n_people, rules):
    """Followers and strangers who see a share in the feed."""
    m = 0
    reach, strangers = rules.feed_reach, rules.feed_strangers
    if rules.thin:
        reach, strangers = reach * rules.acceptance, strangers * rules.acceptance
    log_unseen = math.log1p(-reach) if reach < 1.0 else -np.inf
    e, end = ptr[u] + _wait(s, log_unseen), ptr[u + 1]
    while e < end:
        if m == row.size:
            row = _longer(row)
        row[m] = nbr[e]
        m += 1
        e += 1 + _wait(s, log_unseen)
    x = -math.log(draw(s))
    while x < strangers:
        if m == row.size:
            row = _longer(row)
        row[m] = np.int32(draw(s) * n_people)
        m += 1
        x -= math.log(draw(s))
    return row, m


@njit(cache=True, nogil=True, boundscheck=False)
def _hear(v, giver, r, heard):
    """Count who has shared with a person, to 63; says how many others did before.

    ``heard`` holds the replicate, who shared last and the count, in 25, 32 and 6 bits.
    """
    held = heard[v]
    if held >> 38 != r + 1:
        held = np.int64(r + 1) << 38
    count, last = held & 63, (held >> 6) & 0xFFFFFFFF
    if last == giver + 2:
        return count - 1
    heard[v] = (np.int64(r + 1) << 38) | (np.int64(giver + 2) << 6) | min(count + 1, 63)
    return count


@njit(cache=True, nogil=True, boundscheck=False)
def _takes(v, giver, r, s, q, left, heard, ptr, nbr, weight, rules):
    """Whether a person who sees a share takes it up."""
    if rules.copies >= 0 and left[giver] == 0:
        return False
    if rules.thin:
        return True
    before = _hear(v, giver, r, heard)
    if before + 1 < rules.needed:
        return False
    odds = rules.odds * rules.reinforcement**before
    if rules.tie_effect != 0.0:
        low, high = ptr[q[giver]], ptr[q[giver] + 1]
        end = high
        while low < high:
            middle = (low + high) // 2
            if nbr[middle] < v:
                low = middle + 1
            else:
                high = middle
        if low < end and nbr[low] == v:
            odds *= (1.0 + weight[low]) ** rules.tie_effect
    return odds == np.inf or draw(s) * (1.0 + odds) < odds


@njit(cache=True, nogil=True, boundscheck=False)
def _adopt(v, giver, g, t, n, q, left, rules, who, source, time, through, keep):
    """Write down an adopter; gives how many there are."""
    q[n] = v
    if rules.copies >= 0:
        left[n] = rules.copies
        if giver >= 0:
            left[giver] -= 1
    if keep:
        source[n] = q[giver] if giver >= 0 else -1
        through[n] = g
        time[n] = t
    return n + 1


@njit(cache=True, nogil=True, boundscheck=False)
def _shuffle(s, row, m):
    for i in range(m - 1, 0, -1):
        j = np.int64(draw(s) * (i + 1))
        row[i], row[j] = row[j], row[i]


@njit(cache=True, nogil=True, boundscheck=False)
def _longer(row):
    more = np.empty(2 * row.size, row.dtype)
    more[: row.size] = row
    return more


@njit(cache=True, nogil=True, boundscheck=False)
def _grown(pool):
    more = np.empty((pool.shape[0], 2 * pool.shape[1]), pool.dtype)
    more[:, : pool.shape[1]] = pool
    return more
