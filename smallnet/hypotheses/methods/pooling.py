"""What several studies say together: a mean over data sets that may differ in truth.

Each study gives an estimate and its standard error. Truths differ between studies with variance
tau², found by restricted maximum likelihood; the mean has the interval of Hartung and Knapp, which
with few studies is honest where the usual one is not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smallnet.errors import InputError

__all__ = ["Pooled", "pool", "standard_error"]

STEPS = 200
CLOSE = 1e-10


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """A random-effects summary, on the scale of the estimates."""

    studies: int
    estimate: float
    ci_low: float
    ci_high: float
    p_value: float  # of a mean of 0
    tau2: float  # variance of the truths between studies
    i2: float  # share of the spread that is not chance, 0 to 1
    q: float  # Cochran's
    q_p_value: float  # of truths that are all the same
    prediction_low: float | None  # where the truth of a next study would lie; of three and more
    prediction_high: float | None
    weights: tuple[float, ...]  # share of each study in the mean


def standard_error(ci_low: float, ci_high: float, *, level: float = 0.95) -> float:
    """Give the standard error that an interval of that level stands for, by the normal law.

    An interval that was made by Student's t is a little wider than the normal one, so its
    standard error comes out a little too large, never too small.
    """
    from scipy import stats

    return (ci_high - ci_low) / (2 * float(stats.norm.ppf(0.5 + level / 2)))


def pool(
    estimates: Sequence[float], standard_errors: Sequence[float], *, level: float = 0.95
) -> Pooled:
    r"""Pool independent studies by random effects.

    .. math:: y_i \sim N(\theta_i, s_i^2), \quad \theta_i \sim N(\mu, \tau^2)

    Parameters
    ----------
    estimates : sequence of float
        One a study; of ratios their logarithms.
    standard_errors : sequence of float
        Of the same, above 0, taken as known.
    level : float
        Of the intervals.

    Returns
    -------
    Pooled
        Its prediction interval is None for two studies, from which spread cannot be told.

    Raises
    ------
    InputError
        If there are fewer than two studies, or a number is not finite or an error not above 0.

    Notes
    -----
    The variance of Hartung and Knapp is never taken smaller than the usual one [3]_: two studies
    that agree by luck would else be worth more than a hundred that do not. The prediction
    interval uses Student's t with two degrees of freedom less than studies [4]_. I² is that of
    Q [5]_.

    References
    ----------
    .. [1] W. Viechtbauer, J. Educ. Behav. Stat. 30, 261-293 (2005).
       https://doi.org/10.3102/10769986030003261
    .. [2] G. Knapp & J. Hartung, Stat. Med. 22, 2693-2710 (2003). https://doi.org/10.1002/sim.1482
    .. [3] C. Röver, G. Knapp & T. Friede, BMC Med. Res. Methodol. 15, 99 (2015).
       https://doi.org/10.1186/s12874-015-0091-1
    .. [4] J. P. T. Higgins, S. G. Thompson & D. J. Spiegelhalter, J. R. Stat. Soc. A 172, 137-159
       (2009). https://doi.org/10.1111/j.1467-985X.2008.00552.x
    .. [5] J. P. T. Higgins & S. G. Thompson, Stat. Med. 21, 1539-1558 (2002).
       https://doi.org/10.1002/sim.1186

    Examples
    --------
    >>> two = pool([0.1, 0.5], [0.1, 0.1])
    >>> round(two.estimate, 3), round(two.tau2, 3), two.prediction_low is None
    (0.3, 0.07, True)
    """
    from scipy import stats

    y = np.asarray(estimates, dtype=float)
    variance = np.asarray(standard_errors, dtype=float) ** 2
    k = len(y)
    if k < 2 or len(variance) != k:
        msg = f"{k} estimates and {len(variance)} standard errors, expected two and more of each"
        raise InputError(msg)
    if not (np.isfinite(y).all() and np.isfinite(variance).all() and (variance > 0).all()):
        msg = "an estimate is not finite or a standard error is not above 0"
        raise InputError(msg)
    tau2 = _restricted_likelihood(y, variance)
    weight = 1 / (variance + tau2)
    mean = float(weight @ y / weight.sum())
    usual = 1 / weight.sum()
    spread = float(weight @ (y - mean) ** 2 / (k - 1))  # about 1 where the model holds
    error = math.sqrt(usual * max(1.0, spread))
    reach = float(stats.t.ppf(0.5 + level / 2, k - 1)) * error
    fixed = 1 / variance
    q = float(fixed @ (y - fixed @ y / fixed.sum()) ** 2)
    ahead = None
    if k > 2:
        ahead = float(stats.t.ppf(0.5 + level / 2, k - 2)) * math.sqrt(tau2 + error**2)
    return Pooled(
        studies=k,
        estimate=mean,
        ci_low=mean - reach,
        ci_high=mean + reach,
        p_value=float(2 * stats.t.sf(abs(mean) / error, k - 1)),
        tau2=tau2,
        i2=max(0.0, 1 - (k - 1) / q) if q > 0 else 0.0,
        q=q,
        q_p_value=float(stats.chi2.sf(q, k - 1)),
        prediction_low=None if ahead is None else mean - ahead,
        prediction_high=None if ahead is None else mean + ahead,
        weights=tuple((weight / weight.sum()).tolist()),
    )


def _restricted_likelihood(y: np.ndarray, variance: np.ndarray) -> float:
    """Find the variance between studies by Fisher scoring, never below 0 (Viechtbauer 2005)."""
    tau2 = max(0.0, float(y.var(ddof=1) - variance.mean()))
    for _ in range(STEPS):
        weight = 1 / (variance + tau2)
        total = weight.sum()
        rest = y - weight @ y / total
        score = (weight * rest) @ (weight * rest) - total + (weight**2).sum() / total
        second = (weight**2).sum()
        information = second - 2 * (weight**3).sum() / total + (second / total) ** 2
        step = float(score / information)
        before, tau2 = tau2, max(0.0, tau2 + step)
        if abs(tau2 - before) <= CLOSE * (1 + tau2):
            break
    return tau2
