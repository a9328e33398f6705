"""Exports in which any field is anything: every record is kept or counted, and no reader falls.

A JSON export of each format, with a little of everything in it, of which a few values are replaced
by others; the collector must then account for every record that the format announced.
"""

import copy
import json
import tempfile
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from smallnet.errors import InputError
from smallnet.importers import Clock, Collector, Options, Source, find_format
from smallnet.importers.pseudonyms import Pseudonyms

AT = 1_600_000_000
USER = {"id": "1", "name": "Ana", "discriminator": "1", "isBot": False}
TELEGRAM = {
    "personal_information": {"user_id": 1, "username": "@ana", "first_name": "Ana"},
    "chats": {
        "list": [
            {
                "name": "G",
                "type": kind,
                "id": 5,
                "messages": [
                    {
                        "id": 1,
                        "type": "message",
                        "date": "2020-09-13T14:26:40",
                        "date_unixtime": str(AT),
                        "from": "Ana",
                        "from_id": "user1",
                        "edited_unixtime": str(AT + 9),
                        "forwarded_from": "Bo",
                        "reply_to_message_id": 0,
                        "media_type": "voice_message",
                        "duration_seconds": 3,
                        "text": ["a", {"type": "mention_name", "text": "Bo", "user_id": 2}],
                        "reactions": [
                            {
                                "count": 2,
                                "emoji": "x",
                                "recent": [
                                    {
                                        "from": "Bo",
                                        "from_id": "user2",
                                        "date": "2020-09-13T14:26:41",
                                    }
                                ],
                            }
                        ],
                    },
                    {
                        "id": 2,
                        "type": "service",
                        "date_unixtime": str(AT + 100),
                        "actor": "Ana",
                        "actor_id": "user1",
                        "action": "invite_members",
                        "members": ["Bo", None],
                    },
                    {"id": 3, "type": "service", "date_unixtime": str(AT + 200), "action": "x"},
                ],
            }
            for kind in ("private_group", "private_supergroup", "personal_chat")
        ]
    },
}
DISCORD = {
    "guild": {"id": "9", "name": "S"},
    "channel": {"id": "55", "type": "DirectGroupTextChat", "name": "general"},
    "messages": [
        {
            "id": "175928847299117063",
            "type": kind,
            "timestamp": "2020-09-13T12:26:40+00:00",
            "timestampEdited": "2020-09-13T12:26:50+00:00",
            "callEndedTimestamp": "2020-09-13T12:26:50+00:00",
            "content": "hi",
            "author": USER,
            "attachments": [{"fileName": "a.png"}],
            "mentions": [{**USER, "id": "2"}],
            "reactions": [{"emoji": {"id": "", "name": "x"}, "count": 2, "users": [USER]}],
            "reference": {"messageId": "1", "channelId": "55"},
        }
        for kind in ("Default", "Call", "RecipientAdd", "GuildMemberJoin", "ThreadCreated")
    ],
}
META = {
    "participants": [{"name": "Ana"}, {"name": "Bo"}, {"name": "Cy"}],
    "messages": [
        {
            "sender_name": "Ana",
            "timestamp_ms": AT * 1000,
            "content": "hi",
            "photos": [{"uri": "x"}],
            "share": {"link": "https://example.org"},
            "reactions": [{"reaction": "x", "actor": "Bo"}],
        },
        {
            "sender_name": "Ana",
            "timestamp_ms": AT * 1001,
            "type": "Subscribe",
            "users": [{"name": "D"}],
        },
        {"sender_name": "Ana", "timestamp_ms": AT * 1002, "type": "Call", "call_duration": 3},
        {"sender_name": "Bo", "timestamp_ms": AT * 1003, "content": "Bo added Ana to the group."},
    ],
    "title": "Us",
    "is_still_participant": True,
    "thread_type": "RegularGroup",
    "thread_path": "inbox/us_123",
}
SIGNAL = [
    {
        "date": "2020-09-13T12:26:40",
        "sender": name,
        "body": "hi",
        "reactions": [["Bo", "x"]],
        "attachments": [{"name": "a.png"}],
        "sticker": None,
    }
    for name in ("Ana", "Me", "No-Sender")
]
EXPORTS: dict[str, tuple[str, Any]] = {
    "telegram": ("result.json", TELEGRAM),
    "discord": ("channel.json", DISCORD),
    "messenger": ("message_1.json", META),
    "instagram": ("message_1.json", META),
    "signal": ("data.json", SIGNAL),
}
ANYTHING = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, -1, 2**40, 2**70, 1e300, "", "x", "\0", "9" * 40, "٣" * 10, [], {}])
    | st.sampled_from([[[]], [{}], {"id": {}}, "0001-01-01T00:00:00", "9999-12-31T23:59:59Z"])
    | st.sampled_from(["message", "service", "user1", "channel7", "phone_call", "remove_members"])
)


