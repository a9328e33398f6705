"""Networks as graphs of networkx and igraph, and back: their algorithms are not written anew."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from smallnet.errors import InputError
from smallnet.networks.arrays import LabelArray, plain_values, records_of, to_labels

if TYPE_CHECKING:
    from smallnet.networks.network import Network

__all__ = ["parts_of_igraph", "parts_of_networkx", "to_igraph", "to_networkx"]


def to_networkx(network: "Network") -> Any:
    """Give a networkx ``Graph`` or ``DiGraph``: nodes are ids, ties have a ``weight``."""
    import networkx as nx

    graph: Any = nx.DiGraph() if network.directed else nx.Graph()
    graph.graph.update(weight=network.weight, made_by=network.made_by)
    nodes = records_of(network.attributes, network.n_people)
    graph.add_nodes_from(zip(network.people, nodes, strict=True))
    source, target, weights = network.ends()
    more = records_of(network.tie_attributes, network.n_ties)
    graph.add_edges_from(
        (a, b, {"weight": w, **rest})
        for a, b, w, rest in zip(
            network.people[source], network.people[target], weights.tolist(), more, strict=True
        )
    )
    return graph


def to_igraph(network: "Network") -> Any:
    """Give an igraph ``Graph``: vertices have a ``name``, edges a ``weight``."""
    import igraph as ig

    source, target, weights = network.ends()
    graph = ig.Graph(
        n=network.n_people, edges=np.column_stack([source, target]), directed=network.directed
    )
    graph["weight"], graph["made_by"] = network.weight, network.made_by
    graph.vs["name"] = network.people.tolist()
    graph.es["weight"] = weights.tolist()
    for frame, where in ((network.attributes, graph.vs), (network.tie_attributes, graph.es)):
        if frame is not None:
            for name in frame.columns:
                where[name] = plain_values(frame[name])
    return graph


def parts_of_networkx(graph: Any) -> dict[str, Any]:
    """Give what ``Network.from_ends`` wants, out of a networkx graph."""
    if graph.is_multigraph():
        msg = "the graph is a multigraph, expected at most one tie a pair and direction"
        raise InputError(msg)
    people = to_labels([str(node) for node in graph])
    at = {node: i for i, node in enumerate(graph)}
    ties = list(graph.edges(data=True))
    more = [{k: v for k, v in data.items() if k != "weight"} for _, _, data in ties]
    return {
        "source": [at[a] for a, _, _ in ties],
        "target": [at[b] for _, b, _ in ties],
        "weights": [data.get("weight", 1.0) for _, _, data in ties],
        "people": people,
        "directed": graph.is_directed(),
        "weight": str(graph.graph.get("weight", "1 = tied")),
        "made_by": str(graph.graph.get("made_by", "a networkx graph")),
        "attributes": _frame_of([data for _, data in graph.nodes(data=True)], people),
        "tie_attributes": _frame_of(more),
    }


def parts_of_igraph(graph: Any) -> dict[str, Any]:
    """Give what ``Network.from_ends`` wants, out of an igraph graph."""
    if not graph.is_simple():
        msg = "the graph has multiple ties or self-ties, expected a simple graph"
        raise InputError(msg)
    named = "name" in graph.vs.attributes()
    people = to_labels([str(x) for x in (graph.vs["name"] if named else range(graph.vcount()))])
    ends = np.array(graph.get_edgelist(), dtype=np.int64).reshape(-1, 2)
    words = {name: graph[name] for name in graph.attributes()}
    node = {k: graph.vs[k] for k in graph.vs.attributes() if k != "name"}
    tie = {k: graph.es[k] for k in graph.es.attributes()}
    return {
        "source": ends[:, 0],
        "target": ends[:, 1],
        "weights": tie.pop("weight", np.ones(len(ends))),
        "people": people,
        "directed": graph.is_directed(),
        "weight": str(words.get("weight", "1 = tied")),
        "made_by": str(words.get("made_by", "an igraph graph")),
        "attributes": pd.DataFrame(node, index=pd.Index(people, dtype=object)) if node else None,
        "tie_attributes": pd.DataFrame(tie) if tie else None,
    }


def _frame_of(
    records: list[dict[str, Any]], people: LabelArray | None = None
) -> pd.DataFrame | None:
    if not any(records):
        return None
    index = None if people is None else pd.Index(people, dtype=object)
    return pd.DataFrame.from_records(records, index=index)
