"""Worlds for S08: friends inside who change the hazard of leaving by a known ratio."""

from smallnet.hypotheses.planted.plan import Planted, on_platform

__all__ = ["PLANTED"]

PLANTED = Planted(
    claim="S08",
    draw=on_platform(
        "S08",
        lambda ratio: {"friends_ratio": ratio},
        tables=("people", "groups", "memberships", "friendships"),
        days=60.0,
        joins_per_day=0.03,
        leaves_per_day=0.025,
        leaving_sd=0.6,
        joined_known=1.0,
        inside_friend_odds=3.0,
    ),
    null=1.0,
    effects=(0.85, 0.7),
    groups=50,
    people=240,
)
