r"""Two rates in the same people: a ratio that stays right where success ends the risk.

A share has a few copies, and who sees it once they are gone is not at risk: the number at risk
depends on how many took. Conditional likelihoods take it as given and lean towards the side that
runs out. With :math:`Y_{s1}, E_{s1}` events and risk of stratum s on one side and
:math:`Y_{s0}, E_{s0}` on the other,

.. math:: \mathrm{E}[Y_{s1} E_{s0} - \theta \, Y_{s0} E_{s1}] = 0

whatever the stratum's own rate and whatever rule ends the risk, as long as the two sides are drawn
apart and whether the next one is at risk depends on the past alone. Summed with weights that no
event moves it is the estimate of Mantel and Haenszel [1]_.

References
----------
.. [1] N. Mantel and W. Haenszel, Journal of the National Cancer Institute 22, 719-748 (1959).
   https://doi.org/10.1093/jnci/22.4.719
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from smallnet.errors import InputError

__all__ = ["PairedRatio", "paired_ratio"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class PairedRatio:
    """A ratio of rates with its interval; ``nan`` where a side has no event."""

    ratio: float
    low: float
    high: float
    p_value: float
    effective_strata: float
    strata: int  # with risk on both sides
    events: float  # in them


def paired_ratio(
    events: npt.ArrayLike,
    at_risk: npt.ArrayLike,
    side: npt.ArrayLike,
    stratum: npt.ArrayLike,
    *,
    weigh_by: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> PairedRatio:
    """Rate of the rows where ``side`` is true over that of the others, in the same strata.

    Parameters
    ----------
    events, at_risk : array_like, shape (rows,)
        Events of a row, and what could have had one; at least 0.
    side : array_like of bool, shape (rows,)
        Which side a row is on.
    stratum : array_like, shape (rows,)
        What is compared within; it is the sample, too.
    weigh_by : array_like, shape (rows,), optional
        What the weight of a stratum comes from, something that events do not move (all viewers
        where ``at_risk`` is those with copies left); ``at_risk`` where not given.
    level : float
        Confidence.

    Returns
    -------
    PairedRatio

    Raises
    ------
    InputError
        For columns of unlike lengths or negative values.

    Notes
    -----
    Variance of the log ratio by the jackknife over strata; t with the effective number of strata
    less one.

    Examples
    --------
    >>> found = paired_ratio([6, 2, 3, 1], [10, 10, 4, 4], [1, 0, 1, 0], [0, 0, 1, 1])
    >>> round(found.ratio, 6)
    3.0
    """
    y, e = np.asarray(events, dtype=float), np.asarray(at_risk, dtype=float)
    one, base = np.asarray(side, dtype=bool), e if weigh_by is None else np.asarray(weigh_by, float)
    code = np.unique(np.asarray(stratum), return_inverse=True)[1]
    if not y.shape == e.shape == one.shape == base.shape == code.shape:
        msg = f"events {y.shape}, at_risk {e.shape}, side {one.shape} must be of one length"
        raise InputError(msg)
    if not ((y >= 0).all() and (e >= 0).all() and (base >= 0).all()):
        msg = "events, at_risk and weigh_by must be at least 0"
        raise InputError(msg)
    n = int(code.max(initial=-1)) + 1
    y1, y0 = (np.bincount(code, y * s, n) for s in (one, ~one))
    e1, e0 = (np.bincount(code, e * s, n) for s in (one, ~one))
    b1, b0 = (np.bincount(code, base * s, n) for s in (one, ~one))
    both = (b1 > 0) & (b0 > 0)
    weight = 1 / (b1 + b0)[both]
    up, down = (y1 * e0)[both] * weight, (y0 * e1)[both] * weight
    strata, total = int(both.sum()), float((y1 + y0)[both].sum())
    nan = float("nan")
    if strata < 2 or not (up.sum() > 0 and down.sum() > 0):
        return PairedRatio(
            ratio=nan, low=nan, high=nan, p_value=nan,
            effective_strata=0.0, strata=strata, events=total,
        )  # fmt: skip
    log = float(np.log(up.sum() / down.sum()))
    without_up, without_down = up.sum() - up, down.sum() - down
    if not ((without_up > 0).all() and (without_down > 0).all()):  # one stratum holds a whole side
        return PairedRatio(
            ratio=float(np.exp(log)), low=0.0, high=float("inf"), p_value=1.0,
            effective_strata=1.0, strata=strata, events=total,
        )  # fmt: skip
    left_out = np.log(without_up / without_down)
    error = float(np.sqrt((strata - 1) / strata * ((left_out - left_out.mean()) ** 2).sum()))
    held = up / up.sum() + down / down.sum()
    worth = float(held.sum() ** 2 / (held**2).sum())
    freedom = max(worth - 1, 1.0)
    half = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    return PairedRatio(
        ratio=float(np.exp(log)),
        low=float(np.exp(log - half)),
        high=float(np.exp(log + half)),
        p_value=float(2 * stats.t.sf(abs(log) / error, freedom)) if error > 0 else nan,
        effective_strata=worth,
        strata=strata,
        events=total,
    )
