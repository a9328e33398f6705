"""The truth of a world: for each claim the number that its test estimates, in its definition."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from smallnet.simulations.acquaintances import Friendships
from smallnet.simulations.chatter import DAY_S, REACTION, SYSTEM, Messages, SizeSteps, Spells
from smallnet.simulations.closeness import tell_closeness
from smallnet.simulations.gifts import Gifts
from smallnet.simulations.happenings import Happenings
from smallnet.simulations.leaving import LANDMARK_DAYS, Stays, expected_first_days_ratio
from smallnet.simulations.outreach import members_when, tell_outreach
from smallnet.simulations.packets import tell_packets
from smallnet.simulations.rosters import GroupDraw, RealArray, Slots
from smallnet.simulations.seedings import Seedings, tell_seedings
from smallnet.simulations.sharing import Shares, small_target_ratio
from smallnet.simulations.truths_added import tell_added
from smallnet.simulations.viewing import Seen, tell_viewing
from smallnet.simulations.weariness import Mutes, tell_weariness

if TYPE_CHECKING:
    from smallnet.simulations.platform import Platform

__all__ = ["Drawn", "tell_truth"]

DEAD_AFTER_DAYS = 30.0
MANY_GROUPS = 10
EVERYONE = 0.05  # quantile
PAIRS_PER_STRETCH = 200  # friendships of one stretch of time are rewired together
MOMENTS = 20  # at which memberships are looked at for that


@dataclass
class Drawn:
    """What was drawn on the way to the tables."""

    groups: GroupDraw
    slots: Slots
    stays: Stays
    spells: Spells
    gone: npt.NDArray[np.bool_]
    friends: Friendships
    met: npt.NDArray[np.bool_]
    happen: Happenings
    steps: SizeSteps | None = None
    talkativeness: RealArray | None = None
    messages: Messages | None = None
    shares: Shares | None = None
    gifts: Gifts | None = None
    seedings: Seedings | None = None
    seen: Seen | None = None
    mutes: Mutes | None = None


def tell_truth(
    platform: Platform,
    drawn: Drawn,
    frames: Mapping[str, pd.DataFrame],
    *,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Give the truth by claim, the parameters, and counts of rows."""
    p = platform
    told: dict[str, Any] = {
        "world": p.name,
        "S01": _private(p, drawn, frames.get("opportunities")),
        "S03": _small_targets(p, drawn, rng=rng),
        "S05": _size(p, drawn),
        "T30": _threshold(p),
        "S08": {
            "estimate": p.friends_ratio,
            "effect": "hazard ratio of leaving per friend inside at the landmark",
            "landmark_days": LANDMARK_DAYS,
            "friends_per_day": p.friends_per_day,
        },
        "S13": _muted(p, drawn),
        "S14": _groups_held(drawn),
        "S15": _inside(p, drawn) if "friendships" in frames else None,
        "S16": {
            "estimate": expected_first_days_ratio(p, drawn.groups, drawn.slots, drawn.stays),
            "effect": "hazard ratio of leaving, days 0-2 over days 3-14",
        },
    }
    told |= tell_added(p, drawn.happen, drawn.groups, drawn.gifts)
    if drawn.mutes is not None:
        told |= tell_weariness(p)
        muted = drawn.mutes.before | np.isfinite(drawn.mutes.when)
        told["S13"]["estimate"] = _share(muted[~drawn.gone])
    if p.closeness is not None:
        told |= tell_closeness(p)
    if drawn.seen is not None and drawn.shares is not None:
        told |= tell_viewing(p, drawn.seen, drawn.shares)
    if drawn.seedings is not None:
        told |= tell_seedings(p, drawn.seedings)
    if p.packets is not None and p.incentive is None:
        told["S20"] = tell_packets(p.packets)
    if drawn.happen.worked is not None:
        members = members_when(p, drawn.spells)
        told["S24"] = tell_outreach(p, drawn.happen.worked, members)
    return told | {
        "parameters": p.to_dict(),
        "counts": {name: len(table) for name, table in frames.items()},
    }


def _private(p: Platform, drawn: Drawn, menu: pd.DataFrame | None) -> dict[str, Any]:
    shares = drawn.shares
    null = 0.5  # two buttons; or the mean private part of the menus
    if menu is not None and len(menu):
        private = (menu["channel"] != "feed").groupby([menu["person"], menu["at"]])
        null = float(private.mean().mean())
    realised = None if shares is None else _share(shares.channel < 2)
    return {
        "estimate": p.private_share,
        "effect": "share of shares that are private",
        "null": null,
        "realised": realised,
    }


