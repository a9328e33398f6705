"""Figures of spreading: what they leave out, and where they stop."""

import numpy as np
import pandas as pd
import pytest

from smallnet.figures import plot_final_sizes, plot_reach_by_size, plot_spread_curve

REACH = pd.DataFrame(
    {
        "size": [4.0, 20.0, 90.0],
        "n_groups": [5, 3, 1],
        "members": [0.011, 0.009, 0.008],
        "low": [0.008, 0.007, 0.006],
        "high": [0.014, 0.011, 0.010],
        "groups": [0.1, 0.4, 0.9],
    }
)


def curve(mean: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {"time": np.arange(len(mean)), "mean": mean, "low": mean / 2, "high": 2 * mean}
    )


def test_the_row_of_all_later_times_is_no_point_of_the_curve():
    still_going = np.r_[np.arange(1.0, 65.0), 0.0]  # infected; the last row is the end
    ax = plot_spread_curve(curve(still_going), replicates=10)
    assert ax.lines[0].get_ydata().min() == 1.0
    assert ax.get_xlim() == (0.0, 63.0)


def test_the_curve_stops_where_nothing_changes_any_more():
    ax = plot_spread_curve(curve(np.r_[1.0, 2.0, 3.0, np.full(62, 3.0)]), replicates=10)
    assert ax.get_xlim()[1] < 6


@pytest.mark.parametrize("sizes", [[6] * 20, [1] * 20, [3, 4, 5]])
def test_ticks_of_final_sizes_are_whole_people(sizes):
    ax = plot_final_sizes(sizes)
    assert all(tick == round(tick) for tick in ax.get_xticks())
    assert ax.get_xlim()[0] >= -0.5


@pytest.mark.parametrize("what", ["members", "groups"])
def test_a_small_share_reached_fills_the_height(what):
    ax = plot_reach_by_size(REACH, what=what)
    top = {"members": 0.014, "groups": 0.9}[what]
    assert top < ax.get_ylim()[1] < 1.2 * top


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_group_is_said_on_the_axes(lang):
    ax = plot_reach_by_size(REACH.iloc[:0], lang=lang)
    assert len(ax.texts) == 1


def test_units_of_time_are_told_in_chinese():
    ax = plot_spread_curve(curve(np.ones(65)), replicates=3, unit="units of time", lang="zh")
    assert "units" not in ax.get_xlabel()
