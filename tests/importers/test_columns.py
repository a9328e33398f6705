"""The format columns: any table by a map, in three kinds of file, with nothing lost."""

import datetime as dtm
import json
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from importers.imported import imported, skipped

from smallnet.errors import InputError
from smallnet.importers.column_map import ColumnMap

MAP = """
[columns]
at = "time"
sender = "user"
group = "room"
text = "body"
kind = "type"
interaction = "id"
reply_to = "parent"
mentions = "to"
invited_by = "by"

[kinds]
text = ["msg"]
joined = ["join"]
left = ["leave"]
system = ["topic"]
skip = ["typing"]

[table]
bots = ["robot"]
"""
HEAD = ["time", "user", "room", "body", "type", "id", "parent", "to", "by"]
ROWS = [
    ["2021-03-01T10:00:00Z", "ann", "tea", "hello, all", "msg", "1", None, "bob,cy", None],
    [
        "2021-03-01T11:00:01+01:00",
        "bob",
        "tea",
        'he said "no"\nand left',
        "msg",
        "2",
        "1",
        None,
        None,
    ],
    ["2021-03-01 10:00:02.5Z", "cy", "tea", None, "join", "3", None, None, "ann"],
    ["2021-03-01T10:00:03Z", "cy", "tea", None, "leave", "4", None, None, None],
    ["2021-03-01T10:00:04Z", "ann", "tea", None, "topic", "5", None, None, None],
    ["2021-03-01T10:00:05Z", "ann", "tea", None, "typing", "6", None, None, None],
    ["never", "ann", "tea", "x", "msg", "7", None, None, None],
    ["2021-03-01T10:00:06Z", None, "tea", "x", "msg", "8", None, None, None],
    ["2021-03-01T10:00:07Z", "robot", "tea", "1", "Picture!", "9", None, None, None],
]


def _write(folder: Path, suffix: str, rows=ROWS) -> Path:
    path = folder / f"log.{suffix}"
    frame = pd.DataFrame(rows, columns=HEAD)
    if suffix == "parquet":
        frame.to_parquet(path)
    elif suffix == "jsonl":
        lines = (json.dumps({k: v for k, v in zip(HEAD, row, strict=True) if v}) for row in rows)
        path.write_text("\n".join(lines), encoding="utf-8")
    else:
        frame.to_csv(path, index=False)
    return path


def _map(folder: Path, text: str = MAP) -> Path:
    path = folder / "map.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
def test_the_three_kinds_of_file_give_the_same_tables(tmp_path, suffix):
    done = imported("columns", _write(tmp_path, suffix), map_file=_map(tmp_path))
    names = done.names
    assert done.report.records_in_file == 9
    assert done.report.kept == {"interactions": 3, "membership_events": 2, "other_system": 1}
    assert skipped(done.report) == {
        "no time": 1, "no sender": 1, "of a kind that the map leaves out": 1,
    }  # fmt: skip
    acts = done.frame("interactions")
    assert list(acts["sender"]) == [names.person(name) for name in ("ann", "bob", "robot")]
    assert list(acts["kind"]) == ["text", "text", "other"]
    assert list(acts["n_chars"]) == [10, 21, 1]
    assert list(acts["at"].dt.strftime("%H:%M:%S")) == ["10:00:00", "10:00:01", "10:00:07"]
    assert acts["reply_to"].iloc[1] == acts["interaction"].iloc[0]
    assert len(done.frame("recipients")) == 2
    stays = done.frame("memberships").set_index("person")
    assert stays.loc[names.person("cy"), "invited_by"] == names.person("ann")
    assert names.person("robot") not in stays.index
    assert list(done.frame("people").set_index("person")["bot"].dropna().index) == [
        names.person("robot")
    ]


