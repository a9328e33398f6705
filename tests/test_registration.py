"""What was chosen before looking holds, and whatever changed afterwards says so."""

import datetime as dtm
import json
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from smallnet.errors import InputError
from smallnet.hypotheses import Result, adjust
from smallnet.hypotheses.registration import keep_registration, read_registration, registration_of
from smallnet.study import run_study
from smallnet.tables import Choices, Dataset, Study, check_folder

SCHEMA = json.loads(
    (Path(__file__).parent.parent / "smallnet/report/results.schema.json").read_text()
)
REGISTERED = """
[registration]
claims = ["S14"]
[registration.outcomes]
S14 = "groups held by nearly everybody"
[registration.smallest_effect]
S14 = 2.0
[registration.choices]
small_group = 12
"""


def people_in(counts):
    rows = [(f"g{g}", f"p{i}") for i, count in enumerate(counts) for g in range(count)]
    return pd.DataFrame(rows, columns=["group", "person"]).assign(muted=True)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "tables"
    made.mkdir()
    people_in([12] * 20 + [11] * 20).to_csv(made / "memberships.csv", index=False)
    (made / "study.toml").write_text(REGISTERED)
    return made


def study(source, out=None, **settings):
    return run_study(source, out, settings={"hypotheses": ["S13", "S14"], **settings})


def test_the_first_run_keeps_the_plan_and_the_next_one_is_held_against_it(folder):
    first = study(folder)
    kept = json.loads((folder / "registration.json").read_text())
    assert kept["plan"]["claims"] == ["S14"]
    assert kept["plan"]["smallest_effect"] == {"S14": 2.0}
    assert kept["plan"]["choices"]["small_group"] == 12
    assert dtm.datetime.fromisoformat(kept["registered_at"]).tzinfo is not None
    assert first.standing.standing == {"S13": "exploratory", "S14": "primary"}
    assert first.choices.small_group == 12  # registered choices are those of the run
    again = study(folder)
    assert again.standing == first.standing
    assert json.loads((folder / "registration.json").read_text()) == kept
    assert check_folder(folder).problems == ()  # the file is no stranger among the tables


def test_a_changed_smallest_effect_makes_its_claim_exploratory(folder):
    study(folder)
    changed = study(folder, **{"smallest_effect.S14": 3.0}).standing
    assert changed.standing["S14"] == "exploratory"
    (departure,) = [d for d in changed.departures if d.what == "smallest_effect.S14"]
    assert (departure.registered, departure.now, departure.claims) == (2.0, 3.0, ("S14",))


@pytest.mark.parametrize(("key", "value"), [("small_group", 30), ("random_seed", 2)])
def test_another_choice_makes_every_claim_exploratory(folder, key, value):
    study(folder)
    changed = study(folder, **{key: value}).standing
    assert set(changed.standing.values()) == {"exploratory"}
    assert changed.primary == ()
    assert key in [departure.what for departure in changed.departures]


def test_a_plan_rewritten_after_looking_does_not_count(folder):
    study(folder)
    text = REGISTERED.replace('["S14"]', '["S13", "S14"]').replace("nearly everybody", "many")
    (folder / "study.toml").write_text(text)
    changed = study(folder).standing
    assert changed.standing == {"S13": "exploratory", "S14": "exploratory"}
    assert changed.registration.claims == ("S14",)
    assert "outcome.S14" in [departure.what for departure in changed.departures]


def test_a_plan_taken_out_of_the_file_still_holds(folder):
    study(folder)
    (folder / "study.toml").write_text("")
    left = study(folder).standing
    assert left.standing["S14"] == "exploratory"
    assert {"small_group", "smallest_effect.S14"} <= {d.what for d in left.departures}


def test_a_registered_claim_that_is_not_tested_is_named(folder):
    outcome = run_study(folder, settings={"hypotheses": ["S13"]})
    assert "S14" in outcome.standing.notes[0].en
    assert "S14" in outcome.standing.notes[0].zh


