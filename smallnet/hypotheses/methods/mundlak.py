"""One covariate, two questions: between groups, and within a group (or a person, or a period).

A covariate that differs between groups as well as inside them holds two effects. If groups that
have more of it are livelier for reasons of their own, the one coefficient of both mixes that in,
also where groups are random: their liveliness is then no longer independent of the covariate. Split
it [1]_: the deviation from the group's mean is free of whatever lasts in the group, and the mean
carries the rest. Report the deviation where the question is what a change does, and the mean, with
the groups as its sample, where it is how groups differ.

References
----------
.. [1] Y. Mundlak, Econometrica 46, 69-85 (1978). https://doi.org/10.2307/1913646
"""

import numpy as np
import numpy.typing as npt

from smallnet.errors import InputError
from smallnet.hypotheses.methods.within import codes_of

__all__ = ["mundlak_split"]

FloatArray = npt.NDArray[np.float64]


def mundlak_split(
    x: npt.ArrayLike, group: npt.ArrayLike, *, weight: npt.ArrayLike | None = None
) -> tuple[FloatArray, FloatArray]:
    """Split a covariate into the deviation from its group's mean, and that mean.

    Parameters
    ----------
    x : array_like of float, shape (rows,) or (rows, k)
        Finite.
    group : array_like, shape (rows,)
        Labels: groups, or people where the question is within a person.
    weight : array_like of float, shape (rows,), optional
        Of the mean, such as days at risk; not negative. Rows of a group without weight get its
        plain mean.

    Returns
    -------
    within, between : ndarray, shape as ``x``
        They add up to ``x``; give both to the model.

    Raises
    ------
    InputError
        For unlike lengths, or values that are not finite.

    Examples
    --------
    >>> within, between = mundlak_split([1.0, 3.0, 5.0], ["a", "a", "b"])
    >>> within.tolist(), between.tolist()
    ([-1.0, 1.0, 0.0], [2.0, 2.0, 5.0])
    """
    values, codes = np.asarray(x, dtype=float), codes_of(group)
    share = np.ones(codes.size) if weight is None else np.asarray(weight, dtype=float)
    if len(values) != codes.size or share.size != codes.size:
        msg = f"x has {len(values)} rows, weight {share.size}, expected {codes.size} as in group"
        raise InputError(msg)
    if not np.isfinite(values).all() or not (np.isfinite(share) & (share >= 0)).all():
        msg = "x must be finite and weight finite and at least 0"
        raise InputError(msg)
    share = np.where(np.bincount(codes, share)[codes] > 0, share, 1.0)
    total = np.bincount(codes, share)
    columns = values.reshape(codes.size, -1).T
    means = [(np.bincount(codes, share * column) / total)[codes] for column in columns]
    between = np.stack(means, 1).reshape(values.shape) if means else values.copy()
    return values - between, between
