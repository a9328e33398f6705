r"""The mixed Poisson engine for many groups, sparse counts, and people who react unlike to size.

.. math:: y_r \sim \mathrm{Poisson}(e_r \exp(a_{s(r)} + x_r \beta + w_r b_{s(r)} + u_{g(r)})),
          \quad u_g \sim N(0, \sigma^2), \; b_s \sim N(0, \tau^2)

:func:`~smallnet.hypotheses.methods.mixed_poisson.fit_mixed_poisson` is dense in groups and lets
every stratum (person) have any rate. This one differs in three ways, each for what that one cannot:

*Many groups.* Nothing is inverted: systems are solved by conjugate gradients, and traces and
leverages come from draws of the posterior, each the solution of a system with a perturbed right
side. Cost grows with rows, not with the cube of groups.

*Sparse counts.* Conditioning on the totals of people throws away what totals tell of groups: who
is in lively groups writes more in all, and who wrote nothing tells too. With fixed groups that is
only lost; with random groups it biases, towards liveliness of the groups that hold most of their
people's messages (the small ones, where small groups are livelier). With ``strata="random"`` a
stratum's rate follows a gamma law whose mean may differ with the stratum's mean covariates, so
that talkative people may still sort into small groups. Then the totals count. A gamma law of shape
kappa is kappa more events in a row that hangs on nothing, so the algebra stays the same.

*Random slopes.* People may react to a covariate each in their own way; ``slope`` names it.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy import optimize, special

from smallnet.errors import InputError
from smallnet.hypotheses.guards import check_counts
from smallnet.hypotheses.methods.crossed_algebra import Design, System
from smallnet.hypotheses.methods.log_ratios import LogRatios
from smallnet.hypotheses.methods.mixed_poisson import LARGEST_VARIANCE, SMALLEST_VARIANCE
from smallnet.hypotheses.methods.within import check_rows, codes_of

__all__ = ["CrossedPoisson", "fit_crossed_poisson"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Strata = Literal["fixed", "random"]
SlopeOf = Literal["stratum", "group"]
VARIANCE = 0.5  # where variances begin
NOTICED = 0.01  # variance under which a relative change of it matters no more
LARGEST_STEP = 1.0
MODE = 1e-6  # largest step at which the mode counts as found
MOST_STEPS = 100
MOST_ROUNDS = 100
DRAWS = (8, 200)  # of the posterior, at least and at most
ENOUGH = 100_000  # draws times effects: traces to half a percent
LOG_KAPPA = (-3.0, 5.0)
LONGEST = 0.9  # ratio of a geometric series that is believed
LARGEST_MOVE = 1.5  # of a log variance at once


@dataclass(frozen=True, kw_only=True)
class CrossedPoisson(LogRatios):
    """A fitted model.

    Attributes
    ----------
    beta : ndarray, shape (k,)
        Log rate ratios, the posterior mean given the variances.
    cov : ndarray, shape (k, k)
        Of ``beta``; that of groups and slopes is in it.
    u : ndarray, shape (groups,)
        Log liveliness of groups, in the order of the labels that tell of anything.
    variance : float
        Of ``u``.
    slope_variance : float or None
        Of slopes of strata or groups about ``beta[slope]``; None where none were asked for.
    slopes : ndarray, shape (strata or groups,) or (0,)
        Each one's deviation, the posterior mean, in the order of the labels that tell.
    shape : float or None
        kappa of the gamma law of strata; None where they are fixed. Small: people differ much.
    sorting : ndarray, shape (k,) or (0,)
        Log rate ratio of strata per unit of their mean covariates, beyond ``beta``: how talkative
        people sort; nan for a covariate that is the same within all strata.
    rounds : int
        In which the variances were set.
    converged : bool
        False where the rounds ran out; then nothing here should be believed.
    n_rows, n_strata, n_groups : int
        Rows, strata and groups that tell of anything.
    events : float
        In them.
    """

    beta: FloatArray
    cov: FloatArray
    u: FloatArray
    variance: float
    slope_variance: float | None
    slopes: FloatArray
    shape: float | None
    sorting: FloatArray
    rounds: int
    converged: bool
    n_rows: int
    n_strata: int
    n_groups: int
    events: float

    @property
    def freedom(self) -> int:
        """Degrees of freedom of an interval: groups less covariates less the level, at least 1."""
        return max(self.n_groups - self.beta.size - 1, 1)

    @property
    def standard_error(self) -> FloatArray:
        """Standard errors of ``beta``, shape (k,)."""
        return np.sqrt(np.diag(self.cov))


def fit_crossed_poisson(
    y: npt.ArrayLike,
    exposure: npt.ArrayLike,
    stratum: npt.ArrayLike,
    group: npt.ArrayLike,
    x: npt.ArrayLike,
    *,
    strata: Strata = "fixed",
    slope: int | None = None,
    slope_of: SlopeOf = "stratum",
    tolerance: float = 1e-4,
    rng: np.random.Generator,
) -> CrossedPoisson:
    """Fit log rate ratios of covariates: groups random, strata fixed or gamma, slopes if asked.

    Parameters
    ----------
    y : array_like, shape (rows,)
        Events, at least 0.
    exposure : array_like, shape (rows,)
        Time at risk, at least 0; rows of 0 are passed over.
    stratum, group : array_like, shape (rows,)
        Labels: what is compared within (people), and what the sample is made of.
    x : array_like, shape (rows, k) or (rows,)
        Covariates.
    strata : {"fixed", "random"}
        Whether any rate is allowed to a stratum, or its rate follows a gamma law with a mean that
        may differ with the stratum's mean covariates. For "random" give also the rows of strata
        without an event: they tell.
    slope : int, optional
        Column of ``x`` to which not all react alike.
    slope_of : {"stratum", "group"}
        Who reacts each in their own way: strata (people, to the size of their groups), or groups
        (to how their own size moves in time).
    tolerance : float
        Largest relative change of the variances at which it stops.
    rng : numpy.random.Generator
        With more than 1,000 random effects: 8 to 200 draws of the posterior, the same in every
        round. With fewer nothing is drawn.

    Returns
    -------
    CrossedPoisson

    Raises
    ------
    TrapError
        If y was divided by the exposure or by a regressor: pass the count itself.
    InputError
        For columns of unlike lengths or negative values, nothing to compare, fewer than two groups,
        or covariates that do not move on their own.

    Notes
    -----
    Newton's method for the mode; the first-order term of Laplace's expansion from mode to mean, as
    in ``fit_mixed_poisson``; the variances by Schall's fixed point [1]_ with traces from perturbed
    systems [2]_; kappa by the likelihood of the totals (negative binomial [3]_).

    Slopes are taken to be independent of how much their owners write. Where they go together,
    ``beta`` is nearer to the slope of those who write much: by .03 where slopes spread by .3 and
    people are in large groups mostly, which alone makes steep ones write more.

    References
    ----------
    .. [1] R. Schall, Biometrika 78, 719-727 (1991). https://doi.org/10.1093/biomet/78.4.719
    .. [2] G. Papandreou and A. Yuille, Advances in Neural Information Processing Systems 23,
       1858-1866 (2010), sampling a Gaussian by perturbing its linear system.
    .. [3] J. Hausman, B. H. Hall and Z. Griliches, Econometrica 52, 909-938 (1984).
       https://doi.org/10.2307/1911191

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> person, group = np.divmod(np.arange(4000), 40)
    >>> log_size = np.linspace(2.0, 7.0, 40)
    >>> rate = np.exp(rng.normal(0, 1, 100)[person] - 0.5 * log_size[group])
    >>> model = fit_crossed_poisson(rng.poisson(9 * rate), np.full(4000, 9.0), person, group,
    ...                             log_size[group], strata="random", rng=rng)
    >>> model.beta.round(1)
    array([-0.5])
    """
    if strata not in get_args(Strata) or slope_of not in get_args(SlopeOf):
        msg = f"strata are {strata!r} and slopes of {slope_of!r}, expected {Strata} and {SlopeOf}"
        raise InputError(msg)
    rows = _read(y, exposure, stratum, group, x, strata == "random")
    design, moving = _design(rows, slope, slope_of, strata == "random")
    fit = _Fit(design, kappa=1.0 if strata == "random" else 0.0, seed=int(rng.integers(2**63)))
    converged, rounds = False, 0
    while not converged and rounds < MOST_ROUNDS:
        rounds += 1
        fit.climb()
        converged = fit.settle() < tolerance
    k, p, q = rows.x.shape[1], design.x.shape[1], design.blocks[0]
    theta = fit.theta - fit.lean
    sorting = np.full(k, np.nan)
    sorting[moving] = theta[k + 1 : p]
    return CrossedPoisson(
        beta=theta[:k],
        cov=np.linalg.inv(fit.schur)[:k, :k].astype(float),
        u=theta[p : p + q],
        variance=fit.variances[0],
        slope_variance=None if slope is None else fit.variances[1],
        slopes=theta[p + q :],
        shape=fit.kappa or None,
        sorting=sorting if strata == "random" else np.empty(0),
        rounds=rounds,
        converged=bool(converged),
        n_rows=design.y.size,
        n_strata=design.events.size,
        n_groups=q,
        events=float(design.y.sum()),
    )


@dataclass(frozen=True)
class _Rows:
    """The rows that tell of anything, sorted by stratum; labels coded from 0."""

    y: FloatArray
    exposure: FloatArray
    stratum: IntArray
    group: IntArray
    x: FloatArray


def _read(
    y: npt.ArrayLike,
    exposure: npt.ArrayLike,
    stratum: npt.ArrayLike,
    group: npt.ArrayLike,
    x: npt.ArrayLike,
    silent: bool,
) -> _Rows:
    """Check columns; keep rows at risk, of strata without an event only where these tell."""
    values = check_rows(x, y=y, exposure=exposure, stratum=stratum, group=group)
    check_counts(y, exposure, values)
    counts, risk = np.asarray(y, dtype=float), np.asarray(exposure, dtype=float)
    if (
        not (np.isfinite(counts) & (counts >= 0)).all()
        or not (np.isfinite(risk) & (risk >= 0)).all()
    ):
        msg = "y and exposure must be finite and at least 0"
        raise InputError(msg)
    if ((risk == 0) & (counts > 0)).any():
        msg = (
            f"row {int(np.flatnonzero((risk == 0) & (counts > 0))[0])} has events without exposure"
        )
        raise InputError(msg)
    code = codes_of(stratum)
    kept = risk > 0
    if not silent:
        kept = kept & (np.bincount(code, counts * kept)[code] > 0)
        kept = kept & (np.bincount(code, kept)[code] > 1)
    kept_rows = np.flatnonzero(kept)
    if not kept_rows.size or not counts[kept_rows].any():
        msg = "no stratum has an event and two rows at risk, expected at least one"
        raise InputError(msg)
    groups = codes_of(np.asarray(group)[kept_rows])
    if groups.max() < 1:
        msg = "all rows that tell of anything are of one group, expected at least two groups"
        raise InputError(msg)
    strata = codes_of(code[kept_rows])
    order = np.argsort(strata, kind="stable")
    inside = values[kept_rows][order]
    return _Rows(
        counts[kept_rows][order],
        risk[kept_rows][order],
        strata[order],
        groups[order],
        inside - inside.mean(axis=0),
    )


def _design(
    rows: _Rows, slope: int | None, slope_of: SlopeOf, random: bool
) -> tuple[Design, npt.NDArray[np.bool_]]:
    """Lay out fixed and random effects; with random strata their level and mean covariates too."""
    k, n = rows.x.shape[1], rows.y.size
    strata, groups = int(rows.stratum.max()) + 1, int(rows.group.max()) + 1
    many = np.bincount(rows.stratum, minlength=strata)
    mean = np.stack([np.bincount(rows.stratum, c, strata) / many for c in rows.x.T], 1)
    mean = mean[rows.stratum]
    scale = np.maximum(rows.x.std(axis=0), 1e-300)
    inside, across = (rows.x - mean).std(axis=0) / scale, mean.std(axis=0) / scale
    if not random and (inside < 1e-9).any():
        which = int(np.flatnonzero(inside < 1e-9)[0])
        msg = f"covariate {which} is the same everywhere within strata"
        raise InputError(msg)
    moving = (inside > 1e-6) & (across > 1e-6) if random else np.zeros(k, dtype=bool)
    extra = [np.ones(n), *(mean[:, moving] - mean[:, moving].mean(axis=0)).T] if random else []
    place = np.arange(n)
    blocks = [sp.csr_array((np.ones(n), (place, rows.group)), shape=(n, groups))]
    if slope is not None:
        code = rows.stratum if slope_of == "stratum" else rows.group
        column = rows.x[:, slope]
        own = np.bincount(code, column) / np.bincount(code)
        if np.abs(column - own[code]).max() < 1e-9:
            msg = f"covariate {slope} is the same within each {slope_of}, expected one that moves"
            raise InputError(msg)
        blocks.append(sp.csr_array((column, (place, code)), shape=(n, int(code.max()) + 1)))
    return Design(
        y=rows.y,
        exposure=rows.exposure,
        stratum=rows.stratum,
        x=np.column_stack([rows.x, *extra]),
        z=sp.csr_array(sp.hstack(blocks)),
        blocks=tuple(int(block.shape[1]) for block in blocks),
        events=np.bincount(rows.stratum, rows.y, strata).astype(float),
    ), moving


class _Fit:
    """Where the fit has come to."""

    def __init__(self, design: Design, *, kappa: float, seed: int) -> None:
        self.design, self.kappa, self._seed = design, kappa, seed
        self.theta = np.zeros(design.x.shape[1] + sum(design.blocks))
        if kappa:  # the level, last of the covariates or followed by mean covariates alone
            level = int(np.flatnonzero((design.x == 1).all(axis=0))[0])
            self.theta[level] = np.log(design.y.sum() / design.exposure.sum())
        self.variances: list[float] = [VARIANCE] * len(design.blocks)
        self.lean = np.zeros_like(self.theta)
        self._steps = np.zeros(len(design.blocks))  # of log variances, last
        self._stretched = True
        self._system: System

    @property
    def schur(self) -> FloatArray:
        """Information on the fixed effects, the random ones taken out."""
        return self._system.schur

    def climb(self) -> None:
        """Go to the mode at the present variances."""
        p = self.design.x.shape[1]
        ridge = np.repeat(1 / np.array(self.variances), self.design.blocks)
        for _step in range(MOST_STEPS):
            self._system = self.design.at(self.theta, self.kappa)
            self._system.lift(ridge)
            _check_covariates(self._system)
            right = self._system.score()
            right[p:] -= ridge * self.theta[p:]
            step = self._system.solve(right[:, None])[:, 0]
            largest = float(np.abs(step).max())
            if largest < MODE:
                return
            self.theta = self.theta + step * min(1.0, LARGEST_STEP / largest)

    def settle(self) -> float:
        """Set the variances anew and give their largest relative change."""
        p, system, blocks = self.design.x.shape[1], self._system, self.design.blocks
        edges = p + np.cumsum([0, *blocks])
        many = int(np.clip(ENOUGH // sum(blocks), *DRAWS))
        square = np.zeros_like(self.theta)
        own, apart = np.zeros(self.design.y.size), np.zeros(self.design.y.size)
        mean = np.zeros(self.design.events.size)
        for drawn in system.draws(many, np.random.default_rng(self._seed)):
            square += (drawn**2).sum(axis=1) / many
            for total, part in zip((own, apart, mean), system.spread(drawn), strict=True):
                total += part / many
        self.lean = system.solve(system.skewness(apart, mean)[:, None])[:, 0]
        middle = self.theta - self.lean
        old, new = np.array(self.variances), np.empty(len(blocks))
        for i, (low, high) in enumerate(pairwise(edges)):
            freedom = max(high - low - float(square[low:high].sum()) / old[i], 1e-9)
            new[i] = float(middle[low:high] @ middle[low:high]) / freedom
        new = np.clip(new, SMALLEST_VARIANCE, LARGEST_VARIANCE)
        changes = list(np.abs(new - old) / np.maximum(old, NOTICED))
        self._move(np.log(new / old))
        if self.kappa:
            shape = self._shape(middle, own)
            changes.append(abs(float(np.log(shape / self.kappa))))
            self.kappa = shape
        return max(changes)

    def _move(self, steps: FloatArray) -> None:
        """Move log variances; every second time by as much as is left of a geometric series."""
        left = np.ones_like(steps)
        if not self._stretched:
            going_on = steps * self._steps > 0
            share = np.divide(steps, self._steps, out=np.zeros_like(steps), where=going_on)
            left = 1 / (1 - np.clip(share, 0.0, LONGEST))
        self._stretched = not self._stretched
        self._steps = steps
        moved = np.log(self.variances) + np.clip(steps * left, -LARGEST_MOVE, LARGEST_MOVE)
        self.variances = np.clip(np.exp(moved), SMALLEST_VARIANCE, LARGEST_VARIANCE).tolist()

    def _shape(self, middle: FloatArray, spread: FloatArray) -> float:
        """Shape of the gamma law of strata, by the likelihood of their totals."""
        p, events = self.design.x.shape[1], self.design.events
        log_rate = self.design.x @ middle[:p] + self.design.z @ middle[p:] + 0.5 * spread
        rate = self.design.sum_strata(self.design.exposure * np.exp(log_rate))

        def loss(log_kappa: float) -> float:
            kappa = np.exp(log_kappa)
            told = special.gammaln(events + kappa) - special.gammaln(kappa) + kappa * log_kappa
            return -float((told - (events + kappa) * np.log(kappa + rate)).sum())

        found = optimize.minimize_scalar(loss, bounds=LOG_KAPPA, method="bounded")
        return float(np.exp(found.x))


def _check_covariates(system: System) -> None:
    scale = np.sqrt(np.maximum(np.diag(system.schur), 1e-300))
    if np.linalg.eigvalsh(system.schur / np.outer(scale, scale))[0] < 1e-10:
        msg = "the covariates are collinear within strata, expected ones that move on their own"
        raise InputError(msg)
