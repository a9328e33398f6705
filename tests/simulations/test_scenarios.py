"""The named worlds plant what their names say, and nothing else."""

import numpy as np
import pytest

from smallnet.errors import UnknownNameError
from smallnet.simulations import SCENARIOS, Platform, describe_scenarios, get_scenario
from smallnet.simulations.names import draw_names

NEUTRAL = {
    "size_effect": 1.0,
    "size_effect_within": None,
    "total_fixed": False,
    "break_ratio": 1.0,
    "kink_slope": 1.0,
    "sorting": 0.0,
    "newcomer_ratio": 1.0,
    "friends_ratio": 1.0,
    "friends_per_day": 0.0,
    "inside_friend_odds": 1.0,
    "small_group_odds": 1.0,
    "private_share": 0.5,
}
PLANTED = {
    "null": set(),
    "small_groups_livelier": {"size_effect"},
    "total_fixed": {"total_fixed"},
    "step_at_30": {"break_ratio"},
    "kink_at_30": {"kink_slope"},
    "step_at_80": {"break_ratio"},
    "sorting": {"sorting"},
    "growing": {"size_effect", "size_effect_within"},
    "small_groups_chosen": {"small_group_odds", "private_share"},
    "friends_retain": {"friends_ratio", "inside_friend_odds"},
    "friends_pile_up": {"friends_per_day"},
    "newcomers_leave_early": {"newcomer_ratio"},
    "walls": {"inside_friend_odds"},
    "muted": set(),
    "many_groups": set(),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_scenario_plants_only_what_it_is_named_for(name):
    platform = SCENARIOS[name]
    planted = {key for key, value in NEUTRAL.items() if getattr(platform, key) != value}
    assert planted == PLANTED[name]


def test_a_plain_platform_is_neutral():
    assert all(getattr(Platform(), key) == value for key, value in NEUTRAL.items())
    truth = Platform(people=100, groups=20).generate(rng=np.random.default_rng(1)).truth
    neutral = {"S01": 0.5, "S03": 1.0, "S05": 1.0, "T30": None, "S08": 1.0, "S15": 1.0, "S16": 1.0}
    assert {claim: truth[claim]["estimate"] for claim in neutral} == neutral
    assert truth["S05"]["total_elasticity"] == 1.0
    assert truth["T30"]["shape"] == "none"


def test_the_named_truths_are_what_the_claims_would_find():
    def truth(name):
        return SCENARIOS[name].generate(rng=np.random.default_rng(2)).truth

    assert truth("total_fixed")["S05"]["total_elasticity"] == 0.0
    assert truth("step_at_30")["T30"]["estimate"] == 30
    assert truth("step_at_30")["T30"]["contains_small_group"]
    assert not truth("step_at_80")["T30"]["contains_small_group"]
    assert truth("step_at_80")["T30"]["rate_ratio_at_small_group"] == 1.0
    assert truth("growing")["S05"]["within"] == 1.2
    assert truth("small_groups_chosen")["S03"]["estimate"] > 1.3
    assert truth("small_groups_chosen")["S01"]["estimate"] == 0.8
    assert truth("walls")["S15"]["estimate"] > 2.0
    assert truth("friends_pile_up")["S15"]["estimate"] > 1.5  # made inside, by definition
    assert truth("many_groups")["S14"]["estimate"] >= 10
    assert truth("muted")["S13"]["dead_groups"] > 0.3


def test_every_scenario_is_described_in_both_languages():
    english, chinese = describe_scenarios(), describe_scenarios("zh")
    assert list(english) == list(chinese) == list(SCENARIOS)
    for name in SCENARIOS:
        assert english[name].isascii()
        assert not chinese[name].isascii()
        assert get_scenario(name).name == name


def test_an_unknown_scenario_is_named_with_what_there_is():
    with pytest.raises(UnknownNameError, match=r"'nul'.*small_groups_livelier"):
        get_scenario("nul")


def test_names_of_groups_are_all_different_and_of_both_languages():
    names, kinds = draw_names(130, rng=np.random.default_rng(3))
    assert len(set(names)) == len(kinds) == 130
    assert {"interest", "local", "work", "event"} == set(kinds)
    assert 0.3 < np.mean([name.isascii() for name in names]) < 0.7
