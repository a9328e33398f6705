"""Worlds for S10: viewers who trust a sharer more take what they share, with known odds."""

from smallnet.hypotheses.planted.plan import Planted, on_platform
from smallnet.simulations import Viewing

__all__ = ["PLANTED"]

PLANTED = Planted(
    claim="S10",
    draw=on_platform(
        "S10",
        lambda odds: {"viewing": Viewing(trust_odds=odds, appeal_sd=0.3, take=0.1, copies=None)},
        tables=("people", "groups", "memberships", "shares", "adoptions", "exposures", "surveys"),
        days=30.0,
        shares_per_person=6.0,
        friends_per_person=12.0,
    ),
    null=1.0,
    effects=(1.4, 1.8),
    groups=24,
    people=150,
)
