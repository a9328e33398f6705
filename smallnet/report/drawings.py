"""All figures of a study, written from what its results hold."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from smallnet.figures import (
    draw_groups,
    house_style,
    make_axes,
    plot_forest,
    plot_group_map,
    plot_sizes,
    save_figure,
)
from smallnet.figures.group_map import group_sizes
from smallnet.hypotheses.claims import CLAIMS, load_claim
from smallnet.hypotheses.result import Result
from smallnet.measures.wording import ACTS
from smallnet.report.csv import read_csv, write_csv
from smallnet.report.results_file import load_study
from smallnet.tables.choices import Choices

__all__ = [
    "acts_of",
    "group_figures",
    "in_order",
    "overview_has_numbers",
    "read_drawing",
    "write_figures",
]

_TIES = ("source", "target", "kind")


def write_figures(
    out: Path | str,
    results: Sequence[Result],
    groups: pd.DataFrame | None = None,
    summary: Mapping[str, Any] | None = None,
    *,
    drawing: Mapping[str, Any] | None = None,
    small_group: int | None = None,
    random_seed: int = 1,
    lang: str = "en",
) -> tuple[Path, ...]:
    """Write ``out/figures``: one figure a claim, and those of all groups.

    Parameters
    ----------
    out : path
        Folder of the study's output.
    results : sequence of Result
        Those that hold nothing to draw have no figure; the overview leaves out those that are
        not testable.
    groups : DataFrame, optional
        One row a group, with its scorecard: for ``group_map`` and ``sizes``.
    summary : mapping, optional
        Counts of the data set; its ``acts`` names what people do in groups.
    drawing : mapping, optional
        ``members`` and ``ties`` of the groups to draw, from `group_drawing_data`; kept in
        ``out/tables`` so that the page can be built again.
    small_group : int, optional
        "Small" is fewer than this; by default what ``out/results.json`` says.
    random_seed : int
        Of the drawing's layout.
    lang : str
        ``en`` or ``zh``; the labels are English where no font has Chinese characters.

    Returns
    -------
    tuple of Path
        The SVG files: the claims' ids, ``overview``, ``sizes``, ``group_map``, ``drawing``.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    out = Path(out)
    folder = out / "figures"
    if small_group is None:
        small_group = _small_group(out)
    paths = []
    with house_style(lang) as shown:
        for result in results:
            figure = _draw_claim(result, shown)
            if figure is not None:
                paths.append(save_figure(figure, folder, result.id, lang=lang))
        if overview_has_numbers(results):
            axes = plot_forest(_answered(results), lang=shown)
            paths.append(save_figure(axes, folder, "overview", lang=lang))
        for name, axes in _draw_groups_table(groups, small_group, acts_of(summary), shown):
            paths.append(save_figure(axes, folder, name, lang=lang))
        if drawing is not None and drawing.get("members"):
            roster = pd.DataFrame(list(drawing["members"]))
            ties = pd.DataFrame(list(drawing.get("ties") or ()), columns=list(_TIES))
            write_csv(roster, out / "tables" / "drawing_members.csv")
            write_csv(ties, out / "tables" / "drawing_ties.csv")
            axes = draw_groups(roster, ties, seed=random_seed, lang=shown)
            paths.append(save_figure(axes, folder, "drawing", lang=lang))
    return tuple(paths)


def in_order(results: Sequence[Result]) -> list[Result]:
    """Order results by their ids: the essay's claims, the threshold, the book's, any others."""
    return sorted(results, key=lambda result: ("STB".find(result.id[:1]) % 4, result.id))


def _answered(results: Sequence[Result]) -> list[Result]:
    """Give what the overview shows: claims that these data can speak to."""
    return [result for result in in_order(results) if result.verdict != "not testable"]


def overview_has_numbers(results: Sequence[Result]) -> bool:
    """Tell whether the overview has anything to show beside the table of verdicts."""
    return any(result.estimate is not None for result in _answered(results))


def acts_of(summary: Mapping[str, Any] | None) -> str:
    """Name what people do in groups, as the summary of the data says it; else messages."""
    told = (summary or {}).get("acts")
    return told if told in ACTS else "messages"


def group_figures(groups: pd.DataFrame | None) -> tuple[str, ...]:
    """Name the figures that a table of groups has something to show in."""
    if groups is None:
        return ()
    sized = group_sizes(groups) >= 1
    rate = np.full(len(groups), np.nan)
    if "messages_per_member_day" in groups:
        rate = pd.to_numeric(groups["messages_per_member_day"], errors="coerce").to_numpy(float)
    names = ["sizes"] if sized.any() else []
    names += ["group_map"] if (sized & (rate >= 0)).any() else []
    return tuple(names)


def _draw_groups_table(
    groups: pd.DataFrame | None, small_group: int, acts: str, lang: str
) -> Iterator[tuple[str, Axes]]:
    if groups is None:
        return
    for name in group_figures(groups):
        if name == "sizes":
            yield name, plot_sizes(group_sizes(groups), small_group=small_group, lang=lang)
        else:
            yield name, plot_group_map(groups, small_group=small_group, acts=acts, lang=lang)


def read_drawing(out: Path) -> dict[str, Any] | None:
    """Read the members and ties that `write_figures` kept; None if it drew no groups."""
    members, ties = (out / "tables" / f"drawing_{part}.csv" for part in ("members", "ties"))
    if not (members.is_file() and ties.is_file()):
        return None
    frames = {"members": read_csv(members), "ties": read_csv(ties)}
    return {name: frame.to_dict("records") for name, frame in frames.items()}


def _small_group(out: Path) -> int:
    if not (out / "results.json").is_file():
        return Choices().small_group
    return int(load_study(out)["choices"].get("small_group", Choices().small_group))


def _draw_claim(result: Result, lang: str) -> Any:
    """Give the figure of a claim; none if the result holds nothing to draw."""
    if result.id not in CLAIMS or "figure" not in result.details:
        return None
    try:
        module = load_claim(result.id)
    except ModuleNotFoundError:  # a result of a newer edition
        return None
    axes = make_axes(None, 7.0, 4.5)
    try:
        module.plot(result, axes, lang=lang)
    except Exception as error:
        warnings.warn(f"the figure of {result.id} could not be drawn: {error!r}", stacklevel=2)
        return None
    return axes.figure