def test_csv_rows_of_another_width_are_skipped_with_their_line(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("time;user;room\n2021-01-01T00:00:00Z;a;r\n2021-01-01T00:00:01Z;b\n"
                    "2021-01-01T00:00:02Z;c;r;more;and more\n2021-01-01T00:00:03Z;d;r\n",
                    encoding="utf-8")  # fmt: skip
    text = '[columns]\nat="time"\nsender="user"\ngroup="room"\n'
    report = imported("columns", path, map_file=_map(tmp_path, text)).report
    assert report.records_in_file == 4
    assert report.skipped == [{"reason": "no row of the table", "count": 2, "first_lines": [3, 4]}]


@pytest.mark.parametrize(
    ("value", "unit"), [(1_600_000_000, "s"), (1_600_000_000_000, "ms"), ("1600000000.0", None)]
)
def test_numbers_are_counts_since_1970(tmp_path, value, unit):
    text = '[columns]\nat="time"\nsender="user"\n' + (f'[time]\nunit="{unit}"\n' if unit else "")
    rows = [[value, "ann", *HEAD[2:]]]
    done = imported(
        "columns", _write(tmp_path, "csv", rows), map_file=_map(tmp_path, text), chat="x"
    )
    assert done.frame("interactions")["at"].iloc[0] == pd.Timestamp(1_600_000_000, unit="s")


MOMENTS = st.datetimes(dtm.datetime(1990, 1, 1), dtm.datetime(2025, 1, 1))


@settings(max_examples=1)
@given(moments=st.lists(MOMENTS, min_size=30, max_size=40))
def test_every_way_to_write_a_moment_gives_it(moments):
    moments = [moment.replace(microsecond=0) for moment in moments]
    ways = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S+00:00", "%d.%m.%Y %H:%M:%S")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for way in ways:
            text = '[columns]\nat="time"\nsender="user"\n'
            text += f'[time]\nformat="{way}"\n' if way.startswith("%d") else ""
            rows = [[moment.strftime(way), "ann", *HEAD[2:]] for moment in moments]
            done = imported("columns", _write(folder, "csv", rows), map_file=_map(folder, text),
                            timezone="UTC", chat="x")  # fmt: skip
            assert sorted(done.frame("interactions")["at"]) == sorted(map(pd.Timestamp, moments))


def test_local_times_whose_day_is_open_are_refused(tmp_path):
    text = '[columns]\nat="time"\nsender="user"\n'
    path = _write(tmp_path, "csv", [["3/4/2021 10:00", "a", *HEAD[2:]]])
    with pytest.raises(InputError, match=r"2021-04-03.*2021-03-04.*--date-order"):
        imported("columns", path, map_file=_map(tmp_path, text), timezone="UTC")
    done = imported(
        "columns", path, map_file=_map(tmp_path, text), timezone="UTC", date_order="dmy"
    )
    assert done.frame("interactions")["at"].iloc[0] == pd.Timestamp("2021-04-03 10:00")


def test_a_time_without_a_zone_needs_one(tmp_path):
    text = '[columns]\nat="time"\nsender="user"\n'
    path = _write(tmp_path, "csv", [["2021-04-03 10:00", "a", *HEAD[2:]]])
    with pytest.raises(InputError, match=r"line 2: .*--timezone"):
        imported("columns", path, map_file=_map(tmp_path, text))


def test_a_list_of_members_brings_in_lurkers(tmp_path):
    (tmp_path / "members.csv").write_text(
        "room,who,as\ntea,ann,owner\ntea,quiet,\n", encoding="utf-8"
    )
    text = MAP + '[members]\nfile="members.csv"\ngroup="room"\nperson="who"\nrole="as"\n'
    done = imported("columns", _write(tmp_path, "csv"), map_file=_map(tmp_path, text))
    stays = done.frame("memberships").set_index("person")
    assert pd.isna(stays.loc[done.names.person("quiet"), "joined_at"])
    assert stays.loc[done.names.person("ann"), "role"] == "owner"
    assert stays["left_by"].notna().sum() == 1  # bob wrote and is not on the list
    assert list(done.frame("groups")["roster"]) == ["complete"]


def test_json_lines_that_are_none_are_skipped_with_their_line(tmp_path):
    path = tmp_path / "log.jsonl"
    lines = (
        '{"u": {"id": "a"}, "t": 1600000000}',
        "[1]",
        '{"u": ',
        "",
        '{"t": 1600000001, "u": 3}',
    )
    path.write_text("\n".join((*lines, "[" * 5000)), encoding="utf-8")
    text = '[columns]\nat="t"\nsender="u.id"\n'
    report = imported("columns", path, map_file=_map(tmp_path, text), chat="x").report
    assert report.records_in_file == 5
    assert skipped(report) == {"no row of the table": 3, "no sender": 1}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[columns]\nat="a"\n', "no sender"),
        ('[columns]\nat="a"\nsendr="b"\n', "nearest: sender"),
        ('[colums]\nat="a"\n', "nearest: columns"),
        ('[columns]\nat=3\nsender="b"\n', "expected a name"),
        ('[columns]\nat="a"\nsender="b"\n[time]\nunit="h"\n', "s, ms, us"),
        ('[columns]\nat="a"\nsender="b"\n[kinds]\nx=["v"]\ny=["v"]\n', "twice"),
        ("= =", "no map of columns"),
    ],
)  # fmt: skip
def test_a_map_that_is_wrong_says_how(tmp_path, text, words):
    with pytest.raises(InputError, match=words):
        ColumnMap.read(_map(tmp_path, text))


def test_a_column_that_is_not_there_is_told(tmp_path):
    text = '[columns]\nat="time"\nsender="usr"\n'
    with pytest.raises(InputError, match="no column 'usr'"):
        imported("columns", _write(tmp_path, "csv"), map_file=_map(tmp_path, text))


def test_without_a_map_the_option_is_told(tmp_path):
    with pytest.raises(InputError, match="--map"):
        imported("columns", _write(tmp_path, "csv"))
