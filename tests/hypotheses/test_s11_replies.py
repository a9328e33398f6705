"""S11 finds what replies do to newcomers, and is not fooled by talkative people or by tenure."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.planted.s11_replies import STUDY, moments
from smallnet.hypotheses.planted.s11_replies import draw_frames as frames
from smallnet.tables import Choices, Dataset

S11 = load_claim("S11")


def answer(rng, ratio, **more):
    return S11.test(Dataset.from_frames(frames(rng, ratio, **more), STUDY), Choices(), rng=rng)


def test_a_planted_ratio_is_found():
    result = answer(np.random.default_rng(1), 0.6, joins=80)
    assert result.ci_low < 0.6 < result.ci_high
    assert result.verdict == "supported"
    own = result.details["own_messages"]
    assert own["ci_low"] < 0.75 < own["ci_high"]


def test_talkative_people_who_stay_do_not_make_replies_look_useful():
    result = answer(np.random.default_rng(2), 1.0, joins=80, volume=0.6)
    assert result.ci_low < 1 < result.ci_high
    careless = result.robustness[1]
    assert careless["ci_high"] < 1  # without their own messages the replies are given the merit


def test_replies_are_counted_before_the_landmark_in_the_group_and_from_others():
    acts = pd.DataFrame(
        [
            ("m1", "ann", "g1", 1.0, None),
            ("m2", "bob", "g1", 1.1, "m1"),  # counts for ann
            ("m3", "ann", "g1", 1.2, "m1"),  # ann answers herself
            ("m4", "bob", "g1", 1.3, "m2"),  # bob answers himself
            ("m5", "ann", "g1", 8.5, "m2"),  # counts for bob, who joined on day 2
            ("m6", "bob", "g1", 9.5, "m3"),  # ann's first week is over
            ("m7", "ann", "g2", 2.0, None),
            ("m8", "bob", "g2", 2.5, "m7"),  # in a group that ann has not joined lately
        ],
        columns=["interaction", "sender", "group", "day", "reply_to"],
    )
    acts["at"] = moments(acts.pop("day"))
    stays = pd.DataFrame(
        {"group": ["g1", "g1"], "person": ["ann", "bob"], "joined_at": moments([0.5, 2.0])}
    )
    tables = {"memberships": stays, "interactions": acts}
    found = S11._stays(Dataset.from_frames(tables, STUDY), 7.0).set_index("person")
    assert found.loc["ann", ["written", "replies"]].tolist() == [2, 1]
    assert found.loc["bob", ["written", "replies"]].tolist() == [0, 1]


@pytest.mark.calibration
def test_without_an_effect_false_alarms_stay_at_their_level():
    worlds = 20
    results = [answer(rng, 1.0) for rng in np.random.default_rng(3).spawn(worlds)]
    p_values = np.array([r.p_value for r in results])
    assert np.mean(p_values < 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / worlds)
    assert stats.kstest(p_values, "uniform").pvalue > 0.001
    logs = np.log([r.estimate for r in results])
    assert abs(logs.mean()) < 4 * logs.std() / np.sqrt(worlds)


@pytest.mark.calibration
def test_a_planted_ratio_is_covered():
    worlds = 18
    results = [answer(rng, 0.6) for rng in np.random.default_rng(4).spawn(worlds)]
    covered = np.mean([r.ci_low <= 0.6 <= r.ci_high for r in results])
    assert abs(covered - 0.95) < 3.5 * np.sqrt(0.05 * 0.95 / worlds) + 0.01
    assert all(r.verdict != "contradicted" for r in results)


def test_without_what_replies_answer_it_cannot_be_tested():
    tables = frames(np.random.default_rng(5), 1.0, groups=4)
    tables["interactions"]["reply_to"] = None
    dataset = Dataset.from_frames(tables, STUDY)
    (result,) = run_claims(dataset, Choices(hypotheses=("S11",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert "interactions.reply_to" in result.reason


def test_where_no_newcomer_was_answered_it_says_so():
    tables = frames(np.random.default_rng(6), 1.0, groups=4)
    acts = tables["interactions"]
    first = acts.loc[acts["sender"] == "host", "interaction"].iloc[0]
    acts["reply_to"] = np.where(acts["sender"] == "host", first, None)  # the host answers himself
    dataset = Dataset.from_frames(tables, STUDY)
    (result,) = run_claims(dataset, Choices(hypotheses=("S11",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert "No newcomer received a reply" in result.reason
    assert "没有新人收到" in result.word("reason", "zh")


def test_few_exits_settle_nothing():
    tables = frames(np.random.default_rng(7), 1.0, groups=3, joins=10)
    result = S11.test(Dataset.from_frames(tables, STUDY), Choices(), rng=np.random.default_rng(1))
    assert result.verdict == "inconclusive"
    assert result.estimate is None
