"""Spreading on a data set, from its tables to ``spread.json``, ``seeds.json`` and figures.

The other whole way beside ``study``: data + model + random seed → how far, and whom to start with.
"""

import hashlib
import json
import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smallnet.errors import InputError
from smallnet.hypotheses.result import plain
from smallnet.report import write_csv
from smallnet.report.results_file import write_atomically
from smallnet.simulations.seeding import Comparison, Costs, compare_strategies
from smallnet.simulations.spreading import (
    Kernel,
    Model,
    Population,
    Spread,
    make_model,
    replicas,
)
from smallnet.simulations.spreading.kernels.stream import stream_keys
from smallnet.study import open_dataset
from smallnet.tables import Dataset

__all__ = ["open_population", "reach_by_size", "run_seeds", "run_spread"]

SIZE_CLASSES = (1, 2, 3, 5, 8, 12, 18, 30, 50, 80, 120, 200, 300, 500, 1000, 3000, 10**9)
TRACED = 200  # replicates whose adopters are looked at one by one, for reach by size of group
CHECKPOINT = ".unfinished"


def run_spread(
    source: str | Path | Dataset,
    out: str | Path | None = None,
    *,
    model: str | Model,
    parameters: Mapping[str, object] | None = None,
    layer: str = "friendship",
    seed_people: Sequence[str],
    replicates: int = 1000,
    random_seed: int = 1,
    jobs: int = 1,
    lang: str = "en",
    progress: bool = False,
) -> tuple[Spread, dict[str, Any]]:
    """Let something spread on a data set.

    Parameters
    ----------
    source : str, Path or Dataset
        A folder of tables, the name of a public data set, or an open data set.
    out : path, optional
        Folder for ``spread.json``, ``tables/spread_*.csv`` and ``figures/spread_*.svg``; what
        else it holds stays. An interrupted run is taken up again from there.
    model : str or Model
        A key of ``MODELS``, or a model.
    parameters : mapping, optional
        Of the model, by name, where it is given by name.
    layer : str
        Ties along which it spreads: ``friendship`` or ``interaction``.
    seed_people : sequence of str
        Ids of the people with whom it starts.
    replicates, random_seed, jobs
        The answer does not depend on ``jobs``.
    lang : str
        Language of the figures.
    progress : bool
        Show a bar on stderr where that is a terminal.

    Returns
    -------
    Spread, dict
        The replicates, and what ``spread.json`` holds.

    Raises
    ------
    InputError
        If the data, the model or the seed people are not as they must be.
    OutputError
        If ``out`` cannot be written.
    """
    ready = make_model(model, parameters) if isinstance(model, str) else model
    population = open_population(source, layer=layer, model=ready)
    folder = None if out is None else Path(out)
    run = {
        "data": population_name(source),
        "model": ready.name,
        "parameters": ready.parameters(),
        "layer": layer,
        "seed_people": list(seed_people),
        "replicates": replicates,
        "random_seed": random_seed,
    }
    checkpoint = None if folder is None else _checkpoint(folder, run)
    seeds = population.seeds(list(seed_people))
    kernel = ready.prepare(population, seeds)
    block = replicas(
        kernel,
        replicates,
        rng=_chance(random_seed),
        jobs=jobs,
        checkpoint=checkpoint,
        progress=progress,
    )
    spread = Spread.of(block, ready, population, seeds)
    answer = {
        **run,
        "seed_people": list(spread.seed_people),
        "people": spread.n_people,
        "groups": spread.n_groups,
        "final_size": None,
        "groups_reached": None,
        **spread.summary(),
        "final_sizes": spread.final_sizes.tolist(),
    }
    if folder is not None:
        keys = stream_keys(_chance(random_seed), replicates)
        reach = _reach_by_size(population, kernel, seeds, keys[:TRACED])
        _write_spread(folder, spread, answer, reach, lang)
        assert checkpoint is not None
        shutil.rmtree(checkpoint, ignore_errors=True)
    return spread, answer


