"""Seeding through groups: whole small groups, one member each, a few in each large group.

Every choice is a list of (person, group entered) in order of preference; the budget pays for as
long a beginning of it as it can, each new person and each newly entered group at their cost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smallnet.errors import InputError
from smallnet.simulations.seeding.choice import Choice, Costs
from smallnet.simulations.spreading import Model, Population

__all__ = ["SMALL", "few_per_large_group", "group_cover", "one_per_group", "whole_small_groups"]

SMALL = 30
"""Members of the largest group that counts as small."""

IntArray = NDArray[np.int64]
BASE_COST = Costs()


def whole_small_groups(
    population: Population,
    budget: float,
    model: Model,
    *,
    rng: np.random.Generator,
    costs: Costs = BASE_COST,
    largest: int = SMALL,
) -> Choice:
    """Begin with all members of small groups, group after group, until the budget is used.

    Groups of 2 to ``largest``, those first whose members are strongest on average. The last group
    may be begun and not filled. What the small groups leave of the budget goes to people one by
    one, the strongest first.

    Parameters
    ----------
    population : Population
    budget : float
        Cost units.
    model : Model
        Not used: the rule looks at the population only.
    rng : numpy.random.Generator
        Breaks ties.
    costs : Costs
    largest : int
        Members of the largest group that counts as small.
    """
    group, person, score = _memberships(population)
    size = _sizes(population)
    mean = np.bincount(group, score[person], minlength=len(size)) / np.maximum(size, 1)
    at = np.flatnonzero((size[group] >= 2) & (size[group] <= largest))
    chance = rng.random(len(size))
    order = np.lexsort((-score[person[at]], group[at], chance[group[at]], -mean[group[at]]))
    return _paid(population, person[at][order], group[at][order], score, budget, rng, costs)


def one_per_group(
    population: Population,
    budget: float,
    model: Model,
    *,
    rng: np.random.Generator,
    costs: Costs = BASE_COST,
) -> Choice:
    """Begin with the strongest member of each group, the largest groups first.

    When every group has one, with the second of each, and so on; who is in many groups counts
    for the first that asks. Parameters as in :func:`whole_small_groups`.
    """
    group, person, score = _memberships(population)
    size = _sizes(population)
    chance = rng.random(population.n_people)
    rank = _rank_inside(group, -score[person], chance[person])
    order = np.lexsort((group, -size[group], rank))
    return _paid(population, person[order], group[order], score, budget, rng, costs)


def few_per_large_group(
    population: Population,
    budget: float,
    model: Model,
    *,
    rng: np.random.Generator,
    costs: Costs = BASE_COST,
    few: int = 3,
    above: int = SMALL,
) -> Choice:
    """Begin with the ``few`` strongest members of each group of more than ``above``.

    The largest groups first; when each has its few, the next few of each. Other parameters as in
    :func:`whole_small_groups`.

    Raises
    ------
    InputError
        If ``few`` is below 1.
    """
    if few < 1:
        msg = f"few is {few}, expected at least 1 member a group"
        raise InputError(msg)
    group, person, score = _memberships(population)
    size = _sizes(population)
    chance = rng.random(population.n_people)
    rank = _rank_inside(group, -score[person], chance[person])
    at = np.flatnonzero(size[group] > above)
    order = np.lexsort((rank[at], group[at], -size[group[at]], rank[at] // few))
    return _paid(population, person[at][order], group[at][order], score, budget, rng, costs)


def group_cover(
    population: Population,
    budget: float,
    model: Model,
    *,
    rng: np.random.Generator,
    costs: Costs = BASE_COST,
) -> Choice:
    """Begin with people who together are in as many groups as possible (greedy).

    At least 1 - 1/e of the groups that the best choice would be in. People are approached one
    by one. Parameters as in :func:`whole_small_groups`.
    """
    from smallnet.simulations.seeding import kernels

    k = costs.people_for(budget, population)
    ends, members = population.group_members()
    strength = _score(population)
    worth = 1e-3 * strength / (1.0 + strength.sum())  # decides between equals only
    picks, _, _ = kernels.cover(ends, members, 1.0, worth, k, 1)
    return Choice(picks)


def _score(population: Population) -> NDArray[np.float64]:
    """Strength of a person's ties; where there are none, memberships."""
    if population.network is not None:
        return population.network.out_strength
    assert population.membership is not None
    return population.membership.groups_per_person.astype(np.float64)


def _sizes(population: Population) -> IntArray:
    return np.diff(population.group_members()[0])


def _memberships(population: Population) -> tuple[IntArray, IntArray, NDArray[np.float64]]:
    start, members = population.group_members()
    group = np.repeat(np.arange(len(start) - 1), np.diff(start))
    return group, members.astype(np.int64), _score(population)


def _rank_inside(
    group: IntArray, first: NDArray[np.float64], then: NDArray[np.float64]
) -> IntArray:
    """Rank of each membership inside its group, from 0."""
    order = np.lexsort((then, first, group))
    begun = np.searchsorted(group[order], group[order], side="left")
    rank = np.empty(len(group), np.int64)
    rank[order] = np.arange(len(group)) - begun
    return rank


def _paid(
    population: Population,
    person: IntArray,
    group: IntArray,
    score: NDArray[np.float64],
    budget: float,
    rng: np.random.Generator,
    costs: Costs,
) -> Choice:
    """As many of the list as the budget pays for, then people one by one."""
    costs.people_for(budget, population)  # refuses a budget that pays for nobody
    _, first = np.unique(person, return_index=True)
    first.sort()
    person, group = person[first], group[first]
    entered = np.zeros(len(group), bool)
    entered[np.unique(group, return_index=True)[1]] = True
    spent = np.cumsum(costs.per_person + costs.per_group * entered)
    paid = int(np.searchsorted(spent, budget + 1e-9, side="right"))
    left = budget - (float(spent[paid - 1]) if paid else 0.0)
    n_more = int((left + 1e-9) // costs.per_person)
    others = np.setdiff1d(np.arange(population.n_people), person[:paid])
    order = np.lexsort((rng.random(len(others)), -score[others]))
    people = np.concatenate([person[:paid], others[order][:n_more]])
    return Choice(people.astype(np.int32), _each_once(group[:paid]))


def _each_once(values: IntArray) -> NDArray[np.int32]:
    """Each once, in order of appearance."""
    _, first = np.unique(values, return_index=True)
    return values[np.sort(first)].astype(np.int32)
