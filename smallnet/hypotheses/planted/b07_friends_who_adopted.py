"""Worlds for B07: alike people name each other, and adopt after each other or do not."""

import numpy as np
import pandas as pd

from smallnet.hypotheses.planted.plan import Planted
from smallnet.tables import Dataset
from smallnet.tables.study_file import Study

__all__ = ["PLANTED"]

PERIODS, NAMED, START = 12, 4, pd.Timestamp("2020-01-01")


def draw(
    effect: float, *, groups: int, people: int, rng: np.random.Generator
) -> tuple[Dataset, float]:
    """Draw villages in which ``effect`` is the log-odds per log-unit of alters who adopted.

    Those who would never adopt are alike and name each other; speeds differ by village. Neither
    is influence. Without effect the truth is 1; with one, what exchanging moments leaves of it has
    no closed form, and the truth is unknown.
    """
    group = np.sort(rng.integers(0, groups, people))
    trait = rng.normal(size=people)
    likely = rng.random(people) < 1 / (1 + np.exp(-1.5 * trait))
    speed = rng.normal(-2.2, 0.4, groups)[group]
    pull = -np.abs(trait[:, None] - trait[None, :]) + rng.gumbel(size=(people, people))
    pull[(group[:, None] != group[None, :]) | np.eye(people, dtype=bool)] = -np.inf
    named = np.argsort(-pull, axis=1)[:, :NAMED]
    ego = np.repeat(np.arange(people), NAMED)
    kept = np.isfinite(pull[ego, named.ravel()])
    ego, alter = ego[kept], named.ravel()[kept]
    adopted = np.full(people, PERIODS)
    for t in range(PERIODS):
        earlier = np.bincount(ego, adopted[alter] < t, people)
        chance = 1 / (1 + np.exp(-(speed + effect * np.log1p(earlier))))
        adopted[(adopted == PERIODS) & likely & (rng.random(people) < chance)] = t
    who = np.flatnonzero(adopted < PERIODS)
    day = pd.to_timedelta(adopted[who] * 7 + 3.5, unit="D")
    frames = {
        "memberships": pd.DataFrame({"group": group, "person": np.arange(people)}),
        "ties": pd.DataFrame({"source": ego, "target": alter, "layer": "advice"}),
        "adoptions": pd.DataFrame({"person": who, "item": "seed", "adopted_at": START + day}),
    }
    study = Study(
        name="villages",
        observed_from=START.to_pydatetime(),
        observed_until=(START + pd.Timedelta(days=7 * PERIODS)).to_pydatetime(),
        time_resolution="1w",
        coverage={"lurkers": True},
    )
    return Dataset.from_frames(frames, study), 1.0 if effect == 0 else float("nan")


PLANTED = Planted(claim="B07", draw=draw, null=0.0, effects=(1.0, 2.0), groups=12, people=400)
