"""What the firewall study runs: shuffled groups, one contagion in all groups, where to look."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smallnet.errors import InputError
from smallnet.networks import Membership, curveball
from smallnet.simulations.spreading.population import Population
from smallnet.simulations.spreading.replicas import replicas
from smallnet.simulations.spreading.share_in_groups import ShareInGroups
from smallnet.simulations.theory.cliques import clique_percolation_threshold

__all__ = ["at_least", "contagion_in_groups", "final_sizes", "shuffled", "threshold_in_theory"]

LARGEST_IN_THEORY = 120  # members


def shuffled(population: Population, *, rng: np.random.Generator) -> Population:
    """Deal the memberships out anew: everybody's number of groups and all sizes stay.

    Ties are left out: they would not fit the groups any more.

    Raises
    ------
    InputError
        If the population has no groups.
    """
    population.group_members()
    held = population.membership
    assert held is not None
    dealt = curveball(held.incidence, rng=rng)
    made_by = f"{held.made_by}; shuffled"
    return Population(membership=Membership(dealt, held.groups, held.people, made_by))


def contagion_in_groups(chance: float, attending: float, needed: int = 1) -> ShareInGroups:
    """Share once in each group one attends; taken up from the needed sharer on."""
    return ShareInGroups(
        shares=0,
        everywhere=True,
        acceptance=chance,
        muted=None if attending == 1 else 1 - attending,
        needed=needed,
    )


def final_sizes(
    population: Population,
    model: ShareInGroups,
    starts: Sequence[NDArray[np.int32]],
    replicates: int,
    jobs: int | None,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Run from each start; final sizes, shape (starts, replicates)."""
    kernel = model.prepare(population, starts[0])
    blocks = [
        replicas(dataclasses.replace(kernel, seeds=seeds), replicates, rng=rng, jobs=jobs)
        for seeds in starts
    ]
    return np.array([block.final_sizes for block in blocks])


def threshold_in_theory(population: Population, attending: float) -> tuple[float, float]:
    """Threshold of random groups with the same margins, and where to look for the real one."""
    ptr, members = population.group_members()
    if not len(members):
        msg = "nobody is in a group, expected at least one membership"
        raise InputError(msg)
    m = np.bincount(members, minlength=population.n_people).astype(np.float64)
    n = np.diff(ptr).astype(np.float64)
    # each person reaches the others of their other groups: no outbreak inside a group counted
    pairs = (m * (m - 1)).sum() / m.sum() * (n * (n - 1)).sum() / n.sum() * attending**2
    rough = 1 / pairs if pairs > 1 else 1.0
    if n.max() > LARGEST_IN_THEORY:
        return float("nan"), rough
    theory = clique_percolation_threshold(_shares(m), _shares(n[n > 0]), attention=attending)
    return theory, rough if np.isnan(theory) else theory


def _shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    counts = np.bincount(values.astype(np.int64)).astype(np.float64)
    share_of: NDArray[np.float64] = counts / counts.sum()
    return share_of


def at_least(least: int, **numbers: int) -> None:
    """Refuse numbers that are too small."""
    for what, value in numbers.items():
        if value < least:
            msg = f"{what} is {value}, expected at least {least}"
            raise InputError(msg)
