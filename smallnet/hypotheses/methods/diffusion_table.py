"""From tables to diffusions: who adopted what when, and who of the same group was tied to whom."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from ibis import _
from ibis.expr import types as ir
from scipy.sparse import csr_array

from smallnet.errors import NotTestableError
from smallnet.hypotheses.methods.exposure import Diffusion
from smallnet.tables import Dataset, microseconds
from smallnet.tables.windows import DAY_US, bots, spells

__all__ = ["FRIENDS", "Diffusions", "all_layers", "layers_of", "period_days", "read_diffusions"]

FRIENDS = "friendships"
MOST_PERIODS = 60
UNITS = {"d": 1.0, "w": 7.0, "mo": 365.2425 / 12, "y": 365.2425}  # days


@dataclass(frozen=True)
class Diffusions:
    """Each item's diffusion on one set of people and ties."""

    items: tuple[str, ...]
    each: tuple[Diffusion, ...]
    days: float  # length of a period
    groups: tuple[str, ...]  # label of each group; empty where people are in several
    n_ties: int
    left_out: int  # adopters who are members of no group


def all_layers(dataset: Dataset) -> tuple[str, ...]:
    """Give the layers of ``ties`` by name, and friendships where there are any."""
    there = []
    if dataset.has("ties"):
        there = sorted(dataset.collect(dataset["ties"].select("layer").distinct())["layer"])
    return (*there, FRIENDS) if dataset.has(FRIENDS) else tuple(there)


def layers_of(dataset: Dataset, chosen: Sequence[str] = ()) -> tuple[str, ...]:
    """Layers of ties along which adoption may pass: the chosen, else all, else friendships.

    Raises
    ------
    NotTestableError
        If a chosen layer is not in the data, or there is no tie of any kind.
    """
    there = all_layers(dataset)
    missing = [f"ties of layer {name}" for name in chosen if name not in there]
    if missing or not there:
        raise NotTestableError(missing or ["ties", FRIENDS])
    if chosen:
        return tuple(chosen)
    return tuple(name for name in there if name != FRIENDS) or (FRIENDS,)


def period_days(resolution: str | None, watch_days: float) -> float:
    """Length of a period: what the source tells apart, or the unit that gives 60 or fewer.

    Parameters
    ----------
    resolution : str, optional
        ``time_resolution`` of the data, such as "1y", "1mo", "7d" or "1s".
    watch_days : float
        Length of the watch.

    Examples
    --------
    >>> period_days("1s", 40.0), period_days("1s", 300.0), period_days("1d", 10.0)
    (1.0, 7.0, 1.0)
    """
    match = re.fullmatch(r"(\d+)(d|w|mo|y)", resolution or "")
    if match:
        return int(match[1]) * UNITS[match[2]]
    return next((d for d in UNITS.values() if watch_days / d <= MOST_PERIODS), UNITS["y"])


def read_diffusions(dataset: Dataset, layers: Sequence[str], *, most_items: int = 50) -> Diffusions:
    """Read the diffusion of every item with two adopters or more, the commonest items first.

    Notes
    -----
    Alters are those with whom one shares a group at some time. A tie with a date inside the watch
    is left out: it may follow an adoption. Who adopted before the watch exposes others from its
    start, and is not at risk.
    """
    low, high = dataset.observed_from_us, dataset.observed_until_us
    unit = int(period_days(dataset.study.time_resolution, dataset.watch_days) * DAY_US)
    last = max(int(np.ceil((high - low) / unit - 0.05)), 1) + 1  # period 0 is before the watch
    stays = spells(dataset)
    people = dataset.collect(
        stays.group_by("person")
        .aggregate(
            start_us=_.start_us.min(),
            end_us=_.end_us.max(),
            group=_.group.min(),
            groups=_.group.nunique(),
        )
        .order_by("person")
    )
    index = pd.Index(people["person"])
    one_each = bool((people["groups"] == 1).all())
    group, names = pd.factorize(people["group"], sort=True)
    if not one_each:
        group, names = np.zeros(len(people), np.int64), pd.Index([])
    ends = dataset.collect(_pairs(dataset, layers, stays))
    ego, alter = index.get_indexer(ends["ego"]), index.get_indexer(ends["alter"])
    shape = (len(people), len(people))
    ties = csr_array((np.ones(len(ends)), (ego, alter)), shape=shape)
    adoptions = dataset.collect(
        dataset["adoptions"]
        .anti_join(bots(dataset), "person")
        .group_by("person", "item")
        .aggregate(at_us=microseconds(_.adopted_at).min())
        .filter(_.at_us < high)
        .order_by("item", "person")
    )
    adoptions["who"] = index.get_indexer(adoptions["person"])
    inside = adoptions[adoptions["who"] >= 0]
    enters = 1 + np.maximum(people["start_us"].to_numpy() - low, 0) // unit
    leaves = 1 + np.ceil((people["end_us"].to_numpy() - low) / unit).astype(np.int64)

    def each() -> Iterator[tuple[str, Diffusion]]:
        for item in inside["item"].value_counts().loc[lambda n: n >= 2].index[:most_items]:
            rows = inside[inside["item"] == item]
            adopted = np.full(len(people), last, np.int64)
            adopted[rows["who"]] = np.maximum((rows["at_us"] - low) // unit + 1, 0)
            yield str(item), Diffusion(ties, adopted, group, last, enters, leaves)

    found = dict(each())
    return Diffusions(
        tuple(found),
        tuple(found.values()),
        unit / DAY_US,
        tuple(map(str, names)),
        ties.nnz,
        int(adoptions.loc[adoptions["who"] < 0, "person"].nunique()),
    )


def _pairs(dataset: Dataset, layers: Sequence[str], stays: ir.Table) -> ir.Table:
    """Who is exposed to whom, both members of one group: ``ego, alter``."""
    before = dataset.observed_from_us
    parts = []
    chosen = [name for name in layers if name != FRIENDS]
    if chosen:
        ties = dataset["ties"].filter(
            _.layer.isin(chosen),
            _.weight.isnull() | (_.weight > 0),
            _.at.isnull() | (microseconds(_.at) <= before),
        )
        parts.append(ties.select(ego="source", alter="target"))
        mutual = ties.filter(~_.directed.fill_null(ibis.literal(True)))
        parts.append(mutual.select(ego="target", alter="source"))
    if FRIENDS in layers:
        friends = dataset[FRIENDS].filter(_.since.isnull() | (microseconds(_.since) <= before))
        parts.append(friends.select(ego="person", alter="friend"))
        parts.append(friends.select(ego="friend", alter="person"))
    pairs = ibis.union(*parts, distinct=True).filter(_.ego != _.alter)
    member = stays.select("person", "group").distinct()
    return (
        pairs.inner_join(member.rename(ego="person"), "ego")
        .inner_join(member.rename(alter="person"), ["alter", "group"])
        .select("ego", "alter")
        .distinct()
        .order_by("ego", "alter")
    )
