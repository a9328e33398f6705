"""A few figures look as they did: baseline images, drawn small, of marks without words.

Words are left out, and so is the layout that makes room for them: letters differ between builds of
FreeType by more than a wrong colour does. What the words say is asked in the other tests.

``pytest --mpl-generate-path=tests/figures/baseline tests/figures/test_images.py`` draws them anew,
to be looked at before they are kept.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from figure_samples import sample_groups, sample_results
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.legend import Legend
from matplotlib.text import Text

from smallnet.figures import (
    house_style,
    plot_forest,
    plot_group_map,
    plot_null,
    plot_sizes,
    plot_spread_curve,
)

BASELINE = Path(__file__).with_name("baseline")
TOLERANCE = 2.0  # root mean square of 0-255; without words FreeType makes no difference
LOOK = {
    "baseline_dir": str(BASELINE.name),
    "tolerance": TOLERANCE,
    "savefig_kwargs": {"dpi": 50},
    "style": {},
}


def drawn(plot, *arguments, **options):
    with house_style():
        figure = plot(*arguments, **options).figure
        figure.set_layout_engine("none")
        FigureCanvasAgg(figure).draw()  # ticks are there from now on
        for words in figure.findobj(lambda artist: isinstance(artist, Text | Legend)):
            words.set_visible(False)
        return figure


@pytest.mark.mpl_image_compare(**LOOK)
def test_the_overview_looks_as_it_did():
    return drawn(plot_forest, sample_results())


@pytest.mark.mpl_image_compare(**LOOK)
def test_sizes_look_as_they_did():
    return drawn(plot_sizes, sample_groups(hostile=False)["size"])


@pytest.mark.mpl_image_compare(**LOOK)
def test_the_group_map_looks_as_it_did():
    return drawn(plot_group_map, sample_groups(hostile=False))


@pytest.mark.mpl_image_compare(**LOOK)
def test_a_spread_curve_looks_as_it_did():
    return drawn(plot_spread_curve, curve(), replicates=300)


@pytest.mark.mpl_image_compare(**LOOK)
def test_a_null_looks_as_it_did():
    return drawn(plot_null, np.random.default_rng(1).normal(0, 0.1, 400), 0.35, without=0.0)


def curve(speed=0.9):
    time = np.arange(20.0)
    mean = 100 / (1 + np.exp(-(time - 8) * speed))
    return pd.DataFrame({"time": time, "mean": mean, "low": 0.8 * mean, "high": 1.15 * mean})


def test_images_are_compared_whenever_tests_run(request):
    assert request.config.getoption("--mpl")
    assert len(list(BASELINE.glob("*.png"))) == 5
