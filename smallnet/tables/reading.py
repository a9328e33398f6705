"""Reading a folder: ``study.toml`` and one Parquet or CSV file a table, cast to the schema."""

import difflib
import itertools
import os
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from smallnet.errors import InputError
from smallnet.tables.casting import Cast, cast_column, cast_extra, no_column, quoted
from smallnet.tables.dataset import Dataset, connect
from smallnet.tables.files import STUDY_FILE, FileError, check_file, find_tables, line_at, scan_csv
from smallnet.tables.problem import EXAMPLES, Problem
from smallnet.tables.schema import SCHEMA, Column, Table
from smallnet.tables.study_file import Study
from smallnet.tables.words import Text

__all__ = ["Loaded", "file_row", "load_folder", "read_dataset"]

MOST_SKIPPED = 100_000  # lines whose numbers are kept, to number the rows after them


@dataclass(frozen=True)
class Loaded:
    """What could be read of a folder, and what could not."""

    dataset: Dataset
    problems: tuple[Problem, ...]
    skipped: dict[str, list[int]]  # by table: numbers of the rows that were left out


def read_dataset(folder: Path | str, *, memory_limit: str | None = None) -> Dataset:
    """Read a folder of tables.

    Parameters
    ----------
    folder : Path or str
        ``study.toml`` and one file a table: ``.parquet``, ``.csv`` or ``.csv.gz``.
    memory_limit : str, optional
        Such as ``"2GB"``, for the tables; beyond it they go to the disk.

    Returns
    -------
    Dataset
        Ids are text, times UTC without a zone; an empty field is null.

    Raises
    ------
    InputError
        If a file cannot be read or a value is not of its column's type: the first such problem,
        and how many more there are. ``check_folder`` lists them all.
    """
    loaded = load_folder(folder, memory_limit=memory_limit)
    stopping = [problem for problem in loaded.problems if problem.stops]
    if stopping:
        first = stopping[0]
        msg = first.message.en + (f" ({first.shown()})" if first.examples else "")
        if len(stopping) > 1:
            msg += f"; {len(stopping) - 1} more: smallnet check {folder}"
        raise InputError(msg)
    return loaded.dataset


def load_folder(folder: Path | str, *, memory_limit: str | None = None) -> Loaded:
    """Read what can be read of a folder, and tell what cannot.

    Raises
    ------
    InputError
        If there is no such folder, or ``memory_limit`` is no size.
    """
    folder = Path(folder)
    found = find_tables(folder)
    connection = _connect(memory_limit)
    problems: list[Problem] = []
    study = _read_study(folder, problems)
    zone = _zone(connection, study, problems)
    present, skipped = [], {}
    for name, table in SCHEMA.items():
        paths = found.tables.get(name, ())
        try:
            if paths:
                skipped[name] = _Reader(connection, table, zone, problems).read(paths)
                present.append(name)
                continue
        except FileError as error:
            problems.append(Problem(table=name, column=None, rule="file", message=error.text))
        _create_empty(connection, table)
    if found.strangers:
        problems.append(_strangers(found.strangers))
    return Loaded(Dataset(connection, tuple(present), study), tuple(problems), skipped)


def _create_empty(connection: Any, table: Table) -> None:
    columns = (f"{no_column(column).value} AS {quoted(column.name)}" for column in table.columns)
    connection.raw_sql(
        f"CREATE OR REPLACE TABLE {quoted(table.name)} AS SELECT {', '.join(columns)} LIMIT 0"
    )


def _connect(memory_limit: str | None) -> Any:
    try:
        connection = connect(memory_limit)
    except duckdb.Error:
        msg = f"memory limit is {memory_limit!r}, expected a size such as 2GB"
        raise InputError(msg) from None
    spill = Path(tempfile.gettempdir()) / f"smallnet_spill_{os.getpid()}_{id(connection):x}"
    connection.raw_sql(f"SET temp_directory = {_text(spill)}")
    return connection


def _read_study(folder: Path, problems: list[Problem]) -> Study:
    path = folder / STUDY_FILE
    if not path.exists():
        message = Text(
            "there is no study.toml: the watch is taken from the first and last moment in the data",
            "没有 study.toml：观察期取自数据中最早和最晚的时刻",
        )
        problems.append(
            Problem(table=STUDY_FILE, column=None, rule="no_study", message=message, stops=False)
        )
    try:
        return Study.read(path)
    except InputError as error:
        message = Text("{why}", "study.toml 有误：{why}").format(why=error)
        problems.append(Problem(table=STUDY_FILE, column=None, rule="study", message=message))
        return Study(name=folder.resolve().name)


