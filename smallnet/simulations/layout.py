"""The tables of a world, from drawn numbers: one function a table."""

from __future__ import annotations

import datetime as dtm
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from smallnet.simulations import chatter, rosters, sharing, weariness
from smallnet.simulations.chatter import DAY_S, Messages, SizeSteps, Spells
from smallnet.simulations.happenings import Happenings
from smallnet.simulations.labels import digests, frame, ids, moments, named
from smallnet.simulations.names import draw_names
from smallnet.simulations.replying import answer_back
from smallnet.simulations.rosters import IntArray
from smallnet.tables import CHANNELS

if TYPE_CHECKING:
    from smallnet.simulations.platform import Platform

__all__ = [
    "Layout",
    "groups_frame",
    "interaction_frames",
    "memberships_frame",
    "opportunities_frame",
    "sharing_frames",
]

TEMPLATES = 12  # "1", "+1", "收到": texts that everybody repeats
REPLY_WITHIN_S = 2 * DAY_S
VIA = np.array(["created", "invited", "link"])
CREATED, INVITED, LINK = 0, 1, 2


@dataclass(frozen=True)
class Layout:
    """What every table needs: the parameters, and the names of people and groups."""

    platform: Platform
    people: pa.Array
    groups: pa.Array
    starts: dtm.datetime


