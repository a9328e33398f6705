"""A drawing of some groups: people as points, groups as shapes around them, ties as lines."""

from collections.abc import Sequence
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.path import Path
from matplotlib.transforms import Bbox
from scipy.spatial import ConvexHull, QhullError

from smallnet.errors import InputError
from smallnet.figures.style import make_axes, printable
from smallnet.tables.words import Text

__all__ = ["draw_groups"]

_HUES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6B6B6B", "#8C6D1F")
_DRAWN = 5.2  # inches that the people of a drawing span, about
_WORDS = {
    "inside": Text(en="tie inside a group", zh="群内关系"),
    "outside": Text(en="tie across groups", zh="跨群关系"),
    "person": Text(en="person", zh="成员"),
    "bridge": Text(en="person in several groups", zh="属于多个群的人"),
    "none": Text(en="no members to draw", zh="没有可画的成员"),
}


def _frames(members: Any, ties: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bring frames, or a Membership and a Network, to two small frames of names."""
    if hasattr(members, "incidence"):
        entries = members.incidence.tocoo()
        groups, people = np.asarray(members.groups), np.asarray(members.people)
        members = pd.DataFrame({"group": groups[entries.row], "person": people[entries.col]})
    if hasattr(ties, "adjacency"):
        entries = ties.adjacency.tocoo()
        people = np.asarray(ties.people)
        ties = pd.DataFrame({"source": people[entries.row], "target": people[entries.col]})
    for frame, name, needs in (
        (members, "members", ("group", "person")),
        (ties, "ties", ("source", "target")),
    ):
        lacking = [column for column in needs if column not in frame.columns]
        if lacking:
            msg = f"{name} has no column {lacking[0]!r}, expected {' and '.join(needs)}"
            raise InputError(msg)
    roster = members.loc[:, ["group", "person"]].astype(str).drop_duplicates()
    return roster, ties.loc[:, ["source", "target"]].astype(str)


def _named(members: Any) -> bool:
    return isinstance(members, pd.DataFrame) and "name" in members


def _layout(
    groups: dict[str, list[str]], pairs: set[tuple[str, str]], seed: int
) -> dict[str, np.ndarray]:
    """Place people: members of a group are pulled to its hub, tied people to each other."""
    graph: Any = nx.Graph()
    start: dict[Any, tuple[float, float]] = {}
    for index, (group, people) in enumerate(groups.items()):
        angle = 2 * np.pi * index / len(groups)
        hub = ("hub", group)
        start[hub] = (float(np.cos(angle)), float(np.sin(angle)))
        for turn, person in enumerate(people):
            near = 2 * np.pi * turn / len(people)
            x, y = start[hub]
            start.setdefault(person, (x + 0.3 * float(np.cos(near)), y + 0.3 * float(np.sin(near))))
            graph.add_edge(hub, person, weight=1.6)
    for source, target in pairs:
        graph.add_edge(source, target, weight=0.35)
    parts = sorted(
        nx.connected_components(graph), key=lambda part: (-len(part), min(map(str, part)))
    )
    place: dict[str, np.ndarray] = {}
    reach = max(np.sqrt(len(part)) for part in parts)
    for part, corner in zip(parts, _corners(len(parts)), strict=True):
        some = graph.subgraph(sorted(part, key=str))
        spread = nx.spring_layout(
            some,
            pos={node: start[node] for node in some},
            weight="weight",
            seed=seed,
            iterations=200,
            k=2.4 / np.sqrt(len(some)),
        )
        middle = np.mean(list(spread.values()), axis=0)
        away = max(float(np.hypot(*(spot - middle))) for spot in spread.values()) or 1.0
        size = np.sqrt(len(part)) / reach / away
        place |= {node: corner + size * (spot - middle) for node, spot in spread.items()}
    return {person: place[person] for people in groups.values() for person in people}


def _corners(count: int) -> np.ndarray:
    """Give middles for parts that nothing joins: in rows, as many columns as rows or one more."""
    columns = int(np.ceil(np.sqrt(count)))
    rows, places = np.divmod(np.arange(count), columns)
    return 2.6 * np.column_stack([places, -rows]).astype(float)


def _outline(points: np.ndarray, margin: float) -> np.ndarray:
    """Give the rounded hull of some points, ``margin`` away from them."""
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = margin * np.column_stack([np.cos(turn), np.sin(turn)])
    cloud = (points[:, None, :] + ring[None, :, :]).reshape(-1, 2)
    try:
        return cloud[ConvexHull(cloud).vertices]
    except QhullError:  # cannot be: a ring has an area
        return cloud


def draw_groups(
    members: Any,
    ties: Any,
    ax: Axes | None = None,
    *,
    seed: int = 1,
    lang: str = "en",
) -> Axes:
    """Draw some groups with the ties of their members.

    Parameters
    ----------
    members : DataFrame or Membership
        Columns ``group`` and ``person``, and ``name`` if groups have one beside their id; or a
        membership with ``incidence``, groups by people.
    ties : DataFrame or Network
        Columns ``source`` and ``target``; ties to people who are in no drawn group are left out.
    ax : Axes, optional
        Where to draw; a new figure by default.
    seed : int
        Of the layout: the same seed gives the same drawing.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    Axes
        A shape a group; solid lines join people who share a drawn group, faint dashed ones those
        who do not; who is in several groups is drawn as a square.

    Raises
    ------
    InputError
        If a column is missing.
    """
    ax = make_axes(ax, 7.0, 5.6)
    ax.set_axis_off()
    ax.set_aspect("equal")
    roster, ties = _frames(members, ties)
    if roster.empty:
        ax.text(0.5, 0.5, _WORDS["none"].get(lang), transform=ax.transAxes, ha="center")
        return ax
    by_group = roster.sort_values(["group", "person"]).groupby("group", sort=True)["person"]
    groups: dict[str, list[str]] = {str(name): list(people) for name, people in by_group}
    homes: dict[str, set[str]] = {}
    for group, people in groups.items():
        for person in people:
            homes.setdefault(person, set()).add(group)
    among = ties[ties["source"].isin(list(homes)) & ties["target"].isin(list(homes))]
    pairs: list[tuple[str, str]] = sorted(
        {
            (min(a, b), max(a, b))
            for a, b in zip(among["source"], among["target"], strict=True)
            if a != b
        }
    )
    inside = [pair for pair in pairs if homes[pair[0]] & homes[pair[1]]]
    outside = [pair for pair in pairs if not homes[pair[0]] & homes[pair[1]]]
    place = _layout(groups, set(inside), seed)
    names = dict(zip(members["group"], members["name"], strict=True)) if _named(members) else {}
    needs = _draw_shapes(ax, groups, place, names)
    fade = float(np.clip(120 / max(1, len(inside)), 0.18, 0.7))  # a thicket is drawn lightly
    for some, colour, width, line, alpha, order in (
        (outside, "#9a9a9a", 0.6, (0, (3, 2)), 0.7, 1.5),
        (inside, "#3a3a3a", 0.9, "solid", fade, 2.0),
    ):
        segments = [np.array([place[a], place[b]]) for a, b in some]
        ax.add_collection(
            LineCollection(
                segments,
                colors=colour,
                linewidths=width,
                linestyles=line,
                alpha=alpha,
                zorder=order,
            )
        )
    many = len(homes) > 80
    for several, marker, colour in ((False, "o", "#1a1a1a"), (True, "s", "#000000")):
        spots = [place[p] for p in sorted(homes) if (len(homes[p]) > 1) == several]
        if spots:
            xs, ys = np.array(spots).T
            ax.scatter(
                xs,
                ys,
                s=(14 if many else 30) * (1.5 if several else 1),
                marker=marker,
                c="white" if several else colour,
                edgecolors=colour,
                linewidths=1.2,
                zorder=3,
            )
    _frame(ax, np.array(list(place.values())), needs)
    _legend(ax, bool(inside), bool(outside), any(len(home) > 1 for home in homes.values()), lang)
    return ax


def _draw_shapes(
    ax: Axes, groups: dict[str, list[str]], place: dict[str, np.ndarray], names: dict[str, str]
) -> list[tuple[float, float, float]]:
    """Draw the groups' shapes and names.

    Returns, for each name: where it hangs (x of the data), how far it reaches from there (inches),
    and to which side (0 where it is centred).
    """
    every = np.array(list(place.values()))
    reach = float(np.ptp(every, axis=0).max()) or 1.0
    middle = every.mean(axis=0)
    outlines = {
        group: _outline(np.array([place[person] for person in people]), 0.035 * reach)
        for group, people in groups.items()
    }
    taken = [Path(outline, closed=True) for outline in outlines.values()]
    needs: list[tuple[float, float, float]] = []
    for index, (group, people) in enumerate(groups.items()):
        outline = outlines[group]
        colour = _HUES[index % len(_HUES)]
        for face, edge_colour, look in (
            (colour, "none", {"alpha": 0.16, "zorder": 1}),
            ("none", colour, {"linewidth": 1.6, "zorder": 1.2}),
        ):
            ax.add_patch(
                Polygon(outline, facecolor=face, edgecolor=edge_colour, closed=True, **look)
            )
        label = f"{printable(names.get(group, group), 18)} ({len(people)})"
        width = sum(0.14 if ord(letter) > 0x2E80 else 0.08 for letter in label) + 0.15
        side, edge, box = _side(outline, middle, width, reach / _DRAWN, taken)
        taken.append(Path(box.corners()[[0, 1, 3, 2, 0]]))
        needs.append((float(edge[0]), width + 0.17 if side[0] else width / 2, float(side[0])))
        ax.annotate(
            label,
            (float(edge[0]), float(edge[1])),
            xytext=(12.0 * side[0], 12.0 * side[1]),
            textcoords="offset points",
            ha=("left" if side[0] > 0 else "right") if side[0] else "center",
            va="center" if side[0] else "bottom" if side[1] > 0 else "top",
            fontsize=9,
            color="#1a1a1a",
            fontweight="bold",
            zorder=4,
            bbox={"facecolor": "white", "edgecolor": colour, "pad": 2.0, "linewidth": 0.8},
        )
    return needs


def _side(
    outline: np.ndarray, middle: np.ndarray, width: float, inch: float, taken: Sequence[Path]
) -> tuple[tuple[int, int], np.ndarray, Bbox]:
    """Choose where a name hangs: outwards, unless it would lie on a shape or another name there.

    ``width`` is that of the name, inches; ``inch`` is one in units of the data. Gives the side, the
    point of the outline there, and the box of the name.
    """
    way = outline.mean(axis=0) - middle
    way = way / np.hypot(*way) if np.hypot(*way) > 0.3 * inch else np.array([0.0, 1.0])
    beside = (int(np.sign(way[0])) or 1, 0)
    along = (0, int(np.sign(way[1])) or 1)
    first, second = (beside, along) if abs(way[0]) > 0.8 else (along, beside)
    half = np.array([width, 0.26]) / 2 * inch
    choices = []
    for rank, side in enumerate((first, second, (-second[0], -second[1]), (-first[0], -first[1]))):
        depth = outline @ np.array(side)
        ends = np.flatnonzero(depth >= depth.max() - 0.1 * inch)
        for edge in outline[ends[np.argsort(-depth[ends], kind="stable")]]:
            centre = edge + np.array(side) * (half + 12 / 72 * inch)
            box = Bbox([centre - half, centre + half])
            hit = sum(shape.intersects_bbox(box) for shape in taken)
            choices.append((hit, rank, side, edge, box))
    return min(choices, key=lambda choice: choice[:2])[2:]


def _frame(ax: Axes, points: np.ndarray, needs: Sequence[tuple[float, float, float]]) -> None:
    """Leave room around the points for outlines and names, in the shape of the figure."""
    figure = ax.get_figure(root=True)
    inches = (7.0, 5.6) if figure is None else figure.get_size_inches()
    box = ax.get_position(original=True)
    width, height = 0.95 * inches[0], 0.84 * inches[1]  # what a constrained layout leaves
    if figure is None or figure.get_layout_engine() is None:
        width, height = inches[0] * box.width, inches[1] * box.height
    low, high = points.min(axis=0), points.max(axis=0)
    lefts = [(low[0], 0.3), *((x, reach) for x, reach, side in needs if side <= 0)]
    rights = [(high[0], 0.3), *((x, reach) for x, reach, side in needs if side >= 0)]
    span = max(
        (b - a) / (1 - min(0.8, (before + after) / width))
        for a, before in lefts
        for b, after in rights
    )
    tall = (high[1] - low[1]) / (1 - 1.2 / height)  # an outline and a name at either end
    span = max(span, tall * width / height, 1e-3)
    left = min(a - before * span / width for a, before in lefts)
    right = max(b + after * span / width for b, after in rights)
    middle = ((left + right) / 2, (low[1] + high[1]) / 2)
    ax.set_xlim(middle[0] - span / 2, middle[0] + span / 2)
    ax.set_ylim(middle[1] - span * height / width / 2, middle[1] + span * height / width / 2)


def _legend(ax: Axes, inside: bool, across: bool, several: bool, lang: str) -> None:
    dot: dict[str, Any] = {"linestyle": "none", "markersize": 6}
    handles = [Line2D([], [], marker="o", color="#1a1a1a", label=_WORDS["person"].get(lang), **dot)]
    if inside:
        words = _WORDS["inside"].get(lang)
        handles.append(Line2D([], [], color="#3a3a3a", linewidth=1.2, label=words))
    if several:
        handles.append(
            Line2D(
                [],
                [],
                marker="s",
                color="black",
                markerfacecolor="white",
                label=_WORDS["bridge"].get(lang),
                **dot,
            )
        )
    if across:
        handles.append(
            Line2D([], [], color="#9a9a9a", linestyle="--", label=_WORDS["outside"].get(lang))
        )
    columns = len(handles) if len(handles) < 4 else 2
    ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=columns)
