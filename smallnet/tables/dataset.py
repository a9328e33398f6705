"""A data set: the tables of the schema on one backend, and what is known of them."""

import contextlib
import datetime as dtm
import functools
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smallnet.errors import InputError, NotTestableError, UnknownNameError
from smallnet.tables.schema import COVERAGE, SCHEMA, Column, Table
from smallnet.tables.study_file import Study

__all__ = ["DAY_US", "Dataset", "connect", "microseconds"]

DAY_US = 86_400_000_000
EPOCH = dtm.datetime(1970, 1, 1)  # naive, as every time here is
WATCHED = {  # moments that show that somebody was watching
    "interactions": ("at",),
    "memberships": ("joined_at", "left_at"),
    "shares": ("shared_at",),
    "adoptions": ("adopted_at",),
}


def microseconds(moment: ir.Value) -> ir.IntegerValue:
    """Microseconds since 1970 UTC, a whole number, the same on every backend."""
    return moment.delta(ibis.timestamp("1970-01-01 00:00:00"), unit="microsecond")


def connect(memory_limit: str | None = None) -> Any:
    """Open an embedded DuckDB in UTC.

    Parameters
    ----------
    memory_limit : str, optional
        Such as ``"2GB"``; the process may still grow to about three times as much.
    """
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET TimeZone = 'UTC'")
    with contextlib.suppress(duckdb.Error):  # in a notebook it asks for widgets first
        connection.raw_sql("SET enable_progress_bar = false")
    if memory_limit is not None:
        connection.raw_sql(f"SET memory_limit = '{memory_limit}'")
    return connection


