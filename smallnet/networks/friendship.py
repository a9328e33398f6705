"""Friendship and every other declared tie: what people say, not what they do."""

import datetime as dtm

import ibis
from ibis import _

from smallnet.errors import UnknownNameError
from smallnet.networks.network import Network
from smallnet.networks.people import collect_network, instant, people_index, when, without_bots
from smallnet.tables import Dataset, microseconds

__all__ = ["build_friendship", "build_ties"]

Moment = dtm.datetime | str | int


def build_friendship(dataset: Dataset, at: Moment | None = None) -> Network:
    """Undirected network of friends.

    Parameters
    ----------
    dataset : Dataset
        Its ``friendships``; a pair that is listed twice, in whatever order, is one.
    at : datetime, str or int (microseconds), optional
        Who was a friend at this moment: ``since <= at``, or unknown and so before the watch
        began. Left out: all who ever were.

    Returns
    -------
    Network
        1 for each pair of friends, on the index of :func:`people_index`.

    Raises
    ------
    InputError
        If somebody is a friend of themself.
    """
    at_us = None if at is None else instant(at)
    rows = dataset["friendships"].filter(_.person.notnull() & _.friend.notnull())
    if at_us is not None:
        rows = rows.filter(_.since.isnull() | (microseconds(_.since) <= at_us))
    pairs = rows.select(
        source=ibis.least(rows.person, rows.friend), target=ibis.greatest(rows.person, rows.friend)
    ).distinct()
    return collect_network(
        without_bots(pairs, dataset).mutate(weight=ibis.literal(1.0)),
        people_index(dataset),
        directed=False,
        weight="1 = friends",
        made_by=f"friendships {when(at_us)}",
    )


def build_ties(dataset: Dataset, layer: str, at: Moment | None = None) -> Network:
    """Network of one layer of ``ties``: nominations, advice, trust.

    Parameters
    ----------
    dataset : Dataset
        Its ``ties``.
    layer : str
        Name of the layer.
    at : datetime, str or int (microseconds), optional
        Ties that held at this moment, ``at <= moment < until``, unknown ends open. Left out: all.

    Returns
    -------
    Network
        Undirected if every row of the layer is; else undirected rows count in both directions.
        Rows of one pair are added up. Without any weight in the layer a row weighs 1; a pair all
        of whose weights are unknown, in a layer that has some, weighs ``nan``.

    Raises
    ------
    UnknownNameError
        If there is no such layer.
    """
    at_us = None if at is None else instant(at)
    ties = dataset["ties"]
    rows = ties.filter(ties.layer == layer, ties.source.notnull(), ties.target.notnull())
    facts = rows.aggregate(
        rows=_.count(), weights=_.weight.count(), one_way=(_.directed.fill_null(True)).sum()
    )
    fact = facts.to_pyarrow().to_pylist()[0]
    if not fact["rows"]:
        layers = dataset["ties"].select("layer").distinct().order_by("layer").to_pyarrow()
        known = ", ".join(map(str, layers["layer"].to_pylist())) or "none at all"
        msg = f"unknown layer {layer!r}, the ties have {known}"
        raise UnknownNameError(msg)
    directed = bool(fact["one_way"])
    if at_us is not None:
        rows = rows.filter(
            _.at.isnull() | (microseconds(_.at) <= at_us),
            _.until.isnull() | (microseconds(_.until) > at_us),
        )
    if not fact["weights"]:
        rows = rows.mutate(weight=ibis.literal(1.0))
    if directed:
        back = rows.filter(~_.directed.fill_null(True)).mutate(source=_.target, target=_.source)
        columns = ["source", "target", "weight"]
        rows = rows.select(columns).union(back.select(columns))
    else:
        rows = rows.mutate(
            source=ibis.least(_.source, _.target), target=ibis.greatest(_.source, _.target)
        )
    summed = rows.group_by("source", "target").aggregate(weight=_.weight.sum())
    return collect_network(
        without_bots(summed, dataset),
        people_index(dataset),
        directed=directed,
        weight=f"sum of weights in layer {layer}" if fact["weights"] else f"times in layer {layer}",
        made_by=f"ties of layer {layer} {when(at_us)}",
    )
