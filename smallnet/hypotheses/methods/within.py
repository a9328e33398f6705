"""What a fit within strata gives: log ratios, and errors that let clusters hang together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from smallnet.errors import InputError
from smallnet.hypotheses.methods.log_ratios import LogRatios
from smallnet.tables.words import Text

__all__ = ["LEANS_WIDE", "Within", "check_rows", "climb", "clustered_errors", "codes_of"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
State = TypeVar("State")
LEANS_WIDE = Text(
    "The interval leans to the wide side: no error is taken to be smaller than that of any one "
    "clustering or of independent rows, and few clusters count as few. In simulated worlds it is "
    "up to 1.5 times as wide as it need be: false alarms are rarer than alpha, small effects stay "
    "inconclusive.",
    "区间偏宽：误差不小于任一聚类或独立行的误差，聚类少则按少计。模拟世界中最多为所需的 1.5 倍宽："
    "误报少于 alpha，较小的效应则尚无定论。",
)
LARGEST_STEP = 1.0  # of any coefficient at once, a factor of e
FARTHEST = 12.0  # a log ratio per standard deviation beyond which there is no finite one
NOTHING_LEFT = 1e-3  # kept of a cluster that holds all the information


@dataclass(frozen=True, kw_only=True)
class Within(LogRatios):
    """A model fitted within strata.

    Attributes
    ----------
    beta : ndarray, shape (k,)
        Log ratios per unit of each covariate.
    cov : ndarray, shape (k, k)
        Covariance of ``beta`` where rows are independent (inverse information).
    cov_clustered : ndarray, shape (k, k)
        The same where rows of a cluster may hang together.
    effective_clusters : ndarray, shape (k,)
        How many clusters of equal information are worth as much, for each coefficient; of several
        clusterings the poorest.
    n_rows, n_strata : int
        Rows and strata that tell of anything.
    events : float
        Events in them.
    """

    beta: FloatArray
    cov: FloatArray
    cov_clustered: FloatArray
    effective_clusters: FloatArray
    n_rows: int
    n_strata: int
    events: float

    @property
    def freedom(self) -> FloatArray:
        """Degrees of freedom: effective clusters less one, at least 1."""
        return np.maximum(self.effective_clusters - 1, 1.0)

    @property
    def standard_error(self) -> FloatArray:
        """Standard errors of ``beta``, clustered."""
        return np.sqrt(np.diag(self.cov_clustered))


def check_rows(x: npt.ArrayLike, **columns: npt.ArrayLike) -> FloatArray:
    """Give the covariates as a matrix, once all columns are as long and finite.

    Raises
    ------
    InputError
        For columns of unlike lengths, or covariates that are not finite.
    """
    values = np.asarray(x, dtype=float)
    values = values[:, None] if values.ndim == 1 else values
    for name, column in columns.items():
        if len(np.asarray(column)) != len(values):
            msg = f"{name} has {len(np.asarray(column))} rows, expected {len(values)} as in x"
            raise InputError(msg)
    bad = ~np.isfinite(values).all(axis=1)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        msg = f"x is {values[row]} in row {row}, expected finite covariates"
        raise InputError(msg)
    return values


def codes_of(names: npt.ArrayLike) -> IntArray:
    """Give names their numbers in order, as ``np.unique`` does; ten times as fast of a million."""
    codes: IntArray = pd.factorize(np.asarray(names), sort=True, use_na_sentinel=False)[0]
    return codes.astype(np.int64, copy=False)


def climb(
    state: Callable[[FloatArray], tuple[FloatArray, FloatArray, State]],
    x: FloatArray,
    *,
    most_iterations: int,
    tolerance: float,
) -> tuple[FloatArray, FloatArray, State]:
    """Climb a conditional likelihood by Newton's steps.

    Parameters
    ----------
    state : callable
        From coefficients to score, information and whatever else the caller wants at the top.
    x : ndarray, shape (rows, k)
        Covariates of the rows that tell of anything; their spread is the unit of a step.
    most_iterations, tolerance : int, float
        Steps at most, and the largest one at which it stops.

    Returns
    -------
    tuple
        Coefficients, information, and the rest of the state there.

    Raises
    ------
    InputError
        If rows tell of nothing, covariates are collinear, or events lie on one side alone.
    """
    spread = x.std(axis=0) if len(x) else np.zeros(x.shape[1])
    beta = np.zeros(x.shape[1])
    score, information, rest = state(beta)
    _telling(len(x), information)
    for _step in range(most_iterations):
        step = np.linalg.solve(information, score)
        step *= min(1.0, LARGEST_STEP / max(float(np.abs(step * spread).max()), 1e-300))
        beta = beta + step
        if (np.abs(beta * spread) > FARTHEST).any():
            msg = "events lie on one side of a covariate alone, expected some on both"
            raise InputError(msg)
        score, information, rest = state(beta)
        if np.linalg.cond(information) > 1e14:
            msg = "the covariates tell the events apart without error: no finite ratio"
            raise InputError(msg)
        if float(np.abs(step * spread).max()) < tolerance:
            break
    return beta, information, rest


def _telling(rows: int, information: FloatArray) -> None:
    """Insist on rows that tell of every covariate.

    Raises
    ------
    InputError
        If no stratum has anything to compare, or covariates do not move on their own within them.
    """
    spread = np.sqrt(np.diag(information).clip(min=0))
    if not rows or not (spread > 1e-9).all():
        msg = "within no stratum do rows with and without an event differ in every covariate"
        raise InputError(msg)
    if np.linalg.eigvalsh(information / np.outer(spread, spread))[0] < 1e-10:
        msg = "the covariates are collinear within strata, expected ones that move on their own"
        raise InputError(msg)


def clustered_errors(
    score: FloatArray,
    held: FloatArray,
    cov: FloatArray,
    clusters: Sequence[npt.ArrayLike],
) -> tuple[FloatArray, FloatArray]:
    r"""Covariance of coefficients when rows of a cluster hang together, in one way or two.

    Parameters
    ----------
    score : ndarray, shape (rows, k)
        Scores of rows; they sum to 0.
    held : ndarray, shape (rows, k, k)
        Each row's part of the information.
    cov : ndarray, shape (k, k)
        Inverse of the information.
    clusters : sequence of array_like, each of shape (rows,)
        One clustering, or two that cross.

    Returns
    -------
    tuple of ndarray
        Covariance, shape (k, k), and effective clusters, shape (k,).

    Notes
    -----
    A cluster's sum of scores is divided by one less its part of the information: the jackknife
    over clusters. Two clusterings are added and their crossing is taken away [1]_. No error is
    taken to be smaller than that of either clustering, or than that of independent rows: clusters
    that seem to hold each other back do so by chance.

    References
    ----------
    .. [1] A. C. Cameron, J. B. Gelbach and D. L. Miller, Journal of Business & Economic Statistics
       29, 238-249 (2011). https://doi.org/10.1198/jbes.2010.07136
    """
    codes = [codes_of(c) for c in clusters]
    parts = [_jackknife(score, held, cov, c) for c in codes]
    worth = np.min([p[1] for p in parts], axis=0)
    least = [cov, *(p[0] for p in parts)]
    whole = parts[0][0]
    if len(codes) > 1:
        both = codes_of(codes[0] * (codes[1].max() + 1) + codes[1])
        whole = parts[0][0] + parts[1][0] - _jackknife(score, held, cov, both)[0]
    spread = np.sqrt(np.diag(whole).clip(min=1e-300))
    target = np.sqrt(np.max([np.diag(whole), *(np.diag(m) for m in least)], axis=0))
    lifted = whole / np.outer(spread, spread) * np.outer(target, target)
    np.fill_diagonal(lifted, target**2)
    return lifted, worth


def _jackknife(
    score: FloatArray, held: FloatArray, cov: FloatArray, codes: IntArray
) -> tuple[FloatArray, FloatArray]:
    k, n = len(cov), int(codes.max()) + 1
    sums = np.stack([np.bincount(codes, column, n) for column in score.T], 1)
    flat = held.reshape(-1, k * k).T
    parts = np.stack([np.bincount(codes, column, n) for column in flat], 1).reshape(-1, k, k) @ cov
    rest = np.eye(k) * (1 + NOTHING_LEFT) - parts
    moved = np.linalg.solve(rest, sums[:, :, None])[:, :, 0] @ cov
    shares = np.diagonal(parts, axis1=1, axis2=2)
    worth = shares.sum(axis=0) ** 2 / np.maximum((shares**2).sum(axis=0), 1e-300)
    return moved.T @ moved * (n - 1) / max(n, 1), np.asarray(worth)
