"""Worlds for S03: sharers who prefer small groups by known odds."""

from smallnet.hypotheses.planted.plan import Planted, on_platform

__all__ = ["PLANTED"]

PLANTED = Planted(
    claim="S03",
    draw=on_platform(
        "S03",
        lambda odds: {"small_group_odds": odds},
        tables=("people", "groups", "memberships", "shares"),
        days=30.0,
        size_median=25.0,
        largest_share=0.5,
        private_share=0.9,
        group_share=0.9,
    ),
    null=1.0,
    effects=(2.0, 3.0),
    groups=24,
    people=120,
)
