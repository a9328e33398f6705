"""Every rule: what breaks it is found with its rows, and what keeps it is not."""

import datetime as dtm
import json

import numpy as np
import pandas as pd
import pytest
from folder_samples import MEMBERS, write_folder
from hypothesis import given, settings
from hypothesis import strategies as st

from smallnet.tables import SCHEMA, CheckReport, Dataset, Study, Text, check_dataset, check_folder
from smallnet.tables.problem import Problem

NOW = dtm.datetime(2024, 6, 1)
DAY = dtm.datetime(2024, 3, 1)
WATCH = Study(
    name="watched", observed_from=dtm.datetime(2024, 1, 1), observed_until=dtm.datetime(2024, 5, 1)
)
SOUND = {
    "people": {"person": ["ann", "bob", "cat"], "bot": [False, None, True]},
    "groups": {"group": ["g", "h"], "roster": ["complete", None]},
    "memberships": {
        "group": ["g", "g", "h"],
        "person": ["ann", "bob", "ann"],
        "joined_at": [None, DAY, DAY],
        "left_at": [None, DAY + dtm.timedelta(1), None],
    },
    "friendships": {"person": ["ann"], "friend": ["bob"]},
    "ties": {"source": ["ann", "bob"], "target": ["bob", "ann"], "layer": ["trust"] * 2},
    "interactions": {
        "interaction": ["1", "2"],
        "sender": ["ann", "bob"],
        "at": [DAY, DAY],
        "group": ["g", "g"],
        "reply_to": [None, "1"],
    },
    "shares": {
        "share": ["s", "t"],
        "item": ["i", "i"],
        "sharer": ["ann", "bob"],
        "channel": ["group", "feed"],
        "shared_at": [DAY, DAY],
        "group": ["g", None],
        "parent": [None, "s"],
    },
    "exposures": {"share": ["s"], "person": ["bob"], "seen_at": [DAY]},
    "adoptions": {"person": ["bob"], "item": ["i"], "adopted_at": [DAY], "via_share": ["s"]},
}


def check(tables, study=WATCH):
    return check_dataset(Dataset.from_frames(tables, study), now=NOW)


def test_a_sound_data_set_has_no_problem():
    assert check(SOUND) == ()


