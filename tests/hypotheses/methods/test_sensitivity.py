"""Hidden bias: the bounds are those of the papers, and worlds with a hidden trait obey them."""

import numpy as np
import pytest
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.sensitivity import (
    bias_factor,
    e_value,
    rosenbaum_bounds,
    tipping_share,
)


def test_e_value_of_56_against_44_percent():
    # RR = 56/44 = 1.272727; RR + sqrt(RR (RR - 1)) = 1.861886
    assert e_value(56 / 44).estimate == pytest.approx(1.861886, abs=5e-7)
    assert e_value(44 / 56).estimate == pytest.approx(1.861886, abs=5e-7)


def test_the_limit_is_the_one_nearer_to_one_and_says_one_where_the_interval_does():
    assert e_value(2.0, 1.2, 3.0).limit == e_value(1.2).estimate
    assert e_value(0.5, 0.3, 0.8).limit == e_value(0.8).estimate
    assert e_value(2.0, 0.9, 3.0).limit == 1.0
    assert e_value(0.5, 0.3, 1.1).limit == 1.0
    assert np.isnan(e_value(2.0).limit)


def test_a_confounder_of_the_size_of_the_e_value_explains_it_exactly():
    for ratio in (1.01, 1.5, 7.0):
        size = e_value(ratio).estimate
        assert bias_factor(size, size) == pytest.approx(ratio)


def test_the_tipping_share_leaves_a_ratio_of_one():
    # Shares 0.4 and 0.1, risk times 3: (1 + 0.4 * 2) / (1 + 0.1 * 2) = 1.5, all of the ratio
    assert tipping_share(1.5, 3.0, share_others=0.1) == pytest.approx(0.4)
    assert tipping_share(1 / 1.5, 1 / 3, share_others=0.0) == pytest.approx(0.5)
    assert tipping_share(4.0, 3.0) == np.inf  # everybody with the trait gives 3, not 4


def test_at_gamma_one_the_bounds_meet_in_the_usual_tests():
    y = np.array([1.1, -0.4, 2.3, 0.7, -0.1, 1.9, 3.2, 0.6])
    rank = rosenbaum_bounds(y, [1.0])
    assert rank.p_low == rank.p_high
    assert rank.p_high[0] == pytest.approx(stats.wilcoxon(y, alternative="greater").pvalue)
    sign = rosenbaum_bounds(y, [1.0], test="sign")
    assert sign.p_high[0] == pytest.approx(stats.binomtest(6, 8, alternative="greater").pvalue)


def test_the_normal_law_is_near_the_exact_one():
    y = np.random.default_rng(1).normal(0.6, 1, 30)
    exact = rosenbaum_bounds(y, [1.0, 2.0])
    normal = rosenbaum_bounds(np.append(y, [1e-9, -1e-9]), [1.0, 2.0])  # a tie: normal
    np.testing.assert_allclose(normal.p_high, exact.p_high, atol=0.01)


def test_at_the_crossing_the_upper_bound_is_alpha():
    y = np.random.default_rng(2).normal(0.8, 1, 60)
    for test in ("sign", "signed rank"):
        crossing = rosenbaum_bounds(y, test=test).gamma_alpha
        assert crossing > 1
        assert rosenbaum_bounds(y, [crossing], test=test).p_high[0] == pytest.approx(0.05, abs=1e-4)
    assert np.isnan(rosenbaum_bounds(-y).gamma_alpha)


def test_the_upper_bound_holds_where_a_hidden_trait_chooses_the_exposed():
    # No effect; within a pair the one with the larger outcome is exposed with chance 2/3.
    rng, worlds = np.random.default_rng(3), 400
    size = np.abs(rng.standard_normal((worlds, 50)))
    y = size * np.where(rng.random((worlds, 50)) < 2 / 3, 1, -1)
    found = [rosenbaum_bounds(row, [1.0, 2.0]) for row in y]
    naive = np.mean([bounds.p_high[0] <= 0.05 for bounds in found])
    bounded = np.array([bounds.p_high[1] for bounds in found])
    assert naive > 0.5  # the usual test is fooled
    assert stats.kstest(bounded, "uniform").pvalue > 1e-3  # the worst case is met exactly


def test_what_is_no_ratio_is_refused():
    for wrong in ((-1.0,), (2.0, 2.5, 3.0), (float("nan"),)):
        with pytest.raises(InputError):
            e_value(*wrong)
    with pytest.raises(InputError, match="0 pairs differ"):
        rosenbaum_bounds([0.0, 0.0])
    with pytest.raises(InputError, match="gamma is"):
        rosenbaum_bounds([1.0], [0.5])
