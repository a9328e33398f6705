"""Where a folder of tables came from, and a digest of what it says.

The digest of a table does not depend on the order of its rows, on its file's format or on columns
that hold nothing. Each row is written as text, hashed by MD5, and the two halves of the hashes are
summed: any change by accident shows; it is no protection from somebody who wants to deceive.
"""

import datetime as dtm
import hashlib
import json
from collections.abc import Mapping

import ibis.expr.datatypes as dt

from smallnet.tables.dataset import Dataset
from smallnet.tables.schema import SCHEMA

__all__ = ["PROVENANCE_FILE", "dataset_digest", "provenance", "table_digest"]

PROVENANCE_FILE = "provenance.json"


def dataset_digest(dataset: Dataset) -> str:
    """Digest of all that the tables say.

    Returns
    -------
    str
        64 hexadecimal digits; the same for the same rows in any order, as Parquet, CSV or frames.
        ``study.toml`` and tables without rows do not count.

    Notes
    -----
    Extra columns count as they are stored: a number read from CSV is text, and its digest is that
    of the whole number with the same digits, but not that of a floating one.
    """
    return _whole({name: table_digest(dataset, name) for name in _filled(dataset)})


def _filled(dataset: Dataset) -> list[str]:
    return [name for name in dataset.tables if dataset.rows[name]]


def _whole(digests: Mapping[str, str]) -> str:
    lines = "".join(f"{name} {digest}\n" for name, digest in digests.items())
    return hashlib.sha256(lines.encode()).hexdigest()


def table_digest(dataset: Dataset, name: str) -> str:
    """Digest of one table, 64 hexadecimal digits."""
    table = dataset[name]
    columns = sorted(column for column in table.columns if dataset.has(f"{name}.{column}"))
    parts = [_canonical(column, table[column].type()) for column in columns]
    query = (
        f"SELECT count(*), sum(CAST(h & {2**64 - 1}::UHUGEINT AS UBIGINT)), "
        f"sum(CAST(h >> 64 AS UBIGINT)) "
        f"FROM (SELECT md5_number(concat({', '.join(parts) or repr('')})) AS h "
        f"FROM {_quoted(name)})"
    )
    count, lower, upper = dataset.connection.con.execute(query).fetchone()
    words = json.dumps([columns, count, str(lower or 0), str(upper or 0)])
    return hashlib.sha256(words.encode()).hexdigest()


def _canonical(column: str, kind: dt.DataType) -> str:
    """Give SQL for one value as text: its column, its length in bytes, itself.

    ``concat`` leaves nulls out, so that null is ``=:;`` and no text is.
    """
    quoted = _quoted(column)
    if kind.is_timestamp():
        value = f"CAST(epoch_us({quoted}) AS VARCHAR)"
    elif kind.is_floating() or kind.is_decimal():
        value = f"format('{{:.17e}}', CAST({quoted} AS DOUBLE) + 0.0)"
    else:
        value = f"CAST({quoted} AS VARCHAR)"
    label = column.replace("'", "''")
    return f"'{label}=', strlen({value}), ':', {value}, ';'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def provenance(dataset: Dataset, *, dated: bool = True) -> str:
    """Words of ``provenance.json``: version, moment, source, and rows and digest of each table.

    Where it is not ``dated``, the moment is left out, and the same tables give the same words.
    """
    from smallnet import __version__

    now = dtm.datetime.now(dtm.UTC)
    digests = {name: table_digest(dataset, name) for name in _filled(dataset)}
    tables = {
        name: {
            "row": SCHEMA[name].row,
            "rows": dataset.rows[name],
            "sha256": digests.get(name),
        }
        for name in dataset.tables
    }
    return (
        json.dumps(
            {
                "smallnet": __version__,
                **({"created_at": now.isoformat(timespec="seconds")} if dated else {}),
                "name": dataset.name,
                "source": dataset.study.source,
                "licence": dataset.study.licence,
                "citation": dataset.study.citation,
                "sha256": _whole(digests),
                "tables": tables,
            },
            ensure_ascii=False,
            indent=1,
        )
        + "\n"
    )
