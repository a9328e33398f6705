"""Memberships dealt anew: exact whatever the number of trades, and clumps are found."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from smallnet.errors import InputError
from smallnet.hypotheses.methods.membership_null import membership_null_test
from smallnet.networks import curveball


def overlaps(table):
    """Pairs of people who share two groups or more."""
    common = (table.T @ table).toarray()
    np.fill_diagonal(common, 0)
    return float((common >= 2).sum() / 2)


def common_squared(table):
    """Sum over pairs of people of the square of the groups they share."""
    common = (table.T @ table).toarray()
    return float((common**2).sum() - (np.diag(common) ** 2).sum())


def deal(rng, groups=8, people=20):
    return csr_array((rng.random((groups, people)) < rng.beta(1, 3, (1, people))).astype(float))


def test_sizes_and_sociability_alone_do_not_reject_even_with_too_few_trades():
    worlds, p = 150, []
    for rng in np.random.default_rng(1).spawn(worlds):
        start = curveball(deal(rng), rng=rng)  # of the null, given its margins
        p.append(
            membership_null_test(
                overlaps, start, alternative="greater", draws=19, trades=1, rng=rng
            ).p_value
        )
    share = np.mean(np.array(p) <= 0.05)
    assert share < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / worlds)
    # ties make the test shy, never bold: at every level
    for level in (0.1, 0.2, 0.5):
        bound = level + 3.5 * np.sqrt(level * (1 - level) / worlds)
        assert np.mean(np.array(p) <= level) < bound


def test_people_who_go_together_are_found():
    found = []
    for rng in np.random.default_rng(2).spawn(20):
        pairs = rng.random((12, 10)) < 0.3
        both = np.repeat(pairs, 2, axis=1)  # everybody has a friend who is where they are
        table = csr_array(both[both.any(axis=1)].astype(float))
        test = membership_null_test(common_squared, table, alternative="greater", draws=99, rng=rng)
        found.append(test.p_value)
    assert np.mean(np.array(found) <= 0.05) > 0.5


def test_two_seeds_differ_and_one_does_not():
    table = deal(np.random.default_rng(3))
    one, again, other = (
        membership_null_test(overlaps, table, draws=19, rng=np.random.default_rng(seed)).drawn
        for seed in (4, 4, 5)
    )
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_one_group_alone_is_refused():
    with pytest.raises(InputError, match="at least two"):
        membership_null_test(overlaps, csr_array(np.ones((1, 3))), rng=np.random.default_rng(1))
