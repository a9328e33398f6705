"""S05 on worlds with known answers, from tables to words."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from size_worlds import assert_share

from smallnet.errors import NotTestableError
from smallnet.hypotheses import Result, load_claim
from smallnet.hypotheses import s05_activity_and_size as s05
from smallnet.simulations import Platform
from smallnet.tables import Choices, Dataset

TABLES = ("people", "groups", "memberships", "interactions")
WORLD = {
    "people": 160,
    "groups": 40,
    "days": 28,
    "joins_per_day": 0.01,
    "private_per_day": 0.0,
    "reaction_share": 0.0,
    "bots": 0,
}


LIVELIER = re.compile(r"livelier|more (active|lively|alive)|更(活跃|热闹|有活力)", re.IGNORECASE)


def world(rng, **parameters):
    return Platform(**(WORLD | parameters)).generate(rng=rng, tables=TABLES)


def answers(seed, worlds, **parameters):
    """Results in many worlds, each with its truth; a threshold is sought in the same worlds."""
    found = []
    for rng in np.random.default_rng(seed).spawn(worlds):
        drawn = world(rng, **parameters)
        dataset, choices = drawn.dataset(), Choices(replicates=199)
        threshold = load_claim("T30").test(dataset, choices, rng=rng)
        found.append((s05.test(dataset, choices, rng=rng), threshold, drawn.truth))
    return found


def said(value):
    """All text of a result, however deep."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in said(inner)]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in said(inner)]
    return [value] if isinstance(value, str) else []


@pytest.fixture(scope="module")
def supported():
    drawn = world(np.random.default_rng(1), size_effect=0.5, people=240, groups=60)
    return s05.test(drawn.dataset(), Choices(), rng=np.random.default_rng(1)), drawn


def test_a_planted_effect_is_supported_in_both_languages(supported):
    result, _ = supported
    assert result.verdict == "supported"
    assert result.ci_low < 0.5 < result.ci_high < 1
    assert "times as much per member-day" in result.reason
    assert "每成员日" in result.word("reason", "zh")
    assert result.n["groups"] == 60


def test_the_result_survives_json_and_the_figure_is_drawn_from_it_alone(supported):
    result, _ = supported
    again = Result.from_dict(json.loads(json.dumps(result.to_dict(), allow_nan=False)))
    ax = s05.plot(again)
    assert ax.get_xscale() == "log"
    assert "doubling" in ax.get_legend().get_texts()[1].get_text()
    assert len(result.details["figure"]["size"]) <= 500


def test_every_other_reading_is_there_with_its_interval(supported):
    result, _ = supported
    assert len(result.robustness) == 5
    for entry in result.robustness:
        assert entry["ci_low"] < entry["estimate"] < entry["ci_high"] < 1


def test_a_partial_roster_has_no_size_and_is_named(supported):
    _, drawn = supported
    groups = drawn.frames["groups"].copy()
    groups["roster"] = "complete"
    groups.loc[:4, "roster"] = "partial"
    dataset = Dataset.from_frames(drawn.frames | {"groups": groups}, drawn.study)
    result = s05.test(dataset, Choices(), rng=np.random.default_rng(1))
    assert result.n["groups"] == 55
    assert result.details["groups_without_size"] == sorted(groups["group"][:5])
    assert any("5 groups with a partial roster" in threat for threat in result.threats)


def test_where_size_means_people_who_wrote_the_threat_is_named(supported):
    _, drawn = supported
    groups = drawn.frames["groups"].assign(roster="posters")
    dataset = Dataset.from_frames(drawn.frames | {"groups": groups}, drawn.study)
    result = s05.test(dataset, Choices(), rng=np.random.default_rng(1))
    assert result.threats[0].startswith("Size = people who wrote")


def test_the_same_total_divided_by_more_heads_is_not_called_livelier():
    drawn = world(np.random.default_rng(2), total_fixed=True, people=240, groups=80)
    result = s05.test(drawn.dataset(), Choices(), rng=np.random.default_rng(2))
    total = result.details["total_elasticity"]
    assert result.verdict == "supported"
    assert total["ci_low"] < 0 < total["ci_high"] < 1
    assert "it is the same total divided by more heads" in result.reason
    assert "livelier" not in result.reason
    assert "同样的总量由更多的人来分" in result.word("reason", "zh")


