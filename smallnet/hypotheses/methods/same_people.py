"""The same people in small and in large groups: the comparison everybody makes first.

It answers "do these people write more in their small groups?" for *these* groups. Its p-value takes
people for the sample: where some groups are livelier than others for reasons of their own, which
hits all members at once, it is far too small. For a claim about size the groups are the sample:
``size_rate.fit_size_rate``.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import ibis
import numpy as np
import pandas as pd
from ibis import _
from scipy import stats

from smallnet.errors import InputError
from smallnet.tables import Dataset
from smallnet.tables.windows import DAY_US, microseconds, sized_groups, spells, talk

__all__ = ["Clock", "SamePeople", "membership_rates", "same_people"]

Clock = Literal["days with a message", "last message", "watch"]


def membership_rates(dataset: Dataset, clock: Clock = "watch") -> pd.DataFrame:
    """Messages and days at risk of every membership at the end of the watch.

    Parameters
    ----------
    dataset : Dataset
        Needs memberships and messages in groups.
    clock : {"days with a message", "last message", "watch"}
        Which days of a group count: UTC days on which somebody wrote there; the member's days until
        the group's last message; the member's days until the watch ends. The first leaves out all
        silence, the last none.

    Returns
    -------
    DataFrame
        ``group, person, size`` (members at the end), ``messages, days, rate`` (messages a day), of
        groups with two members or more and memberships with a day at risk.

    Raises
    ------
    InputError
        For another clock.
    """
    if clock not in get_args(Clock):
        msg = f"clock is {clock!r}, expected one of {', '.join(get_args(Clock))}"
        raise InputError(msg)
    dataset.require("memberships", "interactions.group")
    keys = ["group", "person"]
    stays = spells(dataset).semi_join(sized_groups(dataset), "group")
    said = talk(dataset).filter(~_.entry)
    if clock == "last message":
        ends = said.group_by("group").aggregate(limit_us=_.at_us.max())
    else:
        ends = dataset["groups"].select("group", limit_us=microseconds(_.closed_at))
    high = dataset.observed_until_us
    stays = stays.left_join(ends, "group", rname="end_{name}")
    if clock == "last message":  # a group in which nobody ever wrote has no day at risk
        stays = stays.filter(_.limit_us.notnull())
    stays = stays.mutate(
        at_end=_.end_us >= high, end_us=ibis.least(_.end_us, _.limit_us.fill_null(high))
    )
    said = said.left_join(ends, "group", rname="end_{name}")
    said = said.filter(_.at_us < _.limit_us.fill_null(high))
    counts = said.group_by("group", person="sender").aggregate(messages=_.count())
    rows = dataset.collect(
        stays.group_by(*keys)
        .aggregate(
            days=ibis.greatest(_.end_us - _.start_us, 0).sum() / DAY_US, at_end=_.at_end.any()
        )
        .left_join(counts, keys, rname="count_{name}")
        .select(*keys, "days", "at_end", messages=_.messages.fill_null(0))
        .order_by(*keys)
    )
    rows = rows[rows["at_end"]].drop(columns="at_end")
    rows["size"] = rows.groupby("group")["person"].transform("size")
    if clock == "days with a message":
        days = said.group_by("group").aggregate(days=(_.at_us // DAY_US).nunique())
        alive = dataset.collect(days).set_index("group")["days"]
        rows["days"] = rows["group"].map(alive).fillna(0).astype(float)
    rows = rows[(rows["size"] >= 2) & (rows["days"] > 0)].reset_index(drop=True)
    rows["rate"] = rows["messages"] / rows["days"]
    return rows[[*keys, "size", "messages", "days", "rate"]]


@dataclass(frozen=True, kw_only=True, eq=False)
class SamePeople:
    """People with groups on both sides.

    Attributes
    ----------
    table : DataFrame
        One row a person: ``person, small, large`` (mean rate over the person's groups of each
        side).
    small, large : float
        Means of them.
    small_median, large_median : float
        Medians.
    people, groups : int
        Compared.
    p_value : float
        Wilcoxon's signed ranks, two-sided; people are the sample (see the module).
    """

    table: pd.DataFrame
    small: float
    large: float
    small_median: float
    large_median: float
    people: int
    groups: int
    p_value: float


def same_people(rates: pd.DataFrame, small_group: int = 30) -> SamePeople:
    """Compare each person's mean rate in small groups with that in large ones.

    Parameters
    ----------
    rates : DataFrame
        Of :func:`membership_rates`: ``group, person, size, rate``.
    small_group : int
        "Small" is fewer members than this.

    Raises
    ------
    InputError
        If fewer than two people have groups on both sides.

    Examples
    --------
    >>> rates = pd.DataFrame({"group": list("xyxyxy"), "person": list("aabbcc"),
    ...                       "size": [3, 40] * 3, "rate": [2.0, 1.0, 5.0, 1.0, 3.0, 0.0]})
    >>> found = same_people(rates)
    >>> round(found.small, 3), round(found.large, 3), found.p_value
    (3.333, 0.667, 0.25)
    """
    side = np.where(rates["size"] < small_group, "small", "large")
    means = rates.groupby(["person", side])["rate"].mean().unstack()
    means = means.reindex(columns=["small", "large"]).dropna()
    if len(means) < 2:
        msg = (
            f"{len(means)} people are in groups of both sides of {small_group} members, "
            "expected two or more"
        )
        raise InputError(msg)
    differ = (means["small"] != means["large"]).any()
    test = stats.wilcoxon(means["small"], means["large"]).pvalue if differ else 1.0
    return SamePeople(
        table=means.rename_axis(columns=None).reset_index(),
        small=float(means["small"].mean()),
        large=float(means["large"].mean()),
        small_median=float(means["small"].median()),
        large_median=float(means["large"].median()),
        people=len(means),
        groups=int(rates.loc[rates["person"].isin(means.index), "group"].nunique()),
        p_value=float(test),
    )
