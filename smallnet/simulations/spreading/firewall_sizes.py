"""Which group size spreads, where everybody has as many contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from smallnet.errors import InputError
from smallnet.networks import Membership
from smallnet.simulations.spreading.firewall_runs import at_least
from smallnet.simulations.spreading.group_contagion import GroupContagion
from smallnet.simulations.spreading.population import Population
from smallnet.simulations.theory.group_ame import GroupAME
from smallnet.simulations.theory.group_rates import group_infection_rate
from smallnet.simulations.theory.group_thresholds import equal_contacts_threshold

__all__ = ["SizeVerdict", "size_verdict"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SizeVerdict:
    """Which group size spreads, at equal contacts of a person.

    Attributes
    ----------
    table : DataFrame
        A row a shape and size: ``nu, size, memberships, threshold`` (critical rate in theory),
        ``lam`` (the rate at which all are compared), ``prevalence_theory, prevalence,
        prevalence_se``: share infected in the long run, by the master equations and simulated.
    contacts : float
        Other members of a person's groups.
    """

    table: pd.DataFrame
    contacts: float

    def plot(self, ax: Any = None, *, lang: str = "en") -> Any:
        """Draw critical rates against size; see ``FirewallComparison.plot``."""
        from smallnet.simulations.spreading.firewall_figures import plot_sizes

        return plot_sizes(self.table, ax, lang=lang)


def size_verdict(
    *,
    rng: np.random.Generator,
    sizes: Sequence[int] = (2, 3, 5, 7, 13),
    nu: Sequence[float] = (0.5, 1.0, 1.5, 2.0),
    contacts: int = 24,
    excess: float = 1.5,
    people: int = 1000,
    replicates: int = 4,
    dt: float = 0.05,
    until: float = 30.0,
    jobs: int | None = None,
) -> SizeVerdict:
    """Compare group sizes at an equal number of contacts of each person.

    Everybody is in ``contacts / (n - 1)`` groups of n, put together at random; the rates are
    those of :class:`GroupContagion` with recovery 1, by count.

    Parameters
    ----------
    rng : numpy.random.Generator
    sizes : sequence of int
        Members n; ``contacts`` is a multiple of each n - 1.
    nu : sequence of float
        Shapes of the rate: 1 adds up, above 1 reinforces, below 1 saturates.
    contacts : int
        Other members of a person's groups.
    excess : float
        All are compared at this multiple of the threshold of pairs, 1 / (contacts - 1).
    people : int
        About so many in the simulated population.
    replicates, dt, until, jobs
        Of each simulation, which starts from everybody infected; its second half is averaged.

    Raises
    ------
    InputError
        If a size does not fit the contacts.

    References
    ----------
    St-Onge et al. (2022), https://doi.org/10.1038/s42005-021-00788-w
    """
    at_least(2, people=people, replicates=replicates)
    for n in sizes:
        if n < 2 or contacts % (n - 1):
            msg = f"size is {n}, expected a size n of which {contacts} is a multiple of n - 1"
            raise InputError(msg)
    lam = excess / (contacts - 1)
    rows = []
    for shape in nu:
        for n in sizes:
            m = contacts // (n - 1)
            theory = _equations(m, n, lam, shape)
            world = _regular(people, m, n, rng)
            model = GroupContagion(lam=lam, nu=shape, dt=dt, until=until)
            everybody = np.arange(world.n_people)
            spread = model.simulate(world, everybody, rng=rng, replicates=replicates, jobs=jobs)
            late = spread.curves[:, int(until / 2) : int(until) + 1].mean(axis=1) / world.n_people
            rows.append(
                {
                    "nu": shape,
                    "size": n,
                    "memberships": m,
                    "threshold": float(equal_contacts_threshold(n, shape, contacts=contacts)),
                    "lam": lam,
                    "prevalence_theory": theory.stationary_states()[-1].prevalence,
                    "prevalence": float(late.mean()),
                    "prevalence_se": float(late.std(ddof=1) / np.sqrt(replicates)),
                }
            )
    return SizeVerdict(table=pd.DataFrame(rows), contacts=contacts)


def _equations(m: int, n: int, lam: float, nu: float) -> GroupAME:
    return GroupAME(
        memberships=m, sizes=n, infection=lambda size, i: group_infection_rate(size, i, lam, nu)
    )


def _regular(people: int, m: int, n: int, rng: np.random.Generator) -> Population:
    """Everybody in m groups of n: the people are dealt into groups m times."""
    rounds = max(round(people / n), 2)
    count = rounds * n
    member = np.concatenate([rng.permutation(count) for _ in range(m)])
    membership = Membership.from_ends(
        np.arange(m * count) // n,
        member,
        np.array([f"g{i}" for i in range(m * rounds)], dtype=object),
        np.array([f"p{i}" for i in range(count)], dtype=object),
    )
    return Population(membership=membership)
