"""Any log of one row an act, as CSV, Parquet or JSON lines, by a map of its columns.

The map is described in :mod:`smallnet.importers.column_map`. DuckDB reads the tables column by
column; what it cannot read as a row is counted with its line.
"""

import csv
import datetime as dtm
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import orjson

from smallnet.errors import InputError
from smallnet.importers.clock import epoch_us, local_us
from smallnet.importers.collecting import Collector
from smallnet.importers.column_map import JOINED, LEFT, SKIP, SYSTEM, ColumnMap
from smallnet.importers.day_order import DayOrder, read_day
from smallnet.importers.format import Format, Options
from smallnet.importers.source import Source
from smallnet.tables import Text
from smallnet.tables.casting import literal, quoted

__all__ = ["FORMAT"]

LOOKED_AT = 2_000  # rows that tell whether times are written as 3/4/21
BATCH = 50_000  # rows that are held at a time
DELIMITERS = (",", ";", "\t", "|")
NO_ROW = "no row of the table"
NO_TIME = "no time"
NO_SENDER = "no sender"
ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?"
)
LOCAL = re.compile(
    r"(\d{1,4})[./\-](\d{1,2})[./\-](\d{1,4})[T,]?\s*(\d{1,2}):(\d\d)(?::(\d\d))?\s*([AaPp])?\.?[Mm]?\.?"
)
NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")
EPOCH_DAY = 719_163
DAY_US, SECOND_US = 86_400_000_000, 1_000_000
Row = tuple[int, Sequence[Any]]  # its number, and its values in the order of the map


def read(source: Source, collector: Collector, options: Options) -> None:
    """Hand every row of a table to the collector."""
    columns = ColumnMap.read(options.map_file)
    files = list(source.members()) if source.is_container else [source]
    for bot in columns.bots:
        collector.person(bot, bot=True)
    for file in files:
        _Log(file, collector, options, columns).read()
    if columns.members:
        _read_members(columns, collector)


def sniff(name: str, head: bytes) -> bool:
    """Never claim a file: the map must be given."""
    return False


class _Log:
    """One table of acts."""

    def __init__(
        self, source: Source, collector: Collector, options: Options, columns: ColumnMap
    ) -> None:
        self.source, self.collector, self.options, self.map = source, collector, options, columns
        self.names = list(columns.columns)
        self.group = options.chat or columns.group
        self.times = _Times(columns, collector, options)

    def read(self) -> None:
        wanted = list(self.map.columns.values())
        if self.map.format is None and self.map.unit is None:
            with _rows(self.source, wanted, self.map) as (rows, _):
                at = self.names.index("at")
                self.times.look(((number, values[at]) for number, values in rows if values))
        with _rows(self.source, wanted, self.map) as (rows, rejected):
            names = self.names
            for number, values in rows:
                self.collector.record()
                if values:
                    self._take(number, dict(zip(names, values, strict=True)))
                else:
                    self.collector.skipped(NO_ROW, number)
            for line in rejected:
                self.collector.record()
                self.collector.skipped(NO_ROW, line)

    def _take(self, number: int, row: dict[str, Any]) -> None:
        collector = self.collector
        at = self.times.moment(row["at"], number)
        if at is None:
            collector.skipped(NO_TIME, number)
            return
        sender = _text(row["sender"])
        if sender is None:
            collector.skipped(NO_SENDER, number)
            return
        said = _text(row.get("kind"))
        kind = self.map.kinds.get(said or "", said or "text")
        group = _text(row.get("group")) or self.group
        if kind == SKIP:
            collector.skipped("of a kind that the map leaves out", number)
        elif kind == SYSTEM:
            collector.other_system("named by the map")
        elif kind == JOINED and group is not None:
            collector.joined(group, sender, at, invited_by=_text(row.get("invited_by")))
        elif kind == LEFT and group is not None:
            collector.left(group, sender, at, removed_by=_text(row.get("removed_by")))
        else:
            words = row.get("text")
            collector.message(
                _text(row.get("interaction")),
                sender,
                at,
                group=group,
                recipient=_text(row.get("recipient")),
                kind=kind if re.fullmatch(r"[a-z][a-z0-9_]{0,31}", kind) else "other",
                text=None if words is None else str(words),
                n_chars=_whole(row.get("n_chars")),
                duration_s=_number(row.get("duration_s")),
                reply_to=_text(row.get("reply_to")),
                mentions=self._mentions(row.get("mentions")),
            )

    def _mentions(self, value: Any) -> list[str]:
        if not value:
            return []
        several = value if isinstance(value, list) else str(value or "").split(self.map.separator)
        return [name for name in map(_text, several) if name]


