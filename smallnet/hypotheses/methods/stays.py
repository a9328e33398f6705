"""How long people stay: newcomers at risk of leaving, cut into bands of days since joining.

A *day since joining* is a full 24 hours and the first is day 0; dates would move part of day 0's
exits into day 1. Who was in before the watch began enters late (left truncation); who is still in
at the end, or whose group was closed, is censored.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from smallnet.tables import Dataset
from smallnet.tables.windows import DAY_US, microseconds, spells

__all__ = ["Bands", "cut_into_bands", "life_lines", "life_table", "newcomers", "week_of"]

FEWEST_DAYS = 5  # that a curve shows


def newcomers(dataset: Dataset) -> ir.Table:
    """Stays whose beginning is known.

    Returns
    -------
    ibis.Table
        ``group, person, joined_us, enter_day, exit_day, left``: the stay is watched from
        ``enter_day`` to ``exit_day``, in days since joining; ``left`` tells an exit from the
        end of watching and from the closing of the group.
    """
    return dataset.keep("newcomers", lambda: _newcomers(dataset))


def week_of(dataset: Dataset, joined_us: pd.Series) -> pd.Series:
    """Give the week of joining: 0 begins with the watch, earlier ones are below 0.

    Parameters
    ----------
    dataset : Dataset
        Its watch.
    joined_us : Series of int
        Moments of joining, microseconds since 1970.
    """
    return (joined_us - dataset.observed_from_us) // (7 * DAY_US)


def _newcomers(dataset: Dataset) -> ir.Table:
    closings = (
        dataset["groups"]
        .filter(_.closed_at.notnull())
        .select("group", closed_us=microseconds(_.closed_at))
    )
    stays = spells(dataset).filter(_.joined_us.notnull()).left_join(closings, "group")
    stays = stays.mutate(end=ibis.least(_.end_us, _.closed_us.fill_null(_.end_us)))
    return stays.filter(_.end > _.start_us).select(
        "group",
        "person",
        "joined_us",
        enter_day=(_.start_us - _.joined_us) / DAY_US,
        exit_day=(_.end - _.joined_us) / DAY_US,
        left=_.left & ((_.end_us < _.closed_us) | _.closed_us.isnull()),
    )


@dataclass(frozen=True)
class Bands:
    """Time at risk and exits, one row a stay and band.

    Attributes
    ----------
    row : ndarray of int
        Which stay.
    band : ndarray of int
        Which band, from 0.
    days : ndarray of float
        Time at risk, days.
    exits : ndarray of float
        1 where the stay ended there by leaving, else 0.
    """

    row: np.ndarray
    band: np.ndarray
    days: np.ndarray
    exits: np.ndarray


def cut_into_bands(
    enter_day: np.ndarray,
    exit_day: np.ndarray,
    left: np.ndarray,
    edges: Sequence[float] | np.ndarray,
) -> Bands:
    """Cut stays at the edges of bands of days since joining.

    Parameters
    ----------
    enter_day, exit_day : ndarray, shape (stays,)
        When watching the stay began and ended, days since joining.
    left : ndarray of bool, shape (stays,)
        Whether it ended by leaving.
    edges : sequence of float
        Edges of the half-open bands, ascending; time outside them is not counted.

    Examples
    --------
    >>> bands = cut_into_bands(np.array([0.0]), np.array([5.0]), np.array([True]), [0, 3, 15])
    >>> bands.days.tolist(), bands.exits.tolist()
    ([3.0, 2.0], [0.0, 1.0])
    """
    low, high = np.asarray(edges[:-1], float), np.asarray(edges[1:], float)
    days = np.minimum(exit_day[:, None], high) - np.maximum(enter_day[:, None], low)
    ends_here = (exit_day[:, None] > low) & (exit_day[:, None] <= high)
    # an exit at the very edge belongs to the band that the edge opens: day 3.0 is day 3
    opens = np.isclose(exit_day[:, None], high, rtol=0, atol=1e-9)
    ends_here = (ends_here & ~opens) | np.isclose(exit_day[:, None], low, rtol=0, atol=1e-9)
    exits = ends_here & left[:, None] & (exit_day > enter_day)[:, None]
    row, band = np.nonzero((days > 0) | exits)
    tiny = 1e-6  # an exit on an edge has no time in its band, but must have some to be counted
    return Bands(row, band, np.maximum(days[row, band], tiny), exits[row, band].astype(float))


def life_table(
    enter_day: np.ndarray, exit_day: np.ndarray, left: np.ndarray, last_day: int
) -> pd.DataFrame:
    """Hazard of leaving on each day since joining.

    Returns
    -------
    DataFrame
        ``day, at_risk`` (stays at risk for a part of the day), ``days`` (time at risk),
        ``exits, hazard`` (exits per day at risk), ``survival`` at the end of the day
        (``exp`` of minus the cumulative hazard, so that late entry is accounted for).
    """
    edges = np.arange(last_day + 1, dtype=float)
    bands = cut_into_bands(enter_day, exit_day, left, edges)
    table = pd.DataFrame(
        {
            "day": np.arange(last_day),
            "at_risk": np.bincount(bands.band, minlength=last_day),
            "days": np.bincount(bands.band, bands.days, minlength=last_day),
            "exits": np.bincount(bands.band, bands.exits, minlength=last_day),
        }
    )
    table["hazard"] = table["exits"] / table["days"].where(table["days"] > 0)
    table["survival"] = np.exp(-table["hazard"].fillna(0).cumsum())
    return table


def life_lines(
    kinds: Iterable[Sequence[np.ndarray]],
    longest: float,
    most_days: int,
    *,
    ratio: float | None = None,
) -> list[dict[str, list[Any]]]:
    """Curves of staying by day of each kind, to be drawn by ``drawing.curves``.

    Parameters
    ----------
    kinds : iterable of three ndarrays
        Days of entering and leaving, and whether the end was seen, of each kind.
    longest : float
        Days that curves would last.
    most_days : int
        That are shown at most.
    ratio : float, optional
        Of hazards, the first kind's to the second's: adds the curve that it gives the first.
    """
    last = int(np.clip(np.ceil(longest), FEWEST_DAYS, most_days))
    tables = [life_table(enter, leave, left, last) for enter, leave, left in kinds]
    lines = [{name: table[name].tolist() for name in ("survival", "at_risk")} for table in tables]
    if ratio is not None:
        lines.append({"survival": (tables[1]["survival"].to_numpy() ** ratio).tolist()})
    return lines
