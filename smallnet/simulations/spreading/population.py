"""Population: people among whom something spreads, their ties and groups, on one index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from smallnet.errors import InputError
from smallnet.networks import (
    Membership,
    Network,
    build_friendship,
    build_interaction,
    build_membership,
)
from smallnet.tables import Dataset

__all__ = ["LAYERS", "Population"]

LAYERS = ("friendship", "interaction")


@dataclass(frozen=True, eq=False)
class Population:
    """People, the ties between them, the groups they are in.

    Parameters
    ----------
    network : Network, optional
        A tie from ego to alter is a way for something to pass from ego to alter.
    membership : Membership, optional
        Who is in which group. Where both are given they share one index of people.

    Raises
    ------
    InputError
        If neither is given, they disagree on the people, there is nobody, or a tie's strength is
        unknown, negative or infinite.
    """

    network: Network | None = None
    membership: Membership | None = None

    def __post_init__(self) -> None:
        if self.network is None and self.membership is None:
            msg = "a population needs a network, a membership or both, found neither"
            raise InputError(msg)
        if self.network is not None and self.membership is not None:
            mine, theirs = self.network.people, self.membership.people
            if len(mine) != len(theirs) or not np.array_equal(mine, theirs):
                msg = (
                    f"the network has {len(mine):,} people and the membership {len(theirs):,}, or "
                    "in another order; expected one index (membership.align(network.people))"
                )
                raise InputError(msg)
        if not len(self.people):
            msg = "there is nobody in the population, expected at least one person"
            raise InputError(msg)
        if self.network is not None:
            strengths = self.network.adjacency.data
            odd = ~(np.isfinite(strengths) & (strengths >= 0))
            if odd.any():
                msg = f"a tie's strength is {strengths[odd][0]}, expected a number of at least 0"
                raise InputError(msg)

    @classmethod
    def from_dataset(cls, dataset: Dataset, *, layer: str = "friendship") -> Population:
        """Take a layer of ties and the memberships of a data set, at the end of the watch.

        Parameters
        ----------
        dataset : Dataset
        layer : {"friendship", "interaction"}
            Friends are tied both ways; who wrote is tied to whom they wrote to.

        Raises
        ------
        InputError
            For another layer. One without a tie is a population without ties.
        """
        if layer not in LAYERS:
            msg = f"layer is {layer!r}, expected one of {', '.join(LAYERS)}"
            raise InputError(msg)
        build = build_friendship if layer == "friendship" else build_interaction
        network = build(dataset)
        membership = build_membership(dataset)
        return cls(network, membership.align(network.people, drop=True))

    @property
    def people(self) -> NDArray[np.object_]:
        """Id of each person."""
        held = self.network if self.network is not None else self.membership
        assert held is not None
        return held.people

    @property
    def n_people(self) -> int:
        """Number of people."""
        return len(self.people)

    @property
    def n_groups(self) -> int:
        """Number of groups; 0 where memberships are unknown."""
        return 0 if self.membership is None else self.membership.n_groups

    def ties(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
        """Start of each person's ties, whom they lead to, and their strength.

        Raises
        ------
        InputError
            If the population has no network.
        """
        if self.network is None:
            msg = "this model spreads along ties, and the population has no network"
            raise InputError(msg)
        return _parts(self.network.adjacency)

    def group_members(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Start of each group's members, and the members.

        Raises
        ------
        InputError
            If the population has no membership.
        """
        if self.membership is None:
            msg = "this model spreads through groups, and the population has no membership"
            raise InputError(msg)
        return _parts(self.membership.incidence)[:2]

    def groups_of_people(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Start of each person's groups, and the groups; nobody has any where none are known."""
        return self._groups_of_people

    @cached_property
    def _groups_of_people(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        if self.membership is None:
            return np.zeros(self.n_people + 1, np.int64), np.zeros(0, np.int32)
        return _parts(csr_array(self.membership.incidence.T))[:2]

    def seeds(self, seed_people: ArrayLike | Sequence[str]) -> NDArray[np.int32]:
        """Index of the people with whom something starts; each once, in the order given.

        Parameters
        ----------
        seed_people : array_like of str or of int
            Ids, or places in the index.

        Raises
        ------
        InputError
            If there is none, or one is not in the population.
        """
        given: list[Any] = np.asarray(seed_people, dtype=object).ravel().tolist()
        if not given:
            msg = "there are no seed people, expected at least one person to start with"
            raise InputError(msg)
        if isinstance(given[0], str):
            at = pd.Index(self.people, dtype=object).get_indexer(pd.Index(given, dtype=object))
        elif all(isinstance(x, int) and not isinstance(x, bool) for x in given):
            at = np.asarray(given, dtype=np.int64)
            at = np.where((at >= 0) & (at < self.n_people), at, -1)
        else:
            msg = f"a seed person is {given[0]!r}, expected ids or places in the index"
            raise InputError(msg)
        if (at < 0).any():
            msg = (
                f"seed person {given[int(np.argmax(at < 0))]!r} is not among the "
                f"{self.n_people:,} people of the population"
            )
            raise InputError(msg)
        return pd.unique(at).astype(np.int32)


def _parts(
    matrix: csr_array,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    return (
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int32),
        matrix.data.astype(np.float64),
    )
