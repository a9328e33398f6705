r"""What some measures add to a forecast: the gain in out-of-sample AUC over a baseline.

A model with more columns always fits better, and a cut-off or a penalty tried on the same rows
flatters itself. So every row is predicted by models that have not seen it, whose penalty was chosen
in a cross-validation of their own, inside the rows they were fitted to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from smallnet.errors import InputError

__all__ = [
    "Gain",
    "area",
    "cross_validated_gain",
    "interval_of",
    "p_of",
    "ridge_logistic",
    "score_test",
    "tuned",
]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
PENALTIES = (1.0, 10.0, 100.0, 1000.0)  # of the added columns; the baseline has the first
STEPS = 8  # of Newton's method; a ridge of 1 leaves nothing to diverge


@dataclass(frozen=True, kw_only=True)
class Gain:
    """Out-of-sample AUC with and without the added columns.

    Attributes
    ----------
    base, full : float
        AUC of the baseline and of the model with the added columns: mean over folds and repeats.
    influence : ndarray, shape (rows,)
        What each row moves ``full - base`` by, times the number of rows.
    """

    base: float
    full: float
    influence: FloatArray

    @property
    def gain(self) -> float:
        """AUC gained."""
        return self.full - self.base


def area(score: npt.ArrayLike, y: npt.ArrayLike) -> tuple[float, FloatArray]:
    r"""Area under the ROC curve, and each row's influence on it.

    Parameters
    ----------
    score : array_like of float, shape (rows,)
        The higher, the likelier the event.
    y : array_like of bool, shape (rows,)
        Whether it happened.

    Returns
    -------
    auc : float
        Chance that a row with the event scores above one without, ties counted half; ``nan`` where
        one of the two kinds is missing.
    influence : ndarray, shape (rows,)
        :math:`(n / n_1)(\bar F_0(s_i) - A)` for rows with the event and the like for the others,
        each widened for the degree of freedom that its mean took (DeLong).

    References
    ----------
    .. [1] E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, Biometrics 44, 837-845 (1988).
       https://doi.org/10.2307/2531595

    Examples
    --------
    >>> area([0.1, 0.4, 0.35, 0.8], [False, False, True, True])[0]
    0.75
    """
    values, event = np.asarray(score, dtype=float), np.asarray(y, dtype=bool)
    high, low = values[event], values[~event]
    influence = np.zeros(values.size)
    if not (high.size and low.size):
        return float("nan"), influence
    beaten, winners = _place(high, low), 1 - _place(low, high)
    auc = float(beaten.mean())
    for rows, part in ((event, beaten), (~event, winners)):
        many = part.size
        widen = np.sqrt(many / (many - 1)) if many > 1 else 1.0
        influence[rows] = values.size / many * (part - auc) * widen
    return auc, influence


def _place(of: FloatArray, among: FloatArray) -> FloatArray:
    """Share of ``among`` that lies below each value, ties counted half."""
    line = np.sort(among)
    below = np.searchsorted(line, of, "left") + np.searchsorted(line, of, "right")
    share: FloatArray = below / (2 * line.size)
    return share


def ridge_logistic(
    x: FloatArray, y: BoolArray, train: FloatArray, penalty: FloatArray
) -> FloatArray:
    """Fit many logistic models at once, each to rows of its own.

    Parameters
    ----------
    x : ndarray, shape (rows, k)
        Standardised covariates, without intercept.
    y : ndarray of bool, shape (rows,)
        Events.
    train : ndarray, shape (models, rows)
        Weight of each row in each model: 1 or 0.
    penalty : ndarray, shape (models, k) or (k,)
        Ridge of each coefficient; the intercept has none.

    Returns
    -------
    ndarray, shape (models, k + 1)
        Coefficients, intercept first.
    """
    rows = np.column_stack([np.ones(len(x)), x])
    many, k = train.shape[0], rows.shape[1]
    ridge = np.zeros((many, k))
    ridge[:, 1:] = penalty
    beta = np.zeros((many, k))
    mean = (train @ y / train.sum(axis=1)).clip(0.01, 0.99)
    beta[:, 0] = np.log(mean / (1 - mean))
    diagonal = np.arange(k)
    for _step in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(beta @ rows.T, -30, 30)))
        score = (train * (y - chance)) @ rows - ridge * beta
        weight = np.maximum(train * chance * (1 - chance), train * 1e-9)
        information = np.swapaxes(weight[:, :, None] * rows, 1, 2) @ rows
        information[:, diagonal, diagonal] += ridge + 1e-9
        beta = beta + np.linalg.solve(information, score[:, :, None])[:, :, 0]
    return beta


def tuned(
    base: FloatArray,
    more: FloatArray,
    y: BoolArray,
    train: FloatArray,
    *,
    inner: int,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Fit each model with the penalty of the added columns that predicts best inside its rows.

    Parameters
    ----------
    base, more : ndarray, shape (rows, b) and (rows, m)
        Standardised columns of the baseline, and those added.
    y, train
        As in :func:`ridge_logistic`.
    inner : int
        Folds of the inner cross-validation.
    rng : numpy.random.Generator
        Draws the inner folds.

    Returns
    -------
    beta : ndarray, shape (models, b + m + 1)
        Coefficients, intercept first.
    penalty : ndarray, shape (models, b + m)
        What was chosen.
    """
    x, many = np.column_stack([base, more]), len(train)
    plain = np.full(base.shape[1], PENALTIES[0])
    grid = np.array([[*plain, *np.full(more.shape[1], size)] for size in PENALTIES])
    fold = np.stack([_folds(y, inner, rng) for _model in range(many)])
    loss = np.zeros((many, len(PENALTIES)))
    rows = np.column_stack([np.ones(len(x)), x])
    for part in range(inner):
        held = train * (fold == part)
        kept = np.repeat(train - held, len(PENALTIES), axis=0)
        beta = ridge_logistic(x, y, kept, np.tile(grid, (many, 1)))
        eta = (beta @ rows.T).reshape(many, len(PENALTIES), -1)
        missed = np.logaddexp(0, np.where(y, -eta, eta))
        loss += (missed * held[:, None, :]).sum(axis=2)
    chosen = grid[loss.argmin(axis=1)]
    return ridge_logistic(x, y, train, chosen), chosen


