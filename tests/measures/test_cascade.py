"""Cascades: reference values R1 to R5 and R42, slow second ways, and tables counted by hand."""

from fractions import Fraction

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measured_worlds import day

from smallnet.errors import InputError, NotTestableError
from smallnet.measures.cascade import cascade_table
from smallnet.measures.concentration import concentration_by, group_dominance, group_entropy
from smallnet.measures.trees import grow_trees, structural_virality, tree_shapes
from smallnet.tables import Dataset

EXACT = 1e-9


def star(n):
    return [-1] + [0] * (n - 1)


def path(n):
    return list(range(-1, n - 1))


def binary(height):
    return [(node - 1) // 2 for node in range(2 ** (height + 1) - 1)]


def test_r2_virality_of_a_star():
    assert structural_virality(star(2)) == 1
    assert structural_virality(star(10)) == pytest.approx(1.8, abs=EXACT)
    assert structural_virality(star(12)) == pytest.approx(2 * 11 / 12, abs=EXACT)


def test_r3_virality_of_a_path():
    assert structural_virality(path(10)) == pytest.approx(11 / 3, abs=EXACT)
    assert structural_virality(path(23)) == pytest.approx(8, abs=EXACT)


def test_a_long_path_loses_no_digits():
    n = 1_000_000
    assert structural_virality(np.arange(n) - 1) == pytest.approx((n + 1) / 3, rel=1e-15)


@pytest.mark.parametrize(
    ("height", "wiener", "printed"),
    [
        (1, 4, 1.333333),
        (2, 48, 2.285714),
        (3, 368, 3.504762),
        (4, 2304, 4.954839),
        (9, 7_353_344, 14.066574),
    ],
)
def test_r4_virality_of_a_complete_binary_tree(height, wiener, printed):
    n = 2 ** (height + 1) - 1
    virality = structural_virality(binary(height))
    assert virality == pytest.approx(float(Fraction(2 * wiener, n * (n - 1))), abs=EXACT)
    assert virality == pytest.approx(printed, abs=5.1e-7)


def test_r5_virality_of_a_mixed_tree_and_its_other_shapes():
    shapes = tree_shapes([-1, 0, 0, 0, 1, 4])
    assert shapes.virality[0] == pytest.approx(32 / 15, abs=EXACT)
    assert (shapes.depth[0], shapes.breadth[0]) == (3, 3)
    assert shapes.broadcast_share[0] == pytest.approx(3 / 5, abs=EXACT)


def test_r42_dominance_and_entropy():
    assert group_dominance([6, 2]) == pytest.approx(0.75, abs=EXACT)
    exact = 2 - 0.75 * np.log2(3)
    assert group_entropy([6, 2]) == pytest.approx(exact, abs=EXACT)
    assert exact == pytest.approx(0.811278, abs=5.1e-7)
    assert group_entropy([5]) == 0
    assert np.isnan([group_dominance([]), group_entropy([0, 0])]).all()


def test_a_root_alone_has_no_virality():
    shapes = tree_shapes([-1])
    assert (shapes.size[0], shapes.depth[0], shapes.breadth[0]) == (1, 0, 1)
    assert np.isnan([shapes.virality[0], shapes.broadcast_share[0]]).all()
    assert tree_shapes(np.array([], dtype=np.int64)).root.size == 0


@pytest.mark.parametrize("parent", [[-1, 5], [-2], [1, 0], [0], [-1, 2, 1], [0.5]])
def test_a_parent_outside_and_a_circle_are_refused(parent):
    with pytest.raises(InputError):
        tree_shapes(parent)


def test_a_forest_has_no_single_virality():
    with pytest.raises(InputError, match="2 roots"):
        structural_virality([-1, -1])


@st.composite
def forests(draw):
    n = draw(st.integers(1, 25))
    parent = np.array([draw(st.integers(-1, node - 1)) for node in range(n)])
    order = np.array(draw(st.permutations(range(n))))
    moved = np.full(n, -1)
    moved[order] = np.where(parent >= 0, order[parent], -1)
    return moved


@settings(deadline=None)
@given(forests())
def test_shapes_are_those_of_breadth_first_search_from_every_node(parent):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(parent.size))
    graph.add_edges_from((int(up), node) for node, up in enumerate(parent) if up >= 0)
    shapes = tree_shapes(parent)
    assert shapes.size.sum() == parent.size
    for place, root in enumerate(shapes.root.tolist()):
        nodes = nx.descendants(graph, root) | {root}
        assert set(np.flatnonzero(shapes.tree == place).tolist()) == nodes
        levels = list(nx.single_source_shortest_path_length(graph, root).values())
        assert shapes.size[place] == len(nodes)
        assert shapes.depth[place] == max(levels)
        assert shapes.breadth[place] == np.bincount(levels).max()
        if len(nodes) > 1:
            tree = graph.subgraph(nodes).to_undirected()
            assert shapes.virality[place] == pytest.approx(nx.average_shortest_path_length(tree))
            most = max(graph.out_degree(node) for node in nodes)
            assert shapes.broadcast_share[place] == pytest.approx(most / (len(nodes) - 1))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 4)), max_size=30),
)
def test_concentration_by_owner_is_that_of_each_owners_counts(rows):
    owner = np.array([a for a, _ in rows], dtype=np.int64)
    group = np.array([b for _, b in rows], dtype=np.int64)
    groups, dominance, entropy = concentration_by(owner, group, 4)
    for who in range(4):
        counts = np.bincount(group[(owner == who) & (group >= 0)], minlength=1)
        assert groups[who] == (counts > 0).sum()
        assert dominance[who] == pytest.approx(group_dominance(counts), nan_ok=True)
        assert entropy[who] == pytest.approx(group_entropy(counts), nan_ok=True, abs=1e-12)


