"""Who answers whom: a reply may go back to the person who last answered oneself."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from smallnet.simulations.rosters import IntArray

__all__ = ["answer_back", "last_answers"]


def answer_back(
    answer: IntArray,
    rows: IntArray,
    group: IntArray,
    sender: IntArray,
    when: IntArray,
    back: np.ndarray,
    within_s: int,
) -> IntArray:
    """Turn some replies round: they answer the last message that answered their sender.

    Parameters
    ----------
    answer : ndarray, shape (messages,)
        Row that each message answers; -1 for none.
    rows : ndarray
        Rows of messages in groups, by group, then time.
    group, sender, when : ndarray, shape (messages,)
        Where, who, seconds.
    back : ndarray of bool, shape (rows,)
        Which messages, if replies, answer who last answered their sender in this group.
    within_s : int
        How recent that answer must be; else the reply stays as it is.

    Returns
    -------
    ndarray, shape (messages,)
        Row that each message answers.
    """
    turned = answer.copy()
    if rows.size:
        n = int(sender.max()) + 1
        _kernel()(turned, rows, group, sender, when, back, within_s, np.full((2, n), -1))
    return turned


@cache
def _kernel() -> Any:
    import numba

    @numba.njit(cache=True)
    def turn(answer, rows, group, sender, when, back, within, last):  # type: ignore[no-untyped-def]
        for i in range(rows.size):
            row = rows[i]
            if answer[row] < 0:
                continue
            me = sender[row]
            if back[i] and last[1, me] == group[row]:
                before = last[0, me]
                if when[row] - when[before] < within:
                    answer[row] = before
            whom = sender[answer[row]]
            last[0, whom], last[1, whom] = row, group[row]

    return turn


def last_answers(
    answer: IntArray, group: IntArray, sender: IntArray, when: IntArray, within_s: int
) -> IntArray:
    """Give for each message the row that last answered its sender, in its group; -1 for none.

    Parameters
    ----------
    answer, group, sender, when : ndarray, shape (messages,)
        Row that each message answers (-1: none), where, who, seconds; by group, then time.
    within_s : int
        How recent that answer must be.
    """
    found = np.full(answer.size, -1, dtype=np.int64)
    if answer.size:
        n = int(sender.max()) + 1
        _looking_back()(found, answer, group, sender, when, within_s, np.full((2, n), -1))
    return found


@cache
def _looking_back() -> Any:
    import numba

    @numba.njit(cache=True)
    def look(found, answer, group, sender, when, within, last):  # type: ignore[no-untyped-def]
        for row in range(answer.size):
            me = sender[row]
            if last[1, me] == group[row] and when[row] - when[last[0, me]] < within:
                found[row] = last[0, me]
            if answer[row] >= 0:
                whom = sender[answer[row]]
                last[0, whom], last[1, whom] = row, group[row]

    return look
