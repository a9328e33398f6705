"""Triangles of a network, listed once."""

import numpy as np
from numba import njit

__all__ = ["list_triangles"]


@njit(cache=True, nogil=True, boundscheck=False)
def list_triangles(ptr, nbr):
    """List triangles of pairs (u, v), u < v, ``nbr`` sorted within u: merges of two lists."""
    n_people = ptr.size - 1
    count = 0
    out = np.empty((0, 3), np.int32)
    for write in (False, True):
        if write:
            out = np.empty((count, 3), np.int32)
        count = 0
        for u in range(n_people):
            for e in range(ptr[u], ptr[u + 1]):
                v = nbr[e]
                i, j = e + 1, ptr[v]
                while i < ptr[u + 1] and j < ptr[v + 1]:
                    if nbr[i] < nbr[j]:
                        i += 1
                    elif nbr[i] > nbr[j]:
                        j += 1
                    else:
                        if write:
                            out[count, 0] = u
                            out[count, 1] = v
                            out[count, 2] = nbr[i]
                        count += 1
                        i += 1
                        j += 1
    return out
