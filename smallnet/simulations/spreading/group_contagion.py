"""Group contagion: the group infects, by how many of its members are infected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from smallnet.errors import InputError
from smallnet.simulations.spreading.interventions import Broadcast, accept_words
from smallnet.simulations.spreading.kernels.group_contagion import spread_by_groups
from smallnet.simulations.spreading.model import Model
from smallnet.simulations.spreading.outcome import Block
from smallnet.simulations.spreading.population import Population
from smallnet.simulations.theory.group_rates import group_infection_rate

__all__ = ["KINDS", "GroupContagion"]

KINDS = ("SIS", "SIR", "SI")


@dataclass(frozen=True, kw_only=True)
class GroupContagion(Model):
    r"""Group contagion of St-Onge et al. (2022), in synchronous steps.

    A susceptible member of a group of n with i infected is infected by it at the rate

    .. math:: \beta(n, i) = \lambda i^\nu \quad\text{or, by fraction,}\quad
        \lambda \left(\frac{i}{n - 1}\right)^\nu

    in each of their groups, and an infected person recovers at the rate :math:`\mu`. Over a step
    the chances are :math:`1 - e^{-\beta\,dt}` and :math:`1 - e^{-\mu\,dt}`, all from the state
    before the step. Ties play no part.

    Parameters
    ----------
    lam : float
        Rate with one infected member (by fraction: with all others infected), per unit of time.
    nu : float
        Shape: 1 adds up, above 1 reinforces, below 1 saturates.
    fraction : bool
        Whether the share of the other members counts instead of their number.
    recovery : float
        Rate of recovering, per unit of time; ``inf`` for after one step. Not used in "SI".
    kind : {"SIS", "SIR", "SI"}
        After recovery: susceptible again, or immune; or no recovery.
    dt : float
        Length of a step, one over a whole number. The error of a rate is of the order of ``dt``
        times it.
    until : float
        When watching ends, in units of time.
    broadcast : Broadcast, optional
        Reaches everybody at one moment, ``at_step`` units of time after the start.

    Notes
    -----
    The source in a trace is drawn among the infected members of the group: the group infects,
    not one of them. A trace holds the first infection of each person.

    With ``dt=1``, ``recovery=inf``, ``nu=1`` and ``lam=-log(q)`` this is the chain of Reed and
    Frost with chance q to escape one infective.

    References
    ----------
    St-Onge, Iacopini, Latora, Barrat, Petri, Allard & Hébert-Dufresne (2022),
    https://doi.org/10.1038/s42005-021-00788-w
    """

    name: ClassVar[str] = "group-contagion"
    paper: ClassVar[str] = "https://doi.org/10.1038/s42005-021-00788-w"
    time_unit: ClassVar[str] = "units of time"

    lam: float = 0.1
    nu: float = 1.0
    fraction: bool = False
    recovery: float = 1.0
    kind: Literal["SIS", "SIR", "SI"] = "SIS"
    dt: float = 0.1
    until: float = 64.0
    broadcast: Broadcast | None = None

    def __post_init__(self) -> None:
        accept_words(self, broadcast=Broadcast)
        for what in ("lam", "nu"):
            if not 0 <= getattr(self, what) < np.inf:
                msg = f"{what} is {getattr(self, what)}, expected a finite number of at least 0"
                raise InputError(msg)
        if not self.recovery >= 0:
            msg = f"recovery is {self.recovery}, expected a rate of at least 0, or inf"
            raise InputError(msg)
        if self.kind not in KINDS:
            msg = f"kind is {self.kind!r}, expected one of {', '.join(KINDS)}"
            raise InputError(msg)
        if not 0 < self.dt <= 1 or abs(1 / self.dt - round(1 / self.dt)) > 1e-6:
            msg = f"dt is {self.dt}, expected one over a whole number: 1, 0.5, 0.1, ..."
            raise InputError(msg)
        if not self.dt <= self.until < np.inf:
            msg = f"until is {self.until}, expected a finite time of at least dt, {self.dt}"
            raise InputError(msg)

    @property
    def uses(self) -> frozenset[str]:
        """See :attr:`Model.uses`."""
        return frozenset({"groups"})

    def prepare(self, population: Population, seeds: NDArray[np.int32]) -> _Contagion:
        """See :meth:`Model.prepare`."""
        ptr, members = population.group_members()
        own, groups = population.groups_of_people()
        first, hazard = self._hazards(np.diff(ptr))
        per_unit = round(1 / self.dt)
        told = self.broadcast
        return _Contagion(
            ptr=ptr,
            members=members,
            own=own,
            groups=groups,
            seeds=seeds,
            first=first,
            hazard=hazard,
            recovery=0.0 if self.kind == "SI" else self.recovery * self.dt,
            immune=self.kind == "SIR",
            steps=round(self.until * per_unit),
            per_unit=per_unit,
            told_at=-1 if told is None else told.at_step * per_unit,
            told=0.0 if told is None else told.hazard,
        )

    def _hazards(self, sizes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Cumulative hazard over a step, one stretch a size that occurs, and where it starts."""
        occurs, which = np.unique(sizes, return_inverse=True)
        starts = np.concatenate([[0], np.cumsum(occurs + 1)])
        rates = [
            group_infection_rate(n, np.arange(n + 1), self.lam, self.nu, fraction=self.fraction)
            if n
            else np.zeros(1)
            for n in occurs.tolist()
        ]
        hazard = np.concatenate([*rates, np.zeros(1)]) * self.dt
        return starts[which], np.minimum(hazard, 1e12)


@dataclass(frozen=True, kw_only=True)
class _Contagion:
    """Arrays of a group contagion; see :class:`Kernel`."""

    ptr: NDArray[np.int64]
    members: NDArray[np.int32]
    own: NDArray[np.int64]
    groups: NDArray[np.int32]
    seeds: NDArray[np.int32]
    first: NDArray[np.int64]
    hazard: NDArray[np.float64]
    recovery: float
    immune: bool
    steps: int
    per_unit: int
    told_at: int
    told: float

    def run(self, keys: NDArray[np.uint64]) -> Block:
        """See :meth:`Kernel.run`."""
        block = Block.empty(len(keys))
        nobody = np.zeros(1, np.int32)
        self._kernel(keys, block, nobody, nobody, nobody, nobody, keep=False)
        return block

    def trace(self, key: np.uint64) -> tuple[NDArray[Any], ...]:
        """See :meth:`Kernel.trace`."""
        block, n = Block.empty(1), len(self.own) - 1
        who, source, time, through = (np.full(n, -1, np.int32) for _ in range(4))
        self._kernel(np.array([key]), block, who, source, time, through, keep=True)
        n = int(block.final_sizes[0])
        return who[:n], time[:n] / self.per_unit, source[:n], through[:n]

    def _kernel(
        self,
        keys: NDArray[np.uint64],
        block: Block,
        who: NDArray[np.int32],
        source: NDArray[np.int32],
        time: NDArray[np.int32],
        through: NDArray[np.int32],
        *,
        keep: bool,
    ) -> None:
        place = (self.ptr, self.members, self.own, self.groups, self.seeds)
        rates = (self.first, self.hazard, float(self.recovery), self.immune)
        clock = (self.steps, self.per_unit, self.told_at, float(self.told))
        out = (block.final_sizes, block.groups_reached, block.curves)
        kept = (who, source, time, through, keep)
        spread_by_groups(*place, *rates, *clock, keys, *out, *kept)
