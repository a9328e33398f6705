"""Shapes of trees: how large, how deep, how broad, and how far two of a tree stand apart.

A forest is an array that names the parent of each node, -1 for a root. Everything is counted in
time that grows with the number of nodes.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from smallnet.errors import InputError

__all__ = ["TreeShapes", "grow_trees", "structural_virality", "tree_shapes"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
CARRY = 1 << 40


@dataclass(frozen=True, kw_only=True, eq=False)
class TreeShapes:
    """Shape of every tree of a forest, in the order of their roots.

    Attributes
    ----------
    root : ndarray of int64, shape (trees,)
        Index of the root.
    size : ndarray of int64, shape (trees,)
        Nodes, the root included.
    depth : ndarray of int64, shape (trees,)
        Edges from the root to the farthest node; 0 for a root alone.
    breadth : ndarray of int64, shape (trees,)
        Nodes on the fullest level.
    virality : ndarray, shape (trees,)
        Mean distance of two nodes, edges; ``nan`` for a root alone.
    broadcast_share : ndarray, shape (trees,)
        Largest number of children of one node, out of all nodes but the root; ``nan`` for a root
        alone.
    tree : ndarray of int64, shape (nodes,)
        Place of each node's tree in the arrays above; -1 for a node that leads into a cycle.
    """

    root: IntArray
    size: IntArray
    depth: IntArray
    breadth: IntArray
    virality: FloatArray
    broadcast_share: FloatArray
    tree: IntArray


def tree_shapes(parent: ArrayLike) -> TreeShapes:
    r"""Shapes of all trees of a forest.

    Parameters
    ----------
    parent : array_like of int, shape (nodes,)
        Index of each node's parent, -1 for a root.

    Raises
    ------
    InputError
        If a parent is outside the forest, or nodes lead in a circle.

    Notes
    -----
    Structural virality is :math:`\nu = 2 W / (n (n - 1))` with
    :math:`W = \sum_e s_e (n - s_e)`, :math:`s_e` the nodes below edge e: each edge lies on as many
    paths.

    References
    ----------
    .. [1] S. Goel, A. Anderson, J. Hofman and D. J. Watts, Management Science 62, 180-196 (2016).
       https://doi.org/10.1287/mnsc.2015.2158

    Examples
    --------
    >>> shapes = tree_shapes([-1, 0, 0, 0, 1, 4, -1])
    >>> shapes.size, shapes.depth, shapes.breadth
    (array([6, 1]), array([3, 0]), array([3, 1]))
    >>> shapes.virality.round(6), shapes.broadcast_share
    (array([2.133333,      nan]), array([0.6, nan]))
    """
    shapes = grow_trees(parent)
    if (shapes.tree < 0).any():
        msg = f"node {int(np.argmin(shapes.tree))} leads into a circle of parents, expected a root"
        raise InputError(msg)
    return shapes


def grow_trees(parent: ArrayLike) -> TreeShapes:
    """Shapes of the trees of a forest that may hold circles, whose nodes are in no tree.

    Parameters and errors are those of :func:`tree_shapes`, but for the circles.
    """
    given = np.asarray(parent)
    if given.ndim != 1 or (given.size and not np.issubdtype(given.dtype, np.integer)):
        msg = "parent must be one array of indices, -1 for a root"
        raise InputError(msg)
    up = np.ascontiguousarray(given, dtype=np.int64)
    outside = np.flatnonzero((up < -1) | (up >= up.size))
    if outside.size:
        at = int(outside[0])
        msg = f"node {at} has the parent {up[at]}, expected -1 to {up.size - 1}"
        raise InputError(msg)
    root = np.flatnonzero(up == -1)
    number = np.full(up.size, -1, dtype=np.int64)
    number[root] = np.arange(root.size)
    children = np.bincount(up[up >= 0], minlength=up.size).astype(np.int64)
    level, carried = np.zeros(up.size, dtype=np.int64), np.zeros((2, root.size), dtype=np.int64)
    order, below = _peel(up, children)
    _descend(up, order, below, number, level, carried)
    distance = carried[1] * float(CARRY) + carried[0]
    size, depth, broadcast = below[root], *(np.zeros((2, root.size), dtype=np.int64))
    inside = number >= 0
    np.maximum.at(depth, number[inside], level[inside])
    np.maximum.at(broadcast, number[inside], children[inside])
    n = size.astype(np.float64)
    alone = size < 2
    return TreeShapes(
        root=root,
        size=size,
        depth=depth,
        breadth=_widest(level, number, depth),
        virality=np.where(alone, np.nan, 2 * distance / np.where(alone, 1.0, n * (n - 1))),
        broadcast_share=np.where(alone, np.nan, broadcast / np.where(alone, 1.0, n - 1)),
        tree=number,
    )


def structural_virality(parent: ArrayLike) -> float:
    """Mean distance of two nodes of one tree, edges.

    Parameters
    ----------
    parent : array_like of int, shape (nodes,)
        Index of each node's parent, -1 for the root.

    Returns
    -------
    float
        ``nan`` for a root alone.

    Raises
    ------
    InputError
        If this is not one tree.

    References
    ----------
    .. [1] S. Goel, A. Anderson, J. Hofman and D. J. Watts, Management Science 62, 180-196 (2016).
       https://doi.org/10.1287/mnsc.2015.2158

    Examples
    --------
    >>> structural_virality([-1, 0, 0])  # two pairs at 1, one at 2
    1.3333333333333333
    """
    shapes = tree_shapes(parent)
    if shapes.root.size != 1:
        msg = f"there are {shapes.root.size} roots, expected one: a forest has a value a tree"
        raise InputError(msg)
    return float(shapes.virality[0])


@njit(cache=True)
def _peel(up: IntArray, children: IntArray) -> tuple[IntArray, IntArray]:
    """Order in which every node comes after all below it, and how many those are, itself too."""
    n = up.size
    waiting = children.copy()
    order = np.empty(n, np.int64)
    end = 0
    for node in range(n):
        if waiting[node] == 0:
            order[end] = node
            end += 1
    below = np.ones(n, np.int64)
    begin = 0
    while begin < end:
        node = order[begin]
        begin += 1
        above = up[node]
        if above >= 0:
            below[above] += below[node]
            waiting[above] -= 1
            if waiting[above] == 0:
                order[end] = above
                end += 1
    return order[:end], below


@njit(cache=True)
def _descend(
    up: IntArray,
    order: IntArray,
    below: IntArray,
    number: IntArray,
    level: IntArray,
    carried: IntArray,
) -> None:
    """Give every node the number of its root; add up the distances inside each tree.

    The sums are whole numbers in two parts, for those of a path of 10^7 nodes pass 2^63.
    """
    size = np.zeros(carried.shape[1], np.int64)
    for place in range(order.size - 1, -1, -1):
        node = order[place]
        above = up[node]
        if above >= 0:
            number[node] = number[above]
            level[node] = level[above] + 1
        tree = number[node]
        if tree >= 0 and above < 0:
            size[tree] = below[node]
        elif tree >= 0:
            total = carried[0, tree] + below[node] * (size[tree] - below[node])
            carried[0, tree] = total % CARRY
            carried[1, tree] += total // CARRY


@njit(cache=True)
def _widest(level: IntArray, number: IntArray, depth: IntArray) -> IntArray:
    """Nodes on the fullest level of each tree."""
    first = np.zeros(depth.size + 1, np.int64)
    for tree in range(depth.size):
        first[tree + 1] = first[tree] + depth[tree] + 1
    on_level = np.zeros(first[depth.size], np.int64)
    breadth = np.zeros(depth.size, np.int64)
    for node in range(level.size):
        tree = number[node]
        if tree >= 0:
            place = first[tree] + level[node]
            on_level[place] += 1
            breadth[tree] = max(breadth[tree], on_level[place])
    return breadth