class Dataset:
    """Tables on one backend, with the words of ``study.toml``. It is never changed.

    Parameters
    ----------
    connection : ibis.BaseBackend
        Where the tables live; it must hold every table of the schema, absent ones empty.
    present : sequence of str
        Names of the tables that the source has.
    study : Study
        What the data are.
    """

    def __init__(self, connection: Any, present: tuple[str, ...], study: Study) -> None:
        self.connection = connection
        self.tables = tuple(name for name in SCHEMA if name in present)
        self.study = study
        self._kept: dict[str, str] = {}

    @classmethod
    def from_frames(
        cls,
        frames: Mapping[str, object],
        study: Study | Mapping[str, Any] | None = None,
        *,
        connection: Any = None,
    ) -> "Dataset":
        """Build a data set from frames in memory.

        Parameters
        ----------
        frames : mapping of str to frame
            A pandas, polars or Arrow table for each name of the schema.
        study : Study or mapping, optional
            What ``study.toml`` would hold.
        connection : ibis.BaseBackend, optional
            An embedded DuckDB where none is given.

        Raises
        ------
        InputError
            For an unknown table, a missing column or a value of the wrong type.
        """
        if not isinstance(study, Study):
            study = Study.from_mapping(study or {})
        unknown = sorted(set(frames) - set(SCHEMA))
        if unknown:
            msg = f"unknown table {unknown[0]!r}, expected some of {', '.join(SCHEMA)}"
            raise InputError(msg)
        if connection is None:
            connection = connect()
        for name in frames:
            connection.create_table(name, to_schema(to_arrow(frames[name], name), SCHEMA[name]))
        _create_empty(connection, [name for name in SCHEMA if name not in frames])
        return cls(connection, tuple(frames), study)

    def __getitem__(self, table: str) -> ir.Table:
        """Give a table as an Ibis expression, with every column of the schema."""
        if table not in SCHEMA:
            msg = f"unknown table {table!r}, expected one of {', '.join(SCHEMA)}"
            raise UnknownNameError(msg)
        return self.connection.table(table)

    def __contains__(self, table: object) -> bool:
        """Tell whether the source has this table."""
        return table in self.tables

    def __repr__(self) -> str:
        """Name the data set and count its rows."""
        counts = ", ".join(f"{rows:,} {table}" for table, rows in self.rows.items())
        return f"<Dataset {self.name}: {counts}>"

    def _repr_html_(self) -> str:
        return pd.DataFrame(
            [
                (table, f"{rows:,}", SCHEMA[table].row, ", ".join(self[table].columns))
                for table, rows in self.rows.items()
            ],
            columns=["table", "rows", "a row is", "columns"],
        ).to_html(index=False, escape=True, border=0)

    @property
    def name(self) -> str:
        """Name of the data set."""
        return self.study.name

    def collect(self, expression: ir.Table) -> pd.DataFrame:
        """Bring a small result home as pandas."""
        return expression.to_pyarrow().to_pandas()

    def frame(self, table: str) -> pd.DataFrame:
        """Bring a whole table home as pandas."""
        return self.collect(self[table])

    def keep(self, name: str, build: Callable[[], ir.Table]) -> ir.Table:
        """Compute a derived table once and keep it as long as the connection lives.

        Parameters
        ----------
        name : str
            What it is; the same name from the same module gives the same table again.
        build : callable
            Gives the expression, called the first time only.
        """
        key = f"{build.__module__}.{name}"
        if key not in self._kept:
            kept = f"_{name}_{uuid.uuid4().hex[:8]}"
            self.connection.create_table(kept, build())
            self._kept[key] = kept
        return self.connection.table(self._kept[key])

    @functools.cached_property
    def rows(self) -> dict[str, int]:
        """Rows of every table that the source has."""
        return {name: int(self[name].count().to_pyarrow().as_py()) for name in self.tables}

    @functools.cached_property
    def _known(self) -> dict[str, frozenset[str]]:
        known: dict[str, frozenset[str]] = {}
        for name in self.tables:
            table = self[name]
            counts = table.aggregate(**{c: table[c].count() for c in table.columns})
            row = counts.to_pyarrow().to_pylist()[0]
            known[name] = frozenset(column for column, count in row.items() if count)
        return known

    def has(self, name: str) -> bool:
        """Tell whether ``table`` has a row, or ``table.column`` a value that is known."""
        table, _, column = name.partition(".")
        if not column:
            return bool(self._known.get(table))
        return column in self._known.get(table, ())

    def covers(self, channel: str) -> bool:
        """Tell whether the source could have recorded ``channel`` (a key of ``[coverage]``).

        Left out of ``study.toml`` it is true only if the data hold at least one such row.
        """
        if channel not in COVERAGE:
            msg = f"unknown coverage {channel!r}, expected one of {', '.join(COVERAGE)}"
            raise UnknownNameError(msg)
        stated = self.study.coverage.get(channel)
        return self._seen(channel) if stated is None else bool(stated)

    def _seen(self, channel: str) -> bool:
        if channel == "reads":
            return self.has("exposures")
        if channel == "joining":
            return self.has("memberships.joined_at")
        if channel == "leaving":
            return self.has("memberships.left_at") or self.has("memberships.left_by")
        memberships, acts, shares = self["memberships"], self["interactions"], self["shares"]
        if channel == "feed":
            rows = shares.filter(shares.channel == "feed").count()
        elif channel == "private":
            private = acts.filter(acts.group.isnull() & acts.recipient.notnull()).count()
            rows = private + shares.filter(shares.channel == "friend").count().as_scalar()
        elif channel == "muting":
            rows = memberships.filter(memberships.muted | memberships.muted_at.notnull()).count()
        elif channel == "lurkers":
            rows = memberships.anti_join(
                acts,
                [memberships.group == acts.group, memberships.person == acts.sender],
            ).count()
        else:
            rows = self._ties_across_groups()
        return bool(rows.to_pyarrow().as_py())

    def _ties_across_groups(self) -> ir.IntegerScalar:
        acts = self["interactions"]
        private = acts.filter(acts.group.isnull() & acts.recipient.notnull())
        pairs = (
            self["friendships"]
            .select("person", "friend")
            .union(private.select(person="sender", friend="recipient"))
            .distinct()
        )
        mine = self["memberships"].select("group", "person").distinct()
        theirs = mine.rename(friend="person")
        shared = pairs.join(mine, "person").join(theirs, ["group", "friend"])
        return pairs.anti_join(shared, ["person", "friend"]).count()

    def require(self, *needs: str) -> None:
        """Insist on tables, columns and coverage.

        Raises
        ------
        NotTestableError
            Names everything that is missing, not only the first.
        """
        missing = []
        for need in needs:
            table, _, rest = need.partition(".")
            known = self.covers(rest) if table == "coverage" else self.has(need)
            if not known:
                missing.append(need)
        if missing:
            raise NotTestableError(missing)

    @functools.cached_property
    def _watch(self) -> tuple[int, int] | None:
        low, high = [], []
        for table, columns in WATCHED.items():
            for column in columns:
                if self.has(f"{table}.{column}"):
                    at = microseconds(self[table][column])
                    row = self[table].aggregate(low=at.min(), high=at.max()).to_pyarrow()
                    low.append(row["low"][0].as_py())
                    high.append(row["high"][0].as_py())
        return (min(low), max(high) + 1) if low else None

    @property
    def timed(self) -> bool:
        """Tell whether anything in the data has a time."""
        return self._watch is not None or self.study.observed_from is not None

    @property
    def observed_from_us(self) -> int:
        """Start of the watch, microseconds since 1970; the first moment seen where not stated."""
        if self.study.observed_from is not None:
            return _to_us(self.study.observed_from)
        return self._watch[0] if self._watch else 0

    @property
    def observed_until_us(self) -> int:
        """End of the watch, microseconds since 1970, itself outside."""
        if self.study.observed_until is not None:
            return _to_us(self.study.observed_until)
        return self._watch[1] if self._watch else self.observed_from_us + DAY_US

    @property
    def watch_days(self) -> float:
        """Length of the watch in days."""
        return (self.observed_until_us - self.observed_from_us) / DAY_US


