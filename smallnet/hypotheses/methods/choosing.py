"""Are small groups chosen more often than their part of the menu? On arrays.

Observed over expected share of targets that are small, where expected means: everybody picks one
of their groups at random. Groups are popular for reasons of their own, and that moves every menu
they are on; so for the error the groups are the sample, as in every claim about size.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.mixed_poisson import MixedPoisson, fit_mixed_poisson

__all__ = ["Choice", "Menus", "choice_ratio", "collapse_menus"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_MENUS = 4_000  # for the logit; it tells how popular groups are, and more tell it no better
FARTHEST = 12.0  # log odds ratio beyond which nothing is looked for


@dataclass(frozen=True, kw_only=True)
class Menus:
    """Lines of menus; menus of one person that are alike are one stratum with all its choices."""

    stratum: IntArray  # (lines,)
    group: IntArray
    small: NDArray[np.bool_]
    log2_size: FloatArray  # of the group at the moments of the shares, mean
    chosen: FloatArray  # how often the line was chosen
    person: IntArray  # (strata,)
    n_groups: int

    @property
    def shares(self) -> FloatArray:
        """Number of choices of each stratum."""
        return np.bincount(self.stratum, self.chosen).astype(float)

    @property
    def part(self) -> FloatArray:
        """Part of each stratum's menu that is small."""
        return np.bincount(self.stratum, self.small) / np.bincount(self.stratum)

    def pick(self, keep: NDArray[np.bool_]) -> "Menus":
        """Give the strata where ``keep`` holds."""
        line = keep[self.stratum]
        number = np.cumsum(keep) - 1
        return Menus(
            stratum=number[self.stratum[line]],
            group=self.group[line],
            small=self.small[line],
            log2_size=self.log2_size[line],
            chosen=self.chosen[line],
            person=self.person[keep],
            n_groups=self.n_groups,
        )


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Observed over expected share of small targets, and the odds ratio behind it."""

    ratio: float
    low: float
    high: float
    p_value: float | None
    observed: float
    expected: float
    shares: int
    informative: int  # shares whose menu holds both small and larger groups
    odds_ratio: float | None = None
    odds_low: float | None = None
    odds_high: float | None = None
    slope: float | None = None  # odds ratio per doubling of size
    slope_low: float | None = None
    slope_high: float | None = None
    popularity_sd: float | None = None  # of groups' log weight on every menu
    freedom: float | None = None


def collapse_menus(
    share: IntArray,
    person: IntArray,
    group: IntArray,
    size: IntArray,
    chosen: NDArray[np.bool_],
    *,
    small_group: int,
    n_groups: int,
) -> Menus:
    """Put alike menus of one person together.

    Parameters
    ----------
    share, person, group, size, chosen : ndarray, shape (lines,)
        One line a share and group on its menu; groups are coded from 0; one line of each share
        is chosen.
    small_group : int
        Small is fewer members than this.
    n_groups : int
        Groups in all.
    """
    small = size < small_group
    share, person = (np.unique(codes, return_inverse=True)[1] for codes in (share, person))
    n_shares, n_people = int(share.max(initial=-1)) + 1, int(person.max(initial=-1)) + 1
    hashing = np.random.default_rng(0)  # of what is on the menu, and whose it is; no chance in it
    marks = hashing.integers(0, 2**63, 2 * n_groups, dtype=np.uint64)
    names = hashing.integers(0, 2**63, n_people, dtype=np.uint64)
    digest = np.zeros(n_shares, dtype=np.uint64)
    np.add.at(digest, share, marks[2 * group + small])
    owner = np.zeros(n_shares, dtype=np.int64)
    owner[share] = person
    digest += names[owner]
    first, stratum = np.unique(digest, return_index=True, return_inverse=True)[1:]
    cell = stratum[share] * n_groups + group
    line, where = np.unique(cell, return_inverse=True)
    lines = np.bincount(where)
    return Menus(
        stratum=(line // n_groups).astype(np.int64),
        group=(line % n_groups).astype(np.int64),
        small=np.bincount(where, small) > 0,
        log2_size=np.bincount(where, np.log2(np.maximum(size, 1))) / lines,
        chosen=np.bincount(where, chosen).astype(float),
        person=owner[first],
        n_groups=n_groups,
    )


def choice_ratio(
    menus: Menus, *, level: float = 0.95, slope: bool = False, rng: np.random.Generator
) -> Choice:
    r"""Observed over expected share of small targets, with an interval for random groups.

    Parameters
    ----------
    menus : Menus
        The menus with the choices; those without a choice to make count on both sides alike.
    level : float
        Confidence.
    slope : bool
        Fit the odds ratio per doubling of size too.
    rng : numpy.random.Generator
        Draws the menus to which the logit is fitted where there are more than 4,000.

    Notes
    -----
    With O observed and E expected small targets, the ratio is O/E. A group's popularity u moves O
    by :math:`h_g = \sum_s n_s P_{sg} (\mathrm{small}_g - P_s)`, so that the variance of O is
    :math:`\sigma^2 \sum_g h_g^2` plus that of the choices given popularity, taken by person. P is
    a conditional logit in "small" with groups random, and :math:`\sigma^2` its variance [1]_. The
    interval is one of log O/E, with t (Satterthwaite).

    References
    ----------
    .. [1] D. McFadden, in: P. Zarembka (ed.), Frontiers in Econometrics, Academic Press (1974),
       with the random part of :mod:`smallnet.hypotheses.methods.mixed_poisson`.
    """
    shares, part = menus.shares, menus.part
    hits = np.bincount(menus.stratum, menus.chosen * menus.small, shares.size)
    observed, expected, n = float(hits.sum()), float(shares @ part), float(shares.sum())
    nan = float("nan")
    open_ = (part > 0) & (part < 1) & (shares > 0)
    common: dict[str, Any] = {
        "observed": observed / n if n else nan,
        "expected": expected / n if n else nan,
        "shares": int(n),
        "informative": int(shares[open_].sum()),
    }
    if not expected > 0 or not open_.any():
        return Choice(ratio=nan, low=nan, high=nan, p_value=None, **common)
    fixed_hits = float(hits[~open_].sum())
    live = menus.pick(open_)
    told = _some(live, rng)
    model = _fit(told, told.small.astype(float))
    free_hits = observed - fixed_hits
    n_live = float(live.shares.sum())
    if free_hits in (0.0, n_live):  # all choices fall on one side: no slope to speak of
        low, high = _one_sided(free_hits, n_live, fixed_hits, expected, level)
        return Choice(
            ratio=observed / expected,
            low=low,
            high=high,
            p_value=None,
            **common,
        )
    variance, freedom = _variance(live, free_hits, model)
    ratio = observed / expected
    error = float(np.sqrt(variance)) / observed
    half = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    return Choice(
        ratio=ratio,
        low=float(np.exp(np.log(ratio) - half)),
        high=float(np.exp(np.log(ratio) + half)),
        p_value=float(2 * stats.t.sf(abs(np.log(ratio)) / error, freedom)),
        freedom=freedom,
        popularity_sd=None if model is None else float(np.sqrt(model.variance)),
        **_odds(model, "odds_ratio", "odds_low", "odds_high", level),
        **_odds(
            _fit(told, told.log2_size) if slope else None, "slope", "slope_low", "slope_high", level
        ),
        **common,
    )


def _some(menus: Menus, rng: np.random.Generator) -> Menus:
    n = menus.person.size
    if n <= MOST_MENUS:
        return menus
    keep = np.zeros(n, dtype=np.bool_)
    keep[rng.choice(n, MOST_MENUS, replace=False)] = True
    return menus.pick(keep)


def _between(menus: Menus, x: FloatArray) -> FloatArray:
    """Give each group's mean of ``x`` over the menus it is on, as often as they were used."""
    used = menus.shares[menus.stratum]
    total = np.bincount(menus.group, used, menus.n_groups)
    mean = np.bincount(menus.group, used * x, menus.n_groups) / np.maximum(total, 1e-300)
    return np.asarray(mean[menus.group], dtype=float)


