"""Epidemics in continuous time against percolation, chains of states and the final size."""

import numpy as np
import pytest
from scipy.linalg import expm
from small_worlds import assert_mean, complete, everybody_tied, people_with, run

from smallnet.errors import InputError
from smallnet.simulations.spreading import ContinuousSI, ContinuousSIR, ContinuousSIS
from smallnet.simulations.theory import final_size

PATH = [(0, 1), (1, 2)]
TAU, GAMMA = 0.7, 0.5


def test_the_final_size_on_a_path_is_transmissibility_percolation():
    first, second = (TAU * w / (TAU * w + GAMMA) for w in (2.0, 0.5))
    model = ContinuousSIR(tau=TAU, gamma=GAMMA)
    assert_mean(
        run(model, people_with([(0, 1, 2.0), (1, 2, 0.5)]), ["0"]).final_sizes,
        1 + first + first * second,
    )
    t = TAU / (TAU + GAMMA)
    assert_mean(run(model, people_with(PATH), ["0"]).final_sizes, 1 + t + t**2)


def test_the_final_size_of_a_triangle_keeps_ties_of_one_person_together():
    t = TAU / (TAU + GAMMA)
    both = 1 - 2 * GAMMA / (GAMMA + TAU) + GAMMA / (GAMMA + 2 * TAU)  # of E[p^2], one duration
    spread = run(ContinuousSIR(tau=TAU, gamma=GAMMA), people_with(complete(3)), ["0"])
    assert_mean(spread.final_sizes, 1 + 2 * both + 2 * (t - both) * (1 + t))


def test_who_has_many_and_unequal_ties_uses_each_at_its_rate():
    strengths = [0.1, 0.2, 1.0, 3.0, 7.0]
    ties = [(0, i + 1, w) for i, w in enumerate(strengths)]
    spread = run(ContinuousSIR(tau=TAU, gamma=GAMMA), people_with(ties, directed=True), ["0"])
    assert_mean(spread.final_sizes, 1 + sum(TAU * w / (TAU * w + GAMMA) for w in strengths))


def test_among_everybody_it_ends_at_the_final_size():
    n, seeded = 1000, 50
    model = ContinuousSIR(tau=2.0 / (n - 1), gamma=1.0)
    spread = run(model, everybody_tied(n), [str(i) for i in range(seeded)], n=400)
    share = spread.final_sizes / n
    error = share.std(ddof=1) / np.sqrt(len(share))
    expected = float(final_size(2.0, seeded=seeded / n))
    assert abs(share.mean() - expected) < 4 * error + 2 / n  # a finite population: order 1 / n


def test_sis_on_a_pair_follows_its_markov_chain():
    rates = np.array(  # neither, one, both infected
        [[0, 0, 0], [GAMMA, -GAMMA - TAU, TAU], [0, 2 * GAMMA, -2 * GAMMA]]
    )
    spread = run(ContinuousSIS(tau=TAU, gamma=GAMMA, horizon=6), people_with([(0, 1)]), ["0"])
    for t in (1, 2, 6):
        assert_mean(spread.curves[:, t], expm(rates * t)[1] @ np.arange(3))


def test_sis_among_everybody_stays_near_one_minus_one_over_r0():
    n, r0 = 800, 2.5
    model = ContinuousSIS(tau=r0 / (n - 1), gamma=1.0, horizon=20)
    spread = run(model, everybody_tied(n), [str(i) for i in range(400)], n=200)
    share = spread.curves[:, 20] / n
    error = share.std(ddof=1) / np.sqrt(len(share))
    assert abs(share.mean() - (1 - 1 / r0)) < 4 * error + 2 / n


def test_si_waits_one_over_the_rate_and_reaches_all_it_can():
    population = people_with([(0, 1, 2.0), (1, 2, 0.5)], n=5)
    spread = run(ContinuousSI(tau=0.5), population, ["0"], n=5000)
    assert (spread.final_sizes == 3).all()
    assert_mean(spread.curves[:, 2] >= 2, 1 - np.exp(-2.0))
    waits = np.array(
        [
            np.diff(
                ContinuousSI(tau=0.5).trace(population, ["0"], rng=np.random.default_rng(i)).time
            )
            for i in range(3000)
        ]
    )
    assert_mean(waits[:, 0], 1.0)
    assert_mean(waits[:, 1], 4.0)


def test_nothing_moves_without_rates():
    assert (run(ContinuousSI(tau=0.0), people_with(PATH), ["0"], n=70).final_sizes == 1).all()
    still = run(ContinuousSIS(tau=0.0, gamma=0.0, horizon=9), people_with(PATH), ["0"], n=70)
    assert (still.curves == 1).all()


def test_a_horizon_ends_it():
    spread = run(ContinuousSIR(tau=0.0, gamma=1.0, horizon=1.0), people_with(PATH), ["0"])
    assert_mean(spread.curves[:, -1], np.exp(-1.0))


def test_isolated_people_and_no_ties_infect_nobody():
    for population in (people_with(PATH, n=5), people_with([], n=5)):
        assert (run(ContinuousSIR(tau=9.0), population, ["4"], n=70).final_sizes == 1).all()
        assert (run(ContinuousSI(tau=9.0), population, ["4"], n=70).final_sizes == 1).all()


def test_everybody_infected_at_once_only_recovers():
    spread = run(ContinuousSIR(tau=TAU, gamma=GAMMA), people_with(PATH), ["0", "1", "2"])
    assert (spread.final_sizes == 3).all()
    assert_mean(spread.curves[:, 2], 3 * np.exp(-2 * GAMMA))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ContinuousSIR(tau=-1.0),
        lambda: ContinuousSIR(gamma=float("nan")),
        lambda: ContinuousSIS(tau=0.1),
        lambda: ContinuousSI(horizon=float("nan")),
        lambda: ContinuousSI(tie_weights="heavy"),
    ],
)
def test_parameters_out_of_range_are_refused(make):
    with pytest.raises(InputError):
        make()
