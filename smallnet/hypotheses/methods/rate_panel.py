"""Who could write where, when, in a group of what size, and how much they wrote.

One row is a person in a group in a period, with the member-days at risk, the messages, and the
group's mean size *then*. How much a group's silent end counts moves answers more than any error
bar, so a panel is built either until the watch ends or until the group's last message.
"""

from dataclasses import dataclass, field
from typing import Literal
from weakref import WeakKeyDictionary

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis import _

from smallnet.tables import Dataset
from smallnet.tables.windows import (
    DAY_US,
    microseconds,
    size_steps,
    sized_groups,
    spells,
    talk,
)

__all__ = ["RatePanel", "Until", "period_length", "rate_panel"]

Until = Literal["watch", "last message"]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
_BUILT: "WeakKeyDictionary[Dataset, dict[tuple[str, float, bool], RatePanel]]" = WeakKeyDictionary()
PERIODS = ((14.0, 1.0), (182.0, 7.0), (np.inf, 30.0))  # watch up to so many days: period, days


@dataclass(frozen=True, kw_only=True, eq=False)
class RatePanel:
    """Rows are person × group × period, in groups that have a size; arrays of shape (rows,).

    Attributes
    ----------
    person, group : ndarray of int
        Codes from 0; ``groups`` is in the order of the codes.
    period : ndarray of int
        Number of the period since the watch began.
    days : ndarray
        Member-days at risk: inside the stay, the period and the group's life.
    messages : ndarray
        Messages of this person in this group and period; an act of entry never counts.
    active_days : ndarray
        Days (24 hours since the watch began) with a message.
    log2_size : ndarray
        Log to base 2 of the group's mean size in the period, members.
    groups : DataFrame
        One row a group: ``group``, ``days`` (of life with members), ``member_days``, ``size``
        (mean over time), ``log2_size`` (mean over member-days), ``messages`` (of its members).
    people, active_people : int
        Ever at risk; with at least one message. Rows of the silent are left out, where not asked
        for: a person without a message tells nothing of where they write more, only where people's
        rates follow a law does their silence tell of their groups.
    period_days : float
        Length of a period.
    until : str
        Risk ends with the watch (or the closing of the group), or with the group's last message,
        which then stops the clock and so does not count as an event.
    without_size : tuple of str
        Groups left out because their roster is partial.
    dropped : int
        Messages in sized groups by people who were no members at that moment.
    names : ndarray of str
        Ids of the people, in the order of their codes; empty in a panel made by hand.
    """

    person: IntArray
    group: IntArray
    period: IntArray
    days: FloatArray
    messages: FloatArray
    active_days: FloatArray
    log2_size: FloatArray
    groups: pd.DataFrame
    people: int
    active_people: int
    period_days: float
    until: Until
    without_size: tuple[str, ...]
    dropped: int
    names: npt.NDArray[np.object_] = field(default_factory=lambda: np.empty(0, dtype=object))

    @property
    def between(self) -> FloatArray:
        """Mean log2 size of each row's group."""
        mean: FloatArray = self.groups["log2_size"].to_numpy()[self.group]
        return mean

    @property
    def within(self) -> FloatArray:
        """Deviation of log2 size from the group's mean."""
        return self.log2_size - self.between


def period_length(watch_days: float) -> float:
    """Days of a period: a day in a watch of two weeks, a week in half a year, else a month.

    Examples
    --------
    >>> [period_length(days) for days in (7, 90, 2000)]
    [1.0, 7.0, 30.0]
    """
    return next(length for longest, length in PERIODS if watch_days <= longest)


def rate_panel(
    dataset: Dataset,
    *,
    until: Until = "watch",
    period_days: float | None = None,
    silent: bool = False,
) -> RatePanel:
    """Build the panel.

    Parameters
    ----------
    dataset : Dataset
        Needs memberships and interactions.
    until : {"watch", "last message"}
        Where a group's time at risk ends.
    period_days : float, optional
        Length of a period; by the length of the watch where not given.
    silent : bool
        Keep the rows of people who never wrote.

    Returns
    -------
    RatePanel
    """
    length = period_days or period_length(dataset.watch_days)
    built = _BUILT.setdefault(dataset, {})
    if (until, length, silent) not in built:
        built[until, length, silent] = _build(dataset, until, length, silent)
    return built[until, length, silent]


def _build(dataset: Dataset, until: Until, length: float, silent: bool) -> RatePanel:
    period_us = round(length * DAY_US)
    name = f"{until}_{period_us}".replace(" ", "_")
    ends = dataset.keep(f"ends_{name}", lambda: _ends(dataset, until))
    stays = dataset.keep(f"stays_at_risk_{name}", lambda: _stays(dataset, ends))
    acts = dataset.keep(f"acts_at_risk_{name}", lambda: _acts(dataset, ends))
    said = dataset.keep(f"said_by_members_{name}", lambda: _said(acts, stays))
    sizes = dataset.keep(f"sizes_{name}", lambda: _sizes(dataset, ends, period_us))
    totals = said.group_by("group").aggregate(messages=_.count())
    groups = _groups(dataset.collect(sizes), dataset.collect(totals))
    low = dataset.observed_from_us
    rows = dataset.collect(_rows(stays, said, sizes, low, period_us, silent))
    rows = rows.sort_values(["person", "group", "period"], ignore_index=True)
    person, names = pd.factorize(rows["person"])
    people = stays.person.nunique().to_pyarrow().as_py()
    return RatePanel(
        person=person.astype(np.int64),
        group=pd.Index(groups["group"]).get_indexer(rows["group"]).astype(np.int64),
        period=rows["period"].to_numpy(np.int64),
        days=rows["days"].to_numpy(float),
        messages=rows["messages"].to_numpy(float),
        active_days=rows["active_days"].to_numpy(float),
        log2_size=np.log2(rows["size"].to_numpy(float)),
        groups=groups,
        people=int(people),
        active_people=int((np.bincount(person, rows["messages"]) > 0).sum()),
        period_days=length,
        until=until,
        without_size=_without_size(dataset),
        dropped=int(acts.count().to_pyarrow().as_py()) - int(groups["messages"].sum()),
        names=np.asarray(names, dtype=object),
    )


