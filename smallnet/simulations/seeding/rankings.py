"""Rules that rank people and take the first: by ties, groups, core, walk, bridge, or lot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, triu

from smallnet.simulations.seeding.choice import Choice, Costs
from smallnet.simulations.spreading import Model, Population

__all__ = ["Rule", "anybody", "bridges", "degree", "group_count", "k_core", "pagerank"]

BASE_COST = Costs()
Scores = tuple[ArrayLike, ...]


class Rule(Protocol):
    """A strategy as a function."""

    def __call__(
        self,
        population: Population,
        budget: float,
        model: Model,
        *,
        rng: np.random.Generator,
        costs: Costs = ...,
    ) -> Choice:
        """Choose whom to start with."""
        ...


def _first_by(scores: Callable[[Population], Scores]) -> Rule:
    """Make a rule of scores: the highest first, equals by the next score, in the end by lot."""

    def rule(
        population: Population,
        budget: float,
        model: Model,
        *,
        rng: np.random.Generator,
        costs: Costs = BASE_COST,
    ) -> Choice:
        k = costs.people_for(budget, population)
        keys = [-np.asarray(score, dtype=np.float64) for score in reversed(scores(population))]
        order = np.lexsort([rng.random(population.n_people), *keys])
        return Choice(order[:k].astype(np.int32))

    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(rule, name, getattr(scores, name))
    return rule


def anybody(
    population: Population,
    budget: float,
    model: Model,
    *,
    rng: np.random.Generator,
    costs: Costs = BASE_COST,
) -> Choice:
    """Begin with people drawn at random, without replacement.

    Parameters
    ----------
    population : Population
    budget : float
        Cost units; with the usual costs, people. More than the population: everybody.
    model : Model
        Not used by the rules of this module: they look at the population only.
    rng : numpy.random.Generator
        Draws, and breaks ties between equals.
    costs : Costs

    Raises
    ------
    InputError
        If the budget is no number or pays for nobody, or the population lacks what the rule
        looks at (ties, groups).
    """
    k = costs.people_for(budget, population)
    return Choice(rng.permutation(population.n_people)[:k].astype(np.int32))


@_first_by
def degree(population: Population) -> Scores:
    """Begin with those whose ties to others are strongest in sum.

    Equals by the strength of their alters, then by lot. Parameters as in :func:`anybody`.
    """
    strength = _strength(population)
    if population.network is None:
        return (strength,)
    return strength, population.network.adjacency @ strength


@_first_by
def group_count(population: Population) -> Scores:
    """Begin with those in most groups. Parameters as in :func:`anybody`."""
    return (np.diff(_known_groups(population)),)


@_first_by
def k_core(population: Population) -> Scores:
    """Begin in the innermost core, the strongest first.

    After Kitsak et al. (2010, https://doi.org/10.1038/nphys1746). Ties count in both directions.
    Parameters as in :func:`anybody`.
    """
    return _graph(population, directed=False).coreness(), _strength(population)


@_first_by
def pagerank(population: Population) -> Scores:
    """Begin with those whom a walk backwards along ties visits most (PageRank, damping 0.85).

    Backwards, as who can reach many is wanted, not who is reached from many. Parameters as in
    :func:`anybody`.
    """
    graph = _graph(population, directed=True)
    return (graph.pagerank(weights="weight" if graph.ecount() else None),)


@_first_by
def bridges(population: Population) -> Scores:
    """Begin with those whose alters are least tied to each other (least constraint).

    Burt (1992), Structural Holes. Who has no tie comes last. Parameters as in :func:`anybody`.
    """
    graph = _graph(population, directed=False)
    held = np.asarray(graph.constraint(weights="weight" if graph.ecount() else None), dtype=float)
    return (np.where(np.isnan(held), -np.inf, -held),)


def _strength(population: Population) -> NDArray[np.float64]:
    if population.network is not None:
        return population.network.out_strength
    start, members = population.group_members()
    size = np.diff(start)
    meets = np.repeat(size - 1.0, size)
    met = np.zeros(population.n_people)
    np.add.at(met, members, meets)
    return met


def _known_groups(population: Population) -> NDArray[np.int64]:
    population.group_members()  # an error where groups are unknown
    return population.groups_of_people()[0]


def _graph(population: Population, *, directed: bool) -> Any:
    """Ties of more than 0 as a graph; if directed, turned round, else summed over directions."""
    import igraph

    ptr, nbr, weight = population.ties()
    n = population.n_people
    back = csr_array((weight, nbr, ptr), shape=(n, n)).T.tocoo()
    if not directed:
        back = triu(back + back.T).tocoo()
    kept = back.data > 0
    ends = np.column_stack([back.row[kept], back.col[kept]]).tolist()
    graph = igraph.Graph(n=n, edges=ends, directed=directed)
    graph.es["weight"] = back.data[kept].tolist()
    return graph
