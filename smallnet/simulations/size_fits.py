"""Which law group sizes follow: both fitted by maximum likelihood, the likelier one taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from smallnet.simulations.rosters import IntArray, RealArray
from smallnet.simulations.size_laws import SIZE_LAWS, lognormal_chances, power_law_chances
from smallnet.simulations.spreads import fit_clipped_lognormal

__all__ = ["SizeFit", "fit_sizes"]

MOST_EXPONENT = 8.0
# Over the root of n: 1 % point of the largest distance between observed and fitted shares. Of a
# normal with both parameters fitted, and of an exponential (here: log size) with one fitted
# (Lilliefors, JASA 62, 399-402 (1967) and 64, 387-389 (1969)).
FARTHEST = {"log-normal": 1.035, "power-law": 1.25}


@dataclass(frozen=True)
class SizeFit:
    """Both laws, fitted to the same sizes.

    Attributes
    ----------
    law : str
        The likelier one, a parameter counted as a unit of log-likelihood (AIC).
    median, sd : float
        Of the log-normal: members, and of log size.
    exponent : float
        Of the power law: chances go as size to the power of minus this.
    log_likelihoods : dict of str to float
        By law.
    fits : bool
        Whether the likelier law is near enough to the sizes (Lilliefors, 1 %).
    """

    law: str
    median: float
    sd: float
    exponent: float
    log_likelihoods: dict[str, float]
    fits: bool

    def __str__(self) -> str:
        """Say how likely the sizes are under both."""
        return (
            f"log-normal: median {self.median:.3g}, sd {self.sd:.3g}, log-likelihood "
            f"{self.log_likelihoods['log-normal']:.1f}; power law: exponent {self.exponent:.3g}, "
            f"log-likelihood {self.log_likelihoods['power-law']:.1f}"
        )


def fit_sizes(size: IntArray) -> SizeFit:
    """Fit both laws by maximum likelihood between the smallest and the largest size."""
    from scipy.optimize import minimize_scalar

    low, high = int(size.min()), int(size.max())
    median, sd = fit_clipped_lognormal(size, low, high)
    if low == high:
        certain = dict.fromkeys(SIZE_LAWS, 0.0)
        return SizeFit(SIZE_LAWS[0], median, sd, 0.0, certain, fits=True)
    counts = np.bincount(size - low, minlength=high - low + 1)

    def loss(exponent: float) -> float:
        return -_log_likelihood(counts, power_law_chances(low, high, exponent))

    bounds = (-MOST_EXPONENT, MOST_EXPONENT)
    exponent = float(minimize_scalar(loss, bounds=bounds, method="bounded").x)
    chances = {
        "log-normal": lognormal_chances(low, high, median, sd),
        "power-law": power_law_chances(low, high, exponent),
    }
    likely = {law: _log_likelihood(counts, chance) for law, chance in chances.items()}
    law = "log-normal" if likely["log-normal"] - 2 >= likely["power-law"] - 1 else "power-law"
    shares = np.cumsum(counts) / size.size
    far = float(np.abs(shares - np.cumsum(chances[law])).max())
    near = far <= FARTHEST[law] / np.sqrt(size.size)
    return SizeFit(law, median, sd, exponent, likely, fits=bool(near))


def _log_likelihood(counts: IntArray, chances: RealArray) -> float:
    held = counts > 0
    return float(counts[held] @ np.log(np.maximum(chances[held], 1e-300)))
