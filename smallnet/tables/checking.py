"""Checking a data set: every problem, grouped and counted, never only the first."""

import datetime as dtm
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import ibis
import ibis.expr.types as ir
from ibis import _

from smallnet.tables.dataset import Dataset
from smallnet.tables.problem import EXAMPLES, CheckReport, Problem, counted
from smallnet.tables.reading import load_folder
from smallnet.tables.rules import KEYS, MILD_REFERENCES, RowRule, row_rules
from smallnet.tables.schema import SCHEMA
from smallnet.tables.table_file import file_row
from smallnet.tables.words import Text

__all__ = ["CheckReport", "Problem", "check_dataset", "check_folder"]

MESSAGES = {
    "missing": Text(
        "there is no table memberships: nobody is in any group", "没有 memberships 表：没有任何成员"
    ),
    "empty": Text("the table {table} has no rows", "{table} 表没有数据行"),
    "duplicate": Text(
        "{count:,} (rows|row) of {table} (repeat|repeats) the {key} of an earlier row",
        "{table} 有 {count:,} 行与前面某行的 {key} 相同",
    ),
    "pair": Text(
        "{count:,} (rows|row) of {table} (repeat|repeats) a pair of an earlier row, in this or "
        "the other order; expected one row a pair",
        "{table} 有 {count:,} 行重复了前面的一对（顺序相同或相反）；每对应只有一行",
    ),
    "unknown": Text(
        "{count:,} (rows|row) of {table} (name|names) a {column} that {goal} does not list",
        "{table} 有 {count:,} 行的 {column} 不在 {goal} 表中",
    ),
    "overlap": Text(
        "{count:,} (stays overlap|stay overlaps) another stay of the same person in the same "
        "group; both count as one",
        "{count:,} 段成员关系与同一人在同一群的另一段重叠；合并计算",
    ),
    "never_member": Text(
        "{count:,} (acts|act) in a group (are|is) by somebody who never was its member",
        "{count:,} 个群内行为的发起者从未是该群成员",
    ),
    "not_member_then": Text(
        "{count:,} (acts|act) in a group (are|is) by somebody who was its member at another time",
        "{count:,} 个群内行为的发起者当时不是该群成员",
    ),
}
SLACK = dtm.timedelta(days=1)  # clocks differ, and so do zones


