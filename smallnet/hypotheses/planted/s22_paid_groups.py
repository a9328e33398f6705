"""Worlds for S22: groups that fall silent by a known hazard ratio once they are paid.

Payments come at any time of a group's life, so a group is paid only if it lives until then.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from smallnet.hypotheses.planted.plan import Planted
from smallnet.tables import Dataset

__all__ = ["DAYS", "PLANTED", "START", "STUDY", "draw", "draw_frames", "make_tables", "moments"]

START, DAYS = pd.Timestamp("2024-01-01"), 60.0
STUDY = {
    "name": "rewards",
    "observed_from": START.to_pydatetime(),
    "observed_until": (START + pd.Timedelta(days=DAYS)).to_pydatetime(),
}


def moments(days: npt.ArrayLike) -> Any:
    """Turn days since the watch began into moments, whole seconds."""
    seconds = (np.asarray(days, dtype=np.float64) * 86400).astype(int)
    return START + pd.to_timedelta(seconds, unit="s")


def make_tables(
    group_days: Sequence[npt.ArrayLike],
    created: npt.ArrayLike,
    kind: Sequence[str],
    rewards: npt.ArrayLike,
) -> dict[str, pd.DataFrame]:
    """Give tables of groups that write at the given days; ``rewards`` are (group, day)."""
    acts = pd.DataFrame(
        [(f"g{g:03d}", day) for g, days in enumerate(group_days) for day in np.asarray(days)],
        columns=["group", "day"],
    )
    acts["interaction"] = [f"m{i}" for i in range(len(acts))]
    acts["sender"], acts["at"] = "ann", moments(acts.pop("day"))
    names = [f"g{g:03d}" for g in range(len(kind))]
    paid = pd.DataFrame(np.asarray(rewards), columns=["group", "day"])
    return {
        "groups": pd.DataFrame({"group": names, "kind": kind, "created_at": moments(created)}),
        "interactions": acts,
        "events": pd.DataFrame(
            {
                "event": [f"e{i}" for i in range(len(paid))],
                "kind": "reward",
                "group": [names[int(g)] for g in paid["group"]],
                "starts_at": moments(paid["day"]),
            }
        ),
    }


def draw_frames(
    rng: np.random.Generator,
    ratio: float,
    *,
    groups: int = 100,
    hazard: float = 0.02,
    acts_a_day: float = 3.0,
) -> dict[str, pd.DataFrame]:
    """Draw the tables: half of the groups were made for a reward, the rest are of friends."""
    made = np.arange(groups) < groups // 2
    born = np.where(made, rng.uniform(0, 35, groups), 0.0)
    paid = born + 1 + rng.exponential(4, groups)
    patience = rng.exponential(1 / hazard, groups)
    late = paid + (patience - (paid - born)) / ratio
    silent = np.where(made & (born + patience > paid), late, born + patience)
    silent = np.minimum(silent, DAYS)
    write = [
        np.r_[b, rng.uniform(b, e, rng.poisson((e - b) * acts_a_day))]
        for b, e in zip(born, silent, strict=True)
    ]
    there = np.flatnonzero(made & (paid < silent))
    kind = list(np.where(made, "fission", "friends"))
    return make_tables(write, born, kind, np.column_stack([there, paid[there]]))


def draw(
    effect: float, *, groups: int, people: int, rng: np.random.Generator
) -> tuple[Dataset, float]:
    """Draw a world in which payment multiplies the hazard by ``effect``; groups alone count."""
    del people
    return Dataset.from_frames(draw_frames(rng, effect, groups=groups), STUDY), effect


PLANTED = Planted(
    claim="S22",
    draw=draw,
    null=1.0,
    effects=(2.5, 4.0),
    groups=100,
    people=1,
    choices={"dead_after": "12d"},
)
