"""Any number a group against the group's size: one point a group."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from smallnet.errors import InputError
from smallnet.figures.sizes import log_size_ticks
from smallnet.figures.style import COLOURS, make_axes
from smallnet.tables.words import Text

__all__ = ["plot_against_size"]

_SIZE = Text(en="group size n, members (log scale)", zh="群规模 n（人，对数刻度）")
_SMALL = Text(en="small: fewer than {n}", zh="小群：少于 {n} 人")
_WIDTH = 75  # letters of three labels that fit side by side
_POINTS = "one point a group"
_LOOKS = (("blue", "o"), ("vermillion", "s"), ("green", "^"), ("purple", "D"), ("grey", "v"))


def plot_against_size(
    sizes: Any,
    values: Any,
    ax: Axes | None = None,
    *,
    label: Text | str = "",
    value: Text | str = "",
    size: Text | str | None = None,
    low: Any = None,
    high: Any = None,
    small_group: int | None = None,
    log: bool = False,
    lang: str = "en",
) -> Axes:
    """Draw one point a group; called again on the same axes, another series with its own look.

    Parameters
    ----------
    sizes, values : array_like of float, shape (groups,)
        Members of each group, and the number to hold against it; unknown ones are left out.
    ax : Axes, optional
        Where to draw; a new figure by default.
    label : Text or str
        Name of the series in the legend; say its correlation here.
    value, size : Text or str
        Labels of the axes; ``size`` where it counts something else than members.
    low, high : array_like of float, shape (groups,), optional
        Intervals.
    small_group : int, optional
        "Small" is fewer than this: a dotted line.
    log : bool
        Whether values are on a log scale; those of 0 stand on the lower edge.
    lang : str
        ``en`` or ``zh``.

    Raises
    ------
    InputError
        If sizes and values are of unlike length.
    """
    ax = make_axes(ax, 7.0, 3.8)
    n, y = np.asarray(sizes, dtype=float), np.asarray(values, dtype=float)
    if n.shape != y.shape or n.ndim != 1:
        msg = f"sizes have shape {n.shape} and values {y.shape}, expected one value a group"
        raise InputError(msg)
    known = np.isfinite(n) & np.isfinite(y) & (n >= 1)
    n, y = n[known], y[known]
    if log and (y > 0).any():
        y = np.where(y > 0, y, y[y > 0].min() / 2)
    series = sum(artist.get_gid() == _POINTS for artist in ax.get_children())
    colour, marker = _LOOKS[series % len(_LOOKS)]
    look: dict[str, Any] = {"color": COLOURS[colour], "label": _get(label, lang)}
    if low is None or high is None:
        look |= {"marker": marker, "s": 26, "alpha": 0.75, "linewidths": 0}
        ax.scatter(n, y, gid=_POINTS, **look)
    else:
        around = [
            np.clip(y - np.asarray(low, dtype=float)[known], 0, None),
            np.clip(np.asarray(high, dtype=float)[known] - y, 0, None),
        ]
        bars = ax.errorbar(n, y, around, fmt=marker, ms=4.5, lw=0.8, alpha=0.75, **look)
        bars.lines[0].set_gid(_POINTS)
    _scale(ax, n, log=log, first=series == 0)
    if small_group is not None:
        words = _SMALL.format(n=small_group).get(lang)
        ax.axvline(small_group, color="#4d4d4d", linewidth=1.2, linestyle=":", label=words)
    ax.set_xlabel(_get(size if size is not None else _SIZE, lang))
    ax.set_ylabel(_get(value, lang))
    labels = ax.get_legend_handles_labels()[1]
    if labels:
        columns = 3 if sum(map(len, labels)) < _WIDTH else 2
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2, ncols=columns)
    return ax


def _scale(ax: Axes, n: np.ndarray, *, log: bool, first: bool) -> None:
    """Take the new points into the axes, and give sizes whole, readable numbers."""
    ax.set_xscale("log")
    ends = (n.min() / 1.25, n.max() * 1.25) if n.size else (1.0, 100.0)
    low, high = ends if first else (min(ends[0], ax.get_xlim()[0]), max(ends[1], ax.get_xlim()[1]))
    ax.set_xlim(low, high)
    log_size_ticks(ax, low, high)
    if log:
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        ax.yaxis.set_minor_formatter(NullFormatter())


def _get(words: Text | str, lang: str) -> str:
    return words.get(lang) if isinstance(words, Text) else words
