"""Who passes what on to whom: the choice of a channel and of a group, and who takes it up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from smallnet.simulations.chatter import DAY_S, SizeSteps, Spells, pick_member
from smallnet.simulations.rosters import IntArray, RealArray

if TYPE_CHECKING:
    from smallnet.simulations.platform import Platform

__all__ = [
    "Adoptions",
    "Menus",
    "Shares",
    "draw_adoptions",
    "draw_shares",
    "leanings",
    "open_friends",
    "small_target_ratio",
]

GROUP, FRIEND, FEED = 0, 1, 2
WORLDS = 64  # draws of the groups' popularity behind the expected ratio
ADOPTION_DAYS = 0.5  # mean wait between seeing and taking up


@dataclass(frozen=True)
class Menus:
    """Groups that lay open to each share to a group; one row a share and group.

    ``begin`` holds the first row of each share; rows of one share stand together.
    """

    begin: IntArray
    share: IntArray
    group: IntArray
    small: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Shares:
    """Shares in the order of time; -1 where there is no group, no recipient or no parent."""

    sharer: IntArray
    when: IntArray
    item: IntArray
    channel: npt.NDArray[np.int8]
    group: IntArray
    recipient: IntArray
    audience: IntArray
    menus: Menus


@dataclass(frozen=True)
class Adoptions:
    """Who took up what, through which share."""

    person: IntArray
    item: IntArray
    when: IntArray
    share: IntArray


def draw_shares(
    platform: Platform,
    spells: Spells,
    steps: SizeSteps,
    friends: tuple[IntArray, IntArray, IntArray],
    *,
    rng: np.random.Generator,
) -> Shares:
    """Draw shares of people who have at least a group and, unless nobody has any, a friend.

    Parameters
    ----------
    platform : Platform
        The parameters.
    spells : Spells
        Stays inside the watch.
    steps : SizeSteps
        Sizes.
    friends : tuple of ndarray
        Ego, alter and since (seconds) of every pair.
    rng : numpy.random.Generator
        Chance.
    """
    p = platform
    watch = round(p.days * DAY_S)
    eager = rng.normal(-0.5 * p.sharing_sd**2, p.sharing_sd, p.people)
    count = rng.poisson(p.shares_per_person * np.exp(eager))
    leaning = leanings(p.private_share, p.private_varies, p.people, rng=rng)
    sharer = np.repeat(np.arange(p.people), count)
    at = np.sort(rng.integers(0, watch, sharer.size))
    sharer = sharer[rng.permutation(sharer.size)]
    ego, alter, since = _both_ways(friends)
    share, group = _open_groups(spells, sharer, at, p.people)
    n_groups = np.bincount(share, minlength=sharer.size)
    friend_begin = np.searchsorted(ego, np.arange(p.people + 1))
    friend = np.full(sharer.size, -1, dtype=np.int64)
    for _ in range(4):  # tries to find one who is a friend by then
        row = np.flatnonzero((friend < 0) & (np.diff(friend_begin)[sharer] > 0))
        pick = friend_begin[sharer[row]] + rng.integers(0, np.diff(friend_begin)[sharer[row]])
        good = since[pick] <= at[row]
        friend[row[good]] = alter[pick[good]]
    keep = (n_groups > 0) & ((friend >= 0) | (ego.size == 0))
    renumber = np.cumsum(keep) - 1
    open_ = keep[share]
    share, group = renumber[share[open_]], group[open_]
    sharer, at, friend = sharer[keep], at[keep], friend[keep]
    private = rng.random(sharer.size) < leaning[sharer]
    to_group = rng.random(sharer.size) < (p.group_share if ego.size else 1.0)
    channel = np.where(private, np.where(to_group, GROUP, FRIEND), FEED).astype(np.int8)
    size = steps.size_at(group, at[share])
    menus = Menus(
        np.searchsorted(share, np.arange(sharer.size + 1)), share, group, size < p.small_group
    )
    popularity = rng.normal(0.0, p.popularity_sd, p.groups)
    target = _choose(menus, popularity[group] + np.log(p.small_group_odds) * menus.small, rng=rng)
    target = np.where(channel == GROUP, target, -1)
    friend = np.where(channel == FRIEND, friend, -1)
    at_group = np.maximum(target, 0)
    known = np.diff(friend_begin)[sharer]
    inside = steps.size_at(at_group, at) - 1
    audience = np.select([channel == GROUP, channel == FRIEND], [inside, 1], known)
    item = (rng.random(sharer.size) ** 2 * p.items).astype(np.int64)  # some items are popular
    return Shares(sharer, at, item, channel, target, friend, audience, menus)


def leanings(mean: float, varies: float, n: int, *, rng: np.random.Generator) -> RealArray:
    """Draw each person's chance: beta of a mean, ``varies`` = correlation of two choices."""
    if varies == 0 or mean in (0.0, 1.0):
        return np.full(n, mean)
    strength = (1.0 - varies) / varies
    return rng.beta(mean * strength, (1.0 - mean) * strength, n)


def _both_ways(friends: tuple[IntArray, IntArray, IntArray]) -> tuple[IntArray, IntArray, IntArray]:
    one, two, since = friends
    ego, alter = np.concatenate([one, two]), np.concatenate([two, one])
    order = np.argsort(ego, kind="stable")
    return ego[order], alter[order], np.concatenate([since, since])[order]


