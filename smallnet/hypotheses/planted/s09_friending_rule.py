"""Worlds for S09: a rule lifted in waves, and a rate that jumps by a known factor."""

from smallnet.hypotheses.planted.plan import Planted, on_platform
from smallnet.simulations import FriendingRule

__all__ = ["PLANTED"]

PLANTED = Planted(
    claim="S09",
    draw=on_platform(
        "S09",
        lambda effect: {"rule": FriendingRule(effect=effect, grows_days=1.0, ruled_share=0.9)},
        tables=("people", "groups", "memberships", "interactions", "events"),
        days=84.0,
        messages_per_day=0.3,
        private_per_day=0.0,
        liveliness_sd=0.5,
        size_median=10.0,
    ),
    null=1.0,
    effects=(1.5, 2.0),
    groups=40,
    people=150,
)
