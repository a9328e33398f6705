"""What is said: messages of members in groups, in private, by machines and by the platform.

Times are whole seconds since the watch began. A member writes as a Poisson process whose rate is
talkativeness × liveliness of the group × a curve of the group's size *at that moment*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from smallnet.simulations.rosters import GroupDraw, IntArray, RealArray

if TYPE_CHECKING:
    from smallnet.simulations.happenings import Steps
    from smallnet.simulations.platform import Platform

__all__ = [
    "DAY_S",
    "Messages",
    "SizeSteps",
    "Spells",
    "draw_bot_messages",
    "draw_messages",
    "draw_private",
    "join_notices",
    "pick_member",
    "size_steps",
    "stack",
]

DAY_S = 86_400
HOUR_S = 3_600
KINDS = np.array(["text", "image", "link", "reaction", "system"])
TEXT, REACTION, SYSTEM = 0, 3, 4
IMAGES, LINKS = 0.08, 0.04  # share of messages
TRIES = 4  # to find a member who is in at a moment
EVENING = 21.0  # hour of the day when most is written


@dataclass(frozen=True)
class Spells:
    """Stays inside the watch, whole seconds, half-open; arrays of shape (memberships,)."""

    person: IntArray
    group: IntArray  # sorted
    start: IntArray
    end: IntArray

    def holds(self, row: IntArray, at: IntArray) -> npt.NDArray[np.bool_]:
        """Tell whether a membership holds a moment."""
        return (self.start[row] <= at) & (at < self.end[row])


@dataclass(frozen=True)
class SizeSteps:
    """Sizes of all groups as one step function; ``x`` is group × span + time.

    Attributes
    ----------
    x : ndarray, shape (steps,)
        Where a step begins, never falling.
    size : ndarray, shape (steps,)
        Members from here to the next step.
    heat : ndarray, shape (steps,)
        Integral, days, of the rate factor (curve of size, death, rhythm) up to here.
    span : int
        Seconds from one group to the next.
    """

    x: RealArray
    size: IntArray
    heat: RealArray
    span: int

    def size_at(self, group: IntArray, at: IntArray) -> IntArray:
        """Members of a group at a moment."""
        row = np.searchsorted(self.x, group * float(self.span) + at, side="right") - 1
        return self.size[row]

    def heat_at(self, group: IntArray, at: IntArray) -> RealArray:
        """Rate factor of a group, added up to a moment."""
        return np.interp(group * float(self.span) + at, self.x, self.heat)

    def time_of(self, heat: RealArray) -> RealArray:
        """Invert ``heat_at``: the point ``x`` at which so much has been added up."""
        return np.interp(heat, self.heat, self.x)


@dataclass(frozen=True)
class Messages:
    """Acts; arrays of shape (messages,). ``group`` or ``recipient`` is -1 where there is none."""

    sender: IntArray
    when: IntArray
    group: IntArray
    recipient: IntArray
    kind: npt.NDArray[np.int8]


def size_steps(
    platform: Platform,
    groups: GroupDraw,
    spells: Spells,
    moves: Steps | None = None,
    *,
    rng: np.random.Generator,
) -> SizeSteps:
    """Lay out how the size of every group moves, and the rate factor that goes with it."""
    p = platform
    watch = round(p.days * DAY_S)
    every = np.arange(p.groups)
    silent = np.nan_to_num(groups.silent_from * DAY_S, posinf=watch)
    silent = np.clip(silent, 0, watch).astype(np.int64)  # the step and the test share one moment
    place = [spells.group, spells.group, every, every]
    when = [spells.start, spells.end, silent, np.full(p.groups, watch)]
    ones = np.ones(spells.group.size, dtype=np.int64)
    change = [ones, -ones, np.zeros(2 * p.groups, dtype=np.int64)]
    tick = HOUR_S if p.rhythm else DAY_S if p.day_sd else 0
    if tick:
        ticks = np.arange(0, watch, tick)
        place.append(np.repeat(every, ticks.size))
        when.append(np.tile(ticks, p.groups))
        change.append(np.zeros(ticks.size * p.groups, dtype=np.int64))
    if moves is not None:
        place.append(moves.group)
        when.append(moves.when)
        change.append(np.zeros(moves.group.size, dtype=np.int64))
    group, at, delta = np.concatenate(place), np.concatenate(when), np.concatenate(change)
    span = watch + 1
    x = group * float(span) + at
    order = np.argsort(x, kind="stable")
    x, group, at, size = x[order], group[order], at[order], np.cumsum(delta[order])
    length = np.diff(x, append=x[-1:]) / DAY_S
    alive = at < silent[group]
    factor = np.where(alive & (size > 0), _curve(p, group, size, length), 0.0)
    if p.rhythm:
        hour = (at // HOUR_S) % 24
        factor = factor * (1.0 + p.rhythm * np.cos(2.0 * np.pi * (hour - EVENING) / 24.0))
    if p.day_sd:
        moods = rng.normal(-0.5 * p.day_sd**2, p.day_sd, (p.groups, -(-watch // DAY_S) + 1))
        factor = factor * np.exp(moods[group, at // DAY_S])
    if moves is not None:
        factor = factor * np.exp(_moved(moves, group, x, span))
    return SizeSteps(x, size, np.concatenate([[0.0], np.cumsum(factor * length)[:-1]]), span)


def _moved(moves: Steps, group: IntArray, x: RealArray, span: int) -> RealArray:
    """Add up the changes of each group's log rate until a moment."""
    point = moves.group * float(span) + moves.when
    order = np.argsort(point, kind="stable")
    added = np.concatenate([[0.0], np.cumsum(moves.change[order])])
    until = np.searchsorted(point[order], x, side="right")
    before = np.searchsorted(point[order], group * float(span), side="left")
    moved: RealArray = added[until] - added[before]
    return moved


