"""Worlds for S21: groups that showed any of the three signs have a known share of the hazard.

Hazards rise with size in every world, and adoptions per member fall with it, so that a test which
forgets size is wrong.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from smallnet.hypotheses.planted.plan import Planted
from smallnet.hypotheses.planted.talking_groups import (
    Talk,
    dataset_of,
    draw_deaths,
    draw_talk,
    moments,
)
from smallnet.tables import Choices, Dataset

__all__ = ["PLANTED"]

WINDOW, WINDOWS, MORTAL = 15.0, 6, 3  # days; a silence of 30 days is death
DEATHS_PER_DAY, SIZE = 0.025, 1.3  # hazard of groups with no sign; its ratio per unit of log size


@dataclass(frozen=True)
class World:
    """Groups and what became of them; ``some``: showed any sign, by group and window."""

    talk: Talk
    stale: np.ndarray  # messages that repeat the one text that everybody repeats
    taken: np.ndarray  # adoptions by group and window
    some: np.ndarray
    dead_from: np.ndarray
    alive: np.ndarray  # at landmarks 1, 2, 3
    hazard: np.ndarray  # of groups with no sign


def draw(
    effect: float, *, groups: int, people: int, rng: np.random.Generator
) -> tuple[Dataset, float]:
    """Draw a world; `effect` is the hazard ratio of groups with any sign."""
    world = draw_world(effect, groups=groups, people=people, rng=rng)
    prints = np.where(world.stale, "1", np.char.mod("t%07d", np.arange(world.stale.size)))
    tables = _adoptions(world.taken, world.dead_from, people, rng=rng)
    columns = {"fingerprint": prints}
    dataset = dataset_of(world.talk, world.dead_from, columns=columns, tables=tables)
    return dataset, risk_ratio(world, effect)


def draw_world(effect: float, *, groups: int, people: int, rng: np.random.Generator) -> World:
    """Draw a world without laying out its tables."""
    talk = draw_talk(
        groups, people, window_days=WINDOW, windows=WINDOWS, messages_per_day=1.6, rng=rng
    )
    repeats = rng.beta(1.0, 0.8, groups)
    stale = rng.random(talk.day.size) < repeats[talk.group]
    taken = rng.poisson((rng.gamma(0.6, 1.6, groups))[:, None], (groups, WINDOWS))
    some = _signs(talk, stale, taken) > 0
    size = np.log(talk.size)
    base = DEATHS_PER_DAY * np.exp(np.log(SIZE) * (size - size.mean()))
    rate = np.where(some, effect, 1.0) * base[:, None]
    dead_from, alive = draw_deaths(lambda k: rate[:, k - 1], talk, windows=MORTAL, rng=rng)
    return World(talk, stale, taken, some, dead_from, alive, base)


def risk_ratio(world: World, effect: float) -> float:
    """Risk over a window of all groups alive, did they show a sign, over that did they not."""
    whole = np.repeat(world.hazard[:, None], MORTAL, axis=1)[world.alive] * WINDOW
    return float(np.expm1(-whole * effect).mean() / np.expm1(-whole).mean())


def _signs(talk: Talk, stale: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Count the signs of each group in each window by the default cut-offs."""
    limits = Choices().cut_offs
    said, old = talk.by_window(), talk.by_window(stale)
    different = said - old + (old > 0)
    with np.errstate(invalid="ignore"):
        informative = 1 - different / said < limits["repetition"]
    sent = np.unique(talk.cell * (talk.sender.max() + 1) + talk.sender, return_counts=True)
    most = np.zeros(said.size)
    np.maximum.at(most, sent[0] // (talk.sender.max() + 1), sent[1])
    with np.errstate(invalid="ignore"):
        monologue = most.reshape(said.shape) / said > limits["top_talker_share"]
    rate = said / (talk.size[:, None] * talk.window_days)
    interactive = (rate >= limits["messages_per_member_day"]) & ~monologue
    useful = taken / talk.size[:, None] >= limits["adoptions_per_member"]
    count: np.ndarray = informative.astype(int) + interactive + useful
    return count


def _adoptions(
    taken: np.ndarray, dead_from: np.ndarray, people: int, *, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Lay out one share a group and window, and its adoptions, until the group is dead."""
    cells = np.arange(taken.size)
    group, window = cells // WINDOWS, cells % WINDOWS
    posted = window * WINDOW
    shares = pd.DataFrame(
        {
            "share": np.char.mod("s%06d", cells),
            "item": "offer",
            "sharer": "p00000",
            "channel": "group",
            "shared_at": moments(posted),
            "group": np.char.mod("g%05d", group),
        }
    )
    cell = np.repeat(cells, taken.ravel())
    day = posted[cell] + rng.uniform(0.01, WINDOW - 0.01, cell.size)
    adoptions = pd.DataFrame(
        {
            "person": np.char.mod("p%05d", rng.integers(people, size=cell.size)),
            "item": "offer",
            "adopted_at": moments(day),
            "via_share": np.char.mod("s%06d", cell),
        }
    )
    lived = day < dead_from[group[cell]]
    alive = posted < dead_from[group]
    return {"shares": shares[alive], "adoptions": adoptions[lived].reset_index(drop=True)}


PLANTED = Planted(
    claim="S21",
    draw=draw,
    null=1.0,
    effects=(0.3, 0.5),
    groups=240,
    people=600,
)
