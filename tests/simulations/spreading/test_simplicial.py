"""Simplicial contagion: triangles, one step worked out, a chain of states, the mean field."""

import networkx as nx
import numpy as np
import pytest
from small_worlds import assert_mean, complete, people_with, run

from smallnet.errors import InputError
from smallnet.simulations.spreading import SIR, SIS, SimplicialContagion
from smallnet.simulations.spreading.simplicial import triangles_of
from smallnet.simulations.theory import simplicial_mean_field


@pytest.mark.parametrize("directed", [False, True])
def test_all_triangles_of_a_network_are_found_once(directed):
    graph = nx.gnp_random_graph(80, 0.15, seed=3)
    ties = list(graph.edges)
    if directed:
        ties += [(b, a) for a, b in ties[::3]]
    found = triangles_of(people_with(ties, directed=directed, n=80))
    expected = {frozenset(c) for c in nx.enumerate_all_cliques(graph) if len(c) == 3}
    assert len(found) == len(expected)
    assert {frozenset(row) for row in found.tolist()} == expected


def test_one_step_of_a_triangle_with_two_infected_is_a_pair_try_each_and_a_triangle_try():
    model = SimplicialContagion(beta=0.2, beta_delta=0.3, mu=0.0, horizon=1)
    spread = run(model, people_with(complete(3)), ["0", "2"])
    assert_mean(spread.final_sizes, 2 + 1 - 0.8**2 * 0.7)


def test_each_triangle_has_one_try_and_one_infected_corner_is_not_enough():
    ties = [(0, 2), (1, 2)]  # the two infected are not tied: given triangles need no ties
    corners = (("0", "1", "3"), ("1", "0", "4"), ("2", "3", "0"))
    model = SimplicialContagion(beta=0.0, beta_delta=0.25, mu=0.0, horizon=1, triangles=corners)
    spread = run(model, people_with(ties, n=5), ["1", "0"])
    assert_mean(spread.final_sizes, 2 + 2 * 0.25)


def test_who_is_infected_in_a_step_makes_no_triangle_in_that_step():
    model = SimplicialContagion(beta=1.0, beta_delta=1.0, mu=0.0, horizon=1)
    spread = run(model, people_with([(0, 1), (1, 2), (0, 3), (1, 3), (1, 4), (3, 4)]), ["0"], n=70)
    assert (spread.final_sizes == 3).all()


def test_three_people_follow_their_markov_chain():
    beta, delta, mu = 0.15, 0.4, 0.3
    one, two = 1 - (1 - beta), 1 - (1 - beta) ** 2 * (1 - delta)
    chain = np.zeros((4, 4))  # number infected, to number infected
    for k, hit in ((0, 0.0), (1, one), (2, two), (3, 0.0)):
        for stay in range(k + 1):
            for come in range(3 - k + 1):
                chain[k, stay + come] += _binomial(k, stay, 1 - mu) * _binomial(3 - k, come, hit)
    model = SimplicialContagion(beta=beta, beta_delta=delta, mu=mu, horizon=20)
    spread = run(model, people_with(complete(3)), ["1"])
    for t in (1, 2, 3, 8, 20):
        expected = np.linalg.matrix_power(chain, t)[1] @ np.arange(4)
        assert_mean(spread.curves[:, t], expected)


def _binomial(n: int, k: int, p: float) -> float:
    from math import comb

    return comb(n, k) * p**k * (1 - p) ** (n - k)


def test_without_triangles_it_is_an_epidemic_in_steps():
    ties = [(0, 1, 2.0), (1, 2, 0.5), (2, 3, 1.0)]
    population = people_with(ties)
    for model, plain in (
        (SimplicialContagion(beta=0.3, mu=0.2, horizon=9), SIS(beta=0.3, gamma=0.2, horizon=9)),
        (
            SimplicialContagion(beta=0.3, mu=0.2, recovery="sir", horizon=None),
            SIR(beta=0.3, gamma=0.2),
        ),
    ):
        ours, theirs = (run(m, population, ["0"], n=300) for m in (model, plain))
        assert (ours.curves == theirs.curves).all()


def test_the_branches_of_the_mean_field_are_met_on_a_dense_complex():
    n, degree, corners, mu = 1500, 150, 150, 0.05
    rng = np.random.default_rng(2)
    ends = rng.integers(0, n, (n * degree // 2, 2))
    ends = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0)
    rows = np.sort(rng.integers(0, n, (n * corners // 3, 3)), axis=1)
    rows = np.unique(rows[(rows[:, 0] < rows[:, 1]) & (rows[:, 1] < rows[:, 2])], axis=0)
    population = people_with([(a, b) for a, b in ends.tolist()], n=n)
    triangles = tuple((str(a), str(b), str(c)) for a, b, c in rows.tolist())
    pairs_each, triangles_each = 2 * len(ends) / n, 3 * len(rows) / n
    lam, lam_delta = 0.8, 2.5
    model = SimplicialContagion(
        beta=lam * mu / pairs_each,
        beta_delta=lam_delta * mu / triangles_each,
        mu=mu,
        horizon=400,
        triangles=triangles,
    )
    theory = simplicial_mean_field(lam, lam_delta)
    high = run(model, population, [str(i) for i in range(int(0.4 * n))], n=20)
    low = run(model, population, [str(i) for i in range(int(0.05 * n))], n=20)
    share = high.curves[:, -1] / n
    error = share.std(ddof=1) / np.sqrt(len(share))
    upper = max(branch.prevalence for branch in theory.branches if branch.stable)
    # Steps of mu and finite degrees move the root by order mu and 1 / degree.
    assert abs(share.mean() - upper) < 4 * error + 0.025
    assert (low.curves[:, -1] < 0.02 * n).all()


def test_isolated_people_and_a_network_without_ties_infect_nobody():
    model = SimplicialContagion(beta=1.0, beta_delta=1.0, mu=0.5, recovery="sir", horizon=None)
    for population in (people_with(complete(3), n=5), people_with([], n=5)):
        assert (run(model, population, ["4"], n=70).final_sizes == 1).all()


def test_a_triangle_of_strangers_or_of_two_people_is_refused():
    for corners in (("0", "1", "9"), ("0", "1", "1")):
        model = SimplicialContagion(triangles=(corners,))
        with pytest.raises(InputError, match="a triangle is"):
            run(model, people_with(complete(3)), ["0"], n=1)


@pytest.mark.parametrize(
    "given",
    [
        {"beta": -0.1},
        {"beta_delta": 1.5},
        {"mu": float("nan")},
        {"recovery": "never"},
        {"horizon": None},
        {"recovery": "sir", "mu": 0.0, "horizon": None},
    ],
)
def test_parameters_out_of_range_are_refused(given):
    with pytest.raises(InputError):
        SimplicialContagion(**given)
