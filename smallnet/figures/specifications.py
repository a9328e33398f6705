"""Every reading of one question side by side, and the same people twice."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from smallnet.errors import InputError
from smallnet.figures.style import COLOURS, make_axes
from smallnet.tables.words import Text

__all__ = ["plot_same_people", "plot_specifications"]

_WORDS = {
    "ratio": Text(en="rate ratio\nper doubling of size", zh="规模每翻倍的\n发言率之比"),
    "readings": Text(en="{n} readings, from the lowest", zh="{n} 种读法，由低到高"),
    "small": Text(en="messages a day in small groups", zh="在小群中每天的消息数"),
    "large": Text(en="messages a day in large groups", zh="在大群中每天的消息数"),
    "same": Text(en="as much in both", zh="两处一样多"),
    "one": Text(en="one person", zh="一个人"),
}
_WAYS = {  # of `size_rate_multiverse`; other names stand as they are
    "until": Text(en="time at risk", zh="风险时间"),
    "watch": Text(en="until the watch ends", zh="至观察结束"),
    "last message": Text(en="until the last message", zh="至最后一条消息"),
    "period": Text(en="same", zh="同一"),
    "1 days": Text(en="day", zh="天"),
    "7 days": Text(en="week", zh="周"),
    "30 days": Text(en="month", zh="月"),
    "whole watch": Text(en="whole watch", zh="整个观察期"),
    "outcome": Text(en="counted", zh="计量"),
    "messages": Text(en="messages", zh="消息"),
    "active_days": Text(en="days with a message", zh="有发言的天"),
    "weight": Text(en="weight", zh="权重"),
    "events": Text(en="by events", zh="按事件"),
    "memberships": Text(en="memberships alike", zh="成员关系等重"),
    "groups": Text(en="groups", zh="群"),
    "all": Text(en="all", zh="全部"),
    "without the liveliest": Text(en="without the liveliest", zh="去掉最热闹的"),
}
_UPPER = 0.5  # part of the height that the estimates have


def plot_specifications(
    multiverse: pd.DataFrame,
    forks: Sequence[str],
    ax: Axes | None = None,
    *,
    null: float = 1.0,
    value: Text | str | None = None,
    lang: str = "en",
) -> Axes:
    """Draw the estimates of all readings in order, and below them which way each fork was taken.

    Parameters
    ----------
    multiverse : DataFrame
        One row a reading: the forks, ``estimate, low, high`` (ratios); unknown ones are left out.
    forks : sequence of str
        Columns that say how a reading was made.
    ax : Axes, optional
        The room to draw in; its own axis is hidden and both panels stand inside.
    null : float
        Where nothing is claimed.
    value : Text or str, optional
        Label of the estimates.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    Axes
        ``ax``; the panels are its ``child_axes``. Filled: the interval does not hold ``null``.

    Raises
    ------
    InputError
        If no reading has an estimate above 0.
    """
    rows = multiverse[multiverse["estimate"] > 0].sort_values("estimate", kind="stable")
    if rows.empty:
        msg = f"none of {len(multiverse)} readings has an estimate above 0"
        raise InputError(msg)
    ways = [(fork, way) for fork in forks for way in pd.unique(multiverse[fork])]
    ax = make_axes(ax, 7.0, 2.6 + 0.22 * len(ways))
    ax.set_axis_off()
    upper = ax.inset_axes((0, 1 - _UPPER, 1, _UPPER))
    lower = ax.inset_axes((0, 0, 1, 1 - _UPPER - 0.03))
    x = np.arange(len(rows))
    decided = ((rows["low"] > null) | (rows["high"] < null)).to_numpy()
    upper.vlines(x, rows["low"], rows["high"], color=COLOURS["faint"], linewidth=1.6)
    upper.axhline(null, color=COLOURS["black"], linewidth=0.8, linestyle=":")
    for told, face in ((decided, COLOURS["blue"]), (~decided, "white")):
        upper.plot(
            x[told],
            rows["estimate"].to_numpy()[told],
            "o",
            markersize=4,
            markerfacecolor=face,
            markeredgecolor=COLOURS["blue"],
        )
    upper.set_yscale("log")
    upper.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    upper.yaxis.set_minor_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    upper.tick_params(axis="y", which="both", labelsize="x-small")
    upper.set_xticks([])
    label = value if value is not None else _WORDS["ratio"]
    upper.set_ylabel(label.get(lang) if isinstance(label, Text) else label)
    for y, (fork, way) in enumerate(ways):
        taken = (rows[fork] == way).to_numpy()
        colour = COLOURS["blue"] if forks.index(fork) % 2 else COLOURS["grey"]
        lower.plot(x[taken], np.full(taken.sum(), y), "|", color=colour, markersize=7)
    names = [f"{_name(fork, lang)}: {_name(way, lang)}" for fork, way in ways]
    lower.set_yticks(range(len(ways)), names, fontsize="x-small")
    lower.set_ylim(len(ways) - 0.4, -0.6)
    lower.set_xticks([])
    lower.set_xlabel(_WORDS["readings"].format(n=len(rows)).get(lang))
    for panel in (upper, lower):
        panel.set_xlim(-0.8, len(rows) - 0.2)
        panel.spines[["top", "right", "bottom"]].set_visible(False)
    lower.spines["left"].set_visible(False)
    lower.tick_params(length=0)
    return ax


def _name(word: str, lang: str) -> str:
    return _WAYS[word].get(lang) if word in _WAYS else word.replace("_", " ")


def plot_same_people(table: pd.DataFrame, ax: Axes | None = None, *, lang: str = "en") -> Axes:
    """Draw each person's rate in small groups against that in large ones, on log scales.

    Parameters
    ----------
    table : DataFrame
        One row a person: ``small, large``; a rate of 0 stands on the edge.
    ax : Axes, optional
        Where to draw; a new figure by default.
    lang : str
        ``en`` or ``zh``.
    """
    ax = make_axes(ax, 4.6, 4.2)
    small, large = (table[side].to_numpy(dtype=float) for side in ("small", "large"))
    both = np.concatenate([small, large])
    least = both[both > 0].min(initial=1.0) / 2
    low, high = least / 1.3, max(both.max(initial=1.0), 1.0) * 1.5
    ax.plot(
        [low, high],
        [low, high],
        color=COLOURS["grey"],
        linestyle="--",
        linewidth=1,
        label=_WORDS["same"].get(lang),
    )
    ax.scatter(
        np.maximum(large, least),
        np.maximum(small, least),
        s=24,
        color=COLOURS["blue"],
        alpha=0.75,
        linewidths=0,
        label=_WORDS["one"].get(lang),
    )
    for axis, setter in ((ax.xaxis, ax.set_xscale), (ax.yaxis, ax.set_yscale)):
        setter("log")
        axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        axis.set_minor_formatter(NullFormatter())
    ax.set_xlim(low, high)
    ax.set_ylim(low, high)
    ax.set_xlabel(_WORDS["large"].get(lang))
    ax.set_ylabel(_WORDS["small"].get(lang))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2, ncols=2)
    return ax