def _ends(dataset: Dataset, until: Until) -> ir.Table:
    """Where each sized group's time at risk ends: ``[group, end_us]``."""
    high = dataset.observed_until_us
    sized = sized_groups(dataset).select("group")
    if until == "last message":
        last = talk(dataset).group_by("group").aggregate(end_us=_.at_us.max())
        return sized.inner_join(last, "group").select("group", "end_us")
    closed = dataset["groups"].select("group", closed_us=microseconds(_.closed_at))
    return sized.left_join(closed, "group").select(
        "group", end_us=ibis.least(_.closed_us.fill_null(high), high)
    )


def _stays(dataset: Dataset, ends: ir.Table) -> ir.Table:
    """Stays at risk of writing: ``[group, person, start_us, end_us]``."""
    stays = spells(dataset).select("group", "person", "start_us", "end_us")
    return (
        stays.inner_join(ends.select("group", last_us="end_us"), "group")
        .mutate(end_us=ibis.least(_.end_us, _.last_us))
        .filter(_.end_us > _.start_us)
        .select("group", "person", "start_us", "end_us")
    )


def _acts(dataset: Dataset, ends: ir.Table) -> ir.Table:
    """Messages in sized groups before the end of risk, entries left out."""
    acts = talk(dataset).filter(~_.entry).select("group", "at_us", person="sender")
    return acts.inner_join(ends, "group").filter(_.at_us < _.end_us).drop("end_us")


def _said(acts: ir.Table, stays: ir.Table) -> ir.Table:
    """Messages of who was a member at that moment: ``[group, person, at_us]``."""
    return (
        acts.inner_join(stays, ["group", "person"])
        .filter(_.at_us >= _.start_us, _.at_us < _.end_us)
        .select("group", "person", "at_us")
    )


def _by_period(stretches: ir.Table, low: int, period_us: int) -> ir.Table:
    """Cut half-open stretches at the ends of periods; adds ``period`` and ``us``."""
    cut = stretches.mutate(
        period=ibis.range(
            (stretches.start_us - low) // period_us, (stretches.end_us - 1 - low) // period_us + 1
        ).unnest()
    )
    begin = low + cut.period * period_us
    inside = ibis.least(cut.end_us, begin + period_us) - ibis.greatest(cut.start_us, begin)
    return cut.mutate(us=inside)


def _sizes(dataset: Dataset, ends: ir.Table, period_us: int) -> ir.Table:
    """Mean size over the part of a period that a group lived: ``[group, period, size, us]``."""
    steps = size_steps(dataset).inner_join(ends, "group")
    steps = steps.select(
        "group", "size", start_us="from_us", end_us=ibis.least(_.until_us, _.end_us)
    ).filter(_.end_us > _.start_us)
    cut = _by_period(steps, dataset.observed_from_us, period_us)
    return (
        cut.group_by("group", "period")
        .aggregate(heads=(_.size.cast("int64") * _.us).sum(), us=_.us.sum())
        .select("group", "period", "heads", "us", size=_.heads / _.us)
    )


def _groups(sizes: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Sum periods to groups, in the order of their names: the same sums on any machine."""
    sizes = sizes.sort_values(["group", "period"])
    logs = sizes.assign(log_heads=sizes["heads"] * np.log2(sizes["size"]))
    life = logs.groupby("group", as_index=False)[["heads", "us", "log_heads"]].sum()
    life = life.merge(counts, on="group", how="left")
    return pd.DataFrame(
        {
            "group": life["group"],
            "days": life["us"] / DAY_US,
            "member_days": life["heads"] / DAY_US,
            "size": life["heads"] / life["us"],
            "log2_size": life["log_heads"] / life["heads"],
            "messages": life["messages"].fillna(0).astype(np.int64),
        }
    )


def _rows(
    stays: ir.Table, said: ir.Table, sizes: ir.Table, low: int, period_us: int, silent: bool
) -> ir.Table:
    active = stays if silent else stays.semi_join(said.select("person").distinct(), "person")
    risk = (
        _by_period(active, low, period_us)
        .group_by("group", "person", "period")
        .aggregate(days=_.us.sum() / DAY_US)
    )
    counts = (
        said.mutate(period=(_.at_us - low) // period_us)
        .group_by("group", "person", "period")
        .aggregate(messages=_.count(), active_days=((_.at_us - low) // DAY_US).nunique())
    )
    keys = ["group", "person", "period"]
    rows = risk.left_join(counts, keys).select(
        *keys, "days", messages=_.messages.fill_null(0), active_days=_.active_days.fill_null(0)
    )
    rows = rows.inner_join(sizes.select("group", "period", "size"), ["group", "period"])
    return rows.select(*keys, "days", "messages", "active_days", "size")


def _without_size(dataset: Dataset) -> tuple[str, ...]:
    partial = dataset["groups"].filter(_.roster == "partial").select("group")
    return tuple(sorted(dataset.collect(partial)["group"]))
