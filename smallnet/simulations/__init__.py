"""Worlds whose answers are known, in the same tables as observed data."""

from smallnet.simulations.platform import Platform
from smallnet.simulations.scenarios import SCENARIOS, describe_scenarios, get_scenario
from smallnet.simulations.world import World

__all__ = ["SCENARIOS", "Platform", "World", "describe_scenarios", "get_scenario"]
