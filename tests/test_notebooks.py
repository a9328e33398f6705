"""Notebooks are stripped, say which data they need, and end in an assertion."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from smallnet.tables import is_here, list_data

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LOADED = re.compile(r'load_data\(\s*"(\w+)"')
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])


def read(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    return notebook, code


@each
def test_a_notebook_is_stripped_and_numbered(path):
    notebook, code = read(path)
    assert re.match(r"\d\d_[a-z0-9_]+$", path.stem)
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)


@each
def test_a_notebook_begins_with_its_title_and_asserts_something(path):
    notebook, code = read(path)
    assert "".join(notebook["cells"][0]["source"]).startswith(f"# {path.stem[:2]} · ")
    assert any("assert " in line for cell in code for line in cell["source"])


@each
def test_what_a_notebook_of_real_data_loads_is_what_it_says_it_needs(path):
    notebook, code = read(path)
    named = notebook["metadata"].get("smallnet", {}).get("needs", [])
    assert set(named) <= {entry.name for entry in list_data()}
    if named:
        loaded = LOADED.findall("\n".join("".join(cell["source"]) for cell in code))
        assert sorted(set(loaded)) == sorted(named)


def test_where_the_data_are_absent_a_notebook_is_skipped_and_says_which(tmp_path):
    wanting = [p for p in NOTEBOOKS if read(p)[0]["metadata"].get("smallnet", {}).get("needs")]
    nowhere = {**os.environ, "SMALLNET_DATA": str(tmp_path), "SMALLNET_CACHE": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", "--nbmake", "-rs", "-p", "no:xdist", *wanting]
    done = subprocess.run(
        command, cwd=ROOT, env=nowhere, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert f"{len(wanting)} skipped" in done.stdout
    for path in wanting:
        assert read(path)[0]["metadata"]["smallnet"]["needs"][0] in done.stdout


def test_data_are_here_when_every_file_is(tmp_path, monkeypatch):
    monkeypatch.setenv("SMALLNET_DATA", str(tmp_path))
    monkeypatch.setenv("SMALLNET_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "india_microfinance"
    folder.mkdir()
    (folder / "microfi_households.csv.gz").touch()
    assert not is_here("india_microfinance")
    (folder / "microfi_edges.txt.gz").touch()
    assert is_here("india_microfinance")
