"""Do ties stay inside groups more than everybody's number of ties explains? On arrays.

A tie is inside where its two people share a group. How often chance alone puts a tie inside
depends on how many ties and which groups everybody has, so chance is drawn: ties are rewired with
everybody's number of ties kept and memberships fixed.
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse import csr_array

from smallnet.networks.nulls import NO_MOMENT, TRIES_BETWEEN, curveball, rewire_chain

__all__ = [
    "ANY_TIME",
    "Stays",
    "Walls",
    "could_go_inside",
    "pair_shares",
    "shared_groups",
    "shuffled_share",
    "sort_stays",
    "wall_odds_ratio",
]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

ANY_TIME = NO_MOMENT  # of a tie: were the two ever together?
TRIES_IN_ALL = 20_000_000  # beyond it there are fewer draws
FEWEST_DRAWS = 25
LEAST_KEPT = 0.3  # part of a group's excess of ties that its own degrees leave to be seen
TIES_PER_BLOCK = 200  # ties of one stretch of time swap ends with each other
MOST_BLOCKS = 20


@dataclass(frozen=True, kw_only=True)
class Stays:
    """Who is where and when, sorted by person, then group: stays of i are ``begin[i:i + 2]``."""

    begin: IntArray
    group: IntArray
    start: IntArray  # microseconds, half-open
    end: IntArray
    n_groups: int

    @property
    def n_people(self) -> int:
        """Number of people."""
        return self.begin.size - 1

    @functools.cached_property
    def present(self) -> IntArray:
        """From when until when each person is in any group; shape (people, 2)."""
        person = np.repeat(np.arange(self.n_people), np.diff(self.begin))
        window = np.empty((self.n_people, 2), np.int64)
        window[:, 0], window[:, 1] = np.iinfo(np.int64).max, np.iinfo(np.int64).min
        np.minimum.at(window[:, 0], person, self.start)
        np.maximum.at(window[:, 1], person, self.end)
        return window

    @functools.cached_property
    def incidence(self) -> csr_array:
        """Zeros and ones, groups × people: who was ever where."""
        person = np.repeat(np.arange(self.n_people), np.diff(self.begin))
        table = csr_array(
            (np.ones(person.size), (self.group, person)), shape=(self.n_groups, self.n_people)
        )
        table.sum_duplicates()
        table.data[:] = 1.0
        return table

    @functools.cached_property
    def size(self) -> IntArray:
        """People ever in each group."""
        return np.diff(self.incidence.indptr).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class Walls:
    """Odds of a tie inside over those of rewired ties; ``p_rewired`` counts draws as extreme."""

    odds_ratio: float
    low: float
    high: float
    p_value: float
    p_rewired: float
    share: float  # of ties inside
    null_share: float  # of rewired ties inside
    null_draws: FloatArray  # shape (draws,)
    ties: int
    inside: int
    freedom: float
    group_part: float  # of the variance that comes from groups being unlike


def sort_stays(
    person: IntArray,
    group: IntArray,
    start: IntArray,
    end: IntArray,
    *,
    n_people: int,
    n_groups: int,
) -> Stays:
    """Sort stays by person and group; indices count from 0."""
    order = np.lexsort((start, group, person))
    begin = np.searchsorted(person[order], np.arange(n_people + 1)).astype(np.int64)
    return Stays(
        begin=begin,
        group=group[order].astype(np.int64),
        start=start[order].astype(np.int64),
        end=end[order].astype(np.int64),
        n_groups=n_groups,
    )


def shared_groups(stays: Stays, ends: IntArray, moment: IntArray) -> IntArray:
    """Give the smallest group that two people share at a moment, -1 where they share none.

    Parameters
    ----------
    stays : Stays
        Who is where.
    ends : ndarray of int, shape (ties, 2)
        People.
    moment : ndarray of int, shape (ties,)
        Microseconds; ``ANY_TIME`` asks whether they were ever in a group together.
    """
    return _shared(
        stays.begin, stays.group, stays.start, stays.end, stays.size, ends, moment, ANY_TIME
    )


def could_go_inside(stays: Stays, ends: IntArray, moment: IntArray) -> NDArray[np.bool_]:
    """Tell which ties were made while both people were about, or have no moment."""
    window = stays.present[ends]
    there = (window[:, :, 0] <= moment[:, None]) & (moment[:, None] < window[:, :, 1])
    return np.asarray(there.all(axis=1) | (moment == ANY_TIME))


def wall_odds_ratio(
    stays: Stays,
    ends: IntArray,
    moment: IntArray,
    *,
    draws: int = 999,
    level: float = 0.95,
    rng: np.random.Generator,
) -> Walls:
    r"""Odds ratio of a tie being inside, against ties rewired with degrees kept.

    Parameters
    ----------
    stays : Stays
        Who is where.
    ends : ndarray of int, shape (ties, 2)
        Undirected ties, each pair once.
    moment : ndarray of int, shape (ties,)
        When each tie was made, or ``ANY_TIME``. Ties of one stretch of time are rewired among
        themselves, and to people who were there: that people come and go is no wall. Give
        only ties of moments at which both were there (:func:`could_go_inside`).
    draws : int
        Draws of the null; fewer where there are very many ties.
    level : float
        Confidence.
    rng : numpy.random.Generator
        Source of chance.

    Notes
    -----
    With p the share inside and q that of rewired ties, tie d = (i, j) moves the log odds ratio by

    .. math:: e_d = \frac{x_d - p}{L p (1-p)} - \frac{r_i + r_j - 2q}{L q (1-q)}

    where r is the share of a person's rewired ties that are inside: a person with more ties moves
    the null too. Ties that share a person are alike, so the variance is the dyadic one of [1]_,
    :math:`\sum_i (\sum_{d \ni i} e_d)^2 - \sum_d e_d^2`. Groups differ in how closely knit they
    are, and that moves all their ties: :math:`\sigma^2 \sum_g h_g^2` is added, with
    :math:`h_g = \sum_{d \in g} e_d`. The variance of cohesion is taken from all groups by moments
    [2]_: with N ties inside a group where rewired ones let expect m,

    .. math:: \sigma^2 = \sum_g [(N_g - m_g)^2 - k_g^2 m_g] \,/\, \sum_g (k_g m_g)^2

    where k < 1 is what is seen of a closer knit group, for its members' degrees rise and m with
    them. In simulated worlds of 10 to 50 groups whose log cohesion has an sd of 0.5 to 0.8,
    intervals of 95 % cover the odds ratio of all such groups in 0.93 to 0.96 of worlds.

    References
    ----------
    .. [1] P. M. Aronow, C. Samii and V. A. Assenova, Political Analysis 23, 564-577 (2015).
       https://doi.org/10.1093/pan/mpv018
    .. [2] After R. DerSimonian and N. Laird, Controlled Clinical Trials 7, 177-188 (1986).
       https://doi.org/10.1016/0197-2456(86)90046-2
    """
    n_ties, n = len(ends), stays.n_people
    where = shared_groups(stays, ends, moment)
    hit = where >= 0
    share = float(hit.mean())
    rounds = int(np.clip(TRIES_IN_ALL // (TRIES_BETWEEN * n_ties), FEWEST_DRAWS, draws))
    blocks = _blocks(moment)
    null = np.empty(rounds)
    person_in, group_in = np.zeros(n), np.zeros(stays.n_groups)
    chain = rewire_chain(
        ends, n_people=n, blocks=blocks, moment=moment, present=stays.present, rng=rng
    )
    for r, pairs in zip(range(rounds), chain, strict=False):
        there = shared_groups(stays, pairs, moment)
        inside = there >= 0
        null[r] = inside.mean()
        person_in += np.bincount(pairs[inside].ravel(), minlength=n)
        group_in += np.bincount(there[inside], minlength=stays.n_groups)
    q = float(null.mean())
    off = np.abs(null - q) >= abs(share - q) - 1e-12
    p_rewired = float((1 + off.sum()) / (rounds + 1))
    common: dict[str, Any] = {
        "p_rewired": p_rewired,
        "share": share,
        "null_share": q,
        "null_draws": null,
        "ties": n_ties,
        "inside": int(hit.sum()),
    }
    if not 0 < q < 1:
        nan = float("nan")
        return Walls(
            odds_ratio=nan, low=nan, high=nan, p_value=nan, freedom=nan, group_part=nan, **common
        )
    if not 0 < share < 1:
        return _one_sided(hit, q, level, common)
    degree = np.bincount(ends.ravel(), minlength=n)
    with np.errstate(invalid="ignore", divide="ignore"):
        r_person = np.where(degree > 0, person_in / (degree * rounds), 0.0)
    terms = (hit - share) / (n_ties * share * (1 - share))
    terms -= (r_person[ends].sum(axis=1) - 2 * q) / (n_ties * q * (1 - q))
    by_person = np.bincount(ends[:, 0], terms, n) + np.bincount(ends[:, 1], terms, n)
    own = float((terms**2).sum())
    v_person = max(float((by_person**2).sum()) - own, 0.5 * own)
    expected = group_in / group_in.sum() * hit.sum()
    found = np.bincount(where[hit], minlength=stays.n_groups)
    # what a more closely knit group does to the log odds ratio, through all of its ties
    lever = np.bincount(where[hit], terms[hit], stays.n_groups)
    volume = np.asarray(stays.incidence @ degree, dtype=np.float64)
    v_group = _unlikeness(found, expected, volume) * float((lever**2).sum())
    v_draws = float(null.var()) / (rounds * (q * (1 - q)) ** 2)
    variance = v_person + v_group + v_draws
    freedom = _freedom(v_person, _effective(degree), v_group, _effective(lever**2), variance)
    log_ratio = float(np.log(share / (1 - share)) - np.log(q / (1 - q)))
    error = float(np.sqrt(variance))
    half = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    return Walls(
        odds_ratio=float(np.exp(log_ratio)),
        low=float(np.exp(log_ratio - half)),
        high=float(np.exp(log_ratio + half)),
        p_value=float(2 * stats.t.sf(abs(log_ratio) / error, freedom)),
        freedom=freedom,
        group_part=v_group / variance,
        **common,
    )


def shuffled_share(
    stays: Stays, ends: IntArray, *, draws: int = 99, rng: np.random.Generator
) -> tuple[float, FloatArray]:
    """Share of ties between people who were ever in one group, as it is and with groups shuffled.

    Memberships are dealt anew (curveball) with sizes and everybody's number of groups kept; ties
    stay. Times play no part.

    Returns
    -------
    share : float
    shuffled : ndarray, shape (draws,)
    """
    table = stays.incidence
    null = np.empty(draws)
    observed = _ever_together(table, ends)
    for r in range(draws):
        table = curveball(table, rng=rng)
        null[r] = _ever_together(table, ends)
    return observed, null


def pair_shares(stays: Stays, degree: FloatArray, *, most: float = 3e8) -> tuple[float, float]:
    """Share of pairs that are ever in a group together: of all pairs, and weighted by degree.

    The second is what the configuration model expects of ties (reference value R11, with a pair
    that shares several groups counted once): ``k'Sk / ((sum k)^2 - sum k^2)``.

    Parameters
    ----------
    stays : Stays
        Who is where.
    degree : ndarray, shape (people,)
        Numbers of ties.
    most : float
        Give up (``nan``) where there are more pairs inside groups than this.
    """
    nan = float("nan")
    if float((stays.size.astype(float) ** 2).sum()) > most:
        return nan, nan
    by_group = np.argsort(stays.group, kind="stable")
    group_begin = np.searchsorted(stays.group[by_group], np.arange(stays.n_groups + 1))
    person = np.repeat(np.arange(stays.n_people), np.diff(stays.begin))
    pairs, weighted = _all_pairs(
        stays.begin,
        stays.group,
        stays.start,
        stays.end,
        group_begin.astype(np.int64),
        by_group.astype(np.int64),
        person.astype(np.int64),
        degree.astype(np.float64),
    )
    n, total = stays.n_people, degree.sum() ** 2 - (degree**2).sum()
    return (
        pairs / (n * (n - 1)) if n > 1 else nan,
        float(weighted / total) if total > 0 else nan,
    )


def _blocks(moment: IntArray) -> IntArray:
    """Stretches of time with about as many ties each; ties without a moment are one more."""
    block = np.zeros(moment.size, np.int64)
    timed = np.flatnonzero(moment != ANY_TIME)
    many = int(np.clip(timed.size // TIES_PER_BLOCK, 1, MOST_BLOCKS))
    order = timed[np.argsort(moment[timed], kind="stable")]
    block[order] = 1 + np.arange(timed.size) * many // max(timed.size, 1)
    return block


def _unlikeness(found: IntArray, expected: FloatArray, volume: FloatArray) -> float:
    """Variance of groups' cohesion, relative to its mean, by moments; at least 0."""
    # livelier ties inside a group raise its members' degrees and so the expected number too
    kept = np.maximum(1 - 4 * expected / np.maximum(volume, 1), LEAST_KEPT)
    beyond = float(((found - expected) ** 2 - kept**2 * expected).sum())
    seen = float(((kept * expected) ** 2).sum())
    return max(beyond, 0.0) / seen if seen > 0 else 0.0


