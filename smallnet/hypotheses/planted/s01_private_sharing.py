"""Worlds for S01: shares that go to groups and friends with a known chance."""

from smallnet.hypotheses.planted.plan import Planted, on_platform

__all__ = ["PLANTED"]

PLANTED = Planted(
    claim="S01",
    draw=on_platform(
        "S01",
        lambda share: {"private_share": share},
        tables=("people", "groups", "memberships", "shares"),
        days=30.0,
    ),
    null=0.5,
    effects=(0.6, 0.74),
    groups=24,
    people=120,
)
