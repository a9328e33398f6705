"""Offers of an item by somebody whose trust by the other was asked before."""

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from smallnet.hypotheses.methods.menu import shares_seen
from smallnet.hypotheses.methods.viewers import takers, viewers
from smallnet.tables import Dataset, microseconds
from smallnet.tables.windows import bots, spells

__all__ = ["offers", "trust_answers", "trust_by_group", "trusted_offers"]

TRUST_WORDS = ("trust", "信任", "信赖")  # in the name of a question or a layer


def trust_answers(dataset: Dataset, source: str) -> pd.DataFrame:
    """Trust of a person in another, as asked (``surveys``) or as a signed tie (``ties``).

    Parameters
    ----------
    dataset : Dataset
        The tables.
    source : str
        ``surveys``: answers about a person; of several questions those that name trust, if any
        does. ``ties``: layers that name trust, or hold a negative weight.

    Returns
    -------
    DataFrame
        ``person, about, at_us`` (null where not known), ``until_us, group, score``: each question
        or layer in standard deviations, so that they can be put together.
    """
    if source == "surveys":
        rows = dataset["surveys"].filter(_.about.notnull(), _.person != _.about)
        rows = rows.select(
            "person",
            "about",
            "item",
            "group",
            "score",
            at_us=microseconds(_.at),
            until_us=ibis.null("int64"),
        )
    else:
        ties = dataset["ties"].filter(_.weight.notnull(), _.source != _.target)
        rows = ties.select(
            "weight",
            person="source",
            about="target",
            item="layer",
            group=ibis.null("string"),
            at_us=microseconds(_.at),
            until_us=microseconds(_.until),
        ).rename(score="weight")
    rows = rows.anti_join(bots(dataset), "person")
    columns = ["person", "about", "item", "group", "at_us", "until_us", "score"]
    found = dataset.collect(rows.order_by("person", "about", "item", "at_us").select(*columns))
    names = found["item"].str.lower()
    told = names.str.contains("|".join(TRUST_WORDS), na=False)
    if source == "ties":
        told |= found["score"].lt(0).groupby(found["item"]).transform("any")
        found = found[told]
    elif told.any():
        found = found[told]
    by_item = found.groupby("item")["score"]
    sd = by_item.transform("std", ddof=0)
    found = found.assign(score=((found["score"] - by_item.transform("mean")) / sd.where(sd > 0)))
    return found.dropna(subset=["score"]).drop(columns="item").reset_index(drop=True)


def offers(dataset: Dataset) -> ir.Table:
    """Whom an item was offered to by whom, and who took it.

    Returns
    -------
    ibis.Table
        ``share, person, sharer, item, channel, group, at_us, took``: viewers who could take the
        item where exposures were recorded; else the friends to whom shares were addressed.
    """
    return dataset.keep("offers", lambda: _offers(dataset))


def _offers(dataset: Dataset) -> ir.Table:
    columns = ("share", "person", "sharer", "item", "channel", "group", "at_us", "took")
    if dataset.has("exposures"):
        seen = viewers(dataset).filter(_.could, _.recorded)
        return seen.mutate(at_us=_.seen_us).select(*columns)
    shares = shares_seen(dataset).filter(_.channel == "friend", _.recipient.notnull())
    shares = shares.rename(person="recipient").filter(_.person != _.sharer)
    taken = takers(dataset).select("share", "person", took=ibis.literal(True))
    rows = shares.left_join(taken, ["share", "person"]).drop("share_right", "person_right")
    return rows.mutate(took=_.took.fill_null(ibis.literal(False))).select(*columns)


def trusted_offers(dataset: Dataset, answers: pd.DataFrame) -> pd.DataFrame:
    """Offers whose person had said before how far they trust the sharer.

    Parameters
    ----------
    dataset : Dataset
        Whose offers count.
    answers : DataFrame
        As from :func:`trust_answers`; those of unknown time are passed over.

    Returns
    -------
    DataFrame
        The columns of :func:`offers` with ``trust`` (mean of the last answers before the offer,
        standard deviations over the offers), ``past`` (items that the person took through the
        sharer before).
    """
    timed = answers.dropna(subset=["at_us"])
    timed = timed.assign(at_us=timed["at_us"].astype("int64"))
    names = ["share", "person", "sharer", "item", "channel", "group", "at_us", "took"]
    if timed.empty:
        return pd.DataFrame(columns=[*names, "trust", "past"])
    asked = timed.rename(columns={"about": "sharer", "at_us": "asked_us"})
    asked = asked[["person", "sharer", "asked_us", "until_us", "score"]]
    asked = asked.assign(until_us=asked["until_us"].astype("Int64"))
    table = dataset.connection.create_table(ibis.util.gen_name("answers"), asked)
    made = offers(dataset)
    known = made.join(table, ["person", "sharer"]).filter(
        _.asked_us < _.at_us, _.until_us.isnull() | (_.until_us > _.at_us)
    )
    last = known.group_by("share", "person").aggregate(last_us=_.asked_us.max())
    known = known.join(last, ["share", "person"]).filter(_.asked_us == _.last_us)
    trust = known.group_by("share", "person").aggregate(trust=_.score.mean())
    rows = made.inner_join(trust, ["share", "person"])
    of_whom = shares_seen(dataset).select("share", "sharer")
    taken = takers(dataset).inner_join(of_whom, "share").select("person", "sharer", "taken_us")
    before = (
        rows.join(taken, ["person", "sharer"])
        .filter(_.taken_us < _.at_us)
        .group_by("share", "person")
        .aggregate(past=_.count())
    )
    rows = rows.left_join(before, ["share", "person"])
    found = dataset.collect(
        rows.order_by("person", "at_us", "share").select(*names, "trust", "past")
    )
    sd = found["trust"].std(ddof=0)
    trust_sd = (found["trust"] - found["trust"].mean()) / sd if sd > 0 else found["trust"] * np.nan
    return found.assign(
        trust=trust_sd, past=found["past"].fillna(0).astype(int), took=found["took"].astype(bool)
    )


def trust_by_group(dataset: Dataset, answers: pd.DataFrame) -> tuple[float | None, int]:
    """Intraclass correlation of trust by group: which share of its variance a group has in common.

    Parameters
    ----------
    dataset : Dataset
        Memberships tell the groups that two people share where the answers name none.
    answers : DataFrame
        As from :func:`trust_answers`.

    Returns
    -------
    tuple
        The correlation (one-way analysis of variance, ICC(1) of P. E. Shrout and J. L. Fleiss,
        Psychological Bulletin 86, 420-428 (1979), https://doi.org/10.1037/0033-2909.86.2.420;
        may be negative), None where it is not known; and the groups that it rests on.
    """
    rows = answers.dropna(subset=["group"])[["group", "score"]]
    if rows.empty and dataset.has("memberships"):
        stays = dataset.collect(spells(dataset).select("group", "person").distinct())
        pairs = answers.drop(columns="group").merge(stays, on="person")
        both = stays.rename(columns={"person": "about"})
        rows = pairs.merge(both, on=["about", "group"])[["group", "score"]]
    by_group = rows.groupby("group")["score"]
    size = by_group.size()
    groups, n = len(size), int(size.sum())
    if groups < 2 or n <= groups:
        return None, groups
    mean = by_group.mean()
    between = float((size * (mean - rows["score"].mean()) ** 2).sum()) / (groups - 1)
    within = float(((rows["score"] - by_group.transform("mean")) ** 2).sum()) / (n - groups)
    usual = (n - float((size**2).sum()) / n) / (groups - 1)
    below = between + (usual - 1) * within
    return (float((between - within) / below) if below > 0 else None), groups
