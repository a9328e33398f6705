"""Worlds for S17: members mute after weeks of repeated texts, in a known ratio, and after many."""

from smallnet.hypotheses.planted.plan import Planted, on_platform
from smallnet.simulations import Weariness

__all__ = ["PLANTED"]

PLANTED = Planted(
    claim="S17",
    draw=on_platform(
        "S17",
        lambda ratio: {"weariness": Weariness(muting_ratio=ratio, volume_ratio=1.3)},
        tables=("people", "groups", "memberships", "interactions"),
        days=60.0,
        leaves_per_day=0.0,
        messages_per_day=0.3,
        muted_share=0.1,
    ),
    null=1.0,
    effects=(1.2, 1.4),
    groups=24,
    people=150,
)
