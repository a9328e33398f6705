"""Tie strength: named definitions, each with its paper.

Three kinds of evidence: the *acts* themselves (count, duration, half-life), the *network* around
a tie (reciprocity, overlap, embeddedness) and the *memberships* of both (shared groups). Where
strength is a claim's subject, measure it before the claim's window opens.

References
----------
.. [1] J.-P. Onnela et al., PNAS 104, 7332-7336 (2007). https://doi.org/10.1073/pnas.0610245104
.. [2] W. Ahmad, M. A. Porter and M. Beguerisse-Díaz, IEEE Transactions on Network Science and
   Engineering 8, 1759-1771 (2021). https://doi.org/10.1109/TNSE.2021.3071429
.. [3] N. E. Friedkin, Social Networks 2, 411-422 (1980).
   https://doi.org/10.1016/0378-8733(80)90006-4
.. [4] S. Aral and D. Walker, Management Science 60, 1352-1370 (2014).
   https://doi.org/10.1287/mnsc.2014.1936
.. [5] M. E. J. Newman, Physical Review E 64, 016132 (2001).
   https://doi.org/10.1103/PhysRevE.64.016132
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_array

from smallnet.errors import InputError, UnknownNameError
from smallnet.networks.arrays import FloatArray, lookup
from smallnet.networks.network import Network

__all__ = [
    "TIE_STRENGTHS",
    "TieStrength",
    "common_friends",
    "count",
    "embeddedness",
    "log_count",
    "overlap",
    "reciprocity",
    "tie_strength",
]

DENSE_PEOPLE, DENSE_SHARE = 8_192, 0.05  # up to here a full matrix product is faster (and small)


@dataclass(frozen=True)
class TieStrength:
    """One definition: what it is, its unit and source, and what it needs.

    ``needs`` is ``acts`` (``build_interaction``), ``network`` (:func:`tie_strength` too) or
    ``memberships`` (``build_comembership``); ``function`` takes and gives a network where
    ``needs`` is ``network``.
    """

    name: str
    meaning: str
    unit: str
    source: str
    needs: Literal["acts", "network", "memberships"]
    function: Callable[[Network], Network] | None = None


def tie_strength(network: Network, name: str) -> Network:
    """Weigh the same ties by another definition.

    Parameters
    ----------
    network : Network
        With the strengths that the definition starts from, say counts.
    name : str
        A name in ``TIE_STRENGTHS`` that needs no more than a network.

    Returns
    -------
    Network
        The same people and pairs; a tie that the definition gives 0 stays a tie.

    Raises
    ------
    UnknownNameError
        If there is no such definition.
    InputError
        If a network cannot tell: the definition needs acts or memberships.
    """
    if name not in TIE_STRENGTHS:
        msg = f"unknown tie strength {name!r}, expected one of {', '.join(TIE_STRENGTHS)}"
        raise UnknownNameError(msg)
    definition = TIE_STRENGTHS[name]
    if definition.function is None:
        builder = "build_interaction" if definition.needs == "acts" else "build_comembership"
        msg = f"tie strength {name!r} cannot be told from a network: it needs {builder}"
        raise InputError(msg)
    return definition.function(network)


def count(network: Network) -> Network:
    """Give the strengths as they are: how much was counted."""
    return network


def log_count(network: Network) -> Network:
    """Weigh each tie by log(1 + weight): the tenth message says less than the first.

    Raises
    ------
    InputError
        If a strength is negative.
    """
    weights = _counts(network, "log_count")
    return network.with_weights(
        np.log1p(weights), weight=f"log(1 + {network.weight})", made_by=network.made_by
    )


def reciprocity(network: Network) -> Network:
    """Weigh each pair by the smaller of both directions; 0 where only one addresses the other.

    Returns
    -------
    Network
        Undirected, with every pair that has a tie in either direction [3]_.

    Raises
    ------
    InputError
        If the network is undirected, or a strength is negative.
    """
    if not network.directed:
        msg = "tie strength 'reciprocity' compares directions, expected a directed network"
        raise InputError(msg)
    _counts(network, "reciprocity")
    return network.to_undirected(by="min")


def common_friends(network: Network) -> FloatArray:
    """Count the alters that both ends of each tie have, directions aside.

    Returns
    -------
    ndarray of float, shape (n_ties,)
        In the order of ``network.ends()``.
    """
    friends = _skeleton(network)
    source, target, _ = network.ends()
    n = network.n_people
    if n <= DENSE_PEOPLE and friends.nnz > DENSE_SHARE * n * n:
        ones = friends.toarray().astype(np.float32)  # exact: counts stay below 2^24
        return (ones @ ones)[source, target].astype(np.float64)
    starts, alters = friends.indptr.astype(np.int64), friends.indices.astype(np.int64)
    common = _count_common(starts, alters, n)
    counted = csr_array((common, friends.indices, friends.indptr), shape=friends.shape)
    return lookup(counted, source, target)


def embeddedness(network: Network) -> Network:
    """Weigh each tie by the number of common friends of its two ends [4]_."""
    return network.with_weights(
        common_friends(network), weight="common friends", made_by=network.made_by
    )


def overlap(network: Network) -> Network:
    r"""Weigh each tie by the share of its ends' alters that are common.

    .. math:: O_{ij} = \frac{c_{ij}}{(k_i - 1) + (k_j - 1) - c_{ij}}

    with c common friends and k degrees, directions aside [1]_.

    Returns
    -------
    Network
        Between 0 and 1; ``nan`` for two people who have nobody but each other.
    """
    common = common_friends(network)
    source, target, _ = network.ends()
    degree = network.degree.astype(np.float64)
    others = degree[source] + degree[target] - 2 - common
    share = np.divide(common, others, out=np.full_like(common, np.nan), where=others > 0)
    return network.with_weights(share, weight="share of friends in common", made_by=network.made_by)


def _counts(network: Network, name: str) -> FloatArray:
    source, target, weights = network.ends()
    if (weights < 0).any():
        at = int(np.flatnonzero(weights < 0)[0])
        msg = (
            f"the tie {network.people[source[at]]!r} → {network.people[target[at]]!r} weighs "
            f"{weights[at]}, and {name!r} needs strengths of at least 0"
        )
        raise InputError(msg)
    return weights


def _skeleton(network: Network) -> csr_array:
    """Who is tied to whom in either direction, as ones."""
    ones = csr_array(
        (np.ones(network.adjacency.nnz), network.adjacency.indices, network.adjacency.indptr),
        shape=network.adjacency.shape,
    )
    if network.directed:
        ones = csr_array(ones + ones.T)
        ones.data[:] = 1.0
    ones.sort_indices()
    return ones


@njit(cache=True)
def _count_common(
    starts: NDArray[np.int64], alters: NDArray[np.int64], n_people: int
) -> FloatArray:
    """Count common friends of every tied pair, alters of i in ``starts[i] … starts[i + 1]``.

    That is A @ A where A is not 0, without the rest of A @ A: the friends of the one with more
    are marked and those of the one with fewer looked up, so that a celebrity costs little.
    """
    common = np.zeros(alters.size)
    mine = np.zeros(n_people, np.uint8)
    for i in range(n_people):
        low, high = starts[i], starts[i + 1]
        for p in range(low, high):
            mine[alters[p]] = 1
        for p in range(low, high):
            j = alters[p]
            from_j, to_j = starts[j], starts[j + 1]
            if to_j - from_j > high - low or (to_j - from_j == high - low and j > i):
                continue  # counted from the other end
            found = 0
            for q in range(from_j, to_j):
                found += mine[alters[q]]
            common[p] = found
            common[from_j + np.searchsorted(alters[from_j:to_j], i)] = found
        for p in range(low, high):
            mine[alters[p]] = 0
    return common


TIE_STRENGTHS: dict[str, TieStrength] = {
    strength.name: strength
    for strength in (
        TieStrength(
            "count",
            "how often ego addressed alter",
            "acts",
            "Onnela et al. 2007, https://doi.org/10.1073/pnas.0610245104",
            "network",
            count,
        ),
        TieStrength(
            "log_count",
            "log(1 + count): the tenth act says less than the first",
            "log acts",
            "the count of Onnela et al. 2007; the logarithm, against its heavy tail, is ours",
            "network",
            log_count,
        ),
        TieStrength(
            "duration",
            "how long they were on it together",
            "seconds",
            "Onnela et al. 2007, https://doi.org/10.1073/pnas.0610245104",
            "acts",
        ),
        TieStrength(
            "half_life",
            "acts, each fading by half in every half-life",
            "acts",
            "Ahmad, Porter and Beguerisse-Díaz 2021, https://doi.org/10.1109/TNSE.2021.3071429",
            "acts",
        ),
        TieStrength(
            "reciprocity",
            "the smaller of both directions",
            "acts",
            "Friedkin 1980, https://doi.org/10.1016/0378-8733(80)90006-4",
            "network",
            reciprocity,
        ),
        TieStrength(
            "overlap",
            "share of the alters of both that are common",
            "share, 0 to 1",
            "Onnela et al. 2007, https://doi.org/10.1073/pnas.0610245104",
            "network",
            overlap,
        ),
        TieStrength(
            "embeddedness",
            "number of common friends",
            "people",
            "Aral and Walker 2014, https://doi.org/10.1287/mnsc.2014.1936",
            "network",
            embeddedness,
        ),
        TieStrength(
            "shared_groups",
            "groups that both are in, each counting 1 / (size - 1)",
            "groups",
            "Newman 2001, https://doi.org/10.1103/PhysRevE.64.016132",
            "memberships",
        ),
    )
}
