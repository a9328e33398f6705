"""Worlds for S15: friendships that stay inside groups by known odds."""

from smallnet.hypotheses.planted.plan import Planted, on_platform

__all__ = ["PLANTED"]

PLANTED = Planted(
    claim="S15",
    draw=on_platform(
        "S15",
        lambda odds: {"inside_friend_odds": odds},
        tables=("people", "groups", "memberships", "friendships"),
        days=30.0,
    ),
    null=1.0,
    effects=(2.0, 4.0),
    groups=24,
    people=120,
)
