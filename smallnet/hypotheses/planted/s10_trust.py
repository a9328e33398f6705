"""Worlds for S10: who trusts a sharer more takes more, and chance sets a cue of trust.

Half the groups, by lot, show that sharers are verified; there the odds of taking are those of the
others times the same number as per standard deviation of trust.

Those who refuse for want of a cue do so whatever their trust, which makes the ratio per standard
deviation in their groups a little smaller than planted: by .012 of its log at 1.4, .035 at 1.8.
"""

import numpy as np
import pandas as pd

from smallnet.hypotheses.planted.plan import Planted
from smallnet.simulations import Platform, Viewing
from smallnet.tables import Dataset

__all__ = ["PLANTED"]

TABLES = ("people", "groups", "memberships", "shares", "adoptions", "exposures", "surveys")
TAKE = 0.1  # chance that a viewer takes an offer where sharers are verified


def draw(
    effect: float, *, groups: int, people: int, rng: np.random.Generator
) -> tuple[Dataset, float]:
    """Draw a platform, then let those refuse in the other groups who took for the cue alone."""
    platform = Platform(
        viewing=Viewing(trust_odds=effect, appeal_sd=0.3, take=TAKE, copies=None),
        groups=groups,
        people=people,
        days=30.0,
        shares_per_person=6.0,
        friends_per_person=12.0,
    )
    world = platform.generate(rng=rng, tables=TABLES)
    whole = world.dataset()
    frames = {name: whole.frame(name) for name in whole.tables}
    names = frames["groups"]["group"]
    verified = rng.permutation(np.arange(len(names)) % 2 == 0)
    frames["events"] = pd.DataFrame(
        {
            "event": "cue " + names,
            "kind": "verification",
            "group": names,
            "starts_at": whole.study.observed_from,
            "randomised": True,
            "arm": np.where(verified, "verified", "control"),
        }
    )
    odds = TAKE / (1 - TAKE) / effect
    kept = odds / (1 + odds) / TAKE
    group_of = frames["shares"].set_index("share")["group"]
    control = frames["adoptions"]["via_share"].map(group_of).isin(set(names[~verified]))
    stays = ~control | (rng.random(len(control)) < kept)
    frames["adoptions"] = frames["adoptions"][stays].reset_index(drop=True)
    dataset = Dataset.from_frames(frames, whole.study)
    return dataset, float(world.truth["S10"]["estimate"])


PLANTED = Planted(claim="S10", draw=draw, null=1.0, effects=(1.4, 1.8), groups=24, people=150)
