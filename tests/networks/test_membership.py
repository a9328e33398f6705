"""Groups stay groups; their projection is asked for, warned of, and right."""

import datetime as dtm

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_strategies import CALM
from scipy.sparse import csr_array

from smallnet.errors import InputError
from smallnet.networks import Membership, ProjectionWarning, build_comembership, build_membership
from smallnet.networks import membership as room
from smallnet.networks.membership import project
from smallnet.tables import Dataset

STRICT = settings(CALM, max_examples=60)


@pytest.fixture(scope="module")
def davis():
    """Davis, Gardner and Gardner 1941, as networkx carries it."""
    graph = nx.davis_southern_women_graph()
    women = [n for n, data in graph.nodes(data=True) if data["bipartite"] == 0]
    rows = [(event, woman) for woman in women for event in graph[woman]]
    return Dataset.from_frames({"memberships": pd.DataFrame(rows, columns=["group", "person"])})


def test_davis_has_its_counts(davis):
    # reference_values.md R16: 18 women, 14 events, 89 ties
    members = build_membership(davis)
    assert (members.n_people, members.n_groups, members.incidence.nnz) == (18, 14, 89)
    assert members.size.sum() == members.groups_per_person.sum() == 89


def test_the_projection_of_davis_is_that_of_the_reference(davis):
    women = build_comembership(davis)
    assert women.n_ties == 139
    assert women.density == pytest.approx(0.908497, abs=5e-7)
    members = build_membership(davis)
    with pytest.warns(ProjectionWarning, match="loses the groups"):
        again = members.projection()
    np.testing.assert_array_equal(again.adjacency.toarray(), women.adjacency.toarray())


def test_davis_in_networkx_is_bipartite_and_has_its_clustering(davis):
    graph = build_membership(davis).to_networkx()
    women = [n for n, data in graph.nodes(data=True) if data["bipartite"] == 0]
    assert len(women) == 18
    assert nx.bipartite.is_bipartite(graph)
    # R16 prints 0.467761, which is no ratio of Davis's counts: 4 x 341 four-cycles of 2916 paths
    # of three is 0.467764, by networkx and by the counts below (Robins and Alexander 2004).
    incidence = build_membership(davis).to_sparse().toarray()
    shared = (incidence.T @ incidence)[np.triu_indices(18, k=1)]
    size, breadth = incidence.sum(axis=1), incidence.sum(axis=0)
    cycles = (shared * (shared - 1) / 2).sum()
    paths = (incidence * np.outer(size - 1, breadth - 1)).sum()
    assert (cycles, paths) == (341, 2916)
    assert nx.bipartite.robins_alexander_clustering(graph) == pytest.approx(4 * 341 / 2916)


def test_the_size_discount_is_newmans(davis):
    members = build_membership(davis)
    graph = members.to_networkx()
    theirs = nx.bipartite.collaboration_weighted_projected_graph(graph, members.people)
    expected = nx.to_numpy_array(theirs, nodelist=members.people)
    for ours in (
        build_comembership(davis, size_discount=True),
        project(members, size_discount=True),
    ):
        np.testing.assert_allclose(ours.adjacency.toarray(), expected, rtol=1e-12)
        # Newman 2001: each group adds 1 to the strength of each of its members
        np.testing.assert_allclose(ours.strength, members.groups_per_person)


def test_weak_ties_and_large_groups_are_left_out_if_asked(davis):
    whole = build_comembership(davis)
    strong = build_comembership(davis, min_weight=3)
    assert 0 < strong.n_ties < whole.n_ties
    assert strong.ends()[2].min() == 3
    small = build_comembership(davis, max_size=5)
    members = build_membership(davis)
    pairs = {
        frozenset(pair)
        for group in members.groups[members.size <= 5]
        for pair in [(a, b) for a in members.members(group) for b in members.members(group)]
        if pair[0] != pair[1]
    }
    assert {frozenset(x) for x in small.to_frame()[["source", "target"]].to_numpy()} == pairs
    again = project(members, max_size=5)
    np.testing.assert_array_equal(again.adjacency.toarray(), small.adjacency.toarray())


def test_a_projection_that_would_not_fit_is_refused(davis, monkeypatch):
    monkeypatch.setattr(room, "MAX_PAIRS", 100)
    with pytest.raises(InputError, match=r"hold [\d,]+ pairs of members, expected at most 100"):
        project(build_membership(davis))
    project(build_membership(davis), max_size=3)


