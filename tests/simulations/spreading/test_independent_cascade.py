"""Independent cascade against enumeration of all live ties."""

import numpy as np
import pytest
from small_worlds import adjacency, assert_mean, complete, people_with, ring, run

from smallnet.errors import InputError
from smallnet.networks import Network
from smallnet.simulations.spreading import IndependentCascade, Population
from smallnet.simulations.theory import exact_spread_ic

BRIDGE = [(0, 1), (0, 2), (1, 2), (2, 3), (3, 4), (3, 5), (4, 5)]
PATH = [(0, 1), (1, 2)]
STAR = [(0, 1), (0, 2), (0, 3), (0, 4)]
WORKED = [
    (PATH, 0.5, ["0"], 1.75),
    (complete(3), 0.5, ["0"], 2.25),
    (complete(4), 0.5, ["0"], 3.25),
    (ring(4, 2), 0.5, ["0"], 2.5625),
    (STAR, 0.3, ["0"], 2.2),
    (STAR, 0.3, ["1"], 1.57),
    (BRIDGE, 0.5, ["0"], 2.953125),
    (BRIDGE, 0.5, ["2"], 3.375),
    (BRIDGE, 0.5, ["0", "5"], 4.8125),
]


@pytest.mark.parametrize(("ties", "p", "seeds", "expected"), WORKED)
def test_worked_values_are_met(ties, p, seeds, expected):
    spread = run(IndependentCascade(probability=p), people_with(ties), seeds)
    assert_mean(spread.final_sizes, expected)


def test_ties_of_chances_of_their_own_meet_the_enumeration():
    rng = np.random.default_rng(5)
    ends = [(i, j) for i in range(6) for j in range(6) if i != j]
    picked = [ends[k] for k in rng.choice(len(ends), 16, replace=False)]
    chances = [1.0, 0.0, 0.9, 0.003, *rng.random(12)]
    ties = [(*pair, chance) for pair, chance in zip(picked, chances, strict=True)]
    population = people_with(ties, directed=True, n=6)
    model = IndependentCascade(tie_weights="probability")
    for seed in range(6):
        spread = run(model, population, [str(seed)])
        assert_mean(spread.final_sizes, exact_spread_ic(adjacency(population), [seed]))


def test_a_tie_of_strength_three_has_three_tries():
    spread = run(IndependentCascade(probability=0.2), people_with([(0, 1, 3.0), (0, 2)]), ["0"])
    assert_mean(spread.final_sizes, 1 + (1 - 0.8**3) + 0.2)


def test_one_tie_of_many_of_small_chance_is_met_as_often_as_it_should_be():
    ties = [(0, i, 0.9 / i**1.5) for i in range(1, 400)]
    model = IndependentCascade(tie_weights="probability")
    spread = run(model, people_with(ties, directed=True), ["0"])
    assert_mean(spread.final_sizes, 1 + sum(t[2] for t in ties))
    reached = np.zeros(400)
    star = people_with(ties[:20], directed=True)
    for i in range(2000):
        trace = model.trace(star, ["0"], rng=_rng(i))
        reached[trace.person] += 1
    chance = np.array([t[2] for t in ties[:20]])
    error = np.sqrt(chance * (1 - chance) / 2000)
    assert (abs(reached[1:21] / 2000 - chance) < 4.5 * error).all()


@pytest.mark.parametrize("tie_weights", ["per-unit", "probability"])
def test_certain_ties_reach_everybody_and_impossible_ones_nobody(tie_weights):
    for chance, size in ((1.0, 6), (0.0, 1)):
        ties = [(*pair, chance) for pair in BRIDGE] if tie_weights == "probability" else BRIDGE
        model = IndependentCascade(probability=chance, tie_weights=tie_weights)
        spread = run(model, people_with(ties), ["0"], n=200)
        assert (spread.final_sizes == size).all()


def test_isolated_people_stay_alone_and_a_network_without_ties_spreads_nothing():
    population = people_with([(0, 1)], n=4)
    assert (
        run(IndependentCascade(probability=1.0), population, ["3"], n=70).final_sizes == 1
    ).all()
    assert (
        run(IndependentCascade(), people_with([], n=3), ["0", "2"], n=70).final_sizes == 2
    ).all()


def test_with_everybody_a_seed_everybody_has_it_at_once():
    spread = run(IndependentCascade(probability=0.5), people_with(BRIDGE), list("012345"), n=10)
    assert (spread.curves == 6).all()


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan")])
def test_a_chance_outside_zero_to_one_is_refused(probability):
    with pytest.raises(InputError, match="expected a number from 0 to 1"):
        IndependentCascade(probability=probability)


def test_a_strength_above_one_is_no_chance():
    with pytest.raises(InputError, match="expected chances"):
        run(IndependentCascade(tie_weights="probability"), people_with([(0, 1, 2.0)]), ["0"], n=1)


def test_any_number_of_workers_gives_the_same_replicates():
    alone, two = (
        IndependentCascade(probability=0.5).simulate(
            people_with(BRIDGE), ["0"], rng=_rng(3), replicates=300, jobs=jobs
        )
        for jobs in (1, 2)
    )
    assert (alone.final_sizes == two.final_sizes).all()
    assert (alone.curves == two.curves).all()


def _rng(random_seed: int) -> np.random.Generator:
    return np.random.default_rng(random_seed)


def test_without_ties_even_certain_tries_reach_nobody():
    nobody = np.zeros(0, dtype=np.int64)
    people = np.array(["0", "1", "2"], dtype=object)
    none = Network.from_ends(nobody, nobody, np.zeros(0), people, directed=False, weight="acts")
    world = Population(none)
    model = IndependentCascade(probability=1.0)
    spread = model.simulate(world, ["0", "2"], rng=np.random.default_rng(1), replicates=20)
    assert (spread.final_sizes == 2).all()
