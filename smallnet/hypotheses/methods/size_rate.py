"""The size–rate curve of a person in a group: between groups, and as a group itself changes.

Rows are person × group × period. Between groups: the group's mean log size, compared within the
same person in the same period, groups random. Within: how far the group is from its own mean,
compared within the same person in the same group. Put in as one covariate the within part, which
has the rows but is tangled with the group's own life, would decide the answer to both (Mundlak
1978, https://doi.org/10.2307/1913646).
"""

from dataclasses import dataclass
from typing import Literal
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from smallnet.hypotheses.methods.mixed_poisson import MixedPoisson, fit_mixed_poisson
from smallnet.hypotheses.methods.rate_panel import RatePanel

__all__ = ["SizeRate", "WithinRate", "fit_size_rate", "fit_within"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Outcome = Literal["messages", "active_days"]
SMALLEST_LOG2_SIZE = 1.0  # a group has at least two members on average
PRIOR_WITHIN = np.log(2.0)  # sd of the within slope, which is only held fixed here
MOST_GROUPS = 1500  # dense algebra in a few seconds


@dataclass(frozen=True, kw_only=True)
class SizeRate:
    """A fitted curve.

    Attributes
    ----------
    model : MixedPoisson
        ``beta`` per doubling: between groups, then within.
    groups : DataFrame
        One row a group in the order of ``model.u``: ``group, size`` (2 to the mean log2 size),
        ``log2_size, days`` (person-days at risk in the rows), ``messages``, ``wander`` (standard
        deviation of log2 size over these days).
    sizes : tuple of ndarray
        Row of the group, members and person-days, of each row that tells of anything.
    people, rows : int
        That tell of anything, of the groups above.
    left_out : int
        Groups not drawn, where there were too many.
    """

    model: MixedPoisson
    groups: pd.DataFrame
    sizes: tuple[IntArray, FloatArray, FloatArray]
    people: int
    rows: int
    left_out: int

    def share_above(self, size: float) -> FloatArray:
        """Share of its person-days that each group had at least ``size`` members."""
        row, members, days = self.sizes
        above = np.bincount(row, days * (members >= size), len(self.groups))
        share: FloatArray = above / np.bincount(row, days, len(self.groups))
        return share

    @property
    def liveliness(self) -> FloatArray:
        """Log rate of the same person in each group, against the average group."""
        log2_size = self.groups["log2_size"].to_numpy(float)
        value: FloatArray = self.model.beta[0] * (log2_size - log2_size.mean()) + self.model.u
        return value


@dataclass(frozen=True, kw_only=True)
class WithinRate:
    """Rate ratio per doubling as a group itself grows; None where sizes hardly moved."""

    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    n_groups: int


_FITTED: "WeakKeyDictionary[RatePanel, dict[tuple[str, bool, bool], SizeRate]]"
_FITTED = WeakKeyDictionary()


def fit_size_rate(
    panel: RatePanel,
    *,
    rng: np.random.Generator,
    outcome: Outcome = "messages",
    same_period: bool = True,
    memberships_alike: bool = False,
) -> SizeRate:
    """Fit the between part, the within part held fixed.

    Parameters
    ----------
    panel : RatePanel
        The rows.
    rng : numpy.random.Generator
        Draws 1,500 groups where there are more.
    outcome : {"messages", "active_days"}
        What is counted.
    same_period : bool
        Compare a person's groups in the same period, so that common rhythms and a person's own
        comings and goings fall out; else over the whole watch.
    memberships_alike : bool
        Weigh each membership by 1 / (1 + expected count), so that it is worth about one event
        however much the person writes there.

    Raises
    ------
    InputError
        Where no person tells of two groups, or sizes do not differ.
    """
    known = _FITTED.setdefault(panel, {})
    reading = (outcome, same_period, memberships_alike)
    if reading not in known:
        fitted = _fit(panel, rng, *reading)
        if fitted.left_out:  # drawn by chance: nobody else's to reuse
            return fitted
        known[reading] = fitted
    return known[reading]


def _fit(
    panel: RatePanel,
    rng: np.random.Generator,
    outcome: Outcome,
    same_period: bool,
    memberships_alike: bool,
) -> SizeRate:
    log2_size = panel.groups["log2_size"].to_numpy(float)
    grown = log2_size >= SMALLEST_LOG2_SIZE
    counts: FloatArray = getattr(panel, outcome)
    at_risk = grown[panel.group] & (panel.days > 0)
    periods = int(panel.period.max(initial=0)) + 1
    stratum = panel.person * periods + panel.period if same_period else panel.person
    kept = _telling(stratum, counts, at_risk)
    codes = np.unique(panel.group[kept])
    left_out = max(codes.size - MOST_GROUPS, 0)
    if left_out:
        codes = np.sort(rng.choice(codes, MOST_GROUPS, replace=False))
        at_risk &= np.isin(panel.group, codes)
        kept = _telling(stratum, counts, at_risk)
    group = np.searchsorted(codes, panel.group[kept])
    y, days = counts[kept], panel.days[kept]
    strata = np.unique(stratum[kept], return_inverse=True)[1]
    x = np.column_stack([panel.between[kept], panel.within[kept]])

    def fit(weight: FloatArray | None) -> MixedPoisson:
        return fit_mixed_poisson(
            y, days, strata, group, x, n_groups=codes.size, weight=weight,
            prior_sd=(np.inf, PRIOR_WITHIN),
        )  # fmt: skip

    model = fit(None)
    if memberships_alike:
        rate = days * np.exp(x @ model.beta + model.u[group])
        mean = rate * (np.bincount(strata, y) / np.bincount(strata, rate))[strata]
        cell = np.unique(panel.person[kept] * codes.size + group, return_inverse=True)[1]
        model = fit(1 / (1 + np.bincount(cell, mean)[cell]))
    groups = panel.groups.iloc[codes].reset_index(drop=True)
    risk = np.bincount(group, days, codes.size)
    return SizeRate(
        model=model,
        groups=groups.assign(
            size=2.0 ** groups["log2_size"],
            days=risk,
            wander=np.sqrt(np.bincount(group, days * panel.within[kept] ** 2, codes.size) / risk),
            messages=np.bincount(group, y, codes.size),
        ),
        sizes=(group, 2.0 ** panel.log2_size[kept], days),
        people=int(np.unique(panel.person[kept]).size),
        rows=int(kept.size),
        left_out=left_out,
    )


def fit_within(panel: RatePanel, *, level: float = 0.95) -> WithinRate:
    """Fit the rate of the same person in the same group as the group's size moves.

    Strata are person × group, periods are random effects, and the interval lets a group's
    residuals hang together over time (clusters are groups; nothing of them is absorbed here,
    because every stratum lies in one group), by t with as many degrees of freedom as groups of
    equal information would be worth as much, less 1.
    """
    at_risk = (panel.groups["log2_size"].to_numpy() >= SMALLEST_LOG2_SIZE)[panel.group]
    stratum = panel.person * len(panel.groups) + panel.group
    kept = _telling(stratum, panel.messages, at_risk & (panel.days > 0))
    moved = panel.within[kept]
    groups = int(np.unique(panel.group[kept]).size)
    unknown = WithinRate(estimate=None, ci_low=None, ci_high=None, n_groups=groups)
    if groups < 3 or np.unique(panel.period[kept]).size < 2 or np.ptp(moved) < 1e-6:
        return unknown
    model = fit_mixed_poisson(
        panel.messages[kept],
        panel.days[kept],
        np.unique(stratum[kept], return_inverse=True)[1],
        panel.period[kept],
        moved,
        cluster=panel.group[kept],
        prior_sd=(10 * PRIOR_WITHIN,),
    )
    if model.cov_clustered is None or not model.converged:
        return unknown
    freedom = max(model.effective_clusters - 1, 1.0)
    half = stats.t.ppf((1 + level) / 2, freedom) * np.sqrt(model.cov_clustered[0, 0])
    if half > np.log(30.0):  # sizes hardly moved: a factor of 900 between the ends says nothing
        return unknown
    low, middle, high = np.exp(model.beta[0] + np.array([-half, 0.0, half]))
    return WithinRate(
        estimate=float(middle), ci_low=float(low), ci_high=float(high), n_groups=groups
    )


def _telling(stratum: IntArray, counts: FloatArray, at_risk: npt.NDArray[np.bool_]) -> IntArray:
    """Rows at risk in strata with an event and another row."""
    rows = np.flatnonzero(at_risk)
    codes = np.unique(stratum[rows], return_inverse=True)[1]
    good = (np.bincount(codes, counts[rows])[codes] > 0) & (np.bincount(codes)[codes] > 1)
    return rows[good]
