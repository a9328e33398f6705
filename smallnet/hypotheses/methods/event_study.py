"""Staggered events: what changed in groups after each got its own event, at its own time.

A regression on unit and period effects (two-way fixed effects) uses groups that had their event
earlier as controls for those that have it now. Where effects grow, it subtracts the growth of the
old ones from the effect of the new ones and can even turn the sign. Here every *cohort* (the groups
whose event came in the same period) is compared only with groups that had none yet, from the last
period before its event, and these clean comparisons are averaged.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.rate_panel import RatePanel
from smallnet.hypotheses.methods.two_way import checked_panel, two_way_effect

__all__ = ["Controls", "Effect", "EventStudy", "event_study", "sum_by_period"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
FEW = 5  # treated clusters; fewer say too little to be asked about a trend
Controls = Literal["not yet treated", "never treated"]


@dataclass(frozen=True, kw_only=True)
class Effect:
    """An effect with its interval; ``nan`` where it cannot be known."""

    estimate: float
    low: float
    high: float
    p_value: float
    standard_error: float
    n_treated: int  # units (or clusters of units) behind it


@dataclass(frozen=True, kw_only=True)
class EventStudy:
    """Effects of a staggered event.

    Attributes
    ----------
    overall : Effect
        Mean over all treated unit-periods (differences), or log of all observed over all expected
        events (counts).
    by_time : DataFrame
        One row a time since the event: ``since, estimate, low, high, p_value, standard_error,
        n_treated, n_cohorts``. ``since`` is 0 in the period of the event; the last period before
        is the base and has no row; those before it should be 0.
    cells : DataFrame
        One row a cohort and period: ``cohort, period, since, estimate, n_treated, n_control``.
    p_pre_trend : float
        Whether anything before the event differs from the base: smallest p over those times,
        against its law in the draws; times with fewer than 5 treated clusters count only if no
        other does; ``nan`` if there are none. A large p is no proof of parallel
        trends (Roth 2022, see :func:`event_study`).
    two_way : float
        What the regression on unit and period effects says, for comparison; biased if effects
        grow or differ between cohorts.
    early_units : int
        Units left out because their event came before any base period.
    """

    overall: Effect
    by_time: pd.DataFrame
    cells: pd.DataFrame
    p_pre_trend: float
    two_way: float
    early_units: int


def event_study(
    outcome: npt.ArrayLike,
    event_at: npt.ArrayLike,
    *,
    at_risk: npt.ArrayLike | None = None,
    cluster: npt.ArrayLike | None = None,
    controls: Controls = "not yet treated",
    anticipation: int = 0,
    longest: int | None = None,
    level: float = 0.95,
    replicates: int = 999,
    rng: np.random.Generator,
) -> EventStudy:
    r"""Average effects by cohort and period, and their averages by time since the event.

    For the cohort :math:`g`, base :math:`b = g - 1 - a` (:math:`a` is the anticipation) and the
    controls :math:`C` that have no event until :math:`\max(t, b) + a` [1]_:

    .. math:: ATT(g, t) = E[Y_t - Y_b \mid g] - E[Y_t - Y_b \mid C]

    and by time since the event, with :math:`n_g` units in each cohort,
    :math:`\sum_g n_g ATT(g, g + e) / \sum_g n_g`. With ``at_risk``, outcomes are counts
    :math:`M` over time at risk :math:`D`, trends are parallel in ratios, and the effect is the
    log of observed over expected events [2]_,

    .. math:: \log \frac{\sum_{i \in g} M_{it}}{\sum_{i \in g} M_{ib} D_{it} / D_{ib}} -
       \log \frac{\sum_{i \in C} M_{it}}{\sum_{i \in C} M_{ib} D_{it} / D_{ib}}

    with observed and expected summed over the cohorts before their ratio is taken, so that a
    silent group counts with its zero.

    Parameters
    ----------
    outcome : array_like of float, shape (units, periods)
        A mean or rate; ``nan`` where unseen. Counts with ``at_risk``.
    event_at : array_like of float, shape (units,)
        Number of the first period with the event, from 0; ``inf`` or ``nan`` for never.
    at_risk : array_like of float, shape (units, periods), optional
        Time at risk; 0 where unseen.
    cluster : array_like, shape (units,), optional
        Units that share a label are drawn together (groups with common members); each alone if
        left out.
    controls : {"not yet treated", "never treated"}
        Whom to compare with.
    anticipation : int
        Periods before the event in which it may already work.
    longest : int, optional
        Largest distance from the event, periods, either way.
    level : float
        Confidence.
    replicates : int
        Bootstrap draws; every cluster gets an exponential weight.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    EventStudy
        On the scale of the outcome, or log rate ratios with ``at_risk``.

    Raises
    ------
    InputError
        If shapes do not match, counts are negative, or no cohort has a base period and controls.

    Notes
    -----
    The bootstrap's standard error is widened by :math:`\sqrt{(n+1)/(n-1)}`, n being the smaller of
    the number of treated and of control clusters, and t has n - 1 degrees of freedom, because
    exponential weights are too narrow by this factor for a mean of n. Times since the event are
    averages over different cohorts; far from the event only early ones are left.

    If events answer a low in the period before, the base is the low and the effect too large: see
    :func:`~smallnet.hypotheses.methods.matched_lows.align_at_lows`.

    References
    ----------
    .. [1] B. Callaway and P. H. C. Sant'Anna, Journal of Econometrics 225, 200-230 (2021).
       https://doi.org/10.1016/j.jeconom.2020.12.001
    .. [2] J. M. Wooldridge, Econometrics Journal 26, C31-C66 (2023), for trends parallel in ratios.
       https://doi.org/10.1093/ectj/utad016
    .. [3] J. Roth, American Economic Review: Insights 4, 305-322 (2022).
       https://doi.org/10.1257/aeri.20210236
    .. [4] A. Goodman-Bacon, Journal of Econometrics 225, 254-277 (2021), for the bias of two-way
       fixed effects. https://doi.org/10.1016/j.jeconom.2021.03.014

    Examples
    --------
    >>> y = np.array([[1.0, 1.0, 4.0, 5.0], [2.0, 2.0, 4.0, 5.0], [0.0, 0.0, 1.0, 1.0]])
    >>> study = event_study(y, [2, 2, np.inf], rng=np.random.default_rng(1))
    >>> study.by_time[["since", "estimate"]].to_numpy().tolist()
    [[-2.0, 0.0], [0.0, 1.5], [1.0, 2.5]]
    """
    y, event, days = checked_panel(outcome, event_at, at_risk)
    if controls not in get_args(Controls):
        msg = f"controls are {controls!r}, expected one of {get_args(Controls)}"
        raise InputError(msg)
    bundle = np.arange(len(y)) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    if bundle.size != len(y):
        msg = f"{bundle.size} cluster labels for {len(y)} units, expected one a unit"
        raise InputError(msg)
    draws = rng.standard_exponential((replicates, bundle.max() + 1))[:, bundle]
    weight = np.vstack([np.ones(len(y)), draws])  # the first row is the estimate
    panel = _Panel(y, days, event, weight, controls, anticipation)
    cohorts = np.unique(event[np.isfinite(event)]).astype(int)
    parts = [panel.compare(g) for g in cohorts if anticipation < g < y.shape[1]]
    cells = _join([part.within(longest) for part in parts])
    if not cells.since.size:
        msg = (
            f"no cohort of the {int(np.isfinite(event).sum())} units with an event has a period "
            f"before it and controls that are {controls}"
        )
        raise InputError(msg)
    times = [(e, cells.at(cells.since == e)) for e in np.unique(cells.since)]
    summed = [_summed(part, bundle, days is not None, level) for _, part in times]
    rows = [
        {"since": int(e), **vars(effect), "n_cohorts": np.unique(part.cohort).size}
        for (e, part), (effect, _) in zip(times, summed, strict=True)
    ]
    early = [i for i, (e, _) in enumerate(times) if e < -1 - anticipation]
    return EventStudy(
        overall=_summed(cells.at(cells.since >= 0), bundle, days is not None, level)[0],
        by_time=pd.DataFrame(rows),
        cells=cells.table(days is not None),
        p_pre_trend=_smallest_p([summed[i] for i in early]),
        two_way=two_way_effect(y, event, at_risk=days),
        early_units=int((event <= anticipation).sum()),
    )


def sum_by_period(panel: RatePanel) -> tuple[FloatArray, FloatArray]:
    """Messages and member-days of each group in each period, ready for :func:`event_study`.

    Parameters
    ----------
    panel : RatePanel
        Rows person × group × period.

    Returns
    -------
    tuple of ndarray, shape (groups, periods)
        Messages and member-days; groups in the order of ``panel.groups``.
    """
    shape = (len(panel.groups), int(panel.period.max(initial=-1)) + 1)
    place = panel.group * shape[1] + panel.period
    messages, days = np.zeros(shape), np.zeros(shape)
    np.add.at(messages.reshape(-1), place, panel.messages)
    np.add.at(days.reshape(-1), place, panel.days)
    return messages, days


@dataclass(frozen=True)
class _Cells:
    """Cells of cohort and period: ``top / bottom`` is the effect, or its exp for counts."""

    cohort: npt.NDArray[np.int64]
    period: npt.NDArray[np.int64]
    top: FloatArray  # (1 + replicates, cells)
    bottom: FloatArray
    treated: BoolArray  # (units, cells)
    control: BoolArray

    @property
    def since(self) -> npt.NDArray[np.int64]:
        return self.period - self.cohort

    def at(self, kept: BoolArray) -> "_Cells":
        return _Cells(*(values[..., kept] for values in vars(self).values()))

    def within(self, longest: int | None) -> "_Cells":
        return self if longest is None else self.at(np.abs(self.since) <= longest)

    def table(self, counts: bool) -> pd.DataFrame:
        with np.errstate(divide="ignore", invalid="ignore"):
            effect = self.top[0] / self.bottom[0]
            effect = np.log(effect) if counts else effect
        return pd.DataFrame(
            {
                "cohort": self.cohort,
                "period": self.period,
                "since": self.since,
                "estimate": effect,
                "n_treated": self.treated.sum(axis=0),
                "n_control": self.control.sum(axis=0),
            }
        )


@dataclass(frozen=True)
class _Panel:
    y: FloatArray
    days: FloatArray | None
    event: FloatArray
    weight: FloatArray  # (1 + replicates, units)
    controls: Controls
    anticipation: int

    def compare(self, cohort: int) -> _Cells:
        """Compare one cohort with its controls in every period but the base."""
        base = cohort - 1 - self.anticipation
        period = np.delete(np.arange(self.y.shape[1]), base)
        if self.days is None:
            after = self.y[:, period] - self.y[:, [base]]
            seen = np.isfinite(after)
            before = seen.astype(float)
        else:
            time = self.days[:, period]
            seen = (time > 0) & (self.days[:, [base]] > 0)
            after = self.y[:, period]
            with np.errstate(divide="ignore", invalid="ignore"):
                before = np.where(seen, self.y[:, [base]] * time / self.days[:, [base]], 0)
        after = np.where(seen, after, 0)
        clean = self.event[:, None] > np.maximum(period, base) + self.anticipation
        if self.controls == "never treated":
            clean = np.isinf(self.event)[:, None]
        mine = (self.event == cohort)[:, None]
        treated, control = seen & mine, seen & clean & ~mine
        with np.errstate(divide="ignore", invalid="ignore"):
            trend = (self.weight @ (after * control)) / (self.weight @ (before * control))
        top, bottom = self.weight @ (after * treated), self.weight @ (before * treated)
        if self.days is None:
            top = top - bottom * trend
        else:
            bottom = bottom * trend
        known = treated.any(axis=0) & control.any(axis=0) & np.isfinite(trend).all(axis=0)
        cohorts = np.full(period.size, cohort)
        return _Cells(cohorts, period, top, bottom, treated, control).at(known)


def _join(parts: list[_Cells]) -> _Cells:
    if not parts:
        none = np.empty((0, 0))
        return _Cells(
            none[0:0].astype(int).ravel(),
            none[0:0].astype(int).ravel(),
            none,
            none,
            none.astype(bool),
            none.astype(bool),
        )
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return _Cells(*(np.concatenate(column, axis=-1) for column in columns))


def _summed(
    cells: _Cells, bundle: npt.NDArray[np.int64], counts: bool, level: float
) -> tuple[Effect, FloatArray]:
    """Pool cells into one effect; with it, how far the draws are from it in standard errors."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values = cells.top.sum(axis=1) / cells.bottom.sum(axis=1)
        values = np.log(values) if counts else values
    n_treated = np.unique(bundle[cells.treated.any(axis=1)]).size
    n_control = np.unique(bundle[cells.control.any(axis=1)]).size
    n = min(n_treated, n_control)
    estimate = float(values[0])
    if n < 2 or not np.isfinite(values).all():
        nan = float("nan")
        return Effect(
            estimate=estimate if np.isfinite(estimate) else nan,
            low=nan,
            high=nan,
            p_value=nan,
            standard_error=nan,
            n_treated=n_treated,
        ), values[1:] * nan
    error = float(values[1:].std(ddof=1) * np.sqrt((n + 1) / (n - 1)))
    half = float(stats.t.ppf((1 + level) / 2, n - 1)) * error
    ratio = abs(estimate) / error if error > 0 else np.inf * (estimate != 0 or np.nan)
    effect = Effect(
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        p_value=float(2 * stats.t.sf(ratio, n - 1)),
        standard_error=error,
        n_treated=n_treated,
    )
    scaled = (values[1:] - values[1:].mean()) / max(values[1:].std(ddof=1), 1e-300)
    a, b = 1 / n_treated, 1 / n_control
    welch = (a + b) ** 2 / (a**2 / (n_treated - 1) + b**2 / (n_control - 1))
    return effect, np.vstack([scaled, np.full(scaled.size, welch)])


def _smallest_p(parts: list[tuple[Effect, FloatArray]]) -> float:
    """Compare the smallest p over times with that of the draws, which share chance over times.

    Each time has its own degrees of freedom, so p-values compare where t would not. They are
    Welch's for equal variances: a warning may not be slower than an effect.
    """
    known = [(effect, draws) for effect, draws in parts if effect.standard_error > 0]
    enough = [part for part in known if part[0].n_treated >= FEW]
    known = enough or known
    if not known:
        return float("nan")
    found = min(
        2 * stats.t.sf(abs(effect.estimate) / effect.standard_error, draws[1, 0])
        for effect, draws in known
    )
    drawn = np.min([2 * stats.norm.sf(np.abs(draws[0])) for _, draws in known], axis=0)
    return float((1 + (drawn <= found).sum()) / (1 + drawn.size))
