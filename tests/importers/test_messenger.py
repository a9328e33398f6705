"""Messenger and Instagram: text put right, people by name, joins where a sentence tells them."""

import json
import zipfile
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from made_chats import (
    FEW,
    PLAIN_TEXTS,
    MadeChat,
    imported,
    made_chats,
    sample,
    told_changes,
    told_messages,
)

from smallnet.importers import detect


def mangled(text: str) -> str:
    """Write UTF-8 byte by byte, as Meta does."""
    return text.encode("utf-8").decode("latin-1")


def record(at_s: float, sender: str, **fields: Any) -> dict[str, Any]:
    return {"sender_name": mangled(sender), "timestamp_ms": round(at_s * 1000), **fields}


def thread(messages: list[Any], *names: str, **fields: Any) -> str:
    head = {
        "participants": [{"name": mangled(name)} for name in names],
        "messages": messages[::-1],
        "title": "Ours",
        "is_still_participant": True,
        "thread_path": "inbox/ours_12345",
        "magic_words": [],
    }
    return json.dumps({**head, **fields})


def written(chat: MadeChat, *, sentences: bool) -> str:
    """Write a group: changes as old downloads do, or as sentences, and only who is in as listed."""
    names, records, inside = chat.names, [], {0, 1, 2}
    for event in chat.events:
        who, by = names[event.who], names[event.who if event.by is None else event.by]
        come = event.kind in ("join", "invite")
        if event.kind == "message":
            records.append(record(event.at_s, who, content=mangled(event.text)))
            continue
        (inside.add if come else inside.discard)(event.who)
        if sentences:
            told = {
                "join": f"{who} joined the group.",
                "invite": f"{by} added {who} to the group.",
                "leave": f"{who} left the group.",
                "remove": f"{by} removed {who} from the group.",
            }[event.kind]
            records.append(record(event.at_s, by, content=mangled(told)))
        else:
            kind = "Subscribe" if come else "Unsubscribe"
            users = [{"name": mangled(who)}]
            records.append(record(event.at_s, by, type=kind, users=users, content="x"))
    return thread(records, *[names[i] for i in sorted(inside)], joinable_mode={"mode": 1})


@pytest.mark.parametrize("known", ["messenger", "instagram"])
@FEW
@given(chat=made_chats(texts=PLAIN_TEXTS))
def test_a_group_comes_back_as_it_was(known, chat):
    plain = MadeChat(
        chat.names,
        tuple(
            e if e.answers is None else type(e)(e.kind, e.who, e.at_s, e.text) for e in chat.events
        ),
    )
    result = imported(known, {"message_1.json": written(plain, sentences=known == "instagram")})
    assert result.report.balanced
    expected, found = told_messages(plain, result, plain.names.__getitem__)
    assert found == expected
    expected, found = told_changes(plain, result, plain.names.__getitem__)
    assert found == expected
    assert result.coverage["joining"] == any(e.kind in ("join", "invite") for e in chat.events) or (
        known == "messenger" and any(e.kind != "message" for e in chat.events)
    )
    assert result.coverage["lurkers"]


def test_text_is_put_right_and_so_are_names():
    messages = [record(1_600_000_000, "Zoë", content=mangled("schön 今天"))]
    result = imported("messenger", {"m.json": thread(messages, "Zoë", "Bo")}, keep_text=True)
    person = result.pseudonyms.person
    assert result.rows("interactions", "sender", "text", "n_chars") == [
        (person("Zoë"), "schön 今天", 8)
    ]


def test_who_says_you_is_whoever_is_in_every_private_thread():
    group = [
        record(1_600_000_000, "Ana", content="Ana added you to the group."),
        record(1_600_000_100, "Me Myself", content="You added Bo and Cy to the group."),
        record(1_600_000_200, "Me Myself", content="You left the group."),
        record(1_600_000_300, "Ana", content="Bo left the group."),  # her words, not the platform's
    ]
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("Ana", "Bo"):
            text = thread([record(1.5e9, name, content="hi")], name, "Me Myself")
            text = text.replace("Ours", name).replace("12345", f"{name}1")
            file.writestr(f"your_facebook_activity/messages/inbox/{name}_1/message_1.json", text)
        text = thread(group, "Ana", "Bo", "Cy", thread_type="RegularGroup")
        file.writestr("your_facebook_activity/messages/inbox/ours_12345/message_1.json", text)
        file.writestr("your_facebook_activity/posts.json", "{}")
    result = imported("messenger", {"facebook.zip": archive.getvalue()})
    person = result.pseudonyms.person
    found = result.rows("memberships", "person", "invited_by", "left_at")
    stays = {(who, by, left is not None) for who, by, left in found}
    assert stays == {
        (person("Me Myself"), person("Ana"), True),
        (person("Bo"), person("Me Myself"), False),
        (person("Cy"), person("Me Myself"), False),
        (person("Ana"), None, False),
    }
    assert result.report.kept["interactions"] == 3


