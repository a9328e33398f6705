"""Worlds for S07: items put into small groups or broadcast, with trees that branch by known laws.

A first share has a negative binomial number of takers, whose mean is the effect times as large in
the small-group arm; every taker passes it on to a Poisson number. The ratio of the expected reach
of trees is then the effect itself, which no mechanism on a network would give exactly.
"""

import datetime as dtm

import numpy as np
import pandas as pd

from smallnet.hypotheses.planted.plan import Planted
from smallnet.tables import Dataset

__all__ = ["PLANTED"]

STARTS, DAYS = dtm.datetime(2024, 3, 1), 60
TRIALS_PER_GROUP = 2
MEAN, DISPERSION, PASSED_ON = 2.0, 1.0, 0.4  # takers of a broadcast, its gamma shape, of a taker
MOST = 40  # generations


def draw(
    effect: float, *, groups: int, people: int, rng: np.random.Generator
) -> tuple[Dataset, float]:
    """Draw small groups and trials, half of them broadcast by chance; the truth is the effect."""
    trials = TRIALS_PER_GROUP * groups
    broad = rng.permutation(trials) % 2 == 0
    place = rng.integers(0, groups, trials)
    at = np.sort(rng.uniform(1, DAYS - 25, trials))
    sharer = [f"g{g:03d}m{k:02d}" for g, k in zip(place, rng.integers(0, 8, trials), strict=True)]
    size = 8
    members = [(f"g{g:03d}", f"g{g:03d}m{k:02d}") for g in range(groups) for k in range(size)]
    mean = MEAN * np.where(broad, 1.0, effect)
    many = rng.poisson(mean * rng.gamma(DISPERSION, 1 / DISPERSION, trials))
    share_id = np.arange(trials)
    trial, when = np.arange(trials), at
    shares = [
        pd.DataFrame({"share": share_id, "trial": trial, "sharer": sharer, "at": at, "parent": -1})
    ]
    taken, next_id, next_person = [], trials, 0
    for _generation in range(MOST):
        giver = np.repeat(np.arange(many.size), many)
        if not giver.size:
            break
        late = when[giver] + rng.uniform(0.01, 0.3, giver.size)
        who = [f"x{k}" for k in range(next_person, next_person + giver.size)]
        next_person += giver.size
        taken.append(
            pd.DataFrame(
                {"person": who, "trial": trial[giver], "at": late, "share": share_id[giver]}
            )
        )
        many = rng.poisson(PASSED_ON, giver.size)
        on = many > 0
        ids = np.arange(next_id, next_id + int(on.sum()))
        next_id += ids.size
        shares.append(
            pd.DataFrame(
                {
                    "share": ids,
                    "trial": trial[giver][on],
                    "sharer": np.array(who)[on],
                    "at": late[on],
                    "parent": share_id[giver][on],
                }
            )
        )
        trial, when, share_id, many = trial[giver][on], late[on], ids, many[on]
    return _dataset(members, place, broad, at, pd.concat(shares), pd.concat(taken), people), effect


def _dataset(
    members: list[tuple[str, str]],
    place: np.ndarray,
    broad: np.ndarray,
    at: np.ndarray,
    shares: pd.DataFrame,
    taken: pd.DataFrame,
    people: int,
) -> Dataset:
    def moment(days: np.ndarray | pd.Series) -> pd.Series:
        us = pd.Series(np.round(np.asarray(days, dtype=float) * 86_400e6).astype(np.int64))
        return pd.Timestamp(STARTS) + pd.to_timedelta(us, unit="us")

    shares = shares.reset_index(drop=True)
    first = shares["parent"] < 0
    to_group = first & ~broad[shares["trial"]]
    names = np.array([f"g{g:03d}" for g in place], dtype=object)
    frames = {
        "memberships": pd.DataFrame(members, columns=["group", "person"]),
        "shares": pd.DataFrame(
            {
                "share": "s" + shares["share"].astype(str),
                "item": "i" + shares["trial"].astype(str),
                "sharer": shares["sharer"],
                "channel": np.where(to_group, "group", "feed"),
                "shared_at": moment(shares["at"]),
                "group": pd.Series(names[shares["trial"]]).where(to_group, None),
                "parent": ("s" + shares["parent"].astype(str)).mask(first, None),
            }
        ),
        "adoptions": pd.DataFrame(
            {
                "person": taken["person"].to_numpy(),
                "item": ("i" + taken["trial"].astype(str)).to_numpy(),
                "adopted_at": moment(taken["at"]),
                "via_share": ("s" + taken["share"].astype(str)).to_numpy(),
            }
        ),
        "events": pd.DataFrame(
            {
                "event": [f"e{k}" for k in range(at.size)],
                "kind": "seeding",
                "starts_at": moment(at),
                "group": pd.Series(names).mask(broad, None),
                "randomised": True,
                "arm": np.where(broad, "broadcast", "group"),
                "item": [f"i{k}" for k in range(at.size)],
                "cost": 1.0,
            }
        ),
    }
    lurkers = pd.DataFrame({"person": [f"lurker{k}" for k in range(people)]})
    everybody = [frames["memberships"]["person"], frames["adoptions"]["person"]]
    seen = pd.DataFrame({"person": pd.unique(pd.concat(everybody))})
    frames["people"] = pd.concat([seen, lurkers], ignore_index=True)
    study = {
        "name": "trees",
        "observed_from": STARTS,
        "observed_until": STARTS + dtm.timedelta(days=DAYS),
    }
    return Dataset.from_frames(frames, study)


PLANTED = Planted(claim="S07", draw=draw, null=1.0, effects=(2.0, 3.0), groups=40, people=100)
