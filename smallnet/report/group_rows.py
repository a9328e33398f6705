"""The table of groups as the page carries it: which columns, in what words, and what filters."""

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from smallnet.figures.numbers import known
from smallnet.measures.wording import ACTS
from smallnet.report.display import clean
from smallnet.report.texts import COLUMNS, PAGE, STATES, label

__all__ = ["GroupRows", "group_rows", "json_island"]

_MARKS = ("small", "acquainted", "trusting", "interactive", "informative", "useful")
_SHOWN = (
    "name",
    "group",
    "size",
    "state",
    "criteria_met",
    *_MARKS,
    "messages_per_member_day",
    "active_share",
    "friend_density",
    "kind",
)
_NAMES = ("group", "name")
_FILTERS = ("state", "kind", "criteria_met", *_MARKS)
_MOST_OPTIONS = 12


@dataclass(frozen=True)
class GroupRows:
    """What the template and its script need of the table of groups."""

    island: Markup
    filters: list[dict[str, Any]]


def json_island(value: Any) -> Markup:
    """JSON that may stand inside a script element: nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


def group_rows(frame: pd.DataFrame, lang: str, *, acts: str = "messages") -> GroupRows:
    """Choose and translate the columns of the table of groups.

    Parameters
    ----------
    frame : DataFrame
        One row a group, with its scorecard. Columns that are absent or wholly unknown are left
        out; the reasons in words come last.
    lang : str
        ``en`` or ``zh``.
    acts : str
        What people do in groups, one of the words of ``ACTS``.
    """
    shown = [name for name in _SHOWN if name in frame and frame[name].notna().any()]
    shown += [name for name in (f"reason_{lang}",) if name in frame]
    described, cells = [], []
    for name in shown:
        column = frame[name]
        numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
        kind = "name" if name in _NAMES else "number" if numeric else "text"
        kind = "long" if name.startswith("reason") else kind
        kind = "id" if name == "group" and "name" in shown else kind
        described.append(
            {
                "label": label(COLUMNS, name.removesuffix(f"_{lang}"), lang).replace(
                    "{acts}", ACTS[acts].get(lang)
                ),
                "kind": kind,
            }
        )
        cells.append([_cell(value, numeric, lang) for value in column])
        if name == "state":
            cells[-1] = [None if cell is None else label(STATES, cell, lang) for cell in cells[-1]]
    rows = [list(row) for row in zip(*cells, strict=True)] if cells else []
    words = {key: PAGE[key].get(lang) for key in ("shown", "page", "why")}
    filters = [
        {"place": place, "label": described[place]["label"], "options": options}
        for place, name in enumerate(shown)
        if name in _FILTERS and 1 < len(options := _options(cells[place])) <= _MOST_OPTIONS
    ]
    return GroupRows(json_island({"columns": described, "rows": rows, "words": words}), filters)


def _cell(value: Any, numeric: bool, lang: str) -> Any:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    if numeric:
        number = known(value)
        return int(number) if number is not None and number.is_integer() else number
    if isinstance(value, bool) or str(value) in {"True", "False"}:
        return PAGE["yes" if str(value) == "True" else "no"].get(lang)
    return clean(str(value), 600) or "·"


def _options(cells: list[Any]) -> list[dict[str, str]]:
    found = {cell for cell in cells if cell is not None}
    order = sorted(found, key=lambda cell: (isinstance(cell, str), cell))
    return [{"value": str(cell), "label": str(cell)} for cell in order]
