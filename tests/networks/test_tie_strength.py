"""Each definition of tie strength gives the numbers of its paper and of a second hand."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_strategies import CALM, networks
from scipy.sparse import csr_array

from smallnet.errors import InputError, UnknownNameError
from smallnet.networks import TIE_STRENGTHS, Network, common_friends, tie_strength, ties
from smallnet.tables import Choices

STRICT = settings(CALM, max_examples=60)
COUNTS = st.integers(0, 50).map(float)


@pytest.fixture
def karate():
    bare = nx.Graph()
    bare.add_edges_from(nx.karate_club_graph().edges)
    bare.add_nodes_from(range(34))
    return Network.from_networkx(bare)


def by_pair(network):
    source, target, weights = network.ends()
    names = zip(network.people[source], network.people[target], strict=True)
    return {frozenset(pair): weight for pair, weight in zip(names, weights, strict=True)}


def test_overlap_of_karate_is_that_of_the_reference(karate):
    # reference_values.md R6, after Onnela et al. 2007
    overlap = by_pair(tie_strength(karate, "overlap"))
    assert overlap[frozenset({"0", "1"})] == pytest.approx(0.4375)
    assert overlap[frozenset({"32", "33"})] == pytest.approx(0.588235, abs=5e-7)
    assert overlap[frozenset({"0", "31"})] == 0
    assert np.mean(list(overlap.values())) == pytest.approx(0.177089, abs=5e-7)
    assert sum(value == 0 for value in overlap.values()) == 11
    assert len(overlap) == 78


def test_overlap_of_two_who_have_only_each_other_is_unknown():
    # a – b alone; c – d – e: d has another, so the share is 0 of 1
    network = Network.from_ends(
        [0, 2, 3], [1, 3, 4], [1, 1, 1], list("abcde"), directed=False, weight="1"
    )
    np.testing.assert_array_equal(tie_strength(network, "overlap").ends()[2], [np.nan, 0, 0])


def test_overlap_is_one_in_a_clique():
    clique = Network(csr_array(np.ones((4, 4)) - np.eye(4)), list("abcd"), False, "1")
    assert tie_strength(clique, "overlap").ends()[2].tolist() == [1.0] * 6


def test_embeddedness_of_karate_counts_every_triangle_three_times(karate):
    assert common_friends(karate).sum() == 3 * 45


def test_small_strengths_by_hand():
    # a → b 3, b → a 1, b → c 2, a → c 4: the triangle a b c, directions aside
    matrix = np.array([[0, 3, 4], [1, 0, 2], [0, 0, 0]])
    network = Network(csr_array(matrix.astype(float)), list("abc"), True, "messages")
    order = [("a", "b"), ("a", "c"), ("b", "a"), ("b", "c")]
    assert network.to_frame()[["source", "target"]].to_numpy().tolist() == [list(x) for x in order]
    assert tie_strength(network, "count").ends()[2].tolist() == [3, 4, 1, 2]
    np.testing.assert_allclose(
        tie_strength(network, "log_count").ends()[2], np.log([4, 5, 2, 3]), rtol=1e-15
    )
    assert tie_strength(network, "embeddedness").ends()[2].tolist() == [1, 1, 1, 1]
    assert tie_strength(network, "overlap").ends()[2].tolist() == [1, 1, 1, 1]
    mutual = tie_strength(network, "reciprocity")
    assert not mutual.directed
    assert by_pair(mutual) == {
        frozenset("ab"): 1,
        frozenset("ac"): 0,
        frozenset("bc"): 0,
    }


def test_definitions_say_what_they_need():
    network = Network(csr_array((2, 2)), ["a", "b"], True, "messages")
    with pytest.raises(
        UnknownNameError, match="unknown tie strength 'love', expected one of count"
    ):
        tie_strength(network, "love")
    with pytest.raises(InputError, match=r"'half_life' .* needs build_interaction"):
        tie_strength(network, "half_life")
    with pytest.raises(InputError, match=r"'shared_groups' .* needs build_comembership"):
        tie_strength(network, "shared_groups")
    with pytest.raises(InputError, match="expected a directed network"):
        tie_strength(network.to_undirected(), "reciprocity")


@pytest.mark.parametrize("name", ["log_count", "reciprocity"])
def test_negative_strengths_have_no_logarithm_and_no_smaller_direction(name):
    network = Network.from_ends([0], [1], [-2.0], ["a", "b"], directed=True, weight="trust")
    with pytest.raises(InputError, match=r"'a' → 'b' weighs -2\.0"):
        tie_strength(network, name)


def test_every_definition_has_its_source_and_the_default_choice_is_one():
    for name, definition in TIE_STRENGTHS.items():
        assert definition.name == name
        assert "https://doi.org/" in definition.source or "ours" in definition.source
        assert (definition.function is not None) == (definition.needs == "network")
    assert Choices().tie_strength in TIE_STRENGTHS


@STRICT
@given(network=networks(weights=COUNTS))
def test_common_friends_and_overlap_agree_with_sets(network):
    alters = {i: set() for i in range(network.n_people)}
    source, target, _ = network.ends()
    for i, j in zip(source, target, strict=True):
        alters[i].add(j)
        alters[j].add(i)
    common = [len(alters[i] & alters[j]) for i, j in zip(source, target, strict=True)]
    assert common_friends(network).tolist() == common
    union = [len((alters[i] | alters[j]) - {i, j}) for i, j in zip(source, target, strict=True)]
    expected = [c / u if u else np.nan for c, u in zip(common, union, strict=True)]
    np.testing.assert_allclose(tie_strength(network, "overlap").ends()[2], expected)


@pytest.mark.parametrize("dense_people", [0, 8192])
def test_common_friends_are_those_of_the_squared_matrix(dense_people, monkeypatch):
    monkeypatch.setattr(ties, "DENSE_PEOPLE", dense_people)
    rng = np.random.default_rng(1)
    upper = np.triu(rng.random((300, 300)) < rng.random((300, 1)) ** 3, k=1)
    ones = (upper | upper.T).astype(float)
    network = Network(csr_array(ones), [f"p{i}" for i in range(300)], False, "1")
    source, target, _ = network.ends()
    np.testing.assert_array_equal(common_friends(network), (ones @ ones)[source, target])
    assert network.degree.max() > 10 * max(network.degree.min(), 1)  # unequal: both branches


@STRICT
@given(network=networks(weights=COUNTS))
def test_a_new_strength_keeps_the_ties(network):
    for name in ("count", "log_count", "embeddedness", "overlap"):
        again = tie_strength(network, name)
        for mine, theirs in zip(again.ends()[:2], network.ends()[:2], strict=True):
            np.testing.assert_array_equal(mine, theirs)


@STRICT
@given(network=networks(weights=COUNTS), data=st.data())
def test_relabelling_people_relabels_every_strength(network, data):
    people = network.people[list(data.draw(st.permutations(range(network.n_people))))]
    for name in ("log_count", "embeddedness", "overlap"):
        moved = tie_strength(network.align(people), name).align(network.people)
        np.testing.assert_array_equal(moved.ends()[2], tie_strength(network, name).ends()[2])
