"""Where group contagion changes its ways: by shape of the rate, by size at equal contacts."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from smallnet.errors import InputError
from smallnet.simulations.theory.checks import Distribution, FloatArray
from smallnet.simulations.theory.group_ame import GroupAME
from smallnet.simulations.theory.group_rates import group_infection_rate

__all__ = ["TricriticalPoint", "equal_contacts_threshold", "tricritical_point"]

STEEPEST = 20.0  # largest nu that is looked at


@dataclass(frozen=True, kw_only=True)
class TricriticalPoint:
    """Shape ``nu`` above which the transition jumps, and the critical ``lam`` there."""

    nu: float
    lam: float


def tricritical_point(
    memberships: Distribution, sizes: Distribution, *, fraction: bool = False
) -> TricriticalPoint:
    """Where the transition turns from continuous to a jump.

    Parameters
    ----------
    memberships, sizes, fraction
        As in ``GroupAME`` and :func:`group_infection_rate`.

    Returns
    -------
    TricriticalPoint
        Both ``nan`` if no ``nu`` up to 20 makes it jump (as with pairs, where ``nu`` is idle).

    References
    ----------
    .. [1] G. St-Onge et al., Communications Physics 5, 25 (2022).
       https://doi.org/10.1038/s42005-021-00788-w

    Examples
    --------
    >>> point = tricritical_point(3, 4)
    >>> round(point.nu, 6), round(point.lam, 6)
    (1.908045, 0.108953)
    """
    from scipy.optimize import brentq

    def model(nu: float) -> GroupAME:
        return GroupAME(
            memberships=memberships,
            sizes=sizes,
            infection=lambda n, i: group_infection_rate(n, i, 1.0, nu, fraction=fraction),
        )

    def curvature(nu: float) -> float:
        return model(nu).curvature()

    shapes = np.linspace(0.0, STEEPEST, 81)
    before = curvature(0.0)
    for low, high in itertools.pairwise(shapes):
        now = curvature(float(high))
        if before < 0 <= now:
            nu = float(brentq(curvature, low, high, xtol=1e-13, rtol=1e-13))
            return TricriticalPoint(nu=nu, lam=model(nu).invasion_threshold())
        before = now
    return TricriticalPoint(nu=float("nan"), lam=float("nan"))


def equal_contacts_threshold(
    sizes: ArrayLike, nu: ArrayLike, *, contacts: float = 24.0, fraction: bool = False
) -> FloatArray:
    """Critical rate where everybody meets as many people, in groups of one size or another.

    Parameters
    ----------
    sizes : array_like of int
        Size n of all groups, at least 2; a person is in contacts / (n - 1) of them.
    nu : array_like
        Shape of the rate.
    contacts : float
        Contacts of a person over all groups.
    fraction : bool
        As in :func:`group_infection_rate`.

    Returns
    -------
    ndarray, shape of ``sizes`` and ``nu`` together
        Critical ``lam``; ``inf`` where a person has one group or less.

    Notes
    -----
    Other groups of a member are counted as contacts / (n - 1) - 1, whole or not. Larger groups
    raise the threshold of sublinear contagion and lower that of superlinear contagion: "small
    groups spread better" is a statement about ``nu``.

    References
    ----------
    .. [1] G. St-Onge et al., Communications Physics 5, 25 (2022).
       https://doi.org/10.1038/s42005-021-00788-w

    Examples
    --------
    >>> equal_contacts_threshold([2, 13], 2.0).round(6)
    array([0.043478, 0.023118])
    """
    size, shape = np.broadcast_arrays(np.asarray(sizes), np.asarray(nu, np.float64))
    if not ((size >= 2) & (size == np.floor(size))).all():
        msg = f"a size is {size[~((size >= 2) & (size == np.floor(size)))][0]}, expected 2 or more"
        raise InputError(msg)
    if not 0 < contacts < np.inf:
        msg = f"contacts is {contacts}, expected above 0, finite"
        raise InputError(msg)
    critical = np.empty(size.shape)
    for place in np.ndindex(size.shape):
        n, power = int(size[place]), float(shape[place])
        others = contacts / (n - 1) - 1
        critical[place] = _critical(n, others, power, fraction=fraction) if others > 0 else np.inf
    answer: FloatArray = critical[()]
    return answer


def _critical(n: int, others: float, nu: float, *, fraction: bool) -> float:
    """Critical rate in groups of n, each member of which is in this many other groups."""
    m = int(np.floor(others)) + 1  # people with m and m + 1 groups, mixed to the mean excess
    # seen from a member, a share w of members has m + 1 groups: (1 - w)(m - 1) + w m = others
    w = others - (m - 1)
    per_person = {m: (1 - w) / m, m + 1: w / (m + 1)}
    total = sum(per_person.values())
    model = GroupAME(
        memberships={k: v / total for k, v in per_person.items()},
        sizes=n,
        infection=lambda size, i: group_infection_rate(size, i, 1.0, nu, fraction=fraction),
    )
    return model.invasion_threshold()