def _effective(weight: FloatArray | IntArray) -> float:
    total = float(weight.sum())
    return total**2 / float((weight.astype(float) ** 2).sum()) if total > 0 else 0.0


def _freedom(one: float, n_one: float, two: float, n_two: float, total: float) -> float:
    """Degrees of freedom of a sum of variances (Satterthwaite)."""
    spread = one**2 / max(n_one - 1, 1) + two**2 / max(n_two - 1, 1)
    return max(total**2 / spread, 1.0) if spread > 0 else 1.0


def _one_sided(hit: NDArray[np.bool_], q: float, level: float, common: dict[str, Any]) -> Walls:
    """Bound by the binomial law where no tie, or every tie, is inside."""
    tail = ((1 - level) / 2) ** (1 / hit.size)
    odds = (1 - tail) / tail * (1 - q) / q
    none = not hit.any()
    return Walls(
        odds_ratio=0.0 if none else float("inf"),
        low=0.0 if none else float(tail / (1 - tail) * (1 - q) / q),
        high=float(odds) if none else float("inf"),
        p_value=common["p_rewired"],
        freedom=float("inf"),
        group_part=0.0,
        **common,
    )


def _ever_together(table: csr_array, ends: IntArray) -> float:
    by_person = csr_array(table.T)
    by_person.sort_indices()
    both = _any_common(by_person.indptr.astype(np.int64), by_person.indices.astype(np.int64), ends)
    return float(both.mean())