LATE = dtm.datetime(2024, 8, 1)
AGES_AGO = dtm.datetime(1, 1, 1)
ZERO = dtm.datetime(1970, 1, 1)
OUTSIDE = dtm.datetime(2024, 5, 1)
BROKEN = {  # table, columns that change: (column, rule, count, rows, stops)
    "required": ("memberships", {"person": ["ann", None, "ann"]}, ("person", 1, [2], True)),
    "twice a person": ("people", {"person": ["ann", "ann", "bob"]}, ("person", 1, [2], True)),
    "thrice a message": (
        "interactions",
        {"interaction": ["1"] * 3}
        | {"sender": ["ann"] * 3, "at": [DAY] * 3, "group": ["g"] * 3, "reply_to": [None] * 3},
        ("interaction", 2, [2, 3], True),
    ),
    "unknown member": ("memberships", {"person": ["ann", "eve", "ann"]}, ("person", 1, [2], True)),
    "unknown group": ("memberships", {"group": ["g", "x", "y"]}, ("group", 2, [2, 3], True)),
    "unknown inviter": (
        "memberships",
        {"invited_by": [None, "eve", None]},
        ("invited_by", 1, [2], False),
    ),
    "unknown answer": ("interactions", {"reply_to": ["9", "1"]}, ("reply_to", 1, [1], False)),
    "unknown parent": ("shares", {"parent": ["x", "s"]}, ("parent", 1, [1], False)),
    "unknown share seen": ("exposures", {"share": ["x"]}, ("share", 1, [1], True)),
    "unknown way": ("adoptions", {"via_share": ["x"]}, ("via_share", 1, [1], False)),
    "left before joined": (
        "memberships",
        {"left_at": [None, DAY - dtm.timedelta(1), None]},
        ("left_at", 1, [2], True),
    ),
    "left by before joined": (
        "memberships",
        {"left_by": [None, None, DAY - dtm.timedelta(1)]},
        ("left_by", 1, [3], True),
    ),
    "no length": ("memberships", {"left_at": [None, DAY, None]}, ("left_at", 1, [2], False)),
    "overlap": (
        "memberships",
        {"group": ["g", "g", "g"], "person": ["ann", "ann", "bob"], "left_at": [None] * 3},
        (None, 1, [2], False),
    ),
    "own friend": ("friendships", {"friend": ["ann"]}, ("friend", 1, [1], True)),
    "pair twice": (
        "friendships",
        {"person": ["ann", "ann"], "friend": ["bob", "bob"]},
        (None, 1, [2], True),
    ),
    "pair in both orders": (
        "friendships",
        {"person": ["ann", "bob", "bob"], "friend": ["bob", "ann", "cat"]},
        (None, 1, [2], True),
    ),
    "future": ("interactions", {"at": [DAY, LATE]}, ("at", 1, [2], True)),
    "year one": ("interactions", {"at": [AGES_AGO, DAY]}, ("at", 1, [1], True)),
    "zero": ("interactions", {"at": [DAY, ZERO]}, ("at", 1, [2], True)),
    "after the watch": ("interactions", {"at": [DAY, OUTSIDE]}, ("at", 1, [2], False)),
    "before the watch": (
        "interactions",
        {"at": [dtm.datetime(2023, 1, 1), DAY]},
        ("at", 1, [1], False),
    ),
    "no member": ("interactions", {"sender": ["ann", "cat"]}, ("sender", 1, [2], False)),
    "no member then": (
        "interactions",
        {"at": [DAY, DAY + dtm.timedelta(2)]},
        ("sender", 1, [2], False),
    ),
    "to oneself": ("interactions", {"recipient": ["ann", None]}, ("recipient", 1, [1], False)),
    "answers itself": ("interactions", {"reply_to": [None, "2"]}, ("reply_to", 1, [2], False)),
    "negative length": ("interactions", {"n_chars": [-1, 0]}, ("n_chars", 1, [1], True)),
    "negative time": ("interactions", {"duration_s": [0.0, -0.5]}, ("duration_s", 1, [2], True)),
    "channel": ("shares", {"channel": ["group", "tv"]}, ("channel", 1, [2], True)),
    "roster": ("groups", {"roster": ["full", None]}, ("roster", 1, [1], True)),
    "no group to share to": ("shares", {"group": [None, None]}, ("group", 1, [1], True)),
    "no friend to share to": (
        "shares",
        {"channel": ["group", "friend"]},
        ("recipient", 1, [2], False),
    ),
    "closed before created": (
        "groups",
        {"created_at": [DAY, DAY], "closed_at": [DAY, DAY - dtm.timedelta(1)]},
        ("closed_at", 1, [2], True),
    ),
    "same tie twice": (
        "ties",
        {"source": ["ann", "ann"], "target": ["bob", "bob"]},
        (None, 1, [2], False),
    ),
    "blank": ("interactions", {"group": ["g", ""]}, ("group", 1, [2], True)),
    "spaces": (
        "groups",
        {"group": ["g", "h", "g "], "roster": [None] * 3},
        ("group", 1, [3], False),
    ),
    "empty": ("ties", {"source": [], "target": [], "layer": []}, (None, 0, [], False)),
}


ALONG = {  # rules that break along with the one that is tried
    "blank": {"never_member", "unknown"},
    "future": {"after_watch", "not_member_then"},
    "year one": {"before_watch"},
    "zero": {"before_watch", "not_member_then"},
    "after the watch": {"not_member_then"},
    "before the watch": {"not_member_then"},
}


@pytest.mark.parametrize("label", BROKEN)
def test_each_broken_rule_is_found_with_its_rows_and_nothing_else_is(label):
    table, change, (column, count, rows, stops) = BROKEN[label]
    goals = {each.references for each in SCHEMA[table].columns if change.get(each.name)}
    near = {name: SOUND[name] for name in ("memberships", table, *goals & set(SOUND))}
    found = [
        problem
        for problem in check(near | {table: near[table] | change})
        if problem.rule not in ALONG.get(label, ())
    ]
    assert [(problem.table, problem.column) for problem in found] == [(table, column)]
    (problem,) = found
    assert problem.count == count
    assert [row for row, _value in problem.examples] == rows
    assert problem.stops is stops
    assert "{" not in problem.message.en + problem.message.zh


def test_signed_weights_negative_values_and_planned_ends_are_no_problem():
    more = {
        "ties": SOUND["ties"] | {"weight": [-1.0, -2.5]},
        "transactions": {"person": ["ann"], "at": [DAY], "value": [-9.5]},
        "events": {"event": ["e"], "kind": ["game"], "starts_at": [DAY], "ends_at": [LATE]},
    }
    assert [(p.column, p.rule, p.stops) for p in check(SOUND | more)] == [
        ("ends_at", "future", False)
    ]


