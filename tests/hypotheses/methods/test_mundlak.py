"""A covariate split into what moves inside a group and what differs between groups."""

import numpy as np
import pytest

from smallnet.errors import InputError
from smallnet.hypotheses.methods.mixed_poisson import fit_mixed_poisson
from smallnet.hypotheses.methods.mundlak import mundlak_split


def test_the_parts_add_up_and_means_are_weighted():
    x, group = np.array([[1.0, 0.0], [4.0, 6.0], [5.0, 2.0]]), ["a", "a", "b"]
    within, between = mundlak_split(x, group, weight=[2.0, 1.0, 0.0])
    np.testing.assert_allclose(within + between, x)
    np.testing.assert_allclose(between, [[2.0, 2.0], [2.0, 2.0], [5.0, 2.0]])
    one, _ = mundlak_split(x[:, 0], group)
    assert one.shape == (3,)


def lively_and_friendly(rng, n_groups=80):
    """Leaving, where friendly groups are left less for reasons that are not friends."""
    size = np.full(n_groups, 8)
    group = np.repeat(np.arange(n_groups), size)
    mood = rng.normal(0, 0.8, n_groups)
    friends = rng.poisson(np.exp(0.3 + 0.8 * mood)[group]).astype(float)
    days = rng.uniform(10, 50, group.size)
    return rng.poisson(days * 0.02 * np.exp(-mood[group])).astype(float), days, group, friends


def test_friends_that_do_nothing_are_found_to_do_nothing_once_split():
    worlds, naive, inside = 30, 0, 0
    for rng in np.random.default_rng(1).spawn(worlds):
        y, days, group, friends = lively_and_friendly(rng)
        whole = np.zeros(group.size, dtype=int)
        one = fit_mixed_poisson(y, days, whole, group, friends)
        naive += not one.conf_int()[0, 0] <= 0 <= one.conf_int()[0, 1]
        within, between = mundlak_split(friends, group)
        low, high = fit_mixed_poisson(
            y, days, whole, group, np.column_stack([within, between])
        ).conf_int()[0]
        inside += low <= 0 <= high
    assert naive / worlds > 0.3
    assert inside / worlds > 0.95 - 3.5 * np.sqrt(0.05 * 0.95 / worlds)


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="as in group"):
        mundlak_split([1.0, 2.0], ["a"])
    with pytest.raises(InputError, match="at least 0"):
        mundlak_split([1.0, 2.0], ["a", "a"], weight=[1.0, -1.0])
