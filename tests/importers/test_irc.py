"""IRC logs: every client's lines say the same, and who answers whom is a rule with a precision."""

import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported import imported, skipped

from smallnet.errors import InputError
from smallnet.importers import detect
from smallnet.importers.irc_lines import Line, channel_of, parse

NICKS = ("ana", "ben", "cleo")
DAY = pd.Timestamp("2024-05-01")
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20
).map(str.strip)

LAYOUTS = {  # said, joined, left, quit, kicked (ben by ana), nick
    "raw": (
        "[{t}] <{n}> {w}",
        "[{t}] === {n} [~u@host.example]  has joined #tea",
        "[{t}] === {n} [~u@host.example]  has left #tea []",
        '[{t}] === {n} [~u@host.example]  has quit ["bye"]',
        "[{t}] === {n} was kicked by {o} (out)",
        "[{t}] === {n} is now known as {o}",
    ),
    "irssi": (
        "{t} <@{n}> {w}",
        "{t} -!- {n} [~u@host.example] has joined #tea",
        "{t} -!- {n} [~u@host.example] has left #tea [bye]",
        "{t} -!- {n} [~u@host.example] has quit [Quit: bye]",
        "{t} -!- {n} was kicked from #tea by {o} [out]",
        "{t} -!- {n} is now known as {o}",
    ),
    "weechat": (
        "2024-05-01 {t}\t@{n}\t{w}",
        "2024-05-01 {t}\t-->\t{n} (~u@host.example) has joined #tea",
        "2024-05-01 {t}\t<--\t{n} (~u@host.example) has left #tea (bye)",
        "2024-05-01 {t}\t<--\t{n} (~u@host.example) has quit (Quit: bye)",
        "2024-05-01 {t}\t<--\t{o} has kicked {n} (out)",
        "2024-05-01 {t}\t--\t{n} is now known as {o}",
    ),
    "energymech": (
        "[{t}] <{n}> {w}",
        "[{t}] *** Joins: {n} (~u@host.example)",
        "[{t}] *** Parts: {n} (~u@host.example) (bye)",
        "[{t}] *** Quits: {n} (~u@host.example) (Quit: bye)",
        "[{t}] *** {n} was kicked by {o} (out)",
        "[{t}] *** {n} is now known as {o}",
    ),
    "hexchat": (
        "May 01 {t} <{n}>\t{w}",
        "May 01 {t} *\t{n} (~u@host.example) has joined",
        "May 01 {t} *\t{n} (~u@host.example) has left (bye)",
        "May 01 {t} *\t{n} has quit (Quit: bye)",
        "May 01 {t} *\t{n} was kicked by {o} (out)",
        "May 01 {t} *\t{n} is now known as {o}",
    ),
    "eggdrop": (
        "[{t}] <{n}> {w}",
        "[{t}] {n} (~u@host.example) joined #tea.",
        "[{t}] {n} (~u@host.example) left #tea (bye).",
        "[{t}] {n} (~u@host.example) left irc: bye",
        "[{t}] {n} kicked from #tea by {o}: out",
        "[{t}] Nick change: {n} -> {o}",
    ),
}


