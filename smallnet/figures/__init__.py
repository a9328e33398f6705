"""Numbers and results, drawn: functions on ``ax`` that return it, in one house style.

Nothing here shows a window or keeps a figure open. `save_figure` writes SVG and PNG.
"""

from smallnet.figures.across import across_size, plot_across
from smallnet.figures.against_size import plot_against_size
from smallnet.figures.calibration import plot_calibration
from smallnet.figures.drawing_data import group_drawing_data
from smallnet.figures.group_drawing import draw_groups
from smallnet.figures.group_map import plot_group_map
from smallnet.figures.nulls import plot_null
from smallnet.figures.overview import forest_size, plot_forest
from smallnet.figures.save import save_figure
from smallnet.figures.sizes import plot_sizes
from smallnet.figures.specifications import plot_same_people, plot_specifications
from smallnet.figures.spreading import (
    plot_final_sizes,
    plot_reach_by_size,
    plot_spread_curve,
)
from smallnet.figures.strong_ties import plot_overlap
from smallnet.figures.style import (
    COLOURS,
    NO_CJK_FONT,
    figure_language,
    find_cjk_font,
    house_style,
    make_axes,
    printable,
)
from smallnet.figures.survival import plot_survival
from smallnet.figures.thresholds import plot_attention, plot_size_thresholds
from smallnet.figures.verdicts import VERDICTS, verdict_look
from smallnet.figures.walls import plot_inside_by_time, plot_mixing

__all__ = [
    "COLOURS",
    "NO_CJK_FONT",
    "VERDICTS",
    "across_size",
    "draw_groups",
    "figure_language",
    "find_cjk_font",
    "forest_size",
    "group_drawing_data",
    "house_style",
    "make_axes",
    "plot_across",
    "plot_against_size",
    "plot_attention",
    "plot_calibration",
    "plot_final_sizes",
    "plot_forest",
    "plot_group_map",
    "plot_inside_by_time",
    "plot_mixing",
    "plot_null",
    "plot_overlap",
    "plot_reach_by_size",
    "plot_same_people",
    "plot_size_thresholds",
    "plot_sizes",
    "plot_specifications",
    "plot_spread_curve",
    "plot_survival",
    "printable",
    "save_figure",
    "verdict_look",
]
