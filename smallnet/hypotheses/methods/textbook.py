r"""The textbook's answer to "the same person in groups of different size", to show where it fails.

.. math:: y_r \sim \mathrm{Poisson}(e_r \exp(a_{s(r)} + x_r \beta))

Fixed-effects Poisson, people (strata) conditioned out, errors clustered by person, by group or by
both, with the corrections for few clusters. Its slope is unbiased. Its errors are not: groups are
livelier or quieter for reasons of their own, which hits all members at once, and the effects of
people soak up a part of that, so that residuals no longer show it. No correction of the sandwich
brings back what was soaked up. :mod:`smallnet.hypotheses.methods.textbook_failure` measures it,
beside the engine with random groups
(:func:`~smallnet.hypotheses.methods.mixed_poisson.fit_mixed_poisson`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import linalg, optimize

from smallnet.errors import InputError
from smallnet.hypotheses.methods.conditional_poisson import StrataCounts, telling_rows
from smallnet.hypotheses.methods.log_ratios import LogRatios
from smallnet.hypotheses.methods.within import climb, codes_of

__all__ = ["Correction", "ScoreBootstrap", "Textbook", "fit_textbook", "score_bootstrap"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Correction = Literal["CR0", "CR1", "CR2", "CR3", "refit"]
FEW = 12  # clusters: with fewer, signs alone give too few draws that differ
WEBB = np.sqrt([0.5, 1.0, 1.5])  # six-point weights of variance 1, with either sign
NOTHING_LEFT = 1e-3  # kept of a cluster that holds all the information
FARTHEST = 30.0  # standard errors from the estimate within which an interval's end is sought


@dataclass(frozen=True, kw_only=True)
class Textbook(LogRatios):
    """Fixed-effects Poisson with clustered errors.

    Attributes
    ----------
    beta : ndarray, shape (k,)
        Log rate ratios per unit of each covariate.
    cov : ndarray, shape (k, k)
        Clustered covariance of ``beta``.
    n_clusters : int
        Clusters; of two clusterings the fewer.
    n_rows, n_strata : int
        That tell of anything.
    events : float
        In them.
    """

    beta: FloatArray
    cov: FloatArray
    n_clusters: int
    n_rows: int
    n_strata: int
    events: float

    @property
    def freedom(self) -> int:
        """Degrees of freedom: clusters less one, at least 1."""
        return max(self.n_clusters - 1, 1)

    @property
    def standard_error(self) -> FloatArray:
        """Standard errors of ``beta``, clustered."""
        return np.sqrt(np.diag(self.cov))


def fit_textbook(
    y: npt.ArrayLike,
    exposure: npt.ArrayLike,
    x: npt.ArrayLike,
    stratum: npt.ArrayLike,
    *,
    clusters: Sequence[npt.ArrayLike] = (),
    correction: Correction = "CR1",
) -> Textbook:
    r"""Fit a fixed-effects Poisson regression with one-way or two-way clustered errors.

    Parameters
    ----------
    y : array_like, shape (rows,)
        Events, at least 0.
    exposure : array_like, shape (rows,)
        Time at risk, at least 0; rows of 0 are passed over.
    x : array_like, shape (rows, k) or (rows,)
        Covariates.
    stratum : array_like, shape (rows,)
        What has a rate of its own (people).
    clusters : sequence of array_like, each of shape (rows,)
        One clustering, or two that cross (people and groups); strata where none is given.
    correction : {"CR0", "CR1", "CR2", "CR3", "refit"}
        What is done about few clusters. With :math:`H_c` a cluster's part of the information and
        :math:`s_c` its score, CR1 multiplies :math:`\sum_c s_c s_c'` by C / (C - 1); CR2 takes
        :math:`(I - H_c)^{-1/2} s_c`, CR3 :math:`(I - H_c)^{-1} s_c` and (C - 1) / C [2]_.
        "refit" leaves out each cluster in turn and fits anew, rates of strata too: the jackknife;
        for one clustering.

    Returns
    -------
    Textbook
        Intervals by t with clusters less one degrees of freedom.

    Raises
    ------
    TrapError
        If y was divided by the exposure or by a regressor: pass the count itself.
    InputError
        For an unknown correction, more than two clusterings, "refit" with two of them, or what
        :func:`~smallnet.hypotheses.methods.conditional_poisson.fit_conditional_poisson` refuses.

    Notes
    -----
    Two clusterings are added and their crossing is taken away [1]_; negative eigenvalues of the
    difference are set to 0. Kept for comparison: for what is a property of groups (size), the
    errors are too small whatever the correction. See :mod:`smallnet.hypotheses.methods.textbook`.

    References
    ----------
    .. [1] A. C. Cameron, J. B. Gelbach and D. L. Miller, Journal of Business & Economic Statistics
       29, 238-249 (2011). https://doi.org/10.1198/jbes.2010.07136
    .. [2] A. C. Cameron and D. L. Miller, Journal of Human Resources 50, 317-372 (2015), section
       VI. https://doi.org/10.3368/jhr.50.2.317

    Examples
    --------
    >>> model = fit_textbook([6, 2, 3, 1], [10, 10, 4, 4], [1, 0, 1, 0], [0, 0, 1, 1])
    >>> np.exp(model.beta).round(6)
    array([3.])
    """
    if correction not in get_args(Correction):
        msg = f"correction is {correction!r}, expected one of {get_args(Correction)}"
        raise InputError(msg)
    if len(clusters) > 2 or (correction == "refit" and len(clusters) > 1):
        msg = f"{len(clusters)} clusterings with {correction}, expected at most two, one to refit"
        raise InputError(msg)
    rows = telling_rows(y, exposure, x, stratum)
    beta, information = _climb(rows)
    codes = [codes_of(np.asarray(labels)[rows.kept]) for labels in clusters] or [rows.stratum]
    if correction == "refit":
        cov = _refitted(rows, beta, codes[0])
    else:
        inverse: FloatArray = linalg.inv(information)
        cov = _sandwich(rows, beta, inverse, codes[0], correction)
        if len(codes) == 2:
            both = codes_of(codes[0] * (codes[1].max() + 1) + codes[1])
            cov = cov + _sandwich(rows, beta, inverse, codes[1], correction)
            cov = _positive(cov - _sandwich(rows, beta, inverse, both, correction))
    return Textbook(
        beta=beta,
        cov=cov,
        n_clusters=min(int(c.max()) + 1 for c in codes),
        n_rows=rows.y.size,
        n_strata=rows.events.size,
        events=float(rows.y.sum()),
    )


def _climb(rows: StrataCounts) -> tuple[FloatArray, FloatArray]:
    def state(beta: FloatArray) -> tuple[FloatArray, FloatArray, None]:
        mu, centred, information = rows.at(beta)
        return centred.T @ (rows.y - mu), information, None

    beta, information, _ = climb(state, rows.x, most_iterations=100, tolerance=1e-9)
    return beta, information


def _sums(values: FloatArray, codes: IntArray) -> FloatArray:
    """Add up columns of rows within clusters, shape (clusters, columns)."""
    return np.stack([np.bincount(codes, column) for column in values.T], 1)


def _sandwich(
    rows: StrataCounts, beta: FloatArray, inverse: FloatArray, codes: IntArray, correction: str
) -> FloatArray:
    """Covariance of ``beta`` from the scores of clusters."""
    mu, centred, _ = rows.at(beta)
    score = _sums((rows.y - mu)[:, None] * centred, codes)
    n, k = score.shape
    if correction in ("CR2", "CR3"):
        crossed = (mu[:, None, None] * centred[:, :, None] * centred[:, None, :]).reshape(-1, k * k)
        root = linalg.cholesky(inverse, lower=True)  # inverse = root root'
        held = root.T @ _sums(crossed, codes).reshape(n, k, k) @ root  # symmetric, within 0 and 1
        values, vectors = np.linalg.eigh(held)
        power = -0.5 if correction == "CR2" else -1.0
        stretch = np.maximum(1 - values, NOTHING_LEFT) ** power
        turned = np.einsum("cji,cj->ci", vectors, score @ root) * stretch
        pull = np.einsum("cij,cj->ci", vectors, turned) @ root.T
    else:
        pull = score @ inverse
    factor = {"CR0": 1.0, "CR1": n / max(n - 1, 1), "CR2": 1.0, "CR3": (n - 1) / n}[correction]
    return pull.T @ pull * factor


def _refitted(rows: StrataCounts, beta: FloatArray, codes: IntArray) -> FloatArray:
    """Jackknife over clusters: each left out in turn, all else fitted anew."""
    n = int(codes.max()) + 1
    away = np.empty((n, beta.size))
    for cluster in range(n):
        kept = codes != cluster
        left = telling_rows(rows.y[kept], rows.exposure[kept], rows.x[kept], rows.stratum[kept])
        away[cluster] = _climb(left)[0] - beta
    return away.T @ away * (n - 1) / n


def _positive(matrix: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 0.0)) @ vectors.T


@dataclass(frozen=True, kw_only=True)
class ScoreBootstrap:
    """A p-value from signs drawn for clusters, and the interval of what it does not refuse."""

    p_value: float
    low: float
    high: float
    n_clusters: int


def score_bootstrap(
    y: npt.ArrayLike,
    exposure: npt.ArrayLike,
    x: npt.ArrayLike,
    stratum: npt.ArrayLike,
    cluster: npt.ArrayLike,
    *,
    which: int = 0,
    null: float = 0.0,
    level: float = 0.95,
    draws: int = 999,
    rng: np.random.Generator,
) -> ScoreBootstrap:
    """Test one coefficient by the wild bootstrap of its score, the null imposed [1]_.

    Nothing is fitted anew in a draw: the efficient scores of clusters at the restricted fit get
    random signs (six-point weights [2]_ with fewer than 12 clusters), and the studentised sum is
    held against its draws.

    Parameters
    ----------
    y, exposure, x, stratum
        As in :func:`fit_textbook`.
    cluster : array_like, shape (rows,)
        What hangs together.
    which : int
        Column of ``x``.
    null : float
        Its value under the null.
    level : float
        Of the interval, by inversion of the test with the same draws.
    draws : int
        Of signs.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    ScoreBootstrap

    Raises
    ------
    InputError
        As :func:`fit_textbook`, or where there is one cluster only.

    References
    ----------
    .. [1] P. Kline and A. Santos, Journal of Econometric Methods 1, 23-41 (2012).
       https://doi.org/10.1515/2156-6674.1006
    .. [2] M. D. Webb, Canadian Journal of Economics 56, 839-858 (2023).
       https://doi.org/10.1111/caje.12661
    """
    rows = telling_rows(y, exposure, x, stratum)
    beta, information = _climb(rows)
    codes = codes_of(np.asarray(cluster)[rows.kept])
    n = int(codes.max()) + 1
    if n < 2:
        msg = "all rows are of one cluster, expected at least two"
        raise InputError(msg)
    weights = rng.choice([-1.0, 1.0], (draws, n))
    if n < FEW:
        weights *= rng.choice(WEBB, (draws, n))

    def p_of(value: float) -> float:
        scores = _efficient_scores(rows, codes, which, value)
        drawn = weights * scores
        square = np.maximum((drawn**2).sum(axis=1), 1e-300)
        seen = scores.sum() ** 2 / max(float((scores**2).sum()), 1e-300)
        return float((1 + (drawn.sum(axis=1) ** 2 / square >= seen - 1e-12).sum()) / (1 + draws))

    error = float(
        np.sqrt(_sandwich(rows, beta, linalg.inv(information), codes, "CR1")[which, which])
    )
    low, high = (_end(p_of, float(beta[which]), side * error, 1 - level) for side in (-1, 1))
    return ScoreBootstrap(p_value=p_of(null), low=low, high=high, n_clusters=n)


def _efficient_scores(rows: StrataCounts, codes: IntArray, which: int, value: float) -> FloatArray:
    """Scores of clusters for a coefficient at ``value``; the others are fitted and taken out."""
    others = np.delete(np.arange(rows.x.shape[1]), which)
    beta = np.zeros(rows.x.shape[1])
    beta[which] = value
    if others.size:
        offset = rows.x[:, which] * value
        held = StrataCounts(
            y=rows.y,
            exposure=rows.exposure * np.exp(offset - offset.max()),
            x=rows.x[:, others],
            stratum=rows.stratum,
            events=rows.events,
            kept=rows.kept,
        )
        beta[others] = _climb(held)[0]
    mu, centred, information = rows.at(beta)
    if others.size:
        share = np.linalg.solve(information[np.ix_(others, others)], information[others, which])
        centred = centred[:, which] - centred[:, others] @ share
    else:
        centred = centred[:, which]
    return np.bincount(codes, (rows.y - mu) * centred).astype(float)


def _end(p_of: Callable[[float], float], start: float, step: float, alpha: float) -> float:
    """Seek the value at which p falls to alpha, outwards from the estimate; ``inf`` if never."""
    near, far = start, start + step
    while p_of(far) > alpha:
        near, far = far, far + 1.5 * (far - start)
        if abs(far - start) > FARTHEST * abs(step):
            return float(np.copysign(np.inf, step))
    return float(optimize.bisect(lambda v: p_of(v) - alpha, near, far, xtol=abs(step) / 200))
