r"""Two things that go together between groups, once the noise of group means is taken out.

With few answers a group's mean says little of the group, so the correlation of two means is pulled
to zero; and where the same people give both, what goes together *within* groups leaks into the
means. By the method of moments both are taken out:

.. math:: \hat\rho = \frac{c - \overline{w_{xy} / m}}
   {\sqrt{(v_x - \overline{w_x / n})(v_y - \overline{w_y / m})}}

with c, v the covariance and variances of the means, w those within groups, n and m the people who
gave x and y.
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
        Corrected; the interval leaves out each group in turn. ``nan`` where means are all noise.
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
    """
    n = means.x.size
    if n < 3 or means.x.std() == 0 or means.y.std() == 0:
        msg = f"{n} groups whose means may all be the same, expected three or more that differ"
        raise InputError(msg)
    columns = (means.x, means.y, means.noise_x, means.noise_y, means.noise_xy)
    estimate, reliable_x, reliable_y = _moments(*columns)
    left = []
    for row in range(n):
        kept = np.arange(n) != row
        left.append(_moments(*(column[kept] for column in columns))[0])
    spread = np.sqrt((n - 1) / n * np.sum((np.array(left) - np.mean(left)) ** 2))
    half = float(stats.t.ppf((1 + level) / 2, n - 1) * spread)
    x, y = means.x - means.x.mean(), means.y - means.y.mean()
    seen = abs(x @ y / (n - 1) - means.noise_xy.mean())
    dealt = np.array([abs(x @ y[rng.permutation(n)]) / (n - 1) for _draw in range(draws)])
    return BetweenGroups(
        estimate=estimate,
        ci_low=max(estimate - half, -1.0),
        ci_high=min(estimate + half, 1.0),
        observed=float(np.corrcoef(means.x, means.y)[0, 1]),
        reliability_x=reliable_x,
        reliability_y=reliable_y,
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


def _moments(
    x: FloatArray, y: FloatArray, noise_x: FloatArray, noise_y: FloatArray, noise_xy: FloatArray
) -> tuple[float, float, float]:
    """Corrected correlation, clipped to [-1, 1], and the two reliabilities."""
    whole = np.cov(x, y)
    own_x, own_y = whole[0, 0] - noise_x.mean(), whole[1, 1] - noise_y.mean()
    share_x, share_y = float(own_x / whole[0, 0]), float(own_y / whole[1, 1])
    if not (own_x > 0 and own_y > 0):
        return float("nan"), share_x, share_y
    rho = (whole[0, 1] - noise_xy.mean()) / np.sqrt(own_x * own_y)
    return float(np.clip(rho, -1.0, 1.0)), share_x, share_y
