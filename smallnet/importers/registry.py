"""The formats by name, each loaded when it is asked for, and which of them a file is in."""

import difflib
import importlib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

from smallnet.errors import InputError, UnknownNameError
from smallnet.importers.format import Format
from smallnet.importers.source import Source

__all__ = ["ENTRY_POINTS", "FORMATS", "detect", "find_format", "format_names"]

ENTRY_POINTS = "smallnet.importers"  # the group where other packages announce formats
FORMATS = {
    name: f"smallnet.importers.{name}"
    for name in (
        "whatsapp",
        "telegram",
        "discord",
        "slack",
        "zulip",
        "messenger",
        "signal",
        "instagram",
        "irc",
        "mbox",
        "wechat",
        "qq",
        "columns",
    )
}
TEXTS = (".txt", ".json", ".jsonl", ".csv", ".html", ".htm", ".log", ".mbox", ".eml", ".xml")
MOST_MEMBERS = 50  # files of a zip or folder that are looked into to tell its format


def format_names() -> tuple[str, ...]:
    """Names of all formats, those of other packages last."""
    return (*FORMATS, *sorted(set(entry_points(group=ENTRY_POINTS).names) - set(FORMATS)))


def find_format(name: str) -> Format:
    """Give the format called ``name``.

    Raises
    ------
    UnknownNameError
        If there is none; the nearest name is told.
    """
    found = _load(name)
    if found is None:
        near = difflib.get_close_matches(name, format_names(), n=1)
        hint = f" (nearest: {near[0]})" if near else ""
        msg = f"unknown format {name!r}{hint}, expected one of {', '.join(format_names())}"
        raise UnknownNameError(msg)
    return found


def detect(path: Path) -> Format:
    """Tell which format a file, zip or folder is in.

    Raises
    ------
    InputError
        If no format knows it, or several do.
    """
    with Source.of(path) as source:
        pieces = [(source.name, source.head())]
        if source.is_container:
            members = sorted(source.members(), key=_is_media)  # stable: text first
            pieces = [(member.name, member.head()) for member in members[:MOST_MEMBERS]]
        mine = [
            known
            for known in _all_formats()
            if any(known.sniff(name, head) for name, head in pieces)
        ]
        if len(mine) == 1:
            return mine[0]
        if mine:
            names = ", ".join(known.name for known in mine)
            msg = f"{source.label} may be any of {names}: name the format"
            raise InputError(msg)
        msg = (
            f"{source.label} is in no format that smallnet knows by itself "
            f"({', '.join(format_names())}); a table of your own needs the format columns and --map"
        )
        raise InputError(msg)


def _is_media(member: Source) -> bool:
    return not member.name.lower().endswith(TEXTS)


def _all_formats() -> Iterator[Format]:
    for name in format_names():
        found = _load(name)
        if found is not None:
            yield found


def _load(name: str) -> Format | None:
    if name in FORMATS:
        try:
            module = importlib.import_module(FORMATS[name])
        except ModuleNotFoundError as error:
            if error.name != FORMATS[name]:
                raise
            return None
        known: Format = module.FORMAT
        return known
    for point in entry_points(group=ENTRY_POINTS, name=name):
        loaded = point.load()
        if not isinstance(loaded, Format):
            msg = f"entry point {name} of {ENTRY_POINTS} is no Format"
            raise InputError(msg)
        return loaded
    return None
