"""Linear thresholds: what a person still needs is drawn when the first neighbour turns to them.

One word a person holds the mark of the replicate (8 high bits) and the need that is left.
"""

import numpy as np
from numba import njit

from smallnet.simulations.spreading.kernels.stream import groups_touched, start, step

__all__ = ["BITS", "spread_equal_shares", "spread_shares"]

U = np.uint64
BITS = 48  # shares are counted in 2^-48


@njit(cache=True, nogil=True, boundscheck=False)
def spread_equal_shares(
    ptr, nbr, seeds, own, groups, n_groups, ties_in, keys,
    size, touched, curve, who, source, time, keep,
):  # fmt: skip
    """All ties to a person have the same share: count neighbours."""
    n_people = ptr.size - 1
    need = np.zeros(n_people, np.uint32)
    seen = np.zeros(n_groups, np.int32)
    q = np.empty(n_people + 1, np.int32)
    now = np.uint32(0)
    for r in range(keys.size):
        if now == np.uint32(255):
            need[:] = 0
            now = np.uint32(0)
        now = np.uint32(now + 1)
        a, b, c, d = start(keys[r])
        n = 0
        for v in seeds:
            q[n] = v
            need[v] = now << np.uint32(24)
            n += 1
        i = t = 0
        while i < n:
            curve[r, min(t, curve.shape[1] - 1)] = n
            t += 1
            end_of_step = n
            while i < end_of_step:
                u = q[i]
                i += 1
                for e in range(ptr[u], ptr[u + 1]):
                    v = nbr[e]
                    left = need[v]
                    if left >> np.uint32(24) != now:
                        bits, a, b, c, d = step(a, b, c, d)
                        draw = ((bits >> U(32)) * U(ties_in[v])) >> U(32)
                        left = np.uint32((now << np.uint32(24)) + np.uint32(draw) + np.uint32(1))
                    short = np.uint32(left & np.uint32(0xFFFFFF))
                    need[v] = left - np.uint32(short > 0)
                    q[n] = v
                    if keep:
                        source[n] = u
                        time[n] = t
                    n += short == 1
        for k in range(t, curve.shape[1]):
            curve[r, k] = n
        size[r] = n
        touched[r] = groups_touched(q, n, own, groups, seen, r + 1)
    if keep:
        who[:] = q


@njit(cache=True, nogil=True, boundscheck=False)
def spread_shares(
    ptr, nbr, seeds, own, groups, n_groups, shares, keys,
    size, touched, curve, who, source, time, keep,
):  # fmt: skip
    """Ties to a person have shares of their own, in 2^-BITS."""
    n_people = ptr.size - 1
    need = np.zeros(n_people, np.uint64)
    seen = np.zeros(n_groups, np.int32)
    q = np.empty(n_people + 1, np.int32)
    low = (U(1) << U(56)) - U(1)
    now = U(0)
    for r in range(keys.size):
        if now == U(255):
            need[:] = 0
            now = U(0)
        now = now + U(1)
        a, b, c, d = start(keys[r])
        n = 0
        for v in seeds:
            q[n] = v
            need[v] = now << U(56)
            n += 1
        i = t = 0
        while i < n:
            curve[r, min(t, curve.shape[1] - 1)] = n
            t += 1
            end_of_step = n
            while i < end_of_step:
                u = q[i]
                i += 1
                for e in range(ptr[u], ptr[u + 1]):
                    v = nbr[e]
                    left = need[v]
                    if left >> U(56) != now:
                        bits, a, b, c, d = step(a, b, c, d)
                        left = (now << U(56)) + (bits >> U(64 - BITS)) + U(1)
                    short = left & low
                    given = min(short, shares[e])
                    need[v] = left - given
                    q[n] = v
                    if keep:
                        source[n] = u
                        time[n] = t
                    n += (short > U(0)) & (given == short)
        for k in range(t, curve.shape[1]):
            curve[r, k] = n
        size[r] = n
        touched[r] = groups_touched(q, n, own, groups, seen, r + 1)
    if keep:
        who[:] = q
