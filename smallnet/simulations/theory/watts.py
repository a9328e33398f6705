"""When one early adopter can set off a cascade among people with a fractional threshold."""

from dataclasses import dataclass

import numpy as np

from smallnet.errors import InputError
from smallnet.simulations.theory.checks import Distribution, distribution

__all__ = ["WattsCondition", "WattsWindow", "watts_condition", "watts_window"]


@dataclass(frozen=True, kw_only=True)
class WattsCondition:
    """Whether the people whom a single adopter persuades hang together.

    Attributes
    ----------
    vulnerable_pairs : float
        Mean of k(k - 1) over everybody, where only those count whom one adopter persuades.
    mean_degree : float
        Mean number of ties.
    growth : float
        Their ratio: people persuaded by each one who is persuaded; ``nan`` without ties.
    spreads : bool
        Whether a cascade can be global: growth above 1.
    """

    vulnerable_pairs: float
    mean_degree: float
    growth: float
    spreads: bool


@dataclass(frozen=True, kw_only=True)
class WattsWindow:
    """Mean degrees between which a random network cascades.

    Attributes
    ----------
    low, high : float
        Ends of the window; ``nan`` if no mean degree will do.
    peak, peak_at : float
        Largest growth, and the mean degree that has it.
    """

    low: float
    high: float
    peak: float
    peak_at: float


def watts_condition(degrees: Distribution, threshold: float) -> WattsCondition:
    r"""Global cascade condition for any distribution of degrees.

    .. math:: \sum_{k \le K} k (k - 1) p_k > \langle k \rangle, \qquad K = \lfloor 1 / \phi \rfloor

    Parameters
    ----------
    degrees : int, mapping or array_like
        Distribution of the number of ties.
    threshold : float
        Share of ego's alters who must have adopted, the same for everybody, above 0 to 1.

    Raises
    ------
    InputError
        If the distribution is none or the threshold is out of range (at 0 all adopt unasked).

    References
    ----------
    .. [1] D. J. Watts, PNAS 99, 5766-5771 (2002). https://doi.org/10.1073/pnas.082090499

    Examples
    --------
    >>> watts_condition({1: 0.5, 3: 0.5}, 0.3).growth
    1.5
    """
    k, p = distribution(degrees, "degrees")
    vulnerable = k <= _largest_vulnerable(threshold)
    pairs = float((k * (k - 1) * p)[vulnerable].sum())
    mean = float((k * p).sum())
    growth = pairs / mean if mean else float("nan")
    return WattsCondition(
        vulnerable_pairs=pairs, mean_degree=mean, growth=growth, spreads=growth > 1
    )


def watts_window(threshold: float) -> WattsWindow:
    r"""Mean degrees at which an Erdős–Rényi network cascades.

    .. math:: z \, P(\mathrm{Pois}(z) \le K - 2) > 1, \qquad K = \lfloor 1 / \phi \rfloor

    Parameters
    ----------
    threshold : float
        Share of ego's alters who must have adopted, above 0 to 1.

    Returns
    -------
    WattsWindow
        The left side rises to one peak and falls: it is a product of two log-concave factors.

    Raises
    ------
    InputError
        If the threshold is out of range.

    References
    ----------
    .. [1] D. J. Watts, PNAS 99, 5766-5771 (2002). https://doi.org/10.1073/pnas.082090499

    Examples
    --------
    >>> window = watts_window(0.18)
    >>> round(window.low, 6), round(window.high, 6)
    (1.020704, 5.764677)
    """
    from scipy.optimize import brentq
    from scipy.special import gammaln, pdtr, xlogy

    most = _largest_vulnerable(threshold) - 2
    if most < 0:  # with two alters nobody is persuaded by one
        return WattsWindow(low=np.nan, high=np.nan, peak=0.0, peak_at=np.nan)

    def excess(z: float) -> float:
        return float(z * pdtr(most, z)) - 1

    def slope(z: float) -> float:
        at_most = np.exp(xlogy(most, z) - z - gammaln(most + 1))
        return float(pdtr(most, z) - z * at_most)

    top = most + 2.0
    while slope(top) >= 0:
        top *= 1.5
    peak_at = float(brentq(slope, 1e-9, top, xtol=1e-13, rtol=1e-15))
    peak = excess(peak_at) + 1
    low = high = float("nan")
    if peak > 1:
        low = 1.0 if excess(1.0) >= 0 else float(brentq(excess, 1.0, peak_at, xtol=1e-14))
        while excess(top) >= 0:
            top *= 1.5
        high = float(brentq(excess, peak_at, top, xtol=1e-13))
    return WattsWindow(low=low, high=high, peak=peak, peak_at=peak_at)


def _largest_vulnerable(threshold: float) -> int:
    """Most alters that ego may have to be persuaded by one of them."""
    if not 0 < threshold <= 1:
        msg = f"threshold is {threshold}, expected a share above 0 and up to 1"
        raise InputError(msg)
    return int(np.floor(1 / threshold * (1 + 1e-12)))
