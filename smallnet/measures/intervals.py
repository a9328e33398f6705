"""Intervals of shares and rates, for whole columns at once; unknown in, unknown out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

__all__ = ["gini", "median_ranks", "rate_interval", "share_interval"]

FloatArray = NDArray[np.float64]


def share_interval(hits: Any, trials: Any, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    r"""Wilson interval of a share.

    .. math:: \frac{p + z^2/2n \pm z \sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n}

    Parameters
    ----------
    hits, trials : array_like of float, shape (n,)
        How many of how many; ``nan`` where unknown.
    level : float
        Level of the interval.

    Returns
    -------
    low, high : ndarray, shape (n,)
        Between 0 and 1; ``nan`` where unknown or without a trial.

    References
    ----------
    .. [1] E. B. Wilson, J. Am. Stat. Assoc. 22, 209-212 (1927).
       https://doi.org/10.1080/01621459.1927.10502953

    Examples
    --------
    >>> low, high = share_interval([8], [10])
    >>> float(low[0].round(4)), float(high[0].round(4))
    (0.4902, 0.9433)
    """
    k, n = np.asarray(hits, dtype=float), np.asarray(trials, dtype=float)
    z = stats.norm.isf((1 - level) / 2)
    n = np.where(n > 0, n, np.nan)
    p = k / n
    centre = p + z**2 / (2 * n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    low, high = (centre - half) / scale, (centre + half) / scale
    return np.where(k == 0, 0.0 * low, low), np.where(k == n, 1.0 + 0.0 * high, high)


def rate_interval(
    events: Any, exposure: Any, dispersion: Any = 1.0, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    r"""Gamma interval of a rate, exact for Poisson events, widened by the dispersion.

    With :math:`\phi` times the variance of a Poisson count, ``events`` are worth
    :math:`k/\phi` independent ones:

    .. math:: \frac{\phi}{2T} \chi^2_{\alpha/2}(2k/\phi), \quad
              \frac{\phi}{2T} \chi^2_{1-\alpha/2}(2k/\phi + 2)

    Parameters
    ----------
    events, exposure : array_like of float, shape (n,)
        Count and time at risk.
    dispersion : array_like of float
        Variance ÷ mean of the counts in equal stretches; 1 gives Garwood's interval.
    level : float
        Level of the interval.

    Returns
    -------
    low, high : ndarray, shape (n,)
        Events per unit of exposure; ``nan`` where unknown or without exposure.

    References
    ----------
    .. [1] F. Garwood, Biometrika 28, 437-442 (1936). https://doi.org/10.1093/biomet/28.3-4.437

    Examples
    --------
    >>> low, high = rate_interval([10], [5.0])
    >>> float(low[0].round(3)), float(high[0].round(3))
    (0.959, 3.678)
    """
    k, t = np.asarray(events, dtype=float), np.asarray(exposure, dtype=float)
    phi = np.asarray(dispersion, dtype=float)
    phi = np.where(np.isfinite(phi), np.maximum(phi, 1.0), 1.0)
    t = np.where(t > 0, t, np.nan)
    worth = k / phi
    tail = (1 - level) / 2
    low = np.where(worth > 0, stats.chi2.ppf(tail, 2 * np.maximum(worth, 1e-12)), 0.0)
    high = stats.chi2.ppf(1 - tail, 2 * worth + 2)
    unknown = np.where(np.isfinite(k), 0.0, np.nan)
    return low * phi / (2 * t) + unknown, high * phi / (2 * t) + unknown


def median_ranks(n: Any, level: float = 0.95) -> tuple[Any, Any]:
    """Ranks (from 1) of the order statistics that hold the median, for an Ibis or numpy count.

    The normal approximation of the binomial ranks, rounded outwards; a rank outside 1…n means
    that there are too few values for an interval.
    """
    half = float(stats.norm.isf((1 - level) / 2)) / 2
    spread = n**0.5 * half
    return (n * 0.5 - spread).floor(), (n * 0.5 + spread).ceil() + 1


def gini(ranked: Any, total: Any, n: Any, zeros: Any = 0) -> FloatArray:
    r"""Gini coefficient from a ranked sum, corrected for small groups.

    .. math:: G = \frac{\sum_i (2i - n - 1) x_{(i)}}{n \sum_i x_i} \cdot \frac{n}{n - 1}

    The first factor is the population form; a group of n people cannot exceed (n − 1)/n in it,
    which the second factor mends: one who says everything gives 1 in a group of any size.

    Parameters
    ----------
    ranked : array_like of float, shape (groups,)
        Sum of rank times value over the people with a value above 0, ranks from 1 among them.
    total : array_like of float, shape (groups,)
        Sum of the values.
    n : array_like of float, shape (groups,)
        People, those with 0 too.
    zeros : array_like of float
        How many of the ``n`` have 0.

    Returns
    -------
    ndarray, shape (groups,)
        0 (all the same) to 1; ``nan`` for fewer than two people or a total of 0.

    References
    ----------
    .. [1] G. Deltas, Rev. Econ. Stat. 85, 226-234 (2003). https://doi.org/10.1162/rest.2003.85.1.226

    Examples
    --------
    >>> gini([30.0], [10.0], [4.0])  # 1, 2, 3, 4: 0.25 in the population form
    array([0.33333333])
    """
    r, s = np.asarray(ranked, dtype=float), np.asarray(total, dtype=float)
    people = np.asarray(n, dtype=float)
    people = np.where(people > 1, people, np.nan)
    s = np.where(s > 0, s, np.nan)
    shifted = r + np.asarray(zeros, dtype=float) * s  # ranks among everybody
    return (2 * shifted - (people + 1) * s) / ((people - 1) * s)
