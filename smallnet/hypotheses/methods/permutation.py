"""Tests by exchange: labels that mean nothing can change places.

Labels are permuted only within *strata*, inside which the null says they are exchangeable. The
p-value counts the observed arrangement among the drawn ones, so it is never 0 [1]_.

References
----------
.. [1] B. Phipson and G. K. Smyth, Statistical Applications in Genetics and Molecular Biology 9,
   article 39 (2010). https://doi.org/10.2202/1544-6115.1585
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from numba import njit

from smallnet.errors import InputError
from smallnet.hypotheses.guards import check_no_quotient

__all__ = [
    "Alternative",
    "ExchangeTest",
    "below",
    "codes_of",
    "exchange_test",
    "permutation_p",
    "permutation_test",
    "permute_within",
    "random_state",
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
    codes = codes_of(strata, values.size)
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
    return exchange_test(statistic(np.asarray(labels)), np.array(drawn), alternative)


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
    TrapError
        If values were divided by the labels.
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
    check_no_quotient(v, x, names=("values", "labels"))
    codes = codes_of(strata, v.size)
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
    sums = _permuted_sums(v, x.copy(), ends, permutations, random_state(rng))
    return exchange_test(float(v @ x) / spread, sums / spread, alternative)


def codes_of(strata: npt.ArrayLike | None, n_rows: int) -> IntArray:
    """Strata as numbers from 0; one stratum if none are given."""
    if strata is None:
        return np.zeros(n_rows, dtype=np.int64)
    codes = np.unique(np.asarray(strata), return_inverse=True)[1].astype(np.int64)
    if codes.size != n_rows:
        msg = f"{codes.size} strata for {n_rows} rows, expected one a row"
        raise InputError(msg)
    return codes


def exchange_test(seen: float, drawn: FloatArray, alternative: Alternative) -> ExchangeTest:
    """Hold a statistic against its draws."""
    return ExchangeTest(
        statistic=float(seen),
        p_value=permutation_p(seen, drawn, alternative),
        null_mean=float(drawn.mean()),
        null_sd=float(drawn.std(ddof=1)) if drawn.size > 1 else float("nan"),
        drawn=drawn,
    )


def random_state(rng: np.random.Generator) -> npt.NDArray[np.uint64]:
    """Give the state of a compiled generator, begun by ``rng``."""
    return rng.integers(0, 2**64, size=1, dtype=np.uint64)


@njit(cache=True)
def below(state: npt.NDArray[np.uint64], n: int) -> np.int64:
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
                j = begin + below(state, i - begin + 1)
                label = labels[j]
                labels[j] = labels[i]
                labels[i] = label
                total += values[i] * label
            begin = end
        sums[draw] = total
    return sums
