"""Telegram Desktop's export as JSON: one chat, or a whole account.

What such a file holds, after the exporter's source: ``messages`` of a chat with ``name``, ``type``
and ``id``; of an account the same under ``chats.list`` and ``left_chats.list``, after
``personal_information``. A record is a ``message`` or a ``service`` line with an ``action``.

- ``date_unixtime`` is UTC; exports before 2022 have only ``date``, the wall clock of the computer
  that exported: for them ``--timezone`` is asked for.
- Service lines name the added and the removed by their name alone, the others by id. A name that
  one person of the file has is that person; a silent namesake would be taken for them.
- There is no list of members: who neither wrote nor came or went while the export looked is not
  in the file, but for whoever exported a whole account; large groups hide who joins. Joining and
  leaving count as covered where a group has any line of the platform.
- Where a person who is a member of a public group came by themselves, ``via`` is ``open``.
- A topic is a thread of its group; to post in one is no reply to the line that opened it.
- A channel, or a group that writes in its own name, is an outsider, no member.
"""

import re
from typing import Any

from smallnet.importers.clock import Clock
from smallnet.importers.collecting import Collector
from smallnet.importers.fields import (
    epoch_field,
    files_of,
    iso_time,
    listed,
    name_of,
    number,
    objects,
    words,
)
from smallnet.importers.format import Format, Options
from smallnet.importers.json_stream import Path, Records, Torn, Value, walk
from smallnet.importers.made_ids import note_unnamed_reactions
from smallnet.importers.source import Source
from smallnet.importers.telegram_chat import CHAT_TYPES, PRIVATE_TYPES, Chat, person_of
from smallnet.importers.telegram_kinds import OTHER, kind_of
from smallnet.tables import Text

__all__ = ["FORMAT"]

CHATS = (
    ("messages",),
    ("chats", "list", "*", "messages"),
    ("left_chats", "list", "*", "messages"),
)
HEAD = ("name", "type", "id")
WAITING = 50_000  # messages of a private chat held back until its owner is known
MARKS = re.compile(
    rb'"date_unixtime"\s*:|"personal_information"\s*:\s*\{\s*"user_id"|"type"\s*:\s*"(?:'
    + "|".join((*CHAT_TYPES, *PRIVATE_TYPES, "saved_messages")).encode()
    + rb')"'
)
NO_CLOCK = Clock(None)


def read(source: Source, collector: Collector, options: Options) -> None:
    """Read an export: a file, or the folder or zip that holds ``result.json``."""
    for member in files_of(source, sniff, "result.json: choose JSON when you export, not HTML"):
        _Reader(member, collector, options).read()


def sniff(name: str, head: bytes) -> bool:
    """Tell whether a file may be such an export."""
    return name.lower().endswith(".json") and MARKS.search(head.replace(b"\0", b"")) is not None


