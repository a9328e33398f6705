"""Bad folders: each ends in one clear sentence that says what, where, and what was expected."""

import gzip
import os
import subprocess
import sys
import textwrap

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from folder_samples import MEMBERS, write_folder

from smallnet.errors import InputError
from smallnet.tables import check_folder, read_dataset
from smallnet.tables.files import LONGEST_LINE

PEOPLE = "person,age\nann,1\nbob,2\n"
LATIN = PEOPLE.replace("bob", "Zoë").encode("latin-1")
LONG_ROW = b"person,age\nann,1\nbob," + b"9" * (LONGEST_LINE + 1) + b"\n"
PACKED = gzip.compress((PEOPLE + "x,1\n" * 50_000).encode())
PARQUET = pa.BufferOutputStream()
pq.write_table(pa.table({"person": [str(i) for i in range(1000)]}), PARQUET)
PARQUET = PARQUET.getvalue().to_pybytes()
NO_PLAIN = {"people.csv": None}

FILES = {
    "empty file": ({"people.csv": ""}, ["people.csv", "is empty", "header"]),
    "only line ends": ({"people.csv": "\n\n"}, ["people.csv", "is empty"]),
    "wrong header": ({"people.csv": "persons,age\nann,1\n"}, ["'person'", "nearest", "'persons'"]),
    "no header": ({"memberships.csv": "1,ann\n2,bob\n"}, ["'group'", "'person'"]),
    "semicolons": ({"people.csv": "person;age\nann;1\n"}, ["';'", "commas"]),
    "capitals": ({"people.csv": "Person,age\nann,1\n"}, ["'Person'", "'person'"]),
    "twice in the header": (
        {"people.csv": "person,age,Age\nann,1,2\n"},
        ["'age'", "more than once"],
    ),
    "column without a name": (
        {"people.csv": "person,,x\nann,1,2\n"},
        ["without a name", "column 2"],
    ),
    "short row": ({"people.csv": PEOPLE + "cat\n"}, ["people.csv", "line 4", "2 fields"]),
    "long row": ({"people.csv": PEOPLE + "cat,1,2\n"}, ["people.csv", "line 4", "2 fields"]),
    "open quote": ({"people.csv": PEOPLE + 'cat,"1\n'}, ["people.csv", "line 4", "quote"]),
    "huge row": ({"people.csv": LONG_ROW}, ["people.csv", "line 3", "2 MB"]),
    "blank lines": ({"people.csv": PEOPLE + "\n" * 2**22 + "x,1\n"}, ["people.csv", "blank"]),
    "Latin-1": ({"people.csv": LATIN}, ["0xEB", "line 3", "byte 20", "UTF-8"]),
    "cut in a letter": ({"people.csv": "person\nZoë".encode()[:-1]}, ["0xC3", "line 2", "UTF-8"]),
    "NUL": ({"people.csv": PEOPLE + "c\0t,1\n"}, ["NUL", "line 4", "byte 25"]),
    "UTF-16": ({"people.csv": PEOPLE.encode("utf-16")}, ["UTF-16", "UTF-8"]),
    "two files": (
        {"people.csv": PEOPLE, "people.parquet": PARQUET},
        ["people.csv and people.parquet"],
    ),
    "empty Parquet": ({"people.parquet": b""}, ["people.parquet", "is empty"]),
    "no Parquet": ({"people.parquet": PEOPLE}, ["people.parquet"]),
    "cut Parquet": ({"people.parquet": PARQUET[:-40]}, ["people.parquet"]),
    "broken Parquet": (
        {"people.parquet": PARQUET[:4] + b"\xff" * 600 + PARQUET[604:]},
        ["people.parquet"],
    ),
    "no gzip": ({"people.csv.gz": None}, ["people.csv.gz", "gzip"]),
    "cut gzip": ({"people.csv.gz": None}, ["people.csv.gz", "gzip"]),
    "broken gzip": ({"people.csv.gz": None}, ["people.csv.gz", "gzip"]),
    "TOML": ({"study.toml": 'name = "x"\nsource = \n'}, ["study.toml", "line 2"]),
    "TOML in Latin-1": ({"study.toml": 'name = "Zoë"'.encode("latin-1")}, ["study.toml", "UTF-8"]),
    "type of name": ({"study.toml": "name = 5\n"}, ["name", "5", "text"]),
    "type of watch": ({"study.toml": 'observed_from = "soon"\n'}, ["observed_from", "soon"]),
    "type of notes": ({"study.toml": "notes = 5\n"}, ["notes", "5"]),
    "watch backwards": (
        {"study.toml": "observed_from = 2024-01-02\nobserved_until = 2024-01-01\n"},
        ["observed_until", "after observed_from"],
    ),
    "unknown key": ({"study.toml": 'nme = "x"\n'}, ["nme", "name"]),
    "unknown choice": (
        {"study.toml": "[choices]\nsmal_group = 3\n"},
        ["smal_group", "small_group"],
    ),
    "type of choice": ({"study.toml": '[choices]\nsmall_group = "few"\n'}, ["small_group", "few"]),
    "endless choice": ({"study.toml": "[choices]\nreplicates = inf\n"}, ["replicates", "inf"]),
    "type of coverage": ({"study.toml": '[coverage]\nfeed = "yes"\n'}, ["coverage.feed", "yes"]),
    "unknown coverage": ({"study.toml": "[coverage]\nfed = true\n"}, ["fed", "feed"]),
    "unknown zone": ({"study.toml": 'timezone = "Europe/Berlino"\n'}, ["Berlino", "Europe/Berlin"]),
}
RAW = {
    "no gzip": PEOPLE.encode(),
    "cut gzip": PACKED[: len(PACKED) // 2],
    "broken gzip": PACKED[:30] + b"\xff\xff\xff\xff" + PACKED[34:],
}


def write_bad(folder, label):
    files, words = FILES[label]
    write_folder(folder, {"people.csv": None, **files})
    if label in RAW:
        (folder / "people.csv.gz").write_bytes(RAW[label])
    return folder, words


@pytest.mark.parametrize("label", FILES)
def test_a_bad_file_is_refused_in_one_clear_sentence(tmp_path, label):
    folder, words = write_bad(tmp_path, label)
    with pytest.raises(InputError) as caught:
        read_dataset(folder)
    sentence = str(caught.value)
    for word in words:
        assert word in sentence
    assert "\n" not in sentence
    assert len(sentence) < 600


@pytest.mark.parametrize("label", ["empty file", "Latin-1", "cut Parquet", "cut gzip", "TOML"])
def test_the_check_lists_a_bad_file_among_the_others_and_goes_on(tmp_path, label):
    folder, words = write_bad(tmp_path, label)
    (folder / "friendships.csv").write_text("person,friend\nann,ann\n")
    report = check_folder(folder)
    assert words[0] in report.to_text()
    assert all(p.message.zh != p.message.en for p in report.problems)
    assert ("friendships", "itself") in {(p.table, p.rule) for p in report.problems}


VALUES = {
    "a word": ("joined_at", "soon", ["memberships.joined_at", "row 1", "'soon'"]),
    "a day that is none": ("joined_at", "2024-02-30T00:00:00Z", ["row 1", "2024-02-30"]),
    "another order": ("joined_at", "31/12/2024", ["row 1", "31/12/2024"]),
    "a number": ("joined_at", "1704067200", ["row 1", "1704067200"]),
    "forever": ("joined_at", "infinity", ["row 1", "infinity"]),
    "no offset": ("joined_at", "2024-01-01T00:00:00", ["1 of 1 times", "offset", "timezone"]),
    "perhaps": ("muted", "perhaps", ["memberships.muted", "'perhaps'", "true, false, 1 or 0"]),
}


@pytest.mark.parametrize("label", VALUES)
def test_a_value_of_another_type_is_named_with_its_row(tmp_path, label):
    column, value, words = VALUES[label]
    folder = write_folder(tmp_path, memberships=f"group,person,{column}\ng,ann,{value}\n")
    with pytest.raises(InputError) as caught:
        read_dataset(folder)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("value", ["1.5", "1e3", "9223372036854775808", "0x10", "ten", "1,5"])
def test_what_is_no_whole_number_is_refused(tmp_path, value):
    header = "share,item,sharer,channel,shared_at,audience"
    lines = f'{header}\n1,i,ann,feed,2024-01-01T00:00:00Z,"{value}"\n'
    with pytest.raises(InputError, match="a whole number"):
        read_dataset(write_folder(tmp_path, shares=lines))


@pytest.mark.parametrize("value", ["inf", "-Infinity", "ten", "1,5", "1e999"])
def test_what_is_no_number_is_refused(tmp_path, value):
    lines = f'source,target,layer,weight\na,b,trust,"{value}"\n'
    with pytest.raises(InputError, match="a number"):
        read_dataset(write_folder(tmp_path, ties=lines))


def test_some_times_without_offset_among_others_are_counted(tmp_path):
    text = MEMBERS + "9,cat,2024-01-01T00:00:00\n9,dan,2024-01-01\n"
    with pytest.raises(InputError, match=r"2 of 5 times in memberships\.joined_at have no offset"):
        read_dataset(write_folder(tmp_path, memberships=text))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("joined_at", pa.array([1704067200])),
        ("joined_at", pa.array([True])),
        ("muted", pa.array([2])),
        ("invited_by", pa.array([1.5])),
        ("invited_by", pa.array([["ann"]])),
        ("role", pa.array([b"\xff"])),
    ],
)
def test_a_parquet_column_of_another_type_is_refused(tmp_path, name, values):
    write_folder(tmp_path, {"memberships.csv": None})
    table = pa.table({"group": ["g"], "person": ["a"], name: values})
    pq.write_table(table, tmp_path / "memberships.parquet")
    with pytest.raises(InputError, match=f"memberships.{name}"):
        read_dataset(tmp_path)


