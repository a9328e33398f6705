"""S03 by hand, and on platforms that planted an answer."""

import json

import numpy as np
import pandas as pd
import pytest

from smallnet.hypotheses import s03_small_targets as s03
from smallnet.hypotheses.result import Result
from smallnet.simulations import Platform
from smallnet.tables import Choices, Dataset

BEGIN, END = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-02-01")
STUDY = {"observed_from": BEGIN.to_pydatetime(), "observed_until": END.to_pydatetime()}


def members(group, n, named=(), joined=None):
    """A group of n members since before the watch, the named ones among them."""
    people = [*named, *(f"{group}{i}" for i in range(n - len(named)))]
    return pd.DataFrame({"group": group, "person": people, "joined_at": joined})


def share(rows):
    frame = pd.DataFrame(rows, columns=["sharer", "group", "shared_at"])
    frame["shared_at"] = pd.to_datetime(frame["shared_at"], format="ISO8601")
    return frame.assign(share=[f"s{i}" for i in range(len(frame))], item="x", channel="group")


def ask(memberships, shares, **tables):
    frames = {"memberships": pd.concat(memberships), "shares": shares} | tables
    return s03.test(Dataset.from_frames(frames, STUDY), Choices(), rng=np.random.default_rng(1))


TABLES = [members("small", 5, ["ann", "bob"]), members("large", 40, ["ann", "cy"])]
SHARES = share(
    [
        ("ann", "small", "2024-01-05"),
        ("ann", "large", "2024-01-06"),
        ("ann", "small", "2024-01-07"),
        ("bob", "small", "2024-01-08"),
        ("cy", "large", "2024-01-09"),
    ]
)


def test_observed_over_expected_by_hand():
    result = ask(TABLES, SHARES)
    # observed 3 of 5; expected 3/2 of ann's, 1 of bob's, 0 of cy's
    assert result.details["observed_share"] == pytest.approx(3 / 5)
    assert result.details["expected_share"] == pytest.approx(2.5 / 5)
    assert result.estimate == pytest.approx(1.2)
    assert result.details["shares_with_a_choice"] == 3
    names = [row["name"] for row in result.robustness]
    only = result.robustness[
        names.index("only shares with both small and larger groups on the menu")
    ]
    assert only["estimate"] == pytest.approx(2 / 1.5)


def test_size_and_menu_are_those_of_the_moment():
    grows = pd.concat(
        [
            members("grows", 29, ["ann"]),
            pd.DataFrame(
                {"group": "grows", "person": ["late"], "joined_at": [pd.Timestamp("2024-01-10")]}
            ),
        ]
    )
    left = members("left", 3, ["ann"]).assign(left_at=pd.Timestamp("2024-01-08"))
    shares = share(
        [
            ("ann", "grows", "2024-01-09 23:59:59"),  # 29 members: small
            ("ann", "large", "2024-01-10"),  # 30 at this very moment
            ("ann", "grows", "2024-01-20"),
        ]
    )
    result = ask([members("large", 40, ["ann"]), grows, left], shares)
    assert result.details["observed_share"] == pytest.approx(1 / 3)
    # menus: {grows small, large}, {grows, large}, {grows, large}; the group left is on none
    assert result.details["expected_share"] == pytest.approx(0.5 / 3)
    assert result.details["groups_on_a_menu"] == 2


def test_groups_with_a_partial_roster_have_no_size_and_are_named():
    groups = pd.DataFrame({"group": ["small", "large", "half"], "roster": [None, None, "partial"]})
    tables = [*TABLES, members("half", 4, ["ann"])]
    shares = pd.concat([SHARES, share([("ann", "half", "2024-01-09")]).assign(share="extra")])
    result = ask(tables, shares, groups=groups)
    assert result.estimate == pytest.approx(1.2)
    assert result.details["groups_without_size_named"] == ["half"]
    assert result.details["group_shares_left_out"] == 1


def test_shares_to_a_group_that_one_is_no_member_of_are_left_out_and_counted():
    shares = pd.concat([SHARES, share([("bob", "large", "2024-01-09")]).assign(share="extra")])
    result = ask(TABLES, shares)
    assert result.estimate == pytest.approx(1.2)
    assert result.details["group_shares_left_out"] == 1


def test_nobody_who_could_choose_is_not_testable():
    result = ask([members("small", 5, ["bob"])], share([("bob", "small", "2024-01-08")]))
    assert (result.verdict, result.estimate) == ("not testable", None)
    assert "under 30" in result.reason


def test_the_menu_of_lively_groups_needs_talk_before_the_share():
    acts = pd.DataFrame(
        {
            "interaction": ["m1", "m2", "m3"],
            "sender": ["ann", "ann", "cy"],
            "at": pd.to_datetime(
                ["2024-01-02", "2024-01-04", "2024-01-06 12:00"], format="ISO8601"
            ),
            "group": ["small", "large", "large"],
            "kind": ["text", "system", "text"],
        }
    )
    result = ask(TABLES, SHARES, interactions=acts)
    rows = {row["name"]: row for row in result.robustness}
    row = rows["menu of groups where somebody wrote in the last 30 days"]
    # large is lively from 6 January noon on: its share on the 6th falls out, the first menu is
    # {small}, the third both; observed 3 of 4, expected 1 + 1/2 + 1 + 0
    assert row["estimate"] == pytest.approx(3 / 2.5)


@pytest.mark.parametrize(
    ("odds", "verdict"), [(3.0, {"supported"}), (1.0, {"no effect", "inconclusive"})]
)
def test_a_platform_gives_its_ratio_back(odds, verdict):
    platform = Platform(
        people=500, private_share=0.9, group_share=0.9, shares_per_person=4.0, small_group_odds=odds
    )
    world = platform.generate(
        rng=np.random.default_rng(4), tables=("people", "groups", "memberships", "shares")
    )
    result = s03.test(world.dataset(), Choices(), rng=np.random.default_rng(1))
    assert result.verdict in verdict
    assert result.ci_low < world.truth["S03"]["estimate"] < result.ci_high
    assert result.details["expected_share"] == pytest.approx(world.truth["S03"]["expected_share"])
    assert (
        result.details["odds_ratio_interval"][0] < odds < result.details["odds_ratio_interval"][1]
    )


def test_the_figure_shows_shares_that_add_up_and_comes_from_the_result_alone():
    kept = Result.from_dict(json.loads(json.dumps(ask(TABLES, SHARES).to_dict())))
    figure = kept.details["figure"]
    assert sum(figure["observed"]) == pytest.approx(1)
    assert sum(figure["expected"]) == pytest.approx(1)
    for lang, word in (("en", "shared to"), ("zh", "实际分享")):
        drawn = s03.plot(kept, lang=lang)
        assert word in [text.get_text() for text in drawn.get_legend().get_texts()]
        drawn.figure.clear()
