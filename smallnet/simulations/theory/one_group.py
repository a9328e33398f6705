"""One group in which every infective reaches every other member with the same chance."""

import numpy as np

from smallnet.simulations.theory.checks import FloatArray, chance, whole

__all__ = ["expected_infections", "mean_outbreak", "reed_frost"]


def reed_frost(susceptible: int, introduced: int, escape: float) -> FloatArray:
    r"""Distribution of how many of a group are infected in the end.

    The chain of generations is followed forward: of :math:`x` susceptibles, each escapes
    :math:`y` new infectives with chance :math:`q^y`.

    .. math:: P(x, y \to x - y', y') = \binom{x}{y'} (1 - q^y)^{y'} q^{y (x - y')}

    Parameters
    ----------
    susceptible : int
        Members who can be infected, :math:`s`.
    introduced : int
        Members who are infected from outside, not counted in the result.
    escape : float
        Chance :math:`q` to escape one infective.

    Returns
    -------
    ndarray, shape (susceptible + 1,)
        Probability of 0, 1, … ``susceptible`` infections.

    Raises
    ------
    InputError
        For negative numbers of people, or an ``escape`` that is no probability.

    Notes
    -----
    The triangular equations of the textbook divide by :math:`q^{(s - j)(a + i)}`, which underflows
    at small :math:`q` in groups of 30; the chain only adds positive terms.

    References
    ----------
    .. [1] H. Abbey, Human Biology 24, 201-233 (1952).
    .. [2] N. T. J. Bailey, The Mathematical Theory of Infectious Diseases, 2nd edition (1975),
       chapter 14.

    Examples
    --------
    >>> reed_frost(2, 1, 0.5)
    array([0.25, 0.25, 0.5 ])
    """
    s, a = whole(susceptible, "susceptible"), whole(introduced, "introduced")
    q = chance(escape, "escape")
    mass = np.zeros((s + 1, s + 1))  # chance to be at x susceptibles and y new infectives
    final = np.zeros(s + 1)
    for x in range(s, -1, -1):
        if x == s:
            spread = _generation(x, np.array([a]), q)[0]
        else:
            spread = mass[x, 1 : s - x + 1] @ _generation(x, np.arange(1, s - x + 1), q)
        final[s - x] += spread[0]
        new = np.arange(1, x + 1)
        mass[x - new, new] += spread[1:]
    return final


def expected_infections(size: int, escape: float) -> FloatArray:
    r"""Mean number of infections still to come in a group, from every state it can be in.

    .. math:: V(x, y) = \sum_{y' \ge 1} \binom{x}{y'} (1 - q^y)^{y'} q^{y (x - y')}
        \, [y' + V(x - y', y')]

    Parameters
    ----------
    size : int
        Members, at least 1.
    escape : float
        Chance to escape one infective.

    Returns
    -------
    ndarray, shape (size + 1, size + 1)
        Row: members still susceptible; column: those just infected. ``nan`` where the two are
        more than ``size``.
    """
    n, q = whole(size, "size", least=1), chance(escape, "escape")
    to_come = np.full((n + 1, n + 1), np.nan)
    to_come[0] = 0.0
    to_come[:, 0] = 0.0
    for x in range(1, n):
        infectives = np.arange(1, n - x + 1)
        new = np.arange(1, x + 1)
        gain = new + to_come[x - new, new]
        to_come[x, 1 : n - x + 1] = _generation(x, infectives, q)[:, 1:] @ gain
    return to_come


def mean_outbreak(n: int, escape: float) -> float:
    r"""Mean number of infected in a group of ``n`` into which one member brings it.

    .. math:: \mu_n(q) = 1 + \sum_j j P_j

    Parameters
    ----------
    n : int
        Members, the one who brings it included.
    escape : float
        Chance to escape one infective.

    Returns
    -------
    float
        Between 1 and ``n``; the one who brings it counts.

    Raises
    ------
    InputError
        For an empty group, or an ``escape`` that is no probability.

    Examples
    --------
    >>> mean_outbreak(3, 0.5)
    2.25
    """
    members = whole(n, "n", least=1)
    return 1 + float(expected_infections(members, escape)[members - 1, 1])


def _generation(x: int, infectives: np.ndarray, q: float) -> FloatArray:
    """Chance of 0 … x new infections for each number of infectives, shape (infectives, x + 1)."""
    from scipy.special import gammaln, xlogy

    new = np.arange(x + 1)
    ways = gammaln(x + 1) - gammaln(new + 1) - gammaln(x - new + 1)
    reached = 1 - q ** infectives.astype(np.float64)
    if q > 0:
        reached = -np.expm1(infectives * np.log(q))
    log_chance = (
        ways + xlogy(new, reached[:, None]) + xlogy(np.multiply.outer(infectives, x - new), q)
    )
    return np.exp(log_chance)
