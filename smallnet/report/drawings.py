"""All figures of a study, written from what its results hold."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from smallnet.figures import (
    draw_groups,
    house_style,
    make_axes,
    plot_forest,
    plot_group_map,
    plot_sizes,
    save_figure,
)
from smallnet.hypotheses.claims import CLAIMS, load_claim
from smallnet.hypotheses.result import Result

__all__ = ["write_figures"]


def write_figures(
    out: Path | str,
    results: Sequence[Result],
    *,
    groups: pd.DataFrame | None = None,
    drawing: Mapping[str, Any] | None = None,
    small_group: int = 30,
    random_seed: int = 1,
    lang: str = "en",
) -> tuple[Path, ...]:
    """Write ``out/figures``: one figure a claim, and those of all groups.

    Parameters
    ----------
    out : path
        Folder of the study's output.
    results : sequence of Result
        Those that are not testable have no figure of their own.
    groups : DataFrame, optional
        One row a group with ``size``, ``messages_per_member_day`` and, if it is known,
        ``criteria_met``: for ``group_map`` and ``sizes``.
    drawing : mapping, optional
        ``members`` and ``ties`` of the groups to draw; see `write_results`.
    small_group : int
        "Small" is fewer than this.
    random_seed : int
        Of the drawing's layout.
    lang : str
        ``en`` or ``zh``; the labels are English where no font has Chinese characters.

    Returns
    -------
    tuple of Path
        The SVG files: ``overview``, ``sizes``, ``group_map``, ``drawing`` and the claims' ids.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    folder = Path(out) / "figures"
    paths = []
    with house_style(lang) as shown:
        for result in results:
            figure = _draw_claim(result, shown)
            if figure is not None:
                paths.append(save_figure(figure, folder, result.id, lang=lang))
        if results:
            axes = plot_forest(results, lang=shown)
            paths.append(save_figure(axes, folder, "overview", lang=lang))
        if groups is not None and len(groups):
            sizes = groups["size"] if "size" in groups else pd.Series(dtype="float64")
            axes = plot_sizes(
                pd.to_numeric(sizes, errors="coerce"), small_group=small_group, lang=shown
            )
            paths.append(save_figure(axes, folder, "sizes", lang=lang))
            axes = plot_group_map(groups, small_group=small_group, lang=shown)
            paths.append(save_figure(axes, folder, "group_map", lang=lang))
        if drawing is not None and drawing.get("members"):
            members = pd.DataFrame(list(drawing["members"]), columns=["group", "person"])
            ties = pd.DataFrame(list(drawing.get("ties") or ()), columns=["source", "target"])
            axes = draw_groups(members, ties, seed=random_seed, lang=shown)
            paths.append(save_figure(axes, folder, "drawing", lang=lang))
    return tuple(paths)


def _draw_claim(result: Result, lang: str) -> Any:
    """Give the figure of a claim; none if the result holds nothing to draw."""
    if result.id not in CLAIMS or "figure" not in result.details:
        return None
    try:
        module = load_claim(result.id)
    except ModuleNotFoundError:  # a result of a newer edition
        return None
    axes = make_axes(None)
    try:
        module.plot(result, axes, lang=lang)
    except Exception as error:
        warnings.warn(f"the figure of {result.id} could not be drawn: {error!r}", stacklevel=2)
        return None
    return axes.figure
