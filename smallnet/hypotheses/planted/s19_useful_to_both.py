"""Worlds for S19: what groups give their members and their operator correlates by a known number.

In every world, people who gain more buy more, whatever their group: a correlation of people that is
none of groups. And groups that give either live longer.
"""

import numpy as np
import pandas as pd

from smallnet.hypotheses.planted.plan import Planted
from smallnet.hypotheses.planted.talking_groups import (
    dataset_of,
    draw_deaths,
    draw_talk,
    moments,
)
from smallnet.tables import Dataset

__all__ = ["PLANTED"]

WINDOW, WINDOWS = 30.0, 3  # asked and bought in the first, dying in the second
GAIN_SD, RETURN, RETURN_SD = 0.7, 15.0, 5.0  # of groups: score, and value per member
BUYS, ANSWERS, PERSONAL = 0.6, 0.4, 0.5
DEATHS_PER_DAY, EACH = 0.015, 0.65  # hazard ratio per SD of either


def draw(
    effect: float, *, groups: int, people: int, rng: np.random.Generator
) -> tuple[Dataset, float]:
    """Draw a world; `effect` is the correlation between groups."""
    talk = draw_talk(
        groups,
        people,
        window_days=WINDOW,
        windows=WINDOWS,
        messages_per_day=1.5,
        apart=True,
        rng=rng,
    )
    gives = rng.normal(size=(2, groups))
    gives[1] = effect * gives[0] + np.sqrt(1 - effect**2) * gives[1]
    group = np.repeat(np.arange(groups), talk.size)
    person = np.concatenate(talk.member)
    own = rng.normal(0, PERSONAL, person.size)
    score = 3 + GAIN_SD * gives[0][group] + own + rng.normal(0, 0.8, person.size)
    per_member = np.maximum(RETURN + RETURN_SD * gives[1], 1.0)
    mean = per_member[group] / BUYS * np.exp(own - PERSONAL**2 / 2)
    value = rng.gamma(4.0, mean / 4.0)
    answers = rng.random(person.size) < ANSWERS
    buys = rng.random(person.size) < BUYS
    hazard = DEATHS_PER_DAY * EACH ** (gives[0] + gives[1])
    dead_from, _alive = draw_deaths(lambda _landmark: hazard, talk, windows=1, rng=rng)
    names = np.char.mod("p%05d", person)
    where = np.char.mod("g%05d", group)
    day = rng.uniform(1, WINDOW - 1, person.size)
    tables = {
        "surveys": pd.DataFrame(
            {
                "person": names[answers],
                "item": "gain",
                "score": score[answers],
                "group": where[answers],
                "at": moments(day[answers]).to_numpy(),
            }
        ),
        "transactions": pd.DataFrame(
            {
                "person": names[buys],
                "at": moments(day[buys]).to_numpy(),
                "value": value[buys],
                "group": where[buys],
            }
        ),
    }
    return dataset_of(talk, dead_from, tables=tables), float(effect)


PLANTED = Planted(
    claim="S19",
    draw=draw,
    null=0.0,
    effects=(0.6, 0.4),
    groups=120,
    people=2000,
)
