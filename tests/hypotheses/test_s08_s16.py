"""The two claims about leaving keep their promises on worlds with known answers.

In few worlds here, each for what it alone shows; level and coverage in many are in the
calibration table of the package.
"""

import numpy as np
import pytest
from scipy import stats

from smallnet.hypotheses import load_claim, run_claims
from smallnet.simulations import Platform
from smallnet.tables import Choices

TABLES = ("people", "groups", "memberships", "friendships")
WORLD = {
    "people": 240,
    "groups": 50,
    "days": 60,
    "joins_per_day": 0.03,
    "leaves_per_day": 0.025,
    "joined_known": 1.0,
}


def world(rng, **parameters):
    return Platform(**(WORLD | parameters)).generate(rng=rng, tables=TABLES).dataset()


def answers(claim, seed, worlds, **parameters):
    """Results of a claim in many worlds."""
    module = load_claim(claim)
    rngs = np.random.default_rng(seed).spawn(worlds)
    return [module.test(world(rng, **parameters), Choices(), rng=rng) for rng in rngs]


def coverage(results, truth):
    return np.mean([r.ci_low <= truth <= r.ci_high for r in results])


def assert_share(share, nominal, worlds, sigmas=3.5):
    """A share of worlds is near nominal: Monte-Carlo error alone explains the difference."""
    assert abs(share - nominal) < sigmas * np.sqrt(nominal * (1 - nominal) / worlds) + 0.01


@pytest.mark.calibration
def test_without_an_effect_false_alarms_stay_at_their_level():
    worlds = 20
    for claim in ("S08", "S16"):
        results = answers(claim, 8, worlds, leaving_sd=0.6)
        p_values = np.array([r.p_value for r in results])
        alarms = np.mean(p_values < 0.05)
        assert alarms < 0.05 + 3 * np.sqrt(0.05 * 0.95 / worlds), (claim, alarms)
        assert stats.kstest(p_values, "uniform").pvalue > 0.001, claim


@pytest.mark.calibration
@pytest.mark.parametrize(
    ("claim", "parameter", "truth"),
    [("S16", "newcomer_ratio", 3.0), ("S08", "friends_ratio", 0.7)],
)
def test_a_planted_effect_is_found_and_covered(claim, parameter, truth):
    worlds = 12
    results = answers(claim, 9, worlds, inside_friend_odds=3.0, **{parameter: truth})
    assert_share(coverage(results, truth), 0.95, worlds)
    logs = np.log([r.estimate for r in results])
    assert abs(logs.mean() - np.log(truth)) < 4 * logs.std() / np.sqrt(worlds)
    assert logs.std() / np.sqrt(worlds) < 0.06
    verdicts = [r.verdict for r in results]
    assert verdicts.count("contradicted") == 0
    assert verdicts.count("supported") > 0.5 * worlds


@pytest.mark.calibration
def test_friends_that_pile_up_with_tenure_do_not_look_like_retention():
    worlds = 12
    results = answers("S08", 10, worlds, friends_per_day=0.05, inside_friend_odds=2.0)
    assert_share(coverage(results, 1.0), 0.95, worlds)
    naive = [r.details["friends_over_the_whole_stay"]["ci_high"] for r in results]
    assert np.mean(np.array(naive) < 1) > 0.5  # the wrong count is fooled


def test_without_recorded_leaving_neither_can_be_tested():
    dataset = world(np.random.default_rng(1))
    frames = {name: dataset.frame(name) for name in dataset.tables}
    blind = type(dataset).from_frames(
        frames, {**dataset.study.to_mapping(), "coverage": {"leaving": False}}
    )
    results = run_claims(blind, Choices(hypotheses=("S08", "S16")), rng=np.random.default_rng(1))
    assert [r.verdict for r in results] == ["not testable"] * 2
    assert all("coverage.leaving" in r.reason for r in results)


def test_where_nobody_leaves_the_answer_is_inconclusive():
    dataset = world(np.random.default_rng(1))
    frames = {name: dataset.frame(name) for name in dataset.tables}
    frames["memberships"]["left_at"] = None
    stayers = type(dataset).from_frames(
        frames, {**dataset.study.to_mapping(), "coverage": {"leaving": True}}
    )
    for result in run_claims(
        stayers, Choices(hypotheses=("S08", "S16")), rng=np.random.default_rng(1)
    ):
        assert result.verdict == "inconclusive"
        assert result.n["events"] == 0


def test_the_answer_does_not_depend_on_the_names_of_people_and_groups():
    dataset = world(np.random.default_rng(3), friends_ratio=0.7, newcomer_ratio=2.0)
    frames = {name: dataset.frame(name) for name in dataset.tables}
    for frame in frames.values():
        for column in ("person", "friend", "group", "invited_by"):
            if column in frame:
                frame[column] = frame[column].map(lambda name: f"z{name[::-1]}", na_action="ignore")
    renamed = type(dataset).from_frames(frames, dataset.study)
    for claim in ("S08", "S16"):
        module, rng = load_claim(claim), np.random.default_rng(1)
        before = module.test(dataset, Choices(), rng=rng)
        after = module.test(renamed, Choices(), rng=rng)
        assert after.estimate == pytest.approx(before.estimate, rel=1e-6)
        assert after.ci_low == pytest.approx(before.ci_low, rel=1e-6)