def _fit(menus: Menus, x: FloatArray) -> MixedPoisson | None:
    """Conditional logit with random groups; none where the engine says that it cannot.

    The first coefficient is that between groups. What a group's own growth does, which has many
    lines and would win, stands in a second one (Mundlak's split).
    """
    between = _between(menus, x)
    for columns in ([between, x - between], [between]):
        try:
            model = fit_mixed_poisson(
                menus.chosen,
                np.ones(menus.chosen.size),
                menus.stratum,
                menus.group,
                np.column_stack(columns),
                n_groups=menus.n_groups,
            )
        except InputError:
            continue
        if model.converged:
            return model
    return None


def _odds(
    model: MixedPoisson | None, name: str, low: str, high: str, level: float
) -> dict[str, Any]:
    if model is None:
        return {}
    bounds = np.exp(model.conf_int(level)[0])
    return {name: float(np.exp(model.beta[0])), low: float(bounds[0]), high: float(bounds[1])}


def _variance(menus: Menus, hits: float, model: MixedPoisson | None) -> tuple[float, float]:
    """Variance of the number of small targets, and its degrees of freedom."""
    shares, part, n = menus.shares, menus.part, menus.shares.size

    def surplus(beta: float) -> float:
        odds = part * np.exp(beta)
        return float(shares @ (odds / (odds + 1 - part))) - hits

    beta = optimize.brentq(surplus, -FARTHEST, FARTHEST) if _brackets(surplus) else 0.0
    chance, small = _chances(menus, np.where(menus.small, float(beta), 0.0))
    lever = np.bincount(
        menus.group,
        shares[menus.stratum] * chance * (menus.small - small[menus.stratum]),
        menus.n_groups,
    )
    if model is not None:
        between = _between(menus, menus.small.astype(float))
        slopes = np.append(model.beta, 0.0)
        fitted = np.asarray(slopes[0] * between + slopes[1] * (menus.small - between))
        small = _chances(menus, (fitted + model.u[menus.group]).astype(np.float64))[1]
    residual = np.bincount(menus.stratum, menus.chosen * menus.small, n) - shares * small
    people = np.unique(menus.person, return_inverse=True)[1]
    by_person = np.bincount(people, residual)
    many = by_person.size
    of_people = float((by_person**2).sum()) * many / max(many - 1, 1)
    of_people = max(of_people, 0.5 * float(shares @ (small * (1 - small))))
    spread = float((lever**2).sum())
    # without a fitted model the groups' part is taken as if popularity had a variance of 1
    of_groups = spread * (1.0 if model is None else model.variance)
    groups = spread**2 / max(float((lever**4).sum()), 1e-300) - 1
    total = of_people + of_groups
    freedom = total**2 / (of_groups**2 / max(groups, 1) + of_people**2 / max(many - 1, 1))
    return total, float(max(freedom, 1.0))


def _brackets(surplus: Callable[[float], float]) -> bool:
    return surplus(-FARTHEST) < 0 < surplus(FARTHEST)


def _chances(menus: Menus, utility: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Chance of each line, and of a small target in each stratum."""
    weight = np.exp(utility)
    chance = weight / np.bincount(menus.stratum, weight)[menus.stratum]
    return chance, np.bincount(menus.stratum, chance * menus.small).astype(float)


def _one_sided(
    hits: float, n: float, fixed: float, expected: float, level: float
) -> tuple[float, float]:
    tail = ((1 - level) / 2) ** (1 / n)
    bound = fixed + n * (1 - tail) if hits == 0 else fixed + n * tail
    found = (fixed + hits) / expected
    return min(found, bound / expected), max(found, bound / expected)
