"""Rules that rank people and take the first: by ties, groups, core, walk, bridge, or lot."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, triu

from smallnet.simulations.seeding.choice import Choice, Costs
from smallnet.simulations.spreading import Model, Population

__all__ = ["anybody", "bridges", "degree", "group_count", "k_core", "pagerank"]

BASE_COST = Costs()


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


def degree(
    population: Population,
    budget: float,
    model: Model,
    *,
    rng: np.random.Generator,
    costs: Costs = BASE_COST,
) -> Choice:
    """Begin with those whose ties to others are strongest in sum.

    Equals by the strength of their alters, then by lot. See :func:`anybody`.
    """
    k = costs.people_for(budget, population)
    strength, alters = _strength(population), None
    if population.network is not None:
        alters = population.network.adjacency @ strength
    return _top(strength, k, rng, then=alters)


def group_count(
    population: Population,
    budget: float,
    model: Model,
    *,
    rng: np.random.Generator,
    costs: Costs = BASE_COST,
) -> Choice:
    """Begin with those in most groups. See :func:`anybody`."""
    k = costs.people_for(budget, population)
    return _top(np.diff(_known_groups(population)), k, rng)


def k_core(
    population: Population,
    budget: float,
    model: Model,
    *,
    rng: np.random.Generator,
    costs: Costs = BASE_COST,
) -> Choice:
    """Begin in the innermost core, the strongest first.

    After Kitsak et al. (2010, https://doi.org/10.1038/nphys1746). Ties count in both directions.
    See :func:`anybody`.
    """
    k = costs.people_for(budget, population)
    core = np.asarray(_graph(population, directed=False).coreness(), dtype=np.float64)
    return _top(core, k, rng, then=_strength(population))


def pagerank(
    population: Population,
    budget: float,
    model: Model,
    *,
    rng: np.random.Generator,
    costs: Costs = BASE_COST,
) -> Choice:
    """Begin with those whom a walk backwards along ties visits most (PageRank, damping 0.85).

    Backwards, as who can reach many is wanted, not who is reached from many. See :func:`anybody`.
    """
    k = costs.people_for(budget, population)
    graph = _graph(population, directed=True)
    return _top(graph.pagerank(weights="weight" if graph.ecount() else None), k, rng)


def bridges(
    population: Population,
    budget: float,
    model: Model,
    *,
    rng: np.random.Generator,
    costs: Costs = BASE_COST,
) -> Choice:
    """Begin with those whose alters are least tied to each other (least constraint).

    Burt (1992), Structural Holes. Who has no tie comes last. See :func:`anybody`.
    """
    k = costs.people_for(budget, population)
    graph = _graph(population, directed=False)
    held = np.asarray(graph.constraint(weights="weight" if graph.ecount() else None), dtype=float)
    return _top(np.where(np.isnan(held), -np.inf, -held), k, rng)


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


def _top(
    score: ArrayLike, k: int, rng: np.random.Generator, *, then: ArrayLike | None = None
) -> Choice:
    """Highest scores first, equals by the second score, else by lot."""
    first = np.asarray(score, dtype=np.float64)
    keys = [rng.random(len(first)), -first]
    if then is not None:
        keys.insert(1, -np.asarray(then, dtype=np.float64))
    return Choice(np.lexsort(keys)[:k].astype(np.int32))
