"""Telegram exports: what is in the file is in the tables, and nothing that hurts gets through."""

import json
from typing import Any

import pytest
from hypothesis import given
from made_chats import FEW, MadeChat, imported, made_chats, sample, told_changes, told_messages

from smallnet.errors import InputError
from smallnet.importers import detect


def person_id(who: int) -> str:
    return f"user{1000 + who}"


def record(number: int, at_s: int, **fields: Any) -> dict[str, Any]:
    return {"id": number, "type": "message", "date_unixtime": str(at_s), "text": "", **fields}


def service(number: int, at_s: int, action: str, **fields: Any) -> dict[str, Any]:
    return record(number, at_s, type="service", action=action, **fields)


def export(messages: list[Any], kind: str = "private_supergroup", **head: Any) -> str:
    return json.dumps({"name": "Ours", "type": kind, "id": 77, **head, "messages": messages})


def written(chat: MadeChat, kind: str) -> str:
    """Write a chat as Telegram Desktop does: the added and the removed by name alone."""
    names, records, ids = chat.names, [], []
    for number, event in enumerate(chat.events, 1):
        who = {"actor": names[event.who], "actor_id": person_id(event.who)}
        by = event.who if event.by is None else event.by
        actor = {"actor": names[by], "actor_id": person_id(by), "members": [names[event.who]]}
        if event.kind == "message":
            fields: dict[str, Any] = {"from": names[event.who], "from_id": person_id(event.who)}
            half = len(event.text) // 2
            pieces = [event.text[:half], {"type": "bold", "text": event.text[half:]}]
            fields["text"] = pieces if number % 2 else event.text
            if event.answers is not None:
                fields["reply_to_message_id"] = ids[event.answers]
            ids.append(number)
            records.append(record(number, event.at_s, **fields))
        elif event.kind == "join":
            records.append(service(number, event.at_s, "join_group_by_link", **who))
        elif event.kind == "invite":
            records.append(service(number, event.at_s, "invite_members", **actor))
        else:
            records.append(service(number, event.at_s, "remove_members", **actor))
    head = [  # everybody writes once before: only so is a name tied to an id
        record(-len(names) + i, 1_500_000_000 + i, **{"from": name, "from_id": person_id(i)})
        for i, name in enumerate(names)
    ]
    return export(head + records, kind)


@FEW
@given(chat=made_chats())
def test_a_group_comes_back_as_it_was(chat):
    for kind in ("private_supergroup", "private_group"):
        result = imported("telegram", {"result.json": written(chat, kind)})
        assert result.report.balanced
        assert len(result.frames["interactions"]) == len(chat.names) + len(chat.messages)
        expected, found = told_messages(chat, result, person_id)
        assert found == expected
        expected, found = told_changes(chat, result, person_id)
        assert found == expected


def test_who_is_added_by_name_is_the_one_who_writes_under_that_name():
    messages = [
        service(1, 1_600_000_000, "create_group", actor="Ana", actor_id="user1", members=["Bo"]),
        record(2, 1_600_000_100, **{"from": "Bo", "from_id": "user2", "text": "hello"}),
        service(3, 1_600_000_200, "invite_members", actor="Ana", actor_id="user1", members=["Cy"]),
    ]
    result = imported("telegram", {"r.json": export(messages, "private_group")})
    person = result.pseudonyms.person
    found = result.rows("memberships", "person", "via", "invited_by")
    assert sorted(found, key=str) == sorted(
        [
            (person("user1"), "created", None),
            (person("user2"), "invited", person("user1")),
            (person("Cy"), "invited", person("user1")),
        ],
        key=str,
    )
    assert str(result.frames["groups"]["created_at"][0]) == "2020-09-13 12:26:40"
    assert result.coverage["joining"]
    assert result.coverage["leaving"]
    assert not result.coverage["lurkers"]