def run_seeds(
    source: str | Path | Dataset,
    out: str | Path | None = None,
    *,
    budget: float,
    model: str | Model = "independent-cascade",
    parameters: Mapping[str, object] | None = None,
    layer: str = "friendship",
    strategies: Sequence[str] | None = None,
    costs: Costs | None = None,
    replicates: int = 1000,
    random_seed: int = 1,
    jobs: int = 1,
    lang: str = "en",
    progress: Callable[[str], None] = lambda step: None,
) -> tuple[Comparison, dict[str, Any]]:
    """Choose whom, and which groups, to start with on a data set.

    Parameters
    ----------
    source, out, model, parameters, layer, random_seed, jobs, lang
        As in :func:`run_spread`; ``out`` gets ``seeds.json``, ``tables/seeds_strategies.csv`` and
        ``figures/seeds_strategies.svg``.
    budget : float
        Cost units; with the usual costs, people.
    strategies : sequence of str, optional
        Those to compare; left out, all that fit.
    costs : Costs, optional
        Of a person and of a group; left out, 1 and 0.
    replicates : int
        Worlds that judge all strategies.
    progress : callable
        Told each step in a few words.

    Returns
    -------
    Comparison, dict
        The strategies, and what ``seeds.json`` holds.

    Raises
    ------
    InputError
        If the data, the model, the budget or a strategy are not as they must be.
    OutputError
        If ``out`` cannot be written.
    """
    ready = make_model(model, parameters) if isinstance(model, str) else model
    population = open_population(source, layer=layer, model=ready)
    found = compare_strategies(
        population,
        ready,
        budget,
        strategies,
        rng=_chance(random_seed),
        replicates=replicates,
        costs=costs or Costs(),
        jobs=jobs,
        on_strategy=lambda name: progress(f"choosing by {name}"),
    )
    answer = {
        "data": population_name(source),
        "layer": layer,
        "random_seed": random_seed,
        "people": population.n_people,
        "groups": population.n_groups,
        **found.to_dict(),
    }
    if out is not None:
        _write_seeds(Path(out), found, answer, lang)
    return found, answer


def _write_seeds(folder: Path, found: Comparison, answer: Mapping[str, Any], lang: str) -> None:
    from smallnet.figures import figure_language, house_style, save_figure

    lang = figure_language(lang)
    with house_style(lang):
        save_figure(found.plot(lang=lang), folder / "figures", "seeds_strategies", lang=lang)
    write_csv(found.to_frame(), folder / "tables" / "seeds_strategies.csv")
    _write_json(folder / "seeds.json", answer)


def open_population(
    source: str | Path | Dataset, *, layer: str = "friendship", model: Model | None = None
) -> Population:
    """Take the population of a data set, with what the model needs in it.

    Raises
    ------
    InputError
        If the model spreads along ties and the layer has none, or through groups and nobody is
        in one.
    """
    dataset = source if isinstance(source, Dataset) else open_dataset(source)
    population = Population.from_dataset(dataset, layer=layer)
    assert population.network is not None
    assert population.membership is not None
    uses = frozenset() if model is None else model.uses
    if "ties" in uses and not population.network.adjacency.nnz:
        msg = (
            f"{population_name(source)} holds no tie of the layer {layer!r}, and "
            f"{getattr(model, 'name', '')} spreads along ties; another --layer, or a model that "
            "spreads through groups"
        )
        raise InputError(msg)
    if "groups" in uses and not population.membership.incidence.nnz:
        msg = f"nobody in {population_name(source)} is in a group at the end of the watch"
        raise InputError(msg)
    return population


def population_name(source: str | Path | Dataset) -> str:
    """Name of what was opened."""
    return source.name if isinstance(source, Dataset) else str(source)


def reach_by_size(
    population: Population,
    model: Model,
    seed_people: Sequence[str],
    *,
    random_seed: int = 1,
    replicates: int = TRACED,
) -> pd.DataFrame:
    """Share of members and of groups that were reached, by size of group.

    Parameters
    ----------
    population, model, seed_people
        As in :meth:`Model.simulate`.
    random_seed : int
        The replicates are the first ones of ``simulate`` with the same seed.
    replicates : int
        At most ``TRACED`` of them are looked at.

    Returns
    -------
    DataFrame
        A row a class of sizes that has a group: ``size`` (mean of its groups), ``n_groups``,
        ``members`` (mean share of members reached; seed people are left out), ``low, high`` (95 %
        interval over replicates), ``groups`` (share of groups with an adopter, seeds counted).
    """
    seeds = population.seeds(list(seed_people))
    keys = stream_keys(_chance(random_seed), min(replicates, TRACED))
    return _reach_by_size(population, model.prepare(population, seeds), seeds, keys)


