"""Telegram Desktop's export as JSON: one chat, or a whole account.

What such a file holds, after the exporter's source: ``messages`` of a chat with ``name``, ``type``
and ``id``; of an account the same under ``chats.list`` and ``left_chats.list``, after
``personal_information``. A record is a ``message`` or a ``service`` line with an ``action``.

- ``date_unixtime`` is UTC; exports before 2022 have only ``date``, the wall clock of the computer
  that exported: for them ``--timezone`` is asked for.
- Service lines name the added and the removed by their name alone, the others by id.
- Ids of messages are those of everybody in supergroups and channels; in private chats and small
  groups every account counts its own. There a message is known by sender, second and which of that
  second it is, so that the exports of two people merge.
- There is no list of members: who neither wrote nor came or went while the export looked is not
  in the file, and large groups hide who joins.
- A topic is part of its group; to post in one is no reply to the line that opened it.
"""

import re
from array import array
from bisect import bisect_left
from collections import Counter
from typing import Any

from smallnet.importers.clock import Clock
from smallnet.importers.collecting import Collector
from smallnet.importers.fields import epoch_field, iso_time, listed, name_of, number, objects, words
from smallnet.importers.format import Format, Options
from smallnet.importers.json_stream import Path, Records, Torn, Value, walk
from smallnet.importers.source import Source
from smallnet.tables import Text

__all__ = ["FORMAT"]

CHATS = (
    ("messages",),
    ("chats", "list", "*", "messages"),
    ("left_chats", "list", "*", "messages"),
)
CHAT_TYPES = {
    "private_group": "group",
    "private_supergroup": "supergroup",
    "public_supergroup": "supergroup",
    "private_channel": "channel",
    "public_channel": "channel",
}
PRIVATE_TYPES = ("personal_chat", "bot_chat")
LEFT_OUT_TYPES = {
    "saved_messages": "note to oneself",
    "replies": "copy of a reply that the platform keeps",
    "verification_codes": "login code",
}
MEDIA = {
    "sticker": "sticker",
    "video_message": "video",
    "video_file": "video",
    "voice_message": "audio",
    "audio_file": "audio",
    "animation": "image",
}
PLACES = {  # fields that tell what a message is, where media_type does not
    "photo": "image",
    "file": "file",
    "poll": "poll",
    "location_information": "location",
    "place_name": "location",
    "contact_information": "media",
    "game_title": "media",
    "invoice_information": "media",
    "todo_list": "media",
    "giveaway_information": "media",
}
OTHER = {
    "edit_group_title": "subject changed",
    "edit_group_photo": "picture changed",
    "delete_group_photo": "picture changed",
    "pin_message": "message pinned",
    "migrate_to_supergroup": "group became a supergroup",
    "migrate_from_group": "group became a supergroup",
    "topic_created": "topic created",
    "topic_edit": "topic changed",
    "set_messages_ttl": "lifetime of messages changed",
    "clear_history": "history cleared",
    "joined_telegram": "contact joined the platform",
    "group_call": "group call began",
    "group_call_scheduled": "group call planned",
    "invite_to_group_call": "invited to a group call",
    "take_screenshot": "screenshot taken",
    "edit_chat_theme": "look changed",
    "set_chat_wallpaper": "look changed",
    "set_same_chat_wallpaper": "look changed",
    "boost_apply": "group boosted",
    "create_channel": "group created",
    "create_group": "group created",
}
WAITING = 50_000  # messages of a private chat held back until its owner is known
OLD_CHAT, OLD_CHANNEL = 1 << 32, 1 << 33  # marks on ids before 2021
HEAD_MARKS = re.compile(
    rb'"date_unixtime"\s*:|"personal_information"\s*:\s*\{\s*"user_id"|"type"\s*:\s*"(?:'
    + "|".join((*CHAT_TYPES, *PRIVATE_TYPES, "saved_messages")).encode()
    + rb')"'
)


