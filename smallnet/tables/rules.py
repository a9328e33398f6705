"""The rules that tables must keep: what a row must be by itself, and among the others.

A rule is an Ibis condition that is true where it is broken; null is never broken. ``stops`` says
that breaking it would change an answer; the others are counted and shown.
"""

import datetime as dtm
from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from smallnet.tables.dataset import Dataset
from smallnet.tables.schema import SCHEMA, Column
from smallnet.tables.words import Text

__all__ = ["KEYS", "MILD_REFERENCES", "RowRule", "row_rules"]

OLDEST = dtm.datetime(1900, 1, 1)  # before it nobody kept such data
EPOCH = dtm.datetime(1970, 1, 1)  # what a 0 becomes when it is read as a time
ACT_TIMES = {  # moments of acts, which lie inside the watch
    "interactions": "at",
    "shares": "shared_at",
    "adoptions": "adopted_at",
    "exposures": "seen_at",
    "opportunities": "at",
    "transactions": "at",
}
FOR_LATER = {"closed_at", "until", "ends_at"}  # moments that may be planned
MILD_REFERENCES = {"invited_by", "recipient", "reply_to", "parent", "via_share", "about"}
KEYS: tuple[tuple[str, tuple[str, ...], bool], ...] = (  # table, columns that name a row, stops
    *((table.name, table.key, True) for table in SCHEMA.values() if table.key),
    ("recipients", ("interaction", "person"), False),
    ("ties", ("source", "target", "layer", "at"), False),
    ("adoptions", ("person", "item"), False),
)


@dataclass(frozen=True)
class RowRule:
    """A rule that a row keeps or breaks by itself."""

    table: str
    column: str
    name: str
    broken: Callable[[ir.Table], ir.BooleanValue]
    message: Text
    stops: bool = True


def row_rules(dataset: Dataset, now: dtm.datetime) -> list[RowRule]:
    """Give the rules for the rows of every table that the data set has.

    Parameters
    ----------
    dataset : Dataset
        Its tables, watch and origin of time decide which rules apply.
    now : datetime
        UTC without a zone; what lies after it is in the future.
    """
    rules = [rule for rule in PAIRS if rule.table in dataset]
    for name in dataset.tables:
        for column in SCHEMA[name].columns:
            if column.required:
                rules.append(_required(name, column))
            elif not dataset.has(f"{name}.{column.name}"):
                continue
            if column.values:
                rules.append(_closed_list(name, column))
            if column.kind == "id":
                rules += [_blank(name, column), _spaces(name, column)]
            if column.kind == "time" and dataset.study.time_origin != "unknown":
                rules += _times(name, column, now, coarse=_coarse(dataset))
        if name in ACT_TIMES:
            rules += _watch(dataset, name, ACT_TIMES[name])
    known = [rule for rule in rules if dataset.rows.get(rule.table)]
    return [rule for rule in known if rule.column in dataset[rule.table].columns]


def _required(table: str, column: Column) -> RowRule:
    name = column.name
    message = Text(
        f"{{count:,}} (rows|row) of {table} (have|has) no {name}, which every row needs",
        f"{table} 有 {{count:,}} 行缺少必填的 {name}",
    )
    return RowRule(table, name, "required", lambda t: t[name].isnull(), message)


def _closed_list(table: str, column: Column) -> RowRule:
    name, values = column.name, column.values
    message = Text(
        f"{{count:,}} (values|value) of {table}.{name} (are|is) not one of {', '.join(values)}",
        f"{table}.{name} 有 {{count:,}} 个值不在 {'、'.join(values)} 之中",
    )
    return RowRule(table, name, "vocabulary", lambda t: ~t[name].isin(values), message)


def _blank(table: str, column: Column) -> RowRule:
    name = column.name
    message = Text(
        f"{{count:,}} (ids|id) in {table}.{name} (are|is) an empty text, expected null or an id",
        f"{table}.{name} 有 {{count:,}} 个编号是空文本，应为空值或编号",
    )
    return RowRule(table, name, "blank_id", lambda t: t[name] == "", message)


def _spaces(table: str, column: Column) -> RowRule:
    name = column.name
    message = Text(
        f"{{count:,}} (ids|id) in {table}.{name} (begin or end|begins or ends) with a space",
        f"{table}.{name} 有 {{count:,}} 个编号首尾有空格，会被当作不同的编号",
    )
    return RowRule(
        table, name, "id_spaces", lambda t: t[name] != t[name].strip(), message, stops=False
    )


def _coarse(dataset: Dataset) -> bool:
    """Tell whether times are whole days or longer, so that 1970-01-01 00:00 may well be meant."""
    resolution = dataset.study.time_resolution or ""
    return resolution.strip().endswith(("d", "w", "mo", "m", "y"))


