"""Spreading as a network of live ties: the same worlds for every choice of seed people.

An independent cascade reaches whom a seed reaches along ties that are live, each with its chance;
linear thresholds, whom it reaches where each person keeps at most one tie towards them, each with
its influence as chance (Kempe, Kleinberg & Tardos 2003, https://doi.org/10.1145/956750.956769). A
world is one outcome of all these coins. It is not stored: a coin is a hash of world and tie.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from smallnet.simulations.seeding import kernels
from smallnet.simulations.spreading import Model, Population

__all__ = ["LiveTies"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LiveTies:
    """Ties with the chance of each to be live.

    Attributes
    ----------
    ptr, nbr : ndarray
        Start of each person's ties, and whom they lead to.
    chance : ndarray of float64, shape (ties,)
        Of a tie to be live.
    one_each : bool
        Whether at most one tie towards a person is live (thresholds), or each by itself.
    both_ways : bool
        Whether each tie has one back with the same chance, so that one coin may decide both.
    """

    ptr: NDArray[np.int64]
    nbr: NDArray[np.int32]
    chance: FloatArray
    one_each: bool
    both_ways: bool

    @classmethod
    def of(cls, population: Population, model: Model) -> LiveTies:
        """Lay out the live ties of a model on a population.

        Raises
        ------
        InputError
            If the model is not one of live ties, or the population has no network.
        """
        chance = model.live_chances(population)
        ptr, nbr, _ = population.ties()
        one_each = model.live_ties == "one"
        chance = np.ascontiguousarray(np.broadcast_to(chance, len(nbr)), dtype=np.float64)
        ties = cls(ptr, nbr, chance, one_each, False)
        return cls(ptr, nbr, chance, one_each, not one_each and ties._is_symmetric())

    @property
    def n_people(self) -> int:
        """Number of people."""
        return len(self.ptr) - 1

    @cached_property
    def back(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
        """Start of the ties that lead to each person, from whom, and which tie each is."""
        n, m = self.n_people, len(self.nbr)
        ties = csr_array((np.arange(1, m + 1), self.nbr, self.ptr), shape=(n, n)).tocsc()
        return (
            ties.indptr.astype(np.int64),
            ties.indices.astype(np.int32),
            ties.data.astype(np.int64) - 1,
        )

    def _is_symmetric(self) -> bool:
        ptr, nbr, at = self.back
        return (
            np.array_equal(ptr, self.ptr)
            and np.array_equal(nbr, self.nbr)
            and np.array_equal(self.chance[at], self.chance)
        )

    @cached_property
    def coins(self) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
        """Coin of each tie, and from where to where it must fall, of 2^32, for it to be live."""
        ptr, _, at = self.back
        if not self.one_each:
            coin = np.arange(len(self.nbr), dtype=np.int32)
            if self.both_ways:
                coin = np.minimum(coin, at.astype(np.int32))
            low = np.zeros(len(coin), np.int64)
            return coin, low, np.rint(self.chance * 2.0**32).astype(np.int64)
        total = np.concatenate([[0.0], np.cumsum(self.chance[at])])
        begun = np.repeat(total[ptr[:-1]], np.diff(ptr))
        edges = np.rint(np.clip([total[:-1] - begun, total[1:] - begun], 0.0, 1.0) * 2.0**32)
        low, high = np.empty_like(at), np.empty_like(at)
        low[at], high[at] = edges.astype(np.int64)
        return self.nbr, low, high

    def spread(
        self, population: Population, seeds: NDArray[np.int32], keys: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """People and groups reached in each world.

        Parameters
        ----------
        population : Population
        seeds : ndarray of int32
        keys : ndarray of uint64, shape (worlds,)
            The same keys give the same worlds to any seeds: differences between two choices are
            of the choices alone.

        Returns
        -------
        people, groups : ndarray of int64, shape (worlds,)
            Seeds counted.
        """
        own, groups = population.groups_of_people()
        found: Any = kernels.spread_in_worlds(
            self.ptr, self.nbr, *self.coins, seeds, own, groups, population.n_groups, keys
        )
        return found
