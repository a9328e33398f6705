"""Two levels of mixing: strong contacts inside a group, weak ones with everybody."""

from dataclasses import dataclass

import numpy as np

from smallnet.errors import InputError
from smallnet.simulations.theory.checks import (
    Distribution,
    FloatArray,
    IntArray,
    SizeChance,
    chance_of_size,
    distribution,
)
from smallnet.simulations.theory.one_group import expected_infections

__all__ = ["TwoLevels", "critical_global", "two_levels_of_mixing"]


@dataclass(frozen=True, kw_only=True)
class TwoLevels:
    """What an epidemic with two levels of mixing does.

    Attributes
    ----------
    r_star : float
        Groups infected by each infected group; above 1 an outbreak can be large.
    final_size : float
        Share of people reached by a large outbreak; 0 if there is none.
    """

    r_star: float
    final_size: float


def two_levels_of_mixing(sizes: Distribution, escape: SizeChance, r_global: float) -> TwoLevels:
    r"""Threshold and final size where each person is in one group and meets all others at random.

    .. math:: R_* = R_G \sum_n \frac{n \pi_n}{\langle n \rangle} \mu_n(q)

    and the final size is the positive root of :math:`z = E[\text{local size}] / n`, where each
    member of a group is infected from outside with chance :math:`1 - e^{-R_G z}` of their own.

    Parameters
    ----------
    sizes : int, mapping or array_like
        Distribution of the sizes of groups, each at least 1.
    escape : float or callable
        Chance to escape one infective of the own group; may depend on the size.
    r_global : float
        Mean number of contacts with anybody.

    Raises
    ------
    InputError
        If an argument is out of range.

    Notes
    -----
    The local size is concave in the chance from outside, so the positive root is the only one.

    References
    ----------
    .. [1] F. Ball, D. Mollison and G. Scalia-Tomba, Annals of Applied Probability 7, 46-89
       (1997). https://doi.org/10.1214/aoap/1034625252

    Examples
    --------
    >>> answer = two_levels_of_mixing(3, 0.5, 0.5)
    >>> answer.r_star, round(answer.final_size, 6)
    (1.125, 0.189217)
    """
    from scipy.optimize import brentq
    from scipy.special import gammaln, xlog1py, xlogy

    if not 0 <= r_global < np.inf:
        msg = f"r_global is {r_global}, expected 0 or more, finite"
        raise InputError(msg)
    n, person, to_come = _local(sizes, escape)
    r_star = r_global * float(sum(w * _mean(t) for w, t in zip(person, to_come, strict=True)))

    def reached(z: float) -> float:
        outside = -np.expm1(-r_global * z)
        total = 0.0
        for size, weight, table in zip(n.tolist(), person, to_come, strict=True):
            a = np.arange(size + 1)
            ways = gammaln(size + 1) - gammaln(a + 1) - gammaln(size - a + 1)
            p = np.exp(ways + xlogy(a, outside) + xlog1py(size - a, -outside))
            total += weight * float(p @ (a + table[size - a, a])) / size
        return total

    if not r_star > 1:
        return TwoLevels(r_star=r_star, final_size=0.0)
    low = 0.5
    while reached(low) <= low and low > 1e-12:
        low /= 2
    if reached(low) <= low:
        return TwoLevels(r_star=r_star, final_size=0.0)
    if reached(1.0) >= 1.0:
        return TwoLevels(r_star=r_star, final_size=1.0)
    z = float(brentq(lambda x: reached(x) - x, low, 1.0, xtol=1e-14, rtol=1e-14))
    return TwoLevels(r_star=r_star, final_size=z)


def critical_global(sizes: Distribution, escape: SizeChance) -> float:
    r"""Contacts with anybody from which on a large outbreak is possible.

    .. math:: R_G = 1 \Big/ \sum_n \frac{n \pi_n}{\langle n \rangle} \mu_n(q)

    Parameters
    ----------
    sizes : int, mapping or array_like
        Distribution of the sizes of groups, each at least 1.
    escape : float or callable
        Chance to escape one infective of the own group; may depend on the size.

    References
    ----------
    .. [1] F. Ball, D. Mollison and G. Scalia-Tomba, Annals of Applied Probability 7, 46-89
       (1997). https://doi.org/10.1214/aoap/1034625252

    Examples
    --------
    >>> round(critical_global(30, 0.9), 6)
    0.037402
    """
    _, person, to_come = _local(sizes, escape)
    return 1 / float(sum(w * _mean(t) for w, t in zip(person, to_come, strict=True)))


def _local(
    sizes: Distribution, escape: SizeChance
) -> tuple[IntArray, FloatArray, list[FloatArray]]:
    """Sizes, the share of people in groups of each, and what is still to come in them."""
    n, p = distribution(sizes, "sizes", least=1)
    tables = [expected_infections(k, chance_of_size(escape, k, "escape")) for k in n.tolist()]
    return n, n * p / (n * p).sum(), tables


def _mean(to_come: FloatArray) -> float:
    return 1 + float(to_come[len(to_come) - 2, 1])
