"""Zulip exports: what was written comes back, and links to earlier messages are replies."""

import io
import json
import tarfile
import zipfile

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported import imported, skipped

from smallnet.errors import InputError
from smallnet.importers import detect

PEOPLE = {11: "Ana", 12: "Ben", 13: "Cleo", 14: "Cleo"}
BOT = 19
STREAMS = {3: "tea", 4: "Green tea"}
RECIPIENTS = [
    {"id": 103, "type": 2, "type_id": 3},
    {"id": 104, "type": 2, "type_id": 4},
    {"id": 111, "type": 1, "type_id": 11},
    {"id": 150, "type": 3, "type_id": 50},
    {"id": 151, "type": 3, "type_id": 51},
]
BASE = 1_600_000_000.0
WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="@`#", exclude_categories=("Cc", "Cs")),
    max_size=20,
)


def realm(**tables):
    subscriptions = [(11, 103), (12, 103), (13, 104), *((p, 150) for p in (11, 12, 13))]
    pair = [(11, 151), (12, 151)]
    return {
        "zerver_userprofile": [
            *({"id": p, "full_name": name, "is_bot": False} for p, name in PEOPLE.items()),
            {"id": BOT, "full_name": "Clock", "is_bot": True},
        ],
        "zerver_stream": [
            {"id": s, "name": name, "date_created": 1.5e9} for s, name in STREAMS.items()
        ],
        "zerver_recipient": RECIPIENTS,
        "zerver_subscription": [
            {"user_profile": p, "recipient": r, "active": True} for p, r in subscriptions + pair
        ],
        **tables,
    }


def message(number, sender, recipient, text="tea", at=None, **more):
    sent = BASE + number if at is None else at
    return {
        "id": number,
        "sender": sender,
        "recipient": recipient,
        "content": text,
        "date_sent": sent,
        "subject": "pots",
        **more,
    }


def export(tmp_path, messages, kind="folder", **tables):
    files = {
        "realm.json": json.dumps(realm(**tables)),
        "messages-000001.json": json.dumps({"zerver_message": messages}),
    }
    if kind == "folder":
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        return tmp_path
    path = tmp_path / f"zulip-export.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(f"export/{name}", text)
        return path
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"export/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


@st.composite
def organisations(draw):
    messages, reactions, changes = [], [], []
    for number in range(1, draw(st.integers(1, 20)) + 1):
        sender = draw(st.sampled_from(sorted(PEOPLE)))
        recipient = draw(st.sampled_from([103, 104, 111, 150, 151]))
        earlier = [m["id"] for m in messages if m["recipient"] == recipient]
        text, answers = draw(WORDS), None
        if recipient in (103, 104) and earlier and draw(st.booleans()):
            answers = draw(st.sampled_from(earlier))
            stream = recipient - 100
            text += f" [said](/#narrow/stream/{stream}-tea/topic/pots/near/{answers})"
        messages.append(message(number, sender, recipient, text) | {"answers": answers})
        reactions += [
            {"user_profile": fan, "message": number, "emoji_name": "tea"}
            for fan in draw(st.lists(st.sampled_from(sorted(PEOPLE)), max_size=2, unique=True))
        ]
    for n in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from([301, 302, 303, 601]))
        person = draw(st.sampled_from(sorted(PEOPLE)))
        changes.append(
            {
                "event_type": kind,
                "modified_user": person,
                "modified_stream": 3,
                "acting_user": 11,
                "event_time": BASE + 3600 * n,
            }
        )
    return messages, reactions, changes


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(made=organisations(), kind=st.sampled_from(["folder", "zip", "tar.gz"]))
def test_an_organisation_that_is_written_and_imported_is_the_same(made, kind, tmp_path):
    messages, reactions, changes = made
    path = export(tmp_path, messages, kind, zerver_reaction=reactions, zerver_realmauditlog=changes)
    out = imported("zulip", path)
    person, act = out.names.person, out.names.act
    groups = {103: "stream 3", 104: "stream 4", 150: "group message 50"}
    where = {
        r: out.names.group(groups[r]) if r in groups else None for r in (103, 104, 111, 150, 151)
    }
    assert out.report.records_in_file == len(messages) + len(reactions) + len(changes)
    assert not set(skipped(out.report)) - {"already in the data"}
    assert out.messages() == {
        (person(m["sender"]), round(m["date_sent"] * 1e6), where[m["recipient"]], len(m["content"]))
        for m in messages
    }
    assert out.replies() == {
        (act(where[m["recipient"]], m["id"]), act(where[m["recipient"]], m["answers"]))
        for m in messages
        if m["answers"]
    }
    ties, by = out.frame("ties"), {m["id"]: m["sender"] for m in messages}
    others = sum(by[r["message"]] != r["user_profile"] for r in reactions)
    assert (0 if ties.empty else ties["weight"].sum()) == others
    joins = {s[2] for s in out.stays() if s[2] is not None}
    told = {round(c["event_time"] * 1e6) for c in changes if c["event_type"] in (301, 302)}
    assert joins == told
    assert (
        f"joining = {str(bool(joins) or any(c['event_type'] == 303 for c in changes)).lower()}"
        in (out.text)
    )


