"""Breaks in a curve over groups: found where they are, and not where they are not."""

import numpy as np
import pytest
from scipy import stats
from size_worlds import assert_share, draw_counts

from smallnet.errors import InputError
from smallnet.hypotheses.methods.mixed_poisson import fit_mixed_poisson
from smallnet.hypotheses.methods.threshold import (
    GroupCurve,
    break_test,
    held_out,
    power_of_break_test,
    step_at,
)


def step(size, ratio=0.4, at=30):
    return np.log(ratio) * (size >= at)


def kink(size, ratio=0.4, at=30):
    return np.log(ratio) * np.maximum(np.log2(size / at), 0)


def seen_curve(rng, curve, n_groups=120, *, sd=0.7, noise=0.2):
    """Log rates of groups, seen each with its own error; only their differences are known."""
    size = np.clip(np.round(np.exp(rng.normal(2.9, 1.0, n_groups))), 3, 300)
    precision = rng.gamma(2.0, 0.5, n_groups) / noise**2
    theta = curve(size) + rng.normal(0, sd, n_groups) + rng.normal(0, precision**-0.5)
    total = precision.sum()
    matrix = np.diag(precision) - np.outer(precision, precision) / total  # the level is not known
    return GroupCurve.of(size, matrix, matrix @ theta)


def fitted_curve(rng, curve, n_groups=60, **options):
    y, days, person, group, size = draw_counts(rng, curve, n_groups, **options)
    model = fit_mixed_poisson(y, days, person, group, np.log2(size)[group])
    return model, GroupCurve.of_model(model, size, prior_sd=())


def test_the_log_linear_curve_is_that_of_the_fitted_model():
    model, curve = fitted_curve(np.random.default_rng(1), lambda n: -0.3 * np.log2(n))
    found = break_test(curve, rng=np.random.default_rng(1), draws=19)
    low, high = model.conf_int()[0]
    assert found.slope.log_ratio == pytest.approx(model.beta[0], abs=0.02)
    assert found.slope.high - found.slope.low == pytest.approx(high - low, rel=0.05)
    assert found.variance == pytest.approx(model.variance, rel=0.1)


def test_a_clear_step_is_found_where_it_is():
    curve = seen_curve(np.random.default_rng(2), lambda n: step(n, 0.1), 200)
    found = break_test(curve, rng=np.random.default_rng(2))
    assert found.p_any_break <= 0.002
    assert found.shape == "step"
    assert 24 <= found.low < 30 <= found.high <= 36
    assert np.exp(found.across.log_ratio) == pytest.approx(0.1, abs=0.06)
    named = step_at(curve, 30)
    assert named.low < np.log(0.1) < named.high < 0


def test_a_clear_kink_is_told_from_a_step():
    curve = seen_curve(np.random.default_rng(3), lambda n: kink(n, 0.15), 200)
    found = break_test(curve, rng=np.random.default_rng(3))
    assert found.shape == "kink"
    assert found.across.log_ratio < 0
    assert found.low < 30 <= found.high


def test_one_more_doubling_everywhere_moves_the_break_by_one():
    rng = np.random.default_rng(4)
    curve = seen_curve(rng, lambda n: step(n, 0.2))
    doubled = GroupCurve.of(2 * curve.size, curve.precision, curve.pull)
    one, two = (break_test(c, rng=np.random.default_rng(1), draws=99) for c in (curve, doubled))
    assert two.at == pytest.approx(2 * one.at, rel=0.06)  # between whole members
    assert two.p_any_break == one.p_any_break


def test_the_interval_across_the_break_leaves_out_one_just_when_p_is_small():
    agree = []
    for rng in np.random.default_rng(5).spawn(40):
        curve = seen_curve(rng, lambda n: step(n, 0.55), 60)
        found = break_test(curve, rng=rng, draws=199)
        best = max(found.step.max(), found.kink.max())
        agree.append((best > found.critical) == (found.p_any_break < 0.05))
    assert np.mean(agree) > 0.95  # the +1 of p-values is all that may differ


def test_held_out_groups_are_foretold_best_by_the_true_curve():
    rng = np.random.default_rng(6)
    broken = held_out(seen_curve(rng, lambda n: step(n, 0.1), 200), rng=rng)
    assert broken["step"] > 5
    assert broken["step"] > broken["smooth"]
    straight = held_out(seen_curve(rng, lambda n: -0.8 * np.log2(n), 200), rng=rng)
    assert straight["flat"] < -5
    assert straight["step"] < 0


def test_power_grows_with_the_drop_and_is_alpha_without_one():
    rng = np.random.default_rng(7)
    curve = seen_curve(rng, lambda n: 0 * n)
    found = break_test(curve, rng=rng, draws=1999)
    power = [power_of_break_test(curve, found, at=30, ratio=r, rng=rng) for r in (1.0, 0.6, 0.3)]
    assert_share(power[0], 0.05, 400)
    assert power[0] < power[1] < power[2]


def test_groups_of_one_size_have_no_break():
    size = np.full(20, 12.0)
    with pytest.raises(InputError, match="leave 0 sizes to break at"):
        break_test(GroupCurve.of(size, np.eye(20), np.zeros(20)), rng=np.random.default_rng(1))


def test_a_step_with_nobody_on_a_side_is_not_known():
    curve = seen_curve(np.random.default_rng(8), lambda n: 0 * n)
    assert step_at(curve, 10_000) is None


@pytest.mark.calibration
@pytest.mark.parametrize("n_groups", [30, 120])
def test_without_a_break_the_p_value_is_uniform(n_groups):
    worlds, tried = 300, []
    for rng in np.random.default_rng(9).spawn(worlds):
        curve = seen_curve(rng, lambda n: -0.4 * np.log2(n), n_groups)
        tried.append(break_test(curve, rng=rng, draws=99).p_any_break)
    p_values = np.array(tried)
    # 99 draws make steps of .01 in p
    assert stats.kstest(p_values - 0.005, "uniform").pvalue > 0.001
    assert (p_values <= 0.05).mean() < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / worlds)


@pytest.mark.calibration
@pytest.mark.parametrize("options", [{}, {"base": 0.01}, {"law": "t3"}, {"law": "gamma"}])
def test_without_a_break_counts_of_people_raise_no_more_alarms_than_they_may(options):
    worlds, tried = 100, []
    for rng in np.random.default_rng(10).spawn(worlds):
        _, curve = fitted_curve(rng, lambda n: -0.4 * np.log2(n), 50, **options)
        tried.append(break_test(curve, rng=rng, draws=99).p_any_break)
    alarms = (np.array(tried) <= 0.05).mean()
    assert alarms < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / worlds)


@pytest.mark.calibration
@pytest.mark.parametrize("curve", [step, kink])
def test_the_interval_of_the_break_covers_under_step_and_kink(curve):
    worlds, inside, power = 150, [], []
    for rng in np.random.default_rng(11).spawn(worlds):
        found = break_test(seen_curve(rng, curve, 150), rng=rng, draws=99)
        inside.append(found.low < 30 <= found.high)
        power.append(found.p_any_break <= 0.05)
    assert np.mean(inside) > 0.95 - 3.5 * np.sqrt(0.95 * 0.05 / worlds)
    assert np.mean(power) > 0.6
