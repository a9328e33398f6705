"""Who had what from whom: the links of cascades, read out of shares and adoptions."""

from typing import Literal, TypeAlias

import ibis
import ibis.expr.types as ir
from ibis import _

from smallnet.errors import InputError
from smallnet.tables.dataset import Dataset, microseconds
from smallnet.tables.windows import spells

__all__ = ["NODES", "Nodes", "cascade_links", "links_within"]

Nodes: TypeAlias = Literal["people", "shares"]
NODES = ("people", "shares")


def cascade_links(dataset: Dataset, nodes: Nodes = "people") -> ir.Table:
    """Nodes of all cascades, each with the one it came from.

    Parameters
    ----------
    dataset : Dataset
        With ``shares``; ``adoptions`` count only where nodes are people.
    nodes : {"people", "shares"}
        ``people``: a person is one node of an item, whatever they did with it. They came by their
        earliest act that tells: a share of their own (its ``parent``; none makes them a root), or
        an adoption with a ``via_share``. ``shares``: each share is a node, its ``parent`` above.

    Returns
    -------
    ibis.Table
        ``node`` (0, 1, … in order of item and id), ``above`` (node it came from, null for a
        root), ``item, person, share`` (own share; null where nodes are people), ``at_us``,
        ``from_person, channel, group`` (of the share it came through), ``own_group`` (of the own
        share), ``unknown_parent`` (it names a share of this item that is not in the data).

    Raises
    ------
    InputError
        For another kind of nodes.

    Notes
    -----
    Only acts inside the watch count; machines are nodes too, for a broadcast by a machine is a
    broadcast. A link to the person's own share tells nothing and is left out.
    """
    if nodes not in NODES:
        msg = f"nodes is {nodes!r}, expected one of {', '.join(NODES)}"
        raise InputError(msg)
    build = _people if nodes == "people" else _shares
    return dataset.keep(f"cascade_links_{nodes}", lambda: build(dataset))


def _watched(dataset: Dataset, table: str, column: str) -> ir.Table:
    low, high = dataset.observed_from_us, dataset.observed_until_us
    acts = dataset[table].mutate(at_us=microseconds(dataset[table][column]))
    return acts.filter(_.at_us >= low, _.at_us < high)


def _sources(shares: ir.Table) -> ir.Table:
    """Shares as something to come from, under names of their own."""
    return shares.select(
        from_share="share",
        from_item="item",
        from_person="sharer",
        from_channel="channel",
        from_group="group",
    )


def _shares(dataset: Dataset) -> ir.Table:
    shares = _watched(dataset, "shares", "shared_at")
    order = ibis.row_number().over(order_by=[shares.item, shares.share])
    rows = dataset.keep(
        "numbered_shares",
        lambda: shares.select(
            "item", "share", "at_us", "parent", person="sharer", own_group="group", node=order
        ),
    )
    source = _sources(shares)
    linked = rows.left_join(
        source, [rows.parent == source.from_share, rows.item == source.from_item]
    )
    above = rows.select(above_share="share", above="node")
    linked = linked.left_join(above, linked.from_share == above.above_share)
    return linked.select(
        "node",
        "above",
        "item",
        "person",
        "share",
        "at_us",
        "from_person",
        "own_group",
        channel="from_channel",
        group="from_group",
        unknown_parent=linked.parent.notnull() & linked.from_share.isnull(),
    )


def _people(dataset: Dataset) -> ir.Table:
    shares = _watched(dataset, "shares", "shared_at")
    adoptions = _watched(dataset, "adoptions", "adopted_at")
    acts = shares.select(
        "item",
        "at_us",
        person="sharer",
        named="parent",
        tells=ibis.literal(True),
        shared=ibis.literal(True),
    ).union(
        adoptions.select(
            "item",
            "at_us",
            "person",
            named="via_share",
            tells=adoptions.via_share.notnull(),
            shared=ibis.literal(False),
        )
    )
    source = _sources(shares)
    acts = acts.left_join(source, [acts.named == source.from_share, acts.item == source.from_item])
    own = (acts.from_person == acts.person).fill_null(ibis.literal(False))
    acts = acts.mutate(
        sourced=acts.named.notnull() & ~own, tells=acts.tells & ~(own & ~acts.shared)
    )
    first = ibis.row_number().over(
        group_by=[acts.item, acts.person],
        order_by=[acts.tells.desc(), acts.at_us, acts.sourced.desc(), acts.named],
    )
    rows = acts.mutate(place=first).filter(_.place == 0)
    order = ibis.row_number().over(order_by=[rows.item, rows.person])
    rows = dataset.keep("numbered_people", lambda: rows.mutate(node=order))
    above = rows.select(above_item="item", above_person="person", above="node")
    linked = rows.left_join(
        above,
        [
            rows.sourced,
            rows.item == above.above_item,
            rows.from_person == above.above_person,
        ],
    )
    known = linked.sourced & linked.from_person.notnull()
    return linked.select(
        "node",
        "above",
        "item",
        "person",
        "at_us",
        share=ibis.null("string"),
        own_group=ibis.null("string"),
        from_person=known.ifelse(linked.from_person, ibis.null("string")),
        channel=known.ifelse(linked.from_channel, ibis.null("string")),
        group=known.ifelse(linked.from_group, ibis.null("string")),
        unknown_parent=linked.sourced & linked.from_share.isnull(),
    )


def links_within(dataset: Dataset, nodes: Nodes = "people") -> ir.Table:
    """Links between two people who were members of one group at that moment.

    Returns
    -------
    ibis.Table
        ``node``: those whose link from above stays inside some group of both.
    """
    links = cascade_links(dataset, nodes).filter(_.above.notnull())
    links = links.select("node", "at_us", "person", "from_person")
    stays = spells(dataset).select("group", "person", "start_us", "end_us")
    mine = stays.rename(my_group="group", me="person", my_start="start_us", my_end="end_us")
    here = links.inner_join(
        mine,
        [
            links.person == mine.me,
            mine.my_start <= links.at_us,
            mine.my_end > links.at_us,
        ],
    )
    both = here.inner_join(
        stays,
        [
            here.from_person == stays.person,
            here.my_group == stays.group,
            stays.start_us <= here.at_us,
            stays.end_us > here.at_us,
        ],
    )
    return both.select("node").distinct()