class _Times:
    """Moments of a column: numbers since 1970, ISO 8601, or local times in some order of day."""

    def __init__(self, columns: ColumnMap, collector: Collector, options: Options) -> None:
        self.map, self.clock, self.collector = columns, collector.clock, collector
        self.order = DayOrder(options.date_order)
        self.decided: str | None = None

    def look(self, values: Iterable[tuple[int, Any]]) -> None:
        """Find the order of day and month, if the first times are written in one."""
        seen = False
        for count, (number, value) in enumerate(values):
            if count > LOOKED_AT and not seen:
                return
            found = LOCAL.fullmatch(value.strip()) if isinstance(value, str) else None
            if found is not None and ISO.fullmatch(value.strip()) is None:
                self.order.see((int(found[1]), int(found[2]), int(found[3])), line=number)
                seen = True
        if seen:
            self.decided, words = self.order.decide()
            self.collector.date_order = self.decided
            if words is not None:
                self.collector.note(words)

    def moment(self, value: Any, line: int) -> int | None:
        """Microseconds since 1970 UTC; None where it is no time."""
        if value is None or isinstance(value, bool):
            return None
        try:
            if isinstance(value, int | float):
                return epoch_us(value, self.map.unit)
            text = str(value).strip()
            if NUMBER.fullmatch(text) and self.map.format is None:
                return epoch_us(float(text) if "." in text or "e" in text.lower() else int(text),
                                self.map.unit)  # fmt: skip
            if self.map.format is not None:
                return self._formatted(text, line)
            return self._written(text, line)
        except (ValueError, OverflowError) as error:
            if isinstance(error, InputError) and "--timezone" in str(error):
                raise
            return None

    def _formatted(self, text: str, line: int) -> int:
        moment = dtm.datetime.strptime(text, self.map.format or "")
        if moment.tzinfo is not None:
            return round(moment.timestamp() * SECOND_US)
        naive = (moment - dtm.datetime(1970, 1, 1)) // dtm.timedelta(microseconds=1)
        return self.clock.utc(naive, line=line)

    def _written(self, text: str, line: int) -> int | None:
        found = ISO.fullmatch(text)
        if found is not None:
            parts = [int(part or 0) for part in found.groups()[:6]]
            naive = local_us(*parts)
            naive += int((found[7] or "0").ljust(6, "0")[:6])
            return (
                self.clock.utc(naive, line=line) if found[8] is None else naive - _offset(found[8])
            )
        found = LOCAL.fullmatch(text)
        if found is None or self.decided is None:
            return None
        day = read_day((int(found[1]), int(found[2]), int(found[3])), self.decided)
        hour, minute, second = int(found[4]), int(found[5]), int(found[6] or 0)
        if found[7]:
            hour = hour % 12 + (12 if found[7] in "pP" else 0)
        if day is None or hour > 23 or minute > 59 or second > 59:
            return None
        naive = (day - EPOCH_DAY) * DAY_US + ((hour * 60 + minute) * 60 + second) * SECOND_US
        return self.clock.utc(naive, line=line)


def _offset(text: str) -> int:
    """Microseconds that a zone is ahead of UTC."""
    if text in {"Z", "UTC", "GMT"}:
        return 0
    digits = text[1:].replace(":", "").ljust(4, "0")
    ahead = (int(digits[:2]) * 60 + int(digits[2:])) * 60 * SECOND_US
    return -ahead if text[0] == "-" else ahead


@contextmanager
def _rows(
    source: Source, wanted: Sequence[str], columns: ColumnMap
) -> Iterator[tuple[Iterator[Row], list[int]]]:
    """Give the rows of a table, and a list of the lines that are none, filled when they are read.

    The number of a row is its line where a line is a row, as in JSON lines; in CSV and Parquet it
    counts rows, the header being the first.
    """
    suffix = source.name.lower().removesuffix(".gz").rpartition(".")[2]
    rejected: list[int] = []
    if suffix in {"jsonl", "ndjson", "json"}:
        yield _json_rows(source, wanted), rejected
        return
    with tempfile.TemporaryDirectory(prefix="smallnet_columns_") as folder, _connect() as con:
        copy = Path(folder) / "table"
        if suffix == "parquet":
            with copy.open("wb") as target, source.open() as stream:
                while block := stream.read(2**20):
                    target.write(block)
            table = f"read_parquet({literal(copy)})"
        else:
            with copy.open("w", encoding="utf-8", errors="replace", newline="") as text:
                for lines in source.blocks():
                    text.write("\n".join(lines) + "\n")
            table = _csv_table(copy, columns, source.label)
        yield _table_rows(con, table, wanted, source.label, rejected), rejected


