"""Formulas as MathML, which browsers draw by themselves: nothing is fetched, nothing installed."""

import re
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

__all__ = ["setup", "to_mathml"]

LOGGER = logging.getLogger(__name__)
SIZES = re.compile(
    r"\\(?:Bigg?|bigg?)(?![a-z])"
)  # MathML's brackets and strokes grow by themselves


def to_mathml(tex: str, *, block: bool) -> str:
    r"""Give a formula as MathML.

    Raises
    ------
    MathError
        For a command of TeX that docutils does not know.
    """
    tex = SIZES.sub("", tex)
    if block and "\\\\" in tex and r"\begin" not in tex:
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    return tex2mathml(tex, as_block=block)


def _write(writer: HTML5Translator, node: nodes.Element, *, block: bool) -> None:
    try:
        formula = to_mathml(node.astext(), block=block)
    except MathError as error:
        LOGGER.warning("formula %r: %s", node.astext(), error, location=node, type="mathml")
        formula = f"<code>{writer.encode(node.astext())}</code>"
    writer.body.append(f'<div class="math">{formula}</div>' if block else formula)
    raise nodes.SkipNode


def _inline(writer: HTML5Translator, node: nodes.math) -> None:
    _write(writer, node, block=False)


def _block(writer: HTML5Translator, node: nodes.math_block) -> None:
    _write(writer, node, block=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))  # type: ignore[arg-type]
    return {"parallel_read_safe": True, "parallel_write_safe": True}
