"""Worlds for S13: memberships that are muted with a known chance; the null is the claimed .9."""

from smallnet.hypotheses.planted.plan import Planted, on_platform

__all__ = ["PLANTED"]

PLANTED = Planted(
    claim="S13",
    draw=on_platform(
        "S13",
        lambda share: {"muted_share": share},
        tables=("people", "groups", "memberships"),
        days=30.0,
    ),
    null=0.9,
    effects=(0.75, 0.6),
    groups=24,
    people=120,
    alarms=("contradicted",),
)
