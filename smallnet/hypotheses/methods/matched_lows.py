"""Events that answer a low: compare with lows that nobody answered.

Who steps in does so when activity is unusually low (threat T14), and after a low it rises again on
its own: regression to the mean. Before-and-after then finds an effect of anything, and so does an
event study, whose base is the low itself. Groups at their own low *without* an event rise alike.
O. Ashenfelter met it first, in earnings before training: Review of Economics and Statistics 60,
47-57 (1978), https://doi.org/10.2307/1924332.
"""

import numpy as np
import numpy.typing as npt

from smallnet.errors import InputError

__all__ = ["align_at_lows"]

FloatArray = npt.NDArray[np.float64]


def align_at_lows(
    outcome: npt.ArrayLike,
    event_at: npt.ArrayLike,
    low: npt.ArrayLike,
    *,
    before: int = 2,
    after: int = 4,
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.int64]]:
    """Cut out the periods around each unit's first low, with or without an event after it.

    The answer goes to :func:`~smallnet.hypotheses.methods.event_study.event_study` with
    ``longest=after``: one cohort, whose event came right after its low, and the units whose low
    was followed by none.

    Parameters
    ----------
    outcome : array_like of float, shape (units, periods)
        What is compared. For counts, align them and the time at risk in two calls.
    event_at : array_like of float, shape (units,)
        Number of the first period with the event; ``inf`` or ``nan`` for never.
    low : array_like of bool, shape (units, periods)
        Whether the period is of the kind that calls for an event, by what was known then (such
        as: less than half the mean of the four periods before).
    before, after : int
        Periods kept before the low and after it.

    Returns
    -------
    outcome : ndarray, shape (rows, before + 1 + after)
        One row a unit with a low that comes before any event and far enough from both ends; the
        low is column ``before``. ``nan`` from a later event on.
    event_at : ndarray, shape (rows,)
        ``before + 1``, or ``inf`` without an event right after the low.
    unit : ndarray of int, shape (rows,)

    Raises
    ------
    InputError
        If shapes do not match, or no low is followed by an event or none is not.

    Notes
    -----
    Lows are alike only in what ``low`` says. Leaving at a later event is informative if those
    answer lows too; a short ``after`` keeps that small.

    Examples
    --------
    >>> y = np.array([[5.0, 1.0, 5.0], [6.0, 2.0, 6.0], [5.0, 5.0, 5.0]])
    >>> align_at_lows(y, [2, np.inf, np.inf], y < 3, before=1, after=1)[1:]
    (array([ 2., inf]), array([0, 1]))
    """
    y, event = np.asarray(outcome, dtype=float), np.asarray(event_at, dtype=float)
    lows = np.asarray(low, dtype=bool)
    if y.ndim != 2 or lows.shape != y.shape or event.shape != y.shape[:1]:
        msg = (
            f"outcome has shape {y.shape}, low {lows.shape} and event_at {event.shape}, expected "
            "(units, periods) twice and (units,)"
        )
        raise InputError(msg)
    event = np.where(np.isnan(event), np.inf, event)
    period = np.arange(y.shape[1])
    usable = lows & (event[:, None] > period) & (period >= before)
    usable &= period + after < y.shape[1]
    unit = np.flatnonzero(usable.any(axis=1))
    at = usable[unit].argmax(axis=1)
    answered = event[unit] == at + 1
    if not answered.any() or answered.all():
        msg = (
            f"{int(answered.sum())} of {unit.size} lows have an event next, expected some, not all"
        )
        raise InputError(msg)
    place = at[:, None] + np.arange(-before, after + 1)
    gone = ~answered[:, None] & (place >= event[unit][:, None])
    aligned = np.where(gone, np.nan, y[unit[:, None], place])
    return aligned, np.where(answered, before + 1.0, np.inf), unit
