"""Group contagion against the chain of one group and the equations of many."""

import numpy as np
import pytest
from group_worlds import distance, grouped, one_group, sizes_of
from scipy.stats import chi2

from smallnet.errors import InputError
from smallnet.simulations.spreading import GroupContagion
from smallnet.simulations.theory import reed_frost


def chain(escape, **more):
    return GroupContagion(lam=-np.log(escape), kind="SIR", recovery=np.inf, dt=1.0, **more)


@pytest.mark.parametrize(
    ("susceptible", "introduced", "escape"), [(2, 1, 0.5), (3, 1, 0.5), (4, 1, 0.8), (5, 2, 0.9)]
)
def test_one_group_is_the_chain_of_reed_and_frost(susceptible, introduced, escape):
    world = one_group(susceptible + introduced)
    sizes = sizes_of(chain(escape), world, list(range(introduced)))
    far, free = distance(sizes, reed_frost(susceptible, introduced, escape))
    assert far < chi2.ppf(1 - 1e-5, free)


def test_seeds_alone_stay_alone_where_nobody_is_in_their_group():
    world = grouped([[0], [1, 2]], 4)
    spread = GroupContagion(lam=5.0, kind="SIR").simulate(
        world, [0, 3], rng=np.random.default_rng(1), replicates=50
    )
    assert (spread.final_sizes == 2).all()


def test_bad_parameters_are_refused():
    for bad in (
        {"lam": -0.1},
        {"lam": np.nan},
        {"nu": np.inf},
        {"recovery": -1},
        {"kind": "SEIR"},
        {"dt": 0.3},
        {"dt": 0},
        {"until": 0},
        {"broadcast": {"at": 3}},
    ):
        with pytest.raises(InputError):
            GroupContagion(**bad)
