"""The spread command: what it writes, and what it says when it cannot."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from smallnet.cli import MODEL_NAMES, main
from smallnet.errors import InputError
from smallnet.simulations.spreading import MODELS, IndependentCascade
from smallnet.spreading import open_population, reach_by_size, run_seeds, run_spread
from smallnet.tables import Dataset

CAMPAIGN = "data/campaign"
COMMAND = ["spread", CAMPAIGN, "--probability", "0.05", "--seed-people", "p001,p002"]


@pytest.fixture
def friends() -> Dataset:
    """A line of five friends, two groups."""
    return Dataset.from_frames(
        {
            "friendships": pd.DataFrame({"person": list("abcd"), "friend": list("bcde")}),
            "memberships": pd.DataFrame(
                {"group": ["g", "g", "g", "h", "h"], "person": ["a", "b", "c", "d", "e"]}
            ),
        }
    )


def test_the_command_writes_the_fields_that_others_read(tmp_path, capsys):
    assert main([*COMMAND, "--replicates", "50", "-o", str(tmp_path)]) == 0
    answer = json.loads((tmp_path / "spread.json").read_text())
    assert answer["model"] == "independent-cascade"
    assert answer["parameters"]["probability"] == 0.05
    assert answer["seed_people"] == ["p001", "p002"]
    assert answer["replicates"] == len(answer["final_sizes"]) == 50
    assert answer["final_size"]["mean"] == pytest.approx(np.mean(answer["final_sizes"]))
    assert answer["final_size"]["ci_low"] < answer["final_size"]["mean"]
    assert answer["groups_reached"]["mean"] > 0
    for name in ("spread_curve", "spread_final_sizes", "spread_reach_by_size"):
        assert (tmp_path / "figures" / f"{name}.svg").exists()
    assert len(pd.read_csv(tmp_path / "tables" / "spread_replicates.csv")) == 50
    assert not list(tmp_path.glob(".unfinished*"))
    assert "final size" in capsys.readouterr().out


def test_a_study_in_the_same_folder_stays(tmp_path):
    (tmp_path / "results.json").write_text("{}")
    main([*COMMAND, "--replicates", "5", "-o", str(tmp_path)])
    assert (tmp_path / "results.json").read_text() == "{}"


def test_the_same_seed_gives_the_same_answer_with_two_workers(friends):
    runs = [
        run_spread(friends, model="independent-cascade", seed_people=["a"], replicates=200, jobs=j)
        for j in (1, 2)
    ]
    assert runs[0][1] == runs[1][1]


def test_probability_one_reaches_everybody_connected(friends):
    _, answer = run_spread(
        friends,
        model="independent-cascade",
        parameters={"probability": "1"},
        seed_people=["a"],
        replicates=10,
    )
    assert set(answer["final_sizes"]) == {5}
    assert answer["groups_reached"]["mean"] == 2


def test_reach_by_size_leaves_seed_people_out(friends):
    population = open_population(friends)
    reach = reach_by_size(population, IndependentCascade(probability=0.0), ["a"], replicates=20)
    assert reach["members"].tolist() == [0.0, 0.0]
    sizes = dict(zip(reach["size"], reach["groups"], strict=True))
    assert sizes == pytest.approx({3.0: 1.0, 2.0: 0.0})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed_people": ["nobody"]}, "'nobody' is not among the 5 people"),
        ({"seed_people": []}, "no seed people"),
        ({"parameters": {"probability": 1.5}}, "probability is 1.5"),
        ({"parameters": {"probability": "high"}}, "probability"),
        ({"replicates": 0}, "replicates is 0"),
        ({"layer": "trust"}, "layer is 'trust'"),
        ({"layer": "interaction"}, "holds no tie"),
        ({"random_seed": -1}, "random seed is -1"),
        ({"jobs": 0}, "jobs is 0"),
    ],
)
def test_a_bad_argument_is_one_clear_sentence(friends, change, words):
    arguments = {"model": "independent-cascade", "seed_people": ["a"], "replicates": 5} | change
    with pytest.raises(InputError, match=words):
        run_spread(friends, **arguments)


def test_an_unknown_model_is_wrong_usage(tmp_path, capsys):
    assert main([*COMMAND, "--model", "gossip", "-o", str(tmp_path)]) == 2
    assert "unknown model 'gossip'" in capsys.readouterr().err


def test_the_seeds_command_writes_the_fields_that_others_read(tmp_path, capsys):
    command = ["seeds", CAMPAIGN, "--budget", "5", "--probability", "0.05", "--replicates", "50"]
    assert main([*command, "--strategies", "degree,random", "-o", str(tmp_path)]) == 0
    answer = json.loads((tmp_path / "seeds.json").read_text())
    assert (answer["budget"], answer["model"]) == (5, "independent-cascade")
    names = [row["name"] for row in answer["strategies"]]
    assert sorted(names) == ["degree", "random"]
    spreads = [row["spread"]["mean"] for row in answer["strategies"]]
    assert spreads == sorted(spreads, reverse=True)
    for row in answer["strategies"]:
        assert len(row["seed_people"]) == 5
        assert row["spread"]["ci_low"] < row["spread"]["mean"] < row["spread"]["ci_high"]
        assert row["groups_reached"] > 0
        assert "bound" in row
    assert (tmp_path / "figures" / "seeds_strategies.svg").exists()
    assert "degree" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"budget": 0}, "budget is 0"),
        ({"budget": -3}, "budget is -3"),
        ({"budget": float("nan")}, "budget is nan"),
        ({"budget": 2, "layer": "interaction"}, "holds no tie"),
        ({"budget": 2, "random_seed": -1}, "random seed is -1"),
        ({"budget": 2, "jobs": 0}, "jobs is 0"),
    ],
)
def test_a_budget_that_pays_for_nobody_is_one_clear_sentence(friends, change, words):
    with pytest.raises(InputError, match=words):
        run_seeds(friends, replicates=5, strategies=["degree"], **change)


def test_a_budget_larger_than_the_population_is_everybody(friends):
    _, answer = run_seeds(friends, budget=100, strategies=["degree"], replicates=5)
    assert answer["strategies"][0]["spread"]["mean"] == 5


def test_spaces_around_names_do_no_harm(tmp_path):
    command = [*COMMAND[:4], "--seed-people", " p001, p002,", "--replicates", "5"]
    assert main([*command, "-o", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "spread.json").read_text())["seed_people"] == ["p001", "p002"]


def test_one_replicate_alone_has_no_interval(tmp_path, capsys):
    assert main([*COMMAND, "--replicates", "1", "-o", str(tmp_path)]) == 0
    seeds = ["seeds", CAMPAIGN, "--budget", "2", "--replicates", "1", "--strategies", "degree"]
    assert main([*seeds, "-o", str(tmp_path)]) == 0
    assert "[–, –]" in capsys.readouterr().out
    for name in ("spread", "seeds"):
        text = (tmp_path / f"{name}.json").read_text()
        assert json.loads(text)
        assert "NaN" not in text


@pytest.mark.parametrize(
    "words", [["--seed", "-1"], ["--seed", "x"], ["--jobs", "0"], ["--jobs", "two"]]
)
def test_a_wrong_seed_or_number_of_workers_is_wrong_usage(words, tmp_path, capsys):
    with pytest.raises(SystemExit) as error:
        main([*COMMAND, *words, "-o", str(tmp_path)])
    assert error.value.code == 2
    assert f"is {words[1]!r}, expected a whole number" in capsys.readouterr().err


def test_the_help_names_every_model():
    assert MODEL_NAMES.split(", ") == list(MODELS)


def test_a_recovery_after_one_step_is_told_as_inf(tmp_path):
    command = ["spread", CAMPAIGN, "--model", "group-contagion", "--seed-people", "p001"]
    command += ["--set", "recovery=inf", "--set", "until=3", "--replicates", "5"]
    assert main([*command, "-o", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "spread.json").read_text())["parameters"]["recovery"] == "inf"


def test_groups_without_friends_are_enough_for_a_model_of_groups():
    groups = pd.DataFrame({"group": ["g", "g"], "person": ["a", "b"]})
    dataset = Dataset.from_frames({"memberships": groups})
    parameters = {"acceptance": 1.0}
    _, answer = run_spread(
        dataset, model="share-in-groups", parameters=parameters, seed_people=["a"], replicates=3
    )
    assert set(answer["final_sizes"]) == {2}
    with pytest.raises(InputError, match="holds no tie"):
        run_spread(dataset, model="sir", seed_people=["a"], replicates=3)


def test_an_interrupted_spread_goes_on_to_the_same_answer(tmp_path):
    command = [sys.executable, "-m", "smallnet", "spread", CAMPAIGN, "--model", "sis"]
    command += ["--set", "horizon=200", "--set", "beta=0.02", "--seed-people", "p001,p002"]
    command += ["--replicates", "640"]
    stopped, whole = tmp_path / "stopped", tmp_path / "whole"
    first = subprocess.Popen([*command, "-o", str(stopped)], stderr=subprocess.PIPE, text=True)
    while not list(stopped.glob(".unfinished-*/block-*.npz")):
        assert first.poll() is None
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGINT)
    _, said = first.communicate()
    assert first.returncode == 130
    assert "the same command goes on" in said
    left = {path.name.partition("-")[0] for path in stopped.rglob("*") if path.is_file()}
    assert left == {"run.json", "block"}
    for out in (stopped, whole):
        assert main([*command[3:], "-o", str(out)]) == 0
    files = sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file())
    assert files == sorted(p.relative_to(stopped) for p in stopped.rglob("*") if p.is_file())
    for name in files:
        assert (stopped / name).read_bytes() == (whole / name).read_bytes()
