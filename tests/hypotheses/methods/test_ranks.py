"""Rank correlation: its interval covers, and what cannot be told is None."""

import numpy as np
import pytest

from smallnet.errors import InputError
from smallnet.hypotheses.methods.ranks import rank_correlation


def test_the_interval_holds_the_rank_correlation_of_a_normal_pair():
    # for a bivariate normal: rho_S = 6 / pi * asin(r / 2)
    worlds, n, r = 600, 40, 0.6
    rng = np.random.default_rng(1)
    truth = 6 / np.pi * np.arcsin(r / 2)
    held = 0
    for _ in range(worlds):
        x, e = rng.normal(size=(2, n))
        found = rank_correlation(x, r * x + np.sqrt(1 - r**2) * e)
        held += found.low <= truth <= found.high
    error = np.sqrt(0.95 * 0.05 / worlds)
    assert abs(held / worlds - 0.95) < 3.5 * error + 0.005  # .005: the sample's own lean


def test_any_rising_change_of_scale_leaves_it_alone():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(2, 30))
    assert rank_correlation(x, y) == rank_correlation(np.exp(x), 3 * y - 7)


def test_unknown_values_are_left_out_by_pairs():
    found = rank_correlation([1, 2, 3, 4, 5, np.nan], [2, 1, 4, 3, 5, 100])
    assert found.n == 5
    assert found.rho == pytest.approx(0.8)


def test_too_few_pairs_or_none_that_differ_give_none():
    assert rank_correlation([1, 2, 3], [3, 2, 1]) is None
    assert rank_correlation([1, 1, 1, 1], [1, 2, 3, 4]) is None


def test_unlike_lengths_are_refused():
    with pytest.raises(InputError, match="one length"):
        rank_correlation([1, 2, 3], [1, 2])