def cross_validated_gain(
    base: npt.ArrayLike,
    more: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    folds: int = 5,
    inner: int = 4,
    repeats: int = 5,
    rng: np.random.Generator,
) -> Gain:
    """Compare the out-of-sample AUC of a model with that of its baseline.

    Parameters
    ----------
    base, more : array_like of float, shape (rows, b) and (rows, m)
        Columns of the baseline, and those added. Rows must be independent: one a group.
    y : array_like of bool, shape (rows,)
        Whether the event happened.
    folds, inner, repeats : int
        Outer folds (with the same share of events), inner folds, and how often all is drawn anew.
    rng : numpy.random.Generator
        Draws the folds.

    Returns
    -------
    Gain
        Its influence gives an interval for the gain of models like those fitted here, to
        ``1 - 1 / folds`` of the rows: that of rows as they are tested [1]_, and that of rows as
        they are fitted to, which makes it hold for other rows to fit to as well.

    Raises
    ------
    InputError
        If there are fewer events, or rows without, than folds.

    References
    ----------
    .. [1] E. LeDell, M. Petersen and M. van der Laan, Electronic Journal of Statistics 9,
       1583-1607 (2015). https://doi.org/10.1214/15-EJS1035
    """
    event = np.asarray(y, dtype=bool)
    if min(event.sum(), (~event).sum()) < folds:
        msg = f"{event.sum()} of {event.size} rows have the event, expected {folds} of each kind"
        raise InputError(msg)
    first, second = _standard(base), _standard(more)
    place = np.stack([_folds(event, folds, rng) for _repeat in range(repeats)])
    train = np.stack([place[r] != part for r in range(repeats) for part in range(folds)]) * 1.0
    penalty = np.full((len(train), first.shape[1]), PENALTIES[0])
    plain = ridge_logistic(first, event, train, penalty)
    whole, chosen = tuned(first, second, event, train, inner=inner, rng=rng)
    areas, influence = np.zeros(2), np.zeros(event.size)
    for which, (x, betas, ridges) in enumerate(
        ((first, plain, penalty), (np.column_stack([first, second]), whole, chosen))
    ):
        rows, sign = np.column_stack([np.ones(event.size), x]), 2.0 * which - 1.0
        for kept, beta, ridge in zip(train, betas, ridges, strict=True):
            auc, moved = _fold(rows, event, kept > 0, beta, ridge)
            areas[which] += auc / len(train)
            influence += sign * moved / len(train)
    return Gain(base=float(areas[0]), full=float(areas[1]), influence=influence)


def _fold(
    rows: FloatArray, y: BoolArray, train: BoolArray, beta: FloatArray, ridge: FloatArray
) -> tuple[float, FloatArray]:
    """AUC of one model on the rows left to it, and the influence of all rows on it.

    A row that is tested moves the AUC itself; one that was fitted to moves the coefficients, by one
    Newton step, and with them the scores of all that are tested.
    """
    inside, test = np.flatnonzero(train), np.flatnonzero(~train)
    eta, event = rows @ beta, y[test]
    auc, direct = area(eta[test], event)
    influence = np.zeros(y.size)
    influence[test] = direct * y.size / test.size
    chance = 1 / (1 + np.exp(-eta[inside]))
    weight = chance * (1 - chance)
    fitted = rows[inside]
    information = (fitted * weight[:, None]).T @ fitted + np.diag([1e-9, *ridge])
    toward = np.linalg.solve(information, fitted.T)  # what a unit of score does to beta
    leverage = weight * np.einsum("nk,kn->n", fitted, toward)
    step = toward * ((y[inside] - chance) / (1 - np.minimum(leverage, 0.99)))
    without = eta[test] - (rows[test] @ step).T  # one line for each row left out
    high, low = without[:, event, None], without[:, None, ~event]
    left = ((high > low) + 0.5 * (high == low)).mean(axis=(1, 2))
    influence[inside] = (auc - left) * y.size
    return auc, influence


