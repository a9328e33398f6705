"""What follows a moment in a group: against moments drawn by chance, or groups whose turn is later.

Each moment has events after it and the events expected there, from the same group before it. Two
designs: moments that chance made treated or not, or gave a dose; and moments that nobody drew, of
groups treated one after another, against groups not treated yet.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.permutation import permutation_p

__all__ = ["MomentRatio", "chance_difference", "chance_ratio", "stacked_ratio"]

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class MomentRatio:
    """A ratio of rates with its interval; ``nan`` where it cannot be known."""

    ratio: float
    low: float
    high: float
    p_value: float
    n_treated: int  # moments
    n_groups: int  # behind the comparison

    @property
    def interval(self) -> tuple[float, float, float] | None:
        """Ratio and bounds; None where the ratio is not known."""
        return (self.ratio, self.low, self.high) if np.isfinite(self.ratio) else None


UNKNOWN = MomentRatio(
    ratio=np.nan, low=np.nan, high=np.nan, p_value=np.nan, n_treated=0, n_groups=0
)
LARGEST = 8.0  # of a log ratio that is looked for
CELLS = 10_000_000  # labels held in memory at once


def chance_ratio(
    after: npt.ArrayLike,
    expected: npt.ArrayLike,
    dose: npt.ArrayLike,
    group: npt.ArrayLike,
    *,
    level: float = 0.95,
    permutations: int = 1999,
    rng: np.random.Generator,
) -> MomentRatio:
    r"""Rate ratio per unit of a dose that chance drew, between moments of the same group.

    If a unit of the dose multiplies rates by :math:`\theta`, then :math:`M \theta^{-x}` would have
    come without any, whatever the dose was, and what is over those expected

    .. math:: r_m(\theta) = M_m \theta^{-x_m} - E_m \,
       \frac{\sum_{g} M \theta^{-x}}{\sum_{g} E}, \qquad T(\theta) = \sum_m (x_m - \bar x_g) r_m

    has nothing to do with the dose. The estimate solves :math:`T = 0` (Hodges and Lehmann [1]_);
    the interval holds every :math:`\theta` that doses which change places within groups do not
    reject. For a dose of 0 or 1 the estimate is the ratio of Mantel and Haenszel [2]_,
    :math:`\sum_g M_{1g} E_{0g} / E_g \,/ \sum_g M_{0g} E_{1g} / E_g`.

    Parameters
    ----------
    after, expected : array_like of float, shape (moments,)
        Events after each moment; events expected there, up to a factor common to all.
    dose : array_like of float, shape (moments,)
        Drawn by chance: whether treated, or the log to base 2 of an amount.
    group : array_like, shape (moments,)
        Labels. If the dose varies within none of them, groups were drawn as a whole, and whole
        groups change places.
    level : float
        Confidence.
    permutations : int
        Draws of doses that change places.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    MomentRatio
        A bound that no draw rejects is ``nan``.

    Notes
    -----
    As chance decided, expected events may be noisy: noise has nothing to do with the dose. Counts
    divided by a large ratio vary less than their labels say, so a very large effect has an
    interval a little too wide.

    References
    ----------
    .. [1] P. R. Rosenbaum, Statistical Science 17, 286-327 (2002).
       https://doi.org/10.1214/ss/1042727942
    .. [2] S. Greenland and J. M. Robins, Biometrics 41, 55-68 (1985).
       https://doi.org/10.2307/2530643

    Examples
    --------
    >>> found = chance_ratio([4, 1, 6, 2], [1, 1, 2, 2], [1, 0, 1, 0], list("aabb"),
    ...                      rng=np.random.default_rng(1))
    >>> round(found.ratio, 3)
    3.333
    """
    m, e = np.asarray(after, dtype=float), np.asarray(expected, dtype=float)
    x, code = np.asarray(dose, dtype=float), np.unique(group, return_inverse=True)[1]
    if not m.shape == e.shape == x.shape == code.shape:
        msg = f"{m.shape} events, {e.shape} expected, {x.shape} doses, {code.shape} groups differ"
        raise InputError(msg)
    if not m.size:
        return UNKNOWN
    n = np.bincount(code)
    mean = np.bincount(code, x) / n
    varies = np.bincount(code, (x - mean[code]) ** 2) > 1e-9
    if varies.any():
        kept = (varies & (np.bincount(code, e) > 0))[code]
        m, e, x, stratum = m[kept], e[kept], x[kept], code[kept]
        stratum = np.unique(stratum, return_inverse=True)[1]
        n_groups = int(stratum.max(initial=-1)) + 1
    else:
        m, e, x = np.bincount(code, m), np.bincount(code, e), mean
        stratum, n_groups = np.zeros(x.size, dtype=np.int64), x.size
    counts = {"n_treated": int((x > x.min(initial=0)).sum()), "n_groups": n_groups}
    unknown = MomentRatio(ratio=np.nan, low=np.nan, high=np.nan, p_value=np.nan, **counts)
    if n_groups < 2 or e.sum() <= 0:
        return unknown
    draws = int(np.clip(CELLS // x.size, 199, permutations))
    order = np.argsort(stratum, kind="stable")
    m, e, x, stratum = m[order], e[order], x[order], stratum[order]
    shuffled = np.argsort(stratum + rng.random((draws, x.size)), axis=1)  # stays in its stratum
    labels = np.vstack([x, x[shuffled]])
    labels -= (np.bincount(stratum, x) / np.bincount(stratum))[stratum]

    def sums(log_ratio: float, rows: slice = slice(None)) -> FloatArray:
        without = m * np.exp(-log_ratio * x)
        part = np.bincount(stratum, without) / np.maximum(np.bincount(stratum, e), 1e-300)
        found: FloatArray = labels[rows] @ (without - e * part[stratum])
        return found

    def score(log_ratio: float) -> float:
        return float(sums(log_ratio, slice(0, 1))[0])

    def p_value(log_ratio: float) -> float:
        every = sums(log_ratio)
        return permutation_p(float(every[0]), every[1:])

    if not score(-LARGEST) > 0 > score(LARGEST):
        return unknown
    log_ratio = _crossing(score, -LARGEST, LARGEST)
    low, high = (
        _crossing(lambda b: p_value(b) - (1 - level), log_ratio, side, steps=40)
        if p_value(side) <= 1 - level
        else np.nan
        for side in (-LARGEST, LARGEST)
    )
    return MomentRatio(
        ratio=float(np.exp(log_ratio)),
        low=float(np.exp(low)),
        high=float(np.exp(high)),
        p_value=p_value(0.0),
        **counts,
    )


def _crossing(
    value: Callable[[float], float], inside: float, outside: float, *, steps: int = 60
) -> float:
    """Where a falling function, above 0 inside and below it outside, goes through 0."""
    for _ in range(steps):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if value(middle) > 0 else (inside, middle)
    return (inside + outside) / 2


def chance_difference(
    outcome: npt.ArrayLike,
    exposure: npt.ArrayLike,
    treated: npt.ArrayLike,
    stratum: npt.ArrayLike,
    *,
    level: float = 0.95,
    permutations: int = 1999,
    rng: np.random.Generator,
) -> MomentRatio:
    r"""Events more for each treatment, where chance treated groups and people may be in several.

    If each treated group adds :math:`\delta` events to a member, :math:`Y - \delta w` would have
    come without any, w the number of a person's treated groups; less its mean over people in as
    many groups it has nothing to do with which groups were treated. The estimate solves

    .. math:: \sum_g (z_g - \bar z) \, (S_g(Y) - \delta S_g(w)) = 0

    with S the sum over members of what is so centred; its interval is found as in
    :func:`chance_ratio`.

    Parameters
    ----------
    outcome, exposure : array_like of float, shape (groups,)
        :math:`S_g(Y)` and :math:`S_g(w)`.
    treated : array_like of bool, shape (groups,)
        Drawn by chance within strata.
    stratum : array_like, shape (groups,)
        Labels.
    level, permutations, rng
        As in :func:`chance_ratio`.

    Returns
    -------
    MomentRatio
        Whose ``ratio`` is a difference here.

    Examples
    --------
    >>> y, w = np.array([4.0, 6.0, 1.0, 3.0]), np.array([2.0, 2.0, 0.0, 0.0])  # of two heads each
    >>> found = chance_difference(y - y.mean(), w - w.mean(), [1, 1, 0, 0], [0, 0, 0, 0],
    ...                           rng=np.random.default_rng(1))
    >>> round(found.ratio, 6)
    1.5
    """
    y, w = np.asarray(outcome, dtype=float), np.asarray(exposure, dtype=float)
    z, code = np.asarray(treated, dtype=float), np.unique(stratum, return_inverse=True)[1]
    if not y.shape == w.shape == z.shape == code.shape:
        msg = f"{y.shape} outcomes, {w.shape} exposures, {z.shape} arms, {code.shape} strata differ"
        raise InputError(msg)
    share = np.bincount(code, z) / np.bincount(code)
    kept = ((share > 0) & (share < 1))[code]
    counts = {"n_treated": int(z[kept].sum()), "n_groups": int(kept.sum())}
    unknown = MomentRatio(ratio=np.nan, low=np.nan, high=np.nan, p_value=np.nan, **counts)
    if min(z[kept].sum(), (1 - z[kept]).sum()) < 2:
        return unknown
    order = np.argsort(code[kept], kind="stable")
    y, w, z, code = (values[kept][order] for values in (y, w, z, code))
    code = np.unique(code, return_inverse=True)[1]
    draws = int(np.clip(CELLS // y.size, 199, permutations))
    shuffled = np.argsort(code + rng.random((draws, y.size)), axis=1)
    labels = np.vstack([z, z[shuffled]])
    labels -= (np.bincount(code, z) / np.bincount(code))[code]
    constant, slope = labels @ y, labels @ w  # the sum is constant - δ slope
    if slope[0] <= 0:
        return unknown
    estimate = float(constant[0] / slope[0])
    reach = 10 * float(np.abs(constant).max() / slope[0]) + 1e-9

    def p_value(difference: float) -> float:
        sums = constant - difference * slope
        return permutation_p(float(sums[0]), sums[1:])

    low, high = (
        _crossing(lambda d: p_value(d) - (1 - level), estimate, side, steps=50)
        if p_value(side) <= 1 - level
        else float("nan")
        for side in (estimate - reach, estimate + reach)
    )
    return MomentRatio(ratio=estimate, low=low, high=high, p_value=p_value(0.0), **counts)


def stacked_ratio(
    after: npt.ArrayLike,
    expected: npt.ArrayLike,
    clean: npt.ArrayLike,
    group: npt.ArrayLike,
    kind: npt.ArrayLike,
    *,
    level: float = 0.95,
) -> MomentRatio:
    r"""Events after moments that nobody drew, against other groups at the same moments.

    Each moment t of a group is compared with groups that are not treated until its window ends
    (``clean``) and were of the same ``kind`` just before it, as by a low that called for the
    treatment (regression to the mean); these comparisons are then pooled [1]_:

    .. math:: \log \sum_t M_t - \log \sum_t E_t \, \frac{\sum_{c \in C_t} M_{tc}}
       {\sum_{c \in C_t} E_{tc}}

    Parameters
    ----------
    after, expected : array_like of float, shape (moments, groups)
        Events of every group in the window after every moment, and expected from its own past.
    clean : array_like of bool, shape (moments, groups)
        Which groups are controls of a moment.
    group : array_like of int, shape (moments,)
        Column of the group that was treated.
    kind : array_like of int, shape (moments, groups)
        What the group was like just before the moment.
    level : float
        Confidence.

    Returns
    -------
    MomentRatio
        Moments without controls of their kind are left out.

    Notes
    -----
    Errors are of the jackknife over groups, whatever a group is at each moment, treated or control.
    Few groups may carry most of the events: t has the degrees of freedom of Welch and Satterthwaite
    with the effective numbers of treated and of control groups.

    References
    ----------
    .. [1] B. Callaway and P. H. C. Sant'Anna, Journal of Econometrics 225, 200-230 (2021).
       https://doi.org/10.1016/j.jeconom.2020.12.001
    """
    m, e = np.asarray(after, dtype=float), np.asarray(expected, dtype=float)
    mine, alike = np.asarray(group, dtype=np.int64), np.asarray(kind)
    row = np.arange(mine.size)
    controls = np.asarray(clean, dtype=bool) & (alike == alike[row, mine][:, None]) & (e > 0)
    controls[row, mine] = False
    fit = (e[row, mine] > 0) & ((m * controls).sum(axis=1) > 0)
    if np.unique(mine[fit]).size < 2:
        return UNKNOWN
    return _jackknife(m[fit], e[fit], controls[fit], mine[fit], level)


def _jackknife(
    m: FloatArray, e: FloatArray, controls: BoolArray, mine: IntArray, level: float
) -> MomentRatio:
    """Pool the comparisons, and leave out one group after another."""
    row, every = np.arange(mine.size), np.arange(m.shape[1])
    events, expected = m[row, mine], e[row, mine]
    around, past = m * controls, e * controls
    after, before = around.sum(axis=1), past.sum(axis=1)
    trend = after / before
    top, bottom = events.sum(), (expected * trend).sum()
    counts = {"n_treated": int(mine.size), "n_groups": int(np.unique(mine).size)}
    if top <= 0:
        return MomentRatio(ratio=np.nan, low=np.nan, high=np.nan, p_value=np.nan, **counts)
    estimate = float(np.log(top / bottom))
    others = before[:, None] - past
    with np.errstate(divide="ignore", invalid="ignore"):
        without = np.where(others > 1e-12, (after[:, None] - around) / others, trend[:, None])
    own = mine[:, None] == every
    left_top = top - np.bincount(mine, events, m.shape[1])
    left_bottom = ((expected[:, None] * without) * ~own).sum(axis=0)
    used = controls.any(axis=0) | own.any(axis=0)
    if (left_top[used] <= 0).any() or (left_bottom[used] <= 0).any() or used.sum() < 3:
        return MomentRatio(
            ratio=float(np.exp(estimate)), low=np.nan, high=np.nan, p_value=np.nan, **counts
        )
    left = np.log(left_top[used] / left_bottom[used])
    error = float(np.sqrt((used.sum() - 1) / used.sum() * ((left - left.mean()) ** 2).sum()))
    part = expected * trend / bottom
    treated = np.bincount(mine, events / top - part, m.shape[1])
    control = (part[:, None] * (around / after[:, None] - past / before[:, None])).sum(axis=0)
    shares = (
        np.bincount(mine, part, m.shape[1]),
        (part[:, None] * past / before[:, None]).sum(axis=0),
    )
    spreads = [float((values**2).sum()) for values in (treated, control)]
    many = [1 / float((share**2).sum()) for share in shares]
    below = sum(v**2 / max(n - 1, 0.5) for v, n in zip(spreads, many, strict=True))
    free = max(sum(spreads) ** 2 / max(below, 1e-300), 1.0)
    half = float(stats.t.ppf((1 + level) / 2, free)) * error
    return MomentRatio(
        ratio=float(np.exp(estimate)),
        low=float(np.exp(estimate - half)),
        high=float(np.exp(estimate + half)),
        p_value=float(2 * stats.t.sf(abs(estimate) / max(error, 1e-300), free)),
        **counts,
    )
