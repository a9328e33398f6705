"""Beside the search for a break: steps where nobody claims one, and a bend instead of a break.

If a step at the size that was named is no larger than steps at other sizes, the size is nothing
special, however small its p. And a curve that bends smoothly looks like a step to whoever only
looks for steps.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from smallnet.errors import InputError
from smallnet.hypotheses.methods.family import max_t
from smallnet.hypotheses.methods.threshold import Contrast, GroupCurve, contrast, null_scores

__all__ = ["bend", "placebo_steps"]

FloatArray = npt.NDArray[np.float64]
FEWEST = 3  # groups on a side of a step


def bend(curve: GroupCurve, *, level: float = 0.95) -> Contrast:
    """Test a smooth bend of log rate against log size: the quadratic term.

    Parameters
    ----------
    curve : GroupCurve
        At least four groups of three sizes.
    level : float
        Of the interval.

    Returns
    -------
    Contrast
        Change of the log ratio per doubling with each doubling of size, halved: the coefficient of
        the square of log2 size. Below 0: rates fall faster the larger the group.

    Raises
    ------
    InputError
        With fewer groups or sizes.
    """
    if curve.size.size < 4 or np.unique(curve.size).size < 3:
        msg = f"{np.unique(curve.size).size} sizes of {curve.size.size} groups, expected 3 of 4"
        raise InputError(msg)
    x = curve.log2_size - curve.log2_size.mean()
    design = np.column_stack([curve.turn @ x, curve.turn @ (x**2 - (x**2).mean())])
    return contrast(curve, design, 1, level)


def placebo_steps(
    curve: GroupCurve,
    at: Sequence[float],
    *,
    level: float = 0.95,
    draws: int = 999,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Ask for a step at several sizes, those that nobody claims among them.

    Parameters
    ----------
    curve : GroupCurve
        Log rates of groups.
    at : sequence of float
        Sizes; a group of just that size is above the step.
    level : float
        Of intervals.
    draws : int
        Of log-linear curves without a step.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    DataFrame
        One row a size: ``at, below, above`` (groups), ``log_ratio, low, high, p_value`` (this size
        alone, named before looking) and ``p_adjusted`` (over all sizes asked, by the joint law of
        their score statistics, Westfall and Young). Unknown (``nan``) with fewer than three groups
        on a side.

    Raises
    ------
    InputError
        If no size has three groups on either side.
    """
    sizes = np.asarray(list(at), dtype=float)
    above = (curve.size[:, None] >= sizes).sum(axis=0)
    asked = np.minimum(above, curve.size.size - above) >= FEWEST
    if not asked.any():
        msg = f"no size of {sizes.tolist()} has {FEWEST} groups on either side"
        raise InputError(msg)
    steps = curve.turn @ (curve.size[:, None] >= sizes[asked]).astype(float)
    seen, drawn = null_scores(curve, steps, draws=draws, rng=rng)
    adjusted = np.full(sizes.size, np.nan)
    adjusted[asked] = max_t(seen, drawn)
    rows = []
    for i, size in enumerate(sizes):
        found = None
        if asked[i]:
            higher = curve.turn @ (curve.size >= size).astype(float)
            found = contrast(curve, np.column_stack([curve.base, higher]), 1, level)
        rows.append(
            {
                "at": size,
                "below": int(curve.size.size - above[i]),
                "above": int(above[i]),
                "log_ratio": found.log_ratio if found else np.nan,
                "low": found.low if found else np.nan,
                "high": found.high if found else np.nan,
                "p_value": found.p_value if found else np.nan,
                "p_adjusted": adjusted[i],
            }
        )
    return pd.DataFrame(rows)
