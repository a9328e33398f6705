"""Shares in groups against the chain of one group, percolation and exact counts."""

import pytest
from group_worlds import distance, one_group, sizes_of
from scipy.stats import chi2

from smallnet.simulations.spreading import ShareInGroups
from smallnet.simulations.theory import reed_frost


@pytest.mark.parametrize("remember", [False, True])
@pytest.mark.parametrize(
    ("susceptible", "introduced", "escape"), [(3, 1, 0.5), (4, 1, 0.8), (5, 2, 0.9)]
)
def test_one_share_each_in_one_group_is_reed_and_frost(susceptible, introduced, escape, remember):
    world = one_group(susceptible + introduced)
    model = ShareInGroups(acceptance=1 - escape, reinforcement=1 + 1e-12 * remember)
    sizes = sizes_of(model, world, list(range(introduced)))
    far, free = distance(sizes, reed_frost(susceptible, introduced, escape))
    assert far < chi2.ppf(1 - 1e-5, free)
