"""Thresholds without chance: adopters give their tie's strength to each neighbour's need."""

import numpy as np
from numba import njit

from smallnet.simulations.spreading.kernels.stream import groups_touched

__all__ = ["spread_by_need"]


@njit(cache=True, nogil=True, boundscheck=False)
def spread_by_need(
    ptr, nbr, seeds, own, groups, n_groups, strength, whole,
    size, touched, curve, who, source, time, keep,
):  # fmt: skip
    """Let all with enough adopting neighbours adopt together, step by step."""
    n_people = ptr.size - 1
    adopted = np.zeros(n_people, np.uint8)
    need = whole.copy()
    q = np.empty(n_people + 1, np.int32)
    n = 0
    for v in seeds:
        q[n] = v
        adopted[v] = 1
        n += 1
    i = t = 0
    while i < n:
        curve[0, min(t, curve.shape[1] - 1)] = n
        t += 1
        end_of_step = n
        if t == 1:
            for v in range(n_people):
                if adopted[v] == 0 and need[v] <= 0.0:
                    q[n] = v
                    adopted[v] = 1
                    if keep:
                        source[n] = -1
                        time[n] = t
                    n += 1
        while i < end_of_step:
            u = q[i]
            i += 1
            for e in range(ptr[u], ptr[u + 1]):
                v = nbr[e]
                need[v] -= strength[e]
                if adopted[v] == 0 and need[v] <= 0.0:
                    adopted[v] = 1
                    q[n] = v
                    if keep:
                        source[n] = u if strength[e] >= whole[v] else -1
                        time[n] = t
                    n += 1
    for k in range(t, curve.shape[1]):
        curve[0, k] = n
    size[0] = n
    touched[0] = groups_touched(q, n, own, groups, np.zeros(n_groups, np.int32), 1)
    if keep:
        who[:] = q
