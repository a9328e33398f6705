"""Worlds for S23: invited newcomers who leave by a known hazard ratio.

Groups that leak more take in more by links, and busy weeks bring more of both.
"""

import numpy as np
import pandas as pd

from smallnet.hypotheses.planted.plan import Planted
from smallnet.tables import Dataset

__all__ = ["DAYS", "PLANTED", "START", "STUDY", "draw", "draw_frames"]

START, DAYS = pd.Timestamp("2024-01-01"), 70.0
STUDY = {
    "name": "doors",
    "observed_from": START.to_pydatetime(),
    "observed_until": (START + pd.Timedelta(days=DAYS)).to_pydatetime(),
    "coverage": {"leaving": True, "joining": True},
}


def draw_frames(
    rng: np.random.Generator,
    ratio: float,
    *,
    groups: int = 40,
    joins: int = 30,
    rate: float = 0.04,
) -> dict[str, pd.DataFrame]:
    """Draw the tables: ``joins`` newcomers a group, ``rate`` of leaving a day."""
    leak = np.repeat(rng.normal(0, 0.7, groups), joins)
    group = np.repeat(np.arange(groups), joins)
    joined = rng.uniform(0, 42, group.size)
    busy = np.sin(joined)
    invited = rng.random(group.size) < 1 / (1 + np.exp(1.5 * leak + busy))
    hazard = rate * np.exp(leak + 0.5 * (joined // 7 % 2)) * np.where(invited, ratio, 1.0)
    left = joined + rng.exponential(1 / hazard)
    seconds = (np.stack([joined, np.minimum(left, DAYS + 1)]) * 86400).astype(int)
    stays = pd.DataFrame(
        {
            "group": [f"g{g:02d}" for g in group],
            "person": [f"p{i:04d}" for i in range(group.size)],
            "joined_at": START + pd.to_timedelta(seconds[0], unit="s"),
            "left_at": START + pd.to_timedelta(seconds[1] + 1, unit="s"),
            "via": np.where(invited, "invited", "link"),
        }
    )
    stays.loc[left >= DAYS, "left_at"] = pd.NaT
    return {
        "people": stays[["person"]],
        "groups": pd.DataFrame({"group": sorted(set(stays["group"]))}),
        "memberships": stays,
    }


def draw(
    effect: float, *, groups: int, people: int, rng: np.random.Generator
) -> tuple[Dataset, float]:
    """Draw a world in which an invitation multiplies the hazard of leaving by ``effect``."""
    frames = draw_frames(rng, effect, groups=groups, joins=max(people // groups, 1))
    return Dataset.from_frames(frames, STUDY), effect


PLANTED = Planted(claim="S23", draw=draw, null=1.0, effects=(0.75, 0.6), groups=40, people=1200)
