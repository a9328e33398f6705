"""Rates that are products of factors, with errors that allow for bundles of rows.

Poisson regression estimates ratios of means whatever the outcomes' law is [1]_; what the law would
say about errors is not used: rows are bundled by group, by person, or by both at once.

References
----------
.. [1] C. Gourieroux, A. Monfort and A. Trognon, Econometrica 52, 701-720 (1984).
   https://doi.org/10.2307/1913472
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.guards import check_counts
from smallnet.hypotheses.methods.bootstrap import clustered_variance, effective_clusters

__all__ = ["LogLinear", "fit_log_linear"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class LogLinear:
    """Coefficients on the log scale, the constant last.

    Attributes
    ----------
    beta, standard_error, freedom : ndarray, shape (columns + 1,)
        ``freedom`` are degrees of freedom: bundles that are worth as much, less one.
    """

    beta: FloatArray
    standard_error: FloatArray
    freedom: FloatArray

    def ratio(self, column: int, level: float) -> tuple[float, float, float, float]:
        """Rate ratio per unit of a column: estimate, low, high, p-value of no effect."""
        b, error, free = self.beta[column], self.standard_error[column], self.freedom[column]
        if not (error > 0 and free > 0):
            return float(np.exp(b)), float("nan"), float("nan"), float("nan")
        half = stats.t.ppf((1 + level) / 2, free) * error
        low, high = np.exp([b - half, b + half])
        p_value = 2 * stats.t.sf(abs(b) / error, free)
        return float(np.exp(b)), float(low), float(high), float(p_value)


def fit_log_linear(
    outcome: npt.ArrayLike,
    at_risk: npt.ArrayLike,
    columns: npt.ArrayLike,
    *clusters: npt.ArrayLike,
) -> LogLinear:
    r"""Fit :math:`E[y_r] = d_r \exp(x_r \beta + c)`.

    Parameters
    ----------
    outcome, at_risk : array_like of float, shape (rows,)
        Counts (or 0 and 1), and what they are counted over, above 0.
    columns : array_like of float, shape (rows, k)
        Covariates.
    *clusters : array_like, shape (rows,)
        Labels of bundles, one array for each way of bundling.

    Raises
    ------
    TrapError
        If the outcome was divided by the time at risk or by a column: pass the count itself.
    InputError
        If nothing happened, or a column is a sum of others: no coefficients then.

    Examples
    --------
    >>> fit = fit_log_linear([1, 1, 2, 4], [1, 1, 1, 2], [[0], [0], [1], [1]], list("abcd"))
    >>> round(float(fit.ratio(0, 0.95)[0]), 6)
    2.0
    """
    y, d = np.asarray(outcome, dtype=float), np.asarray(at_risk, dtype=float)
    check_counts(y, d, columns)
    x = np.column_stack([np.asarray(columns, dtype=float), np.ones(y.size)])
    centre = np.append(x[:, :-1].mean(axis=0), 0.0)
    z = x - centre
    if y.sum() <= 0 or (d <= 0).any() or np.linalg.matrix_rank(z) < z.shape[1]:
        msg = (
            f"{y.sum():g} events over {y.size} rows, {z.shape[1]} columns of rank "
            f"{np.linalg.matrix_rank(z)}; expected events, time at risk and full rank"
        )
        raise InputError(msg)
    beta = np.zeros(z.shape[1])
    beta[-1] = np.log(y.sum() / d.sum())
    for _ in range(100):
        mean = d * np.exp(np.clip(z @ beta, -50, 50))
        bread = z.T @ (z * mean[:, None])
        step = np.clip(np.linalg.lstsq(bread, z.T @ (y - mean), rcond=None)[0], -2, 2)
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    mean = d * np.exp(np.clip(z @ beta, -50, 50))
    inverse = np.linalg.pinv(z.T @ (z * mean[:, None]))
    influence = ((y - mean)[:, None] * z) @ inverse
    moved = z @ inverse  # what a row's mean moves each coefficient by
    error, free = np.empty(beta.size), np.empty(beta.size)
    for k in range(beta.size):
        weight = mean * moved[:, k] ** 2
        error[k] = np.sqrt(clustered_variance(influence[:, k], *clusters, weight=weight))
        free[k] = min(effective_clusters(weight, labels) for labels in clusters) - 1
    beta[-1] -= centre[:-1] @ beta[:-1]
    return LogLinear(beta=beta, standard_error=error, freedom=free)
