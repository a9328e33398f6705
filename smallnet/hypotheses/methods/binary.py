r"""Yes or no, explained: chances of an event, errors clustered, and risks held against each other.

.. math:: \Pr(y_r = 1) = F(x_r \beta)

with F the logistic curve, or the complementary log-log one, :math:`1 - \exp(-e^{\eta})`, whose
coefficients are log hazard ratios of an event in an interval. Coefficients are hard to read and
depend on what else is held; risks are not. :meth:`Binary.risks` asks how many of *all* rows would
have the event if each were of one kind, other things as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from smallnet.errors import InputError

__all__ = ["Binary", "Contrast", "fit_binary", "left_out"]

FloatArray = npt.NDArray[np.float64]
FARTHEST = 15.0  # of any linear predictor: beyond, the event is certain and no estimate finite
LARGEST_STEP = 3.0
NOTHING_LEFT = 1e-3  # kept of a cluster that holds all the information


@dataclass(frozen=True)
class _Curve:
    """A link: chance, its slope in eta, for each row."""

    chance: Callable[[FloatArray], FloatArray]
    slope: Callable[[FloatArray], FloatArray]


def _hazard_chance(eta: FloatArray) -> FloatArray:
    return np.asarray(-np.expm1(-np.exp(eta)))


CURVES = {
    "logit": _Curve(special.expit, lambda eta: special.expit(eta) * special.expit(-eta)),
    "cloglog": _Curve(_hazard_chance, lambda eta: np.exp(eta - np.exp(eta))),
}


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """Risks of two kinds, compared.

    Attributes
    ----------
    risk, other_risk : float
        Standardised risks of the one kind and of the other.
    ratio, difference : tuple of float
        Estimate and bounds of their ratio and of their difference.
    p_value : float
        Two-sided, of a ratio of 1.
    """

    risk: float
    other_risk: float
    ratio: tuple[float, float, float]
    difference: tuple[float, float, float]
    p_value: float


@dataclass(frozen=True, kw_only=True)
class Binary:
    """A fitted model.

    Attributes
    ----------
    beta : ndarray, shape (k,)
        Coefficients; the first is the intercept.
    cov : ndarray, shape (k, k)
        Covariance, each cluster left out in turn (one Newton step from the whole).
    freedom : ndarray, shape (k,)
        Clusters of equal information that each coefficient is worth, less one; at least 1.
    x : ndarray, shape (rows, k)
        The rows, with the intercept.
    link : str
        ``logit`` or ``cloglog``.
    """

    beta: FloatArray
    cov: FloatArray
    freedom: FloatArray
    x: FloatArray
    link: str

    def predict(self, x: npt.ArrayLike) -> FloatArray:
        """Give the chance of the event for rows without intercept."""
        rows = np.asarray(x, dtype=float)
        eta = self.beta[0] + rows @ self.beta[1:]
        return CURVES[self.link].chance(eta)

    def conf_int(self, level: float = 0.95) -> FloatArray:
        """Intervals of ``beta``, shape (k, 2)."""
        half = stats.t.ppf((1 + level) / 2, self.freedom) * np.sqrt(np.diag(self.cov))
        return np.column_stack([self.beta - half, self.beta + half])

    def p_values(self) -> FloatArray:
        """Two-sided p-values of ``beta`` = 0."""
        t = np.abs(self.beta) / np.sqrt(np.diag(self.cov))
        return np.asarray(2 * stats.t.sf(t, self.freedom), dtype=float)

    def risks(
        self, columns: npt.ArrayLike, one: npt.ArrayLike, other: npt.ArrayLike, level: float = 0.95
    ) -> Contrast:
        """Compare the standardised risks of two kinds.

        Parameters
        ----------
        columns : array_like of int
            Columns of `x` as it was given (without intercept) that say of which kind a row is.
        one, other : array_like of float, shape (kinds, columns) or (columns,)
            What stands in these columns for the one kind and the other; of several the risk is
            the mean.
        level : float
            Confidence, by the delta method on the log of the ratio, and on the difference.
        """
        places = np.asarray(columns, dtype=np.int64) + 1
        risk, slope = self._standardised(places, one)
        other_risk, other_slope = self._standardised(places, other)
        freedom = float(self.freedom[places].min())
        quantile = float(stats.t.ppf((1 + level) / 2, freedom))
        gradient = slope / risk - other_slope / other_risk
        spread = float(np.sqrt(gradient @ self.cov @ gradient))
        log = float(np.log(risk / other_risk))
        apart = slope - other_slope
        half = quantile * float(np.sqrt(apart @ self.cov @ apart))
        ratio = np.exp([log, log - quantile * spread, log + quantile * spread])
        return Contrast(
            risk=risk,
            other_risk=other_risk,
            ratio=(float(ratio[0]), float(ratio[1]), float(ratio[2])),
            difference=(risk - other_risk, risk - other_risk - half, risk - other_risk + half),
            p_value=float(2 * stats.t.sf(abs(log) / spread, freedom)),
        )

    def _standardised(
        self, places: npt.NDArray[np.int64], kinds: npt.ArrayLike
    ) -> tuple[float, FloatArray]:
        values = np.atleast_2d(np.asarray(kinds, dtype=float))
        risk, gradient = 0.0, np.zeros_like(self.beta)
        curve = CURVES[self.link]
        for kind in values:
            rows = self.x.copy()
            rows[:, places] = kind
            eta = rows @ self.beta
            risk += float(curve.chance(eta).mean()) / len(values)
            gradient += (curve.slope(eta) @ rows) / (len(rows) * len(values))
        return risk, gradient


def fit_binary(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    link: str = "logit",
    cluster: npt.ArrayLike | None = None,
    penalty: float = 0.0,
    most_iterations: int = 50,
) -> Binary:
    """Fit the chance of an event by maximum likelihood.

    Parameters
    ----------
    x : array_like of float, shape (rows, k)
        Covariates, without intercept.
    y : array_like of bool, shape (rows,)
        Whether the event happened.
    link : str
        ``logit``, or ``cloglog`` for hazards over an interval.
    cluster : array_like, shape (rows,), optional
        What may hang together; each row on its own where not given.
    penalty : float
        Ridge: half of this times the sum of squared coefficients but the intercept is taken off
        the log likelihood. Intervals are only meant for 0.
    most_iterations : int
        Of Fisher's scoring.

    Raises
    ------
    InputError
        If all rows have the event or none has, columns are collinear, or the event is certain on
        one side of a column, so that no finite estimate exists.

    References
    ----------
    .. [1] R. L. Prentice and L. A. Gloeckler, Biometrics 34, 57-67 (1978).
       https://doi.org/10.2307/2529588
    .. [2] S. Greenland, American Journal of Epidemiology 160, 301-305 (2004), on standardised
       risks. https://doi.org/10.1093/aje/kwh221

    Examples
    --------
    >>> x = np.repeat([0.0, 1.0], 100)
    >>> y = np.concatenate([np.arange(100) < 20, np.arange(100) < 50])
    >>> np.exp(fit_binary(x[:, None], y).beta[1]).round(6)  # (.5 / .5) / (.2 / .8)
    np.float64(4.0)
    """
    rows = np.asarray(x, dtype=float)
    rows = np.column_stack([np.ones(len(rows)), rows])
    event = np.asarray(y, dtype=float)
    if event.shape != (len(rows),) or not np.isfinite(rows).all() or link not in CURVES:
        msg = (
            f"{event.shape} events for {rows.shape} covariates by {link!r}, expected one event a "
            f"row, finite covariates and one of {', '.join(CURVES)}"
        )
        raise InputError(msg)
    if not 0 < event.sum() < event.size:
        msg = f"{event.sum():.0f} of {event.size} rows have the event, expected some but not all"
        raise InputError(msg)
    curve = CURVES[link]
    ridge = np.full(rows.shape[1], float(penalty))
    ridge[0] = 0.0
    beta = np.zeros(rows.shape[1])
    mean = event.mean()
    beta[0] = np.log(mean / (1 - mean)) if link == "logit" else np.log(-np.log1p(-mean))
    score, information = _moments(rows, event, beta, curve, ridge)
    for _step in range(most_iterations):
        if np.linalg.cond(information) > 1e12:
            msg = "the covariates are collinear, or the event is certain on one side of one"
            raise InputError(msg)
        step = np.linalg.solve(information, score.sum(axis=0) - ridge * beta)
        step *= min(1.0, LARGEST_STEP / max(float(np.abs(rows @ step).max()), 1e-300))
        beta = beta + step
        if penalty == 0 and float(np.abs(rows @ beta).max()) > FARTHEST:
            msg = "the event is certain, or never happens, on one side of a covariate"
            raise InputError(msg)
        score, information = _moments(rows, event, beta, curve, ridge)
        if float(np.abs(step).max()) < 1e-9:
            break
    codes = np.arange(len(rows)) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    chance, slope = _weights(rows, beta, curve)
    cov, worth = left_out(rows, slope**2 / (chance * (1 - chance)), score, codes, ridge)
    return Binary(beta=beta, cov=cov, freedom=np.maximum(worth - 1, 1.0), x=rows, link=link)


def _weights(rows: FloatArray, beta: FloatArray, curve: _Curve) -> tuple[FloatArray, FloatArray]:
    """Chance, and expected information of each row per unit of eta."""
    eta = np.clip(rows @ beta, -30, 30 if curve is CURVES["logit"] else 3.2)
    chance = np.clip(curve.chance(eta), 1e-12, 1 - 1e-12)
    return chance, curve.slope(eta)


def _moments(
    rows: FloatArray, event: FloatArray, beta: FloatArray, curve: _Curve, ridge: FloatArray
) -> tuple[FloatArray, FloatArray]:
    chance, slope = _weights(rows, beta, curve)
    spread = chance * (1 - chance)
    score = (slope * (event - chance) / spread)[:, None] * rows
    information = rows.T @ ((slope**2 / spread)[:, None] * rows) + np.diag(ridge)
    return score, information


def left_out(
    rows: npt.ArrayLike,
    weight: npt.ArrayLike,
    score: npt.ArrayLike,
    codes: npt.NDArray[np.int64],
    penalty: npt.ArrayLike = 0.0,
) -> tuple[FloatArray, FloatArray]:
    """Covariance of coefficients from leaving each cluster out, by one Newton step from the whole.

    Parameters
    ----------
    rows : array_like, shape (rows, k)
        Covariates, with the intercept.
    weight : array_like, shape (rows,)
        Information of each row; 1 for least squares.
    score : array_like, shape (rows, k)
        What each row pulls; the residual times the row for least squares.
    codes : ndarray of int64, shape (rows,)
        Clusters, 0 to the number of them less one.
    penalty : array_like, shape (k,), optional
        On the diagonal of the information.

    Returns
    -------
    cov : ndarray, shape (k, k)
        The jackknife; exact for least squares.
    worth : ndarray, shape (k,)
        Clusters of equal information that each coefficient is worth.

    Examples
    --------
    >>> cov, worth = left_out(np.ones((3, 1)), np.ones(3), [[-1.0], [0.0], [1.0]], np.arange(3))
    >>> cov.round(2), worth  # the variance of a mean of three, 1 / 3
    (array([[0.33]]), array([3.]))
    """
    x, pull = np.asarray(rows, dtype=float), np.asarray(score, dtype=float)
    many, k = int(codes.max()) + 1, x.shape[1]
    crossed = (x[:, :, None] * x[:, None, :]).reshape(-1, k * k) * np.asarray(weight)[:, None]
    information = crossed.sum(axis=0).reshape(k, k) + np.diag(np.broadcast_to(penalty, k))
    inverse = np.linalg.inv(information)
    sums = np.stack([np.bincount(codes, column, many) for column in pull.T], 1)
    held = np.stack([np.bincount(codes, column, many) for column in crossed.T], 1)
    parts = held.reshape(many, k, k) @ inverse
    rest = np.eye(k) * (1 + NOTHING_LEFT) - parts
    moved = np.linalg.solve(rest, sums[:, :, None])[:, :, 0] @ inverse
    shares = np.diagonal(parts, axis1=1, axis2=2)
    worth = shares.sum(axis=0) ** 2 / np.maximum((shares**2).sum(axis=0), 1e-300)
    cov: FloatArray = moved.T @ moved * (many - 1) / many
    return cov, np.asarray(worth, dtype=float)
