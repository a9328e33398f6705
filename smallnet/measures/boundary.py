"""Where a group ends: ties, messages and shares that stay inside against those that leave."""

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from smallnet.errors import InputError
from smallnet.measures.size import participants
from smallnet.measures.trust import addressed
from smallnet.tables.dataset import Dataset, microseconds
from smallnet.tables.windows import bots, spells

__all__ = ["group_messages_across", "group_sharing", "inside_by_time"]


def group_messages_across(dataset: Dataset) -> ir.Table:
    """Addressed messages of each group's people, by where they go.

    Returns
    -------
    ibis.Table
        ``group, sent_inside`` (addressed acts of its people to its people, wherever they were
        said), ``sent_outside`` (to anybody else).
    """
    pairs = (
        addressed(dataset)
        .group_by("source", "target")
        .aggregate(n=_.count())
        .filter(_.source != _.target)
    )
    people = participants(dataset)
    sent = people.rename(source="person").inner_join(pairs, "source")
    theirs = people.select("group", target="person", here=ibis.literal(True))
    sent = sent.left_join(theirs, ["group", "target"])
    inside = ibis.ifelse(sent.here.notnull(), sent.n, 0)
    return sent.group_by("group").aggregate(
        sent_inside=inside.sum(), sent_outside=sent.n.sum() - inside.sum()
    )


def group_sharing(dataset: Dataset) -> ir.Table:
    """Items shared into each group, how many stand elsewhere too, and what came of them.

    Returns
    -------
    ibis.Table
        ``group, shares, sharers, items, cross_posted`` (items that were shared into another
        group too), ``adoptions`` (attributed through ``via_share`` to a share in the group).
        Machines' shares are left out; a group without a share has no row.
    """
    machines = bots(dataset)
    shares = dataset["shares"].filter(_.group.notnull())
    shares = shares.anti_join(machines.rename(sharer="person"), "sharer")
    shares = shares.select("share", "item", "sharer", "group")
    items = shares.select("group", "item").distinct()
    spread = items.group_by("item").aggregate(places=_.count())
    crossed = (
        items.inner_join(spread, "item")
        .group_by(item_group="group")
        .aggregate(items=_.count(), cross_posted=ibis.ifelse(_.places > 1, 1, 0).sum())
    )
    taken = (
        dataset["adoptions"]
        .filter(_.via_share.notnull())
        .inner_join(shares.select(via_share="share", via_group="group"), "via_share")
        .group_by("via_group")
        .aggregate(adoptions=_.count())
    )
    table = shares.group_by("group").aggregate(shares=_.count(), sharers=_.sharer.nunique())
    table = table.left_join(crossed, table.group == crossed.item_group).drop("item_group")
    table = table.left_join(taken, table.group == taken.via_group).drop("via_group")
    return table.mutate(adoptions=_.adoptions.fill_null(0))


def inside_by_time(dataset: Dataset, *, minutes: int = 15) -> pd.DataFrame:
    """Share of acts between two people of one group, by the time of day.

    Where walls come from a timetable, they are high in lessons and lower in breaks.

    Parameters
    ----------
    dataset : Dataset
        Its acts between two people (contacts, messages to one), and memberships.
    minutes : int
        Length of a class of times; it divides an hour.

    Returns
    -------
    DataFrame
        One row a class with an act: ``hour`` (its beginning, UTC, in hours), ``acts`` (of all
        days), ``inside`` (of them, both were ever members of one group while watched), ``share``.

    Raises
    ------
    InputError
        If ``minutes`` does not divide an hour.
    """
    if minutes < 1 or 60 % minutes:
        msg = f"minutes is {minutes}, expected a number that divides 60"
        raise InputError(msg)
    dataset.require("interactions.recipient")
    acts = dataset["interactions"].filter(_.recipient.notnull(), _.sender != _.recipient)
    acts = acts.select(
        one="sender",
        two="recipient",
        slot=(microseconds(acts.at) // 60_000_000) % 1440 // minutes,
    )
    member = spells(dataset).select("person", "group").distinct()
    mates = (
        member.rename(one="person")
        .inner_join(member.rename(two="person"), "group")
        .select("one", "two")
        .distinct()
        .mutate(here=ibis.literal(1))
    )
    acts = acts.left_join(mates, ["one", "two"])
    counts = acts.group_by("slot").aggregate(acts=_.count(), inside=_.here.count())
    table = dataset.collect(counts.order_by("slot"))
    return pd.DataFrame(
        {
            "hour": table["slot"] * minutes / 60,
            "acts": table["acts"],
            "inside": table["inside"],
            "share": table["inside"] / table["acts"],
        }
    )
