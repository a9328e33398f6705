"""Exact spread on small networks, by going through every outcome of chance."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from smallnet.errors import InputError
from smallnet.networks.network import Network
from smallnet.simulations.theory.checks import FloatArray, seed_indices

__all__ = ["exact_reach_ic", "exact_reach_lt", "exact_spread_ic", "exact_spread_lt"]

MOST_OUTCOMES = 1 << 20


def exact_reach_ic(network: Network | Any, seeds: Iterable[int]) -> FloatArray:
    """Chance of each person to adopt in an independent cascade.

    Parameters
    ----------
    network : Network, sparse or dense matrix, shape (n, n)
        The weight of a tie is the chance that its source persuades its target. A symmetric
        matrix is an undirected network: one of a pair, whoever comes first, tries.
    seeds : iterable of int
        Indices of those who start.

    Returns
    -------
    ndarray, shape (n,)
        1 for those who start.

    Raises
    ------
    InputError
        If a weight is no probability, a seed is outside, or more than 20 ties are uncertain.

    References
    ----------
    .. [1] D. Kempe, J. Kleinberg and É. Tardos, KDD 2003, 137-146.
       https://doi.org/10.1145/956750.956769
    """
    matrix, directed = _matrix(network)
    n = matrix.shape[0]
    source, target, p = _ties(matrix)
    if not directed:
        once = source < target
        source, target, p = source[once], target[once], p[once]
    uncertain = np.flatnonzero((p > 0) & (p < 1))
    if 1 << uncertain.size > MOST_OUTCOMES:
        msg = f"{uncertain.size} ties are uncertain, expected at most 20"
        raise InputError(msg)
    outcome = np.arange(1 << uncertain.size)
    weight, links = np.ones(outcome.size), []
    for place, tie in enumerate(uncertain):
        live = (outcome >> place & 1).astype(bool)
        weight *= np.where(live, p[tie], 1 - p[tie])
        links.append((source[tie], target[tie], live))
    links += [(source[t], target[t], np.ones(outcome.size, bool)) for t in np.flatnonzero(p == 1)]
    if not directed:
        links += [(b, a, live) for a, b, live in links]
    return _reach(n, links, weight, seeds)


def exact_reach_lt(network: Network | Any, seeds: Iterable[int]) -> FloatArray:
    """Chance of each person to adopt by linear thresholds drawn uniformly.

    Parameters
    ----------
    network : Network, sparse or dense matrix, shape (n, n)
        The weight of a tie is the influence of its source on its target; the influences on a
        person sum to at most 1.
    seeds : iterable of int
        Indices of those who start.

    Returns
    -------
    ndarray, shape (n,)
        1 for those who start.

    Raises
    ------
    InputError
        If influences are negative or sum to more than 1, a seed is outside, or there are more
        than 2^20 outcomes.

    Notes
    -----
    The same as if each person kept at most one tie from an alter, with the influence as chance.

    References
    ----------
    .. [1] D. Kempe, J. Kleinberg and É. Tardos, KDD 2003, 137-146.
       https://doi.org/10.1145/956750.956769
    """
    matrix, _ = _matrix(network)
    n = matrix.shape[0]
    source, target, b = _ties(matrix)
    source, target, b = source[b > 0], target[b > 0], b[b > 0]
    total = np.bincount(target, b, minlength=n)
    if (total > 1 + 1e-9).any():
        who = int(np.argmax(total))
        msg = f"the influences on person {who} sum to {total[who]:.6g}, expected at most 1"
        raise InputError(msg)
    choices = [
        (np.flatnonzero(target == who), max(1 - total[who], 0.0))
        for who in np.flatnonzero(total).tolist()
    ]
    number = float(np.prod([len(ties) + 1.0 for ties, _ in choices]))
    if number > MOST_OUTCOMES:
        msg = f"the network has {number:.3g} outcomes, expected at most {MOST_OUTCOMES:,}"
        raise InputError(msg)
    outcome = np.arange(int(number))
    weight, links = np.ones(outcome.size), []
    for ties, none in choices:
        outcome, pick = np.divmod(outcome, len(ties) + 1)
        weight *= np.append(b[ties], none)[pick]
        links += [(source[tie], target[tie], pick == k) for k, tie in enumerate(ties)]
    return _reach(n, links, weight, seeds)


def exact_spread_ic(network: Network | Any, seeds: Iterable[int]) -> float:
    """Mean number of adopters of an independent cascade, those who start included.

    Parameters and errors are those of :func:`exact_reach_ic`.

    Examples
    --------
    >>> path = np.array([[0, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0]])
    >>> exact_spread_ic(path, [0])
    1.75
    """
    return float(exact_reach_ic(network, seeds).sum())


def exact_spread_lt(network: Network | Any, seeds: Iterable[int]) -> float:
    """Mean number of adopters under linear thresholds, those who start included.

    Parameters and errors are those of :func:`exact_reach_lt`.

    Examples
    --------
    >>> triangle = (1 - np.eye(3)) / 2
    >>> exact_spread_lt(triangle, [0])
    2.5
    """
    return float(exact_reach_lt(network, seeds).sum())


def _matrix(network: Network | Any) -> tuple[csr_array, bool]:
    if isinstance(network, Network):
        return network.adjacency, network.directed
    matrix = csr_array(network, dtype=np.float64)
    if matrix.shape[0] != matrix.shape[1]:
        msg = f"the matrix is {matrix.shape[0]} x {matrix.shape[1]}, expected a square one"
        raise InputError(msg)
    differences = matrix - csr_array(matrix.T)
    return matrix, bool(np.any(differences.data))


def _ties(matrix: csr_array) -> tuple[np.ndarray, np.ndarray, FloatArray]:
    parts = matrix.tocoo()
    source, target, p = parts.row.astype(np.int64), parts.col.astype(np.int64), parts.data
    bad = ~((p >= 0) & (p <= 1))
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        msg = f"the tie {source[at]} → {target[at]} weighs {p[at]}, expected between 0 and 1"
        raise InputError(msg)
    return source, target, p


def _reach(n: int, links: list[Any], weight: FloatArray, seeds: Iterable[int]) -> FloatArray:
    """Follow the live ties of all outcomes at once until nobody new is reached."""
    reached = np.zeros((n, weight.size), dtype=bool)
    reached[seed_indices(seeds, n)] = True
    before = -1
    while (now := int(np.count_nonzero(reached))) != before:
        before = now
        for a, b, live in links:
            reached[b] |= reached[a] & live
    chances: FloatArray = reached @ weight
    return chances
