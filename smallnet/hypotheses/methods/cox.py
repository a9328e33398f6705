r"""Hazards compared within strata: Cox's partial likelihood, errors clustered.

.. math:: h_r(t) = h_{s(r)}(t) \exp(x_r \beta)

Each stratum has a baseline hazard of its own, of any shape, and nothing is assumed about it: two
stays are compared only with those of their stratum that are at risk at the same time. Late entry
and covariates that change in time are rows of ``(enter, leave]``. Residuals of a cluster may hang
together, and the effect may differ from cluster to cluster.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from smallnet.errors import InputError
from smallnet.hypotheses.methods.log_ratios import LogRatios

__all__ = ["Cox", "fit_cox"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
LARGEST_STEP = 1.0  # of any coefficient at once, a factor of e
FARTHEST = 12.0  # a log hazard ratio per unit beyond which there is no finite one
NOTHING_LEFT = 1e-3  # kept of a cluster that holds all the information


@dataclass(frozen=True, kw_only=True)
class Cox(LogRatios):
    """A fitted model.

    Attributes
    ----------
    beta : ndarray, shape (k,)
        Log hazard ratios.
    cov : ndarray, shape (k, k)
        Covariance of ``beta`` where rows are independent (inverse information).
    cov_clustered : ndarray, shape (k, k)
        Covariance from sums of score residuals within clusters, each moved as by leaving its
        cluster out.
    effective_clusters : ndarray, shape (k,)
        How many clusters of equal information are worth as much, for each coefficient.
    residual : ndarray, shape (rows,)
        Martingale residuals: events less those expected at ``beta``.
    n_events, n_strata, n_clusters : int
        Events, strata and clusters that tell of anything.
    """

    beta: FloatArray
    cov: FloatArray
    cov_clustered: FloatArray
    effective_clusters: FloatArray
    residual: FloatArray
    n_events: int
    n_strata: int
    n_clusters: int

    @property
    def freedom(self) -> FloatArray:
        """Degrees of freedom: effective clusters less one, at least 1."""
        return np.maximum(self.effective_clusters - 1, 1.0)

    @property
    def standard_error(self) -> FloatArray:
        """Standard errors of ``beta``: the larger of the clustered and the plain one."""
        return np.sqrt(np.maximum(np.diag(self.cov_clustered), np.diag(self.cov)))


@dataclass(frozen=True)
class _Rows:
    """Rows and their places on the time axis: times of a stratum after those of the one before."""

    x: FloatArray
    entry: IntArray  # place of the first event time after entering
    exit: IntArray  # place of the first event time after leaving
    died: IntArray  # rows with an event
    at: IntArray  # place of each event among the distinct event times
    early: FloatArray  # of tied events the l-th of d: l / d (Efron)
    ties: FloatArray  # events at each distinct time

    def at_risk(self, values: FloatArray) -> FloatArray:
        """Sum over the rows at risk at each distinct event time."""
        width = self.ties.size + 1
        flat = values.reshape(len(values), -1)
        sums = np.empty((self.ties.size, flat.shape[1]))
        for j, column in enumerate(flat.T):
            jumps = np.bincount(self.entry, column, width) - np.bincount(self.exit, column, width)
            sums[:, j] = np.cumsum(jumps)[:-1]
        return sums.reshape(self.ties.size, *values.shape[1:])

    def over_stay(self, values: FloatArray) -> FloatArray:
        """Sum values of the distinct event times over each row's time at risk."""
        flat = np.zeros((self.ties.size + 1, int(np.prod(values.shape[1:], initial=1))))
        flat[1:] = np.cumsum(values.reshape(self.ties.size, -1), axis=0)
        return (flat[self.exit] - flat[self.entry]).reshape(len(self.x), *values.shape[1:])

    def at_times(self, values: FloatArray) -> FloatArray:
        """Sum values of events at each distinct time."""
        flat = values.reshape(len(values), -1)
        sums = [np.bincount(self.at, column, self.ties.size) for column in flat.T]
        whole = np.stack(sums, 1).astype(float)
        return whole.reshape(self.ties.size, *values.shape[1:])


@dataclass(frozen=True)
class _State:
    """What the partial likelihood needs at one ``beta``."""

    log_likelihood: float
    score: FloatArray
    information: FloatArray
    weight: FloatArray
    share: FloatArray  # 1 / hazard weight at risk, of each event
    mean: FloatArray  # of x among those at risk, of each event


