"""Who is friends with whom: friendships from before the watch, and those made in groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from smallnet.simulations.happenings import Happenings, without_friending
from smallnet.simulations.rosters import IntArray, RealArray, Slots

if TYPE_CHECKING:
    from smallnet.simulations.platform import Platform

__all__ = ["Friendships", "draw_friendships", "friends_inside"]

BLOCK = 9_000_000  # pairs held at a time
EXACT_PEOPLE = 3_000  # up to here the chance of every pair is kept, for the truth


@dataclass(frozen=True)
class Friendships:
    """Pairs of friends, each pair of people at most once.

    Attributes
    ----------
    ego, alter : ndarray, shape (pairs,)
        Row of the person; ``ego < alter``.
    since : ndarray, shape (pairs,)
        Days; ``-inf`` for those from before the watch.
    first, second : ndarray, shape (pairs,)
        Membership of ego and of alter in the group where they met; -1 for the old ones.
    chance : ndarray, shape (people, people), or None
        Chance of an old friendship, above the diagonal.
    """

    ego: IntArray
    alter: IntArray
    since: RealArray
    first: IntArray
    second: IntArray
    chance: npt.NDArray[np.float32] | None

    def made(self, start: RealArray, leave: RealArray) -> npt.NDArray[np.bool_]:
        """Tell which pairs met: both were in the group at that moment."""
        old = self.first < 0
        both = np.ones(old.size, dtype=np.bool_)
        for end in (self.first, self.second):
            both &= (start[end] <= self.since) & (self.since < leave[end])
        return old | both


def draw_friendships(
    platform: Platform, slots: Slots, happen: Happenings | None = None, *, rng: np.random.Generator
) -> Friendships:
    """Draw old friendships, and the moments at which members of a group may become friends.

    Nobody meets where friending is forbidden; a group made for a reward has no old friends.
    """
    old_rng, new_rng = rng.spawn(2)
    happen = happen or Happenings()
    ego, alter, chance = _old_friendships(platform, _of_friends(slots, happen), rng=old_rng)
    first, second, since = _chances_to_meet(platform, slots, rng=new_rng)
    free = ~without_friending(happen.rule, slots.group[first], since)
    first, second, since = first[free], second[free], since[free]
    one, two = slots.person[first], slots.person[second]
    swap = one > two
    one, two = np.where(swap, two, one), np.where(swap, one, two)
    first, second = np.where(swap, second, first), np.where(swap, first, second)
    order = np.argsort(since, kind="stable")
    key = np.concatenate([ego * platform.people + alter, (one * platform.people + two)[order]])
    kept = np.zeros(key.size, dtype=np.bool_)
    kept[np.unique(key, return_index=True)[1]] = True  # a pair meets once, at the first chance
    none = np.full(ego.size, -1, dtype=np.int64)
    return Friendships(
        np.concatenate([ego, one[order]])[kept],
        np.concatenate([alter, two[order]])[kept],
        np.concatenate([np.full(ego.size, -np.inf), since[order]])[kept],
        np.concatenate([none, first[order]])[kept],
        np.concatenate([none, second[order]])[kept],
        chance,
    )


def _of_friends(slots: Slots, happen: Happenings) -> Slots:
    if happen.rewards is None:
        return slots
    kept = ~happen.rewards.fission[slots.group]
    return Slots(slots.person[kept], slots.group[kept], slots.start[kept], slots.founder[kept])


def _old_friendships(
    platform: Platform, slots: Slots, *, rng: np.random.Generator
) -> tuple[IntArray, IntArray, npt.NDArray[np.float32] | None]:
    """Bernoulli pairs; weight = product of sociabilities, times the odds if they share a group."""
    p = platform
    theta = np.exp(rng.normal(0.0, p.sociability_sd, p.people))
    theta /= theta.mean()
    ones = np.ones(slots.person.size, dtype=np.float32)
    incidence = csr_array((ones, (slots.person, slots.group)), shape=(p.people, p.groups))
    step = max(1, BLOCK // p.people)
    blocks = [slice(low, min(low + step, p.people)) for low in range(0, p.people, step)]
    whole = len(blocks) == 1
    dense = incidence.toarray() if whole else None

    def weigh(block: slice) -> npt.NDArray[np.float32]:
        weight = np.outer(theta[block], theta).astype(np.float32)
        if p.inside_friend_odds != 1:
            if dense is not None:
                shared = dense[block] @ dense.T
            else:
                shared = (incidence[block] @ incidence.T).toarray()
            weight[shared > 0] *= p.inside_friend_odds
        weight[
            np.arange(block.stop - block.start)[:, None] + block.start >= np.arange(p.people)
        ] = 0
        return weight

    kept = weigh(blocks[0]) if whole else None
    total = sum(float((weigh(b) if kept is None else kept).sum(dtype=np.float64)) for b in blocks)
    scale = np.float32(0.5 * p.people * p.friends_per_person / total if total > 0 else 0.0)
    ego, alter, chance = [], [], None
    for block in blocks:
        chance = -np.expm1(-scale * (weigh(block) if kept is None else kept))
        row, column = np.nonzero(rng.random(chance.shape, dtype=np.float32) < chance)
        ego.append(row.astype(np.int64) + block.start)
        alter.append(column.astype(np.int64))
    exact = whole and p.people <= EXACT_PEOPLE
    return np.concatenate(ego), np.concatenate(alter), chance if exact else None


def _chances_to_meet(
    platform: Platform, slots: Slots, *, rng: np.random.Generator
) -> tuple[IntArray, IntArray, RealArray]:
    """Moments at which a member may befriend another, uniform since joining."""
    p = platform
    span = p.days - slots.start
    count = rng.poisson(0.5 * p.friends_per_day * span)  # each of the two may begin
    first = np.repeat(np.arange(slots.person.size), count)
    since = slots.start[first] + span[first] * rng.random(first.size)
    size = np.bincount(slots.group, minlength=p.groups)
    begin = np.concatenate([[0], np.cumsum(size)])
    place = slots.group[first]
    second = begin[place] + rng.integers(0, size[place]) if first.size else first
    other = first != second
    return first[other], second[other].astype(np.int64), since[other]


def friends_inside(
    slots: Slots, friends: Friendships, leave: RealArray, moment: RealArray, n_people: int
) -> IntArray:
    """Count each member's friends who are in the same group at a moment of the member's own.

    Parameters
    ----------
    slots : Slots
        Memberships.
    friends : Friendships
        Pairs; those who never met are left out here.
    leave : ndarray, shape (memberships,)
        Days; ``inf`` for who stays.
    moment : ndarray, shape (memberships,)
        Days.
    n_people : int
        People in the world.

    Returns
    -------
    ndarray, shape (memberships,)
        Friends inside.
    """
    n_groups = int(slots.group.max()) + 1 if slots.group.size else 0
    met = np.flatnonzero(friends.made(slots.start, leave))
    where = np.full((n_people, n_groups), -1, dtype=np.int32)
    where[slots.person, slots.group] = np.arange(slots.person.size)
    count = np.zeros(slots.person.size, dtype=np.int64)
    step = max(1, BLOCK // max(n_groups, 1))
    for low in range(0, met.size, step):
        pair = met[low : low + step]
        one, two = where[friends.ego[pair]], where[friends.alter[pair]]
        row, column = np.nonzero((one >= 0) & (two >= 0))
        since = friends.since[pair][row]
        for mine, theirs in ((one, two), (two, one)):
            me, friend = mine[row, column], theirs[row, column]
            at = moment[me]
            inside = (since <= at) & (slots.start[friend] <= at) & (at < leave[friend])
            count += np.bincount(me[inside], minlength=count.size)
    return count
