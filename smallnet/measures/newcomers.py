"""Newcomers: where their first message fell, whether it was answered, whether they came back."""

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from smallnet.errors import InputError
from smallnet.tables.dataset import DAY_US, Dataset, microseconds
from smallnet.tables.windows import NO_TALK, bots

__all__ = ["newcomers"]

SLOTS = 8  # in which the days before are cut


def newcomers(
    dataset: Dataset,
    *,
    thread: str | None = None,
    within_days: float = 1.0,
    busy_days: float = 30.0,
) -> pd.DataFrame:
    """Follow everybody from their first message in any group.

    Parameters
    ----------
    dataset : Dataset
        Its interactions in groups, of humans.
    thread : str, optional
        A column of ``interactions`` that tells conversations (``topic``): whoever writes next in
        the newcomer's conversation answers. Without it only replies and mentions do.
    within_days : float
        An answer comes at most so long after the first message. Coming back is counted after that
        time, so that an answer always lies before what it may bring about.
    busy_days : float
        Who wrote in the group in so many days before is there when the newcomer comes.

    Returns
    -------
    DataFrame
        One row a person, by first message: ``person, group, begins_day`` (since the watch began),
        ``watched_days`` (from the first message to the end of the watch), ``people_there``
        (who wrote in the group in the days before), ``talk_before`` (somebody else wrote in the
        conversation in ``within_days`` before; False without ``thread``), ``answered``,
        ``answer_hours`` (``nan`` if not), ``came_back`` (wrote again anywhere after
        ``within_days``), ``span_days`` (first to last message).

    Raises
    ------
    InputError
        If a number of days is not above 0.
    NotTestableError
        If there is no message in a group, or no column ``thread``.

    References
    ----------
    .. [1] E. Joyce and R. E. Kraut, Journal of Computer-Mediated Communication 11, 723-747 (2006).
       https://doi.org/10.1111/j.1083-6101.2006.00033.x
    """
    if not (within_days > 0 and busy_days > 0):
        msg = f"within_days is {within_days} and busy_days {busy_days}, expected days above 0"
        raise InputError(msg)
    dataset.require("interactions.group", *([] if thread is None else [f"interactions.{thread}"]))
    window, busy = round(within_days * DAY_US), round(busy_days * DAY_US)
    low, high = dataset.observed_from_us, dataset.observed_until_us
    said = dataset.keep(f"newcomers_said_{thread}", lambda: _said(dataset, thread))
    first = dataset.keep(
        f"newcomers_first_{thread}",
        lambda: said.group_by(person="sender").aggregate(
            first_us=_.at_us.min(),
            last_us=_.at_us.max(),
            **{name: _[name].argmin(_.at_us) for name in ("interaction", "group", "thread")},
        ),
    )
    rows = dataset.collect(first.order_by("first_us", "person"))
    answers = [_direct(said, first, window), _mentioned(dataset, said, first, window)]
    talk_before = None
    if thread is not None:
        near = said.inner_join(first.select("person", "first_us", "thread"), "thread").filter(
            _.sender != _.person, _.at_us >= _.first_us - window, _.at_us <= _.first_us + window
        )
        answers.append(near.filter(_.at_us > _.first_us).select("person", "at_us"))
        before = near.filter(_.at_us < _.first_us).select("person").distinct()
        talk_before = set(dataset.collect(before)["person"])
    answered = ibis.union(*answers).group_by("person").aggregate(answer_us=_.at_us.min())
    rows = rows.merge(dataset.collect(answered), "left", on="person")
    rows = rows.merge(dataset.collect(_there(said, first, busy)), "left", on="person")
    return pd.DataFrame(
        {
            "person": rows["person"],
            "group": rows["group"],
            "begins_day": (rows["first_us"] - low) / DAY_US,
            "watched_days": (high - rows["first_us"]) / DAY_US,
            "people_there": rows["people_there"].fillna(0).astype(int),
            "talk_before": rows["person"].isin(talk_before or ()),
            "answered": rows["answer_us"].notna(),
            "answer_hours": (rows["answer_us"] - rows["first_us"]) * 24 / DAY_US,
            "came_back": rows["last_us"] > rows["first_us"] + window,
            "span_days": (rows["last_us"] - rows["first_us"]) / DAY_US,
        }
    )


def _said(dataset: Dataset, thread: str | None) -> ir.Table:
    """Messages of humans in groups, with their conversation."""
    low, high = dataset.observed_from_us, dataset.observed_until_us
    acts = dataset["interactions"].filter(
        _.group.notnull(), ~_.kind.fill_null("text").isin((*NO_TALK, "contact"))
    )
    told = ibis.null("string") if thread is None else acts[thread].cast("string")
    acts = acts.mutate(at_us=microseconds(acts.at), thread=told)
    acts = acts.filter(_.at_us >= low, _.at_us < high)
    if dataset.has("people.bot"):
        acts = acts.anti_join(bots(dataset).rename(sender="person"), "sender")
    return acts.select("interaction", "sender", "at_us", "group", "thread", "reply_to")


def _direct(said: ir.Table, first: ir.Table, window: int) -> ir.Table:
    """Find replies to the first message."""
    told = said.filter(_.reply_to.notnull()).select("sender", "at_us", "reply_to")
    met = told.inner_join(first.select("person", "first_us", reply_to="interaction"), "reply_to")
    return _soon(met, window)


def _mentioned(dataset: Dataset, said: ir.Table, first: ir.Table, window: int) -> ir.Table:
    """Find messages that name the newcomer."""
    named = dataset["recipients"].filter(_.person.notnull()).select("interaction", "person")
    met = (
        said.select("interaction", "sender", "at_us")
        .inner_join(named, "interaction")
        .inner_join(first.select("person", "first_us"), "person")
    )
    return _soon(met, window)


def _soon(met: ir.Table, window: int) -> ir.Table:
    soon = met.filter(_.sender != _.person, _.at_us > _.first_us, _.at_us <= _.first_us + window)
    return soon.select("person", "at_us")


def _there(said: ir.Table, first: ir.Table, busy: int) -> ir.Table:
    """Count the people who wrote in the newcomer's group in the days before."""
    slot_us = max(busy // SLOTS, 1)  # of time, so that the join looks at few messages in vain
    acts = said.mutate(slot=_.at_us // slot_us).select("group", "slot", "sender", "at_us")
    own = first.first_us // slot_us
    moments = first.select(
        "person", "first_us", "group", slot=ibis.range(own - SLOTS - 1, own + 1).unnest()
    )
    near = moments.inner_join(acts, ["group", "slot"])
    near = near.filter(_.at_us >= _.first_us - busy, _.at_us < _.first_us)
    return near.group_by("person").aggregate(people_there=_.sender.nunique())