@contextmanager
def _connect() -> Iterator[duckdb.DuckDBPyConnection]:
    con = duckdb.connect()
    try:
        con.execute("SET TimeZone = 'UTC'")
        yield con
    finally:
        con.close()


def _csv_table(path: Path, columns: ColumnMap, label: str) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        head = file.readline()
    delimiter = columns.delimiter or max(DELIMITERS, key=head.count)
    names = next(csv.reader([head], delimiter=delimiter), [])
    if len(set(names)) != len(names) or not names:
        msg = f"{label} has a header with a name twice or none, expected one name a column"
        raise InputError(msg)
    kinds = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({literal(path)}, auto_detect=false, header=true, columns={{{kinds}}}, "
        f"delim={literal(delimiter)}, quote='\"', escape='\"', nullstr='', new_line='\\n', "
        "strict_mode=true, store_rejects=true, rejects_limit=0, max_line_size=4000000)"
    )


def _table_rows(
    con: duckdb.DuckDBPyConnection,
    table: str,
    wanted: Sequence[str],
    label: str,
    rejected: list[int],
) -> Iterator[Row]:
    try:
        there = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()]
        missing = [name for name in wanted if name not in there]
        if missing:
            msg = f"{label} has no column {missing[0]!r}, which the map names"
            raise InputError(msg)
        selected = ", ".join(quoted(name) for name in wanted)
        number = 1
        reader = con.execute(f"SELECT {selected} FROM {table}").to_arrow_reader(BATCH)
        for batch in reader:
            values = [_plain(column) for column in batch.columns]
            for row in zip(*values, strict=True):
                number += 1
                yield number, row
        if "store_rejects" in table:
            lines = con.execute("SELECT DISTINCT line FROM reject_errors ORDER BY line").fetchall()
            rejected.extend(int(line) for (line,) in lines)
    except duckdb.Error as error:
        words = type(error).__name__
        msg = f"{label} cannot be read as a table ({words}), expected CSV, Parquet or JSON lines"
        raise InputError(msg) from None


def _plain(column: Any) -> list[Any]:
    """Give values as Python has them, moments as ISO 8601."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type):
        zone = "Z" if column.type.tz else ""
        column = pc.strftime(
            column.cast(pa.timestamp("us", tz=column.type.tz), safe=False), "%Y-%m-%dT%H:%M:%S"
        )
        return [None if text is None else text + zone for text in column.to_pylist()]
    if pa.types.is_date(column.type):
        return [None if day is None else day.isoformat() for day in column.to_pylist()]
    found: list[Any] = column.to_pylist()
    return found


def _json_rows(source: Source, wanted: Sequence[str]) -> Iterator[Row]:
    paths = [tuple(name.split(".")) for name in wanted]
    for number, line in source.lines():
        if not line or line.isspace():
            continue
        try:
            record = orjson.loads(line)
        except (orjson.JSONDecodeError, UnicodeEncodeError, RecursionError):
            yield number, ()
            continue
        if not isinstance(record, dict):
            yield number, ()
            continue
        yield number, [_reach(record, name, path) for name, path in zip(wanted, paths, strict=True)]


def _reach(record: dict[str, Any], name: str, path: tuple[str, ...]) -> Any:
    if name in record or len(path) == 1:
        return record.get(name)
    value: Any = record
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _read_members(columns: ColumnMap, collector: Collector) -> None:
    wanted = [columns.members[key] for key in ("group", "person", "role") if key in columns.members]
    with (
        Source.of(columns.folder / columns.members["file"]) as source,
        _rows(source, wanted, columns) as (rows, _),
    ):
        for _, values in rows:
            group, person = (_text(value) for value in (*values, None, None)[:2])
            if group and person:
                role = _text(values[2]) if len(values) > 2 else None
                collector.member(group, person, role=role)
    collector.covers("lurkers")


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, dict | list):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def _number(value: Any) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if abs(number) < 1e18 else None


def _whole(value: Any) -> int | None:
    number = _number(value)
    return None if number is None or number < 0 else int(number)


FORMAT = Format(
    name="columns",
    title=Text("Table by a map of columns", "按列映射的表格"),
    read=read,
    sniff=sniff,
    covers=(),
    may_cover=("lurkers", "private"),
    day_order=True,
)
