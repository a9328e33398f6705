"""Operators work some groups and leave others alone, by chance; and who buys (S24)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from smallnet.simulations.chatter import DAY_S, Spells
from smallnet.simulations.labels import frame, moments, named
from smallnet.simulations.mechanisms import Outreach
from smallnet.simulations.rosters import IntArray, RealArray

if TYPE_CHECKING:
    from smallnet.simulations.layout import Layout
    from smallnet.simulations.platform import Platform

__all__ = ["Purchases", "draw_purchases", "members_when", "purchase_frame", "tell_outreach"]


@dataclass(frozen=True)
class Purchases:
    """Purchases in the order of time; arrays of shape (purchases,)."""

    person: IntArray
    when: IntArray  # seconds
    value: RealArray
    group: IntArray  # through whose outreach; -1 for those that come anyway


def members_when(p: Platform, spells: Spells) -> IntArray:
    """Members of every group when the outreach starts."""
    told = p.outreach or Outreach()
    at = told.starts_day * DAY_S
    inside = (spells.start <= at) & (at < spells.end)
    return np.bincount(spells.group[inside], minlength=p.groups).astype(np.int64)


def draw_purchases(
    platform: Platform,
    spells: Spells,
    worked: npt.NDArray[np.bool_],
    *,
    rng: np.random.Generator,
) -> Purchases:
    """Draw what people buy: at their own rate, and more while a group of theirs is worked."""
    p, told = platform, platform.outreach or Outreach()
    watch = round(p.days * DAY_S)
    eager = np.exp(rng.normal(-0.5 * told.buyers_sd**2, told.buyers_sd, p.people))
    own = np.repeat(
        np.arange(p.people), rng.poisson(told.purchases_per_day * p.days * eager, p.people)
    )
    at = rng.integers(0, watch, own.size)
    low = round(told.starts_day * DAY_S)
    high = min(round((told.starts_day + told.days) * DAY_S), watch)
    inside = (spells.start <= low) & (low < spells.end) & worked[spells.group]
    row = np.flatnonzero(inside)
    many = rng.poisson(told.extra_per_day * max(high - low, 0) / DAY_S, row.size)
    extra = np.repeat(row, many)
    late = rng.integers(low, max(high, low + 1), extra.size)
    person = np.concatenate([own, spells.person[extra]])
    when = np.concatenate([at, late])
    group = np.concatenate([np.full(own.size, -1, dtype=np.int64), spells.group[extra]])
    value = told.mean_value * rng.exponential(1.0, person.size)
    order = np.argsort(when, kind="stable")
    return Purchases(person[order], when[order], value[order], group[order])


def purchase_frame(layout: Layout, bought: Purchases) -> pd.DataFrame:
    """Lay out the transactions; nothing in them tells which came through the outreach."""
    return frame(
        person=named(layout.people, bought.person),
        at=moments(bought.when, layout.starts),
        value=pa.array(bought.value),
        source=pa.nulls(bought.person.size, pa.string()),
    )


def tell_outreach(
    platform: Platform, worked: npt.NDArray[np.bool_], members: IntArray
) -> dict[str, Any]:
    """Give the truth of S24."""
    p, told = platform, platform.outreach or Outreach()
    days = max(min(told.starts_day + told.days, p.days) - told.starts_day, 0.0)
    cost = float((told.group_cost + told.member_cost * members[worked]).sum())
    extra = told.extra_per_day * days
    return {
        "estimate": extra * float(members[worked].sum()) / cost if cost else None,
        "effect": "more purchases through the outreach, per cost",
        "more_per_member": extra,
        "cost": cost,
        "groups": {"outreach": int(worked.sum()), "hold-out": int((~worked).sum())},
    }