def test_a_registration_changed_by_hand_stops_the_study(folder):
    study(folder)
    path = folder / "registration.json"
    path.write_text(path.read_text().replace('"S14": 2.0', '"S14": 1.0'))
    with pytest.raises(InputError, match="was changed after it was kept"):
        study(folder)
    path.write_text("{}")
    with pytest.raises(InputError, match="no registration that smallnet kept"):
        study(folder)


def test_without_a_registration_there_is_one_family_and_no_file(folder):
    (folder / "study.toml").write_text("")
    assert study(folder).standing is None
    assert not (folder / "registration.json").exists()


def test_tables_without_a_folder_keep_it_with_the_results(tmp_path):
    dataset = Dataset.from_frames(
        {"memberships": people_in([3] * 4)}, {"registration": {"claims": ["S14"]}}
    )
    study(dataset, tmp_path / "out")
    kept = read_registration(tmp_path / "out" / "registration.json")
    again = study(dataset, tmp_path / "out", small_group=9)
    assert again.standing.registration == kept
    assert again.standing.standing["S14"] == "exploratory"
    assert "kept" in study(dataset).standing.notes[-1].en  # nowhere to keep it


def test_the_results_and_the_page_say_what_was_registered(folder, tmp_path):
    out = tmp_path / "out"
    study(folder)
    run_study(
        folder,
        out,
        settings={"hypotheses": ["S13", "S14"], "smallest_effect.S14": 3.0},
        lang="zh",
    )
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    jsonschema.validate(results, SCHEMA)
    told = results["registration"]
    assert told["claims"] == {"S13": "exploratory", "S14": "exploratory"}
    assert [entry["what"] for entry in told["changed"]] == ["S13", "smallest_effect.S14"]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert told["sha256"] in page
    assert "事先登记" in page
    assert "smallest_effect.S14 登记为 2.0，现为 3.0" in page
    assert "探索性" in page


def test_registered_claims_are_a_family_of_their_own():
    def result(name, p_value):
        return Result(
            id=name, title="", claim="", verdict="supported", estimand="", effect="",
            p_value=p_value,
        )  # fmt: skip

    results = [result("S05", 0.04), result("S08", 0.9), result("S13", 0.5), result("S14", 0.01)]
    together = [r.p_adjusted for r in adjust(results, Choices())]
    apart = [r.p_adjusted for r in adjust(results, Choices(), primary=("S05", "S14"))]
    assert together == pytest.approx([0.08, 0.9, 2 / 3, 0.04])
    assert apart == pytest.approx([0.04, 0.9, 0.9, 0.02])
    verdicts = [r.verdict for r in adjust(results, Choices(), primary=("S05", "S14"))]
    assert verdicts[0] == "supported"
    assert adjust(results, Choices())[0].verdict == "inconclusive"


def test_the_hash_is_of_the_plan_and_of_nothing_else(tmp_path):
    plan = {"claims": ["S14", "S05"], "smallest_effect": {"S05": 1.2}}
    one = registration_of(Study.from_mapping({"registration": plan}))
    two = registration_of(
        Study.from_mapping({"name": "other", "registration": plan | {"claims": ["s05", "S14"]}})
    )
    assert one.sha256 == two.sha256
    other = registration_of(Study.from_mapping({"registration": {"claims": ["S05"]}}))
    assert one.sha256 != other.sha256
    moment = dtm.datetime(2026, 1, 1, tzinfo=dtm.UTC)
    kept, path = keep_registration(one, [tmp_path], now=moment)
    assert kept.registered_at == "2026-01-01T00:00:00+00:00"
    assert read_registration(path).sha256 == one.sha256


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"claims": []}, "expected a list of claims"),
        ({"claims": "S05"}, "expected a list of claims"),
        ({"claims": ["S99"]}, "S99"),
        ({"claims": ["S05"], "outcomes": {"S08": "x"}}, "names 'S08'"),
        ({"claims": ["S05"], "smallest_effects": {}}, "unknown key registration.smallest_effects"),
        ({"claims": ["S05"], "choices": {"small": 1}}, "unknown choice 'small'"),
        ({"claims": ["S05"], "choices": 3}, "expected a table"),
    ],
)
def test_a_wrong_registration_says_what_was_expected(given, words):
    with pytest.raises(InputError, match=words):
        registration_of(Study.from_mapping({"registration": given}))
