"""Heads of WhatsApp's lines: the date and time of day, in the ways that phones write them.

A head is ``[date, time] `` on iOS and ``date, time - `` on Android. Digits may be of any script;
the day may be in halves (``p. m.``, ``下午``, ``م``) or in the finer parts of Chinese.
"""

import re

from smallnet.importers.pseudonyms import MARKS
from smallnet.importers.whatsapp_words import WORDS

__all__ = ["BRACKET", "DASH", "UNKNOWN", "numbers_of", "time_of_day"]

DATE = (
    r"[\u200e\u200f\u202a-\u202e\ufeff]*OPEN[\u200e\u200f]*"
    r"(\d{1,4}[\u200e\u200f]*\s?[./\-年월년][\u200e\u200f]*\s?\d{1,2}"
    r"[\u200e\u200f]*\s?[./\-月월][\u200e\u200f]*\s?\d{1,4}[.日일]?)"
)
BRACKET = re.compile(DATE.replace("OPEN", r"\[") + r"([^\]\n]{4,36})\]\s?(.*)", re.DOTALL)
DASH = re.compile(DATE.replace("OPEN", "") + r"([^\]\n]{4,36}?)\s[-–—]\s(.*)", re.DOTALL)
MIDDLE = re.compile(
    r"\s*[,،、]?\s*(?P<before>[^\d:]{0,16}?)\s*(?P<hour>\d{1,2})[:.](?P<minute>\d\d)"
    r"(?:[:.](?P<second>\d\d))?\s*(?P<after>[^\d:]{0,16}?)\s*"
)
UNKNOWN = -1  # a time of day that is none, or in words that are not known
SECOND_US = 1_000_000
NUMBERS = re.compile(r"\d+")
OUTSIDE = re.compile(r"[\s.․'’‘\"״׳”“,،]+")  # of the letters of a part of the day

FILLERS, BEFORE_NOON, AFTER_NOON, NOON, EVENING = (
    frozenset(WORDS["day"][part])
    for part in ("fillers", "before_noon", "after_noon", "noon", "evening")
)


def numbers_of(date: str) -> tuple[int, int, int]:
    """Give the three numbers of a date as they stand."""
    first, second, third = NUMBERS.findall(date.translate(MARKS))
    return int(first), int(second), int(third)


def time_of_day(middle: str) -> int | None:
    """Microseconds since midnight of what stands between the date and the end of a head.

    Returns
    -------
    int or None
        None where there is no time, ``UNKNOWN`` where it is none or in words that are not known.

    Examples
    --------
    >>> [time_of_day(t) // 60_000_000 for t in (", 12:05 a. m.", " 下午3:05", "، ٣:٠٥ م")]
    [5, 905, 905]
    """
    found = MIDDLE.fullmatch(middle.translate(MARKS))
    if found is None:
        return None
    hour, minute = int(found["hour"]), int(found["minute"])
    second = int(found["second"] or 0)
    for words in (found["after"], found["before"]):
        part = OUTSIDE.sub("", words).lower()
        if not part or part in FILLERS:
            continue
        in_day = _hour(part, hour)
        if in_day is None:
            return UNKNOWN
        hour = in_day
        break
    if hour > 23 or minute > 59 or second > 59:
        return UNKNOWN
    return ((hour * 60 + minute) * 60 + second) * SECOND_US


def _hour(part: str, hour: int) -> int | None:
    """Hour of the day, from the hour of its part."""
    known = part in BEFORE_NOON or part in AFTER_NOON or part in NOON or part in EVENING
    if not known:
        return None
    if hour > 12:  # some phones write the part beside 24 hours
        return hour
    if part in BEFORE_NOON or (part in EVENING and hour == 12):
        return hour % 12
    if part in NOON and hour in {10, 11}:
        return hour
    return hour % 12 + 12
