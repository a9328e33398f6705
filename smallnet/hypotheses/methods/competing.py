"""Several ways out: how many leave by each, when each leaves fewer to leave by the others.

Times and late entry are as in :mod:`smallnet.hypotheses.methods.survival`.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from smallnet.hypotheses.methods.watched import at_risk, checked_stays

__all__ = ["competing_exits"]

FloatArray = npt.NDArray[np.float64]


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
    end, seen, begin = checked_stays(exit_at, ways != censored, enter_at)
    time, place = np.unique(end[seen], return_inverse=True)
    risk = at_risk(time, begin, end).astype(float)
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
