"""S22 finds what a payment does to a group, and is not fooled by groups that lived to be paid."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.methods.silence import lives
from smallnet.hypotheses.planted.s22_paid_groups import STUDY, moments
from smallnet.hypotheses.planted.s22_paid_groups import draw_frames as frames
from smallnet.hypotheses.planted.s22_paid_groups import make_tables as tables
from smallnet.simulations import get_scenario
from smallnet.tables import Choices, Dataset

S22 = load_claim("S22")
CHOICES = Choices(dead_after_days=12.0)


def answer(rng, ratio, **size):
    return S22.test(Dataset.from_frames(frames(rng, ratio, **size), STUDY), CHOICES, rng=rng)


def test_a_silence_must_last_and_one_that_may_yet_end_is_censored():
    write = ([0, 5, 10, 30, 40, 55], [0, 20, 59], [1, 40], [50], [3])
    kind = ["friends"] * 5
    dataset = Dataset.from_frames(tables(write, [0] * 5, kind, [(0, 1.0)]), STUDY)
    found = lives(dataset, 12.0)
    start = dataset.observed_from_us
    days = (found["leave_us"] - start) / 86400e6
    assert found["group"].tolist() == ["g000", "g001", "g002", "g004"]  # the fourth came too late
    assert found["died"].tolist() == [True, True, True, True]
    assert days.tolist() == pytest.approx([10, 0, 1, 3], abs=0.001)
    assert lives(dataset, 30.0)["died"].tolist() == [False, True, True, True]
    # after day 40 nobody is silent for 21 days: the first group is not dead, only quiet
    assert not lives(dataset, 21.0)["died"].iloc[0]
    final = lives(dataset, 12.0, last=True)
    assert final["died"].tolist() == [False, False, True, True]


def test_a_closed_group_did_not_fall_silent_but_may_count_as_dead():
    made = tables([[0, 5], [0, 5]], [0, 0], ["friends"] * 2, [(0, 1.0)])
    made["groups"]["closed_at"] = [moments(6.0), pd.NaT]
    dataset = Dataset.from_frames(made, STUDY)
    found, closing = lives(dataset, 12.0), lives(dataset, 12.0, closing=True)
    assert found["died"].tolist() == [False, True]
    assert closing["died"].tolist() == [True, True]
    days = pd.concat([found, closing])["leave_us"].sub(dataset.observed_from_us) / 86400e6
    assert days.tolist() == pytest.approx([6, 5, 5, 5], abs=0.001)


def test_the_planted_scenario_is_found():
    world = get_scenario("fission").generate(rng=np.random.default_rng(1))
    result = S22.test(world.dataset(), Choices(), rng=np.random.default_rng(1))
    truth, half = world.truth["S22"]["estimate"], np.log(result.ci_high / result.estimate)
    assert abs(np.log(result.estimate / truth)) < 2 * half  # about four standard errors
    assert result.ci_low > 2
    assert result.verdict == "supported"
    assert result.details["counts"]["paid"]["deaths"] > 40


@pytest.mark.calibration
def test_without_an_effect_false_alarms_stay_at_their_level():
    worlds = 20
    results = [answer(rng, 1.0) for rng in np.random.default_rng(2).spawn(worlds)]
    p_values = np.array([r.p_value for r in results])
    assert np.mean(p_values < 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / worlds)
    assert stats.kstest(p_values, "uniform").pvalue > 0.001
    logs = np.log([r.estimate for r in results])
    assert abs(logs.mean()) < 4 * logs.std() / np.sqrt(worlds)


@pytest.mark.calibration
def test_a_planted_ratio_is_covered():
    worlds = 20
    results = [answer(rng, 4.0) for rng in np.random.default_rng(3).spawn(worlds)]
    covered = np.mean([r.ci_low <= 4 <= r.ci_high for r in results])
    assert abs(covered - 0.95) < 3.5 * np.sqrt(0.05 * 0.95 / worlds) + 0.01
    assert np.mean([r.verdict == "supported" for r in results]) > 0.8


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "friends"}, "No group is marked"),
        ({"kind": "fission"}, "none to compare with"),
        ({"events": "game"}, "No event of kind reward"),
    ],
)
def test_what_is_lacking_is_said_in_words(change, words):
    made = frames(np.random.default_rng(4), 1.0, groups=20)
    if "kind" in change:
        made["groups"]["kind"] = change["kind"]
    else:
        made["events"]["kind"] = change["events"]
    dataset = Dataset.from_frames(made, STUDY)
    choices = Choices(dead_after_days=12.0, hypotheses=("S22",))
    (result,) = run_claims(dataset, choices, rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert words in result.reason
    assert result.word("reason", "zh") != result.reason


def test_without_events_it_cannot_be_tested():
    made = frames(np.random.default_rng(5), 1.0, groups=20)
    del made["events"]
    dataset = Dataset.from_frames(made, STUDY)
    (result,) = run_claims(dataset, Choices(hypotheses=("S22",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert "events.group" in result.reason


def test_few_deaths_settle_nothing():
    result = answer(np.random.default_rng(6), 1.0, groups=12, hazard=0.005)
    assert result.verdict == "inconclusive"
    assert result.estimate is None
