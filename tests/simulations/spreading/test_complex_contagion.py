"""Complex contagion: worked values, thresholds at their limits, and the theory's own rounds."""

import networkx as nx
import numpy as np
import pytest
from small_worlds import adjacency, complete, people_with, ring, run

from smallnet.errors import InputError
from smallnet.simulations.spreading import ComplexContagion
from smallnet.simulations.theory import complex_contagion, watts_window

CAVES = [(a, b) for a, b in nx.connected_caveman_graph(10, 5).edges]
WORKED = [  # ties, seeds, threshold, size, steps
    (ring(100, 4), [0, 1], 2, 100, 49),
    (ring(100, 4), [0, 50], 2, 2, 0),
    (ring(100, 4), [0, 1, 2], 3, 3, 0),
    (ring(100, 2), [0, 1], 2, 2, 0),
    (CAVES, [0, 1], 1, 50, 10),
    (CAVES, [0, 1], 2, 5, 1),
]


@pytest.mark.parametrize(("ties", "seeds", "threshold", "size", "steps"), WORKED)
def test_worked_values_are_met(ties, seeds, threshold, size, steps):
    model = ComplexContagion(threshold=threshold)
    trace = model.trace(people_with(ties), [str(s) for s in seeds], rng=np.random.default_rng(1))
    assert len(trace.person) == size
    assert trace.time.max() == steps


@pytest.mark.parametrize("kind", ["absolute", "fractional"])
def test_every_adoption_is_in_the_round_of_the_theory(kind):
    rng = np.random.default_rng(7)
    ends = np.unique(np.sort(rng.integers(0, 120, (400, 2)), axis=1), axis=0)
    ends = ends[ends[:, 0] != ends[:, 1]]
    ties = [(a, b, float(rng.integers(1, 4))) for a, b in ends.tolist()]
    population = people_with(ties, n=120)
    threshold = 4.0 if kind == "absolute" else 0.3
    seeds = list(range(0, 120, 8))
    model = ComplexContagion(threshold=threshold, kind=kind)
    trace = model.trace(population, [str(s) for s in seeds], rng=rng)
    theory = complex_contagion(
        adjacency(population), seeds, threshold, fraction=kind == "fractional"
    )
    adopted_at = np.full(120, np.inf)
    adopted_at[trace.person] = trace.time
    assert theory.size > len(seeds)
    assert (adopted_at == theory.adopted_at).all()


def test_a_single_seed_goes_global_inside_the_window_of_watts_and_not_outside():
    n, rng = 4000, np.random.default_rng(11)
    low, high = watts_window(0.18).low, watts_window(0.18).high
    reached = {}
    for degree in (0.5 * low, 0.5 * (low + high), 2.5 * high):
        ends = rng.integers(0, n, (int(n * degree / 2), 2))
        ends = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0)
        population = people_with([(a, b) for a, b in ends.tolist()], n=n)
        model = ComplexContagion(threshold=0.18, kind="fractional")
        sizes = [
            run(model, population, [str(s)], n=1).final_sizes[0] for s in rng.integers(0, n, 30)
        ]
        reached[degree] = max(sizes) / n
    below, inside, above = reached.values()
    assert below < 0.05
    assert inside > 0.8
    assert above < 0.05


def test_all_replicates_are_the_same_and_the_curve_counts_adopters():
    spread = run(ComplexContagion(threshold=2), people_with(ring(10, 4)), ["0", "1"], n=70)
    assert (spread.final_sizes == 10).all()
    assert (spread.curves == spread.curves[0]).all()
    assert spread.curves[0, :6].tolist() == [2, 4, 6, 8, 10, 10]


@pytest.mark.parametrize("kind", ["absolute", "fractional"])
def test_at_threshold_zero_everybody_adopts_in_the_first_step(kind):
    spread = run(ComplexContagion(threshold=0, kind=kind), people_with([(0, 1)], n=5), ["0"], n=3)
    assert spread.curves[0, :3].tolist() == [1, 5, 5]


def test_people_without_ties_adopt_at_no_threshold_above_zero():
    population = people_with(complete(3), n=5)
    for kind, threshold in (("absolute", 0.5), ("fractional", 0.01)):
        spread = run(ComplexContagion(threshold=threshold, kind=kind), population, ["0"], n=1)
        assert spread.final_sizes[0] == 3
    assert run(ComplexContagion(), people_with([], n=3), ["1"], n=1).final_sizes[0] == 1


def test_a_fraction_that_is_met_exactly_is_met_whatever_the_rounding():
    ties = [(i, 100) for i in range(100)]
    model = ComplexContagion(threshold=0.07, kind="fractional")
    for seeds, size in ((6, 6), (7, 8)):
        spread = run(model, people_with(ties, directed=True), [str(i) for i in range(seeds)], n=1)
        assert spread.final_sizes[0] == size


def test_strength_counts_unless_it_is_ignored():
    population = people_with([(0, 1, 3.0)])
    assert run(ComplexContagion(threshold=2), population, ["0"], n=1).final_sizes[0] == 2
    model = ComplexContagion(threshold=2, tie_weights="ignore")
    assert run(model, population, ["0"], n=1).final_sizes[0] == 1


@pytest.mark.parametrize(
    "given",
    [
        {"threshold": -1.0},
        {"threshold": float("nan")},
        {"threshold": 2.0, "kind": "fractional"},
        {"kind": "some"},
        {"tie_weights": "heavy"},
    ],
)
def test_parameters_out_of_range_are_refused(given):
    with pytest.raises(InputError):
        ComplexContagion(**given)