def test_reactions_name_who_and_when_by_the_offset_of_the_message():
    reaction = {"type": "emoji", "count": 3, "emoji": "👍"}
    who = {"from": "Bo", "from_id": "user2", "date": "2020-09-13T14:27:40"}
    message = record(
        1,
        1_600_000_000,  # 12:26:40 UTC
        date="2020-09-13T14:26:40",
        reactions=[{**reaction, "recent": [who]}],
        **{"from": "Ana", "from_id": "user1"},
    )
    result = imported("telegram", {"r.json": export([message])})
    frame = result.frames["interactions"].set_index("kind")
    assert str(frame.loc["reaction", "at"]) == "2020-09-13 12:27:40"
    assert frame.loc["reaction", "reply_to"] == frame.loc["text", "interaction"]
    assert any("2 reactions" in note.en for note in result.report.notes)


def test_links_behind_words_and_forwards_are_shared_items():
    chats = []
    for key in (1, 2):
        link = [{"type": "text_link", "text": "here", "href": "https://example.org/a"}]
        forward = {"text": "news of today", "forwarded_from": "A channel"}
        chats.append(
            {
                "name": f"G{key}",
                "type": "private_supergroup",
                "id": key,
                "messages": [
                    record(1, 1_600_000_000 + key, text=link, from_id="user1"),
                    record(2, 1_600_000_100 + key, from_id="user1", **forward),
                ],
            }
        )
    result = imported("telegram", {"r.json": json.dumps({"chats": {"list": chats}})})
    shares = result.frames["shares"]
    assert len(shares) == 4
    assert shares["item"].nunique() == 2
    assert shares.groupby("item")["group"].nunique().tolist() == [2, 2]


def test_a_topic_is_a_thread_and_no_answer():
    messages = [
        service(1, 1_600_000_000, "topic_created", actor="Ana", actor_id="user1", title="T"),
        record(2, 1_600_000_100, from_id="user1", reply_to_message_id=1),
        record(3, 1_600_000_200, from_id="user2", reply_to_message_id=2),
        record(4, 1_600_000_300, from_id="user2"),
    ]
    result = imported("telegram", {"r.json": export(messages)})
    act = [result.pseudonyms.act(result.pseudonyms.group("channel77"), n) for n in (2, 3, 4)]
    rows = result.rows("interactions", "interaction", "reply_to", "thread")
    assert [row[:2] for row in rows] == [(act[0], None), (act[1], act[0]), (act[2], None)]
    assert rows[0][2] == rows[1][2] is not None
    assert rows[2][2] is None


def test_two_accounts_tell_of_one_private_chat_and_one_small_group():
    def account(me: int, other: int, offset: int) -> str:
        talk = [
            record(offset + 1, 1_600_000_000, from_id="user1", text="hi"),
            record(offset + 2, 1_600_000_000, from_id="user1", text="there"),
            record(offset + 5, 1_600_000_060, from_id="user2", reply_to_message_id=offset + 2),
        ]
        group = [record(offset + 7, 1_600_000_100, from_id="user2", text="to all")]
        chats = [
            {"type": "personal_chat", "id": other, "name": "x", "messages": talk},
            {"type": "private_group", "id": 5, "name": "g", "messages": group},
        ]
        return json.dumps({"personal_information": {"user_id": me}, "chats": {"list": chats}})

    result = imported("telegram", {"a.json": account(1, 2, 0), "b.json": account(2, 1, 500)})
    assert result.report.records_in_file == 8
    assert result.report.duplicates == 4
    frame = result.frames["interactions"]
    assert len(frame) == 4
    person = result.pseudonyms.person
    stays = result.rows("memberships", "person", "joined_at", "left_at")
    assert stays == [(who, None, None) for who in sorted((person("user1"), person("user2")))]
    private = frame[frame["group"].isna()]
    assert list(private["recipient"]) == [person("user2"), person("user2"), person("user1")]
    answered = private["reply_to"].iloc[2]
    assert private.set_index("interaction").loc[answered, "n_chars"] == len("there")
    assert result.coverage["private"]


