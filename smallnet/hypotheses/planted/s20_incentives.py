"""Worlds for S20: moments that a coin pays, and a rate that jumps at those by a known factor."""

from smallnet.hypotheses.planted.plan import Planted, on_platform
from smallnet.simulations import Incentive

__all__ = ["PLANTED"]

PLANTED = Planted(
    claim="S20",
    draw=on_platform(
        "S20",
        lambda boost: {"incentive": Incentive(boost=boost)},
        tables=("people", "groups", "memberships", "interactions", "events"),
        days=60.0,
        messages_per_day=0.3,
        size_median=12.0,
    ),
    null=1.0,
    effects=(1.5, 2.0),
    groups=30,
    people=150,
)
