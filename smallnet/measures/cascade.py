"""Cascades: how far each item went, by which ways, and how much of it stayed in one group."""

import ibis
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray
from scipy.sparse import coo_array

from smallnet.measures.cascade_links import Nodes, cascade_links, links_within
from smallnet.measures.concentration import concentration_by
from smallnet.measures.trees import grow_trees
from smallnet.tables.dataset import Dataset
from smallnet.tables.schema import CHANNELS

__all__ = ["cascade_table"]

IntArray = NDArray[np.int64]


def cascade_table(dataset: Dataset, *, nodes: Nodes = "people") -> pd.DataFrame:
    """Measure every cascade.

    Parameters
    ----------
    dataset : Dataset
        With ``shares``, and ``adoptions`` if nodes are people.
    nodes : {"people", "shares"}
        What a cascade is made of; see ``cascade_links``.

    Returns
    -------
    DataFrame
        One row a root, in order of item, then root; after the roots of an item one row for every
        circle of nodes that name each other and for what hangs on it.

        - ``item``; ``root_share`` (where nodes are people: the first share of the root, null if
          they never shared it), ``root_person``; null in a row for a circle.
        - ``size``: nodes, the root included. ``depth``: edges from the root to the farthest.
          ``breadth``: nodes on the fullest level. ``virality``: mean distance of two nodes, edges.
          ``broadcast_share``: most nodes that came from one, out of all but the root. Null where
          they are undefined: the last two for a root alone, all but the size for a circle.
        - ``links``: size without the root; ``links_group, links_friend, links_feed``: by the
          channel of the share that carried it.
        - ``within_share, between_share``: of the links, those between two people who were, and who
          were not, members of one group at that moment; null without a link or memberships.
        - ``groups, dominance, entropy``: groups it went through, the share of the first of them,
          and the spread over them, bits. Counted are nodes that came through a group or, where
          nodes are shares, shares into a group.
        - ``unknown_parent``: the root names a share that is not there, so that this cascade is the
          rest of another. ``cyclic``: the row is a circle. ``item_roots``: roots of the item.

    Raises
    ------
    NotTestableError
        If there are no shares.

    References
    ----------
    .. [1] S. Goel, A. Anderson, J. Hofman and D. J. Watts, Management Science 62, 180-196 (2016).
       https://doi.org/10.1287/mnsc.2015.2158
    .. [2] L. Weng, F. Menczer and Y.-Y. Ahn, Scientific Reports 3, 2522 (2013).
       https://doi.org/10.1038/srep02522
    """
    dataset.require("shares")
    rows = dataset.collect(cascade_links(dataset, nodes).order_by("node"))
    above = rows["above"].fillna(-1).to_numpy(np.int64)
    trees = grow_trees(above)
    owner, circles = _with_circles(above, trees.tree, trees.root.size)
    roots, every = trees.root.size, trees.root.size + circles
    is_circle = np.arange(every) >= roots
    first = np.full(every, len(rows), dtype=np.int64)
    np.minimum.at(first, owner, np.arange(len(rows)))
    first[:roots] = trees.root
    table = pd.DataFrame({"item": rows["item"].to_numpy(object)[first]})
    own_share = _root_shares(dataset, rows, nodes)
    for name, values in (("root_share", own_share), ("root_person", rows["person"])):
        at_root = values.to_numpy(object)[first]
        at_root[is_circle | pd.isna(at_root)] = None
        table[name] = pd.Series(at_root, dtype=object)
    table["size"] = np.bincount(owner, minlength=every)
    for name in ("depth", "breadth"):
        whole = np.concatenate([getattr(trees, name), np.zeros(circles, np.int64)])
        table[name] = pd.Series(whole, dtype="Int64").mask(is_circle)
    for name in ("virality", "broadcast_share"):
        table[name] = np.concatenate([getattr(trees, name), np.full(circles, np.nan)])
    _add_links(table, dataset, rows, owner, nodes)
    place = "own_group" if nodes == "shares" else "group"
    codes = pd.factorize(rows[place])[0].astype(np.int64)
    table["groups"], table["dominance"], table["entropy"] = concentration_by(owner, codes, every)
    unknown = rows["unknown_parent"].to_numpy(bool)[first]
    table["unknown_parent"] = unknown & ~is_circle
    table["cyclic"] = is_circle
    counts = table.loc[~is_circle].groupby("item").size()
    table["item_roots"] = table["item"].map(counts).fillna(0).astype(np.int64)
    order = np.lexsort((first, is_circle, pd.factorize(table["item"], sort=True)[0]))
    return table.iloc[order].reset_index(drop=True)


def _with_circles(above: IntArray, tree: IntArray, roots: int) -> tuple[IntArray, int]:
    """Give the circles, and what hangs on them, numbers after those of the trees."""
    from scipy.sparse.csgraph import connected_components

    owner = tree.copy()
    lost = np.flatnonzero(tree < 0)
    if not lost.size:
        return owner, 0
    place = np.full(above.size, -1, dtype=np.int64)
    place[lost] = np.arange(lost.size)
    ends = (np.arange(lost.size), place[above[lost]])  # above a lost node stands a lost node
    graph = coo_array((np.ones(lost.size), ends), shape=(lost.size, lost.size))
    circles, label = connected_components(graph, directed=False)
    owner[lost] = roots + label
    return owner, int(circles)


def _root_shares(dataset: Dataset, rows: pd.DataFrame, nodes: Nodes) -> pd.Series:
    """Give the share that began at each node."""
    if nodes == "shares":
        return rows["share"].astype(object)
    shares = cascade_links(dataset, "shares").select("item", "person", "share", "at_us")
    place = ibis.row_number().over(
        group_by=[shares.item, shares.person], order_by=[shares.at_us, shares.share]
    )
    begun = shares.mutate(place=place).filter(_.place == 0)
    begun = begun.select("item", "person", begun="share")
    known = dataset.collect(begun)
    return rows[["item", "person"]].merge(known, on=["item", "person"], how="left")["begun"]


def _add_links(
    table: pd.DataFrame, dataset: Dataset, rows: pd.DataFrame, owner: IntArray, nodes: Nodes
) -> None:
    """Count links by channel, and those that stay inside a group, into the table."""
    linked = rows["above"].notna().to_numpy(bool)
    links = np.bincount(owner[linked], minlength=len(table))
    table["links"] = links
    for channel in CHANNELS:
        through = linked & (rows["channel"] == channel).to_numpy(bool)
        table[f"links_{channel}"] = np.bincount(owner[through], minlength=len(table))
    if not dataset.has("memberships"):
        table["within_share"] = table["between_share"] = np.nan
        return
    inside = dataset.collect(links_within(dataset, nodes))["node"].to_numpy(np.int64)
    within = np.bincount(owner[inside], minlength=len(table))
    with np.errstate(invalid="ignore"):
        table["within_share"] = within / links
    table["between_share"] = 1 - table["within_share"]
