"""Worlds for S11: newcomers whom replies hold by a known hazard ratio per doubling.

They write all the while they stay, so tenure makes messages; lively groups answer more and leak
less, and talkative people stay longer.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from smallnet.hypotheses.planted.plan import Planted
from smallnet.tables import Dataset

__all__ = ["DAYS", "PLANTED", "START", "STUDY", "draw", "draw_frames", "moments"]

START, DAYS = pd.Timestamp("2024-01-01"), 60.0
STUDY = {
    "name": "answers",
    "observed_from": START.to_pydatetime(),
    "observed_until": (START + pd.Timedelta(days=DAYS)).to_pydatetime(),
    "coverage": {"leaving": True, "joining": True},
}


def moments(days: npt.ArrayLike) -> Any:
    """Turn days since the watch began into moments, whole seconds."""
    seconds = (np.asarray(days, dtype=np.float64) * 86400).astype(int)
    return START + pd.to_timedelta(seconds, unit="s")


def draw_frames(
    rng: np.random.Generator,
    ratio: float,
    *,
    groups: int = 25,
    joins: int = 24,
    rate: float = 0.04,
    volume: float = 0.75,
) -> dict[str, pd.DataFrame]:
    """Draw the tables: ``joins`` newcomers a group, ``rate`` of leaving a day."""
    mood = np.repeat(rng.normal(0, 0.6, groups), joins)
    n = mood.size
    joined = rng.uniform(0, 30, n)
    written = rng.poisson(2 * np.exp(rng.normal(0, 0.6, n)))
    replies = rng.binomial(written, 1 / (1 + np.exp(-mood)))
    hazard = rate * np.exp(-0.5 * mood) * volume ** np.log2(1 + written)
    hazard *= ratio ** np.log2(1 + replies)
    # the first week does not depend on replies; on from day 7 the hazard does
    wait = rng.exponential(1 / rate, n)
    left = joined + np.where(wait < 7, wait, 7 + rng.exponential(1 / hazard, n))
    names = np.array([f"p{i:04d}" for i in range(n)])
    rooms = np.array([f"g{g:02d}" for g in np.repeat(np.arange(groups), joins)])
    early = np.repeat(np.arange(n), written)
    later = np.repeat(np.arange(n), rng.poisson(0.3 * np.clip(left - joined - 7, 0, 40)))
    who = np.r_[early, later]
    at = np.r_[joined[early] + rng.uniform(0.01, 6.9, early.size), joined[later] + 7]
    at[early.size :] += rng.uniform(0, 1, later.size) * (left - joined - 7)[later]
    place = np.arange(early.size) - np.repeat(np.cumsum(written) - written, written)
    answers = np.r_[place < replies[early], rng.random(later.size) < 0.5]
    acts = pd.DataFrame(
        {
            "interaction": [f"m{i}" for i in range(who.size)],
            "sender": names[who],
            "group": rooms[who],
            "at": moments(at),
            "reply_to": None,
        }
    )
    back = acts[answers].assign(sender="host", reply_to=acts.loc[answers, "interaction"])
    back["interaction"] = "r" + back["interaction"]
    back["at"] += pd.Timedelta(seconds=60)
    stays = pd.DataFrame(
        {"group": rooms, "person": names, "joined_at": moments(joined), "left_at": moments(left)}
    )
    stays.loc[left >= DAYS, "left_at"] = pd.NaT
    return {
        "people": pd.DataFrame({"person": [*names, "host"]}),
        "groups": pd.DataFrame({"group": sorted(set(rooms))}),
        "memberships": stays,
        "interactions": pd.concat([acts, back], ignore_index=True),
    }


def draw(
    effect: float, *, groups: int, people: int, rng: np.random.Generator
) -> tuple[Dataset, float]:
    """Draw a world in which a doubling of replies changes the hazard by ``effect``."""
    frames = draw_frames(rng, effect, groups=groups, joins=max(people // groups, 1))
    return Dataset.from_frames(frames, STUDY), effect


PLANTED = Planted(claim="S11", draw=draw, null=1.0, effects=(0.75, 0.6), groups=25, people=600)
