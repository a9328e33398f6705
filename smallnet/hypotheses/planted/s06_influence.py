"""Worlds for S06: items put into groups that chance picks, adopted with a known ratio by size."""

from smallnet.hypotheses.planted.plan import Planted, on_platform
from smallnet.simulations import Seeding

__all__ = ["PLANTED"]

PLANTED = Planted(
    claim="S06",
    draw=on_platform(
        "S06",
        lambda ratio: {"seeding": Seeding(trials=150, ratio_per_halving=ratio)},
        tables=(
            "people",
            "groups",
            "memberships",
            "friendships",
            "shares",
            "exposures",
            "adoptions",
            "events",
        ),
        days=60.0,
        size_median=15.0,
        size_max=60,
    ),
    null=1.0,
    effects=(1.5, 2.0),
    groups=60,
    people=240,
)