def _state(rows: _Rows, beta: FloatArray) -> _State:
    eta = rows.x @ beta
    weight = np.exp(eta - eta.max())
    first = weight[:, None] * rows.x
    second = first[:, :, None] * rows.x[:, None, :]
    sums = []
    for values in (weight, first, second):
        tied = rows.at_times(values[rows.died])
        early = rows.early.reshape(-1, *(1,) * (values.ndim - 1))
        sums.append(rows.at_risk(values)[rows.at] - early * tied[rows.at])
    total = np.maximum(sums[0], 1e-300)
    mean = sums[1] / total[:, None]
    square = sums[2] / total[:, None, None] - mean[:, :, None] * mean[:, None, :]
    own = eta[rows.died] - eta.max()
    return _State(
        float((own - np.log(total)).sum()),
        (rows.x[rows.died] - mean).sum(axis=0),
        square.sum(axis=0),
        weight,
        1 / total,
        mean,
    )


def fit_cox(
    enter: npt.ArrayLike,
    leave: npt.ArrayLike,
    event: npt.ArrayLike,
    x: npt.ArrayLike,
    *,
    stratum: npt.ArrayLike | None = None,
    cluster: npt.ArrayLike | None = None,
    most_iterations: int = 50,
    tolerance: float = 1e-9,
) -> Cox:
    """Fit log hazard ratios, each stratum with a baseline of its own.

    Parameters
    ----------
    enter, leave : array_like, shape (rows,)
        When a row begins and ends to be at risk; it is at risk in ``(enter, leave]``.
    event : array_like of bool, shape (rows,)
        Whether it ended in the event.
    x : array_like, shape (rows, k) or (rows,)
        Covariates of rows.
    stratum : array_like of int, shape (rows,), optional
        What is compared within; one stratum where not given.
    cluster : array_like of int, shape (rows,), optional
        What may hang together; each row on its own where not given.
    most_iterations : int
        Of the Newton steps.
    tolerance : float
        Largest step at which it stops.

    Returns
    -------
    Cox

    Raises
    ------
    InputError
        For arrays of unlike lengths, rows that end before they begin, no event at which those at
        risk differ in ``x``, collinear covariates, or events that one side alone has, so that no
        finite ratio exists.

    Notes
    -----
    Newton's method; tied events by Efron's average. The clustered covariance is that of Lin and
    Wei [2]_ with each cluster's sum of score residuals divided by one less its share of the
    information, the jackknife over clusters; t with the effective number of clusters less one.

    References
    ----------
    .. [1] D. R. Cox, JRSS B 34, 187-202 (1972).
       https://doi.org/10.1111/j.2517-6161.1972.tb00899.x
    .. [2] D. Y. Lin and L. J. Wei, JASA 84, 1074-1078 (1989).
       https://doi.org/10.1080/01621459.1989.10478874
    .. [3] B. Efron, JASA 72, 557-565 (1977). https://doi.org/10.1080/01621459.1977.10480613

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.integers(0, 2, 2000)
    >>> time = rng.exponential(1 / (0.1 * 2.0**x))
    >>> model = fit_cox(np.zeros(2000), time, np.ones(2000, dtype=bool), x)
    >>> np.exp(model.beta).round(1)
    array([2.])
    """
    values = np.asarray(x, dtype=float)
    values = values[:, None] if values.ndim == 1 else values
    n = len(values)
    begin, end = np.asarray(enter, dtype=float), np.asarray(leave, dtype=float)
    died = np.asarray(event, dtype=bool)
    strata = np.zeros(n, dtype=np.int64) if stratum is None else np.asarray(stratum)
    clusters = np.arange(n) if cluster is None else np.asarray(cluster)
    _check(values, {"enter": begin, "leave": end, "event": died}, strata, clusters)
    rows, kept = _rows(begin, end, died, strata, values)
    beta = np.zeros(values.shape[1])
    state = _state(rows, beta)
    _check_information(state.information, rows)
    for _step in range(most_iterations):
        step = np.linalg.solve(state.information, state.score)
        step *= min(1.0, LARGEST_STEP / max(float(np.abs(step).max()), 1e-300))
        beta = beta + step
        far = np.abs(beta * values[kept].std(axis=0)) > FARTHEST
        if far.any():
            msg = f"events lie on one side of covariate {int(np.flatnonzero(far)[0])} alone"
            raise InputError(msg)
        state = _state(rows, beta)
        if np.linalg.cond(state.information) > 1e14:
            msg = "the covariates tell the events apart without error: no finite hazard ratio"
            raise InputError(msg)
        if float(np.abs(step).max()) < tolerance:
            break
    cov: FloatArray = np.linalg.inv(state.information).astype(float)
    codes = np.unique(clusters[kept], return_inverse=True)[1]
    clustered, worth, residual = _sandwich(rows, state, cov, codes)
    whole = np.zeros(n)
    whole[kept] = residual
    return Cox(
        beta=beta,
        cov=cov,
        cov_clustered=clustered,
        effective_clusters=worth,
        residual=whole,
        n_events=rows.died.size,
        n_strata=int(np.unique(strata[kept]).size),
        n_clusters=int(codes.max()) + 1,
    )


