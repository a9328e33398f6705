"""How much of a group has taken something up in the end."""

import ibis
import pandas as pd
from ibis import _

from smallnet.errors import InputError
from smallnet.measures.intervals import share_interval
from smallnet.tables.dataset import Dataset, microseconds
from smallnet.tables.windows import spells

__all__ = ["group_saturation"]


def group_saturation(
    dataset: Dataset,
    item: str | None = None,
    *,
    attribute: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Share of each group's members who have adopted by the end of the watch.

    Parameters
    ----------
    dataset : Dataset
        Its memberships, and ``adoptions`` or an attribute of people.
    item : str, optional
        What was adopted; any item if left out.
    attribute : str, optional
        A true-or-false column of ``people`` in place of dated adoptions: who has it.
    level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        One row a group, by name: ``group, size`` (people who were ever members while watched),
        ``known`` (of them, for whom it is known: all where adoptions are dated), ``adopters``,
        ``share`` (of the known), ``low, high`` (Wilson).

    Raises
    ------
    NotTestableError
        If neither adoptions nor the attribute are there.
    InputError
        If both an item and an attribute are asked for.

    Notes
    -----
    Members of a group are not independent, so the interval is that of the share, not of a cause.
    """
    if attribute is not None and item is not None:
        msg = f"item {item!r} and attribute {attribute!r} are both given, expected one of them"
        raise InputError(msg)
    if attribute is None:
        dataset.require("adoptions")
        rows = dataset["adoptions"].filter(microseconds(_.adopted_at) < dataset.observed_until_us)
        if item is not None:
            rows = rows.filter(_.item == item)
        taken = rows.select("person").distinct().mutate(adopted=ibis.literal(True))
    else:
        dataset.require(f"people.{attribute}")
        taken = dataset["people"].select("person", adopted=_[attribute].cast("boolean"))
    members = spells(dataset).select("group", "person").distinct().left_join(taken, "person")
    if attribute is None:  # who has no row has not adopted
        members = members.mutate(adopted=_.adopted.fill_null(ibis.literal(False)))
    counts = members.group_by("group").aggregate(
        size=_.count(),
        known=_.adopted.count(),
        adopters=ibis.ifelse(_.adopted.fill_null(ibis.literal(False)), 1, 0).sum(),
    )
    table = dataset.collect(counts.order_by("group"))
    table["share"] = (table["adopters"] / table["known"]).where(table["known"] > 0)
    table["low"], table["high"] = share_interval(table["adopters"], table["known"], level)
    return table
