"""Epidemics in continuous time: SI, SIR and SIS along ties, exact."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from smallnet.errors import InputError
from smallnet.simulations.spreading.along_ties import AlongTies, lay_out
from smallnet.simulations.spreading.epidemic import reachable, steps_at_most
from smallnet.simulations.spreading.kernels.epidemic_continuous import spread_in_time
from smallnet.simulations.spreading.model import Kernel, Model
from smallnet.simulations.spreading.population import Population

__all__ = ["ContinuousSI", "ContinuousSIR", "ContinuousSIS"]


@dataclass(frozen=True, kw_only=True)
class _InTime(Model, ABC):
    """What the three have in common."""

    tau: float = 0.05
    tie_weights: Literal["strength", "ignore"] = "strength"
    horizon: float | None = None

    paper: ClassVar[str] = "https://doi.org/10.1103/RevModPhys.87.925"
    time_unit: ClassVar[str] = "units of time"
    again: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for what, rate in (("tau", self.tau), ("gamma", self._gamma)):
            if not 0 <= rate < float("inf"):
                msg = f"{what} is {rate}, expected a rate of at least 0"
                raise InputError(msg)
        if self.tie_weights not in ("strength", "ignore"):
            msg = f"tie_weights is {self.tie_weights!r}, expected 'strength' or 'ignore'"
            raise InputError(msg)
        steps_at_most(self.horizon, needed=self.again, whole=False)

    @property
    def _gamma(self) -> float:
        return getattr(self, "gamma", 0.0)  # who is infected for good has none

    def prepare(self, population: Population, seeds: NDArray[np.int32]) -> Kernel:
        """See :meth:`Model.prepare`."""
        place, weight = lay_out(population, seeds)
        if self.tie_weights == "ignore":
            weight = np.ones_like(weight)
        person = np.repeat(np.arange(population.n_people), np.diff(place.ptr))
        kept = weight > 0
        person, nbr, weight = person[kept], place.nbr[kept], weight[kept]
        ties = np.bincount(person, minlength=population.n_people)
        ptr = np.concatenate([[0], np.cumsum(ties)]).astype(np.int64)
        place = place._replace(ptr=ptr, nbr=nbr)
        same = len(weight) == 0 or bool((weight == weight[0]).all())
        strength = np.zeros(population.n_people)
        strength += np.bincount(person, weights=weight, minlength=population.n_people)
        upto = np.zeros(0)
        if not same:
            total = np.cumsum(weight)
            upto = total - np.concatenate([[0.0], total])[ptr[person]]
        power = np.full(population.n_people, -np.inf)
        np.log2(strength, out=power, where=strength > 0)
        power = np.ceil(power)
        powers, class_of = np.unique(power, return_inverse=True)
        held = np.bincount(class_of)
        reach = population.n_people + 1
        if self._gamma == 0:
            reach = reachable(place) if self.tau > 0 else len(seeds)
        return _Time(
            place,
            class_of=class_of.astype(np.uint8),
            first=(np.cumsum(held) - held).astype(np.int64),
            bound=2.0**powers,
            strength=strength,
            upto=upto,
            tau=float(self.tau),
            gamma=float(self._gamma),
            again=self.again,
            horizon=float("inf") if self.horizon is None else float(self.horizon),
            reach=reach,
        )


@dataclass(frozen=True, kw_only=True)
class ContinuousSI(_InTime):
    """Susceptible, then infected for good, in continuous time.

    Parameters
    ----------
    tau : float
        Rate of infection along a tie of strength 1, per unit of time; along one of strength w it
        is tau * w.
    tie_weights : {"strength", "ignore"}
        ``ignore``: each tie as one of strength 1.
    horizon : float, optional
        Length of time; where not given, until all that can be reached are infected.

    References
    ----------
    Pastor-Satorras, Castellano, Van Mieghem & Vespignani (2015),
    https://doi.org/10.1103/RevModPhys.87.925
    """

    name: ClassVar[str] = "si-continuous"


@dataclass(frozen=True, kw_only=True)
class ContinuousSIR(_InTime):
    """Susceptible, infected, removed, in continuous time.

    Parameters
    ----------
    tau, tie_weights
        As in :class:`ContinuousSI`.
    gamma : float
        Rate of recovery, per unit of time.
    horizon : float, optional
        Length of time; where not given, until nobody is infected.

    References
    ----------
    Pastor-Satorras, Castellano, Van Mieghem & Vespignani (2015),
    https://doi.org/10.1103/RevModPhys.87.925
    """

    name: ClassVar[str] = "sir-continuous"

    gamma: float = 0.1


@dataclass(frozen=True, kw_only=True)
class ContinuousSIS(_InTime):
    """Susceptible, infected, susceptible again, in continuous time.

    Parameters
    ----------
    tau, tie_weights
        As in :class:`ContinuousSI`.
    gamma : float
        Rate of recovery, per unit of time.
    horizon : float
        Length of time; must be given.

    Notes
    -----
    Final sizes count who was ever infected; a trace holds the first infection of each.

    References
    ----------
    Pastor-Satorras, Castellano, Van Mieghem & Vespignani (2015),
    https://doi.org/10.1103/RevModPhys.87.925
    """

    name: ClassVar[str] = "sis-continuous"
    again: ClassVar[bool] = True

    gamma: float = 0.1


@dataclass(frozen=True)
class _Time(AlongTies):
    class_of: NDArray[np.uint8]
    first: NDArray[np.int64]
    bound: NDArray[np.float64]
    strength: NDArray[np.float64]
    upto: NDArray[np.float64]
    tau: float
    gamma: float
    again: bool
    horizon: float
    reach: int

    def fill(self, keys: NDArray[np.uint64], out: tuple[Any, ...]) -> None:
        """See :meth:`AlongTies.fill`."""
        spread_in_time(
            *self.place, self.class_of, self.first, self.bound, self.strength, self.upto,
            self.tau, self.gamma, self.again, self.horizon, self.reach, keys, *out,
        )  # fmt: skip