def read(source: Source, collector: Collector, options: Options) -> None:
    """Read an export: a file, or the folder or zip that holds ``result.json``."""
    if source.is_container:
        for member in source.members("*.json"):
            if sniff(member.name, member.head()):
                _Reader(member, collector, options).read()
        return
    _Reader(source, collector, options).read()


def sniff(name: str, head: bytes) -> bool:
    """Tell whether a file may be such an export."""
    if not name.lower().endswith(".json"):
        return False
    return HEAD_MARKS.search(head.replace(b"\0", b"")) is not None


class _Chat:
    """One chat: what its head says, and what is remembered while it is read."""

    def __init__(self, head: dict[str, Any], owner: str | None, options: Options) -> None:
        self.type = words(head.get("type")) or ""
        title = name_of(head.get("name"))
        raw = head.get("id")
        self.kind = CHAT_TYPES.get(self.type)
        key = _bare_id(raw) if isinstance(raw, int) and self.kind else name_of(raw)
        self.title = title
        self.left_out = LEFT_OUT_TYPES.get(self.type)
        self.private = self.type in PRIVATE_TYPES
        self.nameless = key is None and title is None and options.chat is None
        named = options.chat or title or "unnamed"
        # Ids that everybody shares; elsewhere each account counts its own.
        self.shared_ids = self.kind in ("supergroup", "channel")
        space = "channel" if self.shared_ids else "chat"
        self.key = f"{space}{key}" if key is not None else named
        self.other = (f"user{key}" if key is not None else named) if self.private else None
        self.owner = owner
        self.topics: set[str] = set()
        self.waiting: list[tuple[Any, int]] = []
        self.second = 0  # of the last message
        self.same: Counter[str] = Counter()  # messages of that second, by who wrote to whom
        self.pairs: dict[str, int] = {}
        self.names: list[str] = []  # of the pairs, by number
        self.ids = array("q")  # of this account, rising; with what makes the id for all
        self.seconds, self.pair_of, self.counts = array("q"), array("l"), array("l")

    def common_id(self, raw: int, pair: str, second: int) -> str:
        """Give the id that a message has in the export of any account, and remember it."""
        if second < self.second:  # out of order: which of its second it is cannot be told
            return f"{pair}|{second}|id {raw}"
        if second > self.second:
            self.second = second
            self.same.clear()
        self.same[pair] += 1
        if not self.ids or raw > self.ids[-1]:
            self.ids.append(raw)
            self.seconds.append(second)
            self.pair_of.append(self.pairs.setdefault(pair, len(self.pairs)))
            self.counts.append(self.same[pair])
        return f"{pair}|{second}|{self.same[pair]}"

    def find(self, raw: int) -> str:
        """Give the id for all of a message of this account."""
        place = bisect_left(self.ids, raw)
        if place == len(self.ids) or self.ids[place] != raw:
            return f"unseen {raw}"
        if len(self.names) < len(self.pairs):
            self.names = list(self.pairs)
        pair = self.names[self.pair_of[place]]
        return f"{pair}|{self.seconds[place]}|{self.counts[place]}"

    @property
    def group(self) -> str | None:
        """Where its messages are; None if it is private."""
        return None if self.private else self.key


