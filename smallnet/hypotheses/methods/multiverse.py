"""One question, every defensible way to ask it: the multiverse of the size-rate curve.

A single estimate hides the forks of its making. Here each fork is taken: which silence is time at
risk, how long a period is, what is counted, how memberships are weighed, whether one lively group
decides. Readings share their data, so they are no sample and no p-value is made of them; what they
tell is which fork moves the answer [1]_ [2]_.

References
----------
.. [1] S. Steegen, F. Tuerlinckx, A. Gelman and W. Vanpaemel, Perspectives on Psychological Science
   11, 702-712 (2016). https://doi.org/10.1177/1745691616658637
.. [2] U. Simonsohn, J. P. Simmons and L. D. Nelson, Nature Human Behaviour 4, 1208-1214 (2020).
   https://doi.org/10.1038/s41562-020-0912-z
"""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from smallnet.hypotheses.methods.rate_panel import RatePanel, Until, rate_panel
from smallnet.hypotheses.methods.size_rate import Outcome, fit_size_rate
from smallnet.hypotheses.methods.specifications import specification_list
from smallnet.tables import Dataset

__all__ = ["FORKS", "size_rate_multiverse", "what_moves"]

FORKS = ("until", "period", "outcome", "weight", "groups")
WHOLE = "whole watch"


def size_rate_multiverse(
    dataset: Dataset,
    *,
    periods: Sequence[float | None] = (1.0, 7.0, None),
    level: float = 0.95,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Rate ratio per doubling of size by every reading.

    Parameters
    ----------
    dataset : Dataset
        Needs memberships and messages in groups.
    periods : sequence of float or None
        Days of a period in which a person is compared with themself; None: the whole watch.
    level : float
        Of the intervals.
    rng : numpy.random.Generator
        Draws groups where there are more than the fit can take.

    Returns
    -------
    DataFrame
        One row a reading, by estimate: ``until`` (watch, last message), ``period`` (such as
        "7 days", "whole watch"), ``outcome`` (messages, active_days), ``weight`` (events,
        memberships), ``groups`` (all, without the liveliest), then ``estimate, low, high``;
        ``nan`` where a reading leaves nothing to compare.
    """
    untils: tuple[Until, ...] = ("watch", "last message")
    panels = {
        (until, period): rate_panel(dataset, until=until, period_days=period)
        for until, period in itertools.product(untils, periods)
    }

    def ask(
        until: Until, period: float | None, groups: str, outcome: Outcome, weight: str
    ) -> dict[str, float]:
        chosen = panels[until, period]
        model = fit_size_rate(
            chosen if groups == "all" else _without_liveliest(chosen),
            rng=rng,
            outcome=outcome,
            same_period=period is not None,
            memberships_alike=weight == "memberships",
        ).model
        low, high = np.exp(model.conf_int(level)[0])
        return {"estimate": np.exp(model.beta[0]), "low": low, "high": high}

    readings = specification_list(
        ask,
        {
            "until": untils,
            "period": periods,
            "groups": ("all", "without the liveliest"),
            "outcome": ("messages", "active_days"),
            "weight": ("events", "memberships"),
        },
    )
    words = [WHOLE if pd.isna(days) else f"{days:g} days" for days in readings["period"]]
    return readings.assign(period=words)[[*FORKS, "estimate", "low", "high"]]


def _without_liveliest(panel: RatePanel) -> RatePanel:
    """Leave out the rows of the group with most messages."""
    if panel.groups.empty:
        return panel
    kept = panel.group != int(panel.groups["messages"].to_numpy().argmax())
    columns = ("person", "group", "period", "days", "messages", "active_days", "log2_size")
    return dataclasses.replace(panel, **{name: getattr(panel, name)[kept] for name in columns})


def what_moves(multiverse: pd.DataFrame) -> pd.DataFrame:
    """Tell how far each fork moves the answer: mean log ratio of its ways, others alike.

    Parameters
    ----------
    multiverse : DataFrame
        Of :func:`size_rate_multiverse`.

    Returns
    -------
    DataFrame
        One row a fork, the strongest first: ``fork, factor`` (the largest over the smallest
        geometric mean of its ways), ``largest, smallest`` (which ways).

    Examples
    --------
    >>> rows = pd.DataFrame({"until": ["a", "b"], "period": "c", "outcome": "d", "weight": "e",
    ...                      "groups": "f", "estimate": [0.5, 1.0]})
    >>> what_moves(rows).to_numpy()[0].tolist()
    ['until', 2.0, 'b', 'a']
    """
    found = []
    for fork in FORKS:
        logs = np.log(multiverse["estimate"]).groupby(multiverse[fork]).mean().dropna()
        if logs.empty:
            continue
        factor = float(np.exp(logs.max() - logs.min()))
        found.append((fork, factor, logs.idxmax(), logs.idxmin()))
    table = pd.DataFrame(found, columns=["fork", "factor", "largest", "smallest"])
    return table.sort_values("factor", ascending=False, kind="stable", ignore_index=True)
