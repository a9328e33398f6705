"""Every defensible way to ask one question, at once: weighting, window, definition of dead.

Where several choices are as good as each other, an answer that holds for one of them is a choice,
not a finding. All are run, shown in order, and it is said which choice moves the answer most. How
many of them come out "significant" means nothing by itself, as all look at the same data: the
whole family is held against its own draws under the null (:func:`specification_test`).
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from smallnet.errors import InputError
from smallnet.hypotheses.methods.family import max_t
from smallnet.hypotheses.methods.permutation import permutation_p

__all__ = ["SpecificationTest", "moved_by", "specification_list", "specification_test"]

FloatArray = npt.NDArray[np.float64]
NUMBERS = ("estimate", "low", "high", "p_value")


def specification_list(
    ask: Callable[..., Mapping[str, float] | None], options: Mapping[str, Sequence[Hashable]]
) -> pd.DataFrame:
    """Ask a question in every combination of choices [1]_.

    Parameters
    ----------
    ask : callable
        Called with one value of each option by name; gives ``estimate`` and, where known, ``low``,
        ``high`` and ``p_value``. None, or an :class:`~smallnet.errors.InputError`, where a
        combination has no answer: it stays in the list, without numbers and with the reason.
    options : mapping of str to sequence
        The choices and what each can be.

    Returns
    -------
    DataFrame
        One row a combination: the options, ``estimate, low, high, p_value`` (``nan`` where
        unknown) and ``why`` (empty where there is an answer); by estimate, unknown ones last.

    Raises
    ------
    InputError
        If there is no option, or one has no values.

    References
    ----------
    .. [1] S. Steegen, F. Tuerlinckx, A. Gelman and W. Vanpaemel, Perspectives on Psychological
       Science 11, 702-712 (2016). https://doi.org/10.1177/1745691616658637

    Examples
    --------
    >>> table = specification_list(lambda window, dead: {"estimate": window + dead},
    ...                            {"window": [7, 1], "dead": [30]})
    >>> table[["window", "dead", "estimate"]].to_numpy().tolist()
    [[1.0, 30.0, 31.0], [7.0, 30.0, 37.0]]
    """
    if not options or not all(len(values) for values in options.values()):
        msg = f"options are {dict(options)}, expected at least one, each with a value"
        raise InputError(msg)
    rows = []
    for combination in product(*options.values()):
        chosen = dict(zip(options, combination, strict=True))
        told: Mapping[str, float] | None
        try:
            told, why = ask(**chosen), ""
        except InputError as error:
            told, why = None, str(error)
        if told is None:
            told, why = {}, why or "no answer"
        numbers = {name: _number(told.get(name)) for name in NUMBERS}
        rows.append(chosen | numbers | {"why": why})
    table = pd.DataFrame(rows)
    return table.sort_values("estimate", kind="stable", ignore_index=True)


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def moved_by(table: pd.DataFrame, options: Sequence[str]) -> dict[str, float]:
    """Share of the estimates' variance that each choice alone accounts for.

    Parameters
    ----------
    table : DataFrame
        Of :func:`specification_list`.
    options : sequence of str
        Its columns of choices.

    Returns
    -------
    dict of str to float
        Variance of the means by the choice's values over the variance of all (a first-order
        sensitivity index [1]_ with all combinations alike likely); the rest is of choices together.
        ``nan`` where all estimates are the same. The largest first.

    References
    ----------
    .. [1] I. M. Sobol', Mathematics and Computers in Simulation 55, 271-280 (2001).
       https://doi.org/10.1016/S0378-4754(00)00270-6

    Examples
    --------
    >>> table = specification_list(lambda a, b: {"estimate": 3 * a + b}, {"a": [0, 1], "b": [0, 1]})
    >>> moved_by(table, ["a", "b"])
    {'a': 0.9, 'b': 0.1}
    """
    known = table[table["estimate"].notna()]
    whole = float(known["estimate"].var(ddof=0)) if len(known) else 0.0
    shares = {}
    for name in options:
        by = known.groupby(name, observed=True)["estimate"]
        mean, many = by.mean().to_numpy(float), by.size().to_numpy(float)
        middle = float(known["estimate"].mean()) if len(known) else 0.0
        part = float((many * (mean - middle) ** 2).sum() / max(many.sum(), 1.0))
        shares[name] = round(part / whole, 12) if whole > 0 else float("nan")
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


@dataclass(frozen=True, kw_only=True)
class SpecificationTest:
    """All combinations together, against the same under the null.

    Attributes
    ----------
    p_median : float
        Of a median statistic as far on the side asked for.
    p_share : float
        Of as many combinations beyond ``threshold``.
    p_any : float
        Of a largest statistic as large.
    p_adjusted : ndarray, shape (combinations,)
        Of each, adjusted over the family (Westfall and Young).
    share : float
        Of combinations beyond ``threshold``.
    """

    p_median: float
    p_share: float
    p_any: float
    p_adjusted: FloatArray
    share: float


def specification_test(
    statistics: npt.ArrayLike, drawn: npt.ArrayLike, *, threshold: float = 1.96
) -> SpecificationTest:
    """Hold all combinations against joint draws under the null [1]_.

    Parameters
    ----------
    statistics : array_like of float, shape (combinations,)
        Of each combination, large on the side of the claim (t, turned round for a ratio below 1);
        ``nan`` where it has no answer.
    drawn : array_like of float, shape (draws, combinations)
        The same in data without an effect: the labels permuted once a draw, then every combination
        asked.
    threshold : float
        What a combination must pass to count.

    Returns
    -------
    SpecificationTest
        p-values count the observed one among the draws, so that none is 0.

    Raises
    ------
    InputError
        If shapes do not match, no combination has an answer, or a draw has none.

    References
    ----------
    .. [1] U. Simonsohn, J. P. Simmons and L. D. Nelson, Nature Human Behaviour 4, 1208-1214 (2020).
       https://doi.org/10.1038/s41562-020-0912-z

    Examples
    --------
    >>> test = specification_test([3.0, 2.5], [[0.1, 0.3], [1.0, 0.5], [-1.0, -0.5]])
    >>> test.p_median, test.share
    (0.25, 1.0)
    """
    seen, null = np.asarray(statistics, dtype=float), np.asarray(drawn, dtype=float)
    adjusted = max_t(seen, null)  # checks shapes
    known = ~np.isnan(seen)
    if not known.any():
        msg = "no combination has an answer, expected at least one"
        raise InputError(msg)
    own, others = seen[known], null[:, known]
    share = float((own > threshold).mean())
    return SpecificationTest(
        p_median=permutation_p(float(np.median(own)), np.median(others, axis=1), "greater"),
        p_share=permutation_p(share, (others > threshold).mean(axis=1), "greater"),
        p_any=permutation_p(float(own.max()), others.max(axis=1), "greater"),
        p_adjusted=adjusted,
        share=share,
    )