def test_calls_reactions_shares_media_and_deleted_people():
    thumb = {"reaction": mangled("👍"), "actor": "Bo"}
    messages = [
        record(1_600_000_000, "Ana", content="hi", reactions=[thumb]),
        record(1_600_000_001, "Bo", type="Call", call_duration=30, content="Bo called you."),
        record(1_600_000_002, "Bo", photos=[{"uri": "x"}], content="You sent an attachment."),
        record(1_600_000_003, "Bo", share={"link": "https://example.org"}, type="Share"),
        record(1_600_000_004, "Ana", is_unsent=True),
        record(1_600_000_005, "Facebook user", content="bye"),
        record(1_600_000_006, "Ana", content="Ana named the group Us."),
    ]
    result = imported("messenger", {"m.json": thread(messages, "Ana", "Bo", "Cy")})
    person = result.pseudonyms.person
    assert result.rows("interactions", "kind", "n_chars", "duration_s") == [
        ("text", 2, None),
        ("call", None, 30),
        ("image", None, None),
        ("link", None, None),
        ("deleted", None, None),
        ("text", 3, None),
    ]
    assert result.rows("ties", "source", "target") == [(person("Bo"), person("Ana"))]
    members = {row[0] for row in result.rows("memberships", "person")}
    assert members == {person(name) for name in ("Ana", "Bo", "Cy")}
    assert result.report.kept["other_system"] == 1


def test_the_download_of_encrypted_chats_is_read_too():
    messages = [
        {"senderName": "Zoë", "timestamp": 1_600_000_000_000, "text": "é", "type": "text"},
        {"senderName": "Bo", "timestamp": 1_600_000_001_000, "media": [{"uri": "x"}], "text": ""},
    ]
    whole = {"participants": ["Zoë", "Bo"], "threadName": "Bo_7", "messages": messages}
    result = imported("messenger", {"Bo_7.json": json.dumps(whole)})
    person = result.pseudonyms.person
    assert result.rows("interactions", "sender", "recipient", "kind", "n_chars") == [
        (person("Zoë"), person("Bo"), "text", 1),
        (person("Bo"), person("Zoë"), "media", None),
    ]


def test_parts_of_a_thread_and_a_later_download_add_up():
    messages = [record(1_600_000_000 + n, "Ana", content="same") for n in (0, 0, 60, 120)]
    parts = {
        "message_1.json": thread(messages[2:], "Ana", "Bo", "Cy"),
        "message_2.json": thread(messages[:2], "Ana", "Bo", "Cy"),
        "later.json": thread(messages, "Ana", "Bo", "Cy", thread_path="archived_threads/we_12345"),
    }
    result = imported("messenger", parts)
    assert len(result.frames["interactions"]) == 4
    assert result.report.duplicates == 4
    assert len(result.frames["groups"]) == 1


def test_fields_of_wrong_types_do_no_harm():
    messages = [
        3,
        {"sender_name": "Ana"},
        {"sender_name": ["x"], "timestamp_ms": 1_600_000_000_000, "content": {"a": 1}},
        record(1_600_000_001, "Ana", reactions=[3, {"actor": None}], photos=5, share=[1], users=3),
        record(1_600_000_002, "Ana", type="Subscribe", users=[1, {"name": {}}]),
        {"sender_name": "Ana", "timestamp_ms": -5},
    ]
    result = imported("messenger", {"m.json": thread(messages, "Ana", "Bo", "Cy", title=5)})
    assert result.report.kept["interactions"] == 2
    assert result.report.kept["other_system"] == 1
    assert sum(result.skipped().values()) == 3


@pytest.mark.data
@pytest.mark.parametrize(
    ("known", "name", "records"),
    [
        ("messenger", "chat-analytics/messenger/2A_7M.json", 7),
        ("instagram", "chat-miner/instagram/test_export.json", 2),
    ],
)
def test_every_sample_is_known_and_balanced(known, name, records):
    path = sample(name)
    assert detect(path).name == known
    result = imported(known, {"message_1.json": path.read_bytes()})
    assert result.report.balanced
    assert result.report.records_in_file == result.report.kept["interactions"] == records
