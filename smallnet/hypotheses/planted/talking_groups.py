"""Groups whose talk in one window decides their hazard in the next: the draw of several claims.

Who talks, who answers whom and how much is drawn first and does not depend on who lives; then each
group's hazard of falling silent in a window is a known function of what it did in the window
before; last, what a dead group would have said is cut away. So the truth is known exactly and no
group is described by what came after.
"""

import datetime as dtm
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from smallnet.hypotheses.methods.cores import core_sizes
from smallnet.tables import Dataset

__all__ = ["START", "Talk", "dataset_of", "draw_deaths", "draw_talk", "study_of"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
START = dtm.datetime(2024, 1, 1)
DAY_S = 86_400


@dataclass(frozen=True)
class Talk:
    """Talk of groups that nobody has cut short.

    Attributes
    ----------
    size : ndarray of int64, shape (groups,)
        Members, the same all the time.
    member : list of ndarray of int64
        Who is in each group.
    group, sender, parent : ndarray of int64, shape (messages,)
        Sorted by group and time; ``parent`` is the row of the message answered, -1 if none.
    day : ndarray, shape (messages,)
        When, days since the watch began.
    window_days, windows
        Length and number of the windows.
    """

    size: IntArray
    member: list[IntArray]
    group: IntArray
    sender: IntArray
    parent: IntArray
    day: FloatArray
    window_days: float
    windows: int

    @property
    def cell(self) -> IntArray:
        """Number of the group's window in which a message falls."""
        return self.group * self.windows + np.floor(self.day / self.window_days).astype(np.int64)

    def by_window(self, per_message: npt.ArrayLike | None = None) -> FloatArray:
        """Count messages, or sum something over them: shape (groups, windows)."""
        weight = None if per_message is None else np.asarray(per_message, dtype=float)
        sums = np.bincount(self.cell, weight, self.size.size * self.windows)
        return sums.reshape(self.size.size, self.windows).astype(float)

    def speakers(self) -> FloatArray:
        """Count different senders: shape (groups, windows)."""
        pairs = np.unique(self.cell * (self.sender.max() + 1) + self.sender)
        cell = pairs // (self.sender.max() + 1)
        return self._shaped(np.bincount(cell, minlength=self.size.size * self.windows))

    def cores(self, k: int = 2) -> FloatArray:
        """Count the k-core of who answered whom: shape (groups, windows)."""
        answers = self.parent >= 0
        one, other = self.sender[answers], self.sender[self.parent[answers]]
        width = int(self.sender.max()) + 1
        cell = self.cell[answers]
        low, high = np.minimum(one, other), np.maximum(one, other)
        pairs = np.unique((cell * width + low) * width + high)
        cells = self.size.size * self.windows
        return self._shaped(
            core_sizes(pairs // width**2, pairs // width % width, pairs % width, cells, k=k)
        )

    def _shaped(self, values: npt.NDArray[np.integer]) -> FloatArray:
        return values.reshape(self.size.size, self.windows).astype(float)


def draw_talk(
    groups: int,
    people: int,
    *,
    window_days: float,
    windows: int,
    rng: np.random.Generator,
    messages_per_day: float = 3.0,
    answered: tuple[float, float] = (0.02, 0.9),
    apart: bool = False,
) -> Talk:
    """Draw groups of log-normal size that differ in how much, how evenly and how they talk.

    Parameters
    ----------
    groups, people : int
        How many; members are drawn from the people.
    window_days, windows
        Length and number of the windows.
    rng : numpy.random.Generator
        Chance.
    messages_per_day : float
        Median of a group; log-normal, at least 1 a day.
    answered : tuple of float
        Smallest and largest share of messages that answer the one before.
    apart : bool
        Nobody is in two groups; then the mean size is about people over groups.
    """
    median = max(people / groups / 1.2, 4) if apart else 12
    size = np.clip(np.rint(np.exp(rng.normal(np.log(median), 0.6, groups))), 4, min(60, people))
    size = size.astype(np.int64)
    if apart:
        member = np.split(np.arange(size.sum()), np.cumsum(size)[:-1])
    else:
        member = [rng.choice(people, n, replace=False) for n in size]
    rate = np.maximum(np.exp(rng.normal(np.log(messages_per_day), 0.7, groups)), 1.0)
    many = rng.poisson(rate * window_days * windows)
    group = np.repeat(np.arange(groups), many)
    day = rng.uniform(0, window_days * windows, group.size)
    order = np.lexsort((day, group))
    day = day[order]
    # weights of members: the smaller the shape, the fewer hold the floor
    shape = np.exp(rng.uniform(np.log(0.15), np.log(3.0), groups))
    first = np.concatenate([[0], np.cumsum(size)])
    weight = rng.gamma(np.repeat(shape, size)) + 1e-9
    total = np.add.reduceat(weight, first[:-1])
    edge = np.cumsum(weight / np.repeat(total, size))
    pick = np.searchsorted(edge, group + rng.random(group.size))
    pick = np.clip(pick, first[group], first[group + 1] - 1)
    sender = np.concatenate(member)[pick]
    likes = rng.uniform(*answered, groups)
    before = np.arange(group.size) - 1
    follows = (before >= 0) & (group[before] == group) & (sender[before] != sender)
    answers = follows & (rng.random(group.size) < likes[group])
    parent = np.where(answers, before, -1)
    return Talk(size, member, group, sender, parent, day, window_days, windows)


def draw_deaths(
    hazard: Callable[[int], FloatArray],
    talk: Talk,
    *,
    windows: int,
    rng: np.random.Generator,
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Let groups die, window by window.

    Parameters
    ----------
    hazard : callable
        From a landmark (1 is the end of the first window) to every group's deaths per day in the
        window after it.
    talk : Talk
        The groups.
    windows : int
        Windows in which groups can die; none dies in the first.
    rng : numpy.random.Generator
        Chance.

    Returns
    -------
    dead_from : ndarray, shape (groups,)
        Day; ``inf`` for those who live.
    alive : ndarray of bool, shape (groups, windows)
        Whether a group is alive at landmark 1, 2, and so on.
    """
    dead_from = np.full(talk.size.size, np.inf)
    alive = np.zeros((talk.size.size, windows), dtype=np.bool_)
    for landmark in range(1, windows + 1):
        at = landmark * talk.window_days
        alive[:, landmark - 1] = dead_from > at
        wait = rng.exponential(1.0, talk.size.size) / hazard(landmark)
        dies = alive[:, landmark - 1] & (wait < talk.window_days)
        dead_from = np.where(dies, at + wait, dead_from)
    return dead_from, alive


def study_of(talk: Talk, **coverage: bool) -> dict[str, object]:
    """Give the study of a draw."""
    days = talk.window_days * talk.windows
    return {
        "name": "talking groups",
        "observed_from": START,
        "observed_until": START + dtm.timedelta(days=days),
        "coverage": coverage,
    }


def moments(day: npt.ArrayLike) -> pd.Series:
    """Turn days since the watch began into moments."""
    seconds = (np.asarray(day, dtype=float) * DAY_S).astype(np.int64)
    return pd.Series(pd.Timestamp(START) + pd.to_timedelta(seconds, unit="s"))


def dataset_of(
    talk: Talk,
    dead_from: FloatArray,
    *,
    said: npt.NDArray[np.bool_] | None = None,
    columns: Mapping[str, npt.ArrayLike] | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    **coverage: bool,
) -> Dataset:
    """Lay out the tables, without what dead groups would have said.

    Parameters
    ----------
    talk, dead_from
        As drawn.
    said : ndarray of bool, optional
        Messages that are left out even of groups that live are false.
    columns : mapping, optional
        Further columns of messages.
    tables : mapping, optional
        Further tables.
    **coverage
        What the source could have recorded.
    """
    spoken = talk.day < dead_from[talk.group]
    if said is not None:
        spoken &= said
    answers = (talk.parent >= 0) & spoken[np.maximum(talk.parent, 0)]
    names = np.char.mod("g%05d", np.arange(talk.size.size))
    acts = pd.DataFrame(
        {
            "interaction": np.char.mod("m%07d", np.arange(talk.day.size)),
            "sender": np.char.mod("p%05d", talk.sender),
            "at": moments(talk.day),
            "group": names[talk.group],
        }
        | {name: np.asarray(values) for name, values in (columns or {}).items()}
    )
    acts["reply_to"] = acts["interaction"].to_numpy()[np.maximum(talk.parent, 0)]
    acts.loc[~answers, "reply_to"] = None
    frames = {
        "groups": pd.DataFrame({"group": names}),
        "memberships": pd.DataFrame(
            {
                "group": np.repeat(names, talk.size),
                "person": np.char.mod("p%05d", np.concatenate(talk.member)),
            }
        ),
        "interactions": acts[spoken].reset_index(drop=True),
    }
    return Dataset.from_frames(frames | dict(tables or {}), study_of(talk, **coverage))
