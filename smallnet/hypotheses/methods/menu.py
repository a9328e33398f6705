"""What somebody could have chosen at a moment: the groups they were in, the friends they had."""

import ibis
import ibis.expr.types as ir
from ibis import _

from smallnet.tables import Dataset, microseconds
from smallnet.tables.windows import bots, sized_groups, sizes_at, spells

__all__ = ["friends_at", "group_menus", "groups_at", "shares_seen"]


def shares_seen(dataset: Dataset) -> ir.Table:
    """Shares of humans inside the watch, through a known channel.

    Returns
    -------
    ibis.Table
        ``share, item, sharer, channel, at_us, group, recipient``.
    """
    low, high = dataset.observed_from_us, dataset.observed_until_us
    return (
        dataset["shares"]
        .anti_join(bots(dataset).rename(sharer="person"), "sharer")
        .mutate(at_us=microseconds(_.shared_at))
        .filter(_.at_us >= low, _.at_us < high, _.channel.isin(("group", "friend", "feed")))
        .select("share", "item", "sharer", "channel", "at_us", "group", "recipient")
    )


def group_menus(dataset: Dataset) -> ir.Table:
    """Every group share with the groups it could have gone to: the sharer's groups then.

    Returns
    -------
    ibis.Table
        One row a share and group on its menu: ``share, sharer, group, size`` (members at that
        moment), ``chosen``. Groups with a partial roster have no size and are on no menu; a share
        whose target is not on the sharer's menu (left out, or no member) is not here.
    """
    return dataset.keep("group_menus", lambda: _group_menus(dataset))


def _group_menus(dataset: Dataset) -> ir.Table:
    shares = shares_seen(dataset).filter(_.channel == "group", _.group.notnull())
    shares = shares.select("share", "sharer", "at_us", target="group")
    stays = spells(dataset).semi_join(sized_groups(dataset), "group")
    stays = stays.select("group", "start_us", "end_us", sharer="person")
    rows = (
        shares.join(
            stays,
            [
                shares.sharer == stays.sharer,
                stays.start_us <= shares.at_us,
                stays.end_us > shares.at_us,
            ],
        )
        .select("share", "sharer", "group", "at_us", chosen=_.group == _.target)
        .distinct()
    )
    rows = dataset.keep("menu_rows", lambda: rows)
    moments = dataset.keep("menu_moments", lambda: rows.select("group", "at_us").distinct())
    sized = dataset.keep("menu_sizes", lambda: sizes_at(dataset, moments))
    on_menu = rows.group_by("share").aggregate(hit=_.chosen.max()).filter(_.hit)
    return (
        rows.semi_join(on_menu, "share")
        .inner_join(sized, ["group", "at_us"])
        .select("share", "sharer", "group", "size", "chosen", "at_us")
    )


def groups_at(dataset: Dataset, events: ir.Table) -> ir.Table:
    """Count the groups that a person is in at a moment.

    Parameters
    ----------
    dataset : Dataset
        Whose spells count.
    events : ibis.Table
        ``event, person, at_us``.

    Returns
    -------
    ibis.Table
        ``event, count``.
    """
    stays = spells(dataset)
    starts = stays.select("person", at_us="start_us", delta=ibis.literal(1, "int64"))
    ends = stays.select("person", at_us="end_us", delta=ibis.literal(-1, "int64"))
    return _count_at(starts.union(ends), events)


def friends_at(dataset: Dataset, events: ir.Table) -> ir.Table:
    """Count the friends that a person has at a moment; parameters as in :func:`groups_at`."""
    low = dataset.observed_from_us
    pairs = dataset["friendships"].select(
        "person", "friend", at_us=microseconds(_.since).fill_null(low - 1)
    )
    both = pairs.union(pairs.select(person="friend", friend="person", at_us="at_us"))
    first = both.group_by("person", "friend").aggregate(at_us=_.at_us.min())
    return _count_at(first.select("person", "at_us", delta=ibis.literal(1, "int64")), events)


def _count_at(steps: ir.Table, events: ir.Table) -> ir.Table:
    nobody = ibis.null("string")
    marks = events.select("person", "at_us", event="event", delta=ibis.literal(0, "int64"))
    moves = (
        steps.group_by("person", "at_us")
        .aggregate(delta=_.delta.sum())
        .select("person", "at_us", event=nobody, delta="delta")
    )
    # a step at the very moment of the event counts: start <= t < end
    along = ibis.window(
        group_by="person",
        order_by=[_.at_us, _.event.notnull(), _.event],
        following=0,
    )
    return (
        marks.union(moves)
        .mutate(count=_.delta.sum().over(along))
        .filter(_.event.notnull())
        .select("event", "count")
    )
