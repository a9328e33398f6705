"""Greedy choice by marginal gain, lazily, every candidate in the same worlds.

CELF (Leskovec et al. 2007, https://doi.org/10.1145/1281192.1281239). In a fixed set of worlds of
live ties the mean spread is monotone and submodular exactly, so looking lazily changes nothing and
the choice reaches 1 - 1/e of the best in those worlds (Nemhauser, Wolsey & Fisher 1978,
https://doi.org/10.1007/BF01588971).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from smallnet.errors import InputError
from smallnet.simulations.seeding import kernels
from smallnet.simulations.seeding.choice import Choice, Costs
from smallnet.simulations.seeding.rankings import degree
from smallnet.simulations.seeding.worlds import LiveTies
from smallnet.simulations.spreading import Model, Population
from smallnet.simulations.spreading.kernels.stream import stream_keys

__all__ = ["celf"]

BASE_COST = Costs()
MOST_STEPS = 3e8  # of a first look at everybody; above it only the strongest are candidates
FEWEST = 200  # candidates then
CHECKS = 4  # times the worlds, fresh ones, in which the choice is held against the strongest
MOST_SWAPS = 1e5  # cascades that one round of swaps may take

Gain = Callable[[NDArray[np.int32], bool], NDArray[np.float64]]


def celf(
    population: Population,
    budget: float,
    model: Model,
    *,
    rng: np.random.Generator,
    costs: Costs = BASE_COST,
    worlds: int = 200,
    candidates: int | None = None,
) -> Choice:
    """Choose one after the other who adds most to the mean spread in the same worlds.

    Parameters
    ----------
    population : Population
    budget : float
        Cost units; with the usual costs, people.
    model : Model
        Any. For one that is not of live ties a world is the stream of chance of a replicate; the
        spread need not be submodular then, and looking lazily is a rule of thumb; as each gain
        takes whole replicates, a quarter of ``worlds`` is used and at least 100 candidates, or
        twice the budget.
    rng : numpy.random.Generator
    costs : Costs
    worlds : int
        In which gains are taken.
    candidates : int, optional
        Consider only so many, those with the strongest ties. Left out: everybody where that is
        at most about 3e8 steps of search, else the strongest, at least 200 and ten times the
        budget.

    Returns
    -------
    Choice
        In the order of choice. Where it is cheap (small populations) one is swapped for somebody
        else while that raises the spread in these worlds, which finds what greed misses. Who fits
        few worlds best need not be best in others: where the strongest spread further in four
        times as many fresh worlds, they are the choice.

    Raises
    ------
    InputError
        If the budget pays for nobody, or worlds or candidates are below 1.
    """
    k = costs.people_for(budget, population)
    if worlds < 1 or (candidates is not None and candidates < 1):
        msg = f"worlds is {worlds} and candidates {candidates}, expected at least 1 of each"
        raise InputError(msg)
    ranked = degree(population, population.n_people, model, rng=rng).people
    keys = stream_keys(rng, worlds)
    few = max(FEWEST, 10 * k)
    if model.live_ties == "none":
        gain: Gain = _by_simulation(population, model, keys[: max(1, worlds // 4)])
        pool = ranked[: candidates or max(FEWEST // 2, 2 * k)]
    else:
        ties = LiveTies.of(population, model)
        if ties.both_ways:
            gain = _by_components(ties, keys)
            pool = ranked[:candidates]
        else:
            gain = _by_search(ties, keys)
            everybody = candidates is not None or _steps(ties, keys, ranked) <= MOST_STEPS
            pool = ranked[:candidates] if everybody else ranked[:few]
    picks = _lazily(pool, k, gain)
    if model.live_ties != "none" and len(picks) * len(pool) * worlds <= MOST_SWAPS:
        picks = _swapped(population, LiveTies.of(population, model), picks, pool, keys)
    others = ranked[~np.isin(ranked, picks)]
    greedy = np.concatenate([picks, others])[:k].astype(np.int32)
    fresh = stream_keys(rng, CHECKS * worlds)
    spreads = [
        model.prepare(population, people).run(fresh).final_sizes.mean()
        for people in (greedy, ranked[:k])
    ]
    return Choice(greedy if spreads[0] >= spreads[1] else ranked[:k])


def _lazily(pool: NDArray[np.int32], k: int, gain: Gain) -> NDArray[np.int32]:
    """Pick by gain; a gain of an earlier round is an upper bound of now."""
    heap = [(-g, at, 0) for at, g in enumerate(gain(pool, False).tolist())]
    heapq.heapify(heap)
    picks: list[int] = []
    while heap and len(picks) < k:
        _, at, seen = heapq.heappop(heap)
        one = pool[at : at + 1]
        if seen == len(picks):
            gain(one, True)
            picks.append(int(pool[at]))
        else:
            heapq.heappush(heap, (-float(gain(one, False)[0]), at, len(picks)))
    return np.array(picks, dtype=np.int32)


def _swapped(
    population: Population,
    ties: LiveTies,
    picks: NDArray[np.int32],
    pool: NDArray[np.int32],
    keys: NDArray[np.uint64],
) -> NDArray[np.int32]:
    """Swap a pick for somebody else while the sum of spreads rises; it can only so often."""
    best = int(ties.spread(population, picks, keys)[0].sum())
    rising = True
    while rising:
        rising = False
        for at in range(len(picks)):
            for other in np.setdiff1d(pool, picks):
                swapped = picks.copy()
                swapped[at] = other
                total = int(ties.spread(population, swapped, keys)[0].sum())
                if total > best:
                    picks, best, rising = swapped, total, True
    return picks


def _by_components(ties: LiveTies, keys: NDArray[np.uint64]) -> Gain:
    label, size = kernels.live_components(ties.ptr, ties.nbr, *ties.coins, keys)
    return lambda people, take: kernels.component_gains(label, size, people, take) / len(keys)


def _by_search(ties: LiveTies, keys: NDArray[np.uint64]) -> Gain:
    taken = np.zeros((len(keys), ties.n_people), np.bool_)
    mark, queue = np.zeros(ties.n_people, np.int64), np.empty(ties.n_people, np.int32)
    epoch = 0

    def gain(people: NDArray[np.int32], take: bool) -> NDArray[np.float64]:
        nonlocal epoch
        gains, epoch = kernels.reach_gain(
            ties.ptr, ties.nbr, *ties.coins, people, keys, taken, take, mark, queue, epoch
        )
        return gains / len(keys)

    return gain


def _by_simulation(population: Population, model: Model, keys: NDArray[np.uint64]) -> Gain:
    chosen: list[int] = []
    base = 0.0

    def spread(people: list[int]) -> float:
        kernel = model.prepare(population, np.array(people, dtype=np.int32))
        return float(kernel.run(keys).final_sizes.mean())

    def gain(people: NDArray[np.int32], take: bool) -> NDArray[np.float64]:
        nonlocal base
        gains = np.array([spread([*chosen, int(v)]) - base for v in people])
        if take:
            chosen.extend(people.tolist())
            base += float(gains.sum())
        return gains

    return gain


def _steps(ties: LiveTies, keys: NDArray[np.uint64], ranked: NDArray[np.int32]) -> float:
    """About how many ties a first look at everybody would go along, from a few people."""
    some = ranked[:: max(1, len(ranked) // 64)]
    gain = _by_search(ties, keys[:4])
    return float(gain(some, False).mean()) * len(keys) * (len(ranked) + len(ties.nbr))
