"""Reading a folder: ``study.toml`` and one Parquet or CSV file a table, cast to the schema."""

import datetime as dtm
import difflib
import os
import tempfile
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from smallnet.errors import InputError
from smallnet.tables.casting import literal, no_column, quoted
from smallnet.tables.dataset import Dataset, connect
from smallnet.tables.files import STUDY_FILE, FileError, find_tables
from smallnet.tables.problem import EXAMPLES, Problem
from smallnet.tables.schema import SCHEMA, Table
from smallnet.tables.study_file import Study
from smallnet.tables.table_file import TableReader
from smallnet.tables.words import Text

__all__ = ["Loaded", "load_folder", "read_dataset"]


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
    if zone is not None:
        study = _local_watch(folder / STUDY_FILE, study, zone, connection)
    present, skipped = [], {}
    for name, table in SCHEMA.items():
        paths = found.tables.get(name, ())
        try:
            if paths:
                skipped[name] = TableReader(connection, table, zone, problems).read(paths)
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
    connection.raw_sql(f"SET temp_directory = {literal(spill)}")
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
    names = connection.con.execute("SELECT name FROM pg_timezone_names()")
    zones = [name for (name,) in names.fetchall()]
    if study.timezone in zones:
        return study.timezone
    near = difflib.get_close_matches(study.timezone, zones, n=1, cutoff=0.0)
    message = Text(
        "study.toml: timezone is {zone!r}, expected a name such as Europe/Berlin (nearest: {near})",
        "study.toml：timezone 是 {zone!r}，应为 Europe/Berlin 这样的名称（最接近：{near}）",
    ).format(zone=study.timezone, near=near[0])
    problems.append(Problem(table=STUDY_FILE, column="timezone", rule="study", message=message))
    return "UTC"


def _local_watch(path: Path, study: Study, zone: str, connection: Any) -> Study:
    """Move the ends of the watch that have no offset from the zone of the data to UTC."""
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError):
        return study  # told already
    moved = {}
    for key in ("observed_from", "observed_until"):
        given, naive = stated.get(key), getattr(study, key)
        if isinstance(given, str):
            given = dtm.datetime.fromisoformat(given)
        if naive is not None and getattr(given, "tzinfo", None) is None:
            query = f"SELECT (?::TIMESTAMP AT TIME ZONE {literal(zone)}) AT TIME ZONE 'UTC'"
            moved[key] = connection.con.execute(query, [naive]).fetchone()[0]
    return replace(study, **moved)


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
