"""Ids, digests and columns: numbers of a simulation as they stand in tables."""

from __future__ import annotations

import datetime as dtm

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smallnet.simulations.rosters import IntArray

__all__ = ["digests", "frame", "ids", "moments", "named"]

NULLABLE = {pa.bool_(): pd.BooleanDtype(), pa.int64(): pd.Int64Dtype()}
EPOCH = dtm.datetime(1970, 1, 1)  # naive, as every time here is


def ids(letter: str, n: int) -> pa.Array:
    """Give ``n`` ids such as p001, all of one length, in order."""
    numbers = pc.cast(pa.array(np.arange(1, n + 1)), pa.string())
    padded = pc.utf8_lpad(numbers, width=len(str(n)), padding="0")
    return pc.binary_join_element_wise(letter, padded, "")


def named(labels: pa.Array, rows: npt.NDArray[np.integer]) -> pa.Array:
    """Give the labels of rows; null for a negative row."""
    return labels.take(pa.array(rows, mask=rows < 0))


def moments(
    seconds: IntArray, starts: dtm.datetime, known: npt.NDArray[np.bool_] | None = None
) -> pa.Array:
    """Turn seconds since the watch began into moments; null where not known."""
    begin = (starts - EPOCH) // dtm.timedelta(microseconds=1)
    values = begin + seconds.astype(np.int64) * 1_000_000
    mask = None if known is None else ~known
    return pa.array(values, mask=mask).cast(pa.timestamp("us"))


def digests(numbers: npt.NDArray[np.uint64]) -> pa.Array:
    """Scramble numbers (splitmix64) into 16 hexadecimal digits each, equal for equal numbers."""
    z = numbers + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    letters = z.astype(">u8").tobytes().hex().encode()
    return pa.array(np.frombuffer(letters, dtype="S16")).cast(pa.string())


def frame(**columns: pa.Array | npt.NDArray[np.generic] | list[object]) -> pd.DataFrame:
    """Put columns into a frame; unknown numbers and truths stay unknown, not 0 or false."""
    return pa.table(columns).to_pandas(types_mapper=NULLABLE.get)
