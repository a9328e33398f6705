"""Is the group a firewall? Spreading on observed groups against groups dealt out anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smallnet.errors import InputError
from smallnet.simulations.spreading.firewall_runs import (
    at_least,
    contagion_in_groups,
    final_sizes,
    shuffled,
    threshold_in_theory,
)
from smallnet.simulations.spreading.model import share
from smallnet.simulations.spreading.population import Population
from smallnet.simulations.spreading.share_in_groups import ShareInGroups

__all__ = ["FirewallComparison", "compare_with_shuffled"]

CONTAGIONS = {"simple": 1, "complex": 2}  # sharers from whom one must have seen it


@dataclass(frozen=True, kw_only=True, eq=False)
class FirewallComparison:
    """Reach on observed groups and on shuffled ones.

    Attributes
    ----------
    table : DataFrame
        A row a contagion and chance: ``contagion, chance, reach, null_mean, null_low, null_high``;
        reach is the mean share of the other members of any group who adopt, the null's interval
        runs from the lowest to the highest shuffle.
    verdicts : DataFrame
        A row a contagion: ``contagion, reach, null_mean, log_ratio, p``; reach is the mean over
        the chances, ``log_ratio`` below 0 says that the observed groups hold it back, ``p`` is
        two-sided, the rank of the observed reach among the shuffles (at least 1 / (shuffles + 1)).
    shuffles : int
        Number of null incidences.
    """

    table: pd.DataFrame
    verdicts: pd.DataFrame
    shuffles: int

    def plot(self, ax: Any = None, *, lang: str = "en") -> Any:
        """Draw reach against the chance of a transmission; bands are the shuffles.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            One is made if left out.
        lang : {"en", "zh"}

        Returns
        -------
        matplotlib Axes
        """
        from smallnet.simulations.spreading.firewall_figures import plot_comparison

        return plot_comparison(self.table, ax, lang=lang)


def compare_with_shuffled(
    population: Population,
    *,
    rng: np.random.Generator,
    chances: Sequence[float] | None = None,
    attending: float = 1.0,
    seed_people: int = 5,
    starts: int = 20,
    shuffles: int = 19,
    replicates: int = 10,
    jobs: int | None = None,
) -> FirewallComparison:
    """Let simple and complex contagion run on the observed groups and on shuffled ones.

    Each starts with some members of one group; an adopter shares once in each group they attend.
    In simple contagion a share seen is taken up with the given chance, in complex contagion only
    from the second sharer on.

    Parameters
    ----------
    population : Population
        Its groups; ties play no part.
    rng : numpy.random.Generator
    chances : sequence of float, optional
        Chances to take up what is seen; if left out, eight from half the threshold of random
        groups with the same margins to 1, evenly on a log scale.
    attending : float
        Share of memberships that are not muted.
    seed_people : int
        Members of the starting group with whom it begins, at most all but one.
    starts : int
        Starting groups, drawn among those of two members or more; the same in every shuffle.
    shuffles : int
        Null incidences.
    replicates : int
        Runs from each start.
    jobs : int, optional
        See :func:`replicas`.

    Raises
    ------
    InputError
        If a number is out of range, or no group has two members.

    Notes
    -----
    What is found holds for these contagions on these groups. It is no evidence that real shares
    spread in either way.
    """
    share(attending, "attending")
    at_least(1, seed_people=seed_people, starts=starts, shuffles=shuffles, replicates=replicates)
    ptr, _ = population.group_members()
    several = np.flatnonzero(np.diff(ptr) >= 2)
    if not several.size:
        msg = "no group has two members, expected at least one to start in"
        raise InputError(msg)
    first = rng.choice(several, starts)
    grid = _grid(population, attending) if chances is None else np.asarray(chances, np.float64)
    worlds = [population, *(shuffled(population, rng=rng) for _ in range(shuffles))]
    rows, verdicts = [], []
    for contagion, needed in CONTAGIONS.items():
        models = [contagion_in_groups(chance, attending, needed) for chance in grid.tolist()]
        how = (first, seed_people, replicates, jobs, rng)
        reach = np.array([[_reach(world, model, *how) for model in models] for world in worlds])
        null = reach[1:]
        rows.append(
            pd.DataFrame(
                {
                    "contagion": contagion,
                    "chance": grid,
                    "reach": reach[0],
                    "null_mean": null.mean(axis=0),
                    "null_low": null.min(axis=0),
                    "null_high": null.max(axis=0),
                }
            )
        )
        mean = reach.mean(axis=1)
        beyond = min((mean[1:] <= mean[0]).sum(), (mean[1:] >= mean[0]).sum())
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = float(np.log(mean[0] / mean[1:].mean()))
        verdicts.append(
            {
                "contagion": contagion,
                "reach": float(mean[0]),
                "null_mean": float(mean[1:].mean()),
                "log_ratio": ratio,
                "p": min(1.0, 2 * (1 + int(beyond)) / (shuffles + 1)),
            }
        )
    return FirewallComparison(
        table=pd.concat(rows, ignore_index=True),
        verdicts=pd.DataFrame(verdicts),
        shuffles=shuffles,
    )


def _grid(population: Population, attending: float) -> NDArray[np.float64]:
    centre = threshold_in_theory(population, attending)[1]
    return np.geomspace(min(centre / 2, 0.5), 1.0, 8)


def _reach(
    population: Population,
    model: ShareInGroups,
    groups: NDArray[np.int64],
    seed_people: int,
    replicates: int,
    jobs: int | None,
    rng: np.random.Generator,
) -> float:
    """Mean share of the other members of any group who adopt."""
    ptr, members = population.group_members()
    starts = []
    for g in groups.tolist():
        inside = members[ptr[g] : ptr[g + 1]]
        starts.append(rng.permutation(inside)[: min(seed_people, len(inside) - 1)])
    sizes = final_sizes(population, model, starts, replicates, jobs, rng)
    began = np.array([len(start) for start in starts])[:, None]
    others = len(np.unique(members)) - began
    return float(((sizes - began) / others).mean())
