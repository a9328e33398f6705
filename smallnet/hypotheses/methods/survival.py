"""How long something lasts: Kaplan and Meier's curve, competing exits, Weibull's law.

All take late entry: who was not watched from the start counts from the moment watching began.
Times are in any one unit; at equal times exits come before censoring, and who enters at a time is
at risk only after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, stats

from smallnet.errors import InputError

__all__ = [
    "Weibull",
    "competing_exits",
    "fit_weibull",
    "kaplan_meier",
    "logrank_test",
    "median_time",
    "risk_table",
    "weibull_through",
]

FloatArray = npt.NDArray[np.float64]


def kaplan_meier(
    exit_at: npt.ArrayLike,
    observed: npt.ArrayLike,
    enter_at: npt.ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> pd.DataFrame:
    r"""Share still there, step by step.

    .. math:: \hat S(t) = \prod_{t_i \le t} (1 - d_i / r_i), \quad
       se = \hat S \sqrt{\sum d_i / (r_i (r_i - d_i))}

    Parameters
    ----------
    exit_at : array_like of float, shape (stays,)
        When watching the stay ended.
    observed : array_like of bool, shape (stays,)
        Whether it ended by the exit; ``False`` if watching ended first.
    enter_at : array_like of float, shape (stays,), optional
        When watching began; 0 if left out.
    level : float
        Confidence.

    Returns
    -------
    DataFrame
        One row a moment with an exit: ``time, at_risk, exits, survival, standard_error``
        (Greenwood [2]_), ``low, high`` (from :math:`\ln(-\ln S)`, so within 0 and 1; ``nan`` once
        nobody is left).

    Raises
    ------
    InputError
        If lengths differ, or a stay ends before it begins.

    Notes
    -----
    With late entry the risk set can be small, even empty, at the start; if all of a tiny early
    risk set leave, the curve is 0 ever after. Look at ``at_risk``, or start later.

    References
    ----------
    .. [1] E. L. Kaplan and P. Meier, Journal of the American Statistical Association 53, 457-481
       (1958). https://doi.org/10.1080/01621459.1958.10501452
    .. [2] J. P. Klein and M. L. Moeschberger, Survival Analysis, 2nd ed., Springer (2003),
       chapter 4. https://doi.org/10.1007/b97377

    Examples
    --------
    >>> table = kaplan_meier([1, 2, 3, 3, 5], [True, False, True, True, False])
    >>> table[["time", "at_risk", "survival", "standard_error"]].round(6).to_numpy().tolist()
    [[1.0, 5.0, 0.8, 0.178885], [3.0, 3.0, 0.266667, 0.22575]]
    """
    end, seen, begin = _checked(exit_at, observed, enter_at)
    time, exits = np.unique(end[seen], return_counts=True)
    risk = _at_risk(time, begin, end)
    survival = np.cumprod(1 - exits / risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        summed = np.cumsum(exits / (risk * (risk - exits)))
        error = np.where(survival > 0, survival * np.sqrt(summed), np.nan)
        z = float(stats.norm.ppf((1 + level) / 2))
        spread = np.exp(z * np.sqrt(summed) / np.log(survival))
        low, high = survival ** (1 / spread), survival**spread
    known = survival > 0
    return pd.DataFrame(
        {
            "time": time,
            "at_risk": risk,
            "exits": exits,
            "survival": survival,
            "standard_error": error,
            "low": np.where(known, low, np.nan),
            "high": np.where(known, high, np.nan),
        }
    )


def median_time(table: pd.DataFrame, share: float = 0.5) -> tuple[float, float, float]:
    """Give the first time at which at most this share is left, with its interval.

    The interval holds the times at which the curve's own interval holds the share (Brookmeyer
    and Crowley 1982, https://doi.org/10.2307/2530286).

    Parameters
    ----------
    table : DataFrame
        Of :func:`kaplan_meier`.
    share : float
        Between 0 and 1.

    Returns
    -------
    tuple of float
        Time, low, high; ``inf`` where the curve never gets there.

    Examples
    --------
    >>> median_time(kaplan_meier([1, 2, 3, 4], [True] * 4))[0]
    2.0
    """
    time = np.append(table["time"].to_numpy(float), np.inf)

    def first(column: str) -> float:
        values = table[column].fillna(0.0).to_numpy(float)
        return float(time[np.argmax(np.append(values <= share + 1e-12, True))])

    return first("survival"), first("low"), first("high")


def risk_table(
    times: npt.ArrayLike,
    exit_at: npt.ArrayLike,
    observed: npt.ArrayLike,
    enter_at: npt.ArrayLike | None = None,
) -> pd.DataFrame:
    """Count the numbers below a survival curve.

    Parameters
    ----------
    times : array_like of float, shape (times,)
        Moments to count at.
    exit_at, observed, enter_at
        As in :func:`kaplan_meier`.

    Returns
    -------
    DataFrame
        ``time, at_risk`` (watched just before it), ``exits, censored, entered`` (until and with
        it).

    Examples
    --------
    >>> risk_table([0, 3], [1, 2, 3, 3, 5], [True, False, True, True, False]).to_numpy().tolist()
    [[0.0, 0.0, 0.0, 0.0, 5.0], [3.0, 3.0, 3.0, 1.0, 5.0]]
    """
    end, seen, begin = _checked(exit_at, observed, enter_at)
    at = np.asarray(times, dtype=float)
    return pd.DataFrame(
        {
            "time": at,
            "at_risk": _at_risk(at, begin, end),
            "exits": np.searchsorted(np.sort(end[seen]), at, side="right"),
            "censored": np.searchsorted(np.sort(end[~seen]), at, side="right"),
            "entered": np.searchsorted(np.sort(begin), at, side="right"),
        }
    )


def competing_exits(
    exit_at: npt.ArrayLike,
    cause: Sequence[str] | npt.ArrayLike,
    enter_at: npt.ArrayLike | None = None,
    *,
    censored: str = "",
    level: float = 0.95,
) -> pd.DataFrame:
    r"""Share gone by each way out, step by step (Aalen and Johansen).

    .. math:: \hat F_k(t) = \sum_{t_i \le t} \hat S(t_i-) \, d_{ki} / r_i

    One minus Kaplan and Meier's curve with other exits as censored would say how many would go
    this way if the other ways were closed, which is too many.

    Parameters
    ----------
    exit_at, enter_at
        As in :func:`kaplan_meier`.
    cause : sequence of str, shape (stays,)
        Way out.
    censored : str
        The cause that says that watching ended first.
    level : float
        Confidence.

    Returns
    -------
    DataFrame
        One row a cause and moment of any exit: ``cause, time, at_risk, exits`` (this way),
        ``share`` (gone this way so far), ``standard_error`` (delta method [2]_), ``low, high``
        (from :math:`\ln(-\ln)`; ``nan`` where nobody or everybody went).

    Raises
    ------
    InputError
        As :func:`kaplan_meier`.

    References
    ----------
    .. [1] O. O. Aalen and S. Johansen, Scandinavian Journal of Statistics 5, 141-150 (1978).
    .. [2] E. Marubini and M. G. Valsecchi, Analysing Survival Data from Clinical Trials and
       Observational Studies, Wiley (1995), chapter 10.

    Examples
    --------
    >>> table = competing_exits([1, 2, 3, 4], ["left", "closed", "left", ""])
    >>> table.groupby("cause")["share"].last().to_dict()
    {'closed': 0.25, 'left': 0.5}
    """
    ways = np.asarray(cause).astype(str)
    end, seen, begin = _checked(exit_at, ways != censored, enter_at)
    time, place = np.unique(end[seen], return_inverse=True)
    risk = _at_risk(time, begin, end).astype(float)
    every = np.bincount(place, minlength=time.size).astype(float)
    survival = np.cumprod(1 - every / risk)
    before = np.append(1.0, survival[:-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(risk > every, every / (risk * (risk - every)), 0.0)
    z = float(stats.norm.ppf((1 + level) / 2))
    tables = []
    for way in np.unique(ways[seen]):
        exits = np.bincount(place[ways[seen] == way], minlength=time.size).astype(float)
        share = np.cumsum(before * exits / risk)
        error = np.sqrt(np.maximum(_variance(share, before, exits, risk, spread), 0))
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.exp(z * error / (share * np.log(share)))
            low, high = share ** (1 / factor), share**factor
        inside = (share > 0) & (share < 1 - 1e-12)
        tables.append(
            pd.DataFrame(
                {
                    "cause": way,
                    "time": time,
                    "at_risk": risk.astype(int),
                    "exits": exits.astype(int),
                    "share": share,
                    "standard_error": error,
                    "low": np.where(inside, low, np.nan),
                    "high": np.where(inside, high, np.nan),
                }
            )
        )
    columns = ["cause", "time", "at_risk", "exits", "share", "standard_error", "low", "high"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def _variance(
    share: FloatArray, before: FloatArray, exits: FloatArray, risk: FloatArray, spread: FloatArray
) -> FloatArray:
    """Delta-method variance of a cumulative incidence, as sums that grow with time.

    The three terms, with I the share at the end: sum (I - I_i)^2 spread_i
    + sum S_i^2 (r_i - d_i) d_i / r_i^3 - 2 sum (I - I_i) S_i d_i / r_i^2.
    """
    chance = before**2 * (risk - exits) * exits / risk**3
    cross = before * exits / risk**2
    first = (
        share**2 * np.cumsum(spread)
        - 2 * share * np.cumsum(share * spread)
        + np.cumsum(share**2 * spread)
    )
    variance: FloatArray = (
        first + np.cumsum(chance) - 2 * (share * np.cumsum(cross) - np.cumsum(share * cross))
    )
    return variance


def logrank_test(
    exit_at: npt.ArrayLike,
    observed: npt.ArrayLike,
    group: npt.ArrayLike,
    enter_at: npt.ArrayLike | None = None,
) -> float:
    """Give the p-value of the null that all groups have the same hazard (logrank).

    Parameters
    ----------
    exit_at, observed, enter_at
        As in :func:`kaplan_meier`.
    group : array_like, shape (stays,)
        Labels, two or more; stays must be independent.

    Returns
    -------
    float
        By chi-squared with one less than the number of groups.

    References
    ----------
    .. [1] N. Mantel, Cancer Chemotherapy Reports 50, 163-170 (1966).

    Examples
    --------
    >>> round(logrank_test([1, 2, 3, 4], [True] * 4, ["a", "a", "b", "b"]), 4)
    0.0896
    """
    end, seen, begin = _checked(exit_at, observed, enter_at)
    labels, codes = np.unique(np.asarray(group), return_inverse=True)
    if labels.size < 2 or codes.size != end.size:
        msg = (
            f"{labels.size} groups and {codes.size} labels for {end.size} stays, expected 2 or more"
        )
        raise InputError(msg)
    time = np.unique(end[seen])
    parts = [codes == k for k in range(labels.size)]
    risk = np.array([_at_risk(time, begin[part], end[part]) for part in parts], dtype=float)
    exits = np.array([_counts(time, end[part & seen]) for part in parts], dtype=float)
    total, gone = risk.sum(axis=0), exits.sum(axis=0)
    off = (exits - risk * gone / total).sum(axis=1)[:-1]
    share = risk / total
    scale = gone * (total - gone) / np.maximum(total - 1, 1)
    matrix = np.diag((share * scale).sum(axis=1)) - (share * scale) @ share.T
    statistic = float(off @ np.linalg.pinv(matrix[:-1, :-1]) @ off)
    return float(stats.chi2.sf(statistic, labels.size - 1))


@dataclass(frozen=True, kw_only=True)
class Weibull:
    r"""Weibull's law, :math:`S(t) = \exp(-(t / scale)^{shape})`."""

    shape: float  # below 1: who stayed long is likelier to stay on
    scale: float  # time by which all but exp(-1) are gone
    shape_low: float = float("nan")
    shape_high: float = float("nan")

    @property
    def median(self) -> float:
        """Time by which half are gone."""
        return float(self.scale * np.log(2) ** (1 / self.shape))

    def survival(self, time: npt.ArrayLike) -> FloatArray:
        """Share still there at a time."""
        share: FloatArray = np.exp(-((np.asarray(time, dtype=float) / self.scale) ** self.shape))
        return share


