"""Interaction: who addresses whom, as a table of edges and as a weighted network."""

import datetime as dtm
import math
from collections.abc import Sequence
from typing import Literal

import ibis
import ibis.expr.types as ir
from ibis import _

from smallnet.errors import InputError, UnknownNameError
from smallnet.networks.network import Network
from smallnet.networks.people import (
    collect_network,
    instant,
    moment,
    people_index,
    when,
    without_bots,
)
from smallnet.networks.ties import TIE_STRENGTHS, tie_strength
from smallnet.tables import Dataset, microseconds
from smallnet.tables.windows import DAY_US, NO_TALK

__all__ = ["VIA", "build_interaction", "group_edges", "interaction_edges"]

Moment = dtm.datetime | str | int
VIA = ("recipient", "reply", "mention", "contact")


def interaction_edges(dataset: Dataset, *, kinds: Sequence[str] | None = None) -> ir.Table:
    """Who addresses whom, one row an act and person addressed.

    Parameters
    ----------
    dataset : Dataset
        Its ``interactions`` and ``recipients``.
    kinds : sequence of str, optional
        Kinds of acts that count (no kind is ``text``); if left out, all that are talk: neither
        ``system`` nor ``reaction``.

    Returns
    -------
    ibis.Table
        ``source, target, group`` (null in private), ``at_us`` (microseconds since 1970),
        ``via, duration_s``. ``via`` tells how we know: ``recipient`` (the act names one),
        ``reply`` (it answers somebody, and names nobody), ``mention`` (a row of ``recipients``,
        unless it is who is addressed anyway), ``contact`` (symmetric: the pair is in no order, and
        stands once, the lower id as source). Acts inside the watch; nobody addresses themself;
        bots are left out.
    """
    every = dataset["interactions"]
    first, last = moment(dataset.observed_from_us), moment(dataset.observed_until_us)
    kind = every.kind.fill_null("text")
    wanted = kind.isin(list(kinds)) if kinds is not None else ~kind.isin(NO_TALK)
    if not dataset.has("interactions.kind"):
        wanted = ibis.literal(kinds is None or "text" in kinds)
    acts = every.filter(wanted, every.at >= first, every.at < last)
    acts = acts.mutate(at_us=microseconds(acts.at))
    parts = []
    if dataset.has("interactions.symmetric"):
        mutual = acts.symmetric.fill_null(ibis.literal(False))
        pair = acts.filter(mutual & acts.recipient.notnull()).mutate(
            source=ibis.least(_.sender, _.recipient), target=ibis.greatest(_.sender, _.recipient)
        )
        parts.append(_edges(pair, "contact"))
        acts = acts.filter(~mutual)
    named = acts.filter(acts.recipient.notnull())
    parts.append(_edges(named.mutate(source=_.sender, target=_.recipient), "recipient"))
    if dataset.has("interactions.reply_to"):
        answered = every.select(reply_to="interaction", target="sender")
        replies = acts.filter(acts.recipient.isnull() & acts.reply_to.notnull())
        replies = replies.inner_join(answered, "reply_to").mutate(source=_.sender)
        parts.append(_edges(replies, "reply"))
    if dataset.has("recipients"):
        parts.append(_edges(_mentions(dataset, acts), "mention"))
    edges = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return without_bots(edges.filter(edges.source != edges.target), dataset)


def _edges(acts: ir.Table, via: str) -> ir.Table:
    return acts.select("source", "target", "group", "at_us", "duration_s", via=ibis.literal(via))


def _mentions(dataset: Dataset, acts: ir.Table) -> ir.Table:
    """Acts × people they mention, without the one they address anyway."""
    listed = dataset["recipients"].filter(_.person.notnull()).select("interaction", target="person")
    mentions = acts.inner_join(listed.distinct(), "interaction").mutate(source=_.sender)
    answered = dataset["interactions"].select(reply_to="interaction", answered="sender")
    mentions = mentions.left_join(answered, "reply_to")
    return mentions.filter(
        _.target != ibis.coalesce(_.recipient, _.answered, ibis.literal("")),
    )


