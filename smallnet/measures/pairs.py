"""Every pair of people, tied or not: what they are to each other in each layer.

Ties alone cannot tell whether friends meet more: for that the pairs that are no friends count too.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from smallnet.errors import InputError
from smallnet.networks import Membership, Network
from smallnet.networks.arrays import frozen_csr, lookup

__all__ = ["pair_table"]

MOST_PAIRS = 5_000_000
OWN = ("person", "other", "strength", "same_group")


def pair_table(
    strength: Network,
    layers: Mapping[str, Network] | None = None,
    *,
    groups: Membership | None = None,
    people: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Lay strength, other layers and common groups of all pairs beside each other.

    Parameters
    ----------
    strength : Network
        Whose weight is told, summed over both directions.
    layers : mapping of str to Network, optional
        Of each, whether the pair has a tie in either direction.
    groups : Membership, optional
        Whether the pair shares a group.
    people : iterable of str, optional
        Whose pairs; all of ``strength`` if left out. Somebody who is not in a layer has no tie
        there.

    Returns
    -------
    DataFrame
        One row an unordered pair: ``person, other, strength`` (0 without a tie), a bool for each
        layer, ``same_group``.

    Raises
    ------
    InputError
        For more than 5 million pairs, or a layer that has the name of another column.

    Examples
    --------
    >>> rows = pd.DataFrame({"source": ["a", "b"], "target": ["b", "a"], "weight": [3, 1]})
    >>> met = Network.from_frame(rows, directed=True, weight="messages")
    >>> pair_table(met, people=["a", "b", "c"])["strength"].tolist()
    [4.0, 0.0, 0.0]
    """
    names = list(strength.people) if people is None else list(people)
    n = len(names)
    if n * (n - 1) // 2 > MOST_PAIRS:
        msg = f"{n:,} people make {n * (n - 1) // 2:,} pairs, expected at most {MOST_PAIRS:,}"
        raise InputError(msg)
    taken = [name for name in layers or {} if name in OWN]
    if taken:
        msg = f"a layer is called {taken[0]!r}, expected a name besides {', '.join(OWN)}"
        raise InputError(msg)
    one, other = np.triu_indices(n, k=1)
    label = np.array(names, dtype=object)
    table = pd.DataFrame({"person": label[one], "other": label[other]})
    table["strength"] = lookup(_on(strength, names), one, other)
    for name, layer in (layers or {}).items():
        table[name] = ~np.isnan(lookup(_on(layer, names), one, other, missing=np.nan))
    if groups is not None:
        incidence = groups.align([*names, *_others(groups, names)]).incidence[:, :n]
        common = frozen_csr(csr_array(incidence.T @ incidence))
        table["same_group"] = lookup(common, one, other) > 0
    return table


def _on(network: Network, names: list[str]) -> csr_array:
    """Ties of both directions added up, on the index of ``names``."""
    there = network.align(names, drop=True)
    return (there.to_undirected() if there.directed else there).adjacency


def _others(groups: Membership, names: list[str]) -> list[str]:
    here = set(names)
    return [person for person in groups.people if person not in here]
