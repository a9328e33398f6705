"""Walls between groups: whom each group meets, and at what time of day."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from smallnet.errors import InputError
from smallnet.figures.style import COLOURS, make_axes, printable
from smallnet.tables.words import Text

__all__ = ["plot_inside_by_time", "plot_mixing"]

_WORDS = {
    "row": Text(en="people of group", zh="群的成员"),
    "column": Text(en="spend their contact with group", zh="与哪个群的人接触"),
    "time": Text(en="time of day, hours UTC", zh="一天中的时间（小时，UTC）"),
    "share": Text(en="share of contact inside a group", zh="群内接触的比例"),
    "acts": Text(en="contact (area: how much)", zh="接触（面积表示多少）"),
    "null": Text(en="all pairs: {share}", zh="所有成员对：{share}"),
}
_MOST_NAMED, _MOST_NUMBERED = 30, 14


def plot_mixing(mixing: pd.DataFrame, ax: Axes | None = None, *, lang: str = "en") -> Axes:
    """Draw whom the people of each group meet, each row as shares of its sum.

    Parameters
    ----------
    mixing : DataFrame, shape (groups, groups)
        Of ``group_mixing``.
    ax : Axes, optional
        Where to draw; a new figure by default.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    Axes
        Dark is much, on a square-root scale, so that what leaves the diagonal is seen. Numbers
        stand in the cells where there are few groups and they are a percent or more.

    Raises
    ------
    InputError
        If the table is not square.
    """
    if mixing.shape[0] != mixing.shape[1] or mixing.empty:
        msg = f"mixing is {mixing.shape[0]} x {mixing.shape[1]}, expected a row and column a group"
        raise InputError(msg)
    ax = make_axes(ax, 5.6, 4.6)
    values = mixing.to_numpy(dtype=float)
    sums = values.sum(axis=1, keepdims=True)
    share = np.divide(values, sums, out=np.zeros_like(values), where=sums > 0)
    ax.imshow(np.sqrt(share), cmap="Blues", vmin=0, vmax=1, aspect="equal")
    n = len(mixing)
    if n <= _MOST_NAMED:
        ax.set_xticks(range(n), [printable(name, 12) for name in mixing.columns], rotation=90)
        ax.set_yticks(range(n), [printable(name, 12) for name in mixing.index])
    if n <= _MOST_NUMBERED:
        for row, column in zip(*np.nonzero(share >= 0.005), strict=True):
            part = float(share[row, column])
            ax.text(
                float(column),
                float(row),
                f"{part:.0%}",
                ha="center",
                va="center",
                fontsize="x-small",
                color="white" if part > 0.3 else "black",
            )
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_ylabel(_WORDS["row"].get(lang))
    ax.set_xlabel(_WORDS["column"].get(lang))
    return ax


def plot_inside_by_time(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    all_pairs: float | None = None,
    lang: str = "en",
) -> Axes:
    """Draw the share of contact inside groups over the day.

    Parameters
    ----------
    table : DataFrame
        Of ``inside_by_time``.
    ax : Axes, optional
        Where to draw; a new figure by default.
    all_pairs : float, optional
        Share of all pairs that share a group: what would be inside if nobody chose or was put.
    lang : str
        ``en`` or ``zh``.
    """
    ax = make_axes(ax, 7.0, 3.6)
    area = 90 * table["acts"] / max(float(table["acts"].max()), 1.0)
    ax.plot(table["hour"], table["share"], color=COLOURS["faint"], linewidth=1, zorder=1)
    words = _WORDS["acts"].get(lang)
    ax.scatter(
        table["hour"], table["share"], s=area, color=COLOURS["blue"], linewidths=0, label=words
    )
    if all_pairs is not None:
        ax.axhline(
            all_pairs,
            color=COLOURS["vermillion"],
            linestyle="--",
            linewidth=1.4,
            label=_WORDS["null"].format(share=f"{all_pairs:.0%}").get(lang),
        )
    ax.set_ylim(0, 1.04)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_xlabel(_WORDS["time"].get(lang))
    ax.set_ylabel(_WORDS["share"].get(lang))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2, ncols=2)
    return ax
