"""What a field of a record says, if it is of the type it should be; else nothing, no error."""

import datetime as dtm
from collections.abc import Callable
from typing import Any

from smallnet.errors import InputError
from smallnet.importers.clock import Clock, epoch_us, local_us
from smallnet.importers.source import Source

__all__ = ["epoch_field", "files_of", "iso_time", "listed", "name_of", "number", "objects", "words"]

TEXTS = (".json", ".jsonl", ".md", ".txt")  # no need to look into pictures
EPOCH = dtm.datetime(1970, 1, 1, tzinfo=dtm.UTC)
MICROSECOND = dtm.timedelta(microseconds=1)
LARGEST = 10**17  # no count of seconds, milliseconds or microseconds is larger


def files_of(source: Source, mine: Callable[[str, bytes], bool], expected: str) -> list[Source]:
    """Give the file itself, or those of a zip or folder that a format knows as its own.

    Raises
    ------
    InputError
        If none of them is.
    """
    if not source.is_container:
        return [source]
    found = [
        member
        for member in source.members("*")
        if member.name.lower().endswith(TEXTS) and mine(member.name, member.head())
    ]
    if not found:
        msg = f"{source.label} holds no file of this format, expected {expected}"
        raise InputError(msg)
    return found


def words(value: Any) -> str | None:
    """Give a text as it is; None for what is no text."""
    return value if isinstance(value, str) else None


def name_of(value: Any) -> str | None:
    """Give an id or a name; None for what is none, or empty.

    Examples
    --------
    >>> name_of("ana"), name_of(7), name_of(True), name_of(" "), name_of(["ana"])
    ('ana', '7', None, None, None)
    """
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def number(value: Any) -> float | None:
    """Give a number that is not negative; None for all else.

    Examples
    --------
    >>> number(3), number("3"), number(-1), number(True), number("x")
    (3.0, 3.0, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found < LARGEST else None


def listed(value: Any) -> list[Any]:
    """Give a list; an empty one for what is none."""
    return value if isinstance(value, list) else []


def objects(value: Any) -> list[dict[str, Any]]:
    """Give the objects of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def epoch_field(value: Any, unit: str | None = None) -> int | None:
    """Give the moment, in microseconds, of a count since 1970; None if it is none.

    Examples
    --------
    >>> epoch_field("1700000000", "s"), epoch_field(-5), epoch_field(None)
    (1700000000000000, None, None)
    """
    if unit == "s" and isinstance(value, str) and len(value) == 10 and value.isdecimal():
        return int(value) * 1_000_000  # what most exports hold, at once
    found = number(value)
    if found is None:
        return None
    try:
        # Seconds and milliseconds of our time are told apart by their size, whatever was said.
        return epoch_us(found, unit)
    except InputError:
        try:
            return epoch_us(found)
        except InputError:
            return None


def iso_time(value: Any, clock: Clock, *, line: int | None = None) -> int | None:
    """Give the moment, in microseconds, of an ISO 8601 time; None if it is none.

    Raises
    ------
    InputError
        If the time has no offset and the zone of the clock is not known.
    """
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = dtm.datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return (moment - EPOCH) // MICROSECOND
    local = local_us(*moment.timetuple()[:6]) + moment.microsecond
    return clock.utc(local, line=line)
