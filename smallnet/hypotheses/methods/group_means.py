r"""Two things that go together between groups, once the noise of group means is taken out.

With few answers a group's mean says little of the group, so the correlation of two means is pulled
to zero; and where the same people give both, what goes together *within* groups leaks into the
means. By the method of moments both are taken out:

.. math:: \hat\rho = \frac{c - \overline{w_{xy} / m}}
   {\sqrt{(v_x - \overline{w_x / n})(v_y - \overline{w_y / m})}}

with c, v the covariance and variances of the means, w those within groups, n and m the people who
gave x and y. Its interval is by Fieller's theorem: all r at which the part of the covariance that r
leaves, :math:`c' - r \sqrt{v'_x v'_y}`, is no further from 0 than its jackknife error allows. The
ratio itself has no usable error where one of the means is mostly noise, and the root below, which
leans low, is put right by the jackknife in both.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from smallnet.errors import InputError

__all__ = ["BetweenGroups", "GroupMeans", "between_groups", "group_means"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GroupMeans:
    """Means of two things in each group, and what must be taken out; arrays of shape (groups,).

    Attributes
    ----------
    x, y : ndarray
        Means.
    noise_x, noise_y, noise_xy : ndarray
        Variances and covariance that these means have from the people they were taken of.
    within : float
        Correlation of the two over people of the same group.
    """

    x: FloatArray
    y: FloatArray
    noise_x: FloatArray
    noise_y: FloatArray
    noise_xy: FloatArray
    within: float


@dataclass(frozen=True, kw_only=True)
class BetweenGroups:
    """A correlation between groups.

    Attributes
    ----------
    estimate, ci_low, ci_high : float
        Corrected; the interval holds every correlation that is not rejected, and all from -1 to 1
        where the means are mostly noise. ``nan`` where they are all noise.
    observed : float
        Correlation of the means as they are.
    reliability_x, reliability_y : float
        Share of the variance of means that is of groups, not of noise; may come out below 0.
    p_value : float
        Of no correlation between groups: the second mean dealt out to groups anew.
    """

    estimate: float
    ci_low: float
    ci_high: float
    observed: float
    reliability_x: float
    reliability_y: float
    p_value: float


def group_means(
    group: npt.ArrayLike, x: npt.ArrayLike, y: npt.ArrayLike, groups: int
) -> GroupMeans:
    """Take the means of two things over the people of each group.

    Parameters
    ----------
    group : array_like of int, shape (people,)
        0 to `groups` - 1; a person of two groups stands twice.
    x, y : array_like of float, shape (people,)
        What each gave; nan where unknown.
    groups : int
        Number of groups; each must hold at least one x and two y.

    Raises
    ------
    InputError
        If a group holds fewer.
    """
    code = np.asarray(group, dtype=np.int64)
    one, other = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    n, mean_x, left_x = _about(code, one, groups)
    m, mean_y, left_y = _about(code, other, groups)
    if n.min(initial=1) < 1 or m.min(initial=2) < 2:
        msg = (
            f"a group has {n.min():.0f} of the first and {m.min():.0f} of the second, expected 1, 2"
        )
        raise InputError(msg)
    spread_x = float(np.nansum(left_x**2) / max((n - 1).sum(), 1))  # pooled: few answers a group
    own_y = np.bincount(code, np.nan_to_num(left_y) ** 2, groups) / (m - 1)
    both = np.isfinite(one) & np.isfinite(other)
    pairs = np.bincount(code, both, groups)
    # deviations from the means of those who gave both: else who gave one only would leak in
    apart_x = one - (np.bincount(code, np.where(both, one, 0), groups) / np.maximum(pairs, 1))[code]
    apart_y = (
        other - (np.bincount(code, np.where(both, other, 0), groups) / np.maximum(pairs, 1))[code]
    )
    free = max(np.maximum(pairs - 1, 0).sum(), 1)
    shared = float((apart_x * apart_y)[both].sum() / free)
    scale = float((apart_x[both] ** 2).sum() * (apart_y[both] ** 2).sum())
    within = float((apart_x * apart_y)[both].sum() / np.sqrt(scale)) if scale > 0 else float("nan")
    return GroupMeans(
        x=mean_x,
        y=mean_y,
        noise_x=spread_x / n,
        noise_y=own_y / m,
        noise_xy=shared * pairs / (n * m),
        within=within,
    )


def between_groups(
    means: GroupMeans, *, level: float, draws: int, rng: np.random.Generator
) -> BetweenGroups:
    """Correlate two means between groups, noise taken out.

    Parameters
    ----------
    means : GroupMeans
        Of at least three groups.
    level : float
        Confidence.
    draws : int
        Deals of the test.
    rng : numpy.random.Generator
        Deals.

    Raises
    ------
    InputError
        If there are fewer groups, or all have the same mean.

    References
    ----------
    .. [1] W. A. Fuller, Measurement Error Models, Wiley (1987), section 1.2.
       https://doi.org/10.1002/9780470316665
    .. [2] E. C. Fieller, Journal of the Royal Statistical Society B 16, 175-185 (1954).
       https://doi.org/10.1111/j.2517-6161.1954.tb00159.x
    """
    n = means.x.size
    if n < 3 or means.x.std() == 0 or means.y.std() == 0:
        msg = f"{n} groups whose means may all be the same, expected three or more that differ"
        raise InputError(msg)
    x, y = means.x - means.x.mean(), means.y - means.y.mean()
    own_x = _own(x, x, means.noise_x)
    own_y = _own(y, y, means.noise_y)
    shared = _own(x, y, means.noise_xy)
    known = own_x[0] > 0 and own_y[0] > 0
    spread = np.sqrt(np.maximum(own_x, 0) * np.maximum(own_y, 0))
    spread[0] = n * spread[0] - (n - 1) * spread[1:].mean()  # a root leans low; the jackknife's aid
    known = known and spread[0] > 0
    estimate = float(np.clip(shared[0] / spread[0], -1.0, 1.0)) if known else float("nan")
    width = float(stats.t.ppf((1 + level) / 2, n - 1))
    low, high = _fieller(shared, spread, width) if known else (float("nan"), float("nan"))
    seen = abs(x @ y / (n - 1) - means.noise_xy.mean())
    dealt = np.array([abs(x @ y[rng.permutation(n)]) / (n - 1) for _draw in range(draws)])
    return BetweenGroups(
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        observed=float(np.corrcoef(means.x, means.y)[0, 1]),
        reliability_x=float(own_x[0] / means.x.var(ddof=1)),
        reliability_y=float(own_y[0] / means.y.var(ddof=1)),
        p_value=float((1 + (dealt >= seen).sum()) / (draws + 1)),
    )


def _about(
    code: npt.NDArray[np.int64], values: FloatArray, groups: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Count, mean by group, and deviations from it, of the known values."""
    known = np.isfinite(values)
    many = np.bincount(code, known, groups).astype(float)
    mean = np.bincount(code, np.where(known, values, 0.0), groups) / np.maximum(many, 1)
    return many, mean, values - mean[code]


