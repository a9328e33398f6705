"""The table of groups: every measure of every group, one row a group."""

from collections.abc import Callable, Sequence

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from smallnet.measures.acquaintance import group_friends, pairs_by_chance
from smallnet.measures.boundary import group_messages_across, group_sharing
from smallnet.measures.columns import COLUMNS
from smallnet.measures.content import group_content
from smallnet.measures.interaction import group_evenness, group_responses, group_talk
from smallnet.measures.intervals import gini, rate_interval, share_interval
from smallnet.measures.lifecycle import group_lifecycle, state
from smallnet.measures.size import all_groups, group_sizes
from smallnet.measures.trust import group_replies, group_returned_ties, group_trust_ties
from smallnet.tables.choices import Choices
from smallnet.tables.dataset import Dataset

__all__ = ["group_table"]

_COUNTS = (  # 0 where the source could have recorded them and nothing happened
    "messages",
    "member_messages",
    "rated_messages",
    "talkers",
    "active_members",
    "same_sender",
    "gaps",
)


def group_table(dataset: Dataset, choices: Choices | None = None) -> pd.DataFrame:
    """Measure every group.

    Parameters
    ----------
    dataset : Dataset
        The tables; each missing one leaves its columns unknown.
    choices : Choices, optional
        ``dead_after_days`` for the states, ``alpha`` for the intervals.

    Returns
    -------
    DataFrame
        One row a group, in order of its id, with the columns of ``COLUMNS``. What is not recorded
        is null, never 0.
    """
    choices = choices or Choices()
    groups = dataset.collect(all_groups(dataset)).sort_values("group", ignore_index=True)
    table = groups[["group", "name", "kind", "roster"]].astype("object")
    for add in (_add_size, _add_friends, _add_trust, _add_talk, _add_content):
        table = add(table, dataset, choices)
    for add in (_add_lifecycle, _add_boundary, _add_usefulness):
        table = add(table, dataset, choices)
    table["note"] = _notes(table, dataset)
    return _typed(table)


def _join(table: pd.DataFrame, dataset: Dataset, part: ir.Table) -> pd.DataFrame:
    return table.merge(dataset.collect(part), on="group", how="left")


