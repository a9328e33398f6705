r"""Counts of people in groups: strata concentrated out, groups random.

.. math:: y_r \sim \mathrm{Poisson}(e_r \exp(a_{s(r)} + x_r \beta + u_{g(r)})),
          \quad u_g \sim N(0, \sigma^2)

One engine under most claims; only the meaning of a stratum changes. With strata = people it is
"the same person in groups of different size"; with strata = one share and its menu, a conditional
logit; with strata = weeks of joining, a piecewise hazard. Given the total of each stratum the
likelihood is multinomial, so the strata cost nothing and bias nothing.

Size is a property of groups, so the sample of every claim about size is the groups: people's
errors, or errors clustered by group, cover far less than they say where groups are livelier or
quieter for reasons of their own.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy import linalg

from smallnet.errors import InputError
from smallnet.hypotheses.guards import check_counts
from smallnet.hypotheses.methods.log_ratios import LogRatios

__all__ = ["MixedPoisson", "fit_mixed_poisson"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MOST_GROUPS = 6000  # dense algebra: 6000² doubles are 290 MB, and there are a few of them
SMALLEST_VARIANCE = 1e-6
LARGEST_VARIANCE = 100.0  # a group whose members never write has no finite effect of its own
LARGEST_STEP = 1.0  # of any coefficient at once, a factor of e
NEAR = 0.1  # step under which the mode is near enough to ask how far the mean is from it
CELLS = 4_000_000  # strata × groups held at a time


@dataclass(frozen=True, kw_only=True)
class MixedPoisson(LogRatios):
    """A fitted model.

    Attributes
    ----------
    beta : ndarray, shape (k,)
        Log rate ratios: their posterior mean given the variance, nothing assumed about them.
    cov : ndarray, shape (k, k)
        Covariance of ``beta``; that of the groups is in it.
    u : ndarray, shape (n_groups given,)
        Log liveliness of the groups beyond ``x``, the posterior mean; 0 for a group that no row
        tells of. By Fisher's identity ``h @ u / variance`` is the score of any further curve
        h(group).
    variance : float
        Of ``u``.
    cov_u : ndarray, shape (n_groups given, n_groups given)
        Prediction covariance of ``u - u_true``, the uncertainty of ``beta`` included.
    information : ndarray, shape (k + n_groups given, k + n_groups given)
        Of the counts on (beta, u) at the mode, strata concentrated out, without the prior of ``u``.
    cov_clustered : ndarray, shape (k, k), or None
        Covariance of ``beta`` that lets residuals of a cluster hang together; where clusters were
        given.
    effective_clusters : float
        How many clusters of equal information are worth as much; 0 where none were given.
    iterations : int
        Newton steps.
    converged : bool
        False where the steps ran out; then nothing here should be believed.
    n_rows, n_strata, n_groups : int
        Rows, strata and groups that tell of anything.
    events : float
        Sum of ``y`` over those rows.
    """

    beta: FloatArray
    cov: FloatArray
    u: FloatArray
    variance: float
    cov_u: FloatArray
    information: FloatArray
    cov_clustered: FloatArray | None
    effective_clusters: float
    iterations: int
    converged: bool
    n_rows: int
    n_strata: int
    n_groups: int
    events: float

    @property
    def freedom(self) -> int:
        """Degrees of freedom of an interval: groups less covariates less the level, at least 1."""
        return max(self.n_groups - self.beta.size - 1, 1)

    @property
    def standard_error(self) -> FloatArray:
        """Standard errors of ``beta``, shape (k,)."""
        return np.sqrt(np.diag(self.cov))


@dataclass(frozen=True)
class _Rows:
    """The rows that tell of anything, in the order of strata; strata and groups coded from 0."""

    y: FloatArray
    exposure: FloatArray
    stratum: IntArray
    group: IntArray
    x: FloatArray
    cluster: IntArray
    events: FloatArray  # of each stratum
    n_groups: int

    def sum_groups(self, values: FloatArray) -> FloatArray:
        return np.bincount(self.group, values, self.n_groups).astype(float)

    def sum_strata(self, values: FloatArray) -> FloatArray:
        return np.bincount(self.stratum, values, self.events.size).astype(float)

    def mean_counts(self, beta: FloatArray, u: FloatArray) -> FloatArray:
        """Give the expected counts, with each stratum's total as observed."""
        log_rate = self.x @ beta + u[self.group]
        rate = self.exposure * np.exp(log_rate - log_rate.max())
        return rate * (self.events / self.sum_strata(rate))[self.stratum]

    def mean_x(self, mu: FloatArray) -> FloatArray:
        """Give the mean covariates of each stratum's expected events, shape (strata, k)."""
        sums = [self.sum_strata(mu * column) for column in self.x.T]
        return np.stack(sums or [self.events], 1)[:, : len(sums)] / self.events[:, None]

    def shares(self, mu: FloatArray) -> sp.csr_array:
        """Give the share of each stratum's expected events in each group; (strata, groups)."""
        share = mu / self.events[self.stratum]
        return sp.csr_array(
            (share, (self.stratum, self.group)), shape=(self.events.size, self.n_groups)
        )

    def information(self, mu: FloatArray) -> FloatArray:
        """Information on (beta, u), strata concentrated out; shape (k + groups, k + groups)."""
        k = self.x.shape[1]
        xt = self.x - self.mean_x(mu)[self.stratum]
        crossed = mu[:, None] * xt
        whole = np.empty((k + self.n_groups,) * 2)
        whole[:k, :k] = crossed.T @ xt
        for j in range(k):
            whole[k:, j] = whole[j, k:] = self.sum_groups(crossed[:, j])
        scaled = sp.diags_array(np.sqrt(self.events)) @ self.shares(mu)
        whole[k:, k:] = -(scaled.T @ scaled).toarray()
        whole[np.arange(k, len(whole)), np.arange(k, len(whole))] += self.sum_groups(mu)
        return whole

    def skewness(self, mu: FloatArray, inverse: FloatArray) -> FloatArray:
        """Give the gradient of half the log determinant of the information; (k + groups,).

        Each row pulls with its leverage q = (z - mean z)' inverse (z - mean z), z = (x, group).
        """
        k = self.x.shape[1]
        mean, share = self.mean_x(mu), self.shares(mu)
        own = ((self.x @ inverse[:k, :k]) * self.x).sum(axis=1)
        own += 2 * (self.x * inverse[k + self.group, :k]).sum(axis=1)
        own += inverse[k + self.group, k + self.group]
        crossed, square = np.empty_like(own), np.empty_like(self.events)
        step = max(1, CELLS // len(inverse))
        for first in range(0, self.events.size, step):  # chunks of strata, for memory
            chunk = slice(first, first + step)
            moved = mean[chunk] @ inverse[:k] + share[chunk] @ inverse[k:]
            square[chunk] = (moved[:, :k] * mean[chunk]).sum(axis=1)
            square[chunk] += share[chunk].multiply(moved[:, k:]).sum(axis=1)
            low, high = np.searchsorted(self.stratum, (first, first + step))
            inside = slice(low, high)
            place = self.stratum[inside] - first
            crossed[inside] = (self.x[inside] * moved[place, :k]).sum(axis=1)
            crossed[inside] += moved[place, k + self.group[inside]]
        pull = 0.5 * mu * (own - 2 * crossed + square[self.stratum])
        pull -= mu * (self.sum_strata(pull) / self.events)[self.stratum]
        return np.concatenate([self.x.T @ pull, self.sum_groups(pull)])

    def sandwich(self, mu: FloatArray, inverse: FloatArray) -> tuple[FloatArray, float]:
        """Give the covariance of beta from sums of influence within clusters, and their worth.

        A cluster that holds a part H of the information has drawn the fit towards itself: its sum
        is divided by 1 - H, the jackknife over clusters.
        """
        k = self.x.shape[1]
        codes = np.unique(self.cluster, return_inverse=True)[1]
        clusters = int(codes.max()) + 1
        pull = (self.x - self.mean_x(mu)[self.stratum]) @ inverse[:k, :k]
        pull += inverse[k:, :k][self.group] - (self.shares(mu) @ inverse[k:, :k])[self.stratum]
        free = pull @ np.linalg.inv(inverse[:k, :k])  # x beyond strata and groups
        held = np.zeros((clusters, k, k))
        for i in range(k):
            for j in range(k):
                held[:, i, j] = np.bincount(codes, mu * pull[:, i] * free[:, j], clusters)
        residual = self.y - mu
        sums = np.stack([np.bincount(codes, residual * column, clusters) for column in pull.T], 1)
        rest = np.eye(k) * (1 + 1e-3) - held
        moved = np.linalg.solve(rest, sums[:, :, None])[:, :, 0]
        parts = np.trace(held, axis1=1, axis2=2)
        return moved.T @ moved * (clusters - 1) / clusters, float(
            parts.sum() ** 2 / (parts @ parts)
        )


def fit_mixed_poisson(
    y: npt.ArrayLike,
    exposure: npt.ArrayLike,
    stratum: npt.ArrayLike,
    group: npt.ArrayLike,
    x: npt.ArrayLike,
    *,
    n_groups: int | None = None,
    weight: npt.ArrayLike | None = None,
    prior_sd: npt.ArrayLike | None = None,
    cluster: npt.ArrayLike | None = None,
    variance: float = 0.5,
    most_iterations: int = 200,
    tolerance: float = 1e-7,
) -> MixedPoisson:
    """Fit log rate ratios of covariates, strata fixed, groups random.

    Parameters
    ----------
    y : array_like, shape (rows,)
        Events, at least 0.
    exposure : array_like, shape (rows,)
        Time at risk (member-days) or weight on a menu, at least 0; rows of 0 are passed over.
    stratum, group : array_like of int, shape (rows,)
        Codes from 0: what is compared within, and what the sample is made of.
    x : array_like, shape (rows, k) or (rows,)
        Covariates of rows; one of groups is ``value[group]``.
    n_groups : int, optional
        Groups in all, where some have no row.
    weight : array_like, shape (rows,), optional
        How much of a Poisson count each row is worth, above 0; where counts vary more than Poisson
        it is the mean over the variance.
    prior_sd : array_like, shape (k,), optional
        Prior standard deviations of ``beta`` around 0, inf for none (as where not given): for
        covariates that are only there to be held fixed and may hardly move.
    cluster : array_like of int, shape (rows,), optional
        Codes of what may hang together in time; asks for ``cov_clustered``. No answer to groups
        that differ for good: that is what ``u`` is for.
    variance : float
        Where the variance of ``u`` begins.
    most_iterations : int
        Of the Newton steps.
    tolerance : float
        Largest step at which it stops.

    Returns
    -------
    MixedPoisson

    Raises
    ------
    TrapError
        If y was divided by the exposure or by a regressor: pass the count itself.
    InputError
        For arrays of unlike lengths, values that are not finite or negative, no event in any
        stratum of two rows, fewer than two groups, covariates that do not move within strata or
        are collinear there, more than 6,000 groups.

    Notes
    -----
    Newton's method for the mode of (beta, u) [1]_, Schall's fixed point for the variance [2]_. The
    mode leans where counts are sparse: a group with few events has a skewed posterior, its mode
    lies above its mean, and small groups are the ones with few events. So the mode is moved to
    the mean by the first-order term of Laplace's expansion [3]_, in the fixed point too. That
    takes away more than half of the bias. The rest is no fault of the expansion: the totals of
    strata are taken as given, and they tell of random groups. It is .02 to .05 a doubling with
    fewer than ten events a group; :mod:`~smallnet.hypotheses.methods.crossed_poisson` is rid of it.

    References
    ----------
    .. [1] N. E. Breslow and D. G. Clayton, JASA 88, 9-25 (1993).
       https://doi.org/10.1080/01621459.1993.10594284
    .. [2] R. Schall, Biometrika 78, 719-727 (1991). https://doi.org/10.1093/biomet/78.4.719
    .. [3] L. Tierney, R. E. Kass and J. B. Kadane, JASA 84, 710-716 (1989).
       https://doi.org/10.1080/01621459.1989.10478824

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> person, group = np.divmod(np.arange(4000), 40)
    >>> log_size = np.linspace(2.0, 7.0, 40)
    >>> rate = np.exp(rng.normal(0, 1, 100)[person] - 0.5 * log_size[group])
    >>> model = fit_mixed_poisson(rng.poisson(9 * rate), np.full(4000, 9.0), person, group,
    ...                           log_size[group])
    >>> model.beta.round(1)
    array([-0.5])
    """
    rows = _check(y, exposure, stratum, group, x, weight, cluster, n_groups)
    check_counts(y, exposure, x)
    k = rows.x.shape[1]
    precision = np.zeros(k) if prior_sd is None else np.asarray(prior_sd, dtype=float) ** -2.0
    beta, u = np.zeros(k), np.zeros(rows.n_groups)
    _check_covariates(rows, precision == 0)
    converged, settled, iteration = False, False, 0
    lean = np.zeros(k + rows.n_groups)
    while not converged and iteration < most_iterations:
        iteration += 1
        mu = rows.mean_counts(beta, u)
        whole = rows.information(mu)
        ridge = np.concatenate([precision, np.full(rows.n_groups, 1 / variance)])
        inverse = _invert(whole + np.diag(ridge))
        residual = rows.y - mu
        score = np.concatenate([rows.x.T @ residual, rows.sum_groups(residual)])
        step = inverse @ (score - ridge * np.concatenate([beta, u]))
        largest = float(np.abs(step).max())
        step *= min(1.0, LARGEST_STEP / max(largest, 1e-300))
        beta, u = beta + step[:k], u + step[k:]
        if largest < NEAR:
            lean = inverse @ rows.skewness(mu, inverse)
        mean = u - lean[k:]
        freedom = max(rows.n_groups - np.trace(inverse[k:, k:]) / variance, 1e-9)
        new = min(max(float(mean @ mean) / freedom, SMALLEST_VARIANCE), LARGEST_VARIANCE)
        change = abs(new - variance)
        settled |= largest < NEAR**2 and change < max(1e-4 * variance, SMALLEST_VARIANCE)
        converged = settled and largest < tolerance
        if not settled:
            variance = min(max(new, variance / 2), variance * 2)
    clustered, worth = (None, 0.0) if cluster is None else rows.sandwich(mu, inverse)
    return MixedPoisson(
        beta=beta - lean[:k],
        cov=inverse[:k, :k],
        u=u - lean[k:],
        variance=float(variance),
        cov_u=inverse[k:, k:],
        information=whole,
        cov_clustered=clustered,
        effective_clusters=worth,
        iterations=iteration,
        converged=converged,
        n_rows=rows.y.size,
        n_strata=rows.events.size,
        n_groups=int(np.unique(rows.group).size),
        events=float(rows.y.sum()),
    )


def _invert(matrix: FloatArray) -> FloatArray:
    """Invert a symmetric positive matrix by its Cholesky factor."""
    factor, flag = linalg.lapack.dpotrf(matrix, lower=1)
    if flag:
        msg = "the covariates are collinear within strata, expected ones that move on their own"
        raise InputError(msg)
    inverse, _ = linalg.lapack.dpotri(factor, lower=1)
    lower = np.tril(inverse)
    whole: FloatArray = lower + np.tril(lower, -1).T
    return whole


def _check(
    y: npt.ArrayLike,
    exposure: npt.ArrayLike,
    stratum: npt.ArrayLike,
    group: npt.ArrayLike,
    x: npt.ArrayLike,
    weight: npt.ArrayLike | None,
    cluster: npt.ArrayLike | None,
    n_groups: int | None,
) -> _Rows:
    counts, covariates = np.asarray(y, dtype=float), np.asarray(x, dtype=float)
    risk = np.asarray(exposure, dtype=float)
    weights = np.ones_like(counts) if weight is None else np.asarray(weight, dtype=float)
    covariates = covariates[:, None] if covariates.ndim == 1 else covariates
    codes = {"stratum": np.asarray(stratum), "group": np.asarray(group)}
    codes["cluster"] = codes["group"] if cluster is None else np.asarray(cluster)
    numbers = {"y": counts, "exposure": risk, "weight": weights}
    for name, values in ({"x": covariates} | numbers | codes).items():
        if len(values) != counts.size:
            msg = f"{name} has {len(values)} rows, expected {counts.size} as in y"
            raise InputError(msg)
    numbers |= {f"column {j} of x": np.abs(column) for j, column in enumerate(covariates.T)}
    for name, values in numbers.items():
        _refuse(~(np.isfinite(values) & (values >= 0)), name, values, "a number of at least 0")
    _refuse(weights == 0, "weight", weights, "a number above 0")
    _refuse((risk == 0) & (counts > 0), "exposure", risk, "above 0 where there are events")
    for name, values in codes.items():
        if values.size and (not np.issubdtype(values.dtype, np.integer) or values.min() < 0):
            msg = f"{name} holds {values.dtype} with smallest {values.min()}, expected codes from 0"
            raise InputError(msg)
    total = int(codes["group"].max(initial=-1)) + 1 if n_groups is None else n_groups
    _refuse(codes["group"] >= total, "group", codes["group"], f"less than n_groups = {total}")
    if total > MOST_GROUPS:
        msg = f"there are {total} groups, expected at most {MOST_GROUPS}: draw a subset of them"
        raise InputError(msg)
    return _telling(counts * weights, risk * weights, codes, covariates, total)


def _refuse(bad: npt.NDArray[np.bool_], name: str, values: npt.NDArray[Any], expected: str) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        msg = f"{name} is {values[row]} in row {row}, expected {expected}"
        raise InputError(msg)


def _telling(
    y: FloatArray,
    exposure: FloatArray,
    codes: dict[str, npt.NDArray[Any]],
    x: FloatArray,
    n_groups: int,
) -> _Rows:
    """Keep the rows at risk whose stratum has an event and another row to compare with."""
    at_risk = np.flatnonzero(exposure > 0)
    strata = np.unique(codes["stratum"][at_risk], return_inverse=True)[1]
    tells = (np.bincount(strata, y[at_risk])[strata] > 0) & (np.bincount(strata)[strata] > 1)
    kept = at_risk[tells]
    if not kept.size:
        msg = "no stratum has an event and two rows at risk, expected at least one"
        raise InputError(msg)
    if np.unique(codes["group"][kept]).size < 2:
        msg = "all rows that tell of anything are of one group, expected at least two groups"
        raise InputError(msg)
    strata = np.unique(strata[tells], return_inverse=True)[1].astype(np.int64)
    order = np.argsort(strata, kind="stable")
    strata, kept = strata[order], kept[order]
    inside = x[kept]
    return _Rows(
        y=y[kept],
        exposure=exposure[kept],
        stratum=strata,
        group=codes["group"][kept].astype(np.int64),
        x=inside - inside.mean(axis=0),
        cluster=codes["cluster"][kept].astype(np.int64),
        events=np.bincount(strata, y[kept]).astype(float),
        n_groups=n_groups,
    )


def _check_covariates(rows: _Rows, free: npt.NDArray[np.bool_]) -> None:
    """Refuse covariates that do not move within strata, or only together."""
    if not free.any():
        return
    mu = rows.mean_counts(np.zeros(free.size), np.zeros(rows.n_groups))
    xt = (rows.x - rows.mean_x(mu)[rows.stratum])[:, free]
    spread = np.sqrt((mu[:, None] * xt**2).sum(axis=0))
    scale = np.sqrt((mu[:, None] * rows.x[:, free] ** 2).sum(axis=0))
    still = spread <= 1e-9 * np.maximum(scale, 1e-300)
    if still.any():
        msg = (
            f"covariate {int(np.flatnonzero(free)[still][0])} is the same everywhere within strata"
        )
        raise InputError(msg)
    unit = xt / spread
    if np.linalg.eigvalsh((unit * mu[:, None]).T @ unit)[0] < 1e-10:
        msg = "the covariates are collinear within strata, expected ones that move on their own"
        raise InputError(msg)
