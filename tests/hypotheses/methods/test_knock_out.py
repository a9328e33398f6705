"""Taking members out leaves what others say, and nothing that hangs on those who are gone."""

import itertools

import numpy as np
import pytest

from smallnet.errors import InputError
from smallnet.hypotheses import load_claim
from smallnet.hypotheses.methods.knock_out import Timeline, knock_out
from smallnet.hypotheses.methods.splines import natural_spline, quantile_knots
from smallnet.hypotheses.planted.talking_groups import dataset_of, draw_talk
from smallnet.tables import Choices


def ints(*values):
    return np.array(values, dtype=np.int64)


# members 0-2 of one row and 3-4 of another, who wrote most first; 0 asks, 1 answers, 2 answers 1,
# 2 speaks, and a stranger; in the other row 4 speaks alone
LINE = Timeline(ints(0, 3, 5), ints(0, 0, 0, 0, 0, 1), ints(0, 1, 2, 2, -1, 4),
                ints(-1, 0, 1, -1, -1, -1))  # fmt: skip


def test_what_hangs_on_those_who_are_gone_goes_too():
    found = knock_out(LINE, [1, 1], draws=4000, rng=np.random.default_rng(1))
    # without 0 only the last two are left; without 3 all that 4 said
    assert found.without_top.tolist() == [2 / 5, 1.0]
    assert found.silent_top.tolist() == [0.0, 0.0]
    # without 0, 1 or 2: two, three (0, 2, the stranger), three (0, 1, the stranger) of five
    share = np.array([2 / 5, 3 / 5, 3 / 5])
    error = share.std() / np.sqrt(4000)
    assert abs(found.without_random[0] - share.mean()) < 4 * error
    assert abs(found.silent_random[1] - 1 / 2) < 4 * 0.5 / np.sqrt(4000)


def test_nobody_gone_leaves_all_and_everybody_only_strangers():
    rng = np.random.default_rng(2)
    assert knock_out(LINE, [0, 0], draws=3, rng=rng).without_random.tolist() == [1.0, 1.0]
    found = knock_out(LINE, [3, 2], draws=3, rng=rng)
    assert found.without_random.tolist() == found.without_top.tolist() == [1 / 5, 0.0]
    assert found.silent_top.tolist() == [0.0, 1.0]
    with pytest.raises(InputError, match="take out"):
        knock_out(LINE, [4, 0], draws=3, rng=rng)


def test_s18_takes_out_the_most_active_and_as_many_at_random():
    rng = np.random.default_rng(3)
    talk = draw_talk(60, 200, window_days=15.0, windows=6, messages_per_day=2.0, rng=rng)
    dead_from = np.where(rng.random(60) < 0.5, rng.uniform(20, 60, 60), np.inf)
    result = load_claim("S18").test(dataset_of(talk, dead_from), Choices(replicates=99), rng=rng)
    found = result.details["knock_out"]
    assert found["windows"] > 50
    assert 0 < found["messages_left"]["without_the_most_active"] < 0.9
    assert found["messages_left"]["difference"]["ci_high"] < 0
    assert any("spline" in entry["name"] for entry in result.robustness)


def test_a_natural_spline_is_straight_outside_and_smooth_inside():
    knots = quantile_knots(np.arange(101.0))
    assert knots.tolist() == [5, 35, 65, 95]
    below, above = np.linspace(-50, 4.9, 9), np.linspace(95.1, 200, 9)
    for outside in (below, above):
        bends = np.diff(natural_spline(outside, knots), 2, axis=0)
        np.testing.assert_allclose(bends, 0, atol=1e-8)
    near = 1e-4
    for knot, order in itertools.product(knots, (1, 2)):
        x = knot + near * np.array([-3, -2, -1, 1, 2, 3.0])
        slopes = np.diff(natural_spline(x, knots)[:, 1:], order, axis=0)
        assert np.ptp(np.sign(slopes) * np.abs(slopes), axis=0).max() < 1e-3
    with pytest.raises(InputError, match="that rise"):
        natural_spline([1.0], [0.0, 0.0, 1.0])
