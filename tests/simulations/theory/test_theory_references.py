"""Reference values R17 to R36, to the digits printed, and second routes to 1e-9."""

import itertools
from decimal import Decimal
from fractions import Fraction
from math import comb

import networkx as nx
import numpy as np
import pytest
from scipy.stats import poisson

from smallnet.networks import Network
from smallnet.simulations.theory import (
    GroupAME,
    clique_growth,
    clique_percolation_threshold,
    complex_contagion,
    critical_global,
    equal_contacts_threshold,
    exact_spread_ic,
    exact_spread_lt,
    final_size,
    group_infection_rate,
    mean_outbreak,
    reed_frost,
    simplicial_mean_field,
    tricritical_point,
    two_levels_of_mixing,
    watts_condition,
    watts_window,
)

DIGITS = 5.1e-7  # half of the last of six printed digits
EXACT = 1e-9


def test_r17_final_size_is_the_printed_root_of_its_equation():
    r0 = np.array([1.5, 2.0, 3.0])
    z = final_size(r0)
    assert z == pytest.approx([0.582812, 0.796812, 0.940480], abs=DIGITS)
    assert z == pytest.approx(1 - np.exp(-r0 * z), abs=EXACT)


def graph_of(pairs, p):
    graph, pairs = nx.Graph(), list(pairs)
    graph.add_nodes_from(sorted({str(node) for pair in pairs for node in pair}))
    graph.add_edges_from(((str(a), str(b)) for a, b in pairs), weight=p)
    return Network.from_networkx(graph)


def test_r18_to_r20_exact_spread_on_paths_triangles_cliques_cycles_and_stars():
    p = 0.5
    assert exact_spread_ic(graph_of([(0, 1), (1, 2)], p), [0]) == pytest.approx(1.75, abs=EXACT)
    triangle = graph_of(itertools.combinations(range(3), 2), p)
    assert exact_spread_ic(triangle, [0]) == pytest.approx(2.25, abs=EXACT)
    k4 = graph_of(itertools.combinations(range(4), 2), p)
    assert exact_spread_ic(k4, [0]) == pytest.approx(3.25, abs=EXACT)
    c4 = graph_of([(0, 1), (1, 2), (2, 3), (3, 0)], p)
    assert exact_spread_ic(c4, [0]) == pytest.approx(2.5625, abs=EXACT)
    star = graph_of([(0, leaf) for leaf in range(1, 5)], 0.3)
    assert exact_spread_ic(star, [0]) == pytest.approx(2.2, abs=EXACT)
    assert exact_spread_ic(star, [1]) == pytest.approx(1.57, abs=EXACT)


def test_r21_best_pair_of_two_joined_triangles():
    pairs = [(0, 1), (0, 2), (1, 2), (2, 3), (3, 4), (3, 5), (4, 5)]
    network = graph_of(pairs, 0.5)
    assert exact_spread_ic(network, [0]) == pytest.approx(2.953125, abs=EXACT)
    assert exact_spread_ic(network, [2]) == pytest.approx(3.375, abs=EXACT)
    spread = {s: exact_spread_ic(network, s) for s in itertools.combinations(range(6), 2)}
    assert spread[0, 5] == pytest.approx(4.8125, abs=EXACT)
    assert spread[0, 5] == pytest.approx(max(spread.values()), abs=EXACT)


def test_r22_linear_threshold_on_a_triangle():
    triangle = graph_of(itertools.combinations(range(3), 2), 0.5)
    assert exact_spread_lt(triangle, [0]) == pytest.approx(2.5, abs=EXACT)


@pytest.mark.parametrize(
    ("threshold", "low", "high"),
    [(0.18, 1.020704, 5.764677), (0.25, 1.114142, 3.863069), (0.10, 1.0000011, 13.659314)],
)
def test_r23_watts_window(threshold, low, high):
    window = watts_window(threshold)
    assert window.low == pytest.approx(low, abs=DIGITS if threshold > 0.1 else 5.1e-8)
    assert window.high == pytest.approx(high, abs=DIGITS)
    for z in (window.low, window.high):  # the sum itself, over the degrees
        k = np.arange(200)
        growth = watts_condition(poisson.pmf(k, z) / poisson.pmf(k, z).sum(), threshold).growth
        assert growth == pytest.approx(1, abs=EXACT)