def _to_us(moment: dtm.datetime) -> int:
    return (moment - EPOCH) // dtm.timedelta(microseconds=1)


def _create_empty(connection: Any, names: Sequence[str]) -> None:
    """Create tables of the schema without a row: DuckDB does so in one breath."""
    if connection.name != "duckdb":
        for name in names:
            connection.create_table(name, empty(SCHEMA[name]))
        return
    kind = connection.compiler.type_mapper.to_string
    for name in names:
        schema = ibis.schema({c.name: c.dtype for c in SCHEMA[name].columns})
        columns = ", ".join(f'"{column}" {kind(dtype)}' for column, dtype in schema.items())
        connection.con.execute(f'CREATE TABLE "{name}" ({columns})')


def empty(table: Table) -> pa.Table:
    """Give a table of the schema without a row."""
    schema = ibis.schema({c.name: c.dtype for c in table.columns})
    return schema.to_pyarrow().empty_table()


def to_arrow(frame: object, name: str) -> pa.Table:
    """Turn a pandas, polars or Arrow frame into Arrow."""
    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pd.DataFrame):
        return pa.Table.from_pandas(frame, preserve_index=False)
    if hasattr(frame, "to_arrow"):
        return frame.to_arrow()
    if isinstance(frame, Mapping):
        return pa.table(dict(frame))
    msg = f"{name} is a {type(frame).__name__}, expected a pandas, polars or Arrow table"
    raise InputError(msg)


def to_schema(arrow: pa.Table, table: Table) -> pa.Table:
    """Give an Arrow table the columns and types of the schema; extra columns follow as they are.

    Raises
    ------
    InputError
        For a missing required column, or a value that is not of the column's type.
    """
    missing = [name for name in table.required if name not in arrow.column_names]
    if missing:
        msg = (
            f"{table.name} has no column {missing[0]!r} "
            f"(it has {', '.join(arrow.column_names)}), which every row needs"
        )
        raise InputError(msg)
    columns: dict[str, pa.ChunkedArray | pa.Array] = {}
    for column in table.columns:
        if column.name in arrow.column_names:
            columns[column.name] = _cast(arrow[column.name], column, table.name)
        else:
            columns[column.name] = pa.nulls(arrow.num_rows, column.dtype.to_pyarrow())
    for name in arrow.column_names:
        if name not in columns:
            extra = arrow[name]
            columns[name] = extra.cast(pa.string()) if pa.types.is_null(extra.type) else extra
    return pa.table(columns)


def _cast(values: pa.ChunkedArray, column: Column, table: str) -> pa.ChunkedArray:
    target = column.dtype.to_pyarrow()
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    try:
        if column.kind == "id" and pa.types.is_floating(values.type):
            values = pc.if_else(pc.is_nan(values), None, values).cast(pa.int64())
        elif column.kind == "time":
            values = _to_naive_utc(values)
        elif column.kind in {"int", "float"} and pa.types.is_floating(values.type):
            values = pc.if_else(pc.is_nan(values), None, values)
        return values.cast(target)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        msg = f"{table}.{column.name} holds {values.type}, expected {column.kind}: {error}"
        raise InputError(msg) from None


def _to_naive_utc(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        try:
            values = values.cast(pa.timestamp("us", tz="UTC"))  # with offsets
        except pa.ArrowInvalid:
            values = values.cast(pa.timestamp("us"))
    if pa.types.is_date(values.type):
        values = values.cast(pa.timestamp("us"))
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.timestamp("us", tz=values.type.tz), safe=False)
        if values.type.tz is not None:
            values = pc.cast(values, pa.timestamp("us", tz="UTC")).cast(pa.timestamp("us"))
    return values
