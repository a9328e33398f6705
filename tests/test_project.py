"""The project keeps its promises about versions, pins, weight and import order."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import smallnet

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_version_is_the_same_everywhere():
    citation = (ROOT / "CITATION.cff").read_text()
    assert re.search(r"^version: (.+)$", citation, re.M)[1] == smallnet.__version__
    assert PROJECT["version"] == smallnet.__version__
    assert f"## {smallnet.__version__}" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("line", PROJECT["dependencies"])
def test_the_pins_are_in_force(line):
    requirement = Requirement(line)
    assert requirement.specifier.contains(version(requirement.name))


def test_the_lock_lies_within_the_bounds():
    lines = (line.split("==") for line in (ROOT / "requirements.lock").read_text().split())
    lock = {canonicalize_name(name): pinned for name, pinned in lines}
    for line in PROJECT["dependencies"]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(lock[canonicalize_name(requirement.name)])


@pytest.mark.parametrize(
    "statement", ["import smallnet", "from smallnet.cli import main; main(['--version'])"]
)
def test_start_up_loads_nothing_heavy(statement):
    code = (
        "import sys, contextlib\n"
        f"with contextlib.suppress(SystemExit):\n    {statement}\n"
        "heavy = {'numpy', 'pandas', 'ibis', 'duckdb', 'scipy', 'matplotlib', 'igraph', 'numba'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", [n for n in smallnet.__all__ if n != "__version__"])
def test_every_public_name_is_there(name):
    assert getattr(smallnet, name) is not None


def test_the_river_flows_one_way():
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