def groups_frame(
    layout: Layout,
    groups: rosters.GroupDraw,
    happen: Happenings,
    *,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Lay out the groups, with a name each as an attribute.

    ``friending_allowed`` is as the watch begins; when a rule is lifted stands in the events.
    """
    names, kinds = draw_names(layout.platform.groups, rng=rng)
    if happen.rewards is not None:
        kinds = np.where(happen.rewards.fission, "fission", "friends").tolist()
    allowed = np.ones(len(kinds), dtype=np.bool_) if happen.rule is None else ~happen.rule.ruled
    born = np.floor(groups.born * DAY_S).astype(np.int64)
    closed = np.floor(np.where(np.isinf(groups.closed), 0, groups.closed) * DAY_S).astype(np.int64)
    return frame(
        group=layout.groups,
        created_at=moments(born, layout.starts),
        closed_at=moments(closed, layout.starts, np.isfinite(groups.closed)),
        kind=pa.array(kinds),
        friending_allowed=pa.array(allowed),
        roster=pa.array(["complete"] * len(kinds)),
        name=pa.array(names),
    )


def memberships_frame(
    layout: Layout,
    spells: Spells,
    start: IntArray,
    gone: np.ndarray,
    founder: np.ndarray,
    bots: tuple[IntArray, IntArray],
    happen: Happenings,
    *,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Lay out who was where from when until when, who invited whom, and who muted."""
    p, n = layout.platform, spells.person.size
    size = np.bincount(spells.group, minlength=p.groups)
    first = np.cumsum(size) - size
    new = start >= 0
    inviter = chatter.pick_member(
        spells, first, size, spells.group, spells.start, spells.person, rng=rng
    )
    inviter = np.where(new & ~founder & (rng.random(n) < p.invited_share), inviter, -1)
    known = new | (rng.random(n) < p.joined_known)
    via = np.where(founder, CREATED, np.where(inviter >= 0, INVITED, LINK))
    via = np.where(known, via, -1)
    muting = sharing.leanings(p.muted_share, p.muting_varies, p.people, rng=rng)
    muted = rng.random(n) < _chance_to_mute(p, happen, muting[spells.person], spells.group)
    muted_at = start + np.floor((spells.end - start) * rng.random(n)).astype(np.int64)
    muted_known = muted & ((muted_at >= 0) | known)
    vague = gone & (rng.random(n) >= p.left_known)
    watch = round(p.days * DAY_S)
    left_by = spells.end + np.floor((watch - spells.end) * rng.random(n)).astype(np.int64)
    bot_group, bot = bots
    more, none = bot.size, np.zeros(bot.size, dtype=np.int64)
    never = np.zeros(more, dtype=np.bool_)

    def both(values: np.ndarray, of_bots: np.ndarray) -> np.ndarray:
        return np.concatenate([values, of_bots])

    return frame(
        group=named(layout.groups, both(spells.group, bot_group)),
        person=named(layout.people, both(spells.person, bot + p.people)),
        joined_at=moments(both(start, none), layout.starts, both(known, never)),
        left_at=moments(both(spells.end, none), layout.starts, both(gone & ~vague, never)),
        left_by=moments(both(left_by, none), layout.starts, both(vague, never)),
        invited_by=named(layout.people, both(inviter, none - 1)),
        via=named(pa.array(VIA.tolist()), both(via, none - 1)),
        muted=pa.array(both(muted, never), mask=both(~np.ones(n, dtype=np.bool_), ~never)),
        muted_at=moments(both(muted_at, none), layout.starts, both(muted_known, never)),
        role=named(pa.array(["owner", "member", "bot"]), both(np.where(founder, 0, 1), none + 2)),
    )


def _chance_to_mute(
    p: Platform, happen: Happenings, chance: rosters.RealArray, group: IntArray
) -> rosters.RealArray:
    """Turn the chance by how much the group repeats itself."""
    if happen.noise is None or p.incentive is None:
        return chance
    tenths = (happen.noise.repetition[group] - p.repetition) / 0.1
    odds = p.incentive.muting_odds**tenths
    turned: rosters.RealArray = chance * odds / (1.0 - chance + chance * odds)
    return turned


def interaction_frames(
    layout: Layout, spells: Spells, said: Messages, happen: Happenings, *, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Lay out what was said, and whom messages mention."""
    row, who = _mentions(layout.platform, spells, said, rng=rng)
    names = ids("m", said.when.size)
    return {
        "interactions": _interactions_frame(layout, said, names, happen, rng=rng),
        "recipients": frame(
            interaction=named(names, row),
            person=named(layout.people, who),
            role=pa.array(["mention"] * row.size, pa.string()),
        ),
    }


def _mentions(
    p: Platform, spells: Spells, said: Messages, *, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Give rows of messages, and whom each of them mentions."""
    talk = (said.group >= 0) & (said.kind != chatter.SYSTEM) & (said.sender < p.people)
    row = np.flatnonzero(talk & (rng.random(said.when.size) < p.mention_share))
    size = np.bincount(spells.group, minlength=p.groups)
    who = chatter.pick_member(
        spells,
        np.cumsum(size) - size,
        size,
        said.group[row],
        said.when[row],
        said.sender[row],
        rng=rng,
    )
    return row[who >= 0], who[who >= 0]


def _replies(p: Platform, said: Messages, *, rng: np.random.Generator) -> IntArray:
    """Give for each message the row of the one it answers, a few before in its group, or -1."""
    answer = np.full(said.when.size, -1, dtype=np.int64)
    rows = np.flatnonzero((said.group >= 0) & (said.kind != chatter.SYSTEM))
    rows = rows[np.argsort(said.group[rows], kind="stable")]  # by group, then time
    back = rng.geometric(0.5, rows.size)
    position = np.arange(rows.size) - back
    target = rows[np.maximum(position, 0)]
    chance = np.where(said.kind[rows] == chatter.REACTION, 1.0, p.reply_share)
    good = (position >= 0) & (rng.random(rows.size) < chance) & (said.sender[rows] < p.people)
    good &= (said.group[target] == said.group[rows]) & (said.sender[target] != said.sender[rows])
    good &= said.when[rows] - said.when[target] < REPLY_WITHIN_S
    answer[rows[good]] = target[good]
    if p.reciprocity == 0:
        return answer
    turned = rng.random(rows.size) < p.reciprocity
    return answer_back(answer, rows, said.group, said.sender, said.when, turned, REPLY_WITHIN_S)


def _interactions_frame(
    layout: Layout,
    said: Messages,
    names: pa.Array,
    happen: Happenings,
    *,
    rng: np.random.Generator,
) -> pd.DataFrame:
    p, n = layout.platform, said.when.size
    text = (said.kind == chatter.TEXT) & (said.sender < p.people)
    rate = sharing.leanings(p.repetition, 0.2, p.groups, rng=rng)
    if happen.noise is not None:
        rate = happen.noise.repetition
    chance = rate[np.maximum(said.group, 0)]
    if p.weariness is not None:
        chance = weariness.repeated_share(p, said, rng=rng)
    stock = (said.group >= 0) & (rng.random(n) < chance)
    if happen.noise is not None and p.incentive is not None:
        stock |= happen.noise.in_window(said.group, said.when, p.incentive.hours) & (
            rng.random(n) < p.incentive.repeated_share
        )
    template = np.minimum(rng.geometric(0.35, n), TEMPLATES)
    base = np.uint64(rng.integers(0, 2**62))  # the key of the digest: other worlds, other digests
    words = np.where(stock, template, np.arange(n) + TEMPLATES + 1).astype(np.uint64)
    chars = np.where(stock, template, 1 + rng.lognormal(2.7, 0.9, n).astype(np.int64))
    return frame(
        interaction=names,
        sender=named(layout.people, said.sender),
        at=moments(said.when, layout.starts),
        group=named(layout.groups, said.group),
        recipient=named(layout.people, said.recipient),
        kind=named(pa.array(chatter.KINDS.tolist()), said.kind.astype(np.int64)),
        reply_to=named(names, _replies(p, said, rng=rng)),
        fingerprint=named(digests(words + base), np.where(text, np.arange(n), -1)),
        n_chars=pa.array(chars, mask=~text),
    )


def sharing_frames(
    layout: Layout, passed: sharing.Shares, taken: sharing.Adoptions
) -> dict[str, pd.DataFrame]:
    """Lay out shares and adoptions."""
    p, n = layout.platform, passed.sharer.size
    names = ids("s", n)
    items = ids("i", p.items)
    channels = pa.array(CHANNELS)
    parent = _parents(p, passed, taken)
    return {
        "shares": frame(
            share=names,
            item=named(items, passed.item),
            sharer=named(layout.people, passed.sharer),
            channel=named(channels, passed.channel.astype(np.int64)),
            shared_at=moments(passed.when, layout.starts),
            group=named(layout.groups, passed.group),
            recipient=named(layout.people, passed.recipient),
            parent=named(names, parent),
            audience=pa.array(passed.audience),
        ),
        "adoptions": frame(
            person=named(layout.people, taken.person),
            item=named(items, taken.item),
            adopted_at=moments(taken.when, layout.starts),
            via_share=named(names, taken.share),
        ),
    }


def opportunities_frame(
    layout: Layout,
    passed: sharing.Shares,
    pairs: tuple[IntArray, IntArray, IntArray],
    steps: SizeSteps,
) -> pd.DataFrame:
    """Lay out the menu of each share: every own group, every friend, the feed."""
    p, menus, n = layout.platform, passed.menus, passed.sharer.size
    of_friend, friend = sharing.open_friends(pairs, passed.sharer, passed.when, p.people)
    lines = np.concatenate([menus.share, of_friend, np.arange(n)])
    channel = np.repeat([0, 1, 2], [menus.share.size, of_friend.size, n])
    group, recipient = np.full((2, lines.size), -1, dtype=np.int64)
    group[channel == 0] = menus.group
    recipient[channel == 1] = friend
    order = np.argsort(lines, kind="stable")
    lines, channel = lines[order], channel[order]
    group, recipient = group[order], recipient[order]
    at = passed.when[lines]
    return frame(
        person=named(layout.people, passed.sharer[lines]),
        at=moments(at, layout.starts),
        channel=named(pa.array(CHANNELS), channel),
        group=named(layout.groups, group),
        recipient=named(layout.people, recipient),
        size=pa.array(steps.size_at(np.maximum(group, 0), at), mask=group < 0),
    )


def _parents(p: Platform, passed: sharing.Shares, taken: sharing.Adoptions) -> IntArray:
    """Give the share through which the sharer had taken the item up before, or -1."""
    key = passed.sharer * p.items + passed.item
    had = taken.person * p.items + taken.item
    parent = np.full(key.size, -1, dtype=np.int64)
    if not had.size:
        return parent
    order = np.argsort(had)
    row = order[np.minimum(np.searchsorted(had[order], key), had.size - 1)]
    good = (had[row] == key) & (taken.when[row] < passed.when)
    parent[good] = taken.share[row[good]]
    return parent
