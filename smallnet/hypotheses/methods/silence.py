"""When groups fall silent: the first silence that is long enough to be called death.

A group is known to live at its first sign of life inside the watch and is at risk from then on; one
that is silent from the start of the watch may have died before it and is never at risk. Whether a
silence lasts as long as death needs is only known that long before the watch ends, so everybody's
risk ends there: a group that is quiet at the very end is neither dead nor alive.
"""

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from smallnet.errors import InputError
from smallnet.tables import Dataset
from smallnet.tables.windows import DAY_US, microseconds, sizes_at, talk

__all__ = ["lives"]

MOMENT_US = 60_000_000  # a group that spoke once was at risk for a minute


def lives(
    dataset: Dataset,
    dead_after_days: float,
    *,
    signs: ir.Table | None = None,
    last: bool = False,
    closing: bool = False,
    sized: bool = True,
) -> pd.DataFrame:
    """Give the life of every group that spoke in the watch, until it falls silent.

    Parameters
    ----------
    dataset : Dataset
        Needs messages in groups.
    dead_after_days : float
        A silence of this many days is a death, at its beginning.
    signs : ibis.Table, optional
        Further signs of life, ``[group, at_us]``.
    last : bool
        Take the last silence, after which nobody writes any more, instead of the first.
    closing : bool
        Closing a group is a death too, at its last sign of life before.
    sized : bool
        Count members; where nobody asks for them, leave ``size`` out.

    Returns
    -------
    DataFrame
        ``group, enter_us`` (first sign of life), ``leave_us`` (death, closing, or the end of what
        can be known: `dead_after_days` before the end of watching), ``died, created_us`` (nan
        where unknown), ``size`` (members at ``enter_us``, 0 where none is listed). A group that
        was closed did not fall silent: it is censored there, unless `closing` is a death.

    Raises
    ------
    InputError
        If `dead_after_days` is not above 0.
    """
    if not dead_after_days > 0:
        msg = f"dead_after_days is {dead_after_days}, expected a number above 0"
        raise InputError(msg)
    silence = int(dead_after_days * DAY_US)
    low, high = dataset.observed_from_us, dataset.observed_until_us
    known_until = high - silence
    acts = talk(dataset).select("group", "at_us")
    if signs is not None:
        seen = signs.select("group", "at_us").filter(_.at_us >= low, _.at_us < high)
        acts = acts.union(seen.mutate(at_us=_.at_us.cast(acts.at_us.type())))
    along = ibis.window(group_by="group", order_by="at_us")
    gaps = acts.mutate(next_us=_.at_us.lead().over(along))
    quiet = gaps.next_us.isnull()
    if not last:
        quiet |= gaps.next_us - gaps.at_us >= silence
    ends = gaps.mutate(silent_us=ibis.ifelse(quiet, gaps.at_us, None))
    spans = ends.group_by("group").aggregate(enter_us=_.at_us.min(), silent_us=_.silent_us.min())
    groups = dataset["groups"].select(
        "group",
        created_us=microseconds(_.created_at),
        closed_us=microseconds(_.closed_at),
    )
    spans = spans.filter(_.enter_us < known_until).left_join(groups, "group").drop("group_right")
    counted = sizes_at(dataset, spans, at="enter_us") if sized else spans
    found = dataset.collect(counted.order_by("group"))
    found["closed_us"] = found["closed_us"].astype(float)
    found["created_us"] = found["created_us"].astype(float)
    end = found["closed_us"].fillna(known_until).clip(upper=known_until)
    fell = found["silent_us"] < end
    if closing:
        found["died"] = fell | (found["closed_us"] < known_until)
    else:  # the last words before a closing are no death: a silence must have passed first
        passed = (found["closed_us"] - found["silent_us"]).fillna(silence) >= silence
        found["died"] = fell & passed
    found["leave_us"] = found["silent_us"].where(found["died"] & fell, end).astype("int64")
    found["leave_us"] = found["leave_us"].clip(lower=found["enter_us"] + MOMENT_US)
    columns = ["group", "enter_us", "leave_us", "died", "created_us", "size"]
    return found[columns if sized else columns[:-1]]
