"""Every measure of a world that was counted by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from measured_worlds import TINY_STUDY, day, tiny_frames

from smallnet.measures import COLUMNS, dataset_summary, group_table, scorecard
from smallnet.tables import Choices, Dataset

MINUTE = 1 / (24 * 60)
BY_HAND = {
    # ann 10 days, bob 8, cyd 5, dan 6
    "size": 3,
    "size_end": 3,
    "size_mean": 2.9,
    "size_max": 4,
    "members_ever": 4,
    "active_members": 3,
    "member_days": 29.0,
    # of ann, bob, dan: ann-bob and bob-dan; 2, 3, 2 friends; 10 friend-ends in all
    "friend_pairs": 2,
    "friend_density": 2 / 3,
    "friends_inside": 4 / 3,
    "befriended_share": 1.0,
    "triangles": 0,
    "transitivity": 0.0,
    "friend_pairs_expected": (49 - 17) / 2 / 9,
    "friend_ratio": 9 / 8,
    "embeddedness": 0.5,  # bob and dan share zoe, ann and bob share nobody
    "ei_friends": (3 - 4) / 7,
    "conductance": 1.0,
    # ann→bob, cyd→ann, ann→cyd, eve→ann
    "dyads": 3,
    "reciprocity": 0.5,
    "replied_share": 4 / 7,
    "helped_share": 3 / 4,
    "trust_ties": 2,
    "trust_ties_per_member": 0.5,
    "ei_messages": (1 - 4) / 5,
    # ann 4 (of which none made her a member), bob 1 (which did), cyd 1, eve 1
    "messages": 7,
    "talkers": 4,
    "messages_per_member_day": 5 / 29,
    "active_share": 0.75,
    "lurker_share": 0.25,
    "gini_members": 2 / 3,  # 0, 1, 1, 4: 12 / (4 · 6) · 4 / 3
    "gini_talkers": 3 / 7,  # 1, 1, 1, 4: 9 / (4 · 7) · 4 / 3
    "top_talker_share": 4 / 7,
    "talker_entropy": math.log2(7) - 4 * 2 / 7,
    "monologue_index": 1 / 6,
    "monologue_expected": 12 / 42,
    "responses": 4,
    "response_s": (1800 + 85_800) / 2,
    "repetition": 3 / 7,
    "redundancy": 1 - (math.log2(7) - 8 / 7) / math.log2(7),
    "distinct_messages": 4,
    "link_share": 1 / 7,
    "chars_mean": 40.0,
    "silent_days": 4.0,
    "longest_silence_days": 4.0,
    "age_days": 10.0,
    "revivals": 1,
    "cross_posted_share": 0.5,
    "shares": 2,
    "shares_per_member": 0.5,
    "adoptions": 2,
    "adoptions_per_member": 0.5,
    "adoptions_per_share": 1.0,
}


@pytest.fixture(scope="module")
def table(tiny):
    return group_table(tiny, Choices(dead_after_days=2.5)).set_index("group")


@pytest.mark.parametrize(("name", "value"), BY_HAND.items())
def test_the_tiny_group_has_the_number_counted_by_hand(table, name, value):
    assert float(table.loc["g", name]) == pytest.approx(value)


def test_every_column_is_described_in_both_languages_and_in_this_order(tiny, table):
    assert ["group", *table.columns] == [c.name for c in COLUMNS]
    assert len({c.name for c in COLUMNS}) == len(COLUMNS)
    for column in COLUMNS:
        assert column.description.en.endswith(".")
        assert column.description.zh.endswith("。")


def test_states_follow_the_rule_and_say_when_they_hang_on_the_choice(table):
    group = table.loc["g"]
    assert (group["state"], group["state_half"], group["state_double"]) == (
        "dead",
        "dead",
        "dormant",
    )
    assert not group["state_firm"]
    assert group["last_activity"] == pd.Timestamp(day(6))
    assert not group["age_known"]


def test_a_partial_roster_has_no_size_and_a_note(table):
    part = table.loc["p"]
    sizes = ["size", "size_end", "size_mean", "size_max", "members_ever", "member_days"]
    assert part[sizes].isna().all()
    assert part[["active_members", "messages_per_member_day", "friend_density"]].isna().all()
    assert part["messages"] == 0
    assert "partial" in part["note"]


def test_a_silent_group_has_zero_messages_but_no_median(table):
    hall = table.loc["h"]
    assert hall["messages"] == 0
    assert hall["messages_per_member_day"] == 0
    assert hall["active_share"] == 0
    unknown = ["response_s", "gini_members", "monologue_index", "burstiness", "repetition"]
    assert hall[unknown].isna().all()
    assert hall["cross_posted_share"] == 1.0  # the machine's share of i2 does not count
    assert hall["adoptions"] == 0


def test_what_the_source_does_not_record_is_null_never_zero():
    frames = {name: tiny_frames()[name] for name in ("people", "memberships")}
    table = group_table(Dataset.from_frames(frames, TINY_STUDY)).set_index("group")
    assert table.loc["g", "size"] == 3
    rooms = ("acquaintance", "trust", "interaction", "content", "lifecycle", "boundary")
    silent = [c.name for c in COLUMNS if c.room in (*rooms, "usefulness")]
    assert table[silent].isna().all(axis=None)
    card = scorecard(table.reset_index())
    assert card["acquainted"].isna().all()
    assert card.loc[0, "reason_en"].count("not recorded") == 5
    assert card.loc[0, "criteria_known"] == 1


def test_messages_without_a_roster_are_counted_but_have_no_rate():
    frames = {name: tiny_frames()[name] for name in ("people", "interactions")}
    table = group_table(Dataset.from_frames(frames, TINY_STUDY)).set_index("group")
    assert table.index.tolist() == ["g"]
    group = table.loc["g"]
    assert (group["messages"], group["talkers"], group["responses"]) == (7, 4, 4)
    assert group["gini_talkers"] == pytest.approx(3 / 7)
    unknown = ["size", "active_members", "active_share", "messages_per_member_day", "gini_members"]
    assert group[unknown].isna().all()


def test_no_group_at_all_gives_an_empty_table():
    people = pd.DataFrame({"person": ["a"]})
    dataset = Dataset.from_frames({"people": people})
    table = group_table(dataset)
    assert len(table) == 0
    assert len(scorecard(table)) == 0
    assert dataset_summary(dataset)["groups"] == 0


def test_a_snapshot_has_sizes_but_no_rates():
    members = pd.DataFrame({"group": ["g"] * 3, "person": list("abc")})
    table = group_table(Dataset.from_frames({"memberships": members})).iloc[0]
    assert (table["size"], table["size_mean"]) == (3, 3.0)
    assert pd.isna(table["member_days"])
    assert pd.isna(table["state"])


def test_a_closed_group_is_measured_until_it_was_closed():
    frames = tiny_frames()
    frames["groups"]["closed_at"] = [day(4), None, None]
    frames["groups"]["created_at"] = [day(-5), None, None]
    table = group_table(Dataset.from_frames(frames, TINY_STUDY)).set_index("group")
    group = table.loc["g"]
    assert group["member_days"] == 4 + 2 + 4  # ann, bob, cyd; dan came when it closed
    assert group["size_end"] == 3
    assert group["size_mean"] == 2.5
    assert group["state"] == "dead"
    assert (group["age_days"], group["age_known"]) == (9.0, True)
    assert group["silent_days"] == pytest.approx(0.0)


def test_the_summary_counts_humans_and_weighs_sizes_both_ways(tiny):
    summary = dataset_summary(tiny, Choices(small_group=3))
    assert (summary["people"], summary["bots"], summary["groups"]) == (6, 1, 3)
    assert summary["groups_with_size"] == 2  # sizes 3 and 2
    assert summary["watch_days"] == 10
    assert summary["mean_size_by_group"] == 2.5
    assert summary["mean_size_by_membership"] == 13 / 5
    assert summary["share_of_small_groups"] == 0.5
    assert summary["share_of_memberships_in_small_groups"] == 0.4
    assert summary["size_q50_by_group"] == 2
    assert summary["size_q50_by_membership"] == 3


def test_contacts_have_no_turns_and_count_for_both_sides():
    frames = {
        "memberships": pd.DataFrame({"group": ["g"] * 3, "person": list("abc")}),
        "interactions": pd.DataFrame(
            {
                "interaction": ["1", "2"],
                "sender": ["a", "b"],
                "recipient": ["b", "z"],
                "at": [day(1), day(2)],
                "group": ["g", "g"],
                "kind": ["contact"] * 2,
                "symmetric": [True] * 2,
            }
        ),
    }
    group = group_table(Dataset.from_frames(frames, TINY_STUDY)).iloc[0]
    assert group["messages"] == 4
    assert group["messages_per_member_day"] == pytest.approx(3 / 30)
    assert pd.isna(group["monologue_index"])
    assert pd.isna(group["reciprocity"])
    assert np.isnan(group["response_s"])
