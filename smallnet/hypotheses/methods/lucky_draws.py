"""Draws from red packets: chance decides who of those that draw gets most.

A draw is a row of ``transactions`` whose ``source`` is the packet's event: money to a person, not
from one, and no purchase. Who draws chose to; how much they draw they did not. So the luckiest of a
packet are compared with the others who drew from the same one.
"""

from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis import _

from smallnet.hypotheses.methods.moments import chance_ratio
from smallnet.hypotheses.result import interval_fields
from smallnet.tables import Dataset
from smallnet.tables.windows import DAY_US, bots, microseconds, talk

__all__ = ["FEWEST_PACKETS", "draws", "luckiest", "purchases"]

PACKETS = ("redpacket", "red packet", "hongbao", "红包")
FEWEST_PACKETS = 10
FloatArray = npt.NDArray[np.float64]


def _packets(dataset: Dataset) -> ir.Table:
    return dataset["events"].filter(_.kind.lower().isin(PACKETS), _.group.notnull())


def purchases(dataset: Dataset) -> ir.Table:
    """Give the transactions that are no draws from a red packet."""
    # Not an anti-join: what is joined, selected from and joined again loses its way in Ibis 12.
    packets = _packets(dataset)["event"]
    return dataset["transactions"].filter(_.source.isnull() | ~_.source.isin(packets))


def draws(dataset: Dataset) -> pd.DataFrame:
    """Give who drew how much from which packet, of packets from which two or more drew.

    Returns
    -------
    DataFrame
        ``event, group, person, at_us, amount``, and ``luckiest``: drew most, and nobody as much.
        Packets whose largest draw is shared (those split evenly) have no luckiest and are left out.
    """
    packets = _packets(dataset).select(source="event", place="group")
    drawn = dataset["transactions"].filter(_.source.notnull(), _.value > 0)
    drawn = drawn.anti_join(bots(dataset), "person").join(packets, "source")
    rows = dataset.collect(
        drawn.group_by(event="source", group="place", person="person")
        .aggregate(at_us=microseconds(_.at).min(), amount=_.value.sum())
        .order_by("event", "person")
    )
    rows["luckiest"] = rows["amount"] >= rows.groupby("event")["amount"].transform("max")
    by = rows.groupby("event")
    clear = by["luckiest"].transform("sum").eq(1) & by["person"].transform("size").gt(1)
    return rows[clear].reset_index(drop=True)


def luckiest(
    dataset: Dataset, *, level: float, permutations: int, rng: np.random.Generator
) -> dict[str, Any] | None:
    """Compare the luckiest of each red packet with the others who drew from it.

    Parameters
    ----------
    dataset : Dataset
        Needs events of kind "redpacket", transactions whose ``source`` is one of them, messages.
    level : float
        Confidence.
    permutations : int
        Draws of luck that changes places among those who drew from one packet.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    dict or None
        ``packets, drawers`` and ratios of shares, luckiest over the others, with bounds and
        p-value: ``speaks`` in the group in the 24 hours after the own draw; ``spoke_before``, in
        the 24 hours before it (a placebo); ``sends_next``, the next packet of the group within 24
        hours (unknown where events have no attribute ``sender``); ``speaks_per_doubling`` of the
        amount drawn. None with fewer than ``FEWEST_PACKETS`` packets.
    """
    if not (dataset.has("events.group") and dataset.has("transactions.source")):
        return None
    rows = draws(dataset)
    packets = int(rows["event"].nunique())
    if packets < FEWEST_PACKETS:
        return None
    after, before = _spoke(dataset, rows)
    lucky = rows["luckiest"].to_numpy(dtype=float)
    amount = np.log2(rows["amount"].to_numpy(dtype=float))
    code = pd.factorize(rows["event"])[0]

    def ratio(happened: FloatArray, dose: FloatArray) -> dict[str, Any]:
        found = chance_ratio(
            happened,
            np.ones(happened.size),
            dose,
            code,
            level=level,
            permutations=permutations,
            rng=rng,
        )
        return interval_fields(found.interval) | {"p_value": found.p_value}

    sends = _sends_next(dataset, rows)
    return {
        "packets": packets,
        "drawers": len(rows),
        "speaks": ratio(after, lucky),
        "spoke_before": ratio(before, lucky),
        "sends_next": None if sends is None else ratio(sends, lucky),
        "speaks_per_doubling": ratio(after, amount),
    }


def _spoke(dataset: Dataset, rows: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Tell of each draw whether its drawer spoke in the group in the day after, and before."""
    mine = ibis.memtable(rows[["group", "person", "at_us"]].assign(row=np.arange(len(rows))))
    acts = talk(dataset).filter(~_.entry).select("group", person="sender", said_us="at_us")
    gap = acts.join(mine, ["group", "person"]).mutate(gap=_.said_us - _.at_us)
    near = gap.filter(_.gap.abs() <= DAY_US)
    counted = dataset.collect(
        near.group_by("row").aggregate(after=(_.gap > 0).any(), before=(_.gap < 0).any())
    ).set_index("row")
    told = counted.reindex(np.arange(len(rows)), fill_value=False)
    return told["after"].to_numpy(dtype=float), told["before"].to_numpy(dtype=float)


def _sends_next(dataset: Dataset, rows: pd.DataFrame) -> FloatArray | None:
    """Tell of each draw whether its drawer sent the group's next packet, within a day."""
    packets = _packets(dataset)
    if "sender" not in packets.columns:
        return None
    sent = dataset.collect(
        packets.select("event", "group", "sender", at_us=microseconds(_.starts_at)).order_by(
            "group", "at_us", "event"
        )
    )
    if sent["sender"].isna().all():
        return None
    following = sent.groupby("group").shift(-1)
    soon = following["at_us"] - sent["at_us"] <= DAY_US
    sender = following["sender"].where(soon)
    then = rows["event"].map(dict(zip(sent["event"], sender, strict=True)))
    return np.asarray(then == rows["person"], dtype=float)
