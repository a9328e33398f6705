"""Strong ties lie in dense surroundings: overlap against strength."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from smallnet.figures.numbers import show_number
from smallnet.figures.style import COLOURS, make_axes
from smallnet.tables.words import Text

__all__ = ["plot_overlap"]

_WORDS = {
    "x": Text(en="share of ties that are weaker", zh="更弱的联系所占比例"),
    "y": Text(en="share of friends in common", zh="共同好友的比例（重叠度）"),
    "mean": Text(en="mean of a class of ties", zh="每组联系的均值"),
    "band": Text(en="middle half of them", zh="中间一半"),
}


def plot_overlap(table: pd.DataFrame, ax: Axes | None = None, *, lang: str = "en") -> Axes:
    """Draw mean overlap from the weakest to the strongest ties, with the middle half of each class.

    Parameters
    ----------
    table : DataFrame
        Of ``overlap_by_strength``.
    ax : Axes, optional
        Where to draw; a new figure by default.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    Axes
        Beside each point stands the median strength of its class.
    """
    ax = make_axes(ax, 7.0, 3.6)
    ax.fill_between(
        table["weaker"],
        table["low"],
        table["high"],
        color=COLOURS["sky"],
        alpha=0.35,
        linewidth=0,
        label=_WORDS["band"].get(lang),
    )
    ax.plot(
        table["weaker"],
        table["overlap"],
        "o-",
        color=COLOURS["blue"],
        label=_WORDS["mean"].get(lang),
    )
    for x, y, strength in zip(table["weaker"], table["overlap"], table["strength"], strict=True):
        ax.annotate(
            show_number(strength),
            (x, y),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            fontsize="x-small",
        )
    ax.set_xlim(0, 1)
    ax.set_ylim(bottom=0)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_xlabel(_WORDS["x"].get(lang))
    ax.set_ylabel(_WORDS["y"].get(lang))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2, ncols=2)
    return ax
