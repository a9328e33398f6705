"""How often the textbook raises a false alarm about size, and how often random groups do.

Worlds in which size does nothing: people talk more or less (log-normal, sd 1), are in about five
groups each, and groups of log-normal size (3 to 200) are livelier or quieter for reasons of their
own. Each way of finding errors tests "no effect of size" at the same level in the same worlds; what
is above the level by more than chance is a broken promise. Where groups are all alike
(``sd_groups`` = 0) clustering two ways all but keeps it (.07 at .05; .25 where they differ): it is
the groups that break it, and no correction for few clusters mends it.

The table that ships (``textbook_failure.csv``) is written by ``data/make_textbook_failure.py``.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from smallnet.errors import InputError
from smallnet.hypotheses.methods.log_ratios import LogRatios
from smallnet.hypotheses.methods.mixed_poisson import fit_mixed_poisson
from smallnet.hypotheses.methods.proportions import wilson
from smallnet.hypotheses.methods.textbook import Correction, fit_textbook, score_bootstrap

__all__ = [
    "COLUMNS",
    "METHODS",
    "TABLE_FILE",
    "GroupWorld",
    "draw_group_world",
    "failure_table",
    "shipped_failure_table",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
TABLE_FILE = "textbook_failure.csv"
COLUMNS = (
    "method",
    "groups",
    "people",
    "sd_groups",
    "worlds",
    "alarms",  # share of worlds without an effect in which p is under alpha
    "alarms_low",
    "alarms_high",
    "spread",  # standard deviation of the estimates, log rate ratio per doubling
    "error",  # mean standard error
    "alpha",
)
DIGITS = 4
DRAWS = 199  # of signs in a world: a level of .05 is exact


@dataclass(frozen=True)
class GroupWorld:
    """Counts of a world: a row is a person in a group; arrays of shape (rows,)."""

    messages: FloatArray
    days: FloatArray
    person: IntArray
    group: IntArray
    log2_size: FloatArray


def draw_group_world(
    *, groups: int, people: int, sd_groups: float, slope: float = 0.0, rng: np.random.Generator
) -> GroupWorld:
    """Draw a world.

    Parameters
    ----------
    groups, people : int
        How many; at least 200 people, as the largest group has so many.
    sd_groups : float
        Standard deviation of the groups' log liveliness.
    slope : float
        Log rate ratio per doubling of size.
    rng : numpy.random.Generator
        Source of chance.

    Raises
    ------
    InputError
        With fewer than 200 people.
    """
    if people < LARGEST:
        msg = f"there are {people} people, expected at least {LARGEST}, a group's largest size"
        raise InputError(msg)
    size = np.clip(np.round(np.exp(rng.normal(2.9, 1.0, groups))), 3, LARGEST).astype(np.int64)
    person = np.concatenate([rng.choice(people, n, replace=False) for n in size])
    group = np.repeat(np.arange(groups), size)
    talk, lively = rng.normal(-0.5, 1.0, people), rng.normal(0.0, sd_groups, groups)
    days = 60 * rng.uniform(0.3, 1.0, person.size)
    log2_size = np.log2(size.astype(float))[group]
    rate = BASE * np.exp(talk[person] + lively[group] + slope * (log2_size - 4.0))
    return GroupWorld(rng.poisson(days * rate).astype(float), days, person, group, log2_size)


LARGEST = 200
BASE = 0.1  # messages a person and day

Test = Callable[[GroupWorld, np.random.Generator], tuple[float, float, float]]


def _textbook(correction: Correction, *names: str) -> Test:
    def test(world: GroupWorld, _rng: np.random.Generator) -> tuple[float, float, float]:
        rows = np.arange(world.messages.size)
        codes = {"row": rows, "person": world.person, "group": world.group}
        model = fit_textbook(
            world.messages,
            world.days,
            world.log2_size,
            world.person,
            clusters=[codes[name] for name in names],
            correction=correction,
        )
        return _told(model)

    return test


def _told(model: LogRatios) -> tuple[float, float, float]:
    return float(model.beta[0]), float(model.standard_error[0]), float(model.p_values()[0])


def _signs(world: GroupWorld, rng: np.random.Generator) -> tuple[float, float, float]:
    at = (world.messages, world.days, world.log2_size, world.person)
    told = score_bootstrap(*at, world.group, draws=DRAWS, rng=rng)
    model = fit_textbook(*at, clusters=[world.group])
    return float(model.beta[0]), float(model.standard_error[0]), told.p_value


def _engine(world: GroupWorld, _rng: np.random.Generator) -> tuple[float, float, float]:
    return _told(
        fit_mixed_poisson(world.messages, world.days, world.person, world.group, world.log2_size)
    )


METHODS: dict[str, Test] = {
    "robust, by row": _textbook("CR1", "row"),
    "clustered by person": _textbook("CR1", "person"),
    "clustered by group": _textbook("CR1", "group"),
    "clustered two ways": _textbook("CR1", "person", "group"),
    "clustered by group, CR2": _textbook("CR2", "group"),
    "clustered two ways, CR3": _textbook("CR3", "person", "group"),
    "score bootstrap over groups": _signs,
    "jackknife over groups, refitted": _textbook("refit", "group"),
    "groups random (fit_mixed_poisson)": _engine,
}  # estimate, standard error and p of no effect of size


def failure_table(
    worlds: int,
    *,
    groups: int,
    people: int,
    sd_groups: float = 0.8,
    methods: Sequence[str] = tuple(METHODS),
    alpha: float = 0.05,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    """Count the false alarms of each method in worlds in which size does nothing.

    Parameters
    ----------
    worlds : int
        How many; world 7 is world 7 whichever methods are asked for.
    groups, people, sd_groups
        As in :func:`draw_group_world`.
    methods : sequence of str
        Keys of ``METHODS``.
    alpha : float
        Level of each test.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    list of dict
        One row a method, with the keys of ``COLUMNS``; the interval of the rate is Wilson's.

    Examples
    --------
    >>> rows = failure_table(5, groups=20, people=200, methods=["clustered by group"],
    ...                      rng=np.random.default_rng(1))
    >>> rows[0]["worlds"]
    5
    """
    told = {name: np.empty((worlds, 3)) for name in methods}
    for number, own in enumerate(rng.spawn(worlds)):
        world = draw_group_world(groups=groups, people=people, sd_groups=sd_groups, rng=own)
        for name in methods:
            told[name][number] = METHODS[name](world, own.spawn(1)[0])
    return list(_counted(told, alpha, groups=groups, people=people, sd_groups=sd_groups))


def _counted(
    told: dict[str, FloatArray], alpha: float, **setting: float
) -> Iterator[dict[str, Any]]:
    for name, values in told.items():
        alarms = float((values[:, 2] < alpha).sum())
        low, high = wilson(alarms, len(values))
        numbers = {
            "alarms": alarms / len(values),
            "alarms_low": low,
            "alarms_high": high,
            "spread": float(values[:, 0].std(ddof=1)),
            "error": float(values[:, 1].mean()),
        }
        rounded = {key: round(value, DIGITS) for key, value in numbers.items()}
        yield {"method": name, **setting, "worlds": len(values), **rounded, "alpha": alpha}


@cache
def shipped_failure_table() -> tuple[dict[str, Any], ...]:
    """Give the rows that ship in the package, as :func:`failure_table` gives them."""
    source = resources.files("smallnet.hypotheses").joinpath(TABLE_FILE)
    rows = csv.DictReader(source.read_text("utf-8").splitlines())
    return tuple({key: _value(key, cell) for key, cell in row.items()} for row in rows)


def _value(key: str, cell: str) -> str | int | float:
    if key == "method":
        return cell
    return int(cell) if key in {"groups", "people", "worlds"} else float(cell)
