"""Words and numbers as they stand on the page, whatever was written in the data."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from smallnet.figures.numbers import known, show_interval, show_number
from smallnet.report.detail_words import DETAILS
from smallnet.report.texts import PAGE, label
from smallnet.tables.words import Text

__all__ = ["clean", "flatten", "show_value"]

_JOINERS = {"\u200c", "\u200d"}  # Persian and emoji are written with them
NO_WORDS: Mapping[str, Text] = {}
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


def show_value(
    value: Any, lang: str, *, exact: bool = False, words: Mapping[str, Text] = NO_WORDS
) -> str:
    """Give a value of any kind as text.

    Parameters
    ----------
    value : object
        A number, text, mapping or list, as it stands in JSON.
    lang : str
        ``en`` or ``zh``.
    exact : bool
        Keep the digits that a person typed.
    words : mapping of str to Text
        What keys, and texts that are keys, are called.
    """
    if value is None or (isinstance(value, list | tuple) and value and not any(_told(value))):
        return PAGE["unknown"].get(lang)
    if isinstance(value, bool):
        return PAGE["yes" if value else "no"].get(lang)
    if isinstance(value, int):
        return str(value) if exact else f"{value:,}".replace("-", "−")
    if isinstance(value, float):
        return f"{value:.12g}" if exact else show_number(value)
    if isinstance(value, Mapping):
        return _show_mapping(value, lang, exact, words)
    if isinstance(value, list | tuple):
        if len(value) == 2 and all(known(item) is not None for item in value):
            return show_interval(*value)
        shown = [show_value(item, lang, exact=exact, words=words) for item in value[:12]]
        return PAGE["comma"].get(lang).join(shown) + (" …" if len(value) > 12 else "")
    return clean(words[value].get(lang) if value in words else str(value))


def _told(values: Sequence[Any]) -> list[bool]:
    return [value is not None for value in values]


def _show_mapping(
    value: Mapping[str, Any], lang: str, exact: bool, words: Mapping[str, Text]
) -> str:
    if lang in value and set(value) <= {"en", "zh"}:
        return clean(str(value[lang]))
    rest = _in_language(value, lang)
    parts = []
    for middle in ("estimate", "share", "odds_ratio"):
        if middle in rest and {"ci_low", "low", "interval"} & set(rest):
            low, high = rest.pop("interval", None) or (None, None)
            low, high = rest.pop("low", low), rest.pop("high", high)
            low, high = rest.pop("ci_low", low), rest.pop("ci_high", high)
            number = f"{show_number(rest.pop(middle))} {show_interval(low, high)}".strip()
            parts.append(
                number if middle == "estimate" else f"{label(words, middle, lang)} {number}"
            )
    for key, item in rest.items():
        shown = show_value(item, lang, exact=exact, words=words)
        parts.append(f"{_name(key, lang, words)}{PAGE['colon'].get(lang)}{shown}")
    return PAGE["semicolon"].get(lang).join(parts)


def _in_language(value: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """Take of ``warning`` and ``warning_zh`` the one that is asked for."""
    kept = {key: item for key, item in value.items() if not key.endswith("_zh")}
    if lang == "zh":
        kept |= {key: value[f"{key}_zh"] for key in kept if f"{key}_zh" in value}
    return kept


def _name(key: str, lang: str, words: Mapping[str, Text]) -> str:
    return label(words, key.replace(" ", "_") if key.replace(" ", "_") in words else key, lang)


def flatten(details: Mapping[str, Any], lang: str) -> list[tuple[str, list[str]]]:
    """Give the entries of a result's details in words, each with its lines.

    What only the figure needs, and what is empty, is left out. A list of mappings, or a mapping
    of them, has a line for each.
    """
    rows = []
    for key, value in _in_language(details, lang).items():
        if key == "figure" or (isinstance(value, list | tuple | Mapping) and not value):
            continue
        rows.append((_name(key, lang, DETAILS), [clean(x, 400) for x in _lines(value, lang)]))
    return rows


def _lines(value: Any, lang: str) -> list[str]:
    if isinstance(value, list | tuple) and all(isinstance(item, Mapping) for item in value):
        return [show_value(item, lang, words=DETAILS) for item in value[:_MOST_LINES]]
    if isinstance(value, Mapping) and all(isinstance(item, Mapping) for item in value.values()):
        colon = PAGE["colon"].get(lang)
        return [
            f"{_name(str(key), lang, DETAILS)}{colon}{show_value(item, lang, words=DETAILS)}"
            for key, item in list(value.items())[:_MOST_LINES]
        ]
    return [show_value(value, lang, words=DETAILS)]