def test_readers_who_never_write_are_members(tmp_path):
    out = imported("zulip", export(tmp_path, [message(1, 11, 103)]))
    stays = out.frame("memberships")
    here = stays[stays["group"] == out.names.group("stream 3")]
    assert set(here["person"]) == {out.names.person(11), out.names.person(12)}
    assert here["joined_at"].isna().all()


def test_a_quote_answers_and_counts_for_nothing_in_the_length(tmp_path):
    quote = (
        "@_**Ana|11** [said](https://z.example/#narrow/stream/3-tea/topic/pots/near/1):\n"
        "```quote\na very long first message\n```\nI agree @**Ben** and @**Cleo|13** not @**Cleo**"
    )
    out = imported("zulip", export(tmp_path, [message(1, 11, 103), message(2, 12, 103, quote)]))
    act = out.frame("interactions").sort_values("at").iloc[1]
    assert act["n_chars"] == len("I agree @**Ben** and @**Cleo|13** not @**Cleo**")
    assert act["reply_to"] == out.names.act(out.names.group("stream 3"), 1)
    assert list(out.frame("recipients")["person"]) == [out.names.person(13)]  # two are called Cleo


@pytest.mark.parametrize(
    "link",
    [
        "#narrow/stream/4-Green-tea/topic/pots/near/1",  # another stream
        "#narrow/stream/3-tea/topic/pots/near/9",  # a later message
        "#narrow/stream/Green.20tea/topic/pots/near/1",
    ],
)
def test_links_elsewhere_are_no_replies(link, tmp_path):
    out = imported("zulip", export(tmp_path, [message(1, 11, 103), message(2, 12, 103, link)]))
    assert not out.replies()


def test_old_links_name_the_stream(tmp_path):
    link = "#narrow/stream/Green.20tea/topic/pots/near/1"
    out = imported("zulip", export(tmp_path, [message(1, 13, 104), message(2, 13, 104, link)]))
    assert len(out.replies()) == 1


def test_topics_are_threads_inside_a_group(tmp_path):
    rows = [message(1, 11, 103), message(2, 12, 103), message(3, 11, 103, subject="cups")]
    acts = imported("zulip", export(tmp_path, rows)).frame("interactions").sort_values("at")
    first, second, third = acts["thread"]
    assert first == second != third
    assert "pots" not in first


def test_rows_that_cannot_be_are_counted(tmp_path):
    rows = [
        message(1, 11, 103),
        message(2, 11, 999),
        message(3, None, 103),
        message(4, 11, 103, at="soon"),
        message(5, 11, 103, at=1e300),
        message(6, 11, 103, at=253_402_300_799.0),
        message(7, 11, 103, text=["no", "text"], subject=4, last_edit_time="x"),
        "no message",
        {"id": True},
    ]
    reactions = [{"message": 77, "user_profile": 11}, {"message": 1}, 5]
    changes = [{"event_type": 301}, {"event_type": "x"}, {"event_type": 101}]
    path = export(tmp_path, rows, zerver_reaction=reactions, zerver_realmauditlog=changes)
    out = imported("zulip", path)
    assert out.report.kept == {"interactions": 2, "membership_events": 0, "other_system": 1}
    assert sum(skipped(out.report).values()) == len(rows) + len(reactions) + len(changes) - 3


def test_a_file_of_messages_that_is_cut_off_says_so(tmp_path):
    export(tmp_path, [message(n, 11, 103) for n in range(1, 9)])
    whole = (tmp_path / "messages-000001.json").read_bytes()
    (tmp_path / "messages-000001.json").write_bytes(whole[:-30])
    out = imported("zulip", tmp_path)
    assert out.report.kept["interactions"] == 7
    assert skipped(out.report) == {"a torn record": 1}


def test_what_is_no_export_is_refused(tmp_path):
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(InputError, match=r"no realm\.json"):
        imported("zulip", tmp_path)
    bad = tmp_path / "bad.tar.gz"
    bad.write_bytes(b"\x1f\x8b no tarball")
    with pytest.raises(InputError, match="cannot be read"):
        imported("zulip", bad)


def test_a_tarball_that_leads_out_is_refused(tmp_path):
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo("../realm.json")
        entry.size = 2
        archive.addfile(entry, io.BytesIO(b"{}"))
    with pytest.raises(InputError, match="leads out"):
        imported("zulip", path)
    link = tmp_path / "link.tar"
    with tarfile.open(link, "w") as archive:
        entry = tarfile.TarInfo("realm.json")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)
    with pytest.raises(InputError, match="link or device"):
        imported("zulip", link)


def test_an_export_is_known_by_its_files(tmp_path):
    assert detect(export(tmp_path, [message(1, 11, 103)], "tar.gz")).name == "zulip"


def test_bots_are_traffic(tmp_path):
    out = imported("zulip", export(tmp_path, [message(1, BOT, 103), message(2, 11, 103)]))
    people = out.frame("people").set_index("person")["bot"]
    assert bool(people[out.names.person(BOT)])
    assert out.names.person(BOT) not in set(out.frame("memberships")["person"])
    assert pd.notna(out.frame("groups").set_index("group")["created_at"]).any()
