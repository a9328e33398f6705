"""Worlds for B06: people write more by a known ratio per doubling of their friends, or not.

Active people have more friends in every world, groups and weeks differ, and people have good and
bad weeks of their own.
"""

import numpy as np
import pandas as pd

from smallnet.hypotheses.planted.plan import Planted
from smallnet.tables import Dataset

__all__ = ["PLANTED", "START", "STUDY", "WEEKS", "draw", "draw_frames"]

START, WEEKS = pd.Timestamp("2024-01-01"), 8
STUDY = {
    "name": "new friends",
    "observed_from": START.to_pydatetime(),
    "observed_until": (START + pd.Timedelta(weeks=WEEKS)).to_pydatetime(),
}


def draw_frames(
    rng: np.random.Generator,
    ratio: float,
    *,
    groups: int = 24,
    people: int = 400,
    friends: float = 12.0,
    rate: float = 0.25,
    many: float = np.inf,
    fall: float = 1.0,
) -> dict[str, pd.DataFrame]:
    """Draw the tables: each in two groups, ``friends`` by the end, ``rate`` of messages a day.

    Beyond ``many`` friends the ratio per doubling is ``fall`` instead.
    """
    active = rng.normal(0, 0.6, people)
    weight = np.cumsum(np.exp(active))
    ends = np.searchsorted(weight, rng.random((round(people * friends), 2)) * weight[-1])
    ends = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0)
    since = rng.uniform(-0.5 * WEEKS, WEEKS, len(ends)) * 7
    week = np.clip(np.ceil(since / 7), 0, WEEKS).astype(int)
    made = np.zeros((people, WEEKS + 1))
    for side in (0, 1):
        np.add.at(made, (ends[:, side], week), 1)
    count = np.cumsum(made, axis=1)[:, :WEEKS]
    doublings, most = np.log2(1 + count), np.log2(1 + many)
    level = np.log(ratio) * np.minimum(doublings, most)
    level += (
        np.log(fall) * np.maximum(doublings - most, 0) + active[:, None] + rng.normal(0, 0.3, WEEKS)
    )
    level -= level.mean()
    own = rng.gamma(4, 1 / 4, (people, WEEKS))
    mood = np.exp(rng.normal(0, 0.4, groups))
    place = np.stack([rng.permutation(people) % groups, rng.permutation(people) % groups], 1)
    place[:, 1] = np.where(place[:, 0] == place[:, 1], (place[:, 1] + 1) % groups, place[:, 1])
    mean = 7 * rate * np.exp(level) * own
    said = rng.poisson(mean[:, None, :] * mood[place][:, :, None])
    who, which, when = np.nonzero(said)
    often = said[who, which, when]
    at = (np.repeat(when, often) + rng.random(often.sum())) * 7
    person = np.array([f"p{i:04d}" for i in range(people)])
    names = np.array([f"g{g:02d}" for g in range(groups)])
    return {
        "groups": pd.DataFrame({"group": names}),
        "memberships": pd.DataFrame(
            {"group": names[place.ravel()], "person": np.repeat(person, 2)}
        ),
        "friendships": pd.DataFrame(
            {
                "person": person[ends[:, 0]],
                "friend": person[ends[:, 1]],
                "since": START + pd.to_timedelta((since * 86400).astype(int), unit="s"),
            }
        ),
        "interactions": pd.DataFrame(
            {
                "interaction": [f"m{i}" for i in range(at.size)],
                "sender": np.repeat(person[who], often),
                "group": np.repeat(names[place[who, which]], often),
                "at": START + pd.to_timedelta((at * 86400).astype(int), unit="s"),
            }
        ),
    }


def draw(
    effect: float, *, groups: int, people: int, rng: np.random.Generator
) -> tuple[Dataset, float]:
    """Draw a world in which a doubling of 1 + friends multiplies messages by ``effect``."""
    frames = draw_frames(rng, effect, groups=groups, people=people)
    return Dataset.from_frames(frames, STUDY), effect


PLANTED = Planted(claim="B06", draw=draw, null=1.0, effects=(1.3, 1.6), groups=24, people=400)
