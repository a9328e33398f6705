r"""What cannot be an effect, estimated in the same way: friends outside, days before, other groups.

A *negative control* shares the ways in which an estimate may be biased and cannot be an effect. One
that is not null says that the design is biased; how much of the estimate is bias is then a guess
under an assumption (:func:`beyond_control`). With several controls the error that no standard error
knows has a law of its own, and p-values can be calibrated by it (:func:`systematic_error`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from smallnet.errors import InputError

__all__ = ["BeyondControl", "SystematicError", "beyond_control", "systematic_error"]

FloatArray = npt.NDArray[np.float64]
FEWEST = 3  # controls; of fewer the spread is a guess


@dataclass(frozen=True, kw_only=True)
class BeyondControl:
    """An estimate less its negative control.

    Attributes
    ----------
    p_control : float
        Of no effect in the control: small, and the design is biased.
    difference, low, high, p_value : float
        Estimate less control: what is left if the bias of both is the same.
    """

    p_control: float
    difference: float
    low: float
    high: float
    p_value: float


def beyond_control(
    estimate: float,
    standard_error: float,
    control: float,
    control_error: float,
    *,
    correlation: float = 0.0,
    freedom: float = float("inf"),
    level: float = 0.95,
) -> BeyondControl:
    """Hold an estimate against its negative control.

    Parameters
    ----------
    estimate, standard_error : float
        With null 0: logs of ratios.
    control, control_error : float
        The same of the control, on the same scale per the same unit.
    correlation : float
        Of the two estimates; 0 is safe where they go together, as then the difference is known
        better. Where both come of one model take it from there.
    freedom : float
        Degrees of freedom of t.
    level : float
        Confidence.

    Returns
    -------
    BeyondControl

    Raises
    ------
    InputError
        If an error is not above 0 or the correlation not between -1 and 1.

    References
    ----------
    .. [1] M. Lipsitch, E. Tchetgen Tchetgen and T. Cohen, Epidemiology 21, 383-388 (2010).
       https://doi.org/10.1097/EDE.0b013e3181d61eeb

    Examples
    --------
    >>> round(beyond_control(-0.4, 0.1, -0.3, 0.1).p_value, 2)
    0.48
    """
    if not (standard_error > 0 and control_error > 0 and -1 < correlation < 1):
        msg = (
            f"errors {standard_error} and {control_error}, correlation {correlation}: expected "
            "errors above 0 and a correlation between -1 and 1"
        )
        raise InputError(msg)
    law = stats.t(freedom)
    shared = 2 * correlation * standard_error * control_error
    error = float(np.sqrt(standard_error**2 + control_error**2 - shared))
    half = float(law.ppf((1 + level) / 2)) * error
    left = estimate - control
    return BeyondControl(
        p_control=float(2 * law.sf(abs(control) / control_error)),
        difference=left,
        low=left - half,
        high=left + half,
        p_value=float(2 * law.sf(abs(left) / error)),
    )


@dataclass(frozen=True, kw_only=True)
class SystematicError:
    """The law of the error that standard errors do not know, from negative controls.

    Attributes
    ----------
    mean, sd : float
        Of the systematic error, on the scale of the estimates.
    controls : int
        It was learned from.
    """

    mean: float
    sd: float
    controls: int

    def p_value(self, estimate: float, standard_error: float) -> float:
        """Two-sided p of no effect, systematic error allowed for."""
        error = float(np.hypot(self.sd, standard_error))
        return float(2 * stats.t.sf(abs(estimate - self.mean) / error, self.controls - 1))

    def interval(
        self, estimate: float, standard_error: float, *, level: float = 0.95
    ) -> tuple[float, float]:
        """Interval of the effect, if it is as biased as the controls are."""
        error = float(np.hypot(self.sd, standard_error))
        half = float(stats.t.ppf((1 + level) / 2, self.controls - 1)) * error
        return estimate - self.mean - half, estimate - self.mean + half


def systematic_error(controls: npt.ArrayLike, errors: npt.ArrayLike) -> SystematicError:
    r"""Learn the law of systematic error from estimates that should all be 0 [1]_.

    .. math:: \hat\theta_i \sim N(\mu, \tau^2 + s_i^2)

    Parameters
    ----------
    controls : array_like of float, shape (controls,)
        Estimates of effects that are none; at least three.
    errors : array_like of float, shape (controls,)
        Their standard errors, above 0.

    Returns
    -------
    SystematicError
        By restricted likelihood; ``sd`` includes what is not known of the mean. Its p-values and
        intervals are by t with controls less one degrees of freedom (the paper takes the normal
        law, which promises too much with few controls).

    Raises
    ------
    InputError
        With fewer than three controls or errors that are not above 0.

    References
    ----------
    .. [1] M. J. Schuemie, P. B. Ryan, W. DuMouchel, M. A. Suchard and D. Madigan, Statistics in
       Medicine 33, 209-218 (2014). https://doi.org/10.1002/sim.5925

    Examples
    --------
    >>> law = systematic_error([0.1, 0.3, 0.2, 0.2], [0.1, 0.1, 0.1, 0.1])
    >>> round(law.mean, 6), law.p_value(0.9, 0.1) < 0.05 < law.p_value(0.3, 0.1)
    (0.2, True)
    """
    values, sizes = np.asarray(controls, dtype=float), np.asarray(errors, dtype=float)
    if values.ndim != 1 or values.shape != sizes.shape or values.size < FEWEST:
        msg = f"{values.size} controls with {sizes.size} errors, expected at least {FEWEST} of each"
        raise InputError(msg)
    if not np.isfinite(values).all() or not (np.isfinite(sizes) & (sizes > 0)).all():
        msg = "controls must be finite and their errors above 0"
        raise InputError(msg)

    def at(tau: float) -> tuple[float, float, float]:
        weight = 1 / (tau**2 + sizes**2)
        mean = float((weight * values).sum() / weight.sum())
        loss = -np.log(weight).sum() + np.log(weight.sum()) + (weight * (values - mean) ** 2).sum()
        return float(loss), mean, float(1 / weight.sum())

    most = 3 * float(values.std(ddof=1)) + 1e-12
    grid = np.linspace(0.0, most, 60)
    best = int(np.argmin([at(tau)[0] for tau in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    found = optimize.minimize_scalar(lambda tau: at(tau)[0], bounds=(low, high), method="bounded")
    tau = float(found.x) if found.fun < at(0.0)[0] else 0.0
    _, mean, unsure = at(tau)
    return SystematicError(mean=mean, sd=float(np.sqrt(tau**2 + unsure)), controls=values.size)
