"""Born, growing, plateau, dormant, revived, dead: a state by a stated rule, and how firm it is.

The rule, with D the days of silence after which a group counts as dead (first that holds):

* **dead**: closed, or no talk in the last D days before the end of the watch;
* **dormant**: no talk in the last D / 4 days;
* **revived**: a silence of at least D days ended within the last D days;
* **born**: it began under watch, less than D days before the end;
* **growing**: it has 10 % more members than D days before the end;
* **plateau**: it lives and none of these.

A group that began less than D days before the end cannot be dead by silence yet, only dormant.
Where nobody recorded talk in groups, or the watch is shorter than D, there is no state.
"""

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from smallnet.measures.interaction import talk_sequence
from smallnet.measures.size import group_lives
from smallnet.tables.dataset import DAY_US, Dataset
from smallnet.tables.windows import sized_groups, spells

__all__ = ["GROWTH", "STATES", "group_lifecycle", "state"]

STATES = ("born", "growing", "plateau", "dormant", "revived", "dead")
GROWTH = 1.1  # size now ÷ size D days ago from which a group is growing
DORMANT_PART = 4  # silent for D / 4 is dormant


def group_lifecycle(dataset: Dataset, dead_after_days: float) -> ir.Table:
    """Ages and silences of every group.

    Parameters
    ----------
    dataset : Dataset
        With talk in groups.
    dead_after_days : float
        Days of silence after which a group counts as dead.

    Returns
    -------
    ibis.Table
        ``group, life_days`` (under watch), ``age_days`` (since creation; a lower bound where
        ``began_known`` is false), ``closed, began_known, last_us`` (last talk), ``silent_days``
        (at the end), ``longest_silence_days`` (before, between and after talk, within its life),
        and for D, D/2 and 2D: ``revivals, size_before`` (members D days before the end),
        ``woke_days`` (days since the last silence of D ended), each with suffixes ``""``,
        ``_half``, ``_double``; ``size_now``.
    """
    scales = {"": dead_after_days, "_half": dead_after_days / 2, "_double": dead_after_days * 2}
    lives = group_lives(dataset)
    acts = talk_sequence(dataset).select("group", "at_us", "prev_us").inner_join(lives, "group")
    acts = acts.mutate(gap=_.at_us - _.prev_us.fill_null(_.began_us), follows=_.prev_us.notnull())
    counts = {}
    for suffix, days in scales.items():
        long = (acts.gap >= int(days * DAY_US)) & acts.follows
        counts[f"revivals{suffix}"] = ibis.ifelse(long, 1, 0).sum()
        counts[f"woke_us{suffix}"] = ibis.ifelse(long, acts.at_us, None).max()
    silences = acts.group_by("group").aggregate(
        last_us=acts.at_us.max(), longest_us=acts.gap.max(), **counts
    )
    sizes = (
        spells(dataset)
        .semi_join(sized_groups(dataset), "group")
        .inner_join(lives.select("group", "ended_us"), "group")
    )
    marks = {"size_now": sizes.ended_us - 1} | {
        f"size_before{suffix}": sizes.ended_us - int(days * DAY_US)
        for suffix, days in scales.items()
    }
    in_then = {
        name: ibis.ifelse((sizes.start_us <= at) & (sizes.end_us > at), 1, 0).sum()
        for name, at in marks.items()
    }
    then = sizes.group_by("group").aggregate(**in_then)
    table = lives.left_join(silences, "group").drop("group_right")
    table = table.left_join(then, "group").drop("group_right")
    tail = ibis.greatest(table.ended_us - table.last_us.fill_null(table.began_us), 0)
    return table.select(
        "group",
        "closed",
        "began_known",
        "last_us",
        *marks,
        *(f"revivals{suffix}" for suffix in scales),
        life_days=(_.ended_us - _.began_us) / DAY_US,
        age_days=(_.ended_us - ibis.least(_.first_us, _.ended_us)) / DAY_US,
        silent_days=tail / DAY_US,
        longest_silence_days=ibis.greatest(_.longest_us.fill_null(0), tail) / DAY_US,
        **{f"woke_days{s}": (_.ended_us - _[f"woke_us{s}"]) / DAY_US for s in scales},
    )


def state(lives: pd.DataFrame, dead_after_days: float, suffix: str = "") -> pd.Series:
    """State of each group by the rule of this module.

    Parameters
    ----------
    lives : DataFrame
        The columns of ``group_lifecycle``.
    dead_after_days : float
        D of the rule, days.
    suffix : str
        Which of its columns were made with that D: ``""``, ``_half`` or ``_double``.

    Returns
    -------
    Series of str
        One of ``STATES``; see ``group_lifecycle`` for what is needed.
    """
    silent, age = lives["silent_days"], lives["age_days"]
    woke = lives[f"woke_days{suffix}"]
    grown = lives["size_now"] >= GROWTH * lives[f"size_before{suffix}"]
    rules = [
        ("dead", lives["closed"].astype(bool) | (silent >= dead_after_days)),
        ("dormant", silent >= dead_after_days / DORMANT_PART),
        ("revived", woke < dead_after_days),
        ("born", lives["began_known"].astype(bool) & (age < dead_after_days)),
        ("growing", grown & (lives["size_now"] > 0)),
    ]
    names = np.select(
        [np.asarray(rule) for _name, rule in rules], [n for n, _r in rules], "plateau"
    )
    return pd.Series(names, index=lives.index, dtype="object")
