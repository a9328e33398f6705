"""Worlds for B05: the hazard of leaving falls smoothly with friends, and by a known step at three.

Groups that leak befriend less, and who stays on makes further friends after the landmark.
"""

import numpy as np
import pandas as pd

from smallnet.hypotheses.planted.plan import Planted
from smallnet.tables import Dataset

__all__ = ["DAYS", "PLANTED", "START", "STUDY", "draw", "draw_frames"]

START, DAYS = pd.Timestamp("2024-01-01"), 120.0
CORE = 12  # members of each group who were there before and befriend newcomers
STUDY = {
    "name": "friends",
    "observed_from": START.to_pydatetime(),
    "observed_until": (START + pd.Timedelta(days=DAYS)).to_pydatetime(),
    "coverage": {"leaving": True, "joining": True},
}


def draw_frames(
    rng: np.random.Generator,
    step: float,
    *,
    groups: int = 40,
    joins: int = 40,
    at: int = 3,
    rate: float = 0.06,
    power: float = 0.4,
) -> dict[str, pd.DataFrame]:
    """Draw the tables: hazard ``rate / (1 + friends) ** power``, times ``step`` from ``at`` on."""
    leak = np.repeat(rng.normal(0, 0.5, groups), joins)
    group = np.repeat(np.arange(groups), joins)
    joined = rng.uniform(0, 50, group.size)
    friends = rng.poisson(rng.gamma(2.0, 1.6, group.size) * np.exp(-0.3 * leak)).clip(max=CORE)
    hazard = rate * np.exp(leak) * (1.0 + friends) ** -power * np.where(friends >= at, step, 1.0)
    left = joined + rng.exponential(1 / hazard)
    later = rng.poisson(0.02 * np.maximum(np.minimum(left, DAYS) - joined - 7, 0))
    who = rng.random((group.size, CORE)).argsort(axis=1)
    rank = np.arange(CORE)
    early = rank < friends[:, None]
    made = rank < np.minimum(friends + later, CORE)[:, None]
    since = joined[:, None] + np.where(
        early,
        rng.uniform(0, 6.5, who.shape),
        7.5 + rng.random(who.shape) * np.maximum(left - joined - 7.5, 0)[:, None],
    )
    row, place = np.nonzero(made)
    person = np.array([f"p{i:05d}" for i in range(group.size)])
    core = np.array([[f"c{g:02d}-{k}" for k in range(CORE)] for g in range(groups)])
    names = np.array([f"g{g:02d}" for g in range(groups)])
    stays = pd.DataFrame(
        {
            "group": np.r_[names[group], np.repeat(names, CORE)],
            "person": np.r_[person, core.ravel()],
            "joined_at": [*_moments(joined), *[pd.NaT] * core.size],
            "left_at": [*_moments(np.minimum(left, DAYS + 1)), *[pd.NaT] * core.size],
        }
    )
    stays.loc[np.flatnonzero(left >= DAYS), "left_at"] = pd.NaT
    return {
        "groups": pd.DataFrame({"group": names}),
        "memberships": stays,
        "friendships": pd.DataFrame(
            {
                "person": person[row],
                "friend": core[group[row], who[row, place]],
                "since": _moments(since[row, place]),
            }
        ),
    }


def _moments(days: np.ndarray) -> pd.DatetimeIndex:
    return START + pd.to_timedelta((days * 86400).astype(int) + 1, unit="s")


def draw(
    effect: float, *, groups: int, people: int, rng: np.random.Generator
) -> tuple[Dataset, float]:
    """Draw a world in which three friends multiply the hazard by ``effect`` beyond the curve."""
    frames = draw_frames(rng, effect, groups=groups, joins=max(people // groups, 1))
    return Dataset.from_frames(frames, STUDY), effect


PLANTED = Planted(claim="B05", draw=draw, null=1.0, effects=(0.6, 0.4), groups=40, people=1600)
