"""The few marks that all figures of claims share. Looks come from the style that the caller set."""

from collections.abc import Sequence
from typing import Any

__all__ = ["BLUE", "GREEN", "GREY", "ORANGE", "SKY", "VERMILLION", "axes", "interval"]

# Okabe and Ito, https://doi.org/10.1038/nmeth.1618
BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
VERMILLION, SKY, GREY = "#D55E00", "#56B4E9", "#777777"


def axes(ax: Any = None) -> Any:
    """Give ``ax``, or axes of a new figure."""
    if ax is not None:
        return ax
    from matplotlib import pyplot  # late: plotting is heavy, testing needs none of it

    return pyplot.subplots()[1]


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