class _Reader:
    """Reads one file."""

    def __init__(self, source: Source, collector: Collector, options: Options) -> None:
        self.source, self.collector, self.options = source, collector, options
        self.owner: str | None = None
        self.owner_handle: str | None = None
        self.told: set[tuple[str, str | None]] = set()
        self.unnamed_reactions = self.unknown_handles = 0
        self.heads: dict[Path, dict[str, Any]] | None = None

    def read(self) -> None:
        """Walk through the file once, or twice where the heads of chats come after the messages."""
        head: dict[str, Any] = {}
        whose: Path = ()
        chat: _Chat | None = None
        with self.source.open() as stream:
            for found in walk(stream, arrays=CHATS, name=self.source.label):
                if isinstance(found, Value):
                    self.finish(chat)
                    chat = None
                    if found.path == ("personal_information",):
                        self.meet_owner(found.value)
                    elif found.path[-1:] and found.path[-1] in ("name", "type", "id"):
                        if found.path[:-1] != whose:
                            head, whose = {}, found.path[:-1]
                        head[str(found.path[-1])] = found.value
                    continue
                if found.path[:-1] != whose:
                    self.finish(chat)
                    chat, head, whose = None, {}, found.path[:-1]
                if chat is None:
                    chat = self.begin(head or self.late_head(whose))
                if isinstance(found, Torn):
                    self.collector.record()
                    self.collector.skipped(found.reason, found.line)
                else:
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
                    if isinstance(found, Value) and found.path[-1:]:
                        mine = self.heads.setdefault(found.path[:-1], {})
                        if found.path[-1] in ("name", "type", "id"):
                            mine[str(found.path[-1])] = found.value
        return self.heads.get(whose, {})

    def begin(self, head: dict[str, Any]) -> _Chat:
        """Meet a chat."""
        chat = _Chat(head, self.owner or self.options.me, self.options)
        if chat.left_out is None:
            if chat.other is not None:
                bot = True if chat.type == "bot_chat" else None
                self.collector.person(chat.other, name=chat.title, bot=bot)
            else:
                self.collector.group(
                    chat.key,
                    title=chat.title,
                    kind=chat.kind,
                    public=chat.type.startswith("public_") if chat.kind else None,
                )
            if chat.nameless:
                self.collector.note(
                    Text(
                        en="a chat has neither id nor name: say which it is with --chat, "
                        "or two such chats become one",
                        zh="有一个聊天既无编号也无名称：请用 --chat 指明，"
                        "否则两个这样的聊天会并成一个",
                    )
                )
        return chat

    def finish(self, chat: _Chat | None) -> None:
        """Part from a chat: what was held back is let go."""
        if chat is not None and chat.waiting:
            self.release(chat, f"owner of the chat with {chat.other}")

    def release(self, chat: _Chat, owner: str) -> None:
        """Read the messages that waited for their owner."""
        chat.owner, waiting, chat.waiting = owner, chat.waiting, []
        for record, line in waiting:
            self.keep(record, chat, lambda line=line: line)

    def tell(self) -> None:
        """Say what could not be known."""
        if self.unnamed_reactions:
            self.collector.note(
                Text(
                    en="{n} reactions are in the file as a number only: who reacted is not said",
                    zh="文件中有 {n} 个表态只有数目，没有说是谁",
                ).format(n=self.unnamed_reactions)
            )
        if self.unknown_handles:
            self.collector.note(
                Text(
                    en="{n} mentions give a user name, which the file ties to nobody: left out",
                    zh="{n} 次提及只写了用户名，文件没有说明是谁：未计入",
                ).format(n=self.unknown_handles)
            )

    def take(self, batch: Records, chat: _Chat) -> None:
        """Read a batch of records."""
        for index, record in enumerate(batch.values):
            self.collector.record()
            if not isinstance(record, dict):
                self.collector.skipped("the record is no object", batch.line(index))
            elif chat.left_out is not None:
                self.collector.skipped(chat.left_out, batch.line(index))
            elif record.get("type") == "unsupported":
                self.collector.skipped("left out by the exporter", batch.line(index))
            elif chat.private and chat.owner is None:
                self.wait(record, chat, batch.line(index))
            else:
                self.keep(record, chat, lambda index=index: batch.line(index))

    def wait(self, record: dict[str, Any], chat: _Chat, line: int) -> None:
        """Hold a record of a private chat back until the one who exported shows up in it."""
        chat.waiting.append((record, line))
        sender = _person(record, "from") or _person(record, "actor")
        if sender is not None and sender != chat.other:
            self.release(chat, sender)
        elif len(chat.waiting) >= WAITING:
            self.release(chat, f"owner of the chat with {chat.other}")

    def keep(self, record: dict[str, Any], chat: _Chat, line: Any) -> None:
        """Read one record."""
        at = epoch_field(record.get("date_unixtime"), "s")
        if at is None:
            known = self.collector.clock.zone is not None
            at = iso_time(record.get("date"), self.collector.clock, line=None if known else line())
        if at is None:
            self.collector.skipped("no time that can be read", line())
        elif record.get("type") == "service" or "action" in record:
            self.service(record, chat, at)
        elif record.get("type", "message") == "message":
            self.message(record, chat, at)
        else:
            self.collector.skipped("unknown type of record", line())

    def meet(self, record: dict[str, Any], field: str) -> str | None:
        """Give who wrote a record, and tell their name."""
        person = _person(record, field)
        if person is not None:
            name = words(record.get(field))
            if (person, name) not in self.told:
                self.told.add((person, name))
                outsider = person.startswith(("channel", "chat"))
                self.collector.person(person, name=name, outsider=outsider)
        return person

    def message(
        self,
        record: dict[str, Any],
        chat: _Chat,
        at: int,
        *,
        kind: str | None = None,
        field: str = "from",
    ) -> None:
        """Hand over a message or a call."""
        sender = self.meet(record, field)
        recipient = None
        if chat.private:
            recipient = chat.other if sender != chat.other else chat.owner
        text, mentions, links = self.read_text(record.get("text"))
        duration = number(record.get("duration_seconds", record.get("duration")))
        if kind is None:
            kind = MEDIA.get(str(record.get("media_type")))
            if kind is None:
                kind = next((PLACES[name] for name in PLACES if name in record), "text")
        elif duration is None:
            duration = 0.0
        forwarded = None
        if "forwarded_from" in record or "forwarded_from_id" in record:
            forwarded = name_of(record.get("forwarded_from_id")) or name_of(
                record.get("forwarded_from")
            )
            forwarded = forwarded or "unknown"
        act = self.act(record, chat, sender, recipient, at)
        self.collector.message(
            act,
            sender,
            at,
            group=chat.group,
            recipient=recipient,
            kind=kind,
            text=text if text or kind == "text" else None,
            duration_s=duration,
            reply_to=self.answered(record, chat) if "reply_to_message_id" in record else None,
            mentions=mentions,
            links=links,
            forwarded_from=forwarded,
            edited_at=epoch_field(record.get("edited_unixtime"), "s"),
        )
        if "reactions" in record and act is not None:
            self.reactions(record, chat, act, at)

    def read_text(self, value: Any) -> tuple[str, list[str], list[str]]:
        """Give the words of a message, whom they mention, and the links behind them."""
        if isinstance(value, str):
            return value, [], []
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

    def act(
        self,
        record: dict[str, Any],
        chat: _Chat,
        sender: str | None,
        recipient: str | None,
        at: int,
    ) -> str | None:
        """Give the id under which a message is known; None if it has none."""
        raw = record.get("id")
        if not isinstance(raw, int) or isinstance(raw, bool) or abs(raw) >= 1 << 62:
            return None
        if chat.shared_ids:
            return str(raw)
        return chat.common_id(raw, f"{sender}>{recipient}", at // 1_000_000)

    def answered(self, record: dict[str, Any], chat: _Chat) -> str | None:
        """Give the id of the message that this one answers."""
        raw = record.get("reply_to_message_id")
        peer = name_of(record.get("reply_to_peer_id"))
        elsewhere = peer is not None and peer != chat.key
        if not isinstance(raw, int) or elsewhere or str(raw) in chat.topics:
            return None
        if chat.shared_ids:
            return str(raw)
        return chat.find(raw)

    def reactions(self, record: dict[str, Any], chat: _Chat, act: str, at: int) -> None:
        """Hand over who reacted; the times are wall-clock times of the computer that exported."""
        for reaction in objects(record.get("reactions")):
            recent = objects(reaction.get("recent"))
            name = name_of(reaction.get("emoji")) or name_of(reaction.get("document_id"))
            for who in recent:
                person = self.meet(who, "from")
                if person is None:
                    self.unnamed_reactions += 1
                    continue
                self.collector.reaction(
                    act,
                    person,
                    at=self.reacted_at(who.get("date"), record, at),
                    group=chat.group,
                    name=name,
                )
            count = number(reaction.get("count"))
            self.unnamed_reactions += max(0, int(count or 0) - len(recent))

    def reacted_at(self, value: Any, record: dict[str, Any], at: int) -> int | None:
        """Give the moment of a reaction, with the offset that the message itself shows."""
        if self.collector.clock.zone is not None:
            return iso_time(value, self.collector.clock)
        wall, local = _as_if_utc(value), _as_if_utc(record.get("date"))
        return None if wall is None or local is None else wall - (local - at)

    def service(self, record: dict[str, Any], chat: _Chat, at: int) -> None:
        """Read a line of the platform."""
        action = words(record.get("action")) or ""
        actor = self.meet(record, "actor")
        if action == "phone_call" or (
            action in ("group_call", "conference_call")
            and number(record.get("duration", record.get("duration_seconds")))
        ):
            self.message(record, chat, at, kind="call", field="actor")
        elif chat.private or not self.change(record, chat, at, action, actor):
            if action == "topic_created" and (topic := name_of(record.get("id"))):
                chat.topics.add(topic)
            if action == "migrate_to_supergroup" and chat.kind == "group":
                self.collector.group(chat.key, closed_at=at)
            self.collector.other_system(OTHER.get(action, "other line of the platform"))

    def change(
        self, record: dict[str, Any], chat: _Chat, at: int, action: str, actor: str | None
    ) -> bool:
        """Hand over who came and who went; false if the line says of nobody."""
        named = words(record.get("actor"))
        members = [name for name in map(name_of, listed(record.get("members"))) if name]
        is_person = actor is not None and not actor.startswith(("channel", "chat"))
        told = False
        if action in ("create_group", "create_channel"):
            self.collector.group(chat.key, created_at=at)
            if is_person:
                self.collector.joined(chat.key, actor, at, via="created")
                told = True
            members = [name for name in members if name != named]
        elif action in ("join_group_by_link", "join_group_by_request") and is_person:
            inviter = name_of(record.get("inviter"))
            via = "link" if action == "join_group_by_link" else "request"
            self.collector.joined(chat.key, actor, at, via=via, invited_by=inviter)
            return True
        if action in ("create_group", "invite_members"):
            for name in members:
                if name == named and actor is not None:
                    self.collector.joined(chat.key, actor, at, via="open")
                else:
                    self.collector.joined(
                        chat.key, name, at, via="invited", invited_by=actor if is_person else None
                    )
            return told or bool(members)
        if action == "remove_members":
            for name in members:
                if name == named and actor is not None:
                    self.collector.left(chat.key, actor, at)
                else:
                    self.collector.left(chat.key, name, at, removed_by=actor if is_person else None)
            return bool(members)
        return told


def _person(record: dict[str, Any], field: str) -> str | None:
    """Give the id of a person, or their name where there is none."""
    raw = record.get(f"{field}_id")
    if isinstance(raw, str) and raw:
        return raw
    if isinstance(raw, int) and not isinstance(raw, bool):
        kind = "channel" if raw >= OLD_CHANNEL else "user"
        return f"{kind}{_bare_id(raw) if raw >= OLD_CHANNEL else raw}"
    return name_of(record.get(field))


def _bare_id(raw: int) -> int:
    """Give an id without the mark of its kind that exports before 2021 put on it."""
    if raw >= OLD_CHANNEL:
        return raw - OLD_CHANNEL
    return raw - OLD_CHAT if raw >= OLD_CHAT else raw


def _as_if_utc(value: Any) -> int | None:
    """Give a wall-clock time as if the wall were in UTC."""
    return iso_time(f"{value}Z", Clock(None)) if isinstance(value, str) else None


FORMAT = Format(
    name="telegram",
    title=Text(en="Telegram Desktop export (JSON)", zh="Telegram Desktop 导出（JSON）"),
    read=read,
    sniff=sniff,
    covers=("joining", "leaving"),
)
