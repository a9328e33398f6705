"""S12 counts only what the four criteria foretell of groups not seen, beyond size and age."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.methods.prediction import cross_validated_gain, score_test
from smallnet.hypotheses.planted import load_planted
from smallnet.hypotheses.planted import s12_four_criteria as plan
from smallnet.tables import Choices, Dataset

S12, PLANTED = load_claim("S12"), load_planted("S12")
CHOICES = Choices(replicates=199)


def world(effect, rng, groups=PLANTED.groups):
    people = PLANTED.people * groups // PLANTED.groups
    drawn = plan._draw(effect, groups, people, rng)
    return drawn, plan._tables(drawn)


def test_the_description_and_the_fate_of_groups_are_as_they_were_drawn():
    drawn, dataset = world(0.6, np.random.default_rng(1), 60)
    rows = S12._table(dataset, CHOICES)
    assert len(rows) == 60
    names = ["log_size", "bent_size", "log_age", "log_before", "small", "acquainted"]
    described = drawn.described[:, :6]
    np.testing.assert_allclose(rows[names].to_numpy(), described, atol=1e-9)
    np.testing.assert_allclose(rows["trusting"], drawn.described[:, 6], atol=0.02)  # answers
    # to a message that was never sent are not answers, which the draw does not know
    np.testing.assert_allclose(rows["interactive"], drawn.described[:, 7], atol=1e-9)
    fared = rows[["survival", "retention", "growth", "volume"]].to_numpy()
    np.testing.assert_allclose(fared, drawn.fared, atol=1e-9)


def test_criteria_that_foretell_are_found_and_the_outcomes_are_correlated_first():
    rng = np.random.default_rng(2)
    _drawn, dataset = world(1.0, rng)
    result = S12.test(dataset, CHOICES, rng=rng)
    assert result.verdict == "supported"
    assert result.p_value < 0.05
    details = result.details
    assert details["p_that_criteria_tell_nothing"] == 1 / 200
    assert next(iter(details)) == "outcome_correlations"
    matrix = np.array(details["outcome_correlations"]["matrix"])
    np.testing.assert_allclose(np.diag(matrix), 1.0)
    assert set(details["outcomes"]) == {"survival", "retention", "growth", "volume"}
    assert details["composite"]["auc"] > details["composite"]["auc_random_median"]
    assert result.word("reason", "zh") != result.reason
    again = S12.test(dataset, CHOICES, rng=np.random.default_rng(3))
    assert abs(again.estimate - result.estimate) < 0.03  # folds are drawn, the answer is not


def parts_of(drawn):
    """Baselines, criteria and outcomes straight from the draw."""
    outcomes = [plan._event(drawn.fared[:, k]) for k in range(4)]
    bases = [drawn.described[:, : 4 if k == plan.VOLUME else 3] for k in range(4)]
    return bases, drawn.described[:, 4:], outcomes


@pytest.mark.calibration
def test_without_an_effect_p_is_uniform():
    worlds, p = 200, []
    for rng in np.random.default_rng(4).spawn(worlds):
        bases, more, outcomes = parts_of(plan._draw(0.0, 160, 2000, rng))
        p.append(score_test(bases[0], more, outcomes, bases=bases, draws=99, rng=rng))
    for level in (0.05, 0.2):
        share = np.mean(np.array(p) <= level)
        assert abs(share - level) < 3.5 * np.sqrt(level * (1 - level) / worlds)
    assert stats.kstest(p, "uniform").pvalue > 0.001


@pytest.mark.calibration
@pytest.mark.parametrize("effect", [0.0, 0.6])
def test_the_gain_in_a_large_population_is_covered(effect):
    worlds, inside, gains = 60, 0, []
    fits = plan._gains(effect, 160, 2000)
    truth = np.mean(fits)
    for rng in np.random.default_rng(5).spawn(worlds):
        bases, more, outcomes = parts_of(plan._draw(effect, 160, 2000, rng))
        found = {
            str(k): cross_validated_gain(base, more, y, repeats=3, rng=rng)
            for k, (base, y) in enumerate(zip(bases, outcomes, strict=True))
        }
        mean = S12._mean(found, {str(k): y for k, y in enumerate(outcomes)}, 0.95)
        gains.append(mean["estimate"])
        inside += mean["ci_low"] <= truth <= mean["ci_high"]
    assert inside / worlds > 0.95 - 3.5 * np.sqrt(0.05 * 0.95 / worlds)
    error = np.hypot(np.std(gains) / np.sqrt(worlds), np.std(fits) / np.sqrt(len(fits)))
    assert abs(np.mean(gains) - truth) < 4 * error


@pytest.mark.calibration
def test_through_the_tables_level_and_power_hold_as_well():
    verdicts = {0.0: [], 0.6: []}
    for effect, found in verdicts.items():
        for rng in np.random.default_rng(6).spawn(8):
            result = S12.test(world(effect, rng)[1], CHOICES, rng=rng)
            found.append(result.verdict)
            assert (result.p_value < 0.05) == (not result.ci_low <= 0 <= result.ci_high)
    assert sum(v in ("supported", "contradicted") for v in verdicts[0.0]) <= 2
    assert sum(v == "supported" for v in verdicts[0.6]) >= 5


def test_few_groups_settle_nothing():
    rng = np.random.default_rng(6)
    result = S12.test(world(1.0, rng, 30)[1], CHOICES, rng=rng)
    assert result.verdict == "inconclusive"
    assert "30 groups" in result.reason
    assert result.estimate is None


@pytest.mark.parametrize("lacks", ["friendships", "reply_to", "leaving", "time"])
def test_what_is_lacking_is_said_in_words(lacks):
    rng = np.random.default_rng(7)
    _drawn, dataset = world(0.0, rng, 40)
    frames = {name: dataset.frame(name) for name in dataset.tables}
    study = {"observed_from": plan.START, "observed_until": dataset.study.observed_until}
    study["coverage"] = {"joining": True, "leaving": lacks != "leaving"}
    if lacks == "friendships":
        del frames["friendships"]
    elif lacks == "reply_to":
        frames["interactions"] = frames["interactions"].drop(columns="reply_to")
    elif lacks == "time":
        study["observed_until"] = plan.START + pd.Timedelta(days=20).to_pytimedelta()
    choices = Choices(hypotheses=("S12",))
    (result,) = run_claims(Dataset.from_frames(frames, study), choices, rng=rng)
    assert result.verdict == "not testable"
    assert {"time": "too short"}.get(lacks, lacks) in result.reason
    assert result.word("reason", "zh") != result.reason