def test_a_folder_that_is_not_there_or_is_a_file_is_named(tmp_path):
    for read in (read_dataset, check_folder):
        with pytest.raises(InputError, match="nowhere"):
            read(tmp_path / "nowhere")
        (tmp_path / "file").write_text("x")
        with pytest.raises(InputError, match="is a file, expected a folder"):
            read(tmp_path / "file")


@pytest.mark.parametrize("name", ["people.csv", "people.parquet", "people.csv.gz", "study.toml"])
def test_a_folder_where_a_file_should_be_is_named(tmp_path, name):
    write_folder(tmp_path, {name: None} if name == "study.toml" else None)
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=name) as caught:
        read_dataset(tmp_path)
    assert "folder" in str(caught.value) or "directory" in str(caught.value)


def test_no_memberships_at_all_stops_a_study(tmp_path):
    report = check_folder(write_folder(tmp_path, {"memberships.csv": None}, people=PEOPLE))
    assert [(p.table, p.rule, p.stops) for p in report.problems] == [
        ("memberships", "missing", True)
    ]


def test_files_that_are_no_tables_are_listed_with_the_nearest_name(tmp_path):
    others = {"peeple.csv": PEOPLE, "People.csv": PEOPLE, "people.xlsx": "x", "README.md": "x"}
    report = check_folder(write_folder(tmp_path, others))
    assert [p.rule for p in report.problems] == ["unknown_file"]
    assert not report.stops
    assert {value for _row, value in report.problems[0].examples} == {
        "peeple.csv (people?)",
        "People.csv (people?)",
        "people.xlsx (people?)",
    }