def shares_frame(rows):
    names = ["share", "item", "sharer", "channel", "shared_at", "group", "recipient", "parent"]
    return pd.DataFrame(rows, columns=names)


def adoptions_frame(rows):
    return pd.DataFrame(rows, columns=["person", "item", "adopted_at", "via_share"])


def gift_world():
    """Ann gives a book to g; bob and cyd take it, bob hands it to eve, who tells the feed."""
    return {
        "shares": shares_frame(
            [
                ("s1", "book", "ann", "group", day(1), "g", None, None),
                ("s2", "book", "bob", "friend", day(3), None, "eve", "s1"),
                ("s3", "book", "eve", "feed", day(5), None, None, "s2"),
                ("s4", "film", "dan", "group", day(1), "h", None, "gone"),
                ("s5", "film", "ann", "group", day(2), "g", None, "s1"),  # another item's share
                ("s6", "book", "ann", "group", day(6), "h", None, "s3"),  # she began it
            ]
        ),
        "adoptions": adoptions_frame(
            [
                ("bob", "book", day(2), "s1"),
                ("cyd", "book", day(2), "s1"),
                ("eve", "book", day(4), "s2"),
                ("fay", "book", day(7), "s3"),
                ("gus", "book", day(7), None),
            ]
        ),
        "memberships": pd.DataFrame(
            {
                "group": ["g", "g", "g", "g", "h", "h"],
                "person": ["ann", "bob", "cyd", "eve", "bob", "eve"],
                "left_at": [None, None, None, day(3), None, day(3.5)],
            }
        ),
    }


STUDY = {"name": "gift", "observed_from": day(0), "observed_until": day(10)}


def measured(frames, nodes="people"):
    return cascade_table(Dataset.from_frames(frames, STUDY), nodes=nodes)


def test_people_of_a_gift_stand_below_whom_they_had_it_from():
    table = measured(gift_world())
    assert table["item"].tolist() == ["book", "book", "film", "film"]
    book = table.iloc[0]
    assert (book["root_share"], book["root_person"]) == ("s1", "ann")
    # ann - bob, cyd; bob - eve; eve - fay
    assert (book["size"], book["depth"], book["breadth"]) == (5, 3, 2)
    assert book["virality"] == pytest.approx(structural_virality([-1, 0, 0, 1, 3]))
    assert book["broadcast_share"] == pytest.approx(0.5)
    assert book[["links", "links_group", "links_friend", "links_feed"]].tolist() == [4, 2, 1, 1]
    assert book["within_share"] == pytest.approx(0.5)  # eve had left both groups by day 4
    assert book["between_share"] == pytest.approx(0.5)
    assert (book["groups"], book["dominance"], book["entropy"]) == (1, 1.0, 0.0)
    gus = table.iloc[1]
    assert gus["root_share"] is None
    assert (gus["root_person"], gus["size"], gus["item_roots"]) == ("gus", 1, 2)
    assert np.isnan(gus[["virality", "within_share", "dominance"]].astype(float)).all()


