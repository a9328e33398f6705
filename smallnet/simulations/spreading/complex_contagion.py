"""Complex contagion: one contact is not enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from smallnet.errors import InputError
from smallnet.simulations.spreading.along_ties import AlongTies, lay_out
from smallnet.simulations.spreading.kernels.complex_contagion import spread_by_need
from smallnet.simulations.spreading.model import Kernel, Model, share
from smallnet.simulations.spreading.population import Population

__all__ = ["ComplexContagion"]

ROUNDING = 1e-9  # of a threshold, relative: 0.07 of 100 ties are 7 ties


@dataclass(frozen=True, kw_only=True)
class ComplexContagion(Model):
    """Complex contagion of Centola & Macy (2007); by fractions, that of Watts (2002).

    In each step everybody adopts on whom adopters press with at least their threshold. There is
    no chance in it: all replicates are the same.

    Parameters
    ----------
    threshold : float
        ``absolute``: strength of the ties from adopters (with ``tie_weights="ignore"``: their
        number), at least 0; ``fractional``: share of the strength of all ties that lead to the
        person, 0 to 1. At 0 everybody adopts in the first step, also who has no tie.
    kind : {"absolute", "fractional"}
    tie_weights : {"strength", "ignore"}
        Whether a tie counts with its strength, or all count the same.

    Notes
    -----
    In a trace there is a source only where one adopter's tie was enough alone.

    References
    ----------
    Centola & Macy (2007), https://doi.org/10.1086/521848;
    Watts (2002), https://doi.org/10.1073/pnas.082090499
    """

    name: ClassVar[str] = "complex-contagion"
    paper: ClassVar[str] = "https://doi.org/10.1086/521848"

    threshold: float = 2.0
    kind: Literal["absolute", "fractional"] = "absolute"
    tie_weights: Literal["strength", "ignore"] = "strength"

    def __post_init__(self) -> None:
        if self.kind not in ("absolute", "fractional"):
            msg = f"kind is {self.kind!r}, expected 'absolute' or 'fractional'"
            raise InputError(msg)
        if self.tie_weights not in ("strength", "ignore"):
            msg = f"tie_weights is {self.tie_weights!r}, expected 'strength' or 'ignore'"
            raise InputError(msg)
        if self.kind == "fractional":
            share(self.threshold, "threshold")
        elif not 0 <= self.threshold < float("inf"):
            msg = f"threshold is {self.threshold}, expected a number of at least 0"
            raise InputError(msg)

    def prepare(self, population: Population, seeds: NDArray[np.int32]) -> Kernel:
        """See :meth:`Model.prepare`."""
        place, weight = lay_out(population, seeds)
        if self.tie_weights == "ignore":
            weight = np.ones_like(weight)
        need = np.full(population.n_people, float(self.threshold))
        if self.kind == "fractional" and self.threshold > 0:
            total = np.bincount(place.nbr, weights=weight, minlength=population.n_people)
            need = np.where(total > 0, self.threshold * total, np.inf)
        return _Needs(place, weight, need)


@dataclass(frozen=True)
class _Needs(AlongTies):
    strength: NDArray[np.float64]
    need: NDArray[np.float64]

    def fill(self, keys: NDArray[np.uint64], out: tuple[Any, ...]) -> None:
        """See :meth:`AlongTies.fill`."""
        size, touched, curve, *kept = out
        need = self.need * (1.0 - ROUNDING)
        spread_by_need(*self.place, self.strength, need, size[:1], touched[:1], curve[:1], *kept)
        size[:], touched[:], curve[:] = size[0], touched[0], curve[0]
