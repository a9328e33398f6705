"""Small networks for the tests of models along ties, and the error allowed to a mean."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from smallnet.networks import Network
from smallnet.simulations.spreading import Model, Population, Spread

Ties = Iterable[tuple[int, int] | tuple[int, int, float]]


def people_with(
    ties: Ties, *, directed: bool = False, n: int | None = None, weight: str = "friendship"
) -> Population:
    """Population of people "0", "1", ..., ties given as (from, to) or (from, to, strength)."""
    rows = [(str(t[0]), str(t[1]), float(t[2]) if len(t) > 2 else 1.0) for t in ties]
    frame = pd.DataFrame(rows, columns=["source", "target", "weight"])
    last = max((max(int(t[0]), int(t[1])) for t in rows), default=-1)
    people = [str(i) for i in range(last + 1 if n is None else n)]
    return Population(Network.from_frame(frame, directed=directed, weight=weight, people=people))


def complete(n: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(n) for j in range(i)]


def ring(n: int, neighbours: int) -> list[tuple[int, int]]:
    """Everybody tied to the ``neighbours`` next on the circle, half on each side."""
    return [(i, (i + k) % n) for i in range(n) for k in range(1, neighbours // 2 + 1)]


def everybody_tied(n: int) -> Population:
    """A complete network, too large to write down tie by tie."""
    source, target = np.triu_indices(n, 1)
    people = [str(i) for i in range(n)]
    network = Network.from_ends(
        source, target, np.ones(len(source)), people, directed=False, weight="friendship"
    )
    return Population(network)


def adjacency(population: Population) -> csr_array:
    assert population.network is not None
    return population.network.adjacency


def run(
    model: Model, population: Population, seeds: list[str], *, n: int = 20_000, random_seed: int = 1
) -> Spread:
    return model.simulate(population, seeds, rng=np.random.default_rng(random_seed), replicates=n)


def assert_mean(values: np.ndarray, expected: float) -> None:
    """Within four standard errors; a false alarm in 16,000."""
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert abs(values.mean() - expected) < 4 * error + 1e-9, (values.mean(), expected, error)
