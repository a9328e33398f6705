"""All claims at a glance: one row a claim, like with like, the null always in sight."""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator
from matplotlib.transforms import blended_transform_factory

from smallnet.figures.numbers import known, show_interval, show_number
from smallnet.figures.style import make_axes, printable
from smallnet.figures.verdicts import VERDICTS, mark_estimate, verdict_look
from smallnet.hypotheses.claims import CLAIMS, load_claim
from smallnet.hypotheses.result import Result
from smallnet.tables.words import Text

__all__ = ["forest_size", "plot_forest"]

_SCALES = {"S01": "share", "S13": "share", "S14": "count", "T30": "members"}  # not of ratios
_HEADINGS = {
    "ratio": Text(en="Ratios (1 = no difference)", zh="比率（1 = 没有差别）"),
    "share": Text(en="Shares, 0 to 1", zh="比例，0 至 1"),
    "count": Text(en="Groups per person", zh="每人所在群数"),
    "members": Text(en="Group size, members", zh="群规模（人）"),
}
_NULL = Text(
    en="null or number that is claimed",
    zh="零假设或主张给出的数值",
)
_NO_NUMBER = Text(en="No number", zh="没有数值")
_LOG_SCALES = ("ratio", "members")
_LEFT, _WIDE = 0.35, 0.45  # where the panels stand, as shares of the width
_ROW = 0.46  # inches a row
_ROW_OF_WORDS = 0.34  # one that has no number
_HEAD = 0.78  # inches a panel needs beside its rows


@dataclass(frozen=True)
class _Row:
    result: Result
    scale: str
    null: float | None


def _place(result: Result) -> _Row:
    if known(result.estimate) is None:
        return _Row(result, "none", None)
    if result.id in CLAIMS:
        claim = load_claim(result.id).CLAIM
        scale = _SCALES.get(result.id, "ratio" if claim.ratio else "other")
        stated = known(result.details.get("null"))  # of this data set, such as a recorded menu
        return _Row(result, scale, claim.null if stated is None else stated)
    effect = str(result.effect).lower()  # of a newer edition
    if "ratio" in effect:
        return _Row(result, "ratio", 1.0)
    return _Row(result, "share" if "share" in effect else "other", None)


def _panels(results: Sequence[Result]) -> list[tuple[str, list[_Row]]]:
    rows = [_place(result) for result in results]
    order = (*_HEADINGS, "other", "none")
    grouped = [(scale, [row for row in rows if row.scale == scale]) for scale in order]
    panels: list[tuple[str, list[_Row]]] = []
    for scale, members in grouped:
        if scale == "other":  # each has a scale of its own
            panels += [(scale, [row]) for row in members]
        elif members:
            panels.append((scale, members))
    return panels


def _room(scale: str, rows: Sequence[_Row]) -> tuple[float, float]:
    """Inches that a panel needs for its rows, and beside them."""
    if scale == "none":
        return _ROW_OF_WORDS * len(rows), 0.4
    return _ROW * len(rows), _HEAD


def forest_size(results: Sequence[Result]) -> tuple[float, float]:
    """Width and height, inches, that a forest plot of these results needs."""
    panels = _panels(results)
    height = sum(sum(_room(scale, rows)) for scale, rows in panels)
    return 8.4, max(1.6, height + 0.7)


def _title(result: Result, lang: str) -> str:
    line = printable(result.word("title", lang), 60)
    width = 18 if any(ord(letter) > 0x2E80 for letter in line) else 32
    return "\n".join(textwrap.wrap(line, width)[:2])


