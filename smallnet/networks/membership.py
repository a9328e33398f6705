"""Membership: who is in which group, kept as groups and not as pairs."""

import datetime as dtm
import html
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.sparse import coo_array, csr_array, diags_array

from smallnet.errors import InputError
from smallnet.networks.arrays import IntArray, LabelArray, frozen_csr, rows_of, to_labels
from smallnet.networks.network import Network
from smallnet.networks.people import instant, people_index, positions, when
from smallnet.tables import Dataset
from smallnet.tables.windows import members_at, spells

__all__ = ["MAX_PAIRS", "Membership", "ProjectionWarning", "build_membership", "project"]

MAX_PAIRS = 100_000_000  # pairs of members over all groups that a projection may need


class ProjectionWarning(UserWarning):
    """A projection turns groups into pairs, and the groups are lost."""


@dataclass(frozen=True, eq=False)
class Membership:
    """Bipartite network of groups and people.

    Parameters
    ----------
    incidence : csr_array, shape (groups, people)
        1 where the person is a member.
    groups, people : array_like of str
        Id of each row, of each column.
    made_by : str
        How it was made.

    Raises
    ------
    InputError
        If shapes, ids or entries are not as said above.
    """

    incidence: csr_array
    groups: LabelArray
    people: LabelArray
    made_by: str = "given"

    def __post_init__(self) -> None:
        groups, people = to_labels(self.groups, "groups"), to_labels(self.people)
        incidence = frozen_csr(self.incidence)
        if incidence.shape != (len(groups), len(people)):
            rows, columns = incidence.shape
            msg = (
                f"incidence is {rows} x {columns}, expected {len(groups)} x {len(people)}: "
                "a row a group, a column a person"
            )
            raise InputError(msg)
        odd = incidence.data != 1.0
        if odd.any():
            group = groups[rows_of(incidence)[odd][0]]
            person = people[incidence.indices[odd][0]]
            msg = f"{person!r} in {group!r} counts {incidence.data[odd][0]}, expected 1 or nothing"
            raise InputError(msg)
        for name, value in (("incidence", incidence), ("groups", groups), ("people", people)):
            object.__setattr__(self, name, value)

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(self.groups)

    @property
    def n_people(self) -> int:
        """Number of people, members or not."""
        return len(self.people)

    @property
    def size(self) -> IntArray:
        """Members of each group."""
        return np.diff(self.incidence.indptr).astype(np.int64)

    @property
    def groups_per_person(self) -> IntArray:
        """Groups of each person; 0 for who is in none."""
        return np.bincount(self.incidence.indices, minlength=self.n_people).astype(np.int64)

    def members(self, group: str) -> LabelArray:
        """Ids of the members of a group."""
        at = np.flatnonzero(self.groups == group)
        if not at.size:
            msg = f"there is no group {group!r}"
            raise InputError(msg)
        low, high = self.incidence.indptr[at[0]], self.incidence.indptr[at[0] + 1]
        return self.people[self.incidence.indices[low:high]]

    def __repr__(self) -> str:
        return (
            f"<Membership: {self.n_groups:,} groups, {self.n_people:,} people, "
            f"{self.incidence.nnz:,} memberships; made by: {self.made_by}>"
        )

    def _repr_html_(self) -> str:
        size = self.size
        spread = "–".join(str(int(q)) for q in np.quantile(size, [0, 1])) if size.size else "none"
        rows = {
            "groups": f"{self.n_groups:,} (size {spread})",
            "people": f"{self.n_people:,}",
            "memberships": f"{self.incidence.nnz:,}",
            "made by": self.made_by,
        }
        body = "".join(
            f"<tr><th style='text-align:left'>{key}</th><td>{html.escape(value)}</td></tr>"
            for key, value in rows.items()
        )
        return f"<table>{body}</table>"

    def projection(
        self, *, size_discount: bool = False, min_weight: float = 0.0, max_size: int | None = None
    ) -> Network:
        """Turn groups into ties between members. Groups are lost: a warning says so.

        Parameters
        ----------
        size_discount : bool
            A shared group of n counts 1 / (n - 1), so that each group adds 1 to a member's
            strength (Newman 2001, https://doi.org/10.1103/PhysRevE.64.016132); else it counts 1.
        min_weight : float
            Keep ties of at least this strength.
        max_size : int, optional
            Leave larger groups out.

        Returns
        -------
        Network
            Undirected, on the same people.

        Warns
        -----
        ProjectionWarning
            Always: three people who meet in one group and three who meet pairwise in three look
            alike afterwards, and a group of n becomes n(n-1)/2 ties.

        Raises
        ------
        InputError
            If the groups hold more than ``MAX_PAIRS`` pairs of members.
        """
        msg = "a projection loses the groups: members of one group look like a clique of friends"
        warnings.warn(msg, ProjectionWarning, stacklevel=2)
        return project(self, size_discount=size_discount, min_weight=min_weight, max_size=max_size)

    def align(self, people: Iterable[str], *, drop: bool = False) -> "Membership":
        """Put the same memberships on another index of people; see :meth:`Network.align`."""
        index = to_labels(people)
        position = pd.Index(index, dtype=object).get_indexer(pd.Index(self.people, dtype=object))
        column = position[self.incidence.indices]
        kept = column >= 0
        if not drop and not kept.all():
            stranger = self.people[self.incidence.indices[~kept][0]]
            msg = f"{stranger!r} is a member and is not in the index; drop=True leaves them out"
            raise InputError(msg)
        return Membership.from_ends(
            rows_of(self.incidence)[kept], column[kept], self.groups, index, made_by=self.made_by
        )

    def to_sparse(self) -> csr_array:
        """Give a copy of the incidence that one may change."""
        return self.incidence.copy()

    def to_frame(self) -> pd.DataFrame:
        """One row a membership: ``group, person``."""
        return pd.DataFrame(
            {
                "group": self.groups[rows_of(self.incidence)],
                "person": self.people[self.incidence.indices],
            }
        )

    def to_networkx(self) -> Any:
        """Give a bipartite networkx ``Graph``: node attribute ``bipartite`` is 0 or 1.

        Returns
        -------
        networkx.Graph
            People are 0 and groups 1. A node is the id; where a group and a person share one,
            that is an error.
        """
        import networkx as nx

        both = set(self.people) & set(self.groups)
        if both:
            msg = f"{min(both)!r} is both a person and a group, expected ids that differ"
            raise InputError(msg)
        graph: Any = nx.Graph()
        graph.add_nodes_from(self.people, bipartite=0)
        graph.add_nodes_from(self.groups, bipartite=1)
        frame = self.to_frame()
        graph.add_edges_from(zip(frame["person"], frame["group"], strict=True))
        return graph

    @classmethod
    def from_ends(
        cls,
        group: ArrayLike,
        person: ArrayLike,
        groups: Iterable[str],
        people: Iterable[str],
        *,
        made_by: str = "given",
    ) -> "Membership":
        """Build from the indices of group and person of every membership; repeats count once."""
        rows, columns = to_labels(groups, "groups"), to_labels(people)
        at = (np.asarray(group, dtype=np.int64), np.asarray(person, dtype=np.int64))
        shape = (len(rows), len(columns))
        incidence = csr_array(coo_array((np.ones(len(at[0])), at), shape=shape))
        incidence.sum_duplicates()
        incidence.data[:] = 1.0
        return cls(incidence, rows, columns, made_by)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, made_by: str = "a frame") -> "Membership":
        """Build from one row a membership, ``group, person``; ids are sorted."""
        group, groups = pd.factorize(np.array(frame["group"], dtype=object), sort=True)
        person, people = pd.factorize(np.array(frame["person"], dtype=object), sort=True)
        return cls.from_ends(group, person, groups, people, made_by=made_by)


