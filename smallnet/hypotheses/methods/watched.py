"""Stays as watched: from late entry to exit or censoring, and how many are at risk when."""

import numpy as np
import numpy.typing as npt

from smallnet.errors import InputError

__all__ = ["at_risk", "checked_stays"]

FloatArray = npt.NDArray[np.float64]


def at_risk(time: FloatArray, begin: FloatArray, end: FloatArray) -> npt.NDArray[np.int64]:
    """Count those watched just before each time."""
    entered = np.searchsorted(np.sort(begin), time, side="left")
    gone = np.searchsorted(np.sort(end), time, side="left")
    return (entered - gone).astype(np.int64)


def checked_stays(
    exit_at: npt.ArrayLike, observed: npt.ArrayLike, enter_at: npt.ArrayLike | None
) -> tuple[FloatArray, npt.NDArray[np.bool_], FloatArray]:
    """Stays as arrays, or a sentence about what is wrong with them."""
    end, seen = np.asarray(exit_at, dtype=float), np.asarray(observed, dtype=bool)
    begin = np.zeros_like(end) if enter_at is None else np.asarray(enter_at, dtype=float)
    if not (end.ndim == 1 and end.shape == seen.shape == begin.shape):
        msg = f"exits {end.shape}, observed {seen.shape} and entries {begin.shape} differ in length"
        raise InputError(msg)
    wrong = ~(np.isfinite(end) & (begin >= 0) & (begin < end))
    if wrong.any():
        row = int(np.argmax(wrong))
        msg = f"stay {row} is watched from {begin[row]} to {end[row]}, expected 0 <= from < to"
        raise InputError(msg)
    return end, seen, begin