def _curve(p: Platform, group: IntArray, size: IntArray, length: RealArray) -> RealArray:
    """Rate factor by size; 1 at the median size where there is no break below it."""
    doublings = np.log2(np.maximum(size, 1))
    between, within = p.rate_per_doubling, p.rate_per_doubling_within
    if between != within:
        weight = np.where(size > 0, length, 0.0)
        total = np.bincount(group, weight, p.groups)
        mean = np.bincount(group, weight * doublings, p.groups) / np.maximum(total, 1e-12)
        power = (mean[group] - np.log2(p.size_median)) * np.log(between)
        power += (doublings - mean[group]) * np.log(within)
    else:
        power = (doublings - np.log2(p.size_median)) * np.log(between)
    power += np.where(size >= p.break_at, np.log(p.break_ratio), 0.0)
    power += np.maximum(doublings - np.log2(p.break_at), 0.0) * np.log(p.kink_slope)
    curve: RealArray = np.exp(power)
    return curve


def draw_messages(
    platform: Platform,
    groups: GroupDraw,
    spells: Spells,
    steps: SizeSteps,
    talkativeness: RealArray,
    *,
    rng: np.random.Generator,
) -> Messages:
    """Draw what members write in their groups."""
    low = steps.heat_at(spells.group, spells.start)
    high = steps.heat_at(spells.group, spells.end)
    rate = platform.messages_per_day * talkativeness[spells.person]
    rate = rate * groups.liveliness[spells.group]
    row = np.repeat(np.arange(low.size), rng.poisson(rate * (high - low)))
    heat = low[row] + (high[row] - low[row]) * rng.random(row.size)
    at = np.floor(steps.time_of(heat) - spells.group[row] * float(steps.span)).astype(np.int64)
    at = np.clip(at, spells.start[row], spells.end[row] - 1)
    unit = rng.random(row.size)
    kind = np.zeros(row.size, dtype=np.int8)
    reactions = platform.reaction_share
    kind[unit < reactions + IMAGES + LINKS] = 2
    kind[unit < reactions + IMAGES] = 1
    kind[unit < reactions] = REACTION
    none = np.full(row.size, -1, dtype=np.int64)
    return Messages(spells.person[row], at, spells.group[row], none, kind)


def draw_private(
    platform: Platform, ego: IntArray, alter: IntArray, since: IntArray, *, rng: np.random.Generator
) -> Messages:
    """Draw what friends write to each other in private, either way alike."""
    watch = round(platform.days * DAY_S)
    begin = np.maximum(since, 0)
    rate = platform.private_per_day * (watch - begin) / DAY_S
    if platform.closeness is not None:
        sd = platform.closeness.contact_sd
        rate = rate * np.exp(rng.normal(-0.5 * sd**2, sd, ego.size))
    count = rng.poisson(rate)
    pair = np.repeat(np.arange(ego.size), count)
    at = rng.integers(begin[pair], watch) if pair.size else pair
    back = rng.random(pair.size) < 0.5
    sender = np.where(back, alter[pair], ego[pair])
    recipient = np.where(back, ego[pair], alter[pair])
    kind = np.where(rng.random(pair.size) < IMAGES, 1, TEXT).astype(np.int8)
    return Messages(sender, at, np.full(pair.size, -1, dtype=np.int64), recipient, kind)


def draw_bot_messages(
    platform: Platform, place: IntArray, machine: IntArray, *, rng: np.random.Generator
) -> Messages:
    """Draw what the machines write in the groups where they stand, whatever goes on there."""
    count = rng.poisson(platform.bot_messages_per_day * platform.days, place.size)
    row = np.repeat(np.arange(place.size), count)
    at = rng.integers(0, round(platform.days * DAY_S), row.size)
    none = np.full(row.size, -1, dtype=np.int64)
    return Messages(machine[row], at, place[row], none, np.zeros(row.size, dtype=np.int8))


def join_notices(spells: Spells, joined: npt.NDArray[np.bool_]) -> Messages:
    """Give the line that the platform writes when somebody joins."""
    row = np.flatnonzero(joined)
    none = np.full(row.size, -1, dtype=np.int64)
    kind = np.full(row.size, SYSTEM, dtype=np.int8)
    return Messages(spells.person[row], spells.start[row], spells.group[row], none, kind)


def stack(parts: list[Messages]) -> Messages:
    """Put messages together in the order of time."""
    joined = [
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("sender", "when", "group", "recipient", "kind")
    ]
    order = np.argsort(joined[1], kind="stable")
    return Messages(*(column[order] for column in joined))


def pick_member(
    spells: Spells,
    first: IntArray,
    count: IntArray,
    group: IntArray,
    at: IntArray,
    not_person: IntArray,
    *,
    rng: np.random.Generator,
) -> IntArray:
    """Pick for each moment a random other member who is in then; -1 where none was found.

    Parameters
    ----------
    spells : Spells
        Memberships, sorted by group.
    first, count : ndarray, shape (groups,)
        Row of a group's first membership, and how many it has.
    group, at, not_person : ndarray, shape (moments,)
        Where, when, and who may not be picked.
    rng : numpy.random.Generator
        Chance.

    Returns
    -------
    ndarray, shape (moments,)
        Rows of people.
    """
    found = np.full(group.size, -1, dtype=np.int64)
    open_ = np.flatnonzero(count[group] > 0)
    for _ in range(TRIES):
        if not open_.size:
            break
        place = group[open_]
        row = first[place] + rng.integers(0, count[place])
        who = spells.person[row]
        good = spells.holds(row, at[open_]) & (who != not_person[open_])
        found[open_[good]] = who[good]
        open_ = open_[~good]
    return found
