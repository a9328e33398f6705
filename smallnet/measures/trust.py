"""Proxies of trust: ties that are returned, messages that get a reply, people who get help.

None of them is trust. They are what trust leaves behind in a log, to be held against surveys or
signed trust data where those exist.
"""

import ibis
import ibis.expr.types as ir
from ibis import _

from smallnet.measures.interaction import answers
from smallnet.measures.size import participants
from smallnet.networks.interaction import interaction_edges
from smallnet.tables.dataset import Dataset

__all__ = ["TRUST_LAYERS", "addressed", "group_replies", "group_returned_ties", "group_trust_ties"]

TRUST_LAYERS = ("trust", "advice", "help")  # layers of ``ties`` in which one relies on the other


def addressed(dataset: Dataset) -> ir.Table:
    """Acts with a known addressee: ``source, target, group`` (null in private), ``via``.

    A contact, in which nobody addresses the other, stands once for each of the two.
    """

    def build() -> ir.Table:
        edges = interaction_edges(dataset).select("source", "target", "group", "via")
        back = edges.filter(_.via == "contact")
        return edges.union(
            back.select("group", "via", source="target", target="source").select(*edges.columns)
        )

    return dataset.keep("addressed", build)


def group_returned_ties(dataset: Dataset) -> ir.Table:
    """Directed ties inside each group, and how many are returned there.

    Returns
    -------
    ibis.Table
        ``group, dyads`` (pairs of its people of whom one addressed the other in the group),
        ``mutual_dyads`` (both did). Contacts are left out: they are mutual by definition.
    """
    people = participants(dataset)
    ties = (
        addressed(dataset)
        .filter(_.group.notnull(), _.via != "contact", _.source != _.target)
        .select("group", "source", "target")
        .distinct()
    )
    ties = ties.semi_join(people.rename(source="person"), ["group", "source"])
    ties = ties.semi_join(people.rename(target="person"), ["group", "target"])
    dyads = (
        ties.mutate(a=ibis.least(_.source, _.target), b=ibis.greatest(_.source, _.target))
        .group_by("group", "a", "b")
        .aggregate(ways=_.count())
    )
    return dyads.group_by("group").aggregate(
        dyads=_.count(), mutual_dyads=ibis.ifelse(_.ways > 1, 1, 0).sum()
    )


def group_replies(dataset: Dataset) -> ir.Table:
    """Messages that got a reply from somebody else, and people who got one.

    Returns
    -------
    ibis.Table
        ``group, replied_messages, helped`` (people of whom at least one message was answered).
        Needs ``interactions.reply_to``.
    """
    return (
        answers(dataset)
        .group_by("group")
        .aggregate(replied_messages=_.answered.nunique(), helped=_.answered_sender.nunique())
    )


def group_trust_ties(dataset: Dataset) -> ir.Table:
    """Ties of the layers ``trust``, ``advice`` and ``help`` among the people of each group.

    Returns
    -------
    ibis.Table
        ``group, trust_ties`` (ordered pairs with a tie of weight above 0, or without a weight).
    """
    ties = dataset["ties"].filter(_.layer.isin(TRUST_LAYERS), _.weight.fill_null(1.0) > 0)
    ties = ties.select("source", "target").filter(_.source != _.target).distinct()
    people = participants(dataset)
    inside = people.rename(source="person").inner_join(ties, "source").select("group", "target")
    inside = inside.semi_join(people.rename(target="person"), ["group", "target"])
    return inside.group_by("group").aggregate(trust_ties=_.count())
