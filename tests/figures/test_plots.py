import dataclasses
import itertools

import matplotlib.pyplot
import numpy as np
import pandas as pd
import pytest
from figure_samples import HOSTILE, sample_drawing, sample_groups, sample_results
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.text import Text

from smallnet.errors import InputError
from smallnet.figures import (
    VERDICTS,
    draw_groups,
    find_cjk_font,
    house_style,
    plot_forest,
    plot_group_map,
    plot_sizes,
    verdict_look,
)
from smallnet.figures.group_map import count_criteria
from smallnet.hypotheses import VERDICTS as ALL_VERDICTS


def texts(ax):
    return " ".join(artist.get_text() for artist in ax.figure.findobj(Text) if artist.get_visible())


def render(ax):
    FigureCanvasAgg(ax.figure).draw()
    return ax


def inked(ax, artist):
    """Where a text stands on the canvas, pixels."""
    return artist.get_window_extent(FigureCanvasAgg(ax.figure).get_renderer())


PLOTS = {
    "forest": lambda ax, lang: plot_forest(sample_results(), ax, lang=lang),
    "sizes": lambda ax, lang: plot_sizes(sample_groups()["size"], ax, lang=lang),
    "map": lambda ax, lang: plot_group_map(sample_groups(), ax, lang=lang),
    "drawing": lambda ax, lang: draw_groups(
        pd.DataFrame(sample_drawing()["members"]),
        pd.DataFrame(sample_drawing()["ties"]),
        ax,
        lang=lang,
    ),
}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("plot", PLOTS)
def test_a_plot_gives_back_the_axes_it_was_given(plot, lang):
    with house_style(lang) as shown:
        ax = Figure(figsize=(7, 5)).add_subplot()
        assert PLOTS[plot](ax, shown) is ax
        render(ax)  # a missing glyph or a broken layout would warn, which is an error here


@pytest.mark.skipif(find_cjk_font() is None, reason="no font has Chinese characters")
@pytest.mark.parametrize("plot", PLOTS)
def test_a_chinese_plot_has_chinese_labels(plot):
    with house_style("zh") as shown:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in texts(PLOTS[plot](None, shown)))


@pytest.mark.parametrize("plot", PLOTS)
def test_no_words_are_cut_off_at_the_edge(plot):
    with house_style():
        ax = render(PLOTS[plot](None, "en"))
        width, height = ax.figure.canvas.get_width_height()
        for artist in ax.figure.findobj(Text):
            if artist.get_text().strip() and artist.get_visible():
                box = inked(ax, artist)
                assert box.x0 > -2, artist
                assert box.y0 > -2, artist
                assert box.x1 < width + 2, artist
                assert box.y1 < height + 2, artist


def test_every_verdict_has_a_shape_of_its_own_and_a_word_in_both_languages():
    assert tuple(VERDICTS) == ALL_VERDICTS
    assert len({(look.marker, look.filled) for look in VERDICTS.values()}) == len(VERDICTS)
    assert all(look.word.en != look.word.zh for look in VERDICTS.values())
    assert verdict_look("something new").word.en == "something new"


def contrast(colour):
    """Contrast with white after WCAG 2.1."""
    rgb = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return 1.05 / (float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05)


@pytest.mark.parametrize("verdict", ALL_VERDICTS)
def test_the_words_of_a_verdict_can_be_read_on_white(verdict):
    assert contrast(VERDICTS[verdict].colour) >= 4.5  # WCAG 2.1, level AA


def test_the_forest_has_a_panel_a_scale_and_a_row_a_claim():
    with house_style():
        ax = plot_forest(sample_results())
    titles = [panel.get_title(loc="left") for panel in ax.child_axes]
    assert titles == [
        "Ratios (1 = no difference)",
        "Shares, 0 to 1",
        "Groups per person",
        "No number",
    ]
    assert [panel.get_xscale() for panel in ax.child_axes[:3]] == ["log", "linear", "linear"]
    words = texts(ax)
    assert all(result.id in words for result in sample_results())


def test_claims_on_scales_of_their_own_have_a_panel_and_a_null_each():
    gain, cost = (
        dataclasses.replace(
            sample_results()[2], id=name, effect=effect, estimate=0.1, ci_low=-0.1, ci_high=0.3
        )
        for name, effect in (("S12", "gain in AUC"), ("S24", "purchases per unit of cost"))
    )
    with house_style():
        ax = plot_forest([gain, cost])
    titles = [panel.get_title(loc="left") for panel in ax.child_axes]
    assert titles == ["Gain in AUC", "Purchases per unit of cost"]
    for panel in ax.child_axes:
        assert any(list(line.get_xdata()) == [0.0, 0.0] for line in panel.lines)


