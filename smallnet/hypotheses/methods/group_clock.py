"""Messages and member-days of groups between any two moments, for many moments at once.

What happens in a group happens at its own second; periods of a panel would cut the day after it in
two. Here the messages are counted, and the members added up, between exactly two moments.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis import _

from smallnet.tables import Dataset
from smallnet.tables.windows import DAY_US, size_steps, sized_groups, talk

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
    until, members : ndarray, shape (points,)
        Place of each change of size, and the member-days added up to there.
    """

    groups: npt.NDArray[np.object_]
    watch_days: float
    sender: IntArray
    wording: IntArray
    reply: npt.NDArray[np.bool_]
    said: FloatArray
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
        return (last - first).astype(float)

    def replies(self) -> "GroupClock":
        """Give the same with nothing but the acts that answer another."""
        kept = {name: getattr(self, name)[self.reply] for name in ("sender", "wording", "said")}
        return dataclasses.replace(self, **kept, reply=self.reply[self.reply])

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
        until=place,
        members=np.cumsum(step),
    )
