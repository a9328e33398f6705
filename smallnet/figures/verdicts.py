"""How a verdict looks: a word, a colour and a shape, so that nothing hangs on colour alone."""

from dataclasses import dataclass

from matplotlib.axes import Axes

from smallnet.figures.style import COLOURS
from smallnet.hypotheses.result import VERDICTS_ZH
from smallnet.tables.words import Text

__all__ = ["VERDICTS", "VerdictLook", "mark_estimate", "verdict_look"]


@dataclass(frozen=True)
class VerdictLook:
    """The word, colour and shape of one verdict."""

    word: Text
    meaning: Text
    colour: str
    marker: str  # matplotlib's name of the shape
    filled: bool


def _word(verdict: str) -> Text:
    return Text(verdict, VERDICTS_ZH[verdict])


VERDICTS: dict[str, VerdictLook] = {
    "supported": VerdictLook(
        _word("supported"),
        Text(
            en="the interval lies on the claimed side of the null",
            zh="区间落在主张所说的一侧",
        ),
        "#00785A",
        "o",
        True,
    ),
    "contradicted": VerdictLook(
        _word("contradicted"),
        Text(
            en="the interval lies on the other side, or excludes the number that is claimed",
            zh="区间落在相反的一侧，或排除了主张给出的数值",
        ),
        "#B84A00",
        "X",
        True,
    ),
    "no effect": VerdictLook(
        _word("no effect"),
        Text(
            en="the interval is so near the null that the difference would not matter",
            zh="区间紧靠零假设，差异小到没有实际意义",
        ),
        COLOURS["blue"],
        "D",
        True,
    ),
    "inconclusive": VerdictLook(
        _word("inconclusive"),
        Text(en="the data cannot tell", zh="数据不足以判断"),
        "#5F5F5F",
        "o",
        False,
    ),
    "not testable": VerdictLook(
        _word("not testable"),
        Text(
            en="the data do not hold what the claim needs",
            zh="数据中没有检验所需的内容",
        ),
        "#767676",
        "_",
        False,
    ),
}
"""Every verdict, in the order in which a page lists them."""


def verdict_look(verdict: str) -> VerdictLook:
    """Look of a verdict; an unknown one looks like ``inconclusive`` under its own name."""
    if verdict in VERDICTS:
        return VERDICTS[verdict]
    plain = VERDICTS["inconclusive"]
    return VerdictLook(Text(verdict, verdict), plain.meaning, plain.colour, "o", False)


def mark_estimate(
    ax: Axes, x: float, y: float, look: VerdictLook, *, size: float, edge: float
) -> None:
    """Mark an estimate in the shape and colour of its verdict."""
    ax.plot(
        x,
        y,
        look.marker if look.marker != "_" else "o",
        markersize=size,
        markerfacecolor=look.colour if look.filled else "white",
        markeredgecolor=look.colour,
        markeredgewidth=edge,
        zorder=4,
        clip_on=False,
    )