def test_an_interval_beyond_the_axis_ends_in_an_arrow():
    wide = [
        dataclasses.replace(sample_results()[2], ci_low=1e-9, ci_high=1e9),
        sample_results()[8],
    ]
    with house_style():
        ax = plot_forest(wide)
    panel = ax.child_axes[0]
    assert {"<", ">"} <= {line.get_marker() for line in panel.lines}
    low, high = panel.get_xlim()
    assert low > 1e-3
    assert high < 1e3


def test_the_forest_stands_unknown_and_strange_numbers():
    base = sample_results()[2]
    strange = [
        dataclasses.replace(base, estimate=1.0, ci_low=None, ci_high=None),
        dataclasses.replace(base, estimate=2.0, ci_low=0.0, ci_high=None),
        dataclasses.replace(base, id="S99", effect="a new number", estimate=-4.0, ci_low=-5.0),
        dataclasses.replace(base, estimate=float("nan")),
    ]
    with house_style():
        for chosen in ([result] for result in strange):
            render(plot_forest(chosen))
        render(plot_forest(strange))
        render(plot_forest([]))


def test_both_weightings_of_size_are_told():
    # half 10s and half 200s: mean 105, but a person meets E[n^2]/E[n] = 190.95 (hypotheses.md, T9)
    with house_style():
        ax = plot_sizes([10] * 50 + [200] * 50)
    words = texts(ax)
    assert "mean size 105" in words
    assert "mean size 191" in words
    assert "50% of groups, 5% of memberships" in words


def test_the_curve_of_sizes_is_a_distribution_function():
    with house_style():
        ax = plot_sizes([3, 5, 5, np.nan, 40])
    for line in ax.lines[:2]:
        y = np.asarray(line.get_ydata())
        assert y[0] == 0
        assert y[-1] == pytest.approx(1)
        assert (np.diff(y) >= 0).all()


@pytest.mark.parametrize("sizes", [[], [np.nan], [1], [30, 30], [2, 1_000_000]])
def test_any_sizes_can_be_drawn(sizes):
    with house_style():
        render(plot_sizes(sizes))


def test_silent_groups_are_on_the_map_too():
    table = pd.DataFrame({"group": list("abc"), "size": [5, 50, 500]})
    table["messages_per_member_day"] = [0.0, 0.5, 0.01]
    with house_style():
        ax = plot_group_map(table)
        render(ax)
    points = np.vstack(
        [np.asarray(c.get_offsets()) for c in ax.collections if len(c.get_offsets())]
    )
    assert len(points) == 3
    assert (points[:, 1] > 0).all()
    assert "silent" in [tick.get_text() for tick in ax.get_yticklabels()]


def test_the_slope_of_the_guide_is_that_of_division_by_heads():
    with house_style():
        ax = plot_group_map(sample_groups())
    guide = next(line for line in ax.lines if line.get_label().startswith("same total"))
    x, y = (np.asarray(values, dtype=float) for values in guide.get_data())
    assert np.diff(np.log(y)) / np.diff(np.log(x)) == pytest.approx(-1)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"group": []}),
        pd.DataFrame({"group": ["a"], "size": [None], "messages_per_member_day": [None]}),
        pd.DataFrame({"group": ["a"], "size": [4], "messages_per_member_day": [0.0]}),
    ],
)
def test_a_map_without_points_says_so_or_stands(table):
    with house_style():
        assert texts(render(plot_group_map(table)))


def test_thousands_of_groups_do_not_make_a_huge_file(tmp_path):
    from smallnet.figures import save_figure

    with house_style():
        path = save_figure(plot_group_map(sample_groups(rows=6000)), tmp_path, "map")
    assert path.stat().st_size < 500_000


def drawing(**changes):
    frames = {name: pd.DataFrame(rows) for name, rows in sample_drawing().items()} | changes
    with house_style():
        return draw_groups(frames["members"], frames["ties"])


def positions(ax):
    return np.vstack(
        [np.asarray(c.get_offsets()) for c in ax.collections if len(c.get_offsets()) > 1]
    )


def test_the_same_seed_gives_the_same_drawing():
    np.testing.assert_array_equal(positions(drawing()), positions(drawing()))


def test_everybody_is_drawn_once_and_every_group_has_a_name():
    ax = drawing()
    rows = pd.DataFrame(sample_drawing()["members"])
    spots = sum(len(c.get_offsets()) for c in ax.collections if hasattr(c, "get_sizes"))
    assert spots >= rows["person"].nunique()
    words = texts(ax)
    assert "tea 茶 (9)" in words
    assert HOSTILE["rtl"] not in words


