"""The commands as a user types them."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

import smallnet
from smallnet.cli import main
from smallnet.hypotheses import CLAIMS

ROOT = Path(__file__).parent.parent
CAMPAIGN = ROOT / "data" / "campaign"
SCHEMA = json.loads((ROOT / "smallnet" / "report" / "results.schema.json").read_text())


def run(*words, **options):
    return subprocess.run(
        [sys.executable, "-m", "smallnet", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    out = tmp_path_factory.mktemp("study") / "out"
    return out, run("study", CAMPAIGN, "-o", out, "--set", "replicates=99")


def test_a_study_prints_the_verdicts_and_where_the_page_is(studied):
    out, done = studied
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # quiet where stderr is no terminal
    for claim in CLAIMS:
        assert claim in done.stdout
    assert str(out / "report.html") in done.stdout


def test_a_study_leaves_every_promised_file_and_no_scratch(studied):
    out, _done = studied
    names = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert {"results.json", "report.html", "tables/groups.csv"} <= names
    for claim in ("S05", "T30"):
        assert any(claim.lower() in name.lower() and name.endswith(".svg") for name in names)
        assert any(claim.lower() in name.lower() and name.endswith(".png") for name in names)
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_the_results_file_keeps_its_contract(studied):
    out, _done = studied
    text = (out / "results.json").read_text(encoding="utf-8")
    results = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} in the JSON"))
    jsonschema.validate(results, SCHEMA)
    assert results["smallnet"] == smallnet.__version__
    assert results["dataset"]["name"] == "campaign"
    assert len(results["dataset"]["sha256"]) == 64
    assert results["choices"]["small_group"] == 30
    assert results["choices"]["replicates"] == 99
    assert results["random_seed"] == results["choices"]["random_seed"]
    assert [result["id"] for result in results["results"]] == list(CLAIMS)


def test_the_groups_file_has_one_row_a_group(studied):
    out, _done = studied
    with (out / "tables" / "groups.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    groups = smallnet.read_dataset(CAMPAIGN).frame("groups")["group"]
    assert sorted(row["group"] for row in rows) == sorted(groups)


def test_the_same_seed_gives_the_same_numbers_at_any_number_of_jobs(tmp_path):
    chosen = ["--hypotheses", "S01,S14,S16,S22,T30", "--set", "replicates=99", "--seed", "5"]
    assert run("study", CAMPAIGN, "-o", tmp_path / "one", *chosen).returncode == 0
    assert run("study", CAMPAIGN, "-o", tmp_path / "two", *chosen, "--jobs", 2).returncode == 0
    one, two = (
        json.loads((tmp_path / name / "results.json").read_text())["results"]
        for name in ("one", "two")
    )
    assert one == two


def test_the_page_is_built_again_from_the_results_alone(studied, tmp_path):
    out, _done = studied
    copy = tmp_path / "copy"
    shutil.copytree(out, copy)
    (copy / "report.html").unlink()
    done = run("report", copy, "--lang", "zh")
    assert done.returncode == 0, done.stderr
    assert 'lang="zh' in (copy / "report.html").read_text(encoding="utf-8")


def test_a_simulated_world_is_a_folder_that_passes_the_check(tmp_path):
    world = tmp_path / "world"
    assert run("simulate", "null", "-o", world, "--seed", 3).returncode == 0
    assert json.loads((world / "truth.json").read_text())["S05"]["estimate"] == 1
    assert run("check", world).returncode == 0


def test_scenarios_and_data_are_listed(capsys):
    assert main(["simulate", "--list"]) == 0
    assert "step_at_30" in capsys.readouterr().out
    assert main(["data", "list"]) == 0
    assert "slack_10academy" in capsys.readouterr().out
    assert main(["data", "list", "--json"]) == 0
    assert {"name", "licence", "citation"} <= set(json.loads(capsys.readouterr().out)[0])


def test_a_public_data_set_becomes_a_folder(tmp_path):
    done = run("data", "get", "davis", "-o", tmp_path / "davis")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(tmp_path / "davis")
    assert run("check", tmp_path / "davis").returncode == 0


def test_the_scorecard_is_written_as_csv(tmp_path):
    assert run("score", CAMPAIGN, "-o", tmp_path / "groups.csv").returncode == 0
    header = (tmp_path / "groups.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert {"group", "small", "acquainted", "trusting", "interactive"} <= set(header.split(","))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("claim", ["S01", "S03", "S05", "T30", "S08", "S13", "S14", "S15", "S16"])
def test_every_claim_explains_itself(claim, lang, capsys):
    assert main(["explain", claim, "--lang", lang]) == 0
    printed = capsys.readouterr().out
    assert claim in printed
    assert len(printed) > 200


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["study"], 2, "usage"),
        (["study", "x", "-o", "y", "--set", "small_group"], 2, "key=value"),
        (["explain", "S99"], 2, "S99"),
        (["study", "no/such/folder", "-o", "y"], 1, "no/such/folder"),
        (["study", "no_such_name", "-o", "y"], 1, "there is no folder no_such_name here"),
        (["check", "no/such/folder"], 1, "there is no folder no/such/folder"),
        (["check", "tbles"], 1, "no folder tbles here, and no public data set has that name"),
        (["check", "karat"], 1, "did you mean 'karate'?"),
        (["score", "tbles", "-o", "y.csv"], 1, "there is no folder tbles here"),
        (["simulate", "no_such_world", "-o", "y"], 2, "no_such_world"),
        (["report", "no_such_folder"], 1, "no_such_folder"),
        (["data", "get", "no_such_set"], 2, "no_such_set"),
    ],
)
def test_a_wrong_word_ends_in_one_clear_sentence(words, code, part, tmp_path):
    done = run(*words, cwd=tmp_path)
    assert done.returncode == code, done.stderr + done.stdout
    assert part in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("setting", ["small_group=few", "nonsense=1", "alpha=2"])
def test_a_wrong_choice_ends_in_one_clear_sentence(setting, tmp_path):
    done = run("study", CAMPAIGN, "-o", tmp_path / "out", "--set", setting)
    assert done.returncode == 1
    assert setting.partition("=")[0] in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_an_output_that_cannot_be_written_is_said_before_the_work(tmp_path):
    (tmp_path / "file").write_text("mine")
    done = run("study", CAMPAIGN, "-o", tmp_path / "file")
    assert done.returncode == 1
    assert "file" in done.stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_an_interrupted_study_leaves_nothing_behind(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "smallnet", "study", CAMPAIGN, "-o", tmp_path / "out"],
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted" in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_help_wraps_at_a_narrow_terminal():
    done = run("--help", env=os.environ | {"COLUMNS": "80"})
    assert done.returncode == 0
    assert "study" in done.stdout