def test_r23_the_upper_end_at_a_quarter_rounds_up():
    # 3.863068 was printed for 3.8630688…: the left side is still above 1 half a digit further on.
    z = Decimal("3.8630685")
    assert z * (-z).exp() * (1 + z + z * z / 2) > 1


def test_r23_no_window_above_a_quarter():
    window = watts_window(0.26)
    assert np.isnan([window.low, window.high]).all()
    assert window.peak == pytest.approx(0.839962, abs=DIGITS)
    assert window.peak_at == pytest.approx((1 + np.sqrt(5)) / 2, abs=EXACT)


def triangular(s, a, q):
    """Solve the textbook's triangular equations in exact rationals."""
    p = []
    for j in range(s + 1):
        rest = sum(comb(s - i, j - i) * p[i] / q ** ((s - j) * (a + i)) for i in range(j))
        p.append((comb(s, j) - rest) * q ** ((s - j) * (a + j)))
    return p


@pytest.mark.parametrize(
    ("s", "a", "q", "printed"),
    [
        (2, 1, "1/2", [0.25, 0.25, 0.5]),
        (3, 1, "1/2", [0.125, 0.09375, 0.1875, 0.59375]),
        (4, 1, "4/5", [0.4096, 0.2097152, 0.163577856, 0.1351614464, 0.0819454976]),
        (
            5,
            2,
            "9/10",
            [0.3486784401, 0.2683080597, 0.188888874, 0.1185427407, 0.0586021782, 0.0169797073],
        ),
    ],
)
def test_r24_reed_frost_by_chain_and_by_triangle(s, a, q, printed):
    chain = reed_frost(s, a, float(Fraction(q)))
    assert chain == pytest.approx(printed, abs=EXACT)
    assert chain == pytest.approx([float(x) for x in triangular(s, a, Fraction(q))], abs=1e-13)


def test_r25_mean_outbreak_by_backward_and_forward_chain():
    assert mean_outbreak(3, 0.5) == pytest.approx(2.25, abs=EXACT)
    assert mean_outbreak(4, 0.5) == pytest.approx(3.25, abs=EXACT)
    assert mean_outbreak(30, 0.9) == pytest.approx(26.736576, abs=DIGITS)
    exact = triangular(29, 1, Fraction(9, 10))
    assert mean_outbreak(30, 0.9) == pytest.approx(
        float(1 + sum(j * x for j, x in enumerate(exact))), abs=EXACT
    )


def local_size(outside):
    """Mean infected in a group of three, over all outcomes of outside and of its three ties."""
    total = 0.0
    for first in itertools.product((0, 1), repeat=3):
        for ties in itertools.product((0, 1), repeat=3):
            hit = list(first)
            for _ in range(2):
                for (a, b), live in zip(((0, 1), (0, 2), (1, 2)), ties, strict=True):
                    if live and (hit[a] or hit[b]):
                        hit[a] = hit[b] = 1
            weight = outside ** sum(first) * (1 - outside) ** (3 - sum(first)) / 8
            total += weight * sum(hit)
    return total


def test_r26_two_levels_of_mixing():
    answer = two_levels_of_mixing(3, 0.5, 0.5)
    assert answer.r_star == pytest.approx(1.125, abs=EXACT)
    assert answer.final_size == pytest.approx(0.189217, abs=DIGITS)
    z = answer.final_size
    assert local_size(1 - np.exp(-0.5 * z)) / 3 == pytest.approx(z, abs=EXACT)
    assert two_levels_of_mixing(1, 0.5, 0.5).final_size == 0


