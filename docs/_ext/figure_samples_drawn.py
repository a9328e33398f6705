"""What the gallery draws with each function of ``smallnet.figures``: the embedded data set."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from figure_samples_studies import STUDY_SAMPLES

import smallnet as sn
from smallnet.figures import (
    draw_groups,
    group_drawing_data,
    plot_final_sizes,
    plot_forest,
    plot_group_map,
    plot_reach_by_size,
    plot_sizes,
    plot_spread_curve,
)

__all__ = ["SAMPLES"]

CAMPAIGN = Path(__file__).parents[2] / "data" / "campaign"
QUICK_CLAIMS = ("S01", "S03", "S13", "S14")  # answered in a moment


@cache
def _dataset() -> Any:
    return sn.open_dataset(CAMPAIGN)


@cache
def _groups() -> Any:
    choices = _dataset().study.to_choices()
    return sn.scorecard(sn.group_table(_dataset(), choices), choices)


@cache
def _results() -> Any:
    settings = {"hypotheses": list(QUICK_CLAIMS), "replicates": 199}
    return sn.run_study(CAMPAIGN, settings=settings).results


@cache
def _drawing() -> Any:
    import pandas as pd

    found = group_drawing_data(_dataset())
    return pd.DataFrame(found["members"]), pd.DataFrame(found["ties"])


@cache
def _start() -> Any:
    from smallnet.simulations.spreading import Population, ShareInGroups

    population = Population.from_dataset(_dataset())
    model = ShareInGroups(shares=2, acceptance=0.08, attention=0.5)
    return population, model, list(population.people[:5])


@cache
def _spread() -> Any:
    population, model, seeds = _start()
    return model.simulate(population, seeds, rng=np.random.default_rng(1), replicates=300)


@cache
def _reach() -> Any:
    from smallnet.spreading import reach_by_size

    return reach_by_size(*_start())


SAMPLES: dict[str, tuple[Callable[[str], Any], str]] = {
    "plot_forest": (
        lambda lang: plot_forest(_results(), lang=lang),
        "plot_forest(sn.run_study(folder).results)",
    ),
    "plot_group_map": (
        lambda lang: plot_group_map(_groups(), lang=lang),
        "plot_group_map(sn.scorecard(sn.group_table(dataset, choices), choices))",
    ),
    "plot_sizes": (
        lambda lang: plot_sizes(_groups()["size"], lang=lang),
        'plot_sizes(groups["size"])',
    ),
    "draw_groups": (
        lambda lang: draw_groups(*_drawing(), lang=lang),
        "draw_groups(members, ties)",
    ),
    "plot_spread_curve": (
        lambda lang: plot_spread_curve(_spread().curve(), replicates=300, lang=lang),
        "plot_spread_curve(spread.curve(), replicates=300)",
    ),
    "plot_final_sizes": (
        lambda lang: plot_final_sizes(_spread().final_sizes, lang=lang),
        "plot_final_sizes(spread.final_sizes)",
    ),
    "plot_reach_by_size": (
        lambda lang: plot_reach_by_size(_reach(), lang=lang),
        "plot_reach_by_size(reach)",
    ),
} | STUDY_SAMPLES
"""From the name of a function to how it is drawn and how it is called."""
