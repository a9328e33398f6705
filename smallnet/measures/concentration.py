"""How much of something stands in one group, and how widely the rest is spread."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smallnet.errors import InputError

__all__ = ["concentration_by", "group_dominance", "group_entropy"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def group_dominance(counts: ArrayLike) -> float:
    """Share of the group that holds most.

    Parameters
    ----------
    counts : array_like
        Adopters, or shares, of each group.

    Returns
    -------
    float
        Between 0 and 1; ``nan`` if there is nothing.

    Raises
    ------
    InputError
        If a count is negative or unknown.

    References
    ----------
    .. [1] L. Weng, F. Menczer and Y.-Y. Ahn, Scientific Reports 3, 2522 (2013).
       https://doi.org/10.1038/srep02522

    Examples
    --------
    >>> group_dominance([6, 2])
    0.75
    """
    held = _counts(counts)
    return float(held.max() / held.sum()) if held.any() else float("nan")


def group_entropy(counts: ArrayLike) -> float:
    r"""Spread over groups, :math:`-\sum_g p_g \log_2 p_g`.

    Parameters and errors are those of :func:`group_dominance`.

    Returns
    -------
    float
        Bits; 0 if all stands in one group, ``nan`` if there is nothing.

    References
    ----------
    .. [1] L. Weng, F. Menczer and Y.-Y. Ahn, Scientific Reports 3, 2522 (2013).
       https://doi.org/10.1038/srep02522

    Examples
    --------
    >>> round(group_entropy([6, 2]), 6)
    0.811278
    """
    held = _counts(counts)
    p = held[held > 0] / held.sum() if held.any() else held[:0]
    return float(np.abs(p @ np.log2(p))) if p.size else float("nan")


def concentration_by(
    owner: IntArray, group: IntArray, owners: int
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Count the groups of each owner's rows; give their dominance and entropy.

    Parameters
    ----------
    owner, group : ndarray of int64, shape (rows,)
        Indices; a row with either below 0 does not count.
    owners : int
        Number of owners.

    Returns
    -------
    groups : ndarray of int64, shape (owners,)
        Distinct groups.
    dominance, entropy : ndarray, shape (owners,)
        ``nan`` where no row counts.
    """
    known = (owner >= 0) & (group >= 0)
    width = int(group.max(initial=0)) + 1
    key, count = np.unique(owner[known] * width + group[known], return_counts=True)
    who, share = key // width, count.astype(np.float64)
    total = np.bincount(who, share, owners)
    p = share / total[who]
    top = np.zeros(owners)
    np.maximum.at(top, who, p)
    nothing = total == 0
    entropy = np.abs(np.bincount(who, p * np.log2(p), owners))
    return (
        np.bincount(who, minlength=owners).astype(np.int64),
        np.where(nothing, np.nan, top),
        np.where(nothing, np.nan, entropy),
    )


def _counts(counts: ArrayLike) -> FloatArray:
    held = np.asarray(counts, np.float64).ravel()
    bad = ~((held >= 0) & np.isfinite(held))
    if bad.any():
        msg = f"a count is {held[bad][0]}, expected 0 or more"
        raise InputError(msg)
    return held
