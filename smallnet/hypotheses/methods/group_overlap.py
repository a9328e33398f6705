"""What chance can assign where groups share members, and what leaks from arm to arm (T11, T12).

Groups that share a member are neighbours in the overlap graph. Its components are free of each
other: assign those. Mostly there is one that holds nearly everything; then the graph is cut where
fewest members are shared [1]_, what leaks is counted, and people are compared who lie with *all*
their groups in one arm, weighted by how likely that was (exposure mapping [2]_).

References
----------
.. [1] J. Ugander, B. Karrer, L. Backstrom and J. Kleinberg, KDD 2013, 329-337.
   https://doi.org/10.1145/2487575.2487695
.. [2] P. M. Aronow and C. Samii, Annals of Applied Statistics 11, 1912-1947 (2017).
   https://doi.org/10.1214/16-AOAS1005
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.sparse import csr_array, triu

from smallnet.errors import InputError
from smallnet.hypotheses.methods.permutation import permutation_p
from smallnet.networks import Membership

__all__ = [
    "ExposureDifference",
    "Leak",
    "exposure_difference",
    "leak",
    "overlap_clusters",
]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def overlap_clusters(membership: Membership, *, most: int | None = None) -> IntArray:
    """Label groups by the component of the overlap graph, or by parts of it of limited size.

    With ``most`` pairs of groups are joined by the share of the smaller one's members who are in
    both, largest first, unless the cluster would hold more groups than that: the cut goes where
    few are shared. Nothing is left to chance; ties are settled by the order of groups.

    Parameters
    ----------
    membership : Membership
        Who is in which group when the trial begins.
    most : int, optional
        Groups of a cluster; left out, components.

    Returns
    -------
    ndarray of int, shape (groups,)
        From 0, the largest cluster first.

    Raises
    ------
    InputError
        If ``most`` is below 1.

    Examples
    --------
    >>> rooms = Membership.from_ends([0, 0, 1, 1, 2], [0, 1, 1, 2, 3], "abc", "wxyz")
    >>> overlap_clusters(rooms).tolist()
    [0, 0, 1]
    """
    if most is not None and most < 1:
        msg = f"most is {most}, expected at least 1 group in a cluster"
        raise InputError(msg)
    incidence = csr_array(membership.incidence)
    shared = triu(incidence @ incidence.T, k=1).tocoo()
    size = np.maximum(membership.size, 1)
    part = shared.data / np.minimum(size[shared.row], size[shared.col])
    order = np.lexsort((shared.col, shared.row, -part))
    root = _join(
        membership.n_groups,
        shared.row[order].astype(np.int64),
        shared.col[order].astype(np.int64),
        membership.n_groups if most is None else most,
    )
    first, code, n = np.unique(root, return_index=True, return_inverse=True, return_counts=True)[1:]
    rank = np.empty(n.size, dtype=np.int64)
    rank[np.lexsort((first, -n))] = np.arange(n.size)
    return rank[code]


@njit(cache=True)
def _join(n: int, one: IntArray, other: IntArray, most: int) -> IntArray:
    """Roots after joining pairs in their order, where both together are not too many."""
    root, many = np.arange(n), np.ones(n, dtype=np.int64)
    for k in range(one.size):
        a, b = one[k], other[k]
        while root[a] != a:
            root[a] = root[root[a]]
            a = root[a]
        while root[b] != b:
            root[b] = root[root[b]]
            b = root[b]
        if a != b and many[a] + many[b] <= most:
            low, high = min(a, b), max(a, b)
            root[high] = low
            many[low] += many[high]
    for a in range(n):  # a root is never above who hangs on it
        root[a] = root[root[a]]
    return root


@dataclass(frozen=True, kw_only=True)
class Leak:
    """Shares of members with a group in the other arm."""

    control: float  # of memberships of control groups, by people who are in a treated group too
    treated: float  # of memberships of treated groups, by people who are in a control group too
    people: float  # of people in any group, who are in both arms


def leak(membership: Membership, treated: npt.ArrayLike) -> Leak:
    """Count who is in groups of both arms.

    Parameters
    ----------
    membership : Membership
        Who is in which group.
    treated : array_like of bool, shape (groups,)
        Arm of each group.

    Returns
    -------
    Leak
        ``nan`` where an arm has no member.
    """
    inside, arm = membership.incidence, _arms(membership, treated)
    of_treated, of_all = arm.astype(float) @ inside, membership.groups_per_person
    mixed = (of_treated > 0) & (of_treated < of_all)
    both = inside @ mixed.astype(float)

    def part(mine: BoolArray) -> float:
        members = membership.size[mine].sum()
        return float(both[mine].sum() / members) if members else float("nan")

    anywhere = (of_all > 0).sum()
    people = float(mixed.sum() / anywhere) if anywhere else float("nan")
    return Leak(control=part(~arm), treated=part(arm), people=people)


@dataclass(frozen=True, kw_only=True)
class ExposureDifference:
    """People all of whose groups are treated, less people none of whose groups is."""

    difference: float
    p_value: float  # of clusters that change arms; the null is that nobody is touched at all
    all_treated: int  # people
    none_treated: int
    left_out: int  # people who were in both arms, or could not have been in one of the two


def exposure_difference(
    values: npt.ArrayLike,
    membership: Membership,
    cluster: npt.ArrayLike,
    treated: npt.ArrayLike,
    *,
    permutations: int = 999,
    rng: np.random.Generator,
) -> ExposureDifference:
    r"""Compare people by what they were exposed to, not by the arm of one of their groups.

    With T of C clusters treated, a person in k clusters lies with all in the treated arm with the
    chance :math:`\binom{C-k}{T-k} / \binom{C}{T}`, and so for control. Means are weighted by
    one over it (Hajek), or who is in many groups would count too little. Chance is drawn anew for
    the p-value.

    Parameters
    ----------
    values : array_like of float or bool, shape (people,)
        What each did, on the people of ``membership``. Who is in no group plays no part.
    membership : Membership
        Who was in which group.
    cluster : array_like of int, shape (groups,)
        What chance assigned; any so many of them with the same chance.
    treated : array_like of bool, shape (groups,)
        Arm, the same for groups of one cluster.
    permutations : int
        Draws of the assignment.
    rng : numpy.random.Generator
        Chance.

    Returns
    -------
    ExposureDifference
        ``nan`` where nobody is wholly in one of the arms. Draws without such people count as
        extreme.

    Raises
    ------
    InputError
        If a cluster is in both arms, or shapes differ.
    """
    v, arm = np.asarray(values, dtype=float), _arms(membership, treated)
    labels = np.asarray(cluster)
    if v.shape != (membership.n_people,) or labels.shape != arm.shape or not np.isfinite(v).all():
        msg = (
            f"values {v.shape} and clusters {labels.shape}, expected finite ones of shape "
            f"({membership.n_people},) and ({membership.n_groups},)"
        )
        raise InputError(msg)
    code, n = np.unique(labels, return_inverse=True, return_counts=True)[1:]
    share = np.bincount(code, arm) / n
    if ((share > 0) & (share < 1)).any():
        msg = "a cluster is in both arms, expected that chance assigned whole clusters"
        raise InputError(msg)
    lies = csr_array((np.ones(code.size), (code, np.arange(code.size))), (n.size, code.size))
    touched = csr_array(lies @ membership.incidence)  # clusters by people
    touched.data[:] = 1.0
    k = np.asarray(touched.sum(axis=0)).astype(np.int64)
    drawn = share == 1
    every, none = (_all_in(k, int(m), n.size) for m in (drawn.sum(), (~drawn).sum()))
    able = (k > 0) & (every > 0) & (none > 0)
    weight = [np.divide(1.0, p, out=np.zeros_like(p), where=able) for p in (every, none)]

    def compare(mine: BoolArray) -> float:
        of = mine.astype(float) @ touched
        one, other = weight[0] * (of == k), weight[1] * (of == 0)
        if not one.any() or not other.any():
            return float("nan")
        return float(one @ v / one.sum() - other @ v / other.sum())

    seen = compare(drawn)
    again = np.array([compare(rng.permutation(drawn)) for _ in range(permutations)])
    beyond = np.sign(seen) * (1 + np.abs(np.nan_to_num(again)).max(initial=abs(seen)))
    again = np.where(np.isnan(again), beyond, again)
    of = drawn.astype(float) @ touched
    all_treated, none_treated = (int((able & (of == m)).sum()) for m in (k, 0))
    return ExposureDifference(
        difference=seen,
        p_value=permutation_p(seen, again),
        all_treated=all_treated,
        none_treated=none_treated,
        left_out=int((k > 0).sum()) - all_treated - none_treated,
    )


def _all_in(k: IntArray, mine: int, clusters: int) -> FloatArray:
    """Chance that k clusters are all among ``mine`` of ``clusters`` drawn without replacement."""
    step = np.arange(int(k.max(initial=0)))
    chances = np.clip(mine - step, 0, None) / np.maximum(clusters - step, 1)
    found: FloatArray = np.concatenate([[1.0], np.cumprod(chances)])[k]
    return found


def _arms(membership: Membership, treated: npt.ArrayLike) -> BoolArray:
    arm = np.asarray(treated, dtype=bool)
    if arm.shape != (membership.n_groups,):
        msg = f"arms have shape {arm.shape}, expected ({membership.n_groups},): one a group"
        raise InputError(msg)
    return arm
