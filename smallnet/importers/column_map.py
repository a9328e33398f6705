"""The map of the format ``columns``: a TOML file that says which column is what.

.. code-block:: toml

    [columns]               # what is left out is not there
    at = "time"             # required, as is sender
    sender = "user.id"      # a dot goes into a JSON record
    group = "room"
    recipient = "to"
    interaction = "id"
    text = "body"           # becomes a length and a keyed fingerprint
    n_chars = "length"      # where there are no words
    kind = "type"
    reply_to = "parent"
    duration_s = "seconds"
    mentions = "addressed"  # several: see separator
    invited_by = "inviter"  # of rows that are joins
    removed_by = "kicker"   # of rows that are leaves

    [time]
    unit = "ms"             # of numbers: s, ms or us; told from their size where not given
    format = "%d.%m.%Y %H:%M"  # of words; ISO 8601 where not given

    [kinds]                 # which values of kind mean what; others stay as they are
    joined = ["join"]
    left = ["leave", "kick"]
    system = ["topic"]      # counted, not kept
    skip = ["typing"]       # left out, and counted
    image = ["photo", "picture"]

    [members]               # a list of members, beside the map
    file = "members.csv"
    group = "room"
    person = "user"
    role = "role"

    [table]
    delimiter = ";"         # of CSV; told from its header where not given
    separator = ","         # between several mentions
    group = "the only one"  # name of the group where no column says it
    bots = ["system", "bot7"]
"""

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smallnet.errors import InputError

__all__ = ["JOINED", "LEFT", "SKIP", "SYSTEM", "ColumnMap"]

COLUMNS = (
    "at",
    "sender",
    "group",
    "recipient",
    "interaction",
    "text",
    "n_chars",
    "kind",
    "reply_to",
    "duration_s",
    "mentions",
    "invited_by",
    "removed_by",
)
JOINED, LEFT, SYSTEM, SKIP = "joined", "left", "system", "skip"
KEYS = {
    "columns": COLUMNS,
    "time": ("unit", "format"),
    "kinds": (),
    "members": ("file", "group", "person", "role"),
    "table": ("delimiter", "separator", "group", "bots"),
}
UNITS = ("s", "ms", "us")


@dataclass(frozen=True, kw_only=True)
class ColumnMap:
    """Which column is what."""

    columns: Mapping[str, str]
    unit: str | None = None
    format: str | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)  # a value: what it means
    members: Mapping[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    separator: str = ","
    group: str | None = None
    bots: Sequence[str] = ()
    folder: Path = Path()  # of the map

    @classmethod
    def read(cls, path: Path | None) -> "ColumnMap":
        """Read a map.

        Raises
        ------
        InputError
            If it is no TOML, has a key that is not known, or lacks ``at`` or ``sender``.
        """
        if path is None:
            msg = "the format columns needs --map FILE, which says what each column is"
            raise InputError(msg)
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            msg = f"{path} is no map of columns in TOML: {error}"
            raise InputError(msg) from None
        try:
            return cls._from(values, path.parent)
        except InputError as error:
            msg = f"{path}: {error}"
            raise InputError(msg) from None

    @classmethod
    def _from(cls, values: Mapping[str, Any], folder: Path) -> "ColumnMap":
        _check_keys(values, tuple(KEYS), "section")
        sections: dict[str, dict[str, Any]] = {}
        for name, keys in KEYS.items():
            section = values.get(name, {})
            if not isinstance(section, dict):
                msg = f"{name} is no section, expected [{name}] and key = value below"
                raise InputError(msg)
            if keys:
                _check_keys(section, keys, f"key of [{name}]")
            sections[name] = section
        for name in ("columns", "members"):
            for key, value in sections[name].items():
                if not isinstance(value, str) or not value:
                    msg = f"{name}.{key} is {value!r}, expected a name in quotes"
                    raise InputError(msg)
        for required in ("at", "sender"):
            if required not in sections["columns"]:
                msg = f"[columns] has no {required}, which every row needs"
                raise InputError(msg)
        time, table, members = sections["time"], sections["table"], sections["members"]
        if time.get("unit") not in (None, *UNITS):
            msg = f"time.unit is {time['unit']!r}, expected one of {', '.join(UNITS)}"
            raise InputError(msg)
        if members and not {"file", "group", "person"} <= set(members):
            msg = "[members] needs file, group and person"
            raise InputError(msg)
        return cls(
            columns=sections["columns"],
            unit=time.get("unit"),
            format=time.get("format"),
            kinds=_meanings(sections["kinds"]),
            members=members,
            delimiter=table.get("delimiter"),
            separator=str(table.get("separator", ",")),
            group=table.get("group"),
            bots=tuple(map(str, table.get("bots", ()))),
            folder=folder,
        )


def _check_keys(given: Mapping[str, Any], known: Sequence[str], what: str) -> None:
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" (nearest: {near[0]})" if near else ""
            msg = f"unknown {what} {name!r}{hint}, expected some of {', '.join(known)}"
            raise InputError(msg)


def _meanings(kinds: Mapping[str, Any]) -> dict[str, str]:
    meanings: dict[str, str] = {}
    for meaning, values in kinds.items():
        for value in [values] if isinstance(values, str) else values:
            if str(value) in meanings:
                msg = f"kinds has {str(value)!r} twice, expected one meaning a value"
                raise InputError(msg)
            meanings[str(value)] = meaning
    return meanings
