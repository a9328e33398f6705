"""Networks as files: GraphML and GEXF, out and back with nothing lost."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd

from smallnet.errors import InputError
from smallnet.networks.network import Network
from smallnet.tables.writing import atomic_write

__all__ = ["read_gexf", "read_graphml", "write_gexf", "write_graphml"]

# What XML 1.0 cannot hold, and the carriage return, which every reader turns into a newline.
NOT_IN_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
GEXF_WORDS = {"id", "label", "pid", "start", "end", "viz", "parents", "slices", "spells"}
GEXF_WORDS |= {"type", "key", "kind", "weight", "networkx_key"}
OURS = "smallnet_"  # put before a name that GEXF keeps for itself


def write_graphml(network: Network, path: str | Path) -> None:
    """Write a network as GraphML, whole or not at all.

    Parameters
    ----------
    network : Network
        Ids and texts must hold characters that XML can hold.
    path : str or Path
        The file, replaced if it is there.

    Raises
    ------
    InputError
        If an id, an attribute's name or a text holds a control character, or an attribute is
        neither text, number, truth value nor time.
    OutputError
        If the file cannot be written.

    Notes
    -----
    Weights are written with the shortest digits that give the same float back; times as ISO
    8601 text, named in the graph's ``times``. Unknown values are left out.
    """
    import networkx as nx

    graph, times = _graph(network)
    graph.graph["times"] = json.dumps(times)
    with atomic_write(path, "wb") as file:
        nx.write_graphml_xml(graph, file)


def read_graphml(path: str | Path) -> Network:
    """Read a network from GraphML, by smallnet or by others.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Network
        Ties without a ``weight`` weigh 1.

    Raises
    ------
    InputError
        If it is no GraphML, or holds multiple ties or self-ties.
    """
    import networkx as nx

    graph = _read(path, "GraphML", nx.read_graphml)
    return _with_times(Network.from_networkx(graph), _loads(graph.graph.get("times")))


def write_gexf(network: Network, path: str | Path) -> None:
    """Write a network as GEXF 1.2, which Gephi reads, whole or not at all.

    Parameters, errors and notes are those of :func:`write_graphml`. GEXF has no place for the
    meaning of a weight, so it stands in the file's description; attributes whose names GEXF
    keeps for itself (``start``, ``label``, …) get ``smallnet_`` before them.
    """
    import networkx as nx

    graph, times = _graph(network)
    words = {"weight": network.weight, "made_by": network.made_by, "times": times}
    for data in _data_of(graph):
        ours = {
            OURS + n if n in GEXF_WORDS or n.startswith(OURS) else n: x for n, x in data.items()
        }
        data.clear()
        data.update(ours)
    for _, _, data in graph.edges(data=True):
        data["weight"] = data.pop(f"{OURS}weight")  # the one name that is meant as GEXF means it
    graph.graph.clear()
    namespace = "http://www.gexf.net/1.2draft"
    ET.register_namespace("", namespace)
    ET.register_namespace("viz", f"{namespace}/viz")
    root = ET.fromstring("\n".join(nx.generate_gexf(graph, prettyprint=False)))
    meta = root.find(f"{{{namespace}}}meta")
    if meta is None:  # pragma: no cover - networkx always writes one
        meta = ET.SubElement(root, f"{{{namespace}}}meta")
    ET.SubElement(meta, f"{{{namespace}}}description").text = json.dumps(words, ensure_ascii=False)
    with atomic_write(path, "wb") as file:
        ET.ElementTree(root).write(file, "utf-8", xml_declaration=True)


def read_gexf(path: str | Path) -> Network:
    """Read a network from GEXF, by smallnet or by others.

    Parameters and errors are those of :func:`read_graphml`. A label that repeats the id, which
    every GEXF has, is no attribute.
    """
    import networkx as nx

    graph = _read(path, "GEXF", nx.read_gexf)
    root = ET.parse(path).getroot()
    found = root.find("{*}meta/{*}description")
    words = _loads(found.text if found is not None else None)
    for node, data in graph.nodes(data=True):
        if data.get("label") == node:
            del data["label"]
    for _, _, data in graph.edges(data=True):
        data.pop("id", None)
    for data in _data_of(graph):
        theirs = {name.removeprefix(OURS): value for name, value in data.items()}
        data.clear()
        data.update(theirs)
    network = Network.from_networkx(
        graph, weight=words.get("weight"), made_by=words.get("made_by", "a GEXF file")
    )
    return _with_times(network, words.get("times", {}))


def _graph(network: Network) -> tuple[Any, dict[str, list[str]]]:
    """Networkx graph with times as text, and which attributes are times."""
    for person in network.people:
        _check_text(person, "the id of a person")
    for what in ("weight", "made_by"):
        _check_text(getattr(network, what), what)
    changed: dict[str, Any] = {}
    times: dict[str, list[str]] = {"attributes": [], "tie_attributes": []}
    for which in times:
        frame: pd.DataFrame | None = getattr(network, which)
        if frame is None:
            continue
        changed[which] = frame.copy()
        for name in frame.columns:
            _check_text(name, "the name of an attribute")
            if pd.api.types.is_datetime64_any_dtype(frame[name]):
                times[which].append(name)
                text = frame[name].map(pd.Timestamp.isoformat, na_action="ignore")
                changed[which][name] = text.astype("string")
            else:
                _check_column(frame[name], name)
    return replace(network, **changed).to_networkx(), times


def _data_of(graph: Any) -> Iterator[dict[str, Any]]:
    for _, data in graph.nodes(data=True):
        yield data
    for _, _, data in graph.edges(data=True):
        yield data


def _check_column(column: pd.Series, name: str) -> None:
    kinds = pd.api.types
    if kinds.is_bool_dtype(column) or kinds.is_numeric_dtype(column):
        return
    for value in column[column.notna()]:
        if not isinstance(value, str):
            msg = (
                f"attribute {name!r} holds {value!r}, a {type(value).__name__}: "
                "expected text, numbers, truth values or times"
            )
            raise InputError(msg)
        _check_text(value, f"attribute {name!r}")


def _check_text(text: object, what: str) -> None:
    if not isinstance(text, str):
        msg = f"{what} is {text!r}, expected text"
        raise InputError(msg)
    found = NOT_IN_XML.search(text)
    if found:
        msg = (
            f"{what} is {text[:40]!r}, which holds the control character U+{ord(found[0]):04X}: "
            "XML has no way to write it"
        )
        raise InputError(msg)


def _with_times(network: Network, times: dict[str, list[str]]) -> Network:
    changed: dict[str, Any] = {}
    for which in ("attributes", "tie_attributes"):
        frame: pd.DataFrame | None = getattr(network, which)
        if frame is None:
            continue
        changed[which] = frame.copy()
        for name in times.get(which, ()):
            if name in frame.columns:
                changed[which][name] = pd.to_datetime(frame[name], format="ISO8601")
    return replace(network, **changed)


def _loads(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except json.JSONDecodeError:  # somebody else's description
        return {}
    return value if isinstance(value, dict) else {}


def _read(path: str | Path, kind: str, reader: Callable[[str], Any]) -> Any:
    import networkx as nx

    try:
        return reader(str(path))
    except (ET.ParseError, nx.NetworkXException, KeyError, ValueError, TypeError) as error:
        msg = f"{path} is no {kind} file: {error}"
        raise InputError(msg) from None
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise InputError(msg) from None
