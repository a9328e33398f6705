"""Cores of many small graphs at once: those whom many others of the core tie in.

The k-core of a graph is what is left when everybody with fewer than k ties to those left is taken
out, again and again (Seidman 1983, https://doi.org/10.1016/0378-8733(83)90028-X).
"""

import numpy as np
import numpy.typing as npt

from smallnet.errors import InputError

__all__ = ["core_members", "core_sizes"]

IntArray = npt.NDArray[np.int64]


def core_members(
    a: npt.ArrayLike, b: npt.ArrayLike, nodes: int, *, k: int
) -> npt.NDArray[np.bool_]:
    """Tell who is in the k-core.

    Parameters
    ----------
    a, b : array_like of int, shape (ties,)
        Ends of each tie, 0 to `nodes` - 1; each pair once, in either order.
    nodes : int
        Number of nodes; graphs side by side have nodes of their own.
    k : int
        Ties to others of the core that everybody in it has at least.

    Returns
    -------
    ndarray of bool, shape (nodes,)

    Raises
    ------
    InputError
        If `k` is below 1, a tie has one end only or ties somebody to themselves.

    Notes
    -----
    Everybody with too few ties goes in one round; the rounds are as many as the longest chain of
    departures, few in small graphs.

    Examples
    --------
    A triangle with a pendant.

    >>> core_members([0, 1, 2, 2], [1, 2, 0, 3], 4, k=2).tolist()
    [True, True, True, False]
    """
    one, other = np.asarray(a, dtype=np.int64), np.asarray(b, dtype=np.int64)
    if k < 1 or one.shape != other.shape or (one == other).any():
        msg = (
            f"k is {k} with ties of {one.shape} and {other.shape} ends, expected k >= 1 and pairs "
            "of two different people"
        )
        raise InputError(msg)
    while True:
        degree = np.bincount(one, minlength=nodes) + np.bincount(other, minlength=nodes)
        stays = degree >= k
        both = stays[one] & stays[other]
        if both.all():
            return stays
        one, other = one[both], other[both]


def core_sizes(
    graph: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike, graphs: int, *, k: int
) -> IntArray:
    """Count the k-core of each of many graphs.

    Parameters
    ----------
    graph : array_like of int, shape (ties,)
        Which graph a tie belongs to, 0 to `graphs` - 1.
    a, b : array_like of int, shape (ties,)
        Its ends; the same number in another graph is another node.
    graphs : int
        Number of graphs; one without ties has an empty core.
    k : int
        As in :func:`core_members`.

    Returns
    -------
    ndarray of int64, shape (graphs,)

    Examples
    --------
    >>> core_sizes([0, 0, 0, 1], [0, 1, 2, 0], [1, 2, 0, 1], 3, k=2).tolist()
    [3, 0, 0]
    """
    which = np.asarray(graph, dtype=np.int64)
    one, other = np.asarray(a, dtype=np.int64), np.asarray(b, dtype=np.int64)
    width = int(max(one.max(initial=0), other.max(initial=0))) + 1
    ends = np.concatenate([which * width + one, which * width + other])
    names, code = np.unique(ends, return_inverse=True)
    inside = core_members(code[: which.size], code[which.size :], names.size, k=k)
    return np.bincount(names[inside] // width, minlength=graphs).astype(np.int64)
