"""The figures of the paper: what is promised and what was found stand where they belong."""

import re
import sys
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from smallnet.figures import house_style
from smallnet.figures.across import across_size, plot_across
from smallnet.figures.calibration import plot_calibration
from smallnet.figures.thresholds import plot_attention, plot_size_thresholds
from smallnet.hypotheses.across import compare_studies
from smallnet.hypotheses.calibrated import shipped_table

sys.path.insert(0, str(Path(__file__).parents[1] / "hypotheses"))

from study_samples import found, study

CURVES = {0.5: {2: 0.04, 5: 0.05}, 2.0: {2: 0.04, 5: 0.03}}
ATTENTION = {(2, 10): [(0.5, 0.2), (1.0, 0.06)]}


def claims():
    three = [found("S05", x, verdict="supported") for x in (0.5, 0.6, 0.7)]
    world = study("world", found("S05", 0.4), simulated=True)
    return compare_studies([*(study(f"set {i}", r, found("S14", 2.0 + i))
                              for i, r in enumerate(three)), world])  # fmt: skip


def words(ax):
    return [artist.get_text() for artist in ax.figure.findobj(Text) if artist.get_text()]


def test_ratios_share_an_axis_and_counts_have_their_own():
    with house_style("en") as lang:
        ax = plot_across(claims(), lang=lang)
    ratios, counts = ax.child_axes
    assert ratios.get_xscale() == "log"
    assert counts.get_xscale() == "linear"


def test_a_simulated_set_is_not_drawn_and_a_claim_without_estimate_neither():
    with house_style("en") as lang:
        shown = words(plot_across(claims(), lang=lang))
    assert "set 1" in " ".join(shown)
    assert "world" not in " ".join(shown)
    assert {line.split()[0] for line in shown if re.match(r"[STB]\d\d", line)} == {"S05", "S14"}


def test_the_figure_grows_with_its_rows():
    few = compare_studies([study("a", found("S05", 0.5))])
    assert across_size(claims())[1] > across_size(few)[1]


def test_the_pool_is_a_diamond_as_wide_as_its_interval():
    (pooled,) = next(c for c in claims() if c.id == "S05").pools
    with house_style("en") as lang:
        ax = plot_across(claims(), lang=lang)
    (diamond,) = ax.child_axes[0].patches
    across = diamond.get_xy()[:, 0]
    assert across.min() == pytest.approx(pooled.ci_low)
    assert across.max() == pytest.approx(pooled.ci_high)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_calibration_shows_every_claim_and_what_was_promised(lang):
    with house_style(lang) as shown:
        ax = plot_calibration(shipped_table(), lang=shown)
    alarms, coverage, _ = ax.child_axes
    named = [tick.get_text() for tick in alarms.get_yticklabels()]
    assert set(named) == {row["claim"] for row in shipped_table()}
    assert 0.05 in {line.get_xdata()[0] for line in alarms.lines}
    assert 0.95 in {line.get_xdata()[0] for line in coverage.lines}


def test_thresholds_are_drawn_relative_to_the_smallest_size():
    ax = plot_size_thresholds(CURVES)
    drawn = {line.get_label(): list(line.get_ydata()) for line in ax.lines}
    assert drawn["ν = 0.5"] == pytest.approx([1.0, 1.25])
    assert drawn["ν = 2"] == pytest.approx([1.0, 0.75])


@pytest.mark.parametrize(
    "plot",
    [
        lambda ax: plot_size_thresholds(CURVES, ax=ax),
        lambda ax: plot_attention(ATTENTION, ax=ax),
        lambda ax: plot_calibration(shipped_table(), ax),
        lambda ax: plot_across(claims(), ax),
    ],
)
def test_a_plot_gives_back_the_axes_it_was_given(plot):
    ax = Figure(figsize=(6, 5)).add_subplot()
    assert plot(ax) is ax
