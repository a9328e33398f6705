"""Which groups there are, how long they lived under watch, and how large they were.

A size is a size *at a moment*: the members whose stay holds it. Three are named here: at the end,
averaged over time, and the largest. A group whose roster is partial has none.
"""

import warnings
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis import _
from numpy.typing import ArrayLike

from smallnet.errors import InputError, TrapWarning
from smallnet.tables.dataset import DAY_US, Dataset, microseconds
from smallnet.tables.windows import size_steps, sized_groups, spells, talk

__all__ = [
    "all_groups",
    "end_members",
    "group_lives",
    "group_sizes",
    "participants",
    "person_weighted_mean",
]


SIZES_TO_TELL = 3  # different ones that must come a multiple of their own number of times


def all_groups(dataset: Dataset) -> ir.Table:
    """Every group that any table names.

    Returns
    -------
    ibis.Table
        ``group, name, kind, roster, created_us, closed_us``; ``name`` is the attribute of
        ``groups`` if there is one.
    """
    return dataset.keep("all_groups", lambda: _all_groups(dataset))


def _all_groups(dataset: Dataset) -> ir.Table:
    groups = dataset["groups"]
    name = groups["name"].cast("string") if "name" in groups.columns else ibis.null("string")
    listed = groups.select(
        "group",
        "kind",
        "roster",
        name=name,
        created_us=microseconds(groups.created_at),
        closed_us=microseconds(groups.closed_at),
    )
    tables = ("memberships", "interactions", "shares")
    named = ibis.union(*(dataset[table].select("group") for table in tables), distinct=True)
    unlisted = named.filter(_.group.notnull()).anti_join(listed, "group")
    unlisted = unlisted.mutate(
        kind=ibis.null("string"),
        roster=ibis.null("string"),
        name=ibis.null("string"),
        created_us=ibis.null("int64"),
        closed_us=ibis.null("int64"),
    )
    return listed.union(unlisted.select(*listed.columns))


def group_lives(dataset: Dataset) -> ir.Table:
    """When each group lived, as far as the watch saw it.

    Returns
    -------
    ibis.Table
        ``group, began_us, ended_us`` (half-open, inside the watch, ``ended_us`` never before
        ``began_us``), ``first_us`` (creation even if before the watch, else ``began_us``),
        ``began_known``, ``closed``.

    Notes
    -----
    A group begins when it was created; where that is unknown, with its first member or first
    message, which is the start of the watch where a member was there from before. ``began_known``
    is false for that last case: its age is then a lower bound.
    """
    return dataset.keep("group_lives", lambda: _group_lives(dataset))


def _group_lives(dataset: Dataset) -> ir.Table:
    low, high = dataset.observed_from_us, dataset.observed_until_us
    stays = spells(dataset).group_by("group").aggregate(stay_us=_.start_us.min())
    acts = talk(dataset).group_by(act_group="group").aggregate(act_us=_.at_us.min())
    lives = all_groups(dataset).select("group", "created_us", "closed_us")
    lives = lives.left_join(stays, "group").drop("group_right")
    lives = lives.left_join(acts, lives.group == acts.act_group).drop("act_group")
    lives = lives.mutate(
        start_us=ibis.coalesce(_.created_us, ibis.least(_.stay_us, _.act_us), low),
        closed=_.closed_us.notnull() & (_.closed_us < high),
    )
    lives = lives.mutate(
        began_us=ibis.least(ibis.greatest(_.start_us, low), high).cast("int64"),
        began_known=_.created_us.notnull() | (_.start_us > low),
    )
    end = ibis.least(lives.closed_us.fill_null(high), high)
    return lives.mutate(
        ended_us=ibis.greatest(end, lives.began_us).cast("int64"),
        first_us=ibis.coalesce(lives.created_us, lives.began_us),
    ).select("group", "began_us", "ended_us", "first_us", "began_known", "closed")


def end_members(dataset: Dataset) -> ir.Table:
    """Members at the end of the watch, or just before the group was closed: ``[group, person]``.

    Groups with a partial roster are left out.
    """
    return dataset.keep("end_members", lambda: _end_members(dataset))


