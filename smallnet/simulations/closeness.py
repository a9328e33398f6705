"""Close pairs write to each other more, and sharers may pick whom they wrote to more (S04).

A target's pull is what the claim measures: log(1 + contacts before that moment), in standard
deviations over all lines of menus of its channel, and its place in the list of recent chats.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from smallnet.simulations.chatter import DAY_S, REACTION, SYSTEM, Messages, SizeSteps
from smallnet.simulations.mechanisms import Closeness
from smallnet.simulations.rosters import IntArray, RealArray
from smallnet.simulations.sharing import FRIEND, GROUP, Shares, open_friends

if TYPE_CHECKING:
    from smallnet.simulations.platform import Platform

__all__ = ["pick_close", "tell_closeness"]

HISTORY_DAYS = 7  # before the first share that counts: contact has to be seen first


def pick_close(
    platform: Platform,
    shares: Shares,
    said: Messages,
    steps: SizeSteps,
    friends: tuple[IntArray, IntArray, IntArray],
    *,
    rng: np.random.Generator,
) -> Shares:
    """Choose the targets of private shares anew, by closeness and recency.

    Parameters
    ----------
    platform : Platform
        The parameters; it has ``closeness``.
    shares : Shares
        Whose channels, sharers and moments stay as they are.
    said : Messages
        Everything that was said, in the order of time.
    steps : SizeSteps
        Sizes.
    friends : tuple of ndarray
        Ego, alter and since (seconds) of every pair.
    rng : numpy.random.Generator
        Chance.
    """
    p, span = platform, round(platform.days * DAY_S) + 1
    c = p.closeness or Closeness()
    talk = (said.kind != SYSTEM) & (said.kind != REACTION) & (said.sender < p.people)
    private = talk & (said.group < 0) & (said.recipient >= 0)
    one, two = said.sender[private], said.recipient[private]
    pair_key = np.minimum(one, two) * p.people + np.maximum(one, two)
    in_group = talk & (said.group >= 0)
    own_key = said.sender[in_group] * p.groups + said.group[in_group]
    to_friend = np.flatnonzero(shares.channel == FRIEND)
    nth, friend = open_friends(friends, shares.sharer[to_friend], shares.when[to_friend], p.people)
    line = to_friend[nth]
    sharer = shares.sharer[line]
    key = np.minimum(sharer, friend) * p.people + np.maximum(sharer, friend)
    pull = _pull(c, shares, line, key, pair_key, said.when[private], span)
    recipient = shares.recipient.copy()
    recipient[to_friend] = friend[_winners(line, pull, rng=rng)]
    used = (shares.channel == GROUP)[shares.menus.share]
    line, group = shares.menus.share[used], shares.menus.group[used]
    key = shares.sharer[line] * p.groups + group
    pull = _pull(c, shares, line, key, own_key, said.when[in_group], span)
    pull = pull + rng.normal(0.0, p.popularity_sd, p.groups)[group]
    target = shares.group.copy()
    target[shares.channel == GROUP] = group[_winners(line, pull, rng=rng)]
    inside = steps.size_at(np.maximum(target, 0), shares.when) - 1
    audience = np.where(target >= 0, inside, shares.audience)
    return dataclasses.replace(shares, recipient=recipient, group=target, audience=audience)


def _pull(
    c: Closeness,
    shares: Shares,
    line: IntArray,
    key: IntArray,
    contact_key: IntArray,
    contact_at: IntArray,
    span: int,
) -> RealArray:
    """Give the log weight of each line of the menus; lines of a share stand together."""
    if not line.size:
        return np.zeros(0)
    x = np.sort(contact_key * span + contact_at)
    begin = np.searchsorted(x, key * span)
    until = np.searchsorted(x, key * span + shares.when[line])
    strength = np.log1p(until - begin)
    counts = shares.when[line] >= HISTORY_DAYS * DAY_S
    sd = strength[counts].std() if counts.any() else 0.0
    z = strength / sd if sd > 0 else np.zeros(line.size)
    never = until == begin
    last = np.where(never, -1, x[np.maximum(until - 1, 0)] - key * span if x.size else -1)
    place = _places(line, last)
    pull: RealArray = np.log(c.strength_odds) * z - np.log(c.recency_odds) * np.log2(place)
    return pull


def _places(line: IntArray, last: npt.NDArray[Any]) -> RealArray:
    """Give each line's place in its menu by the last contact, ties in the middle of theirs."""
    order = np.lexsort((-last, line))
    begin = np.searchsorted(line, line[order])
    place = np.arange(line.size) - begin + 1.0
    change = np.concatenate([[True], (np.diff(line[order]) != 0) | (np.diff(last[order]) != 0)])
    tie = np.cumsum(change) - 1
    middle = np.bincount(tie, place) / np.bincount(tie)
    places = np.empty(line.size)
    places[order] = middle[tie]
    return places


def _winners(line: IntArray, pull: RealArray, *, rng: np.random.Generator) -> IntArray:
    """Choose one row of each menu with chance proportional to ``exp(pull)``."""
    if not line.size:
        return np.zeros(0, dtype=np.int64)
    key = pull + rng.gumbel(size=pull.size)
    first = np.flatnonzero(np.concatenate([[True], np.diff(line) != 0]))
    best = np.maximum.reduceat(key, first)
    nth = np.cumsum(np.concatenate([[True], np.diff(line) != 0])) - 1
    return np.flatnonzero(key == best[nth])


def tell_closeness(platform: Platform) -> dict[str, Any]:
    """Give the truth of S04."""
    c = platform.closeness or Closeness()
    return {
        "S04": {
            "estimate": c.strength_odds,
            "effect": "odds ratio of being chosen per standard deviation of prior contact",
            "recency_odds": c.recency_odds,
        }
    }