@njit(cache=True)
def _any_common(begin: IntArray, group: IntArray, ends: IntArray) -> NDArray[np.bool_]:
    out = np.zeros(len(ends), np.bool_)
    for t in range(len(ends)):
        i, i_end = begin[ends[t, 0]], begin[ends[t, 0] + 1]
        j, j_end = begin[ends[t, 1]], begin[ends[t, 1] + 1]
        while i < i_end and j < j_end:
            if group[i] == group[j]:
                out[t] = True
                break
            if group[i] < group[j]:
                i += 1
            else:
                j += 1
    return out


@njit(cache=True)
def _shared(
    begin: IntArray,
    group: IntArray,
    start: IntArray,
    end: IntArray,
    size: IntArray,
    ends: IntArray,
    moment: IntArray,
    any_time: int,
) -> IntArray:
    """Merge the two lists of stays; among stays of a common group look for one moment."""
    out = np.full(len(ends), -1, np.int64)
    for t in range(len(ends)):
        i, i_end = begin[ends[t, 0]], begin[ends[t, 0] + 1]
        first, j_end = begin[ends[t, 1]], begin[ends[t, 1] + 1]
        at = moment[t]
        while i < i_end and first < j_end:
            if group[first] < group[i]:
                first += 1
                continue
            if group[first] > group[i]:
                i += 1
                continue
            g = group[i]
            j = first  # every stay of the other in this group meets this stay
            while j < j_end and group[j] == g:
                low, high = max(start[i], start[j]), min(end[i], end[j])
                together = low < high if at == any_time else low <= at < high
                if together and (out[t] < 0 or size[g] < size[out[t]]):
                    out[t] = g
                j += 1
            i += 1
    return out


@njit(cache=True)
def _all_pairs(
    begin: IntArray,
    group: IntArray,
    start: IntArray,
    end: IntArray,
    group_begin: IntArray,
    by_group: IntArray,
    person: IntArray,
    degree: FloatArray,
) -> tuple[int, float]:
    """Ordered pairs that ever share a group, counted and weighted by the product of degrees."""
    n = begin.size - 1
    seen = np.full(n, -1, np.int64)
    pairs, weighted = 0, 0.0
    for p in range(n):
        seen[p] = p
        for i in range(begin[p], begin[p + 1]):
            for k in range(group_begin[group[i]], group_begin[group[i] + 1]):
                j = by_group[k]
                other = person[j]
                if seen[other] != p and start[i] < end[j] and start[j] < end[i]:
                    seen[other] = p
                    pairs += 1
                    weighted += degree[p] * degree[other]
    return pairs, weighted
