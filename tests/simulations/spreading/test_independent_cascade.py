"""Independent cascade against enumeration of all live ties."""

import numpy as np
import pandas as pd
import pytest

from smallnet.networks import Network
from smallnet.simulations.spreading import IndependentCascade, Population

BRIDGE = pd.DataFrame(
    {
        "source": ["0", "0", "1", "2", "3", "3", "4"],
        "target": ["1", "2", "2", "3", "4", "5", "5"],
        "weight": 1.0,
    }
)


@pytest.fixture
def bridge() -> Population:
    return Population(Network.from_frame(BRIDGE, directed=False, weight="friendship"))


@pytest.mark.parametrize(
    ("seeds", "expected"), [(["0"], 2.953125), (["2"], 3.375), (["0", "5"], 4.8125)]
)
@pytest.mark.parametrize("per_tie", [False, True])
def test_two_triangles_and_a_bridge_are_met(bridge, seeds, expected, per_tie):
    if per_tie:
        rows = BRIDGE.assign(weight=0.5)
        network = Network.from_frame(rows, directed=False, weight="chance")
        bridge = Population(network)
    weights = "probability" if per_tie else "per-unit"
    model = IndependentCascade(probability=0.5, tie_weights=weights)
    spread = model.simulate(bridge, seeds, rng=np.random.default_rng(1), replicates=20_000)
    error = spread.final_sizes.std() / np.sqrt(spread.replicates)
    assert abs(spread.final_sizes.mean() - expected) < 4 * error


def test_any_number_of_workers_gives_the_same_replicates(bridge):
    model = IndependentCascade(probability=0.5)
    alone, two = (
        model.simulate(bridge, ["0"], rng=np.random.default_rng(3), replicates=300, jobs=jobs)
        for jobs in (1, 2)
    )
    assert (alone.final_sizes == two.final_sizes).all()
    assert (alone.curves == two.curves).all()
