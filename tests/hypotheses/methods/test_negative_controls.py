"""Estimates held against what cannot be an effect."""

import numpy as np
import pytest
from scipy import optimize, stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.negative_controls import beyond_control, systematic_error


def test_a_bias_that_both_share_falls_out_and_is_seen_in_the_control():
    rng, worlds = np.random.default_rng(1), 800
    alarms, seen, inside = 0, 0, 0
    for _ in range(worlds):
        both = rng.multivariate_normal([0.3, 0.3], [[0.01, 0.005], [0.005, 0.01]])
        test = beyond_control(both[0], 0.1, both[1], 0.1, correlation=0.5)
        alarms += test.p_value < 0.05
        seen += test.p_control < 0.05
        inside += test.low <= 0 <= test.high
    assert abs(alarms / worlds - 0.05) < 4 * np.sqrt(0.05 * 0.95 / worlds)
    assert inside == worlds - alarms
    power = stats.norm.sf(1.96 - 3)
    assert abs(seen / worlds - power) < 4 * np.sqrt(power * (1 - power) / worlds)


def test_the_law_of_systematic_error_maximises_the_restricted_likelihood():
    rng = np.random.default_rng(2)
    values, errors = rng.normal(0.2, 0.3, 12), rng.uniform(0.05, 0.2, 12)
    law = systematic_error(values, errors)

    def slow(theta):
        whole = np.diag(theta[0] ** 2 + errors**2)
        ones = np.ones((12, 1))
        inner = ones.T @ np.linalg.inv(whole) @ ones
        mean = np.linalg.solve(inner, ones.T @ np.linalg.inv(whole) @ values)[0]
        rest = values - mean
        return 0.5 * (
            np.linalg.slogdet(whole)[1]
            + np.linalg.slogdet(inner)[1]
            + rest @ np.linalg.inv(whole) @ rest
        )

    tau = optimize.minimize(slow, [0.3], method="Nelder-Mead", options={"xatol": 1e-8}).x[0]
    weight = 1 / (tau**2 + errors**2)
    assert law.mean == pytest.approx((weight * values).sum() / weight.sum(), abs=1e-4)
    assert law.sd == pytest.approx(np.sqrt(tau**2 + 1 / weight.sum()), abs=1e-4)


@pytest.mark.parametrize("controls", [5, 20])
def test_calibrated_p_keeps_its_level_where_designs_are_biased(controls):
    rng, worlds = np.random.default_rng(3), 400
    naive, alarms, covered = 0, 0, 0
    for _ in range(worlds):
        errors = rng.uniform(0.05, 0.15, controls + 1)
        values = rng.normal(0.1, np.hypot(0.15, errors))
        law = systematic_error(values[1:], errors[1:])
        alarms += law.p_value(values[0], errors[0]) < 0.05
        low, high = law.interval(values[0], errors[0])
        covered += low <= 0 <= high
        naive += abs(values[0] / errors[0]) > 1.96
    assert naive / worlds > 0.25
    assert covered == worlds - alarms
    # t in place of the unknown variance's own law: within .02 of nominal
    assert abs(alarms / worlds - 0.05) < 4 * np.sqrt(0.05 * 0.95 / worlds) + 0.02


def test_controls_that_agree_leave_no_systematic_spread():
    law = systematic_error([0.01, -0.01, 0.0, 0.0], [0.2] * 4)
    assert law.mean == pytest.approx(0.0, abs=1e-12)
    assert law.sd == pytest.approx(0.1, abs=1e-6)


def test_what_is_no_control_is_refused():
    with pytest.raises(InputError, match="at least 3"):
        systematic_error([0.1, 0.2], [0.1, 0.1])
    with pytest.raises(InputError, match="errors above 0"):
        systematic_error([0.1, 0.2, 0.3], [0.1, 0.1, 0.0])
    with pytest.raises(InputError, match="correlation"):
        beyond_control(0.1, 0.1, 0.1, 0.1, correlation=1.0)
