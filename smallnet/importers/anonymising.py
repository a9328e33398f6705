"""Pseudonyms for a data set in tables: ids keyed, words and rare traits left out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from smallnet.errors import InputError
from smallnet.importers.pseudonyms import Pseudonyms, key_path, read_key
from smallnet.tables import SCHEMA, Column, Dataset, Text, read_dataset, write_dataset
from smallnet.tables.casting import quoted

__all__ = ["anonymise"]

REALM = "tables"
EXTRA_IDS = {  # columns beside the schema's that hold ids
    "groups.parent": "groups",
    "memberships.removed_by": "people",
    "interactions.thread": "thread",
}
SEVERAL = ("interactions.items", "ties.evidence")  # digests with a space between
DIGESTS = ("interactions.fingerprint", *SEVERAL)
KEPT_TEXT = {"interactions.text"}  # words, whatever their number
SAFE = ("BOOLEAN",)
NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")


def anonymise(
    folder: Path | str,
    out: Path | str,
    *,
    key_file: Path | str | None = None,
    min_cell: int = 5,
) -> Text:
    """Write a data set again without ids that mean something elsewhere, words and rare traits.

    Parameters
    ----------
    folder : Path or str
        A folder of tables.
    out : Path or str
        Another folder, for the tables without them.
    key_file : Path or str, optional
        Key of the pseudonyms, made where it is not there; ``OUT.key`` by default.
    min_cell : int
        A value of an extra column that fewer people (or, of groups, fewer groups) than this have
        becomes null; a column with nothing else is left out.

    Returns
    -------
    Text
        What was done.

    Notes
    -----
    Every id becomes a keyed digest, the same in all tables. Times, kinds and lengths stay as they
    are: they can still give people away to somebody who was there.
    """
    folder, out = Path(folder), Path(out)
    if out.resolve() == folder.resolve():
        msg = f"{out} is the data set itself, expected another folder to write to"
        raise InputError(msg)
    path = key_path(out, key_file)
    dataset = read_dataset(folder)
    key, _ = read_key(path)
    work = _Anonymising(dataset, Pseudonyms(key, REALM), min_cell)
    for table in dataset.tables:
        work.table(table)
    note = f"ids are keyed pseudonyms; values of extra columns below {min_cell} people are left out"
    study = replace(dataset.study, name=out.resolve().name, notes=(*dataset.study.notes, note))
    write_dataset(Dataset(dataset.connection, dataset.tables, study), out)
    return Text(
        "{ids:,} ids are pseudonyms now (key: {path}); {values:,} rare values and {columns:,} "
        "columns of words or rare traits were left out",
        "{ids:,} 个编号已换成假名（密钥：{path}）；"
        "删去 {values:,} 个罕见值和 {columns:,} 个文字或罕见特征列",
    ).format(ids=work.ids, path=path, values=work.values, columns=work.columns)


class _Anonymising:
    """Changes the tables on the connection of a data set, which is used up."""

    def __init__(self, dataset: Dataset, pseudonyms: Pseudonyms, min_cell: int) -> None:
        self.con = dataset.connection.con
        self.pseudonyms, self.min_cell = pseudonyms, min_cell
        self.ids = self.values = self.columns = 0
        self.seen: set[tuple[str, str]] = set()

    def table(self, name: str) -> None:
        """Change one table."""
        kinds = {row[0]: row[1] for row in self.con.execute(f"DESCRIBE {quoted(name)}").fetchall()}
        for column in SCHEMA[name].columns:
            if column.kind == "id":
                self._swap(name, column.name, _kind_of(name, column))
            elif f"{name}.{column.name}" in DIGESTS:
                self._swap(name, column.name, "words")
        for column_name, kind in kinds.items():
            place = f"{name}.{column_name}"
            if column_name in SCHEMA[name].names:
                continue
            if place in EXTRA_IDS:
                self._swap(name, column_name, EXTRA_IDS[place])
            elif place in DIGESTS:
                self._swap(name, column_name, "items" if place in SEVERAL else "words")
            elif kind not in SAFE:
                self._extra(name, column_name, kind)

    def _swap(self, table: str, column: str, kind: str) -> None:
        """Put pseudonyms in the place of the values of a column."""
        q, t = quoted(column), quoted(table)
        values = [
            row[0]
            for row in self.con.execute(
                f"SELECT DISTINCT {q} FROM {t} WHERE {q} IS NOT NULL"
            ).fetchall()
        ]
        if not values:
            return
        swap = self._swapper(kind)
        new = [(kind, str(value)) for value in values]
        self.ids += len(set(new) - self.seen)
        self.seen.update(new)
        given = pa.table({"old": values, "new": [swap(str(value)) for value in values]})
        self.con.register("given_swap", given)
        self.con.execute(
            f"UPDATE {t} SET {q} = given_swap.new FROM given_swap WHERE {t}.{q} = given_swap.old"
        )
        self.con.unregister("given_swap")

    def _swapper(self, kind: str) -> Callable[[str], str]:
        known: dict[str, Callable[[str], str]] = {
            "people": self.pseudonyms.person,
            "groups": self.pseudonyms.group,
            "interactions": lambda raw: self.pseudonyms.act(None, raw),
            "item": self.pseudonyms.item,
            "items": lambda raw: " ".join(self.pseudonyms.item(part) for part in raw.split(" ")),
            "words": self.pseudonyms.words,
        }
        return known.get(kind, lambda raw: self.pseudonyms.any(kind, raw))

    def _extra(self, table: str, column: str, kind: str) -> None:
        """Leave out what few have, and words."""
        place = f"{table}.{column}"
        plain = kind == "VARCHAR" or kind.startswith(NUMBERS)
        rare_numbers = kind.startswith(NUMBERS) and table != "people"
        if rare_numbers or kind.startswith("TIMESTAMP"):
            return
        q, t = quoted(column), quoted(table)
        if place not in KEPT_TEXT and plain:
            who = next(
                (c for c in ("person", "sender", "sharer") if c in SCHEMA[table].names), None
            )
            unit = "count(*)" if who is None or table == "people" else f"count(DISTINCT {who})"
            common = (
                f"SELECT {q} FROM {t} WHERE {q} IS NOT NULL GROUP BY {q} "
                f"HAVING {unit} >= {self.min_cell}"
            )
            rare = f"{q} IS NOT NULL AND {q} NOT IN ({common})"
            self.values += self._number(f"SELECT count(*) FROM {t} WHERE {rare}")
            self.con.execute(f"UPDATE {t} SET {q} = NULL WHERE {rare}")
            if self._number(f"SELECT count({q}) FROM {t}"):
                return
        self.con.execute(f"ALTER TABLE {t} DROP COLUMN {q}")
        self.columns += 1

    def _number(self, sql: str) -> int:
        row: Any = self.con.execute(sql).fetchone()
        return int(row[0])


def _kind_of(table: str, column: Column) -> str:
    """Tell what a column's ids are of: the table that they name a row of, or the column itself."""
    if column.references is not None:
        return column.references
    return table if column.name in SCHEMA[table].key else column.name
