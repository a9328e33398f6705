"""Worlds for S16: newcomers who leave in days 0-2 by a known hazard ratio."""

from smallnet.hypotheses.planted.plan import Planted, on_platform

__all__ = ["PLANTED"]

PLANTED = Planted(
    claim="S16",
    draw=on_platform(
        "S16",
        lambda ratio: {"newcomer_ratio": ratio},
        tables=("people", "groups", "memberships"),
        days=60.0,
        joins_per_day=0.03,
        leaves_per_day=0.025,
        leaving_sd=0.6,
        joined_known=1.0,
    ),
    null=1.0,
    effects=(2.0, 3.0),
    groups=50,
    people=240,
)
