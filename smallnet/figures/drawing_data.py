"""Which groups to draw, and the people and ties in them."""

from collections.abc import Mapping
from typing import Any

import ibis
import pandas as pd
from ibis import _

from smallnet.tables import Dataset, windows

__all__ = ["group_drawing_data"]

_SMALLEST, _LARGEST = 4, 40  # members; fewer say nothing, more are a ball of wool
_MOST_GROUPS, _MOST_PEOPLE = 4, 80


def group_drawing_data(
    dataset: Dataset, groups: pd.DataFrame | None = None
) -> dict[str, list[dict[str, str]]] | None:
    """Choose a few groups that share people, and give their members and ties.

    Parameters
    ----------
    dataset : Dataset
        The tables. Members are those at the end of watching.
    groups : DataFrame, optional
        Narrows the choice to the groups in its column ``group``.

    Returns
    -------
    dict or None
        ``members``, each of ``group``, ``person`` and the group's ``name``, and ``ties``, each of
        ``source`` and ``target``: friendships; where there are none, stated ties; where there are
        none either, who answered or wrote to whom. ``kind`` of a tie says which: ``friendship``,
        ``tie`` or ``interaction``. None if no group has between 4 and 40 members.
    """
    roster = dataset.collect(
        windows.members_at(dataset, dataset.observed_until_us - 1)
        .mutate(size=_.count().over(group_by="group"))
        .filter(_["size"].between(_SMALLEST, _LARGEST))
        .select("group", "person")
        .order_by("group", "person")
    )
    if groups is not None and "group" in groups:
        roster = roster[roster["group"].isin(set(groups["group"].astype(str)))]
    if roster.empty:
        return None
    people_of = {str(name): set(part) for name, part in roster.groupby("group")["person"]}
    chosen = _choose(people_of)
    people = sorted(set().union(*(people_of[name] for name in chosen)))
    kind, ties = _ties(dataset, people)
    names = _names(dataset)
    return {
        "members": [
            {"group": name, "person": str(person), "name": names.get(name) or name}
            for name in chosen
            for person in sorted(people_of[name])
        ],
        "ties": [
            {"source": str(a), "target": str(b), "kind": kind}
            for a, b in zip(ties["source"], ties["target"], strict=True)
        ],
    }


def _choose(people_of: Mapping[str, set[Any]]) -> list[str]:
    """Begin with the group that shares most people with others; add those that overlap most."""
    count: dict[Any, int] = {}
    for people in people_of.values():
        for person in people:
            count[person] = count.get(person, 0) + 1
    shared = {name: sum(count[p] > 1 for p in people) for name, people in people_of.items()}
    chosen = [max(sorted(people_of), key=lambda name: (shared[name] / len(people_of[name]),))]
    drawn = set(people_of[chosen[0]])
    while len(chosen) < _MOST_GROUPS:
        fits = [
            name
            for name, people in sorted(people_of.items())
            if name not in chosen
            and len(drawn | people) <= _MOST_PEOPLE
            and len(people - drawn) >= len(people) / 2
        ]
        if not fits:
            break
        best = max(fits, key=lambda name: (len(people_of[name] & drawn), len(people_of[name])))
        chosen.append(best)
        drawn |= people_of[best]
    return chosen


def _names(dataset: Dataset) -> dict[str, str]:
    """Names of groups, where the data give them as an attribute ``name``."""
    groups = dataset["groups"]
    if "name" not in groups.columns:
        return {}
    named = dataset.collect(groups.select("group", "name").filter(_.name.notnull()))
    return {str(g): str(name) for g, name in zip(named["group"], named["name"], strict=True)}


def _ties(dataset: Dataset, people: list[Any]) -> tuple[str, pd.DataFrame]:
    """Ties among these people, each pair once; of the strongest kind that the data hold."""
    acts = dataset["interactions"]
    if dataset.has("friendships"):
        kind, pairs = "friendship", dataset["friendships"].select(source="person", target="friend")
    elif dataset.has("ties"):
        kind, pairs = "tie", dataset["ties"].select("source", "target")
    else:
        kind = "interaction"
        asked = acts.select(reply_to="interaction", target="sender")
        pairs = (
            acts.filter(_.reply_to.notnull())
            .select("sender", "reply_to")
            .inner_join(asked, "reply_to")
            .select(source="sender", target="target")
            .union(acts.filter(_.recipient.notnull()).select(source="sender", target="recipient"))
        )
    ties = (
        pairs.filter(_.source.isin(people), _.target.isin(people), _.source != _.target)
        .select(source=ibis.least(_.source, _.target), target=ibis.greatest(_.source, _.target))
        .distinct()
        .order_by("source", "target")
    )
    return kind, dataset.collect(ties)
