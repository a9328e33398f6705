"""Every group as one point: how large it is, how lively, and what its scorecard says."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from smallnet.figures.sizes import log_size_ticks
from smallnet.figures.style import make_axes
from smallnet.measures.wording import ACTS
from smallnet.tables.words import Text

__all__ = ["CRITERIA", "SIZES", "count_criteria", "group_sizes", "plot_group_map"]

SIZES = ("size", "size_end", "size_mean")
"""Columns that tell a group's members, first choice first."""

CRITERIA = ("small", "acquainted", "trusting", "interactive")
"""The four criteria of the essay, columns of the scorecard."""

# dark to light on one hue line, readable in grey too; the shape repeats the class
_LOOKS = (
    ("low", "#D9D9D9", "s", Text(en="0–1 criteria met", zh="满足 0–1 项标准")),
    ("middle", "#E69F00", "^", Text(en="2 criteria met", zh="满足 2 项标准")),
    ("high", "#009E73", "o", Text(en="3–4 criteria met", zh="满足 3–4 项标准")),
    ("unknown", "#FFFFFF", "D", Text(en="no scorecard", zh="没有评分")),
)
_WORDS = {
    "x": Text(en="group size, members (log scale)", zh="群规模（人，对数刻度）"),
    "y": Text(
        en="{acts} per member and day (log scale)",
        zh="每人每天{acts}数（对数刻度）",
    ),
    "silent": Text(en="silent", zh="无{acts}"),
    "small": Text(en="under {n}", zh="少于 {n} 人"),
    "slope": Text(
        en="same total, divided by more heads",
        zh="总量相同，由更多人平分",
    ),
    "none": Text(
        en="no group with a known size and activity",
        zh="没有规模与活跃度都已知的群",
    ),
}
_MANY = 2000  # points beyond which they are drawn as pixels, not as shapes


def _classes(score: np.ndarray) -> np.ndarray:
    names = np.select([score >= 3, score >= 2, score >= 0], ["high", "middle", "low"], "unknown")
    return np.asarray(names)


def plot_group_map(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    size: str | None = None,
    liveliness: str = "messages_per_member_day",
    score: str = "criteria_met",
    small_group: int = 30,
    acts: str = "messages",
    lang: str = "en",
) -> Axes:
    """Draw size against liveliness, coloured by the scorecard.

    Parameters
    ----------
    table : DataFrame
        One row a group.
    ax : Axes, optional
        Where to draw; a new figure by default.
    size, liveliness, score : str
        Columns: members, by default the first of `SIZES` that is there; messages per member and
        day; how many of the four criteria are met. Where ``score`` is absent it is counted from
        the scorecard's columns (`count_criteria`); groups without one are drawn hollow.
    small_group : int
        "Small" is fewer than this: the dotted line.
    acts : str
        What is counted, one of the words of ``ACTS``.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    Axes
        Silent groups stand on a strip of their own under the log axis. The grey line falls as
        1 / size: along it the group's total is the same, which is why "small groups are livelier
        per head" says nothing by itself.
    """
    ax = make_axes(ax, 7.0, 4.8)
    ax.set_xlabel(_WORDS["x"].get(lang))
    counted = ACTS[acts].get(lang)
    ax.set_ylabel(_WORDS["y"].get(lang).format(acts=counted))
    x = group_sizes(table) if size is None else _column(table, size)
    y = _column(table, liveliness)
    usable = np.isfinite(x) & (x >= 1) & np.isfinite(y) & (y >= 0)
    if not usable.any():
        ax.set_xticks([])
        ax.set_yticks([])
        ax.text(0.5, 0.5, _WORDS["none"].get(lang), transform=ax.transAxes, ha="center")
        return ax
    x, y, kind = x[usable], y[usable], _classes(count_criteria(table, score)[usable])
    ax.set_xscale("log")
    ax.set_yscale("log")
    active = y > 0
    floor, top = (y[active].min() / 2, y[active].max() * 2) if active.any() else (0.1, 1.0)
    strip = floor / (top / floor) ** 0.07
    drawn = np.where(active, y, strip)
    for name, colour, marker, words in _LOOKS:
        mine = kind == name
        if mine.any():
            ax.scatter(
                x[mine],
                drawn[mine],
                s=34 if mine.size < 400 else 16,
                c=colour,
                marker=marker,
                edgecolors="#333333",
                linewidths=0.7,
                alpha=0.9,
                label=f"{words.get(lang)} ({mine.sum():,})",
                rasterized=mine.size > _MANY,
                zorder=3,
            )
    low, high = max(0.8, x.min() / 1.2), max(x.max() * 1.2, small_group * 1.2)
    bottom = strip / (top / floor) ** 0.05 if (~active).any() else floor
    ax.set_xlim(low, high)
    ax.set_ylim(bottom, top)
    silent = _WORDS["silent"].get(lang).format(acts=counted)
    _dress(ax, (low, high), (floor, top), strip if (~active).any() else None, silent)
    _guides(ax, x, y, (low, high), small_group, lang)
    ax.legend(
        loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0.2, columnspacing=1.2
    )
    return ax


