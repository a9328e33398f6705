"""Who saw a share and could still take the item: the denominator of every rate of influence."""

import ibis
import ibis.expr.types as ir
from ibis import _

from smallnet.hypotheses.methods.menu import shares_seen
from smallnet.tables import Dataset, microseconds
from smallnet.tables.windows import bots

__all__ = ["takers", "viewers"]


def takers(dataset: Dataset) -> ir.Table:
    """People who took an item through a share, once each.

    Returns
    -------
    ibis.Table
        ``share, person, taken_us``; bots and sharers who took their own are left out.
    """
    return dataset.keep("takers", lambda: _takers(dataset))


def _takers(dataset: Dataset) -> ir.Table:
    shares = shares_seen(dataset).select("share", "item", "sharer")
    taken = (
        dataset["adoptions"]
        .filter(_.via_share.notnull(), _.adopted_at.notnull())
        .anti_join(bots(dataset), "person")
        .select("person", "item", share="via_share", taken_us=microseconds(_.adopted_at))
    )
    return (
        taken.inner_join(shares, ["share", "item"])
        .filter(_.person != _.sharer)
        .group_by("share", "person")
        .aggregate(taken_us=_.taken_us.min())
    )


def viewers(dataset: Dataset) -> ir.Table:
    """Everybody who saw a share, and whether they could take the item then, and did.

    Parameters
    ----------
    dataset : Dataset
        Needs ``exposures`` and ``adoptions.via_share``. Where shares have an attribute ``copies``,
        who saw a share after its last copy was taken could not take any.

    Returns
    -------
    ibis.Table
        One row a share and viewer: ``share, item, sharer, channel, group, person, shared_us,
        seen_us`` (first time), ``could`` (did not have the item, and a copy was left), ``took``
        (through this share). Who took an item through a share has seen it, recorded or not;
        ``recorded`` tells.
    """
    return dataset.keep("viewers", lambda: _viewers(dataset))


def _viewers(dataset: Dataset) -> ir.Table:
    shares = shares_seen(dataset).select(
        "share", "item", "sharer", "channel", "group", shared_us="at_us"
    )
    taken = takers(dataset)
    seen = (
        dataset["exposures"]
        .anti_join(bots(dataset), "person")
        .group_by("share", "person")
        .aggregate(seen_us=microseconds(_.seen_at).min())
        .mutate(recorded=ibis.literal(True))
    )
    unseen = taken.anti_join(seen, ["share", "person"]).select(
        "share", "person", seen_us="taken_us", recorded=ibis.literal(False)
    )
    rows = (
        seen.union(unseen)
        .inner_join(shares, "share")
        .filter(_.person != _.sharer)
        .left_join(taken, ["share", "person"])
        .drop("share_right", "person_right")
    )
    first = (
        dataset["adoptions"]
        .filter(_.adopted_at.notnull())
        .group_by("person", "item")
        .aggregate(first_us=microseconds(_.adopted_at).min())
    )
    rows = rows.left_join(first, ["person", "item"]).drop("person_right", "item_right")
    took = rows.taken_us.notnull() & (rows.taken_us == rows.first_us)
    had = (rows.first_us < rows.seen_us).fill_null(ibis.literal(False))
    rows = rows.mutate(took=took, had=had & ~took)
    if "copies" not in dataset["shares"].columns:
        return _shown(rows.mutate(could=~rows.had))
    copies = dataset["shares"].select("share", copies=_.copies.cast("int64"))
    gone = _gone_before(rows.select("share", "person", "seen_us"), taken)
    rows = rows.left_join(copies, "share").drop("share_right")
    rows = rows.left_join(gone, ["share", "person"]).drop("share_right", "person_right")
    left = (rows.gone < rows.copies).fill_null(ibis.literal(True))
    return _shown(rows.mutate(could=~rows.had & (left | rows.took)))


def _gone_before(seen: ir.Table, taken: ir.Table) -> ir.Table:
    """Count the copies of the share that were taken before each viewer saw it."""
    nobody = ibis.null("string")
    marks = seen.mutate(at_us=_.seen_us, one=ibis.literal(0, "int64")).drop("seen_us")
    steps = taken.select("share", person=nobody, at_us="taken_us", one=ibis.literal(1, "int64"))
    # who takes a copy at the very moment of seeing takes it after having seen
    along = ibis.window(group_by="share", order_by=[_.at_us, _.one, _.person], following=0)
    return (
        marks.union(steps)
        .mutate(gone=_.one.sum().over(along))
        .filter(_.person.notnull())
        .select("share", "person", "gone")
    )


def _shown(rows: ir.Table) -> ir.Table:
    columns = ("share", "item", "sharer", "channel", "group", "person", "shared_us", "seen_us")
    return rows.select(*columns, "could", "took", "recorded")