def weibull_through(first: tuple[float, float], second: tuple[float, float]) -> Weibull:
    r"""Weibull's law through two points of a survival curve.

    .. math:: k = \ln(\ln S_2 / \ln S_1) / \ln(t_2 / t_1), \quad
       \lambda = t_1 (-\ln S_1)^{-1/k}

    Parameters
    ----------
    first, second : tuple of float
        Time > 0 and share still there, between 0 and 1.

    Raises
    ------
    InputError
        If the share does not fall from the earlier to the later time.

    Examples
    --------
    >>> law = weibull_through((7, 0.6), (30, 0.3))
    >>> round(law.shape, 6), round(law.scale, 6), round(law.median, 6)
    (0.58913, 21.891781, 11.751558)
    """
    (t1, s1), (t2, s2) = sorted([first, second])
    if not (0 < t1 < t2 and 1 > s1 > s2 > 0):
        msg = f"shares {s1} at {t1} and {s2} at {t2}, expected falling ones inside 0 and 1"
        raise InputError(msg)
    shape = float(np.log(np.log(s2) / np.log(s1)) / np.log(t2 / t1))
    return Weibull(shape=shape, scale=float(t1 * (-np.log(s1)) ** (-1 / shape)))


def fit_weibull(
    exit_at: npt.ArrayLike,
    observed: npt.ArrayLike,
    enter_at: npt.ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> Weibull:
    """Weibull's law by maximum likelihood, with an interval of its shape.

    Parameters
    ----------
    exit_at, observed, enter_at
        As in :func:`kaplan_meier`; exits at times > 0.
    level : float
        Confidence, by the likelihood ratio.

    Raises
    ------
    InputError
        If fewer than two different times have an exit.

    References
    ----------
    .. [1] J. P. Klein and M. L. Moeschberger, Survival Analysis, 2nd ed., Springer (2003),
       chapter 12. https://doi.org/10.1007/b97377
    """
    end, seen, begin = _checked(exit_at, observed, enter_at)
    gone = end[seen]
    if np.unique(gone).size < 2 or gone.min() <= 0:
        msg = f"{np.unique(gone).size} times with an exit, expected two or more, all > 0"
        raise InputError(msg)
    unit = float(gone.mean())  # no power of a large number overflows

    def time_at_risk(shape: float) -> float:
        return float(((end / unit) ** shape - (begin / unit) ** shape).sum())

    def profile(log_shape: float) -> float:  # the scale is concentrated out
        shape = np.exp(log_shape)
        rate = gone.size / time_at_risk(shape)
        summed = (shape - 1) * np.log(gone / unit).sum()
        return float(-(gone.size * (np.log(rate) + log_shape) + summed))

    best = optimize.minimize_scalar(profile, bounds=(-5, 5), method="bounded")
    limit = best.fun + stats.chi2.ppf(level, 1) / 2

    def side(far: float) -> float:
        if profile(far) < limit:
            return far
        return float(optimize.brentq(lambda x: profile(x) - limit, far, best.x))

    shape = float(np.exp(best.x))
    return Weibull(
        shape=shape,
        scale=float(unit * (time_at_risk(shape) / gone.size) ** (1 / shape)),
        shape_low=float(np.exp(side(-5.0))),
        shape_high=float(np.exp(side(5.0))),
    )


def _at_risk(time: FloatArray, begin: FloatArray, end: FloatArray) -> npt.NDArray[np.int64]:
    entered = np.searchsorted(np.sort(begin), time, side="left")
    gone = np.searchsorted(np.sort(end), time, side="left")
    return (entered - gone).astype(np.int64)


def _counts(time: FloatArray, at: FloatArray) -> npt.NDArray[np.int64]:
    ordered = np.sort(at)
    up_to, before = (np.searchsorted(ordered, time, side=side) for side in ("right", "left"))
    return (up_to - before).astype(np.int64)


def _checked(
    exit_at: npt.ArrayLike, observed: npt.ArrayLike, enter_at: npt.ArrayLike | None
) -> tuple[FloatArray, npt.NDArray[np.bool_], FloatArray]:
    end, seen = np.asarray(exit_at, dtype=float), np.asarray(observed, dtype=bool)
    begin = np.zeros_like(end) if enter_at is None else np.asarray(enter_at, dtype=float)
    if not (end.ndim == 1 and end.shape == seen.shape == begin.shape):
        msg = f"exits {end.shape}, observed {seen.shape} and entries {begin.shape} differ in length"
        raise InputError(msg)
    wrong = ~(np.isfinite(end) & (begin >= 0) & (begin < end))
    if wrong.any():
        row = int(np.argmax(wrong))
        msg = f"stay {row} is watched from {begin[row]} to {end[row]}, expected 0 <= from < to"
        raise InputError(msg)
    return end, seen, begin
