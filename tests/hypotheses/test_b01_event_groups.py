"""B01 finds how much sooner event groups fall silent, and asks only groups born in the watch."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.planted.b01_event_groups import START, STUDY
from smallnet.hypotheses.planted.b01_event_groups import draw_frames as frames
from smallnet.tables import Choices, Dataset

B01 = load_claim("B01")
CHOICES = Choices(dead_after_days=12.0, hypotheses=("B01",))


def ask(made, choices=CHOICES):
    return B01.test(Dataset.from_frames(made, STUDY), choices, rng=np.random.default_rng(1))


def test_a_planted_ratio_is_found_at_equal_size():
    result = ask(frames(np.random.default_rng(1), 3.0, groups=300))
    assert result.ci_low < 3 < result.ci_high < 6
    assert result.verdict == "supported"
    plain = result.robustness[1]  # event groups are larger, and large groups live longer
    assert plain["estimate"] < result.estimate
    kinds = result.details["kinds"]
    assert kinds["event"]["median_days"][0] < kinds["relationship"]["median_days"][0]
    assert "by day 7" in result.reason
    assert "同一周" in result.word("reason", "zh")


@pytest.mark.calibration
def test_without_an_effect_false_alarms_stay_at_their_level():
    worlds = 14
    results = [ask(frames(rng, 1.0)) for rng in np.random.default_rng(2).spawn(worlds)]
    p_values = np.array([r.p_value for r in results])
    assert np.mean(p_values < 0.05) <= stats.binom.ppf(0.999, worlds, 0.05) / worlds
    assert stats.kstest(p_values, "uniform").pvalue > 0.001
    logs = np.log([r.estimate for r in results])
    assert abs(logs.mean()) < 4 * logs.std(ddof=1) / np.sqrt(worlds)


def hand_made():
    """Give five groups: two for an event, two of friends, and one from before the watch."""
    day = pd.Timedelta(days=1)
    born = {"a": ("event", 0), "b": ("Event", 1), "c": ("friends", 0), "d": ("family", 2)}
    born |= {"e": ("friends", -20), "f": ("trade", 0)}
    days = {"a": [0, 2], "b": [1, 5], "c": [0, 10, 20, 29], "d": [2, 3, 4], "e": [1], "f": [0, 9]}
    groups = pd.DataFrame(
        [(g, kind, START + at * day) for g, (kind, at) in born.items()],
        columns=["group", "kind", "created_at"],
    )
    acts = pd.DataFrame(
        [(g, "ann", START + at * day) for g, times in days.items() for at in times],
        columns=["group", "sender", "at"],
    )
    acts["interaction"] = [f"m{i}" for i in range(len(acts))]
    return {"groups": groups, "interactions": acts}


def test_lives_are_counted_by_age_and_only_from_a_birth_in_the_watch():
    result = ask(hand_made())
    kinds = result.details["kinds"]
    assert kinds["event"]["groups"] == 2  # of any spelling
    assert kinds["relationship"]["groups"] == 2  # not the one from before, not the one of trade
    assert kinds["event"]["median_days"][0] == pytest.approx(2.0)  # lives of 2 and 4 days
    assert kinds["event"]["silent_by_day_7"] == 1.0
    assert kinds["relationship"]["silent_by_day_7"] == pytest.approx(0.5)  # lives of 2 and 29
    assert result.n["events"] == 4
    assert result.verdict == "inconclusive"
    assert B01.plot(result, lang="zh") is not None


def test_names_and_the_order_of_rows_do_not_matter():
    made = frames(np.random.default_rng(3), 2.0, groups=80)
    again = {name: table.iloc[::-1].reset_index(drop=True) for name, table in made.items()}
    for table in again.values():
        for column in {"person", "sender", "group"} & set(table):
            table[column] = table[column].str[::-1]
    first, second = ask(made), ask(again)
    assert second.estimate == pytest.approx(first.estimate)
    assert second.ci_low == pytest.approx(first.ci_low)


def test_where_nobody_is_listed_size_is_not_held_and_this_is_said():
    made = frames(np.random.default_rng(4), 3.0)
    del made["memberships"]
    result = ask(made)
    assert result.estimate is not None
    assert "Size at birth is not known" in result.threats[0]


@pytest.mark.parametrize(
    ("kind", "words"), [("friends", "gathered for an event"), ("event", "related people")]
)
def test_one_kind_alone_cannot_be_compared(kind, words):
    made = frames(np.random.default_rng(5), 1.0, groups=20)
    made["groups"]["kind"] = kind
    (result,) = run_claims(Dataset.from_frames(made, STUDY), CHOICES, rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert words in result.reason


def test_groups_from_before_the_watch_or_without_a_kind_cannot_tell():
    made = frames(np.random.default_rng(6), 1.0, groups=20)
    before = made | {"groups": made["groups"].assign(created_at=START - pd.Timedelta(days=1))}
    assert ask(before).verdict == "not testable"
    made["groups"] = made["groups"].drop(columns="kind")
    (result,) = run_claims(Dataset.from_frames(made, STUDY), CHOICES, rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert "groups.kind" in result.reason
