"""Rank correlation with its interval."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from smallnet.errors import InputError

__all__ = ["RankCorrelation", "rank_correlation", "spearman_interval"]

FEWEST = 4


@dataclass(frozen=True, kw_only=True)
class RankCorrelation:
    """Spearman's rank correlation of ``n`` pairs."""

    rho: float
    low: float
    high: float
    n: int


def rank_correlation(
    x: npt.ArrayLike, y: npt.ArrayLike, *, level: float = 0.95
) -> RankCorrelation | None:
    """Spearman's rank correlation with the interval of Bonett and Wright (``spearman_interval``).

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        Pairs with an unknown (nan) value are left out.
    level : float
        Confidence.

    Returns
    -------
    RankCorrelation or None
        None for fewer than four pairs, or where one side does not vary.

    Raises
    ------
    InputError
        If lengths differ.

    References
    ----------
    .. [1] D. G. Bonett and T. A. Wright, Psychometrika 65, 23-28 (2000).
       https://doi.org/10.1007/BF02294183

    Examples
    --------
    >>> found = rank_correlation([1, 2, 3, 4, 5], [2, 1, 4, 3, 5])
    >>> round(found.rho, 6), round(found.low, 3), round(found.high, 3)
    (0.8, -0.457, 0.991)
    """
    one, two = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if one.shape != two.shape or one.ndim != 1:
        msg = f"x has shape {one.shape} and y {two.shape}, expected two columns of one length"
        raise InputError(msg)
    known = np.isfinite(one) & np.isfinite(two)
    one, two = one[known], two[known]
    if one.size < FEWEST or np.ptp(one) == 0 or np.ptp(two) == 0:
        return None
    rho = float(stats.spearmanr(one, two).statistic)
    low, high = spearman_interval(rho, one.size, level=level)
    return RankCorrelation(rho=rho, low=low, high=high, n=int(one.size))


def spearman_interval(rho: float, n: int, *, level: float = 0.95) -> tuple[float, float]:
    r"""Interval of Bonett and Wright for Spearman's rank correlation of ``n`` pairs, 4 or more.

    .. math:: \tanh\left(\operatorname{artanh} r \pm z \sqrt{(1 + r^2/2) / (n - 3)}\right)

    References
    ----------
    .. [1] D. G. Bonett and T. A. Wright, Psychometrika 65, 23-28 (2000).
       https://doi.org/10.1007/BF02294183
    """
    half = stats.norm.ppf((1 + level) / 2) * np.sqrt((1 + rho**2 / 2) / (n - 3))
    low, high = np.tanh(np.arctanh(np.clip(rho, -0.999999, 0.999999)) + half * np.array([-1, 1]))
    return float(low), float(high)
