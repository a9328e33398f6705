"""How strong something unmeasured would have to be to explain a result away.

None of these proves that nothing is hidden; each says how much hiding a result could bear. The
*E-value* speaks of risk ratios, *Rosenbaum's bounds* of matched pairs, the *tipping point* of a
hidden trait with a stated share among the exposed and the others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from smallnet.errors import InputError

__all__ = [
    "EValue",
    "RosenbaumBounds",
    "bias_factor",
    "e_value",
    "rosenbaum_bounds",
    "tipping_share",
]

MOST = 1e6  # no search for a gamma above
EXACT = 30  # untied pairs up to which the signed-rank law is computed exactly


@dataclass(frozen=True)
class EValue:
    """E-values of an estimate and of the limit of its interval that is nearer to 1."""

    estimate: float
    limit: float  # 1 if the interval holds 1; nan without an interval


def e_value(ratio: float, low: float | None = None, high: float | None = None) -> EValue:
    r"""Smallest risk ratio by which a confounder must be tied to both sides to explain it away.

    .. math:: E = RR + \sqrt{RR (RR - 1)}

    with :math:`1 / RR` for a ratio below 1 [1]_.

    Parameters
    ----------
    ratio : float
        Risk ratio; a rate ratio too, and a hazard or odds ratio of a rare outcome. For a common
        one (over 15 %) give the square root of the odds ratio [1]_.
    low, high : float, optional
        Its interval.

    Returns
    -------
    EValue
        Both at least 1, and 1 means that nothing need be hidden.

    Raises
    ------
    InputError
        If a ratio is not positive or the interval does not hold the estimate.

    References
    ----------
    .. [1] T. J. VanderWeele and P. Ding, Annals of Internal Medicine 167, 268-274 (2017).
       https://doi.org/10.7326/M16-2607

    Examples
    --------
    >>> found = e_value(0.56 / 0.44, 1.1, 1.5)
    >>> round(found.estimate, 6), round(found.limit, 6)
    (1.861886, 1.431662)
    """
    bounds = [bound for bound in (low, high) if bound is not None]
    if not np.isfinite(ratio) or not ratio > 0 or any(not bound >= 0 for bound in bounds):
        msg = f"ratio is {ratio} and its interval {bounds}, expected ratios > 0"
        raise InputError(msg)
    if (low is not None and low > ratio) or (high is not None and high < ratio):
        msg = f"interval {bounds} does not hold the ratio {ratio}"
        raise InputError(msg)
    near = low if ratio >= 1 else high
    if near is None:
        return EValue(_e_value(ratio), float("nan"))
    crosses = near <= 1 if ratio >= 1 else near >= 1
    return EValue(_e_value(ratio), 1.0 if crosses else _e_value(near))


def _e_value(ratio: float) -> float:
    away = max(ratio, 1 / ratio)
    return float(away + np.sqrt(away * (away - 1)))


def bias_factor(exposure_ratio: npt.ArrayLike, outcome_ratio: npt.ArrayLike) -> npt.ArrayLike:
    r"""Bound the ratio by which a confounder can mislead: :math:`B = ab / (a + b - 1)` [1]_.

    Parameters
    ----------
    exposure_ratio : array_like of float
        Ratio a of the confounder's shares, exposed over others; >= 1.
    outcome_ratio : array_like of float
        Ratio b of the risks, with the confounder over without; >= 1.

    Returns
    -------
    ndarray or float
        The true ratio is at least the observed one divided by this.

    References
    ----------
    .. [1] P. Ding and T. J. VanderWeele, Epidemiology 27, 368-377 (2016).
       https://doi.org/10.1097/EDE.0000000000000457

    Examples
    --------
    >>> round(float(bias_factor(1.861886, 1.861886)), 4)
    1.2727
    """
    a, b = np.asarray(exposure_ratio, dtype=float), np.asarray(outcome_ratio, dtype=float)
    if not ((a >= 1) & (b >= 1)).all():
        msg = "a ratio of the confounder is below 1, expected both >= 1 (turn the labels round)"
        raise InputError(msg)
    bound: npt.NDArray[np.float64] = a * b / (a + b - 1)
    return bound


def tipping_share(
    ratio: float, outcome_ratio: float, *, share_others: float = 0.0, to: float = 1.0
) -> float:
    r"""Share of the exposed that must have a hidden trait for the ratio to fall to ``to``.

    With shares p of the exposed and q of the others, and a trait that multiplies risk by b in
    both, the observed ratio is too large by :math:`(1 + p (b - 1)) / (1 + q (b - 1))` [1]_.

    Parameters
    ----------
    ratio : float
        Observed risk ratio or its interval's limit; > 0. A ratio below ``to`` wants b < 1.
    outcome_ratio : float
        Ratio b of the risks, with the trait over without; > 0, not 1.
    share_others : float
        Share q of the others who have it.
    to : float
        Ratio that would remain.

    Returns
    -------
    float
        Between 0 and 1; ``inf`` if no share suffices, so that this trait alone cannot explain it.

    References
    ----------
    .. [1] I. D. J. Bross, Journal of Chronic Diseases 19, 637-647 (1966).
       https://doi.org/10.1016/0021-9681(66)90062-2

    Examples
    --------
    >>> round(tipping_share(1.5, 3.0, share_others=0.1), 3)
    0.4
    >>> tipping_share(2.0, 1.8)
    inf
    """
    if not (ratio > 0 and outcome_ratio > 0 and to > 0 and 0 <= share_others <= 1):
        msg = (
            f"ratio {ratio}, outcome ratio {outcome_ratio}, to {to} and share {share_others}: "
            "expected ratios > 0 and a share within 0 and 1"
        )
        raise InputError(msg)
    if outcome_ratio == 1:
        return 0.0 if ratio == to else float("inf")
    slope = outcome_ratio - 1
    share = (ratio / to * (1 + share_others * slope) - 1) / slope
    return float(share) if 0 <= share <= 1 else float("inf")


@dataclass(frozen=True, kw_only=True)
class RosenbaumBounds:
    """Bounds on p if within a pair the odds of being the exposed one differ up to gamma times."""

    gamma: npt.NDArray[np.float64]
    p_low: npt.NDArray[np.float64]
    p_high: npt.NDArray[np.float64]
    gamma_alpha: float  # gamma from which the upper bound is over alpha; nan if it is at 1 already
    n_pairs: int  # pairs that differ


def rosenbaum_bounds(
    differences: npt.ArrayLike,
    gamma: npt.ArrayLike = (1.0, 1.5, 2.0, 3.0),
    *,
    test: Literal["sign", "signed rank"] = "signed rank",
    alpha: float = 0.05,
) -> RosenbaumBounds:
    r"""Bound the one-sided p of matched pairs for hidden biases of size gamma.

    If two people matched on all that was measured differ in their odds of exposure at most
    :math:`\Gamma` times, the exposed has the larger outcome with a chance between
    :math:`1/(1+\Gamma)` and :math:`\Gamma/(1+\Gamma)` under no effect, so the statistic lies
    between two sums of independent signs [1]_.

    Parameters
    ----------
    differences : array_like of float, shape (pairs,)
        Outcome of the exposed minus that of the other; pairs without a difference tell nothing.
    gamma : array_like of float
        Sizes of hidden bias, >= 1.
    test : {"sign", "signed rank"}
        Exact binomial, or Wilcoxon's: exact up to 30 untied pairs, else normal.
    alpha : float
        Level that the upper bound is held against.

    Returns
    -------
    RosenbaumBounds
        Small p speak for a *positive* effect; turn the signs for a negative one.

    Raises
    ------
    InputError
        If no pair differs or a gamma is below 1.

    References
    ----------
    .. [1] P. R. Rosenbaum, Biometrika 74, 13-26 (1987). https://doi.org/10.1093/biomet/74.1.13
       Observational Studies, 2nd ed., Springer (2002), section 4.3.

    Examples
    --------
    >>> bounds = rosenbaum_bounds([3, 2, 4, 1, 5, 6], [1.0, 1.5], test="sign")
    >>> bounds.p_high.round(6).tolist(), round(bounds.gamma_alpha, 4)
    ([0.015625, 0.046656], 1.5443)
    """
    pairs, sizes = np.asarray(differences, dtype=float), np.asarray(gamma, dtype=float)
    pairs = pairs[pairs != 0]
    if not pairs.size or not np.isfinite(pairs).all():
        msg = f"{pairs.size} pairs differ, expected some, all finite"
        raise InputError(msg)
    if (sizes < 1).any():
        msg = f"gamma is {sizes.min()}, expected >= 1"
        raise InputError(msg)
    upper = _tail_of(pairs, test)
    crossing = float("nan")
    if upper(0.5) <= alpha:
        crossing = float("inf")
        if upper(MOST / (1 + MOST)) > alpha:
            chance = optimize.brentq(lambda p: upper(p) - alpha, 0.5, MOST / (1 + MOST))
            crossing = chance / (1 - chance)
    return RosenbaumBounds(
        gamma=sizes,
        p_low=np.array([upper(1 / (1 + g)) for g in sizes.ravel()]).reshape(sizes.shape),
        p_high=np.array([upper(g / (1 + g)) for g in sizes.ravel()]).reshape(sizes.shape),
        gamma_alpha=crossing,
        n_pairs=pairs.size,
    )


def _tail_of(pairs: npt.NDArray[np.float64], test: str) -> Callable[[float], float]:
    """Chance of a statistic as large as seen, as a function of the chance of a plus sign."""
    plus = pairs > 0
    if test == "sign":
        return lambda chance: float(stats.binom.sf(plus.sum() - 1, pairs.size, chance))
    ranks = stats.rankdata(np.abs(pairs))
    statistic = ranks[plus].sum()
    if pairs.size <= EXACT and np.unique(ranks).size == ranks.size:
        return lambda chance: float(_signed_rank_law(pairs.size, chance)[int(statistic) :].sum())

    def normal(chance: float) -> float:
        spread = np.sqrt(chance * (1 - chance) * (ranks**2).sum())
        return float(stats.norm.sf((statistic - chance * ranks.sum()) / spread))

    return normal


def _signed_rank_law(n: int, chance: float) -> npt.NDArray[np.float64]:
    """Law of the sum of those of the ranks 1..n that have a plus sign."""
    law = np.ones(1)
    for rank in range(1, n + 1):
        law = np.append(law * (1 - chance), np.zeros(rank)) + np.append(
            np.zeros(rank), law * chance
        )
    return law
