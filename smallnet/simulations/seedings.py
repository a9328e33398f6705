"""Randomised seeding: chance picks which group of a sharer gets an item, or whether the feed does.

Every trial has an item of its own, so trials meet only in the people whom they have in common.
Times are seconds since the watch began.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from smallnet.simulations.chatter import DAY_S, Spells
from smallnet.simulations.labels import frame, ids, moments, named
from smallnet.simulations.mechanisms import Seeding
from smallnet.simulations.rosters import IntArray, RealArray
from smallnet.tables import CHANNELS

if TYPE_CHECKING:
    from smallnet.simulations.layout import Layout
    from smallnet.simulations.platform import Platform

__all__ = ["Seedings", "draw_seedings", "seeding_frames", "tell_seedings"]

GROUP, FEED = 0, 2
FIRST, LAST = 0.02, 0.8  # share of the watch in which trials begin
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Seedings:
    """Trials and what came of them; -1 where there is none.

    Attributes
    ----------
    group, when, size, chance : ndarray, shape (trials,)
        The group (-1: the feed), the moment, the members then, and the chance to adopt of who
        could see it.
    shares : ndarray of int, shape (shares, 7)
        ``trial, sharer, when, channel, group, parent, audience``, the first of each trial first.
    seen : ndarray of int, shape (exposures, 3)
        ``share, person, when``.
    taken : ndarray of int, shape (adoptions, 4)
        ``share, person, when, trial``.
    """

    group: IntArray
    when: IntArray
    size: IntArray
    chance: RealArray
    shares: IntArray
    seen: IntArray
    taken: IntArray


def draw_seedings(
    platform: Platform,
    spells: Spells,
    friends: tuple[IntArray, IntArray, IntArray],
    *,
    rng: np.random.Generator,
) -> Seedings:
    """Run the trials.

    Parameters
    ----------
    platform : Platform
        The parameters; it has a seeding.
    spells : Spells
        Stays inside the watch.
    friends : tuple of ndarray
        Ego, alter and since (seconds) of every pair.
    rng : numpy.random.Generator
        Chance.
    """
    p, told = platform, platform.seeding or Seeding()
    place = _Place(p, spells, friends)
    watch = round(p.days * DAY_S)
    at = np.sort(rng.uniform(FIRST, LAST, told.trials) * watch).astype(np.int64)
    shares: list[tuple[int, ...]] = []
    seen: list[tuple[int, int, int]] = []
    taken: list[tuple[int, int, int, int]] = []
    trials: list[tuple[int, int, int, float]] = []
    for when in at:
        now, trial = int(when), len(trials)
        people, rows = place.present(now)
        if not people.size:
            continue
        broad = rng.random() < told.broadcast_share
        sharer = int(rng.choice(people))
        mine = rows[spells.person[rows] == sharer]
        group = -1 if broad else int(spells.group[rng.choice(mine)])
        queue = [(sharer, now, group, -1)]
        has = {sharer}
        while queue:
            who, moment, target, parent = queue.pop(0)
            others = (
                place.friends_of(who, moment) if target < 0 else place.others(target, who, moment)
            )
            size = 0 if target < 0 else others.size + 1
            chance = _chance(p, size)
            share = len(shares)
            channel = FEED if target < 0 else GROUP
            shares.append((trial, who, moment, channel, target, parent, others.size))
            if parent < 0:
                see = told.see_feed if target < 0 else told.see_group
                trials.append((target, moment, size, see * chance))
            sight = told.see_feed if target < 0 else told.see_group
            sees = others[rng.random(others.size) < sight]
            late = moment + 1 + (rng.exponential(told.delay_days, sees.size) * DAY_S).astype(int)
            takes = rng.random(sees.size) < chance
            on = rng.random(sees.size) < told.pass_on
            for k in np.argsort(late, kind="stable"):
                person, then = int(sees[k]), int(late[k])
                if then >= watch:
                    continue
                seen.append((share, person, then))
                if takes[k] and person not in has:
                    has.add(person)
                    taken.append((share, person, then, trial))
                    own = place.groups_of(person, then)
                    if on[k] and own.size:
                        queue.append((person, then, int(rng.choice(own)), share))
    first = [np.array(column) for column in zip(*trials, strict=True)] or [np.empty(0)] * 4
    return Seedings(
        first[0].astype(np.int64),
        first[1].astype(np.int64),
        first[2].astype(np.int64),
        first[3].astype(np.float64),
        np.array(shares, dtype=np.int64).reshape(-1, 7),
        np.array(seen, dtype=np.int64).reshape(-1, 3),
        np.array(taken, dtype=np.int64).reshape(-1, 4),
    )


class _Place:
    """Who is where, and whose friend, at a moment."""

    def __init__(
        self, p: Platform, spells: Spells, friends: tuple[IntArray, IntArray, IntArray]
    ) -> None:
        ego, alter, since = friends
        both = np.concatenate([ego, alter])
        order = np.argsort(both, kind="stable")
        self.spells = spells
        self.alter = np.concatenate([alter, ego])[order]
        self.since = np.concatenate([since, since])[order]
        self.begin = np.searchsorted(both[order], np.arange(p.people + 1))
        self.rows = np.searchsorted(spells.group, np.arange(p.groups + 1))
        self.mine = np.argsort(spells.person, kind="stable")
        self.own = np.searchsorted(spells.person[self.mine], np.arange(p.people + 1))
        self.need_friends = p.seeding is not None and p.seeding.broadcast_share > 0

    def present(self, at: int) -> tuple[IntArray, IntArray]:
        """Who may be a sharer, and their memberships: of groups with others in them."""
        rows = np.flatnonzero((self.spells.start <= at) & (at < self.spells.end))
        size = np.bincount(self.spells.group[rows])
        rows = rows[size[self.spells.group[rows]] > 1]
        people = np.unique(self.spells.person[rows])
        if self.need_friends:
            known = np.array([self.friends_of(int(person), at).size > 0 for person in people])
            people = people[known.astype(bool)]
        return people, rows

    def others(self, group: int, person: int, at: int) -> IntArray:
        part = slice(self.rows[group], self.rows[group + 1])
        inside = (self.spells.start[part] <= at) & (at < self.spells.end[part])
        who = np.unique(self.spells.person[part][inside])
        return who[who != person]

    def groups_of(self, person: int, at: int) -> IntArray:
        rows = self.mine[self.own[person] : self.own[person + 1]]
        inside = (self.spells.start[rows] <= at) & (at < self.spells.end[rows])
        found: IntArray = np.unique(self.spells.group[rows[inside]])
        return found

    def friends_of(self, person: int, at: int) -> IntArray:
        part = slice(self.begin[person], self.begin[person + 1])
        found: IntArray = np.unique(self.alter[part][self.since[part] <= at])
        return found


def _chance(p: Platform, size: int) -> float:
    """Give the chance that who sees an item adopts it; size 0 is the feed."""
    told = p.seeding or Seeding()
    if size == 0:
        return told.take_feed
    halvings = np.log2(p.size_median / size)
    return float(min(told.take * told.ratio_per_halving**halvings, 1.0))


def seeding_frames(layout: Layout, drawn: Seedings) -> dict[str, pd.DataFrame]:
    """Lay out shares, exposures and adoptions."""
    shares, seen, taken = drawn.shares, drawn.seen, drawn.taken
    order = np.argsort(shares[:, 2], kind="stable")
    rank = np.empty(order.size, dtype=np.int64)
    rank[order] = np.arange(order.size)
    names, items = ids("s", len(shares)), ids("i", drawn.when.size)
    parent = np.where(shares[:, 5] < 0, -1, rank[shares[:, 5]])[order]
    put, start = shares[order], layout.starts
    seen = seen[np.argsort(seen[:, 2], kind="stable")]
    taken = taken[np.argsort(taken[:, 2], kind="stable")]
    return {
        "shares": frame(
            share=names,
            item=named(items, put[:, 0]),
            sharer=named(layout.people, put[:, 1]),
            channel=named(pa.array(CHANNELS), put[:, 3]),
            shared_at=moments(put[:, 2], start),
            group=named(layout.groups, put[:, 4]),
            recipient=pa.nulls(len(put), pa.string()),
            parent=named(names, parent),
            audience=pa.array(put[:, 6]),
        ),
        "exposures": frame(
            share=named(names, rank[seen[:, 0]]),
            person=named(layout.people, seen[:, 1]),
            seen_at=moments(seen[:, 2], start),
        ),
        "adoptions": frame(
            person=named(layout.people, taken[:, 1]),
            item=named(items, taken[:, 3]),
            adopted_at=moments(taken[:, 2], start),
            via_share=named(names, rank[taken[:, 0]]),
        ),
    }


def tell_seedings(platform: Platform, drawn: Seedings) -> dict[str, Any]:
    """Give the truth of S06 and S07."""
    told = platform.seeding or Seeding()
    broad = drawn.group < 0
    many = np.bincount(drawn.taken[:, 3], minlength=drawn.when.size)
    audience = drawn.shares[drawn.shares[:, 5] < 0, 6]
    small = ~broad & (drawn.size < platform.small_group)
    expected = drawn.chance * audience
    reach = {
        name: _per_cost(values, small, broad, told)
        for name, values in (("expected", expected), ("realised", many))
    }
    return {
        "S06": {
            "estimate": told.ratio_per_halving,
            "effect": "risk ratio of adoption per halving of size, chance picks the group",
            "trials": int((~broad).sum()),
        },
        "S07": {
            "estimate": reach["expected"] if told.pass_on == 0 else None,
            "effect": "adoptions per cost through small groups over the feed",
            "realised": reach["realised"],
            "trials": {"small_group": int(small.sum()), "broadcast": int(broad.sum())},
        },
    }


def _per_cost(
    values: npt.NDArray[Any], small: BoolArray, broad: BoolArray, told: Seeding
) -> float | None:
    if not small.any() or not broad.any() or values[broad].mean() == 0:
        return None
    per_group = values[small].mean() / told.group_cost
    return float(per_group / (values[broad].mean() / told.broadcast_cost))
