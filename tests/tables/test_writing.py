"""Writing whole or not at all."""

import datetime as dtm
import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from folder_samples import write_folder

import smallnet
from smallnet.errors import InputError, OutputError
from smallnet.tables import (
    Dataset,
    Study,
    atomic_write,
    dataset_digest,
    read_dataset,
    write_dataset,
)

ROWS = {
    "group": ["007", "g"],
    "person": ["a", "b"],
    "joined_at": [dtm.datetime(2024, 1, 1), None],
    "mood": ["good", None],
}


@pytest.fixture
def dataset():
    people = {"person": ["a", "b"], "empty": pd.array([None, None], dtype="string")}
    study = Study(
        name="two",
        observed_from=dtm.datetime(2024, 1, 1),
        observed_until=dtm.datetime(2024, 2, 1),
        source="a “source” = \\ of 'quotes'",
        notes=("first", "second"),
        coverage={"feed": False},
        choices={"small_group": 20, "smallest_effect": {"S05": 1.2}},
    )
    return Dataset.from_frames({"memberships": ROWS, "people": pd.DataFrame(people)}, study)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_data_set_is_read_as_it_was_written(dataset, tmp_path):
    again = read_dataset(write_dataset(dataset, tmp_path / "deep" / "out"))
    assert again.study == dataset.study
    assert again.tables == dataset.tables
    for name in dataset.tables:
        assert again[name].to_pyarrow().to_pylist() == dataset[name].to_pyarrow().to_pylist()
        assert again[name].schema() == dataset[name].schema()
    assert names(tmp_path) == ["deep"]


def test_the_files_are_parquet_that_every_engine_reads(dataset, tmp_path):
    write_dataset(dataset, tmp_path / "out")
    file = pq.ParquetFile(tmp_path / "out" / "memberships.parquet")
    assert file.schema_arrow.names == ["group", "person", "joined_at", "mood"]
    assert str(file.schema_arrow.field("joined_at").type) == "timestamp[us]"
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_the_provenance_tells_version_rows_and_digests(dataset, tmp_path):
    write_dataset(dataset, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    assert told["smallnet"] == smallnet.__version__
    assert told["sha256"] == dataset_digest(dataset)
    assert told["source"] == dataset.study.source
    assert {name: table["rows"] for name, table in told["tables"].items()} == dataset.rows
    assert len(told["tables"]["memberships"]["sha256"]) == 64
    assert dtm.datetime.fromisoformat(told["created_at"]).utcoffset() == dtm.timedelta(0)


def test_the_folder_and_its_files_have_the_permissions_of_the_user(dataset, tmp_path):
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "file").write_text("x")
    out = write_dataset(dataset, tmp_path / "out")
    with atomic_write(tmp_path / "text") as file:
        file.write("x")
    assert out.stat().st_mode == (tmp_path / "plain").stat().st_mode
    for path in (out / "memberships.parquet", out / "study.toml", tmp_path / "text"):
        assert path.stat().st_mode == (tmp_path / "plain" / "file").stat().st_mode


def test_an_older_data_set_is_replaced_and_other_files_stay(dataset, tmp_path):
    out = write_dataset(dataset, tmp_path / "out")
    (out / "truth.json").write_text("{}")
    fewer = Dataset.from_frames({"memberships": ROWS})
    write_dataset(fewer, out)
    assert names(out) == ["memberships.parquet", "provenance.json", "study.toml", "truth.json"]
    assert read_dataset(out).tables == ("memberships",)


KILLED = """
    import os, sys
    from pathlib import Path
    from smallnet.tables import Dataset, write_dataset
    moves, rename = 0, Path.rename
    def rename_or_die(source, goal):
        global moves
        moves += 1
        if moves == int(sys.argv[2]) + 1:  # only once: putting things back works
            if sys.argv[3] == "killed":
                os.kill(os.getpid(), 9)
            raise OSError(5, "Input/output error")
        return rename(source, goal)
    Path.rename = rename_or_die
    row = {"group": ["new"], "person": ["new"]}
    frames = {"memberships": row, "friendships": {"person": ["new"], "friend": ["a"]}}
    write_dataset(Dataset.from_frames(frames), sys.argv[1])
"""
MOVES = 4 + 4 + 1  # four files leave, four come, and the old ones are let go


