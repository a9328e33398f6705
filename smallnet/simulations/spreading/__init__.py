"""How something spreads from person to person and through groups: models, one way to run them.

A model (:class:`IndependentCascade`, ...) holds parameters only. A :class:`Population` is where it
runs: ties, groups or both, on one index of people. ``model.simulate`` gives many replicates as a
:class:`Spread`; ``model.trace`` gives the whole way of one as a :class:`Trace`, which becomes the
tables ``shares`` and ``adoptions``.
"""

from smallnet.simulations.spreading.complex_contagion import ComplexContagion
from smallnet.simulations.spreading.epidemic import SI, SIR, SIS
from smallnet.simulations.spreading.epidemic_continuous import (
    ContinuousSI,
    ContinuousSIR,
    ContinuousSIS,
)
from smallnet.simulations.spreading.firewall import FirewallComparison, compare_with_shuffled
from smallnet.simulations.spreading.firewall_attention import (
    AttentionThresholds,
    attention_thresholds,
)
from smallnet.simulations.spreading.firewall_runs import shuffled
from smallnet.simulations.spreading.firewall_sizes import SizeVerdict, size_verdict
from smallnet.simulations.spreading.group_contagion import GroupContagion
from smallnet.simulations.spreading.independent_cascade import IndependentCascade
from smallnet.simulations.spreading.interventions import (
    Broadcast,
    Incentive,
    ban_friending,
    mute,
    split_groups,
)
from smallnet.simulations.spreading.linear_threshold import LinearThreshold
from smallnet.simulations.spreading.model import Kernel, Model
from smallnet.simulations.spreading.outcome import CURVE_POINTS, Block, Spread, Trace, mean_interval
from smallnet.simulations.spreading.population import Population
from smallnet.simulations.spreading.registry import MODELS, make_model
from smallnet.simulations.spreading.replicas import replicas
from smallnet.simulations.spreading.share_in_groups import ShareInGroups
from smallnet.simulations.spreading.simplicial import SimplicialContagion

__all__ = [
    "CURVE_POINTS",
    "MODELS",
    "SI",
    "SIR",
    "SIS",
    "AttentionThresholds",
    "Block",
    "Broadcast",
    "ComplexContagion",
    "ContinuousSI",
    "ContinuousSIR",
    "ContinuousSIS",
    "FirewallComparison",
    "GroupContagion",
    "Incentive",
    "IndependentCascade",
    "Kernel",
    "LinearThreshold",
    "Model",
    "Population",
    "ShareInGroups",
    "SimplicialContagion",
    "SizeVerdict",
    "Spread",
    "Trace",
    "attention_thresholds",
    "ban_friending",
    "compare_with_shuffled",
    "make_model",
    "mean_interval",
    "mute",
    "replicas",
    "shuffled",
    "size_verdict",
    "split_groups",
]
