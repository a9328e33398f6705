"""Figures of the studies: a null, numbers against size."""

import numpy as np
import pandas as pd
import pytest
from figure_checks import in_frame, render, texts
from matplotlib.figure import Figure

from smallnet.errors import InputError
from smallnet.figures import (
    find_cjk_font,
    house_style,
    plot_against_size,
    plot_inside_by_time,
    plot_mixing,
    plot_null,
    plot_overlap,
    plot_same_people,
    plot_specifications,
    plot_survival,
)
from smallnet.hypotheses.methods.survival import kaplan_meier
from smallnet.tables import Text

RNG = np.random.default_rng(1)
DRAWN = RNG.normal(0.7, 0.05, 100)
SIZES, SHARES = RNG.integers(5, 300, 40), RNG.random(40)
NAME = Text(en="a number", zh="一个数")
MIXING = pd.DataFrame([[90, 9, 1], [9, 40, 0], [1, 0, 0]], index=list("abc"), columns=list("abc"))
OVERLAP = pd.DataFrame(
    {
        "weaker": [0.25, 0.75],
        "strength": [1.0, 30.0],
        "overlap": [0.2, 0.4],
        "low": [0.1, 0.3],
        "high": [0.3, 0.5],
        "ties": [10, 10],
    }
)
DAY = pd.DataFrame({"hour": [8.0, 8.25, 9.0], "acts": [100, 80, 20], "share": [0.99, 0.98, 0.8]})
READINGS = pd.DataFrame(
    {
        "clock": ["long_one", "short"] * 2,
        "what": ["acts", "acts", "days", "days"],
        "estimate": [0.6, 0.4, 0.9, np.nan],
        "low": [0.5, 0.3, 0.7, np.nan],
        "high": [0.8, 0.6, 1.2, np.nan],
    }
)
PEOPLE = pd.DataFrame({"small": [3.0, 0.0, 0.5], "large": [0.5, 0.2, 0.0]})
LIVES = {
    "few": kaplan_meier([2, 3, 5, 9], [True, True, True, False]),
    "many": kaplan_meier([4, 8, 9, 9], [True, True, False, False]),
}
PLOTS = {
    "survival": lambda ax, lang: plot_survival(LIVES, ax, since=1.0, log=True, lang=lang),
    "readings": lambda ax, lang: plot_specifications(READINGS, ["clock", "what"], ax, lang=lang),
    "same people": lambda ax, lang: plot_same_people(PEOPLE, ax, lang=lang),
    "mixing": lambda ax, lang: plot_mixing(MIXING, ax, lang=lang),
    "overlap": lambda ax, lang: plot_overlap(OVERLAP, ax, lang=lang),
    "day": lambda ax, lang: plot_inside_by_time(DAY, ax, all_pairs=0.11, lang=lang),
    "null": lambda ax, lang: plot_null(DRAWN, 0.8, ax, statistic=NAME, without=0.0, lang=lang),
    "against size": lambda ax, lang: plot_against_size(
        SIZES,
        SHARES,
        ax,
        label=NAME,
        value=NAME,
        low=SHARES - 0.1,
        high=SHARES + 0.1,
        small_group=30,
        lang=lang,
    ),
}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("plot", PLOTS)
def test_a_plot_gives_back_the_axes_it_was_given(plot, lang):
    with house_style(lang) as shown:
        ax = Figure(figsize=(7, 5)).add_subplot()
        assert PLOTS[plot](ax, shown) is ax
        render(ax)  # a missing glyph would warn, which is an error here


@pytest.mark.skipif(find_cjk_font() is None, reason="no font has Chinese characters")
@pytest.mark.parametrize("plot", PLOTS)
def test_a_chinese_plot_has_chinese_labels(plot):
    with house_style("zh") as shown:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in texts(PLOTS[plot](None, shown)))


@pytest.mark.parametrize("plot", PLOTS)
def test_no_words_are_cut_off_at_the_edge(plot):
    with house_style():
        assert in_frame(PLOTS[plot](None, "en"))


def test_the_bars_of_a_null_are_all_its_draws():
    with house_style():
        ax = plot_null(DRAWN, 0.8)
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(1)
    assert "observed, 0.80" in texts(ax)
    assert "100 draws of the null" in texts(ax)


def test_each_series_against_size_has_a_look_of_its_own_and_all_are_in_the_axes():
    with house_style():
        ax = plot_against_size([5, 10], [0.1, 0.2], label="one")
        plot_against_size([200, 400], [0.5, 0.9], ax, label="two", low=[0.4, 0.8], high=[0.6, 1.0])
        plot_against_size([3, 40], [0.5, 0.9], ax, label="three")
    colours = {h.get_facecolor().tobytes() if hasattr(h, "get_facecolor") else b"bars"
               for h in ax.get_legend_handles_labels()[0]}  # fmt: skip
    assert len(colours) == 3
    low, high = ax.get_xlim()
    assert low < 3
    assert high > 400


def test_groups_with_nothing_stand_on_the_lower_edge_of_a_log_scale():
    with house_style():
        ax = plot_against_size([5, 10, np.nan, 20], [0.0, 0.2, 1.0, 0.4], log=True)
        render(ax)
    (points,) = ax.collections
    assert np.asarray(points.get_offsets())[:, 1].tolist() == [0.1, 0.2, 0.4]


def test_columns_of_unlike_length_are_refused():
    with pytest.raises(InputError, match="one value a group"):
        plot_against_size([1, 2], [1.0])


def test_a_row_of_mixing_is_told_in_shares_of_its_own_sum():
    with house_style():
        ax = plot_mixing(MIXING)
    assert sorted(label.get_text() for label in ax.texts) == sorted(
        ["90%", "9%", "1%", "18%", "82%", "100%"]
    )
    with pytest.raises(InputError, match="2 x 3"):
        plot_mixing(MIXING.iloc[:2])


def test_readings_stand_in_order_and_their_forks_below_them():
    with house_style():
        ax = render(plot_specifications(READINGS, ["clock", "what"]))
    upper, lower = ax.child_axes
    decided, open_ = (line for line in upper.lines if line.get_marker() == "o")
    assert decided.get_xydata().tolist() == [[0, 0.4], [1, 0.6]]
    assert open_.get_xydata().tolist() == [[2, 0.9]]  # its interval holds 1
    ways = [label.get_text() for label in lower.get_yticklabels()]
    taken = {way: line.get_xdata().tolist() for way, line in zip(ways, lower.lines, strict=True)}
    assert taken == {
        "clock: long one": [1, 2],
        "clock: short": [0],
        "what: acts": [0, 1],
        "what: days": [2],
    }
    with pytest.raises(InputError, match="none of 4 readings"):
        plot_specifications(READINGS.assign(estimate=np.nan), ["clock"])


def test_curves_of_survival_start_at_one_where_watching_begins():
    with house_style():
        ax = render(plot_survival(LIVES, since=1.0))
    for line, table in zip(ax.lines, LIVES.values(), strict=True):
        assert line.get_xdata()[0] == 1.0
        assert line.get_ydata().tolist() == [1.0, *table["survival"]]
    with pytest.raises(InputError, match="log scale from above 0"):
        plot_survival(LIVES, log=True)
    with pytest.raises(InputError, match="6 curves"):
        plot_survival(dict.fromkeys("abcdef", LIVES["few"]))
