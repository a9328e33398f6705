"""How much things differ beyond chance: estimators behind ``fit_platform``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from smallnet.simulations.rosters import IntArray, RealArray

__all__ = [
    "PoissonLognormal",
    "common_correlation",
    "fit_clipped_lognormal",
    "fit_overlap",
    "fit_poisson_lognormal",
    "fit_two_ways",
]

NODES = 15  # of adaptive Gauss-Hermite quadrature
LEAST_SD, MOST_SD = 1e-3, 4.0
PEOPLE_NODES = 400  # quantiles of people's weight


@dataclass(frozen=True)
class PoissonLognormal:
    """Counts whose log rates are normal: level and slope, spread, and each unit's own factor."""

    mean: float  # rate of an average unit (mean factor 1) where the column is 0
    slope: float  # of the log rate
    sd: float  # of units' log factor
    factor: RealArray  # posterior mean of each unit's factor


def fit_poisson_lognormal(
    count: npt.NDArray[Any], exposure: npt.NDArray[Any], column: RealArray | None = None
) -> PoissonLognormal:
    """Fit counts by maximum likelihood, the units' normal effects integrated out.

    Parameters
    ----------
    count, exposure : ndarray, shape (units,)
        Events, and the exposure that would give one event at rate 1; units without exposure are
        left out of the fit and have factor 1.
    column : ndarray, shape (units,), optional
        What the log rate depends on.

    Notes
    -----
    Adaptive Gauss-Hermite quadrature around each unit's mode, Liu & Pierce, Biometrika 81,
    624-629 (1994), https://doi.org/10.1093/biomet/81.3.624.
    """
    from scipy.optimize import minimize

    there = exposure > 0
    y, log_e = count[there], np.log(exposure[there])
    x = np.zeros(y.size) if column is None else column[there]
    level = float(np.log(max(y.sum(), 0.5) / np.exp(log_e).sum()))
    free = 2 if column is None or np.ptp(x) == 0 else 3

    def unpack(theta: RealArray) -> tuple[RealArray, float]:
        slope = theta[2] if free == 3 else 0.0
        return theta[0] + slope * x + log_e, float(np.clip(np.exp(theta[1]), LEAST_SD, MOST_SD))

    def loss(theta: RealArray) -> float:
        return -float(_integrate(y, *unpack(theta))[0].sum())

    start = np.array([level, np.log(0.5), 0.0])[:free]
    best = minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-3}).x
    eta, sd = unpack(best)
    if loss(np.array([level, np.log(LEAST_SD), *best[2:]])) <= loss(best):
        sd = 0.0
    factor = np.ones(count.size)
    if sd > 0:
        factor[there] = _integrate(y, eta, sd)[1] * np.exp(-0.5 * sd**2)
    mean = float(np.exp(best[0] + 0.5 * sd**2))
    return PoissonLognormal(mean, float(best[2]) if free == 3 else 0.0, sd, factor)


def _integrate(y: RealArray, eta: RealArray, sd: float) -> tuple[RealArray, RealArray]:
    """Give log marginal likelihoods (but for ``y!``) and posterior means of ``exp(u)``."""
    from numpy.polynomial.hermite import hermgauss

    mode = np.clip(np.log(y + 0.5) - eta, -6 * sd, 6 * sd)
    for _ in range(30):
        rate = np.exp(np.minimum(eta + mode, 700))
        step = (y - rate - mode / sd**2) / (rate + 1 / sd**2)
        mode = mode + np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-7:
            break
    width = 1 / np.sqrt(np.exp(np.minimum(eta + mode, 700)) + 1 / sd**2)
    node, weight = hermgauss(NODES)
    u = mode[:, None] + np.sqrt(2) * width[:, None] * node
    power = y[:, None] * (eta[:, None] + u) - np.exp(np.minimum(eta[:, None] + u, 700))
    power += -0.5 * (u / sd) ** 2 + node**2
    top = power.max(axis=1, keepdims=True)
    part = weight * np.exp(power - top)
    total = part.sum(axis=1)
    value = np.log(total) + top[:, 0] + np.log(width) - np.log(sd) - 0.5 * np.log(np.pi)
    return value, (part * np.exp(u)).sum(axis=1) / total


