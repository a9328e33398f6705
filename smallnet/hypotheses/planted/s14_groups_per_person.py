"""Worlds for S14: people of whom a known share is in fewer than ten groups.

Where one in twenty is in fewer than ten the 5 % quantile is just ten: that is the claim's edge.
"""

import numpy as np
import pandas as pd

from smallnet.hypotheses.planted.plan import Planted
from smallnet.tables import Dataset

__all__ = ["PLANTED", "draw"]

FEWER, ENOUGH, EVERYONE = 9, 10, 0.05


def draw(
    effect: float, *, groups: int, people: int, rng: np.random.Generator
) -> tuple[Dataset, float]:
    """Draw people in nine groups with chance ``effect``, else in ten or more."""
    many = np.minimum(ENOUGH + rng.poisson(2, people), groups)
    counts = np.where(rng.random(people) < effect, FEWER, many)
    first = rng.integers(groups, size=people)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = pd.DataFrame(
        {
            "person": np.repeat([f"p{i:04d}" for i in range(people)], counts),
            "group": [f"g{g:03d}" for g in (np.repeat(first, counts) + place) % groups],
        }
    )
    truth = FEWER if effect >= EVERYONE else ENOUGH
    return Dataset.from_frames({"memberships": rows}), float(truth)


PLANTED = Planted(
    claim="S14",
    draw=draw,
    null=0.049,
    effects=(0.1, 0.2),
    groups=40,
    people=150,
    alarms=("contradicted",),
)
