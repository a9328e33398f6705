"""Compiled loops of seeding: reverse-reachable sets, greedy cover, worlds of live ties.

Arrays in, arrays out; no checks: callers do them. A set is drawn only where its root has at
least one live tie towards it; the sets of one person are counted by formula, not drawn.
"""

import math
from typing import Any

import numpy as np
from numba import njit

from smallnet.simulations.spreading.kernels.stream import start, step, uniform

__all__ = [
    "alias",
    "cascade_sets",
    "component_gains",
    "cover",
    "exchange",
    "live_components",
    "own_chance_sets",
    "reach_gain",
    "spread_in_worlds",
    "threshold_sets",
]

U = np.uint64


@njit(cache=True, nogil=True)
def alias(mass: Any) -> Any:
    """Table to draw places in proportion to ``mass`` (Walker's alias method)."""
    n = mass.size
    share = mass * (n / mass.sum())
    cut = np.full(n, np.uint32(0xFFFFFFFF), np.uint32)
    other = np.arange(n).astype(np.int32)
    small, large = np.empty(n, np.int64), np.empty(n, np.int64)
    ns = nl = 0
    for j in range(n):
        if share[j] < 1.0:
            small[ns] = j
            ns += 1
        else:
            large[nl] = j
            nl += 1
    while ns and nl:
        ns -= 1
        low, high = small[ns], large[nl - 1]
        cut[low] = np.uint32(share[low] * 4294967295.0)
        other[low] = high
        share[high] -= 1.0 - share[low]
        if share[high] < 1.0:
            nl -= 1
            small[ns] = high
            ns += 1
    return cut, other


@njit(inline="always")
def _root(bits: Any, cut: Any, other: Any) -> Any:
    j = np.int64(((bits >> U(32)) * U(cut.size)) >> U(32))
    return j if np.uint32(bits) < cut[j] else np.int64(other[j])


@njit(cache=True, nogil=True)
def _longer(out: Any, m: Any, room: Any) -> Any:
    if m + room <= out.size:
        return out
    longer = np.empty(max(2 * out.size, m + room), np.int32)
    longer[:m] = out[:m]
    return longer


@njit(cache=True, nogil=True, boundscheck=False)
def cascade_sets(
    ptr: Any, nbr: Any, cut: Any, other: Any, log_fail: Any,
    root_cut: Any, root_other: Any, n_sets: Any, key: Any, flags: Any, hits: Any, keep: Any,
) -> Any:  # fmt: skip
    """Draw sets of an independent cascade in which all ties have the same chance.

    ``ptr, nbr`` are the ties that lead to each person. With ``keep`` the sets are given as ends
    and members; without, nothing is kept, and ``hits[b]`` counts the sets with a member that has
    bit b of ``flags``.
    """
    n_people = ptr.size - 1
    mask, last = U(cut.size - 1), cut.size - 1
    mark = np.zeros(n_people, np.int32)
    ends = np.zeros(n_sets + 1 if keep else 1, np.int64)
    out = np.empty(4 * n_sets + n_people if keep else n_people + 1, np.int32)
    a, b, c, d = start(key)
    m = 0
    for r in range(n_sets):
        bits, a, b, c, d = step(a, b, c, d)
        root = _root(bits, root_cut, root_other)
        bits, a, b, c, d = step(a, b, c, d)
        degree = ptr[root + 1] - ptr[root]
        some = -math.expm1(degree * log_fail)  # chance of a live tie, which is given
        first = min(np.int64(math.log1p(-uniform(bits) * some) / log_fail), degree - 1)
        if keep:
            out = _longer(out, m, n_people)
        begin = i = m if keep else 0
        mark[root] = r + 1
        out[i] = root
        v = nbr[ptr[root] + first]
        mark[v] = r + 1
        out[i + 1] = v
        m = i + 2
        e = ptr[root] + first + 1
        while i < m:
            u = out[i]
            end = ptr[u + 1]
            if i > begin:
                e = ptr[u]
            i += 1
            while True:
                bits, a, b, c, d = step(a, b, c, d)
                j = np.int64(bits & mask)
                if np.uint32(bits >> U(32)) >= cut[j]:
                    j = np.int64(other[j])
                e += j
                if e >= end:
                    break
                if j != last:
                    v = nbr[e]
                    out[m] = v
                    m += mark[v] != r + 1
                    mark[v] = r + 1
                    e += 1
        if keep:
            ends[r + 1] = m
        else:
            _count(out, begin, m, flags, hits)
    return ends, out[: m if keep else 0]


@njit(inline="always")
def _count(out: Any, begin: Any, end: Any, flags: Any, hits: Any) -> None:
    seen = np.uint8(0)
    for i in range(begin, end):
        seen |= flags[out[i]]
    for bit in range(hits.size):
        hits[bit] += (seen >> np.uint8(bit)) & np.uint8(1)


