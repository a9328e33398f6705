"""Which of three numbers is the day: told from the whole file, or refused with both readings."""

import datetime as dtm
from dataclasses import dataclass, field

from smallnet.errors import InputError
from smallnet.tables import Text

__all__ = ["ORDERS", "DayOrder", "read_day"]

ORDERS = ("dmy", "mdy", "ymd")
MOST_IMPOSSIBLE = 0.02  # of the days of a file, in its own order


def read_day(numbers: tuple[int, int, int], order: str) -> int | None:
    """Give the ordinal of a day, or None where there is no such day.

    Parameters
    ----------
    numbers : tuple of int
        As they stand, from left to right. Two digits are a year since 2000; a year of the
        Buddhist era (Thailand) is one of ours plus 543.
    order : str
        ``dmy``, ``mdy`` or ``ymd``.

    Examples
    --------
    >>> read_day((3, 4, 21), "dmy") == read_day((2021, 4, 3), "ymd")
    True
    """
    year, month, day = (numbers[order.index(part)] for part in "ymd")
    if year < 100:
        year += 2000
    elif year > 2400:
        year -= 543
    if not 1 <= month <= 12 or not 1 <= day <= 31 or not 1 <= year <= 9999:
        return None
    try:
        return dtm.date(year, month, day).toordinal()
    except ValueError:
        return None


@dataclass
class _Reading:
    """What the days of a file are in one order."""

    order: str
    impossible: int = 0  # days that do not exist in it
    impossible_line: int | None = None  # the first of them
    backwards: int = 0  # times that the days run back by more than one
    first: int | None = None
    last: int = 0

    def see(self, day: int | None, line: int | None) -> None:
        if day is None:
            self.impossible += 1
            self.impossible_line = self.impossible_line or line
        elif self.first is None:
            self.first = self.last = day
        else:
            self.backwards += day < self.last - 1
            self.last = day

    def shown(self) -> str:
        days = [dtm.date.fromordinal(day).isoformat() for day in (self.first or 1, self.last or 1)]
        return f"{days[0]} to {days[1]} read as {self.order}"


@dataclass
class DayOrder:
    """Sees the days of a file in their order, and then tells which number is which.

    An order is ruled out by days that do not exist in it (13 is no month), where fewer or none are
    missing in another; by a year that has four digits elsewhere; and by days that run backwards
    where another order lets them run on. Two digits in front are taken for a year only where no
    other order is left. A day that is none in the order of the file is the reader's to count.
    """

    asked: str | None = None  # what the user said
    readings: dict[str, _Reading] = field(
        default_factory=lambda: {order: _Reading(order) for order in ORDERS}
    )
    alike: bool = True  # every day so far is the same in all orders that are left
    seen: int = 0

    def see(self, numbers: tuple[int, int, int], *, line: int | None = None) -> None:
        """Take in a day, as the three numbers that stand there."""
        self.seen += 1
        days = set()
        for order, reading in self.readings.items():
            day = read_day(numbers, order) if _year_fits(numbers, order) else None
            reading.see(day, line)
            if order != "ymd" or numbers[0] > 99:
                days.add(day)
        self.alike &= len(days) <= 1

    def decide(self) -> tuple[str, Text | None]:
        """Tell the order, and how it was found where that needs a word.

        Raises
        ------
        InputError
            If the file leaves it open, with both readings; or if it contradicts ``asked``.
        """
        fewest = min(reading.impossible for reading in self.readings.values())
        if self.asked is not None:
            asked = self.readings[self.asked]
            if asked.impossible > fewest:
                line = asked.impossible_line
                where = "a line" if line is None else f"line {line}"
                msg = f"--date-order is {self.asked}, but {where} has no such day in that order"
                raise InputError(msg)
            return self.asked, None
        if fewest > max(1, MOST_IMPOSSIBLE * self.seen):
            msg = "no order of day, month and year fits all dates, expected one order in a file"
            raise InputError(msg)
        left = [reading for reading in self.readings.values() if reading.impossible == fewest]
        usual = [reading for reading in left if reading.order != "ymd"] or left
        if len(usual) == 1 or self.alike:
            return usual[0].order, None
        best, other = sorted(usual, key=lambda reading: reading.backwards)[:2]
        if other.backwards >= 3 * best.backwards + 1:
            return best.order, Text(
                "dates are read as {order}: in the other order they would run backwards {n} times",
                "日期按 {order} 读取：按另一种顺序，日期会倒退 {n} 次",
            ).format(order=best.order, n=other.backwards)
        msg = (
            f"the dates may be {best.shown()}, or {other.shown()}: "
            f"say which with --date-order {best.order} or --date-order {other.order}"
        )
        raise InputError(msg)


def _year_fits(numbers: tuple[int, int, int], order: str) -> bool:
    """Tell whether no number above 99, which is a year, stands elsewhere."""
    year = order.index("y")
    return all(number <= 99 or place == year for place, number in enumerate(numbers))
