"""Figures to files: SVG and PNG, whole or not at all, the same bytes for the same figure."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure, SubFigure

from smallnet.errors import OutputError
from smallnet.figures.style import house_style, make_legible
from smallnet.tables.writing import atomic_write

__all__ = ["save_figure"]


def save_figure(
    drawn: Figure | SubFigure | Axes, folder: Path | str, name: str, *, lang: str = "en"
) -> Path:
    """Write ``folder/name.svg`` and ``folder/name.png``.

    Parameters
    ----------
    drawn : Figure or Axes
        What to write; of axes, the whole figure they stand in.
    folder : path
        Made if it is not there.
    name : str
        File name without its ending.
    lang : str
        Language of the labels.

    Returns
    -------
    Path
        The SVG. It holds no date and no random ids: the same figure gives the same bytes.

    Raises
    ------
    OutputError
        If a file cannot be written; a file that was there before stays as it was.
    """
    folder = Path(folder)
    figure = _root(drawn)
    make_legible(figure)
    with house_style(lang):
        canvases = (("png", FigureCanvasAgg(figure)), ("svg", FigureCanvasSVG(figure)))
        for ending, canvas in canvases:
            target = folder / f"{name}.{ending}"
            metadata = {"Date": None, "Language": lang} if ending == "svg" else {"Software": None}
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                msg = f"cannot write {target}: {error.strerror or error}"
                raise OutputError(msg) from None
            with atomic_write(target, "wb") as file:
                canvas.print_figure(file, format=ending, metadata=metadata)
    return folder / f"{name}.svg"


def _root(drawn: Figure | SubFigure | Axes) -> Figure:
    while not isinstance(drawn, Figure):
        drawn = drawn.figure
    return drawn
