"""Worlds for S04: targets drawn by prior contact with known odds, and by recency in any case."""

from smallnet.hypotheses.planted.plan import Planted, on_platform
from smallnet.simulations import Closeness

__all__ = ["PLANTED"]

PLANTED = Planted(
    claim="S04",
    draw=on_platform(
        "S04",
        lambda odds: {"closeness": Closeness(strength_odds=odds, recency_odds=1.3)},
        tables=("people", "groups", "memberships", "friendships", "interactions", "shares"),
        days=40.0,
        shares_per_person=4.0,
        private_share=0.9,
        private_per_day=0.1,
        messages_per_day=0.3,
    ),
    null=1.0,
    effects=(1.3, 1.6),
    groups=24,
    people=120,
)