def test_a_parent_that_is_not_there_is_reported():
    for nodes in ("people", "shares"):
        table = measured(gift_world(), nodes).query("item == 'film'")
        assert sorted(table["root_share"]) == ["s4", "s5"]
        assert table["unknown_parent"].all()
        assert not table["cyclic"].any()


def test_shares_stand_below_their_parents():
    book = measured(gift_world(), "shares").iloc[0]
    assert (book["size"], book["depth"], book["breadth"]) == (4, 3, 1)  # s1 - s2 - s3 - s6
    assert (book["groups"], book["dominance"], book["entropy"]) == (2, 0.5, 1.0)  # g and h
    assert book[["links_group", "links_friend", "links_feed"]].tolist() == [1, 1, 1]
    assert book["within_share"] == pytest.approx(1 / 3)  # ann and bob were both in g


def test_a_circle_has_a_row_of_its_own_with_what_hangs_on_it():
    frames = {
        "shares": shares_frame(
            [
                ("a", "i", "ann", "feed", day(1), None, None, "b"),
                ("b", "i", "bob", "feed", day(1), None, None, "a"),
                ("c", "i", "cyd", "feed", day(2), None, None, "b"),
                ("d", "i", "dan", "feed", day(2), None, None, None),
                ("e", "j", "dan", "feed", day(2), None, None, "e"),
            ]
        )
    }
    table = measured(frames, "shares")
    assert table["cyclic"].tolist() == [False, True, True]
    assert table["size"].tolist() == [1, 3, 1]
    assert table["item"].tolist() == ["i", "i", "j"]
    assert table["item_roots"].tolist() == [1, 1, 0]
    assert table.loc[1:, ["root_share", "depth", "virality"]].isna().all().all()


def test_rows_outside_the_watch_do_not_count():
    frames = gift_world()
    study = STUDY | {"observed_from": day(1.5)}
    table = cascade_table(Dataset.from_frames(frames, study))
    assert table["size"].sum() == 7  # bob - eve - ann, fay; cyd; gus; and ann's film
    assert table.query("item == 'book'")["unknown_parent"].tolist() == [True, True, False]


def test_without_shares_it_says_what_is_missing():
    with pytest.raises(NotTestableError, match="shares"):
        measured({"adoptions": adoptions_frame([("a", "i", day(1), None)])})


def test_other_nodes_are_refused():
    with pytest.raises(InputError, match="people, shares"):
        measured(gift_world(), "groups")


@pytest.mark.parametrize("nodes", ["people", "shares"])
def test_every_node_of_a_random_world_is_counted_once_in_any_order_of_rows(nodes):
    rng = np.random.default_rng(5)
    n = 300
    parent = [f"s{rng.integers(k)}" if k and rng.random() < 0.7 else None for k in range(n)]
    people = [f"p{rng.integers(120)}" for _ in range(n)]
    shares = shares_frame(
        [(f"s{k}", "i", people[k], "feed", day(k / 100), None, None, parent[k]) for k in range(n)]
    )
    table = measured({"shares": shares}, nodes)
    again = measured({"shares": shares.sample(frac=1, random_state=1)}, nodes)
    pd.testing.assert_frame_equal(table, again)
    assert table["size"].sum() == (n if nodes == "shares" else len(set(people)))
    assert not table["cyclic"].any()
    if nodes == "shares":
        up = np.array([-1 if p is None else int(p[1:]) for p in parent])
        assert sorted(table["size"]) == sorted(grow_trees(up).size)
        np.testing.assert_allclose(
            np.sort(table["virality"]), np.sort(grow_trees(up).virality), rtol=1e-12
        )
