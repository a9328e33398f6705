"""Who leaves when: a hazard by days since joining, and by friends inside at the landmark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from smallnet.simulations.acquaintances import Friendships, friends_inside
from smallnet.simulations.rosters import GroupDraw, IntArray, RealArray, Slots

if TYPE_CHECKING:
    from smallnet.simulations.platform import Platform

__all__ = ["LANDMARK_DAYS", "Stays", "draw_leaving", "expected_first_days_ratio"]

NEW_DAYS = 3.0  # days 0, 1, 2
LANDMARK_DAYS = 7.0
SETTLED_DAYS = 15.0  # after days 3-14
EDGES = np.array([0.0, NEW_DAYS, LANDMARK_DAYS, SETTLED_DAYS, np.inf])


@dataclass(frozen=True)
class Stays:
    """End of each membership, days; shape (memberships,)."""

    leave: RealArray  # by the member's own will; inf for who stays
    friends: IntArray  # inside at the landmark


def draw_leaving(
    platform: Platform,
    groups: GroupDraw,
    slots: Slots,
    friends: Friendships,
    *,
    rng: np.random.Generator,
) -> Stays:
    """Draw the moment at which every member leaves.

    Notes
    -----
    Who leaves early takes away a friend of others and chances to meet. Each leaving depends only
    on earlier ones, so repeating the count and the draw, with the same chance, settles.
    """
    p = platform
    tenure = np.maximum(-slots.start, 0.0)  # when the watch begins
    patience = rng.exponential(1.0, slots.person.size)
    base = p.leaves_per_day * groups.restlessness[slots.group]
    landmark = slots.start + LANDMARK_DAYS
    counted = np.zeros(slots.person.size, dtype=np.int64)
    leave = _leave(p, base, np.ones_like(base), tenure, patience, slots.start)
    if p.friends_ratio == 1:
        return Stays(leave, counted)
    while True:
        there_until = np.minimum(leave, groups.closed[slots.group])
        counted = friends_inside(slots, friends, there_until, landmark, p.people)
        factor = p.friends_ratio ** counted.astype(np.float64)
        again = _leave(p, base, factor, tenure, patience, slots.start)
        if np.array_equal(again, leave):
            return Stays(leave, counted)
        leave = again


def _rates(p: Platform, factor: RealArray) -> tuple[RealArray, ...]:
    one = np.ones_like(factor)
    return p.newcomer_ratio * one, one, factor, p.settled_ratio * factor


def _leave(
    p: Platform,
    base: RealArray,
    factor: RealArray,
    tenure: RealArray,
    patience: RealArray,
    start: RealArray,
) -> RealArray:
    """Invert the cumulative hazard, which is linear between the edges."""
    left = patience.copy()
    age = tenure.copy()
    stay = np.full(base.size, np.inf)
    for low, high, rate in zip(EDGES[:-1], EDGES[1:], _rates(p, factor), strict=True):
        hazard = base * rate
        begin = np.maximum(age, low)
        length = np.maximum(high - begin, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            wait = np.where(hazard > 0, left / hazard, np.inf)
        here = np.isinf(stay) & (wait < length)
        stay = np.where(here, begin + wait, stay)
        spent = np.where(np.isfinite(length), hazard * np.where(np.isfinite(length), length, 0), 0)
        left = left - spent
    return start + stay


def expected_first_days_ratio(
    platform: Platform, groups: GroupDraw, slots: Slots, stays: Stays
) -> float:
    """Hazard in days 0-2 over hazard in days 3-14, weighted by who is at risk.

    It is ``newcomer_ratio`` itself, unless friends keep people after the landmark: days 3-14
    then hold two hazards.
    """
    p = platform
    if p.friends_ratio == 1:
        return p.newcomer_ratio
    age = np.maximum(-slots.start, 0.0)
    until = np.minimum(stays.leave, p.days) - slots.start
    base = groups.restlessness[slots.group]
    factor = p.friends_ratio ** stays.friends.astype(np.float64)
    events, risk = [], []
    for low, high, rate in zip(EDGES[:-1], EDGES[1:], _rates(p, factor), strict=True):
        at_risk = np.maximum(np.minimum(until, high) - np.maximum(age, low), 0.0)
        events.append(float((base * rate * at_risk).sum()))
        risk.append(float((base * at_risk).sum()))
    first, later = risk[0], risk[1] + risk[2]
    if not (first > 0 and later > 0):
        return p.newcomer_ratio
    return (events[0] / first) / ((events[1] + events[2]) / later)
