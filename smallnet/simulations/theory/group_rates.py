"""How fast a group with some infected members infects the others."""

import numpy as np
from numpy.typing import ArrayLike

from smallnet.errors import InputError
from smallnet.simulations.theory.checks import FloatArray

__all__ = ["group_infection_rate"]


def group_infection_rate(
    n: ArrayLike, i: ArrayLike, lam: float, nu: float, *, fraction: bool = False
) -> FloatArray:
    r"""Rate at which one susceptible member is infected by the group.

    .. math:: \beta(n, i) = \lambda i^\nu \quad\text{or}\quad \lambda (i / (n - 1))^\nu

    Parameters
    ----------
    n : array_like
        Members of the group.
    i : array_like
        Those infected, 0 to n.
    lam : float
        Rate with one infected member, or with all others infected if ``fraction``; per recovery.
    nu : float
        Shape: 1 adds up, above 1 reinforces, below 1 saturates.
    fraction : bool
        Whether the share of the others counts instead of their number.

    Returns
    -------
    ndarray
        0 where nobody is infected, whatever ``nu``; shape of ``n`` and ``i`` together.

    Raises
    ------
    InputError
        For negative rates or shapes, or more infected than members.

    References
    ----------
    .. [1] G. St-Onge et al., Communications Physics 5, 25 (2022).
       https://doi.org/10.1038/s42005-021-00788-w

    Examples
    --------
    >>> group_infection_rate(5, [0, 1, 4], 0.1, 2.0)
    array([0. , 0.1, 1.6])
    >>> group_infection_rate(5, [0, 1, 4], 0.1, 2.0, fraction=True)
    array([0.     , 0.00625, 0.1    ])
    """
    if not (0 <= lam < np.inf and 0 <= nu < np.inf):
        msg = f"lam is {lam} and nu {nu}, expected 0 or more, finite"
        raise InputError(msg)
    size, infected = np.broadcast_arrays(np.asarray(n, float), np.asarray(i, float))
    bad = ~((size >= 1) & (infected >= 0) & (infected <= size))
    if bad.any():
        msg = f"{infected[bad][0]:g} of {size[bad][0]:g} members are infected, expected 0 to all"
        raise InputError(msg)
    base = infected / np.maximum(size - 1, 1) if fraction else infected
    rate: FloatArray = np.where(infected > 0, lam * base**nu, 0.0)[()]
    return rate
