"""S01 by hand, and on platforms that planted an answer."""

import json

import numpy as np
import pandas as pd
import pytest

from smallnet.hypotheses import s01_private_sharing as s01
from smallnet.hypotheses.claims import run_claims
from smallnet.hypotheses.result import Result
from smallnet.simulations import Platform
from smallnet.tables import Choices, Dataset

DAYS = pd.date_range("2024-01-01", periods=10, freq="D")
SHARES = pd.DataFrame(
    {
        "share": [f"s{i}" for i in range(10)],
        "item": list("ababababab"),
        "sharer": list("aabbccddee"),
        "channel": [
            "group",
            "friend",
            "feed",
            "group",
            "group",
            "friend",
            "friend",
            "feed",
            "group",
            "group",
        ],
        "shared_at": DAYS,
    }
)
WATCH = {"observed_from": DAYS[0].to_pydatetime(), "observed_until": pd.Timestamp("2024-02-01")}


def ask(frames, study=None, **choices):
    dataset = Dataset.from_frames(frames, study)
    return s01.test(dataset, Choices(replicates=99, **choices), rng=np.random.default_rng(1))


def test_shares_not_sharers_are_counted():
    result = ask({"shares": SHARES})
    assert result.estimate == pytest.approx(0.8)
    assert result.details["share_of_sharers"] == 1.0
    assert result.details["by_channel"] == {"group": 0.5, "friend": 0.3, "feed": 0.2}
    assert result.details["odds_private_to_feed"] == pytest.approx(4)
    assert result.details["share_of_sharers_by_coin_flips"] == pytest.approx(0.75)
    assert result.n["rows"] == 10
    assert result.n["people"] == 5


def test_the_null_is_two_buttons_unless_the_menu_was_recorded():
    assert ask({"shares": SHARES}).details["null"] == 0.5
    menu = pd.DataFrame(
        [
            (person, at, channel)
            for person, at in zip(SHARES["sharer"], SHARES["shared_at"], strict=True)
            for channel in ("group", "group", "friend", "feed")
        ],
        columns=["person", "at", "channel"],
    )
    result = ask({"shares": SHARES, "opportunities": menu})
    assert result.details["null"] == pytest.approx(3 / 4)
    assert result.details["null_by_buttons"] == pytest.approx(2 / 3)
    assert result.n["menus"] == 10
    assert "recorded menus" in result.reason


def test_the_uniform_target_null_counts_friends_and_groups_at_that_moment():
    friends = pd.DataFrame(
        {
            "person": list("aab"),
            "friend": list("bcc"),
            "since": [pd.NaT, pd.Timestamp("2024-01-02"), pd.NaT],
        }
    )
    members = pd.DataFrame({"group": ["g", "g", "h"], "person": list("aba")})
    result = ask({"shares": SHARES, "friendships": friends, "memberships": members})
    # a: 1 friend + 2 groups, then 2 + 2; b: 2 + 1 twice; c: 2 + 0 twice; d and e nobody
    by_hand = (3 / 4 + 4 / 5 + 2 * 3 / 4 + 2 * 2 / 3) / 10
    assert result.details["uniform_target_null"] == pytest.approx(by_hand)


def test_machines_and_shares_outside_the_watch_do_not_count():
    people = pd.DataFrame({"person": ["e"], "bot": [True]})
    study = {"observed_from": "2024-01-01", "observed_until": "2024-01-08"}
    result = ask({"shares": SHARES, "people": people}, study)
    assert result.n["rows"] == 7
    assert result.details["left_out_shares"] == 3


@pytest.mark.parametrize("channel", ["feed", "private"])
def test_a_channel_that_could_not_be_recorded_is_not_testable_and_never_a_hundred_percent(channel):
    private = SHARES.assign(channel="friend")
    study = {"coverage": {"feed": True, "private": True} | {channel: False}}
    (result,) = run_claims(
        Dataset.from_frames({"shares": private}, study),
        Choices(hypotheses=("S01",)),
        rng=np.random.default_rng(1),
    )
    assert (result.verdict, result.estimate) == ("not testable", None)
    assert f"coverage.{channel}" in result.reason
    (unstated,) = run_claims(
        Dataset.from_frames({"shares": private}),
        Choices(hypotheses=("S01",)),
        rng=np.random.default_rng(1),
    )
    assert unstated.verdict == "not testable"


def test_a_feed_that_nobody_used_can_be_a_hundred_percent():
    private = SHARES.assign(channel="friend")
    result = ask({"shares": private}, {"coverage": {"feed": True, "private": True}})
    assert result.estimate == 1.0
    assert result.ci_high == 1.0
    assert result.ci_low < 0.7  # five people only


def test_it_is_the_same_with_rows_in_another_order():
    one, two = ask({"shares": SHARES}), ask({"shares": SHARES.sample(frac=1, random_state=1)})
    assert one.to_dict() == two.to_dict()


@pytest.mark.parametrize(("share", "verdict"), [(0.5, "no effect"), (0.85, "supported")])
def test_a_platform_gives_its_share_back(share, verdict):
    world = Platform(people=900, groups=80, private_share=share, shares_per_person=6.0).generate(
        rng=np.random.default_rng(3), tables=("people", "memberships", "friendships", "shares")
    )
    result = s01.test(world.dataset(), Choices(), rng=np.random.default_rng(1))
    assert result.verdict == verdict
    assert result.ci_low < share < result.ci_high
    assert result.estimate == pytest.approx(world.truth["S01"]["realised"])
    assert result.details["contains_essay_number"] == (share == 0.85)


def test_the_figure_comes_from_the_result_alone():
    kept = Result.from_dict(json.loads(json.dumps(ask({"shares": SHARES}).to_dict())))
    for lang, word in (("en", "private: group or friend"), ("zh", "私密：群或好友")):
        drawn = s01.plot(kept, lang=lang)
        assert word in [label.get_text() for label in drawn.get_yticklabels()]
        drawn.figure.clear()
