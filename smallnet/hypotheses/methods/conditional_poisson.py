r"""Rates compared within strata: the conditional Poisson, errors clustered in one way or two.

.. math:: y_r \sim \mathrm{Poisson}(e_r \exp(a_{s(r)} + x_r \beta))

Given the total of each stratum the counts are multinomial, so that a stratum (a sharer, a group)
may have any rate of its own and costs nothing. With one event in each stratum and weights of 1 it
is the conditional logit of a choice from a menu [1]_. For rare or frequent yes-or-no outcomes the
ratio is one of risks, and the clustered errors hold for them too [2]_.

References
----------
.. [1] D. McFadden, in: P. Zarembka (ed.), Frontiers in Econometrics, Academic Press (1974).
.. [2] G. Zou, American Journal of Epidemiology 159, 702-706 (2004).
   https://doi.org/10.1093/aje/kwh090
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smallnet.errors import InputError
from smallnet.hypotheses.guards import check_counts
from smallnet.hypotheses.methods.within import Within, check_rows, climb, clustered_errors, codes_of

__all__ = ["StrataCounts", "fit_conditional_poisson", "telling_rows"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def fit_conditional_poisson(
    y: npt.ArrayLike,
    exposure: npt.ArrayLike,
    x: npt.ArrayLike,
    stratum: npt.ArrayLike,
    *,
    clusters: Sequence[npt.ArrayLike] = (),
    most_iterations: int = 100,
    tolerance: float = 1e-9,
) -> Within:
    """Fit log rate ratios, each stratum with a rate of its own.

    Parameters
    ----------
    y : array_like, shape (rows,)
        Events, at least 0.
    exposure : array_like, shape (rows,)
        What could have had an event (viewers, member-days), at least 0; rows of 0 are passed over.
    x : array_like, shape (rows, k) or (rows,)
        Covariates of rows.
    stratum : array_like, shape (rows,)
        What is compared within.
    clusters : sequence of array_like, each of shape (rows,)
        What may hang together, one way or two that cross; strata where none is given.
    most_iterations : int
        Of the Newton steps.
    tolerance : float
        Largest step at which it stops.

    Returns
    -------
    Within

    Raises
    ------
    TrapError
        If y was divided by the exposure or by a regressor: pass the count itself.
    InputError
        For columns of unlike lengths or negative values, no stratum that tells of anything,
        collinear covariates, or events on one side alone, so that no finite ratio exists.

    Examples
    --------
    >>> model = fit_conditional_poisson([6, 2, 3, 1], [10, 10, 4, 4], [1, 0, 1, 0], [0, 0, 1, 1])
    >>> np.exp(model.beta).round(6)
    array([3.])
    """
    rows = telling_rows(y, exposure, x, stratum)

    def state(beta: FloatArray) -> tuple[FloatArray, FloatArray, tuple[FloatArray, FloatArray]]:
        mu, centred, information = rows.at(beta)
        return centred.T @ (rows.y - mu), information, (mu, centred)

    beta, information, (mu, centred) = climb(
        state, rows.x, most_iterations=most_iterations, tolerance=tolerance
    )
    cov: FloatArray = np.linalg.inv(information).astype(float)
    held = mu[:, None, None] * centred[:, :, None] * centred[:, None, :]
    chosen = [np.asarray(c)[rows.kept] for c in clusters] or [rows.stratum]
    clustered, worth = clustered_errors((rows.y - mu)[:, None] * centred, held, cov, chosen)
    return Within(
        beta=beta,
        cov=cov,
        cov_clustered=clustered,
        effective_clusters=worth,
        n_rows=rows.y.size,
        n_strata=int(rows.events.size),
        events=float(rows.y.sum()),
    )


@dataclass(frozen=True)
class StrataCounts:
    """The rows that tell of anything, strata coded from 0 and covariates about their mean.

    ``kept`` says which of the rows given they are; ``events`` is the total of each stratum.
    """

    y: FloatArray
    exposure: FloatArray
    x: FloatArray
    stratum: IntArray
    events: FloatArray
    kept: npt.NDArray[np.bool_]

    def at(self, beta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Give expected counts, covariates less their stratum's mean, and the information."""
        eta = self.x @ beta
        rate = self.exposure * np.exp(eta - eta.max(initial=0.0))
        total = np.bincount(self.stratum, rate, self.events.size)
        mu = rate * (self.events / np.maximum(total, 1e-300))[self.stratum]
        mean = [np.bincount(self.stratum, mu * c, self.events.size) / self.events for c in self.x.T]
        centred = self.x - np.stack(mean, 1)[self.stratum] if self.events.size else self.x
        return mu, centred, centred.T @ (mu[:, None] * centred)


def telling_rows(
    y: npt.ArrayLike, exposure: npt.ArrayLike, x: npt.ArrayLike, stratum: npt.ArrayLike
) -> StrataCounts:
    """Check columns and keep the rows at risk in strata with an event and another row.

    Parameters
    ----------
    y, exposure, x, stratum
        As in :func:`fit_conditional_poisson`.

    Raises
    ------
    TrapError, InputError
        As there.
    """
    values = check_rows(x, y=y, exposure=exposure, stratum=stratum)
    check_counts(y, exposure, values)
    counts, risk = np.asarray(y, dtype=float), np.asarray(exposure, dtype=float)
    if not (counts >= 0).all() or not (risk >= 0).all() or not np.isfinite(risk).all():
        msg = "y and exposure must be finite and at least 0"
        raise InputError(msg)
    code = codes_of(stratum)
    alive = risk > 0
    tells = np.bincount(code, counts * alive)[code] > 0
    keep = alive & tells & (np.bincount(code, alive)[code] > 1)
    inside = values[keep]
    strata = codes_of(code[keep])
    return StrataCounts(
        y=counts[keep],
        exposure=risk[keep],
        x=inside - inside.mean(axis=0) if keep.any() else inside,
        stratum=strata,
        events=np.bincount(strata, counts[keep]).astype(float) if keep.any() else np.zeros(0),
        kept=keep,
    )
