"""The truth of what was added to a platform: rule, incentive, fission, gift campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from smallnet.simulations.gifts import FEED, FRIEND, GROUP, Gifts, chances
from smallnet.simulations.happenings import Happenings, incentive_level
from smallnet.simulations.rosters import GroupDraw

if TYPE_CHECKING:
    from smallnet.simulations.platform import Platform

__all__ = ["tell_added"]

WEEK_H = 168
BoolArray = npt.NDArray[np.bool_]


def tell_added(
    platform: Platform, happen: Happenings, groups: GroupDraw, gifts: Gifts | None
) -> dict[str, Any]:
    """Give the truth by claim of what the platform has; nothing for what it has not."""
    p, told = platform, {}
    if p.rule is not None:
        told["S09"] = _rule(p, happen)
    if p.incentive is not None:
        told |= _incentive(p)
    if p.fission is not None:
        told["S22"] = _fission(p, happen, groups)
    if gifts is not None:
        told |= _gifts(p, gifts)
    return told


def _rule(p: Platform, happen: Happenings) -> dict[str, Any]:
    """Group-time effects depend on the days since lifting alone."""
    r, rule = p.rule, happen.rule
    if r is None or rule is None:
        return {}
    steps = int(np.ceil(r.grows_days))
    lifted = np.flatnonzero(rule.lift < p.days)
    since = np.arange(int(np.ceil(p.days)))
    by_day = r.effect ** (np.minimum(since + 1, steps) / steps)
    days = np.maximum(p.days - rule.lift[lifted], 0).astype(np.int64)
    risk = (days[:, None] > since).sum(axis=0)  # groups that are watched so long after lifting
    mean = float((risk * by_day).sum() / risk.sum()) if risk.sum() else None
    waves, many = np.unique(rule.lift[lifted], return_counts=True)
    return {
        "estimate": mean,
        "effect": "rate ratio of messages after the rule is lifted, mean over group-days",
        "long_run": r.effect,
        "by_day_since": {int(k): float(by_day[k]) for k in since if risk[k]},
        "cohorts": {int(day): int(n) for day, n in zip(waves, many, strict=True)},
        "never_lifted": int((rule.ruled & ~(rule.lift < p.days)).sum()),
        "never_ruled": int((~rule.ruled).sum()),
        "quiet_ratio": r.quiet_ratio,
        "friends_per_day_once_allowed": p.friends_per_day,
    }


def _incentive(p: Platform) -> dict[str, Any]:
    if p.incentive is None:
        return {}
    i = p.incentive
    level = np.exp(incentive_level(p)[1:-1])
    after = np.concatenate([level, np.full(max(WEEK_H - level.size, 0), i.residual)])[:WEEK_H]
    return {
        "S20": {
            "estimate": i.boost,
            "effect": "rate ratio of messages while it is paid, against control moments",
            "hours": i.hours,
            "mean_in_the_week_after": float(after.mean()),
            "residual": i.residual,
        },
        "S17": {
            "estimate": i.muting_odds,
            "effect": "odds ratio of muting per .1 of the group's share of repeated texts",
            "leaving_hazard_ratio": i.leaving_ratio,
            "repeated_share_in_paid_windows": i.repeated_share,
        },
    }


def _fission(p: Platform, happen: Happenings, groups: GroupDraw) -> dict[str, Any]:
    """Hazards are constant, so ratios of deaths expected over group-days are exact."""
    f, rewards = p.fission, happen.rewards
    if f is None or rewards is None:
        return {}
    begin = np.maximum(groups.born, 0.0)
    until = np.minimum(groups.silent_from, p.days)
    before = np.clip(np.minimum(until, rewards.reward) - begin, 0.0, None)
    after = np.clip(until - np.maximum(begin, rewards.reward), 0.0, None)
    made = rewards.fission
    days = float((before + after)[made].sum())
    whole = float((before + f.hazard_ratio * after)[made].sum()) / days if days else None
    died = groups.silent_from < p.days
    return {
        "estimate": f.hazard_ratio,
        "effect": "hazard ratio of silence: fission groups once paid over groups of friends",
        "whole_life_ratio": whole,
        "deaths_per_day": f.deaths_per_day,
        "fission_groups": int(made.sum()),
        "died": {"fission": int(died[made].sum()), "friends": int(died[~made].sum())},
        "group_days": {
            "before_reward": float(before[made].sum()),
            "after_reward": float(after[made].sum()),
            "friends": float(before[~made].sum()),
        },
    }


def _gifts(p: Platform, gifts: Gifts) -> dict[str, Any]:
    c = p.campaign
    if c is None:
        return {}
    _see, take = chances(c, p.size_median, gifts.size, gifts.channel)
    small = (gifts.channel == GROUP) & (gifts.size < p.small_group)
    large = (gifts.channel == GROUP) & ~small
    seen = np.bincount(gifts.seen, minlength=gifts.giver.size)
    root = _roots(gifts)
    arms = {
        "friend": gifts.channel == FRIEND,
        "small_group": small,
        "large_group": large,
        "feed": gifts.channel == FEED,
    }
    channels = {name: _arm(gifts, links, root) for name, links in arms.items()}
    per_small, per_large = _mean(take[small], seen[small]), _mean(take[large], seen[large])
    whole = _arm(gifts, np.ones(gifts.giver.size, dtype=np.bool_), root)
    r = whole["reproduction_number"]
    seeds = int((gifts.parent < 0).sum())
    private = gifts.channel != FEED
    reach = {name: channels[name]["new_users_per_first_link"] for name in channels}
    return {
        "S01": {
            "estimate": c.group_share + c.friend_share,
            "effect": "share of links that are private",
            "null": 0.5,
            "realised": float(private.mean()) if private.size else None,
        },
        "S02": {
            "estimate": c.take_friend / c.take_feed if c.take_feed else None,
            "effect": "chance to take per exposure, to a friend over in the feed, copies left",
        },
        "S03": {
            "estimate": 1.0 if c.small_group_odds == 1 else None,
            "effect": f"observed over expected share of targets under {p.small_group} members",
            "odds_ratio": c.small_group_odds,
        },
        "S06": {
            "estimate": per_small / per_large if per_small and per_large else None,
            "effect": "chance to take per exposure, copies left, in small over in large groups",
            "per_doubling": c.take_size_ratio,
            "exposures_too_late": float((gifts.left == 0).mean()) if gifts.left.size else None,
        },
        "S07": {
            "estimate": _ratio(reach["small_group"], reach["feed"]),
            "effect": "new users per first link, tree and all, through small groups over the feed",
            "new_users_per_first_link": reach,
        },
        "campaign": {
            "first_givers": seeds,
            "users_before": int(gifts.users.sum()),
            "all": whole,
            "channels": channels,
            "below_replacement": None if r is None else r < 1,
            "expected_links": None if r is None or r >= 1 else seeds / (1 - r),
        },
    }


def _roots(gifts: Gifts) -> npt.NDArray[np.int64]:
    """Give the first link of each link's tree: parents come before, so doubling ends soon."""
    root = np.where(gifts.parent < 0, np.arange(gifts.parent.size), gifts.parent)
    while True:
        up = root[root]
        if np.array_equal(up, root):
            return root
        root = up