def fit_two_ways(
    person: IntArray,
    group: IntArray,
    count: RealArray,
    exposure: RealArray,
    doublings: RealArray,
    *,
    rounds: int = 5,
) -> tuple[PoissonLognormal, PoissonLognormal]:
    """Fit people's and groups' factors in turn.

    Parameters
    ----------
    person, group : ndarray, shape (memberships,)
        Rows of the person and of the group.
    count, exposure : ndarray, shape (memberships,)
        Messages and member-days.
    doublings : ndarray, shape (groups,)
        Log2 of size over the median size.
    rounds : int
        How often.

    Returns
    -------
    tuple of PoissonLognormal
        Of people and of groups; the groups' mean is the rate of an average member of an average
        group of median size, their slope that of the log rate per doubling.
    """
    n_people, n_groups = int(person.max()) + 1, int(group.max()) + 1
    talk = np.ones(n_people)
    by_group = np.bincount(group, count, n_groups)
    by_person = np.bincount(person, count, n_people)
    for _ in range(rounds):
        groups = fit_poisson_lognormal(
            by_group, np.bincount(group, exposure * talk[person], n_groups), doublings
        )
        rate = groups.mean * np.exp(groups.slope * doublings) * groups.factor
        people = fit_poisson_lognormal(
            by_person, np.bincount(person, exposure * rate[group], n_people)
        )
        talk = people.factor
    return people, groups


def fit_clipped_lognormal(size: IntArray, low: int, high: int) -> tuple[float, float]:
    """Fit median and log sd of whole sizes that were rounded, then clipped to ``low`` and ``high``.

    Maximum likelihood: a size at an end stands for everything beyond it.
    """
    from scipy.optimize import minimize
    from scipy.special import ndtr

    values, many = np.unique(np.clip(size, low, high), return_counts=True)
    begin = np.where(values == low, -np.inf, np.log(np.maximum(values - 0.5, 1e-9)))
    end = np.where(values == high, np.inf, np.log(values + 0.5))
    logs = np.log(size)
    if low == high or np.ptp(values) == 0:
        return float(np.exp(logs.mean())), 0.0

    def loss(theta: RealArray) -> float:
        sd = np.exp(theta[1])
        chance = ndtr((end - theta[0]) / sd) - ndtr((begin - theta[0]) / sd)
        return -float((many * np.log(np.maximum(chance, 1e-300))).sum())

    start = np.array([logs.mean(), np.log(max(logs.std(), 0.05))])
    best = minimize(loss, start, method="Nelder-Mead").x
    return float(np.exp(best[0])), float(np.exp(best[1]))


def fit_overlap(groups_of_person: IntArray, people_of_group: IntArray) -> float:
    """Give the sd of people's log weight of being in any group that explains their overlap.

    The variance of groups per person is that between people plus that of chance, where group g
    holds a person of weight w with chance 1 - exp(-w t_g) and t_g gives the group its size: the
    inclusion chances of drawing by an exponential race.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtri

    people = groups_of_person.size
    sizes, many = np.unique(np.minimum(people_of_group, people), return_counts=True)
    nodes = ndtri((np.arange(PEOPLE_NODES) + 0.5) / PEOPLE_NODES)
    observed = float(groups_of_person.var(ddof=1))

    def excess(sd: float) -> float:
        weight = np.exp(sd * nodes - 0.5 * sd**2)
        low, high = np.full(sizes.size, -20.0), np.full(sizes.size, 40.0)
        for _ in range(60):
            middle = 0.5 * (low + high)
            share = -np.expm1(-np.outer(np.exp(middle), weight)).mean(axis=1)
            under = share < sizes / people
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        chance = -np.expm1(-np.outer(np.exp(0.5 * (low + high)), weight))
        mean = many @ chance
        noise = (many @ (chance * (1 - chance))).mean()
        return float(mean.var() + noise - observed)

    if excess(0.0) >= 0:
        return 0.0
    if excess(MOST_SD) <= 0:
        return MOST_SD
    return float(brentq(excess, 0.0, MOST_SD, xtol=1e-4))


def common_correlation(unit: IntArray, yes: RealArray) -> tuple[float, float]:
    """Give the mean of yes-or-no answers and the correlation of two of one unit (at least 0)."""
    mean = float(yes.mean())
    n, total = np.bincount(unit).astype(float), np.bincount(unit, yes)
    n, total = n[n > 1], total[n > 1]
    if not n.size or mean in (0.0, 1.0):
        return mean, 0.0
    both = float(np.average(total * (total - 1) / (n * (n - 1)), weights=n))
    return mean, float(np.clip((both - mean**2) / (mean * (1 - mean)), 0.0, 0.95))
