"""Tests by exchange: labels, times or directions that mean nothing can change places.

Labels are permuted only within *strata*, inside which the null says they are exchangeable. The
p-value counts the observed arrangement among the drawn ones, so it is never 0 [1]_.

The *shuffle test* and the *edge-reversal test* [2]_ ask whether adoption follows ties because of
influence: influence needs an order in time and a direction, likeness alone does not.

References
----------
.. [1] B. Phipson and G. K. Smyth, Statistical Applications in Genetics and Molecular Biology 9,
   article 39 (2010). https://doi.org/10.2202/1544-6115.1585
.. [2] A. Anagnostopoulos, R. Kumar and M. Mahdian, Proc. KDD 2008, 7-15.
   https://doi.org/10.1145/1401890.1401897
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.sparse import csr_array

from smallnet.errors import InputError

__all__ = [
    "Alternative",
    "ExchangeTest",
    "edge_reversal_test",
    "permutation_p",
    "permutation_test",
    "permute_within",
    "shuffle_test",
    "within_strata_test",
]

Alternative = Literal["two-sided", "greater", "less"]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Statistic = Callable[[npt.NDArray[np.generic]], float]


@dataclass(frozen=True, kw_only=True)
class ExchangeTest:
    """A statistic against its values under exchange."""

    statistic: float
    p_value: float
    null_mean: float
    null_sd: float
    drawn: FloatArray  # (permutations,)


def permutation_p(
    statistic: float, drawn: npt.ArrayLike, alternative: Alternative = "two-sided"
) -> float:
    r"""Share of arrangements at least as extreme, the observed one counted: :math:`(1+k)/(1+m)`.

    Parameters
    ----------
    statistic : float
        Observed.
    drawn : array_like of float, shape (m,)
        Under exchange.
    alternative : {"two-sided", "greater", "less"}
        Two-sided: twice the smaller side, at most 1.

    Returns
    -------
    float
        Above 0, at most 1. Values equal up to rounding count as ties.

    Examples
    --------
    >>> permutation_p(2.0, [0.0, 1.0, 3.0], "greater")
    0.5
    """
    if alternative not in get_args(Alternative):
        msg = f"alternative is {alternative!r}, expected one of {get_args(Alternative)}"
        raise InputError(msg)
    values = np.asarray(drawn, dtype=float)
    if not (np.isfinite(values).all() and np.isfinite(statistic)):
        return float("nan")
    close = 1e-10 * max(abs(statistic), float(np.abs(values).max(initial=0.0)))
    above = (1 + (values >= statistic - close).sum()) / (1 + values.size)
    below = (1 + (values <= statistic + close).sum()) / (1 + values.size)
    if alternative == "two-sided":
        return float(min(1.0, 2 * min(above, below)))
    return float(above if alternative == "greater" else below)


def permute_within(
    labels: npt.ArrayLike, strata: npt.ArrayLike | None = None, *, rng: np.random.Generator
) -> npt.NDArray[np.generic]:
    """Permute labels within strata.

    Parameters
    ----------
    labels : array_like, shape (rows,)
        What is exchanged.
    strata : array_like, shape (rows,), optional
        Rows that share one may exchange; all if left out.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    ndarray, shape (rows,)

    Examples
    --------
    >>> permute_within([1, 2, 3], ["a", "b", "c"], rng=np.random.default_rng(1)).tolist()
    [1, 2, 3]
    """
    values = np.asarray(labels)
    codes = _codes(strata, values.size)
    permuted = np.empty_like(values)
    permuted[np.argsort(codes, kind="stable")] = values[np.lexsort((rng.random(codes.size), codes))]
    return permuted


def permutation_test(
    statistic: Statistic,
    labels: npt.ArrayLike,
    strata: npt.ArrayLike | None = None,
    *,
    alternative: Alternative = "two-sided",
    permutations: int = 999,
    rng: np.random.Generator,
) -> ExchangeTest:
    """Any statistic of labels, against labels permuted within strata.

    Parameters
    ----------
    statistic : callable
        From labels to a number.
    labels, strata, rng
        As in :func:`permute_within`.
    alternative : {"two-sided", "greater", "less"}
        Side.
    permutations : int
        Draws.
    """
    drawn = [statistic(permute_within(labels, strata, rng=rng)) for _ in range(permutations)]
    return _tested(statistic(np.asarray(labels)), np.array(drawn), alternative)


def within_strata_test(
    values: npt.ArrayLike,
    labels: npt.ArrayLike,
    strata: npt.ArrayLike | None = None,
    *,
    alternative: Alternative = "two-sided",
    permutations: int = 9999,
    rng: np.random.Generator,
) -> ExchangeTest:
    r"""Slope of values on labels within strata, against labels permuted there; compiled.

    .. math:: \sum_r (l_r - \bar l_{s(r)}) v_r \, / \, \sum_r (l_r - \bar l_{s(r)})^2

    With labels 0 and 1 it is a difference of means within strata, weighted by the variance of
    the labels in each.

    Parameters
    ----------
    values, labels : array_like of float, shape (rows,)
        Finite. Rows must be exchangeable: of rows that belong together (of one person), give
        their sum or mean.
    strata : array_like, shape (rows,), optional
        Rows that share one may exchange; all if left out.
    alternative : {"two-sided", "greater", "less"}
        Side.
    permutations : int
        Draws.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    ExchangeTest

    Raises
    ------
    InputError
        If lengths differ, something is not finite, or labels vary within no stratum.

    Examples
    --------
    >>> test = within_strata_test([1, 2, 5, 6], [0, 0, 1, 1], rng=np.random.default_rng(1))
    >>> test.statistic
    4.0
    """
    v, x = np.asarray(values, dtype=float), np.asarray(labels, dtype=float)
    if v.shape != x.shape or v.ndim != 1 or not (np.isfinite(v).all() and np.isfinite(x).all()):
        msg = f"values {v.shape} and labels {x.shape} must be finite and of one length"
        raise InputError(msg)
    codes = _codes(strata, v.size)
    order = np.argsort(codes, kind="stable")
    v, x, codes = v[order], x[order], codes[order]
    n = np.maximum(np.bincount(codes), 1)
    v = v - (np.bincount(codes, v) / n)[codes]
    x = x - (np.bincount(codes, x) / n)[codes]
    spread = float((x**2).sum())
    if spread <= 1e-12 * max(1.0, float((np.asarray(labels, float) ** 2).sum())):
        msg = "the labels do not vary within any stratum, so there is nothing to exchange"
        raise InputError(msg)
    ends = np.append(np.flatnonzero(np.diff(codes)) + 1, v.size)
    sums = _permuted_sums(v, x.copy(), ends, permutations, _state(rng))
    return _tested(float(v @ x) / spread, sums / spread, alternative)


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
        As in :func:`within_strata_test`.

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
    moments, codes = np.asarray(adopted_at, dtype=float), _codes(strata, np.size(adopted_at))
    graph = _Dyads.of(ties, moments.size)
    order = _adopters(moments)
    still = np.zeros(graph.n_dyads, dtype=np.bool_)
    batch = np.unique(moments[order], return_inverse=True)[1].astype(np.int64)
    slots = np.argsort(codes[order], kind="stable")  # places in time, stratum by stratum
    ends = np.append(np.flatnonzero(np.diff(codes[order][slots])) + 1, slots.size)
    seen = graph.coefficient(order, batch, still)
    state, drawn = _state(rng), np.empty(permutations)
    people = order[slots]
    for draw in range(permutations):
        _shuffle(people, ends, state)
        order[slots] = people
        drawn[draw] = graph.coefficient(order, batch, still)
    return _tested(seen, drawn, alternative)


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
        As in :func:`within_strata_test`.

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
    return _tested(seen, np.array(drawn), alternative)


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


def _codes(strata: npt.ArrayLike | None, n_rows: int) -> IntArray:
    if strata is None:
        return np.zeros(n_rows, dtype=np.int64)
    codes = np.unique(np.asarray(strata), return_inverse=True)[1].astype(np.int64)
    if codes.size != n_rows:
        msg = f"{codes.size} strata for {n_rows} rows, expected one a row"
        raise InputError(msg)
    return codes


def _tested(seen: float, drawn: FloatArray, alternative: Alternative) -> ExchangeTest:
    return ExchangeTest(
        statistic=float(seen),
        p_value=permutation_p(seen, drawn, alternative),
        null_mean=float(drawn.mean()),
        null_sd=float(drawn.std(ddof=1)) if drawn.size > 1 else float("nan"),
        drawn=drawn,
    )


def _state(rng: np.random.Generator) -> npt.NDArray[np.uint64]:
    return rng.integers(0, 2**64, size=1, dtype=np.uint64)


@njit(cache=True)
def _below(state: npt.NDArray[np.uint64], n: int) -> np.int64:
    """Give a whole number from 0 to n - 1, even up to n / 2^32 (SplitMix64)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = (z ^ (z >> np.uint64(31))) >> np.uint64(32)
    return np.int64((z * np.uint64(n)) >> np.uint64(32))


@njit(cache=True)
def _permuted_sums(
    values: FloatArray,
    labels: FloatArray,
    ends: IntArray,
    permutations: int,
    state: npt.NDArray[np.uint64],
) -> FloatArray:
    """Shuffle each stratum (Fisher and Yates) and add values times labels on the way."""
    sums = np.zeros(permutations)
    for draw in range(permutations):
        total, begin = 0.0, 0
        for end in ends:
            for i in range(end - 1, begin - 1, -1):
                j = begin + _below(state, i - begin + 1)
                label = labels[j]
                labels[j] = labels[i]
                labels[i] = label
                total += values[i] * label
            begin = end
        sums[draw] = total
    return sums


@njit(cache=True)
def _shuffle(people: IntArray, ends: IntArray, state: npt.NDArray[np.uint64]) -> None:
    begin = 0
    for end in ends:
        for i in range(end - 1, begin, -1):
            j = begin + _below(state, i - begin + 1)
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
