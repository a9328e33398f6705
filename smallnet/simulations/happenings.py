"""What happens to groups: a rule that is lifted, moments that are paid, a reward that ends a group.

Times are days since the watch began where they are real numbers, seconds where whole.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from smallnet.simulations.labels import frame, ids, moments, named
from smallnet.simulations.mechanisms import Fission, FriendingRule, Incentive, Outreach
from smallnet.simulations.packets import Packets, draw_packets, packet_changes
from smallnet.simulations.rosters import GroupDraw, IntArray, RealArray
from smallnet.simulations.seedings import Seedings
from smallnet.simulations.sharing import leanings

if TYPE_CHECKING:
    from smallnet.simulations.layout import Layout
    from smallnet.simulations.platform import Platform

__all__ = [
    "Happenings",
    "Noise",
    "Rewards",
    "Rule",
    "Steps",
    "draw_happenings",
    "events_frame",
    "incentive_level",
    "without_friending",
]

DAY_S, HOUR_S = 86_400, 3_600
FALLOFFS = 6  # half-lives after which an incentive has worn off
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Steps:
    """Changes of groups' log message rate: where, when (seconds), by how much."""

    group: IntArray
    when: IntArray
    change: RealArray


@dataclass(frozen=True)
class Rule:
    """Who may not befriend whom; arrays of shape (groups,)."""

    ruled: BoolArray
    lift: RealArray  # days; inf where it is never lifted, or never was a rule


@dataclass(frozen=True)
class Noise:
    """Moments that are paid or not, and how much groups repeat themselves."""

    group: IntArray
    when: IntArray  # seconds
    paid: BoolArray
    repetition: RealArray  # shape (groups,): share of texts that are a template, outside of them

    def in_window(self, group: IntArray, at: IntArray, hours: float) -> BoolArray:
        """Tell which moments (seconds) of groups lie in a paid window."""
        if not self.paid.any():
            return np.zeros(group.size, dtype=np.bool_)
        span = float(max(self.when.max(), at.max(initial=0)) + hours * HOUR_S + 1)
        begin = np.sort(self.group[self.paid] * span + self.when[self.paid])
        x = group * span + at
        last = begin[np.maximum(np.searchsorted(begin, x, side="right") - 1, 0)]
        return (group >= 0) & (last <= x) & (x - last < hours * HOUR_S)


@dataclass(frozen=True)
class Rewards:
    """Groups made for a reward; arrays of shape (groups,)."""

    fission: BoolArray
    reward: RealArray  # days; inf for the others


@dataclass(frozen=True)
class Happenings:
    """All that happens; None where the platform has no such mechanism."""

    rule: Rule | None = None
    noise: Noise | None = None
    rewards: Rewards | None = None
    steps: Steps | None = None
    packets: Packets | None = None
    worked: BoolArray | None = None  # shape (groups,): by operators, not left alone


def draw_happenings(
    platform: Platform, groups: GroupDraw, *, rng: np.random.Generator
) -> tuple[GroupDraw, Happenings]:
    """Draw what happens, and change the groups to whom it happens.

    Returns
    -------
    tuple
        The groups (those made for a reward are born inside the watch; noise makes people leave),
        and what happens.
    """
    p = platform
    rule_rng, noise_rng, reward_rng = rng.spawn(3)
    packet_rng, work_rng = rng.spawn(2)
    rule = noise = rewards = packets = worked = None
    steps: list[Steps] = []
    if p.fission is not None:
        groups, rewards = _draw_rewards(p, groups, rng=reward_rng)
    if p.rule is not None:
        rule = _draw_rule(p, rng=rule_rng)
        steps += _rule_steps(p, rule)
    if p.incentive is not None:
        noise = _draw_noise(p, rng=noise_rng)
        steps += _noise_steps(p, noise)
        tenths = (noise.repetition - p.repetition) / 0.1
        groups = dataclasses.replace(
            groups, restlessness=groups.restlessness * p.incentive.leaving_ratio**tenths
        )
    if p.packets is not None:
        packets = draw_packets(p, rng=packet_rng)
        steps.append(Steps(*packet_changes(p.packets, packets)))
    if p.outreach is not None:
        many = round(p.outreach.treated_share * p.groups)
        worked = work_rng.permutation(p.groups) < many
    if not steps:
        return groups, Happenings(rule, noise, rewards, packets=packets, worked=worked)
    every = Steps(
        np.concatenate([s.group for s in steps]),
        np.concatenate([s.when for s in steps]),
        np.concatenate([s.change for s in steps]),
    )
    inside = (every.when < round(p.days * DAY_S)) & (every.change != 0)
    kept = Steps(every.group[inside], every.when[inside], every.change[inside])
    return groups, Happenings(rule, noise, rewards, kept, packets, worked)


