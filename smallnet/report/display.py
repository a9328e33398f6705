"""Words and numbers as they stand on the page, whatever was written in the data."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from smallnet.figures.numbers import known, show_interval, show_number
from smallnet.report.texts import PAGE

__all__ = ["clean", "flatten", "show_value"]

_JOINERS = {"\u200c", "\u200d"}  # Persian and emoji are written with them
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def clean(text: str, limit: int = 4000, *, lines: bool = False) -> str:
    r"""Text without controls and marks that turn the direction of reading, cut at ``limit``.

    Examples
    --------
    >>> clean("tea\u202e\x00  &\ncake"), clean("abcdef", 4)
    ('tea & cake', 'abc…')
    """
    kept = []
    for letter in text[: limit * 2 + 10]:
        if letter == "\n" and lines:
            kept.append(letter)
        elif letter.isspace():
            kept.append(" ")
        elif letter in _JOINERS or unicodedata.category(letter) not in _UNSEEN:
            kept.append(letter)
    line = "".join(kept)
    line = line if lines else " ".join(line.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def show_value(value: Any, lang: str, *, exact: bool = False) -> str:
    """Give a value of any kind as words; ``exact`` keeps the digits that a person typed."""
    if value is None:
        return PAGE["unknown"].get(lang)
    if isinstance(value, bool):
        return PAGE["yes" if value else "no"].get(lang)
    if isinstance(value, int | float):
        if isinstance(value, int):
            return str(value) if exact else f"{value:,}"
        return f"{value:.12g}" if exact else show_number(value)
    if isinstance(value, Mapping):
        return _show_mapping(value, lang, exact)
    if isinstance(value, list | tuple):
        if len(value) == 2 and all(known(item) is not None for item in value):
            return show_interval(*value)
        words = ", ".join(show_value(item, lang, exact=exact) for item in value[:12])
        return words + (", …" if len(value) > 12 else "")
    return clean(str(value))


def _show_mapping(value: Mapping[str, Any], lang: str, exact: bool) -> str:
    if lang in value and set(value) <= {"en", "zh"}:
        return clean(str(value[lang]))
    if "estimate" in value:
        words = f"{show_number(value['estimate'])} "
        return (words + show_interval(value.get("ci_low"), value.get("ci_high"))).strip()
    return "; ".join(f"{key}: {show_value(item, lang, exact=exact)}" for key, item in value.items())


def flatten(details: Mapping[str, Any], lang: str) -> list[tuple[str, str]]:
    """Give the entries of a result's details that say something in a line."""
    rows = []
    for key, value in details.items():
        if key == "figure" or (isinstance(value, list | tuple | Mapping) and not value):
            continue
        words = show_value(value, lang)
        rows.append((key.replace("_", " "), clean(words, 400)))
    return rows
