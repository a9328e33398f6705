"""Strategies against each other: the same worlds for all, differences in pairs, reach and cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smallnet.errors import InputError
from smallnet.simulations.seeding.choice import Choice, Costs
from smallnet.simulations.seeding.strategies import find_strategy, fitting_strategies
from smallnet.simulations.seeding.worlds import LiveTies
from smallnet.simulations.spreading import Model, Population, mean_interval
from smallnet.simulations.spreading.kernels.stream import stream_keys
from smallnet.tables import Text

__all__ = ["Comparison", "compare_strategies"]

IntArray = NDArray[np.int64]
BASE_COST = Costs()
WORDS = {
    "spread": Text(
        en="mean spread, people (95 % interval), seeds counted",
        zh="平均到达人数（95% 区间，含种子）",
    ),
    "limit": Text(en="the best possible is at most here", zh="任何选法至多到此"),
}
BLOCK = 64  # replicates of one task


@dataclass(frozen=True, eq=False)
class Comparison:
    """What came of each strategy, replicate by replicate in the same worlds; best first.

    Attributes
    ----------
    population : Population
    model : Model
    budget : float
        Cost units.
    costs : Costs
    choices : mapping of str to Choice
        By strategy.
    final_sizes : mapping of str to ndarray of int64, shape (replicates,)
        Ever adopters, seeds counted.
    groups_reached : mapping of str to ndarray of int64, or None
        Groups with at least one adopter; None where groups are unknown.
    baseline : str
        Strategy to which differences are taken.
    """

    population: Population
    model: Model
    budget: float
    costs: Costs
    choices: Mapping[str, Choice]
    final_sizes: Mapping[str, IntArray]
    groups_reached: Mapping[str, IntArray] | None
    baseline: str

    @property
    def names(self) -> tuple[str, ...]:
        """Strategies, the highest mean spread first."""
        return tuple(self.choices)

    @property
    def best(self) -> str:
        """Strategy with the highest mean spread. It was picked: its own mean is a bit too high."""
        return self.names[0]

    def __repr__(self) -> str:
        """Say which is best."""
        mean = self.final_sizes[self.best].mean()
        return (
            f"<Comparison of {len(self.names)} strategies under {self.model.name}, budget "
            f"{self.budget:g}: best {self.best} with {mean:,.1f} people>"
        )

    def differences(self, to: str | None = None) -> pd.DataFrame:
        """Differences in spread, in pairs: same world, two strategies.

        Parameters
        ----------
        to : str, optional
            Strategy to compare with; left out, the baseline.

        Returns
        -------
        DataFrame
            ``strategy, to, difference, ci_low, ci_high, sd``: mean difference in people with its
            95 % interval, and the standard deviation of a pair; a row a strategy, best first.
        """
        other = self.baseline if to is None else to
        if other not in self.choices:
            msg = f"{other!r} was not compared, expected one of {', '.join(self.names)}"
            raise InputError(msg)
        rows = []
        for name in self.names:
            part = mean_interval(self.final_sizes[name] - self.final_sizes[other])
            rows.append({"strategy": name, "to": other, "difference": part.pop("mean"), **part})
        return pd.DataFrame(rows)[["strategy", "to", "difference", "ci_low", "ci_high", "sd"]]

    def to_frame(self) -> pd.DataFrame:
        """One row a strategy, best first.

        Returns
        -------
        DataFrame
            ``strategy, seed_people, groups_entered, cost, spread, ci_low, ci_high, difference,
            difference_low, difference_high`` (to the baseline), ``groups_reached, groups_low,
            groups_high, people_per_cost, groups_per_cost, bound``; unknown is nan.
        """
        differences = self.differences().set_index("strategy")
        rows = []
        for name in self.names:
            choice, cost = self.choices[name], self.costs.of(self.choices[name])
            people = mean_interval(self.final_sizes[name])
            groups = dict.fromkeys(("mean", "ci_low", "ci_high"), math.nan)
            if self.groups_reached is not None:
                groups = mean_interval(self.groups_reached[name])
            rows.append(
                {
                    "strategy": name,
                    "seed_people": len(choice.people),
                    "groups_entered": len(choice.groups),
                    "cost": cost,
                    "spread": people["mean"],
                    "ci_low": people["ci_low"],
                    "ci_high": people["ci_high"],
                    "difference": differences.loc[name, "difference"],
                    "difference_low": differences.loc[name, "ci_low"],
                    "difference_high": differences.loc[name, "ci_high"],
                    "groups_reached": groups["mean"],
                    "groups_low": groups["ci_low"],
                    "groups_high": groups["ci_high"],
                    "people_per_cost": people["mean"] / cost,
                    "groups_per_cost": groups["mean"] / cost,
                    "bound": math.nan if choice.certificate is None else choice.certificate.bound,
                }
            )
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as in ``seeds.json``; unknown is None."""
        people, membership = self.population.people, self.population.membership
        strategies = []
        for row in self.to_frame().replace({np.nan: None}).to_dict("records"):
            choice = self.choices[row["strategy"]]
            sure = choice.certificate
            entered = [] if membership is None else membership.groups[choice.groups].tolist()
            strategies.append(
                {
                    "name": row["strategy"],
                    "seed_people": people[choice.people].tolist(),
                    "groups_entered": entered,
                    "cost": row["cost"],
                    "spread": _interval(row, "spread", "ci_low", "ci_high"),
                    "difference": _interval(row, "difference", "difference_low", "difference_high"),
                    "groups_reached": row["groups_reached"],
                    "groups_reached_interval": _interval(
                        row, "groups_reached", "groups_low", "groups_high"
                    ),
                    "people_per_cost": row["people_per_cost"],
                    "groups_per_cost": row["groups_per_cost"],
                    "bound": row["bound"],
                    "certificate": None
                    if sure is None
                    else {
                        "spread": sure.spread,
                        "at_least": sure.at_least,
                        "best_at_most": sure.best_at_most,
                        "confidence": sure.confidence,
                        "sets": sure.sets,
                    },
                }
            )
        return {
            "budget": self.budget,
            "model": self.model.name,
            "parameters": self.model.parameters(),
            "costs": {"per_person": self.costs.per_person, "per_group": self.costs.per_group},
            "replicates": len(self.final_sizes[self.best]),
            "baseline": self.baseline,
            "strategies": strategies,
        }

    def plot(self, ax: Any = None, *, lang: str = "en") -> Any:
        """Draw the mean spread of each strategy with its interval, best on top.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            One is made if left out.
        lang : str
            ``en`` or ``zh``.

        Returns
        -------
        matplotlib Axes
        """
        if ax is None:
            from matplotlib.figure import Figure

            height = 1.2 + 0.3 * len(self.names)
            ax = Figure(figsize=(7.0, height), layout="constrained").add_subplot()
        rows = self.to_frame()
        place = np.arange(len(rows))[::-1]
        error = np.nan_to_num(
            [rows["spread"] - rows["ci_low"], rows["ci_high"] - rows["spread"]], nan=0.0
        )
        ax.errorbar(rows["spread"], place, xerr=error, fmt="o", capsize=3)
        sure = rows["bound"].notna()
        if sure.any():
            best = rows["strategy"][sure].map(lambda name: self.choices[name].certificate)
            limit = min(c.best_at_most for c in best)
            if limit < 2 * rows["spread"].max():  # else it would squeeze everything to the left
                words = WORDS["limit"].get(lang)
                ax.axvline(limit, linestyle="--", color="0.5", label=words)
                ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2)
        ax.set_yticks(place, [find_strategy(name).text.get(lang) for name in rows["strategy"]])
        ax.set_xlabel(WORDS["spread"].get(lang))
        return ax


