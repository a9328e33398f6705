"""GraphML and GEXF lose nothing and refuse what XML cannot hold."""

import stat

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from network_strategies import CALM, networks
from scipy.sparse import csr_array

from smallnet.errors import InputError, OutputError
from smallnet.networks import Network, read_gexf, read_graphml, write_gexf, write_graphml

FORMATS = [
    pytest.param(write_graphml, read_graphml, id="graphml"),
    pytest.param(write_gexf, read_gexf, id="gexf"),
]
ON_DISK = settings(
    CALM,
    max_examples=15,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def pair(people=("a", "b"), weight=1.0, **more):
    return Network.from_ends(
        [0], [1], [weight], people, directed=True, weight=more.pop("means", "messages"), **more
    )


@pytest.mark.parametrize(("write", "read"), FORMATS)
@ON_DISK
@given(network=networks(attributes=True))
def test_a_file_gives_the_network_back_with_all_attributes(write, read, network, tmp_path):
    write(network, tmp_path / "network.xml")
    assert read(tmp_path / "network.xml").equals(network)


@pytest.mark.parametrize(("write", "read"), FORMATS)
def test_names_in_any_script_and_quotes_come_back(write, read, tmp_path):
    people = [
        "小群效应",
        'O\'Neil "Q"',
        "<script>&amp;",
        "👩‍👩‍👧",
        "‮שלום",
        " two  spaces ",
        "1",
        "",
    ]
    ring = np.roll(np.eye(len(people)), 1, axis=1)
    network = Network(csr_array(ring), people, True, "每天消息数", "手工 & <hand>")
    write(network, tmp_path / "net")
    again = read(tmp_path / "net")
    assert again.people.tolist() == people
    assert again.equals(network)


@pytest.mark.parametrize(("write", "read"), FORMATS)
@pytest.mark.parametrize(
    "weight", [0.1 + 0.2, 1 / 3, 1e-308, 5e-324, 1.7976931348623157e308, -0.0, 2.0**53 + 2, np.nan]
)
def test_weights_come_back_to_the_last_bit(write, read, weight, tmp_path):
    write(pair(weight=weight), tmp_path / "net")
    found = read(tmp_path / "net").ends()[2]
    assert found.tobytes() == np.array([weight]).tobytes()


@pytest.mark.parametrize(("write", "read"), FORMATS)
@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("a\x00b", "0000"),
        ("\x1b[31m", "001B"),
        ("li\rne", "000D"),
        ("\ufffe", "FFFE"),
        ("\x01", "0001"),
    ],
)
def test_control_characters_are_refused_and_named(write, read, bad, code, tmp_path):
    more = pd.DataFrame({"note": [bad, "fine"]}, index=["a", "b"])
    for network in (
        pair(people=(bad, "b")),
        pair(attributes=more),
        pair(tie_attributes=pd.DataFrame({"note": [bad]})),
        pair(attributes=pd.DataFrame({bad: [1, 2]}, index=["a", "b"])),
        pair(means=bad),
        pair(made_by=bad),
    ):
        with pytest.raises(InputError, match=rf"control character U\+{code}"):
            write(network, tmp_path / "net")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("write", "read"), FORMATS)
def test_half_a_character_in_an_id_is_refused(write, read, tmp_path):
    with pytest.raises(InputError, match=r"the id of a person is .* U\+D800"):
        write(pair(people=("\ud800", "b")), tmp_path / "net")


@pytest.mark.parametrize(("write", "read"), FORMATS)
def test_an_attribute_that_is_a_list_is_refused(write, read, tmp_path):
    more = pd.DataFrame({"tags": [["x"], None]}, index=["a", "b"])
    with pytest.raises(InputError, match=r"attribute 'tags' holds \['x'\], a list"):
        write(pair(attributes=more), tmp_path / "net")


@pytest.mark.parametrize(("write", "read"), FORMATS)
def test_reserved_names_are_attributes_like_any_other(write, read, tmp_path):
    names = [
        "id",
        "label",
        "start",
        "end",
        "pid",
        "parents",
        "viz",
        "weight",
        "smallnet_id",
        "type",
    ]
    more = pd.DataFrame({name: [1, 2] for name in names}, index=["a", "b"])
    ties = pd.DataFrame({name: ["x"] for name in names if name != "weight"})
    network = pair(attributes=more, tie_attributes=ties)
    write(network, tmp_path / "net")
    assert read(tmp_path / "net").equals(network)


def test_files_of_others_are_read(tmp_path):
    graph = nx.DiGraph()
    graph.add_edge("ann", "bob", weight=2.5, note="x")
    graph.add_node("cyd", age=3)
    nx.write_graphml_xml(graph, tmp_path / "net.graphml")
    nx.write_gexf(graph, tmp_path / "net.gexf")
    for network in (read_graphml(tmp_path / "net.graphml"), read_gexf(tmp_path / "net.gexf")):
        assert network.people.tolist() == ["ann", "bob", "cyd"]
        assert network.to_frame().to_numpy().tolist() == [["ann", "bob", 2.5, "x"]]
        assert network.attributes["age"].tolist() == [pd.NA, pd.NA, 3]
        assert network.weight == "1 = tied"


@pytest.mark.parametrize("read", [read_graphml, read_gexf])
@pytest.mark.parametrize("text", ["", "no xml", "<html></html>", "<graphml><graph></graphml>"])
def test_what_is_no_graph_file_is_refused(read, text, tmp_path):
    path = tmp_path / "net"
    path.write_text(text)
    with pytest.raises(InputError, match=r"net is no (GraphML|GEXF) file"):
        read(path)


@pytest.mark.parametrize("read", [read_graphml, read_gexf])
def test_a_missing_file_and_a_folder_are_refused(read, tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "nothing")
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize("write", [write_graphml, write_gexf])
def test_a_file_that_cannot_be_written_is_one_sentence_and_leaves_nothing(write, tmp_path):
    with pytest.raises(OutputError, match="cannot write"):
        write(pair(), tmp_path / "no_folder" / "net")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match="cannot write"):
        write(pair(), tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize("write", [write_graphml, write_gexf])
def test_a_file_is_replaced_whole_and_readable_by_all(write, tmp_path):
    path = tmp_path / "net"
    path.write_text("old")
    write(pair(), path)
    assert b"old" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]
