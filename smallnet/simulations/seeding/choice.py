"""What a seeding strategy may spend, and what it chose."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from smallnet.errors import InputError
from smallnet.simulations.spreading import Population

__all__ = ["Certificate", "Choice", "Costs"]


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What it costs to begin with somebody.

    Parameters
    ----------
    per_person : float
        Cost units for each seed person (a gift, a call), above 0.
    per_group : float
        Cost units for each group that is entered to seed members in it (one post, one visit), at
        least 0. Strategies that go to people one by one enter none.
    """

    per_person: float = 1.0
    per_group: float = 0.0

    def __post_init__(self) -> None:
        if not (0 < self.per_person < math.inf):
            msg = f"the cost per person is {self.per_person}, expected a number above 0"
            raise InputError(msg)
        if not (0 <= self.per_group < math.inf):
            msg = f"the cost per group is {self.per_group}, expected a number of at least 0"
            raise InputError(msg)

    def people_for(self, budget: float, population: Population) -> int:
        """Give the number of people that the budget pays for, one by one; at most everybody.

        Parameters
        ----------
        budget : float
            Cost units. A budget for more than the population is one for everybody.
        population : Population

        Raises
        ------
        InputError
            If the budget is no number or does not pay for one person.
        """
        if not (isinstance(budget, int | float | np.integer | np.floating) and budget > 0):
            msg = f"the budget is {budget}, expected a number above 0"
            raise InputError(msg)
        least = self.per_person
        if budget < least:
            msg = f"the budget is {budget:g}, and one person costs {least:g}: it pays for nobody"
            raise InputError(msg)
        return int(min(population.n_people, (budget + 1e-9) // self.per_person))

    def of(self, choice: Choice) -> float:
        """Cost of a choice, in cost units."""
        return self.per_person * len(choice.people) + self.per_group * len(choice.groups)


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """How good a choice is for sure, against the best there could be.

    Attributes
    ----------
    spread : float
        Unbiased estimate of the mean spread, people.
    at_least : float
        The mean spread is at least this, people.
    best_at_most : float
        No choice of as many people has a higher mean spread.
    confidence : float
        Chance that both bounds hold.
    sets : int
        Reverse-reachable sets that chose; half as many fresh ones judged. 0 where the bounds are
        exact.
    """

    spread: float
    at_least: float
    best_at_most: float
    confidence: float
    sets: int

    @property
    def bound(self) -> float:
        """Share of the best possible spread that the choice reaches at least."""
        return self.at_least / self.best_at_most


@dataclass(frozen=True, eq=False)
class Choice:
    """Whom to start with.

    Attributes
    ----------
    people : ndarray of int32
        Places in the index of the population; the most wanted first.
    groups : ndarray of int32
        Groups entered to seed members in them; empty where people are approached one by one.
    certificate : Certificate or None
        How good it is for sure, where the strategy knows.
    """

    people: NDArray[np.int32]
    groups: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    certificate: Certificate | None = None
