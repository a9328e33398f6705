"""Trials in which chance picks where an item starts: who was reached, and who took it up.

An event of kind "seeding" that chance assigned names a group (or none: a broadcast), a moment, an
arm, and as attributes the ``item`` and the ``cost``. Without the attribute ``item`` it is the item
of the share into that group at that very moment.
"""

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from ibis import _

from smallnet.tables import Dataset
from smallnet.tables.windows import DAY_US, microseconds, sized_groups, spells

__all__ = ["CONTROL_ARMS", "Seeded", "components", "seeded", "seeding_trials"]

KIND = "seeding"
CONTROL_ARMS = ("control", "not seeded", "none", "hold-out", "holdout")


@dataclass(frozen=True, kw_only=True, eq=False)
class Seeded:
    """Members of groups in trials.

    Attributes
    ----------
    trials : DataFrame
        One row a trial in a group: ``trial, group, item, arm, control, at_us, share, sharer,
        size, menu`` (mean log to base 2 of the sizes of the sharer's groups at that moment; NaN
        where unknown).
    members : DataFrame
        One row a member who could have seen it: ``trial, person, took`` (within the horizon),
        ``took_us``, ``via_seed`` (through the very share), ``saw`` (None where not recorded).
        Without the sharer and who had taken the item up before.
    twice : int
        Members left out, because trials of one item reached them through several groups.
    """

    trials: pd.DataFrame
    members: pd.DataFrame
    twice: int


def seeding_trials(dataset: Dataset) -> pd.DataFrame:
    """Give the trials that chance assigned: ``event, group, item, arm, cost, at_us``, as told."""
    table = dataset["events"].filter(
        _.kind.lower() == KIND, _.randomised.fill_null(ibis.literal(False))
    )
    more = [name for name in ("item", "cost") if name in table.columns]
    table = table.select("event", "group", "arm", *more, at_us=microseconds(_.starts_at))
    rows = dataset.collect(table.order_by("at_us", "event"))
    rows["item"] = rows["item"].astype(object) if "item" in rows else None
    rows["cost"] = pd.to_numeric(rows["cost"], errors="coerce") if "cost" in rows else np.nan
    inside = (rows["at_us"] >= dataset.observed_from_us) & (
        rows["at_us"] < dataset.observed_until_us
    )
    rows = rows[inside].reset_index(drop=True)
    shares = dataset.collect(
        dataset["shares"]
        .select("share", "sharer", "group", "item", "parent", at_us=microseconds(_.shared_at))
        .order_by("share")
    )
    return _with_shares(rows, shares)


def _with_shares(rows: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Add the share that each trial is, by group, moment and, where it is told, item."""
    shares = shares.assign(place=shares["group"].fillna(""))
    rows = rows.assign(place=rows["group"].fillna(""), row=np.arange(len(rows)))
    if rows["item"].notna().any():
        both = rows.merge(shares.drop(columns="group"), "left", on=["place", "at_us", "item"])
    else:
        both = rows.drop(columns="item").merge(
            shares.drop(columns="group"), "left", on=["place", "at_us"]
        )
    both = both.drop_duplicates("row").drop(columns=["place", "row", "parent"])
    return both.reset_index(drop=True)


def seeded(dataset: Dataset, *, horizon_days: float) -> Seeded:
    """Give everybody whom trials in groups could reach, and what they did.

    Parameters
    ----------
    dataset : Dataset
        With events, memberships, adoptions.
    horizon_days : float
        Adoptions within so many days after the seeding count; trials that were not watched for
        so long are left out.
    """
    trials = seeding_trials(dataset)
    last = dataset.observed_until_us - horizon_days * DAY_US
    trials = trials[trials["group"].notna() & trials["item"].notna() & (trials["at_us"] <= last)]
    sized = set(dataset.collect(sized_groups(dataset).select("group"))["group"])
    trials = trials[trials["group"].isin(sized)].reset_index(drop=True)
    trials["trial"] = np.arange(len(trials))
    trials["control"] = trials["arm"].fillna("").str.lower().isin(CONTROL_ARMS)
    stays = dataset.collect(spells(dataset).select("group", "person", "start_us", "end_us"))
    members = trials[["trial", "group", "item", "at_us", "sharer", "share"]].merge(
        stays, on="group"
    )
    inside = (members["start_us"] <= members["at_us"]) & (members["at_us"] < members["end_us"])
    members = members[inside].drop_duplicates(["trial", "person"])
    size = members.groupby("trial").size()
    trials["size"] = trials["trial"].map(size).fillna(0).astype(int)
    trials["menu"] = _menus(trials, stays)
    members = members[members["person"] != members["sharer"]]
    taken = dataset.collect(
        dataset["adoptions"]
        .select("person", "item", "via_share", took_us=microseconds(_.adopted_at))
        .order_by("person", "item", "took_us")
    ).drop_duplicates(["person", "item"])
    members = members.merge(taken, "left", on=["person", "item"])
    members = members[~(members["took_us"] < members["at_us"])]
    until = members["at_us"] + horizon_days * DAY_US
    members["took"] = (members["took_us"] < until).astype(bool)
    via = members["via_share"].notna() & (members["via_share"] == members["share"])
    members["via_seed"] = members["took"] & via
    members["saw"] = None
    if dataset.has("exposures"):
        saw = dataset.collect(dataset["exposures"].select("share", "person").distinct())
        seen = members.merge(saw, "left", on=["share", "person"], indicator=True)["_merge"]
        members["saw"] = (seen == "both").to_numpy()
    several = members.groupby(["item", "person"])["trial"].transform("size") > 1
    kept = members[~several].sort_values(["trial", "person"]).reset_index(drop=True)
    columns = ["trial", "person", "took", "took_us", "via_seed", "saw"]
    return Seeded(trials=trials, members=kept[columns], twice=int(several.sum()))


def _menus(trials: pd.DataFrame, stays: pd.DataFrame) -> pd.Series:
    """Mean log size of the groups that the sharer could have been drawn to."""
    mine = trials[["trial", "sharer", "at_us"]].merge(
        stays.rename(columns={"person": "sharer"}), on="sharer"
    )
    mine = mine[(mine["start_us"] <= mine["at_us"]) & (mine["at_us"] < mine["end_us"])]
    mine = mine[["trial", "group", "at_us"]].drop_duplicates()
    edges = pd.concat(
        [
            stays[["group"]].assign(at=stays["start_us"], step=1),
            stays[["group"]].assign(at=stays["end_us"], step=-1),
        ]
    ).sort_values(["at", "step"], kind="stable")
    edges["size"] = edges.groupby("group")["step"].cumsum()
    mine = mine.sort_values("at_us", kind="stable")
    sized = pd.merge_asof(
        mine, edges[["group", "at", "size"]], left_on="at_us", right_on="at", by="group"
    )
    sized = sized[sized["size"] > 1]
    mean = np.log2(sized["size"]).groupby(sized["trial"]).mean()
    return trials["trial"].map(mean)


def components(found: Seeded) -> pd.Series:
    """Label trials by the component of the overlap graph: groups with members in common."""
    from scipy.sparse import coo_array  # late: one claim needs it
    from scipy.sparse.csgraph import connected_components

    person = pd.factorize(found.members["person"])[0]
    group = pd.factorize(found.trials["group"])[0]
    at = group[found.members["trial"]]
    n = int(group.max(initial=-1)) + 1
    ends = (at, n + person)
    size = n + int(person.max(initial=-1)) + 1
    graph = coo_array((np.ones(at.size), ends), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    return pd.Series(label[group], index=found.trials["trial"])
