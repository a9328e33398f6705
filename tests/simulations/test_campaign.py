"""The embedded example is what its script makes, and is worth a first study."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from smallnet.errors import SmallnetError
from smallnet.simulations import Platform
from smallnet.tables import read_dataset

DATA = Path(__file__).parents[2] / "data"
FOLDER = DATA / "campaign"
SMALL = Platform(name="small", people=60, groups=10, days=20.0)


@pytest.fixture(scope="module")
def made():
    return runpy.run_path(str(DATA / "make_campaign.py"))["make_campaign"]()


@pytest.fixture(scope="module")
def committed():
    return read_dataset(FOLDER)


def test_the_committed_tables_are_those_that_the_script_makes(made, committed):
    again = made.dataset()
    assert committed.tables == again.tables
    for name in again.tables:
        pd.testing.assert_frame_equal(committed.frame(name), again.frame(name))


def test_the_committed_study_and_truth_are_those_that_the_script_makes(made, committed):
    assert committed.study == made.study
    truth = json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))
    assert truth == json.loads(json.dumps(made.truth))


def test_making_it_again_changes_no_byte(made, tmp_path):
    again = made.write(tmp_path / "campaign")
    for path in again.iterdir():
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), path.name


def test_it_is_small_enough_to_embed():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_500_000


def test_some_claims_hold_in_it_and_some_do_not(made):
    truth = {claim: value["estimate"] for claim, value in made.truth.items() if claim[0] in "ST"}
    assert truth["S01"] > 0.5
    assert truth["S03"] == 1.0
    assert truth["S05"] < 1.0
    assert made.truth["S05"]["total_elasticity"] > 0.0
    assert truth["T30"] is None
    assert truth["S08"] < 1.0
    assert truth["S13"] < 0.9
    assert truth["S14"] < 10
    assert truth["S15"] > 1.25
    assert truth["S16"] > 1.25
    assert made.truth["S13"]["dead_groups"] > 0.05
    assert made.truth["S13"]["closed_groups"] >= 1


def test_a_written_world_reads_back_as_it_was(tmp_path):
    world = SMALL.generate(rng=np.random.default_rng(1))
    folder = world.write(tmp_path / "world")
    back, here = read_dataset(folder), world.dataset()
    assert back.study == world.study
    for name in here.tables:
        pd.testing.assert_frame_equal(back.frame(name), here.frame(name))
    assert json.loads((folder / "truth.json").read_text(encoding="utf-8")) == json.loads(
        json.dumps(world.truth)
    )
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_the_same_world_is_written_with_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        SMALL.generate(rng=np.random.default_rng(1)).write(tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in files:
        if name.endswith((".parquet", "truth.json")):
            assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_world_over_another_replaces_it_whole(tmp_path):
    SMALL.generate(rng=np.random.default_rng(1)).write(tmp_path / "world")
    few = SMALL.generate(rng=np.random.default_rng(2), tables=["memberships"])
    few.write(tmp_path / "world")
    assert read_dataset(tmp_path / "world").tables == ("memberships",)


def test_a_file_in_the_place_of_the_folder_is_one_clear_error(tmp_path):
    place = tmp_path / "world"
    place.write_text("here already")
    with pytest.raises(SmallnetError, match="world"):
        SMALL.generate(rng=np.random.default_rng(1)).write(place)
    assert place.read_text() == "here already"
