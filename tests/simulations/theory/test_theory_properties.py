"""What must hold for any parameters, and what bad input says."""

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallnet.errors import InputError
from smallnet.simulations.theory import (
    GroupAME,
    clique_growth,
    clique_percolation_threshold,
    complex_contagion,
    equal_contacts_threshold,
    exact_reach_ic,
    exact_reach_lt,
    exact_spread_ic,
    exact_spread_lt,
    expected_infections,
    final_size,
    group_infection_rate,
    mean_outbreak,
    observed_distribution,
    reed_frost,
    simplicial_mean_field,
    tricritical_point,
    two_levels_of_mixing,
    watts_condition,
    watts_window,
)

calm = settings(deadline=None, max_examples=50)
CHANCES = st.floats(0, 1)


@calm
@given(s=st.integers(0, 40), a=st.integers(0, 5), q=CHANCES)
def test_reed_frost_sums_to_one_and_has_the_mean_of_the_backward_chain(s, a, q):
    p = reed_frost(s, a, q)
    assert (p >= 0).all()
    assert p.sum() == pytest.approx(1, abs=1e-11)
    if s + a:
        assert np.arange(s + 1) @ p == pytest.approx(expected_infections(s + a, q)[s, a], abs=1e-9)


@calm
@given(n=st.integers(1, 30), chances=st.tuples(CHANCES, CHANCES))
def test_who_escapes_more_often_has_smaller_outbreaks(n, chances):
    low, high = sorted(chances)
    assert 1 <= mean_outbreak(n, high) <= mean_outbreak(n, low) + 1e-9 <= n + 2e-9


def test_escape_of_nobody_and_of_everybody():
    assert reed_frost(30, 1, 0.0)[-1] == 1
    assert reed_frost(30, 1, 1.0)[0] == 1
    assert (mean_outbreak(1, 0.3), mean_outbreak(7, 0.0), mean_outbreak(7, 1.0)) == (1, 7, 1)


@calm
@given(r0=st.floats(0, 30), seeded=CHANCES)
def test_final_size_solves_its_equation(r0, seeded):
    z = float(final_size(r0, seeded=seeded))
    assert seeded <= z + 1e-12 <= 1 + 2e-12
    assert z == pytest.approx(1 - (1 - seeded) * np.exp(-r0 * z), abs=1e-9)


def test_final_size_near_the_threshold_is_twice_the_excess():
    excess = np.array([1e-3, 1e-4, 1e-5])  # z = 2 e - 8/3 e^2 + O(e^3)
    np.testing.assert_allclose(final_size(1 + excess), 2 * excess - 8 / 3 * excess**2, rtol=1e-5)
    assert (final_size([0.0, 0.5, 1.0]) == 0).all()


@calm
@given(q=st.floats(0.05, 1), r=st.floats(0, 3), sizes=st.lists(st.integers(1, 8), min_size=1))
def test_there_is_a_large_outbreak_exactly_above_the_threshold(q, r, sizes):
    answer = two_levels_of_mixing(observed_distribution(sizes), q, r)
    assert 0 <= answer.final_size <= 1
    if abs(answer.r_star - 1) > 1e-6:
        assert (answer.final_size > 0) == (answer.r_star > 1)


def test_groups_of_one_are_a_well_mixed_crowd():
    assert two_levels_of_mixing(1, 0.3, 1.7).final_size == pytest.approx(final_size(1.7), abs=1e-9)


def test_attention_that_thins_out_with_size_raises_the_threshold():
    sizes = {5: 0.5, 50: 0.5}
    full = clique_percolation_threshold(4, sizes)
    thin = clique_percolation_threshold(4, sizes, lambda n: min(1.0, 5 / n))
    assert full < thin < 1
    assert clique_growth(4, sizes, 1 - thin, lambda n: min(1.0, 5 / n)) == pytest.approx(1)
    assert clique_growth(4, 1, 0.5) == 0
    assert clique_growth(4, 20, 0.5, 0.0) == 0


@st.composite
def small_networks(draw):
    n = draw(st.integers(2, 5))
    pairs = list(itertools.permutations(range(n), 2))
    matrix = np.zeros((n, n))
    for a, b in draw(st.lists(st.sampled_from(pairs), unique=True, max_size=8)):
        matrix[a, b] = draw(st.floats(0, 1))
    return matrix


@calm
@given(small_networks(), st.sampled_from(["ic", "lt"]))
def test_exact_spread_is_monotone_submodular_and_ends_at_everybody(matrix, model):
    if model == "lt":
        matrix = matrix / np.maximum(matrix.sum(axis=0), 1)
    spread = exact_spread_ic if model == "ic" else exact_spread_lt
    n = len(matrix)
    sets = [frozenset(s) for k in range(n + 1) for s in itertools.combinations(range(n), k)]
    f = {s: spread(matrix, s) for s in sets}
    assert f[frozenset()] == 0
    assert f[frozenset(range(n))] == pytest.approx(n)
    for small, large in itertools.product(sets, sets):
        if small <= large:
            for who in set(range(n)) - large:
                gain = f[large | {who}] - f[large]
                assert gain >= -1e-12
                assert f[small | {who}] - f[small] >= gain - 1e-12