def test_a_table_of_nulls_lacks_everything(tmp_path):
    report = check_folder(write_folder(tmp_path, memberships="group,person\n,\n"), now=NOW)
    assert [(p.column, p.rule) for p in report.problems] == [
        ("group", "required"),
        ("person", "required"),
    ]


def test_times_of_unknown_origin_may_be_anywhere():
    acts = SOUND["interactions"] | {"at": [ZERO, dtm.datetime(2090, 1, 1)], "group": [None, None]}
    tables = {"memberships": {"group": ["g"], "person": ["ann"]}, "interactions": acts}
    assert check(tables, Study(name="x", time_origin="unknown")) == ()
    assert {p.rule for p in check(tables, Study(name="x"))} == {"future", "impossible_time"}


def test_the_first_of_1970_is_a_year_where_times_are_years():
    tables = {"memberships": {"group": ["g"], "person": ["ann"], "joined_at": [ZERO]}}
    assert check(tables, Study(name="x", time_resolution="1y")) == ()
    assert [p.rule for p in check(tables, Study(name="x"))] == ["impossible_time"]


def test_without_people_or_groups_nobody_is_unknown():
    tables = {name: SOUND[name] for name in ("memberships", "interactions", "friendships")}
    assert check(tables) == ()


def test_all_problems_are_counted_and_only_the_first_rows_are_shown():
    n = 50_000
    ids = np.arange(n).astype(str)
    members = pd.DataFrame({"group": "g", "person": ids, "left_at": DAY, "joined_at": LATE})
    problems = {(p.column, p.rule): p for p in check({"memberships": members})}
    assert problems["left_at", "order"].count == n
    assert problems["joined_at", "future"].count == n
    assert [row for row, _v in problems["left_at", "order"].examples] == [1, 2, 3, 4, 5]


def test_a_folder_with_many_problems_lists_them_all(tmp_path):
    folder = write_folder(
        tmp_path,
        {"groups.csv": b"group\n\xff\n", "extra.csv": "a\n"},
        people="person,bot\nann,maybe\nann,\n",
        friendships="person,friend\nann,ann\nann,bob\nbob,ann\n",
        interactions="interaction,sender,at\n1,ann,soon\n1,ann,2024-01-01T00:00:00Z\nbad\n",
        ties="source,target,layer\n",
    )
    report = check_folder(folder, now=NOW)
    found = {(p.table, p.column, p.rule) for p in report.problems}
    assert found == {
        ("groups", None, "file"),
        ("files", None, "unknown_file"),
        ("people", "bot", "type"),
        ("people", "person", "duplicate"),
        ("memberships", "person", "unknown"),
        ("friendships", "friend", "itself"),
        ("friendships", None, "duplicate"),
        ("friendships", "person", "unknown"),
        ("friendships", "friend", "unknown"),
        ("interactions", None, "ragged"),
        ("interactions", "at", "type"),
        ("interactions", "interaction", "duplicate"),
        ("ties", None, "empty"),
    }
    assert report.rows["interactions"] == 2
    stopping = [p.stops for p in report.problems]
    assert stopping == sorted(stopping, reverse=True)
    assert report.stops == sum(stopping)


def test_rows_are_counted_as_in_the_file_where_lines_had_to_be_skipped(tmp_path):
    text = "group,person,joined_at\nbad\ng,ann,x\nbad\nbad\ng,bob,y\n,cat,\n"
    report = check_folder(write_folder(tmp_path, memberships=text), now=NOW)
    rows = {(p.column, p.rule): [row for row, _v in p.examples] for p in report.problems}
    assert rows[None, "ragged"] == [1, 3, 4]
    assert rows["joined_at", "type"] == [2, 5]
    assert rows["group", "required"] == [6]


def test_the_line_of_a_ragged_row_counts_the_lines_inside_quotes(tmp_path):
    text = 'person,name\nann,"two\nlines"\nbob\n'
    report = check_folder(write_folder(tmp_path, people=text), now=NOW)
    (problem,) = [p for p in report.problems if p.rule == "ragged"]
    assert "line 4" in problem.message.en
    assert problem.examples == ((2, "bob"),)


