"""Shares and quantiles with intervals that hold: near 0 and 1, for few and for bundled rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.bootstrap import clustered_variance, effective_clusters

__all__ = ["Quantile", "Share", "clustered_share", "lower_quantile", "wilson"]


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share with its interval; ``nan`` where there is no row."""

    estimate: float
    low: float
    high: float
    p_value: float | None = None  # against the null that was asked about
    n_rows: float = 0.0
    effective_n: float = 0.0  # independent rows that would know as much
    freedom: float = float("inf")  # degrees of freedom of t


@dataclass(frozen=True, kw_only=True)
class Quantile:
    """A quantile with its interval by order statistics."""

    estimate: float
    low: float
    high: float
    p_value: float | None = None


def wilson(
    hits: float, n: float, *, level: float = 0.95, freedom: float = float("inf")
) -> tuple[float, float]:
    """Interval of a share by Wilson's score [1]_, with t in place of z where asked.

    Parameters
    ----------
    hits, n : float
        Rows that count, and all rows; may be effective numbers.
    level : float
        Confidence.
    freedom : float
        Degrees of freedom of t; infinite is the normal law.

    Returns
    -------
    tuple of float
        Within 0 and 1; ``nan`` without rows.

    References
    ----------
    .. [1] E. B. Wilson, Journal of the American Statistical Association 22, 209-212 (1927).
       https://doi.org/10.1080/01621459.1927.10502953

    Examples
    --------
    >>> [round(bound, 4) for bound in wilson(9, 10)]
    [0.5958, 0.9821]
    """
    if not n > 0:
        return float("nan"), float("nan")
    z2 = float(stats.t.ppf((1 + level) / 2, freedom)) ** 2
    share = hits / n
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (share * (1 - share) + z2 / (4 * n)) / n) / (1 + z2 / n)
    low = 0.0 if hits <= 0 else max(0.0, float(middle - half))
    return low, 1.0 if hits >= n else min(1.0, float(middle + half))


def clustered_share(
    hits: ArrayLike,
    *clusters: ArrayLike,
    rows: ArrayLike | None = None,
    null: float | None = None,
    level: float = 0.95,
) -> Share:
    """Share of rows that count, where rows of one person (or group, or both) are alike.

    The clustered variance says how many independent rows would know as much; Wilson's interval
    is taken for that many, with t for the effective number of clusters [1]_. Where every row
    counts or none does, the variance knows nothing and each cluster is taken as one row.

    Parameters
    ----------
    hits : array_like of bool or float, shape (rows,)
        1 where a row counts; or how many of the bundled rows do.
    *clusters : array_like, shape (rows,)
        Labels, one array for each way of bundling.
    rows : array_like of float, shape (rows,), optional
        Number of rows bundled in each; 1 if left out.
    null : float, optional
        Gives the two-sided p-value of this share; the interval excludes it when p < 1 - level.
    level : float
        Confidence.

    Notes
    -----
    The p-value is at most nominal rather than uniform: the count is discrete, rows are never taken
    to be worth more than their number, however even the clusters turn out, and t has the degrees
    of freedom of the way of bundling with the fewest effective clusters.

    References
    ----------
    .. [1] E. L. Korn and B. I. Graubard, Survey Methodology 24, 193-201 (1998), with Wilson's
       interval in place of Clopper and Pearson's.

    Examples
    --------
    >>> two = clustered_share([1, 1, 1, 0, 1, 0], ["ann", "ann", "bob", "bob", "cy", "cy"])
    >>> round(two.estimate, 4), two.n_rows
    (0.6667, 6.0)
    """
    counted = np.asarray(hits, dtype=float)
    weight = np.ones_like(counted) if rows is None else np.asarray(rows, dtype=float)
    if (counted > weight).any() or (counted < 0).any():
        msg = f"hits lie between {counted.min()} and {counted.max()}, expected 0 to the rows"
        raise InputError(msg)
    n = float(weight.sum())
    if not n > 0:
        nan = float("nan")
        return Share(estimate=nan, low=nan, high=nan)
    share = float(counted.sum() / n)
    groups = [effective_clusters(weight, labels) for labels in clusters]
    variance = clustered_variance((counted - share * weight) / n, *clusters, weight=weight)
    effective = share * (1 - share) / variance if variance > 0 else min([*groups, n])
    effective = min(effective, n)
    freedom = max(min([*groups, n]) - 1.0, 1.0)
    low, high = wilson(share * effective, effective, level=level, freedom=freedom)
    p_value = None
    if null is not None:
        score = (share - null) / np.sqrt(null * (1 - null) / effective)
        p_value = float(2 * stats.t.sf(abs(score), freedom))
    return Share(
        estimate=share,
        low=low,
        high=high,
        p_value=p_value,
        n_rows=n,
        effective_n=float(effective),
        freedom=float(freedom),
    )


def lower_quantile(
    values: ArrayLike,
    share: float,
    *,
    null: float | None = None,
    floor: float = -np.inf,
    level: float = 0.95,
) -> Quantile:
    """Smallest value that at least ``share`` of the values do not exceed, with an interval.

    The interval goes from one order statistic to another, chosen by the binomial law of how many
    values lie below the true quantile. It holds its level for every law, ties or not, and is
    wider than asked where there are ties [1]_.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Independent draws.
    share : float
        0.05 for the 5 % quantile.
    null : float, optional
        Gives the two-sided p-value of "the quantile is ``null``": of how many lie under it.
    floor : float
        Lower bound where the sample is too small to give one; a natural smallest value.
    level : float
        Confidence.

    Notes
    -----
    The p-value is at most nominal rather than uniform: it doubles the smaller tail of a binomial
    count, which is discrete, and where values tie at the quantile fewer lie under it than the
    binomial law supposes.

    References
    ----------
    .. [1] G. J. Hahn and W. Q. Meeker, Statistical Intervals, Wiley (1991), section 5.2.

    Examples
    --------
    >>> lower_quantile(range(1, 101), 0.05, floor=1)
    Quantile(estimate=5.0, low=1.0, high=11.0, p_value=None)
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    n = ordered.size
    if n == 0:
        return Quantile(estimate=float("nan"), low=float("nan"), high=float("nan"))
    tail = (1 - level) / 2
    at = max(int(np.ceil(share * n - 1e-9)), 1)
    # the count below the quantile is at most Bin(n, share), the count up to it at least that
    below = np.arange(n + 1)
    low_rank = int((stats.binom.cdf(below - 1, n, share) <= tail).sum() - 1)
    high_rank = int((stats.binom.cdf(below - 1, n, share) < 1 - tail).sum())
    low = ordered[low_rank - 1] if low_rank >= 1 else floor
    high = ordered[high_rank - 1] if high_rank <= n else np.inf
    p_value = None
    if null is not None:
        under = int((ordered < null).sum())
        upper = stats.binom.sf(under - 1, n, share)
        lower = stats.binom.cdf(under, n, share)
        p_value = float(min(1.0, 2 * min(upper, lower)))
    return Quantile(
        estimate=float(ordered[at - 1]), low=float(low), high=float(high), p_value=p_value
    )
