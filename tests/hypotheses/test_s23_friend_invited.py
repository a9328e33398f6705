"""S23 finds what an invitation changes in a group and week, and nothing where nothing changes."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.planted.s23_friend_invited import STUDY
from smallnet.hypotheses.planted.s23_friend_invited import draw_frames as frames
from smallnet.tables import Choices, Dataset

S23 = load_claim("S23")


def answer(rng, ratio, **size):
    return S23.test(Dataset.from_frames(frames(rng, ratio, **size), STUDY), Choices(), rng=rng)


def test_a_planted_ratio_is_found_where_the_careless_count_is_wrong():
    result = answer(np.random.default_rng(1), 0.5, joins=60)
    assert result.ci_low < 0.5 < result.ci_high < 0.8
    assert result.verdict == "supported"
    assert result.details["p_shuffled_invitations"] < 0.001
    careless = result.robustness[2]
    assert careless["ci_high"] < 0.5  # groups that leak take in by links


@pytest.mark.calibration
def test_without_an_effect_false_alarms_stay_at_their_level():
    worlds = 24
    results = [answer(rng, 1.0) for rng in np.random.default_rng(2).spawn(worlds)]
    for p_values in (
        np.array([r.p_value for r in results]),
        np.array([r.details["p_shuffled_invitations"] for r in results]),
    ):
        assert np.mean(p_values < 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / worlds)
        assert stats.kstest(p_values, "uniform").pvalue > 0.001
    covered = np.mean([r.ci_low <= 1 <= r.ci_high for r in results])
    assert covered > 0.95 - 3.5 * np.sqrt(0.05 * 0.95 / worlds)


@pytest.mark.calibration
def test_a_planted_ratio_is_covered():
    worlds = 20
    results = [answer(rng, 0.6) for rng in np.random.default_rng(3).spawn(worlds)]
    covered = np.mean([r.ci_low <= 0.6 <= r.ci_high for r in results])
    assert abs(covered - 0.95) < 3.5 * np.sqrt(0.05 * 0.95 / worlds)
    logs = np.log([r.estimate for r in results])
    assert abs(logs.mean() - np.log(0.6)) < 4 * logs.std() / np.sqrt(worlds)
    assert all(r.verdict != "contradicted" for r in results)


@pytest.mark.parametrize(("kept", "word"), [("invited", "by a link"), ("link", "invited")])
def test_with_one_kind_alone_it_says_whom_it_lacks(kept, word):
    tables = frames(np.random.default_rng(4), 1.0, groups=5)
    tables["memberships"]["via"] = kept
    dataset = Dataset.from_frames(tables, STUDY)
    (result,) = run_claims(dataset, Choices(hypotheses=("S23",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert word in result.reason
    assert "没有" in result.word("reason", "zh")


def test_without_the_way_in_or_exits_it_cannot_be_tested():
    tables = frames(np.random.default_rng(5), 1.0, groups=5)
    tables["memberships"] = tables["memberships"].drop(columns=["via", "left_at"])
    dataset = Dataset.from_frames(tables, STUDY | {"coverage": {"leaving": False}})
    (result,) = run_claims(dataset, Choices(hypotheses=("S23",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert "memberships.via" in result.reason
    assert "coverage.leaving" in result.reason


def test_where_no_group_takes_both_kinds_in_one_week_nothing_is_concluded():
    tables = frames(np.random.default_rng(6), 0.3)
    stays = tables["memberships"]
    stays["via"] = np.where(stays["group"].str[-1].isin(list("02468")), "invited", "link")
    result = S23.test(Dataset.from_frames(tables, STUDY), Choices(), rng=np.random.default_rng(1))
    assert result.verdict == "inconclusive"
    assert result.estimate is None


def test_who_invited_tells_an_invitation_too_and_friends_are_looked_up():
    tables = frames(np.random.default_rng(7), 0.4, joins=60)
    stays = tables["memberships"]
    invited = stays["via"] == "invited"
    stays["invited_by"] = np.where(invited, "p0000", None)
    plain = S23.test(Dataset.from_frames(tables, STUDY), Choices(), rng=np.random.default_rng(1))
    stays.loc[invited, "via"] = "other"
    friends = stays.loc[invited, "person"].iloc[1::2]
    tables["friendships"] = pd.DataFrame({"person": "p0000", "friend": friends})
    again = S23.test(Dataset.from_frames(tables, STUDY), Choices(), rng=np.random.default_rng(1))
    assert again.estimate == pytest.approx(plain.estimate)
    known = again.robustness[-1]
    assert "friends" in known["name"]
    assert known["ci_low"] < again.estimate < known["ci_high"]
    assert known["ci_high"] - known["ci_low"] > again.ci_high - again.ci_low  # half the invited