def test_times_that_the_clocks_skip_or_repeat_are_counted(tmp_path):
    study = 'timezone = "Europe/Berlin"\n'
    times = ["2024-03-31T02:30:00", "2024-03-31T03:00:00", "2023-10-29T02:30:00", "2024-01-01"]
    members = "group,person,joined_at\n" + "".join(f"g{i},a,{at}\n" for i, at in enumerate(times))
    report = check_folder(write_folder(tmp_path, {"study.toml": study}, memberships=members))
    (problem,) = report.problems
    assert (problem.rule, problem.count, problem.stops) == ("clock_change", 2, False)
    assert [row for row, _v in problem.examples] == [1, 3]


def test_a_column_whose_name_is_nearly_one_of_the_schema_is_told(tmp_path):
    text = MEMBERS.replace("joined_at", "join_at")
    (problem,) = check_folder(write_folder(tmp_path, memberships=text)).problems
    assert (problem.column, problem.rule, problem.stops) == ("join_at", "near_name", False)
    assert "'joined_at'" in problem.message.en


HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e" + "x" * 10_000


def test_the_report_is_harmless_text_in_both_languages():
    people = SOUND["people"] | {"person": ["ann", "bob", "bob"]}
    members = SOUND["memberships"] | {"person": ["ann", HOSTILE, "ann"]}
    found = check({"people": people, "memberships": members})
    report = CheckReport(problems=found, rows={"people": 3})
    for lang, word in (("en", "does not list"), ("zh", "不在 people 表中")):
        text = report.to_text(lang)
        assert word in text
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert max(map(len, text.splitlines())) < 400
    page = report._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_report_is_json_with_row_value_and_rule():
    members = SOUND["memberships"]
    found = check({"memberships": members, "friendships": {"person": ["ann"], "friend": ["ann"]}})
    report = CheckReport(problems=found, rows={"friendships": 1})
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["stops"] == 1
    (problem,) = plain["problems"]
    assert {key: problem[key] for key in ("table", "column", "row", "value", "rule", "count")} == {
        "table": "friendships",
        "column": "friend",
        "row": 1,
        "value": "ann",
        "rule": "itself",
        "count": 1,
    }


def test_a_clean_report_says_so():
    report = CheckReport(problems=(), rows={"people": 1})
    assert report.to_text() == "people: 1 row\nno problem was found"
    assert not report.stops


def test_problems_that_stop_come_first():
    problems = tuple(
        Problem(table="t", column=None, rule=str(i), message=Text("a", "b"), stops=i == 2)
        for i in range(3)
    )
    assert [p.rule for p in CheckReport(problems=problems, rows={}).problems] == ["2", "0", "1"]


PAIRS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), max_size=12)


@settings(deadline=None, max_examples=10)
@given(pairs=PAIRS)
def test_repeated_pairs_and_own_friends_are_counted_as_by_hand(pairs):
    friends = pd.DataFrame(pairs, columns=["person", "friend"], dtype="string")
    members = {"group": ["g"], "person": ["a"]}
    found = check({"memberships": members, "friendships": friends}, Study(name="x"))
    counts = {p.rule: p.count for p in found}
    assert counts.get("duplicate", 0) == len(pairs) - len({frozenset(pair) for pair in pairs})
    assert counts.get("itself", 0) == sum(one == other for one, other in pairs)


STAYS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.none() | st.integers(0, 9),
        st.none() | st.integers(1, 9),
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=15)
@given(stays=STAYS)
def test_overlaps_are_found_whenever_two_stays_share_a_moment(stays):
    day = dtm.timedelta(1)
    stays = [
        (who, start, None if length is None else (start or 0) + length)
        for who, start, length in stays
    ]
    members = {
        "group": ["g"] * len(stays),
        "person": [who for who, _s, _e in stays],
        "joined_at": pd.Series([None if s is None else DAY + s * day for _w, s, _e in stays]),
        "left_at": pd.Series([None if e is None else DAY + e * day for _w, _s, e in stays]),
    }
    frame = pd.DataFrame(members).astype(
        {"joined_at": "datetime64[us]", "left_at": "datetime64[us]"}
    )
    found = {p.rule for p in check({"memberships": frame}, Study(name="x"))}
    spans = [
        (who, -99 if start is None else start, 999 if end is None else end)
        for who, start, end in stays
    ]
    shared = any(
        one[0] == other[0] and one[1] < other[2] and other[1] < one[2]
        for i, one in enumerate(spans)
        for other in spans[:i]
    )
    assert ("overlap" in found) == shared
