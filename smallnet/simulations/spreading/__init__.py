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
    "Block",
    "Broadcast",
    "ComplexContagion",
    "ContinuousSI",
    "ContinuousSIR",
    "ContinuousSIS",
    "GroupContagion",
    "Incentive",
    "IndependentCascade",
    "Kernel",
    "LinearThreshold",
    "Model",
    "Population",
    "ShareInGroups",
    "SimplicialContagion",
    "Spread",
    "Trace",
    "ban_friending",
    "make_model",
    "mean_interval",
    "mute",
    "replicas",
    "split_groups",
]
