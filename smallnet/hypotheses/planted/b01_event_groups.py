"""Worlds for B01: groups born for an event fall silent by a known hazard ratio.

Event groups are larger, large groups live longer, and some weeks are bad for all groups.
"""

import numpy as np
import pandas as pd

from smallnet.hypotheses.planted.plan import Planted
from smallnet.tables import Dataset

__all__ = ["DAYS", "PLANTED", "START", "STUDY", "draw", "draw_frames"]

START, DAYS = pd.Timestamp("2024-01-01"), 90.0
STUDY = {
    "name": "purposes",
    "observed_from": START.to_pydatetime(),
    "observed_until": (START + pd.Timedelta(days=DAYS)).to_pydatetime(),
}


def draw_frames(
    rng: np.random.Generator,
    ratio: float,
    *,
    groups: int = 160,
    members: float = 10.0,
    hazard: float = 0.04,
    acts_a_day: float = 4.0,
) -> dict[str, pd.DataFrame]:
    """Draw the tables: half of the groups are for an event, the rest are of friends."""
    born = rng.uniform(0, 63, groups)
    bad = (born // 7) % 2
    event = rng.random(groups) < 0.3 + 0.4 * bad
    size = np.exp(rng.normal(np.log(members) + 0.4 * event, 0.5)).round().astype(int).clip(2)
    rate = hazard * np.exp(0.5 * bad) * (size / members) ** -0.4
    life = rng.exponential(1 / (rate * np.where(event, ratio, 1.0)))
    end = np.minimum(born + life, DAYS)
    many = rng.poisson((end - born) * acts_a_day)
    group = np.r_[np.arange(groups), np.repeat(np.arange(groups), many)]
    at = born[group] + (end - born)[group] * np.r_[np.zeros(groups), rng.random(many.sum())]
    names = np.array([f"g{g:03d}" for g in range(groups)])
    whose = np.repeat(np.arange(groups), size)
    place = np.arange(whose.size) - np.repeat(np.cumsum(size) - size, size)
    person = np.char.add(np.char.add(names[whose], "-"), place.astype(str))
    speaker = (np.cumsum(size) - size)[group] + (rng.random(group.size) * size[group]).astype(int)
    return {
        "groups": pd.DataFrame(
            {
                "group": names,
                "kind": np.where(event, "event", "friends"),
                "created_at": _moments(born),
            }
        ),
        "memberships": pd.DataFrame(
            {"group": names[whose], "person": person, "joined_at": _moments(born[whose])}
        ),
        "interactions": pd.DataFrame(
            {
                "interaction": [f"m{i}" for i in range(group.size)],
                "sender": person[speaker],
                "group": names[group],
                "at": _moments(at),
            }
        ),
    }


def _moments(days: np.ndarray) -> pd.DatetimeIndex:
    return START + pd.to_timedelta((days * 86400).astype(int), unit="s")


def draw(
    effect: float, *, groups: int, people: int, rng: np.random.Generator
) -> tuple[Dataset, float]:
    """Draw a world in which being for an event multiplies the hazard by ``effect``."""
    frames = draw_frames(rng, effect, groups=groups, members=max(people / groups, 3.0))
    return Dataset.from_frames(frames, STUDY), effect


PLANTED = Planted(
    claim="B01",
    draw=draw,
    null=1.0,
    effects=(2.0, 4.0),
    groups=160,
    people=1600,
    choices={"dead_after": "12d"},
)
