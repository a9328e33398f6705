"""Tables as CSV that a spreadsheet can open without running what is written in them."""

import re
from pathlib import Path

import pandas as pd

from smallnet.errors import InputError
from smallnet.report.results_file import write_atomically

__all__ = ["defuse", "read_csv", "restore", "write_csv", "write_tables"]

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # OWASP, CSV injection
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def defuse(cell: object) -> object:
    """Put an apostrophe before a text that a spreadsheet would take for a formula.

    Numbers, also those in quotes such as ``"-5"``, stay as they are. Line breaks become one kind,
    which every reader of CSV takes for a part of the cell. A text that begins with
    apostrophes before such a sign gets one more, so that `restore` gives back what was there.

    Examples
    --------
    >>> defuse("=1+1"), defuse("-5"), defuse(-5), defuse("tea")
    ("'=1+1", '-5', -5, 'tea')
    """
    if not isinstance(cell, str):
        return cell
    cell = cell.replace("\x00", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")
    bare = cell.lstrip("'")
    if bare.startswith(_RISKY) and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def restore(cell: object) -> object:
    """Take away the apostrophe that `defuse` put before a text."""
    if isinstance(cell, str) and cell.startswith("'") and cell.lstrip("'").startswith(_RISKY):
        return cell[1:]
    return cell


def write_csv(frame: pd.DataFrame, target: Path | str) -> Path:
    """Write a small table as CSV: UTF-8, a header, unknown is empty, texts defused.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    safe = frame.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name]):
            safe[name] = safe[name].astype(object).map(defuse, na_action="ignore")
    safe.columns = pd.Index([defuse(str(name)) for name in safe.columns])
    return write_atomically(Path(target), safe.to_csv(index=False, lineterminator="\n"))


def read_csv(path: Path | str) -> pd.DataFrame:
    """Read a table that `write_csv` wrote; an empty cell is unknown.

    Raises
    ------
    InputError
        If the file is no table.
    """
    try:
        frame = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype={"group": "str"})
    except (OSError, ValueError) as error:
        msg = f"cannot read {path} as a table: {error}"
        raise InputError(msg) from error
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = frame[name].astype(object).map(restore, na_action="ignore")
    return frame


def write_tables(
    out: Path | str, group_table: pd.DataFrame, scorecard: pd.DataFrame | None = None
) -> tuple[Path, ...]:
    """Write ``out/tables/groups.csv``, one row a group, and ``scorecard.csv`` beside it."""
    folder = Path(out) / "tables"
    paths = [write_csv(group_table, folder / "groups.csv")]
    if scorecard is not None:
        paths.append(write_csv(scorecard, folder / "scorecard.csv"))
    return tuple(paths)
