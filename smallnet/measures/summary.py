"""A data set in a dozen numbers, and how large its groups are in both weightings."""

from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis import _

from smallnet.measures.interaction import NO_TURN
from smallnet.measures.size import all_groups, group_sizes, person_weighted_mean
from smallnet.tables.choices import Choices
from smallnet.tables.dataset import Dataset
from smallnet.tables.windows import bots, humans

__all__ = ["dataset_summary"]

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def dataset_summary(dataset: Dataset, choices: Choices | None = None) -> dict[str, Any]:
    """Count what is there.

    Parameters
    ----------
    dataset : Dataset
        The tables.
    choices : Choices, optional
        ``small_group`` for the shares of small groups.

    Returns
    -------
    dict
        ``people`` (humans named anywhere), ``bots, groups, groups_with_size, memberships``, the
        rows of every other table, ``watch_days``, ``acts`` (what people do in groups:
        ``messages``, ``contacts``, ``calls``, or ``acts`` where it is several of these), and of
        the groups that have members at the end: ``mean_size_by_group``,
        ``mean_size_by_membership`` (E[n²] / E[n], what a member meets),
        ``size_q05_by_group`` … ``size_q95_by_membership``, and the shares of groups and of
        memberships in groups under ``small_group``. Unknown numbers are None.
    """
    choices = choices or Choices()
    people = humans(dataset).select(n=ibis.literal(1)).aggregate(people=_.n.count())
    counts = people.mutate(
        bots=bots(dataset).count().as_scalar(), groups=all_groups(dataset).count().as_scalar()
    )
    row = counts.to_pyarrow().to_pylist()[0]
    rows = {name: n for name, n in dataset.rows.items() if name not in ("people", "groups")}
    known = dataset.collect(group_sizes(dataset)) if dataset.has("memberships") else None
    sizes = pd.Series(dtype=float) if known is None else known["size_end"].astype(float)
    return {
        **{name: int(value or 0) for name, value in row.items()},
        **rows,
        "watch_days": round(dataset.watch_days, 3) if dataset.timed else None,
        "acts": _acts(dataset),
        "groups_with_size": len(sizes),
        **_size_numbers(np.asarray(sizes[sizes > 0]), choices.small_group),
    }


def _acts(dataset: Dataset) -> str:
    """Name what people do in groups: a contact is no message."""
    acts = dataset["interactions"].filter(_.group.notnull())
    counted = acts.mutate(what=_.kind.fill_null("text")).filter(
        _.what.notin(("system", "reaction"))
    )
    kinds = set(dataset.collect(counted.select("what").distinct())["what"])
    named = {kind for kind in kinds if kind in NO_TURN}
    if not named:
        return "messages"
    return f"{named.pop()}s" if len(kinds) == 1 else "acts"


def _size_numbers(sizes: Any, small_group: int) -> dict[str, float | None]:
    weights = {"group": np.ones_like(sizes), "membership": sizes}
    means = {"group": _mean(sizes), "membership": person_weighted_mean(sizes)}
    numbers: dict[str, float | None] = {}
    for by in weights:
        numbers[f"mean_size_by_{by}"] = _known(means[by])
    for by, weight in weights.items():
        order = np.argsort(sizes, kind="stable")
        reached = np.cumsum(weight[order])
        for q in _QUANTILES:
            name = f"size_q{round(100 * q):02d}_by_{by}"
            place = np.searchsorted(reached, q * reached[-1] - 1e-9) if sizes.size else 0
            numbers[name] = _known(float(sizes[order][place])) if sizes.size else None
    for by, weight in weights.items():
        name = f"share_of_{by}s_in_small_groups" if by == "membership" else "share_of_small_groups"
        total = weight.sum()
        numbers[name] = _known(weight[sizes < small_group].sum() / total) if total else None
    return numbers


def _mean(sizes: Any) -> float:
    return float(sizes.mean()) if sizes.size else float("nan")


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