def group_sizes(table: pd.DataFrame) -> np.ndarray:
    """Give the members of each group, from the first column of `SIZES`; ``nan`` if unknown."""
    name = next((name for name in SIZES if name in table.columns), SIZES[0])
    return _column(table, name)


def count_criteria(table: pd.DataFrame, score: str = "criteria_met") -> np.ndarray:
    """Count the criteria that each group meets.

    Parameters
    ----------
    table : DataFrame
        One row a group, with the column ``score``, or with those of `CRITERIA`: true, false or
        unknown.

    Returns
    -------
    ndarray, shape (groups,)
        0 to 4; ``nan`` where none of the four is known.
    """
    if score in table.columns:
        return _column(table, score)
    known = [name for name in CRITERIA if name in table.columns]
    if not known:
        return np.full(len(table), np.nan)
    words = {"true": 1.0, "1": 1.0, "1.0": 1.0, "false": 0.0, "0": 0.0, "0.0": 0.0}
    met = pd.DataFrame({c: table[c].astype(str).str.lower().map(words) for c in known})
    return np.asarray(met.sum(axis=1, min_count=1), dtype=float)


def _column(table: pd.DataFrame, name: str) -> np.ndarray:
    if name not in table.columns:
        return np.full(len(table), np.nan)
    numbers: Any = pd.to_numeric(table[name], errors="coerce")
    return np.asarray(numbers, dtype=float)


def _dress(
    ax: Axes,
    xs: tuple[float, float],
    ys: tuple[float, float],
    strip: float | None,
    silent: str,
) -> None:
    log_size_ticks(ax, *xs)
    steps = [10.0**power for power in range(-7, 5)]
    ticks = [step for step in steps if ys[0] <= step <= ys[1]]
    if len(ticks) < 3:
        finer = [base * step for step in steps for base in (1, 2, 5)]
        ticks = [step for step in finer if ys[0] <= step <= ys[1]]
    names = {tick: f"{tick:g}" for tick in ticks}
    if strip is not None:
        ticks = [strip, *ticks]
        names[strip] = silent
        ax.axhspan(0, ys[0], color="#f3f3f3", zorder=0)
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_yticks(ticks)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: names.get(value, "")))
    ax.grid(axis="both", alpha=0.6)


def _guides(
    ax: Axes,
    x: np.ndarray,
    y: np.ndarray,
    xs: tuple[float, float],
    small_group: int,
    lang: str,
) -> None:
    """Draw the line of "small" and the line along which the group's total stays the same."""
    ax.axvline(small_group, color="#4d4d4d", linewidth=1, linestyle=":", zorder=1)
    ax.annotate(
        _WORDS["small"].format(n=small_group).get(lang),
        (small_group, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-4, -3),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=8.5,
        color="#4d4d4d",
    )
    if (y > 0).any():
        total = float(np.exp(np.median(np.log(x[y > 0] * y[y > 0]))))
        ends = np.array(xs)
        label = _WORDS["slope"].get(lang)
        ax.plot(ends, total / ends, color="#8c8c8c", linewidth=1.2, zorder=1, label=label)
