"""Whom a share could have gone to, and how close each of them was by then.

Contact is counted before the share alone: what comes after may come of it.
"""

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from smallnet.hypotheses.methods.landmark import friend_pairs
from smallnet.hypotheses.methods.menu import group_menus, shares_seen
from smallnet.tables import Dataset, microseconds
from smallnet.tables.windows import DAY_US, bots, talk

__all__ = ["contacts", "target_lines"]

NO_TALK = ("system", "reaction")


def contacts(dataset: Dataset) -> ir.Table:
    """Give every contact of a person with somebody in private, and with a group by writing there.

    Returns
    -------
    ibis.Table
        ``person, target, channel`` (friend or group), ``mine`` (1 if the person acted, 0 if the
        other did), ``at_us``. A private message stands once for each of the two.
    """
    return dataset.keep("contacts", lambda: _contacts(dataset))


def _contacts(dataset: Dataset) -> ir.Table:
    low, high = dataset.observed_from_us, dataset.observed_until_us
    one, none = ibis.literal(1, "int64"), ibis.literal(0, "int64")
    private = (
        dataset["interactions"]
        .filter(_.group.isnull(), _.recipient.notnull(), ~_.kind.fill_null("text").isin(NO_TALK))
        .anti_join(bots(dataset).rename(sender="person"), "sender")
        .anti_join(bots(dataset).rename(recipient="person"), "recipient")
        .mutate(at_us=microseconds(_.at))
        .filter(_.at_us >= low, _.at_us < high, _.sender != _.recipient)
    )
    friend, group = ibis.literal("friend"), ibis.literal("group")
    sent = private.select(
        person="sender", target="recipient", channel=friend, mine=one, at_us="at_us"
    )
    got = private.select(
        person="recipient", target="sender", channel=friend, mine=none, at_us="at_us"
    )
    wrote = talk(dataset).filter(~_.entry)
    said = wrote.select(person="sender", target="group", channel=group, mine=one, at_us="at_us")
    return sent.union(got).union(said)


def target_lines(dataset: Dataset, *, history_days: float) -> tuple[pd.DataFrame, str]:
    """Lines of the menus of private shares, with the contact before.

    Parameters
    ----------
    dataset : Dataset
        Needs shares; friendships or memberships, unless menus were recorded in ``opportunities``.
    history_days : float
        A share counts from this many days after watching began: contact has to be seen first.

    Returns
    -------
    tuple
        One row a share and target of its channel on the menu: ``share, sharer, at_us, channel,
        target, chosen, contacts, mine`` (those by the sharer), ``place`` (in the order of the last
        contact, 1 is the latest; who was never met share the places left); and where the menus
        come from. Shares whose target is not on their menu, or which had no other, are not here.
    """
    shares = shares_seen(dataset).filter(
        _.channel != "feed", _.at_us >= dataset.observed_from_us + int(history_days * DAY_US)
    )
    shares = shares.mutate(chosen_target=ibis.coalesce(_.group, _.recipient))
    shares = shares.filter(_.chosen_target.notnull())
    shares = shares.select("share", "sharer", "channel", "at_us", "chosen_target")
    menus, source = _recorded(dataset, shares), "opportunities"
    if menus is None:
        menus, source = _standing(dataset, shares), "friendships and memberships"
    lines = menus.mutate(chosen=_.target == _.chosen_target).distinct()
    hit = lines.group_by("share").aggregate(hit=_.chosen.any(), n=_.count())
    hit = hit.filter(_.hit, _.n > 1).select("share")
    lines = dataset.connection.create_table(
        ibis.util.gen_name("lines"), lines.semi_join(hit, "share")
    )
    found = dataset.collect(_before(lines, contacts(dataset)).order_by("share", "target"))
    last = found["last_us"].astype(float).fillna(-1.0)
    found["place"] = last.groupby(found["share"]).rank(method="average", ascending=False)
    return found.astype({"contacts": np.int64, "mine": np.int64}), source


def _recorded(dataset: Dataset, shares: ir.Table) -> ir.Table | None:
    if not dataset.has("opportunities"):
        return None
    told = dataset["opportunities"].select(
        "channel",
        sharer="person",
        at_us=microseconds(_.at),
        target=ibis.coalesce(_.group, _.recipient),
    )
    menus = shares.inner_join(told.filter(_.target.notnull()), ["sharer", "at_us", "channel"])
    return menus if menus.count().to_pyarrow().as_py() else None


def _standing(dataset: Dataset, shares: ir.Table) -> ir.Table:
    friends = friend_pairs(dataset).rename(sharer="person", target="friend")
    to_friend = (
        shares.filter(_.channel == "friend")
        .inner_join(friends, "sharer")
        .filter(_.since_us.isnull() | (_.since_us <= _.at_us))
        .drop("since_us")
    )
    own = group_menus(dataset).select("share", target="group")
    to_group = shares.filter(_.channel == "group").inner_join(own, "share")
    columns = ("share", "sharer", "channel", "at_us", "chosen_target", "target")
    return to_friend.select(*columns).union(to_group.select(*columns))


def _before(lines: ir.Table, met: ir.Table) -> ir.Table:
    """Count the contacts of each line before its moment, and give the last of them."""
    none, zero = ibis.null("int64"), ibis.literal(0, "int64")
    nobody = ibis.null("string")
    keys = ("person", "target", "channel", "at_us")
    named = lines.rename(person="sharer")
    marks = named.select(*keys, share="share", one=zero, mine=zero, met_us=none)
    pairs = marks.select("person", "target", "channel").distinct()
    steps = met.semi_join(pairs, ["person", "target", "channel"]).select(
        *keys, share=nobody, one=ibis.literal(1, "int64"), mine="mine", met_us="at_us"
    )
    # a contact at the very moment of the share is not before it
    along = ibis.window(
        group_by=["person", "target", "channel"],
        order_by=[_.at_us, _.one, _.share],
        following=0,
    )
    counted = (
        marks.union(steps)
        .mutate(
            contacts=_.one.sum().over(along),
            mine=_.mine.sum().over(along),
            last_us=_.met_us.max().over(along),
        )
        .filter(_.share.notnull())
        .select("share", "target", "contacts", "mine", "last_us")
    )
    return lines.inner_join(counted, ["share", "target"]).select(
        "share", "sharer", "at_us", "channel", "target", "chosen", "contacts", "mine", "last_us"
    )