def test_two_groups_are_too_few():
    frames = {
        "memberships": pd.DataFrame({"group": ["a", "a", "b", "b"], "person": list("xyxy")}),
        "interactions": pd.DataFrame(
            {
                "interaction": ["1", "2", "3"],
                "sender": ["x", "x", "y"],
                "at": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-09"]),
                "group": ["a", "b", "a"],
            }
        ),
    }
    result = s05.test(Dataset.from_frames(frames), Choices(), rng=np.random.default_rng(1))
    assert result.verdict == "inconclusive"
    assert result.reason.startswith("Too little to compare:")
    assert s05.plot(result).get_xlabel()


def test_partial_rosters_alone_are_not_testable(supported):
    _, drawn = supported
    groups = drawn.frames["groups"].assign(roster="partial")
    dataset = Dataset.from_frames(drawn.frames | {"groups": groups}, drawn.study)
    for claim in ("S05", "T30"):
        result = load_claim(claim).test(dataset, Choices(), rng=np.random.default_rng(1))
        assert result.verdict == "not testable"
        assert "No group has a size" in result.reason


def test_without_messages_in_groups_it_is_not_testable():
    frames = {"memberships": pd.DataFrame({"group": ["a"], "person": ["x"]})}
    with pytest.raises(NotTestableError, match=r"interactions\.group"):
        s05.test(Dataset.from_frames(frames), Choices(), rng=np.random.default_rng(1))


def test_the_same_seed_gives_the_same_answer(supported):
    result, drawn = supported
    again = s05.test(drawn.dataset(), Choices(), rng=np.random.default_rng(9))
    assert again.estimate == pytest.approx(result.estimate, rel=1e-9)


def test_the_claim_names_its_needs():
    assert s05.CLAIM.needs == ("memberships", "interactions.group")


@pytest.mark.calibration
def test_without_an_effect_alarms_of_s05_and_t30_stay_at_their_level():
    worlds = 20
    found = answers(3, worlds)
    s05 = [r.verdict in ("supported", "contradicted") for r, _, _ in found]
    t30 = [t.p_value < 0.05 for _, t, _ in found]
    for alarms in (s05, t30):
        assert np.mean(alarms) < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / worlds)
    assert_share(np.mean([r.ci_low <= 1 <= r.ci_high for r, _, _ in found]), 0.95, worlds)
    p_values = np.array([t.p_value for _, t, _ in found])
    assert 0.25 < np.median(p_values) < 0.75  # sd of a median of 60: .065


@pytest.mark.calibration
def test_a_planted_effect_is_covered_with_its_within_part_and_total():
    worlds = 16
    found = answers(4, worlds, size_effect=0.8, size_effect_within=1.2, joins_per_day=0.03)
    inside = [r.ci_low <= 0.8 <= r.ci_high for r, _, _ in found]
    assert_share(np.mean(inside), 0.95, worlds)
    within = [r.details["within"] for r, _, _ in found]
    known = [w for w in within if w["estimate"] is not None]
    assert len(known) > worlds / 2
    assert_share(np.mean([w["ci_low"] <= 1.2 <= w["ci_high"] for w in known]), 0.95, len(known))
    total = [(r.details["total_elasticity"], truth["S05"]) for r, _, truth in found]
    covered = [e["ci_low"] <= t["total_elasticity"] <= e["ci_high"] for e, t in total]
    assert_share(np.mean(covered), 0.95, worlds)


@pytest.mark.calibration
def test_talkative_people_who_sort_into_small_groups_are_no_effect_of_size():
    worlds = 12
    found = answers(5, worlds, sorting=1.0)
    assert_share(np.mean([r.ci_low <= 1 <= r.ci_high for r, _, _ in found]), 0.95, worlds)
    assert np.mean([r.verdict == "supported" for r, _, _ in found]) < 0.15
    assert not any("divided by more heads" in r.reason for r, _, _ in found if r.ci_high >= 1)


@pytest.mark.calibration
def test_whose_total_is_the_same_at_any_size_no_text_calls_small_groups_livelier():
    worlds, covered = 14, 0
    for rng in np.random.default_rng(6).spawn(worlds):
        drawn = world(rng, total_fixed=True)
        result = s05.test(drawn.dataset(), Choices(), rng=rng)
        total = result.details["total_elasticity"]
        covers = total["ci_low"] <= 0 <= total["ci_high"]
        covered += covers
        texts = said(result.to_dict())
        assert result.claim in texts
        assert result.word("reason", "zh") in texts
        assert not [text for text in texts if LIVELIER.search(text)]
        assert ("the same total divided by more heads" in result.reason) == covers
        assert ("同样的总量由更多的人来分" in result.word("reason", "zh")) == covers
    assert_share(covered / worlds, 0.95, worlds)
