"""What the tests are worth: false alarms, coverage and power of every claim, in one picture."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from smallnet.figures.numbers import known
from smallnet.figures.style import COLOURS, make_axes
from smallnet.tables.words import Text

__all__ = ["plot_calibration"]

_PANELS = (
    ("null", "rate", Text("False alarms", "误报率"), COLOURS["vermillion"], "o"),
    ("any", "coverage", Text("Coverage of the interval", "区间覆盖率"), COLOURS["blue"], "D"),
    ("effect", "rate", Text("Power", "功效"), COLOURS["green"], "s"),
)
_LIMITS = {"null": (-0.02, 0.36), "any": (0.56, 1.02), "effect": (-0.03, 1.03)}
_ROW = 0.17  # inches a claim


def plot_calibration(
    rows: Sequence[Mapping[str, Any]], ax: Axes | None = None, *, lang: str = "en"
) -> Axes:
    """Draw false alarms, coverage and power of each claim's test, with their intervals.

    Parameters
    ----------
    rows : sequence of mapping
        As `smallnet.hypotheses.calibrated.shipped_table` gives them: one a setting. Of each claim
        the first row without an effect and the first with one are drawn.
    ax : Axes, optional
        The room to draw in; its own axis is hidden. By default a new figure.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    Axes
        ``ax``; its ``child_axes`` are the three panels. The line is what was promised; of power
        nothing was.
    """
    first: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in rows:
        first.setdefault((row["claim"], row["kind"]), row)
    claims = sorted({claim for claim, _ in first}, key=lambda name: ("STB".index(name[0]), name))
    ax = make_axes(ax, 7.2, 0.9 + _ROW * len(claims))
    ax.set_axis_off()
    for number, (kind, name, heading, colour, marker) in enumerate(_PANELS):
        panel = ax.inset_axes((0.06 + 0.32 * number, 0.04, 0.285, 0.9))
        limits = _LIMITS[kind]
        for y, claim in enumerate(claims):
            drawn = first.get((claim, "null" if kind == "any" else kind))
            if drawn is not None:
                interval = [known(drawn[f"{name}{end}"]) for end in ("", "_low", "_high")]
                _draw(panel, interval, y, colour, marker)
        alpha = first[claims[0], "null"]["alpha"] if (claims[0], "null") in first else 0.05
        promised = {"null": alpha, "any": 1 - alpha}.get(kind)
        if promised is not None:
            panel.axvline(promised, color="#1a1a1a", linewidth=1.0, zorder=1)
        panel.set_xlim(*limits)
        panel.set_ylim(len(claims) - 0.4, -0.6)
        panel.set_yticks(range(len(claims)), claims if number == 0 else [])
        panel.tick_params(axis="y", length=0, labelsize=8)
        panel.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        panel.grid(axis="x")
        panel.set_title(heading.get(lang), fontsize=10)
    return ax


def _draw(ax: Axes, interval: Sequence[float | None], y: float, colour: str, marker: str) -> None:
    estimate, low, high = interval
    if estimate is None:
        return
    if low is not None and high is not None:
        ax.plot((low, high), (y, y), color=colour, linewidth=1.3, alpha=0.65, zorder=2)
    ax.plot(estimate, y, marker, color=colour, markersize=4.5, zorder=3)