def _zone(connection: Any, study: Study, problems: list[Problem]) -> str | None:
    """Give the zone of times without an offset, if it is one that exists."""
    if study.timezone is None:
        return None
    zones = [name for (name,) in _rows(connection, "SELECT name FROM pg_timezone_names()")]
    if study.timezone in zones:
        return study.timezone
    near = difflib.get_close_matches(study.timezone, zones, n=1, cutoff=0.0)
    message = Text(
        "study.toml: timezone is {zone!r}, expected a name such as Europe/Berlin (nearest: {near})",
        "study.toml：timezone 是 {zone!r}，应为 Europe/Berlin 这样的名称（最接近：{near}）",
    ).format(zone=study.timezone, near=near[0])
    problems.append(Problem(table=STUDY_FILE, column="timezone", rule="study", message=message))
    return "UTC"


def _strangers(strangers: tuple[tuple[str, str | None], ...]) -> Problem:
    examples = tuple(
        (None, name if near is None else f"{name} ({near}?)") for name, near in strangers[:EXAMPLES]
    )
    message = Text(
        "files that are no table of the schema are not read",
        "以下文件不是约定的数据表，未读取",
    )
    return Problem(
        table="files",
        column=None,
        rule="unknown_file",
        message=message,
        count=len(strangers),
        examples=examples,
        stops=False,
    )


