"""Linear threshold: people adopt once enough of those they listen to have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from smallnet.errors import InputError
from smallnet.simulations.spreading.along_ties import AlongTies, lay_out
from smallnet.simulations.spreading.kernels.linear_threshold import (
    BITS,
    spread_equal_shares,
    spread_shares,
)
from smallnet.simulations.spreading.model import Kernel, Model
from smallnet.simulations.spreading.population import Population

__all__ = ["LinearThreshold"]

MOST_COUNTED = 2**24 - 2  # ties to one person that the counting kernel can hold


@dataclass(frozen=True, kw_only=True)
class LinearThreshold(Model):
    """Linear threshold of Kempe, Kleinberg & Tardos (2003).

    A person adopts once the ties that lead to them from adopters hold a share of the strength of
    all that lead to them of at least their threshold, which is drawn evenly from 0 to 1.

    Parameters
    ----------
    tie_weights : {"strength", "ignore"}
        Whether a tie counts with its strength, or all count the same.

    Notes
    -----
    In a trace the source is whose adoption met the threshold. A person to whom no tie of a
    strength leads adopts only as a seed.

    References
    ----------
    Kempe, Kleinberg & Tardos (2003), https://doi.org/10.1145/956750.956769
    """

    name: ClassVar[str] = "linear-threshold"
    paper: ClassVar[str] = "https://doi.org/10.1145/956750.956769"
    live_ties: ClassVar[Literal["none", "each", "one"]] = "one"

    tie_weights: Literal["strength", "ignore"] = "strength"

    def __post_init__(self) -> None:
        if self.tie_weights not in ("strength", "ignore"):
            msg = f"tie_weights is {self.tie_weights!r}, expected 'strength' or 'ignore'"
            raise InputError(msg)

    def prepare(self, population: Population, seeds: NDArray[np.int32]) -> Kernel:
        """See :meth:`Model.prepare`."""
        place, weight = lay_out(population, seeds)
        nbr, n = place.nbr, population.n_people
        if self.tie_weights == "ignore":
            weight = np.ones_like(weight)
        ties_in = np.bincount(nbr, minlength=n)
        most = np.zeros(n)
        np.maximum.at(most, nbr, weight)
        same = (weight == most[nbr]).all() and (weight > 0).all()
        if same and ties_in.max(initial=0) <= MOST_COUNTED:
            return _EqualShares(place, ties_in.astype(np.uint32))
        return _Shares(place, np.rint(_influences(nbr, weight, n) * 2.0**BITS).astype(np.uint64))

    def live_chances(self, population: Population) -> NDArray[np.float64]:
        """Influence of each tie; see :meth:`Model.live_chances`."""
        _, nbr, weight = population.ties()
        if self.tie_weights == "ignore":
            weight = np.ones_like(weight)
        return _influences(nbr, weight, population.n_people)


def _influences(
    nbr: NDArray[np.int32], weight: NDArray[np.float64], n_people: int
) -> NDArray[np.float64]:
    """Share of each tie in the strength of all that lead to the same person; 0 where all have 0."""
    total = np.bincount(nbr, weights=weight, minlength=n_people)[nbr]
    return np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)


@dataclass(frozen=True)
class _EqualShares(AlongTies):
    ties_in: NDArray[np.uint32]

    def fill(self, keys: NDArray[np.uint64], out: tuple[Any, ...]) -> None:
        """See :meth:`AlongTies.fill`."""
        spread_equal_shares(*self.place, self.ties_in, keys, *out)


@dataclass(frozen=True)
class _Shares(AlongTies):
    shares: NDArray[np.uint64]

    def fill(self, keys: NDArray[np.uint64], out: tuple[Any, ...]) -> None:
        """See :meth:`AlongTies.fill`."""
        spread_shares(*self.place, self.shares, keys, *out)
