"""Independent cascade: each new adopter has one try at each neighbour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from smallnet.errors import InputError
from smallnet.simulations.spreading.kernels.cascade import (
    spread_own_chances,
    spread_same_chance,
)
from smallnet.simulations.spreading.kernels.stream import wait_table
from smallnet.simulations.spreading.model import Model, share
from smallnet.simulations.spreading.outcome import Block
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

    probability: float = 0.05
    tie_weights: Literal["per-unit", "ignore", "probability", "inverse-degree"] = "per-unit"

    def __post_init__(self) -> None:
        share(self.probability, "probability")
        if self.tie_weights not in TIE_WEIGHTS:
            msg = f"tie_weights is {self.tie_weights!r}, expected one of {', '.join(TIE_WEIGHTS)}"
            raise InputError(msg)

    def prepare(self, population: Population, seeds: NDArray[np.int32]) -> _Cascade:
        """See :meth:`Model.prepare`."""
        ptr, nbr, weight = population.ties()
        chance = tie_chances(self.probability, self.tie_weights, nbr, weight)
        own, groups = population.groups_of_people()
        return _Cascade(ptr, nbr, chance, seeds, own, groups, population.n_groups)


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
class _Cascade:
    """Arrays of a cascade; see :class:`Kernel`."""

    ptr: NDArray[np.int64]
    nbr: NDArray[np.int32]
    chance: NDArray[np.float64]
    seeds: NDArray[np.int32]
    own: NDArray[np.int64]
    groups: NDArray[np.int32]
    n_groups: int

    def run(self, keys: NDArray[np.uint64]) -> Block:
        """See :meth:`Kernel.run`."""
        block = Block.empty(len(keys))
        nobody = np.zeros(1, np.int32)
        self._kernel(keys, block, nobody, nobody, nobody, keep=False)
        return block

    def trace(self, key: np.uint64) -> tuple[NDArray[Any], ...]:
        """See :meth:`Kernel.trace`."""
        block, n = Block.empty(1), len(self.ptr) - 1
        who, source, time = (np.full(n + 1, -1, np.int32) for _ in range(3))
        self._kernel(np.array([key]), block, who, source, time, keep=True)
        n = int(block.final_sizes[0])
        return who[:n], time[:n].astype(np.float64), source[:n], np.full(n, -1, np.int32)

    def _kernel(
        self,
        keys: NDArray[np.uint64],
        block: Block,
        who: NDArray[np.int32],
        source: NDArray[np.int32],
        time: NDArray[np.int32],
        *,
        keep: bool,
    ) -> None:
        place = (self.ptr, self.nbr, self.seeds, self.own, self.groups, self.n_groups)
        out = (block.final_sizes, block.groups_reached, block.curves, who, source, time, keep)
        if len(self.chance) == 1 and self.chance[0] < 1.0:
            cut, other = wait_table(float(self.chance[0]))
            spread_same_chance(*place, cut, other, keys, *out)
        else:
            chance = np.broadcast_to(self.chance, len(self.nbr))
            spread_own_chances(*place, np.rint(chance * 2.0**32).astype(np.uint64), keys, *out)