def log(tmp_path, lines, name="tea_2024-05-01.log"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@st.composite
def talks(draw):
    """What happens in a channel, a minute each."""
    events = []
    for minute in range(draw(st.integers(1, 30))):
        kind = draw(st.sampled_from(("said", "said", "said", "joined", "left", "quit", "kicked")))
        n = draw(st.sampled_from(NICKS))
        o = draw(st.sampled_from([nick for nick in NICKS if nick != n]))
        events.append((minute, kind, n, o, draw(WORDS) if kind == "said" else ""))
    return events


KINDS = ("said", "joined", "left", "quit", "kicked", "nick")


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(events=talks(), layout=st.sampled_from(sorted(LAYOUTS)))
def test_a_log_that_is_written_and_imported_is_the_same(events, layout, tmp_path):
    lines = [
        LAYOUTS[layout][KINDS.index(kind)].format(t=f"10:{minute:02}:07", n=n, o=o, w=w)
        for minute, kind, n, o, w in events
    ]
    out = imported("irc", log(tmp_path, lines), timezone="UTC", chat="tea")
    person, group = out.names.person, out.names.group("tea")

    def at(minute):
        return (DAY + pd.Timedelta(hours=10, minutes=minute, seconds=7)).value // 1000

    assert out.report.records_in_file == len(events)
    assert not skipped(out.report)
    assert out.messages() == {
        (person(n), at(minute), group, len(w)) for minute, kind, n, _, w in events if kind == "said"
    }
    starts = {(s[1], s[2]) for s in out.stays() if s[2] is not None}
    ends = {(s[1], s[3]) for s in out.stays() if s[3] is not None}
    assert starts == {(person(n), at(m)) for m, kind, n, _, _ in events if kind == "joined"}
    gone = {(person(n), at(m)) for m, kind, n, _, _ in events if kind in ("left", "quit", "kicked")}
    assert ends <= gone  # a second leave without a join between ends nothing


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_every_line_of_a_client_is_understood(layout):
    from smallnet.importers.irc_lines import STAMP

    expected = [
        Line("said", ("ana",), "hi"),
        Line("join", ("ana",)),
        Line("leave", ("ana",)),
        Line("leave", ("ana",)),
        Line("kick", ("ana", "ben")),
        Line("nick", ("ana", "ben")),
    ]
    for template, line in zip(LAYOUTS[layout], expected, strict=True):
        text = template.format(t="10:00", n="ana", o="ben", w="hi")
        stamp = STAMP.match(text)
        assert parse(text[stamp.end() :], stamped=True) == line


@pytest.mark.parametrize(
    ("rest", "line"),
    [
        (" * ana has quit smoking", Line("said", ("ana",), "has quit smoking")),
        (" * ana joined the army", Line("said", ("ana",), "joined the army")),
        (" * ana is now known as the queen", Line("said", ("ana",), "is now known as the queen")),
        (" <ana> === ben has joined #tea", Line("said", ("ana",), "=== ben has joined #tea")),
        (" -!- Netsplit a.b <-> c.d quits: ben, cleo", Line("leave", ("ben", "cleo"))),
        (" -!- mode/#tea [+o ana] by ChanServ", Line("mode changed")),
        (" -ana- a notice", Line("notice of a person or service")),
        (" nothing known", Line("unknown")),
    ],
)
def test_what_only_looks_like_a_notice_is_not_one(rest, line):
    assert parse(rest, stamped=True) == line


def test_a_new_nick_takes_the_person_along_and_a_known_one_is_a_return(tmp_path):
    lines = [
        "[10:00] <ana> hi",
        "[10:01] *** ana is now known as ana_away",
        "[10:02] <ana_away> still me",
        "[10:03] <Ben[x]> hello",
        "[10:04] *** ana_away is now known as ben{x}",
        "[10:05] <ben{X}> I am ben again: case folds as RFC 1459 says",
    ]
    out = imported("irc", log(tmp_path, lines), timezone="UTC")
    acts = out.frame("interactions").sort_values("at")
    ana, ben = out.names.person("ana"), out.names.person("ben{x}")
    assert list(acts["sender"]) == [ana, ana, ben, ben]
    assert out.report.other_system == {"nick changed": 1}


def test_midnight_and_the_logs_own_dates_move_the_day(tmp_path):
    lines = [
        "--- Log opened Wed May 01 23:58:00 2024",
        "23:59 <ana> before",
        "00:01 <ana> after",
        "--- Day changed Fri May 03 2024",
        "00:02 <ana> later",
    ]
    out = imported("irc", log(tmp_path, lines, "tea.log"), timezone="UTC")
    days = sorted(out.frame("interactions")["at"].dt.strftime("%m-%d %H:%M"))
    assert days == ["05-01 23:59", "05-02 00:01", "05-03 00:02"]


def test_notices_without_a_time_are_as_late_as_the_line_before(tmp_path):
    lines = ["=== ben [~u@h] has joined #tea", "[10:00] <ana> hi", "=== ben has left #tea []"]
    out = imported("irc", log(tmp_path, lines), timezone="UTC")
    stay = out.frame("memberships").set_index("person").loc[out.names.person("ben")]
    assert stay["joined_at"] == stay["left_at"] == DAY + pd.Timedelta(hours=10)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("tea.log", {"timezone": "UTC"}, "a time and no date, .* call it like tea_2005-06-27.log"),
        ("tea_2024-05-01.log", {}, "--timezone"),
    ],
)
def test_a_time_that_could_be_any_is_refused(name, options, message, tmp_path):
    with pytest.raises(InputError, match=message):
        imported("irc", log(tmp_path, ["[10:00] <ana> hi"], name), **options)


