"""Signal chats in the layouts of three tools."""

import datetime as dtm
import json
from typing import Any

import pytest
from hypothesis import given, settings
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

from smallnet.errors import InputError
from smallnet.importers import detect


def wall(at_s: int) -> dtm.datetime:
    return dtm.datetime(1970, 1, 1) + dtm.timedelta(seconds=at_s)


def as_markdown(chat: MadeChat) -> str:
    """As signal-export writes it."""
    return "\n".join(
        f"[{wall(e.at_s):%Y-%m-%d %H:%M:%S}] {chat.names[e.who]}: {e.text}  \n"
        for e in chat.messages
    )


def as_json(chat: MadeChat) -> str:
    """As the data.json of signal-export, one message a line."""
    return "\n".join(
        json.dumps(
            {
                "date": wall(e.at_s).isoformat(),
                "sender": chat.names[e.who],
                "body": e.text + "  ",
                "quote": "",
                "sticker": "",
                "reactions": [],
                "attachments": [],
            },
            ensure_ascii=False,
        )
        for e in chat.messages
    )


def as_backup_text(chat: MadeChat) -> str:
    """As signalbackup-tools writes it, with what the platform tells."""
    lines = []
    for e in chat.events:
        who, by = chat.names[e.who], chat.names[e.who if e.by is None else e.by]
        told = {
            "message": f"<{who}> {e.text}",
            "join": f"*** {who} joined the group via the group link.",
            "invite": f"*** {by} added {who}.",
            "leave": f"*** {who} left the group.",
            "remove": f"*** {by} removed {who}.",
        }[e.kind]
        lines.append(f"[{wall(e.at_s):%b %d, %Y %H:%M:%S}] {told}")
    return "\n".join(lines) + "\n"


@settings(FEW, max_examples=3)  # three imports each
@given(
    chat=made_chats(
        kinds=["message"] * 3 + ["join", "leave", "invite", "remove"], texts=PLAIN_TEXTS
    )
)
def test_a_group_comes_back_as_it_was(chat):
    chat = MadeChat(
        chat.names, tuple(type(e)(e.kind, e.who, e.at_s, e.text, None, e.by) for e in chat.events)
    )
    for name, text in (
        ("chat.md", as_markdown(chat)),
        ("data.json", as_json(chat)),
        ("x.txt", as_backup_text(chat)),
    ):
        result = imported("signal", {name: text}, timezone="UTC", chat="ours of us")
        assert result.report.balanced
        expected, found = told_messages(chat, result, chat.names.__getitem__)
        assert found == expected
        if name == "x.txt":
            expected, found = told_changes(chat, result, chat.names.__getitem__)
            assert found == expected


def test_what_signal_export_puts_around_words_is_no_words():
    text = """[2024-01-01 10:00:00] Ana: hello

[2024-01-01 10:01:00] Me:

> hello

yes
and so on
(- Ana: 👍, Bo Li: 😂 -)

[2024-01-01 10:02:00] Ana: look ![a.png](./media/a.png)

[2024-01-01 10:03:00] Ana:
(( 😀 ))

[2024-01-01 10:04:00] Bo Li: (This message was deleted)

[2024-01-01 10:05:00] Me: Outgoing voice call (accepted, 3m 2s)

[2024-01-01 10:06:00] No-Sender:
"""
    result = imported("signal", {"chat.md": text}, timezone="Europe/Berlin", me="Zoe", chat="Us")
    person = result.pseudonyms.person
    ana, bo, zoe = (person(name) for name in ("Ana", "Bo Li", "Zoe"))
    assert result.rows("interactions", "sender", "kind", "n_chars", "duration_s") == [
        (ana, "text", 5, None),
        (zoe, "text", len("yes\nand so on"), None),
        (ana, "image", 4, None),
        (ana, "sticker", None, None),
        (bo, "deleted", None, None),
        (zoe, "call", None, 182),
    ]
    assert str(result.frames["interactions"]["at"][0]) == "2024-01-01 09:00:00"
    assert set(result.rows("ties", "source", "target")) == {(ana, zoe), (bo, zoe)}
    assert result.report.kept["other_system"] == 1


def test_a_chat_of_two_is_private():
    text = "[Dec 24, 2019 12:23:00] <Ana> hi (Bo: 👍)\n[Dec 24, 2019 12:24:00] <Bo> yes\n"
    text += "[Dec 24, 2019 12:25:00] *** <Ana> sent file of type image/jpeg\n"
    text += "[Dec 24, 2019 12:26:00] *** Ana called you\n"
    result = imported("signal", {"Ana.txt": text}, timezone="UTC")
    ana, bo = (result.pseudonyms.person(name) for name in ("Ana", "Bo"))
    assert result.rows("interactions", "sender", "recipient", "kind", "n_chars") == [
        (ana, bo, "text", 2),
        (bo, ana, "text", 3),
        (ana, bo, "image", None),
        (ana, bo, "call", None),
    ]
    assert result.coverage["private"]


def test_times_need_a_zone_and_broken_lines_are_counted():
    text = "before\n[2024-02-30 10:00:00] Ana: no such day\n[2024-02-01, 10:00] Ana: yes\nmore\n"
    with pytest.raises(InputError, match="--timezone"):
        imported("signal", {"chat.md": text})
    result = imported("signal", {"chat.md": text}, timezone="Asia/Shanghai")
    assert [(row["reason"], row["first_lines"]) for row in result.report.skipped] == [
        ("a line before the first message", [1]),
        ("no time that can be read", [2]),
    ]
    assert result.rows("interactions", "n_chars") == [(len("yes\nmore"),)]


def test_fields_of_wrong_types_do_no_harm():
    good = {
        "date": "2024-01-01T10:00:00",
        "sender": 5,
        "body": {"a": 1},
        "reactions": [1, ["x"], {}],
    }
    lines: list[Any] = [good, 7, {"date": 5}, {**good, "attachments": [3], "deleted": "no"}]
    text = "\n".join(map(json.dumps, lines)) + "\n{broken\n\n"
    result = imported("signal", {"data.json": text}, timezone="UTC")
    assert result.report.records_in_file == 5
    assert result.report.kept["interactions"] == 2
    assert sum(result.skipped().values()) == 3


@pytest.mark.data
def test_the_sample_is_balanced_and_told_from_whatsapp():
    path = sample("chat-miner/signal/test_export.txt")
    result = imported("signal", {"x.txt": path.read_bytes()}, timezone="Europe/Berlin")
    assert result.report.balanced
    assert result.report.records_in_file == result.report.kept["interactions"] == 2
    assert detect(path).name == "signal"