@njit(cache=True, nogil=True, boundscheck=False)
def own_chance_sets(
    ptr: Any, nbr: Any, chance: Any, some: Any,
    root_cut: Any, root_other: Any, n_sets: Any, key: Any, flags: Any, hits: Any, keep: Any,
) -> Any:  # fmt: skip
    """Draw sets of an independent cascade in which each tie has a chance; see ``cascade_sets``.

    ``some`` is each person's chance of a live tie towards them.
    """
    n_people = ptr.size - 1
    mark = np.zeros(n_people, np.int32)
    ends = np.zeros(n_sets + 1 if keep else 1, np.int64)
    out = np.empty(4 * n_sets + n_people if keep else n_people + 1, np.int32)
    a, b, c, d = start(key)
    m = 0
    for r in range(n_sets):
        bits, a, b, c, d = step(a, b, c, d)
        root = _root(bits, root_cut, root_other)
        bits, a, b, c, d = step(a, b, c, d)
        left = uniform(bits) * some[root]
        e, end, none, first = ptr[root], ptr[root + 1], 1.0, np.int64(-1)
        while e < end:  # the first live tie, given that there is one
            if chance[e] > 0.0:
                first = e
                left -= none * chance[e]
                none *= 1.0 - chance[e]
                if left < 0.0:
                    break
            e += 1
        if keep:
            out = _longer(out, m, n_people)
        begin = i = m if keep else 0
        mark[root] = r + 1
        out[i] = root
        v = nbr[first]
        mark[v] = r + 1
        out[i + 1] = v
        m = i + 2
        e = first + 1
        while i < m:
            u = out[i]
            if i > begin:
                e = ptr[u]
            i += 1
            while e < ptr[u + 1]:
                bits, a, b, c, d = step(a, b, c, d)
                if uniform(bits) < chance[e]:
                    v = nbr[e]
                    out[m] = v
                    m += mark[v] != r + 1
                    mark[v] = r + 1
                e += 1
        if keep:
            ends[r + 1] = m
        else:
            _count(out, begin, m, flags, hits)
    return ends, out[: m if keep else 0]


@njit(cache=True, nogil=True, boundscheck=False)
def threshold_sets(
    ptr: Any, nbr: Any, upto: Any, some: Any,
    root_cut: Any, root_other: Any, n_sets: Any, key: Any, flags: Any, hits: Any, keep: Any,
) -> Any:  # fmt: skip
    """Draw sets of linear thresholds: a walk to one in-neighbour at a time; see ``cascade_sets``.

    ``upto[e]`` is the sum of influences on a person up to and with tie e, ``some`` all of it.
    """
    n_people = ptr.size - 1
    mark = np.zeros(n_people, np.int32)
    ends = np.zeros(n_sets + 1 if keep else 1, np.int64)
    out = np.empty(4 * n_sets + n_people if keep else n_people + 1, np.int32)
    a, b, c, d = start(key)
    m = 0
    for r in range(n_sets):
        bits, a, b, c, d = step(a, b, c, d)
        u = _root(bits, root_cut, root_other)
        if keep:
            out = _longer(out, m, n_people)
        else:
            m = 0
        begin = m
        factor = some[u]  # the first step is given
        while mark[u] != r + 1:
            mark[u] = r + 1
            out[m] = u
            m += 1
            bits, a, b, c, d = step(a, b, c, d)
            x = uniform(bits) * factor
            factor = 1.0
            if x >= some[u]:
                break
            low, high = ptr[u], ptr[u + 1] - 1
            while low < high:
                middle = (low + high) >> 1
                if upto[middle] > x:
                    high = middle
                else:
                    low = middle + 1
            u = np.int64(nbr[low])
        if keep:
            ends[r + 1] = m
        else:
            _count(out, begin, m, flags, hits)
    return ends, out[: m if keep else 0]


@njit(cache=True, nogil=True, boundscheck=False)
def _sift(heap: Any, key: Any, n: Any, i: Any) -> None:
    v = heap[i]
    while True:
        child = 2 * i + 1
        if child >= n:
            break
        if child + 1 < n and key[heap[child + 1]] > key[heap[child]]:
            child += 1
        if key[heap[child]] <= key[v]:
            break
        heap[i] = heap[child]
        i = child
    heap[i] = v


@njit(cache=True, nogil=True, boundscheck=False)
def _inside(ends: Any, members: Any, n_people: Any) -> Any:
    """Start of each person's sets, and the sets."""
    where = np.zeros(n_people + 1, np.int64)
    for i in range(members.size):
        where[members[i] + 1] += 1
    for v in range(n_people):
        where[v + 1] += where[v]
    at = where.copy()
    inside = np.empty(members.size, np.int32)
    for s in range(ends.size - 1):
        for i in range(ends[s], ends[s + 1]):
            v = members[i]
            inside[at[v]] = s
            at[v] += 1
    return where, inside


