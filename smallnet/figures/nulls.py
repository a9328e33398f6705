"""What was seen, beside what chance gives: a statistic and its draws under a null."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from smallnet.figures.numbers import show_number
from smallnet.figures.style import COLOURS, make_axes
from smallnet.tables.words import Text

__all__ = ["plot_null"]

_WORDS = {
    "null": Text(en="{n} draws of the null, mean {mean}", zh="零模型抽样 {n} 次，均值 {mean}"),
    "seen": Text(en="observed, {seen}", zh="观察值 {seen}"),
    "y": Text(en="share of draws", zh="抽样占比"),
}
_BINS = 25


def plot_null(
    drawn: Any,
    seen: float,
    ax: Axes | None = None,
    *,
    statistic: Text | str = "",
    without: float | None = None,
    lang: str = "en",
) -> Axes:
    """Draw the distribution of a statistic under a null, and where the observed one lies.

    Parameters
    ----------
    drawn : array_like of float, shape (draws,)
        The statistic where the null holds.
    seen : float
        The observed one.
    ax : Axes, optional
        Where to draw; a new figure by default.
    statistic : Text or str
        What it is: the label of the axis.
    without : float, optional
        The value that a reader without a null would compare with (0 for a coefficient): a dotted
        line.
    lang : str
        ``en`` or ``zh``.
    """
    ax = make_axes(ax, 7.0, 3.4)
    values = np.asarray(drawn, dtype=float)
    share = np.full(values.size, 1 / max(values.size, 1))
    label = _WORDS["null"].format(n=f"{values.size:,}", mean=show_number(values.mean(), 2))
    ax.hist(
        values,
        bins=min(_BINS, max(5, values.size // 8)),
        weights=share,
        color=COLOURS["faint"],
        edgecolor="white",
        linewidth=0.5,
        label=label.get(lang),
    )
    ax.axvline(
        seen,
        color=COLOURS["blue"],
        label=_WORDS["seen"].format(seen=show_number(seen, 2)).get(lang),
    )
    if without is not None:
        ax.axvline(without, color=COLOURS["grey"], linestyle=":", linewidth=1.2)
    ax.set_xlabel(statistic.get(lang) if isinstance(statistic, Text) else statistic)
    ax.set_ylabel(_WORDS["y"].get(lang))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2, ncols=2)
    return ax
