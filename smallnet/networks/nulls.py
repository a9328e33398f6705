"""Networks as they would be by chance: ties rewired, memberships dealt anew.

Two nulls, each uniform over everything that keeps what it promises to keep:

- :func:`rewire` keeps everybody's number of ties and breaks whom they are with;
- :func:`curveball` keeps everybody's number of groups and every group's size and breaks who is
  with whom.

Both are Markov chains with symmetric proposals whose rejected steps count as steps, so that the
uniform distribution is stationary; a fixed number of steps is made, never a number of
*successful* ones, which would lean towards graphs with many neighbours [1]_ [2]_.

Notes
-----
How long is long enough? For rewiring, statistics of a graph forget their start after a few tries
a tie; 10 is what [3]_ find enough for practical purposes and 20 is what we do. A curveball trade
mixes a whole pair of groups at once; each group takes part in ``2 * trades / groups`` of them,
and [4]_ measured that a handful for each group suffice; we do 10 trades a group, which is 20
parts in a trade. Both cost milliseconds, so that one can double them and see that nothing moves.

References
----------
.. [1] Y. Artzy-Randrup and L. Stone, Physical Review E 72, 056708 (2005).
   https://doi.org/10.1103/PhysRevE.72.056708
.. [2] C. J. Carstens, Physical Review E 91, 042812 (2015).
   https://doi.org/10.1103/PhysRevE.91.042812
.. [3] J. Ray, A. Pinar and C. Seshadhri, Journal of Complex Networks 3, 1-23 (2015).
   https://doi.org/10.1093/comnet/cnu013
.. [4] G. Strona et al., Nature Communications 5, 4114 (2014).
   https://doi.org/10.1038/ncomms5114
"""

from collections.abc import Iterator

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csr_array, triu

from smallnet.errors import InputError

__all__ = [
    "NO_MOMENT",
    "TRADES_PER_GROUP",
    "TRIES_BETWEEN",
    "TRIES_PER_TIE",
    "curveball",
    "expected_ties_inside",
    "rewire",
    "rewire_chain",
    "rewire_pairs",
]

TRIES_PER_TIE = 20
TRIES_BETWEEN = 5  # a tie, from one draw of a chain to the next
NO_MOMENT = np.iinfo(np.int64).min  # of a tie that may go to anybody
TRADES_PER_GROUP = 10


def rewire(
    adjacency: csr_array, *, tries: int | None = None, rng: np.random.Generator
) -> csr_array:
    """Undirected ties drawn anew, with everybody's number of ties kept.

    Parameters
    ----------
    adjacency : csr_array, shape (n, n)
        Symmetric, without self-ties. Its weights go with the ties: strengths are not kept,
        numbers of ties are.
    tries : int, optional
        Swaps tried; 20 for each tie if left out.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    csr_array, shape (n, n)
        Symmetric, without self-ties or double ties.

    Raises
    ------
    InputError
        If the matrix is not square and symmetric, or somebody is tied to themself.
    """
    n_rows, n_columns = adjacency.shape
    if n_rows != n_columns or abs(adjacency - adjacency.T).sum() != 0:
        msg = (
            f"the ties are a {n_rows} x {n_columns} matrix that is not symmetric, "
            "expected undirected ties"
        )
        raise InputError(msg)
    upper = coo_array(triu(adjacency, k=0))
    pairs = np.column_stack([upper.row, upper.col]).astype(np.int64)
    swapped = rewire_pairs(pairs, n_people=n_rows, tries=tries, rng=rng)
    half = coo_array((upper.data, (swapped[:, 0], swapped[:, 1])), shape=adjacency.shape)
    return csr_array(half + half.T)