def _write_row(ax: Axes, result: Result, y: float, words: str, lang: str) -> None:
    """Write id and title to the left of a row and its numbers to the right."""
    beside = blended_transform_factory(ax.transAxes, ax.transData)
    style: dict[str, Any] = {"transform": beside, "va": "center", "linespacing": 1.25}
    ax.text(-_LEFT / _WIDE, y, result.id, color="#5F5F5F", fontsize=9.5, **style)
    ax.text((0.055 - _LEFT) / _WIDE, y, _title(result, lang), fontsize=9.5, **style)
    colour = verdict_look(result.verdict).colour
    ax.text(1 + 0.02 / _WIDE, y, words, color=colour, fontsize=9, **style)


def _limits(scale: str, rows: list[_Row]) -> tuple[float, float]:
    """Give the ends of a panel's axis: estimates, nulls, and intervals as far as is sensible."""
    if scale == "share":
        return -0.02, 1.02
    log = scale in _LOG_SCALES
    centres, ends = [], []
    for row in rows:
        values = (row.result.estimate, row.result.ci_low, row.result.ci_high, row.null)
        numbers = [known(value) for value in values]
        found = [x for x in numbers if x is not None and (x > 0 or not log)]
        ends += [math.log(x) if log else x for x in found]
        middle = [x for x in (numbers[0], numbers[3]) if x is not None and (x > 0 or not log)]
        centres += [math.log(x) if log else x for x in middle]
    if not centres:
        return (0.5, 2.0) if log else (0.0, 1.0)
    span = max(max(centres) - min(centres), math.log(2) if log else 1.0)
    low = max(min(ends), min(centres) - 1.5 * span)
    high = min(max(ends), max(centres) + 1.5 * span)
    pad = 0.08 * (high - low) or 0.5
    if log:
        return math.exp(low - pad), math.exp(high + pad)
    return (low - pad if low < 0 else max(0.0, low - pad)), high + pad


def _draw_interval(ax: Axes, row: _Row, y: float, limits: tuple[float, float]) -> None:
    look = verdict_look(row.result.verdict)
    low, high = limits
    estimate = known(row.result.estimate)
    ends = (known(row.result.ci_low), known(row.result.ci_high))
    left, right = (low if ends[0] is None else ends[0]), (high if ends[1] is None else ends[1])
    if ends != (None, None):
        shown = max(left, low), min(right, high)
        ax.plot(shown, (y, y), color=look.colour, linewidth=2.2, solid_capstyle="butt", zorder=3)
        for end, cut, arrow in ((low, left < low, "<"), (high, right > high, ">")):
            if cut or (ends[0 if arrow == "<" else 1] is None):
                ax.plot(end, y, arrow, color=look.colour, markersize=7, clip_on=False, zorder=3)
    if estimate is not None:
        mark_estimate(ax, min(max(estimate, low), high), y, look, size=8.5, edge=1.6)


def _readable_ticks(low: float, high: float) -> list[float]:
    """Give round numbers for a log axis, none nearer to another than its label is wide."""
    ranks = ((1, 10, 100, 1000, 0.1, 0.01), (2, 0.5, 30, 3, 300), (5, 0.2, 50, 20, 500, 200))
    fine = ((1.5, 0.7, 0.3, 7, 4), (1.2, 0.8, 0.6, 0.9, 1.1, 0.05, 0.02))
    chosen: list[float] = []
    least = 0.085 * math.log(high / low)
    for tick in (tick for rank in (*ranks, *fine) for tick in rank):
        far = all(abs(math.log(tick / other)) >= least for other in chosen)
        if low <= tick <= high and far and len(chosen) < 8:
            chosen.append(tick)
    return sorted(chosen)


def _dress(ax: Axes, scale: str, limits: tuple[float, float], count: int, heading: str) -> None:
    if scale in _LOG_SCALES:
        ax.set_xscale("log")
        inside = _readable_ticks(*limits)
        ax.set_xticks(inside)
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_minor_formatter(NullFormatter())
    else:
        ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}".replace("-", "−")))
    ax.set_xlim(*limits)
    ax.set_yticks([])
    ax.set_ylim(count - 0.5, -0.5)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    ax.set_title(heading, fontsize=10, pad=6, color="#4d4d4d")


