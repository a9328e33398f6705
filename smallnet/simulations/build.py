"""From drawn numbers to tables: one world, put together part by part.

Every part has its own child of the generator, so leaving out a table changes no other.
"""

from __future__ import annotations

import datetime as dtm
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from smallnet.simulations import (
    acquaintances,
    chatter,
    closeness,
    gifts,
    leaving,
    outreach,
    rosters,
    seedings,
    sharing,
    viewing,
    weariness,
)
from smallnet.simulations.chatter import DAY_S, Messages, SizeSteps, Spells
from smallnet.simulations.happenings import draw_happenings, events_frame
from smallnet.simulations.labels import frame, ids, moments, named
from smallnet.simulations.layout import (
    Layout,
    groups_frame,
    interaction_frames,
    memberships_frame,
    opportunities_frame,
    sharing_frames,
)
from smallnet.simulations.rosters import IntArray, RealArray
from smallnet.simulations.truths import Drawn, tell_truth
from smallnet.simulations.world import World
from smallnet.tables import Study

if TYPE_CHECKING:
    from smallnet.simulations.platform import Platform

__all__ = ["DEFAULT_TABLES", "EXTRA_TABLES", "TABLES", "build_world", "tables_of"]

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
EXTRA_TABLES = (
    "exposures",
    "events",
    "surveys",
    "transactions",
)  # of platforms to which something is added
DEFAULT_TABLES = tuple(name for name in TABLES if name != "opportunities")
NEEDS_TALK = frozenset({"interactions", "recipients"})
NEEDS_SHARES = frozenset({"shares", "adoptions", "opportunities"})
NEEDS_VIEWS = frozenset({"exposures", "surveys"})
BOT_REACH = 0.2  # share of groups in which a machine stands


def tables_of(platform: Platform) -> tuple[str, ...]:
    """Give the names of the tables that a platform can make."""
    p = platform
    parts = (p.campaign, p.rule, p.incentive, p.fission, p.packets, p.seeding, p.outreach)
    added = any(part is not None for part in parts)
    other = p.campaign is not None or p.seeding is not None  # shares
    tables = [name for name in TABLES if name != "opportunities" or not other]
    return (
        *tables,
        *(EXTRA_TABLES[0:1] if other or p.viewing else ()),
        *(EXTRA_TABLES[1:2] if added else ()),
        *(EXTRA_TABLES[2:3] if p.viewing and not other else ()),
        *(EXTRA_TABLES[3:4] if p.outreach else ()),
    )


