"""Simplicial contagion: pairs infect, and so do triangles of which two are infected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smallnet.errors import InputError
from smallnet.simulations.spreading.epidemic import Triangles, in_steps, steps_at_most
from smallnet.simulations.spreading.kernels.simplicial import list_triangles
from smallnet.simulations.spreading.model import Kernel, Model, share
from smallnet.simulations.spreading.population import Population

__all__ = ["SimplicialContagion"]


@dataclass(frozen=True, kw_only=True)
class SimplicialContagion(Model):
    """Simplicial contagion of Iacopini, Petri, Barrat & Latora (2019).

    Parameters
    ----------
    beta : float
        Chance of infection per step along a tie of strength 1; of strength w: 1 - (1 - beta)^w.
    beta_delta : float
        Chance per step that the two infected people of a triangle infect the third.
    mu : float
        Chance of recovery per step.
    recovery : {"sis", "sir"}
        Whether who recovers is susceptible again, or removed.
    horizon : int, optional
        Steps; needed with ``sis``.
    triangles : tuple of (str, str, str), optional
        Ids of the three people of each; where not given, all triangles of the network (ties
        taken in either direction).

    Notes
    -----
    Who is infected in a step infects, and recovers, from the next step on. In a trace, who came
    to it in a triangle has no source.

    References
    ----------
    Iacopini, Petri, Barrat & Latora (2019), https://doi.org/10.1038/s41467-019-10431-6
    """

    name: ClassVar[str] = "simplicial-contagion"
    paper: ClassVar[str] = "https://doi.org/10.1038/s41467-019-10431-6"

    beta: float = 0.02
    beta_delta: float = 0.1
    mu: float = 0.1
    recovery: Literal["sis", "sir"] = "sis"
    horizon: int | None = 200
    triangles: tuple[tuple[str, str, str], ...] | None = None

    def __post_init__(self) -> None:
        share(self.beta, "beta")
        share(self.beta_delta, "beta_delta")
        share(self.mu, "mu")
        if self.recovery not in ("sis", "sir"):
            msg = f"recovery is {self.recovery!r}, expected 'sis' or 'sir'"
            raise InputError(msg)
        if self.triangles is not None and not _are_triples(self.triangles):
            msg = f"triangles is {self.triangles!r}, expected triples of ids, such as [[a, b, c]]"
            raise InputError(msg)
        never_ends = self.recovery == "sis" or self.mu == 0
        steps_at_most(self.horizon, needed=never_ends)

    def prepare(self, population: Population, seeds: NDArray[np.int32]) -> Kernel:
        """See :meth:`Model.prepare`."""
        if self.triangles is None:
            corners = triangles_of(population)
        else:
            corners = given_triangles(population, self.triangles)
        return in_steps(
            population,
            seeds,
            beta=self.beta,
            tie_weights="per-unit",
            recovery=self.mu,
            again=self.recovery == "sis",
            horizon=self.horizon,
            triangles=by_person(population.n_people, corners),
            beta_delta=self.beta_delta,
        )


def _are_triples(triangles: object) -> bool:
    return isinstance(triangles, (tuple, list)) and all(
        isinstance(corners, (tuple, list)) and len(corners) == 3 for corners in triangles
    )


def triangles_of(population: Population) -> NDArray[np.int32]:
    """All triangles of the network, each once.

    Returns
    -------
    ndarray of int32, shape (triangles, 3)
    """
    ptr, nbr, _ = population.ties()
    n = len(ptr) - 1
    ends = np.repeat(np.arange(n, dtype=np.int64), np.diff(ptr))
    degree = np.bincount(ends, minlength=n) + np.bincount(nbr, minlength=n)
    rank = np.empty(n, np.int64)
    rank[np.lexsort((np.arange(n), degree))] = np.arange(n)
    # Each pair once, from the end of lower degree: then no list is long (Chiba & Nishizeki 1985).
    low, high = np.minimum(rank[ends], rank[nbr]), np.maximum(rank[ends], rank[nbr])
    pair = np.unique(low[low != high] * n + high[low != high])
    low, high = pair // n, pair % n
    start = np.searchsorted(low, np.arange(n + 1))
    found = list_triangles(start, high.astype(np.int32))
    person = np.argsort(rank).astype(np.int32)
    return person[found]


def given_triangles(
    population: Population, triangles: tuple[tuple[str, str, str], ...]
) -> NDArray[np.int32]:
    """Places in the index of triangles given by ids.

    Raises
    ------
    InputError
        If one is not three different people of the population.
    """
    ids = [person for corners in triangles for person in corners]
    index = pd.Index(population.people, dtype=object)
    at = index.get_indexer(pd.Index(ids, dtype=object)).reshape(-1, 3)
    odd = (at < 0).any(axis=1) | (at[:, 0] == at[:, 1])
    odd |= (at[:, 0] == at[:, 2]) | (at[:, 1] == at[:, 2])
    if odd.any():
        msg = f"a triangle is {triangles[int(np.argmax(odd))]}, expected three of the people"
        raise InputError(msg)
    return np.unique(np.sort(at, axis=1), axis=0).astype(np.int32)


def by_person(n_people: int, corners: NDArray[np.int32]) -> Triangles:
    """Triangles of each person."""
    first = np.concatenate([corners[:, 0], corners[:, 1], corners[:, 2]])
    second = np.concatenate([corners[:, 1], corners[:, 2], corners[:, 0]])
    third = np.concatenate([corners[:, 2], corners[:, 0], corners[:, 1]])
    order = np.argsort(first, kind="stable")
    ptr = np.concatenate([[0], np.cumsum(np.bincount(first, minlength=n_people))])
    return Triangles(ptr.astype(np.int64), second[order], third[order])
