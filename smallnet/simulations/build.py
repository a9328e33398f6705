"""From drawn numbers to tables: one world, put together part by part.

Every part has its own child of the generator, so leaving out a table changes no other.
"""

from __future__ import annotations

import datetime as dtm
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from smallnet.simulations import acquaintances, chatter, leaving, rosters, sharing
from smallnet.simulations.chatter import DAY_S, Messages, SizeSteps, Spells
from smallnet.simulations.labels import digests, frame, ids, moments, named
from smallnet.simulations.names import draw_names
from smallnet.simulations.rosters import IntArray, RealArray
from smallnet.simulations.truths import Drawn, tell_truth
from smallnet.simulations.world import World
from smallnet.tables import CHANNELS, Study

if TYPE_CHECKING:
    from smallnet.simulations.platform import Platform

__all__ = ["DEFAULT_TABLES", "TABLES", "build_world"]

TABLES = (
    "people",
    "groups",
    "memberships",
    "friendships",
    "interactions",
    "recipients",
    "shares",
    "adoptions",
    "opportunities",
)
DEFAULT_TABLES = tuple(name for name in TABLES if name != "opportunities")
NEEDS_TALK = frozenset({"interactions", "recipients"})
NEEDS_SHARES = frozenset({"shares", "adoptions", "opportunities"})
TEMPLATES = 12  # "1", "+1", "收到": texts that everybody repeats
REPLY_WITHIN_S = 2 * DAY_S
VIA = np.array(["created", "invited", "link"])
CREATED, INVITED, LINK = 0, 1, 2
BOT_REACH = 0.2  # share of groups in which a machine stands


def build_world(platform: Platform, wanted: frozenset[str], *, rng: np.random.Generator) -> World:
    """Draw everything and lay it out as tables."""
    society, membership, friend, leave, talk, mention, share, adopt, truth = rng.spawn(9)
    people_rng, group_rng, bot_rng, slot_rng, name_rng = society.spawn(5)
    p = platform
    talk_z = people_rng.standard_normal(p.people)
    joining = p.joining_sd * people_rng.standard_normal(p.people)
    groups = rosters.draw_groups(p, rng=group_rng)
    slots = rosters.draw_slots(p, groups, talk_z, joining, rng=slot_rng)
    friends = acquaintances.draw_friendships(p, slots, rng=friend)
    stays = leaving.draw_leaving(p, groups, slots, friends, rng=leave)

    watch = round(p.days * DAY_S)
    stop = np.minimum(np.minimum(stays.leave, groups.closed[slots.group]), p.days)
    start = np.floor(slots.start * DAY_S).astype(np.int64)
    begin = np.clip(start, 0, watch - 1)
    end = np.clip(np.floor(stop * DAY_S).astype(np.int64), begin + 1, watch)
    spells = Spells(slots.person, slots.group, begin, end)
    gone = np.minimum(stays.leave, groups.closed[slots.group]) < p.days
    met = friends.made(slots.start, stays.leave)
    since = np.where(np.isfinite(friends.since), np.floor(friends.since * DAY_S), -1.0)
    pairs = (friends.ego[met], friends.alter[met], since[met].astype(np.int64))
    old = np.isinf(friends.since[met])

    layout = _Layout(p, ids("p", p.people + p.bots), ids("g", p.groups), p.starts)
    stand = bot_rng.random((p.groups, p.bots)) < BOT_REACH
    bot_group, bot = np.nonzero(stand)
    drawn = Drawn(groups, slots, stays, spells, gone, friends, met)
    frames: dict[str, pd.DataFrame] = {
        "people": frame(
            person=layout.people, bot=pa.array(np.arange(p.people + p.bots) >= p.people)
        ),
        "groups": _groups_frame(layout, groups, rng=name_rng),
        "memberships": _memberships_frame(
            layout, spells, start, gone, slots.founder, (bot_group, bot), rng=membership
        ),
        "friendships": frame(
            person=named(layout.people, pairs[0]),
            friend=named(layout.people, pairs[1]),
            since=moments(pairs[2], p.starts, ~old),
        ),
    }
    if wanted & (NEEDS_TALK | NEEDS_SHARES):
        steps = chatter.size_steps(p, groups, spells, rng=talk)
        drawn.steps = steps
    if wanted & NEEDS_TALK:
        drawn.talkativeness = np.exp(p.talk_sd * talk_z - 0.5 * p.talk_sd**2)
        said = _all_messages(
            p, groups, spells, steps, drawn.talkativeness, start, pairs, (bot_group, bot), rng=talk
        )
        drawn.messages = said
        mentions = _mentions(p, spells, said, rng=mention)
        names = ids("m", said.when.size)
        frames["interactions"] = _interactions_frame(layout, said, names, rng=mention)
        frames["recipients"] = frame(
            interaction=named(names, mentions[0]),
            person=named(layout.people, mentions[1]),
            role=pa.array(np.full(mentions[0].size, "mention", dtype=object), pa.string()),
        )
    if wanted & NEEDS_SHARES:
        passed = sharing.draw_shares(p, spells, steps, pairs, rng=share)
        taken = sharing.draw_adoptions(p, spells, passed, pairs, rng=adopt)
        drawn.shares = passed
        frames |= _sharing_frames(layout, passed, taken)
        if "opportunities" in wanted:
            frames["opportunities"] = _opportunities_frame(layout, passed, pairs, steps)
    made = {name: frames[name] for name in TABLES if name in wanted}
    return World(made, tell_truth(p, drawn, made, rng=truth), _study(p, wanted))


