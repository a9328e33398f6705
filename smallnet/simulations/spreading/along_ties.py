"""What the kernels of all models along ties hold, and how they are asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from smallnet.simulations.spreading.outcome import Block
from smallnet.simulations.spreading.population import Population

__all__ = ["AlongTies", "Place", "lay_out"]


class Place(NamedTuple):
    """Where something spreads along ties, as the kernels take it.

    Attributes
    ----------
    ptr, nbr : ndarray
        Start of each person's ties; whom they lead to.
    seeds : ndarray of int32
    own, groups : ndarray
        Start of each person's groups; the groups.
    n_groups : int
    """

    ptr: NDArray[np.int64]
    nbr: NDArray[np.int32]
    seeds: NDArray[np.int32]
    own: NDArray[np.int64]
    groups: NDArray[np.int32]
    n_groups: int


@dataclass(frozen=True)
class AlongTies(ABC):
    """A model along ties, made ready; see :class:`Kernel`."""

    place: Place

    @abstractmethod
    def fill(self, keys: NDArray[np.uint64], out: tuple[Any, ...]) -> None:
        """Run one replicate a key into ``size, touched, curve, who, source, time, keep``.

        With ``keep`` the last one's adopters go into ``who, source, time`` from behind the seed
        people on, whose source (-1) and time (0) stand there already.
        """

    def run(self, keys: NDArray[np.uint64]) -> Block:
        """See :meth:`Kernel.run`."""
        block, nobody = Block.empty(len(keys)), np.zeros(1, np.int32)
        kept = (nobody, nobody, np.zeros(1), False)
        self.fill(keys, (block.final_sizes, block.groups_reached, block.curves, *kept))
        return block

    def trace(self, key: np.uint64) -> tuple[NDArray[Any], ...]:
        """See :meth:`Kernel.trace`."""
        block, n = Block.empty(1), len(self.place.ptr)
        who, source = (np.full(n, -1, np.int32) for _ in range(2))
        time = np.zeros(n)
        kept = (who, source, time, True)
        self.fill(
            np.array([key], np.uint64),
            (block.final_sizes, block.groups_reached, block.curves, *kept),
        )
        n = int(block.final_sizes[0])
        return who[:n], time[:n], source[:n], np.full(n, -1, np.int32)


def lay_out(population: Population, seeds: NDArray[np.int32]) -> tuple[Place, NDArray[np.float64]]:
    """Give the arrays of a population and the strength of each tie."""
    ptr, nbr, weight = population.ties()
    own, groups = population.groups_of_people()
    return Place(ptr, nbr, seeds, own, groups, population.n_groups), weight
