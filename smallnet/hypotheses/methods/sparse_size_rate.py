"""The size–rate curve where people write little: the totals of people, and their silence, count.

``fit_size_rate`` lets every person in every period have any rate. Where a group has but a few
messages that leans, to steeper slopes, by .02 to .07 a doubling, because who wrote at all is no
longer independent of the groups they are in. Here people's rates follow a gamma law about a mean
that may go with the sizes of their groups, and the silent are among the rows. Rows are memberships
over the whole watch, so that common rhythms are not held fixed: to be read beside the other.
"""

from typing import Literal

import numpy as np

from smallnet.errors import InputError
from smallnet.hypotheses.methods.crossed_poisson import CrossedPoisson, fit_crossed_poisson
from smallnet.hypotheses.methods.rate_panel import Until, rate_panel
from smallnet.hypotheses.methods.size_rate import MOST_GROUPS, SMALLEST_LOG2_SIZE
from smallnet.tables import Dataset

__all__ = ["fit_sparse_size_rate"]


def fit_sparse_size_rate(
    dataset: Dataset,
    *,
    rng: np.random.Generator,
    until: Until = "watch",
    outcome: Literal["messages", "active_days"] = "messages",
) -> CrossedPoisson:
    """Fit the rate ratio per doubling of size between groups, people's rates gamma.

    Parameters
    ----------
    dataset : Dataset
        Needs memberships and interactions.
    rng : numpy.random.Generator
        Draws of the posterior, and 1,500 groups where there are more.
    until : {"watch", "last message"}
        Where a group's time at risk ends.
    outcome : {"messages", "active_days"}
        What is counted.

    Returns
    -------
    CrossedPoisson
        ``beta[0]`` is per doubling of the group's mean size; ``sorting[0]`` how the rate of people
        goes with the sizes of their groups, beyond that.

    Raises
    ------
    InputError
        Where nobody wrote, or groups do not differ in size.

    References
    ----------
    .. [1] J. Hausman, B. H. Hall and Z. Griliches, Econometrica 52, 909-938 (1984), for gamma
       rates of units. https://doi.org/10.2307/1911191
    .. [2] Y. Mundlak, Econometrica 46, 69-85 (1978), for a mean that may go with the covariate.
       https://doi.org/10.2307/1913646
    """
    whole = float(np.ceil(dataset.watch_days)) + 1.0  # one period
    panel = rate_panel(dataset, until=until, period_days=whole, silent=True)
    log2_size = panel.groups["log2_size"].to_numpy(float)
    chosen = np.flatnonzero(log2_size >= SMALLEST_LOG2_SIZE)
    if chosen.size > MOST_GROUPS:
        chosen = np.sort(rng.choice(chosen, MOST_GROUPS, replace=False))
    rows = np.isin(panel.group, chosen) & (panel.days > 0)
    sizes = log2_size[panel.group[rows]]
    if not rows.any() or np.ptp(sizes) < 1e-9:
        msg = f"{chosen.size} groups of two members or more do not differ in size, expected some to"
        raise InputError(msg)
    counts = panel.messages if outcome == "messages" else panel.active_days
    return fit_crossed_poisson(
        counts[rows],
        panel.days[rows],
        panel.person[rows],
        panel.group[rows],
        sizes,
        strata="random",
        rng=rng,
    )
