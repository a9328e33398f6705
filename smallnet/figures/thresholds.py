"""Thresholds of spreading, by the size of groups and by how many groups anybody attends to."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from smallnet.figures.style import COLOURS, make_axes
from smallnet.tables.words import Text

__all__ = ["plot_attention", "plot_size_thresholds"]

_LOOKS = (
    (COLOURS["blue"], "o", "-"),
    (COLOURS["black"], "s", "--"),
    (COLOURS["orange"], "D", "-."),
    (COLOURS["vermillion"], "^", "-"),
)
_SIZE = Text("Group size, at equal contacts", "群规模（接触总数相等）")
_RATE = Text("Critical rate, relative to pairs", "临界速率（相对于成对接触）")
_ATTENTION = Text("Share of memberships attended to", "关注的群占比")
_CHANCE = Text("Critical chance per tie", "每条联系的临界概率")
_NU = Text("ν = {nu:g}", "ν = {nu:g}")
_GROUPS = Text("{m} groups of {n}", "{m} 个 {n} 人的群")


def plot_size_thresholds(
    curves: Mapping[float, Mapping[int, float]], *, ax: Axes | None = None, lang: str = "en"
) -> Axes:
    """Draw the critical rate against the size of groups, one line a shape of contagion.

    Parameters
    ----------
    curves : mapping of mappings
        By ``nu`` the critical rate by size; each line is drawn relative to its smallest size.
        Below the line of 1 larger groups make spreading easier.
    ax : Axes, optional
        A new figure where not given.
    lang : str
        ``en`` or ``zh``.
    """
    ax = make_axes(ax, 3.5, 2.9)
    for (nu, curve), (colour, marker, line) in zip(sorted(curves.items()), _LOOKS, strict=False):
        sizes = sorted(curve)
        relative = [curve[n] / curve[sizes[0]] for n in sizes]
        label = _NU.get(lang).format(nu=nu)
        ax.plot(sizes, relative, line, color=colour, marker=marker, markersize=4, label=label)
    ax.axhline(1.0, color=COLOURS["faint"], linewidth=0.8, zorder=1)
    ax.set_xscale("log")
    sizes = sorted({n for curve in curves.values() for n in curve})
    ax.set_xticks(sizes)
    _plain_log(ax)
    ax.set_xlabel(_SIZE.get(lang))
    ax.set_ylabel(_RATE.get(lang))
    ax.legend(fontsize=8)
    return ax


def plot_attention(
    curves: Mapping[tuple[int, int], Sequence[tuple[float, float]]],
    *,
    ax: Axes | None = None,
    lang: str = "en",
) -> Axes:
    """Draw the chance per tie at which something travels, against attention to groups.

    Parameters
    ----------
    curves : mapping
        By groups a person and their size: pairs of attention, 0 to 1, and critical chance.
    ax : Axes, optional
        A new figure where not given.
    lang : str
        ``en`` or ``zh``.
    """
    ax = make_axes(ax, 3.5, 2.9)
    for ((m, n), curve), (colour, _, line) in zip(curves.items(), _LOOKS, strict=False):
        share, chance = zip(*curve, strict=True)
        label = _GROUPS.get(lang).format(m=m, n=n)
        ax.plot(share, chance, line, color=colour, label=label)
    ax.set_yscale("log")
    ax.set_xscale("log")
    ax.set_xticks([0.05, 0.1, 0.2, 0.5, 1.0])
    ax.set_yticks([0.005, 0.02, 0.05, 0.2, 0.5, 1.0])
    _plain_log(ax)
    ax.set_xlabel(_ATTENTION.get(lang))
    ax.set_ylabel(_CHANCE.get(lang))
    ax.legend(fontsize=8)
    return ax


def _plain_log(ax: Axes) -> None:
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