def test_a_private_chat_alone_tells_its_owner_by_who_else_writes():
    messages = [record(n, 1_600_000_000 + n, from_id=f"user{who}") for n, who in ((1, 77), (2, 9))]
    result = imported("telegram", {"r.json": export(messages, "personal_chat")})
    person = result.pseudonyms.person
    rows = result.rows("interactions", "sender", "recipient")
    assert rows == [(person("user77"), person("user9")), (person("user9"), person("user77"))]


def test_the_head_of_a_chat_may_stand_behind_its_messages():
    messages = [record(1, 1_600_000_000, from_id="user1")]
    late = json.dumps({"messages": messages, "type": "public_channel", "id": 3, "name": "N"})
    result = imported("telegram", {"r.json": late})
    assert result.rows("groups", "group", "kind") == [
        (result.pseudonyms.group("channel3"), "channel")
    ]


def test_wall_clock_times_are_refused_without_a_zone_and_read_with_one():
    message = {"id": 1, "type": "message", "date": "2019-07-12T16:55:32", "from_id": 5, "text": "x"}
    with pytest.raises(InputError, match=r"line 1: 2019-07-12 .* --timezone"):
        imported("telegram", {"r.json": export([message])})
    result = imported("telegram", {"r.json": export([message])}, timezone="Europe/Berlin")
    assert str(result.frames["interactions"]["at"][0]) == "2019-07-12 14:55:32"
    assert result.rows("people", "person") == [(result.pseudonyms.person("user5"),)]


HOSTILE: tuple[tuple[Any, str], ...] = (
    (7, "the record is no object"),
    (None, "the record is no object"),
    ({"id": 1, "type": "message"}, "no time that can be read"),
    (record(1, 0, date_unixtime=[1], date={}), "no time that can be read"),
    (record(1, -5), "no time that can be read"),
    (record(1, 1, date_unixtime=None, date="0000-01-01T00:00:00Z"), "no time that can be read"),
    (record(1, 1_600_000_000, type="novel"), "unknown type of record"),
    ({"id": 1, "type": "unsupported"}, "left out by the exporter"),
    (record(1, 1, date_unixtime=None, date="9999-12-31T23:59:59Z"), "time before 1980"),
)


def test_what_is_no_message_is_counted_with_its_line():
    records = [bad for bad, _ in HOSTILE]
    lines = ",\n".join(map(json.dumps, [*records, record(2, 1_600_000_000, from_id="user1")]))
    result = imported("telegram", {"r.json": export([]).replace("[]", f"[\n{lines}]")})
    assert result.report.records_in_file == len(HOSTILE) + 1
    assert result.report.kept["interactions"] == 1
    for row in result.report.skipped:
        numbers = [i for i, (_, why) in enumerate(HOSTILE, 2) if row["reason"].startswith(why)]
        assert row["count"] == len(numbers)
        assert row["first_lines"] in (numbers, [])  # none where only the time is impossible


def test_fields_of_wrong_types_do_no_harm():
    fields: dict[str, Any] = {
        "from": 7,
        "from_id": {"a": 1},
        "text": {"type": "bold"},
        "reply_to_message_id": "x",
        "reactions": [{"recent": [{"from_id": None}, 3], "count": "many"}, 5, {"recent": 1}],
        "edited_unixtime": "never",
        "duration_seconds": -3,
        "media_type": ["sticker"],
        "forwarded_from": None,
    }
    odd = service(2, 1_600_000_100, "invite_members", actor=None, members={"a": 1})
    worse = service(3, 1_600_000_200, "remove_members", actor="Ana", members=[None, 3, "Bo"])
    result = imported(
        "telegram", {"r.json": export([record(1, 1_600_000_000, **fields), odd, worse])}
    )
    assert result.report.records_in_file == 3
    assert result.report.kept["interactions"] == 1
    assert result.report.kept["membership_events"] == 1
    assert result.report.kept["other_system"] == 1


