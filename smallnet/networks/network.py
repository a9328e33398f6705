"""Network: who is tied to whom, how strongly, and what that strength means."""

import html
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.sparse import coo_array, csr_array

from smallnet.errors import InputError
from smallnet.networks import conversion
from smallnet.networks.arrays import (
    FloatArray,
    IntArray,
    LabelArray,
    frozen_csr,
    lookup,
    pairs_of,
    person_frame,
    rows_of,
    same_frame,
    to_labels,
)

__all__ = ["Network", "common_people"]

RESERVED = ("source", "target", "weight")  # columns of a frame of ties


@dataclass(frozen=True, eq=False)
class Network:
    """Ties between people, with a strength that says what it counts.

    Parameters
    ----------
    adjacency : csr_array, shape (n, n)
        Tie strength; row is ego (source), column is alter (target). A stored entry is a tie even
        where it is 0; an unknown strength is ``nan``. Nobody is tied to themself.
    people : array_like of str, shape (n,)
        Id of each row and column.
    directed : bool
        Whether the tie from ego to alter may differ from the one back; if not, ``adjacency``
        is symmetric.
    weight : str
        What the strength means, with its unit: ``"messages"``, ``"seconds of calls"``.
    made_by : str
        How the network was made.
    attributes : DataFrame, optional
        Attributes of people: a column ``person`` (or the index) holds ids; who is left out gets
        unknown values.
    tie_attributes : DataFrame, optional
        More about each tie, a row a tie in the order of :meth:`to_frame`.

    Raises
    ------
    InputError
        If shapes, ids, symmetry or strengths are not as said above.

    Notes
    -----
    The arrays are read-only: a network never changes.

    Examples
    --------
    >>> rows = pd.DataFrame({"source": ["ann", "bob"], "target": ["bob", "ann"], "weight": [3, 1]})
    >>> net = Network.from_frame(rows, directed=True, weight="messages")
    >>> net
    <Network: 2 people, 2 directed ties; weight: messages; made by: a frame>
    >>> net.reciprocity
    1.0
    """

    adjacency: csr_array
    people: LabelArray
    directed: bool
    weight: str
    made_by: str = "given"
    attributes: pd.DataFrame | None = None
    tie_attributes: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        people = to_labels(self.people)
        adjacency = frozen_csr(self.adjacency)
        n = len(people)
        if adjacency.shape != (n, n):
            rows, columns = adjacency.shape
            msg = f"adjacency is {rows} x {columns}, expected {n} x {n}: one row a person"
            raise InputError(msg)
        object.__setattr__(self, "people", people)
        object.__setattr__(self, "adjacency", adjacency)
        ego, alter = rows_of(adjacency), adjacency.indices
        if (ego == alter).any():
            msg = f"{people[ego[ego == alter][0]]!r} is tied to themself, expected ties between two"
            raise InputError(msg)
        if np.isinf(adjacency.data).any():
            at = int(np.flatnonzero(np.isinf(adjacency.data))[0])
            msg = (
                f"the tie {people[ego[at]]!r} → {people[alter[at]]!r} weighs "
                f"{adjacency.data[at]}, expected a finite number, or nan where unknown"
            )
            raise InputError(msg)
        if not self.directed:
            self._check_symmetry()
        if self.attributes is not None:
            object.__setattr__(self, "attributes", person_frame(self.attributes, people))
        if self.tie_attributes is not None:
            object.__setattr__(self, "tie_attributes", self._tie_frame(self.tie_attributes))

    def _check_symmetry(self) -> None:
        here, back = self.adjacency, csr_array(self.adjacency.T)
        back.sort_indices()
        same = np.array_equal(here.indptr, back.indptr) and np.array_equal(
            here.indices, back.indices
        )
        if same and np.array_equal(here.data, back.data, equal_nan=True):
            return
        ego, alter = rows_of(here), here.indices
        there = lookup(here, alter, ego, missing=np.inf)
        unlike = ~((there == here.data) | (np.isnan(there) & np.isnan(here.data)))
        at = int(np.flatnonzero(unlike)[0])
        found = "nothing" if np.isinf(there[at]) else there[at]
        msg = (
            f"the tie {self.people[ego[at]]!r} → {self.people[alter[at]]!r} weighs "
            f"{here.data[at]} and the one back {found}, "
            "expected the same both ways in an undirected network"
        )
        raise InputError(msg)

    def _tie_frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        if len(frame) != self.n_ties:
            msg = f"tie_attributes has {len(frame)} rows, expected {self.n_ties}: one a tie"
            raise InputError(msg)
        for name in RESERVED:
            if name in frame.columns:
                msg = f"tie_attributes has a column {name!r}, expected that of the ties themselves"
                raise InputError(msg)
        return frame.reset_index(drop=True).convert_dtypes()

    # -- what it holds ------------------------------------------------------------------------

    @property
    def n_people(self) -> int:
        """Number of people, those without a tie included."""
        return len(self.people)

    @property
    def n_ties(self) -> int:
        """Number of ties; a pair counts once if undirected, once a direction if directed."""
        stored = int(self.adjacency.nnz)
        return stored if self.directed else stored // 2

    @property
    def density(self) -> float:
        """Ties there are, of those there could be; ``nan`` for fewer than two people."""
        n = self.n_people
        possible = n * (n - 1) if self.directed else n * (n - 1) // 2
        return self.n_ties / possible if possible else float("nan")

    @property
    def out_degree(self) -> IntArray:
        """Number of alters that each ego is tied to."""
        return np.diff(self.adjacency.indptr).astype(np.int64)

    @property
    def in_degree(self) -> IntArray:
        """Number of egos tied to each alter."""
        return np.bincount(self.adjacency.indices, minlength=self.n_people).astype(np.int64)

    @property
    def degree(self) -> IntArray:
        """Number of alters; in a directed network those of either direction, each once."""
        if not self.directed:
            return self.out_degree
        low, high = pairs_of(*self.ends()[:2], self.n_people)
        return np.bincount(np.concatenate([low, high]), minlength=self.n_people).astype(np.int64)

    @property
    def out_strength(self) -> FloatArray:
        """Sum of tie strengths from each ego."""
        return np.asarray(self.adjacency.sum(axis=1), dtype=np.float64)

    @property
    def in_strength(self) -> FloatArray:
        """Sum of tie strengths to each alter."""
        return np.asarray(self.adjacency.sum(axis=0), dtype=np.float64)

    @property
    def strength(self) -> FloatArray:
        """Sum of a person's tie strengths; in a directed network both directions together."""
        return self.out_strength + self.in_strength if self.directed else self.out_strength

    @property
    def reciprocity(self) -> float:
        """Share of directed ties that are returned; ``nan`` if undirected or without ties."""
        if not self.directed or not self.n_ties:
            return float("nan")
        source, target, _ = self.ends()
        back = lookup(self.adjacency, target, source, missing=np.inf)
        return float(np.mean(~np.isinf(back)))

    def ends(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Give every tie once: index of its source, index of its target, its strength.

        Returns
        -------
        source, target : ndarray of int64, shape (n_ties,)
            Sorted by source, then target; in an undirected network ``source < target``.
        weights : ndarray of float64, shape (n_ties,)
            Tie strength.
        """
        source, target = rows_of(self.adjacency), self.adjacency.indices.astype(np.int64)
        weights = self.adjacency.data
        if not self.directed:
            once = source < target
            source, target, weights = source[once], target[once], weights[once]
        return source, target, weights

    def equals(self, other: "Network") -> bool:
        """Tell whether two networks hold the same people, ties, strengths, words, attributes."""
        return (
            (self.directed, self.weight, self.made_by)
            == (other.directed, other.weight, other.made_by)
            and np.array_equal(self.people, other.people)
            and all(
                np.array_equal(mine, theirs, equal_nan=True)
                for mine, theirs in zip(self.ends(), other.ends(), strict=True)
            )
            and same_frame(self.attributes, other.attributes)
            and same_frame(self.tie_attributes, other.tie_attributes)
        )

    def __repr__(self) -> str:
        kind = "directed" if self.directed else "undirected"
        return (
            f"<Network: {self.n_people:,} people, {self.n_ties:,} {kind} ties; "
            f"weight: {self.weight}; made by: {self.made_by}>"
        )

    def _repr_html_(self) -> str:
        kind = "directed" if self.directed else "undirected"
        rows = {
            "people": f"{self.n_people:,}",
            "ties": f"{self.n_ties:,} ({kind})",
            "weight": self.weight,
            "made by": self.made_by,
        }
        body = "".join(
            f"<tr><th style='text-align:left'>{key}</th><td>{html.escape(value)}</td></tr>"
            for key, value in rows.items()
        )
        strongest = self.to_frame().nlargest(5, "weight")
        return f"<table>{body}</table>" + strongest.to_html(index=False, escape=True, border=0)

    # -- other networks out of this one -------------------------------------------------------

    def align(self, people: Iterable[str], *, drop: bool = False) -> "Network":
        """Put the same ties on another index of people, so that layers can be compared.

        Parameters
        ----------
        people : iterable of str
            The index; who is in it and not in this network has no ties.
        drop : bool
            Leave out the ties of people who are not in the index; without it they are an error.

        Raises
        ------
        InputError
            If somebody who has a tie is not in the index.
        """
        index = to_labels(people)
        position = pd.Index(index, dtype=object).get_indexer(pd.Index(self.people, dtype=object))
        source, target, weights = self.ends()
        kept = (position[source] >= 0) & (position[target] >= 0)
        if not drop and not kept.all():
            ends = np.concatenate([source, target])
            stranger = self.people[ends[position[ends] < 0][0]]
            msg = f"{stranger!r} has ties and is not in the index; drop=True leaves them out"
            raise InputError(msg)
        rows = self.tie_attributes
        attributes = self.attributes
        return Network.from_ends(
            position[source][kept],
            position[target][kept],
            weights[kept],
            index,
            directed=self.directed,
            weight=self.weight,
            made_by=self.made_by,
            attributes=None if attributes is None else attributes.reindex(index),
            tie_attributes=None if rows is None else rows[kept],
        )

    def at_least(self, min_weight: float) -> "Network":
        """Keep the ties of at least this strength; people stay."""
        source, target, weights = self.ends()
        kept = weights >= min_weight
        return Network.from_ends(
            source[kept],
            target[kept],
            weights[kept],
            self.people,
            directed=self.directed,
            weight=self.weight,
            made_by=f"{self.made_by}; ties of at least {min_weight:g}",
            attributes=self.attributes,
            tie_attributes=None if self.tie_attributes is None else self.tie_attributes[kept],
        )

    def with_weights(self, weights: ArrayLike, *, weight: str, made_by: str) -> "Network":
        """Give the same ties another strength, in the order of :meth:`ends`."""
        source, target, _ = self.ends()
        return Network.from_ends(
            source,
            target,
            weights,
            self.people,
            directed=self.directed,
            weight=weight,
            made_by=made_by,
            attributes=self.attributes,
            tie_attributes=self.tie_attributes,
        )

    def with_attributes(self, attributes: pd.DataFrame) -> "Network":
        """Hang attributes on the people: a frame with a column ``person`` or ids as index."""
        return replace(self, attributes=attributes)

    def to_undirected(self, *, by: Literal["sum", "min", "max"] = "sum") -> "Network":
        """Join both directions of a pair in one tie.

        Parameters
        ----------
        by : {"sum", "min", "max"}
            Strength of the pair; a direction without a tie counts as 0. ``min`` is above 0 only
            where both address each other.
        """
        if not self.directed:
            return self
        low, high = pairs_of(*self.ends()[:2], self.n_people)
        there = lookup(self.adjacency, low, high)
        back = lookup(self.adjacency, high, low)
        joined = {"sum": np.add, "min": np.minimum, "max": np.maximum}[by](there, back)
        return Network.from_ends(
            low,
            high,
            joined,
            self.people,
            directed=False,
            weight=f"{by} of both directions of: {self.weight}",
            made_by=self.made_by,
            attributes=self.attributes,
        )

    # -- out and back -------------------------------------------------------------------------

    def to_sparse(self) -> csr_array:
        """Give a copy of the tie strengths that one may change."""
        return self.adjacency.copy()

    def to_frame(self) -> pd.DataFrame:
        """One row a tie: ``source, target, weight`` and the attributes of ties.

        An undirected pair comes once. People without a tie are not in it.
        """
        source, target, weights = self.ends()
        frame = pd.DataFrame(
            {"source": self.people[source], "target": self.people[target], "weight": weights}
        )
        if self.tie_attributes is not None:
            frame = pd.concat([frame, self.tie_attributes], axis=1)
        return frame

    def to_networkx(self) -> Any:
        """Give a networkx ``Graph`` or ``DiGraph``: nodes are ids, ties have a ``weight``."""
        return conversion.to_networkx(self)

    def to_igraph(self) -> Any:
        """Give an igraph ``Graph``: vertices have a ``name``, edges a ``weight``."""
        return conversion.to_igraph(self)

    @classmethod
    def from_ends(
        cls,
        source: ArrayLike,
        target: ArrayLike,
        weights: ArrayLike,
        people: Iterable[str],
        *,
        directed: bool,
        weight: str,
        made_by: str = "given",
        attributes: pd.DataFrame | None = None,
        tie_attributes: pd.DataFrame | None = None,
    ) -> "Network":
        """Build from the indices of both ends of every tie.

        Parameters
        ----------
        source, target : array_like of int, shape (ties,)
            Indices into ``people``, in any order; an undirected pair comes once.
        weights : array_like of float, shape (ties,)
            Tie strength.
        people, directed, weight, made_by, attributes, tie_attributes
            As in :class:`Network`; ``tie_attributes`` has a row a tie in the order given here.

        Raises
        ------
        InputError
            If a tie comes twice.
        """
        labels = to_labels(people)
        n = len(labels)
        first, second = np.asarray(source, np.int64), np.asarray(target, np.int64)
        strength = np.asarray(weights, np.float64)
        if not directed:
            first, second = np.minimum(first, second), np.maximum(first, second)
        if first.size and (
            min(first.min(), second.min()) < 0 or max(first.max(), second.max()) >= n
        ):
            msg = f"a tie names a person outside 0 … {n - 1}, expected indices into people"
            raise InputError(msg)
        rows, columns, values = first, second, strength
        if not directed:
            rows, columns = np.concatenate([first, second]), np.concatenate([second, first])
            values = np.concatenate([strength, strength])
        adjacency = csr_array(coo_array((values, (rows, columns)), shape=(n, n)))
        adjacency.sum_duplicates()
        own = int((first == second).sum())  # a self-tie: refused by the constructor
        if adjacency.nnz != len(values) - (0 if directed else own):
            at, arrow = _first_double(first, second, n), "→" if directed else "–"
            msg = (
                f"the tie {labels[first[at]]!r} {arrow} {labels[second[at]]!r} comes twice, "
                "expected every tie once: add its rows up first"
            )
            raise InputError(msg)
        if tie_attributes is not None and len(tie_attributes) == len(first):
            tie_attributes = tie_attributes.iloc[np.lexsort((second, first))]
        return cls(adjacency, labels, directed, weight, made_by, attributes, tie_attributes)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        directed: bool,
        weight: str = "1 = tied",
        people: Iterable[str] | None = None,
        made_by: str = "a frame",
    ) -> "Network":
        """Build from one row a tie: ``source, target``, ``weight`` (1 if absent), attributes.

        Parameters
        ----------
        frame : DataFrame
            Ids are strings. Other columns become attributes of ties.
        directed : bool
            Whether ``source`` and ``target`` are in that order.
        weight : str
            What the strength means, with its unit.
        people : iterable of str, optional
            Index of people; if left out, everybody in the frame, sorted.
        made_by : str
            How the ties were found.
        """
        for name in ("source", "target"):
            if name not in frame.columns:
                found = ", ".join(map(str, frame.columns))
                msg = f"the frame has no column {name!r} (it has {found})"
                raise InputError(msg)
        ends = [np.array(frame[name], dtype=object) for name in ("source", "target")]
        if people is None:
            people = pd.unique(np.concatenate(ends))
            labels = to_labels(sorted(to_labels(people)))
        else:
            labels = to_labels(people)
        index = pd.Index(labels, dtype=object)
        found_at = [index.get_indexer(pd.Index(end, dtype=object)) for end in ends]
        for position, end in zip(found_at, ends, strict=True):
            if (position < 0).any():
                msg = f"{end[position < 0][0]!r} has a tie and is not among the people"
                raise InputError(msg)
        more = frame.drop(columns=list(RESERVED), errors="ignore")
        weights = frame["weight"] if "weight" in frame.columns else np.ones(len(frame))
        return cls.from_ends(
            found_at[0],
            found_at[1],
            np.asarray(weights, dtype=np.float64),
            labels,
            directed=directed,
            weight=weight,
            made_by=made_by,
            tie_attributes=more if len(more.columns) else None,
        )

    @classmethod
    def from_networkx(
        cls, graph: Any, *, weight: str | None = None, made_by: str | None = None
    ) -> "Network":
        """Build from a networkx graph; ids become strings, ties without a ``weight`` weigh 1.

        Raises
        ------
        InputError
            For a multigraph, a self-tie, or two nodes whose ids are the same string.
        """
        parts = conversion.parts_of_networkx(graph)
        parts["weight"] = weight or parts["weight"]
        parts["made_by"] = made_by or parts["made_by"]
        return cls.from_ends(**parts)

    @classmethod
    def from_igraph(
        cls, graph: Any, *, weight: str | None = None, made_by: str | None = None
    ) -> "Network":
        """Build from an igraph graph; ids are the vertices' ``name``, else their index.

        Raises
        ------
        InputError
            If the graph has multiple ties or self-ties.
        """
        parts = conversion.parts_of_igraph(graph)
        parts["weight"] = weight or parts["weight"]
        parts["made_by"] = made_by or parts["made_by"]
        return cls.from_ends(**parts)


def _first_double(first: IntArray, second: IntArray, n: int) -> int:
    key = first * n + second
    order = np.argsort(key, kind="stable")
    return int(order[np.flatnonzero(np.diff(key[order]) == 0)[0]])


def common_people(*networks: Network) -> LabelArray:
    """Everybody of several networks, sorted: the index on which to ``align`` them."""
    return to_labels(sorted(set().union(*(network.people for network in networks))))
