"""Worlds for S12: acquaintance, trust and interaction move survival, retention, growth, volume.

Outcomes depend on size in every world, also where the criteria do nothing. The truth is the gain of
models fitted to so many groups, on groups that no model has seen: there is no formula for it, so it
is taken from a population drawn for that purpose.
"""

import datetime as dtm
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from smallnet.hypotheses.methods.prediction import area, ridge_logistic, tuned
from smallnet.hypotheses.planted.plan import Planted
from smallnet.hypotheses.planted.talking_groups import (
    START,
    Talk,
    dataset_of,
    draw_talk,
    moments,
)
from smallnet.tables import Dataset

__all__ = ["PLANTED"]

FloatArray = Any
WINDOW, WINDOWS = 30.0, 3  # described over the first; death is told until the end of the second
DEATHS_PER_DAY = 0.015
TRIALS, POPULATION = 40, 2400
GRACE = 5.0  # days after the landmark in which no group dies, so that all are seen alive after it
SMALL = 30  # members
VOLUME, CRITERIA = 3, (4, 5, 6, 7)  # places among outcomes, and among what describes


@dataclass(frozen=True)
class _World:
    """Groups with what describes them and how they fared, and what it was made of."""

    talk: Talk
    born: FloatArray  # days; negative
    friends: FloatArray  # pairs that are friends, rows (person, friend)
    dead_from: FloatArray
    leaves: FloatArray  # day of each member, inf for those who stay
    joins: FloatArray  # newcomers of each group
    said: FloatArray  # messages that are really sent, where the group lives
    described: FloatArray  # log size, its bend, log age, log before, and the four criteria
    fared: FloatArray  # columns: survival, retention, growth, volume


def draw(
    effect: float, *, groups: int, people: int, rng: np.random.Generator
) -> tuple[Dataset, float]:
    """Draw a world; `effect` is what one SD of the three criteria does to every log rate."""
    world = _draw(effect, groups, people, rng)
    return _tables(world), _truth(effect, groups, people)


def _draw(effect: float, groups: int, people: int, rng: np.random.Generator) -> _World:
    talk = draw_talk(
        groups,
        people,
        window_days=WINDOW,
        windows=WINDOWS,
        messages_per_day=2.5,
        apart=True,
        rng=rng,
    )
    n, before = talk.size, talk.day < WINDOW
    born = -rng.exponential(100.0, groups) - 1.0
    lean = rng.normal(0, 1, groups) - 0.5 * np.log(n / 12)
    friends = _pairs(talk, 1 / (1 + np.exp(1 - lean)), rng)
    known = np.bincount(_group_of(talk)[friends[:, 0]], minlength=groups)
    density = known / (n * (n - 1) / 2)
    mutual = _mutual(talk, before)
    many = np.bincount(talk.group[before], minlength=groups).astype(float)
    rate = np.log((many + 1) / (n * WINDOW))
    trust = np.where(np.isnan(mutual), np.nanmean(mutual), mutual)
    index = effect * sum((x - x.mean()) / x.std() for x in (density, trust, rate)) / np.sqrt(3)
    size = np.log(n / 12)
    hazard = DEATHS_PER_DAY * np.exp(-index + 0.3 * size)
    wait = rng.exponential(1.0, groups) / hazard
    dead_from = np.where(wait < WINDOW - GRACE, WINDOW + GRACE + wait, np.inf)
    member = _group_of(talk)
    mood = rng.normal(0, 0.5, (3, groups))
    goes = rng.random(member.size) < 1 / (1 + np.exp(1 + index - 0.2 * size + mood[0])[member])
    leaves = np.where(goes, rng.uniform(WINDOW, 3 * WINDOW, member.size), np.inf)
    joins = rng.poisson(0.25 * n * np.exp(index + mood[1]))
    kept = np.clip(0.6 * np.exp(0.5 * index + 0.3 * mood[2]), 0.4, 1.0)
    said = before | (rng.random(talk.day.size) < kept[talk.group])
    after = said & ~before & (talk.day < dead_from[talk.group])
    later = np.bincount(talk.group[after], minlength=groups)
    stayed = n - np.bincount(member[goes], minlength=groups)
    described = np.column_stack(
        [
            np.log(n),
            (np.log(n) - np.log(n).mean()) ** 2,
            np.log1p(WINDOW - born),
            np.log1p(many),
            n < SMALL,
            density,
            trust,
            rate,
        ]
    )
    fared = np.column_stack([np.isinf(dead_from), stayed / n, (stayed + joins) / n, later])
    return _World(talk, born, friends, dead_from, leaves, joins, said, described, fared)