def test_ties_inside_and_across_groups_look_different():
    from matplotlib.collections import LineCollection

    faint, solid = [c for c in drawing().collections if isinstance(c, LineCollection)]
    assert len(faint.get_segments()) == 2  # p1-p15 and p22-p4
    assert len(solid.get_segments()) == len(sample_drawing()["ties"]) - 2
    assert faint.get_linestyle() != solid.get_linestyle()


def test_a_membership_and_a_network_can_be_drawn():
    networks = pytest.importorskip("smallnet.networks")
    from scipy.sparse import csr_array

    people = np.array(["a", "b", "c"])
    membership = networks.Membership(
        incidence=csr_array(np.array([[1.0, 1, 0], [0, 1, 1]])),
        groups=np.array(["g", "h"]),
        people=people,
    )
    network = networks.Network(
        adjacency=csr_array(np.array([[0.0, 1, 1], [1, 0, 0], [1, 0, 0]])),
        people=people,
        directed=False,
        weight="friends, 0 or 1",
        made_by="by hand",
    )
    with house_style():
        render(draw_groups(membership, network))


@pytest.mark.parametrize("people", [[], ["a"], ["a", "b"]])
def test_tiny_groups_can_be_drawn(people):
    members = pd.DataFrame({"group": ["g"] * len(people), "person": people}, dtype="object")
    render(drawing(members=members, ties=pd.DataFrame({"source": ["a"], "target": ["z"]})))


def test_a_missing_column_is_named():
    with pytest.raises(InputError, match="ties has no column 'target'"):
        drawing(ties=pd.DataFrame({"source": ["a"], "to": ["b"]}))


def test_criteria_are_counted_and_unknown_ones_are_not_failed_ones():
    table = pd.DataFrame(
        {
            "group": list("abc"),
            "small": [True, False, None],
            "acquainted": ["True", "False", None],
            "trusting": [1.0, None, None],
        }
    )
    np.testing.assert_array_equal(count_criteria(table), [3, 0, np.nan])
    np.testing.assert_array_equal(count_criteria(table.assign(criteria_met=[4, 1, 0])), [4, 1, 0])


def test_groups_that_nothing_joins_stand_apart_and_fill_the_figure():
    rows = [("one", f"a{i}") for i in range(20)] + [("two", f"b{i}") for i in range(8)]
    with house_style():
        ax = draw_groups(
            pd.DataFrame(rows, columns=["group", "person"]),
            pd.DataFrame({"source": ["a1"], "target": ["a2"]}),
        )
    spots = next(np.asarray(c.get_offsets()) for c in ax.collections if len(c.get_offsets()) == 28)
    order = sorted(person for _, person in rows)
    first = spots[[person.startswith("a") for person in order]]
    second = spots[[person.startswith("b") for person in order]]
    assert first[:, 0].max() < second[:, 0].min() or second[:, 0].max() < first[:, 0].min()
    assert np.ptp(spots[:, 0]) > 0.4 * np.ptp(ax.get_xlim())


@pytest.mark.parametrize("seed", [14, 19, 27, 35])  # a name hung on a shape in each of these
def test_names_hang_where_no_shape_and_no_other_name_is(seed):
    rng = np.random.default_rng(seed)
    rows = [
        (f"channel number {group}", f"p{person}")
        for group in range(4)
        for person in rng.choice(45, rng.integers(4, 14), replace=False)
    ]
    ties = [(f"p{a}", f"p{b}") for a, b in rng.integers(0, 45, (40, 2))]
    fig, ax = matplotlib.pyplot.subplots(figsize=(7, 5.6), layout="constrained")
    draw_groups(
        pd.DataFrame(rows, columns=["group", "person"]),
        pd.DataFrame(ties, columns=["source", "target"]),
        ax,
    )
    fig.canvas.draw()
    names = [name.get_bbox_patch().get_window_extent() for name in ax.texts]
    shapes = [Path(ax.transData.transform(shape.get_xy())) for shape in ax.patches]
    assert len(names) == 4
    assert not any(shape.intersects_bbox(name) for shape in shapes for name in names)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(names, 2))
    matplotlib.pyplot.close(fig)


def test_a_group_is_called_by_its_name_where_it_has_one():
    members = pd.DataFrame({"group": "g1", "person": list("abcd"), "name": "Tea house"})
    with house_style():
        ax = draw_groups(members, pd.DataFrame({"source": ["a"], "target": ["b"]}))
    assert "Tea house (4)" in texts(ax)
    assert "g1" not in texts(ax)