@calm
@given(small_networks())
def test_one_coin_a_pair_is_as_good_as_one_each_way(matrix):
    both = np.triu(matrix, 1) + np.triu(matrix, 1).T
    n = len(both)
    apart = both.copy()
    apart[both > 0] *= 1 - 1e-13 * np.arange((both > 0).sum())  # no longer symmetric
    for seed in range(n):
        np.testing.assert_allclose(
            exact_reach_ic(both, [seed]), exact_reach_ic(apart, [seed]), atol=1e-10
        )


def test_exact_linear_threshold_is_that_of_thresholds_drawn():
    rng = np.random.default_rng(3)
    matrix = rng.random((5, 5)) * (1 - np.eye(5))
    matrix /= matrix.sum(axis=0) * 1.2
    runs = 20_000
    threshold = rng.random((runs, 5))
    active = np.zeros((runs, 5), dtype=bool)
    active[:, 0] = True
    for _ in range(5):
        active |= active @ matrix >= threshold
    exact = exact_reach_lt(matrix, [0])
    error = np.sqrt(exact * (1 - exact) / runs)
    assert (np.abs(active.mean(axis=0) - exact) <= 4.5 * error).all()  # false alarm: 3e-5


@calm
@given(lam=st.floats(0, 4), lam_delta=st.floats(0, 6))
def test_simplicial_branches_are_stationary_and_take_turns(lam, lam_delta):
    answer = simplicial_mean_field(lam, lam_delta)
    for b in answer.branches:
        rho = b.prevalence
        change = rho * (-1 + (lam + lam_delta * rho) * (1 - rho))
        assert change == pytest.approx(0, abs=1e-9)
    gaps = np.diff([b.prevalence for b in answer.branches])
    if (gaps > 1e-6).all() and abs(lam - 1) > 1e-6:
        turns = [b.stable for b in answer.branches]
        assert all(a != b for a, b in itertools.pairwise(turns))
        assert turns[-1]


def test_the_jump_of_simplicial_contagion_is_the_state_at_its_threshold():
    critical = simplicial_mean_field(0.5, 2.5)
    assert len(critical.branches) == 1
    just_above = simplicial_mean_field(critical.lambda_c + 1e-9, 2.5).branches[-1]
    assert just_above.prevalence == pytest.approx(critical.rho_c, abs=1e-4)


def heterogeneous(lam, nu=1.0):
    return GroupAME(
        memberships={0: 0.1, 1: 0.3, 4: 0.6},
        sizes={1: 0.1, 3: 0.5, 6: 0.4},
        infection=lambda n, i: group_infection_rate(n, i, lam, nu),
    )


def test_groups_keep_their_number_and_end_in_a_stationary_state():
    model = heterogeneous(0.2, 1.3)
    path = model.integrate(np.linspace(0, 150, 40), 0.3)
    assert path.prevalence[0] == pytest.approx(0.3)
    assert ((path.prevalence >= 0) & (path.prevalence <= 1)).all()
    end = model.stationary_states()[-1]
    assert path.prevalence[-1] == pytest.approx(end.prevalence, abs=1e-7)
    assert path.susceptible[-1, 0] == pytest.approx(1, abs=1e-7)  # in no group
    assert end.rate == pytest.approx(float(model.stationary_map(end.rate)), rel=1e-9)


def test_an_unstable_state_parts_those_that_die_out_from_those_that_last():
    lam = 0.95 * heterogeneous(1.0, 3.0).invasion_threshold()
    model = heterogeneous(lam, 3.0)
    zero, middle, upper = model.stationary_states()
    assert (zero.stable, middle.stable, upper.stable) == (True, False, True)
    assert model.integrate([400.0], 1.0).prevalence[0] == pytest.approx(upper.prevalence, abs=1e-6)
    assert model.integrate([400.0], 1e-5).prevalence[0] == pytest.approx(0, abs=1e-6)


def test_a_table_of_rates_is_as_good_as_a_function():
    table = np.zeros((7, 7))
    for n in (1, 3, 6):
        table[n, :n] = group_infection_rate(n, np.arange(n), 0.2, 1.3)
    model = heterogeneous(0.2, 1.3)
    same = GroupAME(memberships=model.memberships, sizes=model.sizes, infection=table)
    assert same.invasion_number == model.invasion_number


def test_pairs_are_ordinary_contagion():
    # Groups of two: an SIS pair approximation with threshold <m>/<m(m-1)>, whatever nu.
    assert equal_contacts_threshold(2, [0.0, 1.0, 3.0], contacts=5) == pytest.approx([0.25] * 3)
    assert np.isnan(tricritical_point(3, 2).nu)


def test_counting_fractions_only_rescales_groups_of_one_size():
    counted, shared = (tricritical_point(3, 4, fraction=f) for f in (False, True))
    assert shared.nu == pytest.approx(counted.nu, abs=1e-9)
    assert shared.lam == pytest.approx(counted.lam * 3**counted.nu, rel=1e-9)
    one_group = equal_contacts_threshold(25, 1.0, contacts=24)
    assert one_group == np.inf