def build_world(platform: Platform, wanted: frozenset[str], *, rng: np.random.Generator) -> World:
    """Draw everything and lay it out as tables."""
    society, membership, friend, leave, talk, mention, share, adopt, truth = rng.spawn(9)
    people_rng, group_rng, bot_rng, slot_rng, name_rng = society.spawn(5)
    happen_rng, buy_rng = society.spawn(2)
    p = platform
    talk_z = people_rng.standard_normal(p.people)
    joining = p.joining_sd * people_rng.standard_normal(p.people)
    groups, happen = draw_happenings(p, rosters.draw_groups(p, rng=group_rng), rng=happen_rng)
    slots = rosters.draw_slots(p, groups, talk_z, joining, rng=slot_rng)
    friends = acquaintances.draw_friendships(p, slots, happen, rng=friend)
    stays = leaving.draw_leaving(p, groups, slots, friends, rng=leave)

    watch = round(p.days * DAY_S)
    out = np.minimum(stays.leave, groups.closed[slots.group])
    stop = np.minimum(out, p.days)
    start = np.floor(slots.start * DAY_S).astype(np.int64)
    begin = np.clip(start, 0, watch - 1)
    end = np.clip(np.floor(stop * DAY_S).astype(np.int64), begin + 1, watch)
    spells = Spells(slots.person, slots.group, begin, end)
    gone = out < p.days
    met = friends.made(slots.start, out)
    since = np.where(np.isfinite(friends.since), np.floor(friends.since * DAY_S), -1.0)
    pairs = (friends.ego[met], friends.alter[met], since[met].astype(np.int64))
    old = np.isinf(friends.since[met])

    layout = Layout(p, ids("p", p.people + p.bots), ids("g", p.groups), p.starts)
    stand = bot_rng.random((p.groups, p.bots)) < BOT_REACH
    bot_group, bot = np.nonzero(stand)
    drawn = Drawn(groups, slots, stays, spells, gone, friends, met, happen)
    frames: dict[str, pd.DataFrame] = {
        "people": frame(
            person=layout.people, bot=pa.array(np.arange(p.people + p.bots) >= p.people)
        ),
        "groups": groups_frame(layout, groups, happen, rng=name_rng),
        "memberships": memberships_frame(
            layout, spells, start, gone, slots.founder, (bot_group, bot), happen, rng=membership
        ),
        "friendships": frame(
            person=named(layout.people, pairs[0]),
            friend=named(layout.people, pairs[1]),
            since=moments(pairs[2], p.starts, ~old),
        ),
    }
    if wanted & (NEEDS_TALK | NEEDS_SHARES | NEEDS_VIEWS):
        steps = chatter.size_steps(p, groups, spells, happen.steps, rng=talk)
        drawn.steps = steps
    if wanted & NEEDS_TALK or (p.closeness is not None and wanted & NEEDS_SHARES) or p.weariness:
        drawn.talkativeness = np.exp(p.talk_sd * talk_z - 0.5 * p.talk_sd**2)
        said = _all_messages(
            p, groups, spells, steps, drawn.talkativeness, start, pairs, (bot_group, bot), rng=talk
        )
        drawn.messages = said
        frames |= interaction_frames(layout, spells, said, happen, rng=mention)
        if p.weariness is not None:
            texts = frames["interactions"]["fingerprint"]
            mutes = drawn.mutes = weariness.draw_mutes(p, spells, said, texts, rng=mention)
            frames["memberships"] = weariness.mute_memberships(layout, frames["memberships"], mutes)
    if wanted & (NEEDS_SHARES | {"exposures"}) and p.campaign is not None:
        drawn.gifts = gifts.draw_gifts(p, spells, pairs, rng=share)
        frames |= gifts.gift_frames(layout, drawn.gifts)
        frames["people"]["used_before"] = np.concatenate(
            [drawn.gifts.users, np.zeros(p.bots, dtype=np.bool_)]
        )
    elif wanted & (NEEDS_SHARES | {"exposures", "events"}) and p.seeding is not None:
        drawn.seedings = seedings.draw_seedings(p, spells, pairs, rng=share)
        frames |= seedings.seeding_frames(layout, drawn.seedings)
    elif wanted & (NEEDS_SHARES | NEEDS_VIEWS):
        passed = sharing.draw_shares(p, spells, steps, pairs, rng=share)
        if p.closeness is not None and drawn.messages is not None:
            passed = closeness.pick_close(p, passed, drawn.messages, steps, pairs, rng=share)
        drawn.shares = passed
        frames |= _taken_up(p, layout, drawn, pairs, rng=adopt)
        if "opportunities" in wanted:
            frames["opportunities"] = opportunities_frame(layout, passed, pairs, steps)
    if "events" in wanted:
        members = outreach.members_when(p, spells)
        frames["events"] = events_frame(layout, groups, happen, members, drawn.seedings)
    if "transactions" in wanted and happen.worked is not None:
        bought = outreach.draw_purchases(p, spells, happen.worked, rng=buy_rng)
        frames["transactions"] = outreach.purchase_frame(layout, bought)
    made = {name: frames[name] for name in (*TABLES, *EXTRA_TABLES) if name in wanted}
    return World(made, tell_truth(p, drawn, made, rng=truth), _study(p, wanted))


def _taken_up(
    p: Platform,
    layout: Layout,
    drawn: Drawn,
    pairs: tuple[IntArray, IntArray, IntArray],
    *,
    rng: np.random.Generator,
) -> dict[str, pd.DataFrame]:
    """Draw who takes up what was shared, and lay it out."""
    spells, passed = drawn.spells, drawn.shares
    if passed is None:
        return {}
    if p.viewing is None:
        taken = sharing.draw_adoptions(p, spells, passed, pairs, rng=rng)
        return sharing_frames(layout, passed, taken)
    seen = drawn.seen = viewing.draw_viewing(p, spells, passed, pairs, rng=rng)
    frames = viewing.viewing_frames(layout, seen, passed)
    frames |= sharing_frames(layout, passed, seen.taken)
    if p.viewing.copies is not None:
        frames["shares"]["copies"] = seen.copies
    return frames


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
            "reads": "exposures" in wanted,
            "joining": member,
            "leaving": member,
            "muting": member,
            "lurkers": member,
            "cross_group_ties": pair or said,
        },
    )
