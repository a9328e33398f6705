r"""Group contagion by approximate master equations.

Groups are followed by size and number of infected, people by number of groups:

.. math::
    \dot s_m &= 1 - s_m - m r s_m \\
    \dot f_{n,i} &= (i+1) f_{n,i+1} - i f_{n,i} + (n-i+1)(\beta(n,i-1)+\rho) f_{n,i-1}
        - (n-i)(\beta(n,i)+\rho) f_{n,i} \\
    r &= \frac{\sum \beta(n,i)(n-i) f_{n,i} p_n}{\sum (n-i) f_{n,i} p_n}, \qquad
    \rho = r \frac{\sum m(m-1) s_m g_m}{\sum m s_m g_m}

Time is counted in mean times to recover.

References
----------
.. [1] G. St-Onge, I. Iacopini, V. Latora, A. Barrat, G. Petri, A. Allard and L. Hébert-Dufresne,
   Communications Physics 5, 25 (2022). https://doi.org/10.1038/s42005-021-00788-w
.. [2] G. St-Onge, V. Thibeault, A. Allard, L. J. Dubé and L. Hébert-Dufresne, Physical Review E
   103, 032301 (2021). https://doi.org/10.1103/PhysRevE.103.032301
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from smallnet.errors import InputError
from smallnet.simulations.theory.checks import (
    Distribution,
    FloatArray,
    IntArray,
    chance,
    distribution,
)

__all__ = ["GroupAME", "GroupPath", "GroupState"]

InfectionRate: TypeAlias = Callable[[int, IntArray], ArrayLike] | ArrayLike
GRID = 600  # places where the stationary map is compared with the diagonal


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupState:
    """A stationary state.

    Attributes
    ----------
    prevalence : float
        Share of people infected.
    rate : float
        Infection of a susceptible member by a group, r.
    outside : float
        Infection of a susceptible member by their other groups, rho.
    stable : bool
        Whether the stationary map crosses the diagonal from above.
    """

    prevalence: float
    rate: float
    outside: float
    stable: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupPath:
    """Course of a contagion.

    Attributes
    ----------
    times : ndarray, shape (t,)
        Moments, mean times to recover.
    prevalence : ndarray, shape (t,)
        Share of people infected.
    susceptible : ndarray, shape (t, memberships)
        Share susceptible among people of each number of groups that occurs, lowest first.
    """

    times: FloatArray
    prevalence: FloatArray
    susceptible: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupAME:
    """Contagion through groups, in the limit of very many.

    Parameters
    ----------
    memberships : int, mapping or array_like
        Distribution of the number of groups of a person.
    sizes : int, mapping or array_like
        Distribution of the sizes of groups, each at least 1.
    infection : callable or array_like
        ``infection(n, i)``: rate of one susceptible member at ``i`` infected (an array of whole
        numbers), per recovery; or an array that is indexed by n, then i. 0 at i = 0.

    Raises
    ------
    InputError
        If a distribution is none, nobody is in a group, or a rate is negative or unknown.

    Examples
    --------
    >>> model = GroupAME(memberships=3, sizes=4, infection=lambda n, i: 0.2 * i)
    >>> round(model.stationary_states()[-1].prevalence, 6)
    0.394162
    """

    memberships: Distribution
    sizes: Distribution
    infection: InfectionRate
    _m: IntArray = field(init=False, repr=False)
    _g: FloatArray = field(init=False, repr=False)
    _n: IntArray = field(init=False, repr=False)
    _p: FloatArray = field(init=False, repr=False)
    _rates: tuple[FloatArray, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        m, g = distribution(self.memberships, "memberships")
        n, p = distribution(self.sizes, "sizes", least=1)
        if not m.any():
            msg = "nobody is in a group, expected memberships above 0"
            raise InputError(msg)
        rates = tuple(self._rates_of(size) for size in n.tolist())
        for name, value in (("_m", m), ("_g", g), ("_n", n), ("_p", p), ("_rates", rates)):
            object.__setattr__(self, name, value)

    def _rates_of(self, n: int) -> FloatArray:
        """Rates at 0 to n infected; at n nobody is left to infect."""
        i = np.arange(n)
        if callable(self.infection):
            rates = np.broadcast_to(np.asarray(self.infection(n, i), np.float64), (n,))
        else:
            table = np.asarray(self.infection, np.float64)
            if table.ndim != 2 or table.shape[0] <= n or table.shape[1] < n:
                msg = f"infection has the shape {table.shape}, expected rows to {n}, columns to {n}"
                raise InputError(msg)
            rates = table[n, :n]
        bad = ~((rates >= 0) & np.isfinite(rates))
        if bad.any() or rates[0] != 0:
            at = int(np.flatnonzero(bad)[0]) if bad.any() else 0
            msg = (
                f"the rate at {at} infected of {n} is {rates[at]}, "
                "expected 0 or more, finite, and 0 where nobody is infected"
            )
            raise InputError(msg)
        return np.append(rates, 0.0)

    # -- invasion -----------------------------------------------------------------------------

    @property
    def excess_memberships(self) -> float:
        """Mean number of other groups of a member, <m(m-1)>/<m>."""
        m, g = self._m, self._g
        return float((m * (m - 1) * g).sum() / (m * g).sum())

    @property
    def invasion_number(self) -> float:
        r"""Groups invaded by each invaded group; a few infected spread if it is above 1.

        .. math:: \frac{\langle m(m-1) \rangle}{\langle m \rangle \langle n \rangle} \sum_n p_n
            \sum_{i=1}^{n-1} \frac{n!}{(n-i-1)!\, i!} \prod_{j \le i} \beta(n, j)
        """
        return float(np.exp(self._log_invasion(0.0)))

    def invasion_threshold(self) -> float:
        """Factor on all rates at which the invasion number is 1.

        With rates of ``lam`` = 1 this is the critical ``lam`` itself. ``inf`` if a single
        infected member infects nobody, or nobody is in two groups.
        """
        from scipy.optimize import brentq

        low = high = 0.0
        if self._log_invasion(0.0) == -np.inf:
            return float("inf")
        while self._log_invasion(low) > 0:
            low -= 4.0
        while self._log_invasion(high) < 0:
            high += 4.0
        return float(np.exp(brentq(self._log_invasion, low, high, xtol=1e-14, rtol=1e-14)))

    def _log_invasion(self, log_scale: float) -> float:
        from scipy.special import gammaln, logsumexp

        terms = []
        for n, p, rates in zip(self._n.tolist(), self._p, self._rates, strict=True):
            i = np.arange(1, n)
            with np.errstate(divide="ignore"):
                product = np.cumsum(np.log(rates[1:n]) + log_scale)
            ways = gammaln(n + 1) - gammaln(n - i) - gammaln(i + 1)
            terms.append(np.log(p) + ways + product)
        every = np.concatenate(terms)
        excess = self.excess_memberships
        if not every.size or every.max() == -np.inf or excess <= 0:
            return -np.inf
        return float(np.log(excess) - np.log((self._n * self._p).sum()) + logsumexp(every))

    def curvature(self) -> float:
        r"""Second-order term of the stationary map at the invasion threshold.

        Above 0 the transition jumps and two states are stable just below the threshold; below 0
        it is continuous.

        .. math:: 2 c_3 / c_1^3 + u'' / c_2 - 2 v' u' / c_2^2
        """
        scale = self.invasion_threshold()
        if scale == np.inf:
            return float("nan")
        m, g, mean_n = self._m.astype(float), self._g, float((self._n * self._p).sum())
        mean_m = float((m * g).sum())
        c3 = float((m**2 * g).sum() / mean_m) ** 2 - float((m**3 * g).sum() / mean_m)
        v1 = u1 = u2 = 0.0
        for n, p, rates in zip(self._n.tolist(), self._p, self._rates, strict=True):
            h, second = _orders(n, rates * scale)
            left = (n - np.arange(n + 1)).astype(float)
            v1 += p * float(left @ h)
            u1 += p * float((left * rates * scale) @ h)
            u2 += p * float((left * rates * scale) @ second)
        return 2 * c3 / self.excess_memberships**3 + u2 / mean_n - 2 * v1 * u1 / mean_n**2

    # -- stationary states --------------------------------------------------------------------

    def _outside(self, rate: FloatArray) -> FloatArray:
        susceptible = self._g / (1 + np.multiply.outer(rate, self._m))
        shared: FloatArray = (susceptible @ (self._m * (self._m - 1))) / (susceptible @ self._m)
        return rate * shared

    def stationary_map(self, rate: ArrayLike) -> FloatArray:
        """Rate of infection by a group in balance with a given rate, r → M(r)."""
        r = np.atleast_1d(np.asarray(rate, np.float64))
        rho = self._outside(r)[:, None]
        above, below = np.zeros(r.size), np.zeros(r.size)
        for n, p, rates in zip(self._n.tolist(), self._p, self._rates, strict=True):
            i = np.arange(n)
            with np.errstate(divide="ignore"):
                steps = np.log((n - i) / (i + 1) * (rates[:n] + rho))
            log_f = np.concatenate([np.zeros((r.size, 1)), np.cumsum(steps, axis=1)], axis=1)
            f = np.exp(log_f - log_f.max(axis=1, keepdims=True))
            f /= f.sum(axis=1, keepdims=True)
            left = n - np.arange(n + 1)
            above += p * (f @ (left * rates))
            below += p * (f @ left)
        balance: FloatArray = above / below
        return balance.reshape(np.shape(rate))

    def prevalence(self, rate: float) -> float:
        """Share infected where each group infects at this rate."""
        return float((self._g * self._m * rate / (1 + self._m * rate)).sum())

    def stationary_states(self) -> tuple[GroupState, ...]:
        """Every stationary state, the one without infection first.

        Notes
        -----
        The map M(r)/r - 1 is searched for sign changes on 600 places from 1e-12 times the largest
        rate to that rate, evenly on a log scale: two states closer than 5 % in r can be missed.
        """
        from scipy.optimize import brentq

        largest = max(float(rates.max()) for rates in self._rates)
        nothing = GroupState(
            prevalence=0.0, rate=0.0, outside=0.0, stable=self.invasion_number <= 1
        )
        if largest == 0 or self.excess_memberships == 0:
            return (nothing,)

        def excess(log_r: float) -> float:
            r = np.exp(log_r)
            return float(self.stationary_map(r) / r) - 1

        places = np.log(largest) + np.linspace(np.log(1e-12), 0.01, GRID)
        r = np.exp(places)
        sign = np.sign(self.stationary_map(r) / r - 1)
        sign[np.abs(self.stationary_map(r) / r - 1) < 1e-11] = 0  # rounding, not a crossing
        firm = np.flatnonzero(sign)
        states = [nothing]
        for a, b in itertools.pairwise(firm):
            if sign[a] == sign[b]:
                continue
            rate = float(np.exp(brentq(excess, places[a], places[b], xtol=1e-14, rtol=1e-14)))
            states.append(
                GroupState(
                    prevalence=self.prevalence(rate),
                    rate=rate,
                    outside=float(self._outside(np.array([rate]))[0]),
                    stable=bool(sign[a] > 0),
                )
            )
        return tuple(states)

    # -- course -------------------------------------------------------------------------------

    def integrate(self, times: ArrayLike, start: float) -> GroupPath:
        """Follow the equations from a share of people infected at random.

        Parameters
        ----------
        times : array_like, shape (t,)
            Rising moments, mean times to recover, from the start at 0.
        start : float
            Share infected at 0.

        Raises
        ------
        InputError
            If the moments do not rise from 0 on, or the share is none.
        """
        from scipy.integrate import solve_ivp
        from scipy.special import gammaln, xlog1py, xlogy

        at = np.atleast_1d(np.asarray(times, np.float64))
        if not at.size or not (at >= 0).all() or not (np.diff(at) >= 0).all():
            msg = "times are not rising from 0 on, expected at least one moment, in order"
            raise InputError(msg)
        share, parts = chance(start, "start"), []
        for n in self._n.tolist():
            i = np.arange(n + 1)
            ways = gammaln(n + 1) - gammaln(i + 1) - gammaln(n - i + 1)
            parts.append(np.exp(ways + xlogy(i, share) + xlog1py(n - i, -share)))
        begin = np.concatenate([np.full(self._m.size, 1 - share), *parts])
        found = solve_ivp(
            lambda _t, y: self._change(y),
            (0.0, max(float(at[-1]), 1e-9)),
            begin,
            t_eval=np.unique(at),
            method="LSODA",
            rtol=1e-10,
            atol=1e-13,
        )
        susceptible = found.y[: self._m.size].T[np.searchsorted(found.t, at)]
        return GroupPath(times=at, prevalence=1 - susceptible @ self._g, susceptible=susceptible)

    def _change(self, y: FloatArray) -> FloatArray:
        m, place = self._m, self._m.size
        s, change = y[:place], np.zeros_like(y)
        groups, above, below = [], 0.0, 0.0
        for n, p, rates in zip(self._n.tolist(), self._p, self._rates, strict=True):
            f = y[place : place + n + 1]
            left = (n - np.arange(n + 1)).astype(float)
            groups.append((place, n, f, left, rates))
            above += p * float((left * rates) @ f)
            below += p * float(left @ f)
            place += n + 1
        r = above / below if below > 0 else 0.0
        weight = float((m * s) @ self._g)
        rho = r * float((m * (m - 1) * s) @ self._g) / weight if weight > 0 else 0.0
        change[: m.size] = 1 - s - m * r * s
        for place, n, f, left, rates in groups:
            infection, recovery = left * (rates + rho) * f, np.arange(n + 1) * f
            change[place : place + n + 1] -= infection + recovery
            change[place + 1 : place + n + 1] += infection[:-1]
            change[place : place + n] += recovery[1:]
        return change


def _orders(n: int, rates: FloatArray) -> tuple[FloatArray, FloatArray]:
    """First and second derivative by rho of the stationary groups, at rho = 0."""
    h, second = np.zeros(n + 1), np.zeros(n + 1)
    h[1] = n
    for i in range(1, n):
        h[i + 1] = h[i] * (n - i) * rates[i] / (i + 1)
    h[0] = -h[1:].sum()
    second[1] = 2 * n * h[0]
    for i in range(1, n):
        gain = 2 * ((n - i) * h[i] - (n - i + 1) * h[i - 1])
        stay = (i + (n - i) * rates[i]) * second[i]
        come = (n - i + 1) * rates[i - 1] * second[i - 1]
        second[i + 1] = (gain + stay - come) / (i + 1)
    second[0] = -second[1:].sum()
    return h, second
