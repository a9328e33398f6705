"""Messages and member-days of groups between any two moments, for many moments at once.

What happens in a group happens at its own second; periods of a panel would cut the day after it in
two. Here the messages are counted, and the members added up, between exactly two moments.
"""

import dataclasses
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis import _

from smallnet.tables import Dataset
from smallnet.tables.windows import (
    DAY_US,
    NO_TALK,
    microseconds,
    size_steps,
    sized_groups,
    spells,
    talk,
)

__all__ = ["GroupClock", "group_clock"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupClock:
    """Acts and members of every group, by time; moments are days since the watch began.

    Attributes
    ----------
    groups : ndarray of str
        In the order of the codes.
    watch_days : float
        Length of the watch; moments outside are cut to it.
    sender, wording : ndarray of int, shape (acts,)
        Who acted, and in which words, codes from 0, in the order of ``said``; unknown wordings
        are each their own.
    reply : ndarray of bool, shape (acts,)
        Whether it answers another.
    said : ndarray, shape (acts,)
        Place of each act, ``group * span + day``, never falling.
    counted : ndarray, shape (acts + 1,)
        Acts added up, each with its weight.
    until, members : ndarray, shape (points,)
        Place of each change of size, and the member-days added up to there.
    """

    groups: npt.NDArray[np.object_]
    watch_days: float
    sender: IntArray
    wording: IntArray
    reply: npt.NDArray[np.bool_]
    said: FloatArray
    counted: FloatArray
    until: FloatArray
    members: FloatArray

    @property
    def span(self) -> float:
        """Days from one group to the next."""
        return self.watch_days + 1.0

    def code(self, names: npt.ArrayLike) -> IntArray:
        """Codes of groups; -1 for a group that has no size or no members."""
        return pd.Index(self.groups).get_indexer(pd.Index(np.asarray(names))).astype(np.int64)

    def _place(self, group: npt.ArrayLike, day: npt.ArrayLike) -> FloatArray:
        place: FloatArray = np.asarray(group) * self.span + np.clip(day, 0, self.watch_days)
        return place

    def acts(
        self, group: npt.ArrayLike, begin: npt.ArrayLike, end: npt.ArrayLike
    ) -> tuple[IntArray, IntArray]:
        """First act, and the one after the last, of groups from ``begin`` until before ``end``."""
        first = np.searchsorted(self.said, self._place(group, begin), side="left")
        last = np.searchsorted(self.said, self._place(group, end), side="left")
        return first.astype(np.int64), np.maximum(first, last).astype(np.int64)

    def messages(
        self, group: npt.ArrayLike, begin: npt.ArrayLike, end: npt.ArrayLike
    ) -> FloatArray:
        """Count the acts of groups from ``begin`` until before ``end``."""
        first, last = self.acts(group, begin, end)
        counted: FloatArray = self.counted[last] - self.counted[first]
        return counted

    def replies(self) -> "GroupClock":
        """Give the same with nothing but the acts that answer another."""
        kept = {name: getattr(self, name)[self.reply] for name in ("sender", "wording", "said")}
        counted = np.arange(int(self.reply.sum()) + 1, dtype=float)
        return dataclasses.replace(self, **kept, counted=counted, reply=self.reply[self.reply])

    def with_private(self, dataset: Dataset) -> "GroupClock":
        """Give the same with what members of a group write to each other in private.

        A private message of two people who share k groups at that moment counts 1/k in each.
        """
        acts = dataset.collect(_private(dataset))
        code = self.code(acts["group"])
        acts, code = acts[code >= 0], code[code >= 0]
        day = (acts["at_us"].to_numpy(float) - dataset.observed_from_us) / DAY_US
        place = np.concatenate([self.said, code * self.span + day])
        weight = np.concatenate([np.diff(self.counted), acts["weight"].to_numpy(float)])
        order = np.argsort(place, kind="stable")
        none = np.full(len(acts), -1, dtype=np.int64)
        return dataclasses.replace(
            self,
            said=place[order],
            counted=np.append(0.0, np.cumsum(weight[order])),
            sender=np.concatenate([self.sender, none])[order],
            wording=np.concatenate([self.wording, none])[order],
            reply=np.concatenate([self.reply, np.zeros(len(acts), dtype=bool)])[order],
        )

    def member_days(
        self, group: npt.ArrayLike, begin: npt.ArrayLike, end: npt.ArrayLike
    ) -> FloatArray:
        """Add up the time of the members of groups from ``begin`` to ``end``, days."""
        low, high = (
            np.interp(self._place(group, at), self.until, self.members) for at in (begin, end)
        )
        return np.maximum(high - low, 0.0)


def group_clock(dataset: Dataset) -> GroupClock:
    """Lay out the talk and the members of every group that has a size.

    Parameters
    ----------
    dataset : Dataset
        Acts of entry never count; nor do acts of people who are no members in groups without any.
    """
    start = dataset.observed_from_us
    steps = size_steps(dataset).semi_join(sized_groups(dataset), "group")
    sizes = dataset.collect(steps.order_by("group", "from_us"))
    names = sizes["group"].unique()
    codes = pd.Index(names)
    said = talk(dataset).filter(~_.entry)
    said = said.mutate(reply=_.reply_to.notnull())
    columns = ("group", "sender", "at_us", "interaction", "fingerprint", "reply")
    acts = dataset.collect(said.select(*columns))
    acts["code"] = codes.get_indexer(acts["group"])
    acts = acts[acts["code"] >= 0].sort_values(["code", "at_us", "interaction"])
    span = dataset.watch_days + 1.0
    days = [(sizes[c].to_numpy(float) - start) / DAY_US for c in ("from_us", "until_us")]
    code = codes.get_indexer(sizes["group"])
    place = np.stack([code * span + day for day in days], axis=1).ravel()
    step = np.stack([np.zeros(len(sizes)), sizes["size"] * (days[1] - days[0])], axis=1).ravel()
    words = acts["fingerprint"].fillna(acts["interaction"])
    return GroupClock(
        groups=np.asarray(names, dtype=object),
        watch_days=dataset.watch_days,
        sender=pd.factorize(acts["sender"], sort=True)[0].astype(np.int64),
        wording=pd.factorize(words, sort=True)[0].astype(np.int64),
        reply=acts["reply"].to_numpy(bool),
        said=acts["code"].to_numpy() * span + (acts["at_us"].to_numpy(float) - start) / DAY_US,
        counted=np.arange(len(acts) + 1, dtype=float),
        until=place,
        members=np.cumsum(step),
    )


def _private(dataset: Dataset) -> ir.Table:
    """Private messages of two members of a group: ``group, at_us, weight``."""
    acts = dataset["interactions"].filter(
        _.group.isnull(), _.recipient.notnull(), ~_.kind.fill_null("text").isin(NO_TALK)
    )
    acts = acts.select("interaction", "sender", "recipient", at_us=microseconds(_.at))
    stays = spells(dataset).select("group", "person", "start_us", "end_us")
    ours = acts.join(stays, acts.sender == stays.person)
    ours = ours.filter(_.start_us <= _.at_us, _.at_us < _.end_us)
    ours = ours.select("interaction", "recipient", "at_us", "group")
    theirs = stays.select(place="group", who="person", begin_us="start_us", until_us="end_us")
    both = ours.join(theirs, [ours.group == theirs.place, ours.recipient == theirs.who])
    both = both.filter(_.begin_us <= _.at_us, _.at_us < _.until_us)
    shared = both.select("interaction", "group", "at_us").distinct()
    among = ibis.window(group_by="interaction")
    counted = shared.mutate(weight=1.0 / shared.count().over(among))
    return counted.select("group", "at_us", "weight").order_by("group", "at_us")
