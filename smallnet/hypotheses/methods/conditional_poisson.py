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

import numpy as np
import numpy.typing as npt

from smallnet.errors import InputError
from smallnet.hypotheses.guards import check_counts
from smallnet.hypotheses.methods.within import Within, check_rows, climb, clustered_errors, codes_of

__all__ = ["fit_conditional_poisson"]

FloatArray = npt.NDArray[np.float64]


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
    y_, e_, x_ = counts[keep], risk[keep], values[keep] - values[keep].mean(axis=0)
    s_ = codes_of(code[keep])
    events: FloatArray = np.bincount(s_, y_).astype(float) if keep.any() else np.zeros(0)

    def state(beta: FloatArray) -> tuple[FloatArray, FloatArray, tuple[FloatArray, FloatArray]]:
        mu, centred, information = _state(beta, e_, x_, s_, events)
        return centred.T @ (y_ - mu), information, (mu, centred)

    beta, information, (mu, centred) = climb(
        state, x_, most_iterations=most_iterations, tolerance=tolerance
    )
    cov: FloatArray = np.linalg.inv(information).astype(float)
    held = mu[:, None, None] * centred[:, :, None] * centred[:, None, :]
    chosen = [np.asarray(c)[keep] for c in clusters] or [s_]
    clustered, worth = clustered_errors((y_ - mu)[:, None] * centred, held, cov, chosen)
    return Within(
        beta=beta,
        cov=cov,
        cov_clustered=clustered,
        effective_clusters=worth,
        n_rows=int(keep.sum()),
        n_strata=int(events.size),
        events=float(y_.sum()),
    )


def _state(
    beta: FloatArray,
    exposure: FloatArray,
    x: FloatArray,
    stratum: npt.NDArray[np.int64],
    events: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give expected counts, covariates less their stratum's mean, and the information."""
    eta = x @ beta
    rate = exposure * np.exp(eta - eta.max(initial=0.0))
    total = np.bincount(stratum, rate, events.size)
    mu = rate * (events / np.maximum(total, 1e-300))[stratum]
    mean = [np.bincount(stratum, mu * c, events.size) / events for c in x.T]
    centred = x - np.stack(mean, 1)[stratum] if events.size else x
    return mu, centred, centred.T @ (mu[:, None] * centred)
