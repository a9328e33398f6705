"""Do two measures of groups go together? A rank correlation that refuses what arithmetic makes."""

from dataclasses import dataclass

import pandas as pd
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.guards import (
    PARTS,
    check_no_quotient,
    check_no_shared_part,
    check_one_row_a_group,
)
from smallnet.hypotheses.methods.ranks import spearman_interval

__all__ = ["Relation", "relate"]

FEWEST_GROUPS = 4


@dataclass(frozen=True)
class Relation:
    """Rank correlation of two measures over groups."""

    correlation: float  # Spearman's
    ci_low: float
    ci_high: float
    p_value: float  # two-sided, by t
    n_groups: int


def relate(table: pd.DataFrame, outcome: str, regressor: str, *, level: float = 0.95) -> Relation:
    r"""Correlate the ranks of two columns of the table of groups.

    Parameters
    ----------
    table : DataFrame
        One row a group, as ``group_table`` gives it; groups without one of the two are left out.
    outcome, regressor : str
        Its columns.
    level : float
        Of the interval, that of Bonett and Wright [1]_.

    Returns
    -------
    Relation

    Raises
    ------
    TrapError
        If the two are made of the same thing, or a group has more than one row.
    InputError
        For a column that is not there, or fewer than four groups that have both.

    References
    ----------
    .. [1] D. G. Bonett and T. A. Wright, Psychometrika 65, 23-28 (2000).
       https://doi.org/10.1007/BF02294183

    Examples
    --------
    >>> table = pd.DataFrame({"size": [4, 9, 20, 35, 60], "response_s": [9, 5, 30, 44, 90]})
    >>> relate(table, "response_s", "size").correlation
    0.9
    """
    for name in (outcome, regressor):
        if name not in table:
            msg = f"no column {name!r} in the table, expected one of {', '.join(table.columns)}"
            raise InputError(msg)
    check_one_row_a_group(table, (outcome, regressor))
    check_no_shared_part(outcome, regressor)
    for one, other in ((outcome, regressor), (regressor, outcome)):
        for name in _alike(table, other) if one not in PARTS else ():
            check_no_quotient(table[one], table[name], names=(one, name))
    both = table[[outcome, regressor]].astype(float).dropna()
    n = len(both)
    if n < FEWEST_GROUPS:
        msg = f"{n} groups have both {outcome} and {regressor}, expected at least {FEWEST_GROUPS}"
        raise InputError(msg)
    found = stats.spearmanr(both[outcome], both[regressor])
    r = float(found.statistic)
    low, high = (r, r) if abs(r) >= 1 else spearman_interval(r, n, level=level)
    return Relation(round(r, 12), low, high, float(found.pvalue), n)


def _alike(table: pd.DataFrame, name: str) -> list[str]:
    """Name the column and those that count the same thing: one's own may be a quotient of each."""
    part = PARTS.get(name)
    if part is None or len(part) > 1:
        return [name]
    return [name, *(str(k) for k in table if k != name and PARTS.get(str(k)) == part)]