def _reach_by_size(
    population: Population, kernel: Kernel, seeds: NDArray[np.int32], keys: NDArray[np.uint64]
) -> pd.DataFrame:
    columns = ["size", "n_groups", "members", "low", "high", "groups"]
    if population.membership is None or not population.membership.incidence.nnz:
        return pd.DataFrame(columns=columns)
    incidence = population.membership.incidence
    size = population.membership.size
    open_to = np.ones(population.n_people)
    open_to[seeds] = 0.0
    room = incidence @ open_to
    place = np.digitize(size, SIZE_CLASSES)
    classes = [c for c in np.unique(place) if room[place == c].sum() > 0 and c > 0]
    members: NDArray[np.float64] = np.zeros((len(keys), len(classes)))
    touched = np.zeros(len(classes))
    for r, key in enumerate(keys):
        person = kernel.trace(key)[0]
        adopted = np.zeros(population.n_people)
        adopted[person] = 1.0
        any_in = (incidence @ adopted) > 0
        new_in = incidence @ (adopted * open_to)
        for c, which in enumerate(classes):
            here = place == which
            members[r, c] = new_in[here].sum() / room[here].sum()
            touched[c] += any_in[here].mean() / len(keys)
    mean = members.mean(axis=0)
    error = members.std(axis=0, ddof=1) / math.sqrt(len(keys)) if len(keys) > 1 else mean * np.nan
    return pd.DataFrame(
        {
            "size": [float(size[place == c].mean()) for c in classes],
            "n_groups": [int((place == c).sum()) for c in classes],
            "members": mean,
            "low": np.maximum(mean - 1.96 * error, 0.0),
            "high": np.minimum(mean + 1.96 * error, 1.0),
            "groups": touched,
        },
        columns=columns,
    )


def _chance(random_seed: int) -> np.random.Generator:
    if not isinstance(random_seed, (int, np.integer)) or random_seed < 0:
        msg = f"the random seed is {random_seed}, expected a whole number of at least 0"
        raise InputError(msg)
    return np.random.default_rng(random_seed)


def _checkpoint(folder: Path, what: Mapping[str, object]) -> Path:
    """Where finished replicates wait for this very run; those of another are thrown away."""
    told = json.dumps(plain(what), sort_keys=True).encode()
    mine = folder / f"{CHECKPOINT}-{hashlib.sha256(told).hexdigest()[:12]}"
    for other in folder.glob(f"{CHECKPOINT}-*"):
        if other != mine:
            shutil.rmtree(other, ignore_errors=True)
    return mine


def _write_spread(
    folder: Path, spread: Spread, answer: Mapping[str, Any], reach: pd.DataFrame, lang: str
) -> None:
    from smallnet.figures import (
        figure_language,
        house_style,
        plot_final_sizes,
        plot_spread_curve,
        save_figure,
    )

    lang = figure_language(lang)
    curve = spread.curve()
    unit = spread.model.time_unit
    drawings: dict[str, Callable[[], Any]] = {
        "spread_curve": lambda: plot_spread_curve(
            curve, replicates=spread.replicates, unit=unit, lang=lang
        ),
        "spread_final_sizes": lambda: plot_final_sizes(spread.final_sizes, lang=lang),
    }
    if not reach.empty:
        drawings["spread_reach_by_size"] = lambda: _draw_reach(reach, lang)
    for name, draw in drawings.items():
        with house_style(lang):
            save_figure(draw(), folder / "figures", name, lang=lang)
    tables = {"replicates": spread.to_frame(), "curve": curve, "reach_by_size": reach}
    for name, table in tables.items():
        write_csv(table, folder / "tables" / f"spread_{name}.csv")
    _write_json(folder / "spread.json", answer)


def _draw_reach(reach: pd.DataFrame, lang: str) -> Any:
    """Draw both shares, one above the other: they may differ by orders of magnitude."""
    from matplotlib.figure import Figure

    from smallnet.figures import plot_reach_by_size

    upper, lower = Figure(figsize=(7.0, 5.0), layout="constrained").subplots(2, sharex=True)
    plot_reach_by_size(reach, upper, what="groups", lang=lang).set_xlabel("")
    return plot_reach_by_size(reach, lower, what="members", lang=lang)


def _write_json(path: Path, answer: Mapping[str, Any]) -> None:
    """Write JSON in which an unknown number is null."""
    text = json.dumps(plain(answer), indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(path, text + "\n")
