"""How long something lasts: Kaplan and Meier's curve, the numbers below it, equal hazards.

All take late entry: who was not watched from the start counts from the moment watching began.
Times are in any one unit; at equal times exits come before censoring, and who enters at a time is
at risk only after it.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.watched import at_risk, checked_stays

__all__ = [
    "kaplan_meier",
    "logrank_test",
    "median_time",
    "risk_table",
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
    end, seen, begin = checked_stays(exit_at, observed, enter_at)
    time, exits = np.unique(end[seen], return_counts=True)
    risk = at_risk(time, begin, end)
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
    end, seen, begin = checked_stays(exit_at, observed, enter_at)
    at = np.asarray(times, dtype=float)
    return pd.DataFrame(
        {
            "time": at,
            "at_risk": at_risk(at, begin, end),
            "exits": np.searchsorted(np.sort(end[seen]), at, side="right"),
            "censored": np.searchsorted(np.sort(end[~seen]), at, side="right"),
            "entered": np.searchsorted(np.sort(begin), at, side="right"),
        }
    )


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
    end, seen, begin = checked_stays(exit_at, observed, enter_at)
    labels, codes = np.unique(np.asarray(group), return_inverse=True)
    if labels.size < 2 or codes.size != end.size:
        msg = (
            f"{labels.size} groups and {codes.size} labels for {end.size} stays, expected 2 or more"
        )
        raise InputError(msg)
    time = np.unique(end[seen])
    parts = [codes == k for k in range(labels.size)]
    risk = np.array([at_risk(time, begin[part], end[part]) for part in parts], dtype=float)
    exits = np.array([_counts(time, end[part & seen]) for part in parts], dtype=float)
    total, gone = risk.sum(axis=0), exits.sum(axis=0)
    off = (exits - risk * gone / total).sum(axis=1)[:-1]
    share = risk / total
    scale = gone * (total - gone) / np.maximum(total - 1, 1)
    matrix = np.diag((share * scale).sum(axis=1)) - (share * scale) @ share.T
    statistic = float(off @ np.linalg.pinv(matrix[:-1, :-1]) @ off)
    return float(stats.chi2.sf(statistic, labels.size - 1))


def _counts(time: FloatArray, at: FloatArray) -> npt.NDArray[np.int64]:
    ordered = np.sort(at)
    up_to, before = (np.searchsorted(ordered, time, side=side) for side in ("right", "left"))
    return (up_to - before).astype(np.int64)
