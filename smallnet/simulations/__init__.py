"""Worlds whose answers are known, in the same tables as observed data."""

from smallnet.simulations.platform import Platform
from smallnet.simulations.scenarios import DESCRIPTIONS, SCENARIOS, get_scenario
from smallnet.simulations.world import World

__all__ = ["DESCRIPTIONS", "SCENARIOS", "Platform", "World", "get_scenario"]
