"""What the gallery draws with the figures of the studies: the embedded data set, or a made one."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import smallnet as sn
from smallnet.figures import (
    plot_against_size,
    plot_inside_by_time,
    plot_mixing,
    plot_null,
    plot_overlap,
    plot_same_people,
    plot_specifications,
    plot_survival,
)
from smallnet.hypotheses.methods.multiverse import FORKS, size_rate_multiverse
from smallnet.hypotheses.methods.permutation import permutation_test
from smallnet.hypotheses.methods.same_people import membership_rates, same_people
from smallnet.hypotheses.methods.survival import kaplan_meier
from smallnet.measures import activity_spans, group_mixing, group_table, overlap_by_strength
from smallnet.networks import Membership, Network, build_interaction
from smallnet.tables import Text

__all__ = ["CAMPAIGN", "STUDY_SAMPLES", "campaign"]

CAMPAIGN = Path(__file__).parents[2] / "data" / "campaign"
EACH = Text("messages per member and day", "每成员每日消息数")


@cache
def campaign() -> Any:
    """Open the embedded data set."""
    return sn.open_dataset(CAMPAIGN)


@cache
def _groups() -> Any:
    return group_table(campaign())


@cache
def _null() -> Any:
    groups = _groups().dropna(subset=["messages_per_member_day"])
    rate = groups["messages_per_member_day"].rank().to_numpy(float)
    size = groups["size"].rank().to_numpy(float)
    rng = np.random.default_rng(1)
    return permutation_test(
        lambda x: float(np.corrcoef(x, rate)[0, 1]), size, permutations=499, rng=rng
    )


@cache
def _mixing() -> Any:
    """Four classes of 25 whose members mostly meet their own."""
    rng = np.random.default_rng(2)
    people = [f"p{i}" for i in range(100)]
    one, other = np.triu_indices(100, k=1)
    rate = np.where(one // 25 == other // 25, 2.0, np.where(one // 50 == other // 50, 0.2, 0.03))
    met = rng.poisson(rate)
    network = Network.from_ends(
        one[met > 0],
        other[met > 0],
        met[met > 0].astype(float),
        people,
        directed=False,
        weight="contacts",
        made_by="chance",
    )
    rows = pd.DataFrame({"group": [f"class {i // 25 + 1}" for i in range(100)], "person": people})
    return group_mixing(network, Membership.from_frame(rows))


@cache
def _day() -> Any:
    hour = np.arange(8, 16, 0.25)
    free = np.isin(hour, [10.0, 12.0, 12.25, 12.5, 12.75])
    share = np.where(free, 0.8, 0.99) - 0.01 * np.random.default_rng(3).random(hour.size)
    return pd.DataFrame({"hour": hour, "acts": np.where(free, 900, 400), "share": share})


@cache
def _lives() -> Any:
    spans = activity_spans(campaign(), "sender", first_days=7.0)
    spans = spans[spans["span_days"] > 0]
    early = np.where(spans["early_acts"] > spans["early_acts"].median(), "many", "few")
    return {
        f"{name} messages in the first week": kaplan_meier(
            rows["span_days"], rows["silent_days"] >= 7
        )
        for name, rows in spans.groupby(early)
    }


@cache
def _people() -> Any:
    return same_people(membership_rates(campaign(), "watch"), small_group=20).table


@cache
def _readings() -> Any:
    return size_rate_multiverse(campaign(), periods=(7.0, None), rng=np.random.default_rng(4))


STUDY_SAMPLES: dict[str, tuple[Callable[[str], Any], str]] = {
    "plot_against_size": (
        lambda lang: plot_against_size(
            _groups()["size"],
            _groups()["messages_per_member_day"],
            log=True,
            small_group=30,
            value=EACH,
            lang=lang,
        ),
        'plot_against_size(groups["size"], groups["messages_per_member_day"], log=True)',
    ),
    "plot_null": (
        lambda lang: plot_null(
            _null().drawn,
            _null().statistic,
            statistic=Text("rank correlation of size and rate", "规模与发言率的秩相关"),
            lang=lang,
        ),
        "plot_null(test.drawn, test.statistic)",
    ),
    "plot_mixing": (
        lambda lang: plot_mixing(_mixing(), lang=lang),
        "plot_mixing(group_mixing(network, membership))",
    ),
    "plot_inside_by_time": (
        lambda lang: plot_inside_by_time(_day(), all_pairs=0.24, lang=lang),
        "plot_inside_by_time(inside_by_time(dataset))",
    ),
    "plot_overlap": (
        lambda lang: plot_overlap(overlap_by_strength(build_interaction(campaign())), lang=lang),
        "plot_overlap(overlap_by_strength(network))",
    ),
    "plot_survival": (
        lambda lang: plot_survival(_lives(), lang=lang),
        'plot_survival({"few": kaplan_meier(days, gone), "many": …})',
    ),
    "plot_same_people": (
        lambda lang: plot_same_people(_people(), lang=lang),
        "plot_same_people(same_people(membership_rates(dataset)).table)",
    ),
    "plot_specifications": (
        lambda lang: plot_specifications(_readings(), FORKS, lang=lang),
        "plot_specifications(size_rate_multiverse(dataset, rng=rng), FORKS)",
    ),
}
"""From the name of a function to how it is drawn and how it is called."""
