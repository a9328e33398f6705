"""Clocks on the wall: what a local time is in UTC, and what a number of an epoch means."""

import datetime as dtm
import math
import zoneinfo

from smallnet.errors import InputError

__all__ = ["FIRST_US", "LAST_US", "Clock", "epoch_us", "local_us"]

EPOCH = dtm.datetime(1970, 1, 1)
QUARTER_US = 900_000_000  # offsets of zones are whole quarters of an hour since 1972
SECOND_US = 1_000_000
DAY_US = 86_400_000_000
CHANGES = 2**62  # a day on which the clock is changed
FIRST_US, LAST_US = 315_532_800_000_000, 4_102_444_800_000_000  # 1980 and 2100
READINGS = ("UTC", "Asia/Shanghai", "America/New_York")


def local_us(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0
) -> int:
    """Microseconds from 1970 to a wall-clock time, as if the wall were in UTC.

    Raises
    ------
    ValueError
        If there is no such day or hour.
    """
    moment = dtm.datetime(year, month, day, hour, minute, second)
    return (moment - EPOCH) // dtm.timedelta(microseconds=1)


def epoch_us(number: float, unit: str | None = None) -> int:
    """Microseconds of a count since 1970 UTC.

    Parameters
    ----------
    number : float
        The count.
    unit : str, optional
        ``s``, ``ms`` or ``us``; told from its size where not given: a day between 1980 and 2100
        is no day of another unit.

    Raises
    ------
    InputError
        If no unit makes it a moment between 1980 and 2100.

    Examples
    --------
    >>> epoch_us(1_700_000_000) == epoch_us(1_700_000_000_000)
    True
    """
    factors = {"s": 1_000_000, "ms": 1_000, "us": 1}
    for factor in [factors[unit]] if unit else factors.values():
        moment = round(number * factor) if math.isfinite(number) else 0
        if FIRST_US <= moment < LAST_US:
            return moment
    msg = f"{number!r} is no time between 1980 and 2100 in {unit or 's, ms or us'} since 1970"
    raise InputError(msg)


class Clock:
    """Turns the times of a wall clock into UTC, and counts what the clock changes did to them.

    Parameters
    ----------
    zone : str or None
        Name of the zone, such as ``Europe/Berlin``; without one every wall-clock time is refused.

    Attributes
    ----------
    twice, never : int
        Times that the clock showed twice (when it was put back) and never (put forward). A time
        shown twice is the first of the two, unless time would then run backwards; one that was
        never shown is read with the offset before the change.
    """

    def __init__(self, zone: str | None) -> None:
        self.zone = zone
        self.twice = self.never = 0
        self._days: dict[int, int] = {}
        self._offsets: dict[int, tuple[int, int]] = {}
        self._last = -(2**62)
        self._zone: zoneinfo.ZoneInfo | None = None
        if zone is not None:
            try:
                self._zone = zoneinfo.ZoneInfo(zone)
            except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
                msg = f"--timezone is {zone!r}, expected a name such as Europe/Berlin"
                raise InputError(msg) from None

    def utc(self, local: int, *, line: int | None = None) -> int:
        """Give the moment of a wall-clock time.

        Parameters
        ----------
        local : int
            Microseconds from 1970 as if the wall were in UTC (see ``local_us``).
        line : int, optional
            Where it stands, for the message.

        Raises
        ------
        InputError
            If the zone is not known: two readings, and the option that settles it.
        """
        if not FIRST_US <= local < LAST_US:
            return local  # no time of a chat in any zone: the collector leaves it out and says so
        day = local // DAY_US
        offset = self._days.get(day)
        if offset is None:
            offset = self._days[day] = self._of_day(day, line)
        if offset != CHANGES:
            self._last = moment = local - offset
            return moment
        quarter = local // QUARTER_US
        both = self._offsets.get(quarter)
        if both is None:
            both = self._offsets[quarter] = self._find(local, line)
        first, second = both
        moment = local - first
        if first != second:
            if first > second:  # offset before the change is larger: the hour came twice
                self.twice += 1
                if moment < self._last - SECOND_US:
                    moment = local - second
            else:
                self.never += 1
        self._last = moment
        return moment

    def offset_of(self, day: int, *, line: int | None = None) -> int | None:
        """Microseconds that the zone is ahead of UTC all day, or None where ``utc`` must be asked.

        Parameters
        ----------
        day : int
            Days since 1970.
        line : int, optional
            Where it stands, for the message.
        """
        if not FIRST_US <= day * DAY_US < LAST_US:
            return 0
        offset = self._days.get(day)
        if offset is None:
            offset = self._days[day] = self._of_day(day, line)
        return None if offset == CHANGES else offset

    def _of_day(self, day: int, line: int | None) -> int:
        """Offset of a day, or ``CHANGES`` where it is not the same all day."""
        start = day * DAY_US
        found = {*self._find(start, line), *self._find(start + DAY_US - 1, line)}
        found |= {*self._find(start + DAY_US // 2, line)}
        return found.pop() if len(found) == 1 else CHANGES

    def _find(self, local: int, line: int | None) -> tuple[int, int]:
        """Offsets of both readings of a wall-clock time (they differ near a clock change)."""
        wall = EPOCH + dtm.timedelta(microseconds=local)
        if self._zone is None:
            where = "" if line is None else f"line {line}: "
            readings = " or ".join(
                f"{wall.replace(tzinfo=zoneinfo.ZoneInfo(z)).astimezone(dtm.UTC):%Y-%m-%d %H:%M} "
                f"UTC in {z}"
                for z in READINGS
            )
            msg = (
                f"{where}{wall:%Y-%m-%d %H:%M} is the time of a clock on the wall, without a zone: "
                f"it is {readings}; say which with --timezone, such as --timezone Europe/Berlin"
            )
            raise InputError(msg)
        offsets = []
        for fold in (0, 1):
            gap = wall.replace(tzinfo=self._zone, fold=fold).utcoffset()
            offsets.append((gap or dtm.timedelta()) // dtm.timedelta(microseconds=1))
        return offsets[0], offsets[1]
