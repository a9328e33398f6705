"""B05 tells a step at three friends from a curve that falls smoothly, and says where it cannot."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.planted.b05_magic_numbers import STUDY
from smallnet.hypotheses.planted.b05_magic_numbers import draw_frames as frames
from smallnet.tables import Choices, Dataset

B05 = load_claim("B05")


def answer(rng, step, **size):
    return B05.test(Dataset.from_frames(frames(rng, step, **size), STUDY), Choices(), rng=rng)


def test_a_step_at_three_is_found_and_none_at_numbers_that_nobody_claims():
    result = answer(np.random.default_rng(1), 0.4, joins=60)
    assert result.ci_low < 0.4 < result.ci_high < 0.8
    assert result.verdict == "supported"
    assert "3 friends" in result.reason
    assert "在7处" in result.word("reason", "zh")
    placebo = result.details["placebo_steps"]
    assert set(placebo) == {"2", "4", "5", "6"}
    beyond = [p["ci_low"] > 1 or p["ci_high"] < 1 for p in placebo.values()]
    assert sum(beyond) <= 1  # two of four by chance: .014
    careless = result.robustness[-1]
    assert careless["ci_high"] < 0.4  # the smooth fall is added to the step


def test_a_smooth_fall_is_no_step_though_three_do_better_than_two():
    result = answer(np.random.default_rng(2), 1.0, power=1.0)
    assert result.ci_low < 1 < result.ci_high
    assert result.verdict in ("inconclusive", "no effect")
    assert result.details["without_a_curve"]["ci_high"] < 0.7


def test_a_step_at_seven_is_not_taken_for_one_at_three():
    result = answer(np.random.default_rng(3), 0.3, at=7, joins=80)
    seven = result.details["step_at_7"]
    assert seven["ci_low"] < 0.3 < seven["ci_high"] < 0.8
    assert result.details["p_step_at_7"] < 0.01
    assert result.ci_low < 1 < result.ci_high


@pytest.mark.calibration
def test_without_a_step_false_alarms_stay_at_their_level():
    worlds = 12
    results = [answer(rng, 1.0) for rng in np.random.default_rng(4).spawn(worlds)]
    p_values = np.array([r.p_value for r in results])
    assert np.mean(p_values < 0.05) <= stats.binom.ppf(0.999, worlds, 0.05) / worlds
    assert stats.kstest(p_values, "uniform").pvalue > 0.001
    logs = np.log([r.estimate for r in results])
    assert abs(logs.mean()) < 4 * logs.std(ddof=1) / np.sqrt(worlds)


def test_names_of_people_and_groups_and_the_order_of_rows_do_not_matter():
    made = frames(np.random.default_rng(5), 0.5, groups=12)
    first = B05.test(Dataset.from_frames(made, STUDY), Choices(), rng=np.random.default_rng(1))
    again = {name: table.iloc[::-1].reset_index(drop=True) for name, table in made.items()}
    for table in again.values():
        for column in {"person", "friend", "group"} & set(table):
            table[column] = table[column].str[::-1]
    turned = again["friendships"].rename(columns={"person": "friend", "friend": "person"})
    again["friendships"] = turned  # undirected
    second = B05.test(Dataset.from_frames(again, STUDY), Choices(), rng=np.random.default_rng(1))
    assert second.estimate == pytest.approx(first.estimate)
    assert second.ci_high == pytest.approx(first.ci_high)


def test_friends_made_after_the_landmark_do_not_count():
    start = pd.Timestamp("2024-01-01")
    day = pd.Timedelta(days=1)
    stays = pd.DataFrame(
        {
            "group": "g",
            "person": ["a", "b", "x", "y", "z"],
            "joined_at": [start + day] * 2 + [pd.NaT] * 3,
            "left_at": [start + 20 * day, start + 30 * day] + [pd.NaT] * 3,
        }
    )
    made = [("a", "x", 2), ("a", "y", 7.9), ("a", "z", 8.1), ("b", "x", 15)]
    friends = pd.DataFrame(
        [(p, f, start + d * day) for p, f, d in made], columns=["person", "friend", "since"]
    )
    dataset = Dataset.from_frames({"memberships": stays, "friendships": friends}, STUDY)
    result = B05.test(dataset, Choices(), rng=np.random.default_rng(1))
    figure = result.details["figure"]
    assert figure["friends"] == [0, 1]  # b; a, whose second friend counts as "1 or more"
    assert figure["stays"] == [1, 1]
    assert result.n == {"people": 2, "groups": 1, "rows": 2, "events": 2}
    assert result.verdict == "inconclusive"
    assert "too little" in result.reason
    assert B05.plot(result) is not None


def test_without_friendships_it_cannot_be_tested():
    made = frames(np.random.default_rng(6), 1.0, groups=4, joins=5)
    del made["friendships"]
    dataset = Dataset.from_frames(made, STUDY)
    (result,) = run_claims(dataset, Choices(hypotheses=("B05",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert "friendships" in result.reason
