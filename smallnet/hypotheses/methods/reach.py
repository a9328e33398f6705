"""How far an item goes from where it was put: the tree below a share, and what chance would grow.

A tree's people are the sharer and everybody who took the item up through a share below; the parent
of a person is whose share it was. Structural virality tells a broadcast (a star: nearly 2) from a
chain of hands [1]_. The null is a branching process with the very numbers of takers that people of
the data had, first sharers and others apart: trees in which nobody's luck depends on depth.

References
----------
.. [1] S. Goel, A. Anderson, J. Hofman and D. J. Watts, Management Science 62, 180-196 (2016).
   https://doi.org/10.1287/mnsc.2015.2158
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis import _

from smallnet.measures.trees import tree_shapes
from smallnet.tables import Dataset
from smallnet.tables.windows import microseconds

__all__ = ["Trees", "branching_virality", "mean_virality", "trees_of"]

IntArray = npt.NDArray[np.int64]
MOST_NODES = 200_000  # of all trees of one draw
MOST_STEPS = 200


@dataclass(frozen=True, kw_only=True, eq=False)
class Trees:
    """One tree a trial; arrays of shape (nodes,), the roots first, in the order of trials.

    Attributes
    ----------
    parent : ndarray of int
        Place of each node's parent; -1 for a root.
    tree : ndarray of int
        Number of its trial.
    n : int
        Trials.
    """

    parent: IntArray
    tree: IntArray
    n: int

    @property
    def reach(self) -> IntArray:
        """Adopters of each tree, the sharer not counted."""
        return np.bincount(self.tree, minlength=self.n).astype(np.int64) - 1

    @property
    def takers(self) -> IntArray:
        """How many took the item up from each node."""
        inside = self.parent[self.parent >= 0]
        return np.bincount(inside, minlength=self.parent.size).astype(np.int64)


def trees_of(dataset: Dataset, share: pd.Series, until_us: npt.ArrayLike) -> Trees:
    """Grow the tree below each of some shares, until a moment of its own.

    Parameters
    ----------
    dataset : Dataset
        With shares and adoptions.
    share : Series of str
        The first share of each tree.
    until_us : array_like of int, shape (trees,)
        Adoptions before it count.
    """
    shares = dataset.collect(
        dataset["shares"].select("share", "item", "sharer", "parent").order_by("share")
    )
    taken = dataset.collect(
        dataset["adoptions"]
        .filter(_.via_share.notnull())
        .select("person", "item", "via_share", at_us=microseconds(_.adopted_at))
        .order_by("at_us", "person", "item")
    ).drop_duplicates(["person", "item"])
    root = _roots(shares)
    n = len(share)
    number = pd.Series(np.arange(n), index=share.to_numpy())
    shares["tree"] = number.reindex(root).to_numpy()
    by = shares.set_index("share")
    taken["tree"] = by["tree"].reindex(taken["via_share"]).to_numpy()
    taken["from"] = by["sharer"].reindex(taken["via_share"]).to_numpy()
    taken = taken[taken["tree"].notna()]
    limit = np.asarray(until_us)[taken["tree"].astype(int)]
    taken = taken[taken["at_us"].to_numpy() < limit]
    first = pd.DataFrame({"tree": np.arange(n), "person": by["sharer"].reindex(share).to_numpy()})
    nodes = pd.concat([first, taken[["tree", "person"]]], ignore_index=True)
    nodes["tree"] = nodes["tree"].astype(int)
    fresh = ~nodes.duplicated(["tree", "person"]).to_numpy()
    places = pd.MultiIndex.from_frame(nodes[fresh])
    above = pd.MultiIndex.from_arrays([taken["tree"].astype(int), taken["from"]])
    parent = np.concatenate([np.full(n, -1), places.get_indexer(above)])[fresh]
    tree = nodes.loc[fresh, "tree"].to_numpy(np.int64)
    lost = (parent < 0) & (np.arange(parent.size) >= n)  # whose giver came later: from the root
    parent = np.where(lost, tree, parent).astype(np.int64)
    return Trees(parent=parent, tree=tree, n=n)


def _roots(shares: pd.DataFrame) -> pd.Series:
    """Give the first share above each share; who names an unknown parent is a root."""
    place = pd.Series(np.arange(len(shares)), index=shares["share"])
    up = place.reindex(shares["parent"]).to_numpy(float)
    own = np.arange(len(shares))
    root = np.where(np.isnan(up), own, up).astype(np.int64)
    for _step in range(64):
        further = root[root]
        if np.array_equal(further, root):
            break
        root = further
    return shares["share"].iloc[root].reset_index(drop=True)


def mean_virality(parent: IntArray) -> float:
    """Mean structural virality of trees of at least three people; ``nan`` without any."""
    shapes = tree_shapes(parent)
    large = shapes.size >= 3
    return float(shapes.virality[large].mean()) if large.any() else float("nan")


def branching_virality(
    first: IntArray, later: IntArray, trees: int, *, draws: int, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Mean virality of forests in which everybody draws takers from the numbers observed.

    Parameters
    ----------
    first, later : ndarray of int
        Takers of first sharers, and of everybody else.
    trees : int
        Trees of a forest.
    draws : int
        Forests.
    rng : numpy.random.Generator
        Source of chance.
    """
    found = []
    for _draw in range(draws):
        parent = [np.full(trees, -1, dtype=np.int64)]
        many = rng.choice(first, trees)
        place, total = np.arange(trees), trees
        for _step in range(MOST_STEPS):
            children = np.repeat(place, many)
            if not children.size or total + children.size > MOST_NODES:
                break
            parent.append(children)
            place = np.arange(total, total + children.size)
            total += children.size
            many = rng.choice(later, children.size) if later.size else np.zeros(children.size, int)
        found.append(mean_virality(np.concatenate(parent)))
    return np.array(found)
