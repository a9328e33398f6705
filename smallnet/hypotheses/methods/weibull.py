"""Weibull's law of lasting: two numbers for a whole survival curve.

Times and late entry are as in :mod:`smallnet.hypotheses.methods.survival`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.watched import checked_stays

__all__ = ["Weibull", "fit_weibull", "weibull_through"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Weibull:
    r"""Weibull's law, :math:`S(t) = \exp(-(t / scale)^{shape})`."""

    shape: float  # below 1: who stayed long is likelier to stay on
    scale: float  # time by which all but exp(-1) are gone
    shape_low: float = float("nan")
    shape_high: float = float("nan")

    @property
    def median(self) -> float:
        """Time by which half are gone."""
        return float(self.scale * np.log(2) ** (1 / self.shape))

    def survival(self, time: npt.ArrayLike) -> FloatArray:
        """Share still there at a time."""
        share: FloatArray = np.exp(-((np.asarray(time, dtype=float) / self.scale) ** self.shape))
        return share


def weibull_through(first: tuple[float, float], second: tuple[float, float]) -> Weibull:
    r"""Weibull's law through two points of a survival curve.

    .. math:: k = \ln(\ln S_2 / \ln S_1) / \ln(t_2 / t_1), \quad
       \lambda = t_1 (-\ln S_1)^{-1/k}

    Parameters
    ----------
    first, second : tuple of float
        Time > 0 and share still there, between 0 and 1.

    Raises
    ------
    InputError
        If the share does not fall from the earlier to the later time.

    Examples
    --------
    >>> law = weibull_through((7, 0.6), (30, 0.3))
    >>> round(law.shape, 6), round(law.scale, 6), round(law.median, 6)
    (0.58913, 21.891781, 11.751558)
    """
    (t1, s1), (t2, s2) = sorted([first, second])
    if not (0 < t1 < t2 and 1 > s1 > s2 > 0):
        msg = f"shares {s1} at {t1} and {s2} at {t2}, expected falling ones inside 0 and 1"
        raise InputError(msg)
    shape = float(np.log(np.log(s2) / np.log(s1)) / np.log(t2 / t1))
    return Weibull(shape=shape, scale=float(t1 * (-np.log(s1)) ** (-1 / shape)))


def fit_weibull(
    exit_at: npt.ArrayLike,
    observed: npt.ArrayLike,
    enter_at: npt.ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> Weibull:
    """Weibull's law by maximum likelihood, with an interval of its shape.

    Parameters
    ----------
    exit_at, observed, enter_at
        As in :func:`kaplan_meier`; exits at times > 0.
    level : float
        Confidence, by the likelihood ratio.

    Raises
    ------
    InputError
        If fewer than two different times have an exit.

    References
    ----------
    .. [1] J. P. Klein and M. L. Moeschberger, Survival Analysis, 2nd ed., Springer (2003),
       chapter 12. https://doi.org/10.1007/b97377
    """
    end, seen, begin = checked_stays(exit_at, observed, enter_at)
    gone = end[seen]
    if np.unique(gone).size < 2 or gone.min() <= 0:
        msg = f"{np.unique(gone).size} times with an exit, expected two or more, all > 0"
        raise InputError(msg)
    unit = float(gone.mean())  # no power of a large number overflows

    def time_at_risk(shape: float) -> float:
        return float(((end / unit) ** shape - (begin / unit) ** shape).sum())

    def profile(log_shape: float) -> float:  # the scale is concentrated out
        shape = np.exp(log_shape)
        rate = gone.size / time_at_risk(shape)
        summed = (shape - 1) * np.log(gone / unit).sum()
        return float(-(gone.size * (np.log(rate) + log_shape) + summed))

    best = optimize.minimize_scalar(profile, bounds=(-5, 5), method="bounded")
    limit = best.fun + stats.chi2.ppf(level, 1) / 2

    def side(far: float) -> float:
        if profile(far) < limit:
            return far
        return float(optimize.brentq(lambda x: profile(x) - limit, far, best.x))

    shape = float(np.exp(best.x))
    return Weibull(
        shape=shape,
        scale=float(unit * (time_at_risk(shape) / gone.size) ** (1 / shape)),
        shape_low=float(np.exp(side(-5.0))),
        shape_high=float(np.exp(side(5.0))),
    )