def check_folder(
    folder: Path | str, *, memory_limit: str | None = None, now: dtm.datetime | None = None
) -> CheckReport:
    """Check a folder of tables; a file that cannot be read is a problem among the others.

    Parameters
    ----------
    folder : Path or str
        ``study.toml`` and one file a table.
    memory_limit : str, optional
        Such as ``"2GB"``, for the tables.
    now : datetime, optional
        UTC without a zone; what lies more than a day after it is in the future.

    Returns
    -------
    CheckReport
        Every problem; ``dataset`` is what could be read.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    loaded = load_folder(folder, memory_limit=memory_limit)
    broken = {problem.table for problem in loaded.problems if problem.rule == "file"}
    reported = {(problem.table, problem.column) for problem in loaded.problems if problem.stops}
    found = []
    for problem in check_dataset(loaded.dataset, now=now):
        if problem.rule == "missing" and problem.table in broken:
            continue
        if problem.rule == "required" and (problem.table, problem.column) in reported:
            continue  # it was there, but could not be read: told already
        skipped = loaded.skipped.get(problem.table, [])
        examples = tuple(
            (None if row is None else file_row(row, skipped), value)
            for row, value in problem.examples
        )
        found.append(replace(problem, examples=examples))
    return CheckReport(
        problems=(*loaded.problems, *found), rows=loaded.dataset.rows, dataset=loaded.dataset
    )


def check_dataset(dataset: Dataset, *, now: dtm.datetime | None = None) -> tuple[Problem, ...]:
    """Check the tables of a data set against the rules.

    Parameters
    ----------
    dataset : Dataset
        Tables that have the types of the schema already.
    now : datetime, optional
        UTC without a zone; what lies more than a day after it is in the future.

    Returns
    -------
    tuple of Problem
        One for each rule and column that is broken, those of one table together.
    """
    if now is None:
        now = dtm.datetime.now(dtm.UTC).replace(tzinfo=None)
    problems = [
        *_missing(dataset),
        *_by_row(dataset, row_rules(dataset, now + SLACK)),
        *_keys(dataset),
        *_references(dataset),
        *_overlaps(dataset),
        *_strangers(dataset),
    ]
    order = {name: place for place, name in enumerate(SCHEMA)}
    return tuple(sorted(problems, key=lambda problem: order[problem.table]))


def _missing(dataset: Dataset) -> Iterator[Problem]:
    if "memberships" not in dataset:
        yield Problem(table="memberships", column=None, rule="missing", message=MESSAGES["missing"])
    for name in dataset.tables:
        if not dataset.rows[name]:
            yield Problem(
                table=name,
                column=None,
                rule="empty",
                message=MESSAGES["empty"].format(table=name),
                count=0,
                stops=False,
            )


def _by_row(dataset: Dataset, rules: list[RowRule]) -> Iterator[Problem]:
    for name in dataset.tables:
        mine = [rule for rule in rules if rule.table == name]
        if not mine:
            continue
        table = dataset[name]
        counts = table.aggregate(
            **{f"n{i}": rule.broken(table).sum() for i, rule in enumerate(mine)}
        )
        row = counts.to_pyarrow().to_pylist()[0]
        for i, rule in enumerate(mine):
            count = row[f"n{i}"]
            if count:
                numbered = _numbered(table)
                yield Problem(
                    table=name,
                    column=rule.column,
                    rule=rule.name,
                    message=counted(rule.message, count),
                    count=int(count),
                    examples=_examples(numbered.filter(rule.broken(numbered)), rule.column),
                    stops=rule.stops,
                )


def _keys(dataset: Dataset) -> Iterator[Problem]:
    for name, key, stops in KEYS:
        if dataset.has(name):
            yield from _repeated(dataset, name, key, stops=stops)
    if dataset.has("friendships"):
        yield from _repeated(dataset, "friendships", ("person", "friend"), stops=True)


def _repeated(
    dataset: Dataset, name: str, key: tuple[str, ...], *, stops: bool
) -> Iterator[Problem]:
    def keyed(table: ir.Table) -> ir.Table:
        table = table.filter(*(table[column].notnull() for column in key if column != "at"))
        parts = {f"key{i}": table[column] for i, column in enumerate(key)}
        if name == "friendships":
            parts = {
                "key0": ibis.least(table.person, table.friend),
                "key1": ibis.greatest(table.person, table.friend),
            }
        return table.mutate(**parts)

    parts = [f"key{i}" for i in range(len(key))]
    table = keyed(dataset[name])
    kinds = table.group_by(parts).aggregate(n=_.count())
    count = kinds.aggregate(n=(_.n - 1).sum()).to_pyarrow()["n"][0].as_py()
    if not count:
        return
    again = keyed(_numbered(dataset[name]))
    earlier = ibis.window(group_by=parts, order_by="row_number_")
    again = again.mutate(time_=ibis.row_number().over(earlier)).filter(_.time_ > 0)
    message = MESSAGES["pair" if name == "friendships" else "duplicate"]
    shown = ibis.literal(" – ").join([again[column].cast("string") for column in key])
    yield Problem(
        table=name,
        column=key[0] if len(key) == 1 else None,
        rule="duplicate",
        message=counted(message, count, table=name, key=", ".join(key)),
        count=int(count),
        examples=_examples(again.mutate(shown_=shown), "shown_"),
        stops=stops,
    )


def _references(dataset: Dataset) -> Iterator[Problem]:
    for name in dataset.tables:
        for column in SCHEMA[name].columns:
            goal = column.references
            if goal is None or goal not in dataset or not dataset.has(f"{name}.{column.name}"):
                continue
            known = dataset[goal].select(goal_=SCHEMA[goal].key[0]).distinct()
            table = dataset[name]
            named = table.filter(table[column.name].notnull())
            count = named.anti_join(known, named[column.name] == known.goal_).count()
            count = count.to_pyarrow().as_py()
            if count:
                numbered = _numbered(table).filter(_[column.name].notnull())
                message = counted(
                    MESSAGES["unknown"], count, table=name, column=column.name, goal=goal
                )
                yield Problem(
                    table=name,
                    column=column.name,
                    rule="unknown",
                    message=message,
                    count=int(count),
                    examples=_examples(
                        numbered.anti_join(known, numbered[column.name] == known.goal_),
                        column.name,
                    ),
                    stops=column.name not in MILD_REFERENCES,
                )


def _overlaps(dataset: Dataset) -> Iterator[Problem]:
    if not dataset.has("memberships"):
        return
    low, high = (ibis.literal(t, "timestamp(6)") for t in (dtm.datetime(1, 1, 1), dtm.datetime.max))
    stays = _numbered(dataset["memberships"]).filter(_.group.notnull() & _.person.notnull())
    stays = stays.mutate(
        start_=_.joined_at.fill_null(low),
        end_=ibis.coalesce(_.left_at, ibis.ifelse(_.left_by.notnull(), _.joined_at, None), high),
    )
    order = {"group_by": ["group", "person"], "order_by": ["start_", "row_number_"]}
    stays = stays.mutate(reach_=_.end_.max().over(ibis.window(**order, following=0)))
    stays = stays.mutate(last_=_.reach_.lag().over(ibis.window(**order)))
    bad = stays.filter(_.start_ < _.last_)
    count = bad.count().to_pyarrow().as_py()
    if count:
        shown = bad.group.concat(" – ", bad.person)
        yield Problem(
            table="memberships",
            column=None,
            rule="overlap",
            message=counted(MESSAGES["overlap"], count),
            count=int(count),
            examples=_examples(bad.mutate(shown_=shown), "shown_"),
            stops=False,
        )


def _strangers(dataset: Dataset) -> Iterator[Problem]:
    """Acts in a group whose sender was no member then: traffic, not talk of members."""
    if not (dataset.has("interactions.group") and dataset.has("memberships")):
        return
    acts = _numbered(dataset["interactions"]).filter(_.group.notnull())
    stays = dataset["memberships"].select("group", "joined_at", "left_at", member="person")
    acts = acts.left_join(stays, [acts.group == stays.group, acts.sender == stays.member])
    inside = (
        acts.member.notnull()
        & (acts.joined_at.isnull() | (acts.joined_at <= acts["at"]))
        & (acts.left_at.isnull() | (acts["at"] <= acts.left_at))
    )
    each = acts.group_by("row_number_").aggregate(
        sender=_.sender.max(), ever=_.member.notnull().any(), inside=inside.any()
    )
    for rule, bad in (
        ("never_member", each.filter(~_.ever)),
        ("not_member_then", each.filter(_.ever & ~_.inside)),
    ):
        count = bad.count().to_pyarrow().as_py()
        if count:
            yield Problem(
                table="interactions",
                column="sender",
                rule=rule,
                message=counted(MESSAGES[rule], count),
                count=int(count),
                examples=_examples(bad, "sender"),
                stops=False,
            )


def _numbered(table: ir.Table) -> ir.Table:
    return table.mutate(row_number_=ibis.row_number() + 1)


def _examples(rows: ir.Table, column: str) -> tuple[tuple[int | None, str], ...]:
    first = (
        rows.select(row="row_number_", value=rows[column].cast("string"))
        .order_by("row")
        .limit(EXAMPLES)
        .to_pyarrow()
        .to_pylist()
    )
    return tuple((int(each["row"]), each["value"] or "") for each in first)