@dataclass(frozen=True)
class _Reader:
    """Reads the file of one table into a table of the same name."""

    connection: Any
    table: Table
    zone: str | None
    problems: list[Problem]

    def read(self, paths: tuple[Path, ...]) -> list[int]:
        """Create the table; give the numbers of the rows that had to be left out."""
        if len(paths) > 1:
            raise FileError(
                en="{names} are all there, expected one file for the table {table}",
                zh="{names} 同时存在，数据表 {table} 应只有一个文件",
                names=" and ".join(path.name for path in paths),
                table=self.table.name,
            )
        path = paths[0]
        check_file(path)
        try:
            if path.suffix == ".parquet":
                return self._read_parquet(path)
            return self._read_csv(path)
        except duckdb.Error as error:
            first = str(error).strip().splitlines()[0]
            raise FileError(
                en="{path} cannot be read: {why}", zh="无法读取 {path}：{why}", path=path, why=first
            ) from None

    def _read_parquet(self, path: Path) -> list[int]:
        if path.stat().st_size == 0:
            raise FileError(
                en="{path} is empty, expected a Parquet file",
                zh="{path} 是空文件，应为 Parquet",
                path=path,
            )
        source = f"read_parquet({_text(path)})"
        described = _rows(self.connection, f"DESCRIBE SELECT * FROM {source}")
        names = [row[0] for row in described]
        self._check_names(names, path)
        kinds = {row[0]: row[1] for row in described}
        self._create({name: (quoted(name), kinds[name]) for name in names}, source, path, [])
        return []

    def _read_csv(self, path: Path) -> list[int]:
        names = scan_csv(path)
        self._check_names(names, path)
        columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(names)))
        rejects = f"_rejects_{self.table.name}"
        source = (
            f"read_csv({_text(path)}, auto_detect=false, header=true, delim=',', quote='\"', "
            f"escape='\"', nullstr='', columns={{{columns}}}, store_rejects=true, "
            f"rejects_limit=0, rejects_table='{rejects}', rejects_scan='{rejects}_scan')"
        )
        fields = {name: (f"c{i}", "VARCHAR") for i, name in enumerate(names)}
        skipped: list[int] = []
        self._create(fields, source, path, skipped, rejects)
        return skipped

    def _ragged(self, path: Path, rejects: str, width: int) -> list[int]:
        """Report the lines that DuckDB could not read as rows; give their numbers as rows."""
        found = _rows(
            self.connection,
            f"SELECT line - 1, any_value(csv_line), min(line_byte_position), "
            f"any_value(CAST(error_type AS VARCHAR)), count(*) OVER () FROM {rejects} "
            f"GROUP BY line ORDER BY line LIMIT {MOST_SKIPPED}",
        )
        if found:
            message = Text(
                "{path}: {count:,} rows have not the {width} fields of the header or a broken "
                "quote, the first in line {line}",
                "{path}：{count:,} 行的字段数不是表头的 {width} 个，或引号有误，首行为第 {line} 行",
            ).format(
                path=path,
                count=found[0][4],
                width=width,
                line=line_at(path, max(int(found[0][2]) - 1, 0)),
            )
            self._report(
                None,
                "ragged",
                message,
                count=found[0][4],
                examples=tuple((int(row), str(text)) for row, text, *_rest in found[:EXAMPLES]),
            )
        return [int(row[0]) for row in found]

    def _check_names(self, names: list[str], path: Path) -> None:
        twice = [name for name, count in Counter(n.lower() for n in names).items() if count > 1]
        if twice:
            raise FileError(
                en="{path} has the column {name!r} more than once in its header",
                zh="{path} 的表头中列 {name!r} 出现多次",
                path=path,
                name=twice[0],
            )
        if any(not name.strip() for name in names):
            raise FileError(
                en="{path} has a column without a name: column {number}",
                zh="{path} 的第 {number} 列没有列名",
                path=path,
                number=[bool(name.strip()) for name in names].index(False) + 1,
            )
        lower = {name.lower().strip(): name for name in names}
        for wanted in self.table.names:
            if wanted in lower and wanted not in names:
                raise FileError(
                    en="{path} has a column {name!r}, expected it to be written {wanted!r}",
                    zh="{path} 有列 {name!r}，应写作 {wanted!r}",
                    path=path,
                    name=lower[wanted],
                    wanted=wanted,
                )
        missing = [name for name in self.table.required if name not in names]
        if missing:
            raise self._missing(missing, names, path)
        for name in names:
            near = difflib.get_close_matches(name, self.table.names, n=1, cutoff=0.8)
            if name not in self.table.names and near and near[0] not in names:
                message = Text(
                    "{path}: the column {name!r} is kept as an attribute; "
                    "the schema has a column {near!r}",
                    "{path}：列 {name!r} 作为附加属性保留；约定的列名是 {near!r}",
                ).format(path=path, name=name, near=near[0])
                self._report(name, "near_name", message, stops=False)

    def _missing(self, missing: list[str], names: list[str], path: Path) -> FileError:
        near = difflib.get_close_matches(missing[0], names, n=3, cutoff=0.5) or names[:8]
        apart = next((sign for sign in ";\t|" if len(names) == 1 and sign in names[0]), None)
        if apart is not None:
            return FileError(
                en="{path} is separated by {sign!r}, expected commas",
                zh="{path} 以 {sign!r} 分隔，应以逗号分隔",
                path=path,
                sign=apart,
            )
        return FileError(
            en="{path} has no column {name}, which every row of {table} needs; the nearest that it "
            "has: {near}",
            zh="{path} 没有列 {name}（{table} 的每一行都需要）；最接近的列：{near}",
            path=path,
            name=" and no column ".join(repr(name) for name in missing),
            table=self.table.name,
            near=", ".join(repr(name) for name in near),
        )

    def _create(
        self,
        fields: dict[str, tuple[str, str]],
        source: str,
        path: Path,
        skipped: list[int],
        rejects: str | None = None,
    ) -> None:
        """Create the table in one pass; doubtful values stand in columns of their own till told."""
        wanted: list[str] = []
        doubts: list[tuple[str, Column, str]] = []  # name of the extra column, column, rule
        for column in self.table.columns:
            cast = self._cast(column, fields)
            wanted.append(f"{cast.value} AS {quoted(column.name)}")
            for rule, condition in (
                ("type", cast.lost),
                ("zone", cast.homeless),
                ("clock_change", cast.doubtful),
            ):
                if condition is not None:
                    name = f"_{rule}_{column.name}"
                    field = f"CAST({fields[column.name][0]} AS VARCHAR)"
                    wanted.append(f"CASE WHEN {condition} THEN {field} END AS {quoted(name)}")
                    doubts.append((name, column, rule))
        for name, (field, kind) in fields.items():
            if name not in self.table.names:
                wanted.append(f"{cast_extra(field, kind)} AS {quoted(name)}")
        target = quoted(self.table.name)
        self.connection.raw_sql(
            f"CREATE TABLE {target} AS SELECT {', '.join(wanted)} FROM {source}"
        )
        if rejects is not None:
            skipped += self._ragged(path, rejects, len(fields))
        self._tell(doubts, skipped)
        for name, _column, _rule in doubts:
            self.connection.raw_sql(f"ALTER TABLE {target} DROP COLUMN {quoted(name)}")

    def _cast(self, column: Column, fields: dict[str, tuple[str, str]]) -> Cast:
        if column.name not in fields:
            return no_column(column)
        field, kind = fields[column.name]
        cast = cast_column(column, field, kind, self.zone)
        if cast is not None:
            return cast
        message = Text(
            "{table}.{column} is stored as {kind}, expected {wanted}",
            "{table}.{column} 的存储类型是 {kind}，应为 {wanted}",
        ).format(
            table=self.table.name, column=column.name, kind=kind, wanted=EXPECTED[column.kind].en
        )
        self._report(column.name, "type", message)
        return no_column(column)

    def _tell(self, doubts: list[tuple[str, Column, str]], skipped: list[int]) -> None:
        if not doubts:
            return
        target = quoted(self.table.name)
        counts = ", ".join(f"count({quoted(name)})" for name, _column, _rule in doubts)
        (found,) = _rows(self.connection, f"SELECT {counts}, count(*) FROM {target}")
        for (name, column, rule), count in zip(doubts, found[:-1], strict=True):
            if not count:
                continue
            rows = _rows(
                self.connection,
                f"SELECT rowid + 1, {quoted(name)} FROM {target} "
                f"WHERE {quoted(name)} IS NOT NULL ORDER BY rowid LIMIT {EXAMPLES}",
            )
            message = MESSAGES[rule].format(
                table=self.table.name,
                column=column.name,
                count=count,
                all=found[-1],
                zone=self.zone,
            )
            if rule == "type":
                wanted = EXPECTED[column.kind]
                message = Text(message.en + wanted.en, message.zh + wanted.zh)
            examples = tuple((file_row(int(row), skipped), str(value)) for row, value in rows)
            self._report(
                column.name,
                rule,
                message,
                count=int(count),
                examples=examples,
                stops=rule != "clock_change",
            )

    def _report(
        self, column: str | None, rule: str, message: Text, *, stops: bool = True, **details: Any
    ) -> None:
        self.problems.append(
            Problem(
                table=self.table.name,
                column=column,
                rule=rule,
                message=message,
                stops=stops,
                **details,
            )
        )


