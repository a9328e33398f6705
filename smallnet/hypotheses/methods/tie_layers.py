"""Ties that could go inside a group or across: friends, private messages, reshares, quotes.

Replies inside a group are never among them: they are inside by construction.
"""

from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from smallnet.hypotheses.methods.walls import ANY_TIME, Stays, could_go_inside, sort_stays
from smallnet.tables import Dataset, Text, microseconds
from smallnet.tables.windows import spells

__all__ = ["LAYERS", "Layer", "Roster", "read_layer", "read_roster"]

NO_MESSAGE = ("system", "reaction", "contact")
SOURCES = {  # tables that a kind of ties is read from
    "friendships": ("friendships",),
    "private messages": ("interactions", "ties"),
    "reshares": ("shares", "ties"),
    "quotes": ("ties",),
}
SMALLEST = 10  # ties under which a layer says nothing


@dataclass(frozen=True)
class Layer:
    """A kind of ties: pairs of members with the moment of each, or ``ANY_TIME``."""

    name: str
    ends: np.ndarray  # (ties, 2) indices of people
    moment: np.ndarray  # (ties,)
    acts: np.ndarray  # (ties,) messages, quotes… of the pair
    left_out: int  # pairs with somebody who was in no group, then or ever

    @property
    def enough(self) -> bool:
        """Tell whether there are ties enough to say anything."""
        return len(self.ends) >= SMALLEST


@dataclass(frozen=True)
class Roster:
    """Stays as arrays, with the people and groups behind the indices."""

    stays: Stays
    people: pd.Index
    groups: pd.Index


def read_roster(dataset: Dataset) -> Roster:
    """Read everybody's stays in groups during the watch."""
    rows = dataset.collect(
        spells(dataset)
        .select("group", "person", "start_us", "end_us")
        .order_by("person", "group", "start_us")
    )
    person, people = pd.factorize(rows["person"], sort=True)
    group, groups = pd.factorize(rows["group"], sort=True)
    stays = sort_stays(
        person,
        group,
        rows["start_us"].to_numpy(np.int64),
        rows["end_us"].to_numpy(np.int64),
        n_people=len(people),
        n_groups=len(groups),
    )
    return Roster(stays, pd.Index(people), pd.Index(groups))


def read_layer(dataset: Dataset, name: str, roster: Roster) -> Layer:
    """Read one kind of ties, one row a pair; the moment is that of the first act in the watch."""
    if not any(table in dataset for table in SOURCES[name]):  # spares a query
        none = np.empty(0, np.int64)
        return Layer(name, np.empty((0, 2), np.int64), none, none, 0)
    acts = LAYERS[name][1](dataset)
    low, high = dataset.observed_from_us, dataset.observed_until_us
    acts = acts.filter(
        _.one.notnull(), _.two.notnull(), _.one != _.two, (_.at_us < high) | _.at_us.isnull()
    )
    pairs = (
        acts.mutate(a=ibis.least(_.one, _.two), b=ibis.greatest(_.one, _.two))
        .group_by("a", "b")
        .aggregate(
            acts=_.count(),
            # a tie from before the watch has no moment that could be looked at
            at_us=ibis.ifelse((_.at_us < low) | _.at_us.isnull(), ANY_TIME, _.at_us).min(),
        )
        .order_by("a", "b")
    )
    rows = dataset.collect(pairs)
    ends = np.column_stack(
        [roster.people.get_indexer(pd.Index(rows[end])) for end in ("a", "b")]
    ).astype(np.int64)
    moment = rows["at_us"].to_numpy(np.int64)
    kept = np.asarray((ends >= 0).all(axis=1))
    kept[kept] = could_go_inside(roster.stays, ends[kept], moment[kept])
    return Layer(
        name,
        ends[kept],
        moment[kept],
        rows["acts"].to_numpy(np.int64)[kept],
        int((~kept).sum()),
    )


def _friends(dataset: Dataset) -> ir.Table:
    table = dataset["friendships"]
    return table.select(one="person", two="friend", at_us=microseconds(_.since))


def _messages(dataset: Dataset) -> ir.Table:
    acts = dataset["interactions"]
    private = acts.filter(
        _.group.isnull() & _.recipient.notnull(),
        ~_.kind.fill_null("text").isin(NO_MESSAGE),
        ~_.symmetric.fill_null(ibis.literal(False)),
    ).select(one="sender", two="recipient", at_us=microseconds(_.at))
    return private.union(_ties(dataset, "message", "email", "sms", "call", "private"))


def _reshares(dataset: Dataset) -> ir.Table:
    shares = dataset["shares"]
    parents = shares.select(parent="share", two="sharer")
    passed = shares.filter(_.parent.notnull()).select(
        "parent", one="sharer", at_us=microseconds(_.shared_at)
    )
    met = passed.inner_join(parents, "parent").select("one", "two", "at_us")
    return met.union(_ties(dataset, "reshare", "forward"))


def _quotes(dataset: Dataset) -> ir.Table:
    return _ties(dataset, "quote", "crossref")


def _ties(dataset: Dataset, *layers: str) -> ir.Table:
    ties = dataset["ties"].filter(_.layer.isin(layers), (_.weight > 0) | _.weight.isnull())
    return ties.select(one="source", two="target", at_us=microseconds(_.at))


LAYERS: dict[str, tuple[Text, Callable[[Dataset], ir.Table]]] = {
    "friendships": (Text("friendships", "好友关系"), _friends),
    "private messages": (Text("private messages", "私聊"), _messages),
    "reshares": (Text("reshared links", "转发链"), _reshares),
    "quotes": (Text("quotes", "引用"), _quotes),
}
