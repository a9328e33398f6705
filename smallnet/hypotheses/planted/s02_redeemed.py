"""Worlds for S02: viewers of private shares take an item more often, in a known ratio.

Sharers who persuade better share more in private, and copies run out: without the same sharer and
the copies left, the careless ratio is wrong.
"""

from smallnet.hypotheses.planted.plan import Planted, on_platform
from smallnet.simulations import Viewing

__all__ = ["PLANTED"]

PLANTED = Planted(
    claim="S02",
    draw=on_platform(
        "S02",
        lambda ratio: {"viewing": Viewing(private_ratio=ratio, private_appeal=3.0)},
        tables=("people", "groups", "memberships", "shares", "adoptions", "exposures"),
        days=30.0,
        shares_per_person=6.0,
        friends_per_person=12.0,
    ),
    null=1.0,
    effects=(1.6, 2.2),
    groups=24,
    people=150,
)