@dataclass(frozen=True)
class _Layout:
    """What every table needs: the parameters, and the names of people and groups."""

    platform: Platform
    people: pa.Array
    groups: pa.Array
    starts: dtm.datetime


def _groups_frame(
    layout: _Layout, groups: rosters.GroupDraw, *, rng: np.random.Generator
) -> pd.DataFrame:
    names, kinds = draw_names(layout.platform.groups, rng=rng)
    born = np.floor(groups.born * DAY_S).astype(np.int64)
    closed = np.floor(np.where(np.isinf(groups.closed), 0, groups.closed) * DAY_S).astype(np.int64)
    return frame(
        group=layout.groups,
        created_at=moments(born, layout.starts),
        closed_at=moments(closed, layout.starts, np.isfinite(groups.closed)),
        kind=pa.array(kinds),
        friending_allowed=pa.array([True] * len(kinds)),
        roster=pa.array(["complete"] * len(kinds)),
        name=pa.array(names),
    )


def _memberships_frame(
    layout: _Layout,
    spells: Spells,
    start: IntArray,
    gone: np.ndarray,
    founder: np.ndarray,
    bots: tuple[IntArray, IntArray],
    *,
    rng: np.random.Generator,
) -> pd.DataFrame:
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
    muted = rng.random(n) < muting[spells.person]
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


def _all_messages(
    p: Platform,
    groups: rosters.GroupDraw,
    spells: Spells,
    steps: SizeSteps,
    talkativeness: RealArray,
    start: IntArray,
    pairs: tuple[IntArray, IntArray, IntArray],
    bots: tuple[IntArray, IntArray],
    *,
    rng: np.random.Generator,
) -> Messages:
    public, private, machine = rng.spawn(3)
    parts = [
        chatter.draw_messages(p, groups, spells, steps, talkativeness, rng=public),
        chatter.draw_private(p, *pairs, rng=private),
        chatter.draw_bot_messages(p, bots[0], bots[1] + p.people, rng=machine),
    ]
    if p.system_messages:
        parts.append(chatter.join_notices(spells, start >= 0))
    return chatter.stack(parts)


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
    return answer


def _interactions_frame(
    layout: _Layout, said: Messages, names: pa.Array, *, rng: np.random.Generator
) -> pd.DataFrame:
    p, n = layout.platform, said.when.size
    text = (said.kind == chatter.TEXT) & (said.sender < p.people)
    rate = sharing.leanings(p.repetition, 0.2, p.groups, rng=rng)
    stock = (said.group >= 0) & (rng.random(n) < rate[np.maximum(said.group, 0)])
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


def _sharing_frames(
    layout: _Layout, passed: sharing.Shares, taken: sharing.Adoptions
) -> dict[str, pd.DataFrame]:
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


def _opportunities_frame(
    layout: _Layout,
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


def _study(p: Platform, wanted: frozenset[str]) -> Study:
    shared, said = "shares" in wanted, "interactions" in wanted
    member, pair = "memberships" in wanted, "friendships" in wanted
    return Study(
        name=p.name,
        observed_from=p.starts,
        observed_until=p.starts + dtm.timedelta(seconds=round(p.days * DAY_S)),
        timezone="UTC",
        time_resolution="1s",
        source="simulated by smallnet.simulations.platform",
        licence="CC0-1.0",
        coverage={
            "feed": shared,
            "private": shared or said,
            "reads": False,
            "joining": member,
            "leaving": member,
            "muting": member,
            "lurkers": member,
            "cross_group_ties": pair or said,
        },
    )