def test_only_who_was_there_together_shares_a_group():
    day = [pd.Timestamp("2024-01-01") + pd.Timedelta(days=d) for d in range(11)]
    stays = pd.DataFrame(
        [
            ("g", "ann", None, day[3]),
            ("g", "bob", day[2], day[6]),
            ("g", "cyd", day[3], None),  # comes as ann leaves: half-open, never together
            ("h", "ann", None, None),
            ("h", "cyd", None, None),
            ("h", "bot", None, None),
        ],
        columns=["group", "person", "joined_at", "left_at"],
    )
    dataset = Dataset.from_frames(
        {"memberships": stays, "people": pd.DataFrame({"person": ["bot"], "bot": [True]})},
        {"observed_from": dtm.datetime(2024, 1, 1), "observed_until": dtm.datetime(2024, 1, 11)},
    )

    def pairs(network):
        return {tuple(row) for row in network.to_frame().to_numpy()}

    assert pairs(build_comembership(dataset)) == {
        ("ann", "bob", 1.0),
        ("bob", "cyd", 1.0),
        ("ann", "cyd", 1.0),
    }
    assert pairs(build_comembership(dataset, size_discount=True)) == {
        ("ann", "bob", 0.5),  # three people were ever in g
        ("bob", "cyd", 0.5),
        ("ann", "cyd", 1.0),
    }
    assert pairs(build_comembership(dataset, at=day[2])) == {
        ("ann", "bob", 1.0),
        ("ann", "cyd", 1.0),
    }
    members = build_membership(dataset, at=day[3])
    assert members.members("g").tolist() == ["bob", "cyd"]
    assert members.people.tolist() == ["ann", "bob", "cyd"]
    assert build_membership(dataset, at=day[8]).size.tolist() == [1, 2]
    assert build_membership(dataset).size.tolist() == [3, 2]


def test_what_is_no_membership_is_refused():
    with pytest.raises(InputError, match="incidence is 1 x 2, expected 1 x 1"):
        Membership(csr_array(np.ones((1, 2))), ["g"], ["a"])
    with pytest.raises(InputError, match=r"'b' in 'g' counts 2.0, expected 1 or nothing"):
        Membership(csr_array(np.array([[1.0, 2.0]])), ["g"], ["a", "b"])
    with pytest.raises(InputError, match="groups has 'g' twice"):
        Membership(csr_array((2, 1)), ["g", "g"], ["a"])
    with pytest.raises(InputError, match="there is no group 'x'"):
        Membership(csr_array((1, 1)), ["g"], ["a"]).members("x")
    with pytest.raises(InputError, match="'a' is both a person and a group"):
        Membership(csr_array((1, 1)), ["a"], ["a"]).to_networkx()


def test_the_html_of_hostile_words_is_escaped():
    members = Membership(csr_array((0, 0)), [], [], "<script>")
    assert "<script>" not in members._repr_html_()
    assert "0 groups" in repr(members)


@STRICT
@given(
    incidence=st.tuples(st.integers(0, 5), st.integers(0, 4)).flatmap(
        lambda shape: st.lists(st.booleans(), min_size=shape[0] * shape[1], max_size=99).map(
            lambda bits: np.array(bits[: shape[0] * shape[1]], dtype=float).reshape(shape)
        )
    )
)
def test_the_projection_counts_shared_groups(incidence):
    people = [f"p{i}" for i in range(incidence.shape[1])]
    groups = [f"g{i}" for i in range(len(incidence))]
    members = Membership(csr_array(incidence), groups, people)
    shared = incidence.T @ incidence
    np.fill_diagonal(shared, 0)
    np.testing.assert_array_equal(project(members).adjacency.toarray(), shared)
    assert members.size.tolist() == incidence.sum(axis=1).tolist()
    assert members.align(people[::-1]).align(people).to_frame().equals(members.to_frame())
    both = Membership.from_frame(members.to_frame())
    assert both.to_frame().equals(members.to_frame())


def test_members_are_dropped_only_if_asked():
    members = Membership(csr_array(np.ones((1, 2))), ["g"], ["a", "b"])
    with pytest.raises(InputError, match="'b' is a member and is not in the index"):
        members.align(["a"])
    assert members.align(["a"], drop=True).size.tolist() == [1]
