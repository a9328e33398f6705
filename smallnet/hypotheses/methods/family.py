"""Many tests at once: the chance of *any* false alarm, with the tests' dependence put to use.

Bonferroni and Holm prepare for the worst dependence and lose power where tests go together, as
claims on the same people do. Westfall and Young draw all statistics jointly under the null (one
permutation, or one bootstrap draw, for all) and compare with the most extreme of each draw.

Where a few false alarms among many findings do no harm, their share is what to hold: the false
discovery rate.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from smallnet.errors import InputError

__all__ = ["false_discovery", "max_t", "min_p"]

FloatArray = npt.NDArray[np.float64]


def max_t(statistics: npt.ArrayLike, drawn: npt.ArrayLike) -> FloatArray:
    r"""Adjust p-values by the step-down maximum [1]_, [2]_.

    With statistics sorted from the largest, the p of the i-th is the share of draws, the observed
    one counted, in which the largest of the i-th and all *smaller* ones reaches it; then p never
    falls down the order.

    Parameters
    ----------
    statistics : array_like of float, shape (tests,)
        Large speaks against the null: take ``|t|`` for two-sided tests. Give comparable scales
        (t, not raw differences), else one test with a wide law decides for all; or use
        :func:`min_p`. An unknown one (``nan``) stays unknown and is not of the family.
    drawn : array_like of float, shape (draws, tests)
        The same statistics under the joint null: the rows of one draw come from one permutation
        or one centred bootstrap sample.

    Returns
    -------
    ndarray, shape (tests,)
        Adjusted p; reject those up to alpha and the chance of any false rejection is up to alpha.

    Raises
    ------
    InputError
        If shapes do not match or a draw is not known.

    Notes
    -----
    Holds for any set of true nulls if the draws of a true null do not depend on which others are
    true (subset pivotality), as with permutations of one label.

    References
    ----------
    .. [1] P. H. Westfall and S. S. Young, Resampling-Based Multiple Testing, Wiley (1993),
       algorithm 4.1.
    .. [2] Y. Ge, S. Dudoit and T. P. Speed, Test 12, 1-77 (2003), box 2.
       https://doi.org/10.1007/BF02595811

    Examples
    --------
    >>> drawn = [[1.0, 0.2], [0.5, 2.5], [0.1, 0.3]]
    >>> max_t([3.0, 2.0], drawn).tolist()
    [0.25, 0.5]
    """
    seen, null, known = _checked(statistics, drawn)
    adjusted = np.full(seen.size, np.nan)
    order = known[np.argsort(-seen[known], kind="stable")]
    # the largest of itself and all below it in the order, draw by draw
    largest = np.maximum.accumulate(null[:, order[::-1]], axis=1)[:, ::-1]
    close = 1e-10 * np.maximum(1, np.abs(seen[order]))  # equal but for rounding is equal
    p_values = (1 + (largest >= seen[order] - close).sum(axis=0)) / (1 + len(null))
    adjusted[order] = np.maximum.accumulate(p_values)
    return adjusted


def min_p(statistics: npt.ArrayLike, drawn: npt.ArrayLike) -> FloatArray:
    """Adjust p-values by the step-down smallest p, whatever the scale of each statistic [1]_.

    Every statistic is first turned into its own p among the draws, observed and drawn alike.

    Parameters
    ----------
    statistics : array_like of float, shape (tests,)
        Large speaks against the null.
    drawn : array_like of float, shape (draws, tests)
        The same statistics under the joint null.

    Returns
    -------
    ndarray, shape (tests,)
        Adjusted p.

    Raises
    ------
    InputError
        As :func:`max_t`.

    Notes
    -----
    The smallest p possible is 1 / (1 + draws), so give far more draws than tests / alpha.

    References
    ----------
    .. [1] Y. Ge, S. Dudoit and T. P. Speed, Test 12, 1-77 (2003), box 4.
       https://doi.org/10.1007/BF02595811

    Examples
    --------
    >>> drawn = [[1.0, 20.0], [0.5, 2500.0], [0.1, 30.0]]
    >>> min_p([3.0, 2000.0], drawn).tolist()
    [0.5, 0.5]
    """
    seen, null, _ = _checked(statistics, drawn)
    stacked = np.vstack([seen, null])
    # ranks from the large end; equal values take the largest rank, as >= counts them all
    p_values = stats.rankdata(-stacked, method="max", axis=0) / len(stacked)
    p_values = np.where(np.isnan(stacked), np.nan, p_values)
    return max_t(-p_values[0], np.where(np.isnan(seen), 0.0, -p_values[1:]))


def false_discovery(p_values: npt.ArrayLike, *, any_dependence: bool = False) -> FloatArray:
    """Adjust p-values so that of those called up to alpha a share of alpha is false, on average.

    Parameters
    ----------
    p_values : array_like of float, shape (tests,)
        Between 0 and 1; unknown ones (``nan``) stay unknown and are not of the family.
    any_dependence : bool
        Hold the rate whatever the dependence [2]_; else where tests are independent or go together
        [1]_, as claims on the same people do.

    Returns
    -------
    ndarray, shape (tests,)

    Raises
    ------
    InputError
        If a p-value is not between 0 and 1.

    References
    ----------
    .. [1] Y. Benjamini and Y. Hochberg, Journal of the Royal Statistical Society B 57, 289-300
       (1995). https://doi.org/10.1111/j.2517-6161.1995.tb02031.x
    .. [2] Y. Benjamini and D. Yekutieli, Annals of Statistics 29, 1165-1188 (2001).
       https://doi.org/10.1214/aos/1013699998

    Examples
    --------
    >>> false_discovery([0.01, 0.02, 0.03, np.nan]).tolist()
    [0.03, 0.03, 0.03, nan]
    """
    values = np.asarray(p_values, dtype=float)
    known = ~np.isnan(values)
    if values.ndim != 1 or not ((values[known] >= 0) & (values[known] <= 1)).all():
        msg = f"p-values of shape {values.shape} must be a list of numbers between 0 and 1"
        raise InputError(msg)
    adjusted = np.full(values.size, np.nan)
    if known.any():
        method: Literal["bh", "by"] = "by" if any_dependence else "bh"
        adjusted[known] = stats.false_discovery_control(values[known], method=method)
    return adjusted


def _checked(
    statistics: npt.ArrayLike, drawn: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.intp]]:
    seen, null = np.asarray(statistics, dtype=float), np.asarray(drawn, dtype=float)
    if seen.ndim != 1 or null.shape[1:] != seen.shape or null.ndim != 2 or not len(null):
        msg = (
            f"statistics have shape {seen.shape} and draws {null.shape}, expected (tests,) and "
            "(draws, tests)"
        )
        raise InputError(msg)
    known = np.flatnonzero(~np.isnan(seen))
    if np.isnan(null[:, known]).any():
        draw, test = np.argwhere(np.isnan(null[:, known]))[0]
        msg = f"draw {draw} of test {known[test]} is not known, expected numbers"
        raise InputError(msg)
    return seen, null, known