def _own(x: FloatArray, y: FloatArray, noise: FloatArray) -> FloatArray:
    """Covariance of groups, noise taken out: of all groups, then with each left out in turn.

    Both columns have mean 0.
    """
    n = x.size
    products = x @ y - n / (n - 1) * x * y  # about the mean of those that are left
    whole = x @ y / (n - 1) - noise.mean()
    left = products / (n - 2) - (noise.sum() - noise) / (n - 1)
    return np.concatenate([[whole], left])


def _fieller(top: FloatArray, bottom: FloatArray, width: float) -> tuple[float, float]:
    """Bounds, within -1 and 1, of the ratios r at which top - r bottom may be 0.

    Both hold the value of all groups, then those with each left out.
    """
    n = top.size - 1
    errors = (n - 1) ** 2 / n * np.cov(top[1:], bottom[1:])  # the jackknife's
    own = np.array([top[0], bottom[0]])
    rest = np.outer(own, own) - width**2 * errors
    square, line, level = rest[1, 1], -2 * rest[0, 1], rest[0, 0]  # of r squared, of r, of 1
    ends = np.array([-1.0, 1.0])
    inside = square * ends**2 + line * ends + level <= 0
    roots = np.roots([square, line, level])
    roots = roots[np.isreal(roots)].real
    # what is not rejected lies between the roots, or, where the bottom may be 0, outside of them
    roots = np.clip(roots, -1.0, 1.0) if square > 0 else roots[np.abs(roots) <= 1]
    found = np.concatenate([ends[inside], roots])
    return (float(found.min()), float(found.max())) if found.size else (-1.0, 1.0)
