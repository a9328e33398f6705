"""DiscordChatExporter's files: what is in them is in the tables."""

import datetime as dtm
import json
from typing import Any

import pytest
from hypothesis import given
from made_chats import FEW, MadeChat, imported, made_chats, sample, told_changes, told_messages

from smallnet.importers import detect


def user(who: int, **fields: Any) -> dict[str, Any]:
    return {"id": str(100 + who), "name": f"u{who}", "discriminator": "1", "isBot": False, **fields}


def person_id(who: int) -> str:
    return str(100 + who)


def time_of(at_s: int) -> str:
    return dtm.datetime.fromtimestamp(at_s, dtm.timezone(dtm.timedelta(hours=2))).isoformat()


def record(number: int, at_s: int, who: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "type": "Default",
        "timestamp": time_of(at_s),
        "content": "",
        "author": user(who),
        "reactions": [],
        "mentions": [],
        **fields,
    }


def export(messages: list[Any], kind: str = "DirectGroupTextChat", **channel: Any) -> str:
    return json.dumps(
        {
            "guild": {"id": "0" if kind.startswith("Direct") else "9", "name": "S"},
            "channel": {"id": "55", "type": kind, "name": "general", **channel},
            "messages": messages,
            "messageCount": len(messages),
        }
    )


def written(chat: MadeChat) -> str:
    """Write a group chat as the exporter does: whom a line is about is among its mentions."""
    records, ids = [], []
    for number, event in enumerate(chat.events, 1):
        by = event.who if event.by is None else event.by
        if event.kind == "message":
            fields: dict[str, Any] = {"content": event.text}
            if event.answers is not None:
                reference = {"messageId": ids[event.answers], "channelId": "55"}
                fields |= {"type": "Reply", "reference": reference}
            ids.append(str(number))
            records.append(record(number, event.at_s, event.who, **fields))
        else:
            come = event.kind in ("join", "invite")
            kind = "RecipientAdd" if come else "RecipientRemove"
            mentions = [user(event.who)]
            records.append(record(number, event.at_s, by, type=kind, mentions=mentions))
    return export(records)


@FEW
@given(chat=made_chats())
def test_a_group_comes_back_as_it_was(chat):
    result = imported("discord", {"g.json": written(chat)})
    assert result.report.balanced
    expected, found = told_messages(chat, result, person_id)
    assert found == expected
    expected, found = told_changes(chat, result, person_id)
    assert found == expected


def test_a_server_a_channel_and_its_thread():
    join = record(1, 1_600_000_000, 1, type="GuildMemberJoin")
    begun = record(2, 1_600_000_001, 1, type="ThreadCreated")
    channel = export([join, begun, record(3, 1_600_000_002, 2)], "GuildTextChat")
    thread = export([record(4, 1_600_000_003, 3)], "GuildPublicThread", id="66", categoryId="55")
    result = imported("discord", {"c.json": channel, "t.json": thread})
    group = result.pseudonyms.group
    assert sorted(result.rows("groups", "group", "kind", "parent"), key=str) == sorted(
        [
            (group("server 9"), "server", None),
            (group("55"), "channel", group("server 9")),
            (group("66"), "thread", group("55")),
        ],
        key=str,
    )
    joined = [row for row in result.rows("memberships", "group", "person", "joined_at") if row[2]]
    assert (result.coverage["joining"], result.coverage["leaving"]) == (True, False)
    assert [row[:2] for row in joined] == [(group("server 9"), result.pseudonyms.person("101"))]
    assert result.report.kept["other_system"] == 1


def test_reactions_mentions_calls_forwards_and_machines():
    emoji = {"emoji": {"id": None, "name": "❤"}, "count": 3, "users": [user(2)]}
    ended = time_of(1_600_000_160)
    messages = [
        record(1, 1_600_000_000, 1, mentions=[user(2), user(1)], reactions=[emoji]),
        record(2, 1_600_000_100, 2, type="Call", callEndedTimestamp=ended),
        record(
            3, 1_600_000_200, 3, author=user(3, isBot=True), attachments=[{"fileName": "a.PNG"}]
        ),
        record(
            4,
            1_600_000_300,
            1,
            reference={"type": "Forward", "channelId": "8"},
            forwardedMessage={"content": "see https://example.org/x", "attachments": []},
        ),
    ]
    result = imported("discord", {"g.json": export(messages)})
    person = result.pseudonyms.person
    rows = result.rows("interactions", "kind", "duration_s", "n_chars")
    assert rows == [
        ("text", None, 0),
        ("call", 60, None),
        ("image", None, None),
        ("link", None, 25),
    ]
    assert result.rows("ties", "source", "target", "layer") == [
        (person("102"), person("101"), "reaction")
    ]
    assert result.rows("recipients", "person") == [(person("102"),)]
    assert dict(result.rows("people", "person", "bot"))[person("103")] is True
    assert person("103") not in {row[0] for row in result.rows("memberships", "person")}
    assert any("2 reactions" in note.en for note in result.report.notes)


def test_a_direct_chat_is_between_the_two_who_show_up_in_it():
    messages = [record(n, 1_600_000_000 + n, who) for n, who in ((1, 1), (2, 1), (3, 2))]
    result = imported("discord", {"d.json": export(messages, "DirectTextChat")})
    one, two = (result.pseudonyms.person(person_id(who)) for who in (1, 2))
    assert result.rows("interactions", "sender", "recipient", "group") == [
        (one, two, None),
        (one, two, None),
        (two, one, None),
    ]
    alone = imported("discord", {"d.json": export(messages[:2], "DirectTextChat")})
    assert {row[0] for row in alone.rows("interactions", "recipient")} == {
        alone.pseudonyms.person("other side of 55")
    }


def test_fields_of_wrong_types_do_no_harm():
    messages = [
        3,
        {"id": "x", "timestamp": 5},
        record(1, 1_600_000_000, 1, author=None, content=4, reference="x", mentions={"a": 1}),
        record(2, 1_600_000_100, 1, reactions=[{"emoji": 3, "users": [1, {}]}], attachments=[7]),
        record(3, 1_600_000_200, 1, type="RecipientAdd", mentions=[None], author=[]),
        record(4, 1_600_000_300, 1, type=[1]),
        record(5, 1, 1, timestamp="9999-12-31T23:59:59.999+00:00"),
    ]
    result = imported("discord", {"g.json": export(messages, topic={"a": [1]})})
    assert result.report.kept["interactions"] == 2
    assert result.report.kept["other_system"] == 2
    assert sum(result.skipped().values()) == 3


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "records", "kept"),
    [
        ("chat-analytics/discord/DM_2A_2M.json", 3, 3),
        ("chat-analytics/discord/GC_3A_5M.json", 6, 4),
        ("chat-analytics/discord/SV_5A_5M.json", 5, 4),  # one message is in it twice
        ("dcef/example_guild_general.json", 1, 1),
    ],
)
def test_every_sample_is_known_and_balanced(name, records, kept):
    path = sample(name)
    assert detect(path).name == "discord"
    result = imported("discord", {"channel.json": path.read_bytes()})
    assert result.report.balanced
    assert result.report.records_in_file == records
    assert result.report.kept["interactions"] == kept