def score_test(
    base: npt.ArrayLike,
    more: npt.ArrayLike,
    outcomes: Sequence[npt.ArrayLike],
    *,
    bases: Sequence[npt.ArrayLike] | None = None,
    draws: int,
    rng: np.random.Generator,
) -> float:
    r"""Test whether the added columns tell anything of any outcome beyond the baseline.

    The score statistic :math:`u^T V^{-1} u`, with u the added columns (less what the baseline says
    of them, weighted as the model weights rows) times what the baseline leaves of an outcome,
    summed over the outcomes; against the same with each row's part of u given a random sign, the
    same for all outcomes. So rows may differ in spread, and outcomes may go together.

    Parameters
    ----------
    base, more : array_like
        As in :func:`cross_validated_gain`.
    outcomes : sequence of array_like of bool, shape (rows,)
        Events.
    bases : sequence of array_like, optional
        Where the outcomes have baselines of their own.
    draws : int
        Number of draws of signs.
    rng : numpy.random.Generator
        Signs.

    Returns
    -------
    float
        p-value, the observed signs counted.

    Notes
    -----
    What a row is worth in the draws is widened by ``1 / (1 - leverage)``, because the baseline was
    fitted to it: else p would be a little too small.

    References
    ----------
    .. [1] P. Kline and A. Santos, Journal of Econometric Methods 1, 23-41 (2012).
       https://doi.org/10.1515/2156-6674.1006
    """
    own = [base] * len(outcomes) if bases is None else list(bases)
    n = len(np.asarray(more))
    signs = rng.choice([-1.0, 1.0], (draws + 1, n))
    signs[0] = 1.0
    total = np.zeros(draws + 1)
    for columns, y in zip(own, outcomes, strict=True):
        first, event = _standard(columns), np.asarray(y, dtype=bool)
        rows = np.column_stack([np.ones(n), first])
        beta = ridge_logistic(first, event, np.ones((1, n)), np.full(first.shape[1], 1e-6))[0]
        chance = 1 / (1 + np.exp(-rows @ beta))
        root = np.sqrt(chance * (1 - chance))[:, None]
        rest = _standard(more)
        rest = rest - rows @ np.linalg.lstsq(root * rows, root * rest)[0]
        held = root * rows
        pull = np.einsum("nk,kn->n", held, np.linalg.solve(held.T @ held, held.T))
        part = rest * (event - chance)[:, None]
        u = signs @ (part / (1 - np.minimum(pull, 0.9))[:, None])  # what the baseline took away
        u[0] = part.sum(axis=0)
        weighted = root * rest
        # a column that the baseline all but holds would be judged by a handful of rows
        inverse = np.linalg.pinv(weighted.T @ weighted, rcond=1e-4, hermitian=True)
        total += np.einsum("dk,kl,dl->d", u, inverse, u)
    return float((1 + (total[1:] >= total[0] * (1 - 1e-12)).sum()) / (draws + 1))


def interval_of(influence: FloatArray, gain: float, level: float, fewest: int) -> tuple[float, ...]:
    """Bounds of a gain from its influence: t with the rarer kind of rows less one."""
    half = float(stats.t.ppf((1 + level) / 2, max(fewest - 1, 1))) * _spread(influence)
    return gain - half, gain + half


def p_of(influence: FloatArray, gain: float, fewest: int) -> float:
    """p-value of no gain, which is below ``1 - level`` just where the interval leaves 0 out.

    What two rows do together counts in the influence of both. Where the added columns tell
    nothing there is nothing else: the interval is then about 1.6 times as wide as it need be, and
    false alarms are rarer than they may be.
    """
    spread = _spread(influence)
    return float(2 * stats.t.sf(abs(gain) / max(spread, 1e-300), max(fewest - 1, 1)))


def _spread(influence: FloatArray) -> float:
    return float(np.sqrt((influence**2).mean() / influence.size))


def _folds(y: BoolArray, folds: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Deal rows to folds, those with the event and those without apart."""
    place = np.empty(y.size, dtype=np.int64)
    for kind in (y, ~y):
        rows = rng.permutation(np.flatnonzero(kind))
        place[rows] = (np.arange(rows.size) + rng.integers(folds)) % folds
    return place


def _standard(columns: npt.ArrayLike) -> FloatArray:
    """Give columns of mean 0 and spread 1; one that is everywhere the same becomes 0."""
    values = np.asarray(columns, dtype=float)
    values = values[:, None] if values.ndim == 1 else values
    spread = values.std(axis=0)
    standard: FloatArray = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return standard
