"""Whether adoption follows ties in time and direction, as influence does and likeness need not.

The *shuffle test* exchanges the times of adopters, the *edge-reversal test* the directions of ties
(Anagnostopoulos, Kumar and Mahdian, Proc. KDD 2008, 7-15,
https://doi.org/10.1145/1401890.1401897). Both leave who adopts and who is tied to whom as they are.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.sparse import csr_array

from smallnet.errors import InputError
from smallnet.hypotheses.methods.permutation import (
    Alternative,
    ExchangeTest,
    below,
    codes_of,
    exchange_test,
    random_state,
)

__all__ = ["edge_reversal_test", "shuffle_test"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def shuffle_test(
    ties: csr_array,
    adopted_at: npt.ArrayLike,
    strata: npt.ArrayLike | None = None,
    *,
    alternative: Alternative = "greater",
    permutations: int = 999,
    rng: np.random.Generator,
) -> ExchangeTest:
    r"""Whether adopters follow their alters in time: adoption times shuffled among adopters.

    Who adopts stays; when is exchanged. Likeness makes tied people adopt both, influence makes
    one adopt *after* the other. The statistic is the coefficient of :math:`\ln(1 + a)`, a being
    the alters who adopted earlier, after one step from 0 of a model of proportional hazards:
    score over information. Calendar time is free, so common shocks do not count.

    Parameters
    ----------
    ties : csr_array, shape (n, n)
        A stored entry (ego, alter) exposes ego to alter.
    adopted_at : array_like of float, shape (n,)
        Any unit; ``inf`` for who never adopts. All are at risk from the start.
    strata : array_like, shape (n,), optional
        Only within them are times exchanged. Needed if a trait that ties follow also makes people
        early or late: without it, the test takes such likeness for influence.
    alternative, permutations, rng
        Side, draws and source of chance.

    Returns
    -------
    ExchangeTest

    Raises
    ------
    InputError
        If shapes do not match or fewer than two people adopt.

    Notes
    -----
    The paper fits a logistic regression in steps of time and by maximum likelihood; one step from
    0 in continuous time tests the same and takes no choice of step. A p under alpha speaks against
    exchangeable times, which influence is one way to break.
    """
    moments, codes = np.asarray(adopted_at, dtype=float), codes_of(strata, np.size(adopted_at))
    graph = _Dyads.of(ties, moments.size)
    order = _adopters(moments)
    still = np.zeros(graph.n_dyads, dtype=np.bool_)
    batch = np.unique(moments[order], return_inverse=True)[1].astype(np.int64)
    slots = np.argsort(codes[order], kind="stable")  # places in time, stratum by stratum
    ends = np.append(np.flatnonzero(np.diff(codes[order][slots])) + 1, slots.size)
    seen = graph.coefficient(order, batch, still)
    state, drawn = random_state(rng), np.empty(permutations)
    people = order[slots]
    for draw in range(permutations):
        _shuffle(people, ends, state)
        order[slots] = people
        drawn[draw] = graph.coefficient(order, batch, still)
    return exchange_test(seen, drawn, alternative)


def edge_reversal_test(
    ties: csr_array,
    adopted_at: npt.ArrayLike,
    *,
    alternative: Alternative = "greater",
    permutations: int = 999,
    rng: np.random.Generator,
) -> ExchangeTest:
    """Whether adoption follows ties forwards more than backwards.

    The statistic is the coefficient of :func:`shuffle_test` minus the one with all ties turned
    round; under the null the direction of each one-way tie is a fair coin. Mutual ties tell
    nothing.

    Parameters
    ----------
    ties : csr_array, shape (n, n)
        A stored entry (ego, alter) exposes ego to alter.
    adopted_at : array_like of float, shape (n,)
        Any unit; ``inf`` for who never adopts.
    alternative, permutations, rng
        Side, draws and source of chance.

    Returns
    -------
    ExchangeTest

    Raises
    ------
    InputError
        If shapes do not match, fewer than two people adopt, or all ties are mutual.

    Notes
    -----
    The paper compares the two coefficients by eye; the coins are ours. They do not keep the
    numbers of ties each person gets, so people whom many look to and who are early by nature
    imitate influence.
    """
    moments = np.asarray(adopted_at, dtype=float)
    graph = _Dyads.of(ties, moments.size)
    if graph.mutual.all():
        msg = f"all {graph.n_dyads} ties are mutual, so turning them round changes nothing"
        raise InputError(msg)
    order = _adopters(moments)
    batch = np.unique(moments[order], return_inverse=True)[1].astype(np.int64)

    def asymmetry(turned: npt.NDArray[np.bool_]) -> float:
        forwards = graph.coefficient(order, batch, turned)
        return forwards - graph.coefficient(order, batch, ~turned)

    seen = asymmetry(np.zeros(graph.n_dyads, dtype=np.bool_))
    drawn = [asymmetry(rng.random(graph.n_dyads) < 0.5) for _ in range(permutations)]
    return exchange_test(seen, np.array(drawn), alternative)


@dataclass(frozen=True)
class _Dyads:
    """Tied pairs, from both ends: who may expose whom."""

    start: IntArray  # (n + 1,)
    other: IntArray
    dyad: IntArray
    exposes: npt.NDArray[np.bool_]  # whether this end exposes the other, unless turned
    mutual: npt.NDArray[np.bool_]  # (dyads,)

    @property
    def n_dyads(self) -> int:
        return self.mutual.size

    @classmethod
    def of(cls, ties: csr_array, n: int) -> "_Dyads":
        if ties.shape != (n, n):
            msg = f"ties have shape {ties.shape} for {n} adoption times"
            raise InputError(msg)
        entries = ties.tocoo()
        ego, alter = (entries.coords[axis].astype(np.int64) for axis in (0, 1))
        kept = ego != alter
        ego, alter = ego[kept], alter[kept]
        low, high = np.minimum(ego, alter), np.maximum(ego, alter)
        pair, dyad = np.unique(low * n + high, return_inverse=True)
        up, down = np.zeros(pair.size, np.bool_), np.zeros(pair.size, np.bool_)
        up[dyad[ego < alter]] = True  # the low end is exposed to the high one
        down[dyad[ego > alter]] = True
        a, b = pair // n, pair % n
        here, there = np.concatenate([a, b]), np.concatenate([b, a])
        order = np.lexsort((there, here))
        return cls(
            np.searchsorted(here[order], np.arange(n + 1)).astype(np.int64),
            there[order],
            np.tile(np.arange(pair.size), 2)[order],
            np.concatenate([down, up])[order],
            up & down,
        )

    def coefficient(self, order: IntArray, batch: IntArray, turned: npt.NDArray[np.bool_]) -> float:
        score, information = _score(
            order, batch, self.start, self.other, self.dyad, self.exposes, self.mutual, turned
        )
        return float(score / information) if information > 0 else 0.0


def _adopters(moments: FloatArray) -> IntArray:
    order = np.argsort(moments, kind="stable")
    order = order[np.isfinite(moments[order])]
    if order.size < 2:
        msg = f"{order.size} people adopt, expected two or more with finite times"
        raise InputError(msg)
    return order.astype(np.int64)


@njit(cache=True)
def _shuffle(people: IntArray, ends: IntArray, state: npt.NDArray[np.uint64]) -> None:
    begin = 0
    for end in ends:
        for i in range(end - 1, begin, -1):
            j = begin + below(state, i - begin + 1)
            people[i], people[j] = people[j], people[i]
        begin = end


@njit(cache=True)
def _score(
    order: IntArray,
    batch: IntArray,
    start: IntArray,
    other: IntArray,
    dyad: IntArray,
    exposes: npt.NDArray[np.bool_],
    mutual: npt.NDArray[np.bool_],
    turned: npt.NDArray[np.bool_],
) -> tuple[float, float]:
    """Score and information of ln(1 + earlier alters) at 0, by partial likelihood."""
    n = start.size - 1
    earlier = np.zeros(n, dtype=np.int64)
    at_risk = np.ones(n, dtype=np.bool_)
    left, total, squares = n, 0.0, 0.0  # of the exposures of those at risk
    score, information = 0.0, 0.0
    begin = 0
    while begin < order.size:
        end = begin
        mean = total / left
        variance = max(squares / left - mean * mean, 0.0)
        while end < order.size and batch[end] == batch[begin]:
            exposure = np.log(1.0 + earlier[order[end]])
            score += exposure - mean
            information += variance
            at_risk[order[end]] = False
            left -= 1
            total -= exposure
            squares -= exposure * exposure
            end += 1
        for k in range(begin, end):
            for e in range(start[order[k]], start[order[k] + 1]):
                j, d = other[e], dyad[e]
                if at_risk[j] and (mutual[d] or exposes[e] != turned[d]):
                    old, new = np.log(1.0 + earlier[j]), np.log(2.0 + earlier[j])
                    earlier[j] += 1
                    total += new - old
                    squares += new * new - old * old
        begin = end
    return score, information
