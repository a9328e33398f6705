"""Percolation through overlapping groups in which everybody can reach everybody."""

import numpy as np

from smallnet.simulations.theory.checks import (
    Distribution,
    SizeChance,
    chance,
    chance_of_size,
    distribution,
)
from smallnet.simulations.theory.one_group import expected_infections

__all__ = ["clique_growth", "clique_percolation_threshold"]


def clique_growth(
    memberships: Distribution, sizes: Distribution, escape: float, attention: SizeChance = 1.0
) -> float:
    r"""Mean number of people reached through the other groups of one who is reached.

    .. math:: R = \frac{\langle m(m-1) \rangle}{\langle m \rangle} \sum_n
        \frac{n p_n}{\langle n \rangle}\, a_n\, E[\mu_{1 + B}(q) - 1],
        \qquad B \sim \mathrm{Bin}(n - 1, a_n)

    Parameters
    ----------
    memberships : int, mapping or array_like
        Distribution of the number of groups of a person.
    sizes : int, mapping or array_like
        Distribution of the sizes of groups, each at least 1.
    escape : float
        Chance to escape one infective of a group that both attend.
    attention : float or callable
        Chance that a member attends a group, each membership on its own; may depend on the size.

    Returns
    -------
    float
        A global outbreak is possible above 1; ``nan`` if nobody is in a group.

    Raises
    ------
    InputError
        If an argument is out of range.

    References
    ----------
    .. [1] M. E. J. Newman, Physical Review E 68, 026121 (2003).
       https://doi.org/10.1103/PhysRevE.68.026121

    Examples
    --------
    >>> round(clique_growth(10, 30, 0.0, attention=0.1), 6)
    2.61
    """
    from scipy.special import gammaln, xlog1py, xlogy

    m, g = distribution(memberships, "memberships")
    n, p = distribution(sizes, "sizes", least=1)
    q, mean_m = chance(escape, "escape"), float((m * g).sum())
    if mean_m == 0:
        return float("nan")
    to_come = expected_infections(int(n[-1]), q)
    gain = 0.0
    for size, weight in zip(n.tolist(), n * p / (n * p).sum(), strict=True):
        a = chance_of_size(attention, size, "attention")
        others = np.arange(size)
        ways = gammaln(size) - gammaln(others + 1) - gammaln(size - others)
        attending = np.exp(ways + xlogy(others, a) + xlog1py(size - 1 - others, -a))
        gain += float(weight * a * (attending @ to_come[others, 1 if len(to_come) > 1 else 0]))
    return float((m * (m - 1) * g).sum()) / mean_m * gain


def clique_percolation_threshold(
    memberships: Distribution, sizes: Distribution, attention: SizeChance = 1.0
) -> float:
    r"""Chance of transmission from which on a share can travel through everybody.

    The :math:`T` at which :func:`clique_growth` with ``escape`` = 1 - T is 1.

    Parameters
    ----------
    memberships, sizes, attention
        As in :func:`clique_growth`.

    Returns
    -------
    float
        ``nan`` if not even certain transmission is enough.

    References
    ----------
    .. [1] M. E. J. Newman, Physical Review E 68, 026121 (2003).
       https://doi.org/10.1103/PhysRevE.68.026121

    Examples
    --------
    >>> round(clique_percolation_threshold(10, 30), 6)
    0.003463
    >>> round(clique_percolation_threshold(10, 30, attention=0.1), 6)
    0.233096
    """
    from scipy.optimize import brentq

    def excess(t: float) -> float:
        return clique_growth(memberships, sizes, 1 - t, attention) - 1

    if not excess(1.0) >= 0:
        return float("nan")
    return float(brentq(excess, 0.0, 1.0, xtol=1e-14, rtol=1e-14))
