"""Every block of code in the README runs as it stands, on the machine of a new user."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from smallnet.hypotheses.registration import registration_of
from smallnet.tables import Study

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(
    r"^```(\w*)\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
)
BY_HAND = ("make ", "git clone ", "cd ")  # what sets up, and would do so again


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the embedded data, in which ``smallnet`` is a command."""
    folder = tmp_path_factory.mktemp("new user")
    (folder / "data").mkdir()
    shutil.copytree(ROOT / "data" / "campaign", folder / "data" / "campaign")
    return folder


def run(command, folder):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def lines_of(kind):
    """Commands of all blocks of a kind, without comments, in order."""
    lines = [line.split(" #")[0].strip() for lang, text in BLOCKS if lang == kind
             for line in text.splitlines()]  # fmt: skip
    return [line for line in lines if line]


def test_every_block_says_its_language():
    assert {lang for lang, _ in BLOCKS} == {"bash", "python", "toml"}


def test_every_command_that_sets_up_is_a_target_of_make():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    asked = [line.split()[1] for line in lines_of("bash") if line.startswith("make ")]
    assert "study" in asked
    assert set(asked) <= targets


@pytest.mark.calibration  # it studies a whole simulated world
def test_the_commands_run_one_after_the_other(place):
    commands = [line for line in lines_of("bash") if not line.startswith(BY_HAND)]
    assert len(commands) >= 5
    done = run(["bash", "-euxo", "pipefail", "-c", "\n".join(commands)], place)
    assert done.returncode == 0, done.stderr[-3000:]


def test_the_python_blocks_run_in_one_session(place):
    code = "\n".join(text for lang, text in BLOCKS if lang == "python")
    done = run([sys.executable, "-W", "error", "-c", code], place)
    assert done.returncode == 0, done.stderr[-3000:]


def test_the_study_file_and_its_registration_are_ones():
    first, second = [tomllib.loads(text) for lang, text in BLOCKS if lang == "toml"]
    study = Study.from_mapping(first)
    assert study.coverage == {"feed": False, "leaving": True}
    assert study.choices == {"small_group": 30}
    registered = registration_of(Study.from_mapping(second))
    assert registered.claims == ("S05", "S08")
    assert registered.smallest_effect["S05"] == 1.2
    assert registered.choices["small_group"] == 25
