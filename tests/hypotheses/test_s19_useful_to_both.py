"""S19 correlates gain and return between groups where both were asked for, and nowhere else."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.planted import load_planted
from smallnet.tables import Choices, Dataset

S19, PLANTED = load_claim("S19"), load_planted("S19")
CHOICES = Choices(replicates=199)


def drawn(effect, rng, groups=PLANTED.groups):
    people = PLANTED.people * groups // PLANTED.groups
    return PLANTED.draw(effect, groups=groups, people=people, rng=rng)


def planted(effect, seed, worlds):
    answers = []
    for rng in np.random.default_rng(seed).spawn(worlds):
        dataset, truth = drawn(effect, rng)
        answers.append((S19.test(dataset, CHOICES, rng=rng), truth))
    return answers


def test_a_planted_correlation_is_found_above_that_of_people():
    ((result, truth),) = planted(0.6, 1, 1)
    half = result.ci_high - result.estimate
    assert abs(result.estimate - truth) < 2 * half  # about four standard errors
    assert result.verdict == "supported"
    details = result.details
    assert details["observed"] < result.estimate  # noise pulls it down
    assert 0 < details["within_groups"] < 0.6
    lasting = details["survival"]
    assert lasting["deaths"] >= 10
    assert lasting["gain"]["estimate"] < 1  # planted: either saves groups
    assert result.word("reason", "zh") != result.reason


@pytest.mark.calibration
def test_without_a_correlation_between_groups_false_alarms_stay_at_their_level():
    worlds = 24
    results = [result for result, _truth in planted(0.0, 2, worlds)]
    p = np.array([result.p_value for result in results])
    assert np.mean(p <= 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / worlds)
    assert stats.kstest(p, "uniform").pvalue > 0.001
    # now and then the means of a world are nearly all noise, and no estimate is given
    estimates = [result.estimate for result in results if result.estimate is not None]
    assert len(estimates) > 0.8 * worlds
    assert abs(np.mean(estimates)) < 4 * np.std(estimates) / np.sqrt(worlds)


@pytest.mark.calibration
def test_a_planted_correlation_is_covered():
    worlds = 16
    answers = planted(0.6, 3, worlds)
    known = [(r, truth) for r, truth in answers if r.estimate is not None]
    assert len(known) >= worlds - 1
    covered = np.mean([r.ci_low <= truth <= r.ci_high for r, truth in known])
    assert covered > 0.95 - 3.5 * np.sqrt(0.05 * 0.95 / len(known))
    assert np.mean([r.verdict == "supported" for r, _truth in answers]) > 0.6


def test_few_groups_and_noise_settle_nothing():
    rng = np.random.default_rng(4)
    dataset, _truth = drawn(0.6, rng, 10)
    result = S19.test(dataset, CHOICES, rng=rng)
    assert result.verdict == "inconclusive"
    assert "too few" in result.reason
    dataset, _truth = drawn(0.6, rng, 40)
    frames = {name: dataset.frame(name) for name in dataset.tables}
    frames["surveys"]["group"] = rng.permutation(frames["surveys"]["group"])  # says nothing
    noise = S19.test(Dataset.from_frames(frames, dataset.study), CHOICES, rng=rng)
    assert noise.verdict == "inconclusive"
    assert noise.details["reliability_of_gain"] < 0.4


def test_the_source_stands_in_where_it_names_a_group():
    rng = np.random.default_rng(5)
    dataset, _truth = drawn(0.6, rng, 40)
    frames = {name: dataset.frame(name) for name in dataset.tables}
    frames["transactions"] = frames["transactions"].assign(
        source=frames["transactions"]["group"], group=pd.Series(dtype=str)
    )
    other = Dataset.from_frames(frames, dataset.study)
    one, two = (S19.test(data, CHOICES, rng=np.random.default_rng(6)) for data in (dataset, other))
    assert one.details["observed"] == pytest.approx(two.details["observed"])
    assert one.p_value == two.p_value


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("no surveys", "surveys.group"),
        ("no transactions", "transactions.value"),
        ("other item", "No survey item asks"),
        ("no source", "through which group"),
    ],
)
def test_what_message_logs_lack_is_said_in_words(change, words):
    rng = np.random.default_rng(7)
    dataset, _truth = drawn(0.0, rng, 24)
    frames = {name: dataset.frame(name) for name in dataset.tables}
    if change == "no surveys":
        del frames["surveys"]
    elif change == "no transactions":
        del frames["transactions"]
    elif change == "other item":
        frames["surveys"]["item"] = "weather"
    else:
        frames["transactions"] = frames["transactions"].assign(group=None, source="shop window")
    choices = Choices(hypotheses=("S19",))
    (result,) = run_claims(Dataset.from_frames(frames, dataset.study), choices, rng=rng)
    assert result.verdict == "not testable"
    assert words in result.reason
    assert result.word("reason", "zh") != result.reason
