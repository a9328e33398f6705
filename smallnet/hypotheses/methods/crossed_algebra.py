"""The sparse algebra under ``fit_crossed_poisson``: rows, systems without an inverse, draws.

Coefficients are few and dense, random effects many and sparse. With mu the expected counts and T
the totals of strata, the information on the random effects is Z' mu Z - Zm' T Zm, where Zm is the
mean of Z over a stratum's expected events. A gamma law of strata of shape kappa adds kappa to each
total and to each stratum's summed rate, and nothing else. Up to 1,000 effects a Cholesky factor is
quicker than conjugate gradients; both are there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy import linalg

from smallnet.errors import InputError

__all__ = ["Design", "System", "solve"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
COLUMNS = 16  # systems solved at a time, for memory
MOST_STEPS = 1000
DENSE = 1000  # effects up to which a factor of the whole matrix is quicker
NEAR = 1e-9  # residual against the right side at which a system counts as solved
ROUGH = 1e-5  # the same for a draw, which is an error of chance itself


@dataclass(frozen=True, kw_only=True)
class Design:
    """Rows at risk, sorted by stratum; strata coded from 0.

    ``x`` are fixed covariates, ``z`` the design of the random effects, in blocks of ``blocks``
    effects with a variance each; ``events`` are the totals of strata.
    """

    y: FloatArray
    exposure: FloatArray
    stratum: IntArray
    x: FloatArray
    z: sp.csr_array
    blocks: tuple[int, ...]
    events: FloatArray

    def sum_strata(self, values: FloatArray) -> FloatArray:
        """Add up values of rows, shape (rows,) or (rows, m), within strata."""
        starts = np.searchsorted(self.stratum, np.arange(self.events.size))
        summed: FloatArray = np.add.reduceat(values, starts, axis=0)
        return summed

    def at(self, theta: FloatArray, kappa: float) -> "System":
        """Give expected counts and what is linear there; ``theta``: coefficients, then effects."""
        p = self.x.shape[1]
        log_rate = self.x @ theta[:p] + self.z @ theta[p:]
        shift = 0.0 if kappa else float(log_rate.max())  # totals alone count: any scale will do
        rate = self.exposure * np.exp(log_rate - shift)
        total = self.events + kappa
        mu = rate * (total / (self.sum_strata(rate) + kappa))[self.stratum]
        mean = sp.csr_array(
            (mu / total[self.stratum], (self.stratum, np.arange(mu.size))),
            shape=(total.size, mu.size),
        )
        return System(self, mu, total, kappa, mean @ self.x, sp.csr_array(mean @ self.z))


class System:
    """The information at some point, as an operator; fixed effects are taken out by blocks."""

    def __init__(
        self,
        design: Design,
        mu: FloatArray,
        total: FloatArray,
        kappa: float,
        mean_x: FloatArray,
        mean_z: sp.csr_array,
    ) -> None:
        self.design, self.mu, self.total, self.kappa = design, mu, total, kappa
        self.mean_x, self.mean_z = mean_x, mean_z
        scaled = sp.diags_array(mu) @ design.z
        self._square = sp.csr_array(design.z.T @ scaled)
        self._turned = sp.csr_array(mean_z.T)
        self._diagonal = self._square.diagonal() - self._turned.power(2) @ total
        self.xz = np.asarray(design.z.T @ (mu[:, None] * design.x)) - self._turned @ (
            total[:, None] * mean_x
        )
        self.xx = design.x.T @ (mu[:, None] * design.x) - mean_x.T @ (total[:, None] * mean_x)

    def lift(self, ridge: FloatArray) -> None:
        """Set the prior precisions of the effects, and take the fixed effects out."""
        self._ridge = ridge
        if ridge.size <= DENSE:
            spread = sp.diags_array(np.sqrt(self.total)) @ self.mean_z
            whole = (self._square - spread.T @ spread).toarray() + np.diag(ridge)
            self._factor = linalg.cho_factor(whole)
        self.share = self.solve_effects(self.xz)
        self.schur = self.xx - self.xz.T @ self.share

    def solve_effects(self, right: FloatArray, near: float = NEAR) -> FloatArray:
        """Solve for effects alone, fixed effects held; columns of shape (effects, m)."""
        if self._ridge.size <= DENSE:
            found: FloatArray = linalg.cho_solve(self._factor, right)
            return found
        parts = [
            solve(self._apply, right[:, at : at + COLUMNS], self._diagonal + self._ridge, near)
            for at in range(0, right.shape[1], COLUMNS)
        ]
        return np.concatenate(parts, axis=1) if parts else right.copy()

    def _apply(self, v: FloatArray) -> FloatArray:
        moved = self.mean_z @ v
        return self._square @ v + self._ridge[:, None] * v - self._turned @ (
            self.total[:, None] * moved
        )  # fmt: skip

    def solve(self, right: FloatArray, near: float = NEAR) -> FloatArray:
        """Solve for fixed and random effects together; right sides of shape (p + effects, m)."""
        p = self.xx.shape[0]
        alone = self.solve_effects(right[p:], near)
        fixed = np.linalg.solve(self.schur, right[:p] - self.xz.T @ alone)
        return np.concatenate([fixed, alone - self.share @ fixed])

    def gradient(self, pull: FloatArray) -> FloatArray:
        """Give the sum of rows' (x, z), each times its pull; shape (p + effects,)."""
        return np.concatenate([self.design.x.T @ pull, self.design.z.T @ pull])

    def score(self) -> FloatArray:
        """Gradient of the log likelihood."""
        return self.gradient(self.design.y - self.mu)

    def draws(self, many: int, rng: np.random.Generator) -> Iterator[FloatArray]:
        """Draw from the Gaussian whose precision is the information with its ridge.

        Columns of shape (p + effects, m), a few at a time: the right side of each is the score that
        counts of this noise would have, and the prior's. Few effects need no chance: the columns of
        a root of the covariance, scaled so that their squares add up to ``many`` variances.
        """
        if self._ridge.size <= DENSE:
            cov = self.solve(np.eye(self.xx.shape[0] + self._ridge.size))
            root = np.linalg.cholesky((cov + cov.T) / 2) * np.sqrt(many)
            for first in range(0, len(root), COLUMNS):
                yield root[:, first : first + COLUMNS]
            return
        rows, strata, effects = self.mu.size, self.total.size, self._ridge.size
        for first in range(0, many, COLUMNS):
            m = min(COLUMNS, many - first)
            noise = np.sqrt(self.mu)[:, None] * rng.standard_normal((rows, m))
            own = self.design.sum_strata(noise)
            if self.kappa:  # the kappa events of a stratum that hang on nothing
                left = self.total - self.design.sum_strata(self.mu)
                own += np.sqrt(np.maximum(left, 0))[:, None] * rng.standard_normal((strata, m))
            right = np.concatenate(
                [
                    self.design.x.T @ noise - self.mean_x.T @ own,
                    self.design.z.T @ noise
                    - self._turned @ own
                    + np.sqrt(self._ridge)[:, None] * rng.standard_normal((effects, m)),
                ]
            )
            yield self.solve(right, ROUGH)

    def spread(self, drawn: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Give squares of what draws do to rows, summed over draws.

        Of the log rate itself, shape (rows,); of it against its stratum's mean, shape (rows,); and
        of that mean, shape (strata,).
        """
        p = self.xx.shape[0]
        moved = self.design.x @ drawn[:p] + self.design.z @ drawn[p:]
        mean = self.mean_x @ drawn[:p] + self.mean_z @ drawn[p:]
        apart = moved - mean[self.design.stratum]
        return (moved**2).sum(axis=1), (apart**2).sum(axis=1), (mean**2).sum(axis=1)

    def skewness(self, apart: FloatArray, mean: FloatArray) -> FloatArray:
        """Give the gradient of half the log determinant of the information.

        Each row pulls with its leverage, the posterior variance of its log rate against its
        stratum's mean; a stratum's kappa events pull with that of the mean.
        """
        pull = 0.5 * self.mu * apart
        total = self.design.sum_strata(pull)
        if self.kappa:
            left = self.total - self.design.sum_strata(self.mu)
            total = total + 0.5 * left * mean
        return self.gradient(pull - self.mu * (total / self.total)[self.design.stratum])


def solve(
    apply: Callable[[FloatArray], FloatArray],
    right: FloatArray,
    diagonal: FloatArray,
    near: float = NEAR,
) -> FloatArray:
    """Solve several systems of one positive matrix by conjugate gradients.

    Parameters
    ----------
    apply : callable
        Multiplies columns with the matrix.
    right : ndarray, shape (n, m)
        Right sides.
    diagonal : ndarray, shape (n,)
        Of the matrix: the preconditioner.
    near : float
        Residual against the right side at which a system counts as solved.

    Raises
    ------
    InputError
        If they do not settle.

    References
    ----------
    .. [1] M. R. Hestenes and E. Stiefel, Journal of Research of the National Bureau of Standards
       49, 409-436 (1952). https://doi.org/10.6028/jres.049.044
    """
    found = np.zeros_like(right)
    rest = right.copy()
    scale = 1 / np.maximum(diagonal, 1e-300)[:, None]
    way = scale * rest
    size = (rest * way).sum(axis=0)
    enough = near**2 * np.maximum(size, 1e-300)
    for _step in range(MOST_STEPS):
        if (size <= enough).all():
            return found
        pushed = apply(way)
        bend = (way * pushed).sum(axis=0)
        if (bend < 0).any():
            break
        length = size / np.maximum(bend, 1e-300)
        found += length * way
        rest -= length * pushed
        turned = scale * rest
        new = (rest * turned).sum(axis=0)
        way = turned + new / np.maximum(size, 1e-300) * way
        size = new
    msg = f"the system of {len(right)} effects did not settle: its matrix is all but singular"
    raise InputError(msg)
