"""Worlds for B04: leaders of the first half recruit in the second at a known rate ratio.

In every world a few lead by far in the first half; in some groups all recruit more than in others,
and people come and go.
"""

import numpy as np
import pandas as pd

from smallnet.hypotheses.planted.plan import Planted
from smallnet.tables import Dataset

__all__ = ["DAYS", "PLANTED", "START", "STUDY", "draw", "draw_frames"]

START, DAYS = pd.Timestamp("2024-01-01"), 90.0
LEADER = 5  # recruits in the first half
STUDY = {
    "name": "connectors",
    "observed_from": START.to_pydatetime(),
    "observed_until": (START + pd.Timedelta(days=DAYS)).to_pydatetime(),
    "coverage": {"leaving": True, "joining": True},
}


def draw_frames(
    rng: np.random.Generator,
    ratio: float,
    *,
    groups: int = 30,
    members: int = 50,
    rate: float = 0.006,
    fresh: float = 1.0,
) -> dict[str, pd.DataFrame]:
    """Draw the tables: ``members`` of each group from before, who recruit ``rate`` a day.

    In the second half one in twenty, whoever they are, recruits ``fresh`` times as fast.
    """
    middle = DAYS / 2
    growth = rng.normal(0, 0.5, groups)
    old = np.repeat(np.arange(groups), members)
    until = rng.exponential(200, old.size).clip(max=DAYS + 1)
    lead = np.where(rng.random(old.size) < 0.05, 50.0, 1.0)  # of the first half alone
    there = np.minimum(until, middle)
    early = rng.poisson(0.5 * rate * np.exp(growth[old]) * lead * there)
    whom = np.repeat(np.arange(old.size), early)
    joined = rng.random(whom.size) * there[whom]
    person = np.arange(old.size + whom.size)
    group = np.r_[old, old[whom]]
    start = np.r_[np.zeros(old.size), joined]
    end = np.r_[until, joined + rng.exponential(200, whom.size)].clip(max=DAYS + 1)
    led = np.r_[early, np.zeros(whom.size)] >= LEADER
    late_there = np.maximum(np.minimum(end, DAYS) - middle, 0)
    now = np.where(rng.random(person.size) < 0.05, fresh, 1.0) / (0.95 + 0.05 * fresh)
    late = rng.poisson(rate * np.exp(growth[group]) * np.where(led, ratio, 1.0) * now * late_there)
    again = np.repeat(person, late)
    came = middle + rng.random(again.size) * late_there[again]
    names = np.array([f"p{i:05d}" for i in range(person.size + again.size)])
    begin = np.r_[start, came]
    stop = np.r_[end, came + rng.exponential(200, again.size)]
    inviter = np.r_[np.full(old.size, -1), whom, again]
    stays = pd.DataFrame(
        {
            "group": np.array([f"g{g:02d}" for g in range(groups)])[np.r_[group, group[again]]],
            "person": names,
            "joined_at": START + pd.to_timedelta((begin * 86400).astype(int), unit="s"),
            "left_at": START + pd.to_timedelta((stop * 86400).astype(int) + 1, unit="s"),
            "invited_by": names[inviter],
        }
    )
    stays.loc[inviter < 0, ["joined_at", "invited_by"]] = None
    stays.loc[stop >= DAYS, "left_at"] = pd.NaT
    return {"memberships": stays}


def draw(
    effect: float, *, groups: int, people: int, rng: np.random.Generator
) -> tuple[Dataset, float]:
    """Draw a world in which leaders recruit ``effect`` times as fast as others afterwards."""
    frames = draw_frames(rng, effect, groups=groups, members=max(people // groups, 1))
    return Dataset.from_frames(frames, STUDY), effect


PLANTED = Planted(claim="B04", draw=draw, null=1.0, effects=(2.0, 4.0), groups=30, people=1500)
