"""Numbers as a reader sees them: few digits, a real minus, a dash for the unknown."""

import math
from typing import Any

__all__ = ["known", "show_interval", "show_number", "show_p"]


def known(value: Any) -> float | None:
    """Give a finite number as float; anything else is unknown, None."""
    if value is None or isinstance(value, bool | str):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def show_number(value: Any, digits: int = 3) -> str:
    """Write a number with ``digits`` significant digits, whole ones with thousands apart.

    Examples
    --------
    >>> show_number(0.81649), show_number(-12345.6), show_number(None), show_number(float("nan"))
    ('0.816', '−12,346', '–', '–')
    """
    number = known(value)
    if number is None:
        return "–"
    if number == 0:
        return "0"
    size = abs(number)
    if size >= 1e15 or size < 1e-6:
        words = f"{number:.2e}"
    elif size >= 10 ** (digits - 1) or (number.is_integer() and size < 1e15):
        words = f"{number:,.0f}"
    else:
        words = f"{number:.{max(0, digits - 1 - math.floor(math.log10(size)))}f}"
    return words.replace("-", "−")


def show_interval(low: Any, high: Any, digits: int = 3) -> str:
    """Write an interval, an open end as a dash; empty if both ends are unknown.

    Examples
    --------
    >>> show_interval(0.5612, 1.22)
    '[0.561, 1.22]'
    """
    if known(low) is None and known(high) is None:
        return ""
    return f"[{show_number(low, digits)}, {show_number(high, digits)}]"


def show_p(value: Any) -> str:
    """Write a p-value with three decimals at most.

    Examples
    --------
    >>> show_p(0.00001), show_p(0.0431), show_p(None)
    ('< 0.001', '0.043', '–')
    """
    number = known(value)
    if number is None:
        return "–"
    return "< 0.001" if number < 0.001 else f"{number:.3f}"
