"""Ties of unequal chance: jump with the chance of the strongest tie left, then keep some.

The ties of a person stand in falling order of chance. From tie e a jump is drawn for a bound
that no tie from e on exceeds, and the tie it lands on is kept with chance / bound (Miller & Hagberg
2011, https://doi.org/10.1007/978-3-642-21286-4_10). Bounds are the powers of 2^(1/4), so that
each has a small table of waits.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from smallnet.simulations.spreading.kernels.stream import step, wait_table

__all__ = ["ENTRIES", "Thinned", "next_tie", "thin_ties"]

U = np.uint64
ENTRIES = 64  # of each table of waits: 512 bytes
BOUNDS = 128  # the least is 2^-31.75


class Thinned(NamedTuple):
    """Ties in falling order of chance within a person; those of no chance are left out.

    Attributes
    ----------
    ptr : ndarray of int64, shape (people + 1,)
    nbr : ndarray of int32, shape (ties,)
    chance : ndarray of uint32, shape (ties,)
        In 2^-32, less 1 so that certainty fits.
    bound_of : ndarray of uint8, shape (ties,)
        Which bound no later tie of the person exceeds.
    bound : ndarray of uint64, shape (bounds,)
        In 2^-32.
    cut, other : ndarray, shape (bounds * ENTRIES,)
        Tables of waits, one after the other.
    """

    ptr: NDArray[np.int64]
    nbr: NDArray[np.int32]
    chance: NDArray[np.uint32]
    bound_of: NDArray[np.uint8]
    bound: NDArray[np.uint64]
    cut: NDArray[np.uint32]
    other: NDArray[np.int32]


def thin_ties(
    ptr: NDArray[np.int64], nbr: NDArray[np.int32], chance: NDArray[np.float64]
) -> Thinned:
    """Sort ties for jumps.

    Parameters
    ----------
    ptr, nbr : ndarray
        Start of each person's ties; whom they lead to.
    chance : ndarray of float64, shape (ties,) or (1,)
        0 to 1.

    Returns
    -------
    Thinned
    """
    chance = np.broadcast_to(chance, nbr.shape)
    person = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
    kept = np.flatnonzero(chance > 0.0)
    if len(kept) and (chance[kept] != chance[kept[0]]).any():
        kept = kept[np.lexsort((-chance[kept], person[kept]))]
    chance = chance[kept]
    start = np.concatenate([[0], np.cumsum(np.bincount(person[kept], minlength=len(ptr) - 1))])
    step_down = np.clip(np.floor(-4.0 * np.log2(chance)), 0, BOUNDS - 1).astype(np.int64)
    used, bound_of = np.unique(step_down, return_inverse=True)
    bounds = 2.0 ** (-used / 4.0)
    tables = [wait_table(float(p), ENTRIES) for p in bounds]
    return Thinned(
        start.astype(np.int64),
        nbr[kept],
        (np.maximum(np.rint(chance * 2.0**32), 1.0) - 1.0).astype(np.uint32),
        bound_of.astype(np.uint8),
        np.rint(bounds * 2.0**32).astype(np.uint64),
        np.concatenate([t[0] for t in tables]) if tables else np.zeros(0, np.uint32),
        np.concatenate([t[1] for t in tables]) if tables else np.zeros(0, np.int32),
    )


@njit(inline="always")
def next_tie(e, end, chance, bound_of, bound, cut, other, a, b, c, d):
    """Give the next tie from ``e`` on that succeeds, ``end`` or more where none does."""
    while e < end:
        k = np.int64(bound_of[e])
        bits, a, b, c, d = step(a, b, c, d)
        j = np.int64(bits & U(63))
        at = (k << 6) + j
        if np.uint32(bits >> U(32)) >= cut[at]:
            j = np.int64(other[at])
        e += j
        if e < end and j != 63:
            bits, a, b, c, d = step(a, b, c, d)
            if (((bits >> U(32)) * bound[k]) >> U(32)) <= U(chance[e]):
                break
            e += 1
    return e, a, b, c, d