def _heading(scale: str, rows: Sequence[_Row], lang: str) -> str:
    if scale in _HEADINGS:
        return _HEADINGS[scale].get(lang)
    effect = printable(rows[0].result.word("effect", lang), 60)
    return effect[:1].upper() + effect[1:]


def _draw_panel(ax: Axes, scale: str, rows: list[_Row], lang: str) -> None:
    limits = _limits(scale, rows)
    _dress(ax, scale, limits, len(rows), _heading(scale, rows, lang))
    for y, row in enumerate(rows):
        result = row.result
        if row.null is not None and limits[0] <= row.null <= limits[1]:
            ax.plot((row.null,) * 2, (y - 0.42, y + 0.42), color="#1a1a1a", linewidth=1.4, zorder=2)
        _draw_interval(ax, row, y, limits)
        interval = show_interval(result.ci_low, result.ci_high)
        words = f"{show_number(result.estimate)} {interval}"
        verdict = verdict_look(result.verdict).word.get(lang)
        _write_row(ax, result, y, f"{words}\n{verdict}", lang)


def _draw_words(ax: Axes, rows: list[_Row], lang: str) -> None:
    """List the claims without an estimate, in words."""
    ax.spines[:].set_visible(False)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_title(_NO_NUMBER.get(lang), fontsize=10, pad=6, color="#4d4d4d")
    for y, row in enumerate(rows):
        ax.axhline(y, color="#d9d9d9", linewidth=0.8, linestyle=(0, (1, 3)))
        _write_row(ax, row.result, y, verdict_look(row.result.verdict).word.get(lang), lang)


def plot_forest(results: Sequence[Result], ax: Axes | None = None, *, lang: str = "en") -> Axes:
    """Draw every claim's estimate with its interval, grouped by scale.

    Parameters
    ----------
    results : sequence of Result
        One row each. Ratios and sizes stand on log axes, shares between 0 and 1, counts on their
        own; a claim without a number is listed in words.
    ax : Axes, optional
        The room to draw in; its own axis is hidden and the panels stand inside. By default a
        new figure of `forest_size`.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    Axes
        ``ax``; the panels are its ``child_axes``. An arrow at the end of an interval says that
        it goes on beyond the axis. Shape and word tell the verdict as well as the colour.
    """
    width, height = forest_size(results)
    ax = make_axes(ax, width, height)
    ax.set_axis_off()
    panels = _panels(results)
    total = sum(sum(_room(scale, rows)) for scale, rows in panels)
    top = 1.0
    for scale, rows in panels:
        room, head = (inches / total for inches in _room(scale, rows))
        panel = ax.inset_axes((_LEFT, top - 0.36 * head - room, _WIDE, room))
        top -= room + head
        if scale == "none":
            _draw_words(panel, rows, lang)
        else:
            _draw_panel(panel, scale, rows, lang)
    if any(scale != "none" for scale, _ in panels):
        _legend(ax, {row.result.verdict for scale, rows in panels for row in rows}, lang)
    return ax


def _legend(ax: Axes, seen: set[str], lang: str) -> None:
    plain: dict[str, Any] = {"linestyle": "none", "color": "#1a1a1a"}
    handles = [
        Line2D(
            [], [], marker="|", markersize=11, markeredgewidth=1.4, label=_NULL.get(lang), **plain
        )
    ]
    for verdict, look in VERDICTS.items():
        if verdict in seen and verdict != "not testable":
            style: dict[str, Any] = {
                "marker": look.marker,
                "markersize": 7,
                "markeredgecolor": look.colour,
            }
            style["markerfacecolor"] = look.colour if look.filled else "white"
            handles.append(Line2D([], [], label=look.word.get(lang), **plain, **style))
    columns = 3 if len(handles) > 4 else len(handles)
    ax.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.01),
        ncols=columns,
        columnspacing=1.4,
    )
