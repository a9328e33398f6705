"""The house style: one look for every figure, in English and in Chinese, and safe text."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from matplotlib import font_manager, rc_context, rc_params_from_file
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.text import Text as TextArtist

from smallnet.tables.words import Text

__all__ = [
    "CJK_FONTS",
    "COLOURS",
    "NO_CJK_FONT",
    "figure_language",
    "find_cjk_font",
    "house_style",
    "make_axes",
    "make_legible",
    "printable",
]

COLOURS = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "orange": "#E69F00",
    "black": "#000000",
    "grey": "#767676",
    "faint": "#BDBDBD",
}
"""Okabe-Ito colours (https://doi.org/10.1038/nmeth.1618) and two greys."""

CJK_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Microsoft YaHei",
    "Hiragino Sans GB",
    "Heiti SC",
    "STHeiti",
    "SimHei",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Noto Sans CJK TC",
    "Noto Sans CJK JP",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "SimSun",
    "Noto Serif CJK SC",
    "Noto Serif CJK JP",
)
"""Fonts with Chinese characters, best first; which of them is there depends on the machine."""

NO_CJK_FONT = Text(
    en="No font with Chinese characters is installed here, so the figures are labelled in English. "
    "Install one (Debian: fonts-noto-cjk) and run the report again.",
    zh="本机没有安装中文字体，因此图中文字为英文。请安装中文字体（Debian：fonts-noto-cjk）后重新生成报告。",
)

_STYLE = Path(__file__).with_name("smallnet.mplstyle")
_LATIN = "DejaVu Sans"  # ships with matplotlib: the same letters everywhere
_CJK_SPACING = 1.6
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # controls, direction marks, unassigned


@cache
def find_cjk_font() -> str | None:
    """Name an installed font with Chinese characters; None if there is none."""
    installed = {entry.name for entry in font_manager.fontManager.ttflist}
    return next((name for name in CJK_FONTS if name in installed), None)


def figure_language(lang: str) -> str:
    """Language in which figures can be labelled: English where no font has Chinese characters."""
    return "zh" if lang == "zh" and find_cjk_font() is not None else "en"


def _families(lang: str) -> list[str]:
    cjk = find_cjk_font()
    if cjk is None:
        return [_LATIN]
    return [cjk, _LATIN] if lang == "zh" else [_LATIN, cjk]


@contextmanager
def house_style(lang: str = "en") -> Iterator[str]:
    """Draw inside this block in the house style.

    Parameters
    ----------
    lang : str
        ``en`` or ``zh``: which font leads. Either way Latin and Chinese letters are both there,
        as group names may hold both.

    Yields
    ------
    str
        The language to label in: ``en`` where ``zh`` was asked but no font has Chinese characters
        (`NO_CJK_FONT` is the notice to show).
    """
    style = dict(rc_params_from_file(_STYLE, use_default_template=False))
    style["font.family"] = _families(lang)
    with rc_context(style):
        yield figure_language(lang)


@cache
def _drawable() -> frozenset[int]:
    """Code points that the fonts of the house have."""
    points: set[int] = set()
    for family in _families("en"):
        path = font_manager.findfont(font_manager.FontProperties(family=[family]))
        points |= set(font_manager.get_font(path).get_charmap())
    return frozenset(points)


def printable(text: object, limit: int = 40) -> str:
    r"""Text that can be drawn: no line breaks, direction marks or letters without a glyph.

    Parameters
    ----------
    text : object
        A name from the data, however hostile.
    limit : int
        Longest result, characters; a longer one ends in "…".

    Returns
    -------
    str
        One line. Runs of characters that no font can draw (most emoji) become "·", and a dollar
        sign is escaped, which would begin a formula.

    Examples
    --------
    >>> printable("tea\u202e & cake\n$1")
    'tea & cake \\$1'
    """
    kept = []
    for letter in re.sub(r"\s+", " ", str(text)[: 20 * limit]):
        if unicodedata.category(letter) in _UNSEEN:
            continue
        kept.append(letter if ord(letter) in _drawable() else "·")
    line = re.sub("·{2,}", "·", "".join(kept)).strip()
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return line.replace("$", r"\$") or "·"


def _is_cjk(letter: str) -> bool:
    return "\u2e80" <= letter <= "\u9fff" or "\uff00" <= letter <= "\uffef"


def make_legible(figure: Figure | SubFigure) -> None:
    """Make every text of a figure fit to be read.

    What no font can draw, and would be an empty box, becomes "·"; lines of Chinese stand apart.
    """
    drawable = _drawable()
    for artist in figure.findobj(TextArtist):
        words = artist.get_text()
        if "\n" in words and any(_is_cjk(letter) for letter in words):
            artist.set_linespacing(_CJK_SPACING)  # their letters fill the whole line
        if all(letter == "\n" or ord(letter) in drawable for letter in words):
            continue
        lines = ("".join(x if ord(x) in drawable else "·" for x in y) for y in words.split("\n"))
        artist.set_text("\n".join(re.sub("·{2,}", "·", line) for line in lines))


def make_axes(ax: Axes | None, width: float = 7.0, height: float = 4.2) -> Axes:
    """Give ``ax`` back, or the axes of a new figure of that size in inches.

    The figure belongs to nobody's global list: it need not be closed.
    """
    if ax is not None:
        return ax
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure.add_subplot()