def test_r27_critical_global_contacts():
    values = {2: 0.909091, 5: 0.655582, 10: 0.330368, 20: 0.078775, 30: 0.037402}
    for n, printed in values.items():
        assert critical_global(n, 0.9) == pytest.approx(printed, abs=DIGITS)
        mean = 1 + np.arange(n) @ reed_frost(n - 1, 1, 0.9)
        assert critical_global(n, 0.9) == pytest.approx(1 / mean, abs=EXACT)


@pytest.mark.parametrize(
    ("m", "n", "attention", "printed"),
    [
        (2, 3, 1.0, 0.403032),
        (2, 10, 1.0, 0.064378),
        (10, 10, 1.0, 0.011261),
        (10, 30, 1.0, 0.003463),
        (10, 30, 0.3, 0.031850),
        (10, 30, 0.1, 0.233096),
    ],
)
def test_r28_and_r29_clique_percolation(m, n, attention, printed):
    critical = clique_percolation_threshold(m, n, attention)
    assert critical == pytest.approx(printed, abs=DIGITS)
    others = [  # through the distribution of outbreaks, not their means
        comb(n - 1, k) * attention**k * (1 - attention) ** (n - 1 - k) for k in range(n)
    ]
    reached = [np.arange(k + 1) @ reed_frost(k, 1, 1 - critical) for k in range(n)]
    assert (m - 1) * attention * np.dot(others, reached) == pytest.approx(1, abs=EXACT)


def test_r29_ceiling_where_a_tenth_attends():
    assert clique_growth(10, 30, 0.0, 0.1) == pytest.approx(2.61, abs=EXACT)
    assert np.isnan(clique_percolation_threshold(2, 30, 0.1))


def test_r30_simplicial_mean_field():
    answer = simplicial_mean_field(0.8, 2.5)
    assert answer.lambda_c == pytest.approx(0.662278, abs=DIGITS)
    assert answer.rho_c == pytest.approx(0.367544, abs=DIGITS)
    assert [b.stable for b in answer.branches] == [True, False, True]
    assert [b.prevalence for b in answer.branches] == pytest.approx(
        [0, 0.151320, 0.528680], abs=DIGITS
    )
    for b in answer.branches:
        rho = b.prevalence
        change = -rho + 0.8 * rho * (1 - rho) + 2.5 * rho**2 * (1 - rho)
        assert change == pytest.approx(0, abs=EXACT)
    upper = answer.branches[-1].prevalence
    assert answer.trajectory([400.0], 0.16)[0] == pytest.approx(upper, abs=EXACT)
    assert answer.trajectory([400.0], 0.14)[0] == pytest.approx(0, abs=EXACT)
    for lam, lam_delta, printed in [(1.0, 2.5, 0.6), (1.2, 0.8, 0.309017), (2.0, 0.0, 0.5)]:
        zero, endemic = simplicial_mean_field(lam, lam_delta).branches
        assert endemic.prevalence == pytest.approx(printed, abs=DIGITS)
        assert (zero.stable, endemic.stable) == (False, True)


def power(memberships, sizes, nu, lam=1.0):
    def infection(n, i):
        return group_infection_rate(n, i, lam, nu)

    return GroupAME(memberships=memberships, sizes=sizes, infection=infection)


def test_r31_stationary_state_is_where_the_equations_end():
    model = power(3, 4, 1.0, lam=0.2)
    zero, endemic = model.stationary_states()
    assert endemic.prevalence == pytest.approx(0.394162, abs=DIGITS)
    assert (zero.stable, endemic.stable) == (False, True)
    end = model.integrate([200.0], 0.5).prevalence[0]
    assert end == pytest.approx(endemic.prevalence, abs=1e-7)


MIXED = ({2: 0.5, 3: 0.5}, {4: 0.5, 5: 0.5})


