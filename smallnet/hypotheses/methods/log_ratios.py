"""What every fitted model of log ratios gives: intervals, p-values and ratios, by t."""

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt
from scipy import stats

__all__ = ["FARTHEST", "LogRatios"]

FloatArray = npt.NDArray[np.float64]
FARTHEST = 50.0  # a log ratio so far from 0 that nobody reads its digits
MOST = 700.0  # of a log ratio: beyond it its exponential is no number


class LogRatios(ABC):
    """Coefficients on the log scale with their errors.

    Attributes
    ----------
    beta : ndarray, shape (k,)
        Log ratios per unit of each covariate.
    """

    beta: FloatArray

    @property
    @abstractmethod
    def freedom(self) -> FloatArray | int:
        """Degrees of freedom: what the sample is worth, less what was estimated; at least 1."""

    @property
    @abstractmethod
    def standard_error(self) -> FloatArray:
        """Standard errors of ``beta``, shape (k,)."""

    def conf_int(self, level: float = 0.95) -> FloatArray:
        """Intervals of ``beta`` by t with ``freedom``, shape (k, 2)."""
        half = stats.t.ppf((1 + level) / 2, self.freedom) * self.standard_error
        return np.column_stack([self.beta - half, self.beta + half])

    def p_values(self) -> FloatArray:
        """Two-sided p-values of ``beta`` = 0, shape (k,)."""
        p = 2 * stats.t.sf(np.abs(self.beta) / self.standard_error, self.freedom)
        return np.asarray(p, dtype=float)

    def ratio(
        self, which: int = 0, level: float = 0.95, *, most: float = MOST
    ) -> tuple[float, float, float]:
        """Give the ratio per unit of one covariate, its interval cut at a log ratio of ``most``."""
        low, high = np.exp(self.conf_int(level)[which].clip(-most, most))
        return float(np.exp(self.beta[which])), float(low), float(high)
