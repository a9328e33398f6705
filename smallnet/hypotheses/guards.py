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
    "check_no_quotient",
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

THE_TWO = ("the outcome", "the regressor")
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
        division is in it, and would be found again as an effect. Halves, thirds and decimals are
        taken for weights.
    """
    count = np.asarray(y, dtype=np.float64)
    if count.ndim != 1 or count.size == 0 or _whole(count):
        return
    if _divided(count, np.asarray(exposure, dtype=np.float64)):
        msg = "y is a count divided by the exposure: it would be divided twice."
        raise TrapError(msg, _COUNTS_CALL)
    columns = np.atleast_2d(np.asarray(x, dtype=np.float64).T)
    for place, column in enumerate(columns):
        words = _divisor(count, column)
        if words is not None:
            msg = (
                f"y is a count divided by {words}regressor {place}: it goes with that "
                "regressor by arithmetic, whatever groups are like."
            )
            raise TrapError(msg, _COUNTS_CALL)


def check_no_quotient(
    outcome: npt.ArrayLike, regressor: npt.ArrayLike, *, names: tuple[str, str] = THE_TWO
) -> None:
    """Refuse to relate a quotient that somebody made to its own denominator.

    Columns that smallnet makes are known by name (:func:`check_no_shared_part`); this one knows a
    quotient by its numbers: times the other column it is whole.

    Parameters
    ----------
    outcome, regressor : array_like, shape (rows,)
        Plain, or both as logarithms; ``nan`` where unknown.
    names : tuple of str
        Of the two, for the sentence.

    Raises
    ------
    TrapError
        If one is not whole and becomes whole in every row once multiplied by the other.
    """
    one, other = np.asarray(outcome, dtype=np.float64), np.asarray(regressor, dtype=np.float64)
    if one.shape != other.shape or one.ndim != 1:
        return
    known = np.isfinite(one) & np.isfinite(other)
    one, other = one[known], other[known]
    for top, bottom, high, low in ((one, other, *names), (other, one, *names[::-1])):
        log_of_quotient = np.exp(np.minimum(top, 700.0))
        if _divisor(top, bottom) is not None or _divisor(log_of_quotient, bottom) is not None:
            msg = (
                f"{high} is a count divided by {low}: they go together by arithmetic, whatever "
                "groups are like."
            )
            raise TrapError(
                msg,
                "relate the count itself with total_elasticity (null 1), or compare the same "
                "person in groups of unlike size (fit_size_rate, fit_mixed_poisson).",
            )


def _divisor(count: npt.NDArray[np.float64], column: npt.NDArray[np.float64]) -> str | None:
    """Say how a column must be read for the count to have been divided by it, if it was."""
    readings = {
        "": column,
        "the exponential of ": np.exp(np.minimum(column, 700.0)),
        "2 to the power of ": np.exp2(np.minimum(column, 1000.0)),
    }
    return next((words for words, part in readings.items() if _divided(count, part)), None)


def _divided(count: npt.NDArray[np.float64], part: npt.NDArray[np.float64]) -> bool:
    """Tell whether counts were divided by a part: not whole, but whole once multiplied by it."""
    if count.shape != part.shape or not np.isfinite(count).all() or not np.isfinite(part).all():
        return False
    broken = ~_near_whole(count)
    if broken.sum() < FEWEST or np.ptp(part[broken]) == 0 or (part[count != 0] == 0).any():
        return False  # few broken numbers, one divisor for all, or a division by 0: no quotient
    if any(_whole(count * coarse) for coarse in COARSE):
        return False  # halves, thirds, decimals: weights
    product = count * part
    return bool(np.abs(product).max() < LARGEST) and _whole(product)


COARSE = (2, 3, 4, 5, 10)
LARGEST = 1e12  # beyond it numbers have no digits left to be broken in
FEWEST = 4  # broken numbers that chance does not make whole


def _whole(values: npt.NDArray[np.float64]) -> bool:
    return bool(np.isfinite(values).all() and _near_whole(values).all())


def _near_whole(values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    # rounding alone, and no more: a millionth of a large count would take any number for whole
    rounding = np.minimum(1e-6 * np.maximum(1, np.abs(values)), 1e-2)
    near: npt.NDArray[np.bool_] = np.abs(values - np.round(values)) <= rounding
    return near


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