def test_milliseconds_and_seconds_are_the_same_moment():
    messages = [
        record(1, 1_600_000_000, from_id="user1"),
        record(2, 1_600_000_000_000, from_id="user1"),
    ]
    result = imported("telegram", {"r.json": export(messages)})
    assert result.frames["interactions"]["at"].nunique() == 1


def test_a_file_that_ends_too_early_keeps_what_is_whole():
    text = export([record(n, 1_600_000_000 + n, from_id="user1") for n in range(3)])
    result = imported("telegram", {"r.json": text[:-30]})
    assert result.report.kept["interactions"] == 2
    assert result.skipped() == {"the file ends inside this record": 1}


def test_a_file_that_ends_in_the_head_of_a_chat_makes_up_no_group():
    chats = [
        {"type": "private_group", "id": n, "messages": [record(1, 1_600_000_000)]} for n in (1, 2)
    ]
    text = json.dumps({"chats": {"list": chats}})
    result = imported("telegram", {"r.json": text[: text.index('"id": 2')]})
    assert len(result.frames["groups"]) == 1
    assert result.skipped() == {"the file ends inside this record": 1}


def test_the_same_export_twice_changes_nothing_and_a_longer_one_adds_what_is_new():
    messages = [
        service(1, 1_600_000_000, "create_channel", actor="Ana", actor_id="user1"),
        service(2, 1_600_000_100, "invite_members", actor="Ana", actor_id="user1", members=["B"]),
        *(record(n, 1_600_000_000 + 100 * n, from_id="user1", text="1") for n in range(3, 9)),
    ]
    once = imported("telegram", {"a.json": export(messages)})
    twice = imported("telegram", {"a.json": export(messages[:5]), "b.json": export(messages)})
    for table in ("interactions", "memberships", "groups", "people"):
        assert len(twice.frames[table]) == len(once.frames[table])
    assert twice.report.duplicates == 5
    assert len(twice.frames["interactions"]) == 6


def test_ids_that_come_twice_are_one_message():
    messages = [record(1, 1_600_000_000, from_id="user1") for _ in range(3)]
    result = imported("telegram", {"r.json": export(messages)})
    assert len(result.frames["interactions"]) == 1
    assert result.report.duplicates == 2


def test_without_any_line_of_the_platform_joining_is_not_covered():
    result = imported("telegram", {"r.json": export([record(1, 1_600_000_000, from_id="user1")])})
    assert not result.coverage["joining"]
    assert not result.coverage["private"]


def test_nothing_that_names_anybody_is_written():
    message = record(
        1, 1_600_000_000, text="call +49 170 1234567", **{"from": "Ana Ruiz", "from_id": "user1"}
    )
    group = export([message], name="Ana and friends")
    result = imported("telegram", {"Ana Ruiz.json": group})
    everything = result.report.to_json() + "".join(
        frame.to_csv() for frame in result.frames.values()
    )
    for secret in ("Ana", "Ruiz", "friends", "1234567", "user1"):
        assert secret not in everything


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "records", "kept"),
    [
        ("chat-analytics/telegram/BIG_20A_5475M.json", 5475, 5475),
        ("chat-analytics/telegram/DM_2A_7M.json", 8, 7),
        ("chat-miner/telegram/test_batch_export.json", 2, 2),
        ("chat-miner/telegram/test_single_export.json", 2, 2),
    ],
)
def test_every_sample_is_known_and_balanced(name, records, kept):
    path = sample(name)
    assert detect(path).name == "telegram"
    result = imported("telegram", {"result.json": path.read_bytes()}, timezone="Europe/Madrid")
    assert result.report.balanced
    assert result.report.records_in_file == records
    assert result.report.kept["interactions"] == kept
