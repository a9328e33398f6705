"""The card says what is met, what is not, and what nobody recorded."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from smallnet.measures import (
    COLUMNS,
    CRITERIA,
    SIGNS,
    Thresholds,
    group_table,
    scorecard,
    size_band,
)
from smallnet.tables import Choices


def groups(**columns):
    """Make a table of groups of which only these columns are known."""
    n = max(len(values) for values in columns.values())
    frame = pd.DataFrame(
        {
            c.name: pd.Series(
                columns.get(c.name, [None] * n),
                dtype={"count": "Int64", "number": "float64", "bool": "boolean"}.get(
                    c.kind, "object"
                ),
            )
            for c in COLUMNS
        }
    )
    return frame.assign(group=[f"g{i}" for i in range(n)])


def test_the_reason_gives_the_evidence_in_plain_words(tiny):
    card = scorecard(group_table(tiny, Choices(dead_after_days=30)))
    card = card.set_index("group").loc["g"]
    assert card["reason_en"] == (
        "3 members (small: under 30); 2 of 3 pairs are friends (acquainted), 1.1 times what "
        "chance gives; 50% of ties are returned, 75% of those who write get a reply, 0.5 ties of "
        "trust a member, friends have 0.5 friends in common (not trusting); 0.17 messages per "
        "member and day (not interactive), one person has 57% of them; 43% of messages repeat "
        "another (informative); 2 adoptions through 2 shares (useful)."
    )
    assert card["reason_zh"].startswith("3 名成员（规模小：少于 30 人）；3 对成员中 2 对是好友")
    assert card["reason_zh"].endswith("。")
    assert (card["criteria_met"], card["criteria_known"]) == (2, 4)
    assert (card["signs_met"], card["signs_known"]) == (2, 3)
    assert card["overall"] == "meets 2 of 4 criteria"
    assert card["overall_zh"] == "4 项标准中满足 2 项"


def test_small_is_fewer_than_the_chosen_number():
    card = scorecard(groups(size=[29, 30, None, 1]), Choices(small_group=30))
    assert card["small"].tolist() == [True, False, pd.NA, True]
    assert card["reason_en"].str.split(";").str[0].tolist() == [
        "29 members (small: under 30)",
        "30 members (not small: 30 or more)",
        "small: not recorded",
        "1 member (small: under 30)",
    ]


def test_unknown_evidence_is_null_and_said_to_be():
    card = scorecard(groups(size=[None])).iloc[0]
    assert card[[*CRITERIA, *SIGNS]].isna().all()
    assert pd.isna(card["criteria_met"])
    assert card["overall"] == "nothing is known of the criteria"
    assert card["reason_zh"].count("没有记录") == 6


def test_common_friends_alone_say_nothing_of_trust():
    card = scorecard(groups(size=[5, 5], embeddedness=[9, 9], reciprocity=[None, 0.6]))
    assert card["trusting"].tolist() == [pd.NA, True]


@pytest.mark.parametrize(
    ("returned", "helped", "common", "met"),
    [
        (0.5, 0.5, 0.0, True),
        (0.5, 0.4, 0.0, False),
        (0.5, 0.4, None, False),
        (None, 0.5, None, True),
    ],
)
def test_trusting_needs_most_of_the_known_proxies(returned, helped, common, met):
    table = groups(size=[5], reciprocity=[returned], helped_share=[helped], embeddedness=[common])
    assert scorecard(table)["trusting"].tolist() == [met]


def test_who_talks_to_themself_is_not_interactive():
    card = scorecard(
        groups(size=[5] * 3, messages_per_member_day=[1, 1, 0], top_talker_share=[0.4, 0.9, None])
    )
    assert card["interactive"].tolist() == [True, False, False]


def test_contacts_are_not_called_messages():
    table = groups(
        size=[5, 5],
        messages=[9, 9],
        messages_per_member_day=[1, 1],
        monologue_index=[None, 0.1],
        top_talker_share=[0.2, 0.2],
    )
    words = scorecard(table)["reason_en"]
    assert "1 contacts per member and day" in words[0]
    assert "1 messages per member and day" in words[1]


def test_ranks_compare_only_groups_of_the_same_size_band():
    assert size_band([1, 2, 3, 4, 7, 8, 30, 0, None]).tolist()[:7] == [1, 2, 2, 4, 4, 8, 16]
    assert size_band([0, None]).isna().all()
    table = groups(size=[10, 12, 15, 40, None], friend_density=[0.1, 0.3, 0.3, 0.9, 0.5])
    rank = scorecard(table)["acquainted_rank"]
    assert rank[:3].tolist() == [0.0, 0.75, 0.75]
    assert np.isnan(rank[3:]).all()  # alone in its band; no size


def test_the_rank_is_said_where_there_are_five_to_compare():
    table = groups(size=[8, 9, 10, 11, 12], friend_density=[0.0, 0.1, 0.2, 0.3, 0.4])
    words = scorecard(table)["reason_en"]
    assert "the least of its size" in words[0]
    assert "more than 50% of the others of its size" in words[2]
    assert "the most of its size" in words[4]
    assert not scorecard(table[1:])["reason_en"].str.contains("of its size").any()


def test_less_repetition_ranks_higher():
    rank = scorecard(groups(size=[10, 12], repetition=[0.9, 0.1]))["informative_rank"]
    assert rank.tolist() == [0.0, 1.0]


def test_a_dead_group_is_called_dead_whatever_it_meets():
    card = scorecard(groups(size=[5], state=["dead"]))
    assert card["overall"][0] == "dead; meets 1 of 1 known criteria"
    assert card["overall_zh"][0] == "死群；已知的 1 项标准中满足 1 项"


def test_harder_thresholds_never_meet_more():
    rng = np.random.default_rng(1)
    share = rng.random((3, 50))
    table = groups(
        size=rng.integers(2, 90, 50),
        friend_density=share[0],
        reciprocity=share[1],
        messages_per_member_day=share[2],
    )
    hard = dataclasses.replace(
        Thresholds(), friend_density=0.7, reciprocity=0.7, messages_per_member_day=0.5
    )
    easy_met, hard_met = (
        scorecard(table, thresholds=limits)["criteria_met"] for limits in (Thresholds(), hard)
    )
    assert (hard_met <= easy_met).all()
    assert (hard_met < easy_met).any()
