"""Everybody meets everybody: how many an epidemic reaches in the end."""

import numpy as np
from numpy.typing import ArrayLike

from smallnet.errors import InputError
from smallnet.simulations.theory.checks import FloatArray

__all__ = ["final_size"]


def final_size(r0: ArrayLike, *, seeded: float = 0.0) -> FloatArray:
    r"""Share of a large, well-mixed population that is reached in the end.

    .. math:: z = 1 - (1 - z_0)\, e^{-R_0 z} = 1 + W(-R_0 (1 - z_0) e^{-R_0}) / R_0

    Parameters
    ----------
    r0 : array_like
        Mean number of people that one reaches while nobody is immune.
    seeded : float
        Share of people who start, :math:`z_0`; 0 stands for a few in very many.

    Returns
    -------
    ndarray, shape of ``r0``
        The largest root, between 0 and 1, those who start included. With ``seeded`` 0 this is
        what an outbreak reaches *if it takes off*, and 0 up to ``r0`` = 1.

    Raises
    ------
    InputError
        If ``r0`` is negative or ``seeded`` is not between 0 and 1.

    Notes
    -----
    Near the branch point of Lambert's W its value is good to half the digits only, so the root is
    polished by Newton steps.

    References
    ----------
    .. [1] W. O. Kermack and A. G. McKendrick, Proceedings of the Royal Society A 115, 700-721
       (1927). https://doi.org/10.1098/rspa.1927.0118
    .. [2] J. Ma and D. J. D. Earn, Bulletin of Mathematical Biology 68, 679-702 (2006).
       https://doi.org/10.1007/s11538-005-9047-7

    Examples
    --------
    >>> final_size([1.0, 1.5, 2.0]).round(6)
    array([0.      , 0.582812, 0.796812])
    """
    from scipy.special import lambertw

    rate = np.asarray(r0, dtype=np.float64)
    if not (rate >= 0).all() or np.isinf(rate).any():
        msg = f"r0 is {rate[~(rate >= 0) | np.isinf(rate)].flat[0]}, expected 0 or more, finite"
        raise InputError(msg)
    if not 0 <= seeded <= 1:
        msg = f"seeded is {seeded}, expected a share between 0 and 1"
        raise InputError(msg)
    safe = np.where(rate > 0, rate, 1.0)
    inner = np.maximum(-safe * (1 - seeded) * np.exp(-safe), -np.exp(-1.0))
    z = np.where(rate > 0, 1 + lambertw(inner).real / safe, seeded)
    z = np.clip(z, 0.0, 1.0)
    if seeded == 0:
        z = np.where(rate > 1, np.maximum(z, (rate - 1) / np.maximum(rate, 1) ** 2), 0.0)
    for _ in range(4):
        miss = seeded - (1 - seeded) * np.expm1(-rate * z) - z
        slope = rate * (1 - seeded) * np.exp(-rate * z) - 1
        z = np.where(slope < 0, z - miss / np.where(slope < 0, slope, 1.0), z)
    size: FloatArray = np.clip(z, 0.0, 1.0)[()]
    return size
