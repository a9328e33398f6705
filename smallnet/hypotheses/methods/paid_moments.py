"""Moments at which groups are paid to talk, or might have been, and what is said around them."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis import _

from smallnet.hypotheses.methods.group_clock import GroupClock
from smallnet.tables import Dataset
from smallnet.tables.windows import DAY_US, microseconds

__all__ = ["BEFORE", "DAY", "INCENTIVES", "Moments", "distinct", "incentive_events", "moments_of"]

FloatArray = npt.NDArray[np.float64]
INCENTIVES = ("incentive", "redpacket", "game", "checkin", "lottery", "bonus", "welfare")
CONTROL_ARMS = ("control", "none", "unpaid", "placebo", "hold-out", "holdout")
DAY, BEFORE = 1.0, 7.0  # days after a moment, and before it


@dataclass(frozen=True)
class Moments:
    """Moments in groups; times are days since the watch began."""

    code: npt.NDArray[np.int64]  # of the group
    at: FloatArray
    ends: FloatArray
    since: FloatArray  # the group's own past begins here
    next: FloatArray  # its next moment
    paid: npt.NDArray[np.bool_]
    amount: FloatArray  # nan where not told

    def pick(self, kept: npt.NDArray[np.bool_]) -> "Moments":
        """Give some of the moments."""
        return Moments(*(getattr(self, f.name)[kept] for f in dataclasses.fields(self)))

    def windows(
        self, clock: GroupClock, low: float, high: npt.ArrayLike, count: Any = None
    ) -> tuple[FloatArray, FloatArray]:
        """Events from ``low`` days after each moment to ``high``, and expected from its past."""
        count = clock.messages if count is None else count
        begin, end = self.at + low, self.at + np.asarray(high)
        until = np.minimum(self.at, begin)
        past = np.maximum(until - BEFORE, np.minimum(self.since, until))
        base = clock.member_days(self.code, past, until)
        rate = count(self.code, past, until) / np.maximum(base, 1e-12)
        return count(self.code, begin, end), rate * clock.member_days(self.code, begin, end)


def incentive_events(dataset: Dataset) -> pd.DataFrame:
    """Give events of a kind in ``INCENTIVES`` that have a group.

    Returns
    -------
    DataFrame
        ``event, group, at, ends`` (days since the watch began), ``randomised, amount`` (an
        attribute of events; NaN where not told), ``paid``: false in an arm of controls, and where
        the amount is 0.
    """
    table = dataset["events"].filter(_.group.notnull() & _.kind.lower().isin(INCENTIVES))
    start, end = dataset.observed_from_us, dataset.observed_until_us
    table = table.mutate(at_us=microseconds(_.starts_at), end_us=microseconds(_.ends_at))
    table = table.filter(_.at_us >= start, _.at_us < end)
    more = ["amount"] if "amount" in table.columns else []
    found = dataset.collect(
        table.select("event", "group", "at_us", "end_us", "randomised", "arm", *more).order_by(
            "group", "at_us", "event"
        )
    )
    found["at"] = (found["at_us"] - start) / DAY_US
    found["ends"] = ((found["end_us"] - start) / DAY_US).fillna(found["at"] + DAY)
    found["randomised"] = found["randomised"].fillna(value=False).astype(bool)
    amount = pd.to_numeric(found["amount"], errors="coerce") if more else np.nan
    found["amount"] = np.asarray(amount, dtype=float) * np.ones(len(found))
    arm = found["arm"].fillna("").str.lower()
    found["paid"] = ~arm.isin(CONTROL_ARMS) & ~(found["amount"] == 0)
    return found


def moments_of(clock: GroupClock, events: pd.DataFrame) -> Moments:
    """Give the moments in groups that have a size, without those within a day of another."""
    code = clock.code(events["group"])
    kept = code >= 0
    rows, code = events[kept], code[kept]
    at = rows["at"].to_numpy(float)
    order = np.lexsort((at, code))
    rows, code, at = rows.iloc[order], code[order], at[order]
    same = code[1:] == code[:-1]
    gap = np.where(same, np.diff(at), np.inf)
    before, after = np.append(np.inf, gap), np.append(gap, np.inf)
    found = Moments(
        code,
        at,
        rows["ends"].to_numpy(float),
        np.where(np.isfinite(before), at - before + DAY, 0.0),
        at + after,
        rows["paid"].to_numpy(bool),
        rows["amount"].to_numpy(float),
    )
    alone = (before >= DAY) & (after >= DAY)
    return found.pick(alone & (at - found.since >= DAY) & (at + DAY <= clock.watch_days))


def distinct(clock: GroupClock, label: npt.NDArray[np.int64]) -> Any:
    """Count distinct labels of acts, day by day of 24 hours, instead of acts."""

    def count(group: Any, begin: Any, end: Any) -> FloatArray:
        first, last = clock.acts(group, begin, end)
        many = last - first
        window = np.repeat(np.arange(first.size), many)
        act = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many) + first[window]
        low = np.broadcast_to(np.asarray(begin, dtype=float), first.shape)
        since = clock.said[act] - np.asarray(group)[window] * clock.span - low[window]
        day = np.floor(since).astype(np.int64)
        cells = pd.DataFrame({"w": window, "d": day, "l": label[act]}).drop_duplicates()
        return np.bincount(cells["w"], minlength=first.size).astype(float)

    return count
