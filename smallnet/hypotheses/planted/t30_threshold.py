"""Worlds for T30: a rate that falls by a known ratio at 30 members."""

from smallnet.hypotheses.planted.plan import Planted, on_platform

__all__ = ["PLANTED"]

PLANTED = Planted(
    claim="T30",
    draw=on_platform(
        "T30",
        lambda ratio: {"break_at": 30, "break_ratio": ratio},
        tables=("people", "groups", "memberships", "interactions"),
        days=28.0,
        liveliness_sd=0.6,
        private_per_day=0.0,
        reaction_share=0.0,
        bots=0,
    ),
    null=1.0,
    effects=(0.4, 0.25),
    groups=120,
    people=480,
    right="supported",
)
