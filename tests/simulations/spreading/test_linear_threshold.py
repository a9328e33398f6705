"""Linear thresholds against the enumeration of live ties."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from small_worlds import adjacency, assert_mean, complete, people_with, run

from smallnet.errors import InputError
from smallnet.simulations.spreading import LinearThreshold
from smallnet.simulations.theory import exact_spread_lt

BRIDGE = [(0, 1), (0, 2), (1, 2), (2, 3), (3, 4), (3, 5), (4, 5)]
UNEQUAL = [(0, 1, 3.0), (1, 2, 1.0), (2, 0, 0.5), (2, 3, 2.0), (3, 0, 1.0), (1, 3, 0.25), (3, 1, 1)]


def shares(population):
    """Influence of row on column: tie strength over all that leads to the column."""
    strength = adjacency(population).toarray()
    total = strength.sum(axis=0)
    return csr_array(np.divide(strength, total, out=np.zeros_like(strength), where=total > 0))


def test_the_triangle_gives_two_and_a_half():
    assert_mean(run(LinearThreshold(), people_with(complete(3)), ["0"]).final_sizes, 2.5)


@pytest.mark.parametrize("seeds", [[0], [2], [0, 5], [1, 4]])
def test_equal_ties_meet_the_enumeration(seeds):
    population = people_with(BRIDGE)
    spread = run(LinearThreshold(), population, [str(s) for s in seeds])
    assert_mean(spread.final_sizes, exact_spread_lt(shares(population), seeds))


@pytest.mark.parametrize("seeds", [[0], [1], [2], [3], [0, 2]])
def test_unequal_ties_meet_the_enumeration(seeds):
    population = people_with(UNEQUAL, directed=True)
    spread = run(LinearThreshold(), population, [str(s) for s in seeds])
    assert_mean(spread.final_sizes, exact_spread_lt(shares(population), seeds))


def test_ignoring_strengths_is_taking_them_as_equal():
    flat = people_with([(a, b) for a, b, _ in UNEQUAL], directed=True)
    spread = run(LinearThreshold(tie_weights="ignore"), people_with(UNEQUAL, directed=True), ["0"])
    assert (spread.final_sizes == run(LinearThreshold(), flat, ["0"]).final_sizes).all()


@pytest.mark.parametrize("strengths", [(1.0, 1.0), (1.0, 2.0)])
def test_who_listens_only_to_adopters_adopts(strengths):
    ties = [(0, 2, strengths[0]), (1, 2, strengths[1])]
    spread = run(LinearThreshold(), people_with(ties, directed=True), ["0", "1"], n=600)
    assert (spread.final_sizes == 3).all()


def test_more_replicates_than_marks_do_not_mix():
    population = people_with(UNEQUAL, directed=True)
    model = LinearThreshold()
    spread = run(model, population, ["0"], n=700)
    again = model.prepare(population, population.seeds(["0"]))
    from smallnet.simulations.spreading.kernels.stream import stream_keys

    at_once = again.run(stream_keys(np.random.default_rng(1), 700))
    assert (spread.final_sizes == at_once.final_sizes).all()


def test_ties_of_no_strength_and_isolated_people_do_nothing():
    population = people_with([(0, 1, 0.0), (2, 1, 1.0)], directed=True, n=4)
    assert (run(LinearThreshold(), population, ["0", "3"], n=100).final_sizes == 2).all()


def test_the_source_is_an_adopter_of_the_step_before():
    population = people_with(BRIDGE)
    for i in range(50):
        trace = LinearThreshold().trace(population, ["0"], rng=np.random.default_rng(i))
        when = dict(zip(trace.person, trace.time, strict=True))
        passed = trace.source >= 0
        assert (trace.time[~passed] == 0).all()
        before = np.array([when[s] for s in trace.source[passed]])
        assert (before == trace.time[passed] - 1).all()


def test_another_word_for_weights_is_refused():
    with pytest.raises(InputError, match="tie_weights"):
        LinearThreshold(tie_weights="heavy")
