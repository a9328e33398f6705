"""The collector: each record once, no words of the file, and the same rows however they spill."""

import tempfile
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallnet.importers import Clock, Collector, collecting
from smallnet.importers.memberships import rebuild_stays
from smallnet.importers.pseudonyms import Pseudonyms, clean_name, links_of, normal_text
from smallnet.tables import Text

NAMES = Pseudonyms(bytes(32), "test")
AT = 1_600_000_000_000_000
MINUTE = 60_000_000


@pytest.fixture
def collector(tmp_path):
    return Collector(NAMES, tmp_path, Clock(None))


def _rows(collector: Collector, folder: Path, name: str) -> pd.DataFrame:
    collector.close()
    parts = sorted(folder.glob(f"{name}-*.parquet"))
    return pd.concat([pq.read_table(part).to_pandas() for part in parts], ignore_index=True)


def test_what_rides_along_with_a_record_is_not_counted_again(collector):
    collector.record()
    collector.message("1", "a", AT, group="g", text="x")
    collector.reaction("1", "b", group="g")
    collector.record()
    collector.joined("g", "b", AT, invited_by="a")
    collector.joined("g", "c", AT, invited_by="a")
    collector.record()
    collector.reaction("1", "c", group="g", at=AT)
    assert dict(collector.kept) == {"changes": 1, "reactions": 1}


def test_a_record_that_nothing_accounts_for_is_missed(collector, tmp_path):
    collector.record(2)
    collector.skipped("broken", 2)
    assert collector.records != collector.reasons.total()


@settings(max_examples=20)
@given(texts=st.lists(st.text(max_size=20), max_size=30), spill=st.integers(1, 40))
def test_rows_are_the_same_however_often_they_are_written_out(texts, spill):
    frames = []
    for rows in (spill, 1000):
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            patch.setattr(collecting, "SPILL_ROWS", rows)
            one = Collector(NAMES, Path(folder), Clock(None), keep_text=True)
            for i, text in enumerate(texts):
                one.message(None, f"p{i % 3}", AT + i, group="g", text=text, mentions=["p0"])
            frames.append(
                (_rows(one, Path(folder), "messages"), _rows(one, Path(folder), "mentions"))
            )
    for left, right in zip(*frames, strict=True):
        pd.testing.assert_frame_equal(left, right, check_dtype=False)


def test_words_of_the_file_become_no_kind(collector, tmp_path):
    collector.message(None, "a", AT, group="g", kind="Ana's secret")
    collector.message(None, "a", AT, group="g", kind="voice_note")
    collector.group("g", kind="The Hidden Team", title="The Hidden Team", topic="Secret 1", size=3)
    collector.other_system("Ana said: 1")
    assert list(_rows(collector, tmp_path, "messages")["kind"]) == ["other", "voice_note"]
    assert collector.groups == {NAMES.group("g"): {"size": 3}}
    assert dict(collector.other) == {"other line of the platform": 1}


def test_lone_surrogates_and_nul_do_not_stop_it(collector, tmp_path):
    collector.message("\ud800", "\udfff", AT, group="\ud800", text="a\ud800\x00b")
    assert len(_rows(collector, tmp_path, "messages")) == 1


def test_times_that_cannot_be_are_skipped_and_counted(collector, tmp_path):
    for at in (-1, 0, 10**18, AT):
        collector.record()
        collector.message(None, "a", at, group="g")
    assert collector.reasons.total() == 3
    assert len(_rows(collector, tmp_path, "messages")) == 1


def test_a_message_without_a_sender_has_nobody_of_its_group(collector, tmp_path):
    collector.message("1", None, AT, group="g")
    collector.message("2", None, AT, group="g")
    collector.message("3", None, AT, group="h")
    rows = _rows(collector, tmp_path, "messages")
    assert rows["sender"].nunique() == 2
    assert collector.outsiders == set(rows["sender"])


def test_the_first_lines_of_what_is_skipped_are_told_five_at_most(collector):
    for line in range(1, 9):
        collector.skipped("broken", line)
    assert collector.first_lines == {"broken": [1, 2, 3, 4, 5]}
    collector.begin_file(2, several=True)
    collector.skipped("other", 7)
    assert collector.first_lines["other"] == ["file 2, line 7"]


def test_a_note_is_told_once(collector):
    collector.note(Text("a", "b"))
    collector.note(Text("a", "b"))
    assert len(collector.notes) == 1


