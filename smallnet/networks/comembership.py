"""Co-membership: who shares groups with whom, with how many, and how small they are."""

import datetime as dtm

import ibis
from ibis import _

from smallnet.errors import InputError
from smallnet.networks.membership import MAX_PAIRS, build_membership, project
from smallnet.networks.network import Network
from smallnet.networks.people import collect_network, people_index, when
from smallnet.tables import Dataset
from smallnet.tables.windows import spells

__all__ = ["build_comembership"]


def build_comembership(
    dataset: Dataset,
    at: dtm.datetime | str | int | None = None,
    *,
    size_discount: bool = False,
    min_weight: float = 0.0,
    max_size: int | None = None,
) -> Network:
    """Undirected network of people who share groups. Groups themselves are lost in it.

    Parameters
    ----------
    dataset : Dataset
        Its ``memberships``.
    at : datetime, str or int (microseconds), optional
        Groups shared at this moment. Left out: groups in which both were at the same moment, at
        any time of the watch.
    size_discount : bool
        A shared group of n counts 1 / (n - 1) (Newman 2001,
        https://doi.org/10.1103/PhysRevE.64.016132), else 1. Without a moment n is everybody
        who was ever in the group during the watch.
    min_weight : float
        Keep ties of at least this strength.
    max_size : int, optional
        Leave larger groups out.

    Returns
    -------
    Network
        On the index of :func:`people_index`. Prefer :func:`build_membership`, which keeps groups:
        three people who meet in one group and three who meet pairwise in three look alike here.

    Raises
    ------
    InputError
        If the groups hold more than ``MAX_PAIRS`` pairs of members.
    """
    if at is not None:
        return project(
            build_membership(dataset, at),
            size_discount=size_discount,
            min_weight=min_weight,
            max_size=max_size,
        )
    stays = spells(dataset)
    sizes = stays.group_by("group").aggregate(size=_.person.nunique()).filter(_.size > 1)
    if max_size is not None:
        sizes = sizes.filter(_.size <= max_size)
    n_pairs = sizes.aggregate(n=(_.size * (_.size - 1) // 2).sum()).to_pyarrow()["n"][0].as_py()
    if (n_pairs or 0) > MAX_PAIRS:
        msg = (
            f"the groups hold {n_pairs:,} pairs of members, expected at most {MAX_PAIRS:,}: "
            "leave out the largest with max_size"
        )
        raise InputError(msg)
    stays = stays.inner_join(sizes, "group")
    ours = stays.select("group", "size", source="person", start="start_us", end="end_us")
    theirs = stays.view().select(
        group_too="group", target="person", start_too="start_us", end_too="end_us"
    )
    together = ours.join(
        theirs,
        [
            ours.group == theirs.group_too,
            ours.source < theirs.target,
            ours.start < theirs.end_too,
            theirs.start_too < ours.end,
        ],
    )
    pairs = together.select("group", "size", "source", "target").distinct()
    share = 1.0 / (pairs.size - 1) if size_discount else ibis.literal(1.0)
    ties = pairs.mutate(share=share).group_by("source", "target").aggregate(weight=_.share.sum())
    return collect_network(
        ties.filter(_.weight >= min_weight),
        people_index(dataset),
        directed=False,
        weight="shared groups, each 1 / (size - 1)" if size_discount else "shared groups",
        made_by=f"groups shared at the same moment, {when(None)}"
        + ("" if max_size is None else f", groups of at most {max_size}"),
    )
