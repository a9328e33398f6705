"""Estimates with their intervals, one under the other: what several figures of claims are."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from smallnet.hypotheses.methods.drawing import BLUE, GREY, axes, interval

__all__ = ["forest"]

Row = tuple[str, Mapping[str, Any], str, str]  # name, numbers, colour, marker
NICE = (1, 2, 5)
FEW = 3  # ticks that a log axis has at least


def forest(ax: Any, rows: Sequence[Row], *, null: float, log: bool = False) -> Any:
    """Draw estimates from top to bottom, with a dotted line at the null.

    Parameters
    ----------
    ax : Axes or None
        The room to draw in; one of its own where none is given.
    rows : sequence of (name, numbers, colour, marker)
        ``numbers`` holds ``estimate, ci_low, ci_high``; what is unknown is left out.
    null : float
        Where there is no effect.
    log : bool
        Whether the axis is logarithmic, as for ratios.

    Returns
    -------
    Axes
    """
    ax = axes(ax)
    ax.axvline(null, color=GREY, lw=1, ls=":")
    places = []
    for y, (_name, numbers, colour, marker) in enumerate(reversed(rows)):
        bounds = (numbers.get("ci_low"), numbers.get("ci_high"))
        estimate = numbers.get("estimate")
        interval(ax, y, estimate, bounds, colour=colour or BLUE, marker=marker)
        places += [value for value in (estimate, *bounds) if value is not None]
    ax.set_yticks(range(len(rows)), [row[0] for row in reversed(rows)])
    ax.set_ylim(-0.5, len(rows) - 0.5)
    places = [value for value in (*places, null) if not log or value > 0]
    if log and len(places) > 1:
        _log_axis(ax, min(places) / 1.15, max(places) * 1.15)
    return ax


def _log_axis(ax: Any, low: float, high: float) -> None:
    """Write round numbers on a logarithmic axis, more of them where it is short."""
    ax.set_xscale("log")
    ax.set_xlim(low, high)
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    ticks: list[float] = []
    for steps in (NICE, (*NICE, 3, 7), (*NICE, 3, 4, 6, 7, 8, 9, 1.2, 1.5)):
        ticks = sorted(float(p * s) for p in powers for s in steps if low <= p * s <= high)
        if len(ticks) >= FEW:
            break
    while len(ticks) > 2 * FEW:  # every other one, so that 1 stays
        ticks = ticks[ticks.index(1.0) % 2 if 1.0 in ticks else 0 :: 2]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
