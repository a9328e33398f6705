"""Groups without some of their members: what is left of their talk if nobody steps in.

Who is taken out says nothing; what answers them is not said either, nor what answers that; all else
stays as it was. The k who wrote most in the window before a landmark are taken out of the window
after it, and against them k members drawn at random, so that their number is not what counts.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis import _
from numba import njit

from smallnet.errors import InputError
from smallnet.hypotheses.methods.group_windows import Windows
from smallnet.hypotheses.methods.permutation import below, random_state
from smallnet.tables import Dataset
from smallnet.tables.windows import talk

__all__ = ["KnockOut", "Timeline", "knock_out", "timeline"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Timeline:
    """Members of groups at landmarks, and what was said in the window after.

    Attributes
    ----------
    first : ndarray of int64, shape (rows + 1,)
        Members ``first[r]`` until before ``first[r + 1]`` are those of row r, who wrote most in
        the window before first.
    row, sender, parent : ndarray of int64, shape (acts,)
        By time: row of the act, member who wrote it (-1: no member), act it answers (-1: none).
    """

    first: IntArray
    row: IntArray
    sender: IntArray
    parent: IntArray


@dataclass(frozen=True)
class KnockOut:
    """Share of the acts that are left in each row, ``nan`` where there were none; shape (rows,).

    Attributes
    ----------
    without_top : ndarray
        Without those who wrote most before.
    without_random : ndarray
        Without as many at random, mean over the draws.
    silent_top, silent_random : ndarray
        Whether nothing is left, and in which share of the draws.
    """

    without_top: FloatArray
    without_random: FloatArray
    silent_top: FloatArray
    silent_random: FloatArray


def timeline(dataset: Dataset, windows: Windows) -> Timeline:
    """Lay out who was in at each landmark and what was said in the window after it.

    Parameters
    ----------
    dataset : Dataset
        Needs messages and what they answer.
    windows : Windows
        Whose rows are described.
    """
    acts = talk(dataset).select(
        "group",
        "interaction",
        "reply_to",
        "at_us",
        person="sender",
        landmark=windows.landmark_of(_.at_us),
    )
    keys = ["group", "landmark"]
    before = acts.group_by(*keys, "person").aggregate(n=_.count())
    listed = windows.members.left_join(before, [*keys, "person"])
    listed = listed.select("group", "landmark", "person", n=_.n.fill_null(0))
    place = windows.rows[keys].assign(row=np.arange(len(windows.rows)))
    members = dataset.collect(listed).merge(place, on=keys)
    members = members.sort_values(["row", "n", "person"], ascending=[True, False, True])
    members = members.reset_index(drop=True).assign(member=np.arange(len(members)))
    counts = np.bincount(members["row"], minlength=len(place))
    said = dataset.collect(acts.mutate(landmark=_.landmark - 1)).merge(place, on=keys)
    said = said.sort_values(["at_us", "interaction"], ignore_index=True)
    who = said.merge(members[["row", "person", "member"]], "left", on=["row", "person"])
    index = pd.Series(np.arange(len(said)), index=said["interaction"])
    answered = np.asarray(said["reply_to"].map(index).fillna(-1), dtype=np.int64)
    answered = np.where(answered < np.arange(len(said)), answered, -1)  # none to what comes later
    return Timeline(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        said["row"].to_numpy(dtype=np.int64),
        who["member"].fillna(-1).to_numpy(dtype=np.int64),
        answered.astype(np.int64),
    )


def knock_out(
    line: Timeline, k: npt.ArrayLike, *, draws: int, rng: np.random.Generator
) -> KnockOut:
    """Take k members out of each row: those who wrote most, and k at random.

    Parameters
    ----------
    line : Timeline
        Members and acts.
    k : array_like of int, shape (rows,)
        How many; at most the members.
    draws : int
        Draws of members at random.
    rng : numpy.random.Generator
        Chance.

    Raises
    ------
    InputError
        If there are fewer members than are to be taken out.
    """
    many = np.asarray(k, dtype=np.int64)
    sizes = np.diff(line.first)
    if many.shape != sizes.shape or (many < 0).any() or (many > sizes).any():
        msg = f"{many.size} numbers to take out of {sizes.size} rows, expected 0 to the row's size"
        raise InputError(msg)
    was = np.bincount(line.row, minlength=sizes.size).astype(float)
    members = np.arange(line.first[-1])
    place = members - np.repeat(line.first[:-1], sizes)
    gone = place < np.repeat(many, sizes)
    top = _left(line.row, line.sender, line.parent, gone, sizes.size)
    kept, silent = _random(
        line.first, line.row, line.sender, line.parent, many, draws, random_state(rng)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        known = np.where(was > 0, 1.0, np.nan)
        return KnockOut(top / was, kept / draws / was, (top == 0) * known, silent / draws * known)


@njit(cache=True)
def _left(
    row: IntArray, sender: IntArray, parent: IntArray, gone: npt.NDArray[np.bool_], rows: int
) -> FloatArray:
    """Count what is said in each row without who is gone, and without what hangs on it."""
    lost = np.zeros(row.size, dtype=np.bool_)
    left = np.zeros(rows)
    for act in range(row.size):
        who, asked = sender[act], parent[act]
        lost[act] = (who >= 0 and gone[who]) or (asked >= 0 and lost[asked])
        if not lost[act]:
            left[row[act]] += 1.0
    return left


@njit(cache=True)
def _random(
    first: IntArray,
    row: IntArray,
    sender: IntArray,
    parent: IntArray,
    many: IntArray,
    draws: int,
    state: npt.NDArray[np.uint64],
) -> tuple[FloatArray, FloatArray]:
    """Add up what is left, and how often nothing is, over draws of members to take out."""
    rows = many.size
    order = np.arange(first[-1])
    kept, silent = np.zeros(rows), np.zeros(rows)
    for _draw in range(draws):
        gone = np.zeros(order.size, dtype=np.bool_)
        for r in range(rows):
            for i in range(many[r]):  # the beginning of a shuffle (Fisher and Yates)
                here = first[r] + i
                j = here + below(state, first[r + 1] - here)
                order[here], order[j] = order[j], order[here]
                gone[order[here]] = True
        left = _left(row, sender, parent, gone, rows)
        for r in range(rows):
            kept[r] += left[r]
            silent[r] += left[r] == 0
    return kept, silent
