"""Adoption against the alters who adopted before: a logit in steps of time, and shuffled times.

Rows are people in periods, until they adopt; rows that the model cannot tell apart are counted
together, so that a fit costs the number of different rows, whatever the number of people.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.sparse import csr_array

from smallnet.errors import InputError

__all__ = ["Cells", "Diffusion", "ExposureFit", "count_cells", "fit_exposure", "shuffled"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FRACTIONS = 20  # steps in which a fraction of one's alters is counted
MOST_CELLS = 20_000_000


@dataclass(frozen=True)
class Diffusion:
    """Who adopted when, and to whom they are exposed; people are 0 to n - 1."""

    ties: csr_array  # (n, n); a stored entry (ego, alter) exposes ego to alter
    adopted: IntArray  # (n,) period from 0; n_periods or more: not while watched
    group: IntArray  # (n,) from 0; all 0 where groups are not told apart
    n_periods: int
    enters: IntArray  # (n,) first period at risk
    leaves: IntArray  # (n,) first period at risk no more

    def __post_init__(self) -> None:
        n = self.adopted.size
        if self.ties.shape != (n, n) or not n == self.group.size == self.enters.size:
            msg = f"ties have shape {self.ties.shape} and groups {self.group.shape} for {n} people"
            raise InputError(msg)
        if not n or self.adopted.min() < 0:
            msg = f"{n} people with adoption periods, expected some, each of 0 or more"
            raise InputError(msg)


@dataclass(frozen=True)
class Cells:
    """Rows of people in periods, alike ones counted together."""

    rows: FloatArray  # (cells,)
    events: FloatArray  # (cells,) of them, adopted in that period
    exposure: IntArray  # (cells,) alters who adopted before, or steps of a fraction
    period: IntArray
    group: IntArray


@dataclass(frozen=True)
class ExposureFit:
    """Coefficients of a logit of adopting, with standard errors from the information."""

    coefficients: FloatArray  # (q,)
    errors: FloatArray  # (q,)
    log_likelihood: float
    rows: int
    events: int
    nuisance: FloatArray  # of periods and groups; where a next fit may start


def count_cells(diffusion: Diffusion, *, fraction: bool = False) -> Cells:
    """Count rows by period, group and exposure.

    Parameters
    ----------
    diffusion : Diffusion
        Adoption is certain knowledge: who adopted before entering is never at risk, but exposes.
    fraction : bool
        Exposure in steps of 1/20 of one's alters in place of their number.

    Raises
    ------
    InputError
        If there would be more than 20 million cells; tell fewer groups or periods apart.
    """
    exposes = csr_array(diffusion.ties.T)
    degree = np.diff(diffusion.ties.indptr)
    most = FRACTIONS if fraction else int(degree.max(initial=0))
    groups = int(diffusion.group.max()) + 1
    shape = (diffusion.n_periods, groups, most + 1)
    if np.prod(shape, dtype=float) > MOST_CELLS:
        msg = (
            f"{shape[0]} periods, {shape[1]} groups and exposures up to {most} make more than "
            f"{MOST_CELLS} cells, expected fewer periods or groups"
        )
        raise InputError(msg)
    rows, events = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    _count(
        exposes.indptr.astype(np.int64),
        exposes.indices.astype(np.int64),
        diffusion.adopted,
        diffusion.enters,
        np.minimum(diffusion.leaves, diffusion.n_periods),
        diffusion.group,
        np.maximum(degree, 1) if fraction else np.zeros_like(degree),
        rows,
        events,
    )
    period, group, exposure = np.nonzero(rows)
    return Cells(
        rows[period, group, exposure].astype(float),
        events[period, group, exposure].astype(float),
        exposure,
        period,
        group,
    )


@njit(cache=True)
def _count(
    start: IntArray,
    ego: IntArray,
    adopted: IntArray,
    enters: IntArray,
    leaves: IntArray,
    group: IntArray,
    degree: IntArray,
    rows: IntArray,
    events: IntArray,
) -> None:
    n = adopted.size
    before = np.zeros(n, np.int64)
    for t in range(rows.shape[0]):
        for i in range(n):
            if enters[i] <= t < leaves[i] and adopted[i] >= t:
                x = before[i]
                if degree[i] > 0:
                    x = np.int64(np.rint(FRACTIONS * x / degree[i]))
                rows[t, group[i], x] += 1
                events[t, group[i], x] += adopted[i] == t
        for j in range(n):
            if adopted[j] == t:
                for e in range(start[j], start[j + 1]):
                    before[ego[e]] += 1


def fit_exposure(
    cells: Cells,
    columns: Sequence[npt.ArrayLike],
    *,
    by_group: bool,
    nuisance: FloatArray | None = None,
) -> ExposureFit:
    r"""Fit the log-odds of adopting on ``columns``, with an effect of each period (and group).

    Parameters
    ----------
    cells : Cells
        Periods and groups in which nobody or everybody adopted tell nothing and are left out.
    columns : sequence of array_like, each of shape (cells,)
        What stands beside the effects, such as :math:`\ln(1 + a)` of the alters who adopted.
    by_group : bool
        Whether groups have effects too.
    nuisance : ndarray, optional
        Where to start, from a fit of the same periods and groups.

    Raises
    ------
    InputError
        If nothing that varies is left, or the likelihood has no maximum.
    """
    x = np.column_stack([np.asarray(column, dtype=float) for column in columns])
    kept = _told(cells, by_group=by_group)
    x, n, y = x[kept], cells.rows[kept], cells.events[kept]
    if not n.size or np.linalg.matrix_rank(x - x[0]) < x.shape[1]:
        msg = f"{int(n.sum())} rows that tell: exposure does not vary among those at risk"
        raise InputError(msg)
    period = np.unique(cells.period[kept], return_inverse=True)[1]
    codes = cells.group[kept] if by_group else np.zeros(n.size, np.int64)
    group = np.unique(codes, return_inverse=True)[1]
    periods, groups, q = period.max() + 1, group.max() + 1, x.shape[1]
    size = q + periods + groups - 1
    theta = np.zeros(size)
    if nuisance is not None and nuisance.size == size - q:
        theta[q:] = nuisance
    else:
        theta[q : q + periods] = np.log(y.sum() / (n.sum() - y.sum()))

    def predict(theta: FloatArray) -> tuple[FloatArray, float]:
        of_group = np.append(0.0, theta[q + periods :])
        eta = x @ theta[:q] + theta[q : q + periods][period] + of_group[group]
        return eta, float((y * eta - n * np.logaddexp(0.0, eta)).sum())

    eta, value = predict(theta)
    for _ in range(50):
        chance = 1 / (1 + np.exp(-eta))
        rest = y - n * chance
        slope = np.concatenate(
            [x.T @ rest, np.bincount(period, rest, periods), np.bincount(group, rest, groups)[1:]]
        )
        hessian = _information(x, n * chance * (1 - chance), period, group, periods, groups)
        try:
            move = np.linalg.solve(hessian, slope)
        except np.linalg.LinAlgError:
            break
        scale = 1.0
        while scale > 1e-6:
            tried, reached = predict(theta + scale * move)
            if reached >= value - 1e-10:
                break
            scale /= 2
        theta = theta + scale * move
        eta, value = tried, reached
        if not np.isfinite(theta).all() or np.abs(theta[:q]).max() > 50:
            break
        if np.abs(slope @ move) < 1e-9:
            errors = np.sqrt(np.diag(np.linalg.inv(hessian))[:q])
            return ExposureFit(theta[:q], errors, value, int(n.sum()), int(y.sum()), theta[q:])
    msg = f"the likelihood of {int(n.sum())} rows with {int(y.sum())} adoptions has no maximum"
    raise InputError(msg)


def _told(cells: Cells, *, by_group: bool) -> npt.NDArray[np.bool_]:
    """Which cells lie in periods (and groups) where some at risk adopted and some did not."""
    kept = np.ones(cells.rows.size, np.bool_)
    while True:
        before = kept.sum()
        for code in (cells.period, cells.group) if by_group else (cells.period,):
            rows = np.bincount(code, cells.rows * kept)
            events = np.bincount(code, cells.events * kept)
            kept &= ((events > 0) & (events < rows))[code]
        if kept.sum() == before:
            return kept


def _information(
    x: FloatArray, weight: FloatArray, period: IntArray, group: IntArray, periods: int, groups: int
) -> FloatArray:
    q = x.shape[1]
    g = q + periods
    hessian = np.zeros((g + groups - 1, g + groups - 1))
    hessian[:q, :q] = (x * weight[:, None]).T @ x
    for k in range(q):
        hessian[k, q:g] = np.bincount(period, weight * x[:, k], periods)
        hessian[k, g:] = np.bincount(group, weight * x[:, k], groups)[1:]
    hessian[np.arange(q, g), np.arange(q, g)] = np.bincount(period, weight, periods)
    own = np.arange(g, g + groups - 1)
    hessian[own, own] = np.bincount(group, weight, groups)[1:]
    both = np.bincount(period * groups + group, weight, periods * groups)
    hessian[q:g, g:] = both.reshape(periods, groups)[:, 1:]
    upper = np.triu_indices_from(hessian, 1)
    hessian.T[upper] = hessian[upper]
    return hessian


def shuffled(diffusion: Diffusion, *, rng: np.random.Generator) -> Diffusion:
    """Exchange adoption periods among the adopters of each group: who adopts stays, when does not.

    Anagnostopoulos, Kumar and Mahdian, Proc. KDD 2008, 7-15,
    https://doi.org/10.1145/1401890.1401897.
    """
    who = np.flatnonzero(diffusion.adopted < diffusion.n_periods)
    who = who[np.argsort(diffusion.group[who], kind="stable")]
    drawn = who[np.lexsort((rng.random(who.size), diffusion.group[who]))]
    adopted = diffusion.adopted.copy()
    adopted[who] = diffusion.adopted[drawn]
    return Diffusion(
        diffusion.ties,
        adopted,
        diffusion.group,
        diffusion.n_periods,
        diffusion.enters,
        diffusion.leaves,
    )
