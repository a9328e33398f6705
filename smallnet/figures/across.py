"""Claims over data sets: one block a claim, one row a data set, the pool below."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator
from matplotlib.transforms import blended_transform_factory

from smallnet.figures.numbers import show_interval, show_number
from smallnet.figures.style import make_axes, printable
from smallnet.figures.verdicts import VERDICTS, mark_estimate, verdict_look
from smallnet.hypotheses.across import Answer, ClaimAcross, Pool
from smallnet.tables.words import Text

__all__ = ["across_size", "plot_across"]

_WIDTH = 8.2  # inches
_ROW, _HEAD, _GAP = 0.235, 0.27, 0.1  # inches of a data set, a claim's title, between claims
_FOOT = 0.62  # inches of a panel's axis
_LEFT, _WIDE = 0.38, 0.38  # where the panels stand, as shares of the width
_INK, _SOFT = "#1a1a1a", "#5F5F5F"
_FAR = 12.0  # a ratio's axis goes so far beyond the estimates, no further

_RATIOS = Text("Ratios (1 = no difference)", "比率（1 = 没有差别）")
_CLAIMED = {
    "below": Text("claimed: below {null}", "主张：低于 {null}"),
    "above": Text("claimed: above {null}", "主张：高于 {null}"),
    "at": Text("claimed: {null}", "主张：{null}"),
}
_POOL = Text("together", "合并")
_POOL_KEY = Text("pooled mean and interval", "合并均值与区间")
_NEXT_KEY = Text("range of a next data set", "下一个数据集的范围")
_NULL_KEY = Text("null, or number that is claimed", "零假设或主张给出的数值")


@dataclass(frozen=True)
class _Panel:
    heading: Text
    log: bool
    claims: tuple[ClaimAcross, ...]

    @property
    def inches(self) -> float:
        rows = sum(len(_shown(claim)) + len(claim.pools) for claim in self.claims)
        return rows * _ROW + len(self.claims) * (_HEAD + _GAP)


def _shown(claim: ClaimAcross) -> list[Answer]:
    return [answer for answer in claim.answers if answer.counts and answer.interval]


def _panels(claims: Sequence[ClaimAcross]) -> list[_Panel]:
    drawn = sorted(
        (claim for claim in claims if _shown(claim)),
        key=lambda claim: ("STB".index(claim.id[0]), claim.id),
    )
    ratios = tuple(claim for claim in drawn if claim.claim.ratio)
    panels = [_Panel(_RATIOS, True, ratios)] if ratios else []
    for claim in drawn:
        if not claim.claim.ratio:
            panels.append(_Panel(claim.claim.effect, False, (claim,)))
    return panels


def across_size(claims: Sequence[ClaimAcross]) -> tuple[float, float]:
    """Width and height, inches, that `plot_across` needs."""
    panels = _panels(claims)
    return _WIDTH, 0.55 + sum(panel.inches + _FOOT for panel in panels)


def plot_across(claims: Sequence[ClaimAcross], ax: Axes | None = None, *, lang: str = "en") -> Axes:
    """Draw what each data set says of each claim, and what they say together.

    Parameters
    ----------
    claims : sequence of ClaimAcross
        Those without any estimate are left out; simulated data sets and those with people in
        common with others are too.
    ax : Axes, optional
        The room to draw in; its own axis is hidden. By default a new figure of `across_size`.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    Axes
        ``ax``; the panels are its ``child_axes``: all ratios on one log axis, other scales on
        their own. A diamond is a pool, the thin line through it where the truth of a next data
        set would lie. An arrow says that an interval goes on.
    """
    width, height = across_size(claims)
    ax = make_axes(ax, width, height)
    ax.set_axis_off()
    panels = _panels(claims)
    total = sum(panel.inches + _FOOT for panel in panels) or 1.0
    top = 1.0
    for panel in panels:
        room = panel.inches / total
        _draw_panel(ax.inset_axes((_LEFT, top - room, _WIDE, room)), panel, lang)
        top -= room + _FOOT / total
    _legend(ax, panels, lang)
    return ax


def _draw_panel(ax: Axes, panel: _Panel, lang: str) -> None:
    limits = _limits(panel)
    _dress(ax, panel, limits, lang)
    y = 0.0
    for claim in panel.claims:
        _title(ax, claim, y + _HEAD / 2, lang)
        y += _HEAD
        top = y
        for answer in _shown(claim):
            _draw_answer(ax, claim, answer, y + _ROW / 2, limits, lang)
            y += _ROW
        for pool in claim.pools:
            _draw_pool(ax, pool, y + _ROW / 2, limits, lang)
            y += _ROW
        null = claim.claim.null
        if limits[0] <= null <= limits[1]:
            ax.plot((null, null), (top, y), color=_INK, linewidth=1.2, zorder=1)
        y += _GAP


def _limits(panel: _Panel) -> tuple[float, float]:
    """Give the ends of the axis: estimates, nulls and pools, intervals as far as is sensible."""
    centres, ends = [], []
    for claim in panel.claims:
        centres.append(claim.claim.null)
        intervals = [answer.interval for answer in _shown(claim)]
        intervals += [(pool.estimate, pool.ci_low, pool.ci_high) for pool in claim.pools]
        for estimate, low, high in filter(None, intervals):
            centres.append(estimate)
            ends += [low, high]
    if panel.log:
        middle = [x for x in centres if x > 0]
        low = max(min(ends), min(middle) / 2, min(middle) / _FAR)
        high = min(max(ends), max(middle) * 2)
        return low / 1.15, high * 1.15
    low, high = min(centres + ends), max(centres + ends)
    pad = 0.06 * (high - low) or 0.5
    return low - pad, high + pad


def _dress(ax: Axes, panel: _Panel, limits: tuple[float, float], lang: str) -> None:
    if panel.log:
        ax.set_xscale("log")
        ticks = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200)
        ax.set_xticks([tick for tick in ticks if limits[0] <= tick <= limits[1]])
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_minor_formatter(NullFormatter())
    else:
        ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}".replace("-", "−")))
    ax.set_xlim(*limits)
    ax.set_ylim(panel.inches, 0)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    heading = panel.heading.get(lang)
    ax.set_xlabel(heading[:1].upper() + heading[1:], fontsize=9)


def _title(ax: Axes, claim: ClaimAcross, y: float, lang: str) -> None:
    words = f"{claim.id}  {claim.claim.title.get(lang)}"
    style: dict[str, Any] = {"transform": _beside(ax), "va": "center", "fontsize": 9}
    ax.text(-_LEFT / _WIDE, y, printable(words, 60), color=_INK, weight="bold", **style)
    claimed = _CLAIMED[claim.claim.claimed_side].get(lang)
    shown = claimed.format(null=show_number(claim.claim.null))
    ax.text(1 + 0.02 / _WIDE, y, shown, color=_SOFT, style="italic", **style)


def _beside(ax: Axes) -> Any:
    return blended_transform_factory(ax.transAxes, ax.transData)


def _row_words(ax: Axes, y: float, name: str, numbers: str, colour: str) -> None:
    style: dict[str, Any] = {"transform": _beside(ax), "va": "center", "fontsize": 8.5}
    ax.text((0.02 - _LEFT) / _WIDE, y, name, color=_INK, **style)
    ax.text(1 + 0.02 / _WIDE, y, numbers, color=colour, **style)


def _draw_answer(
    ax: Axes,
    claim: ClaimAcross,
    answer: Answer,
    y: float,
    limits: tuple[float, float],
    lang: str,
) -> None:
    look = verdict_look(answer.result.verdict)
    estimate, low, high = answer.interval or (claim.claim.null,) * 3
    numbers = _numbers(estimate, low, high)
    name = printable(answer.study, 24)
    variants = {other.variant for other in _shown(claim)}
    if len(variants) > 1 and answer.variant.en:
        name = f"{name} · {answer.variant.get(lang)}"
    word = look.word.get(lang)
    _row_words(ax, y, printable(name, 48), f"{numbers}  {word}", look.colour)
    _line(ax, (low, high), y, limits, color=look.colour, linewidth=1.8)
    mark_estimate(ax, min(max(estimate, limits[0]), limits[1]), y, look, size=6, edge=1.3)


def _line(
    ax: Axes, ends: tuple[float, float], y: float, limits: tuple[float, float], **style: Any
) -> None:
    """Draw an interval; an arrow where it goes on beyond the axis."""
    low, high = limits
    inside = min(max(ends[0], low), high), max(min(ends[1], high), low)
    ax.plot(inside, (y, y), solid_capstyle="butt", zorder=2, **style)
    for cut, at, arrow in ((ends[0] < low, low, "<"), (ends[1] > high, high, ">")):
        if cut:
            ax.plot(at, y, arrow, color=style["color"], markersize=5, clip_on=False, zorder=3)


def _draw_pool(ax: Axes, pool: Pool, y: float, limits: tuple[float, float], lang: str) -> None:
    name = _POOL.get(lang)
    if pool.variant.en:
        name = f"{name} · {pool.variant.get(lang)}"
    look = verdict_look(pool.verdict)
    numbers = _numbers(pool.estimate, pool.ci_low, pool.ci_high)
    _row_words(ax, y, printable(name, 52), f"{numbers}  {look.word.get(lang)}", look.colour)
    if pool.prediction_low is not None and pool.prediction_high is not None:
        ends = (pool.prediction_low, pool.prediction_high)
        _line(ax, ends, y, limits, color=_SOFT, linewidth=0.8)
    left, right = (min(max(x, limits[0]), limits[1]) for x in (pool.ci_low, pool.ci_high))
    middle = min(max(pool.estimate, limits[0]), limits[1])
    half = 0.33 * _ROW
    corners = [(left, y), (middle, y - half), (right, y), (middle, y + half)]
    ax.add_patch(Polygon(corners, closed=True, facecolor=_INK, edgecolor=_INK, zorder=3))
    for cut, at, arrow in (
        (pool.ci_low < limits[0], limits[0], "<"),
        (pool.ci_high > limits[1], limits[1], ">"),
    ):
        if cut:
            ax.plot(at, y, arrow, color=_INK, markersize=5, clip_on=False, zorder=4)


def _numbers(estimate: float | None, low: float | None, high: float | None) -> str:
    return f"{show_number(estimate)} {show_interval(low, high)}"


def _legend(ax: Axes, panels: Sequence[_Panel], lang: str) -> None:
    answers = [answer for p in panels for c in p.claims for answer in _shown(c)]
    seen = {answer.result.verdict for answer in answers}
    plain: dict[str, Any] = {"linestyle": "none", "color": _INK}
    null: dict[str, Any] = {"marker": "|", "markersize": 10, "markeredgewidth": 1.3}
    handles = [Line2D([], [], label=_NULL_KEY.get(lang), **null, **plain)]
    for verdict, look in VERDICTS.items():
        if verdict in seen:
            style: dict[str, Any] = {"marker": look.marker, "markeredgecolor": look.colour}
            style["markerfacecolor"] = look.colour if look.filled else "white"
            handles.append(Line2D([], [], label=look.word.get(lang), **style, **plain))
    pools = [pool for p in panels for c in p.claims for pool in c.pools]
    if pools:
        handles.append(Line2D([], [], marker="D", label=_POOL_KEY.get(lang), **plain))
    if any(pool.prediction_low is not None for pool in pools):
        line = Line2D([], [], color=_SOFT, linewidth=0.8, label=_NEXT_KEY.get(lang))
        handles.append(line)
    ax.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        ncols=4,
        columnspacing=1.4,
        fontsize=8.5,
    )
