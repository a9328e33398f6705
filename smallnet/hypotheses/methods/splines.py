"""Natural cubic splines: smooth curves that are straight beyond their outer knots."""

import numpy as np
import numpy.typing as npt

from smallnet.errors import InputError

__all__ = ["natural_spline", "quantile_knots"]

FloatArray = npt.NDArray[np.float64]
PLACES = {3: (0.1, 0.5, 0.9), 4: (0.05, 0.35, 0.65, 0.95)}  # quantiles


def quantile_knots(x: npt.ArrayLike, knots: int = 4) -> FloatArray:
    """Place knots at quantiles of the values, fewer where these coincide.

    Parameters
    ----------
    x : array_like of float
        Values.
    knots : {3, 4}
        How many.

    Returns
    -------
    ndarray, shape (at most `knots`,)
        Rising.
    """
    return np.unique(np.quantile(np.asarray(x, dtype=float), PLACES[knots]))


def natural_spline(x: npt.ArrayLike, knots: npt.ArrayLike) -> FloatArray:
    r"""Columns whose sums are all natural cubic splines with these knots, but for a constant.

    The first is x itself, the others for each knot k but the last two [1]_

    .. math:: \frac{(x-t_k)_+^3 - (x-t_{K-1})_+^3 \frac{t_K-t_k}{t_K-t_{K-1}}
       + (x-t_K)_+^3 \frac{t_{K-1}-t_k}{t_K-t_{K-1}}}{(t_K-t_1)^2}

    Parameters
    ----------
    x : array_like of float, shape (rows,)
        Where.
    knots : array_like of float, shape (K,)
        Rising, at least three.

    Returns
    -------
    ndarray, shape (rows, K - 1)

    Raises
    ------
    InputError
        If there are fewer knots, or they do not rise.

    References
    ----------
    .. [1] S. Durrleman and R. Simon, Statistics in Medicine 8, 551-561 (1989).
       https://doi.org/10.1002/sim.4780080504

    Examples
    --------
    >>> natural_spline([0.0, 1.0, 2.0], [0.0, 1.0, 2.0]).tolist()
    [[0.0, 0.0], [1.0, 0.25], [2.0, 1.5]]
    """
    values, t = np.asarray(x, dtype=float), np.asarray(knots, dtype=float)
    if t.size < 3 or (np.diff(t) <= 0).any():
        msg = f"knots are {t.tolist()}, expected three or more that rise"
        raise InputError(msg)
    cubes = np.maximum(values[:, None] - t, 0.0) ** 3
    last = t[-1] - t[-2]
    bent = (
        cubes[:, :-2]
        - cubes[:, -2:-1] * (t[-1] - t[:-2]) / last
        + cubes[:, -1:] * (t[-2] - t[:-2]) / last
    )
    return np.column_stack([values, bent / (t[-1] - t[0]) ** 2])
