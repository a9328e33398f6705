"""What is asked of every figure."""

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text


def texts(ax):
    return " ".join(artist.get_text() for artist in ax.figure.findobj(Text) if artist.get_visible())


def render(ax):
    FigureCanvasAgg(ax.figure).draw()
    return ax


def in_frame(ax):
    """Whether all that is drawn, words too, lies inside the figure (to 0.02 inches)."""
    figure = render(ax).figure
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    return min(box.x0, box.y0, width - box.x1, height - box.y1) > -0.02