def test_who_is_in_one_group_only_infects_no_other():
    model = GroupAME(memberships=1, sizes=5, infection=lambda n, i: 2.0 * i)
    assert model.invasion_number == 0
    assert model.invasion_threshold() == np.inf
    assert [s.prevalence for s in model.stationary_states()] == [0.0]


def test_large_groups_do_not_overflow():
    model = GroupAME(
        memberships=3,
        sizes={5: 0.9, 400: 0.1},
        infection=lambda n, i: group_infection_rate(n, i, 1.0, 1.5),
    )
    assert 0 < model.invasion_threshold() < 1
    assert np.isfinite(mean_outbreak(150, 0.02))


@calm
@given(st.integers(2, 30), st.integers(1, 3), st.data())
def test_complex_contagion_grows_with_seeds_and_shrinks_with_threshold(n, threshold, data):
    matrix = nx.to_numpy_array(nx.gnp_random_graph(n, 0.3, seed=data.draw(st.integers(0, 999))))
    seeds = data.draw(st.lists(st.integers(0, n - 1), min_size=1, unique=True))
    whole = complex_contagion(matrix, seeds, threshold)
    assert whole.size >= complex_contagion(matrix, seeds[1:], threshold).size
    assert whole.size >= complex_contagion(matrix, seeds, threshold + 1).size
    if threshold == 1:
        reached = set().union(
            *(nx.node_connected_component(nx.from_numpy_array(matrix), s) for s in seeds)
        )
        assert whole.size == len(reached)
    assert whole.steps == whole.adopted_at[np.isfinite(whole.adopted_at)].max()


def test_a_fractional_threshold_is_a_share_of_tie_strength():
    star = np.zeros((5, 5))
    star[1:, 0] = [1.0, 1.0, 2.0, 4.0]
    assert complex_contagion(star, [4], 0.5, fraction=True).adopted_at[0] == 1
    assert complex_contagion(star, [1, 2], 0.5, fraction=True).adopted_at[0] == np.inf


@pytest.mark.parametrize(
    "call",
    [
        lambda: final_size(-1.0),
        lambda: final_size(np.nan),
        lambda: final_size(2.0, seeded=1.5),
        lambda: watts_window(0.0),
        lambda: watts_window(np.nan),
        lambda: watts_condition({2: 0.7}, 0.3),
        lambda: watts_condition({2.5: 1.0}, 0.3),
        lambda: reed_frost(-1, 1, 0.5),
        lambda: reed_frost(3, 1, 1.1),
        lambda: mean_outbreak(0, 0.5),
        lambda: mean_outbreak(3, np.nan),
        lambda: two_levels_of_mixing(0, 0.5, 1.0),
        lambda: two_levels_of_mixing(3, 0.5, -1.0),
        lambda: two_levels_of_mixing(3, lambda n: 2.0, 1.0),
        lambda: clique_percolation_threshold([0.5, 0.6], 3),
        lambda: clique_percolation_threshold(2, 3, 1.2),
        lambda: clique_percolation_threshold([], 3),
        lambda: simplicial_mean_field(-0.1, 1.0),
        lambda: simplicial_mean_field(0.1, 1.0).trajectory([2.0, 1.0], 0.1),
        lambda: simplicial_mean_field(0.1, 1.0).trajectory([1.0], 1.1),
        lambda: group_infection_rate(3, 4, 1.0, 1.0),
        lambda: group_infection_rate(3, 1, -1.0, 1.0),
        lambda: GroupAME(memberships=0, sizes=3, infection=lambda n, i: 1.0 * i),
        lambda: GroupAME(memberships=2, sizes=3, infection=lambda n, i: 1.0 + i),
        lambda: GroupAME(memberships=2, sizes=3, infection=lambda n, i: -1.0 * i),
        lambda: GroupAME(memberships=2, sizes=3, infection=np.zeros((2, 2))),
        lambda: heterogeneous(0.1).integrate([], 0.1),
        lambda: equal_contacts_threshold(1, 1.0),
        lambda: equal_contacts_threshold(3, 1.0, contacts=0),
        lambda: exact_spread_ic(np.full((2, 3), 0.5), [0]),
        lambda: exact_spread_ic(np.full((2, 2), 1.5), [0]),
        lambda: exact_spread_ic(np.full((2, 2), np.nan), [0]),
        lambda: exact_spread_ic(np.full((2, 2), 0.5), [2]),
        lambda: exact_spread_ic(np.full((2, 2), 0.5), [0.5]),
        lambda: exact_spread_ic(np.full((8, 8), 0.5) - 0.1 * np.triu(np.ones((8, 8))), [0]),
        lambda: exact_spread_lt(np.full((3, 3), 0.5), [0]),
        lambda: complex_contagion(np.ones((2, 2)), [0], 0),
        lambda: complex_contagion(-np.ones((2, 2)), [0], 1),
        lambda: complex_contagion(np.ones((2, 2)), [-1], 1),
        lambda: observed_distribution([]),
        lambda: observed_distribution([1.5]),
    ],
)
def test_bad_input_is_one_clear_error(call):
    with pytest.raises(InputError, match=r"expected|must"):
        call()