def replaced_until(folder, moves, how):
    """Replace a data set in another process, in which moving files fails after some moves."""
    code = [sys.executable, "-c", textwrap.dedent(KILLED), str(folder), str(moves), how]
    return subprocess.run(code, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("moves", range(MOVES + 1))
def test_a_process_killed_while_replacing_leaves_no_mix(dataset, tmp_path, moves):
    out = write_dataset(dataset, tmp_path / "out")
    done = replaced_until(out, moves, "killed")
    assert done.returncode == (0 if moves == MOVES else -signal.SIGKILL), done.stderr
    if moves < MOVES:
        with pytest.raises(InputError, match=r"was being replaced.* \.replacing\."):
            read_dataset(out)
        whole = {"memberships.parquet", "people.parquet", "provenance.json", "study.toml"}
        kept = {path.name for path in out.glob(".replacing.*/*")}
        assert kept | (whole & {path.name for path in out.iterdir()}) == whole
        write_dataset(dataset, out)  # mends it
        assert not list(out.glob(".replacing.*"))
        assert read_dataset(out).tables == ("people", "memberships")
    else:
        assert read_dataset(out).tables == ("memberships", "friendships")


@pytest.mark.parametrize("moves", range(MOVES))
def test_a_failure_while_replacing_puts_the_old_data_set_back(dataset, tmp_path, moves):
    out = write_dataset(dataset, tmp_path / "out")
    (out / "mine.txt").write_text("mine")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    failing = replaced_until(out, moves, "failing")
    assert "Input/output error" in failing.stderr
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_further_texts_are_replaced_in_the_same_stroke(dataset, tmp_path):
    out = write_dataset(dataset, tmp_path / "out", also={"truth.json": "{}"})
    write_dataset(dataset, out, also={"truth.json": "[]"})
    assert (out / "truth.json").read_text() == "[]"


def test_an_undated_data_set_is_the_same_bytes_again(dataset, tmp_path):
    first = write_dataset(dataset, tmp_path / "first", dated=False)
    second = write_dataset(dataset, tmp_path / "second", dated=False)
    assert "created_at" not in json.loads((first / "provenance.json").read_text())
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes(), path.name


def test_a_folder_that_smallnet_did_not_write_is_left_alone(dataset, tmp_path):
    mine = write_folder(tmp_path / "mine")
    before = {path.name: path.read_bytes() for path in mine.iterdir()}
    with pytest.raises(OutputError, match="is not empty"):
        write_dataset(dataset, mine)
    assert {path.name: path.read_bytes() for path in mine.iterdir()} == before
    write_dataset(dataset, mine, overwrite=True)
    assert dataset_digest(read_dataset(mine)) == dataset_digest(dataset)


def test_an_empty_folder_and_a_link_to_one_are_filled(dataset, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_dataset(dataset, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert dataset_digest(read_dataset(tmp_path / "real")) == dataset_digest(dataset)


def test_a_file_where_the_folder_should_be_is_named(dataset, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError, match="is a file, expected a folder"):
        write_dataset(dataset, tmp_path / "out")
    with pytest.raises(OutputError, match="out/deep"):
        write_dataset(dataset, tmp_path / "out" / "deep")
    assert (tmp_path / "out").read_text() == "mine"


def test_an_atomic_file_appears_whole(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with atomic_write(path) as file:
        file.write("群")
        file.flush()
        assert path.read_text(encoding="utf-8") == "old"
    assert path.read_text(encoding="utf-8") == "群"
    with atomic_write(path, "wb") as file:
        file.write(b"\xff")
    assert path.read_bytes() == b"\xff"
    assert names(tmp_path) == ["file.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, FileNotFoundError])
def test_what_ends_an_atomic_write_passes_and_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def write():
        with atomic_write(path) as file:
            file.write("half")
            raise error

    with pytest.raises(error):
        write()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file.txt"]


@pytest.mark.parametrize("goal", ["no/such/folder/file.txt", "folder"])
def test_an_atomic_file_that_cannot_be_is_refused_by_name(tmp_path, goal):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match=goal), atomic_write(tmp_path / goal) as file:
        file.write("x")
    assert names(tmp_path) == ["folder"]


BIG = """
    import numpy as np, sys, os
    from smallnet.errors import OutputError
    from smallnet.tables import Dataset, atomic_write, write_dataset
    rng = np.random.default_rng(1)
    people = [rng.bytes(30).hex() for _ in range(40_000)]  # 2 MB that cannot be packed
    dataset = Dataset.from_frames({"memberships": {"group": people, "person": people}})
    def attempt():
        try:
            write_dataset(dataset, sys.argv[1] + "/out")
        except OutputError as error:
            print(error)
        try:
            with atomic_write(sys.argv[1] + "/text") as file:
                file.write("x" * 2_000_000)
        except OutputError as error:
            print(error)
"""


def attempt(folder, prepare):
    code = textwrap.dedent(BIG) + textwrap.dedent(prepare) + "\nattempt()\n"
    return subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False
    )


def assert_refused(done, folder, words):
    lines = done.stdout.splitlines()
    assert len(lines) == 2, done.stdout + done.stderr
    for line in lines:
        assert str(folder) in line
        assert words in line
    assert "Traceback" not in done.stderr
    assert names(folder) == []


def test_a_file_that_may_not_grow_leaves_nothing(tmp_path):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))"
    assert_refused(attempt(tmp_path, limit), tmp_path, "File too large")


def test_a_full_disk_leaves_nothing(tmp_path):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        assert_refused(attempt(tmp_path, ""), tmp_path, "No space left on device")
    finally:
        subprocess.run(["umount", tmp_path], check=True)


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become somebody else")
def test_a_folder_that_may_not_be_written_leaves_nothing(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir()
    for each in (folder, tmp_path, *list(tmp_path.parents)[:3]):
        each.chmod(0o755)
    write_first = """
        import tempfile
        with tempfile.TemporaryDirectory() as place:
            write_dataset(dataset, place + "/out")  # loads what nobody else may
        os.setgid(65534)
        os.setuid(65534)
    """
    assert_refused(attempt(folder, write_first), folder, "Permission denied")


def test_an_interrupted_writing_leaves_nothing(tmp_path):
    rng = np.random.default_rng(1)
    ids = pd.Series(rng.integers(0, 10**15, 100_000)).astype(str)
    dataset = Dataset.from_frames({"memberships": {"group": list(ids), "person": list(ids)}})
    old = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:  # DuckDB says "Query interrupted" where it is at work
        with pytest.raises((KeyboardInterrupt, RuntimeError), match=r"^$|interrupted"):
            write_again_and_again(dataset, tmp_path / "out")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    left = names(tmp_path)
    assert left in ([], ["out"])
    if left:
        whole = {"memberships.parquet", "provenance.json", "study.toml"}
        assert set(names(tmp_path / "out")) == whole


def write_again_and_again(dataset, folder):
    while True:
        write_dataset(dataset, folder)
