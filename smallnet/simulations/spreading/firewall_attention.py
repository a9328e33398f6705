"""From which chance on a share travels through everybody, as fewer memberships are attended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smallnet.simulations.spreading.firewall_runs import (
    at_least,
    contagion_in_groups,
    final_sizes,
    shuffled,
    threshold_in_theory,
)
from smallnet.simulations.spreading.model import share
from smallnet.simulations.spreading.population import Population

__all__ = ["AttentionThresholds", "attention_thresholds"]

FACTORS = np.geomspace(0.25, 4.0, 13)  # of the theory's threshold, where the real one is sought
RUNS = 4  # from one person
BATCHES = 8  # parts of the replicates, left out in turn to tell the error


@dataclass(frozen=True, kw_only=True, eq=False)
class AttentionThresholds:
    """Chance of a transmission from which on a share can travel through everybody.

    Attributes
    ----------
    table : DataFrame
        A row an attended share of memberships: ``attending, theory, observed, observed_se,
        shuffled, shuffled_se``. ``theory`` is that of random groups with the same margins
        (``clique_percolation_threshold``; nan where a group has more than 120 members: its cost
        grows with the cube), the others are simulated; nan where even certain transmission is
        not enough, or the search ends at its border.
    """

    table: pd.DataFrame

    def plot(self, ax: Any = None, *, lang: str = "en") -> Any:
        """Draw the thresholds against the share attended; see ``FirewallComparison.plot``."""
        from smallnet.simulations.spreading.firewall_figures import plot_thresholds

        return plot_thresholds(self.table, ax, lang=lang)


def attention_thresholds(
    population: Population,
    *,
    rng: np.random.Generator,
    attending: Sequence[float] = (1.0, 0.5, 0.3, 0.2, 0.1),
    replicates: int = 100,
    jobs: int | None = None,
) -> AttentionThresholds:
    """Find the threshold of simple contagion as fewer memberships are attended.

    Parameters
    ----------
    population : Population
    rng : numpy.random.Generator
    attending : sequence of float
        Shares of memberships that are not muted.
    replicates : int
        People at each chance, drawn among the members of any group; four runs from each.
    jobs : int, optional
        See :func:`replicas`.

    Notes
    -----
    A simulated threshold is the chance at which outbreaks that stay below a tenth of the people
    are largest on average, as finite clusters are in percolation (Stauffer & Aharony 1994,
    Introduction to Percolation Theory), sought between 1/4 and 4 times the theory's. In a small
    population it lies somewhat above the threshold of a large one.
    """
    at_least(2 * BATCHES, replicates=replicates)
    other = shuffled(population, rng=rng)
    rows = []
    for attended in attending:
        share(attended, "attending")
        theory, centre = threshold_in_theory(population, attended)
        row: dict[str, float] = {"attending": attended, "theory": theory}
        for name, world in (("observed", population), ("shuffled", other)):
            at, error = _threshold(world, centre, attended, replicates, jobs, rng)
            row |= {name: at, f"{name}_se": error}
        rows.append(row)
    return AttentionThresholds(table=pd.DataFrame(rows))


def _threshold(
    population: Population,
    centre: float,
    attending: float,
    replicates: int,
    jobs: int | None,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Chance at which outbreaks below a tenth of the people are largest, and its error."""
    members = np.unique(population.group_members()[1])
    grid = np.unique(np.minimum(FACTORS * centre, 1.0))
    if len(grid) < 3:
        return float("nan"), float("nan")
    parts = np.array_split(rng.choice(members, replicates), BATCHES)
    small = np.zeros((BATCHES, len(grid)))
    runs = np.zeros_like(small)
    for at, chance in enumerate(grid.tolist()):
        model = contagion_in_groups(chance, attending)
        for batch, people in enumerate(parts):
            sizes = final_sizes(population, model, list(people[:, None]), RUNS, jobs, rng)
            few = sizes[sizes < max(0.1 * len(members), 2)]
            small[batch, at], runs[batch, at] = few.sum(), few.size
        past = np.argmax(small.sum(0) / np.maximum(runs.sum(0), 1)) <= at - 2
        if past and runs[:, at].sum() < 0.5 * RUNS * replicates:
            break  # most outbreaks are large: the rest only costs time
    places = np.array(
        [
            _peak(np.log(grid), np.delete(small, k, 0).sum(0), np.delete(runs, k, 0).sum(0))
            for k in range(BATCHES)
        ]
    )
    best = _peak(np.log(grid), small.sum(0), runs.sum(0))
    error = np.sqrt((BATCHES - 1) * places.var())  # jackknife
    return float(np.exp(best)), float(np.exp(best) * error)


def _peak(x: NDArray[np.float64], total: NDArray[np.float64], runs: NDArray[np.float64]) -> float:
    """Place of the largest mean, by a parabola through it and its neighbours."""
    mean = total / np.maximum(runs, 1)
    k = int(np.argmax(mean))
    if k in (0, len(x) - 1):
        return float("nan")
    second, first, _ = np.polyfit(x[k - 1 : k + 2] - x[k], mean[k - 1 : k + 2], 2)
    return float(x[k] - first / (2 * second)) if second < 0 else float(x[k])