def _check(
    x: FloatArray, columns: dict[str, Any], strata: npt.NDArray[Any], clusters: npt.NDArray[Any]
) -> None:
    for name, values in (columns | {"stratum": strata, "cluster": clusters}).items():
        if len(values) != len(x):
            msg = f"{name} has {len(values)} rows, expected {len(x)} as in x"
            raise InputError(msg)
    bad = ~(columns["leave"] > columns["enter"]) | ~np.isfinite(x).all(axis=1)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        msg = (
            f"row {row} is at risk from {columns['enter'][row]} to {columns['leave'][row]} with "
            f"x = {x[row]}, expected an end after the beginning and finite covariates"
        )
        raise InputError(msg)


def _check_information(information: FloatArray, rows: _Rows) -> None:
    spread = np.sqrt(np.diag(information).clip(min=0))
    still = spread <= 1e-9 * np.maximum(np.abs(rows.x).max(axis=0, initial=0), 1e-300)
    if not rows.died.size or still.any():
        msg = "at no event do those at risk in its stratum differ in every covariate"
        raise InputError(msg)
    if np.linalg.eigvalsh(information / np.outer(spread, spread))[0] < 1e-10:
        msg = "the covariates are collinear within strata, expected ones that move on their own"
        raise InputError(msg)


def _rows(
    enter: FloatArray, leave: FloatArray, died: npt.NDArray[np.bool_], strata: IntArray, x: Any
) -> tuple[_Rows, IntArray]:
    """Keep the strata with an event and two rows; lay their event times one after another."""
    codes = np.unique(strata, return_inverse=True)[1]
    tells = (np.bincount(codes, died)[codes] > 0) & (np.bincount(codes)[codes] > 1)
    kept = np.flatnonzero(tells)
    if not kept.size:
        msg = "no stratum has an event and two rows at risk, expected at least one"
        raise InputError(msg)
    code = np.unique(codes[kept], return_inverse=True)[1]
    rank = np.unique(np.concatenate([enter[kept], leave[kept]]), return_inverse=True)[1]
    span = int(rank.max()) + 1
    entry_key, exit_key = code * span + rank[: kept.size], code * span + rank[kept.size :]
    dead = np.flatnonzero(died[kept])
    times, at, ties = np.unique(exit_key[dead], return_inverse=True, return_counts=True)
    order = np.argsort(at, kind="stable")
    first = np.concatenate([[0], np.cumsum(ties)[:-1]])
    place = np.empty(dead.size)
    place[order] = np.arange(dead.size) - first[at[order]]
    rows = _Rows(
        x=x[kept] - x[kept].mean(axis=0),
        entry=np.searchsorted(times, entry_key, side="right"),
        exit=np.searchsorted(times, exit_key, side="right"),
        died=dead,
        at=at,
        early=place / ties[at],
        ties=ties.astype(float),
    )
    return rows, kept


def _sandwich(
    rows: _Rows, state: _State, cov: FloatArray, codes: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give the clustered covariance, the worth of the clusters and the martingale residuals."""
    k, x, clusters = len(cov), rows.x, int(codes.max()) + 1
    share, mean = state.share, state.mean
    moments = np.column_stack(
        [share, share[:, None] * mean, (share[:, None] * _outer(mean)).reshape(-1, k * k)]
    )
    late = np.zeros((rows.died.size, moments.shape[1]))  # tied events leave one after another
    late[:] = rows.at_times(rows.early[:, None] * moments)[rows.at]
    sums = rows.over_stay(rows.at_times(moments))
    sums[rows.died] -= late
    sums *= state.weight[:, None]
    expected, pull = sums[:, 0], sums[:, 1 : 1 + k]
    event = np.zeros(len(x))
    event[rows.died] = 1.0
    score = -(expected[:, None] * x - pull)
    np.add.at(score, rows.died, x[rows.died] - mean)
    crossed = x[:, :, None] * pull[:, None, :]
    held = expected[:, None] * _outer(x) - (crossed + crossed.transpose(0, 2, 1)).reshape(-1, k * k)
    held += sums[:, 1 + k :]
    by_cluster = np.stack([np.bincount(codes, c, clusters) for c in score.T], 1)
    parts = np.stack([np.bincount(codes, c, clusters) for c in held.T], 1).reshape(-1, k, k) @ cov
    rest = np.eye(k) * (1 + NOTHING_LEFT) - parts
    moved = np.linalg.solve(rest, by_cluster[:, :, None])[:, :, 0] @ cov
    shares = np.diagonal(parts, axis1=1, axis2=2)
    worth = shares.sum(axis=0) ** 2 / np.maximum((shares**2).sum(axis=0), 1e-300)
    clustered = moved.T @ moved * (clusters - 1) / max(clusters, 1)
    return clustered, np.asarray(worth), event - expected


def _outer(x: FloatArray) -> FloatArray:
    return (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)
