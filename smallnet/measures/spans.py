"""From the first act to the last: how long conversations, groups or people were active.

What grows while something lives cannot explain how long it lives (T15): a topic of many posters
is a topic that lived long enough to meet them. So beside the totals stand the numbers of the first
days alone, which are over before the rest of the life begins.
"""

import ibis
import pandas as pd
from ibis import _

from smallnet.errors import InputError
from smallnet.tables.dataset import DAY_US, Dataset, microseconds
from smallnet.tables.windows import NO_TALK, bots

__all__ = ["activity_spans"]


def activity_spans(dataset: Dataset, by: str = "group", *, first_days: float = 1.0) -> pd.DataFrame:
    """First and last act of everything that acts belong to, and how it began.

    Parameters
    ----------
    dataset : Dataset
        Its interactions; acts of humans inside the watch, system messages and reactions left out.
    by : str
        A column of ``interactions``: ``group``, ``sender``, or one of the source's own (``topic``).
        Acts where it is unknown are left out.
    first_days : float
        Length of the beginning, days.

    Returns
    -------
    DataFrame
        One row a value of ``by``, in its order: that column, ``begins_day`` (days since the watch
        began), ``span_days`` (first to last act), ``silent_days`` (from the last act to the end of
        the watch), ``longest_gap_days`` (between two acts; 0 for one), ``acts``, ``people``,
        ``active_days`` (UTC days with an act), ``early_acts`` and ``early_people`` (of the
        beginning).

    Raises
    ------
    InputError
        If ``first_days`` is not above 0.
    NotTestableError
        If interactions have no such column.
    """
    if not first_days > 0:
        msg = f"first_days is {first_days}, expected a number of days above 0"
        raise InputError(msg)
    dataset.require(f"interactions.{by}")
    low, high = dataset.observed_from_us, dataset.observed_until_us
    acts = dataset["interactions"].filter(~_.kind.fill_null("text").isin(NO_TALK))
    acts = acts.mutate(at_us=microseconds(_.at)).filter(_.at_us >= low, _.at_us < high)
    acts = acts.select(key=acts[by], who="sender", at_us="at_us").filter(_.key.notnull())
    if dataset.has("people.bot"):
        acts = acts.anti_join(bots(dataset).rename(who="person"), "who")
    along = ibis.window(group_by="key", order_by="at_us")
    acts = acts.mutate(
        begins_us=_.at_us.min().over(ibis.window(group_by="key")),
        gap_us=_.at_us - _.at_us.lag().over(along),
    )
    early = acts.at_us < acts.begins_us + round(first_days * DAY_US)
    rows = acts.group_by("key").aggregate(
        begins_us=_.at_us.min(),
        last_us=_.at_us.max(),
        gap_us=_.gap_us.max(),
        acts=_.count(),
        people=_.who.nunique(),
        active_days=(_.at_us // DAY_US).nunique(),
        early_acts=early.sum(),
        early_people=ibis.ifelse(early, acts.who, None).nunique(),
    )
    table = dataset.collect(rows.order_by("key"))
    return pd.DataFrame(
        {
            by: table["key"],
            "begins_day": (table["begins_us"] - low) / DAY_US,
            "span_days": (table["last_us"] - table["begins_us"]) / DAY_US,
            "silent_days": (high - table["last_us"]) / DAY_US,
            "longest_gap_days": table["gap_us"].fillna(0) / DAY_US,
            "acts": table["acts"],
            "people": table["people"],
            "active_days": table["active_days"],
            "early_acts": table["early_acts"],
            "early_people": table["early_people"],
        }
    )