def cover(ends: Any, members: Any, worth: Any, base: Any, budget: int, looks: int) -> Any:
    """Greedy choice for f(S) = sum of ``base`` over S + ``worth`` x sets that S hits.

    Gives the picks, the sets hit after each, and the least upper bound on the best f for the
    budget, over ``looks`` moments and the end: f(S) + the largest gains left (Tang et al. 2018,
    https://doi.org/10.1145/3183713.3183749).
    """
    where, inside = _inside(ends, members, base.size)
    moments = np.unique(np.linspace(0, budget, looks + 1).astype(np.int64))
    picks, covered, values, gains = _cover(
        ends, members, where, inside, worth, base, budget, moments
    )
    from_top = base.size - budget
    largest = np.partition(gains, from_top - 1, axis=1)[:, from_top:] if from_top else gains
    return picks, covered, float((values + largest.sum(axis=1)).min())


@njit(cache=True, nogil=True, boundscheck=False)
def _cover(
    ends: Any, members: Any, where: Any, inside: Any, worth: Any, base: Any, budget: Any,
    moments: Any,
) -> Any:  # fmt: skip
    """Pick greedily, gains kept up to date; a heap of old gains is exact, as gains only fall.

    Also gives f and all gains (0 for who is picked) at moments of the choice.
    """
    n_people = base.size
    count = np.empty(n_people, np.int64)
    key = np.empty(n_people)
    heap = np.empty(n_people, np.int64)
    for v in range(n_people):
        heap[v] = v
        count[v] = where[v + 1] - where[v]
        key[v] = base[v] + worth * count[v]
    for i in range(n_people // 2 - 1, -1, -1):
        _sift(heap, key, n_people, i)
    hit = np.zeros(ends.size - 1, np.uint8)
    picks = np.empty(budget, np.int32)
    covered = np.empty(budget, np.int64)
    values = np.zeros(moments.size)
    gains = np.zeros((moments.size, n_people))
    value, total, left, look = 0.0, 0, n_people, 0
    for k in range(budget + 1):
        if k == moments[look]:
            values[look] = value
            for i in range(left):
                gains[look, heap[i]] = base[heap[i]] + worth * count[heap[i]]
            look += 1
        if k == budget:
            break
        v = heap[0]
        now = base[v] + worth * count[v]
        while now < key[v]:
            key[v] = now
            _sift(heap, key, left, 0)
            v = heap[0]
            now = base[v] + worth * count[v]
        left -= 1
        heap[0] = heap[left]
        _sift(heap, key, left, 0)
        picks[k] = v
        value += now
        total += count[v]
        covered[k] = total
        for i in range(where[v], where[v + 1]):
            s = inside[i]
            if not hit[s]:
                hit[s] = 1
                for j in range(ends[s], ends[s + 1]):
                    count[members[j]] -= 1
    return picks, covered, values, gains


@njit(cache=True, nogil=True, boundscheck=False)
def _gains_without(ends: Any, members: Any, worth: Any, base: Any, hit: Any, out: Any) -> Any:
    """Give what each person adds to the picks once ``out`` is none of them."""
    gain = base.copy()
    for s in range(hit.size):
        alone = hit[s] == 0
        if hit[s] == 1:
            for i in range(ends[s], ends[s + 1]):
                alone = alone or members[i] == out
        if alone:
            for i in range(ends[s], ends[s + 1]):
                gain[members[i]] += worth
    return gain


@njit(cache=True, nogil=True, boundscheck=False)
def exchange(ends: Any, members: Any, worth: Any, base: Any, picks: Any, rounds: Any) -> None:
    """Swap one pick for somebody else while that raises the f of ``cover``; changes ``picks``."""
    step = np.zeros(base.size, np.int32)
    for v in picks:
        step[v] = 1
    hit = np.zeros(ends.size - 1, np.int32)
    for s in range(hit.size):
        for i in range(ends[s], ends[s + 1]):
            hit[s] += step[members[i]]
    for v in picks:
        step[v] = 0
    since = 0  # picks looked at since the last swap
    for k in range(rounds * picks.size):
        at = k % picks.size
        out = picks[at]
        gain = _gains_without(ends, members, worth, base, hit, out)
        least = gain[out] * (1 + 1e-12)
        for v in picks:
            gain[v] = -np.inf
        new = np.argmax(gain)
        since += 1
        if gain[new] > least:
            picks[at] = new
            step[out], step[new] = -1, 1
            for s in range(hit.size):
                for i in range(ends[s], ends[s + 1]):
                    hit[s] += step[members[i]]
            step[out] = step[new] = 0
            since = 0
        if since == picks.size:
            break


@njit(inline="always")
def _toss(key: Any, coin: Any) -> Any:
    """Give the 32 bits of a coin in a world: the same whoever looks, in whatever order."""
    z = key + U(coin) * U(0x9E3779B97F4A7C15)
    z = (z ^ (z >> U(30))) * U(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> U(27))) * U(0x94D049BB133111EB)
    return np.int64((z ^ (z >> U(31))) >> U(32))


