r"""Odds compared within strata: the exact conditional logit, errors clustered in one way or two.

.. math:: \mathrm{logit} P(y_r = 1) = a_{s(r)} + x_r \beta

Given the number of events of each stratum its intercept drops out, so that any person may be as
ready to say yes as they like. Sums over all ways to place the events are recursions [1]_. A stratum
may be cut in pieces: each is conditioned on its own events, and nothing is biased by that.

References
----------
.. [1] M. H. Gail, J. H. Lubin and L. V. Rubinstein, Biometrika 68, 703-707 (1981).
   https://doi.org/10.1093/biomet/68.3.703
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from smallnet.hypotheses.methods.within import Within, check_rows, climb, clustered_errors

__all__ = ["fit_conditional_logit"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
MOST_ROWS = 200  # of a stratum; larger ones are cut


def fit_conditional_logit(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    stratum: npt.ArrayLike,
    *,
    clusters: Sequence[npt.ArrayLike] = (),
    most_iterations: int = 100,
    tolerance: float = 1e-9,
) -> Within:
    """Fit log odds ratios, each stratum with odds of its own.

    Parameters
    ----------
    y : array_like of bool, shape (rows,)
        Whether the event happened.
    x : array_like, shape (rows, k) or (rows,)
        Covariates of rows.
    stratum : array_like, shape (rows,)
        What is compared within.
    clusters : sequence of array_like, each of shape (rows,)
        What may hang together, one way or two that cross; strata where none is given.
    most_iterations : int
        Of the Newton steps.
    tolerance : float
        Largest step at which it stops.

    Returns
    -------
    Within

    Raises
    ------
    InputError
        For columns of unlike lengths, no stratum with and without events, collinear covariates, or
        events on one side alone, so that no finite ratio exists.

    Examples
    --------
    >>> model = fit_conditional_logit([1, 0, 1, 0, 0, 1], [1, 0, 1, 0, 1, 0], [0, 0, 1, 1, 2, 2])
    >>> np.exp(model.beta).round(6)  # pairs that differ: two against one
    array([2.])
    """
    values = check_rows(x, y=y, stratum=stratum)
    event = np.asarray(y).astype(bool)
    code = _cut(np.unique(np.asarray(stratum), return_inverse=True)[1])
    part = np.bincount(code, event) / np.maximum(np.bincount(code), 1)
    keep = ((part > 0) & (part < 1))[code]
    rows = np.flatnonzero(keep)[np.argsort(code[keep], kind="stable")]
    x_ = values[rows] - (values[rows].mean(axis=0) if rows.size else 0.0)
    y_, s_ = event[rows].astype(np.int64), np.unique(code[rows], return_inverse=True)[1]
    strata = int(s_.max(initial=-1)) + 1
    edge = np.searchsorted(s_, np.arange(strata + 1)).astype(np.int64)
    many = np.bincount(s_, y_, strata).astype(np.int64)

    def state(beta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        chance, information = _state(beta, x_, edge, many)
        return x_.T @ (y_ - chance), information, chance

    beta, information, chance = climb(
        state, x_, most_iterations=most_iterations, tolerance=tolerance
    )
    cov: FloatArray = np.linalg.inv(information).astype(float)
    mean = np.stack([np.bincount(s_, chance * c, strata) / many for c in x_.T], 1)
    centred = x_ - mean[s_]
    held = (chance * (1 - chance))[:, None, None] * centred[:, :, None] * centred[:, None, :]
    held *= np.trace(information) / np.trace(held.sum(axis=0))  # rows of a stratum hang together
    chosen = [np.asarray(c)[rows] for c in clusters] or [s_]
    clustered, worth = clustered_errors((y_ - chance)[:, None] * centred, held, cov, chosen)
    return Within(
        beta=beta,
        cov=cov,
        cov_clustered=clustered,
        effective_clusters=worth,
        n_rows=rows.size,
        n_strata=strata,
        events=float(y_.sum()),
    )


def _cut(code: IntArray) -> IntArray:
    """Cut strata of very many rows into pieces, in the order of the rows."""
    order = np.argsort(code, kind="stable")
    begin = np.searchsorted(code[order], code[order])
    piece = np.empty(code.size, dtype=np.int64)
    piece[order] = (np.arange(code.size) - begin) // MOST_ROWS
    pieces = int(piece.max(initial=0)) + 1
    cut: IntArray = np.unique(code * pieces + piece, return_inverse=True)[1].astype(np.int64)
    return cut


def _state(
    beta: FloatArray, x: FloatArray, edge: IntArray, many: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Give each row's chance given its stratum's events, and the information."""
    eta = x @ beta
    weight = np.exp(eta - (eta.max() if eta.size else 0.0))
    for first, last in pairwise(edge):  # sums stay near 1
        weight[first:last] /= weight[first:last].mean()
    found: tuple[FloatArray, FloatArray] = _recursion(weight, x, edge, many)
    return found


@njit(cache=True)
def _recursion(weight: FloatArray, x: FloatArray, edge: IntArray, many: IntArray) -> Any:
    k = x.shape[1]
    chance = np.zeros(weight.size)
    information = np.zeros((k, k))
    for s in range(many.size):
        first, n, m = edge[s], edge[s + 1] - edge[s], many[s]
        before = np.zeros((n + 1, m + 1))  # ways to place j events among the first i rows
        after = np.zeros((n + 1, m + 1))  # among the rows from i on
        before[0, 0] = after[n, 0] = 1.0
        one = np.zeros((m + 1, k))
        two = np.zeros((m + 1, k, k))
        for i in range(n):
            _add_row(two, one, before[i], weight[first + i], x[first + i])
            before[i + 1] = before[i]
            before[i + 1, 1:] += weight[first + i] * before[i, :-1]
        for i in range(n - 1, -1, -1):
            after[i] = after[i + 1]
            after[i, 1:] += weight[first + i] * after[i + 1, :-1]
        total = before[n, m]
        for i in range(n):
            ways = 0.0
            for j in range(m):
                ways += before[i, j] * after[i + 1, m - 1 - j]
            chance[first + i] = weight[first + i] * ways / total
        mean = one[m] / total
        information += two[m] / total - mean.reshape(k, 1) * mean.reshape(1, k)
    return chance, information


@njit(cache=True)
def _add_row(
    two: FloatArray, one: FloatArray, before: FloatArray, weight: float, row: FloatArray
) -> None:
    """Move the sums of x, and of x x', over all placements on by one row."""
    for j in range(one.shape[0] - 1, 0, -1):
        for p in range(row.size):
            for q in range(row.size):
                cross = row[p] * one[j - 1, q] + row[q] * one[j - 1, p]
                cross += two[j - 1, p, q] + row[p] * row[q] * before[j - 1]
                two[j, p, q] += weight * cross
        for p in range(row.size):
            one[j, p] += weight * (one[j - 1, p] + row[p] * before[j - 1])
