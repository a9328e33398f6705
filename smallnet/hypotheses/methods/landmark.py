"""Friends inside at a landmark: counted before the risk begins, so that staying cannot make them.

Counting friends over a whole stay makes friends look like retention even where they do nothing:
only who stays has the time to make them (immortal time). At a landmark, a fixed day since joining,
everybody still in is counted as of that moment, and only what comes after is time at risk.
"""

import math

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis import _

from smallnet.errors import InputError
from smallnet.hypotheses.guards import check_before_risk
from smallnet.hypotheses.methods.stays import newcomers
from smallnet.tables import Dataset
from smallnet.tables.windows import DAY_US, microseconds, sized_groups, sizes_at, spells

__all__ = ["COUNTED_UNTIL", "count_before_risk", "friend_pairs", "friends_at_landmark"]

COUNTED_UNTIL = {"friends": 0.0, "friends_outside": 0.0, "size": 0.0, "friends_ever": math.inf}
# days after the landmark until which each column of ``friends_at_landmark`` is counted


def friends_at_landmark(dataset: Dataset, landmark_day: float) -> pd.DataFrame:
    """Stays that last past the landmark, with the friends inside at that moment.

    Parameters
    ----------
    dataset : Dataset
        Needs moments of joining and friendships.
    landmark_day : float
        Full days since joining, at least 0.

    Returns
    -------
    DataFrame
        One row a stay that is watched at the landmark, in a group that has a size: ``group,
        person, joined_us, enter_day`` (the landmark), ``exit_day, left, friends`` (inside at the
        landmark), ``friends_outside`` (friends then who were not inside), ``friends_ever``
        (friends at the end of watching who were ever inside: the wrong count, for comparison),
        ``size`` (members at the landmark).

    Raises
    ------
    InputError
        If the landmark is no day since joining; one at the end of every stay is a trap of its own.

    References
    ----------
    .. [1] J. R. Anderson, K. C. Cain and R. D. Gelber, Journal of Clinical Oncology 1, 710-719
       (1983), for landmarks against immortal time. https://doi.org/10.1200/JCO.1983.1.11.710
    """
    if not 0 <= landmark_day < math.inf:
        msg = f"landmark_day is {landmark_day}, expected a number of days of at least 0"
        raise InputError(msg)
    stays = newcomers(dataset).semi_join(sized_groups(dataset), "group")
    stays = stays.filter(_.enter_day <= landmark_day, _.exit_day > landmark_day)
    stays = stays.mutate(
        at_us=_.joined_us + int(landmark_day * DAY_US),
        stay=ibis.row_number().over(ibis.window(order_by=["group", "person", "joined_us"])),
    )
    kept = dataset.keep(f"landmark_{landmark_day:g}", lambda: sizes_at(dataset, stays))
    friends = friend_pairs(dataset)
    mine = kept.select("stay", "group", "person", "at_us").join(friends, "person")
    others = spells(dataset).select("group", "start_us", "end_us", friend="person")
    inside = mine.left_join(others, ["group", "friend"])
    marks = inside.mutate(
        is_friend=inside.since_us.isnull() | (inside.since_us <= inside.at_us),
        is_in=(inside.start_us <= inside.at_us) & (inside.end_us > inside.at_us),
        ever_in=inside.start_us.notnull(),
    )
    per_friend = marks.group_by("stay", "friend").aggregate(
        is_friend=_.is_friend.any(),
        is_in=_.is_in.fill_null(ibis.literal(False)).any(),
        ever_in=_.ever_in.any(),
    )
    counts = per_friend.group_by("stay").aggregate(
        friends=(_.is_friend & _.is_in).sum(),
        friends_outside=(_.is_friend & ~_.is_in).sum(),
        friends_ever=_.ever_in.sum(),
    )
    found = dataset.collect(kept.left_join(counts, "stay").drop("stay_right", "at_us"))
    for column in ("friends", "friends_outside", "friends_ever"):
        found[column] = found[column].fillna(0).astype(int)
    return found.assign(enter_day=float(landmark_day)).sort_values("stay", ignore_index=True)


def count_before_risk(
    stays: pd.DataFrame, count: str, *, biased: bool = False
) -> npt.NDArray[np.float64]:
    """Give a column of ``friends_at_landmark`` as a covariate of leaving afterwards.

    Parameters
    ----------
    stays : DataFrame
        What ``friends_at_landmark`` gave.
    count : str
        Its column.
    biased : bool
        Give a count that goes on into the time at risk all the same, to show what it does.

    Raises
    ------
    TrapError
        If the column counts what happened after the landmark.
    """
    landmark = float(stays["enter_day"].iloc[0]) if len(stays) else 0.0
    if not biased:
        check_before_risk(count, landmark + COUNTED_UNTIL.get(count, 0.0), landmark)
    return stays[count].to_numpy(float)


def friend_pairs(dataset: Dataset) -> ir.Table:
    """Give friendships in both directions, the earliest of each pair.

    Returns
    -------
    ibis.Table
        ``person, friend, since_us``; null where they were friends before the watch.
    """
    return dataset.keep("friend_pairs", lambda: _pairs(dataset))


def _pairs(dataset: Dataset) -> ir.Table:
    pairs = dataset["friendships"].select(
        "person", "friend", since_us=microseconds(dataset["friendships"].since)
    )
    turned = pairs.select(person="friend", friend="person", since_us="since_us")
    return (
        pairs.union(turned)
        .filter(_.person != _.friend)
        .group_by("person", "friend")
        .aggregate(since_us=ibis.ifelse(_.since_us.isnull().any(), None, _.since_us.min()))
    )