def run(code, **options):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become somebody else")
def test_a_file_that_may_not_be_read_is_named(tmp_path):
    folder = write_folder(tmp_path / "data", people=PEOPLE)
    (folder / "people.csv").chmod(0)
    for each in (tmp_path, *list(tmp_path.parents)[:3]):
        each.chmod(0o755)
    done = run(
        f"""
        from smallnet.tables import check_folder, read_dataset
        import os
        read_dataset({str(write_folder(tmp_path / "other"))!r})  # loads what nobody else may
        os.setgid(65534)
        os.setuid(65534)
        print(check_folder({str(folder)!r}).to_text())
        """
    )
    assert "people.csv cannot be read: Permission denied" in done.stdout, done.stderr


def test_a_row_without_end_is_refused_before_it_fills_the_memory(tmp_path):
    # 256 MB in one row, far above what one block and the longest line may take.
    folder = write_folder(tmp_path)
    with (folder / "people.csv").open("wb") as file:
        file.write(b"person,age\nann,")
        for _ in range(256):
            file.write(b"9" * 2**20)
    done = run(
        f"""
        import resource
        from smallnet.tables import check_folder, read_dataset
        read_dataset({str(write_folder(tmp_path / "other"))!r})
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(check_folder({str(folder)!r}).problems[0].message.en)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
        """
    )
    sentence, grown_kb = done.stdout.splitlines()
    assert "line 2" in sentence
    assert int(grown_kb) < 100 * 1024
