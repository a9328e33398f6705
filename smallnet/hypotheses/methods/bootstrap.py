"""Uncertainty where rows come in bundles: of one person, of one group, of both at once.

Rows of one person are alike, and so are rows of one group; people belong to several groups, so
neither bundle lies within the other and both must count (threat T11). :func:`clustered_variance`
adds up what rows of a common bundle share; :func:`cluster_bootstrap` draws the bundles anew.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smallnet.errors import InputError

__all__ = ["cluster_bootstrap", "clustered_variance", "effective_clusters"]

CHUNK = 20_000_000  # weights held in memory at once


def clustered_variance(
    influence: ArrayLike, *clusters: ArrayLike, weight: ArrayLike | None = None
) -> float:
    r"""Variance of a sum whose terms are alike within clusters, one way or several ways.

    One way: :math:`V_c = \frac{G}{G-1} \sum_g (\sum_{r \in g} e_r)^2`. Two ways, say person and
    group: :math:`V_p + V_g - V_{pg}`, the pairs of rows that share either counted once [1]_. A
    cluster that holds a part h of all the weight has drawn the estimate towards itself; with
    ``weight`` its sum is divided by 1 - h, which is the jackknife over clusters.

    Parameters
    ----------
    influence : array_like of float, shape (rows,)
        What each row adds to the estimate's error; sums to about 0.
    *clusters : array_like, shape (rows,)
        Labels, one array for each way of bundling.
    weight : array_like of float, shape (rows,), optional
        Weight of each row in the estimate.

    Returns
    -------
    float
        At least the largest one-way variance, because the difference of the two-way formula can
        come out too small, even negative.

    References
    ----------
    .. [1] A. C. Cameron, J. B. Gelbach and D. L. Miller, Journal of Business & Economic Statistics
       29, 238-249 (2011). https://doi.org/10.1198/jbes.2010.07136

    Examples
    --------
    >>> clustered_variance([1.0, 1.0, -1.0, -1.0], ["ann", "ann", "bob", "bob"])
    16.0
    """
    terms = np.asarray(influence, dtype=float)
    codes = [_codes(labels, terms.size) for labels in clusters]
    parts = np.zeros_like(terms) if weight is None else np.asarray(weight, dtype=float)
    parts = parts / max(parts.sum(), 1e-300)
    total, largest = 0.0, 0.0
    for many in range(1, len(codes) + 1):
        for chosen in combinations(codes, many):
            cell = chosen[0]
            for other in chosen[1:]:
                cell = np.unique(cell * (other.max(initial=0) + 1) + other, return_inverse=True)[1]
            one = _one_way(terms, cell, parts)
            total += one if many % 2 else -one
            if many == 1:
                largest = max(largest, one)
    return max(total, largest)


def effective_clusters(weight: ArrayLike, cluster: ArrayLike) -> float:
    """Count the clusters of equal weight that are worth as much: ``(sum w)^2 / sum w^2``.

    Parameters
    ----------
    weight : array_like of float, shape (rows,)
        Weight of each row, not negative.
    cluster : array_like, shape (rows,)
        Labels.

    Returns
    -------
    float
        Between 1 and the number of clusters; 0 without rows.

    Examples
    --------
    >>> effective_clusters([1, 1, 1, 1], ["ann", "ann", "bob", "bob"])
    2.0
    """
    values = np.asarray(weight, dtype=float)
    sums = np.bincount(_codes(cluster, values.size), values)
    return float(sums.sum() ** 2 / (sums**2).sum()) if sums.sum() > 0 else 0.0


def cluster_bootstrap(
    sums: ArrayLike,
    *clusters: ArrayLike,
    replicates: int = 999,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Sum over rows, with the clusters weighted anew by chance in every replicate.

    Every cluster gets an exponential weight of mean 1 [1]_, and a row the product of the weights
    of its clusters [2]_. A statistic that is a function of sums (a share, a ratio) needs nothing
    else. With two ways it leans to the wide side.

    Parameters
    ----------
    sums : array_like of float, shape (rows, columns)
        What is summed.
    *clusters : array_like, shape (rows,)
        Labels, one array for each way of bundling.
    replicates : int
        Number of draws.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    ndarray of float, shape (replicates, columns)

    References
    ----------
    .. [1] D. B. Rubin, Annals of Statistics 9, 130-134 (1981).
       https://doi.org/10.1214/aos/1176345338
    .. [2] A. B. Owen and D. Eckles, Annals of Applied Statistics 6, 895-927 (2012).
       https://doi.org/10.1214/12-AOAS547
    """
    rows = np.asarray(sums, dtype=float)
    if rows.ndim != 2:
        msg = f"sums have {rows.ndim} dimensions, expected rows and columns"
        raise InputError(msg)
    codes = [_codes(labels, len(rows)) for labels in clusters]
    if len(codes) == 1:  # rows of a cluster move together: add them up first
        rows = np.column_stack([np.bincount(codes[0], column) for column in rows.T])
        codes = [np.arange(len(rows))]
    drawn = np.empty((replicates, rows.shape[1]))
    step = max(1, CHUNK // max(1, len(rows)))
    for start in range(0, replicates, step):
        stop = min(replicates, start + step)
        weights = np.ones((stop - start, len(rows)))
        for code in codes:
            draws = rng.standard_exponential((stop - start, code.max(initial=-1) + 1))
            weights *= draws[:, code]
        drawn[start:stop] = weights @ rows
    return drawn


def _codes(labels: ArrayLike | Sequence[str], n_rows: int) -> NDArray[np.int64]:
    codes = np.unique(np.asarray(labels), return_inverse=True)[1].astype(np.int64)
    if codes.size != n_rows:
        msg = f"{codes.size} cluster labels for {n_rows} rows, expected one a row"
        raise InputError(msg)
    return codes


def _one_way(
    terms: NDArray[np.float64], cell: NDArray[np.int64], parts: NDArray[np.float64]
) -> float:
    sums, held = np.bincount(cell, terms), np.bincount(cell, parts)
    if sums.size < 2:  # one cluster alone: nothing to compare it with
        return 0.0
    free = (sums.size - 1) / sums.size if parts.any() else sums.size / (sums.size - 1)
    return float(((sums / np.maximum(1 - held, 1e-9)) ** 2).sum() * free)
