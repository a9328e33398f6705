"""Epidemics in steps against what can be worked out: paths, everybody tied, quasi-stationarity."""

import numpy as np
import pytest
from small_worlds import assert_mean, everybody_tied, people_with, run

from smallnet.errors import InputError
from smallnet.simulations.spreading import SI, SIR, SIS
from smallnet.simulations.theory import final_size

PATH = [(0, 1), (1, 2)]
WEIGHTED = [(0, 1, 2.0), (1, 2, 0.5)]


def transmits(chance: float, gamma: float) -> float:
    """Chance that a tie is used before recovery: each step a try, then perhaps recovery."""
    return chance / (1 - (1 - chance) * (1 - gamma))


@pytest.mark.parametrize(("beta", "gamma"), [(0.3, 0.2), (0.05, 0.5), (0.9, 1.0)])
def test_sir_on_a_path_is_transmissibility(beta, gamma):
    t = transmits(beta, gamma)
    spread = run(SIR(beta=beta, gamma=gamma), people_with(PATH), ["0"])
    assert_mean(spread.final_sizes, 1 + t + t**2)


def test_sir_on_a_path_of_unequal_ties_is_transmissibility():
    first, second = (transmits(1 - 0.7**w, 0.2) for w in (2.0, 0.5))
    spread = run(SIR(beta=0.3, gamma=0.2), people_with(WEIGHTED), ["0"])
    assert_mean(spread.final_sizes, 1 + first + first * second)


def test_sir_among_everybody_ends_at_the_final_size():
    n, seeded = 1500, 75
    model = SIR(beta=2.0 / (n - 1), gamma=1.0)
    spread = run(model, everybody_tied(n), [str(i) for i in range(seeded)], n=400)
    share = spread.final_sizes / n
    expected = float(final_size(2.0, seeded=seeded / n))
    error = share.std(ddof=1) / np.sqrt(len(share))
    assert abs(share.mean() - expected) < 4 * error + 1 / n  # a finite population: order 1 / n


def test_infected_now_after_one_step_are_who_stayed_and_who_came():
    spread = run(SIR(beta=0.4, gamma=0.3), people_with([(0, 1), (0, 2)]), ["0"])
    assert_mean(spread.curves[:, 1], 0.7 + 2 * 0.4)
    assert (spread.curves[:, 0] == 1).all()
    assert (spread.curves[:, -1] == 0).all()


def test_si_is_passed_after_a_wait_of_one_over_beta_and_ends_when_all_are_reached():
    model = SI(beta=0.25)
    spread = run(model, people_with(PATH, n=5), ["0"])
    assert (spread.final_sizes == 3).all()
    assert_mean((spread.curves < 2).sum(axis=1), 4.0)
    assert (run(SI(beta=0.0), people_with(PATH), ["0"], n=70).final_sizes == 1).all()


def test_a_horizon_ends_it():
    spread = run(SI(beta=1.0, horizon=1), people_with(PATH), ["0"], n=70)
    assert (spread.final_sizes == 2).all()
    assert (spread.curves[:, 1:] == 2).all()


def test_sis_on_a_pair_follows_its_markov_chain():
    beta, gamma, horizon = 0.5, 0.3, 12
    chain = np.array(  # neither, one, both infected; from row to column
        [
            [1, 0, 0],
            [gamma * (1 - beta), gamma * beta + (1 - gamma) * (1 - beta), (1 - gamma) * beta],
            [gamma**2, 2 * gamma * (1 - gamma), (1 - gamma) ** 2],
        ]
    )
    spread = run(SIS(beta=beta, gamma=gamma, horizon=horizon), people_with([(0, 1)]), ["0"])
    for t in (1, 2, 5, horizon):
        expected = np.linalg.matrix_power(chain, t)[1] @ np.arange(3)
        assert_mean(spread.curves[:, t], expected)


def test_sis_among_everybody_stays_near_the_root_of_its_map():
    n, gamma, r0 = 800, 0.2, 2.5
    beta = r0 * gamma / (n - 1)
    spread = run(
        SIS(beta=beta, gamma=gamma, horizon=60),
        everybody_tied(n),
        [str(i) for i in range(400)],
        n=200,
    )
    share = 0.5
    for _ in range(60):
        share += -gamma * share + (1 - share) * (1 - (1 - beta) ** (share * n))
    observed = spread.curves[:, 60] / n
    error = observed.std(ddof=1) / np.sqrt(len(observed))
    assert abs(observed.mean() - share) < 4 * error + 2 / n  # fluctuations pull down by order 1 / n


def test_everybody_infected_at_once_only_recovers():
    spread = run(SIR(beta=0.5, gamma=0.5), people_with(PATH), ["0", "1", "2"], n=20_000)
    assert (spread.final_sizes == 3).all()
    assert_mean(spread.curves[:, 3], 3 * 0.5**3)


def test_isolated_people_and_no_ties_infect_nobody():
    for population in (people_with(PATH, n=5), people_with([], n=5)):
        assert (run(SIR(beta=1.0), population, ["4"], n=70).final_sizes == 1).all()
        assert (run(SI(beta=1.0), population, ["4"], n=70).final_sizes == 1).all()


def test_a_trace_names_who_infected_whom_one_step_or_more_before():
    trace = SIR(beta=0.4, gamma=0.1).trace(
        people_with(WEIGHTED), ["0"], rng=np.random.default_rng(4)
    )
    assert trace.person.tolist() == [0, 1, 2]
    assert trace.source.tolist() == [-1, 0, 1]
    assert trace.time[0] == 0
    assert (np.diff(trace.time) >= 1).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: SIR(beta=1.2),
        lambda: SIR(gamma=-0.1),
        lambda: SI(beta=float("nan")),
        lambda: SIS(beta=0.1, gamma=0.1),
        lambda: SI(horizon=-1),
        lambda: SIR(tie_weights="heavy"),
    ],
)
def test_parameters_out_of_range_are_refused(make):
    with pytest.raises(InputError):
        make()
