"""A scenario as a TOML file: its name, what it is in both languages, and what it plants.

::

    name = "quiet"
    [description]
    en = "Large groups are quiet."
    zh = "大群冷清。"
    [platform]              # parameters of Platform; what is left out keeps its default
    size_effect = 0.7
    [rule]                  # and one section a mechanism, if it has any
    quiet_ratio = 0.5
"""

from __future__ import annotations

import dataclasses
import datetime as dtm
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smallnet.errors import InputError
from smallnet.simulations.mechanisms import MECHANISMS
from smallnet.simulations.platform import Platform
from smallnet.tables import Text

__all__ = ["Scenario", "parse_scenario", "read_scenario"]

LANGUAGES = ("en", "zh")
KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "true or false"),
    "tuple[int, ...]": ((list,), "a list of whole numbers"),
    "str": ((str,), "text in quotes"),
    "dt.datetime": ((dtm.datetime,), "a date-time such as 2024-03-01T00:00:00"),
    "dtm.datetime": ((dtm.datetime,), "a date-time such as 2024-03-01T00:00:00"),
}


@dataclass(frozen=True)
class Scenario:
    """A named platform and what it is, in one sentence."""

    name: str
    description: Text
    platform: Platform


def read_scenario(path: Path | str) -> Scenario:
    """Read a scenario from a TOML file.

    Raises
    ------
    InputError
        If the file cannot be read, is no TOML, or holds an unknown key or a wrong value.
    """
    path = Path(path)
    try:
        words = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read {path}: {error}; expected a scenario in TOML"
        raise InputError(msg) from error
    return parse_scenario(words, where=str(path), default_name=path.stem)


def parse_scenario(words: str, *, where: str, default_name: str = "world") -> Scenario:
    """Read a scenario from the words of a TOML file; ``where`` is named in errors."""
    try:
        found = tomllib.loads(words)
    except tomllib.TOMLDecodeError as error:
        msg = f"{where} is no TOML: {error}"
        raise InputError(msg) from error
    known = ("name", "description", "platform", *MECHANISMS)
    _check_keys(found, known, where, "")
    name = _value(found.get("name", default_name), "str", where, "name")
    told = _section(found, "description", where)
    _check_keys(told, LANGUAGES, where, "description.")
    for lang, sentence in told.items():
        _value(sentence, "str", where, f"description.{lang}")
    one = next(iter(told.values()), name)
    text = Text(en=told.get("en", one), zh=told.get("zh", one))
    parts = {
        section: _build(made, _section(found, section, where), where, section)
        for section, made in MECHANISMS.items()
        if section in found
    }
    values = _section(found, "platform", where)
    if "name" in values:
        msg = f"{where} has the key platform.name, expected the name at the top of the file"
        raise InputError(msg)
    platform = _build(Platform, values, where, "platform", name=name, **parts)
    return Scenario(name, text, platform)


def _section(found: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    values = found.get(name, {})
    if not isinstance(values, Mapping):
        msg = f"{where}: {name} is {values!r}, expected a section [{name}] of key = value"
        raise InputError(msg)
    return values


def _build(
    made: type[Any], values: Mapping[str, Any], where: str, section: str, **more: object
) -> Any:
    """Make a dataclass from a section; what it refuses is told with the file."""
    kinds = {
        field.name: str(field.type)
        for field in dataclasses.fields(made)
        if field.name != "name" and field.name not in MECHANISMS
    }
    _check_keys(values, tuple(kinds), where, f"{section}.")
    checked = {
        key: _value(value, kinds[key].removesuffix(" | None"), where, f"{section}.{key}")
        for key, value in values.items()
    }
    try:
        return made(**checked, **more)
    except InputError as error:
        msg = f"{where}, [{section}]: {error}"
        raise InputError(msg) from error


def _check_keys(values: Mapping[str, Any], known: tuple[str, ...], where: str, prefix: str) -> None:
    for key in values:
        if key not in known:
            msg = f"{where} has an unknown key {prefix}{key}, expected some of {', '.join(known)}"
            raise InputError(msg)


def _value(value: Any, kind: str, where: str, key: str) -> Any:
    types, expected = KINDS[kind]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        msg = f"{where}: {key} is {value!r}, expected {expected}"
        raise InputError(msg)
    if isinstance(value, list):
        return tuple(_value(part, "int", where, key) for part in value)
    return value * 1.0 if kind == "float" and isinstance(value, int) else value
