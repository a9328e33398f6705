"""Chance inside the kernels: one stream of its own for each replicate, whoever runs it.

xoshiro256++ (Blackman & Vigna 2021, https://doi.org/10.1145/3460772), its state kept in four
local numbers so that it lives in registers; waiting for the next success of a run of trials is
a draw from a table (Walker's alias method, https://doi.org/10.1145/355744.355749), not a logarithm.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["WaitTable", "groups_touched", "start", "step", "stream_keys", "uniform", "wait_table"]

U = np.uint64
WaitTable = tuple[NDArray[np.uint32], NDArray[np.int32]]
MOST_ENTRIES = 1024  # of a table of waits; 8 bytes each, so that it stays in the first cache


def stream_keys(rng: np.random.Generator, n: int) -> NDArray[np.uint64]:
    """Key of the stream of each of ``n`` replicates.

    Parameters
    ----------
    rng : numpy.random.Generator
        One number is drawn from it, whatever ``n``.
    n : int
        Replicates. The first of 100 have the streams of the first of 1,000.

    Returns
    -------
    ndarray of uint64, shape (n,)
    """
    base = rng.integers(0, 2**64 - 1, dtype=np.uint64)
    z = np.arange(1, n + 1, dtype=np.uint64) * U(0xD1342543DE82EF95) + base
    z = (z ^ (z >> U(30))) * U(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> U(27))) * U(0x94D049BB133111EB)
    return z ^ (z >> U(31))


@njit(cache=True, nogil=True)
def start(key: Any) -> Any:
    """State of the stream of a key: four numbers."""
    a = U(0)
    b = U(0)
    c = U(0)
    d = U(0)
    x = key
    for i in range(4):
        x += U(0x9E3779B97F4A7C15)
        z = x
        z = (z ^ (z >> U(30))) * U(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> U(27))) * U(0x94D049BB133111EB)
        z = z ^ (z >> U(31))
        if i == 0:
            a = z
        elif i == 1:
            b = z
        elif i == 2:
            c = z
        else:
            d = z
    return a, b, c, d


@njit(inline="always")
def step(a: Any, b: Any, c: Any, d: Any) -> Any:
    """Draw 64 bits; gives them and the next state."""
    x = a + d
    bits = ((x << U(23)) | (x >> U(41))) + a
    t = b << U(17)
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = (d << U(45)) | (d >> U(19))
    return bits, a, b, c, d


@njit(inline="always")
def uniform(bits: Any) -> Any:
    """Turn 64 bits into a number strictly between 0 and 1."""
    return (np.float64(bits >> U(11)) + 0.5) * (1.0 / 9007199254740992.0)


@lru_cache(maxsize=64)
def wait_table(p: float, entries: int | None = None) -> WaitTable:
    """Table to draw the failures before the next success of trials with chance ``p``.

    Parameters
    ----------
    p : float
        From 0 to 1.
    entries : int, optional
        A power of 2; where not given as many as make the last entry rare.

    Returns
    -------
    cut : ndarray of uint32, shape (k,)
        ``k`` is a power of 2. Entry j of a draw is kept where other 32 bits of it are below
        ``cut[j]``, else it is ``other[j]``.
    other : ndarray of int32, shape (k,)

    Notes
    -----
    In a kernel: ``j = bits & (k - 1)``; ``if uint32(bits >> 32) >= cut[j]: j = other[j]``. The
    answer j < k - 1 is j failures and then the success; ``k - 1`` is that many failures and no
    success yet: draw again from there. Chances are exact to 2^-32.
    """
    k = entries or 16
    while entries is None and k < MOST_ENTRIES and (1.0 - p) ** (k - 1) > 1e-3:
        k *= 2
    mass = p * (1.0 - p) ** np.arange(k)
    mass[-1] = (1.0 - p) ** (k - 1)
    share = mass * k
    other = np.arange(k)
    small = [j for j in range(k) if share[j] < 1.0]
    large = [j for j in range(k) if share[j] >= 1.0]
    while small and large:
        low, high = small.pop(), large[-1]
        other[low] = high
        share[high] -= 1.0 - share[low]
        if share[high] < 1.0:
            small.append(large.pop())
    cut = np.minimum(np.rint(np.clip(share, 0.0, 1.0) * 2.0**32), 2.0**32 - 1)
    cut[[*small, *large]] = 2.0**32 - 1
    return cut.astype(np.uint32), other.astype(np.int32)


@njit(cache=True, nogil=True, boundscheck=False)
def groups_touched(adopters: Any, n: Any, own: Any, groups: Any, seen: Any, mark: Any) -> Any:
    """Count the groups with one of the first ``n`` adopters; ``seen`` holds the last mark."""
    count = 0
    if seen.size:
        for i in range(n):
            for k in range(own[adopters[i]], own[adopters[i] + 1]):
                g = groups[k]
                if seen[g] != mark:
                    seen[g] = mark
                    count += 1
    return count
