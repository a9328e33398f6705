"""The distribution of group size, as groups see it and as people see it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from smallnet.figures.numbers import show_number
from smallnet.figures.style import COLOURS, make_axes
from smallnet.tables.words import Text

__all__ = ["log_size_ticks", "plot_sizes"]

_WORDS = {
    "x": Text(en="group size n, members (log scale)", zh="群规模 n（人，对数刻度）"),
    "y": Text(en="share with at most n members", zh="规模不超过 n 的比例"),
    "groups": Text(en="of groups, mean size {mean}", zh="按群计，平均 {mean} 人"),
    "people": Text(
        en="of memberships, mean size {mean}",
        zh="按成员关系计，平均 {mean} 人",
    ),
    "small": Text(
        en="fewer than {n}: {groups} of groups, {people} of memberships",
        zh="少于 {n} 人：占群的 {groups}，占成员关系的 {people}",
    ),
    "none": Text(en="no group has a known size", zh="没有规模已知的群"),
}


def log_size_ticks(ax: Axes, low: float, high: float, axis: str = "x") -> None:
    """Put whole, readable numbers on a log axis of sizes."""
    steps = [base * 10**power for power in range(7) for base in (1, 3)]
    few = [step for step in steps if low <= step <= high]
    for bases in ((1, 2, 3, 5, 7), (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8)):
        if len(few) < 3:
            finer = [base * 10**power for power in range(7) for base in bases]
            few = [step for step in finer if low <= step <= high and step == int(step)]
    which = ax.xaxis if axis == "x" else ax.yaxis
    which.set_ticks(few)
    which.set_minor_locator(NullLocator())
    which.set_minor_formatter(NullFormatter())
    which.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,g}"))


def _steps(sizes: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values, where = np.unique(sizes, return_inverse=True)
    shares = np.cumsum(np.bincount(where, weights=weights)) / weights.sum()
    return np.r_[values[0], values, values[-1] * 1.15], np.r_[0.0, shares, 1.0]


def plot_sizes(
    sizes: Sequence[float] | Any,
    ax: Axes | None = None,
    *,
    small_group: int = 30,
    lang: str = "en",
) -> Axes:
    """Draw the cumulative share of groups, and of memberships, by group size.

    Parameters
    ----------
    sizes : sequence of float, shape (groups,)
        Members of each group; unknown (nan) and empty groups are left out.
    ax : Axes, optional
        Where to draw; a new figure by default.
    small_group : int
        "Small" is fewer than this: the dashed line.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    Axes
        Blue, solid: every group counts once. Vermillion, dashed: every membership counts once,
        which is what a person meets: half 10s and half 200s have mean 105, but 191 is met.
    """
    ax = make_axes(ax, 7.0, 3.8)
    n = np.asarray(sizes, dtype=float)
    n = n[np.isfinite(n) & (n >= 1)]
    ax.set_xlabel(_WORDS["x"].get(lang))
    ax.set_ylabel(_WORDS["y"].get(lang))
    ax.set_ylim(0, 1.04)
    if n.size == 0:
        ax.text(0.5, 0.5, _WORDS["none"].get(lang), transform=ax.transAxes, ha="center")
        return ax
    ax.set_xscale("log")
    means = {"groups": n.mean(), "people": (n**2).sum() / n.sum()}
    looks = (("groups", np.ones_like(n), COLOURS["blue"], "-"), ("people", n, "#B84A00", "--"))
    for name, weights, colour, line in looks:
        x, y = _steps(n, weights)
        label = _WORDS[name].format(mean=show_number(means[name])).get(lang)
        ax.step(x, y, where="post", color=colour, linestyle=line, label=label)
    small = n < small_group
    low, high = max(0.8, n.min() / 1.15), max(n.max(), small_group) * 1.2
    ax.set_xlim(low, high)
    log_size_ticks(ax, low, high)
    words = _WORDS["small"].format(
        n=small_group, groups=f"{small.mean():.0%}", people=f"{n[small].sum() / n.sum():.0%}"
    )
    ax.axvline(small_group, color="#4d4d4d", linewidth=1.4, linestyle=":", label=words.get(lang))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2)
    return ax