def project(
    membership: Membership,
    *,
    size_discount: bool = False,
    min_weight: float = 0.0,
    max_size: int | None = None,
) -> Network:
    """Project without the warning, for who asked for pairs by name."""
    size = membership.size
    counted = (size > 1) & (size <= (np.inf if max_size is None else max_size))
    n_pairs = int((size[counted] * (size[counted] - 1) // 2).sum())
    if n_pairs > MAX_PAIRS:
        msg = (
            f"the groups hold {n_pairs:,} pairs of members, expected at most {MAX_PAIRS:,}: "
            f"leave out the largest with max_size (the largest has {int(size.max()):,} members)"
        )
        raise InputError(msg)
    share = np.where(counted, 1.0 / np.maximum(size - 1, 1), 0.0) if size_discount else counted
    members = csr_array(membership.incidence[counted])
    shared = csr_array(members.T @ diags_array(share[counted].astype(float)) @ members)
    rows, columns = rows_of(shared), shared.indices
    kept = (rows < columns) & (shared.data >= min_weight)
    limits = "" if max_size is None else f", groups of at most {max_size}"
    return Network.from_ends(
        rows[kept],
        columns[kept],
        shared.data[kept],
        membership.people,
        directed=False,
        weight="shared groups, each 1 / (size - 1)" if size_discount else "shared groups",
        made_by=f"projection of {membership.made_by}{limits}",
    )


def build_membership(dataset: Dataset, at: dtm.datetime | str | int | None = None) -> Membership:
    """Who is in which group.

    Parameters
    ----------
    dataset : Dataset
        Its ``memberships``; bots are no members.
    at : datetime, str or int (microseconds), optional
        The moment; if left out, everybody who was in at any time of the watch, together or not.

    Returns
    -------
    Membership
        Groups sorted, all that ever had a member or are listed; people as in
        :func:`people_index`.
    """
    at_us = None if at is None else instant(at)
    rows = spells(dataset) if at_us is None else members_at(dataset, at_us)
    arrow = rows.select("group", "person").distinct().to_pyarrow()
    named = dataset["groups"].select("group").union(spells(dataset).select("group"))
    known = named.filter(named.group.notnull()).distinct().order_by("group").to_pyarrow()
    groups = to_labels(known["group"].to_pylist(), "groups")
    people = people_index(dataset)
    return Membership.from_ends(
        positions(arrow["group"], groups),
        positions(arrow["person"], people),
        groups,
        people,
        made_by=f"memberships {when(at_us)}",
    )
