"""Reading the file of one table: Parquet or CSV, cast to the schema in one pass.

What cannot be read as a row or as a value of its column is left out and reported with its row.
"""

import difflib
import itertools
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from smallnet.tables.casting import Cast, cast_column, cast_extra, literal, no_column, quoted
from smallnet.tables.files import FileError, check_file, line_at, scan_csv
from smallnet.tables.problem import EXAMPLES, Problem, counted
from smallnet.tables.schema import Column, Table
from smallnet.tables.words import Text

__all__ = ["TableReader", "file_row"]

MOST_SKIPPED = 100_000  # lines that are kept, to count them and to number what follows


@dataclass(frozen=True)
class TableReader:
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
            first = str(error).strip().splitlines()[0].partition("Error: ")[2] or str(error)
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
        source = f"read_parquet({literal(path)})"
        described = _rows(self.connection, f"DESCRIBE SELECT * FROM {source}")
        names = [row[0] for row in described]
        self._check_names(names, path)
        kinds = {row[0]: row[1] for row in described}
        wanted, doubts = self._select({name: (quoted(name), kinds[name]) for name in names})
        self._create(wanted, source)
        self._tell(doubts, [])
        return []

    def _read_csv(self, path: Path) -> list[int]:
        names = scan_csv(path)
        self._check_names(names, path)
        wanted, doubts = self._select({name: (f"c{i}", "VARCHAR") for i, name in enumerate(names)})
        self._create(wanted, self._csv(path, len(names)))
        skipped = self._ragged(path, len(names))
        self._tell(doubts, skipped)
        return skipped

    @property
    def rejects(self) -> str:
        """Name of the table where DuckDB writes the lines that are no rows."""
        return f"_rejects_{self.table.name}"

    def _csv(self, path: Path, width: int) -> str:
        columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
        return (
            f"read_csv({literal(path)}, auto_detect=false, header=true, delim=',', quote='\"', "
            f"escape='\"', nullstr='', columns={{{columns}}}, "
            f"store_rejects=true, rejects_limit=0, rejects_table='{self.rejects}', "
            f"rejects_scan='{self.rejects}_scan')"
        )

    def _ragged(self, path: Path, width: int) -> list[int]:
        """Report the lines that DuckDB could not read as rows; give their numbers as rows.

        DuckDB 1.5 stops at 8 MB without one good row, so that their count may be too low then.
        """
        found = _rows(
            self.connection,
            f"SELECT line - 1, any_value(csv_line), min(line_byte_position), "
            f"any_value(CAST(error_type AS VARCHAR)), count(*) OVER () FROM {self.rejects} "
            f"GROUP BY line ORDER BY line LIMIT {MOST_SKIPPED}",
        )
        if found:
            message = counted(
                Text(
                    "{path}: {count:,} (rows do|row does) not have the {width} fields of the "
                    "header, or (have|has) a broken quote; the first is in line {line}",
                    "{path}：{count:,} 行的字段数不是 {width} 个，或引号有误；首行是第 {line} 行",
                ),
                count=found[0][4],
                path=path,
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

    def _select(
        self, fields: dict[str, tuple[str, str]]
    ) -> tuple[list[str], list[tuple[str, Column, str]]]:
        """Give SQL for all columns, and those that keep doubtful values: name, column, rule."""
        wanted: list[str] = []
        doubts: list[tuple[str, Column, str]] = []
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
        return wanted, doubts

    def _create(self, wanted: list[str], source: str) -> None:
        self.connection.raw_sql(
            f"CREATE OR REPLACE TABLE {quoted(self.table.name)} AS "
            f"SELECT {', '.join(wanted)} FROM {source}"
        )

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
        """Report the doubtful values and drop the columns that kept them."""
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
            message = counted(
                MESSAGES[rule],
                count,
                table=self.table.name,
                column=column.name,
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
        for name, _column, _rule in doubts:
            self.connection.raw_sql(f"ALTER TABLE {target} DROP COLUMN {quoted(name)}")

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
        "{count:,} (values|value) of {table}.{column} cannot be read, expected ",
        "{table}.{column} 有 {count:,} 个值无法识别，应为",
    ),
    "zone": Text(
        "{count:,} of {all:,} times in {table}.{column} (have|has) no offset and study.toml names "
        "no timezone, expected one of the two",
        "{table}.{column} 的 {all:,} 个时间中有 {count:,} 个没有时区偏移，"
        "而 study.toml 未给出 timezone；应二者有其一",
    ),
    "clock_change": Text(
        "{count:,} (times|time) in {table}.{column} (fall|falls) into an hour that the clocks of "
        "{zone} skip or repeat, and may be an hour off",
        "{table}.{column} 有 {count:,} 个时间落在 {zone} 换时跳过或重复的一小时内，可能相差一小时",
    ),
}


def file_row(row: int, skipped: list[int]) -> int:
    """Give a row's number in its file, where the rows ``skipped`` (ascending) were left out."""
    before = itertools.takewhile(lambda pair: pair[1] - pair[0] <= row, enumerate(skipped))
    return row + sum(1 for _pair in before)


def _rows(connection: Any, query: str) -> list[tuple[Any, ...]]:
    return connection.con.execute(query).fetchall()
