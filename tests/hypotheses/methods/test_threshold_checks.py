"""Steps that nobody claims, and curves that bend without breaking."""

import numpy as np
import pytest

from smallnet.errors import InputError
from smallnet.hypotheses.methods.threshold import GroupCurve, step_at
from smallnet.hypotheses.methods.threshold_checks import bend, placebo_steps

AT = (8, 15, 30, 60)


def draw_curve(rng, shape, n_groups=80, sd=0.5, noise=0.2):
    """Log rates of groups, each seen with a noise of its own."""
    size = np.clip(np.round(np.exp(rng.normal(3.2, 1.0, n_groups))), 3, 300)
    errors = rng.uniform(0.5, 1.5, n_groups) * noise
    seen = shape(size) + rng.normal(0, sd, n_groups) + rng.normal(0, errors)
    return GroupCurve.of(size, np.diag(errors**-2), seen * errors**-2)


def test_where_there_is_no_step_any_placebo_is_found_at_the_level():
    worlds, alone, together, bends = 100, 0, 0, 0
    for rng in np.random.default_rng(1).spawn(worlds):
        curve = draw_curve(rng, lambda n: -0.3 * np.log2(n))
        table = placebo_steps(curve, AT, draws=99, rng=rng)
        alone += table["p_value"][2] < 0.05
        together += table["p_adjusted"].min() <= 0.05
        bends += bend(curve).p_value < 0.05
    for alarms in (alone, together, bends):
        assert abs(alarms / worlds - 0.05) < 3.5 * np.sqrt(0.05 * 0.95 / worlds) + 0.01


def test_a_step_is_largest_where_it_was_planted_and_its_interval_is_that_of_step_at():
    rng = np.random.default_rng(2)
    curve = draw_curve(rng, lambda n: np.log(0.3) * (n >= 30), n_groups=150)
    table = placebo_steps(curve, AT, draws=199, rng=rng)
    assert table["log_ratio"].abs().idxmax() == 2
    assert table["p_adjusted"][2] <= 0.05
    assert (table["below"] + table["above"] == 150).all()
    named = step_at(curve, 30)
    assert (named.log_ratio, named.low) == pytest.approx((table["log_ratio"][2], table["low"][2]))


def test_a_planted_bend_is_covered_and_found():
    worlds, inside, found = 60, 0, 0
    for rng in np.random.default_rng(3).spawn(worlds):
        told = bend(draw_curve(rng, lambda n: -0.15 * (np.log2(n) - 4) ** 2))
        inside += told.low <= -0.15 <= told.high
        found += told.high < 0
    assert inside / worlds > 0.95 - 3.5 * np.sqrt(0.05 * 0.95 / worlds)
    assert found / worlds > 0.8


def test_sizes_without_groups_on_a_side_stay_unknown():
    rng = np.random.default_rng(4)
    curve = draw_curve(rng, lambda n: 0 * n)
    table = placebo_steps(curve, (2, 20), draws=49, rng=rng)
    assert np.isnan(table["p_adjusted"][0])
    assert table["p_adjusted"][1] > 0
    with pytest.raises(InputError, match="on either side"):
        placebo_steps(curve, (2,), draws=49, rng=rng)
    with pytest.raises(InputError, match="1 sizes of 5 groups"):
        bend(GroupCurve.of(np.full(5, 9.0), np.eye(5), np.arange(5.0)))
