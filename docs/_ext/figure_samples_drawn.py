"""What the gallery draws with each function of ``smallnet.figures``: the embedded data set."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from figure_samples_studies import CAMPAIGN, STUDY_SAMPLES, campaign

import smallnet as sn
from smallnet.figures import (
    draw_groups,
    group_drawing_data,
    plot_across,
    plot_attention,
    plot_calibration,
    plot_final_sizes,
    plot_forest,
    plot_group_map,
    plot_reach_by_size,
    plot_size_thresholds,
    plot_sizes,
    plot_spread_curve,
)
from smallnet.hypotheses.calibrated import shipped_table

__all__ = ["SAMPLES"]

QUICK_CLAIMS = ("S01", "S03", "S13", "S14")  # answered in a moment


@cache
def _groups() -> Any:
    choices = campaign().study.to_choices()
    return sn.scorecard(sn.group_table(campaign(), choices), choices)


@cache
def _results() -> Any:
    settings = {"hypotheses": list(QUICK_CLAIMS), "replicates": 199}
    return sn.run_study(CAMPAIGN, settings=settings).results


@cache
def _drawing() -> Any:
    import pandas as pd

    found = group_drawing_data(campaign())
    return pd.DataFrame(found["members"]), pd.DataFrame(found["ties"])


@cache
def _start() -> Any:
    from smallnet.simulations.spreading import Population, ShareInGroups

    population = Population.from_dataset(campaign())
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


@cache
def _across() -> Any:
    """Two claims on three small worlds in which their effects were planted."""
    from smallnet.hypotheses import load_claim
    from smallnet.hypotheses.across import Studied, compare_studies
    from smallnet.hypotheses.planted import load_planted
    from smallnet.tables import Choices

    choices, studies = Choices(replicates=199), []
    for name, rng in zip(("one", "two", "three"), np.random.default_rng(1).spawn(3), strict=True):
        results = []
        for claim in ("S03", "S16"):
            plan = load_planted(claim)
            size = {"groups": plan.groups, "people": plan.people}
            world, _truth = plan.draw(plan.effects[0], **size, rng=rng)
            results.append(load_claim(claim).test(world, choices, rng=rng))
        studies.append(Studied(name=name, results=tuple(results)))
    return compare_studies(studies)


@cache
def _thresholds() -> Any:
    from smallnet.simulations.theory import equal_contacts_threshold

    sizes = (2, 3, 5, 7, 13)
    return {
        nu: {size: float(equal_contacts_threshold(size, nu)) for size in sizes}
        for nu in (0.5, 1.0, 1.5)
    }


def _attention() -> Any:
    """Chance per tie at which one passes it to one other, everybody in so many groups of a size."""
    seen = np.linspace(0.1, 1.0, 19)
    return {
        (groups, size): [(float(a), float(1 / (a * groups * (size - 1)))) for a in seen]
        for groups, size in ((2, 10), (4, 10), (2, 50))
    }


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
    "plot_across": (
        lambda lang: plot_across(_across(), lang=lang),
        "plot_across(compare_studies(studies))",
    ),
    "plot_calibration": (
        lambda lang: plot_calibration(shipped_table(), lang=lang),
        "plot_calibration(shipped_table())",
    ),
    "plot_size_thresholds": (
        lambda lang: plot_size_thresholds(_thresholds(), lang=lang),
        "plot_size_thresholds({nu: {size: equal_contacts_threshold(size, nu)}})",
    ),
    "plot_attention": (
        lambda lang: plot_attention(_attention(), lang=lang),
        "plot_attention(curves)",
    ),
} | STUDY_SAMPLES
"""From the name of a function to how it is drawn and how it is called."""
