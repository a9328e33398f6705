"""Worlds for S24: groups that chance lets operators work, whose members buy so much more a day."""

from smallnet.hypotheses.planted.plan import Planted, on_platform
from smallnet.simulations import Outreach

__all__ = ["PLANTED"]

PLANTED = Planted(
    claim="S24",
    draw=on_platform(
        "S24",
        lambda extra: {
            "outreach": Outreach(
                extra_per_day=extra, starts_day=20.0, purchases_per_day=0.02, group_cost=5.0
            )
        },
        tables=("people", "groups", "memberships", "transactions", "events"),
        days=60.0,
        size_median=12.0,
        size_max=40,
    ),
    null=0.0,
    effects=(0.03, 0.05),
    groups=40,
    people=400,
)