def _blank(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return table.assign(**dict.fromkeys(names, np.nan))


def _divide(above: pd.Series, below: pd.Series) -> pd.Series:
    return above.astype(float) / below.astype(float).where(below.astype(float) > 0)


def _add_size(table: pd.DataFrame, dataset: Dataset, _choices: Choices) -> pd.DataFrame:
    names = ("size_end", "size_mean", "size_max", "members_ever", "member_days")
    if not dataset.has("memberships"):
        return _blank(table, (*names, "size"))
    table = _join(table, dataset, group_sizes(dataset))
    if not dataset.timed:  # a snapshot: no days, one size
        table["member_days"] = np.nan
        table["size_mean"] = table["size_end"].astype(float)
    table["size"] = table["size_end"]
    return table


def _add_friends(table: pd.DataFrame, dataset: Dataset, choices: Choices) -> pd.DataFrame:
    names = [c.name for c in COLUMNS if c.room == "acquaintance"]
    if not (dataset.has("friendships") and dataset.has("memberships")):
        return _blank(table, [*names, "embeddedness", "ei_friends", "conductance"])
    table = _join(table, dataset, group_friends(dataset))
    n = table["members"].astype(float)
    pairs, inside = n * (n - 1) / 2, table["friend_pairs"].astype(float)
    low, high = share_interval(inside, pairs, choices.level)
    table = table.assign(
        friend_density=_divide(inside, pairs),
        friend_density_low=low,
        friend_density_high=high,
        friends_inside=_divide(2 * inside, n),
        befriended_share=_divide(table["befriended"], n),
        transitivity=_divide(3 * table["triangles"], table["wedges"]),
        embeddedness=_divide(table["common_friends"], inside),
    )
    stubs = [table[name] for name in ("stubs", "stubs_2", "stubs_3", "all_stubs")]
    expected, sd = pairs_by_chance(*stubs)
    volume, every = table["stubs"].astype(float), table["all_stubs"].astype(float)
    cut = volume - 2 * inside
    across = {
        "friend_pairs_expected": pd.Series(expected, table.index),
        "friend_ratio": _divide(inside, pd.Series(expected, table.index)),
        "friend_z": _divide(inside - expected, pd.Series(sd, table.index)),
        "ei_friends": _divide(cut - 2 * inside, volume),
        "conductance": _divide(cut, volume.clip(upper=every - volume)),
    }
    if not dataset.covers("cross_group_ties"):  # no tie could leave a group: no null, no boundary
        across = {name: values * np.nan for name, values in across.items()}
    return table.assign(**across)


def _add_trust(table: pd.DataFrame, dataset: Dataset, choices: Choices) -> pd.DataFrame:
    names = ("dyads", "mutual_dyads", "replied_messages", "helped", "trust_ties")
    seen: dict[str, Callable[[Dataset], ir.Table]] = {}
    if _addresses(dataset):
        seen["dyads"] = group_returned_ties
    if dataset.has("interactions.reply_to"):
        seen["replied_messages"] = group_replies
    if dataset.has("ties"):
        seen["trust_ties"] = group_trust_ties
    for part in seen.values():
        table = _join(table, dataset, part(dataset))
    table = _blank(table, [name for name in names if name not in table])
    if "replied_messages" in seen:
        table = table.fillna({"replied_messages": 0, "helped": 0})
    if "trust_ties" in seen and table["trust_ties"].notna().any():
        table = table.fillna({"trust_ties": 0})
    dyads, mutual = table["dyads"].astype(float), table["mutual_dyads"].astype(float)
    low, high = share_interval(mutual, dyads, choices.level)
    m = _divide(mutual, dyads)
    return table.assign(
        reciprocity=2 * m / (1 + m),  # of ties: a mutual dyad holds two
        reciprocity_low=2 * low / (1 + low),
        reciprocity_high=2 * high / (1 + high),
        trust_ties_per_member=_divide(table["trust_ties"], table["members_ever"]),
    )


def _addresses(dataset: Dataset) -> bool:
    """Tell whether the source records whom an act addresses."""
    columns = ("interactions.reply_to", "interactions.recipient", "recipients")
    return any(dataset.has(column) for column in columns)


def _add_talk(table: pd.DataFrame, dataset: Dataset, choices: Choices) -> pd.DataFrame:
    if not dataset.has("interactions.group"):
        names = [c.name for c in COLUMNS if c.room == "interaction"]
        replied = [c.name for c in COLUMNS if c.name.startswith("replied_share")]
        return _blank(table, [*names, *replied, "active_members", "helped_share"])
    table = _join(table, dataset, group_talk(dataset))
    table = table.fillna(dict.fromkeys(_COUNTS, 0))
    table = _join(table, dataset, group_evenness(dataset))
    table = _join(table, dataset, group_responses(dataset, choices.level))
    return _rates(_shares(table, dataset, choices), dataset, choices)


def _rates(table: pd.DataFrame, dataset: Dataset, choices: Choices) -> pd.DataFrame:
    days = table["member_days"].astype(float)
    life = _divide(days, table["size_mean"])  # days under watch
    rated = table["rated_messages"].astype(float)
    per_day, squares = rated / life, table["day_squares"].astype(float).fillna(0.0)
    variance = (squares - rated * per_day) / (life - 1).where(life > 2)
    phi = _divide(variance, per_day).fillna(1.0).clip(lower=1.0)
    low, high = rate_interval(rated, days, phi, choices.level)
    sized = table["size_end"].notna()
    gap, sd = table["gap_mean_us"].astype(float), table["gap_sd_us"].astype(float)
    return table.assign(
        messages_per_member_day=_divide(rated, days),
        messages_per_member_day_low=low,
        messages_per_member_day_high=high,
        messages_dispersion=phi.where(sized & (rated > 0)),
        burstiness=_divide(sd - gap, sd + gap).where(table["gaps"] >= 2),
        response_s=table["response_us"].astype(float) / 1e6,
        response_s_low=table["response_low_us"].astype(float) / 1e6,
        response_s_high=table["response_high_us"].astype(float) / 1e6,
        responses=table["responses"].fillna(0),
    )


def _shares(table: pd.DataFrame, dataset: Dataset, choices: Choices) -> pd.DataFrame:
    level = choices.level
    lurkers = dataset.covers("lurkers") & (table["roster"] != "posters")
    everybody = table["members_ever"].astype(float)
    ever = everybody.where(lurkers)
    active = table["active_members"].astype(float)
    low, high = share_interval(active, ever, level)
    replied = table["replied_messages"].astype(float)
    reply_low, reply_high = share_interval(replied, table["messages"], level)
    sent, talkers = table["sent"].astype(float), table["talkers"].astype(float)
    wrote = table["member_talkers"].astype(float)
    among_members = gini(table["member_ranked"], table["member_sent"], everybody, everybody - wrote)
    among_talkers = gini(table["ranked"], sent, talkers)
    chance = _divide(table["pairs_same"], sent * (sent - 1))
    share = _divide(active, ever)
    return table.assign(
        active_members=active.where(table["size_end"].notna()),
        active_share=share,
        active_share_low=low,
        active_share_high=high,
        lurker_share=1 - share,
        replied_share=_divide(replied, table["messages"]),
        replied_share_low=reply_low,
        replied_share_high=reply_high,
        helped_share=_divide(table["helped"], talkers),
        gini_members=among_members,
        gini_talkers=among_talkers,
        top_talker_share=_divide(table["top_sent"], sent),
        talker_entropy=np.log2(sent.where(sent > 0)) - _divide(table["x_log_x"], sent),
        monologue_index=_divide(table["same_sender"], table["gaps"]),
        monologue_expected=chance,
    )


def _add_content(table: pd.DataFrame, dataset: Dataset, choices: Choices) -> pd.DataFrame:
    names = [c.name for c in COLUMNS if c.room == "content"]
    if not dataset.has("interactions.group"):
        return _blank(table, names)
    table = _join(table, dataset, group_content(dataset))
    table["chars_mean"] = table["chars_mean"].astype(float)
    known = table["linked"].sum() > 0  # a source that marks links has at least one
    linked = table["linked"].astype(float) if known else table["linked"] * np.nan
    low, high = share_interval(linked, table["messages"], choices.level)
    return table.assign(
        link_share=_divide(linked, table["messages"]),
        link_share_low=low,
        link_share_high=high,
    )


def _add_lifecycle(table: pd.DataFrame, dataset: Dataset, choices: Choices) -> pd.DataFrame:
    names = [c.name for c in COLUMNS if c.room == "lifecycle"]
    if not (dataset.timed and dataset.has("interactions.group")):
        return _blank(table, names)
    days = choices.dead_after_days
    lives = dataset.collect(group_lifecycle(dataset, days))
    scales = {"": days, "_half": days / 2, "_double": days * 2}
    for suffix, after in scales.items():
        known = state(lives, after, suffix)
        seen = lives["closed"].astype(bool) | (dataset.watch_days >= after)
        lives[f"state{suffix}"] = known.where(seen, None)
    lives["last_activity"] = pd.to_datetime(lives["last_us"], unit="us").astype("datetime64[us]")
    lives["revivals"] = lives["revivals"].fillna(0)
    lives["age_known"] = lives["began_known"]
    firm = (lives["state"] == lives["state_half"]) & (lives["state"] == lives["state_double"])
    lives["state_firm"] = firm.where(
        lives[["state", "state_half", "state_double"]].notna().all(axis=1)
    )
    keep = ["group", *(name for name in names if name in lives)]
    return table.merge(lives[keep], on="group", how="left")


def _add_boundary(table: pd.DataFrame, dataset: Dataset, _choices: Choices) -> pd.DataFrame:
    if not _addresses(dataset):
        table = _blank(table, ["sent_inside", "sent_outside"])
    else:
        table = _join(table, dataset, group_messages_across(dataset))
    inside, outside = table["sent_inside"].astype(float), table["sent_outside"].astype(float)
    leaving = _divide(outside - inside, inside + outside)
    return table.assign(ei_messages=leaving if len(table) > 1 else leaving * np.nan)


def _add_usefulness(table: pd.DataFrame, dataset: Dataset, _choices: Choices) -> pd.DataFrame:
    names = ("shares", "sharers", "items", "cross_posted", "adoptions")
    if not dataset.has("shares.group"):
        table = _blank(table, names)
    else:
        table = _join(table, dataset, group_sharing(dataset)).fillna(dict.fromkeys(names, 0))
        if not dataset.has("adoptions.via_share"):
            table["adoptions"] = np.nan
    members = table["members_ever"].astype(float)
    return table.assign(
        cross_posted_share=_divide(table["cross_posted"], table["items"]),
        shares_per_member=_divide(table["shares"], members),
        adoptions_per_member=_divide(table["adoptions"], members),
        adoptions_per_share=_divide(table["adoptions"], table["shares"]),
    )


def _notes(table: pd.DataFrame, dataset: Dataset) -> pd.Series:
    partial, unlisted = table["roster"] == "partial", table["size_end"].isna()
    posters = table["roster"] == "posters"
    words = np.select(
        [partial, unlisted, posters, (~posters) & (not dataset.covers("lurkers"))],
        [
            "roster is partial: no size",
            "no member is listed: no size",
            "members are those who wrote: no lurkers",
            "lurkers are not recorded",
        ],
        "",
    )
    notes = pd.Series(words, index=table.index, dtype="object")
    return notes.where(notes != "", None)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Order the columns as in ``COLUMNS`` and give each its type."""
    columns = {}
    for column in COLUMNS:
        values = table[column.name]
        if column.kind == "count":
            values = pd.to_numeric(values).round().astype("Int64")
        elif column.kind == "number":
            values = pd.to_numeric(values).astype("float64")
        elif column.kind == "bool":
            values = values.astype("boolean")
        elif column.kind == "time":
            values = pd.to_datetime(values)
        else:
            values = values.astype("object").where(values.notna(), None)
        columns[column.name] = values
    return pd.DataFrame(columns)