def _draw_rule(p: Platform, *, rng: np.random.Generator) -> Rule:
    """Lift the rule in equally spaced waves; every wave has about as many groups."""
    r, n = p.rule or FriendingRule(), p.groups
    order = rng.permutation(n)
    ruled = np.zeros(n, dtype=np.bool_)
    many = round(r.ruled_share * n)
    ruled[order[:many]] = True
    never = round(r.never_share * many)
    lifted = order[never:many]
    waves = p.days * np.linspace(r.first_lift, r.last_lift, r.waves)
    lift = np.full(n, np.inf)
    lift[lifted] = np.floor(waves[np.arange(lifted.size) % r.waves])
    return Rule(ruled, lift)


def _rule_steps(p: Platform, rule: Rule) -> list[Steps]:
    told = p.rule or FriendingRule()
    ruled = np.flatnonzero(rule.ruled)
    quiet = np.full(ruled.size, np.log(told.quiet_ratio))
    lifted = np.flatnonzero(np.isfinite(rule.lift))
    days = int(np.ceil(told.grows_days))
    group = np.repeat(lifted, days)
    day = np.tile(np.arange(days), lifted.size)
    at = ((rule.lift[group] + day) * DAY_S).astype(np.int64)
    rise = np.full(group.size, np.log(told.effect) / days)
    return [Steps(ruled, np.zeros(ruled.size, dtype=np.int64), quiet), Steps(group, at, rise)]


def _draw_noise(p: Platform, *, rng: np.random.Generator) -> Noise:
    i = p.incentive or Incentive()
    chosen = np.flatnonzero(rng.random(p.groups) < i.groups_share)
    group = np.repeat(chosen, i.per_group)
    stretch = np.tile(np.arange(i.per_group), chosen.size)
    at = (stretch + rng.random(group.size)) * p.days / i.per_group
    hours = np.floor(at * DAY_S / HOUR_S).astype(np.int64)
    paid = rng.random(group.size) < i.paid_share
    repetition = leanings(p.repetition, 0.2, p.groups, rng=rng)
    return Noise(group, hours * HOUR_S, paid, repetition)


def _noise_steps(p: Platform, noise: Noise) -> list[Steps]:
    """Give a jump, then hourly steps down to what stays."""
    hours = (p.incentive or Incentive()).hours
    level = incentive_level(p)
    change = np.diff(np.concatenate([[0.0], level]))
    hour = np.arange(level.size - 1) + 0.0
    offset = np.concatenate([[0.0], hours + hour]) * HOUR_S
    group, at = noise.group[noise.paid], noise.when[noise.paid]
    return [
        Steps(
            np.repeat(group, offset.size),
            np.repeat(at, offset.size) + np.tile(offset.astype(np.int64), at.size),
            np.tile(change, at.size),
        )
    ]


def incentive_level(p: Platform) -> RealArray:
    """Give the log rate ratio while paid, then of each hour after, and last what stays."""
    i = p.incentive or Incentive()
    top, stays = np.log(i.boost), np.log(i.residual)
    hours = np.arange(int(np.ceil(FALLOFFS * i.falloff_hours)))
    fall = stays + (top - stays) * 0.5 ** ((hours + 0.5) / i.falloff_hours)
    return np.concatenate([[top], fall, [stays]])


def _draw_rewards(
    p: Platform, groups: GroupDraw, *, rng: np.random.Generator
) -> tuple[GroupDraw, Rewards]:
    """Make some groups for a reward, and let every group fall silent with its hazard."""
    f, n = p.fission or Fission(), p.groups
    fission = np.zeros(n, dtype=np.bool_)
    fission[rng.permutation(n)[: round(f.share * n)]] = True
    born = np.where(fission, rng.uniform(0.0, 0.5 * p.days, n), groups.born)
    wait = f.reward_days * (0.5 + 0.5 * rng.exponential(1.0, n))
    reward = np.where(fission, born + wait, np.inf)
    begin = np.maximum(born, 0.0)
    patience = rng.exponential(1.0, n)
    if f.deaths_per_day == 0:
        silent = np.full(n, np.inf)
    else:
        until = np.where(fission, f.deaths_per_day * wait, np.inf)
        late = np.where(fission, wait, 0.0) + (patience - np.where(fission, until, 0.0)) / (
            f.deaths_per_day * f.hazard_ratio
        )
        silent = begin + np.where(patience < until, patience / f.deaths_per_day, late)
    silent = np.where(silent < p.days, silent, np.inf)
    return dataclasses.replace(groups, born=born, silent_from=silent), Rewards(fission, reward)


def without_friending(rule: Rule | None, group: IntArray, at: RealArray) -> BoolArray:
    """Tell at which moments members of a group may not befriend each other."""
    if rule is None:
        return np.zeros(group.size, dtype=np.bool_)
    return rule.ruled[group] & (at < rule.lift[group])


