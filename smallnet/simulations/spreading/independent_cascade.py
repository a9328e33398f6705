"""Independent cascade: each new adopter has one try at each neighbour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from smallnet.errors import InputError
from smallnet.simulations.spreading.along_ties import AlongTies, lay_out
from smallnet.simulations.spreading.kernels.cascade import (
    spread_own_chances,
    spread_same_chance,
)
from smallnet.simulations.spreading.kernels.stream import wait_table
from smallnet.simulations.spreading.kernels.thinning import Thinned, thin_ties
from smallnet.simulations.spreading.model import Kernel, Model, share
from smallnet.simulations.spreading.population import Population

__all__ = ["TIE_WEIGHTS", "IndependentCascade", "tie_chances"]

TIE_WEIGHTS = ("per-unit", "ignore", "probability", "inverse-degree")


@dataclass(frozen=True, kw_only=True)
class IndependentCascade(Model):
    """Independent cascade of Kempe, Kleinberg & Tardos (2003).

    Parameters
    ----------
    probability : float
        Chance of one try, 0 to 1.
    tie_weights : {"per-unit", "ignore", "probability", "inverse-degree"}
        What a tie's strength w does: ``per-unit``: w independent tries, chance
        1 - (1 - probability)^w; ``ignore``: nothing; ``probability``: w is itself the chance;
        ``inverse-degree``: chance 1 / (number of ties that lead to the person), the weighted
        cascade. The last two do not use ``probability``.

    References
    ----------
    Kempe, Kleinberg & Tardos (2003), https://doi.org/10.1145/956750.956769
    """

    name: ClassVar[str] = "independent-cascade"
    paper: ClassVar[str] = "https://doi.org/10.1145/956750.956769"
    live_ties: ClassVar[Literal["none", "each", "one"]] = "each"

    probability: float = 0.05
    tie_weights: Literal["per-unit", "ignore", "probability", "inverse-degree"] = "per-unit"

    def __post_init__(self) -> None:
        share(self.probability, "probability")
        if self.tie_weights not in TIE_WEIGHTS:
            msg = f"tie_weights is {self.tie_weights!r}, expected one of {', '.join(TIE_WEIGHTS)}"
            raise InputError(msg)

    def prepare(self, population: Population, seeds: NDArray[np.int32]) -> Kernel:
        """See :meth:`Model.prepare`."""
        place, weight = lay_out(population, seeds)
        chance = tie_chances(self.probability, self.tie_weights, place.nbr, weight)
        if not place.nbr.size:
            chance = np.zeros(1)  # without ties there is nothing to thin
        if len(chance) == 1 and chance[0] < 1.0:
            return _SameChance(place, *wait_table(float(chance[0])))
        ties = thin_ties(place.ptr, place.nbr, chance)
        return _OwnChances(place._replace(ptr=ties.ptr, nbr=ties.nbr), ties)

    def live_chances(self, population: Population) -> NDArray[np.float64]:
        """See :meth:`Model.live_chances`."""
        _, nbr, weight = population.ties()
        return tie_chances(self.probability, self.tie_weights, nbr, weight)


def tie_chances(
    probability: float, tie_weights: str, nbr: NDArray[np.int32], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Chance of each tie; one number where all ties have the same.

    Returns
    -------
    ndarray of float64, shape (ties,) or (1,)

    Raises
    ------
    InputError
        If a weight that should be a chance is none.
    """
    if tie_weights == "ignore" or not len(weight):
        return np.array([probability])
    if tie_weights == "per-unit":
        chance = (
            -np.expm1(weight * np.log1p(-probability))
            if probability < 1
            else (weight > 0).astype(np.float64)
        )
    elif tie_weights == "inverse-degree":
        chance = 1.0 / np.bincount(nbr)[nbr]
    else:
        if weight.max() > 1:
            msg = f"a tie's strength is {weight.max()}, expected chances from 0 to 1"
            raise InputError(msg)
        chance = weight
    chance = np.asarray(chance, dtype=np.float64)
    return chance[:1] if (chance == chance[0]).all() else chance


@dataclass(frozen=True)
class _SameChance(AlongTies):
    cut: NDArray[np.uint32]
    other: NDArray[np.int32]

    def fill(self, keys: NDArray[np.uint64], out: tuple[Any, ...]) -> None:
        """See :meth:`AlongTies.fill`."""
        spread_same_chance(*self.place, self.cut, self.other, keys, *out)


@dataclass(frozen=True)
class _OwnChances(AlongTies):
    ties: Thinned

    def fill(self, keys: NDArray[np.uint64], out: tuple[Any, ...]) -> None:
        """See :meth:`AlongTies.fill`."""
        spread_own_chances(*self.place, *self.ties[2:], keys, *out)
