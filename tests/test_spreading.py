"""The spread command: what it writes, and what it says when it cannot."""

import json

import numpy as np
import pandas as pd
import pytest

from smallnet.cli import main
from smallnet.errors import InputError
from smallnet.simulations.spreading import IndependentCascade
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
    ],
)
def test_a_budget_that_pays_for_nobody_is_one_clear_sentence(friends, change, words):
    with pytest.raises(InputError, match=words):
        run_seeds(friends, replicates=5, strategies=["degree"], **change)


def test_a_budget_larger_than_the_population_is_everybody(friends):
    _, answer = run_seeds(friends, budget=100, strategies=["degree"], replicates=5)
    assert answer["strategies"][0]["spread"]["mean"] == 5