def _open_groups(
    spells: Spells, sharer: IntArray, at: IntArray, n_people: int
) -> tuple[IntArray, IntArray]:
    """Give the groups of each sharer at that moment, a row each, in the order of the shares."""
    order = np.argsort(spells.person, kind="stable")
    begin = np.searchsorted(spells.person[order], np.arange(n_people + 1))
    count = np.diff(begin)[sharer]
    share = np.repeat(np.arange(sharer.size), count)
    nth = np.arange(share.size) - np.repeat(np.cumsum(count) - count, count)
    row = order[begin[sharer[share]] + nth]
    open_ = spells.holds(row, at[share])
    return share[open_], spells.group[row[open_]]


def open_friends(
    friends: tuple[IntArray, IntArray, IntArray], sharer: IntArray, at: IntArray, n_people: int
) -> tuple[IntArray, IntArray]:
    """Give the friends of each sharer at that moment, a row each, in the order of the shares."""
    ego, alter, since = _both_ways(friends)
    begin = np.searchsorted(ego, np.arange(n_people + 1))
    count = np.diff(begin)[sharer]
    share = np.repeat(np.arange(sharer.size), count)
    row = np.arange(share.size) - np.repeat(np.cumsum(count) - count, count)
    row += begin[sharer[share]]
    open_ = since[row] <= at[share]
    return share[open_], alter[row[open_]]


def _choose(menus: Menus, utility: RealArray, *, rng: np.random.Generator) -> IntArray:
    """Choose one group a share with chance proportional to ``exp(utility)``."""
    if not menus.share.size:
        return np.zeros(menus.begin.size - 1, dtype=np.int64)
    key = utility + rng.gumbel(size=utility.size)
    best = np.maximum.reduceat(key, menus.begin[:-1])
    winner = np.flatnonzero(key == best[menus.share])
    target = np.empty(menus.begin.size - 1, dtype=np.int64)
    target[menus.share[winner]] = menus.group[winner]
    return target


def small_target_ratio(
    platform: Platform, shares: Shares, *, rng: np.random.Generator
) -> tuple[float, float]:
    """Give the expected share of targets under ``small_group``, over that with no preference.

    Returns
    -------
    tuple of float
        The ratio; and the expected share without preference, from the menus at hand. The groups'
        popularity is averaged over fresh draws: the ratio belongs to the platform, not to chance.
    """
    p, menus = platform, shares.menus
    used = (shares.channel == GROUP)[menus.share]
    if not used.any():
        return float("nan"), float("nan")
    share, small, group = menus.share[used], menus.small[used], menus.group[used]
    n = shares.sharer.size
    plain = np.bincount(share, small, n) / np.maximum(np.bincount(share, minlength=n), 1)
    expected = float(plain.sum() / (shares.channel == GROUP).sum())
    if p.small_group_odds == 1 or expected == 0:
        return 1.0 if expected > 0 else float("nan"), expected
    odds = np.where(small, p.small_group_odds, 1.0)
    total = 0.0
    for _ in range(WORLDS if p.popularity_sd else 1):
        weight = odds * np.exp(rng.normal(0.0, p.popularity_sd, p.groups))[group]
        chosen = np.bincount(share, weight * small, n)
        total += float((chosen / np.maximum(np.bincount(share, weight, n), 1e-300)).sum())
    total /= WORLDS if p.popularity_sd else 1
    return total / float(plain.sum()), expected


def draw_adoptions(
    platform: Platform,
    spells: Spells,
    shares: Shares,
    friends: tuple[IntArray, IntArray, IntArray],
    *,
    rng: np.random.Generator,
) -> Adoptions:
    """Draw who of the audience takes the item up, each person an item once."""
    p = platform
    watch = round(p.days * DAY_S)
    count = rng.poisson(p.adoption_rate * np.maximum(shares.audience, 0))
    share = np.repeat(np.arange(shares.sharer.size), count)
    channel, sharer, at = shares.channel[share], shares.sharer[share], shares.when[share]
    first = np.searchsorted(spells.group, np.arange(p.groups))
    size = np.bincount(spells.group, minlength=p.groups)
    member = pick_member(
        spells, first, size, np.maximum(shares.group[share], 0), at, sharer, rng=rng
    )
    ego, alter, since = _both_ways(friends)
    begin = np.searchsorted(ego, np.arange(p.people + 1))
    known = np.diff(begin)[sharer]
    follower = np.full(share.size, -1, dtype=np.int64)
    some = np.flatnonzero(known > 0)
    pick = begin[sharer[some]] + rng.integers(0, known[some])
    follower[some] = np.where(since[pick] <= at[some], alter[pick], -1)
    who = np.select(
        [channel == GROUP, channel == FRIEND], [member, shares.recipient[share]], follower
    )
    when = at + 60 + (rng.exponential(ADOPTION_DAYS * DAY_S, share.size)).astype(np.int64)
    good = (who >= 0) & (when < watch)
    share, who, when = share[good], who[good], when[good]
    order = np.argsort(when, kind="stable")
    share, who, when = share[order], who[order], when[order]
    key = who * p.items + shares.item[share]
    once = np.sort(np.unique(key, return_index=True)[1])
    return Adoptions(who[once], shares.item[share[once]], when[once], share[once])
