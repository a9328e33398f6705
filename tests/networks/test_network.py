"""A network holds what it was given, refuses what is no network, and comes back whole."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_strategies import CALM, dense, networks
from scipy.sparse import csr_array

from smallnet.errors import InputError
from smallnet.networks import Network, common_people

STRICT = settings(CALM, max_examples=60)
SLOW = settings(CALM, max_examples=20)  # frames of attributes are slow to make


def network_of(matrix, *, directed=True, people=None, **more):
    people = people or [f"p{i}" for i in range(len(matrix))]
    return Network(csr_array(np.array(matrix, float)), people, directed, "messages", **more)


@pytest.fixture
def karate():
    graph = nx.karate_club_graph()  # Zachary 1977; its weights are dropped, as R6-R10 say
    bare = nx.Graph()
    bare.add_nodes_from(graph)
    bare.add_edges_from(graph.edges)
    return Network.from_networkx(bare)


@pytest.mark.parametrize(
    ("matrix", "directed", "people", "sentence"),
    [
        ([[0, 1]], True, ["a"], "adjacency is 1 x 2, expected 1 x 1"),
        ([[0, 1], [0, 2]], True, ["a", "b"], "'b' is tied to themself"),
        ([[0, np.inf], [0, 0]], True, ["a", "b"], "the tie 'a' → 'b' weighs inf"),
        ([[0, 1], [0, 0]], False, ["a", "b"], "'a' → 'b' weighs 1.0 and the one back nothing"),
        ([[0, 1], [2, 0]], False, ["a", "b"], "weighs 1.0 and the one back 2.0"),
        ([[0, 1], [1, 0]], False, ["a", "a"], "people has 'a' twice"),
        ([[0, 1], [1, 0]], False, ["a", 1], r"people\[1\] is 1, expected ids that are strings"),
        ([[0, 1], [1, 0]], False, ["a", None], r"people\[1\] is None"),
    ],
)
def test_what_is_no_network_is_refused_in_a_sentence(matrix, directed, people, sentence):
    with pytest.raises(InputError, match=sentence):
        network_of(matrix, directed=directed, people=people)


def test_a_network_cannot_be_changed():
    given_matrix = csr_array(np.array([[0.0, 1.0], [1.0, 0.0]]))
    network = Network(given_matrix, ["a", "b"], False, "messages")
    with pytest.raises(ValueError, match="read-only"):
        network.adjacency.data[0] = 5
    with pytest.raises(ValueError, match="read-only"):
        network.people[0] = "c"
    copy = network.to_sparse()
    copy.data[0] = 5
    assert network.adjacency.data[0] == 1


def test_a_tie_of_strength_zero_is_a_tie_and_an_unknown_strength_stays_unknown():
    network = Network.from_ends(
        [0, 1], [1, 2], [0.0, np.nan], ["a", "b", "c"], directed=False, weight="rating"
    )
    assert network.n_ties == 2
    assert network.degree.tolist() == [1, 2, 1]
    np.testing.assert_array_equal(network.ends()[2], [0.0, np.nan])


def test_a_tie_given_twice_is_refused_in_both_orders():
    with pytest.raises(InputError, match="'a' – 'b' comes twice"):
        Network.from_ends([0, 1], [1, 0], [1, 1], ["a", "b"], directed=False, weight="calls")
    both = Network.from_ends([0, 1], [1, 0], [1, 1], ["a", "b"], directed=True, weight="calls")
    assert both.n_ties == 2
    with pytest.raises(InputError, match="'a' → 'b' comes twice"):
        Network.from_ends([0, 0], [1, 1], [1, 1], ["a", "b"], directed=True, weight="calls")


@pytest.mark.parametrize("index", [-1, 2])
def test_a_tie_of_somebody_outside_the_index_is_refused(index):
    with pytest.raises(InputError, match=r"outside 0 … 1"):
        Network.from_ends([0], [index], [1], ["a", "b"], directed=True, weight="calls")


def test_attributes_are_put_in_the_order_of_people():
    more = pd.DataFrame({"person": ["b", "a"], "age": [30, 40]})
    network = network_of(np.zeros((3, 3)), people=["a", "b", "c"], attributes=more)
    assert network.attributes["age"].tolist() == [40, 30, pd.NA]
    assert network.attributes["age"].dtype == "Int64"


@pytest.mark.parametrize(
    ("people", "sentence"),
    [(["a", "a"], "attributes has 'a' twice"), (["a", "z"], "'z', who is not in the network")],
)
def test_attributes_of_strangers_and_twins_are_refused(people, sentence):
    more = pd.DataFrame({"age": [1, 2]}, index=people)
    with pytest.raises(InputError, match=sentence):
        network_of(np.zeros((2, 2)), people=["a", "b"], attributes=more)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [({"x": [1]}, "has 1 rows, expected 2"), ({"weight": [1, 2]}, "has a column 'weight'")],
)
def test_attributes_of_ties_have_a_row_a_tie(more, sentence):
    with pytest.raises(InputError, match=sentence):
        network_of([[0, 1], [1, 0]], tie_attributes=pd.DataFrame(more))


def test_small_numbers_of_a_directed_network_by_hand():
    # a → b 3, b → a 1, b → c 2
    network = network_of([[0, 3, 0], [1, 0, 2], [0, 0, 0]])
    assert network.n_ties == 3
    assert network.density == 0.5
    assert network.degree.tolist() == [1, 2, 1]
    assert network.out_degree.tolist() == [1, 2, 0]
    assert network.in_degree.tolist() == [1, 1, 1]
    assert network.strength.tolist() == [4, 6, 2]
    assert network.out_strength.tolist() == [3, 3, 0]
    assert network.in_strength.tolist() == [1, 3, 2]
    assert network.reciprocity == pytest.approx(2 / 3)


def test_reciprocity_is_unknown_where_it_has_no_meaning():
    assert np.isnan(network_of([[0, 1], [1, 0]], directed=False).reciprocity)
    assert np.isnan(network_of(np.zeros((2, 2))).reciprocity)


def test_both_directions_join_as_asked():
    network = network_of([[0, 3, 0], [1, 0, 2], [0, 0, 0]])
    for by, strengths in {"sum": [4, 2], "min": [1, 0], "max": [3, 2]}.items():
        joined = network.to_undirected(by=by)
        assert not joined.directed
        assert joined.ends()[2].tolist() == strengths


def test_no_people_at_all_are_a_network():
    network = network_of(np.zeros((0, 0)))
    assert network.n_people == network.n_ties == 0
    assert np.isnan(network.density)
    assert network.degree.tolist() == []
    assert network.to_undirected().n_ties == 0


def test_aligned_layers_share_one_index():
    ann = Network.from_frame(pd.DataFrame({"source": ["b"], "target": ["a"]}), directed=True)
    zoe = Network.from_frame(pd.DataFrame({"source": ["z"], "target": ["a"]}), directed=True)
    index = common_people(ann, zoe)
    assert index.tolist() == ["a", "b", "z"]
    both = ann.align(index).adjacency + zoe.align(index).adjacency
    np.testing.assert_array_equal(both.toarray(), [[0, 0, 0], [1, 0, 0], [1, 0, 0]])


def test_people_with_ties_are_dropped_only_if_asked():
    network = network_of([[0, 1, 0], [0, 0, 2], [0, 0, 0]], people=["a", "b", "c"])
    with pytest.raises(InputError, match="'c' has ties and is not in the index"):
        network.align(["a", "b"])
    assert network.align(["b", "a"], drop=True).to_frame().to_numpy().tolist() == [["a", "b", 1]]


def test_weak_ties_leave_and_people_stay():
    network = network_of([[0, 1, 0], [0, 0, 2], [0, 0, 0]]).at_least(2)
    assert network.n_ties == 1
    assert network.n_people == 3
    assert "at least 2" in network.made_by


def test_the_html_of_hostile_ids_is_escaped():
    hostile = "<script>alert('群')</script>"
    network = network_of([[0, 1], [0, 0]], people=[hostile, "b"], made_by="<b>me</b>")
    page = network._repr_html_()
    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page


def test_multigraphs_and_self_ties_are_no_networks():
    import igraph as ig

    for graph in (nx.MultiGraph([(0, 1), (0, 1)]), nx.MultiDiGraph()):
        with pytest.raises(InputError, match="multigraph"):
            Network.from_networkx(graph)
    with pytest.raises(InputError, match="tied to themself"):
        Network.from_networkx(nx.Graph([(0, 0)]))
    with pytest.raises(InputError, match="people has '1' twice"):
        Network.from_networkx(nx.Graph([(1, "1")]))
    with pytest.raises(InputError, match="expected a simple graph"):
        Network.from_igraph(ig.Graph([(0, 1), (0, 1)]))


def test_a_frame_without_its_columns_or_with_strangers_is_refused():
    with pytest.raises(InputError, match="no column 'target'"):
        Network.from_frame(pd.DataFrame({"source": ["a"]}), directed=True)
    with pytest.raises(InputError, match="'b' has a tie and is not among the people"):
        Network.from_frame(
            pd.DataFrame({"source": ["a"], "target": ["b"]}), directed=True, people=["a"]
        )


def test_karate_keeps_its_published_numbers_in_networkx(karate):
    # reference_values.md R7-R9
    graph = karate.to_networkx()
    assert (karate.n_people, karate.n_ties) == (34, 78)
    constraint = nx.constraint(graph)
    assert constraint["0"] == pytest.approx(0.155423, abs=5e-7)
    assert constraint["33"] == pytest.approx(0.156419, abs=5e-7)
    assert nx.effective_size(graph)["0"] == pytest.approx(13.75)
    assert sum(nx.triangles(graph).values()) == 3 * 45
    assert nx.transitivity(graph) == pytest.approx(0.255682, abs=5e-7)
    assert nx.average_clustering(graph) == pytest.approx(0.570638, abs=5e-7)


def test_karate_keeps_its_published_numbers_in_igraph(karate):
    # R7, R9, R10; igraph counts the classes of an undirected census as those of mutual ties
    graph = karate.to_igraph()
    assert graph.constraint(0) == pytest.approx(0.155423, abs=5e-7)
    assert graph.transitivity_undirected() == pytest.approx(0.255682, abs=5e-7)
    assert graph.transitivity_avglocal_undirected(mode="zero") == pytest.approx(0.570638, abs=5e-7)
    census = [int(x) for x in graph.motifs_randesu(size=3) if x == x]
    assert census == [393, 45]
    mutual = graph.copy()
    mutual.to_directed(mode="mutual")
    counted = mutual.triad_census()
    assert [counted[name] for name in ("003", "102", "201", "300")] == [3971, 1575, 393, 45]


@pytest.mark.parametrize(("n", "value"), [(3, 1.125), (4, 0.925926), (5, 0.765625), (30, 0.133216)])
def test_constraint_of_a_complete_graph_has_its_closed_form(n, value):
    # R7: (2k - 1)^2 / k^3 with k = n - 1
    complete = Network(csr_array(np.ones((n, n)) - np.eye(n)), list(map(str, range(n))), False, "1")
    assert complete.to_igraph().constraint(0) == pytest.approx(value, abs=5e-7)


@STRICT
@given(network=networks(weights=st.floats(0, 100), max_people=6))
def test_degree_strength_and_reciprocity_agree_with_networkx(network):
    graph = network.to_networkx()
    people = network.people.tolist()
    strength = dict(graph.degree(weight="weight"))
    np.testing.assert_allclose(network.strength, [strength[p] for p in people])
    alters = dict(graph.to_undirected().degree())
    assert network.degree.tolist() == [alters[p] for p in people]
    if network.directed and network.n_ties:
        assert network.reciprocity == pytest.approx(nx.overall_reciprocity(graph))
        assert 0 <= network.reciprocity <= 1


@SLOW
@given(network=networks(attributes=True), data=st.data())
def test_relabelling_people_relabels_the_network(network, data):
    order = data.draw(st.permutations(range(network.n_people)))
    moved = network.align(network.people[list(order)])
    np.testing.assert_array_equal(dense(moved), dense(network)[np.ix_(order, order)])
    np.testing.assert_array_equal(moved.degree, network.degree[list(order)])
    assert moved.align(network.people).equals(network)


@SLOW
@given(network=networks(attributes=True))
def test_networkx_and_igraph_give_the_network_back(network):
    for there, back in (
        (Network.to_networkx, Network.from_networkx),
        (Network.to_igraph, Network.from_igraph),
    ):
        assert back(there(network)).equals(network)


@STRICT
@given(network=networks())
def test_a_frame_gives_the_network_back(network):
    again = Network.from_frame(
        network.to_frame(),
        directed=network.directed,
        weight=network.weight,
        people=network.people,
        made_by=network.made_by,
    )
    assert again.equals(network)


@STRICT
@given(network=networks(directed=True, weights=st.floats(0, 9)))
def test_the_smaller_direction_is_never_above_the_larger(network):
    low, high = network.to_undirected(by="min"), network.to_undirected(by="max")
    both = network.to_undirected(by="sum")
    assert (low.ends()[2] <= high.ends()[2]).all()
    np.testing.assert_allclose(low.ends()[2] + high.ends()[2], both.ends()[2])
