"""Worlds for B14: newcomers who write in their first week leave by a known hazard ratio.

Groups that leak are quiet too, busy weeks bring silent people, and who stays on may begin to write
later, which does nothing: having ever written goes with a long stay in every world.
"""

import numpy as np
import pandas as pd

from smallnet.hypotheses.planted.plan import Planted
from smallnet.tables import Dataset

__all__ = ["DAYS", "PLANTED", "START", "STUDY", "draw", "draw_frames"]

START, DAYS = pd.Timestamp("2024-01-01"), 90.0
STUDY = {
    "name": "first words",
    "observed_from": START.to_pydatetime(),
    "observed_until": (START + pd.Timedelta(days=DAYS)).to_pydatetime(),
    "coverage": {"leaving": True, "joining": True, "lurkers": True},
}


def draw_frames(
    rng: np.random.Generator,
    ratio: float,
    *,
    groups: int = 40,
    joins: int = 40,
    rate: float = 0.04,
    begins: float = 0.09,
) -> dict[str, pd.DataFrame]:
    """Draw the tables: ``rate`` of leaving a day, ``begins`` to write a day."""
    leak = np.repeat(rng.normal(0, 0.5, groups), joins)
    group = np.repeat(np.arange(groups), joins)
    joined = rng.uniform(0, 50, group.size)
    busy = joined // 7 % 2
    first = rng.exponential(np.exp(leak + 0.5 * busy) / begins)
    stay = rng.exponential(np.exp(-leak - 0.5 * busy) / rate)
    early = (first < 7) & (first < stay)
    stay = np.where(early, first + (stay - first) / ratio, stay)
    left = joined + stay
    wrote = np.flatnonzero((first < stay) & (joined + first < DAYS))
    again = wrote[rng.random(wrote.size) < 0.5]  # some write twice
    sender = np.r_[wrote, again]
    span = np.minimum(left, DAYS)[again] - joined[again] - first[again]
    at = np.r_[(joined + first)[wrote], (joined + first)[again] + rng.random(again.size) * span]
    names = np.array([f"g{g:02d}" for g in range(groups)])
    person = np.array([f"p{i:05d}" for i in range(group.size)])
    stays = pd.DataFrame(
        {
            "group": names[group],
            "person": person,
            "joined_at": _moments(joined),
            "left_at": _moments(np.minimum(left, DAYS + 1)) + pd.Timedelta(seconds=2),
        }
    )
    stays.loc[left >= DAYS, "left_at"] = pd.NaT
    return {
        "groups": pd.DataFrame({"group": names}),
        "memberships": stays,
        "interactions": pd.DataFrame(
            {
                "interaction": [f"m{i}" for i in range(sender.size)],
                "sender": person[sender],
                "group": names[group[sender]],
                "at": _moments(at) + pd.Timedelta(seconds=1),
            }
        ),
    }


def _moments(days: np.ndarray) -> pd.DatetimeIndex:
    return START + pd.to_timedelta((days * 86400).astype(int), unit="s")


def draw(
    effect: float, *, groups: int, people: int, rng: np.random.Generator
) -> tuple[Dataset, float]:
    """Draw a world in which a first message in week one multiplies the hazard by ``effect``."""
    frames = draw_frames(rng, effect, groups=groups, joins=max(people // groups, 1))
    return Dataset.from_frames(frames, STUDY), effect


PLANTED = Planted(claim="B14", draw=draw, null=1.0, effects=(0.75, 0.6), groups=40, people=1600)
