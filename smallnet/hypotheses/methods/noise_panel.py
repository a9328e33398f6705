"""Who was at risk of muting or leaving on each day of a group, and what was said before."""

from dataclasses import dataclass

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis import _

from smallnet.hypotheses.methods.redundancy import past_redundancy
from smallnet.tables import Dataset, microseconds
from smallnet.tables.windows import DAY_US, spells, talk

__all__ = ["FEWEST_TEXTS", "WINDOW_DAYS", "NoisePanel", "noise_panel"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

WINDOW_DAYS = 7  # before the day of muting or leaving
FEWEST_TEXTS = 5  # in the window, below which its redundancy says nothing
NEW_DAYS = 3.0  # since joining, in which exits are of another kind (S16)
PAID = ("incentive", "redpacket", "game", "campaign")  # kinds of events that reward templates


@dataclass(frozen=True)
class NoisePanel:
    """Groups by days: what was said before, who was at risk and who gave up."""

    group: IntArray  # of texts
    day: IntArray
    kind: IntArray
    volume: FloatArray  # messages of each day, (groups, days)
    at_risk: FloatArray  # member-days, (2, groups, days): settled members, newcomers
    mutes: FloatArray
    leaves: FloatArray
    paid: npt.NDArray[np.bool_]  # a paid event touches the window, (groups, days)

    @property
    def shape(self) -> tuple[int, int]:
        """Groups and days."""
        return self.volume.shape[0], self.volume.shape[1]

    def redundancy(self, kind: IntArray | None = None, window: int = WINDOW_DAYS) -> FloatArray:
        """Redundancy of the texts of the days before, or with other kinds of the same texts."""
        groups, days = self.shape
        return past_redundancy(
            self.group,
            self.day,
            self.kind if kind is None else kind,
            groups=groups,
            days=days,
            window=window,
            fewest=FEWEST_TEXTS,
        )

    def said(self, window: int) -> FloatArray:
        """Messages of the days before, (groups, days)."""
        whole = np.concatenate([np.zeros((len(self.volume), 1)), self.volume.cumsum(axis=1)], 1)
        days = np.arange(self.volume.shape[1])
        return whole[:, days] - whole[:, np.maximum(days - window, 0)]


def noise_panel(dataset: Dataset, *, muting: bool, leaving: bool) -> NoisePanel | None:
    """Lay out texts, volume, time at risk, mutes and exits by group and day.

    Parameters
    ----------
    dataset : Dataset
        Needs fingerprints and memberships.
    muting, leaving : bool
        Which of the two was recorded with its moment.

    Returns
    -------
    NoisePanel or None
        None where no group with members has a text. Days are full 24 hours from the beginning of
        the watch.
    """
    low = dataset.observed_from_us
    days = int(np.ceil(dataset.watch_days))
    said = talk(dataset).mutate(day=((_.at_us - low) // DAY_US).cast("int64"))
    texts = dataset.collect(
        said.filter(_.fingerprint.notnull())
        .order_by("group", "at_us", "interaction")
        .select("group", "day", "fingerprint")
    )
    closings = (
        dataset["groups"]
        .filter(_.closed_at.notnull())
        .select("group", closed_us=microseconds(_.closed_at))
    )
    open_ = _.closed_us.isnull() | (_.end_us < _.closed_us)  # who is in to the end has not left
    stays = dataset.collect(
        spells(dataset)
        .left_join(closings, "group")
        .mutate(left=_.left & open_, end_us=ibis.least(_.end_us, _.closed_us.fill_null(_.end_us)))
        .filter(_.end_us > _.start_us)
        .mutate(muted_us=microseconds(_.muted_at), muted=_.muted.fill_null(ibis.literal(False)))
        .select("group", "start_us", "end_us", "joined_us", "left", "muted", "muted_us")
        .order_by("group", "start_us", "end_us")
    )
    if texts.empty or stays.empty:
        return None
    names = pd.Index(np.unique(stays["group"]))
    texts = texts[texts["group"].isin(names)]
    counts = dataset.collect(said.group_by("group", "day").aggregate(n=_.count()))
    counts = counts[counts["group"].isin(names)]
    volume = np.zeros((len(names), days))
    volume[names.get_indexer(pd.Index(counts["group"])), counts["day"]] = counts["n"]
    at_risk, mutes, leaves = _risk(stays, names, days, low, muting=muting, leaving=leaving)
    return NoisePanel(
        group=names.get_indexer(pd.Index(texts["group"])).astype(np.int64),
        day=texts["day"].to_numpy(np.int64),
        kind=pd.factorize(texts["fingerprint"])[0].astype(np.int64),
        volume=volume,
        at_risk=at_risk,
        mutes=mutes,
        leaves=leaves,
        paid=_paid(dataset, names, days),
    )


def _risk(
    stays: pd.DataFrame,
    names: "pd.Index[str]",
    days: int,
    low: int,
    *,
    muting: bool,
    leaving: bool,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Member-days at risk, mutes and exits; who muted at an unknown moment is never at risk."""
    group = names.get_indexer(pd.Index(stays["group"]))
    start, end, joined, muted_at = (
        (stays[name].to_numpy(float) - low) / DAY_US
        for name in ("start_us", "end_us", "joined_us", "muted_us")
    )
    muted = stays["muted"].to_numpy(bool) | np.isfinite(muted_at)
    gone = muted & ~(muted_at >= start) if muting else np.zeros(len(stays), dtype=np.bool_)
    mutes = muting & ~gone & (muted_at < end)
    stop = np.where(mutes, muted_at, end)
    left = leaving & ~gone & ~mutes & stays["left"].to_numpy(bool)
    stop, begin = np.where(gone, start, stop), start
    new_until = np.where(np.isfinite(joined), np.clip(joined + NEW_DAYS, begin, stop), begin)
    at_risk = np.stack(
        [_spread(group, a, b, len(names), days) for a, b in ((new_until, stop), (begin, new_until))]
    )
    counts = []
    for happened in (mutes, left):
        by_kind = np.zeros((2, len(names), days))
        new = (stop <= new_until) & (new_until > begin)
        day = np.clip(np.floor(stop), 0, days - 1).astype(np.int64)
        np.add.at(by_kind, (new[happened].astype(int), group[happened], day[happened]), 1.0)
        counts.append(by_kind)
    # an event in the first moment of a day has no time in it, but must have some to be counted
    at_risk = np.where(counts[0] + counts[1] > 0, np.maximum(at_risk, 1e-6), at_risk)
    return at_risk, counts[0], counts[1]


def _spread(
    group: IntArray, begin: FloatArray, end: FloatArray, groups: int, days: int
) -> FloatArray:
    """Add stretches of time to the days they lie in, (groups, days)."""
    return _until(group, end, groups, days) - _until(group, begin, groups, days)


def _until(group: IntArray, moment: FloatArray, groups: int, days: int) -> FloatArray:
    """Add up the part of each day that lies before each moment."""
    at = np.clip(moment, 0.0, float(days))
    day = np.floor(at).astype(np.int64)
    ends, parts = np.zeros((2, groups, days + 1))
    np.add.at(ends, (group, day), 1.0)
    np.add.at(parts, (group, day), at - day)
    later = ends.sum(axis=1, keepdims=True) - ends.cumsum(axis=1)
    return np.asarray((later + parts)[:, :days])


def _paid(dataset: Dataset, names: "pd.Index[str]", days: int) -> npt.NDArray[np.bool_]:
    """Tell which group-days have a paid event in their window, or on the day."""
    touched = np.zeros((len(names), days), dtype=np.bool_)
    if not dataset.has("events"):
        return touched
    low = dataset.observed_from_us
    rows = dataset.collect(
        dataset["events"]
        .filter(_.kind.isin(PAID))
        .select("group", begin=microseconds(_.starts_at), end=microseconds(_.ends_at))
    )
    day = np.arange(days)
    begin = ((rows["begin"] - low) / DAY_US).to_numpy(float)
    end = ((rows["end"].fillna(rows["begin"]) - low) / DAY_US).to_numpy(float)
    near = (day + 1 > begin[:, None]) & (day - WINDOW_DAYS <= end[:, None])
    place = names.get_indexer(pd.Index(rows["group"]))
    everywhere = rows["group"].isna().to_numpy()
    touched |= near[everywhere].any(axis=0)
    some = ~everywhere & (place >= 0)
    np.logical_or.at(touched, place[some], near[some])
    return touched
