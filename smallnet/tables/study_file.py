"""``study.toml``: what the data are, when somebody watched, and what the source could record."""

import datetime as dtm
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smallnet.errors import InputError
from smallnet.tables.choices import Choices
from smallnet.tables.schema import COVERAGE

__all__ = ["Study"]

REGISTERED = ("claims", "outcomes", "smallest_effect", "choices")


@dataclass(frozen=True, kw_only=True)
class Study:
    """What ``study.toml`` holds. Times are UTC without a zone mark."""

    name: str = "unnamed"
    observed_from: dtm.datetime | None = None
    observed_until: dtm.datetime | None = None
    timezone: str | None = None  # of CSV times that have no offset
    time_resolution: str | None = None  # "1s", "1y"
    time_origin: str | None = None  # "unknown": only differences mean something
    source: str | None = None
    licence: str | None = None
    citation: str | None = None
    notes: tuple[str, ...] = ()  # what a converter dropped or assumed
    coverage: Mapping[str, Any] = field(default_factory=dict)  # channel: was it recorded
    choices: Mapping[str, object] = field(default_factory=dict)
    registration: Mapping[str, Any] = field(default_factory=dict)  # what was chosen before looking

    def __post_init__(self) -> None:
        for channel, recorded in self.coverage.items():
            if channel not in COVERAGE:
                msg = f"unknown coverage {channel!r}, expected one of {', '.join(COVERAGE)}"
                raise InputError(msg)
            if not isinstance(recorded, bool):
                msg = f"coverage.{channel} is {recorded!r}, expected true or false"
                raise InputError(msg)
        if self.observed_from and self.observed_until and self.observed_until <= self.observed_from:
            msg = (
                f"observed_until is {self.observed_until}, "
                f"expected a time after observed_from, {self.observed_from}"
            )
            raise InputError(msg)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "Study":
        """Read the keys of ``study.toml``.

        Raises
        ------
        InputError
            For an unknown key or a value of the wrong kind.
        """
        known = dict(values)
        for key in ("observed_from", "observed_until"):
            if known.get(key) is not None:
                known[key] = _moment(key, known[key])
        for key in ("coverage", "choices", "registration"):
            if not isinstance(known.get(key, {}), Mapping):
                msg = f"{key} is {known[key]!r}, expected a table of key = value"
                raise InputError(msg)
        notes = known.get("notes", ())
        notes = (notes,) if isinstance(notes, str) else notes
        if not isinstance(notes, list | tuple) or not all(isinstance(n, str) for n in notes):
            msg = f"notes is {notes!r} in study.toml, expected a list of texts"
            raise InputError(msg)
        known["notes"] = tuple(notes)
        unknown = sorted(set(known) - set(cls.__dataclass_fields__))
        if unknown:
            expected = ", ".join(cls.__dataclass_fields__)
            msg = f"unknown key {unknown[0]!r} in study.toml, expected some of {expected}"
            raise InputError(msg)
        for key in (
            "name",
            "timezone",
            "time_resolution",
            "time_origin",
            "source",
            "licence",
            "citation",
        ):
            if known.get(key) is not None and not isinstance(known[key], str):
                msg = f"{key} is {known[key]!r} in study.toml, expected text in quotes"
                raise InputError(msg)
        _check_registration(known.get("registration", {}))
        study = cls(**known)
        study.to_choices()  # a wrong choice is found at the door
        return study

    @classmethod
    def read(cls, path: Path) -> "Study":
        """Read ``study.toml``; a missing file is an empty one, named after its folder."""
        if not path.exists():
            return cls(name=path.parent.resolve().name)
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            msg = f"{path} is no TOML file in UTF-8: {error}"
            raise InputError(msg) from None
        try:
            return cls.from_mapping({"name": path.parent.resolve().name} | values)
        except InputError as error:
            msg = f"{path}: {error}"
            raise InputError(msg) from None

    def to_mapping(self) -> dict[str, Any]:
        """Give the keys of ``study.toml``, without the unknown ones."""
        plain: dict[str, Any] = {}
        for key in self.__dataclass_fields__:
            value = getattr(self, key)
            if isinstance(value, dtm.datetime):
                value = value.isoformat()
            if isinstance(value, Mapping):
                value = dict(value)
            if value not in (None, (), {}):
                plain[key] = list(value) if isinstance(value, tuple) else value
        return plain

    def to_choices(self) -> Choices:
        """Give the choices: of ``choices``, else of ``registration``, else the defaults."""
        chosen = self.registration
        smallest = chosen.get("smallest_effect", {})
        registered = {**chosen.get("choices", {}), "smallest_effect": smallest}
        return Choices.from_mapping(self.choices, Choices.from_mapping(registered))


def _check_registration(given: Mapping[str, Any]) -> None:
    for key, value in given.items():
        if key not in REGISTERED:
            expected = ", ".join(REGISTERED)
            msg = f"unknown key registration.{key} in study.toml, expected some of {expected}"
            raise InputError(msg)
        if not isinstance(value, list if key == "claims" else Mapping):
            kind = "a list of claims" if key == "claims" else "a table of key = value"
            msg = f"registration.{key} is {value!r} in study.toml, expected {kind}"
            raise InputError(msg)


def _moment(key: str, value: object) -> dtm.datetime:
    """Read a TOML date, date-time or ISO string as UTC without a zone mark."""
    given = value
    try:
        if isinstance(value, str):
            value = dtm.datetime.fromisoformat(value)
        elif isinstance(value, dtm.date) and not isinstance(value, dtm.datetime):
            value = dtm.datetime(value.year, value.month, value.day)
    except ValueError:
        value = None
    if not isinstance(value, dtm.datetime):
        msg = f"{key} is {given!r}, expected a date-time such as 2024-03-01T00:00:00Z"
        raise InputError(msg)
    return value if value.tzinfo is None else value.astimezone(dtm.UTC).replace(tzinfo=None)
