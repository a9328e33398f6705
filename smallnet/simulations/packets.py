"""Red packets: random amounts at random moments of a group, and what is said after them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from smallnet.simulations.mechanisms import RedPackets
from smallnet.simulations.rosters import IntArray, RealArray

if TYPE_CHECKING:
    from smallnet.simulations.platform import Platform

__all__ = ["Packets", "draw_packets", "packet_changes", "tell_packets"]

DAY_S, HOUR_S = 86_400, 3_600
FALLOFFS = 6  # half-lives after which a packet has worn off


@dataclass(frozen=True)
class Packets:
    """Packets, arrays of shape (packets,): where, when (seconds), how much."""

    group: IntArray
    when: IntArray
    amount: RealArray


def draw_packets(platform: Platform, *, rng: np.random.Generator) -> Packets:
    """Draw which groups get packets, when, and of what amount; each by chance alone."""
    p, told = platform, platform.packets or RedPackets()
    chosen = np.flatnonzero(rng.random(p.groups) < told.groups_share)
    group = np.repeat(chosen, told.per_group)
    stretch = np.tile(np.arange(told.per_group), chosen.size)
    at = (stretch + rng.random(group.size)) * p.days / told.per_group
    hours = np.floor(at * DAY_S / HOUR_S).astype(np.int64)
    amount = rng.choice(np.asarray(told.amounts, dtype=float), group.size)
    return Packets(group, hours * HOUR_S, amount)


def packet_changes(told: RedPackets, packets: Packets) -> tuple[IntArray, IntArray, RealArray]:
    """Give the changes of the log message rate: where, when (seconds), by how much.

    A jump at each packet, and after its time hourly steps back to nothing.
    """
    hours = np.arange(int(np.ceil(FALLOFFS * told.falloff_hours)))
    left = np.concatenate([[1.0], 0.5 ** ((hours + 0.5) / told.falloff_hours), [0.0]])
    change = np.diff(np.concatenate([[0.0], left]))
    after = told.hours + np.arange(hours.size + 1)
    offset = (np.concatenate([[0.0], after]) * HOUR_S).astype(np.int64)
    top = np.log2(packets.amount) * np.log(told.ratio_per_doubling)
    return (
        np.repeat(packets.group, offset.size),
        np.repeat(packets.when, offset.size) + np.tile(offset, packets.when.size),
        (top[:, None] * change[None, :]).ravel(),
    )


def tell_packets(told: RedPackets) -> dict[str, Any]:
    """Give the truth of S20."""
    return {
        "estimate": told.ratio_per_doubling,
        "effect": "rate ratio of messages in the 24 h after, per doubling of the amount",
        "hours": told.hours,
        "amounts": list(told.amounts),
    }