def rewire_pairs(
    pairs: ArrayLike,
    *,
    n_people: int,
    blocks: ArrayLike | None = None,
    moment: ArrayLike | None = None,
    present: ArrayLike | None = None,
    tries: int | None = None,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Pairs of tied people drawn anew, uniformly over all simple graphs with the same degrees.

    Two ties ``u - v`` and ``x - y`` become ``u - y`` and ``x - v``, if that makes neither a
    self-tie nor a double tie; otherwise nothing happens, and that counts as a try.

    Parameters
    ----------
    pairs : array_like of int, shape (ties, 2)
        People from 0 to ``n_people - 1``; each unordered pair once.
    n_people : int
        Number of people.
    blocks : array_like of int, shape (ties,), optional
        Only ties of one block swap ends, say those made in one month: everybody keeps their
        number of ties in each block.
    moment : array_like of int, shape (ties,), optional
        When each tie was made; ``NO_MOMENT`` where that is not known.
    present : array_like of int, shape (people, 2), optional
        From when until when (itself not) each person is there: nobody is given a tie of a moment
        at which they are not.
    tries : int, optional
        Swaps tried; 20 for each tie if left out.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    ndarray of int64, shape (ties, 2)
        New pairs; row r stays in the block of row r, so that what hangs on a row (a moment, a
        weight) can stay.

    Raises
    ------
    InputError
        If a pair is a self-tie, comes twice, or names somebody outside ``0 … n_people - 1``; or
        if somebody has a tie of a moment at which they are not present.

    Examples
    --------
    >>> ring = np.array([[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 0]])
    >>> new = rewire_pairs(ring, n_people=6, rng=np.random.default_rng(1))
    >>> np.bincount(new.ravel())
    array([2, 2, 2, 2, 2, 2])
    """
    chain = rewire_chain(
        pairs,
        n_people=n_people,
        blocks=blocks,
        moment=moment,
        present=present,
        first_tries=tries,
        rng=rng,
    )
    return next(chain)


def rewire_chain(
    pairs: ArrayLike,
    *,
    n_people: int,
    blocks: ArrayLike | None = None,
    moment: ArrayLike | None = None,
    present: ArrayLike | None = None,
    first_tries: int | None = None,
    tries: int | None = None,
    rng: np.random.Generator,
) -> Iterator[NDArray[np.int64]]:
    """Draw rewired pairs one after another, each from the last: cheaper than from the start.

    Draws near each other are alike; means over many are right, and their error is larger than
    that of independent draws.

    Parameters
    ----------
    pairs, n_people, blocks, moment, present, rng
        As in :func:`rewire_pairs`.
    first_tries, tries : int, optional
        Swaps tried before the first draw (20 for each tie), and from each draw to the next (5).

    Yields
    ------
    ndarray of int64, shape (ties, 2)
        Without end.
    """
    ends = _check_pairs(pairs, n_people)
    block = np.zeros(len(ends), np.int64) if blocks is None else np.asarray(blocks)
    order = np.argsort(block, kind="stable")
    sizes = np.unique(block[order], return_counts=True)[1]
    low = np.repeat(np.cumsum(sizes) - sizes, sizes)
    high = np.repeat(np.cumsum(sizes), sizes)
    first, second = ends[order, 0], ends[order, 1]
    at, there = _presence(ends, moment, present, n_people)
    at, state = at[order], _seed(rng)
    n_tries = TRIES_PER_TIE * len(ends) if first_tries is None else first_tries
    while True:
        if len(ends):
            _swap_ties(first, second, low, high, at, there, n_people, n_tries, state)
        drawn = np.empty_like(ends)
        drawn[order] = np.column_stack([first, second])
        yield drawn
        n_tries = TRIES_BETWEEN * len(ends) if tries is None else tries


def _check_pairs(pairs: ArrayLike, n_people: int) -> NDArray[np.int64]:
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    if ends.size == 0:
        return ends
    if ends.min() < 0 or ends.max() >= n_people:
        stranger = ends.max() if ends.max() >= n_people else ends.min()
        msg = f"a tie names person {stranger}, people are 0 to {n_people - 1}"
        raise InputError(msg)
    if (ends[:, 0] == ends[:, 1]).any():
        person = ends[ends[:, 0] == ends[:, 1]][0, 0]
        msg = f"person {person} is tied to themself: a tie needs two people"
        raise InputError(msg)
    keys = ends.min(axis=1) * n_people + ends.max(axis=1)
    if np.unique(keys).size != keys.size:
        double = keys.size - np.unique(keys).size
        msg = f"{double} pairs come more than once: give each tied pair once"
        raise InputError(msg)
    return ends


def _presence(
    ends: NDArray[np.int64],
    moment: ArrayLike | None,
    present: ArrayLike | None,
    n_people: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give moments and presence; where they are not given, everybody is there at moment 0."""
    if moment is None or present is None:
        return np.zeros(len(ends), np.int64), np.tile(np.array([0, 1], np.int64), (n_people, 1))
    at, there = np.asarray(moment, np.int64), np.asarray(present, np.int64)
    away = (at[:, None] < there[ends, 0]) | (at[:, None] >= there[ends, 1])
    away &= (at != NO_MOMENT)[:, None]
    if away.any():
        row, end = np.argwhere(away)[0]
        msg = f"person {ends[row, end]} has a tie of a moment at which they are not present"
        raise InputError(msg)
    return at, there


def curveball(
    incidence: csr_array, *, trades: int | None = None, rng: np.random.Generator
) -> csr_array:
    """Memberships drawn anew, with everybody's number of groups and every group's size kept.

    In a trade two groups pool the members they do not share and deal them out again at random,
    each to its old size. Uniform over all 0/1 matrices with the same row and column sums.

    Parameters
    ----------
    incidence : csr_array, shape (groups, people)
        Non-zero where the person is a member; values are not looked at.
    trades : int, optional
        Number of trades; 10 for each group if left out.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    csr_array of float64, shape (groups, people)
        Zeros and ones, members sorted.

    Examples
    --------
    >>> members = csr_array(np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0]]))
    >>> new = curveball(members, rng=np.random.default_rng(1))
    >>> new.sum(axis=1), new.sum(axis=0)
    (array([2., 2., 2.]), array([2., 1., 2., 1.]))
    """
    clean = csr_array(incidence, copy=True)
    clean.sum_duplicates()
    clean.eliminate_zeros()
    n_groups, n_people = clean.shape
    starts, members = clean.indptr.astype(np.int64), clean.indices.astype(np.int64)
    if n_groups > 1:
        _trade_members(
            starts,
            members,
            n_people,
            TRADES_PER_GROUP * n_groups if trades is None else trades,
            _seed(rng),
        )
    dealt = csr_array((np.ones(members.size), members, starts), shape=clean.shape)
    dealt.sort_indices()
    return dealt


def expected_ties_inside(degree: ArrayLike, inside: ArrayLike) -> float:
    r"""Ties expected inside one group when only everybody's number of ties is kept.

    .. math:: E = \frac{(\sum_{i \in g} k_i)^2 - \sum_{i \in g} k_i^2}{2 (2 L - 1)}

    the configuration model, double ties counted, self-ties not (reference value R11).

    Parameters
    ----------
    degree : array_like of float, shape (people,)
        Everybody's number of ties.
    inside : array_like of int or bool
        The members: their indices, or one true/false a person.

    Returns
    -------
    float
        Number of ties; ``nan`` where nobody has a tie.

    Examples
    --------
    >>> round(expected_ties_inside([2, 2, 2, 1, 1], [0, 1, 2]), 4)
    1.7143
    """
    ties = np.asarray(degree, dtype=float)
    held = ties[np.asarray(inside)]
    stubs = ties.sum()
    if stubs == 0:
        return float("nan")
    return float((held.sum() ** 2 - (held**2).sum()) / (2 * (stubs - 1)))


def _seed(rng: np.random.Generator) -> NDArray[np.uint64]:
    """State of a fast generator for the kernels, drawn from ``rng``."""
    return rng.integers(0, 2**64 - 1, 1, dtype=np.uint64)


@njit(cache=True)
def _below(state: NDArray[np.uint64], n: int) -> np.int64:
    """Give a whole number from 0 to n - 1 by SplitMix64 (https://doi.org/10.1145/2714064.2660195).

    Uneven by less than n / 2^53, as the double it goes through.
    """
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.int64(np.float64(z >> np.uint64(11)) * 2.0**-53 * n)


@njit(cache=True)
def _slot(key: int, mask: int) -> np.int64:
    """Home of a key in the table (Fibonacci hashing; the high bits are the mixed ones)."""
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64((mixed ^ (mixed >> np.uint64(29))) & np.uint64(mask))


@njit(cache=True)
def _holds(table: NDArray[np.int64], mask: int, key: int) -> bool:
    i = _slot(key, mask)
    while table[i] != -1:
        if table[i] == key:
            return True
        i = (i + 1) & mask
    return False


@njit(cache=True)
def _insert(table: NDArray[np.int64], mask: int, key: int) -> None:
    i = _slot(key, mask)
    while table[i] != -1:
        i = (i + 1) & mask
    table[i] = key


@njit(cache=True)
def _remove(table: NDArray[np.int64], mask: int, key: int) -> None:
    """Take a key out and move later ones of its run back: no tombstones."""
    i = _slot(key, mask)
    while table[i] != key:
        i = (i + 1) & mask
    j = i
    while True:
        table[i] = -1
        while True:
            j = (j + 1) & mask
            if table[j] == -1:
                return
            home = _slot(table[j], mask)
            # may the key in j move to i? Only if i lies cyclically between its home and j
            if ((j - home) & mask) >= ((j - i) & mask):
                break
        table[i] = table[j]
        i = j


@njit(cache=True)
def _swap_ties(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    at: NDArray[np.int64],
    there: NDArray[np.int64],
    n_people: int,
    tries: int,
    state: NDArray[np.uint64],
) -> int:
    """Swap ends in place, tie i with ties low[i] … high[i] - 1; the number of swaps made."""
    n_ties = first.size
    size = 4
    while size < 2 * n_ties:
        size *= 2
    mask = size - 1
    table = np.full(size, -1, np.int64)
    for e in range(n_ties):
        _insert(table, mask, min(first[e], second[e]) * n_people + max(first[e], second[e]))
    done = 0
    for _ in range(tries):
        i = _below(state, n_ties)
        pick = _below(state, 4 * (high[i] - low[i]))
        j = low[i] + pick // 4
        mine, theirs = pick % 2 == 0, pick % 4 < 2  # each tie read forwards, or the other way round
        u, v = (first[i], second[i]) if mine else (second[i], first[i])
        x, y = (first[j], second[j]) if theirs else (second[j], first[j])
        if u in (x, y) or v in (x, y):  # one tie twice, a common end, or a self-tie
            continue
        if at[i] != NO_MOMENT and not there[y, 0] <= at[i] < there[y, 1]:
            continue
        if at[j] != NO_MOMENT and not there[v, 0] <= at[j] < there[v, 1]:
            continue
        new_one = min(u, y) * n_people + max(u, y)
        new_two = min(x, v) * n_people + max(x, v)
        if _holds(table, mask, new_one) or _holds(table, mask, new_two):
            continue
        _remove(table, mask, min(u, v) * n_people + max(u, v))
        _remove(table, mask, min(x, y) * n_people + max(x, y))
        _insert(table, mask, new_one)
        _insert(table, mask, new_two)
        if mine:
            second[i] = y
        else:
            first[i] = y
        if theirs:
            second[j] = v
        else:
            first[j] = v
        done += 1
    return done


@njit(cache=True)
def _trade_members(
    starts: NDArray[np.int64],
    members: NDArray[np.int64],
    n_people: int,
    trades: int,
    state: NDArray[np.uint64],
) -> None:
    """Trades between random groups, in place: group g lies in ``starts[g] … starts[g + 1]``."""
    n_groups = starts.size - 1
    mark = np.zeros(n_people, np.int64)
    pool = np.empty(members.size, np.int64)
    stamp = 0
    for _ in range(trades):
        g = _below(state, n_groups)
        h = _below(state, n_groups - 1)
        if h >= g:
            h += 1
        stamp += 2  # stamp: in g; stamp + 1: in both
        for i in range(starts[g], starts[g + 1]):
            mark[members[i]] = stamp
        n = 0
        h_end = starts[h]
        for i in range(starts[h], starts[h + 1]):
            person = members[i]
            if mark[person] == stamp:
                mark[person] = stamp + 1
                members[h_end] = person
                h_end += 1
            else:
                pool[n] = person
                n += 1
        g_end = starts[g]
        for i in range(starts[g], starts[g + 1]):
            person = members[i]
            if mark[person] == stamp + 1:
                members[g_end] = person
                g_end += 1
            else:
                pool[n] = person
                n += 1
        for i in range(
            starts[g + 1] - g_end
        ):  # the first cards of a shuffle go to g, the rest to h
            j = i + _below(state, n - i)
            pool[i], pool[j] = pool[j], pool[i]
            members[g_end + i] = pool[i]
        dealt = starts[g + 1] - g_end
        for i in range(dealt, n):
            members[h_end + i - dealt] = pool[i]