def test_hostile_lines_are_counted(tmp_path):
    path = tmp_path / "tea_2024-05-01.log"
    path.write_bytes(
        b"[10:00] <ana> caf\xc3\xa9\n[10:01] <ana> caf\xe9 \0 \xed\xa0\x80\n[29:99] <ana> when\n"
        b"garbage\n--- Day changed Mon Foo 45 2024\n0000-00-00 10:00:00\tana\tnever\n"
        b"9999-12-31 23:59:59\tana\tfar\n[10:02] <> nobody\n" + b"[10:03] <ana> " + b"x" * 3_000_000
    )
    out = imported("irc", path, timezone="UTC")
    assert out.report.records_in_file == 9
    assert out.report.kept["interactions"] == 2
    assert sum(skipped(out.report).values()) == 7


# Inferred replies

MADE_UP = (  # hand-annotated: which line each line answers, from 0
    ("ana", "who has tea?", None),
    ("ben", "ana: I do", 0),
    ("cleo", "ana, me too", 0),
    ("ana", "ben: green?", 1),
    ("ana", "cleo: or black?", 2),
    ("cleo", "ana: black", 4),
    ("ben", "no, mint", 3),  # names nobody: the rule misses it
    ("dan", "note: milk is out", None),  # opens with a word that is nobody
    ("ana", "dan: thanks", 7),
    ("ben", "@dan buy some", 7),
    ("dan", "ana: in town?", 8),
    ("ana", "dan: yes", 10),
    ("ben", "ana: wait, and my mint?", 3),  # the rule takes the latest to ben: line 3
    ("ana", "ben: sorry, later", 12),
    ("dan", "ben: got it", 9),
)


def test_the_precision_on_a_hand_annotated_log_is_in_the_report(tmp_path):
    lines = [f"[10:{n:02}] <{who}> {text}" for n, (who, text, _) in enumerate(MADE_UP)]
    log(tmp_path, lines)
    gold = [f"{n if to is None else to} {n} -" for n, (_, _, to) in enumerate(MADE_UP)]
    log(tmp_path, gold, "tea_2024-05-01.annotation.txt")
    out = imported("irc", tmp_path, timezone="UTC")
    note = next(note.en for note in out.report.notes if "annotation beside" in note.en)
    # 13 answers are annotated, 12 of them open with a name, and for those the rule is right
    assert "of 12 replies inferred among 15 annotated lines, 1.00 [0.76, 1.00] name" in note
    assert "0.92 of the annotated replies are found" in note
    acts = out.frame("interactions")
    assert acts["reply_inferred"].sum() == acts["reply_to"].notna().sum() == 12
    assert any("rule was chosen" in note.en for note in out.report.notes)


@pytest.mark.data
def test_the_raw_log_imports_balanced_and_a_third_of_its_lines_address_somebody():
    if "SMALLNET_DATA" not in os.environ:
        pytest.skip("SMALLNET_DATA is not set")
    folder = Path(os.environ["SMALLNET_DATA"]) / "native_exports" / "irc"
    out = imported("irc", folder / "ubuntu_2005-06-27_12.log", timezone="UTC")
    acts = out.frame("interactions")
    assert detect(folder / "ubuntu_2005-06-27_12.log").name == "irc"
    assert out.report.records_in_file == 1_250
    assert out.report.kept == {"interactions": 1_024, "membership_events": 217, "other_system": 9}
    assert acts["reply_to"].notna().sum() == 330
    assert out.frame("memberships")["group"].unique().tolist() == [out.names.group("ubuntu")]


@pytest.mark.parametrize(
    ("head", "name", "channel"),
    [
        (b"10:00 -!- ana has joined #Tea\n", "x.log", "Tea"),
        (b"10:00 <ana> I joined #other\n", "#tea.2024-05-01.log", "tea"),
        (b"", "irc.libera.#tea.weechatlog", "tea"),
        (b"", "tea_20240501.log", "tea"),
        (b"", "2024-05-01.log", "channel"),
    ],
)
def test_a_channel_is_called_as_its_lines_or_its_file_say(head, name, channel):
    assert channel_of(head, name) == channel
