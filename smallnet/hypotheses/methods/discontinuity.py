"""A rule that bites at a number: whether groups just above differ from those just below.

Platforms change the rules at a size or a date. Just at the cut-off, who falls on which side is next
to chance, unless people *choose* their side, which bunches them there: hence the density test.
Other cut-offs, where no rule changes, should show nothing: hence the placebos.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.bootstrap import clustered_variance

__all__ = [
    "Density",
    "Discontinuity",
    "density_test",
    "discontinuity",
    "placebo_cutoffs",
    "plug_in_bandwidth",
]

FloatArray = npt.NDArray[np.float64]
FEWEST_VALUES = 4  # different values a side, for a parabola and an error


@dataclass(frozen=True, kw_only=True)
class Discontinuity:
    """A jump at a cut-off, in units of the outcome."""

    estimate: float  # local line
    corrected: float  # without the first-order bias of the line; the interval's middle
    low: float
    high: float
    p_value: float
    standard_error: float  # of the corrected one
    bandwidth: float
    n_below: int  # rows within the bandwidth
    n_above: int


@dataclass(frozen=True, kw_only=True)
class Density:
    """How many fall just below and just above."""

    below: int
    above: int
    window: float  # largest distance counted
    p_value: float


def discontinuity(
    running: npt.ArrayLike,
    outcome: npt.ArrayLike,
    cutoff: float,
    *,
    bandwidth: float | None = None,
    donut: float = 0.0,
    cluster: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> Discontinuity:
    r"""Sharp regression discontinuity: a line on either side, weighted towards the cut-off.

    .. math:: \hat\tau = \hat a_+ - \hat a_-, \quad
       (\hat a_\pm, \hat b_\pm) = \arg\min \sum_{\pm (x - c) \ge 0} K(|x - c| / h)
       (y - a - b (x - c))^2

    with the triangle :math:`K(u) = \max(0, 1 - u)`. A line at the bandwidth that is best for
    it has a bias that its own interval ignores; the interval comes from a parabola at the same
    bandwidth, which is the robust bias correction with equal bandwidths [1]_.

    Parameters
    ----------
    running : array_like of float, shape (rows,)
        What the rule looks at (size, date); at the cut-off counts as above. For whole numbers
        give the middle between two as the cut-off: 39.5 for "40 and more".
    outcome : array_like of float, shape (rows,)
        What may jump. Give something fixed beforehand to check balance.
    cutoff : float
        Where the rule bites.
    bandwidth : float, optional
        By :func:`plug_in_bandwidth` if left out. State it before looking.
    donut : float
        Rows nearer than this are left out (heaping at the cut-off).
    cluster : array_like, shape (rows,), optional
        Rows that share a label are alike.
    level : float
        Confidence.

    Returns
    -------
    Discontinuity

    Raises
    ------
    InputError
        If rows are missing, one side has fewer than 4 different values within the bandwidth, or
        a cut-off lies on one of repeated values.

    Notes
    -----
    Errors are of the jackknife kind (residuals over one minus leverage), with t for the rows, or
    clusters, within the bandwidth. Where the running variable has few values the interval can be
    too short, as a line between them cannot be checked [2]_.

    References
    ----------
    .. [1] S. Calonico, M. D. Cattaneo and R. Titiunik, Econometrica 82, 2295-2326 (2014).
       https://doi.org/10.3982/ECTA11757
    .. [2] M. Kolesár and C. Rothe, American Economic Review 108, 2277-2304 (2018).
       https://doi.org/10.1257/aer.20160945

    Examples
    --------
    >>> x = np.linspace(-1, 1, 200)
    >>> round(discontinuity(x, x + 2.0 * (x >= 0), 0.0, bandwidth=0.5).estimate, 6)
    2.0
    """
    x, y = _checked(running, outcome, cutoff)
    label = np.arange(x.size) if cluster is None else np.asarray(cluster)
    if label.size != x.size:
        msg = f"{label.size} cluster labels for {x.size} rows, expected one a row"
        raise InputError(msg)
    width = plug_in_bandwidth(running, outcome, cutoff) if bandwidth is None else float(bandwidth)
    if not width > donut >= 0:
        msg = f"bandwidth is {width} and donut {donut}, expected bandwidth > donut >= 0"
        raise InputError(msg)
    near = (np.abs(x) < width) & (np.abs(x) >= donut)
    x, y, label = x[near], y[near], label[near]
    weight = 1 - np.abs(x) / width
    line = _jump(x / width, y, weight, 1)[0]
    corrected, influence = _jump(x / width, y, weight, 2)
    error = float(np.sqrt(clustered_variance(influence, label)))
    bundles = np.unique(label).size
    freedom = max(1, x.size - 6 if bundles == x.size else bundles - 1)
    half = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    ratio = abs(corrected) / error if error > 0 else float("nan")
    return Discontinuity(
        estimate=line,
        corrected=corrected,
        low=corrected - half,
        high=corrected + half,
        p_value=float(2 * stats.t.sf(ratio, freedom)),
        standard_error=error,
        bandwidth=width,
        n_below=int((x < 0).sum()),
        n_above=int((x >= 0).sum()),
    )


def plug_in_bandwidth(running: npt.ArrayLike, outcome: npt.ArrayLike, cutoff: float) -> float:
    r"""Bandwidth with the least expected squared error of the jump, estimated from the data.

    .. math:: h = 480^{1/5} \left( \frac{\sigma_-^2 + \sigma_+^2}
       {f ((m_+'' - m_-'')^2 + r_+ + r_-) N} \right)^{1/5}

    with the density f at the cut-off, and on each side the variance, curvature and a term r for
    the curvature's own error [1]_; 480 is the triangle's constant for a line at its end.

    Parameters
    ----------
    running, outcome, cutoff
        As in :func:`discontinuity`.

    Returns
    -------
    float
        In units of ``running``; at most the larger distance from the cut-off.

    Raises
    ------
    InputError
        If one side has fewer than 4 different values.

    References
    ----------
    .. [1] G. Imbens and K. Kalyanaraman, Review of Economic Studies 79, 933-959 (2012).
       https://doi.org/10.1093/restud/rdr043

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.uniform(-1, 1, 1000)
    >>> 0.1 < plug_in_bandwidth(x, x**2 + rng.normal(size=1000), 0.0) <= 1.0
    True
    """
    x, y = _checked(running, outcome, cutoff)
    n = x.size
    pilot = 1.84 * x.std(ddof=1) * n ** (-1 / 5)
    sides = [x < 0, x >= 0]
    near = [_nearest(x, side, pilot, FEWEST_VALUES) for side in sides]
    density = sum(int(((np.abs(x) <= pilot) & side).sum()) for side in sides) / (2 * n * pilot)
    density = max(density, 1 / (2 * n * pilot))
    variance = [max(float(y[rows].var(ddof=1)), 1e-12 * max(1e-12, y.var())) for rows in near]
    cubic = np.column_stack([np.ones(n), x >= 0, x, x**2, x**3])
    third = 6 * np.linalg.lstsq(cubic, y, rcond=None)[0][4]
    curvature, doubt = [], 0.0
    for side, spread in zip(sides, variance, strict=True):
        best = (7200 * spread / (density * max(third**2, 1e-300) * side.sum())) ** (1 / 7)
        rows = _nearest(x, side, best, FEWEST_VALUES)
        reach = float(np.abs(x[rows]).max())
        curvature.append(2 * np.polynomial.polynomial.polyfit(x[rows], y[rows], 2)[2])
        doubt += 2160 * spread / (rows.sum() * reach**4)
    bias = (curvature[1] - curvature[0]) ** 2 + doubt
    width = (480 * sum(variance) / (density * bias * n)) ** (1 / 5)
    # never so narrow that a side has too few values, never wider than the data
    least = max(np.unique(np.abs(x[side]))[FEWEST_VALUES - 1] for side in sides) * (1 + 1e-9)
    return float(max(min(width, np.abs(x).max() * (1 + 1e-9)), least))


def density_test(running: npt.ArrayLike, cutoff: float, *, nearest: int | None = None) -> Density:
    """Whether as many fall just below the cut-off as just above, by the binomial law.

    McCrary's question [1]_, asked of the nearest rows [2]_: of them, each falls on either side
    with a chance of a half if the density has no jump and hardly a slope so near.

    Parameters
    ----------
    running : array_like of float, shape (rows,)
        As in :func:`discontinuity`.
    cutoff : float
        Where the rule bites.
    nearest : int, optional
        How many rows to count, all at the last distance included; twice the root of the number
        of rows if left out, so that a slope does not matter in the end.

    Returns
    -------
    Density
        Two-sided exact p.

    Raises
    ------
    InputError
        If there are no rows or the cut-off lies on one of repeated values.

    References
    ----------
    .. [1] J. McCrary, Journal of Econometrics 142, 698-714 (2008).
       https://doi.org/10.1016/j.jeconom.2007.05.005
    .. [2] M. D. Cattaneo, R. Titiunik and G. Vazquez-Bare, Journal of Policy Analysis and
       Management 36, 643-681 (2017). https://doi.org/10.1002/pam.21985

    Examples
    --------
    >>> density_test([38, 38, 38, 38, 38, 38, 41], 39.5, nearest=7).p_value
    0.125
    """
    values = np.asarray(running, dtype=float)
    x, _ = _checked(values, np.zeros_like(values), cutoff)
    many = round(2 * x.size**0.5) if nearest is None else nearest
    distance = np.abs(x)
    window = float(np.sort(distance)[min(max(many, 1), x.size) - 1])
    inside = distance <= window * (1 + 1e-12)
    above = int((x[inside] >= 0).sum())
    return Density(
        below=int(inside.sum()) - above,
        above=above,
        window=window,
        p_value=float(stats.binomtest(above, int(inside.sum())).pvalue),
    )


def placebo_cutoffs(
    running: npt.ArrayLike,
    outcome: npt.ArrayLike,
    cutoff: float,
    at: Sequence[float] | None = None,
    *,
    cluster: npt.ArrayLike | None = None,
) -> pd.DataFrame:
    """Jumps at cut-offs where no rule changes, each from one side of the true cut-off alone.

    Parameters
    ----------
    running, outcome, cutoff, cluster
        As in :func:`discontinuity`.
    at : sequence of float, optional
        Placebo cut-offs; the middle of each side's rows if left out [1]_.

    Returns
    -------
    DataFrame
        One row a placebo: ``cutoff, estimate, low, high, p_value, bandwidth``.

    Raises
    ------
    InputError
        If a placebo is the cut-off itself, or as :func:`discontinuity`.

    References
    ----------
    .. [1] G. W. Imbens and T. Lemieux, Journal of Econometrics 142, 615-635 (2008).
       https://doi.org/10.1016/j.jeconom.2007.05.001
    """
    x, _ = _checked(running, outcome, cutoff)
    y = np.asarray(outcome, dtype=float)
    values = np.asarray(running, dtype=float)
    places = [_middle(values[x < 0]), _middle(values[x >= 0])] if at is None else list(at)
    rows = []
    for place in places:
        if place == cutoff:
            msg = f"placebo cut-off {place} is the true one"
            raise InputError(msg)
        side = (x < 0) == (place < cutoff)
        labels = None if cluster is None else np.asarray(cluster)[side]
        found = discontinuity(values[side], y[side], place, cluster=labels)
        kept = ("estimate", "low", "high", "p_value", "bandwidth")
        rows.append({"cutoff": place} | {name: getattr(found, name) for name in kept})
    return pd.DataFrame(rows)


def _middle(values: FloatArray) -> float:
    """Half-way between two neighbouring values near the median."""
    if np.unique(values).size < 2:
        msg = "one side has fewer than two different values, so it has no placebo cut-off"
        raise InputError(msg)
    distinct = np.unique(values)
    upper = min(max(int(np.searchsorted(distinct, np.median(values))), 1), distinct.size - 1)
    return float((distinct[upper - 1] + distinct[upper]) / 2)


def _nearest(
    x: FloatArray, side: npt.NDArray[np.bool_], reach: float, fewest: int
) -> npt.NDArray[np.bool_]:
    """Rows of a side within a reach, widened until they have enough different values."""
    distances = np.unique(np.abs(x[side]))
    if distances.size < fewest:
        msg = f"one side has {distances.size} different values, expected {fewest} or more"
        raise InputError(msg)
    near: npt.NDArray[np.bool_] = side & (np.abs(x) <= max(reach, distances[fewest - 1]))
    return near


def _jump(
    x: FloatArray, y: FloatArray, weight: FloatArray, degree: int
) -> tuple[float, FloatArray]:
    """Difference of the two curves' ends at 0, and what each row adds to its error."""
    jump, influence = 0.0, np.zeros_like(x)
    for rows, sign in ((x >= 0, 1.0), (x < 0, -1.0)):
        if np.unique(x[rows]).size < FEWEST_VALUES:
            side = "above" if sign > 0 else "below"
            msg = (
                f"{np.unique(x[rows]).size} different values {side} the cut-off within the "
                f"bandwidth, expected {FEWEST_VALUES} or more"
            )
            raise InputError(msg)
        root = np.sqrt(weight[rows])
        design = np.vander(x[rows], degree + 1, increasing=True) * root[:, None]
        inverse = np.linalg.pinv(design)  # (coefficients, rows)
        beta = inverse @ (root * y[rows])
        leverage = np.einsum("rk,kr->r", design, inverse)
        residual = root * y[rows] - design @ beta
        jump += sign * float(beta[0])
        influence[rows] = sign * inverse[0] * residual / np.maximum(1 - leverage, 1e-6)
    return jump, influence


def _checked(
    running: npt.ArrayLike, outcome: npt.ArrayLike, cutoff: float
) -> tuple[FloatArray, FloatArray]:
    values, y = np.asarray(running, dtype=float), np.asarray(outcome, dtype=float)
    if values.ndim != 1 or values.shape != y.shape or not values.size:
        msg = f"running has shape {values.shape} and outcome {y.shape}, expected rows alike"
        raise InputError(msg)
    if not (np.isfinite(values).all() and np.isfinite(y).all() and np.isfinite(cutoff)):
        msg = "running, outcome or cut-off is not finite: leave rows out that are not known"
        raise InputError(msg)
    if (values == cutoff).sum() > 1:
        msg = (
            f"{(values == cutoff).sum()} rows lie at the cut-off {cutoff}: for a variable with "
            "repeated values give the middle between two as the cut-off"
        )
        raise InputError(msg)
    return values - cutoff, y
