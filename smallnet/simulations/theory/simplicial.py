"""Contagion through pairs and triangles, where everybody meets everybody."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from smallnet.errors import InputError
from smallnet.simulations.theory.checks import FloatArray, chance

__all__ = ["Branch", "SimplicialMeanField", "simplicial_mean_field"]


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A prevalence that stays as it is; ``stable`` if small changes from above die out."""

    prevalence: float
    stable: bool


@dataclass(frozen=True, kw_only=True)
class SimplicialMeanField:
    """Stationary states of simplicial contagion.

    Attributes
    ----------
    lam, lam_delta : float
        Infections through pairs, and through triangles, per recovery.
    branches : tuple of Branch
        Every stationary prevalence, lowest first.
    lambda_c : float
        ``lam`` from which on an endemic state exists; below 0 if one exists even at 0.
    rho_c : float
        Prevalence of that state there: the jump, 0 if there is none.
    """

    lam: float
    lam_delta: float
    branches: tuple[Branch, ...]
    lambda_c: float
    rho_c: float

    def trajectory(self, times: ArrayLike, start: float) -> FloatArray:
        """Prevalence over time.

        Parameters
        ----------
        times : array_like, shape (n,)
            Rising moments, mean times to recover, from the start at 0.
        start : float
            Prevalence at 0.
        """
        from scipy.integrate import solve_ivp

        at = np.atleast_1d(np.asarray(times, dtype=np.float64))
        if not (np.diff(at) >= 0).all() or not (at >= 0).all() or not at.size:
            msg = "times are not rising from 0 on, expected at least one moment, in order"
            raise InputError(msg)
        begin, end = chance(start, "start"), max(float(at[-1]), 1e-9)
        found = solve_ivp(
            lambda _t, rho: self._change(rho),
            (0.0, end),
            [begin],
            t_eval=np.unique(at),
            method="DOP853",
            rtol=1e-11,
            atol=1e-14,
        )
        path: FloatArray = found.y[0][np.searchsorted(found.t, at)]
        return path

    def _change(self, rho: FloatArray) -> FloatArray:
        return rho * (-1 + (self.lam + self.lam_delta * rho) * (1 - rho))


def simplicial_mean_field(lam: float, lam_delta: float) -> SimplicialMeanField:
    r"""Stationary prevalence of simplicial SIS contagion, recovery 1.

    .. math:: \dot\rho = -\rho + \lambda \rho (1 - \rho) + \lambda_\Delta \rho^2 (1 - \rho),
        \qquad \rho_\pm = \frac{\lambda_\Delta - \lambda \pm
        \sqrt{(\lambda - \lambda_\Delta)^2 - 4 \lambda_\Delta (1 - \lambda)}}{2 \lambda_\Delta}

    For :math:`\lambda_\Delta > 1` there are two stable states from
    :math:`\lambda_c = 2\sqrt{\lambda_\Delta} - \lambda_\Delta` to 1.

    Parameters
    ----------
    lam : float
        Infection rate through pairs times mean degree, over the recovery rate.
    lam_delta : float
        The same through triangles.

    Raises
    ------
    InputError
        If a rate is negative or not finite.

    References
    ----------
    .. [1] I. Iacopini, G. Petri, A. Barrat and V. Latora, Nature Communications 10, 2485 (2019).
       https://doi.org/10.1038/s41467-019-10431-6

    Examples
    --------
    >>> answer = simplicial_mean_field(0.8, 2.5)
    >>> [(round(b.prevalence, 6), b.stable) for b in answer.branches]
    [(0.0, True), (0.15132, False), (0.52868, True)]
    """
    for name, rate in (("lam", lam), ("lam_delta", lam_delta)):
        if not 0 <= rate < np.inf:
            msg = f"{name} is {rate}, expected 0 or more, finite"
            raise InputError(msg)
    branches = [Branch(prevalence=0.0, stable=lam < 1 or (lam == 1 and lam_delta <= 1))]
    branches += [
        Branch(prevalence=rho, stable=lam_delta * (1 - 2 * rho) < lam)
        for rho in _endemic(float(lam), float(lam_delta))
        if 0 < rho < 1
    ]
    jumps = lam_delta > 1
    return SimplicialMeanField(
        lam=float(lam),
        lam_delta=float(lam_delta),
        branches=tuple(branches),
        lambda_c=float(2 * np.sqrt(lam_delta) - lam_delta) if jumps else 1.0,
        rho_c=float(1 - 1 / np.sqrt(lam_delta)) if jumps else 0.0,
    )


def _endemic(lam: float, lam_delta: float) -> list[float]:
    """Real roots of lam_delta rho^2 + (lam - lam_delta) rho + (1 - lam), lowest first."""
    if lam_delta == 0:
        return [1 - 1 / lam] if lam > 0 else []
    middle, inside = lam_delta - lam, (lam - lam_delta) ** 2 - 4 * lam_delta * (1 - lam)
    if inside < 0:
        return []
    far = (middle + np.copysign(np.sqrt(inside), middle)) / 2  # of the two, without cancellation
    if far == 0:
        return [0.0]
    near = (1 - lam) / far
    if abs(far) > min(lam_delta, 1) * np.finfo(float).max:  # the other root lies beyond all numbers
        return [float(near)]
    return sorted({float(far / lam_delta), float(near)})