def _end_members(dataset: Dataset) -> ir.Table:
    stays = spells(dataset).select("group", "person", "start_us", "end_us")
    lives = group_lives(dataset).select("group", "ended_us")
    return (
        stays.semi_join(sized_groups(dataset), "group")
        .inner_join(lives, "group")
        .filter(_.start_us < _.ended_us, _.end_us >= _.ended_us)
        .select("group", "person")
        .distinct()
    )


def participants(dataset: Dataset) -> ir.Table:
    """Everybody who was a member of a group under watch or talked in it: ``[group, person]``."""

    def build() -> ir.Table:
        stays = spells(dataset).select("group", "person")
        return stays.union(talk(dataset).select("group", person="sender"), distinct=True)

    return dataset.keep("participants", build)


def group_sizes(dataset: Dataset) -> ir.Table:
    """Size of every group with a roster.

    Returns
    -------
    ibis.Table
        ``group, size_end`` (members at the end of the watch or of the group), ``size_mean``
        (averaged over its life under watch), ``size_max, members_ever`` (people who were in at
        any moment under watch), ``member_days`` (days of membership, cut to the group's life).
        Groups with a partial roster are left out, and so are those of which no member is listed
        unless their roster is stated.
    """
    lives = group_lives(dataset).select("group", "began_us", "ended_us")
    known = sized_groups(dataset)
    known = known.filter(_.roster.notnull()).union(
        known.filter(_.roster.isnull()).semi_join(dataset["memberships"], "group")
    )
    known = known.select("group").inner_join(lives, "group")
    steps = (
        size_steps(dataset)
        .inner_join(lives, "group")
        .mutate(
            from_us=ibis.greatest(_.from_us, _.began_us),
            until_us=ibis.least(_.until_us, _.ended_us),
        )
        .filter(_.until_us > _.from_us)
        .mutate(days=(_.until_us - _.from_us) / DAY_US)
        .group_by("group")
        .aggregate(
            size_end=_["size"].sum(where=_.until_us == _.ended_us),
            size_max=_["size"].max(),
            member_days=(_["size"] * _.days).sum(),
        )
    )
    ever = (
        spells(dataset)
        .inner_join(lives, "group")
        .filter(_.start_us < _.ended_us, _.end_us > _.began_us)
        .group_by("group")
        .aggregate(members_ever=_.person.nunique())
    )
    sizes = known.left_join(steps, "group").drop("group_right")
    sizes = sizes.left_join(ever, "group").drop("group_right")
    life = (sizes.ended_us - sizes.began_us) / DAY_US
    days = sizes.member_days.fill_null(0.0)
    return sizes.select(
        "group",
        size_end=_.size_end.fill_null(0).cast("int64"),
        size_mean=ibis.ifelse(life > 0, days / ibis.ifelse(life > 0, life, 1.0), None),
        size_max=_.size_max.fill_null(0).cast("int64"),
        members_ever=_.members_ever.fill_null(0).cast("int64"),
        member_days=days,
    )


def person_weighted_mean(sizes: ArrayLike) -> float:
    r"""Mean size of the groups that a member meets.

    .. math:: \frac{E[n^2]}{E[n]}

    Parameters
    ----------
    sizes : array_like of float, shape (groups,)
        Members of each group; unknown ones (``nan``) are left out.

    Returns
    -------
    float
        Members; never below the mean over groups. ``nan`` where nobody is a member.

    Raises
    ------
    InputError
        If a size is negative.

    Warns
    -----
    TrapWarning
        If every size comes as many times as it has members (or a multiple): then these are sizes
        a membership, weighted by people already, and would be weighted twice.

    Examples
    --------
    >>> round(person_weighted_mean([10, 200]), 6)
    190.952381
    """
    n: Any = np.asarray(sizes, dtype=float)
    n = n[np.isfinite(n)]
    if (n < 0).any():
        msg = f"size is {n[n < 0][0]}, expected a number of members of at least 0"
        raise InputError(msg)
    values, rows = np.unique(n, return_counts=True)
    if (values > 1).sum() >= SIZES_TO_TELL and (rows % np.maximum(values, 1) == 0).all():
        words = (
            "each size comes as often as it has members: these look like sizes a membership, whose "
            "plain mean is weighted by people already. Instead: one size a group"
        )
        warnings.warn(words, TrapWarning, stacklevel=2)
    return float((n**2).sum() / n.sum()) if n.sum() > 0 else float("nan")
