r"""A trial in which chance assigns whole clusters: how many are needed, and what they say.

Members of a cluster are alike, so a cluster of n tells less than n people do: with the intraclass
correlation :math:`\rho` the variance of a mean is larger by the design effect
:math:`1 + (n - 1)\rho` [1]_. What are clusters where groups share members is asked in
``group_overlap``.

References
----------
.. [1] A. Donner and N. Klar, Design and Analysis of Cluster Randomization Trials in Health
   Research, Arnold (2000), chapters 1, 5 and 6.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smallnet.errors import InputError
from smallnet.hypotheses.methods.permutation import within_strata_test

__all__ = [
    "ClusterDifference",
    "Intraclass",
    "cluster_difference",
    "design_effect",
    "intraclass_correlation",
    "required_clusters",
    "trial_power",
]

FEWEST, MOST_CLUSTERS = 2, 100_000


def design_effect(size: float, icc: float, *, size_cv: float = 0.0) -> float:
    r"""Factor by which clusters make a variance larger: :math:`1 + ((1 + cv^2) n - 1) \rho`.

    Parameters
    ----------
    size : float
        Mean members of a cluster, at least 1.
    icc : float
        Intraclass correlation, at most 1. One below 0 (members who are less alike than chance)
        makes it smaller than 1.
    size_cv : float
        Coefficient of variation of sizes [1]_; 0 where all are of one size.

    Returns
    -------
    float

    Raises
    ------
    InputError
        If a size is below 1, a correlation above 1 or a variation below 0.

    References
    ----------
    .. [1] S. M. Eldridge, D. Ashby and S. Kerry, International Journal of Epidemiology 35,
       1292-1300 (2006). https://doi.org/10.1093/ije/dyl129

    Examples
    --------
    >>> round(design_effect(30, 0.05), 12)
    2.45
    """
    if not (size >= 1 and icc <= 1 and size_cv >= 0):
        msg = (
            f"size is {size}, icc {icc} and size_cv {size_cv}, expected at least 1, at most 1 "
            "and at least 0"
        )
        raise InputError(msg)
    return 1 + ((1 + size_cv**2) * size - 1) * icc


@dataclass(frozen=True, kw_only=True)
class Intraclass:
    """An intraclass correlation with its interval; ``nan`` where values do not vary."""

    estimate: float
    low: float
    high: float
    clusters: int
    size: float  # of a cluster, as the estimate counts it: below the mean where sizes differ


def intraclass_correlation(
    values: npt.ArrayLike, cluster: npt.ArrayLike, *, level: float = 0.95
) -> Intraclass:
    r"""How alike the members of a cluster are, from a one-way analysis of variance.

    .. math:: \hat\rho = \frac{B - W}{B + (n_0 - 1) W}, \qquad
        n_0 = \frac{1}{C - 1} \left(N - \sum_c n_c^2 / N\right)

    with the mean squares B between and W within C clusters, N values in all. The interval is that
    of the ratio of variances by F [1]_: exact for normal values in clusters of one size, near
    enough for shares of a fifth or more, too narrow for rare ones (at a share of .05 and rho = .05
    it holds rho in .87 of beta-binomial worlds).

    Parameters
    ----------
    values : array_like of float or bool, shape (rows,)
        Finite; of a trial take its pilot, or one arm.
    cluster : array_like, shape (rows,)
        Labels.
    level : float
        Confidence.

    Returns
    -------
    Intraclass
        The estimate may lie below 0, as it must be able to for a mean of 0 where rho is 0.

    Raises
    ------
    InputError
        If there are fewer than 2 clusters, or no cluster has two members.

    References
    ----------
    .. [1] A. Donner, International Statistical Review 54, 67-82 (1986).
       https://doi.org/10.2307/1403259

    Examples
    --------
    >>> round(intraclass_correlation([1, 2, 4, 5], ["a", "a", "b", "b"]).estimate, 4)
    0.8947
    """
    from scipy import stats  # late: heavy

    v, codes, n = _sorted_out(values, cluster)
    many, total = n.size, v.size
    if many < FEWEST or total <= many:
        msg = f"{total} values in {many} clusters, expected two clusters and more values than that"
        raise InputError(msg)
    means = np.bincount(codes, v) / n
    between = float(n @ (means - v.mean()) ** 2) / (many - 1)
    within = float(((v - means[codes]) ** 2).sum()) / (total - many)
    typical = float(total - (n**2).sum() / total) / (many - 1)

    def rho(ratio: float) -> float:
        return (ratio - 1) / (ratio + typical - 1)

    if between == 0 == within:
        low = high = middle = float("nan")
    elif within == 0:
        low = high = middle = 1.0
    else:
        freedom = (many - 1, total - many)
        middle = rho(between / within)
        low, high = (
            rho(between / within / float(stats.f.ppf((1 + side * level) / 2, *freedom)))
            for side in (1, -1)
        )
    return Intraclass(estimate=middle, low=low, high=high, clusters=many, size=typical)


def trial_power(
    clusters: int,
    size: float,
    icc: float,
    *,
    control: float,
    treated: float,
    size_cv: float = 0.0,
    level: float = 0.95,
) -> float:
    r"""Chance that clusters compared by t find a difference of two shares.

    The mean of a cluster has the variance :math:`p(1-p)\,D/n`, D the design effect; t with
    :math:`2(C-1)` degrees of freedom has a noncentral law where the shares differ [1]_.

    Parameters
    ----------
    clusters : int
        In each of two arms, at least 2.
    size, icc, size_cv : float
        As in :func:`design_effect`.
    control, treated : float
        Shares of members who take it up in either arm, 0-1.
    level : float
        Confidence; the test is two-sided at one less it.

    Returns
    -------
    float

    Raises
    ------
    InputError
        For fewer than 2 clusters, shares that are none, or no variance at all.

    References
    ----------
    .. [1] R. J. Hayes and S. Bennett, International Journal of Epidemiology 28, 319-326 (1999).
       https://doi.org/10.1093/ije/28.2.319

    Examples
    --------
    >>> round(trial_power(20, 30, 0.05, control=0.10, treated=0.20), 3)
    0.862
    """
    from scipy import stats  # late: heavy

    if clusters < FEWEST or not (0 <= control <= 1 and 0 <= treated <= 1):
        msg = (
            f"{clusters} clusters an arm, shares {control} and {treated}, expected at least "
            f"{FEWEST} and numbers from 0 to 1"
        )
        raise InputError(msg)
    spread = control * (1 - control) + treated * (1 - treated)
    variance = spread * design_effect(size, icc, size_cv=size_cv) / (size * clusters)
    if not variance > 0:
        msg = f"shares {control} and {treated} with icc {icc} do not vary, expected some variance"
        raise InputError(msg)
    freedom, away = 2 * (clusters - 1), abs(treated - control) / np.sqrt(variance)
    limit = stats.t.ppf((1 + level) / 2, freedom)
    return float(stats.nct.sf(limit, freedom, away) + stats.nct.cdf(-limit, freedom, away))


def required_clusters(
    size: float,
    icc: float,
    *,
    control: float,
    treated: float,
    power: float = 0.8,
    size_cv: float = 0.0,
    level: float = 0.95,
) -> int:
    """Fewest clusters an arm whose :func:`trial_power` reaches what is wanted.

    Parameters
    ----------
    size, icc, control, treated, size_cv, level
        As there.
    power : float
        Wanted, below 1.

    Returns
    -------
    int

    Raises
    ------
    InputError
        If a hundred thousand clusters an arm are not enough.

    Examples
    --------
    >>> required_clusters(30, 0.05, control=0.10, treated=0.20)
    18
    """
    plan = {"control": control, "treated": treated, "size_cv": size_cv, "level": level}
    low, high = FEWEST - 1, FEWEST
    while trial_power(high, size, icc, **plan) < power:
        low, high = high, 2 * high
        if high > MOST_CLUSTERS:
            msg = (
                f"{MOST_CLUSTERS:,} clusters an arm have no power of {power} for shares {control} "
                f"and {treated}, expected a larger difference or a smaller power"
            )
            raise InputError(msg)
    while high - low > 1:
        middle = (low + high) // 2
        if trial_power(middle, size, icc, **plan) < power:
            low = middle
        else:
            high = middle
    return high


@dataclass(frozen=True, kw_only=True)
class ClusterDifference:
    """Treated less control, clusters as units."""

    difference: float  # of the means of clusters' means
    low: float
    high: float
    p_value: float  # of t
    p_exchange: float  # of arms that change places; the smallest possible is 1 / (draws + 1)
    control: float
    treated: float
    clusters: tuple[int, int]  # control, treated


def cluster_difference(
    values: npt.ArrayLike,
    cluster: npt.ArrayLike,
    treated: npt.ArrayLike,
    *,
    level: float = 0.95,
    permutations: int = 999,
    rng: np.random.Generator,
) -> ClusterDifference:
    """Compare the means of clusters between arms: by t with pooled variance, and by exchange.

    Each cluster counts once, whatever its size, as it was drawn once [1]_. With every row a
    cluster of its own this is the ordinary comparison of people, which forgets the clusters.

    Parameters
    ----------
    values : array_like of float or bool, shape (rows,)
        Finite.
    cluster : array_like, shape (rows,)
        Labels of what chance assigned.
    treated : array_like of bool, shape (rows,)
        The same for all rows of a cluster.
    level : float
        Confidence.
    permutations : int
        Draws of the exchange.
    rng : numpy.random.Generator
        Chance.

    Returns
    -------
    ClusterDifference

    Raises
    ------
    InputError
        If a cluster is in both arms, or an arm has fewer than 2 clusters.

    References
    ----------
    .. [1] R. J. Hayes and L. H. Moulton, Cluster Randomised Trials, 2nd edition, CRC (2017),
       chapter 10. https://doi.org/10.4324/9781315370286
    """
    from scipy import stats  # late: heavy

    v, codes, n = _sorted_out(values, cluster)
    arm = np.asarray(treated, dtype=float)
    share = np.bincount(codes, arm) / n
    if ((share > 0) & (share < 1)).any():
        mixed = int(((share > 0) & (share < 1)).sum())
        msg = f"{mixed} clusters are in both arms, expected that chance assigned whole clusters"
        raise InputError(msg)
    mine = share == 1
    if min(mine.sum(), (~mine).sum()) < FEWEST:
        msg = f"{mine.sum()} clusters treated of {mine.size}, expected at least {FEWEST} an arm"
        raise InputError(msg)
    means = np.bincount(codes, v) / n
    exchanged = within_strata_test(means, mine, permutations=permutations, rng=rng)
    test = stats.ttest_ind(means[mine], means[~mine])
    flat = not np.isfinite(test.pvalue)  # no variance at all
    ends = (exchanged.statistic,) * 2 if flat else test.confidence_interval(level)
    return ClusterDifference(
        difference=float(exchanged.statistic),
        low=float(ends[0]),
        high=float(ends[1]),
        p_value=float("nan") if flat else float(test.pvalue),
        p_exchange=exchanged.p_value,
        control=float(means[~mine].mean()),
        treated=float(means[mine].mean()),
        clusters=(int((~mine).sum()), int(mine.sum())),
    )


def _sorted_out(
    values: npt.ArrayLike, cluster: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp], npt.NDArray[np.int64]]:
    """Values, their clusters as numbers from 0, and rows of each cluster."""
    v, labels = np.asarray(values, dtype=float), np.asarray(cluster)
    if v.ndim != 1 or labels.shape != v.shape or not np.isfinite(v).all() or not v.size:
        msg = f"values {v.shape} and clusters {labels.shape} must be finite and of one length"
        raise InputError(msg)
    codes, n = np.unique(labels, return_inverse=True, return_counts=True)[1:]
    return v, codes, n.astype(np.int64)
