"""Guards against arithmetic traps: what would be found by counting alone, where nothing is.

Three traps make findings about groups out of nothing. A ratio goes with its own denominator:
messages a head fall with heads even where talk does not. What is counted over a whole stay goes
with the length of the stay: only who stays has time to make friends. And a group weighs as one
group or as its members, which gives two answers to one question. The methods refuse a call that
walks into one of them, with the reason and the call that does not.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from smallnet.errors import TrapError

__all__ = [
    "PARTS",
    "check_before_risk",
    "check_counts",
    "check_no_shared_part",
    "check_one_row_a_group",
]

HEADS = frozenset({"members"})
PAIRS = frozenset({"members", "friend_pairs"})
PARTS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("size", "size_end", "size_mean", "size_max", "members_ever"), HEADS),
    "member_days": frozenset({"members", "days"}),
    "active_members": frozenset({"talkers"}),
    "talkers": frozenset({"talkers"}),
    "messages": frozenset({"messages"}),
    "messages_per_member_day": frozenset({"messages", "members", "days"}),
    "active_share": frozenset({"talkers", "members"}),
    "lurker_share": frozenset({"talkers", "members"}),
    "friend_pairs": frozenset({"friend_pairs"}),
    "friend_density": PAIRS,
    "friends_inside": PAIRS,
    "befriended_share": PAIRS,
    "trust_ties": frozenset({"trust_ties"}),
    "trust_ties_per_member": frozenset({"trust_ties", "members"}),
    "replied_share": frozenset({"replies", "messages"}),
    "helped_share": frozenset({"replies", "talkers"}),
    "top_talker_share": frozenset({"messages", "talkers"}),
    "shares": frozenset({"shares"}),
    "shares_per_member": frozenset({"shares", "members"}),
    "adoptions": frozenset({"adoptions"}),
    "adoptions_per_member": frozenset({"adoptions", "members"}),
    "adoptions_per_share": frozenset({"adoptions", "shares"}),
    "age_days": frozenset({"days"}),
}  # of the columns of the table of groups: what each is made of

_COUNTS_CALL = (
    "pass the count itself as y and what it was divided by (member-days, viewers) as exposure; "
    "the rate ratio is then free of the division."
)


def check_no_shared_part(outcome: str, regressor: str) -> None:
    """Refuse to relate two measures of groups that are made of the same thing.

    Parameters
    ----------
    outcome, regressor : str
        Columns of the table of groups; others are passed over.

    Raises
    ------
    TrapError
        If one is a ratio and the other holds a part of it (messages a member-day with size).

    Notes
    -----
    With log n independent of log M, of equal variance, the correlation of log(M / n) with log n is
    -1 / sqrt(2): a strong finding made of nothing [1]_.

    References
    ----------
    .. [1] K. Pearson, Proceedings of the Royal Society of London 60, 489-498 (1897).
       https://doi.org/10.1098/rspl.1896.0076
    """
    one, other = PARTS.get(_base(outcome), frozenset()), PARTS.get(_base(regressor), frozenset())
    shared = one & other
    if not shared or (len(one) == 1 and len(other) == 1 and _base(outcome) != _base(regressor)):
        return  # two counts of one thing (size and members ever) share no quotient
    words = " and ".join(sorted(shared)).replace("_", " ")
    msg = (
        f"{outcome} and {regressor} are both made of {words}: they go together by arithmetic, "
        "whatever groups are like."
    )
    raise TrapError(
        msg,
        "for talk and size test S05 (fit_size_rate: same person, groups of unlike size) or "
        "total_elasticity (the group's total on its size, null 1 - not the rate a head); for "
        "friends use friend_ratio or friend_z, whose null fixes the size.",
    )


def _base(name: str) -> str:
    return name.removesuffix("_low").removesuffix("_high")


def check_counts(y: npt.ArrayLike, exposure: npt.ArrayLike, x: npt.ArrayLike) -> None:
    """Refuse a rate where a count belongs, if the rate was divided by a regressor or an exposure.

    Parameters
    ----------
    y : array_like, shape (rows,)
        Events of each row.
    exposure : array_like, shape (rows,)
        What they are events of.
    x : array_like, shape (rows, k) or (rows,)
        Regressors, plain or as logarithms (natural or to base 2).

    Raises
    ------
    TrapError
        If y is not whole but is whole once multiplied by a regressor or by the exposure: then the
        division is in it, and would be found again as an effect.
    """
    count = np.asarray(y, dtype=np.float64)
    if count.ndim != 1 or count.size == 0 or _whole(count):
        return
    risk = np.asarray(exposure, dtype=np.float64)
    columns = np.atleast_2d(np.asarray(x, dtype=np.float64).T)
    if np.ptp(risk) > 0 and _whole(count * risk):
        msg = "y is a count divided by the exposure: it would be divided twice."
        raise TrapError(msg, _COUNTS_CALL)
    for place, column in enumerate(columns):
        for words, part in (
            ("", column),
            ("the exponential of ", np.exp(np.minimum(column, 700.0))),
            ("2 to the power of ", np.exp2(np.minimum(column, 1000.0))),
        ):
            if np.ptp(part) > 0 and _whole(count * part):
                msg = (
                    f"y is a count divided by {words}regressor {place}: it goes with that "
                    "regressor by arithmetic, whatever groups are like."
                )
                raise TrapError(
                    msg,
                    _COUNTS_CALL,
                )


def _whole(values: npt.NDArray[np.float64]) -> bool:
    if not np.isfinite(values).all():
        return False
    # rounding alone, and no more: a millionth of a large count would take any number for whole
    rounding = np.minimum(1e-6 * np.maximum(1, np.abs(values)), 1e-2)
    return bool((np.abs(values - np.round(values)) <= rounding).all())


def check_before_risk(name: str, counted_until: float, risk_from: float) -> None:
    """Refuse what was counted after the time at risk began.

    Parameters
    ----------
    name : str
        What was counted, for the sentence.
    counted_until, risk_from : float
        Days since joining until which it was counted, and from which leaving is watched; ``inf``
        is the end of the stay.

    Raises
    ------
    TrapError
        If counting goes on into the time at risk: who stays longer has longer to be counted, so
        the count "predicts" staying even where it does nothing (immortal time [1]_).

    References
    ----------
    .. [1] S. Suissa, American Journal of Epidemiology 167, 492-499 (2008).
       https://doi.org/10.1093/aje/kwm324
    """
    if counted_until <= risk_from:
        return
    until = "the end of the stay" if counted_until == np.inf else f"day {counted_until:g}"
    msg = (
        f"{name} is counted until {until}, but leaving is watched from day {risk_from:g}: only "
        "who stays has the time to be counted."
    )
    raise TrapError(
        msg,
        "count at a landmark and watch what comes after it (friends_at_landmark and its column "
        "'friends'), or let the count change in time in fit_cox, one row a change.",
    )


def check_one_row_a_group(table: pd.DataFrame, columns: Sequence[str] = ()) -> None:
    """Refuse a table in which groups weigh as many times as they have rows.

    Parameters
    ----------
    table : DataFrame
        With a column ``group``.
    columns : sequence of str
        What is about to be averaged or related, for the sentence.

    Raises
    ------
    TrapError
        If a group has more than one row: a mean over such rows is one over members where it looks
        like one over groups (half tens, half two hundreds: 105 over groups, 190.95 over members).
    """
    if "group" not in table or not table["group"].duplicated().any():
        return
    again = table["group"].value_counts()
    what = f" of {' and '.join(columns)}" if columns else ""
    msg = (
        f"group {again.index[0]!r} has {again.iloc[0]} rows: large groups would weigh as many "
        f"times as they have members, and a mean{what} be one over members."
    )
    raise TrapError(
        msg,
        "keep one row a group (drop_duplicates('group')) for an answer about groups, or "
        "person_weighted_mean for the group that a member meets.",
    )
