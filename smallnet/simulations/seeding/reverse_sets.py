"""Reverse-reachable sets: whom could one random person have it from? Greedy cover, with a bound.

Draw a person, walk live ties backwards: the set of all from whom it could have come. The mean
spread of a seed set is the share of sets that it hits, times the people (Borgs et al. 2014,
https://doi.org/10.1137/1.9781611973402.70). Some sets choose, fresh ones (half as many) judge, and
both are doubled until the bound is good (OPIM-C: Tang, Tang, Xiao & Yuan 2018,
https://doi.org/10.1145/3183713.3183749). Sets that are their root alone are not drawn: their part
of the spread is a sum over the seeds, known exactly.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smallnet.errors import InputError
from smallnet.simulations.seeding import kernels
from smallnet.simulations.seeding.choice import Certificate, Choice, Costs
from smallnet.simulations.seeding.rankings import degree
from smallnet.simulations.seeding.worlds import LiveTies
from smallnet.simulations.spreading import Model, Population
from smallnet.simulations.spreading.kernels.stream import stream_keys, wait_table

__all__ = ["ReverseSets", "reverse_reachable"]

FIRST_SETS = 4096
SURE = 2.33  # standard errors by which the sets must beat the degree rule to replace it (99 %)
LOOKS = 8  # moments of the greedy choice at which the best possible is bounded
MOST_SWAPPED = 3e7  # members looked at for one round of swaps; above it the greedy choice stays
BASE_COST = Costs()


class ReverseSets:
    """Source of reverse-reachable sets with at least two people.

    Parameters
    ----------
    ties : LiveTies
    jobs : int
        Threads; the sets do not depend on it.

    Attributes
    ----------
    alone : ndarray of float64, shape (people,)
        Chance that a person's set is the person alone.
    scale : float
        Expected number of people whose set holds more: the worth of all drawn sets together.
    """

    def __init__(self, ties: LiveTies, *, jobs: int = 1) -> None:
        self.ties, self.jobs = ties, jobs
        ptr, nbr, at = ties.back
        if len(nbr) < 2**31:
            ptr = ptr.astype(np.int32)  # stays in a nearer cache
        chance = ties.chance[at]
        self.same = len(chance) > 0 and not ties.one_each and bool((chance == chance[0]).all())
        owner = np.repeat(np.arange(ties.n_people), np.diff(ptr))
        if ties.one_each:
            self.some = np.bincount(owner, chance, minlength=ties.n_people)
            upto = np.cumsum(chance)
            upto -= np.repeat(np.concatenate([[0.0], upto])[ptr[:-1]], np.diff(ptr))
            self._sampler: Any = kernels.threshold_sets
            self._place: tuple[Any, ...] = (ptr, nbr, upto, self.some)
        else:
            with np.errstate(divide="ignore"):  # a sure tie: log 0
                fail = np.bincount(owner, np.log1p(-chance), minlength=ties.n_people)
            self.some = -np.expm1(fail)
            self.same = self.same and 0 < chance[0] < 1
            if self.same:
                self._sampler = kernels.cascade_sets
                p = float(chance[0])
                self._place = (ptr, nbr, *wait_table(p), float(np.log1p(-p)))
            else:
                self._sampler = kernels.own_chance_sets
                self._place = (ptr, nbr, chance, self.some)
        self.alone = np.maximum(1.0 - self.some, 0.0)
        self.scale = float(self.some.sum())
        if self.scale > 0:
            self._root = kernels.alias(self.some)

    def draw(
        self, n: int, *, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Draw sets: where each ends (from 0), and the members, the root first."""
        nobody, none = np.zeros(self.ties.n_people, np.uint8), np.zeros(0, np.int64)
        parts = self._parts(n, rng, lambda m, key: (m, key, nobody, none, True))
        ends, shift = [np.zeros(1, np.int64)], 0
        for part, members in parts:
            ends.append(part[1:] + shift)
            shift += len(members)
        return np.concatenate(ends), np.concatenate([members for _, members in parts])

    def hits(
        self, choices: list[NDArray[np.int32]], n: int, *, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Draw fresh sets and count those that each choice (up to 8) hits; none is kept."""
        flags = np.zeros(self.ties.n_people, np.uint8)
        for bit, people in enumerate(choices):
            flags[people] |= np.uint8(1 << bit)
        counts: list[NDArray[np.int64]] = []

        def task(m: int, key: np.uint64) -> tuple[Any, ...]:
            counts.append(np.zeros(len(choices), np.int64))
            return (m, key, flags, counts[-1], False)

        self._parts(n, rng, task)
        return np.sum(counts, axis=0)

    def _parts(self, n: int, rng: np.random.Generator, task: Any) -> list[Any]:
        size = min(max(1024, n // 16), 1 << 16)
        sizes = [size] * (n // size) + ([n % size] if n % size else [])
        tasks = [task(m, k) for m, k in zip(sizes, stream_keys(rng, len(sizes)), strict=True)]
        with ThreadPoolExecutor(self.jobs) as pool:
            return list(pool.map(lambda t: self._sampler(*self._place, *self._root, *t), tasks))


def reverse_reachable(
    population: Population,
    budget: float,
    model: Model,
    *,
    rng: np.random.Generator,
    costs: Costs = BASE_COST,
    good_enough: float = 0.9,
    epsilon: float = 0.1,
    confidence: float = 0.99,
    most_members: int = 50_000_000,
    jobs: int = 1,
) -> Choice:
    r"""Choose by reverse-reachable sets, with a certificate; never worse than the degree rule.

    Parameters
    ----------
    population : Population
    budget : float
        Cost units; with the usual costs, people.
    model : Model
        An independent cascade, or linear thresholds drawn uniformly.
    rng : numpy.random.Generator
    costs : Costs
    good_enough : float
        Stop when the choice surely reaches this share of the best possible spread.
    epsilon : float
        Stop, too, when it surely reaches :math:`1 - 1/e - \epsilon` of it, the last doubling
        raised what it surely reaches by less than 1 %, and the sets choose not clearly worse
        than the degree rule, or hold an eighth of ``most_members``.
    confidence : float
        Chance that the bounds hold, over all rounds together.
    most_members : int
        Stop when more members of sets than this would be kept; 12 bytes each. The certificate
        says how far it came.
    jobs : int
        Threads; the answer does not depend on it.

    Returns
    -------
    Choice
        With a :class:`Certificate`. The greedy choice is improved by swaps where that is cheap.
        The people of highest strength are judged on the same fresh sets, and are the answer unless
        the sets chose clearly better.

    Raises
    ------
    InputError
        For another model, or a budget that pays for nobody.

    Notes
    -----
    Drawn sets have a root in proportion to its chance q of a live tie towards it, and hold at
    least two people. With Q the sum of all q, :math:`f(S) = \sum_{S} (1 - q_v) + Q\,P(S
    \text{ hits a set})`; the bounds of the paper then hold for the second part, with Q in place
    of the number of people.
    """
    if not (0 < confidence < 1 and 0 < epsilon < 1 and 0 < good_enough <= 1 and most_members > 0):
        msg = (
            f"confidence {confidence}, epsilon {epsilon}, good_enough {good_enough}, most_members "
            f"{most_members}: expected shares between 0 and 1 and a number above 0"
        )
        raise InputError(msg)
    k = costs.people_for(budget, population)
    source = ReverseSets(LiveTies.of(population, model), jobs=jobs)
    rule = degree(population, budget, model, rng=rng, costs=costs).people
    if k == population.n_people or source.scale == 0:
        exact = Certificate(
            spread=float(k), at_least=float(k), best_at_most=float(k), confidence=1.0, sets=0
        )
        return Choice(rule, certificate=exact)
    rounds = 24
    a = float(np.log(3 * rounds / (1 - confidence)))
    fewest = float(np.partition(source.alone, k - 1)[:k].sum())  # of any k people, for sure
    ends, members = np.zeros(1, np.int64), np.zeros(0, np.int32)
    total, before = FIRST_SETS, 0.0
    for _ in range(rounds):
        more, new = source.draw(total - len(ends) + 1, rng=rng)
        ends = np.concatenate([ends, more[1:] + len(members)])
        members = np.concatenate([members, new])
        worth = source.scale / total
        picks, _, best = kernels.cover(ends, members, worth, source.alone, k, LOOKS)
        if k < population.n_people and k * len(members) <= MOST_SWAPPED:
            kernels.exchange(ends, members, worth, source.alone, picks, 10)
        highest = fewest + worth * _upper((float(best) - fewest) / worth, a)
        choices = [picks, rule, np.concatenate([picks, rule])]
        fresh = total // 2
        counts, worth = source.hits(choices, fresh, rng=rng), source.scale / fresh
        known = [float(source.alone[people].sum()) for people in (picks, rule)]
        better = known[0] - known[1] + worth * float(counts[0] - counts[1])
        unsure = SURE * worth * float(2 * counts[2] - counts[0] - counts[1]) ** 0.5  # of pairs
        winner = 0 if better > unsure else 1
        enough = better >= -unsure or 8 * len(members) > most_members
        certificate = Certificate(
            spread=known[winner] + worth * float(counts[winner]),
            at_least=max(known[winner] + worth * _lower(float(counts[winner]), a), float(k)),
            best_at_most=min(highest, float(population.n_people)),
            confidence=confidence,
            sets=total,
        )
        risen = certificate.at_least > 1.01 * before
        before = certificate.at_least
        if certificate.bound >= good_enough or (
            certificate.bound >= 1 - 1 / np.e - epsilon and not risen and enough
        ):
            break
        if 2 * len(members) > most_members:
            break
        total *= 2
    return Choice(choices[winner], certificate=certificate)


def _lower(hits: float, a: float) -> float:
    """Give what expected hits exceed, but for a chance of exp(-a) (Tang et al. 2018, lemma 4.2)."""
    root = max(np.sqrt(hits + 2 * a / 9) - np.sqrt(a / 2), 0.0)
    return float(max(root**2 - a / 18, 0.0))


def _upper(hits: float, a: float) -> float:
    """Give what expected hits stay below, but for a chance of exp(-a) (lemma 4.3)."""
    return float((np.sqrt(hits + a / 2) + np.sqrt(a / 2)) ** 2)