def paths(value: Any, so_far: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Give where every value inside of a value is."""
    inside: Any = ()
    if isinstance(value, dict | list):
        inside = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, child in inside:
        found += [(*so_far, key), *paths(child, (*so_far, key))]
    return found


@pytest.mark.parametrize("known", EXPORTS)
@settings(max_examples=60)
@given(data=st.data())
def test_every_record_is_accounted_for_whatever_its_fields_are(known, data):
    name, whole = EXPORTS[known]
    whole = copy.deepcopy(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(paths(whole) or [()]))
        inner = whole
        for key in path[:-1]:
            inner = inner[key]
        if path:
            inner[path[-1]] = copy.deepcopy(data.draw(ANYTHING))
    text = "\n".join(map(json.dumps, whole)) if known == "signal" else json.dumps(whole)
    with tempfile.TemporaryDirectory() as folder:
        file, scratch = Path(folder) / name, Path(folder) / "scratch"
        file.write_text(text, encoding="utf-8")
        scratch.mkdir()
        collector = Collector(Pseudonyms(b"k" * 32, known), scratch, Clock("Europe/Berlin"))
        with Source.of(file) as source:
            find_format(known).read(source, collector, Options())
        collector.close()
        messages = sum(pq.read_metadata(part).num_rows for part in scratch.glob("messages-*"))
    kept = messages + collector.kept.total()
    assert kept + collector.other.total() + collector.reasons.total() == collector.records


@pytest.mark.parametrize("known", EXPORTS)
def test_a_reader_of_one_format_takes_no_other(known):
    for name, whole in EXPORTS.values():
        text = "\n".join(map(json.dumps, whole)) if name == "data.json" else json.dumps(whole)
        assert find_format(known).sniff(name, text.encode()) == (whole is EXPORTS[known][1]) or (
            known == "instagram" and whole is META
        )


@pytest.mark.parametrize("known", EXPORTS)
def test_what_is_nothing_of_the_kind_is_refused_or_empty(known, tmp_path):
    for content in (b"", b"\0\0\0", b"no json", b"[]", b"{}", b'{"messages":3}', b"\xff\xfe"):
        file = tmp_path / EXPORTS[known][0]
        file.write_bytes(content)
        collector = Collector(Pseudonyms(b"k" * 32, known), tmp_path, Clock(None))
        with Source.of(file) as source:
            try:
                find_format(known).read(source, collector, Options())
            except InputError as error:
                assert "file 1 (.json)" in str(error)  # noqa: PT017
        assert collector.records == collector.reasons.total()


@pytest.mark.parametrize("known", EXPORTS)
def test_a_folder_is_searched_and_one_without_an_export_is_refused(known, tmp_path):
    (tmp_path / "messages.html").write_text("<html>")
    (tmp_path / "other.json").write_text('{"a": 1}')
    collector = Collector(Pseudonyms(b"k" * 32, known), tmp_path, Clock("UTC"))
    read = find_format(known).read
    with Source.of(tmp_path) as source, pytest.raises(InputError, match="folder 1 holds no file"):
        read(source, collector, Options())
    name, whole = EXPORTS[known]
    text = "\n".join(map(json.dumps, whole)) if known == "signal" else json.dumps(whole)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / name).write_text(text)
    with Source.of(tmp_path) as source:
        read(source, collector, Options())
    assert collector.records >= 3