def _group_of(talk: Talk) -> FloatArray:
    return np.repeat(np.arange(talk.size.size), talk.size)


def _pairs(talk: Talk, chance: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw friends inside each group; people are numbered along the groups."""
    group = _group_of(talk)
    first = np.concatenate([[0], np.cumsum(talk.size)])[group]
    place = np.arange(group.size) - first  # each member is paired with those before
    one = np.repeat(np.arange(group.size), place)
    start = np.repeat(np.cumsum(place) - place, place)
    other = first[one] + np.arange(one.size) - start
    chosen = rng.random(one.size) < chance[group[one]]
    return np.column_stack([one[chosen], other[chosen]])


def _mutual(talk: Talk, before: FloatArray) -> FloatArray:
    """Share of answered pairs that answered back, by group; nan where nobody answered."""
    answers = before & (talk.parent >= 0)
    width = int(talk.sender.max()) + 1
    one, other = talk.sender[answers], talk.sender[talk.parent[answers]]
    ties = np.unique(one * width + other)
    one, other = ties // width, ties % width
    pair, ways = np.unique(
        np.minimum(one, other) * width + np.maximum(one, other), return_counts=True
    )
    group = _group_of(talk)[pair // width]
    dyads = np.bincount(group, minlength=talk.size.size)
    both = np.bincount(group, ways > 1, talk.size.size)
    return both / np.where(dyads > 0, dyads, np.nan)


def _truth(effect: float, groups: int, people: int) -> float:
    return float(np.mean(_gains(effect, groups, people)))


@lru_cache(maxsize=16)
def _gains(effect: float, groups: int, people: int) -> tuple[float, ...]:
    """Mean gain over outcomes in a large population, of fits to 4 / 5 of so many groups."""
    rng = np.random.default_rng(20240101)
    unseen = _draw(effect, POPULATION, POPULATION * people // groups, rng)
    gains = []
    for _trial in range(TRIALS):
        gained = []
        seen = _draw(effect, groups * 4 // 5, people * 4 // 5, rng)
        for outcome in range(seen.fared.shape[1]):
            y, test = (_event(world.fared[:, outcome]) for world in (seen, unseen))
            base = [0, 1, 2, 3] if outcome == VOLUME else [0, 1, 2]
            columns = [*base, *CRITERIA]
            center = seen.described[:, columns].mean(axis=0)
            spread = seen.described[:, columns].std(axis=0)
            spread = np.where(spread > 0, spread, 1.0)
            x, new = ((w.described[:, columns] - center) / spread for w in (seen, unseen))
            k, whole = len(base), np.ones((1, y.size))
            plain = ridge_logistic(x[:, :k], y, whole, np.ones(k))[0, 1:]
            full = tuned(x[:, :k], x[:, k:], y, whole, inner=4, rng=rng)[0][0, 1:]
            gained.append(area(new @ full, test)[0] - area(new[:, :k] @ plain, test)[0])
        gains.append(float(np.mean(gained)))
    return tuple(gains)


def _event(values: FloatArray) -> FloatArray:
    return values > (0.5 if set(np.unique(values)) <= {0.0, 1.0} else np.median(values))


def _tables(world: _World) -> Dataset:
    talk, group = world.talk, _group_of(world.talk)
    names = np.char.mod("g%05d", np.arange(talk.size.size))
    old = pd.DataFrame(
        {"group": names[group], "person": np.char.mod("p%05d", np.arange(group.size))}
    )
    left = np.isfinite(world.leaves)
    old["left_at"] = moments(np.where(left, world.leaves, 0.0)).where(left)
    who = np.repeat(np.arange(talk.size.size), world.joins)
    new = pd.DataFrame({"group": names[who], "person": np.char.mod("n%05d", np.arange(who.size))})
    new["joined_at"] = moments(np.linspace(WINDOW + 1, 2 * WINDOW, who.size))
    friends = pd.DataFrame(np.char.mod("p%05d", world.friends), columns=["person", "friend"])
    created = [START + dtm.timedelta(days=float(day)) for day in world.born]
    tables = {
        "groups": pd.DataFrame({"group": names, "created_at": pd.to_datetime(created)}),
        "memberships": pd.concat([old, new], ignore_index=True),
        "friendships": friends,
    }
    ends = {"said": world.said, "tables": tables}
    return dataset_of(talk, world.dead_from, joining=True, leaving=True, **ends)


PLANTED = Planted(
    claim="S12",
    draw=draw,
    null=0.0,
    effects=(1.0, 0.6),
    groups=160,
    people=2000,
)
