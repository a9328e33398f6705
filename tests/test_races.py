"""The races against peers: one set of rules, and a peer that cannot run is named."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "tests" / "benchmarks"


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))


def test_a_peer_that_cannot_run_is_a_row_that_says_so():
    import racing
    import run_races

    why = racing.missing("no_such_peer_anywhere")
    assert why == "skipped: No module named 'no_such_peer_anywhere'"
    table = run_races.table([racing.skipped("cascade", 100, "no_such_peer", why)])
    assert "no_such_peer (cascade): skipped: No module named" in table


def test_a_goal_is_met_only_if_all_its_parts_are():
    import racing

    row = {"ours_wall_s": 1.0, "peer_wall_s": 9.0, "ours_cpu_s": 2.0, "peer_cpu_s": 6.0}
    assert racing.goal_text(row | {"goal": (8, 3)}) == "8 × / 3 × met"
    assert racing.goal_text(row | {"goal": (8, 4)}) == "8 × / 4 × MISSED"
    assert racing.goal_text(row | {"goal": (None, None)}) == ""
    assert racing.goal_text({"goal": (8, 4)}) == ""  # nobody ran


def test_a_race_by_chance_tells_how_far_apart_the_means_are():
    import racing

    rng = np.random.default_rng(1)
    row = racing.race_chance(
        "same", 10, lambda: rng.poisson(20, 400), "numpy", lambda: rng.poisson(20, 100), rounds=2
    )
    assert abs(float(row["agreement"].split(", ")[1].split()[0])) < 4
    far = racing.race_chance(
        "not", 10, lambda: rng.poisson(20, 400), "numpy", lambda: rng.poisson(30, 100), rounds=2
    )
    assert float(far["agreement"].split(", ")[1].split()[0]) < -10


def test_a_race_without_chance_tells_whether_results_differ():
    import racing

    peers = {"right": ("1", lambda: 3), "wrong": ("1", lambda: 4)}
    rows = racing.race_equal("sum", 2, lambda: 3, peers, lambda n: (n,), rounds=1, goals={})
    assert {row["peer"]: row["agreement"] for row in rows} == {"right": "exact", "wrong": "DIFFERS"}


def test_every_race_runs_by_the_rules_and_takes_their_options():
    for race in FOLDER.glob("bench_*.py"):
        text = race.read_text()
        assert "from racing import" in text, race.name
        assert "parser(__doc__)" in text, race.name


def test_peers_are_those_of_the_project():
    import get_peers

    group = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["bench-peers"]
    assert get_peers.peers() == group
    assert {"cynetdiff", "hypernetx", "ndlib", "EoN", "hypergraphx"} <= {
        Requirement(line).name for line in group
    }