def _small_targets(p: Platform, drawn: Drawn, *, rng: np.random.Generator) -> dict[str, Any]:
    ratio, expected = (
        (float("nan"), float("nan"))
        if drawn.shares is None
        else small_target_ratio(p, drawn.shares, rng=rng)
    )
    return {
        "estimate": _known(ratio),
        "effect": f"observed over expected share of targets under {p.small_group} members",
        "expected_share": _known(expected),
        "odds_ratio": p.small_group_odds,
    }


def _size(p: Platform, drawn: Drawn) -> dict[str, Any]:
    smooth = p.break_ratio == 1 and p.kink_slope == 1
    rate = p.rate_per_doubling
    elasticity: float | None = None
    if smooth:
        elasticity = 1.0 + float(np.log2(rate)) if p.sorting == 0 else _elasticity(p, drawn)
    return {
        "estimate": rate if smooth else None,
        "effect": "rate ratio per doubling of size, same person, between groups",
        "within": p.rate_per_doubling_within if smooth else None,
        "total_elasticity": elasticity,
        "log2_estimate": float(np.log2(rate)) if smooth else None,
    }


def _elasticity(p: Platform, drawn: Drawn) -> float | None:
    """Elasticity of a group's expected total where talkers sort by size.

    It is that of the size effect, plus the slope of the members' mean talkativeness in log size:
    quasi-Poisson, since a mean of few people is skew and its logarithm low.
    """
    if drawn.talkativeness is None:
        return None
    spells = drawn.spells
    days = (spells.end - spells.start) / DAY_S
    heads = np.bincount(spells.group, days, p.groups)
    talk = np.bincount(spells.group, drawn.talkativeness[spells.person] * days, p.groups)
    there = heads > 0
    heads, talk = heads[there], talk[there]
    size = np.log(heads) - np.log(heads).mean()
    if there.sum() < 3 or np.ptp(size) == 0:
        return None
    level, slope = np.log(talk.sum() / heads.sum()), 0.0
    for _ in range(50):
        mean = heads * np.exp(level + slope * size)
        x = np.stack([np.ones_like(size), size])
        step = np.linalg.solve((x * mean) @ x.T, x @ (talk - mean))
        level, slope = level + step[0], slope + step[1]
    return _known(float(1.0 + np.log2(p.rate_per_doubling) + slope))


def _threshold(p: Platform) -> dict[str, Any]:
    step, kink = p.break_ratio != 1, p.kink_slope != 1
    parts = [name for name, there in (("step", step), ("kink", kink)) if there]
    smooth = "smooth" if p.rate_per_doubling != 1 else "none"
    return {
        "estimate": p.break_at if parts else None,
        "effect": "size at which the rate breaks, members",
        "shape": " and ".join(parts) if parts else smooth,
        "contains_small_group": bool(parts) and p.break_at == p.small_group,
        "rate_ratio_at_break": p.break_ratio,
        "rate_ratio_at_small_group": p.break_ratio if p.break_at == p.small_group else 1.0,
        "kink_per_doubling": p.kink_slope,
    }


def _muted(p: Platform, drawn: Drawn) -> dict[str, Any]:
    said, groups = drawn.messages, drawn.groups
    held = np.bincount(drawn.spells.group[~drawn.gone], minlength=p.groups) > 0
    open_ = np.isinf(groups.closed) & held
    dead: float | None = None
    if said is not None:
        talk = (said.group >= 0) & (said.sender < p.people)
        talk &= (said.kind != SYSTEM) & (said.kind != REACTION)
        talk &= said.when >= (p.days - DEAD_AFTER_DAYS) * DAY_S
        alive = np.zeros(p.groups, dtype=np.bool_)
        alive[said.group[talk]] = True
        dead = _share(~alive[open_])
    return {
        "estimate": p.muted_share,
        "effect": "share of memberships muted",
        "dead_groups": dead,
        "open_groups": int(open_.sum()),
        "closed_groups": int(np.isfinite(groups.closed).sum()),
        "fallen_silent": int((groups.silent_from < p.days).sum()),
    }


def _groups_held(drawn: Drawn) -> dict[str, Any]:
    held = np.bincount(drawn.spells.person[~drawn.gone])
    held = held[held > 0]
    if not held.size:
        return {"estimate": None, "effect": "5 % quantile of groups a person"}
    return {
        "estimate": float(np.quantile(held, EVERYONE, method="inverted_cdf")),
        "effect": "5 % quantile of groups a person",
        "mean": float(held.mean()),
        "median": float(np.median(held)),
        "share_with_ten": float((held >= MANY_GROUPS).mean()),
    }


