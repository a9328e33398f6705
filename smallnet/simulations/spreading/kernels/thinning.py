"""Ties of unequal chance: jump with the chance of the strongest tie left, then keep some.

The ties of a person stand in falling order of chance. From tie e a jump is drawn for a bound
that no tie from e on exceeds, and the tie it lands on is kept with chance / bound (Miller & Hagberg
2011, https://doi.org/10.1007/978-3-642-21286-4_10). Bounds are the powers of the root of 2, so
that each has a small table of waits. A tie is one word, so that it is one place in memory: its
bound (6 bits), its chance as a part of that (26), whom it leads to (32). One draw of 64 bits is a
jump and a try, so that chances are exact to 2^-26 of the bound.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from smallnet.simulations.spreading.kernels.stream import step, wait_table

__all__ = ["ENTRIES", "LOOK_AGAIN", "Thinned", "kept", "thin_ties", "try_ahead"]

U = np.uint64
ENTRIES = 64  # of each table of waits: 512 bytes
BOUNDS = 64  # the least is 2^-31.5
PARTS = 2**26
LOW_26 = U(PARTS - 1)
LOOK_AGAIN = 32  # ties after which a lower bound is looked up: sooner, and nothing overlaps


class Thinned(NamedTuple):
    """Ties in falling order of chance within a person; those of no chance are left out.

    Attributes
    ----------
    ptr : ndarray of int64, shape (people + 1,)
    nbr : ndarray of int32, shape (ties,)
    words : ndarray of uint64, shape (ties,)
        Bound, chance and neighbour of each.
    first : ndarray of uint8, shape (people,)
        Bound of the first tie of each.
    bound : ndarray of float64, shape (bounds,)
        The chance of a tie is (its parts + 1) / PARTS of its bound.
    cut, other : ndarray, shape (bounds * ENTRIES,)
        Tables of waits, one after the other.
    """

    ptr: NDArray[np.int64]
    nbr: NDArray[np.int32]
    words: NDArray[np.uint64]
    first: NDArray[np.uint8]
    bound: NDArray[np.float64]
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
    step_down = np.clip(np.floor(-2.0 * np.log2(chance)), 0, BOUNDS - 1).astype(np.int64)
    used, bound_of = np.unique(step_down, return_inverse=True)
    bounds = 2.0 ** (-used / 2.0)
    tables = [wait_table(float(p), ENTRIES) for p in bounds]
    part = np.clip(np.rint(chance / bounds[bound_of] * PARTS), 1, PARTS) - 1
    words = (bound_of.astype(np.uint64) << U(58)) | (part.astype(np.uint64) << U(32))
    first = np.zeros(len(ptr) - 1, np.uint8)
    busy = np.flatnonzero(np.diff(start))
    first[busy] = bound_of[start[busy]]
    return Thinned(
        start.astype(np.int64),
        nbr[kept],
        np.asarray(words | nbr[kept].astype(np.uint64), np.uint64),
        first,
        bounds,
        np.concatenate([t[0] for t in tables]) if tables else np.zeros(0, np.uint32),
        np.concatenate([t[1] for t in tables]) if tables else np.zeros(0, np.int32),
    )


@njit(inline="always")
def try_ahead(e, k, words, bound, cut, other, a, b, c, d):
    """Draw how far the next try is, and how it will end.

    Returns
    -------
    place, step, luck, a, b, c, d
        Where the next try is made, how far to go on from it, and a number to compare: it succeeds
        if :func:`kept` says so.
    """
    bits, a, b, c, d = step(a, b, c, d)
    j = np.int64(bits & U(63))
    at = (k << 6) + j
    instead = np.int64(other[at])  # loaded in any case: a branch here would be a coin
    j = instead if np.uint32(bits >> U(32)) >= cut[at] else j
    tries = np.int64(j != 63)
    luck = np.float64(np.int64((bits >> U(6)) & LOW_26)) * bound[k]
    return e + j, tries, luck, a, b, c, d


@njit(inline="always")
def kept(word, luck, bound):
    """Whether a try at a tie succeeds."""
    part = np.float64(np.int64((word >> U(32)) & LOW_26) + 1)
    return luck < part * bound[np.int64(word >> U(58))]
