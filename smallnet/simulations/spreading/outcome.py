"""What comes out of spreading: many replicates, or the whole way of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smallnet.errors import InputError

if TYPE_CHECKING:
    from smallnet.simulations.spreading.model import Model
    from smallnet.simulations.spreading.population import Population

__all__ = ["CURVE_POINTS", "Block", "Spread", "Trace", "mean_interval"]

CURVE_POINTS = 65  # of a curve: times 0 to 64, in the model's unit; the last holds all later ones


@dataclass(frozen=True)
class Block:
    """Some replicates, in the order of their keys.

    Attributes
    ----------
    final_sizes : ndarray of int64, shape (replicates,)
        Ever adopters, the seed people among them.
    groups_reached : ndarray of int64, shape (replicates,)
        Groups with at least one of them; 0 where groups are unknown.
    curves : ndarray of int32, shape (replicates, CURVE_POINTS)
        Adopters (in SIS and SIR models: those infected) at time 0, 1, ...
    """

    final_sizes: NDArray[np.int64]
    groups_reached: NDArray[np.int64]
    curves: NDArray[np.int32]

    @classmethod
    def empty(cls, n: int) -> Block:
        """Give a block of zeros for a kernel to fill."""
        curves = np.zeros((n, CURVE_POINTS), np.int32)
        return cls(np.zeros(n, np.int64), np.zeros(n, np.int64), curves)

    @classmethod
    def join(cls, blocks: list[Block]) -> Block:
        """Put blocks one after the other."""
        return cls(
            np.concatenate([b.final_sizes for b in blocks]),
            np.concatenate([b.groups_reached for b in blocks]),
            np.concatenate([b.curves for b in blocks]),
        )


@dataclass(frozen=True)
class Spread:
    """How far something spread, replicate by replicate.

    Attributes
    ----------
    model : Model
    seed_people : tuple of str
    n_people, n_groups : int
        Of the population.
    final_sizes : ndarray of int64, shape (replicates,)
        Ever adopters, seeds counted.
    groups_reached : ndarray of int64, shape (replicates,), or None
        Groups with at least one of them; None where the population has no groups.
    curves : ndarray of int32, shape (replicates, times)
        Adopters (SIS, SIR: infected) at times 0, 1, ... in ``model.time_unit``.
    """

    model: Model
    seed_people: tuple[str, ...]
    n_people: int
    n_groups: int
    final_sizes: NDArray[np.int64]
    groups_reached: NDArray[np.int64] | None
    curves: NDArray[np.int32]

    @classmethod
    def of(
        cls, block: Block, model: Model, population: Population, seeds: NDArray[np.int32]
    ) -> Spread:
        """Put replicates of a prepared model beside what they are replicates of."""
        known = population.membership is not None
        return cls(
            model=model,
            seed_people=tuple(population.people[seeds]),
            n_people=population.n_people,
            n_groups=population.n_groups,
            final_sizes=block.final_sizes,
            groups_reached=block.groups_reached if known else None,
            curves=block.curves,
        )

    @property
    def replicates(self) -> int:
        """Number of runs."""
        return len(self.final_sizes)

    def __repr__(self) -> str:
        """Say how far it went."""
        mean = mean_interval(self.final_sizes)
        return (
            f"<Spread of {self.model.name}: {mean['mean']:,.1f} of {self.n_people:,} people "
            f"[{mean['ci_low']:,.1f}, {mean['ci_high']:,.1f}] from {len(self.seed_people)} "
            f"seed people, {self.replicates:,} replicates>"
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{name}</th><td>{part['mean']:,.1f}</td>"
            f"<td>[{part['ci_low']:,.1f}, {part['ci_high']:,.1f}]</td>"
            f"<td>{part['sd']:,.1f}</td></tr>"
            for name, part in self.summary().items()
        )
        head = "<tr><th></th><th>mean</th><th>95 % interval</th><th>sd</th></tr>"
        return f"<table>{head}{rows}</table>"

    def summary(self) -> dict[str, dict[str, float]]:
        """Mean, standard deviation and 95 % interval of the mean: final size, groups reached."""
        summary = {"final_size": mean_interval(self.final_sizes)}
        if self.groups_reached is not None:
            summary["groups_reached"] = mean_interval(self.groups_reached)
        return summary

    def curve(self, *, level: float = 0.9) -> pd.DataFrame:
        """Mean curve with a band over replicates.

        Returns
        -------
        DataFrame
            ``time, mean, low, high``: the band holds ``level`` of the replicates. The last row is
            the end, however late it comes.
        """
        low, high = np.quantile(self.curves, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return pd.DataFrame(
            {
                "time": np.arange(self.curves.shape[1]),
                "mean": self.curves.mean(axis=0),
                "low": low,
                "high": high,
            }
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a replicate: ``replicate, final_size`` and, where known, ``groups_reached``."""
        frame = pd.DataFrame(
            {"replicate": np.arange(self.replicates), "final_size": self.final_sizes}
        )
        if self.groups_reached is not None:
            frame["groups_reached"] = self.groups_reached
        return frame