def _inside(p: Platform, drawn: Drawn) -> dict[str, Any]:
    """Odds of a friendship inside a group, over the odds when ties are rewired.

    ``estimate`` is about the platform: chances of old friendships against the product of the
    expected degrees. Where friends are made in groups too, and where there are too many people
    for that, it is the realised one: the pairs that are friends against the product of degrees.
    Old friendships are inside if the two share a group at any time, others at their moment.
    """
    shared = _shared(p, drawn.spells)
    friends, met = drawn.friends, drawn.met
    pairs = np.stack([friends.ego[met], friends.alter[met]])
    since = np.floor(friends.since[met] * DAY_S)
    timed = since >= 0
    inside = shared[pairs[0], pairs[1]] | timed  # who met in the watch met in a group
    null = [(int((~timed).sum()), _null_share(shared, _degrees(p, pairs[:, ~timed])))]
    null += _null_by_time(p, drawn.spells, pairs[:, timed], since[timed])
    share, other = _share(inside), _weighted_mean(null)
    realised = _odds_ratio(share, other)
    expected = None
    if p.inside_friend_odds == 1 and p.friends_per_day == 0:
        expected = 1.0
    elif friends.chance is not None and p.friends_per_day == 0:
        chance = friends.chance
        mean = chance.sum(axis=0, dtype=np.float64) + chance.sum(axis=1, dtype=np.float64)
        one = float(chance[shared].sum(dtype=np.float64) / chance.sum(dtype=np.float64))
        expected = _odds_ratio(one, _null_share(shared, mean))
    return {
        "estimate": realised if expected is None else expected,
        "effect": "odds ratio of a friendship inside a group against rewired friendships",
        "realised": realised,
        "share_inside": share,
        "share_inside_null": _known(other),
        "planted_odds": p.inside_friend_odds,
    }


def _degrees(p: Platform, pairs: npt.NDArray[np.int64]) -> RealArray:
    return np.bincount(pairs.ravel(), minlength=p.people).astype(np.float64)


def _null_by_time(
    p: Platform, spells: Spells, pairs: npt.NDArray[np.int64], since: RealArray
) -> list[tuple[int, float]]:
    """Shares inside when friendships made in the watch are rewired with those of their time."""
    n = since.size
    if n == 0:
        return []
    pairs = pairs[:, np.argsort(since, kind="stable")]
    since = np.sort(since)
    many = int(np.clip(n // PAIRS_PER_STRETCH, 1, MOMENTS))
    shares = []
    for rows in np.array_split(np.arange(n), many):
        degree = _degrees(p, pairs[:, rows])
        looks = np.array_split(since[rows], min(-(-MOMENTS // many), rows.size))
        for look in looks:
            shares.append((look.size, _null_share(_shared_at(p, spells, np.median(look)), degree)))
    return shares


def _shared_at(p: Platform, spells: Spells, moment: float) -> npt.NDArray[np.bool_]:
    """Tell which pairs share a group at a moment."""
    now = (spells.start <= moment) & (moment < spells.end)
    where = np.zeros((p.people, p.groups), dtype=np.float32)
    where[spells.person[now], spells.group[now]] = 1.0
    shared: npt.NDArray[np.bool_] = where @ where.T > 0
    np.fill_diagonal(shared, False)
    return shared


def _weighted_mean(parts: list[tuple[int, float]]) -> float:
    counted = [(n, share) for n, share in parts if n]
    total = sum(n for n, _ in counted)
    return sum(n * share for n, share in counted) / total if total else float("nan")


def _shared(p: Platform, spells: Spells) -> npt.NDArray[np.bool_]:
    """Tell which pairs share a group at any moment of the watch."""
    shared = np.zeros((p.people, p.people), dtype=np.bool_)
    edge = np.searchsorted(spells.group, np.arange(p.groups + 1))
    for low, high in itertools.pairwise(edge):
        who, start, end = spells.person[low:high], spells.start[low:high], spells.end[low:high]
        together = (start[:, None] < end) & (start < end[:, None])
        shared[np.ix_(who, who)] |= together
    np.fill_diagonal(shared, False)
    return shared


def _null_share(shared: npt.NDArray[np.bool_], degree: RealArray) -> float:
    """Share inside when ties are rewired: pairs weighted by the product of degrees."""
    everything = degree.sum() ** 2 - (degree**2).sum()
    inside = degree @ (shared @ degree)
    return float(inside / everything) if everything > 0 else float("nan")


def _odds_ratio(one: float | None, other: float) -> float | None:
    if one is None or not (0 < one < 1 and 0 < other < 1):
        return None
    return float(one / (1 - one) / (other / (1 - other)))


def _share(hits: npt.NDArray[np.bool_]) -> float | None:
    return float(hits.mean()) if hits.size else None


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None
