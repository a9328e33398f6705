"""How something spreads from person to person and through groups: models, one way to run them.

A model (:class:`IndependentCascade`, ...) holds parameters only. A :class:`Population` is where it
runs: ties, groups or both, on one index of people. ``model.simulate`` gives many replicates as a
:class:`Spread`; ``model.trace`` gives the whole way of one as a :class:`Trace`, which becomes the
tables ``shares`` and ``adoptions``.
"""

from smallnet.simulations.spreading.independent_cascade import IndependentCascade
from smallnet.simulations.spreading.model import Kernel, Model
from smallnet.simulations.spreading.outcome import CURVE_POINTS, Block, Spread, Trace, mean_interval
from smallnet.simulations.spreading.population import Population
from smallnet.simulations.spreading.registry import MODELS, make_model
from smallnet.simulations.spreading.replicas import replicas

__all__ = [
    "CURVE_POINTS",
    "MODELS",
    "Block",
    "IndependentCascade",
    "Kernel",
    "Model",
    "Population",
    "Spread",
    "Trace",
    "make_model",
    "mean_interval",
    "replicas",
]
