"""The few marks that all figures of claims share. Looks come from the style that the caller set."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "ORANGE",
    "SKY",
    "VERMILLION",
    "axes",
    "curves",
    "interval",
    "nothing_to_draw",
    "rates_of_groups",
    "size_axis",
]

# Okabe and Ito, https://doi.org/10.1038/nmeth.1618
BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
VERMILLION, SKY, GREY = "#D55E00", "#56B4E9", "#777777"


def axes(ax: Any = None) -> Any:
    """Give ``ax``, or axes of a new figure."""
    if ax is not None:
        return ax
    from matplotlib import pyplot  # late: plotting is heavy, testing needs none of it

    return pyplot.subplots()[1]


def nothing_to_draw(ax: Any, why: str) -> Any:
    """Say in the middle of empty axes why they are empty; gives the axes."""
    ax.text(0.5, 0.5, why, transform=ax.transAxes, ha="center", va="center", color=GREY)
    return ax


def size_axis(ax: Any) -> None:
    """Make the horizontal axis one of group sizes: doublings are as long as each other."""
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter("{x:g}")


def rates_of_groups(
    ax: Any, figure: Mapping[str, Any], *, colour: str, largest: float, label: str | None = None
) -> None:
    """Scatter groups by size and rate, the rate on a log axis; the area tells the person-days.

    Parameters
    ----------
    ax : Axes
        Its horizontal axis is left as it is.
    figure : mapping
        ``size``, ``rate`` and ``person_days``, one number a group.
    colour : str
        Of the marks.
    largest : float
        Area of the largest mark, points squared.
    label : str, optional
        For the legend.
    """
    days = np.asarray(figure["person_days"], float)
    area = 7 + largest * np.sqrt(days / max(float(days.max()), 1e-9))
    ax.set_yscale("log")
    ax.scatter(
        figure["size"], figure["rate"], s=area, color=colour, alpha=0.4, edgecolor="none",
        label=label,
    )  # fmt: skip
    ax.yaxis.set_major_formatter("{x:g}")


def interval(
    ax: Any,
    y: float,
    estimate: float | None,
    bounds: Sequence[float | None],
    *,
    colour: str = BLUE,
    marker: str = "o",
    label: str | None = None,
) -> None:
    """Draw an estimate with its interval, lying at height ``y``; what is unknown is left out."""
    low, high = bounds
    if low is not None and high is not None:
        ax.plot([low, high], [y, y], color=colour, lw=2, solid_capstyle="butt", zorder=2)
    if estimate is not None:
        ax.plot(
            [estimate], [y], marker=marker, color=colour, ls="none", ms=7, label=label, zorder=3
        )


def curves(
    ax: Any, lines: Sequence[Mapping[str, Any]], names: Sequence[str], *, at_risk: str
) -> None:
    """Draw curves of survival by day as steps, with a table of who is at risk under the axis.

    Parameters
    ----------
    ax : Axes
        The room to draw in.
    lines : sequence of mapping
        ``survival`` and ``at_risk``, one number a day from day 0; a line without ``at_risk`` is
        a fitted one.
    names : sequence of str
        One for each line.
    at_risk : str
        What is counted in the table.
    """
    styles = ((BLUE, "-"), (ORANGE, "-."), (GREEN, "--"))
    days = max(len(line["survival"]) for line in lines)
    places = [round(days * share / 5) for share in range(5)]
    for row, (line, name) in enumerate(zip(lines, names, strict=True)):
        fitted = "at_risk" not in line
        colour, style = (BLUE, ":") if fitted else styles[row]
        many = np.asarray(line.get("at_risk", [1] * days))
        gone = np.flatnonzero(many == 0)  # with nobody left a curve says nothing
        known = [1.0, *line["survival"][:-1]][: int(gone[0]) + 1 if gone.size else None]
        ax.step(range(len(known)), known, where="post", color=colour, ls=style, lw=2, label=name)
        if fitted:
            continue
        look = {"textcoords": "offset points", "va": "top", "fontsize": "small", "color": colour}
        for place in places:
            if place < len(line["at_risk"]):
                xy, down = (place, 0), (0, -20 - 13 * row)
                where = ("data", "axes fraction")
                count = f"{line['at_risk'][place]:,}"
                ax.annotate(count, xy, xycoords=where, xytext=down, ha="center", **look)
    ax.annotate(
        at_risk,
        (0, 0),
        xycoords="axes fraction",
        xytext=(-20, -20),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize="small",
        color=GREY,
    )
    ax.set_xticks(places)
    ax.xaxis.labelpad = 32
    ax.set_xlim(0, days)
    ax.set_ylim(0, 1.02)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=len(lines), frameon=False)
