"""Sentences for whole columns: one text a row, in English and in Chinese."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from smallnet.tables.words import Text

__all__ = ["ACTS", "Sentence", "count", "join_words", "percent", "quantity"]

ACTS: dict[str, Text] = {  # what people do in groups, as the summary of a data set names it
    "messages": Text("messages", "消息"),
    "contacts": Text("contacts", "接触"),
    "calls": Text("calls", "通话"),
    "acts": Text("acts", "互动"),
}


@dataclasses.dataclass(frozen=True)
class Sentence:
    """One text for all rows, or a column of texts, in each language."""

    en: Any  # str, or Series of str
    zh: Any

    @classmethod
    def of(cls, en: str, zh: str) -> "Sentence":
        """Make the same text for all rows."""
        return cls(en, zh)

    def fill(self, **values: "Sentence | pd.Series") -> "Sentence":
        """Put columns into the places that ``{name}`` marks; each stands once."""
        return Sentence(_fill(self.en, values, "en"), _fill(self.zh, values, "zh"))

    def where(self, holds: pd.Series, other: "Sentence") -> "Sentence":
        """Keep this where it holds, else the other."""
        return Sentence(_choose(holds, self.en, other.en), _choose(holds, self.zh, other.zh))

    def __add__(self, other: "Sentence") -> "Sentence":
        """Write the other behind."""
        return Sentence(self.en + other.en, self.zh + other.zh)

    def follow(self, other: "Sentence") -> "Sentence":
        """Write the other behind, with a comma where both say something."""
        return Sentence(_follow(self.en, other.en, ", "), _follow(self.zh, other.zh, "，"))


def _fill(text: str, values: "dict[str, Sentence | pd.Series]", lang: str) -> Any:
    done: Any = ""
    rest = text
    while "{" in rest:
        before, _, rest = rest.partition("{")
        name, _, rest = rest.partition("}")
        value = values[name]
        done = done + before + (getattr(value, lang) if isinstance(value, Sentence) else value)
    return done + rest


def _choose(holds: pd.Series, one: Any, other: Any) -> pd.Series:
    picked = np.where(np.asarray(holds, dtype=bool), one, other)
    return pd.Series(picked, index=holds.index, dtype="object")


def _follow(one: Any, other: Any, comma: str) -> Any:
    there = (pd.Series(one, index=other.index, dtype="object") != "") & (other != "")
    return one + _choose(there, comma, "") + other


def join_words(parts: Sequence[Sentence]) -> Sentence:
    """Join sentences with semicolons and end with a full stop."""
    words = parts[0]
    for part in parts[1:]:
        words = words + Sentence("; ", "；") + part
    return words + Sentence(".", "。")


def count(values: Any) -> pd.Series:
    """Write whole numbers, thousands apart; the unknown is a dash."""
    return _write(values, "{:,.0f}")


def percent(values: Any) -> pd.Series:
    """Write shares as percentages."""
    return _write(values, "{:.0%}")


def quantity(values: Any) -> pd.Series:
    """Write numbers with two significant digits, whole ones from 10 on."""
    numbers = pd.to_numeric(pd.Series(values)).astype("float64")
    few = _write(numbers, "{:.2g}")
    return _write(numbers, "{:,.0f}").where(numbers >= 10, few)


def _write(values: Any, form: str) -> pd.Series:
    numbers = pd.to_numeric(pd.Series(values)).astype("float64")
    written = numbers.map(form.format, na_action="ignore").astype("object")
    return written.where(numbers.notna(), "–")