@pytest.mark.parametrize(
    ("memberships", "sizes", "nu", "printed"),
    [
        (3, 2, 1.0, 0.5),
        (3, 3, 1.0, 0.207107),
        (3, 4, 1.0, 0.129056),
        (3, 4, 1.5, 0.118658),
        (3, 4, 3.0, 0.079617),
        (*MIXED, 1.0, 0.125032),
    ],
)
def test_r32_invasion_threshold(memberships, sizes, nu, printed):
    critical = power(memberships, sizes, nu).invasion_threshold()
    assert critical == pytest.approx(printed, abs=DIGITS)
    model = power(memberships, sizes, nu, lam=critical)
    assert model.invasion_number == pytest.approx(1, abs=EXACT)
    slope = float(model.stationary_map(1e-9)) / 1e-9  # of the map itself, without the formula
    assert slope == pytest.approx(1, abs=1e-6)


def test_r32_closed_forms():
    assert power(3, 2, 1.0).invasion_threshold() == pytest.approx(0.5, abs=EXACT)
    assert power(3, 3, 1.0).invasion_threshold() == pytest.approx((np.sqrt(2) - 1) / 2, abs=EXACT)


@pytest.mark.parametrize(
    ("memberships", "sizes", "nu", "lam"),
    [(3, 4, 1.908045, 0.108953), (*MIXED, 1.782864, 0.102923)],
)
def test_r33_tricritical_point(memberships, sizes, nu, lam):
    point = tricritical_point(memberships, sizes)
    assert point.nu == pytest.approx(nu, abs=DIGITS)
    assert point.lam == pytest.approx(lam, abs=DIGITS)
    bend = []  # of the stationary map at the threshold, on either side
    for shape in (nu - 0.05, nu + 0.05):
        critical = power(memberships, sizes, shape).invasion_threshold()
        model = power(memberships, sizes, shape, lam=critical)
        bend.append(float(model.stationary_map(1e-4)) / 1e-4 - 1)
    assert bend[0] < 0 < bend[1]
    assert -bend[0] / (bend[1] - bend[0]) == pytest.approx(0.5, abs=0.02)  # zero at nu, to 2e-3


def test_r34_below_the_threshold_two_states_are_stable():
    critical = power(3, 4, 3.0).invasion_threshold()
    model = power(3, 4, 3.0, lam=0.95 * critical)
    states = model.stationary_states()
    assert [s.stable for s in states] == [True, False, True]
    assert states[-1].prevalence == pytest.approx(0.747416, abs=DIGITS)
    assert model.integrate([300.0], 1.0).prevalence[0] == pytest.approx(0.747416, abs=1e-6)
    assert model.integrate([300.0], 1e-6).prevalence[0] == pytest.approx(0, abs=1e-6)


def test_r35_equal_contacts():
    printed = [
        [0.043478, 0.043478, 0.043478, 0.043478],
        [0.044081, 0.043557, 0.042857, 0.041937],
        [0.045394, 0.043737, 0.041539, 0.038642],
        [0.046882, 0.043953, 0.040109, 0.035033],
        [0.052936, 0.044968, 0.035077, 0.023118],
    ]
    sizes, nu = np.array([2, 3, 5, 7, 13])[:, None], [0.5, 1.0, 1.5, 2.0]
    found = equal_contacts_threshold(sizes, nu, contacts=24)
    np.testing.assert_allclose(found, printed, rtol=0, atol=DIGITS)


def test_r36_complex_contagion_on_rings_and_caves():
    ring = nx.to_scipy_sparse_array(nx.circulant_graph(100, [1, 2]))
    thin = nx.to_scipy_sparse_array(nx.circulant_graph(100, [1]))
    caves = nx.to_scipy_sparse_array(nx.connected_caveman_graph(10, 5))
    whole = complex_contagion(ring, [0, 1], 2)
    assert (whole.size, whole.steps) == (100, 49)
    assert complex_contagion(ring, [0, 50], 2).size == 2
    assert complex_contagion(ring, [0, 1, 2], 3).size == 3
    assert complex_contagion(thin, [0, 1], 2).size == 2
    simple = complex_contagion(caves, [0, 1], 1)
    assert (simple.size, simple.steps) == (50, 10)
    assert complex_contagion(caves, [0, 1], 2).size == 5
