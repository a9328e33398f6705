"""Worlds whose answers are known, in the same tables as observed data."""

from smallnet.simulations.fitting import PlatformFit, fit_platform, report_fit
from smallnet.simulations.mechanisms import (
    Closeness,
    Fission,
    FriendingRule,
    GiftCampaign,
    Incentive,
    Outreach,
    RedPackets,
    Seeding,
    Viewing,
    Weariness,
)
from smallnet.simulations.platform import Platform
from smallnet.simulations.scenario_files import Scenario, read_scenario
from smallnet.simulations.scenarios import (
    SCENARIOS,
    describe_scenarios,
    find_scenario,
    get_scenario,
)
from smallnet.simulations.seeded_groups import SeededGroups, draw_places
from smallnet.simulations.world import World

__all__ = [
    "SCENARIOS",
    "Closeness",
    "Fission",
    "FriendingRule",
    "GiftCampaign",
    "Incentive",
    "Outreach",
    "Platform",
    "PlatformFit",
    "RedPackets",
    "Scenario",
    "SeededGroups",
    "Seeding",
    "Viewing",
    "Weariness",
    "World",
    "describe_scenarios",
    "draw_places",
    "find_scenario",
    "fit_platform",
    "get_scenario",
    "read_scenario",
    "report_fit",
]
