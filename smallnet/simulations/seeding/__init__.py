"""Whom, and which groups, to start with: strategies under a budget, and what each is worth.

Every strategy is ``choose(population, budget, model, *, rng, costs) -> Choice``;
:data:`STRATEGIES` has them by name. :func:`compare_strategies` lets the same worlds judge them all.
"""

from smallnet.simulations.seeding.choice import Certificate, Choice, Costs
from smallnet.simulations.seeding.compare import Comparison, compare_strategies
from smallnet.simulations.seeding.greedy import celf
from smallnet.simulations.seeding.group_seeding import (
    few_per_large_group,
    group_cover,
    one_per_group,
    whole_small_groups,
)
from smallnet.simulations.seeding.rankings import (
    anybody,
    bridges,
    degree,
    group_count,
    k_core,
    pagerank,
)
from smallnet.simulations.seeding.reverse_sets import ReverseSets, reverse_reachable
from smallnet.simulations.seeding.strategies import (
    STRATEGIES,
    Strategy,
    find_strategy,
    fitting_strategies,
)
from smallnet.simulations.seeding.worlds import LiveTies

__all__ = [
    "STRATEGIES",
    "Certificate",
    "Choice",
    "Comparison",
    "Costs",
    "LiveTies",
    "ReverseSets",
    "Strategy",
    "anybody",
    "bridges",
    "celf",
    "compare_strategies",
    "degree",
    "few_per_large_group",
    "find_strategy",
    "fitting_strategies",
    "group_count",
    "group_cover",
    "k_core",
    "one_per_group",
    "pagerank",
    "reverse_reachable",
    "whole_small_groups",
]
