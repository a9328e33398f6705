r"""Is an effect too small to matter? "Not significant" does not say so; two one-sided tests do.

The null is turned round: the effect is *at least* as far from nothing as the smallest one of
interest. Only if both ends are refused, below the upper margin and above the lower one, is the
effect known to be small. The same as an interval of level :math:`1 - 2\alpha` inside the margins.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from smallnet.errors import InputError

__all__ = ["Equivalence", "equivalence_test"]

Finding = Literal["equivalent", "different", "different but small", "undecided"]


@dataclass(frozen=True, kw_only=True)
class Equivalence:
    """Two one-sided tests against the margins, beside the usual test of no effect.

    Attributes
    ----------
    p_value : float
        Of an effect outside the margins: the larger of the two one-sided ones.
    p_difference : float
        Of no effect at all, two-sided.
    low, high : float
        Interval of level 1 - 2 alpha; inside the margins where ``p_value`` < alpha.
    margin : float
        Smallest symmetric margin about the null that these data would call equivalent.
    finding : str
        ``equivalent``, ``different``, ``different but small`` (both) or ``undecided``.
    """

    p_value: float
    p_difference: float
    low: float
    high: float
    margin: float
    finding: Finding


def equivalence_test(
    estimate: float,
    standard_error: float,
    margins: tuple[float, float],
    *,
    null: float = 0.0,
    freedom: float = float("inf"),
    alpha: float = 0.05,
) -> Equivalence:
    r"""Test whether an effect lies within margins, by two one-sided tests [1]_.

    Parameters
    ----------
    estimate, standard_error : float
        On a scale on which the estimate is about normal: logs of ratios.
    margins : tuple of float
        Lowest and highest effect that does not matter; log of the smallest ratio of interest, with
        either sign. Set before looking.
    null : float
        No effect; within the margins.
    freedom : float
        Degrees of freedom of t, such as ``model.freedom``.
    alpha : float
        Chance to call an effect at a margin equivalent.

    Returns
    -------
    Equivalence

    Raises
    ------
    InputError
        If the margins do not hold the null, or the error is not above 0.

    References
    ----------
    .. [1] D. J. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15, 657-680 (1987).
       https://doi.org/10.1007/BF01068419

    Examples
    --------
    >>> test = equivalence_test(0.02, 0.05, (-0.14, 0.14))
    >>> test.finding, round(test.p_value, 4)
    ('equivalent', 0.0082)
    """
    lower, upper = margins
    if not lower < null < upper:
        msg = f"margins are {margins}, expected one below and one above {null}"
        raise InputError(msg)
    if not standard_error > 0 or not np.isfinite(estimate) or not 0 < alpha < 0.5:
        msg = (
            f"estimate {estimate}, standard error {standard_error} and alpha {alpha}: expected a "
            "finite estimate, an error above 0 and alpha between 0 and .5"
        )
        raise InputError(msg)
    t = stats.t
    half = float(t.ppf(1 - alpha, freedom)) * standard_error
    above = t.sf((estimate - lower) / standard_error, freedom)
    below = t.cdf((estimate - upper) / standard_error, freedom)
    p_value = float(max(above, below))
    p_difference = float(2 * t.sf(abs(estimate - null) / standard_error, freedom))
    findings: dict[tuple[bool, bool], Finding] = {
        (True, False): "equivalent",
        (True, True): "different but small",
        (False, True): "different",
        (False, False): "undecided",
    }
    return Equivalence(
        p_value=p_value,
        p_difference=p_difference,
        low=float(estimate - half),
        high=float(estimate + half),
        margin=float(abs(estimate - null) + half),
        finding=findings[p_value < alpha, p_difference < alpha],
    )