def _times(table: str, column: Column, now: dtm.datetime, *, coarse: bool) -> list[RowRule]:
    name = column.name
    future = Text(
        f"{{count:,}} (times|time) in {table}.{name} (lie|lies) in the future",
        f"{table}.{name} 有 {{count:,}} 个时间在未来",
    )
    impossible = Text(
        f"{{count:,}} (times|time) in {table}.{name} cannot be: before {OLDEST.year} or exactly "
        f"{EPOCH:%Y-%m-%d} 00:00, which a 0 becomes",
        f"{table}.{name} 有 {{count:,}} 个时间不可能：早于 {OLDEST.year} 年，或恰为 "
        f"{EPOCH:%Y-%m-%d} 00:00（由 0 转换而来）",
    )
    oldest, epoch, latest = (ibis.literal(t, "timestamp(6)") for t in (OLDEST, EPOCH, now))
    return [
        RowRule(
            table,
            name,
            "future",
            lambda t: t[name] > latest,
            future,
            stops=name not in FOR_LATER,
        ),
        RowRule(
            table,
            name,
            "impossible_time",
            lambda t: (t[name] < oldest) | ((t[name] == epoch) & ibis.literal(not coarse)),
            impossible,
        ),
    ]


def _watch(dataset: Dataset, table: str, name: str) -> list[RowRule]:
    low, high = dataset.study.observed_from, dataset.study.observed_until
    rules = []
    for limit, word, wort in ((low, "before", "之前"), (high, "after", "之后")):
        if limit is None:
            continue
        edge = ibis.literal(limit, "timestamp(6)")
        message = Text(
            f"{{count:,}} (times|time) in {table}.{name} (lie|lies) {word} the watch "
            f"({limit:%Y-%m-%d %H:%M}), where nothing counts",
            f"{table}.{name} 有 {{count:,}} 个时间在观察期（{limit:%Y-%m-%d %H:%M}）{wort}，不计入",
        )

        def broken(t: ir.Table, edge: ir.Value = edge, word: str = word) -> ir.BooleanValue:
            return t[name] < edge if word == "before" else t[name] >= edge

        rules.append(RowRule(table, name, f"{word}_watch", broken, message, stops=False))
    return rules


def _order(table: str, later: str, earlier: str, *, stops: bool = True) -> RowRule:
    message = Text(
        f"{{count:,}} (rows|row) of {table} (have|has) a {later} before the {earlier}",
        f"{table} 有 {{count:,}} 行的 {later} 早于 {earlier}",
    )
    return RowRule(table, later, "order", lambda t: t[later] < t[earlier], message, stops=stops)


def _itself(table: str, one: str, other: str, *, stops: bool) -> RowRule:
    message = Text(
        f"{{count:,}} (rows|row) of {table} (have|has) the same person as {one} and {other}",
        f"{table} 有 {{count:,}} 行的 {one} 与 {other} 是同一人",
    )
    return RowRule(table, other, "itself", lambda t: t[one] == t[other], message, stops=stops)


def _negative(table: str, column: str) -> RowRule:
    message = Text(
        f"{{count:,}} (values|value) of {table}.{column} (are|is) negative",
        f"{table}.{column} 有 {{count:,}} 个负值",
    )
    return RowRule(table, column, "negative", lambda t: t[column] < 0, message)


def _goal(table: str, channel: str, column: str, *, stops: bool) -> RowRule:
    message = Text(
        f"{{count:,}} (rows|row) of {table} (go|goes) to the channel {channel} without a {column}",
        f"{table} 有 {{count:,}} 行的渠道是 {channel}，却没有 {column}",
    )
    return RowRule(
        table,
        column,
        "no_goal",
        lambda t: (t.channel == channel) & t[column].isnull(),
        message,
        stops=stops,
    )


PAIRS: tuple[RowRule, ...] = (
    _order("memberships", "left_at", "joined_at"),
    _order("memberships", "left_by", "joined_at"),
    _order("groups", "closed_at", "created_at"),
    _order("ties", "until", "at"),
    _order("events", "ends_at", "starts_at"),
    RowRule(
        "memberships",
        "left_at",
        "no_length",
        lambda t: t.left_at == t.joined_at,
        Text(
            "{count:,} (stays end as they begin|stay ends as it begins) and never (count|counts)",
            "{count:,} 段成员关系在开始的同一时刻结束，不计入",
        ),
        stops=False,
    ),
    _itself("friendships", "person", "friend", stops=True),
    _itself("ties", "source", "target", stops=False),
    _itself("interactions", "sender", "recipient", stops=False),
    _itself("shares", "sharer", "recipient", stops=False),
    _itself("memberships", "person", "invited_by", stops=False),
    _negative("interactions", "n_chars"),
    _negative("interactions", "duration_s"),
    _negative("shares", "audience"),
    _negative("opportunities", "size"),
    _goal("shares", "group", "group", stops=True),
    _goal("shares", "friend", "recipient", stops=False),
    _goal("opportunities", "group", "group", stops=True),
    _goal("opportunities", "friend", "recipient", stops=False),
    RowRule(
        "interactions",
        "reply_to",
        "itself",
        lambda t: t.reply_to == t.interaction,
        Text(
            "{count:,} (acts answer themselves|act answers itself)",
            "{count:,} 个行为是对自身的回复",
        ),
        stops=False,
    ),
)