def _arm(gifts: Gifts, links: BoolArray, root: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Count what came of some links: copies, takers, new users, givers in turn."""
    n = int(links.sum())
    of_arm = links[gifts.taken]
    copies, taken = int(gifts.copies[links].sum()), int(of_arm.sum())
    new = int((of_arm & gifts.fresh).sum())
    child = gifts.parent >= 0
    next_ = int(links[gifts.parent[child]].sum())
    first = links & (gifts.parent < 0)
    tree = first[root[gifts.taken]] & gifts.fresh
    return {
        "links": n,
        "copies": copies,
        "copies_per_giver": _ratio(copies, n),
        "exposures": int(links[gifts.seen].sum()),
        "taken": taken,
        "take_up": _ratio(taken, copies),
        "new_users": new,
        "new_users_per_giver": _ratio(new, n),  # R if every new user gave in turn
        "givers_in_turn": next_,
        "reproduction_number": _ratio(next_, n),
        "first_links": int(first.sum()),
        "new_users_per_first_link": _ratio(int(tree.sum()), int(first.sum())),
    }


def _mean(values: npt.NDArray[np.float64], weights: npt.NDArray[np.int64]) -> float | None:
    return float(np.average(values, weights=weights)) if weights.sum() else None


def _ratio(one: float | None, other: float | None) -> float | None:
    return float(one / other) if one is not None and other else None
