"""Epidemics in steps: SI, SIR and SIS along ties."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from smallnet.errors import InputError
from smallnet.simulations.spreading.along_ties import AlongTies, Place, lay_out
from smallnet.simulations.spreading.independent_cascade import tie_chances
from smallnet.simulations.spreading.kernels.cascade import spread_same_chance
from smallnet.simulations.spreading.kernels.epidemic import spread_in_steps
from smallnet.simulations.spreading.kernels.stream import wait_table
from smallnet.simulations.spreading.kernels.thinning import Thinned, thin_ties
from smallnet.simulations.spreading.model import Kernel, Model, share
from smallnet.simulations.spreading.population import Population

__all__ = ["SI", "SIR", "SIS", "Triangles", "no_triangles", "reachable", "steps_at_most"]

FOREVER = 2**62


@dataclass(frozen=True)
class Triangles:
    """Triangles of each person: start, and the two others of each."""

    ptr: NDArray[np.int64]
    second: NDArray[np.int32]
    third: NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class _InSteps(Model, ABC):
    """What the three have in common."""

    beta: float = 0.05
    tie_weights: Literal["per-unit", "ignore"] = "per-unit"
    horizon: int | None = None

    paper: ClassVar[str] = "https://doi.org/10.1103/RevModPhys.87.925"
    again: ClassVar[bool] = False

    def __post_init__(self) -> None:
        share(self.beta, "beta")
        share(self._gamma, "gamma")
        if self.tie_weights not in ("per-unit", "ignore"):
            msg = f"tie_weights is {self.tie_weights!r}, expected 'per-unit' or 'ignore'"
            raise InputError(msg)
        steps_at_most(self.horizon, needed=self.again)

    @property
    def _gamma(self) -> float:
        return getattr(self, "gamma", 0.0)  # who is infected for good has none

    def prepare(self, population: Population, seeds: NDArray[np.int32]) -> Kernel:
        """See :meth:`Model.prepare`."""
        return in_steps(
            population,
            seeds,
            beta=self.beta,
            tie_weights=self.tie_weights,
            recovery=self._gamma,
            again=self.again,
            horizon=self.horizon,
            triangles=no_triangles(population.n_people),
        )


@dataclass(frozen=True, kw_only=True)
class SI(_InSteps):
    """Susceptible, then infected for good.

    Parameters
    ----------
    beta : float
        Chance of infection per step along a tie of strength 1; along one of strength w it is
        1 - (1 - beta)^w.
    tie_weights : {"per-unit", "ignore"}
        ``ignore``: each tie as one of strength 1.
    horizon : int, optional
        Steps; where not given, until all that can be reached are infected.

    References
    ----------
    Pastor-Satorras, Castellano, Van Mieghem & Vespignani (2015),
    https://doi.org/10.1103/RevModPhys.87.925
    """

    name: ClassVar[str] = "si"


@dataclass(frozen=True, kw_only=True)
class SIR(_InSteps):
    """Susceptible, infected, removed.

    Parameters
    ----------
    beta, tie_weights
        As in :class:`SI`.
    gamma : float
        Chance of recovery per step; who is infected can infect in at least one step.
    horizon : int, optional
        Steps; where not given, until nobody is infected (with ``gamma`` 0: as :class:`SI`).

    References
    ----------
    Pastor-Satorras, Castellano, Van Mieghem & Vespignani (2015),
    https://doi.org/10.1103/RevModPhys.87.925
    """

    name: ClassVar[str] = "sir"

    gamma: float = 0.1


@dataclass(frozen=True, kw_only=True)
class SIS(_InSteps):
    """Susceptible, infected, susceptible again.

    Parameters
    ----------
    beta, tie_weights
        As in :class:`SI`.
    gamma : float
        Chance of recovery per step; who recovers can be infected from the next step on.
    horizon : int
        Steps; must be given.

    Notes
    -----
    Final sizes count who was ever infected; a trace holds the first infection of each.

    References
    ----------
    Pastor-Satorras, Castellano, Van Mieghem & Vespignani (2015),
    https://doi.org/10.1103/RevModPhys.87.925
    """

    name: ClassVar[str] = "sis"
    again: ClassVar[bool] = True

    gamma: float = 0.1


def steps_at_most(horizon: float | None, *, needed: bool, whole: bool = True) -> None:
    """Refuse a horizon that is none; in models in steps it is a whole number of them.

    Raises
    ------
    InputError
        If ``horizon`` is negative, nan or broken, or missing where it is needed.
    """
    if horizon is None and needed:
        msg = "horizon is not given, and this model may never end; expected a length of time"
        raise InputError(msg)
    if horizon is not None and not 0 <= horizon < FOREVER:
        msg = f"horizon is {horizon}, expected a length of time of at least 0"
        raise InputError(msg)
    if whole and horizon is not None and horizon != int(horizon):
        msg = f"horizon is {horizon}, expected a whole number of steps"
        raise InputError(msg)


def no_triangles(n_people: int) -> Triangles:
    """Give everybody no triangle."""
    nobody = np.zeros(0, np.int32)
    return Triangles(np.zeros(n_people + 1, np.int64), nobody, nobody)


def reachable(place: Place) -> int:
    """Count the people to whom ties lead from the seed people, these among them."""
    out = np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros((1, 1), np.int32)
    nobody = np.zeros(1, np.int32)
    kept = (nobody, nobody, np.zeros(1), False)
    spread_same_chance(*place, *wait_table(1.0), np.zeros(1, np.uint64), *out, *kept)
    return int(out[0][0])


def in_steps(
    population: Population,
    seeds: NDArray[np.int32],
    *,
    beta: float,
    tie_weights: str,
    recovery: float,
    again: bool,
    horizon: int | None,
    triangles: Triangles,
    beta_delta: float = 0.0,
) -> Kernel:
    """Lay out an epidemic in steps, along ties and in triangles."""
    place, weight = lay_out(population, seeds)
    chances = tie_chances(beta, tie_weights, place.nbr, weight)
    ties = thin_ties(place.ptr, place.nbr, chances)
    place = place._replace(ptr=ties.ptr, nbr=ties.nbr)
    above_0 = np.unique(chances[chances > 0]) if len(place.nbr) else np.zeros(0)
    same = len(above_0) <= 1
    reach = population.n_people + 1
    if recovery == 0.0 and not len(triangles.second):
        reach = reachable(place)
    return _Steps(
        place,
        ties=ties,
        same=wait_table(float(above_0.sum())) if same else None,
        triangles=triangles if beta_delta > 0 else no_triangles(population.n_people),
        beta_delta=beta_delta,
        recovery=recovery,
        again=again,
        horizon=FOREVER if horizon is None else int(horizon),
        reach=reach,
    )


@dataclass(frozen=True)
class _Steps(AlongTies):
    ties: Thinned
    same: tuple[NDArray[np.uint32], NDArray[np.int32]] | None
    triangles: Triangles
    beta_delta: float
    recovery: float
    again: bool
    horizon: int
    reach: int

    def fill(self, keys: NDArray[np.uint64], out: tuple[Any, ...]) -> None:
        """See :meth:`AlongTies.fill`."""
        ties, corners = self.ties, self.triangles
        cut, other = (ties.cut, ties.other) if self.same is None else self.same
        spread_in_steps(
            *self.place, self.same is not None, cut, other,
            ties.words, ties.first, ties.bound,
            corners.ptr, corners.second, corners.third, *wait_table(self.beta_delta),
            *wait_table(self.recovery), self.recovery > 0.0, self.again, self.horizon,
            self.reach, keys, *out,
        )  # fmt: skip
