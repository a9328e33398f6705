"""Words and numbers as they stand on the page, whatever was written in the data."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from smallnet.figures.numbers import known, show_interval, show_number
from smallnet.report.detail_words import DETAILS
from smallnet.report.texts import PAGE, label

__all__ = ["clean", "flatten", "show_value"]

_JOINERS = {"\u200c", "\u200d"}  # Persian and emoji are written with them
_MOST_LINES = 20
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
        if _is_interval(value):
            return show_interval(*value)
        words = PAGE["comma"].get(lang).join(show_value(x, lang, exact=exact) for x in value[:12])
        return words + (" …" if len(value) > 12 else "")
    return clean(DETAILS[value].get(lang) if value in DETAILS else str(value))


def _is_interval(value: Sequence[Any]) -> bool:
    return len(value) == 2 and all(known(item) is not None for item in value)


def _show_mapping(value: Mapping[str, Any], lang: str, exact: bool) -> str:
    if lang in value and set(value) <= {"en", "zh"}:
        return clean(str(value[lang]))
    rest = dict(value)
    words = []
    for middle in ("estimate", "share", "odds_ratio"):
        if middle in rest and {"ci_low", "low", "interval"} & set(rest):
            low, high = rest.pop("interval", None) or (None, None)
            low, high = rest.pop("low", low), rest.pop("high", high)
            low, high = rest.pop("ci_low", low), rest.pop("ci_high", high)
            number = f"{show_number(rest.pop(middle))} {show_interval(low, high)}".strip()
            words.append(number if middle == "estimate" else f"{_key(middle, lang)} {number}")
    colon = "：" if lang == "zh" else ": "
    words += [f"{_key(k, lang)}{colon}{show_value(x, lang, exact=exact)}" for k, x in rest.items()]
    return ("；" if lang == "zh" else "; ").join(words)


def _key(key: str, lang: str) -> str:
    return label(DETAILS, key.replace(" ", "_"), lang)


def flatten(details: Mapping[str, Any], lang: str) -> list[tuple[str, list[str]]]:
    """Give the entries of a result's details in words, each with its lines.

    What only the figure needs, and what is empty, is left out. A list of mappings, or a mapping
    of them, has a line for each.
    """
    rows = []
    for key, value in details.items():
        if key == "figure" or (isinstance(value, list | tuple | Mapping) and not value):
            continue
        rows.append((_key(key, lang), [clean(line, 400) for line in _lines(value, lang)]))
    return rows


def _lines(value: Any, lang: str) -> list[str]:
    if isinstance(value, list | tuple) and all(isinstance(item, Mapping) for item in value):
        return [show_value(item, lang) for item in value[:_MOST_LINES]]
    if isinstance(value, Mapping) and all(isinstance(item, Mapping) for item in value.values()):
        colon = "：" if lang == "zh" else ": "
        entries = list(value.items())[:_MOST_LINES]
        return [f"{_key(str(key), lang)}{colon}{show_value(item, lang)}" for key, item in entries]
    return [show_value(value, lang)]
