"""T30 on worlds with known answers, from tables to words; its rule, branch by branch."""

import json

import numpy as np
import pytest

from smallnet.hypotheses import Result
from smallnet.hypotheses import t30_threshold as t30
from smallnet.hypotheses.methods.threshold import BreakTest, Contrast, GroupCurve
from smallnet.simulations import Platform
from smallnet.tables import Choices

TABLES = ("people", "groups", "memberships", "interactions")
WORLD = {
    "people": 480,
    "groups": 120,
    "days": 28,
    "liveliness_sd": 0.6,
    "private_per_day": 0.0,
    "reaction_share": 0.0,
    "bots": 0,
}


def study(seed, **parameters):
    rng = np.random.default_rng(seed)
    drawn = Platform(**(WORLD | parameters)).generate(rng=rng, tables=TABLES)
    return t30.test(drawn.dataset(), Choices(replicates=199), rng=rng)


@pytest.fixture(scope="module")
def broken():
    return study(1, break_at=30, break_ratio=0.25)


def test_a_step_at_thirty_is_found_and_supported(broken):
    assert broken.verdict == "supported"
    assert broken.details["shape"] == "step"
    assert broken.details["contains_small_group"] is True
    assert 15 <= broken.ci_low < 30 <= broken.ci_high <= 60
    ratio = broken.details["rate_ratio_at_small_group"]
    assert ratio["ci_low"] < 0.25 < ratio["ci_high"] < 1
    assert broken.details["held_out"]["step"] > broken.details["held_out"]["flat"]


def test_the_result_survives_json_and_the_figure_is_drawn_from_it_alone(broken):
    again = Result.from_dict(json.loads(json.dumps(broken.to_dict(), allow_nan=False)))
    ax = t30.plot(again, lang="zh")
    assert ax.get_xscale() == "log"
    figure = again.details["figure"]
    assert sum(len(v) for v in figure.values() if isinstance(v, list)) < 4 * 500


def test_a_step_elsewhere_contradicts_thirty():
    result = study(2, break_at=10, break_ratio=0.15)
    assert result.verdict == "contradicted"
    assert "30 members lies outside" in result.reason
    assert result.details["contains_small_group"] is False


def test_a_slope_without_a_break_is_no_threshold():
    result = study(5, size_effect=0.6)
    assert result.verdict == "inconclusive"
    assert result.estimate is None
    assert result.details["shape"] == "smooth"
    assert "would be found with probability" in result.reason


def test_few_groups_are_not_enough_to_look():
    result = study(4, groups=8, people=60)
    assert result.verdict == "inconclusive"
    assert "too few or too alike" in result.reason
    assert result.details["p_any_break"] is None
    assert t30.plot(result).get_xlabel()


def judged(p=0.001, at=30.0, low=24.0, high=36.0, ratio=0.4, size=None, slope=(-0.3, 0.1), **named):
    size = np.array([20.0, 26, 28, 31, 34, 50]) if size is None else np.array(size)
    curve = GroupCurve.of(size, np.eye(size.size), np.zeros(size.size))
    log_ratio = np.log(ratio)
    found = BreakTest(
        p_any_break=p,
        critical=8.0,
        breaks=np.array([at]),
        step=np.array([9.0]),
        kink=np.array([1.0]),
        shape="step",
        at=at,
        low=low,
        high=high,
        across=Contrast(log_ratio=log_ratio, low=log_ratio - 0.2, high=log_ratio + 0.2, p_value=p),
        slope=Contrast(log_ratio=np.mean(slope), low=slope[0], high=slope[1], p_value=0.5),
        variance=0.5,
    )
    step = Contrast(log_ratio=0.0, low=named.get("low_step", -1.0), high=1.0, p_value=0.9)
    return t30._judge(curve, found, step, 0.5, Choices())[0]


def test_the_rule_branch_by_branch():
    assert judged() == "supported"
    assert judged(ratio=2.0) == "contradicted"  # a rise
    assert judged(at=45, low=36, high=50) == "contradicted"  # elsewhere
    assert judged(at=27, low=6, high=50) == "inconclusive"  # says nothing
    assert judged(low=12, high=40) == "inconclusive"
    assert judged(size=[20, 26, 28, 40]) == "inconclusive"  # nobody from 30 on inside
    assert judged(p=0.2) == "inconclusive"
    assert judged(p=0.2, slope=(-0.05, 0.05)) == "inconclusive"  # a halving at 30 may be
    assert judged(p=0.2, slope=(-0.05, 0.05), low_step=-0.3) == "no effect"


@pytest.mark.calibration
def test_a_step_is_found_with_power_and_its_interval_covers():
    worlds = 16
    found = [study(100 + i, break_at=30, break_ratio=0.3) for i in range(worlds)]
    seen = [r for r in found if r.estimate is not None]
    assert len(seen) > 0.6 * worlds
    inside = [r.ci_low < 30 <= r.ci_high for r in seen]
    assert np.mean(inside) > 0.95 - 3.5 * np.sqrt(0.95 * 0.05 / len(seen))
    assert np.mean([r.verdict == "supported" for r in found]) > 0.4
    assert not [r for r in found if r.verdict == "no effect"]
