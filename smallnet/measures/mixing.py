"""Whom the people of each group have ties with: their own group, and every other."""

import numpy as np
import pandas as pd

from smallnet.errors import InputError
from smallnet.networks import Membership, Network

__all__ = ["ei_index", "group_mixing"]


def group_mixing(network: Network, membership: Membership) -> pd.DataFrame:
    """Sum tie strengths by the group of ego and of alter.

    Parameters
    ----------
    network : Network
        The ties.
    membership : Membership
        Of everybody in one group at most; ties of who is in none are left out.

    Returns
    -------
    DataFrame, shape (groups, groups)
        Row is ego's group, column alter's. An undirected tie counts at both its ends, so that a
        row sums to the strength of the group's people, and the diagonal is twice that of the ties
        inside.

    Raises
    ------
    InputError
        If somebody is in two groups: then no tie has one group at an end.
    """
    several = membership.groups_per_person > 1
    if several.any():
        msg = f"{membership.people[several][0]!r} is in several groups, expected one at most"
        raise InputError(msg)
    strangers = sorted(set(membership.people) - set(network.people))
    incidence = membership.align([*network.people, *strangers]).incidence[:, : network.n_people]
    sums = (incidence @ network.adjacency @ incidence.T).toarray()
    return pd.DataFrame(sums, index=membership.groups, columns=membership.groups)


def ei_index(mixing: pd.DataFrame) -> float:
    r"""Ties across groups less ties inside, over all: :math:`(E - I) / (E + I)`.

    Parameters
    ----------
    mixing : DataFrame, shape (groups, groups)
        Of :func:`group_mixing`.

    Returns
    -------
    float
        −1 (all inside) to 1 (all across); ``nan`` without a tie.

    References
    ----------
    .. [1] D. Krackhardt and R. N. Stern, Social Psychology Quarterly 51, 123-140 (1988).
       https://doi.org/10.2307/2786835

    Examples
    --------
    >>> ei_index(pd.DataFrame([[6.0, 1.0], [1.0, 2.0]]))
    -0.6
    """
    ends = mixing.to_numpy(dtype=float)
    total, inside = float(ends.sum()), float(np.trace(ends))
    return (total - 2 * inside) / total if total > 0 else float("nan")
