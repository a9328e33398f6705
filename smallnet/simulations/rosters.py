"""Who is in which group, from when until when: groups, their sizes, joins and leaves.

Times are days since the watch began; negative ones lie before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from smallnet.simulations.size_laws import draw_power_law

if TYPE_CHECKING:
    from smallnet.simulations.platform import Platform

__all__ = ["GroupDraw", "IntArray", "RealArray", "Slots", "draw_groups", "draw_slots"]

RealArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FOUNDERS = 3  # members at the birth of a group
FILLING_DAYS = 5.0  # mean wait of the first members of a new group
BLOCK = 4_000_000  # person × group cells held at a time


@dataclass(frozen=True)
class GroupDraw:
    """What is drawn for every group; arrays of shape (groups,)."""

    planned: IntArray  # members when the watch begins, or whom a newborn group fills up to
    born: RealArray  # days; negative before the watch
    silent_from: RealArray  # days; inf if it never falls silent
    closed: RealArray  # days; inf if it is open at the end
    liveliness: RealArray  # factor of the message rate, mean 1
    restlessness: RealArray  # factor of the hazard of leaving, mean 1 at the median size


@dataclass(frozen=True)
class Slots:
    """Everybody who is ever in a group; arrays of shape (memberships,), sorted by group."""

    person: IntArray
    group: IntArray
    start: RealArray  # days; negative before the watch
    founder: npt.NDArray[np.bool_]


def draw_groups(platform: Platform, *, rng: np.random.Generator) -> GroupDraw:
    """Draw sizes, births, deaths, liveliness of the groups."""
    p, n = platform, platform.groups
    size = np.exp(rng.normal(np.log(p.size_median), p.size_sd, n))
    if p.sizes:  # one from each of n equal parts of the sizes in order, so that they come back
        part = (rng.permutation(n) + rng.random(n)) / n
        size = np.sort(np.asarray(p.sizes, dtype=np.float64))[(part * len(p.sizes)).astype(int)]
    if p.size_law == "power-law" and not p.sizes:
        size = draw_power_law(p.size_min, p.largest_size, p.size_exponent, n, rng=rng)
    planned = np.clip(np.rint(size), p.size_min, p.largest_size).astype(np.int64)
    born = -p.tenure_days * (0.1 + rng.exponential(1.0, n))
    fresh = rng.random(n) < p.born_share
    born = np.where(fresh, rng.uniform(0.0, 0.5 * p.days, n), born)
    dying = rng.random(n) < p.death_share
    silent = rng.uniform(-0.5 * p.days, p.days, n)
    silent = np.where(dying, np.maximum(silent, np.maximum(born, 0.0)), np.inf)
    closing = rng.random(n) < p.closed_share
    closed = np.where(closing, rng.uniform(0.6 * p.days, p.days, n), np.inf)
    restless = np.exp(rng.normal(-0.5 * p.leaving_sd**2, p.leaving_sd, n))
    restless *= p.leaving_size_effect ** np.log2(planned / p.size_median)
    lively = draw_liveliness(p.liveliness_law, p.liveliness_sd, n, rng=rng)
    if p.deaths_per_day:
        life = rng.exponential(1.0 / p.deaths_per_day, n)
        silent = np.minimum(silent, np.maximum(born, 0.0) + life)
    return GroupDraw(planned, born, silent, closed, lively, restless)


def draw_liveliness(law: str, sd: float, n: int, *, rng: np.random.Generator) -> RealArray:
    """Draw factors of mean 1: ``exp`` of a normal or a t with 3 degrees, or a gamma.

    The t is cut at -4 and 3 on the log scale, for its exponential has no mean; what is left of
    the mean is only near 1, which a study of ratios does not notice.
    """
    if sd == 0:
        return np.ones(n)
    if law == "gamma":
        return rng.gamma(sd**-2, sd**2, n)
    if law == "t3":
        heavy = np.clip(sd * rng.standard_t(3, n) / np.sqrt(3.0), -4.0, 3.0)
        return np.exp(heavy - 0.5 * sd**2)
    return np.exp(rng.normal(-0.5 * sd**2, sd, n))


def draw_slots(
    platform: Platform,
    groups: GroupDraw,
    talk: RealArray,
    joining: RealArray,
    *,
    rng: np.random.Generator,
) -> Slots:
    """Draw who is ever in which group, and from when.

    Parameters
    ----------
    platform : Platform
        The parameters.
    groups : GroupDraw
        The groups.
    talk : ndarray, shape (people,)
        Talkativeness in standard deviations.
    joining : ndarray, shape (people,)
        Log weight of being drawn into any group.
    rng : numpy.random.Generator
        Chance.

    Notes
    -----
    People are drawn without replacement by the largest of (log weight + Gumbel noise).
    """
    p = platform
    open_days = np.minimum(groups.closed, p.days) - np.maximum(groups.born, 0.0)
    later = rng.poisson(p.joins_per_day * groups.planned * open_days)
    total = np.minimum(groups.planned + later, p.people)
    log_size = np.log(groups.planned)
    spread = log_size.std()
    tilt = (log_size - log_size.mean()) / spread if spread > 0 else np.zeros(p.groups)
    person, group, rank = [], [], []
    step = max(1, BLOCK // p.people)
    for first in range(0, p.groups, step):
        block = slice(first, first + step)
        keys = rng.gumbel(size=(total[block].size, p.people)) + joining
        if p.sorting:
            keys -= p.sorting * tilt[block, None] * talk
        order = np.argsort(-keys, axis=1)
        where, which = np.nonzero(np.arange(p.people) < total[block, None])
        person.append(order[where, which])
        group.append(where + first)
        rank.append(which)
    who, place, nth = np.concatenate(person), np.concatenate(group), np.concatenate(rank)
    born, unit = groups.born[place], rng.random(who.size)
    start = born * unit  # of those who were in before, in an old group
    fresh = born >= 0
    wait = FILLING_DAYS * rng.exponential(1.0, who.size)
    start = np.where(fresh, born + np.where(nth < FOUNDERS, 0.0, wait), start)
    joiner = nth >= groups.planned[place]
    start = np.where(joiner, np.maximum(born, 0.0) + unit * open_days[place], start)
    seen = start < np.minimum(groups.closed[place], p.days)
    founder = np.where(fresh, nth < FOUNDERS, nth == 0)
    return Slots(who[seen], place[seen].astype(np.int64), start[seen], founder[seen])
