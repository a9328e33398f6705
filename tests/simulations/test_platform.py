"""A platform checks its parameters, and the same seed gives the same world."""

import datetime as dtm

import numpy as np
import pandas as pd
import pytest

from smallnet.errors import InputError, UnknownNameError
from smallnet.simulations import Platform
from smallnet.simulations.build import DEFAULT_TABLES, TABLES
from smallnet.simulations.rosters import draw_liveliness

SMALL = Platform(people=80, groups=15, days=30.0)


def assert_same(one, other):
    assert sorted(one) == sorted(other)
    for name in one:
        pd.testing.assert_frame_equal(one[name], other[name])


def test_the_same_seed_gives_the_same_world():
    platform = SMALL.change(friends_per_day=0.02, friends_ratio=0.8, bots=3, death_share=0.3)
    one = platform.generate(rng=np.random.default_rng(5))
    two = platform.generate(rng=np.random.default_rng(5))
    assert_same(one.frames, two.frames)
    assert one.truth == two.truth
    assert one.study == two.study


def test_another_seed_gives_another_world():
    one = SMALL.generate(rng=np.random.default_rng(5))
    two = SMALL.generate(rng=np.random.default_rng(6))
    assert not one.frames["memberships"].equals(two.frames["memberships"])


def test_one_generator_gives_a_new_world_each_time():
    rng = np.random.default_rng(5)
    one, two = SMALL.generate(rng=rng), SMALL.generate(rng=rng)
    assert not one.frames["memberships"].equals(two.frames["memberships"])


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_the_same_whichever_others_are_made(name):
    whole = SMALL.generate(rng=np.random.default_rng(7), tables=TABLES)
    alone = SMALL.generate(rng=np.random.default_rng(7), tables=[name])
    assert list(alone.frames) == [name]
    pd.testing.assert_frame_equal(alone.frames[name], whole.frames[name])


def test_the_menu_is_made_only_when_asked_for():
    world = SMALL.generate(rng=np.random.default_rng(7))
    assert sorted(world.frames) == sorted(DEFAULT_TABLES)
    assert "opportunities" not in world.frames


def test_an_unknown_table_is_named():
    with pytest.raises(UnknownNameError, match="'messages'"):
        SMALL.generate(rng=np.random.default_rng(7), tables=["messages"])


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("people", 1),
        ("people", 10.5),
        ("groups", 0),
        ("days", 0.5),
        ("days", float("nan")),
        ("size_effect", 0.0),
        ("size_effect_within", -1.0),
        ("break_ratio", float("inf")),
        ("friends_ratio", -0.1),
        ("muted_share", 1.1),
        ("private_share", -0.1),
        ("private_varies", 1.0),
        ("talk_sd", -1.0),
        ("talk_sd", float("nan")),
        ("liveliness_law", "cauchy"),
        ("bots", -1),
        ("size_min", 400),
        ("starts", dtm.datetime(2024, 1, 1, tzinfo=dtm.UTC)),
        ("starts", "2024-01-01"),
    ],
)
def test_a_parameter_out_of_range_is_named_with_its_value(parameter, value):
    with pytest.raises(InputError, match=f"{parameter} is .*expected"):
        Platform(**{parameter: value})


def test_two_effects_of_size_at_once_are_refused():
    with pytest.raises(InputError, match="total_fixed"):
        Platform(total_fixed=True, size_effect=0.8)


def test_a_change_of_an_unknown_parameter_is_refused():
    with pytest.raises(UnknownNameError, match="'colour'"):
        SMALL.change(colour="red")


@pytest.mark.parametrize(("law", "variance"), [("normal", np.expm1(0.8**2)), ("gamma", 0.8**2)])
def test_liveliness_has_mean_one_and_the_variance_of_its_law(law, variance):
    n = 200_000
    drawn = draw_liveliness(law, 0.8, n, rng=np.random.default_rng(2))
    spread = np.sqrt(variance / n)
    assert abs(drawn.mean() - 1.0) < 4.5 * spread
    fourth = ((drawn - 1.0) ** 2).std() / np.sqrt(n)
    assert abs(drawn.var() - variance) < 4.5 * fourth


def test_heavy_tailed_liveliness_has_log_variance_below_the_uncut_law():
    drawn = np.log(draw_liveliness("t3", 0.8, 100_000, rng=np.random.default_rng(2)))
    assert drawn.max() <= 3.0
    assert 0.6 * 0.8**2 < drawn.var() < 0.8**2  # the cut takes the far tails
    standard = (drawn - drawn.mean()) / drawn.std()
    assert (standard**4).mean() > 5.0  # a normal has 3


@pytest.mark.parametrize("law", ["normal", "gamma", "t3"])
def test_no_spread_makes_all_groups_alike(law):
    assert (draw_liveliness(law, 0.0, 5, rng=np.random.default_rng(1)) == 1.0).all()


@pytest.mark.parametrize(
    "platform",
    [
        Platform(people=4, groups=1, days=1.0, size_min=1),
        SMALL.change(messages_per_day=0.0, private_per_day=0.0, bots=0, system_messages=False),
        SMALL.change(friends_per_person=0.0),
        SMALL.change(shares_per_person=0.0),
        SMALL.change(joins_per_day=0.0, leaves_per_day=0.0),
        SMALL.change(size_sd=0.0, size_median=10.0),
        SMALL.change(muted_share=1.0, private_share=0.0, closed_share=1.0, born_share=1.0),
        SMALL.change(leaves_per_day=5.0, joins_per_day=0.5),
    ],
)
def test_an_extreme_platform_still_makes_tables(platform):
    world = platform.generate(rng=np.random.default_rng(1), tables=TABLES)
    dataset = world.dataset()
    assert dataset.rows["people"] == platform.people + platform.bots
    for name, rows in world.truth["counts"].items():
        assert dataset.rows[name] == rows
