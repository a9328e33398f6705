"""B06 compares people with themselves, so that active people's many friends are no finding."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.planted.b06_more_friends_more_use import START, STUDY
from smallnet.hypotheses.planted.b06_more_friends_more_use import draw_frames as frames
from smallnet.tables import Choices, Dataset

B06 = load_claim("B06")


def ask(made):
    return B06.test(Dataset.from_frames(made, STUDY), Choices(), rng=np.random.default_rng(1))


def test_a_planted_ratio_is_found():
    result = ask(frames(np.random.default_rng(1), 1.6, people=600))
    assert result.ci_low < 1.6 < result.ci_high < 2.2
    assert result.verdict == "supported"
    assert result.details["shape"]["falls"] == []
    assert "same person" in result.reason
    assert "同一个人" in result.word("reason", "zh")


def test_active_people_have_more_friends_even_where_friends_do_nothing():
    result = ask(frames(np.random.default_rng(2), 1.0))
    assert result.ci_low < 1 < result.ci_high
    assert result.details["between_people"]["ci_low"] > 1.5


def test_a_fall_among_many_friends_is_told():
    made = frames(np.random.default_rng(3), 1.3, people=800, many=10, fall=0.4)
    result = ask(made)
    shape = result.details["shape"]
    assert 10 in shape["falls"]
    for (slope, low, high), truth in zip(shape["slopes"], (1.3, 0.4), strict=False):
        assert abs(np.log(slope / truth)) < np.log(high / low)  # about four standard errors
    curve = np.array(shape["curve"])[:, 0]
    widths = np.diff(np.log2(1 + np.array(shape["friends"])))
    np.testing.assert_allclose(
        np.diff(np.log(curve)), np.log([s[0] for s in shape["slopes"]]) * widths
    )
    assert "falls again" in result.reason


@pytest.mark.calibration
def test_without_an_effect_alarms_stay_at_their_level_and_future_friends_do_nothing():
    worlds = 8
    results = [ask(frames(rng, 1.0)) for rng in np.random.default_rng(4).spawn(worlds)]
    p_values = np.array([r.p_value for r in results])
    assert np.mean(p_values < 0.05) <= stats.binom.ppf(0.999, worlds, 0.05) / worlds
    assert stats.kstest(p_values, "uniform").pvalue > 0.001
    later = [r.details["friends_made_later"]["estimate"] for r in results]
    for logs in (np.log([r.estimate for r in results]), np.log(later)):
        assert abs(logs.mean()) < 4 * logs.std(ddof=1) / np.sqrt(worlds)


def hand_made():
    """Give twelve people who befriend x in the third week and write twice as often from then on."""
    week = pd.Timedelta(weeks=1)
    people = [f"p{i:02d}" for i in range(12)]
    acts = [
        (p, START + w * week + pd.Timedelta(hours=k + i))
        for i, p in enumerate(people)
        for w in range(8)
        for k in range(4 if w >= 3 and i < 6 else 2)
    ]
    return {
        "memberships": pd.DataFrame({"group": "g", "person": [*people, "x", "y"]}),
        "friendships": pd.DataFrame(
            [(p, "x", START + 2.5 * week) for p in people[:6]]
            + [(p, "y", None) for p in people[:6]]
            + [(people[0], "x", START + 7.9 * week)],
            columns=["person", "friend", "since"],
        ),
        "interactions": pd.DataFrame(acts, columns=["sender", "at"]).assign(
            group="g", interaction=[f"m{i}" for i in range(len(acts))]
        ),
    }


def test_friends_are_counted_at_the_beginning_of_the_week():
    result = ask(hand_made())
    assert result.details["people_whose_friends_changed"] == 6
    assert result.details["undated_friendships"] == pytest.approx(0.5)
    assert result.n["events"] == 12 * 8 * 2 + 6 * 5 * 2
    assert result.verdict == "inconclusive"  # six people


def test_a_ratio_without_noise_is_that_of_the_hand():
    made = hand_made()
    twice = {name: table.copy() for name, table in made.items()}
    for table in twice.values():
        for column in {"person", "sender", "friend"} & set(table):
            table[column] = "q" + table[column]
    twice["interactions"]["interaction"] = "q" + twice["interactions"]["interaction"]
    both = {name: pd.concat([made[name], twice[name]], ignore_index=True) for name in made}
    result = ask(both)
    # 1 + friends from 2 to 3 doubles the messages, with the calendar told by the other half
    assert result.estimate == pytest.approx(2 ** (1 / np.log2(3 / 2)), rel=1e-6)
    assert B06.plot(result, lang="zh") is not None


def test_names_and_the_order_of_rows_do_not_matter():
    made = frames(np.random.default_rng(5), 1.3, people=120, groups=8)
    again = {name: table.iloc[::-1].reset_index(drop=True) for name, table in made.items()}
    for table in again.values():
        for column in {"person", "sender", "friend", "group"} & set(table):
            table[column] = table[column].str[::-1]
    turned = again["friendships"].rename(columns={"person": "friend", "friend": "person"})
    again["friendships"] = turned
    first, second = ask(made), ask(again)
    assert second.estimate == pytest.approx(first.estimate)
    assert second.ci_low == pytest.approx(first.ci_low)


def test_friendships_without_new_ones_or_without_dates_cannot_tell():
    made = frames(np.random.default_rng(6), 1.0, people=60, groups=4)
    old = made | {"friendships": made["friendships"].assign(since=START - pd.Timedelta(days=9))}
    result = ask(old)
    assert result.verdict == "not testable"
    assert "began in the watch" in result.reason
    undated = made | {"friendships": made["friendships"].drop(columns="since")}
    dataset = Dataset.from_frames(undated, STUDY)
    (result,) = run_claims(dataset, Choices(hypotheses=("B06",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert "friendships.since" in result.reason
