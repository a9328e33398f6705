"""What the mathematics of spreading says, to hold beside every simulation.

Everybody with everybody (``final_size``, ``simplicial_mean_field``), people with thresholds
(``watts_window``, ``complex_contagion``), one group (``reed_frost``, ``mean_outbreak``), many
groups (``two_levels_of_mixing``, ``clique_percolation_threshold``, ``GroupAME``), and small
networks without any approximation (``exact_spread_ic``, ``exact_spread_lt``).
"""

from smallnet.simulations.theory.checks import observed_distribution
from smallnet.simulations.theory.cliques import clique_growth, clique_percolation_threshold
from smallnet.simulations.theory.deterministic import DeterministicSpread, complex_contagion
from smallnet.simulations.theory.group_ame import GroupAME, GroupPath, GroupState
from smallnet.simulations.theory.group_rates import group_infection_rate
from smallnet.simulations.theory.group_thresholds import (
    TricriticalPoint,
    equal_contacts_threshold,
    tricritical_point,
)
from smallnet.simulations.theory.live_edges import (
    exact_reach_ic,
    exact_reach_lt,
    exact_spread_ic,
    exact_spread_lt,
)
from smallnet.simulations.theory.mixing import TwoLevels, critical_global, two_levels_of_mixing
from smallnet.simulations.theory.one_group import expected_infections, mean_outbreak, reed_frost
from smallnet.simulations.theory.simplicial import (
    Branch,
    SimplicialMeanField,
    simplicial_mean_field,
)
from smallnet.simulations.theory.watts import (
    WattsCondition,
    WattsWindow,
    watts_condition,
    watts_window,
)
from smallnet.simulations.theory.well_mixed import final_size

__all__ = [
    "Branch",
    "DeterministicSpread",
    "GroupAME",
    "GroupPath",
    "GroupState",
    "SimplicialMeanField",
    "TricriticalPoint",
    "TwoLevels",
    "WattsCondition",
    "WattsWindow",
    "clique_growth",
    "clique_percolation_threshold",
    "complex_contagion",
    "critical_global",
    "equal_contacts_threshold",
    "exact_reach_ic",
    "exact_reach_lt",
    "exact_spread_ic",
    "exact_spread_lt",
    "expected_infections",
    "final_size",
    "group_infection_rate",
    "mean_outbreak",
    "observed_distribution",
    "reed_frost",
    "simplicial_mean_field",
    "tricritical_point",
    "two_levels_of_mixing",
    "watts_condition",
    "watts_window",
]