class _Reader:
    """Reads one file."""

    def __init__(self, source: Source, collector: Collector, options: Options) -> None:
        self.source, self.collector, self.options = source, collector, options
        self.owner: str | None = None
        self.owner_handle: str | None = None
        self.told: set[tuple[str, str | None]] = set()
        self.unnamed_reactions = self.unknown_handles = self.unnamed_members = 0
        self.heads: dict[Path, dict[str, Any]] | None = None

    def read(self) -> None:
        """Walk through the file once; twice where heads of chats come behind their messages."""
        head: dict[str, Any] = {}
        whose: Path = ()
        chat: Chat | None = None
        with self.source.open() as stream:
            for found in walk(stream, arrays=CHATS, name=self.source.label):
                if found.path[:-1] != whose:
                    self.finish(chat)
                    chat, head, whose = None, {}, found.path[:-1]
                if isinstance(found, Value):
                    if found.path == ("personal_information",):
                        self.meet_owner(found.value)
                    elif found.path[-1:] and found.path[-1] in HEAD:
                        head[str(found.path[-1])] = found.value
                    continue
                if isinstance(found, Torn):
                    self.collector.record()
                    self.collector.skipped(found.reason, found.line)
                    continue
                if chat is None:
                    chat = self.begin(head or self.late_head(whose))
                    if whose[:1] == ("chats",):
                        self.meet_membership(chat)
                self.take(found, chat)
        self.finish(chat)
        self.tell()

    def meet_owner(self, value: Any) -> None:
        """Learn who exported."""
        if not isinstance(value, dict):
            return
        key = name_of(value.get("user_id"))
        self.owner = None if key is None else f"user{key}"
        handle = words(value.get("username"))
        self.owner_handle = handle.lower() if handle else None
        name = " ".join(filter(None, (words(value.get(n)) for n in ("first_name", "last_name"))))
        if self.owner is not None:
            self.collector.person(self.owner, name=name or None)

    def late_head(self, whose: Path) -> dict[str, Any]:
        """Give a head that stands behind its messages, by reading the file once more."""
        if self.heads is None:
            self.heads = {}
            with self.source.open() as stream:
                for found in walk(stream, arrays=CHATS, name=self.source.label):
                    if isinstance(found, Value) and found.path[-1:] and found.path[-1] in HEAD:
                        mine = self.heads.setdefault(found.path[:-1], {})
                        mine[str(found.path[-1])] = found.value
        return self.heads.get(whose, {})

    def begin(self, head: dict[str, Any]) -> Chat:
        """Meet a chat."""
        chat = Chat(head, self.owner or self.options.me, self.options.chat)
        if chat.left_out is not None:
            return chat
        if chat.other is not None:
            bot = True if chat.type == "bot_chat" else None
            self.collector.person(chat.other, name=chat.title, bot=bot)
        else:
            public = chat.type.startswith("public_") if chat.kind else None
            self.collector.group(chat.key, title=chat.title, kind=chat.kind, public=public)
        if chat.nameless:
            self.collector.note(
                Text(
                    en="a chat has neither id nor name: say which it is with --chat, "
                    "or two such chats become one",
                    zh="有一个聊天既无编号也无名称：请用 --chat 指明，否则两个这样的聊天会并成一个",
                )
            )
        return chat

    def meet_membership(self, chat: Chat) -> None:
        """Tell that who exported is in a group that is not among those they left."""
        if self.owner is not None and chat.kind in ("group", "supergroup"):
            self.collector.group(chat.key, roster="partial")
            self.collector.member(chat.key, self.owner)

    def finish(self, chat: Chat | None) -> None:
        """Part from a chat: what was held back is let go."""
        if chat is not None and chat.waiting:
            self.release(chat, f"owner of the chat with {chat.other}")

    def release(self, chat: Chat, owner: str) -> None:
        """Read the messages that waited for their owner."""
        chat.owner, waiting, chat.waiting = owner, chat.waiting, []
        for record, line in waiting:
            self.keep(record, chat, line)

    def tell(self) -> None:
        """Say what could not be known."""
        note_unnamed_reactions(self.collector, self.unnamed_reactions)
        if self.unnamed_members:
            self.collector.note(
                Text(
                    en="{n} of those who were added or removed have no name any more: left out",
                    zh="被加入或移出的人里有 {n} 人已无名称：未计入",
                ).format(n=self.unnamed_members)
            )
        if self.unknown_handles:
            self.collector.note(
                Text(
                    en="{n} mentions give a user name, which the file ties to nobody: left out",
                    zh="{n} 次提及只写了用户名，文件没有说明是谁：未计入",
                ).format(n=self.unknown_handles)
            )

    def take(self, batch: Records, chat: Chat) -> None:
        """Read a batch of records."""
        for index, record in enumerate(batch.values):
            self.collector.record()
            if not isinstance(record, dict):
                self.collector.skipped("the record is no object", batch.line(index))
            elif chat.left_out is not None:
                self.collector.skipped(chat.left_out, batch.line(index))
            elif chat.private and chat.owner is None:
                self.wait(record, chat, batch.line(index))
            else:
                self.keep(record, chat, batch, index)

    def wait(self, record: dict[str, Any], chat: Chat, line: int) -> None:
        """Hold a record of a private chat back until the one who exported shows up in it."""
        chat.waiting.append((record, line))
        sender = person_of(record, "from") or person_of(record, "actor")
        if sender is not None and sender != chat.other:
            self.release(chat, sender)
        elif len(chat.waiting) >= WAITING:
            self.release(chat, f"owner of the chat with {chat.other}")

    def keep(
        self, record: dict[str, Any], chat: Chat, where: Records | int, index: int = 0
    ) -> None:
        """Read one record, which stands on a line or is one of a batch."""
        kind = record.get("type", "message")
        at = epoch_field(record.get("date_unixtime"), "s")
        if at is None and kind != "unsupported":
            known = self.collector.clock.zone is not None
            line = None if known else _line(where, index)
            at = iso_time(record.get("date"), self.collector.clock, line=line)
        if kind == "unsupported":
            self.collector.skipped("left out by the exporter", _line(where, index))
        elif at is None:
            self.collector.skipped("no time that can be read", _line(where, index))
        elif kind == "service":
            self.service(record, chat, at)
        elif kind == "message":
            self.message(record, chat, at)
        else:
            self.collector.skipped("unknown type of record", _line(where, index))

    def meet(self, record: dict[str, Any], field: str) -> str | None:
        """Give who wrote a record, and tell their name."""
        person = person_of(record, field)
        if person is not None:
            name = words(record.get(field))
            if (person, name) not in self.told:
                self.told.add((person, name))
                self.collector.person(person, name=name, outsider=not _is_human(person))
        return person

    def message(
        self,
        record: dict[str, Any],
        chat: Chat,
        at: int,
        *,
        call: bool = False,
    ) -> None:
        """Hand over a message or a call."""
        sender = self.meet(record, "actor" if call else "from")
        recipient = None
        if chat.private:
            recipient = chat.other if sender != chat.other else chat.owner
        raw, answers = _message_id(record.get("id")), None
        if "reply_to_message_id" in record:
            answers = _message_id(record["reply_to_message_id"])
            peer = name_of(record.get("reply_to_peer_id"))
            answers = None if peer is not None and peer != chat.key else answers
        topic = chat.topic(raw, answers) if chat.topics and raw is not None else None
        act = None if raw is None else chat.act(raw, sender, recipient, at)
        text = record.get("text")
        mentions: list[str] = []
        links: list[str] = []
        if not isinstance(text, str):
            text, mentions, links = self.read_text(text)
        duration = None
        if call:
            kind = "call"
            duration = number(record.get("duration_seconds", record.get("duration"))) or 0.0
        else:
            kind = kind_of(record)
            if "duration_seconds" in record:
                duration = number(record["duration_seconds"])
        forwarded = None
        if "forwarded_from" in record:
            forwarded = name_of(record.get("forwarded_from_id"))
            forwarded = forwarded or name_of(record["forwarded_from"]) or "unknown"
        self.collector.message(
            act,
            sender,
            at,
            group=chat.group,
            recipient=recipient,
            kind=kind,
            text=text if text or kind == "text" else None,
            duration_s=duration,
            reply_to=None if answers is None or answers in chat.topics else chat.find(answers),
            thread=topic,
            mentions=mentions,
            links=links,
            forwarded_from=forwarded,
            edited_at=(
                epoch_field(record["edited_unixtime"], "s") if "edited_unixtime" in record else None
            ),
        )
        if "reactions" in record and act is not None:
            self.reactions(record, chat, act, at)

    def read_text(self, value: Any) -> tuple[str, list[str], list[str]]:
        """Give the words of a message, whom they mention, and the links behind them."""
        pieces, mentions, links = [], [], []
        for part in listed(value):
            if isinstance(part, str):
                pieces.append(part)
            elif isinstance(part, dict):
                piece = words(part.get("text")) or ""
                pieces.append(piece)
                kind = part.get("type")
                if kind == "mention_name" and (key := name_of(part.get("user_id"))):
                    mentions.append(f"user{key}")
                elif kind == "mention" and piece.lower() == self.owner_handle and self.owner:
                    mentions.append(self.owner)
                elif kind == "mention":
                    self.unknown_handles += 1
                elif kind == "text_link" and (link := words(part.get("href"))):
                    links.append(link)
        return "".join(pieces), mentions, links

    def reactions(self, record: dict[str, Any], chat: Chat, act: str, at: int) -> None:
        """Hand over who reacted."""
        for reaction in objects(record.get("reactions")):
            recent = objects(reaction.get("recent"))
            name = name_of(reaction.get("emoji")) or name_of(reaction.get("document_id"))
            for who in recent:
                person = self.meet(who, "from")
                if person is None:
                    self.unnamed_reactions += 1
                    continue
                moment = self.reacted_at(who.get("date"), record, at)
                self.collector.reaction(act, person, at=moment, group=chat.group, name=name)
            count = int(number(reaction.get("count")) or 0)
            self.unnamed_reactions += max(0, count - len(recent))

    def reacted_at(self, value: Any, record: dict[str, Any], at: int) -> int | None:
        """Give the moment of a reaction.

        Its time is that of the wall clock, without a UTC time beside it: the offset is that which
        the two times of the message show, where no zone was given.
        """
        if self.collector.clock.zone is not None:
            return iso_time(value, self.collector.clock)
        wall, local = _as_if_utc(value), _as_if_utc(record.get("date"))
        return None if wall is None or local is None else wall - (local - at)

    def service(self, record: dict[str, Any], chat: Chat, at: int) -> None:
        """Read a line of the platform."""
        action = words(record.get("action")) or ""
        actor = self.meet(record, "actor")
        lasted = number(record.get("duration", record.get("duration_seconds")))
        if action == "phone_call" or (action in ("group_call", "conference_call") and lasted):
            self.message(record, chat, at, call=True)
            return
        if not chat.private:
            self.collector.covers("joining", "leaving")
        if chat.private or not self.change(record, chat.key, at, action, actor):
            topic = _message_id(record.get("id"))
            if action == "topic_created" and topic is not None:
                chat.topics.add(topic)
            if action == "migrate_to_supergroup" and chat.kind == "group":
                self.collector.group(chat.key, closed_at=at)
            self.collector.other_system(OTHER.get(action, "other line of the platform"))

    def change(
        self, record: dict[str, Any], group: str, at: int, action: str, actor: str | None
    ) -> bool:
        """Hand over who came and who went; false if the line says of nobody."""
        named = words(record.get("actor"))
        by = actor if actor is not None and _is_human(actor) else None
        told_of = listed(record.get("members"))
        members = [name for name in map(name_of, told_of) if name]
        self.unnamed_members += len(told_of) - len(members)
        told = False
        if action in ("create_group", "create_channel"):
            self.collector.group(group, created_at=at)
            if by is not None:
                self.collector.joined(group, by, at, via="created")
                told = True
            members = [name for name in members if name != named]
        elif action in ("join_group_by_link", "join_group_by_request") and by is not None:
            via = "link" if action == "join_group_by_link" else "request"
            self.collector.joined(group, by, at, via=via, invited_by=name_of(record.get("inviter")))
            return True
        if action in ("create_group", "invite_members"):
            for name in members:
                if name == named and by is not None:
                    self.collector.joined(group, by, at, via="open")
                else:
                    self.collector.joined(group, name, at, via="invited", invited_by=by)
            return told or bool(members)
        if action == "remove_members":
            for name in members:
                if name == named and by is not None:
                    self.collector.left(group, by, at)
                else:
                    self.collector.left(group, name, at, removed_by=by)
            return bool(members)
        return told


def _line(where: Records | int, index: int) -> int:
    return where if isinstance(where, int) else where.line(index)


def _message_id(raw: Any) -> int | None:
    return raw if isinstance(raw, int) and abs(raw) < 1 << 62 and raw is not True else None


def _is_human(person: str) -> bool:
    return not person.startswith(("channel", "chat"))


def _as_if_utc(value: Any) -> int | None:
    """Give a wall-clock time as if the wall were in UTC."""
    return iso_time(value + "Z", NO_CLOCK) if isinstance(value, str) else None


FORMAT = Format(
    name="telegram",
    title=Text(en="Telegram Desktop (JSON)", zh="Telegram Desktop（JSON）"),
    read=read,
    sniff=sniff,
    covers=(),
    may_cover=("joining", "leaving", "private"),
)
