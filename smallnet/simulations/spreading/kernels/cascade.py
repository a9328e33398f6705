"""Independent cascades: a queue of adopters, marks that need no clearing."""

import numpy as np
from numba import njit

from smallnet.simulations.spreading.kernels.stream import groups_touched, start, step
from smallnet.simulations.spreading.kernels.thinning import LOOK_AGAIN, kept, try_ahead

__all__ = ["spread_own_chances", "spread_same_chance"]

U = np.uint64
BATCH = 64  # adopters whose ties are tried together; a power of 2
HITS = 256  # successes gathered together; both small enough for the first cache
BEYOND = np.iinfo(np.int32).max


@njit(cache=True, nogil=True, boundscheck=False)
def spread_same_chance(
    ptr, nbr, seeds, own, groups, n_groups, cut, other, keys,
    size, touched, curve, who, source, time, keep,
):  # fmt: skip
    """Every tie has the same chance: jump from success to success, a batch at a time."""
    n_people = ptr.size - 1
    mask, last = U(cut.size - 1), cut.size - 1
    mark = np.zeros(n_people, np.uint8)
    seen = np.zeros(n_groups, np.int32)
    q = np.empty(n_people + 1, np.int32)
    shift, until = np.empty(BATCH, np.int64), np.empty(BATCH, np.int32)
    hit, to = np.empty(HITS + 1, np.int32), np.empty(HITS, np.int64)
    giver, fetched = np.empty(HITS, np.int32), np.empty(HITS, np.uint8)
    now = np.uint8(0)
    for r in range(keys.size):
        if now == np.uint8(255):
            mark[:] = 0
            now = np.uint8(0)
        now = np.uint8(now + 1)
        a, b, c, d = start(keys[r])
        n = 0
        for v in seeds:
            q[n] = v
            mark[v] = now
            n += 1
        i = t = 0
        while i < n:
            curve[r, min(t, curve.shape[1] - 1)] = n
            t += 1
            end_of_step = n
            while i < end_of_step:
                # A batch's ties in one row, so that one run of jumps crosses all of them; then
                # each stage alone, so that its loads overlap whatever the stage before decided.
                batch = min(end_of_step - i, BATCH)
                ties = 0
                for k in range(batch):
                    e, end = ptr[q[i + k]], ptr[q[i + k] + 1]
                    shift[k] = e - ties
                    ties += end - e
                    until[k] = ties
                until[batch:] = BEYOND
                at = np.int64(0)
                while at < ties:
                    m = 0
                    while at < ties and m < HITS:
                        bits, a, b, c, d = step(a, b, c, d)
                        j = np.int64(bits & mask)
                        instead = np.int64(other[j])  # in any case: a branch would be a coin
                        j = instead if np.uint32(bits >> U(32)) >= cut[j] else j
                        at += j
                        hit[m] = at
                        m += j != last
                        at += j != last
                    m -= m > 0 and hit[m - 1] >= ties
                    for g in range(m):  # whose tie is it: halve the batch again and again
                        k, half = 0, BATCH // 2
                        while half:
                            k += half if until[k + half - 1] <= hit[g] else 0
                            half //= 2
                        giver[g] = k
                        to[g] = hit[g] + shift[k]
                    for g in range(m):
                        to[g] = nbr[to[g]]
                    for g in range(m):
                        fetched[g] = mark[to[g]]  # brings the line near; it may change below
                    for g in range(m):
                        v = to[g]
                        q[n] = v
                        if keep:
                            source[n] = q[i + giver[g]]
                            time[n] = t
                        n += mark[v] != now
                        mark[v] = now
                i += batch
        for later in range(t, curve.shape[1]):
            curve[r, later] = n
        size[r] = n
        touched[r] = groups_touched(q, n, own, groups, seen, r + 1)
    if keep:
        who[:] = q


@njit(cache=True, nogil=True, boundscheck=False)
def spread_own_chances(
    ptr, nbr, seeds, own, groups, n_groups, words, first, bound, cut, other, keys,
    size, touched, curve, who, source, time, keep,
):  # fmt: skip
    """Ties differ: thinned jumps."""
    n_people = ptr.size - 1
    mark = np.zeros(n_people, np.uint8)
    seen = np.zeros(n_groups, np.int32)
    q = np.empty(n_people + 1, np.int32)
    now = np.uint8(0)
    for r in range(keys.size):
        if now == np.uint8(255):
            mark[:] = 0
            now = np.uint8(0)
        now = np.uint8(now + 1)
        a, b, c, d = start(keys[r])
        n = 0
        for v in seeds:
            q[n] = v
            mark[v] = now
            n += 1
        i = t = 0
        while i < n:
            curve[r, min(t, curve.shape[1] - 1)] = n
            t += 1
            end_of_step = n
            while i < end_of_step:
                u = q[i]
                i += 1
                e, end = ptr[u], ptr[u + 1]
                k, look = np.int64(first[u]), e + LOOK_AGAIN
                while True:
                    e, tries, luck, a, b, c, d = try_ahead(
                        e, k, words, bound, cut, other, a, b, c, d
                    )
                    if e >= end:
                        break
                    word = words[e]
                    v = np.int64(word & U(0xFFFFFFFF))
                    q[n] = v
                    if keep:
                        source[n] = u
                        time[n] = t
                    before = mark[v]
                    hit = kept(word, luck, bound) & (tries == 1) & (before != now)
                    n += hit
                    mark[v] = now if hit else before
                    e += tries
                    if e >= look and e < end:
                        k, look = np.int64(words[e] >> U(58)), e + LOOK_AGAIN
        for later in range(t, curve.shape[1]):
            curve[r, later] = n
        size[r] = n
        touched[r] = groups_touched(q, n, own, groups, seen, r + 1)
    if keep:
        who[:] = q
