"""What one can do about spreading: forbid, split, mute, pay, tell everybody."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from smallnet.errors import InputError
from smallnet.networks import Membership, Network
from smallnet.simulations.spreading.model import share as check_share
from smallnet.simulations.spreading.population import Population

__all__ = ["Broadcast", "Incentive", "ban_friending", "mute", "split_groups"]


@dataclass(frozen=True, kw_only=True)
class Incentive:
    """Sharing is rewarded, and then no longer.

    Parameters
    ----------
    factor : float
        The chance to share is multiplied by it, up to 1.
    until_step : int
        Step from which on it is paid no more; from then on the chance is as without.
    """

    factor: float
    until_step: int

    def __post_init__(self) -> None:
        if not 0 <= self.factor < np.inf:
            msg = f"factor is {self.factor}, expected a finite number of at least 0"
            raise InputError(msg)
        _step(self.until_step, "until_step")


@dataclass(frozen=True, kw_only=True)
class Broadcast:
    """A message to everybody, in no group and from nobody.

    Parameters
    ----------
    at_step : int
        When, at least 1: 0 is the moment of the seed people.
    share : float
        Share of people who see it, each by chance.
    acceptance : float
        Chance that who sees it adopts.
    """

    at_step: int
    share: float
    acceptance: float

    def __post_init__(self) -> None:
        _step(self.at_step, "at_step", least=1)
        check_share(self.share, "share")
        check_share(self.acceptance, "acceptance")

    @property
    def hazard(self) -> float:
        """Cumulative hazard of who has not adopted, -log(1 - share · acceptance)."""
        chance = self.share * self.acceptance
        return math.inf if chance == 1 else -math.log1p(-chance)


def ban_friending(population: Population, *, groups: Iterable[str] | None = None) -> Population:
    """Take away the ties that a ban on friending would have kept from being made.

    Parameters
    ----------
    population : Population
    groups : iterable of str, optional
        Where friending is banned: ties between two people who are both in one of them go, unless
        they are also together in a group without the ban. If left out, it is banned everywhere:
        all ties go.

    Returns
    -------
    Population
        The same people and groups.

    Raises
    ------
    InputError
        If the population has no ties, a group is unknown, or groups are given and none are known.
    """
    network = population.network
    if network is None:
        msg = "a ban on friending needs ties, and the population has no network"
        raise InputError(msg)
    ego, alter, strength = network.ends()
    membership = population.membership
    if groups is None:
        kept = np.zeros(len(ego), dtype=bool)
    elif membership is None:
        msg = "friending is banned in groups, and the population has no membership"
        raise InputError(msg)
    else:
        wanted = set(groups)
        unknown = sorted(wanted - set(membership.groups))
        if unknown:
            msg = f"there is no group {unknown[0]!r}"
            raise InputError(msg)
        banned = np.array([name in wanted for name in membership.groups], dtype=bool)
        inside, free = membership.incidence[banned], membership.incidence[~banned]
        kept = ~_together(inside, ego, alter) | _together(free, ego, alter)
    left = Network.from_ends(
        ego[kept],
        alter[kept],
        strength[kept],
        network.people,
        directed=network.directed,
        weight=network.weight,
        made_by=f"{network.made_by}; friending banned",
        attributes=network.attributes,
    )
    return Population(left, membership)


def split_groups(
    population: Population, *, largest: int = 30, rng: np.random.Generator
) -> Population:
    """Split every group above a size into parts of nearly equal size, by lot.

    Parameters
    ----------
    population : Population
    largest : int
        Most members of a group.
    rng : numpy.random.Generator

    Returns
    -------
    Population
        Parts of group ``g`` are named ``g/1``, ``g/2``, ...; smaller groups keep their names.

    Raises
    ------
    InputError
        If ``largest`` is below 1, or the population has no groups.
    """
    if largest < 1:
        msg = f"largest is {largest}, expected at least 1 member"
        raise InputError(msg)
    ptr, members = population.group_members()
    membership = population.membership
    assert membership is not None
    sizes = np.diff(ptr)
    parts = np.maximum(-(-sizes // largest), 1)
    group = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((rng.random(len(members)), group))  # by lot inside each group
    rank = np.arange(len(members)) - ptr[group]
    first = np.concatenate([[0], np.cumsum(parts)])
    row = first[group] + rank % parts[group]
    names = [
        name if k == 1 else f"{name}/{part + 1}"
        for name, k in zip(membership.groups, parts.tolist(), strict=True)
        for part in range(k)
    ]
    split = Membership.from_ends(
        row,
        members[order],
        np.array(names, dtype=object),
        membership.people,
        made_by=f"{membership.made_by}; split at {largest}",
    )
    return Population(population.network, split)


def mute(population: Population, share: float, *, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Mute a share of memberships by lot, once and for all replicates.

    Parameters
    ----------
    population : Population
    share : float
        Chance that a membership is muted.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of bool, shape (memberships,)
        In the order of ``population.membership.to_frame()``; for ``ShareInGroups(muted=...)``.
    """
    check_share(share, "share")
    muted: NDArray[np.bool_] = rng.random(len(population.group_members()[1])) < share
    return muted


def accept_words(model: object, **kinds: type) -> None:
    """Turn a mapping that was given for a part of a frozen model into that part.

    Raises
    ------
    InputError
        If its keys are not the part's parameters.
    """
    for name, kind in kinds.items():
        given = getattr(model, name)
        if given is None or isinstance(given, kind):
            continue
        try:
            object.__setattr__(model, name, kind(**given))
        except TypeError:
            known = ", ".join(field.name for field in fields(kind))
            msg = f"{name} is {given!r}, expected the parameters {known}"
            raise InputError(msg) from None


def _together(
    incidence: csr_array, ego: NDArray[np.int64], alter: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether two people are together in one of these groups, pair by pair."""
    people = csr_array(incidence.T)
    shared = people[ego].multiply(people[alter])
    together: NDArray[np.bool_] = np.asarray(shared.sum(axis=1)).ravel() > 0
    return together


def _step(value: int, what: str, *, least: int = 0) -> None:
    if not (isinstance(value, (int, np.integer)) and value >= least):
        msg = f"{what} is {value!r}, expected a whole number of at least {least}"
        raise InputError(msg)
