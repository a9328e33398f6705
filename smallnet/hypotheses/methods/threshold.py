r"""Is there a size at which a curve over groups breaks, and which? Step, kink, smooth or none.

What a fitted model knows of its groups is a Gaussian: log rates :math:`\theta \sim N(X\beta,
\sigma^2 I)`, seen with information K. In the directions of K's eigenvectors that is a regression
with known noise, in which every curve, every break and every replicate is a few sums: so the
search over breaks and shapes is paid for by drawing the whole search anew, the variance of the
groups estimated again in each draw.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.mixed_poisson import MixedPoisson

__all__ = [
    "BreakTest",
    "Contrast",
    "GroupCurve",
    "break_test",
    "contrast",
    "held_out",
    "null_scores",
    "power_of_break_test",
    "step_at",
]

FloatArray = npt.NDArray[np.float64]
TRIM = 0.15  # share of groups on either side where no break is sought
MOST_BREAKS = 60
SMALLEST_EIGENVALUE = 1e-9  # of the largest: directions of which the counts tell nothing
VARIANCES = 41  # of a grid over sigma²
FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class GroupCurve:
    """Log rates of groups as a Gaussian, in directions with independent noise.

    Attributes
    ----------
    size : ndarray, shape (groups,)
        Members.
    precision : ndarray, shape (groups, groups)
        Information K of the counts on the groups' log rates.
    pull : ndarray, shape (groups,)
        K times the log rates that the counts alone would give.
    seen : ndarray, shape (directions,)
        Log rates along the eigenvectors of K that tell of anything.
    noise : ndarray, shape (directions,)
        Variances of ``seen``; that of the groups comes on top.
    turn : ndarray, shape (directions, groups)
        The eigenvectors.
    """

    size: FloatArray
    precision: FloatArray
    pull: FloatArray
    seen: FloatArray
    noise: FloatArray
    turn: FloatArray

    @classmethod
    def of(cls, size: FloatArray, precision: FloatArray, pull: FloatArray) -> "GroupCurve":
        """Turn information on log rates into independent directions."""
        values, vectors = np.linalg.eigh(precision)
        kept = values > SMALLEST_EIGENVALUE * max(float(values[-1]), 1e-300)
        turn = vectors[:, kept].T
        return cls(
            size=size,
            precision=precision,
            pull=pull,
            seen=turn @ pull / values[kept],
            noise=1 / values[kept],
            turn=turn,
        )

    @classmethod
    def of_model(
        cls, model: MixedPoisson, size: npt.ArrayLike, *, prior_sd: npt.ArrayLike
    ) -> "GroupCurve":
        """Take what a fitted model knows of its groups.

        Parameters
        ----------
        model : MixedPoisson
            Its first covariate is log2 size of groups; others are only held fixed.
        size : array_like, shape (groups,)
            Members, in the order of ``model.u``.
        prior_sd : array_like, shape (k - 1,)
            Prior standard deviations of the other covariates in the fit.
        """
        members = np.asarray(size, dtype=float)
        if members.shape != model.u.shape or (members <= 0).any():
            msg = f"size has {members.size} groups, expected {model.u.size}, each above 0"
            raise InputError(msg)
        k = model.beta.size
        whole = model.information
        precision = whole[k:, k:]
        if k > 1:
            held = whole[1:k, 1:k] + np.diag(np.asarray(prior_sd, dtype=float) ** -2.0)
            precision = precision - whole[k:, 1:k] @ np.linalg.solve(held, whole[1:k, k:])
        theta = model.u + model.beta[0] * np.log2(members)
        return cls.of(members, precision, precision @ theta + model.u / model.variance)

    def part(self, rows: npt.NDArray[np.intp]) -> "GroupCurve":
        """Keep what is known of some groups when nothing is known of the others."""
        others = np.setdiff1d(np.arange(self.size.size), rows)
        among = self.precision[np.ix_(others, others)] + 1e-9 * np.eye(others.size)
        across = self.precision[np.ix_(rows, others)]
        share = np.linalg.solve(among, across.T).T
        return GroupCurve.of(
            self.size[rows],
            self.precision[np.ix_(rows, rows)] - share @ across.T,
            self.pull[rows] - share @ self.pull[others],
        )

    @property
    def log2_size(self) -> FloatArray:
        """Doublings, shape (groups,)."""
        value: FloatArray = np.log2(self.size)
        return value

    @property
    def base(self) -> FloatArray:
        """Log-linear curve along the directions, shape (directions,)."""
        return self.turn @ self.log2_size


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """A log rate ratio with its interval, and whether it is one that was named before looking."""

    log_ratio: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, kw_only=True)
class BreakTest:
    """What a search for a break found.

    Attributes
    ----------
    p_any_break : float
        Of the largest score statistic over all breaks and both shapes, against a log-linear curve.
    critical : float
        Which that statistic passes with probability 1 - level where there is no break.
    breaks : ndarray
        Sizes at which a break was sought.
    step, kink : ndarray
        Score statistics (chi² with one degree each) at ``breaks``.
    shape : str
        ``step`` or ``kink``, the likelier.
    at : float
        The likeliest break, members.
    low, high : float
        Its interval in whole members, ``low`` outside (a group of ``low`` is below the break);
        an end that reaches the last size tried is drawn out to the smallest or
        largest group, as nothing bounds it.
    across : Contrast
        Step: rate ratio across it beyond the log-linear curve; kink: change of the ratio per
        doubling. The interval pays for the search: it leaves out 1 just when
        ``p_any_break < 1 - level``.
    slope : Contrast
        Log-linear curve without a break, per doubling.
    variance : float
        Of the groups, under the log-linear curve.
    """

    p_any_break: float
    critical: float
    breaks: FloatArray
    step: FloatArray
    kink: FloatArray
    shape: str
    at: float
    low: float
    high: float
    across: Contrast
    slope: Contrast
    variance: float


def break_test(
    curve: GroupCurve,
    *,
    level: float = 0.95,
    draws: int = 999,
    wander: npt.ArrayLike | None = None,
    rng: np.random.Generator,
) -> BreakTest:
    """Search for a break in log rate against log size.

    Parameters
    ----------
    curve : GroupCurve
        At least eight groups of three different sizes or more.
    level : float
        Of intervals.
    draws : int
        Of the whole search where there is no break.
    wander : array_like, shape (groups,), optional
        How far sizes move about ``curve.size`` while watched: standard deviations of log2 size. A
        group that is now above, now below a break blurs it, so the interval is widened by the
        typical wandering of the groups within a factor of 2 of the break.
    rng : numpy.random.Generator
        Source of chance.

    Raises
    ------
    InputError
        If there is no size at which a break could be sought.

    Notes
    -----
    The interval holds every size whose profile likelihood is near enough to the best of both
    shapes: twice the difference at most -2 log(1 - sqrt(level)) as a step (Hansen's bound [1]_), or
    the chi² quantile with two degrees of freedom as a kink (break and bend; one covers .92).

    References
    ----------
    .. [1] B. E. Hansen, Econometrica 68, 575-603 (2000). https://doi.org/10.1111/1468-0262.00124
    """
    breaks = _breaks(curve.size)
    if breaks.size < 2:
        msg = f"{curve.size.size} groups leave {breaks.size} sizes to break at, expected 2 or more"
        raise InputError(msg)
    shapes = _shapes(curve, breaks)
    scores, ratios, errors = _scores(curve, shapes, curve.seen[None, :])
    variance = _variance(curve, curve.seen[None, :])
    null = null_scores(curve, shapes, draws=draws, rng=rng)[1]
    largest = null.max(axis=1)
    critical = float(np.quantile(largest, level))
    p_value = float((1 + (largest >= scores[0].max()).sum()) / (draws + 1))
    likelihood = _profile(curve, shapes)
    best = int(np.argmax(likelihood))
    lost = 2 * (likelihood[best] - likelihood)
    inside = lost[: breaks.size] <= -2 * np.log1p(-np.sqrt(level))
    inside |= lost[breaks.size :] <= stats.chi2.ppf(level, 2)
    at = float(breaks[best % breaks.size])
    low, high = _ends(curve.size, breaks, inside)
    if wander is not None:
        near = np.abs(curve.log2_size - np.log2(at)) <= 1
        blur = np.asarray(wander, dtype=float)[near]
        width = 2.0 ** float(np.sqrt((blur**2).mean())) if blur.size else 1.0
        low, high = float(np.floor(low / width)), float(np.ceil(high * width))
    return BreakTest(
        p_any_break=p_value,
        critical=critical,
        breaks=breaks,
        step=scores[0, : breaks.size],
        kink=scores[0, breaks.size :],
        shape="step" if best < breaks.size else "kink",
        at=at,
        low=low,
        high=high,
        across=Contrast(
            log_ratio=float(ratios[0, best]),
            low=float(ratios[0, best] - np.sqrt(critical) * errors[0, best]),
            high=float(ratios[0, best] + np.sqrt(critical) * errors[0, best]),
            p_value=p_value,
        ),
        slope=contrast(curve, curve.base[:, None], 0, level),
        variance=float(variance[0]),
    )


def null_scores(
    curve: GroupCurve, shapes: FloatArray, *, draws: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Score statistics of shapes beyond the log-linear curve, and their joint draws without one.

    Parameters
    ----------
    curve : GroupCurve
        Log rates of groups.
    shapes : ndarray, shape (directions, shapes)
        Each along ``curve.turn``.
    draws : int
        Of log-linear curves; the variance of groups is estimated again in each.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    tuple of ndarray, shapes (shapes,) and (draws, shapes)
        Each chi² with one degree of freedom where there is nothing.
    """
    seen = curve.seen[None, :]
    noise = np.sqrt(_variance(curve, seen)[0] + curve.noise)
    null, _, _ = _scores(curve, shapes, rng.standard_normal((draws, noise.size)) * noise)
    return _scores(curve, shapes, seen)[0][0], null


def step_at(
    curve: GroupCurve, at: float, *, above: npt.ArrayLike | None = None, level: float = 0.95
) -> Contrast | None:
    """Step at a size named before looking (``size >= at``), beyond the log-linear curve.

    ``above`` is the share of its days that each group had this size or more, where sizes move; 0
    or 1 by ``curve.size`` where not given. None where fewer than three groups lie on a side.
    """
    share = (curve.size >= at).astype(float) if above is None else np.asarray(above, dtype=float)
    if min((share > 0.5).sum(), (share <= 0.5).sum()) < 3:
        return None
    return contrast(curve, np.column_stack([curve.base, curve.turn @ share]), 1, level)


def power_of_break_test(
    curve: GroupCurve,
    found: BreakTest,
    *,
    at: float,
    ratio: float,
    draws: int = 400,
    rng: np.random.Generator,
) -> float:
    """Chance to find a step of ``ratio`` at size ``at`` in groups like these, at the same level."""
    shapes = _shapes(curve, found.breaks)
    planted = curve.turn @ (np.log(ratio) * (curve.size >= at))
    noise = np.sqrt(found.variance + curve.noise)
    scores, _, _ = _scores(
        curve, shapes, planted + noise * rng.standard_normal((draws, noise.size))
    )
    return float((scores.max(axis=1) > found.critical).mean())


def held_out(
    curve: GroupCurve, *, folds: int = FOLDS, rng: np.random.Generator
) -> Mapping[str, float]:
    """How much better than the log-linear curve others foretell groups that they have not seen.

    Returns
    -------
    mapping of str to float
        Gain in log predictive probability (nats, summed over folds of held-out groups) of
        ``flat``, ``smooth`` (quadratic in log size), ``step`` and ``kink`` (the break chosen anew
        without the held-out groups). Below 0: the log-linear curve foretells better.

    References
    ----------
    .. [1] A. Gelman, J. Hwang and A. Vehtari, Statistics and Computing 24, 997-1016 (2014), for the
       log predictive score. https://doi.org/10.1007/s11222-013-9416-2
    """
    gain = dict.fromkeys(("flat", "smooth", "step", "kink"), 0.0)
    fold = rng.permutation(np.arange(curve.size.size) % folds)
    for out in range(folds):
        train = curve.part(np.flatnonzero(fold != out))
        breaks = _breaks(train.size)
        if breaks.size < 2:
            continue
        likely = np.argmax(_profile(train, _shapes(train, breaks)).reshape(2, -1), axis=1)
        models = {
            "log-linear": ("log-linear", 0.0),
            "flat": ("flat", 0.0),
            "smooth": ("smooth", 0.0),
            "step": ("step", float(breaks[likely[0]])),
            "kink": ("kink", float(breaks[likely[1]])),
        }
        told = {name: _foretell(curve, train, *model) for name, model in models.items()}
        for name in gain:
            gain[name] += told[name] - told["log-linear"]
    return gain


def _design(curve: GroupCurve, shape: str, at: float) -> FloatArray:
    """Columns of a curve along the directions."""
    x = curve.log2_size
    columns = {
        "flat": [],
        "log-linear": [x],
        "smooth": [x, (x - 4.0) ** 2],
        "step": [x, (curve.size >= at).astype(float)],
        "kink": [x, np.maximum(x - np.log2(max(at, 1.0)), 0.0)],
    }[shape]
    return curve.turn @ np.array(columns).reshape(len(columns), x.size).T


def _foretell(curve: GroupCurve, train: GroupCurve, shape: str, at: float) -> float:
    """Log predictive probability of the groups left out of ``train``, up to a constant."""
    design = _design(train, shape, at)
    told, beta, variance = -np.inf, np.zeros(design.shape[1]), 0.0
    for value in _grid(train):
        weighted = design / (value + train.noise)[:, None]
        fit = np.linalg.lstsq(weighted.T @ design, weighted.T @ train.seen, rcond=None)[0]
        likelihood = _likelihood(train, design, fit, float(value))
        if likelihood > told:
            told, beta, variance = likelihood, fit, float(value)
    return _likelihood(curve, _design(curve, shape, at), beta, variance) - told


def _likelihood(curve: GroupCurve, design: FloatArray, beta: FloatArray, variance: float) -> float:
    whole = variance + curve.noise
    rest = curve.seen - design @ beta
    return float(-0.5 * (np.log(whole) + rest**2 / whole).sum())


def _grid(curve: GroupCurve) -> FloatArray:
    """Variances of groups to try, from next to none to more than is seen."""
    spread = float(curve.turn.T.dot(curve.seen).var()) + float(np.median(curve.noise))
    return np.geomspace(1e-4 * spread + 1e-9, 20 * spread + 1e-8, VARIANCES)


def _variance(curve: GroupCurve, seen: FloatArray) -> FloatArray:
    """Variance of the groups by restricted likelihood, log-linear curve; one a row of ``seen``."""
    grid, base = _grid(curve), curve.base
    told = np.empty((grid.size, len(seen)))
    for i, variance in enumerate(grid):
        weight = 1 / (variance + curve.noise)
        square = float((weight * base**2).sum())
        fit = seen @ (weight * base)
        rest = seen**2 @ weight - fit**2 / square
        told[i] = 0.5 * np.log(weight).sum() - 0.5 * np.log(square) - 0.5 * rest
    best = np.clip(np.argmax(told, axis=0), 1, grid.size - 2)
    rows = np.arange(len(seen))
    left, middle, right = (told[best + shift, rows] for shift in (-1, 0, 1))
    bend = left - 2 * middle + right
    shift = np.where(bend < -1e-12, 0.5 * (left - right) / np.minimum(bend, -1e-12), 0.0)
    step = np.log(grid[1] / grid[0])
    value: FloatArray = np.exp(np.log(grid)[best] + step * np.clip(shift, -1.5, 1.5))
    return value


def _shapes(curve: GroupCurve, breaks: FloatArray) -> FloatArray:
    """Give steps, then kinks, along the directions; shape (directions, 2 breaks)."""
    steps = (curve.size[:, None] >= breaks).astype(float)
    kinks = np.maximum(curve.log2_size[:, None] - np.log2(breaks), 0.0)
    return curve.turn @ np.hstack([steps, kinks])


def _scores(
    curve: GroupCurve, shapes: FloatArray, seen: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Score statistics, one-step log ratios and errors of each shape; rows as in ``seen``."""
    base = curve.base
    weight = 1 / (_variance(curve, seen)[:, None] + curve.noise)
    square = weight @ base**2
    slope = ((weight * seen) @ base) / square
    score = (weight * (seen - slope[:, None] * base)) @ shapes
    spread = weight @ shapes**2 - (weight @ (shapes * base[:, None])) ** 2 / square[:, None]
    spread = np.maximum(spread, 1e-12)
    return score**2 / spread, score / spread, 1 / np.sqrt(spread)


def _profile(curve: GroupCurve, shapes: FloatArray) -> FloatArray:
    """Log likelihood of each break and shape, its variance of groups chosen anew."""
    base, seen = curve.base, curve.seen
    told = np.empty((VARIANCES, shapes.shape[1]))
    for i, variance in enumerate(_grid(curve)):
        weight = 1 / (variance + curve.noise)
        aa, ay = float(weight @ base**2), float(weight @ (base * seen))
        ab, bb = (weight * base) @ shapes, weight @ shapes**2
        by = (weight * seen) @ shapes
        left = np.maximum(bb - ab**2 / aa, 1e-12)
        rest = float(weight @ seen**2) - ay**2 / aa - (by - ab * ay / aa) ** 2 / left
        told[i] = 0.5 * np.log(weight).sum() - 0.5 * rest
    best: FloatArray = told.max(axis=0)
    return best


def contrast(curve: GroupCurve, design: FloatArray, which: int, level: float) -> Contrast:
    """Coefficient of a design along ``curve.turn`` with its interval; variance by REML."""
    best, told = 0.0, -np.inf
    for variance in _grid(curve):
        weight = 1 / (variance + curve.noise)
        square = (design * weight[:, None]).T @ design
        beta = np.linalg.solve(square, (design * weight[:, None]).T @ curve.seen)
        value = _likelihood(curve, design, beta, float(variance))
        value -= 0.5 * float(np.linalg.slogdet(square)[1])
        if value > told:
            told, best = value, float(variance)
    weight = 1 / (best + curve.noise)
    cov = np.linalg.inv((design * weight[:, None]).T @ design)
    beta = cov @ (design * weight[:, None]).T @ curve.seen
    freedom = max(curve.size.size - design.shape[1] - 1, 1)
    error = float(np.sqrt(cov[which, which]))
    half = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    value = float(beta[which])
    return Contrast(
        log_ratio=value,
        low=value - half,
        high=value + half,
        p_value=float(2 * stats.t.sf(abs(value) / error, freedom)),
    )


def _breaks(size: FloatArray) -> FloatArray:
    """Sizes between groups of unlike whole size at which a break is sought, not too far out."""
    ordered = np.unique(np.round(size))
    low, high = ordered[:-1], ordered[1:]
    middle = np.where(high - low > 1, np.sqrt(low * high), 0.5 * (low + high))
    below = np.searchsorted(np.sort(size), middle)
    fewest = max(int(np.ceil(TRIM * size.size)), 2)
    middle = middle[(below >= fewest) & (size.size - below >= fewest)]
    if middle.size > MOST_BREAKS:
        middle = middle[np.linspace(0, middle.size - 1, MOST_BREAKS).round().astype(int)]
    return middle


def _ends(
    size: FloatArray, breaks: FloatArray, inside: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    """Give the groups next to an interval of breaks, for nothing tells where between."""
    first, last = int(np.flatnonzero(inside)[0]), int(np.flatnonzero(inside)[-1])
    ordered = np.unique(np.round(size))
    low, high = float(ordered[0]), float(ordered[-1])
    if first > 0:
        before = breaks[first - 1]  # excluded: its next group above is as low as a break can be
        low = float(ordered[min(np.searchsorted(ordered, before), ordered.size - 1)])
    if last < breaks.size - 1:
        after = breaks[last + 1]
        high = float(ordered[max(np.searchsorted(ordered, after) - 1, 0)])
    return low, high