def group_edges(dataset: Dataset) -> ir.Table:
    """Who addresses whom how often in each group.

    Returns
    -------
    ibis.Table
        ``group, source, target, symmetric, acts, first_us, last_us``. Where ``symmetric`` the
        pair is in no order and the acts are contacts.
    """
    edges = interaction_edges(dataset)
    edges = edges.filter(edges.group.notnull())
    counted = {"acts": _.count(), "first_us": _.at_us.min(), "last_us": _.at_us.max()}
    columns = ("group", "source", "target", "symmetric", *counted)
    if dataset.has("interactions.symmetric"):
        edges = edges.mutate(symmetric=_.via == "contact")
        table = edges.group_by("group", "source", "target", "symmetric").aggregate(**counted)
    else:
        table = edges.group_by("group", "source", "target").aggregate(**counted)
        table = table.mutate(symmetric=ibis.literal(False))
    return table.select(*columns)


def build_interaction(
    dataset: Dataset,
    *,
    group: str | None = None,
    layer: Literal["addressed", "contact"] | None = None,
    kinds: Sequence[str] | None = None,
    strength: str = "count",
    half_life_days: float = 30.0,
    at: Moment | None = None,
) -> Network:
    """Weighted network of who addresses whom.

    Parameters
    ----------
    dataset : Dataset
        Its ``interactions`` and ``recipients``; see :func:`interaction_edges`.
    group : str, optional
        Only what was said in this group.
    layer : {"addressed", "contact"}, optional
        Directed acts (recipients, replies, mentions) or symmetric contacts; if left out,
        ``addressed``, or ``contact`` where the data hold nothing else.
    kinds : sequence of str, optional
        Kinds of acts that count.
    strength : str
        A name in ``TIE_STRENGTHS`` that acts or ties can tell: all but ``shared_groups``.
    half_life_days : float
        Days after which an act counts half, for ``strength="half_life"``.
    at : datetime, str or int (microseconds), optional
        Only acts before this moment count, and half-lives run until it; the end of the watch if
        left out.

    Returns
    -------
    Network
        Directed (``addressed``) or undirected (``contact``), on the index of
        :func:`people_index`.

    Raises
    ------
    UnknownNameError
        For an unknown strength or layer.
    NotTestableError
        If ``strength="duration"`` and no act has one.
    """
    if strength not in TIE_STRENGTHS or TIE_STRENGTHS[strength].needs == "memberships":
        known = ", ".join(n for n, s in TIE_STRENGTHS.items() if s.needs != "memberships")
        msg = f"unknown tie strength {strength!r} of acts, expected one of {known}"
        raise UnknownNameError(msg)
    if layer not in (None, "addressed", "contact"):
        msg = f"unknown layer {layer!r}, expected addressed or contact"
        raise UnknownNameError(msg)
    if not half_life_days > 0:
        msg = f"half_life_days is {half_life_days}, expected a number of days above 0"
        raise InputError(msg)
    if strength == "duration":
        dataset.require("interactions.duration_s")
    end_us = dataset.observed_until_us if at is None else instant(at)
    edges = interaction_edges(dataset, kinds=kinds).filter(_.at_us < end_us)
    if group is not None:
        edges = edges.filter(_.group == group)
    if dataset.has("interactions.symmetric"):
        if layer is None:
            one_way = edges.filter(_.via != "contact").limit(1).count().to_pyarrow().as_py()
            both_ways = edges.filter(_.via == "contact").limit(1).count().to_pyarrow().as_py()
            layer = "contact" if both_ways and not one_way else "addressed"
        contact = layer == "contact"
        edges = edges.filter((_.via == "contact") if contact else (_.via != "contact"))
    elif layer == "contact":
        edges = edges.filter(ibis.literal(False))
    layer = layer or "addressed"
    age_days = (end_us - _.at_us).cast("float64") / DAY_US
    weight, unit = {
        "half_life": (
            (age_days * (-math.log(2.0) / half_life_days)).exp().sum(),
            f"acts, each halved every {half_life_days:g} days",
        ),
        "duration": (_.duration_s.sum().fill_null(0.0), "seconds"),
    }.get(strength, (_.count(), "contacts" if layer == "contact" else "acts"))
    network = collect_network(
        edges.group_by("source", "target").aggregate(weight=weight),
        people_index(dataset),
        directed=layer != "contact",
        weight=unit,
        made_by=f"interactions ({layer}) {'' if group is None else f'in {group} '}"
        f"before {when(end_us).removeprefix('at ')}",
    )
    acts_tell = TIE_STRENGTHS[strength].needs == "acts" or strength == "count"
    return network if acts_tell else tie_strength(network, strength)
