"""Groups at landmarks: what they were like in the window before, and what became of them after.

A group that dies early has no time to show much, so what it showed over its whole life "predicts"
that it lives. Here the watch is cut into windows of equal length. At each edge the groups that are
alive are described by the window that has just ended, and only what happens in the next one counts
as their fate.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from ibis import _

from smallnet.errors import InputError
from smallnet.hypotheses.methods.cores import core_sizes
from smallnet.hypotheses.methods.silence import lives
from smallnet.tables import Dataset
from smallnet.tables.windows import DAY_US, sized_groups, spells, talk

__all__ = ["Windows", "expected_speakers", "group_windows", "reply_cores"]


@dataclass(frozen=True)
class Windows:
    """Groups at landmarks, and the members whose doings describe them.

    Attributes
    ----------
    rows : DataFrame
        One row a group and landmark at which it is alive and has a size: ``group, landmark``
        (1 is the end of the first window), ``at_us`` (the landmark), ``enter, leave`` (days since
        the watch began), ``died`` (in the window after), ``created_us`` (nan where unknown),
        ``size`` (members at the landmark), ``messages`` (of anybody, in the window before),
        ``speakers`` (members at the landmark who wrote in it), ``said`` (what these wrote),
        ``gini`` (of messages over the members at the landmark, corrected for their number; nan
        where nobody wrote or one is alone), ``top`` (largest share of one sender).
    members : ibis.Table
        ``group, landmark, person``: who was in at the landmark.
    window_us : int
        Length of a window.
    low_us : int
        When the watch began.
    """

    rows: pd.DataFrame
    members: ir.Table
    window_us: int
    low_us: int

    def landmark_of(self, at_us: ir.IntegerValue) -> ir.IntegerValue:
        """Give the landmark that ends the window which holds a moment."""
        return ((at_us - self.low_us) // self.window_us + 1).cast("int64")


def group_windows(
    dataset: Dataset,
    *,
    window_days: float,
    dead_after_days: float,
    signs: ir.Table | None = None,
    closing: bool = True,
) -> Windows:
    """Describe groups by the window before each landmark and follow them over the window after.

    Parameters
    ----------
    dataset : Dataset
        Needs messages in groups and memberships.
    window_days : float
        Length of a window, days.
    dead_after_days, signs, closing
        As in :func:`smallnet.hypotheses.methods.silence.lives`.

    Returns
    -------
    Windows
        A group is there at a landmark if it was seen alive before and has not died by then, and
        if it began before the window (one of unknown beginning: before the watch).

    Raises
    ------
    InputError
        If `window_days` is not above 0.
    """
    if not window_days > 0:
        msg = f"window_days is {window_days}, expected a number above 0"
        raise InputError(msg)
    low, window = dataset.observed_from_us, int(window_days * DAY_US)
    spans = lives(dataset, dead_after_days, signs=signs, closing=closing, sized=False)
    last = int(spans["leave_us"].max() - low) // window if len(spans) else 0
    rows = spans.merge(pd.DataFrame({"landmark": np.arange(1, last + 1)}), how="cross")
    rows["at_us"] = low + rows["landmark"] * window
    began = rows["created_us"].fillna(low) <= rows["at_us"] - window
    rows = rows[began & (rows["enter_us"] < rows["at_us"]) & (rows["leave_us"] > rows["at_us"])]
    until = np.minimum(rows["leave_us"], rows["at_us"] + window)
    rows = rows.assign(
        died=rows["died"] & (rows["leave_us"] <= rows["at_us"] + window),
        enter=(rows["at_us"] - low) / DAY_US,
        leave=(until - low) / DAY_US,
    ).drop(columns=["enter_us", "leave_us"])
    landmark = np.arange(1, max(last, 1) + 1)
    marks = ibis.memtable(pa.table({"landmark": landmark, "mark_us": low + landmark * window}))
    stays = spells(dataset).semi_join(sized_groups(dataset), "group")
    inside = stays.join(marks, [stays.start_us <= marks.mark_us, stays.end_us > marks.mark_us])
    members = dataset.connection.create_table(
        ibis.util.gen_name("members"), inside.select("group", "landmark", "person").distinct()
    )
    found = Windows(rows, members, window, low)
    return Windows(_described(dataset, found), members, window, low)


def _described(dataset: Dataset, windows: Windows) -> pd.DataFrame:
    acts = talk(dataset).select("group", person="sender", landmark=windows.landmark_of(_.at_us))
    sent = acts.group_by("group", "landmark", "person").aggregate(n=_.count())
    listed = windows.members.left_join(sent, ["group", "landmark", "person"])
    listed = listed.select("group", "landmark", "person", n=_.n.fill_null(0))
    order = ibis.window(group_by=["group", "landmark"], order_by=["n", "person"])
    ranked = listed.mutate(rank=ibis.row_number().over(order) + 1)
    of_members = ranked.group_by("group", "landmark").aggregate(
        size=_.count(),
        speakers=ibis.ifelse(_.n > 0, 1, 0).sum(),
        said=_.n.sum(),
        ranked=(_.rank * _.n).sum(),
    )
    of_all = sent.group_by("group", "landmark").aggregate(messages=_.n.sum(), most=_.n.max())
    keys = ["group", "landmark"]
    rows = windows.rows.merge(dataset.collect(of_members), on=keys)
    rows = rows.merge(dataset.collect(of_all), "left", on=keys)
    rows[["messages", "most"]] = rows[["messages", "most"]].fillna(0).astype("int64")
    n, said = rows["size"].astype(float), rows["said"].astype(float)
    spread = 2 * rows["ranked"].astype(float) / said.where(said > 0) - (n + 1)
    rows["gini"] = spread / (n - 1).where(n > 1)  # of n people: 1 where one writes all
    rows["top"] = rows["most"] / rows["messages"].where(rows["messages"] > 0)
    rows = rows.drop(columns=["ranked", "most"]).sort_values(keys, ignore_index=True)
    return rows.astype(dict.fromkeys(("size", "speakers", "said", "landmark"), "int64"))


def reply_cores(
    dataset: Dataset, windows: Windows, *, k: Sequence[int] = (2,)
) -> npt.NDArray[np.int64]:
    """Count the k-cores of who answered whom, among the members at each landmark.

    Parameters
    ----------
    dataset : Dataset
        Needs ``interactions.reply_to``.
    windows : Windows
        Whose rows are described.
    k : sequence of int
        Others of the core whom everybody in it answered or was answered by.

    Returns
    -------
    ndarray of int64, shape (rows, k)
        For each row and each of `k`; 0 where nobody answered anybody.
    """
    acts = talk(dataset)
    asked = acts.select("group", reply_to="interaction", asker="sender").filter(_.asker.notnull())
    pairs = (
        acts.filter(_.reply_to.notnull())
        .select("group", "reply_to", "sender", landmark=windows.landmark_of(_.at_us))
        .join(asked, ["group", "reply_to"])
        .filter(_.sender != _.asker)
        .select(
            "group",
            "landmark",
            a=ibis.least(_.sender, _.asker),
            b=ibis.greatest(_.sender, _.asker),
        )
        .distinct()
    )
    for end in ("a", "b"):
        pairs = pairs.semi_join(windows.members.rename({end: "person"}), ["group", "landmark", end])
    found = dataset.collect(pairs)
    rows = windows.rows[["group", "landmark"]].assign(row=np.arange(len(windows.rows)))
    found = found.merge(rows, on=["group", "landmark"])
    codes = pd.factorize(pd.concat([found["a"], found["b"]]))[0]
    half = len(found)
    ties = (found["row"], codes[:half], codes[half:], len(rows))
    return np.column_stack([core_sizes(*ties, k=least) for least in k])


def expected_speakers(size: npt.ArrayLike, messages: npt.ArrayLike) -> npt.NDArray[np.float64]:
    r"""Different speakers expected if every message had a member drawn at random as its sender.

    .. math:: E = n \left(1 - (1 - 1/n)^M\right)

    Parameters
    ----------
    size, messages : array_like of float
        Members, at least 1, and messages.

    Returns
    -------
    ndarray of float

    Notes
    -----
    The share E / n falls as a group grows while M does not, by arithmetic alone.

    Examples
    --------
    >>> expected_speakers([2, 100], [2, 2]).round(2).tolist()
    [1.5, 1.99]
    """
    n, m = np.asarray(size, dtype=float), np.asarray(messages, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):  # one member: log 0, and 0 times it is nan
        missed = np.where(m > 0, np.exp(m * np.log1p(-1 / n)), 1.0)
    return n * (1 - missed)
