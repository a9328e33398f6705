"""Who adopts, round by round, when enough alters have: nothing is left to chance."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from smallnet.errors import InputError
from smallnet.networks.network import Network
from smallnet.simulations.theory.checks import FloatArray, seed_indices

__all__ = ["DeterministicSpread", "complex_contagion"]


@dataclass(frozen=True, kw_only=True, eq=False)
class DeterministicSpread:
    """Outcome of a deterministic contagion.

    Attributes
    ----------
    adopted_at : ndarray, shape (n,)
        Round of each adoption, 0 for those who start, ``inf`` for who never adopts.
    size : int
        Adopters in the end.
    steps : int
        Rounds in which somebody adopted.
    """

    adopted_at: FloatArray
    size: int
    steps: int


def complex_contagion(
    adjacency: Network | Any, seeds: Iterable[int], threshold: float, *, fraction: bool = False
) -> DeterministicSpread:
    """Spread a behaviour that needs several adopters around, all people at the same moment.

    Parameters
    ----------
    adjacency : Network, sparse or dense matrix, shape (n, n)
        Tie strength, from row to column; 1 for each tie counts alters.
    seeds : iterable of int
        Indices of those who start.
    threshold : float
        Strength of ties from adopters that ego needs, above 0.
    fraction : bool
        Whether the threshold is a share of the strength of all ties to ego instead.

    Raises
    ------
    InputError
        If the threshold is not above 0, a strength is negative or unknown, or a seed is outside.

    References
    ----------
    .. [1] D. Centola and M. Macy, American Journal of Sociology 113, 702-734 (2007).
       https://doi.org/10.1086/521848

    Examples
    --------
    >>> ring = np.roll(np.eye(6), 1, axis=0) + np.roll(np.eye(6), -1, axis=0)
    >>> complex_contagion(ring, [0], 1).adopted_at
    array([0., 1., 2., 3., 2., 1.])
    """
    matrix: Any = adjacency.adjacency if isinstance(adjacency, Network) else adjacency
    ties: Any = csr_array(matrix, dtype=np.float64)
    if ties.shape[0] != ties.shape[1] or not (ties.data >= 0).all():
        msg = "the matrix of ties must be square, with strengths of 0 or more, none unknown"
        raise InputError(msg)
    if not 0 < threshold < np.inf:
        msg = f"threshold is {threshold}, expected above 0: at 0 everybody adopts unasked"
        raise InputError(msg)
    incoming = csr_array(ties.T)
    needed = threshold * (incoming.sum(axis=1) if fraction else np.ones(ties.shape[0]))
    needed = needed * (1 - 1e-12)  # 0.1 + 0.2 does reach 0.3
    adopted_at = np.full(ties.shape[0], np.inf)
    adopted_at[seed_indices(seeds, ties.shape[0])] = 0.0
    steps = 0
    while True:
        heard = incoming @ np.isfinite(adopted_at).astype(np.float64)
        fresh = (heard > 0) & (heard >= needed) & np.isinf(adopted_at)
        if not fresh.any():
            break
        steps += 1
        adopted_at[fresh] = steps
    size = int(np.isfinite(adopted_at).sum())
    return DeterministicSpread(adopted_at=adopted_at, size=size, steps=steps)
