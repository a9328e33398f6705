"""Nulls keep what they promise, and are uniform over the rest."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.stats import chi2

from smallnet.errors import InputError
from smallnet.networks.nulls import (
    curveball,
    expected_ties_inside,
    rewire,
    rewire_chain,
    rewire_pairs,
)


def all_graphs_with_degrees(degrees):
    """Every simple graph with these degrees, found by trying all sets of pairs."""
    people = range(len(degrees))
    return [
        frozenset(graph)
        for graph in combinations(combinations(people, 2), sum(degrees) // 2)
        if all(sum(i in pair for pair in graph) == degrees[i] for i in people)
    ]


def all_memberships_with_margins(sizes, held):
    rows = [[r for r in product((0, 1), repeat=len(held)) if sum(r) == size] for size in sizes]
    return [m for m in product(*rows) if tuple(np.sum(m, axis=0)) == tuple(held)]


def chi_square_p(counts, n_cells):
    expected = sum(counts.values()) / n_cells
    seen = np.array([*counts.values(), *[0] * (n_cells - len(counts))])
    return chi2.sf(((seen - expected) ** 2 / expected).sum(), n_cells - 1)


def test_rewiring_is_uniform_over_all_simple_graphs_with_the_same_degrees():
    graphs = all_graphs_with_degrees([3, 2, 2, 2, 2, 1])
    rng = np.random.default_rng(1)
    start = np.array(sorted(graphs[0]))
    counts = {}
    for _ in range(150 * len(graphs)):
        new = frozenset(
            (int(min(p)), int(max(p))) for p in rewire_pairs(start, n_people=6, tries=150, rng=rng)
        )
        counts[new] = counts.get(new, 0) + 1
    assert set(counts) == set(graphs)
    assert chi_square_p(counts, len(graphs)) > 1e-4


def test_curveball_is_uniform_over_all_memberships_with_the_same_margins():
    matrices = all_memberships_with_margins((3, 2, 1, 2), (2, 2, 2, 1, 1))
    rng = np.random.default_rng(2)
    start = csr_array(np.array(matrices[0], dtype=float))
    counts = {}
    for _ in range(20 * len(matrices)):
        new = curveball(start, trades=60, rng=rng).toarray().astype(int)
        key = tuple(map(tuple, new.tolist()))
        counts[key] = counts.get(key, 0) + 1
    assert set(counts) <= set(matrices)
    assert chi_square_p(counts, len(matrices)) > 1e-4


@st.composite
def simple_graphs(draw):
    n = draw(st.integers(2, 12))
    possible = list(combinations(range(n), 2))
    return n, np.array(sorted(draw(st.sets(st.sampled_from(possible), min_size=1))), dtype=np.int64)


@settings(deadline=None, max_examples=50)
@given(graph=simple_graphs(), random_seed=st.integers(0, 10**6))
def test_rewiring_keeps_degrees_and_makes_no_self_or_double_ties(graph, random_seed):
    n, pairs = graph
    new = rewire_pairs(pairs, n_people=n, rng=np.random.default_rng(random_seed))
    np.testing.assert_array_equal(
        np.bincount(new.ravel(), minlength=n), np.bincount(pairs.ravel(), minlength=n)
    )
    assert (new[:, 0] != new[:, 1]).all()
    assert len({(min(p), max(p)) for p in new.tolist()}) == len(pairs)


@settings(deadline=None, max_examples=50)
@given(
    table=st.lists(st.lists(st.booleans(), min_size=7, max_size=7), min_size=1, max_size=8),
    random_seed=st.integers(0, 10**6),
)
def test_curveball_keeps_sizes_and_groups_per_person(table, random_seed):
    members = csr_array(np.array(table, dtype=float))
    new = curveball(members, rng=np.random.default_rng(random_seed))
    np.testing.assert_array_equal(new.sum(axis=0), members.sum(axis=0))
    np.testing.assert_array_equal(new.sum(axis=1), members.sum(axis=1))
    assert set(new.data) <= {1.0}


def test_rewiring_in_blocks_keeps_degrees_in_each_block():
    rng = np.random.default_rng(3)
    ring = np.column_stack([np.arange(60), (np.arange(60) + 1) % 60])
    chords = np.column_stack([np.arange(60), (np.arange(60) + 7) % 60])
    pairs = np.concatenate([ring, chords])[rng.permutation(120)]
    blocks = rng.integers(0, 3, 120)
    new = rewire_pairs(pairs, n_people=60, blocks=blocks, rng=rng)
    assert (new != pairs).any()
    for block in range(3):
        np.testing.assert_array_equal(
            np.bincount(new[blocks == block].ravel(), minlength=60),
            np.bincount(pairs[blocks == block].ravel(), minlength=60),
        )


def test_nobody_is_given_a_tie_of_a_moment_at_which_they_are_not_there():
    rng = np.random.default_rng(10)
    n = 40
    present = np.sort(rng.integers(0, 100, (n, 2)), axis=1) + np.array([0, 1])
    pairs = np.array(list(combinations(range(n), 2)))
    low = present[pairs, 0].max(axis=1)
    high = present[pairs, 1].min(axis=1)
    pairs, low, high = (part[low < high] for part in (pairs, low, high))
    chosen = rng.choice(len(pairs), 120, replace=False)
    pairs, moment = pairs[chosen], rng.integers(low[chosen], high[chosen])
    new = rewire_pairs(pairs, n_people=n, moment=moment, present=present, rng=rng)
    assert (np.sort(new, axis=1) != pairs).any(axis=1).mean() > 0.5
    assert (present[new, 0] <= moment[:, None]).all()
    assert (moment[:, None] < present[new, 1]).all()


def test_with_presence_all_states_that_can_be_reached_are_equally_likely():
    # rows have moments, so a state says who has which row; person 4 is there at moment 1 only
    present = np.array([[0, 2]] * 4 + [[1, 2]])
    start, moment = np.array([[0, 1], [2, 3], [0, 4]]), np.array([0, 0, 1])
    rng, counts = np.random.default_rng(11), {}
    for _ in range(6000):
        new = rewire_pairs(start, n_people=5, moment=moment, present=present, tries=300, rng=rng)
        state = tuple((int(min(p)), int(max(p))) for p in new)
        counts[state] = counts.get(state, 0) + 1
    assert all(4 in state[2] for state in counts)
    assert chi_square_p(counts, len(counts)) > 1e-4
    assert len(counts) > 4


def test_a_chain_begins_as_a_single_draw_does_and_goes_on():
    pairs = np.array(list(combinations(range(8), 2)))[::2]
    chain = rewire_chain(pairs, n_people=8, rng=np.random.default_rng(5))
    first, second = next(chain), next(chain)
    single = rewire_pairs(pairs, n_people=8, rng=np.random.default_rng(5))
    np.testing.assert_array_equal(first, single)
    assert (first != second).any()


def test_the_same_seed_gives_the_same_nulls_and_leaves_the_input_alone():
    members = csr_array((np.random.default_rng(4).random((20, 30)) < 0.3).astype(float))
    before = members.toarray()
    one, two, other = (
        curveball(members, rng=np.random.default_rng(seed)).toarray() for seed in (5, 5, 6)
    )
    assert (one == two).all()
    assert (one != other).any()
    assert (members.toarray() == before).all()
    pairs = np.array(list(combinations(range(8), 2)))[::2]
    kept = pairs.copy()
    one, two, other = (
        rewire_pairs(pairs, n_people=8, rng=np.random.default_rng(seed)) for seed in (5, 5, 6)
    )
    assert (one == two).all()
    assert (one != other).any()
    assert (pairs == kept).all()


def test_rewiring_a_matrix_keeps_numbers_of_ties_and_the_bag_of_weights():
    rng = np.random.default_rng(7)
    upper = np.triu(rng.random((25, 25)) < 0.2, k=1) * rng.random((25, 25))
    matrix = csr_array(upper + upper.T)
    new = rewire(matrix, rng=rng)
    assert (new.toarray() == new.toarray().T).all()
    np.testing.assert_array_equal((new > 0).sum(axis=1), (matrix > 0).sum(axis=1))
    np.testing.assert_allclose(np.sort(new.data), np.sort(matrix.data))


def test_default_rewiring_has_forgotten_the_start():
    # A ring of 40 cliques of 5: after 20 tries a tie, as many old pairs are left as after 200,
    # within 4 errors.
    pairs = np.array(
        [(5 * c + i, 5 * c + j) for c in range(40) for i, j in combinations(range(5), 2)]
    )
    old = {tuple(p) for p in pairs.tolist()}

    def left(tries_per_tie):
        rng = np.random.default_rng(8)
        kept = []
        for _ in range(200):
            new = rewire_pairs(pairs, n_people=200, tries=tries_per_tie * len(pairs), rng=rng)
            kept.append(sum((min(p), max(p)) in old for p in new.tolist()))
        return np.mean(kept), np.std(kept) / np.sqrt(200)

    (default, error), (long, long_error) = left(20), left(200)
    assert abs(default - long) < 4 * np.hypot(error, long_error)


def test_expected_ties_inside_is_that_of_the_karate_club():
    # reference value R11: "Mr. Hi", 17 members, volume 81: 19.180645.
    networkx = pytest.importorskip("networkx")
    club = networkx.karate_club_graph()
    inside = [i for i, data in club.nodes(data=True) if data["club"] == "Mr. Hi"]
    degree = [club.degree(i) for i in club]
    assert expected_ties_inside(degree, inside) == pytest.approx(19.180645, abs=5e-7)


def test_rewired_ties_inside_a_group_are_those_of_the_configuration_model():
    # Sparse and without hubs, where double ties are too rare to matter: within 4 Monte-Carlo
    # errors.
    rng = np.random.default_rng(9)
    n = 400
    pairs = np.array(
        [(i, (i + step) % n) for i in range(n) for step in (1, 2) if i % 3 or step == 1]
    )
    group = rng.random(n) < 0.4
    expected = expected_ties_inside(np.bincount(pairs.ravel(), minlength=n), group)
    inside = np.array(
        [group[rewire_pairs(pairs, n_people=n, rng=rng)].all(axis=1).sum() for _ in range(400)]
    )
    assert abs(inside.mean() - expected) < 4 * inside.std() / np.sqrt(400)


def test_a_group_with_everybody_or_one_group_alone_is_left_as_it_is():
    everybody = csr_array(np.array([[1.0, 1, 1], [1, 0, 0]]))
    new = curveball(everybody, rng=np.random.default_rng(1)).toarray()
    assert (new[0] == 1).all()
    alone = csr_array(np.array([[1.0, 0, 1]]))
    assert (curveball(alone, rng=np.random.default_rng(1)).toarray() == alone.toarray()).all()


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([[0, 0]], "person 0 is tied to themself"),
        ([[0, 1], [1, 0]], "1 pairs come more than once"),
        ([[0, 3]], "names person 3, people are 0 to 2"),
    ],
)
def test_impossible_ties_are_refused_in_words(pairs, words):
    with pytest.raises(InputError, match=words):
        rewire_pairs(pairs, n_people=3, rng=np.random.default_rng(1))


def test_directed_ties_are_refused():
    with pytest.raises(InputError, match="not symmetric"):
        rewire(csr_array(np.eye(3, k=1)), rng=np.random.default_rng(1))


def test_no_ties_and_no_expectation():
    assert rewire_pairs(np.empty((0, 2)), n_people=0, rng=np.random.default_rng(1)).shape == (0, 2)
    assert np.isnan(expected_ties_inside([0, 0], [0, 1]))


def test_a_tie_of_a_moment_at_which_somebody_is_away_is_refused():
    with pytest.raises(InputError, match="person 1 has a tie of a moment"):
        rewire_pairs(
            [[0, 1]],
            n_people=2,
            moment=[5],
            present=[[0, 9], [0, 5]],
            rng=np.random.default_rng(1),
        )
