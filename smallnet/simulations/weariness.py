"""Groups repeat themselves more in some weeks, and members who are weary of it mute them (S17).

A member's hazard of muting on a day depends on the texts of the seven days before: on their
redundancy, 1 - H / log2(n) of n texts with entropy H, and on how many messages there were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from smallnet.simulations.chatter import DAY_S, REACTION, SYSTEM, Messages, Spells
from smallnet.simulations.labels import moments
from smallnet.simulations.mechanisms import Weariness
from smallnet.simulations.rosters import IntArray, RealArray
from smallnet.simulations.sharing import leanings

if TYPE_CHECKING:
    from smallnet.simulations.layout import Layout
    from smallnet.simulations.platform import Platform

__all__ = ["Mutes", "draw_mutes", "mute_memberships", "repeated_share", "tell_weariness"]

WINDOW_DAYS, FEWEST_TEXTS = 7, 5
WEEK_S = 7 * DAY_S


@dataclass(frozen=True)
class Mutes:
    """When members mute; shape (memberships,)."""

    before: npt.NDArray[np.bool_]  # the watch
    when: RealArray  # seconds; inf for who does not within the watch


def repeated_share(platform: Platform, said: Messages, *, rng: np.random.Generator) -> RealArray:
    """Give each message's chance to be a template: one number a group and week."""
    p, w = platform, platform.weariness or Weariness()
    weeks = int(np.ceil(p.days / 7.0))
    share = leanings(w.repeated_share, w.repeated_varies, p.groups * weeks, rng=rng)
    week = np.clip(said.when // WEEK_S, 0, weeks - 1)
    return share[np.maximum(said.group, 0) * weeks + week]


def draw_mutes(
    platform: Platform,
    spells: Spells,
    said: Messages,
    fingerprint: pd.Series[str],
    *,
    rng: np.random.Generator,
) -> Mutes:
    """Draw when members mute.

    Parameters
    ----------
    platform : Platform
        The parameters; it has ``weariness``.
    spells : Spells
        Stays inside the watch.
    said : Messages
        Everything that was said.
    fingerprint : Series
        What each of it said; null where it is no text.
    rng : numpy.random.Generator
        Chance.
    """
    p, w = platform, platform.weariness or Weariness()
    days = int(np.ceil(p.days))
    redundancy, volume = _past(p, said, fingerprint, days)
    known = np.isfinite(redundancy)
    log = np.where(known, np.log(w.muting_ratio) / 0.1 * (redundancy - w.repeated_share), 0.0)
    log = np.nan_to_num(log) + np.log(w.volume_ratio) * np.log2(1.0 + volume)
    base = w.mutes_per_day * np.exp(rng.normal(-0.5 * w.mutes_sd**2, w.mutes_sd, p.groups))
    hazard = base[:, None] * np.exp(log - np.log(w.volume_ratio) * np.log2(1.0 + volume).mean())
    heat = np.concatenate([np.zeros((p.groups, 1)), np.cumsum(hazard, axis=1)], axis=1)
    offset = np.arange(p.groups) * (heat.max() + 1.0)
    flat_heat = (heat + offset[:, None]).ravel()
    flat_day = (np.arange(p.groups)[:, None] * (days + 1.0) + np.arange(days + 1)).ravel()
    place = spells.group * (days + 1.0)
    begin = np.interp(place + spells.start / DAY_S, flat_day, flat_heat)
    target = begin + rng.exponential(1.0, begin.size)
    last = flat_heat.reshape(p.groups, -1)[spells.group, -1]
    when = np.interp(target, flat_heat, flat_day) - place
    when = np.where(target < last, np.floor(when * DAY_S), np.inf)
    before = (spells.start == 0) & (rng.random(begin.size) < p.muted_share)
    return Mutes(before, np.where(before | (when >= spells.end), np.inf, when))


def _past(
    p: Platform, said: Messages, fingerprint: pd.Series[str], days: int
) -> tuple[RealArray, RealArray]:
    """Redundancy (nan where it is not known) and messages of the days before, (groups, days)."""
    talk = (said.group >= 0) & (said.sender < p.people)
    talk &= (said.kind != SYSTEM) & (said.kind != REACTION)
    code = pd.factorize(fingerprint)[0]
    lags = np.arange(1, WINDOW_DAYS + 1)

    def cells(row: IntArray) -> IntArray:
        day = (said.when[row] // DAY_S)[:, None] + lags
        cell = said.group[row][:, None] * days + day
        return np.where(day < days, cell, -1)

    volume = np.bincount(cells(np.flatnonzero(talk)).ravel() + 1, minlength=p.groups * days + 1)
    texts = np.flatnonzero(talk & (code >= 0))
    where = cells(texts)
    kinds = int(code.max(initial=0)) + 1
    key = (where * kinds + code[texts][:, None])[where >= 0]
    key, count = np.unique(key, return_counts=True)
    cell = key // kinds
    n = np.bincount(cell, count, p.groups * days)
    spread = np.bincount(cell, count * np.log2(count), p.groups * days)
    with np.errstate(divide="ignore", invalid="ignore"):
        redundancy = 1.0 - (np.log2(n) - spread / n) / np.log2(n)
    redundancy = np.where(n >= FEWEST_TEXTS, redundancy, np.nan).reshape(p.groups, days)
    redundancy[:, :WINDOW_DAYS] = np.nan
    return redundancy, volume[1:].reshape(p.groups, days).astype(float)


def mute_memberships(layout: Layout, table: pd.DataFrame, mutes: Mutes) -> pd.DataFrame:
    """Put who muted when into the memberships; the rows after the members' are of machines."""
    n = mutes.when.size
    rest = len(table) - n
    timed = np.isfinite(mutes.when)
    never = np.zeros(rest, dtype=np.bool_)
    muted = np.concatenate([mutes.before | timed, never])
    when = np.concatenate([np.where(timed, mutes.when, 0), np.zeros(rest)]).astype(np.int64)
    at = moments(when, layout.starts, np.concatenate([timed, never]))
    flag = pa.array(muted, mask=np.arange(n + rest) >= n).to_pandas(
        types_mapper={pa.bool_(): pd.BooleanDtype()}.get
    )
    return table.assign(muted=flag, muted_at=at.to_pandas())


def tell_weariness(platform: Platform) -> dict[str, Any]:
    """Give the truth of S17; exits have a hazard of their own, so that it is of muting alone."""
    w = platform.weariness or Weariness()
    alone = platform.leaves_per_day == 0
    return {
        "S17": {
            "estimate": w.muting_ratio if alone else None,
            "effect": "hazard ratio of muting per .1 of the redundancy of the week before",
            "muting_hazard_ratio": w.muting_ratio,
            "volume_hazard_ratio": w.volume_ratio,
        }
    }
