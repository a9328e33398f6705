"""Trials are drawn once, in any order and by any number of workers; their summary is exact."""

import json
import math

import pytest

from smallnet.cli import main
from smallnet.errors import InputError, UnknownNameError
from smallnet.hypotheses import load_claim
from smallnet.hypotheses.calibration import calibrate, plan_study, study_sizes, summarise
from smallnet.hypotheses.planted import load_planted
from smallnet.hypotheses.trials import Setting, run_trials, trial_choices, try_world
from smallnet.tables import Choices

SETTINGS = [Setting(0.049, 20, 40), Setting(0.3, 20, 40)]


def trial(effect, verdict, estimate=None, low=None, high=None, *, truth=1.0, p=0.5, groups=5):
    return {
        "effect": effect,
        "groups": groups,
        "people": 10,
        "world": 0,
        "truth": truth,
        "estimate": estimate,
        "ci_low": low,
        "ci_high": high,
        "p_value": p,
        "verdict": verdict,
    }


def summary(claim, trials):
    return summarise(load_claim(claim).CLAIM, load_planted(claim), trials, Choices())


def test_rates_coverage_and_bias_are_those_of_the_rows():
    answer = summary(
        "S05",
        [
            trial(1.0, "supported", 0.5, 0.4, 0.6, p=0.01),
            trial(1.0, "contradicted", 2.0, 1.5, 2.5, p=0.02),
            trial(1.0, "inconclusive", 1.0, 0.8, 1.2),
            trial(1.0, "not testable", p=None),
            trial(0.8, "supported", 0.8, 0.7, 0.9, truth=0.8),
            trial(0.8, "contradicted", 1.25, None, 1.3, truth=0.8),
        ],
    )
    assert answer["false_positive_rate"]["estimate"] == 0.5
    assert answer["false_positive_rate"]["worlds"] == 4
    assert answer["p_below_alpha"]["estimate"] == pytest.approx(2 / 3)
    assert answer["coverage"]["estimate"] == pytest.approx(3 / 5)  # an open end is infinite
    logs = [math.log(x) for x in (0.5, 2.0, 1.0, 1.0, 1.25 / 0.8)]
    assert answer["bias"] == pytest.approx(sum(logs) / 5)
    (power,) = answer["power"]
    assert (power["effect"], power["groups"], power["people"]) == (0.8, 5, 10)
    assert power["estimate"] == 0.5  # contradicted is wrong where the claim holds
    assert power["ci_low"] < 0.5 < power["ci_high"]
    assert answer["verdicts"]["not testable"] == 1


def test_an_effect_against_the_claim_is_found_where_it_is_contradicted():
    answer = summary("S05", [trial(1.25, "contradicted", truth=1.25)])
    assert answer["power"][0]["estimate"] == 1


def test_a_claim_that_names_a_number_is_wronged_by_a_contradiction_alone():
    rows = [trial(0.9, verdict, truth=0.9) for verdict in ("supported", "contradicted")]
    answer = summary("S13", [*rows, trial(0.6, "contradicted", truth=0.6)])
    assert answer["false_positive_rate"]["estimate"] == 0.5
    assert answer["power"][0]["estimate"] == 1


def test_nothing_known_is_null_and_not_nought():
    answer = summary("T30", [trial(0.25, "inconclusive", truth=None)])
    assert answer["false_positive_rate"]["estimate"] is None
    assert answer["coverage"]["estimate"] is None
    assert answer["bias"] is None


def test_the_smallest_study_that_is_enough_has_the_fewest_people():
    rows = [
        {"effect": 0.8, "groups": g, "people": p, "estimate": power}
        for g, p, power in ((40, 100, 0.9), (20, 100, 0.82), (20, 50, 0.79), (80, 200, 1.0))
    ]
    rows.append({"effect": 0.9, "groups": 80, "people": 200, "estimate": 0.3})
    enough = study_sizes(rows)
    assert (enough["0.8"]["groups"], enough["0.8"]["people"]) == (20, 100)
    assert enough["0.9"] is None


