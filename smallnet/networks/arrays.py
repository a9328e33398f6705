"""Ids, sparse matrices and attribute frames as networks hold them: checked, sorted, read-only."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from smallnet.errors import InputError

__all__ = [
    "FloatArray",
    "IntArray",
    "LabelArray",
    "frozen_csr",
    "lookup",
    "pairs_of",
    "person_frame",
    "plain_values",
    "records_of",
    "rows_of",
    "same_frame",
    "to_labels",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
LabelArray = NDArray[np.object_]


def to_labels(ids: Iterable[str], what: str = "people") -> LabelArray:
    """Read-only array of ids, each a string that comes once.

    Raises
    ------
    InputError
        If an id is no string or comes twice.
    """
    values = ids.tolist() if isinstance(ids, np.ndarray) else list(ids)
    labels = np.empty(len(values), dtype=object)
    labels[:] = values
    if len(labels) and pd.api.types.infer_dtype(labels, skipna=False) != "string":
        where, found = next((i, x) for i, x in enumerate(labels) if not isinstance(x, str))
        msg = f"{what}[{where}] is {found!r}, expected ids that are strings"
        raise InputError(msg)
    repeated = pd.Index(labels, dtype=object).duplicated()
    if repeated.any():
        msg = f"{what} has {labels[repeated][0]!r} twice, expected every id once"
        raise InputError(msg)
    labels.flags.writeable = False
    return labels


def frozen_csr(matrix: Any) -> csr_array:
    """Read-only float64 CSR with sorted columns and every entry once; stored zeros stay."""
    sparse = csr_array(matrix, dtype=np.float64)
    if not sparse.has_canonical_format:
        sparse = sparse.copy()
        sparse.sum_duplicates()
    parts = [part.view() for part in (sparse.data, sparse.indices, sparse.indptr)]
    for part in parts:
        part.flags.writeable = False
    frozen = csr_array(tuple(parts), shape=sparse.shape, copy=False)
    frozen.has_canonical_format = True
    return frozen


def rows_of(matrix: csr_array) -> IntArray:
    """Row of every stored entry, in the order of ``matrix.data``."""
    return np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))


def pairs_of(source: IntArray, target: IntArray, n: int) -> tuple[IntArray, IntArray]:
    """Unordered pairs among directed ones, each once and sorted: the lower, the higher index."""
    key = np.unique(np.minimum(source, target) * n + np.maximum(source, target))
    return key // max(n, 1), key % max(n, 1)


def lookup(
    matrix: csr_array, rows: NDArray[Any], columns: NDArray[Any], *, missing: float = 0.0
) -> FloatArray:
    """Read the entries of a canonical matrix at given places, ``missing`` if none is stored."""
    n = matrix.shape[1]
    stored = rows_of(matrix) * n + matrix.indices
    wanted = rows.astype(np.int64) * n + columns
    found = np.full(len(wanted), missing)
    if stored.size:
        at = np.minimum(np.searchsorted(stored, wanted), stored.size - 1)
        here = stored[at] == wanted
        found[here] = matrix.data[at[here]]
    return found


def person_frame(frame: pd.DataFrame, people: LabelArray) -> pd.DataFrame:
    """Attributes of people in the order of ``people``, with types that know "unknown".

    Raises
    ------
    InputError
        If somebody comes twice or is not among the people.
    """
    if "person" in frame.columns:
        frame = frame.set_index("person")
    index = pd.Index(people, dtype=object, name="person")
    ids = pd.Index(np.array(frame.index, dtype=object), dtype=object)
    if ids.duplicated().any():
        msg = f"attributes has {ids[ids.duplicated()][0]!r} twice, expected a row a person"
        raise InputError(msg)
    strangers = ids.difference(index, sort=False)
    if len(strangers):
        msg = f"attributes has {strangers[0]!r}, who is not in the network"
        raise InputError(msg)
    return frame.set_axis(ids, axis=0).reindex(index).convert_dtypes()


def same_frame(mine: pd.DataFrame | None, theirs: pd.DataFrame | None) -> bool:
    """Tell whether two attribute frames know the same.

    The order of columns does not matter, and one of which nothing is known is none.
    """
    known = [
        pd.DataFrame() if frame is None else frame.dropna(axis=1, how="all")
        for frame in (mine, theirs)
    ]
    if set(known[0].columns) != set(known[1].columns):
        return False
    names = list(known[0].columns)
    return not names or bool(known[0].equals(known[1][names]))


def plain_values(column: pd.Series) -> list[Any]:
    """Give a column as plain Python, ``None`` where unknown."""
    known = column.notna()
    return [x if is_known else None for x, is_known in zip(column.tolist(), known, strict=True)]


def records_of(frame: pd.DataFrame | None, n: int) -> list[dict[str, Any]]:
    """Give the known values of each row as plain Python; unknown ones are left out."""
    if frame is None:
        return [{} for _ in range(n)]
    columns = {str(name): plain_values(frame[name]) for name in frame.columns}
    return [
        {name: values[i] for name, values in columns.items() if values[i] is not None}
        for i in range(n)
    ]