def events_frame(
    layout: Layout,
    groups: GroupDraw,
    happen: Happenings,
    members: IntArray,
    seedings: Seedings | None = None,
) -> pd.DataFrame:
    """Lay out the events: lifted rules, paid moments and their controls, rewards, a campaign.

    ``members``, shape (groups,), are those when an outreach starts; it costs by the member.
    """
    p = layout.platform
    watch = p.days * DAY_S
    rows: list[tuple[IntArray, RealArray, RealArray, str, npt.NDArray[np.str_], bool]] = []
    if happen.rule is not None and p.rule is not None:
        lifted = np.flatnonzero(happen.rule.lift < p.days)
        none = np.full(lifted.size, np.nan)
        arm = np.full(lifted.size, "friending allowed")
        rows.append(
            (lifted, happen.rule.lift[lifted] * DAY_S, none, "rule", arm, p.rule.randomised)
        )
    if happen.noise is not None and p.incentive is not None:
        noise = happen.noise
        arm = np.where(noise.paid, "paid", "control")
        ends = np.minimum(noise.when + p.incentive.hours * HOUR_S, watch)
        rows.append((noise.group, noise.when.astype(float), ends, "incentive", arm, True))
    if happen.rewards is not None:
        paid = happen.rewards.reward
        there = np.flatnonzero(paid < np.minimum(groups.silent_from, p.days))
        none = np.full(there.size, np.nan)
        rows.append((there, paid[there] * DAY_S, none, "reward", np.full(there.size, ""), False))
    if p.campaign is not None:
        begin = p.campaign.starts_day * DAY_S
        ends = np.array([min(begin + p.campaign.days * DAY_S, watch)])
        one = np.array([begin])
        rows.append((np.array([-1]), one, ends, "campaign", np.array([""]), False))
    more: list[dict[str, Any]] = [{} for _ in rows]
    if happen.packets is not None and p.packets is not None:
        packets = happen.packets
        ends = np.minimum(packets.when + p.packets.hours * HOUR_S, watch)
        arm = np.full(packets.when.size, "")
        rows.append((packets.group, packets.when.astype(float), ends, "redpacket", arm, True))
        more.append({"amount": packets.amount})
    if happen.worked is not None and p.outreach is not None:
        rows.append(_outreach_rows(p, happen.worked))
        cost = p.outreach.group_cost + p.outreach.member_cost * np.asarray(members, dtype=float)
        more.append({"cost": np.where(happen.worked, cost, 0.0)})
    if seedings is not None and p.seeding is not None:
        broad = seedings.group < 0
        arm = np.where(broad, "broadcast", "group")
        none = np.full(broad.size, np.nan)
        rows.append((seedings.group, seedings.when.astype(float), none, "seeding", arm, True))
        cost = np.where(broad, p.seeding.broadcast_cost, p.seeding.group_cost)
        items = np.asarray(ids("i", broad.size).to_pylist(), dtype=object)
        more.append({"cost": cost, "item": items})
    group = np.concatenate([row[0] for row in rows]).astype(np.int64)
    start = np.floor(np.concatenate([row[1] for row in rows])).astype(np.int64)
    end = np.concatenate([row[2] for row in rows])
    sizes = [row[0].size for row in rows]
    kind = np.repeat([row[3] for row in rows], sizes)
    arm = np.concatenate([row[4] for row in rows]).astype(object)
    chance = np.repeat([row[5] for row in rows], sizes)
    order = np.lexsort((group, start))
    known = np.isfinite(end[order])
    made = frame(
        event=ids("e", group.size),
        kind=pa.array(kind[order].tolist(), pa.string()),
        starts_at=moments(start[order], layout.starts),
        group=named(layout.groups, group[order]),
        ends_at=moments(np.where(known, end[order], 0).astype(np.int64), layout.starts, known),
        randomised=pa.array(chance[order]),
        arm=pa.array([a or None for a in arm[order]], pa.string()),
    )
    for name in sorted({name for part in more for name in part}):
        none = np.array([None]) if name == "item" else np.array([np.nan])
        values = [part.get(name, none.repeat(n)) for part, n in zip(more, sizes, strict=True)]
        made[name] = np.concatenate(values)[order]
    return made


def _outreach_rows(
    p: Platform, worked: BoolArray
) -> tuple[IntArray, RealArray, RealArray, str, npt.NDArray[np.str_], bool]:
    """One row a group, worked or held out."""
    told = p.outreach or Outreach()
    every = np.arange(p.groups)
    start = np.full(p.groups, told.starts_day * DAY_S)
    ends = np.full(p.groups, min(told.starts_day + told.days, p.days) * DAY_S)
    return every, start, ends, "outreach", np.where(worked, "outreach", "hold-out"), True
