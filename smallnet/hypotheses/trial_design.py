"""A planned trial, played many times where the answer is known: what each analysis would find."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from smallnet.errors import InputError
from smallnet.hypotheses.methods.cluster_trial import cluster_difference
from smallnet.hypotheses.methods.group_overlap import exposure_difference, leak
from smallnet.networks import Membership
from smallnet.simulations import SeededGroups

__all__ = ["play_trials"]


def play_trials(
    world: SeededGroups,
    membership: Membership,
    cluster: npt.ArrayLike,
    *,
    worlds: int,
    permutations: int = 0,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Play a trial that seeds half of the clusters, drawn anew each time.

    Parameters
    ----------
    world : SeededGroups
        How members take it up.
    membership : Membership
        Who is in which group.
    cluster : array_like of int, shape (groups,)
        What is drawn; at least 4 of them. Each group a cluster of its own is the trial that
        forgets that groups share members.
    worlds : int
        Trials.
    permutations : int
        Draws for p-values by exchange; with 0 they are nan.
    rng : numpy.random.Generator
        Chance.

    Returns
    -------
    DataFrame, one row a trial
        ``clusters``, ``exposure`` : what a comparison of clusters, and of people wholly in one
        arm, found (see ``cluster_difference`` and ``exposure_difference``); ``clusters_true``,
        ``exposure_true`` : what seeding everybody over nobody does, averaged in the same way;
        ``covered`` : whether the interval of clusters holds it; ``p_clusters``, ``p_people`` : of
        t with clusters, and wrongly with members as units; ``p_exposure`` : by exchange;
        ``leak`` : share of members of control groups who are in a seeded one too.

    Raises
    ------
    InputError
        With fewer than 4 clusters, or less than one world.
    """
    from scipy import stats  # late: heavy

    code = np.unique(np.asarray(cluster), return_inverse=True)[1]
    many = int(code.max(initial=-1)) + 1
    if many < 4 or worlds < 1:
        msg = f"{worlds} worlds of {many} clusters, expected at least 1 of at least 4"
        raise InputError(msg)
    person, size = membership.incidence.indices, membership.size
    of_member = np.repeat(code, size)
    effect = world.effect(membership)
    means = np.bincount(of_member, effect[person]) / np.maximum(np.bincount(of_member), 1)
    clusters_true = float(means[np.unique(of_member)].mean())
    exposure_true = float(effect[membership.groups_per_person > 0].mean())
    rows = []
    for _ in range(worlds):
        arm = (rng.permutation(many) < many // 2)[code]
        took = world.run(membership, arm, rng=rng)
        on = np.repeat(arm, size)
        draws = max(permutations, 1)
        values = took[person]
        by = cluster_difference(values, of_member, on, permutations=1, rng=rng)
        alone = stats.ttest_ind(values[on].astype(float), values[~on].astype(float))
        wholly = exposure_difference(took, membership, code, arm, permutations=draws, rng=rng)
        rows.append(
            {
                "clusters": by.difference,
                "exposure": wholly.difference,
                "covered": by.low <= clusters_true <= by.high,
                "p_clusters": by.p_value,
                "p_people": float(alone.pvalue),
                "p_exposure": wholly.p_value if permutations else float("nan"),
                "leak": leak(membership, arm).control,
            }
        )
    found = pd.DataFrame(rows)
    return found.assign(clusters_true=clusters_true, exposure_true=exposure_true)
