"""The rule for numbers in the paper: what may be typed, and what must be looked up.

May be typed: years, citations and labels, ids of claims (S05, T30), names in backquotes, formulas
with no other digits than 0, 1 and 2, and what lays out the page (widths, columns, digits shown).
Every other number must come from ``numbers.json`` by one of the macros of ``house.typ``.
"""

import re

__all__ = ["looked_up", "typed_numbers"]

_FORMULA = re.compile(r"\$[^$]*\$")
_ALLOWED = [
    re.compile(r"^\s*//.*$", re.M),  # comments
    re.compile(r"`[^`]*`"),
    re.compile(r'"[^"\n]*"'),  # paths of macros, names of files
    re.compile(r"@[\w-]+|<[\w-]+>"),
    re.compile(r"\b[STB]\d\d\b"),
    re.compile(r"\b(?:19|20)\d\d\b"),
    re.compile(r"\b(?:width|height|gutter|size|leading|digits|inset|above|below|stroke|ppi):\s*[\d.]+\s*(?:pt|em|cm|%|fr)?"),
    re.compile(r"\b[\d.]+fr\b"),
    re.compile(r"\.at\(\d\)|\.slice\([\d, ]+\)|\.len\(\) == 0|\.value == 0"),
]  # fmt: skip
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LOOKED_UP = re.compile(r"(?<![\w-])(n|v|w|pct|pctci|ci|bounds|of|says|at|need|has)\(([^()]*)\)")


def typed_numbers(text: str) -> list[str]:
    """Give the numbers that are typed where they should be looked up."""
    found = []
    for formula in _FORMULA.findall(text):
        found += [number for number in _NUMBER.findall(formula) if set(number) - set("012.")]
    text = _FORMULA.sub(" ", text)
    for pattern in _ALLOWED:
        text = pattern.sub(" ", text)
    return found + _NUMBER.findall(text)


def looked_up(text: str) -> list[str]:
    """Give the paths of ``numbers.json`` that a text looks up, ends such as ci_low included."""
    paths = []
    for macro, inside in _LOOKED_UP.findall(text):
        words = re.findall(r'"([^"]*)"', inside)
        if "+" in inside or not words:
            continue  # put together in a loop
        if macro == "of":
            paths += [
                f"sets.{words[0]}.claims.{words[1]}.{end}"
                for end in ("estimate", "ci_low", "ci_high")
            ]
        elif macro in ("ci", "pctci"):
            paths += [f"{words[0]}.{end}" for end in ("estimate", "ci_low", "ci_high")]
        elif macro != "has":
            paths.append(words[0])
    return paths
