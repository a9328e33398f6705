"""How much the texts of a stretch of days repeat each other, and the same with the texts moved on.

Redundancy is 1 - H / log2(n) for n texts whose kinds have entropy H: 0 where no two are alike, 1
where all are (C. E. Shannon, Bell System Technical Journal 27, 379-423 (1948),
https://doi.org/10.1002/j.1538-7305.1948.tb01338.x). It depends on n, so volume belongs beside it.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from smallnet.errors import InputError

__all__ = ["entropy_of", "past_redundancy", "redundancy_of", "turned_on"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def entropy_of(counts: npt.ArrayLike) -> float:
    """Entropy of kinds in bits, from how often each occurs.

    Examples
    --------
    >>> round(entropy_of([80] + [1] * 19), 2)  # 80 of 99 texts are "1"
    1.52
    """
    c = np.asarray(counts, dtype=float)
    c = c[c > 0]
    return float(np.log2(c.sum()) - (c * np.log2(c)).sum() / c.sum()) if c.size else float("nan")


def redundancy_of(counts: npt.ArrayLike) -> float:
    """Redundancy of kinds from how often each occurs; nan for fewer than two texts.

    Examples
    --------
    >>> round(redundancy_of([80] + [1] * 19), 3)
    0.771
    """
    n = float(np.asarray(counts, dtype=float).sum())
    return 1.0 - entropy_of(counts) / float(np.log2(n)) if n >= 2 else float("nan")


def past_redundancy(
    group: npt.ArrayLike,
    day: npt.ArrayLike,
    kind: npt.ArrayLike,
    *,
    groups: int,
    days: int,
    window: int,
    fewest: int = 5,
) -> FloatArray:
    """Redundancy of the texts of the days before each day.

    Parameters
    ----------
    group, day, kind : array_like of int, shape (texts,)
        Where, on which day from 0, and what; sorted by group, then time.
    groups, days : int
        Shape of what is given.
    window : int
        Days that count, the day itself not among them.
    fewest : int
        Texts below which nothing is said.

    Returns
    -------
    ndarray, shape (groups, days)
        nan where there were fewer than `fewest` texts, and on days whose window begins before
        day 0.

    Raises
    ------
    InputError
        If texts are not sorted by group and day.
    """
    g, d, k = (np.asarray(v, dtype=np.int64) for v in (group, day, kind))
    place = g * days + d
    if (np.diff(place) < 0).any() or g.size != k.size:
        msg = "texts are not sorted by group and day, or not as many as kinds"
        raise InputError(msg)
    edge = np.searchsorted(g, np.arange(groups + 1))
    many = int(np.diff(edge).max(initial=0)) + 1
    table = np.zeros(many + 1)
    table[1:] = np.arange(1, many + 1) * np.log2(np.arange(1, many + 1))
    kinds = int(k.max(initial=0)) + 1
    found = _slide(edge.astype(np.int64), d, k, table, kinds, days, window, max(fewest, 2))
    result: FloatArray = found
    result[:, :window] = np.nan
    return result


def turned_on(
    group: npt.ArrayLike, kind: npt.ArrayLike, *, groups: int, rng: np.random.Generator
) -> IntArray:
    """Move the kinds of each group's texts round by a random number of texts.

    Every text keeps its moment and every run of alike texts its length, and what was said when
    means nothing any more: the null of texts exchanged over time, without pretending that they
    come singly.
    """
    g, k = np.asarray(group, dtype=np.int64), np.asarray(kind, dtype=np.int64)
    edge = np.searchsorted(g, np.arange(groups + 1))
    size = np.diff(edge)
    by = rng.integers(0, np.maximum(size, 1))
    nth = np.arange(g.size) - edge[g]
    moved: IntArray = k[edge[g] + (nth + by[g]) % np.maximum(size[g], 1)]
    return moved


@njit(cache=True)
def _slide(
    edge: IntArray,
    day: IntArray,
    kind: IntArray,
    table: FloatArray,
    kinds: int,
    days: int,
    window: int,
    fewest: int,
) -> Any:
    out = np.full((edge.size - 1, days), np.nan)
    count = np.zeros(kinds, dtype=np.int64)
    for g in range(edge.size - 1):
        front, back, n, total = edge[g], edge[g], 0, 0.0
        for d in range(days):
            while front < edge[g + 1] and day[front] < d:
                c = count[kind[front]]
                total += table[c + 1] - table[c]
                count[kind[front]] = c + 1
                n += 1
                front += 1
            while back < front and day[back] < d - window:
                c = count[kind[back]]
                total += table[c - 1] - table[c]
                count[kind[back]] = c - 1
                n -= 1
                back += 1
            if n >= fewest:
                size = np.log2(n)
                out[g, d] = 1.0 - (size - total / n) / size
        for i in range(back, front):
            count[kind[i]] = 0
    return out
