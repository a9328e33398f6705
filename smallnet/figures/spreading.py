"""How far something spread: the curve, the final sizes, reach by the size of the group."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from smallnet.figures.numbers import show_number
from smallnet.figures.sizes import log_size_ticks
from smallnet.figures.style import COLOURS, make_axes
from smallnet.tables.words import Text

__all__ = ["plot_final_sizes", "plot_reach_by_size", "plot_spread_curve"]

_WORDS = {
    "time": Text(en="time, {unit}", zh="时间（{unit}）"),
    "people": Text(en="people who have it then", zh="当时拥有者人数"),
    "band": Text(en="90 % of replicates", zh="90% 的模拟"),
    "mean": Text(en="mean of {n} replicates", zh="{n} 次模拟的均值"),
    "final": Text(en="people reached in the end, seeds counted", zh="最终到达人数（含种子）"),
    "replicates": Text(en="share of replicates", zh="模拟占比"),
    "one": Text(en="mean {mean}", zh="均值 {mean}"),
    "size": Text(en="group size n, members (log scale)", zh="群规模 n（人，对数刻度）"),
    "groups": Text(en="share of groups\nwith an adopter", zh="有人采用的群\n所占比例"),
    "members": Text(
        en="share of members\nreached, seeds left out", zh="到达的成员\n比例（不含种子）"
    ),
    "none": Text(en="no group has a member", zh="没有成员所在的群"),
}
_UNITS = {
    "steps": Text(en="steps", zh="步"),
    "days": Text(en="days", zh="天"),
    "units of time": Text(en="in units of the rates", zh="以速率的时间单位计"),
}


def plot_spread_curve(
    curve: pd.DataFrame,
    ax: Axes | None = None,
    *,
    replicates: int,
    unit: str = "steps",
    lang: str = "en",
) -> Axes:
    """Draw the mean number of adopters (or infected) over time, with its band.

    Parameters
    ----------
    curve : DataFrame
        ``time, mean, low, high``, as ``Spread.curve`` gives; its last row is the end, however late,
        and is not drawn.
    ax : Axes, optional
        Where to draw; a new figure by default.
    replicates : int
        How many the mean is of.
    unit : str
        Unit of time.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    Axes
        Cut where nothing changes any more.
    """
    ax = make_axes(ax, 7.0, 3.8)
    moving = np.flatnonzero(np.diff(curve["high"]) != 0)
    end = min(len(curve) - 1, int(moving[-1]) + 3 if moving.size else 3)
    shown = curve.iloc[:end]
    band, mean = _WORDS["band"].get(lang), _WORDS["mean"].format(n=f"{replicates:,}").get(lang)
    ax.fill_between(
        shown["time"], shown["low"], shown["high"], color=COLOURS["sky"], alpha=0.35, label=band
    )
    ax.plot(shown["time"], shown["mean"], color=COLOURS["blue"], label=mean)
    words = _UNITS[unit].get(lang) if unit in _UNITS else unit
    ax.set_xlabel(_WORDS["time"].format(unit=words).get(lang))
    ax.set_ylabel(_WORDS["people"].get(lang))
    ax.set_ylim(bottom=0)
    ax.set_xlim(0, max(float(shown["time"].iloc[-1]), 1.0))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2, ncols=2)
    return ax


def plot_final_sizes(
    sizes: Sequence[int] | Any, ax: Axes | None = None, *, lang: str = "en"
) -> Axes:
    """Draw the distribution of the final size over replicates.

    Parameters
    ----------
    sizes : sequence of int, shape (replicates,)
        Ever adopters, seeds counted.
    ax : Axes, optional
        Where to draw; a new figure by default.
    lang : str
        ``en`` or ``zh``.
    """
    ax = make_axes(ax, 7.0, 3.8)
    values = np.asarray(sizes, dtype=float)
    low, high = values.min(), values.max()
    width = max(1.0, np.ceil((high - low + 1) / 40))
    bins = np.arange(low - 0.5, high + width + 0.5, width).tolist()
    look: dict[str, Any] = {"color": COLOURS["sky"], "edgecolor": "white", "linewidth": 0.5}
    share = np.full(len(values), 1 / len(values))
    ax.hist(values, bins=bins, weights=share, **look)
    if high - low < 6:  # so that few whole numbers are no broad blocks between broken ticks
        ax.set_xlim(max(low - 4, -0.5), high + 4)
    mean = _WORDS["one"].format(mean=show_number(values.mean())).get(lang)
    ax.axvline(values.mean(), color=COLOURS["blue"], label=mean)
    ax.set_xlabel(_WORDS["final"].get(lang))
    ax.set_ylabel(_WORDS["replicates"].get(lang))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2)
    return ax


def plot_reach_by_size(
    reach: pd.DataFrame, ax: Axes | None = None, *, what: str = "members", lang: str = "en"
) -> Axes:
    """Draw the share of a group's members, or of groups, that were reached against group size.

    Parameters
    ----------
    reach : DataFrame
        One row a class of sizes: ``size`` (its mean), ``members, low, high`` (share of members
        reached, seeds left out, with its interval over replicates), ``groups`` (share of groups
        with an adopter).
    ax : Axes, optional
        Where to draw; a new figure by default.
    what : {"members", "groups"}
        Which share.
    lang : str
        ``en`` or ``zh``.
    """
    ax = make_axes(ax, 7.0, 3.8)
    ax.set_xlabel(_WORDS["size"].get(lang))
    ax.set_ylabel(_WORDS[what].get(lang))
    if reach.empty:
        ax.set_ylim(0, 1.04)
        ax.text(0.5, 0.5, _WORDS["none"].get(lang), transform=ax.transAxes, ha="center")
        return ax
    if what == "members":
        error = [reach["members"] - reach["low"], reach["high"] - reach["members"]]
        ax.errorbar(
            reach["size"], reach["members"], yerr=error, fmt="o-", color=COLOURS["blue"], capsize=2
        )
        top = float(np.nanmax(reach[["members", "high"]].to_numpy()))
    else:
        ax.plot(reach["size"], reach["groups"], "s--", color="#B84A00")
        top = float(reach["groups"].max())
    ax.set_ylim(0, 1.08 * top if top > 0 else 1.0)
    ax.set_xscale("log")
    low, high = reach["size"].min() / 1.3, reach["size"].max() * 1.3
    ax.set_xlim(low, high)
    log_size_ticks(ax, low, high)
    return ax
