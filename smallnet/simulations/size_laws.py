"""Laws of group sizes between two whole numbers.

Log-normal: drawn, rounded, then clipped, so that an end stands for all beyond it. Power law:
chances in proportion to a power of the size and nothing outside (Clauset, Shalizi & Newman, SIAM
Review 51, 661-703 (2009), https://doi.org/10.1137/070710111, there without an upper end).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["SIZE_LAWS", "draw_power_law", "lognormal_chances", "power_law_chances"]

RealArray = npt.NDArray[np.float64]
SIZE_LAWS = ("log-normal", "power-law")


def power_law_chances(low: int, high: int, exponent: float) -> RealArray:
    """Chance of each size from ``low`` to ``high``; shape (high - low + 1,)."""
    power = -exponent * np.log(np.arange(low, high + 1))
    chance = np.exp(power - power.max())
    result: RealArray = chance / chance.sum()
    return result


def draw_power_law(
    low: int, high: int, exponent: float, n: int, *, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Draw ``n`` sizes."""
    upto = np.cumsum(power_law_chances(low, high, exponent))
    return np.minimum(low + np.searchsorted(upto, rng.random(n), side="right"), high)


def lognormal_chances(low: int, high: int, median: float, sd: float) -> RealArray:
    """Chance of each size from ``low`` to ``high``; shape (high - low + 1,)."""
    from scipy.special import ndtr

    upto = ndtr((np.log(np.arange(low, high) + 0.5) - np.log(median)) / max(sd, 1e-9))
    chances: RealArray = np.diff(np.concatenate([[0.0], upto, [1.0]]))
    return chances
