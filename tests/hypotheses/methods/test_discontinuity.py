"""Jumps at a cut-off: found where planted, and neither curves nor other cut-offs make one."""

import numpy as np
import pytest
from scipy import integrate, stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.discontinuity import (
    density_test,
    discontinuity,
    placebo_cutoffs,
    plug_in_bandwidth,
)


def curved(rng, n=800, jump=0.0):
    """A curve that bends differently on either side, and rows denser to the left."""
    x = 2 * rng.beta(2, 3, n) - 1
    bend = np.where(x < 0, 1.3 * x + 2 * x**2, 0.8 * x - 2.5 * x**2 + 1.5 * x**3)
    return x, bend + jump * (x >= 0) + rng.normal(0, 0.4, n)


def test_the_constant_of_the_triangle_is_480():
    # h^5 = C2 / (4 C1), Imbens and Kalyanaraman (2012): C1 = B^2/4 with the bias constant B of a
    # line at its end, C2 its variance constant.
    m = [integrate.quad(lambda u, k=k: u**k * (1 - u), 0, 1)[0] for k in range(4)]
    det = m[0] * m[2] - m[1] ** 2
    bias = (m[2] ** 2 - m[1] * m[3]) / det
    spread = integrate.quad(lambda u: ((m[2] - m[1] * u) * (1 - u)) ** 2, 0, 1)[0] / det**2
    assert spread / bias**2 == pytest.approx(480)


def test_a_line_with_a_jump_is_read_off_exactly():
    x = np.linspace(-1, 1, 100)
    found = discontinuity(x, 3 * x + 2 * (x >= 0), 0.0, bandwidth=0.4)
    assert found.estimate == pytest.approx(2)
    assert found.corrected == pytest.approx(2)


def test_the_local_line_is_weighted_least_squares():
    import statsmodels.api as sm

    x, y = curved(np.random.default_rng(1))
    found = discontinuity(x, y, 0.0, bandwidth=0.3)
    kept = np.abs(x) < 0.3
    above = (x >= 0)[kept]
    design = np.column_stack([np.ones(kept.sum()), above, x[kept], above * x[kept]])
    peer = sm.WLS(y[kept], design, weights=1 - np.abs(x[kept]) / 0.3).fit()
    assert found.estimate == pytest.approx(peer.params[1])


def test_the_corrected_error_is_that_of_the_parabola_by_hc3():
    import statsmodels.api as sm

    x, y = curved(np.random.default_rng(2))
    found = discontinuity(x, y, 0.0, bandwidth=0.3)
    kept = np.abs(x) < 0.3
    u, above = x[kept], (x >= 0)[kept]
    design = np.column_stack([np.ones(u.size), above, u, above * u, u**2, above * u**2])
    peer = sm.WLS(y[kept], design, weights=1 - np.abs(u) / 0.3).fit(cov_type="HC3")
    assert found.corrected == pytest.approx(peer.params[1])
    assert found.standard_error == pytest.approx(peer.bse[1], rel=0.01)  # G / (G - 1)


def test_p_is_uniform_without_a_jump_and_intervals_hold_a_planted_one():
    rng, p_values, held = np.random.default_rng(3), [], 0
    for _ in range(400):
        p_values.append(discontinuity(*curved(rng), 0.0).p_value)
        found = discontinuity(*curved(rng, jump=0.6), 0.0)
        held += found.low <= 0.6 <= found.high
    assert stats.kstest(p_values, "uniform").pvalue > 1e-3
    assert stats.binomtest(held, 400, 0.95).pvalue > 1e-3


def test_a_planted_jump_is_found_where_it_is_and_not_elsewhere():
    rng = np.random.default_rng(4)
    x, y = curved(rng, 3000, jump=0.6)
    assert discontinuity(x, y, 0.0).p_value < 1e-3
    placebos = placebo_cutoffs(x, y, 0.0)
    assert (placebos["cutoff"] < 0).tolist() == [True, False]
    assert (placebos["p_value"] > 0.01).all()


def test_placebos_are_uniform():
    rng, p_values = np.random.default_rng(5), []
    for _ in range(200):
        p_values.extend(placebo_cutoffs(*curved(rng, 1200, jump=1.0), 0.0)["p_value"])
    assert stats.kstest(p_values, "uniform").pvalue > 1e-3


def test_rows_of_one_cluster_count_once():
    x, y = curved(np.random.default_rng(6))
    one = discontinuity(x, y, 0.0, bandwidth=0.4, cluster=np.arange(x.size))
    four = discontinuity(
        np.repeat(x, 4), np.repeat(y, 4), 0.0, bandwidth=0.4, cluster=np.repeat(np.arange(800), 4)
    )
    assert four.standard_error == pytest.approx(one.standard_error, rel=0.05)


def test_units_do_not_matter():
    x, y = curved(np.random.default_rng(7))
    assert plug_in_bandwidth(60 * x + 5, 9 * y, 5.0) == pytest.approx(
        60 * plug_in_bandwidth(x, y, 0)
    )


def test_the_density_test_is_honest_on_a_slope_and_finds_bunching():
    rng, alarms, found = np.random.default_rng(8), 0, 0
    for _ in range(400):
        x = 2 * rng.beta(2, 3, 1000) - 1
        alarms += density_test(x, 0.0).p_value <= 0.05
        movers = (x > 0) & (x < 0.1) & (rng.random(1000) < 0.5)
        found += density_test(np.where(movers, -x, x), 0.0).p_value <= 0.05
    assert stats.binomtest(alarms, 400, 0.05, alternative="greater").pvalue > 1e-3
    assert found > 350


def test_sizes_want_a_cutoff_between_them():
    size = np.random.default_rng(9).integers(20, 60, 2000)
    y = size + 5.0 * (size >= 40)
    assert discontinuity(size, y, 39.5, bandwidth=8).estimate == pytest.approx(5)
    for test in (lambda: discontinuity(size, y, 40), lambda: density_test(size, 40)):
        with pytest.raises(InputError, match="middle between two"):
            test()


def test_too_few_values_on_a_side_are_refused():
    with pytest.raises(InputError, match="one side has 2 different values"):
        discontinuity([1, 2, 3, 4, 5, 6], np.zeros(6), 2.5)
    with pytest.raises(InputError, match="expected bandwidth > donut"):
        discontinuity(np.arange(20), np.zeros(20), 9.5, bandwidth=1, donut=2)
