"""How long things last: one curve a kind, with its interval."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter, PercentFormatter

from smallnet.errors import InputError
from smallnet.figures.style import COLOURS, make_axes
from smallnet.tables.words import Text

__all__ = ["plot_survival"]

_TIME = Text(en="days since the beginning", zh="开始后的天数")
_SHARE = Text(en="share still alive", zh="仍存活的比例")
_LOOKS = (("blue", "-"), ("vermillion", "--"), ("green", "-."), ("purple", ":"), ("black", "-"))


def plot_survival(
    curves: Mapping[str, pd.DataFrame],
    ax: Axes | None = None,
    *,
    since: float = 0.0,
    log: bool = False,
    share: Text | str | None = None,
    time: Text | str | None = None,
    lang: str = "en",
) -> Axes:
    """Draw curves of survival as steps, each with its band.

    Parameters
    ----------
    curves : mapping of str to DataFrame
        Name of the kind to its table of ``kaplan_meier``; at most five.
    ax : Axes, optional
        Where to draw; a new figure by default.
    since : float
        Where watching begins (a landmark): all curves start there at 1.
    log : bool
        Whether time is on a log scale; ``since`` must then be above 0.
    share, time : Text or str, optional
        Labels of the axes.
    lang : str
        ``en`` or ``zh``.

    Raises
    ------
    InputError
        For more than five curves, or a log scale from 0.
    """
    if len(curves) > len(_LOOKS) or (log and not since > 0):
        msg = f"{len(curves)} curves from {since}, expected at most 5, and a log scale from above 0"
        raise InputError(msg)
    ax = make_axes(ax, 7.0, 3.8)
    last = since
    for (name, table), (colour, line) in zip(curves.items(), _LOOKS, strict=False):
        x = np.concatenate([[since], table["time"].to_numpy(float)])
        shown = {
            column: np.concatenate([[1.0], table[column].to_numpy(float)])
            for column in ("survival", "low", "high")
        }
        ax.fill_between(
            x, shown["low"], shown["high"], step="post", color=COLOURS[colour], alpha=0.12, lw=0
        )
        ax.step(
            x, shown["survival"], where="post", color=COLOURS[colour], linestyle=line, label=name
        )
        last = max(last, float(x[-1]))
    if log:
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlim(since, last if last > since else since + 1)
    ax.set_ylim(0, 1.02)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    for words, default, put in ((time, _TIME, ax.set_xlabel), (share, _SHARE, ax.set_ylabel)):
        label = default if words is None else words
        put(label.get(lang) if isinstance(label, Text) else label)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2, ncols=3)
    return ax