def test_ids_are_their_own_within_a_group(collector, tmp_path):
    collector.message("1", "a", AT, group="g")
    collector.message("1", "a", AT, group="h")
    collector.message("2", "a", AT, group="g", reply_to="1")
    rows = _rows(collector, tmp_path, "messages")
    assert rows["act"].nunique() == 3
    assert rows["reply_to"].iloc[2] == rows["act"].iloc[0]


@given(name=st.text(), mark=st.sampled_from("\u200e\u200f\u2068\u2069\u202a\ufeff"))
def test_invisible_marks_make_no_other_name(name, mark):
    assert clean_name(mark + name + mark) == clean_name(name)
    assert clean_name(clean_name(name)) == clean_name(name)


@given(text=st.text())
def test_the_normal_form_of_words_is_normal(text):
    assert normal_text(normal_text(text)) == normal_text(text)
    assert normal_text(f" {text}\n") == normal_text(text)


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/a", "http://www.example.org/a/", "HTTPS://EXAMPLE.org/a#part",
        "https://example.org/a?utm_source=x&fbclid=y", "(https://example.org/a).",
        "www.example.org/a,",
    ],
)  # fmt: skip
def test_copies_of_a_link_are_one(link):
    assert links_of(f"see {link} there") == ["example.org/a"]


def test_links_that_differ_in_what_they_ask_for_are_two():
    assert len(links_of("https://example.org/w?v=1 https://example.org/w?v=2")) == 2


def _changes(*rows: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("g", person, change, AT + minute * MINUTE, None, None)
            for person, change, minute in rows
        ],
        columns=["group", "person", "change", "at", "via", "by"],
    )


def _stays(
    changes: pd.DataFrame, members: tuple[str, ...] = (), wrote: dict[str, int] | None = None
):
    listed = pd.DataFrame({"group": "g", "person": list(members), "role": None}, dtype=object)
    acts = pd.DataFrame(
        [("g", person, AT + at * MINUTE, AT + at * MINUTE) for person, at in (wrote or {}).items()],
        columns=["group", "person", "first", "last"],
    )
    frame, counts = rebuild_stays(
        changes, listed, acts, complete={"g"} if members else set(), until=AT + 1000 * MINUTE
    )
    rows = []
    for row in frame.itertuples():
        ends = (row.joined_at, row.left_at, row.left_by)
        rows.append((row.person, *(None if pd.isna(t) else (t - AT) // MINUTE for t in ends)))
    return rows, counts


NOBODY = _changes()


def test_a_lurker_on_the_list_is_a_member_since_an_unknown_time():
    assert _stays(NOBODY, ("a",))[0] == [("a", None, None, None)]


def test_the_first_message_is_no_join():
    assert _stays(NOBODY, wrote={"a": 5})[0] == [("a", None, None, None)]


def test_somebody_may_stay_several_times():
    stays, _ = _stays(_changes(("a", "join", 1), ("a", "leave", 5), ("a", "join", 9)))
    assert stays == [("a", 1, 5, None), ("a", 9, None, None)]


def test_a_leave_without_a_join_ends_a_stay_of_unknown_beginning():
    assert _stays(_changes(("a", "leave", 5)))[0] == [("a", None, 5, None)]


def test_a_second_join_without_a_leave_ends_the_first_stay_at_an_unknown_time():
    stays, _ = _stays(_changes(("a", "join", 1), ("a", "join", 9)))
    assert stays == [("a", 1, None, 9), ("a", 9, None, None)]


def test_who_wrote_before_the_first_join_was_in_before():
    stays, _ = _stays(_changes(("a", "join", 9)), wrote={"a": 2})
    assert stays == [("a", None, None, 9), ("a", 9, None, None)]


def test_who_is_not_on_a_complete_list_left_at_an_unknown_time():
    stays, counts = _stays(_changes(("a", "join", 1)), ("b",), {"c": 3})
    assert stays == [("a", 1, None, 1000), ("b", None, None, None), ("c", None, None, 1000)]
    assert counts["left at an unknown time"] == 2
    assert counts["on the list without a trace"] == 1


def test_without_a_list_nobody_is_missed():
    assert _stays(_changes(("a", "join", 1)), wrote={"c": 3})[0] == [
        ("a", 1, None, None),
        ("c", None, None, None),
    ]


def test_who_left_and_is_on_the_list_came_back_unseen():
    stays, counts = _stays(_changes(("a", "join", 1), ("a", "leave", 5)), ("a",))
    assert stays == [("a", 1, None, None)]
    assert counts["came back unseen"] == 1


def test_the_same_change_from_two_phones_is_one():
    stays, _ = _stays(
        _changes(("a", "join", 1), ("a", "join", 1), ("a", "leave", 5), ("a", "leave", 5))
    )
    assert stays == [("a", 1, 5, None)]
