"""Who is in which group, exchanged: numbers about memberships against sizes and sociability alone.

The null keeps every group's size and everybody's number of groups (curveball), so that what large
groups and sociable people bring about by counting is in every draw.
"""

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from smallnet.errors import InputError
from smallnet.hypotheses.methods.permutation import Alternative, ExchangeTest, exchange_test
from smallnet.networks.nulls import curveball

__all__ = ["membership_null_test"]


def membership_null_test(
    statistic: Callable[[csr_array], float],
    incidence: csr_array,
    *,
    alternative: Alternative = "two-sided",
    draws: int = 199,
    trades: int | None = None,
    rng: np.random.Generator,
) -> ExchangeTest:
    """Test a statistic of memberships against memberships dealt anew.

    Parameters
    ----------
    statistic : callable
        From a (groups, people) matrix of zeros and ones to a number.
    incidence : csr_array, shape (groups, people)
        Non-zero where the person is a member.
    alternative : {"two-sided", "greater", "less"}
        Side.
    draws : int
        Matrices dealt.
    trades : int, optional
        Trades between two groups on the way to each; 10 for each group if left out. Few trades
        cost power, never the level.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    ExchangeTest

    Raises
    ------
    InputError
        With fewer than two groups or two people.

    Notes
    -----
    Draws along one chain that starts at the data would be too much like the data, and like each
    other. Here one chain goes from the data to a hub, and each draw starts from the hub on a chain
    of its own [1]_: as trades can be taken back with the chance they were made with, data and draws
    are then exchangeable under the null, and p is exact for any number of trades. The matrices are
    those of [2]_.

    References
    ----------
    .. [1] J. Besag and P. Clifford, Biometrika 76, 633-642 (1989).
       https://doi.org/10.1093/biomet/76.4.633
    .. [2] G. Strona, D. Nappo, F. Boccacci, S. Fattorini and J. San-Miguel-Ayanz, Nature
       Communications 5, 4114 (2014). https://doi.org/10.1038/ncomms5114

    Examples
    --------
    >>> members = csr_array(np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]]))
    >>> def common(table):
    ...     return float(((table @ table.T).toarray() ** 2).sum())
    >>> test = membership_null_test(common, members, alternative="greater",
    ...                             rng=np.random.default_rng(1))
    >>> test.statistic > test.null_mean
    True
    """
    if min(incidence.shape) < 2:
        msg = f"there are {incidence.shape} groups and people, expected at least two of each"
        raise InputError(msg)
    table = curveball(incidence, trades=0, rng=rng)  # the same, as zeros and ones
    hub = curveball(table, trades=trades, rng=rng)
    drawn = [statistic(curveball(hub, trades=trades, rng=own)) for own in rng.spawn(draws)]
    return exchange_test(statistic(table), np.array(drawn, dtype=float), alternative)
