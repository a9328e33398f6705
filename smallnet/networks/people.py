"""One index of people for every layer of a data set, and networks out of tables of ties."""

import datetime as dtm
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from smallnet.errors import InputError
from smallnet.networks.arrays import IntArray, LabelArray, to_labels
from smallnet.networks.network import Network
from smallnet.tables import Dataset
from smallnet.tables.windows import bots, humans

__all__ = [
    "collect_network",
    "instant",
    "moment",
    "people_attributes",
    "people_index",
    "positions",
    "when",
    "without_bots",
]

EPOCH = pd.Timestamp(0)


def people_index(dataset: Dataset) -> LabelArray:
    """Ids of all humans of a data set, sorted: the index of each of its networks.

    Returns
    -------
    ndarray of str, shape (people,)
        Sorted by code point; no bots.
    """
    ids = dataset.keep("people_index", lambda: humans(dataset).select("person").distinct())
    return to_labels(ids.order_by("person").to_pyarrow()["person"].to_pylist())


def people_attributes(dataset: Dataset) -> pd.DataFrame | None:
    """Attributes of ``people`` as :meth:`Network.with_attributes` takes them; None if none."""
    people = dataset["people"].drop("bot")
    if len(people.columns) == 1:
        return None
    listed = people.anti_join(bots(dataset), "person").filter(_.person.notnull())
    return dataset.collect(listed.order_by("person"))


def instant(at: dtm.datetime | pd.Timestamp | str | int) -> int:
    """Microseconds since 1970 UTC of a moment.

    Parameters
    ----------
    at : datetime, Timestamp, str or int
        Without a zone it is UTC; a whole number is already in microseconds.
    """
    if isinstance(at, int):
        return at
    try:
        moment = pd.Timestamp(at)
        known = not pd.isna(moment)
    except ValueError:
        known = False
    if not known:
        msg = f"at is {at!r}, expected a moment such as 2024-03-01T00:00:00Z"
        raise InputError(msg)
    if moment.tzinfo is not None:
        moment = moment.tz_convert("UTC").tz_localize(None)
    return int((moment - EPOCH) // pd.Timedelta(1, "us"))


def moment(at_us: int) -> ir.TimestampScalar:
    """Give an instant as a time to compare a column with; Parquet is then skipped by its marks."""
    return ibis.literal((EPOCH + pd.Timedelta(at_us, "us")).to_pydatetime(), "timestamp(6)")


def when(at_us: int | None) -> str:
    """Say a moment, for ``made_by``."""
    if at_us is None:
        return "at any time of the watch"
    return f"at {(EPOCH + pd.Timedelta(at_us, 'us')).isoformat()}Z"


def without_bots(ties: ir.Table, dataset: Dataset) -> ir.Table:
    """Leave out ties with a machine at either end (columns ``source``, ``target``)."""
    if not dataset.has("people.bot"):
        return ties
    machines = bots(dataset)
    for end in ("source", "target"):
        ties = ties.anti_join(machines, [(end, "person")])
    return ties


def positions(ids: pa.ChunkedArray, people: LabelArray) -> IntArray:
    """Index of each id in ``people``.

    Raises
    ------
    InputError
        If an id is not there.
    """
    found = pc.index_in(ids, value_set=pa.array(people, type=ids.type))
    if found.null_count:
        stranger = ids.filter(pc.is_null(found))[0].as_py()
        msg = f"{stranger!r} has a tie and is not among the people"
        raise InputError(msg)
    index: Any = found.to_numpy()
    return index.astype("int64")


def collect_network(
    ties: ir.Table, people: LabelArray, *, directed: bool, weight: str, made_by: str
) -> Network:
    """Bring a table ``source, target, weight``, one row a tie, home as a network."""
    arrow = ties.select("source", "target", "weight").to_pyarrow()
    return Network.from_ends(
        positions(arrow["source"], people),
        positions(arrow["target"], people),
        arrow["weight"].cast(pa.float64()).to_numpy(),
        people,
        directed=directed,
        weight=weight,
        made_by=made_by,
    )
