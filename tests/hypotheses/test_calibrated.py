"""What a test is worth is read from worlds of the data's size, and said in both languages."""

import dataclasses

from smallnet.hypotheses import Result, not_testable
from smallnet.hypotheses.calibrated import COLUMNS, nearest_worlds, shipped_table, table_rows, worth
from smallnet.hypotheses.calibration import calibrate
from smallnet.hypotheses.claims import CLAIMS, load_claim
from smallnet.tables import Choices, Text


def row(kind, effect, rate, *, groups=20, people=100, truth=None):
    return {
        "claim": "S05",
        "kind": kind,
        "effect": effect,
        "truth": effect if truth is None else truth,
        "groups": groups,
        "people": people,
        "worlds": 200,
        "rate": rate,
        "rate_low": rate - 0.01,
        "rate_high": rate + 0.01,
    }


TABLE = (
    row("null", 1.0, 0.04),
    row("effect", 0.8, 0.7),
    row("effect", 0.6, 0.95),
    row("null", 1.0, 0.05, groups=80, people=400),
    row("effect", 0.8, 0.99, groups=80, people=400),
)
RESULT = Result(
    id="S05",
    title="",
    claim="",
    verdict="supported",
    estimand="",
    effect="",
    n={"people": 150, "groups": 30, "rows": 5},
)


def test_worlds_of_the_nearest_size_are_chosen_by_ratio_and_unknown_numbers_passed_over():
    def sizes(n):
        return {(r["groups"], r["people"]) for r in nearest_worlds("S05", n, TABLE)}

    assert sizes({"groups": 30, "people": 150}) == {(20, 100)}
    assert sizes({"groups": 60, "people": None}) == {(80, 400)}
    assert sizes({"people": 230}) == {(80, 400)}
    assert sizes({}) == {(20, 100)}
    assert nearest_worlds("S08", {"groups": 30}, TABLE) == []


def test_power_and_false_alarms_are_said_in_both_languages():
    words = worth(RESULT, TABLE)
    assert "20 groups and 100 people" in words.en
    assert "a true value of 0.8 with power 0.70 and a true value of 0.6 with power 0.95" in words.en
    assert "in 4.0 % [3.0 %, 5.0 %] of 200 worlds" in words.en
    assert "factor" not in words.en
    assert "20 个群、100 人" in words.zh
    assert "真值 0.8 的功效为 0.70、真值 0.6 的功效为 0.95" in words.zh
    assert "误报率为 4.0 %" in words.zh


def test_strengths_with_one_truth_are_told_together():
    table = [row("effect", 0.4, 0.5, truth=30.0), row("effect", 0.25, 0.8, truth=30.0)]
    assert "a true value of 30 with power 0.50–0.80." in worth(RESULT, table).en


def test_data_far_larger_than_any_world_are_warned_of():
    large = dataclasses.replace(RESULT, n={"groups": 800, "people": 4000})
    words = worth(large, TABLE)
    assert "by a factor of 10" in words.en
    assert "约 10 倍" in words.zh


def test_what_was_not_testable_or_not_calibrated_has_no_worth():
    claim = load_claim("S05").CLAIM
    assert worth(not_testable(claim, Choices(), Text("why", "为何")), TABLE) is None
    assert worth(dataclasses.replace(RESULT, id="S08"), TABLE) is None


def test_a_calibration_becomes_rows_of_the_table():
    rows = table_rows(calibrate("S14", worlds=2, people=[40], effects=[0.3]))
    assert [r["kind"] for r in rows] == ["null", "effect"]
    assert all(list(r) == COLUMNS for r in rows)
    assert [r["worlds"] for r in rows] == [2, 2]


def test_the_shipped_table_is_of_claims_that_exist():
    rows = shipped_table()
    assert {r["claim"] for r in rows} <= set(CLAIMS)
    assert all(0 <= r["rate_low"] <= r["rate"] <= r["rate_high"] <= 1 for r in rows)
