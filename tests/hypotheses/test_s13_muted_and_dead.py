"""S13 by hand, and on platforms that planted an answer."""

import json

import numpy as np
import pandas as pd
import pytest

from smallnet.hypotheses import s13_muted_and_dead as s13
from smallnet.hypotheses.methods.proportions import wilson
from smallnet.hypotheses.result import Result
from smallnet.simulations import Platform
from smallnet.tables import Choices, Dataset

END = pd.Timestamp("2024-06-01")
STUDY = {"observed_from": "2024-01-01", "observed_until": "2024-06-01"}
MEMBERS = pd.DataFrame(
    [
        ("g", "ann", True, None),
        ("g", "bob", True, None),
        ("g", "cy", False, None),
        ("g", "left", False, pd.Timestamp("2024-03-01")),  # not in force at the end
        ("h", "ann", True, None),
        ("h", "dan", None, None),  # unknown
        ("closed", "ann", False, None),
        ("h", "machine", False, None),
    ],
    columns=["group", "person", "muted", "left_at"],
)
FRAMES = {
    "people": pd.DataFrame({"person": ["machine"], "bot": [True]}),
    "groups": pd.DataFrame(
        {
            "group": ["g", "h", "closed", "silent"],
            "closed_at": [pd.NaT, pd.NaT, pd.Timestamp("2024-05-01"), pd.NaT],
        }
    ),
    "memberships": MEMBERS,
    "interactions": pd.DataFrame(
        [
            ("m1", "ann", END - pd.Timedelta(days=10), "g", "text"),
            ("m2", "ann", END - pd.Timedelta(days=40), "h", "text"),
            ("m3", "ann", END - pd.Timedelta(days=1), "h", "reaction"),
            ("m4", "ann", END - pd.Timedelta(days=1), "h", "system"),
            ("m5", "machine", END - pd.Timedelta(days=1), "h", "text"),
            ("m6", "ann", END - pd.Timedelta(days=1), None, "text"),
        ],
        columns=["interaction", "sender", "at", "group", "kind"],
    ),
}


def ask(study=None, choices=None, **frames):
    dataset = Dataset.from_frames(FRAMES | frames, STUDY | (study or {}))
    return s13.test(dataset, choices or Choices(), rng=np.random.default_rng(1))


def test_memberships_in_force_at_the_end_are_counted():
    result = ask()
    assert result.estimate == pytest.approx(3 / 4)  # ann, bob, not cy in g; ann in h
    assert result.n["rows"] == 5
    assert result.details["memberships_with_unknown_mute"] == 1
    assert result.details["muted_by_group"] == pytest.approx((2 / 3 + 1) / 2)
    assert result.details["muted_by_person"] == pytest.approx(2 / 3)


def test_a_mute_after_the_end_is_no_mute_and_one_before_counts_without_the_flag():
    muted_at = [None, END + pd.Timedelta(days=1), pd.Timestamp("2024-02-01"), *[None] * 5]
    members = MEMBERS.assign(muted_at=muted_at)
    members.loc[2, "muted"] = None  # cy: only the moment is known
    result = ask(memberships=members)
    assert result.estimate == pytest.approx(3 / 4)  # ann, not bob, cy in g; ann in h


def test_dead_groups_are_open_and_silent_for_dead_after():
    details = ask().details
    # g wrote 10 days ago; h 40 (a reaction, a system message and a machine are no talk); one
    # never spoke; one was closed
    assert details["share_of_groups_dead"] == pytest.approx(2 / 3)
    assert details["share_of_groups_dead_interval"] == pytest.approx(list(wilson(2, 3)))
    assert details["groups_closed"] == 1
    assert details["groups_dead_that_never_spoke"] == 1
    assert details["share_of_memberships_in_dead_groups"] == pytest.approx(2 / 5)
    by_days = {row["days"]: row["share"] for row in details["dead_by_days"]}
    assert by_days == pytest.approx({7: 1, 14: 2 / 3, 30: 2 / 3, 60: 1 / 3, 90: 1 / 3})


def test_dead_after_is_a_choice():
    assert ask(choices=Choices(dead_after_days=45)).details["share_of_groups_dead"] == 1 / 3


def test_without_a_record_of_muting_dead_groups_are_still_told():
    for result in (
        ask(memberships=MEMBERS.drop(columns="muted")),
        ask({"coverage": {"muting": False}}),
    ):
        assert (result.verdict, result.estimate) == ("not testable", None)
        assert "memberships.muted" in result.reason
        assert "67% of groups" in result.reason
        assert result.details["share_of_groups_dead"] == pytest.approx(2 / 3)


def test_mutes_without_any_known_not_muted_are_not_a_hundred_percent():
    members = MEMBERS.assign(muted=MEMBERS["muted"].where(MEMBERS["muted"] == True))  # noqa: E712
    result = ask(memberships=members)
    assert (result.verdict, result.estimate) == ("not testable", None)


def test_a_watch_shorter_than_dead_after_says_nothing_about_death():
    result = ask({"observed_from": "2024-05-20"})
    assert result.details["share_of_groups_dead"] is None
    assert "not known" in result.reason


@pytest.mark.parametrize(("share", "verdict"), [(0.9, {"supported"}), (0.6, {"contradicted"})])
def test_a_platform_gives_its_shares_back(share, verdict):
    world = Platform(
        muted_share=share,
        muting_varies=0.3,
        death_share=0.5,
        closed_share=0.1,
        days=90.0,
        leaves_per_day=0.0,
    ).generate(
        rng=np.random.default_rng(5),
        tables=("people", "groups", "memberships", "interactions"),
    )
    result = s13.test(world.dataset(), Choices(), rng=np.random.default_rng(1))
    assert result.verdict in verdict
    assert result.ci_low < share < result.ci_high
    assert result.details["share_of_groups_dead"] == pytest.approx(
        world.truth["S13"]["dead_groups"]
    )


def test_an_interval_that_says_nothing_is_inconclusive():
    members = pd.DataFrame(
        {"group": list("gggh"), "person": list("abcd"), "muted": [True, True, False, True]}
    )
    result = ask(memberships=members)
    assert result.ci_low < 0.5
    assert result.ci_high > 0.9
    assert result.verdict == "inconclusive"


def test_the_figure_comes_from_the_result_alone_with_and_without_muting():
    for result in (
        ask(),
        ask({"coverage": {"muting": False}}),
        ask({"observed_from": "2024-05-20"}),
    ):
        kept = Result.from_dict(json.loads(json.dumps(result.to_dict())))
        for lang, word in (("en", "claimed: 90 % muted"), ("zh", "所称：90% 被屏蔽")):
            drawn = s13.plot(kept, lang=lang)
            assert word in [text.get_text() for text in drawn.get_legend().get_texts()]
            drawn.figure.clear()