def _interval(row: Mapping[Any, Any], mean: str, low: str, high: str) -> dict[str, Any] | None:
    if row[mean] is None:
        return None
    return {"mean": row[mean], "ci_low": row[low], "ci_high": row[high]}


def compare_strategies(
    population: Population,
    model: Model,
    budget: float,
    strategies: Sequence[str] | None = None,
    *,
    rng: np.random.Generator,
    replicates: int = 1000,
    costs: Costs = BASE_COST,
    baseline: str = "degree",
    jobs: int = 1,
    on_strategy: Callable[[str], None] | None = None,
) -> Comparison:
    """Let each strategy choose, and let the same worlds judge all.

    Parameters
    ----------
    population : Population
    model : Model
    budget : float
        Cost units; with the usual costs, people.
    strategies : sequence of str, optional
        Names in ``STRATEGIES``; left out, all that fit population and model.
    rng : numpy.random.Generator
        Choosing and judging have streams of their own, so no choice is judged by the chance that
        made it, and leaving a strategy out changes nothing for the others.
    replicates : int
    costs : Costs
    baseline : str
        Strategy to which differences are taken; where it is not among them, the first.
    jobs : int
        Threads, -1 for one a core; the answer does not depend on it.
    on_strategy : callable, optional
        Told the name of each strategy before it chooses.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If there is no strategy or one twice, replicates are below 1, a strategy needs what
        population or model lack, or the budget pays for nobody.
    UnknownNameError
        For an unknown strategy.

    Notes
    -----
    Models of live ties are judged by their live ties (the same distribution of people reached):
    a tie has the same coin in world r whoever begins, so a difference has little noise. In other
    models a replicate has the same stream, which pairs less; intervals are right either way.
    """
    names = fitting_strategies(population, model) if strategies is None else tuple(strategies)
    if not names or len(set(names)) < len(names):
        msg = f"strategies are {', '.join(names) or 'none'}, expected at least one, each once"
        raise InputError(msg)
    if replicates < 1:
        msg = f"replicates is {replicates}, expected at least 1"
        raise InputError(msg)
    if jobs == 0:
        msg = "jobs is 0, expected a number of threads, or -1 for one a core"
        raise InputError(msg)
    rules = [find_strategy(name) for name in names]
    for rule in rules:
        if not rule.fits(population, model):
            needs = ", ".join(sorted(rule.needs))
            msg = (
                f"strategy {rule.name} needs {needs}, and {model.name} on this population "
                f"({population.n_people:,} people, {population.n_groups:,} groups) has not"
            )
            raise InputError(msg)
    judge, begun = rng.spawn(2)
    base = int(begun.integers(2**63))
    choices = {}
    for rule in rules:
        if on_strategy is not None:
            on_strategy(rule.name)
        own = np.random.default_rng([base, *rule.name.encode()])
        choices[rule.name] = rule.choose(population, budget, model, rng=own, costs=costs)
    keys = stream_keys(judge, replicates)
    reached = _judged(population, model, choices, keys, jobs)
    order = sorted(names, key=lambda name: -float(reached[name][0].mean()))
    known = population.n_groups > 0
    return Comparison(
        population=population,
        model=model,
        budget=budget,
        costs=costs,
        choices={name: choices[name] for name in order},
        final_sizes={name: reached[name][0] for name in order},
        groups_reached={name: reached[name][1] for name in order} if known else None,
        baseline=baseline if baseline in names else names[0],
    )


