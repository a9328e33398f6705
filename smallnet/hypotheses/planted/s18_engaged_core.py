"""Worlds for S18: the core of one window lowers the hazard of the next by a known factor.

In every world, also without an effect of the core, hazards fall with volume and rise with size, so
that a test that forgets either is wrong.
"""

from dataclasses import dataclass

import numpy as np

from smallnet.hypotheses.planted.plan import Planted
from smallnet.hypotheses.planted.talking_groups import Talk, dataset_of, draw_deaths, draw_talk
from smallnet.tables import Dataset

__all__ = ["PLANTED"]

WINDOW, WINDOWS, MORTAL = 15.0, 6, 3  # days; a silence of 30 days is death
DEATHS_PER_DAY, VOLUME, SIZE = 0.03, 0.6, 1.3  # hazard ratios per unit of log volume, log size


@dataclass(frozen=True)
class World:
    """Groups and what became of them; arrays of shape (groups, windows) but ``dead_from``."""

    talk: Talk
    core: np.ndarray  # log(1 + core)
    volume: np.ndarray  # log(1 + messages)
    dead_from: np.ndarray
    alive: np.ndarray  # at landmarks 1, 2, 3


def draw(
    effect: float, *, groups: int, people: int, rng: np.random.Generator
) -> tuple[Dataset, float]:
    """Draw a world; `effect` is the hazard ratio per unit of log(1 + core)."""
    world = draw_world(effect, groups=groups, people=people, rng=rng)
    spread = world.core[:, :MORTAL][world.alive].std()
    return dataset_of(world.talk, world.dead_from), float(effect**spread)


def draw_world(effect: float, *, groups: int, people: int, rng: np.random.Generator) -> World:
    """Draw a world without laying out its tables."""
    talk = draw_talk(
        groups, people, window_days=WINDOW, windows=WINDOWS, messages_per_day=2.0, rng=rng
    )
    core = np.log1p(talk.cores())
    volume = np.log1p(talk.by_window())
    line = np.log(effect) * (core - core.mean()) + np.log(VOLUME) * (volume - volume.mean())
    size = np.log(talk.size)
    line += (np.log(SIZE) * (size - size.mean()))[:, None]

    def hazard(landmark: int) -> np.ndarray:
        return DEATHS_PER_DAY * np.exp(line[:, landmark - 1])

    dead_from, alive = draw_deaths(hazard, talk, windows=MORTAL, rng=rng)
    return World(talk, core, volume, dead_from, alive)


PLANTED = Planted(
    claim="S18",
    draw=draw,
    null=1.0,
    effects=(0.5, 0.7),
    groups=150,
    people=600,
)