@njit(cache=True, nogil=True, boundscheck=False)
def spread_in_worlds(
    ptr: Any, nbr: Any, coin: Any, low: Any, high: Any, seeds: Any,
    own: Any, groups: Any, n_groups: Any, keys: Any,
) -> Any:  # fmt: skip
    """People and groups reached from the seeds in each world of live ties.

    A tie is live where its coin falls from ``low`` to below ``high``, of 2^32.
    """
    n_people = ptr.size - 1
    mark = np.zeros(n_people, np.int32)
    seen = np.zeros(n_groups, np.int32)
    q = np.empty(n_people + 1, np.int32)
    size = np.zeros(keys.size, np.int64)
    touched = np.zeros(keys.size, np.int64)
    for r in range(keys.size):
        now, key, n, i = r + 1, keys[r], 0, 0
        for v in seeds:
            q[n] = v
            n += mark[v] != now
            mark[v] = now
        while i < n:
            u = q[i]
            i += 1
            for e in range(ptr[u], ptr[u + 1]):
                x = _toss(key, coin[e])
                if low[e] <= x < high[e]:
                    v = nbr[e]
                    q[n] = v
                    n += mark[v] != now
                    mark[v] = now
        size[r] = n
        if n_groups:
            for i in range(n):
                for k in range(own[q[i]], own[q[i] + 1]):
                    g = groups[k]
                    touched[r] += seen[g] != now
                    seen[g] = now
    return size, touched


@njit(cache=True, nogil=True, boundscheck=False)
def reach_gain(
    ptr: Any, nbr: Any, coin: Any, low: Any, high: Any, people: Any,
    keys: Any, taken: Any, take: Any, mark: Any, q: Any, epoch: Any,
) -> Any:  # fmt: skip
    """How many more each of ``people`` would reach, summed over worlds; ``take`` keeps it.

    ``taken[r, v]``: already reached in world r. Who is reached from there is reached too, so the
    search stops at them.
    """
    gains = np.zeros(people.size, np.int64)
    for x in range(people.size):
        for r in range(keys.size):
            if taken[r, people[x]]:
                continue
            epoch += 1
            key, n, i = keys[r], 1, 0
            q[0] = people[x]
            mark[q[0]] = epoch
            while i < n:
                u = q[i]
                i += 1
                for e in range(ptr[u], ptr[u + 1]):
                    v = nbr[e]
                    if mark[v] != epoch and not taken[r, v]:
                        h = _toss(key, coin[e])
                        if low[e] <= h < high[e]:
                            q[n] = v
                            n += 1
                            mark[v] = epoch
            gains[x] += n
            if take:
                for i in range(n):
                    taken[r, q[i]] = True
    return gains, epoch


@njit(cache=True, nogil=True, boundscheck=False)
def live_components(ptr: Any, nbr: Any, coin: Any, low: Any, high: Any, keys: Any) -> Any:
    """Component of each person in each world, and the people of each, where ties go both ways."""
    n = ptr.size - 1
    label = np.empty((n, keys.size), np.int32)
    size = np.zeros((keys.size, n), np.int32)
    up = np.empty(n, np.int32)
    for r in range(keys.size):
        for v in range(n):
            up[v] = v
        for u in range(n):
            for e in range(ptr[u], ptr[u + 1]):
                if nbr[e] > u:
                    h = _toss(keys[r], coin[e])
                    if low[e] <= h < high[e]:
                        x, y = np.int64(u), np.int64(nbr[e])
                        while up[x] != x:
                            up[x] = up[up[x]]
                            x = up[x]
                        while up[y] != y:
                            up[y] = up[up[y]]
                            y = up[y]
                        up[max(x, y)] = min(x, y)
        for v in range(n):
            up[v] = up[up[v]]  # roots are lower and already final
            label[v, r] = up[v]
            size[r, up[v]] += 1
    return label, size


@njit(cache=True, nogil=True, boundscheck=False)
def component_gains(label: Any, size: Any, people: Any, take: Any) -> Any:
    """``reach_gain`` by components; a component that is taken has size 0 from then on."""
    gains = np.zeros(people.size, np.int64)
    for x in range(people.size):
        v = people[x]
        for r in range(label.shape[1]):
            gains[x] += size[r, label[v, r]]
            if take:
                size[r, label[v, r]] = 0
    return gains
