"""Worlds for S05: people who write less by a known ratio per doubling of size."""

from smallnet.hypotheses.planted.plan import Planted, on_platform

__all__ = ["PLANTED"]

PLANTED = Planted(
    claim="S05",
    draw=on_platform(
        "S05",
        lambda ratio: {"size_effect": ratio},
        tables=("people", "groups", "memberships", "interactions"),
        days=28.0,
        joins_per_day=0.01,
        private_per_day=0.0,
        reaction_share=0.0,
        bots=0,
    ),
    null=1.0,
    effects=(0.8, 0.65),
    groups=40,
    people=160,
)