def _judged(
    population: Population,
    model: Model,
    choices: Mapping[str, Choice],
    keys: NDArray[np.uint64],
    jobs: int,
) -> dict[str, tuple[IntArray, IntArray]]:
    """People and groups reached, by strategy, a value a key."""
    from joblib import effective_n_jobs

    ties = LiveTies.of(population, model) if model.live_ties != "none" else None
    kernels = {
        name: None if ties else model.prepare(population, choice.people)
        for name, choice in choices.items()
    }

    def run(task: tuple[str, NDArray[np.uint64]]) -> tuple[IntArray, IntArray]:
        name, some = task
        kernel = kernels[name]
        if ties is not None:
            return ties.spread(population, choices[name].people, some)
        assert kernel is not None
        block = kernel.run(some)
        return block.final_sizes, block.groups_reached

    parts = [keys[at : at + BLOCK] for at in range(0, len(keys), BLOCK)]
    with ThreadPoolExecutor(effective_n_jobs(jobs)) as pool:
        found = list(pool.map(run, [(name, part) for name in choices for part in parts]))
    n = len(parts)
    return {
        name: (
            np.concatenate([people for people, _ in found[at * n : (at + 1) * n]]),
            np.concatenate([groups for _, groups in found[at * n : (at + 1) * n]]),
        )
        for at, name in enumerate(choices)
    }
