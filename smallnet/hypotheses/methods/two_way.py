"""The regression on unit and period effects, to show where it goes wrong.

With events at different times it is a mean of many before-and-after comparisons, some of which
take units that had their event earlier as controls; kept for comparison only.
"""

import numpy as np
import numpy.typing as npt

from smallnet.errors import InputError

__all__ = ["checked_panel", "two_way_effect"]

FloatArray = npt.NDArray[np.float64]


def two_way_effect(
    outcome: npt.ArrayLike, event_at: npt.ArrayLike, *, at_risk: npt.ArrayLike | None = None
) -> float:
    """Regression on unit effects, period effects and "had its event"; kept for comparison.

    Least squares, or with ``at_risk`` Poisson with unit effects conditioned out. Biased where
    effects grow or differ between cohorts: a weighted mean of effects with some negative weights.

    Parameters
    ----------
    outcome, event_at, at_risk
        As in :func:`~smallnet.hypotheses.methods.event_study.event_study`.

    Returns
    -------
    float
        Coefficient; ``nan`` if it is not identified.

    References
    ----------
    .. [1] A. Goodman-Bacon, Journal of Econometrics 225, 254-277 (2021).
       https://doi.org/10.1016/j.jeconom.2021.03.014

    Examples
    --------
    >>> round(two_way_effect([[0.0, 2.0], [0.0, 1.0]], [1, np.inf]), 6)
    1.0
    """
    y, event, days = checked_panel(outcome, event_at, at_risk)
    n_periods = y.shape[1]
    treated = (np.arange(n_periods) >= event[:, None]).astype(float)
    seen = np.isfinite(y) if days is None else days > 0
    columns = [np.broadcast_to(np.arange(n_periods) == t, y.shape) for t in range(1, n_periods)]
    design = np.stack([treated, *columns], axis=-1).astype(float)  # units, periods, coefficients
    coefficient = np.zeros(design.shape[-1])
    mean = seen / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    total = np.where(seen, y, 0).sum(axis=1, keepdims=True)
    for _ in range(1 if days is None else 50):
        if days is None:  # within-unit means out
            fitted, curvature = mean * total, seen.astype(float)
        else:  # multinomial of each unit's events over its periods
            share = np.where(seen, days, 0) * np.exp(np.clip(design @ coefficient, -50, 50))
            mean = share / np.maximum(share.sum(axis=1, keepdims=True), 1e-300)
            fitted = curvature = mean * total
        centred = design - np.einsum("it,itk->ik", mean, design)[:, None]
        score = np.einsum("itk,it->k", centred, np.where(seen, y - fitted, 0))
        matrix = np.einsum("itk,itl->kl", centred * curvature[..., None], centred)
        step, _, rank, _ = np.linalg.lstsq(matrix, score, rcond=1e-10)
        alone = np.linalg.lstsq(matrix[1:, 1:], matrix[1:, 0], rcond=1e-10)[0]
        if rank == 0 or matrix[0, 0] - matrix[0, 1:] @ alone <= 1e-9 * max(matrix[0, 0], 1e-300):
            return float("nan")  # told apart from the unit and period effects by nothing
        coefficient = coefficient + np.clip(step, -np.inf if days is None else -2, np.inf)
        if np.abs(step).max() < 1e-9:
            break
    return float(coefficient[0])


def checked_panel(
    outcome: npt.ArrayLike, event_at: npt.ArrayLike, at_risk: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    """Outcome, event times (``inf`` for never) and time at risk as arrays that agree."""
    y, event = np.asarray(outcome, dtype=float), np.asarray(event_at, dtype=float)
    if y.ndim != 2 or event.shape != y.shape[:1]:
        msg = (
            f"outcome has shape {y.shape} and event_at {event.shape}, expected (units, periods) "
            "and (units,)"
        )
        raise InputError(msg)
    event = np.where(np.isnan(event) | (event >= y.shape[1]), np.inf, event)
    if (event[np.isfinite(event)] % 1 != 0).any():
        msg = "event_at has fractions, expected numbers of periods from 0"
        raise InputError(msg)
    if at_risk is None:
        return y, event, None
    days = np.asarray(at_risk, dtype=float)
    if days.shape != y.shape or (days < 0).any() or not (y[days > 0] >= 0).all():
        msg = f"counts {y.shape} and time at risk {days.shape} must agree and be >= 0"
        raise InputError(msg)
    return y, event, days