@dataclass(frozen=True, eq=False)
class Trace:
    """The way of one run, an entry an adopter in the order of adoption.

    Attributes
    ----------
    population : Population
    person : ndarray of int32
        Place in the index of people.
    time : ndarray of float64
        In ``time_unit``; seed people at 0.
    source : ndarray of int32
        Place in the index of who passed it on; -1 for seed people and where nobody did alone.
    group : ndarray of int32
        Group through which it came; -1 where it came along a tie, or was a seed.
    time_unit : str
    """

    population: Population
    person: NDArray[np.int32]
    time: NDArray[np.float64]
    source: NDArray[np.int32]
    group: NDArray[np.int32]
    time_unit: str

    def adoptions(
        self, *, starts: pd.Timestamp | str = "2024-01-01", unit: str = "1D", item: str = "item"
    ) -> pd.DataFrame:
        """Table ``adoptions``: ``person, item, adopted_at, via_share``.

        Parameters
        ----------
        starts : Timestamp
            Moment of time 0, UTC.
        unit : str
            Length of one unit of model time, such as ``"1D"`` or ``"1h"``.
        item : str
            Name of what spread.
        """
        people = self.population.people
        shares = self._share_ids(item)
        return pd.DataFrame(
            {
                "person": people[self.person],
                "item": item,
                "adopted_at": _moments(self.time, starts, unit),
                "via_share": shares,
            }
        )

    def shares(
        self, *, starts: pd.Timestamp | str = "2024-01-01", unit: str = "1D", item: str = "item"
    ) -> pd.DataFrame:
        """Table ``shares``: one row a share that was taken up.

        Returns
        -------
        DataFrame
            ``share, item, sharer, channel, shared_at, group, recipient, parent``. What several
            took up from one sharer in one group is one share. The moment is that of the first
            adoption that followed. ``parent`` is the share by which the sharer had come to it.
        """
        people = self.population.people
        ids = self._share_ids(item)
        brought = np.full(len(people), None, dtype=object)  # by which share each person has it
        brought[self.person] = ids
        rows = self._first_rows()
        group, source = self.group[rows], self.source[rows]
        inside = group >= 0
        where = np.full(len(rows), None, dtype=object)
        if self.population.membership is not None:
            where[inside] = self.population.membership.groups[group[inside]]
        recipient = people[self.person[rows]].copy()
        recipient[inside] = None
        return pd.DataFrame(
            {
                "share": ids[rows],
                "item": item,
                "sharer": people[source],
                "channel": np.where(inside, "group", "friend"),
                "shared_at": _moments(self.time[rows], starts, unit),
                "group": where,
                "recipient": recipient,
                "parent": brought[source],
            }
        )

    def _acts(self) -> NDArray[np.int64]:
        """Say for each adopter which row is the first of the same share; -1 for seed people."""
        key = np.where(
            self.group >= 0,
            self.source.astype(np.int64) * (self.population.n_groups + 1) + self.group,
            -2 - np.arange(len(self.person)),  # along a tie: a share of its own
        )
        _, first, which = np.unique(key, return_index=True, return_inverse=True)
        return np.where(self.source >= 0, first[which], -1)

    def _first_rows(self) -> NDArray[np.int64]:
        acts = self._acts()
        return np.unique(acts[acts >= 0])

    def _share_ids(self, item: str) -> NDArray[np.object_]:
        acts = self._acts()
        ids = np.full(len(acts), None, dtype=object)
        passed = acts >= 0
        ids[passed] = [f"{item}-{act}" for act in acts[passed]]
        return ids


def mean_interval(values: NDArray[Any], *, level: float = 0.95) -> dict[str, float]:
    """Mean over replicates, its t interval, and the standard deviation.

    Parameters
    ----------
    values : ndarray, shape (replicates,)
    level : float

    Returns
    -------
    dict
        ``mean, sd, ci_low, ci_high``; with one replicate all but the mean are nan.
    """
    from scipy.stats import t

    n = len(values)
    if n == 0:
        msg = "there are no replicates, expected at least one"
        raise InputError(msg)
    mean = float(np.mean(values))
    sd = float(np.std(values, ddof=1)) if n > 1 else float("nan")
    half = float(t.ppf((1 + level) / 2, n - 1)) * sd / n**0.5 if n > 1 else float("nan")
    return {"mean": mean, "sd": sd, "ci_low": mean - half, "ci_high": mean + half}


def _moments(
    time: NDArray[np.float64], starts: pd.Timestamp | str, unit: str
) -> NDArray[np.datetime64]:
    length = pd.Timedelta(unit)
    us = np.rint(time * (length / pd.Timedelta(1, "us"))).astype("timedelta64[us]")
    return pd.Timestamp(starts).to_datetime64().astype("datetime64[us]") + us