EXPECTED = {
    "id": Text("an id (text or a whole number)", "编号（文本或整数）"),
    "text": Text("text", "文本"),
    "time": Text("a time such as 2024-03-01T12:30:00Z", "时间，如 2024-03-01T12:30:00Z"),
    "bool": Text("true, false, 1 or 0", "true、false、1 或 0"),
    "int": Text("a whole number", "整数"),
    "float": Text("a number", "数字"),
}
MESSAGES = {
    "type": Text(
        "{count:,} values of {table}.{column} cannot be read, expected ",
        "{table}.{column} 有 {count:,} 个值无法识别，应为",
    ),
    "zone": Text(
        "{count:,} of {all:,} times in {table}.{column} have no offset and study.toml names no "
        "timezone, expected one of the two",
        "{table}.{column} 的 {all:,} 个时间中有 {count:,} 个没有时区偏移，"
        "而 study.toml 未给出 timezone；应二者有其一",
    ),
    "clock_change": Text(
        "{count:,} times in {table}.{column} fall into an hour that the clocks of {zone} skip or "
        "repeat, and may be an hour off",
        "{table}.{column} 有 {count:,} 个时间落在 {zone} 换时跳过或重复的一小时内，可能相差一小时",
    ),
}


def file_row(row: int, skipped: list[int]) -> int:
    """Give a row's number in its file, where the rows ``skipped`` (ascending) were left out."""
    before = itertools.takewhile(lambda pair: pair[1] - pair[0] <= row, enumerate(skipped))
    return row + sum(1 for _pair in before)


def _rows(connection: Any, query: str) -> list[tuple[Any, ...]]:
    return connection.con.execute(query).fetchall()


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