def test_a_world_is_the_same_whichever_others_are_drawn_and_by_however_many():
    alone = try_world("S14", SETTINGS[1], 2, 7, trial_choices("S14"))
    one = run_trials("S14", SETTINGS, worlds=3, random_seed=7)
    two = run_trials("S14", SETTINGS[::-1], worlds=3, random_seed=7, jobs=2)
    assert alone == one[5] == two[2]
    assert sorted(one, key=repr) == sorted(two, key=repr)
    assert len({json.dumps(row) for row in one}) == 6


def test_worlds_on_disk_are_not_drawn_again(tmp_path):
    first = run_trials("S14", SETTINGS, worlds=1, out=tmp_path)
    path = tmp_path / "worlds.json"
    kept = json.loads(path.read_text())
    kept["worlds"][0]["estimate"] = 99.0
    path.write_text(json.dumps(kept))
    again = run_trials("S14", SETTINGS, worlds=2, out=tmp_path)
    assert [row["estimate"] for row in again if row["world"] == 0] == [99.0, first[1]["estimate"]]
    assert len(json.loads(path.read_text())["worlds"]) == 4


def test_a_run_cut_off_keeps_whole_worlds_and_ends_as_if_it_had_not_been(tmp_path):
    def stop(step):
        if step.startswith("S14: 3 "):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_trials("S14", SETTINGS, worlds=3, out=tmp_path, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["worlds.json"]
    assert len(json.loads((tmp_path / "worlds.json").read_text())["worlds"]) == 3
    resumed = run_trials("S14", SETTINGS, worlds=3, out=tmp_path)
    assert resumed == run_trials("S14", SETTINGS, worlds=3)


def test_worlds_made_in_another_way_are_not_mixed_in(tmp_path):
    run_trials("S14", SETTINGS[:1], worlds=1, out=tmp_path)
    with pytest.raises(InputError, match="random_seed 1, expected 2"):
        run_trials("S14", SETTINGS[:1], worlds=1, out=tmp_path, random_seed=2)
    with pytest.raises(InputError, match="expected 'S13'"):
        run_trials("S13", SETTINGS[:1], worlds=1, out=tmp_path)
    with pytest.raises(InputError, match="choices"):
        calibrate("S14", tmp_path, worlds=1, settings={"alpha": 0.01})
    (tmp_path / "worlds.json").write_text("[1, 2")
    with pytest.raises(InputError, match="does not hold worlds"):
        run_trials("S14", SETTINGS[:1], worlds=1, out=tmp_path)


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(InputError, match="at least 1"):
        calibrate("S14", worlds=0)
    with pytest.raises(InputError, match="0 groups"):
        calibrate("S14", worlds=1, groups=[0])
    with pytest.raises(UnknownNameError):
        calibrate("S99", worlds=1)


def test_power_is_told_by_size_of_study(tmp_path):
    answer = plan_study("S14", tmp_path, worlds=4, groups=[20], people=[30, 900], effects=[0.12])
    small, large = answer["power"]
    assert small["estimate"] < large["estimate"] == 1
    assert answer["enough"]["0.12"]["people"] == 900
    assert json.loads((tmp_path / "power.json").read_text()) == answer


def test_the_command_keeps_the_contract_of_its_file(tmp_path, capsys):
    words = ["calibrate", "s14", "--worlds", "2", "--people", "40", "-o", str(tmp_path / "out")]
    assert main(words) == 0
    shown = capsys.readouterr()
    assert "false positive rate" in shown.out
    assert shown.err == ""
    answer = json.loads((tmp_path / "out" / "calibration.json").read_text())
    assert (answer["claim"], answer["worlds"], answer["alpha"]) == ("S14", 2, 0.05)
    for name in ("false_positive_rate", "coverage"):
        assert {"estimate", "ci_low", "ci_high"} <= set(answer[name])
    keys = {"effect", "groups", "people", "estimate", "ci_low", "ci_high"}
    assert all(keys <= set(entry) for entry in answer["power"])
    assert main(["calibrate", "S77", "-o", str(tmp_path)]) == 2
    assert main(["power", "S14", "--worlds", "2", "--people", "40", "--effect", "0.5"]) == 0
    assert "effect 0.5" in capsys.readouterr().out
