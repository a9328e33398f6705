"""DiscordChatExporter's JSON: one file a channel, direct chat, group or thread.

What such a file holds, after the exporter's source: ``guild``, ``channel`` (``type`` and ``id``),
``messages`` and ``messageCount``. Times carry their offset; ids are those of the platform, the same
for everybody, and tell their own time (https://discord.com/developers/docs/reference#snowflakes).

- A channel or thread is a group; its server is its ``parent``. A thread's ``categoryId`` is the
  channel around it.
- Who joins a server is announced in one channel of it, and nobody who leaves is: it is kept as
  joining the server, a group of its own, and not the channel. Who is added to or removed from a
  group chat or thread is named among the mentions.
- A group chat covers joining and leaving; a server joining, where its announcements are in the
  channel; a thread tells who was added.
- There is no list of members: only who wrote, reacted, was mentioned or joined is in the file.
- Deleted users share one account: they are an outsider, and never a member.
"""

import re
from typing import Any

from smallnet.importers.collecting import Collector
from smallnet.importers.fields import files_of, iso_time, listed, name_of, number, objects, words
from smallnet.importers.format import Format, Options
from smallnet.importers.json_stream import Records, Torn, Value, walk
from smallnet.importers.made_ids import note_unnamed_reactions
from smallnet.importers.source import Source
from smallnet.tables import Text

__all__ = ["FORMAT"]

MESSAGES = {"Default", "Reply", "ChatInputCommand", "ContextMenuCommand", "0", "19", "20", "23"}
CHANNELS = {
    "DirectTextChat": "direct",
    "DirectGroupTextChat": "group",
    "GuildPublicThread": "thread",
    "GuildPrivateThread": "thread",
    "GuildNewsThread": "thread",
    "GuildNews": "channel",
    "GuildTextChat": "channel",
    "GuildVoiceChat": "channel",
    "GuildStageVoice": "channel",
    "GuildForum": "channel",
}
OTHER = {
    "ChannelNameChange": "subject changed",
    "ChannelIconChange": "picture changed",
    "ChannelPinnedMessage": "message pinned",
    "ThreadCreated": "thread created",
    "ThreadStarterMessage": "thread created",
    "8": "server boosted",
    "9": "server boosted",
    "10": "server boosted",
    "11": "server boosted",
    "12": "channel followed",
    "24": "message held back by a rule",
}
DELETED_USER = "456226577798135808"
SUFFIXES = {
    "image": ("png", "jpg", "jpeg", "gif", "webp", "bmp", "heic", "avif", "svg"),
    "video": ("mp4", "mov", "webm", "mkv", "avi", "m4v"),
    "audio": ("mp3", "ogg", "wav", "m4a", "flac", "opus", "aac"),
}
HEAD_MARKS = re.compile(rb'"guild"\s*:\s*\{.*"channel"\s*:\s*\{', re.DOTALL)


def read(source: Source, collector: Collector, options: Options) -> None:
    """Read an export: one file, or a folder or zip of them."""
    for member in files_of(source, sniff, "JSON files of DiscordChatExporter"):
        _Reader(member, collector, options).read()


def sniff(name: str, head: bytes) -> bool:
    """Tell whether a file may be such an export."""
    return name.lower().endswith(".json") and bool(HEAD_MARKS.search(head.replace(b"\0", b"")))


class _Reader:
    """Reads one file."""

    def __init__(self, source: Source, collector: Collector, options: Options) -> None:
        self.source, self.collector, self.options = source, collector, options
        self.group: str | None = None
        self.channel = self.server = self.kind = ""
        self.people: set[str] = set()  # of a direct chat
        self.waiting: list[tuple[dict[str, Any], int]] = []
        self.told: set[tuple[str, str | None]] = set()
        self.unnamed_reactions = 0

    def read(self) -> None:
        """Walk through the file; the heads of an export stand before its messages."""
        heads: dict[str, dict[str, Any]] = {}
        begun = False
        with self.source.open() as stream:
            for found in walk(stream, arrays=[("messages",)], name=self.source.label):
                if isinstance(found, Value):
                    if len(found.path) == 1 and isinstance(found.value, dict):
                        heads[str(found.path[0])] = found.value
                    continue
                if isinstance(found, Torn):
                    self.collector.record()
                    self.collector.skipped(found.reason, found.line)
                    continue
                if not begun:
                    self.begin(heads if "channel" in heads else self.late_heads())
                    begun = True
                self.take(found)
        if not begun and heads:
            self.begin(heads)
        self.release()
        self.tell()

    def late_heads(self) -> dict[str, dict[str, Any]]:
        """Give the heads that stand behind the messages: by reading the file once more."""
        with self.source.open() as stream:
            return {
                str(found.path[0]): found.value
                for found in walk(stream, arrays=[("messages",)], name=self.source.label)
                if isinstance(found, Value) and found.path and isinstance(found.value, dict)
            }

    def begin(self, heads: dict[str, dict[str, Any]]) -> None:
        """Meet the channel."""
        channel, guild = heads.get("channel", {}), heads.get("guild", {})
        self.channel = name_of(channel.get("id")) or self.options.chat or "unnamed"
        self.kind = CHANNELS.get(str(channel.get("type")), "channel")
        server = name_of(guild.get("id"))
        self.server = f"server {server}" if server not in (None, "0") else ""
        if self.kind == "direct":
            return
        self.group = self.channel
        if self.kind == "group":
            self.collector.covers("joining", "leaving")
        parent: str | None = self.server or None
        if self.kind == "thread":
            parent = name_of(channel.get("categoryId")) or parent
        self.collector.group(
            self.group,
            title=words(channel.get("name")),
            kind=self.kind,
            created_at=_snowflake_us(self.channel),
            parent=parent,
        )
        if self.server:
            self.collector.group(
                self.server, title=words(guild.get("name")), kind="server", created_at=None
            )

    def take(self, batch: Records) -> None:
        """Read a batch of records."""
        for index, record in enumerate(batch.values):
            self.collector.record()
            if not isinstance(record, dict):
                self.collector.skipped("the record is no object", batch.line(index))
            elif self.kind == "direct" and len(self.people) < 2:
                self.wait(record, batch.line(index))
            else:
                self.keep(record, batch.line(index) if _timeless(record) else 0)

    def wait(self, record: dict[str, Any], line: int) -> None:
        """Hold a record of a direct chat back until both have shown up in it."""
        self.waiting.append((record, line))
        for value in (record.get("author"), *listed(record.get("mentions"))):
            person = _id(value)
            if person is not None and len(self.people) < 2:
                self.people.add(person)
        if len(self.people) == 2 or len(self.waiting) >= 50_000:
            self.release()

    def release(self) -> None:
        """Read the messages that waited."""
        waiting, self.waiting = self.waiting, []
        if waiting and len(self.people) < 2:
            self.people |= {f"other side of {self.channel}", "\0"}
        for record, line in waiting:
            self.keep(record, line)

    def tell(self) -> None:
        """Say what could not be known."""
        note_unnamed_reactions(self.collector, self.unnamed_reactions)

    def meet(self, value: Any) -> str | None:
        """Give the id of a user, and tell of them."""
        person = _id(value)
        if person is None:
            return None
        name = words(value.get("name"))
        if (person, name) not in self.told:
            self.told.add((person, name))
            deleted = person == DELETED_USER or (
                name == "Deleted User" and str(value.get("discriminator")) == "0000"
            )
            bot = True if value.get("isBot") is True else None
            self.collector.person(person, name=name, bot=bot, outsider=deleted)
        return person

    def keep(self, record: dict[str, Any], line: int) -> None:
        """Read one record."""
        at = iso_time(record.get("timestamp"), self.collector.clock, line=line or None)
        if at is None:
            at = _snowflake_us(name_of(record.get("id")))
        if at is None:
            self.collector.skipped("no time that can be read", line)
            return
        kind = str(record.get("type", "Default"))
        if kind in MESSAGES:
            self.message(record, at)
        elif kind in ("Call", "3"):
            self.message(record, at, call=True)
        elif not self.change(record, at, kind):
            self.collector.other_system(OTHER.get(kind, "other line of the platform"))

    def message(self, record: dict[str, Any], at: int, *, call: bool = False) -> None:
        """Hand over a message or a call."""
        act = name_of(record.get("id"))
        sender = self.meet(record.get("author"))
        forward = record.get("forwardedMessage")
        body = forward if isinstance(forward, dict) else record
        text = words(body.get("content"))
        kind, duration = _kind(body), None
        if call:
            kind, text = "call", None
            ended = iso_time(record.get("callEndedTimestamp"), self.collector.clock)
            duration = max(0, ended - at) / 1e6 if ended is not None else None
        reference = record.get("reference")
        reply_to = forwarded = None
        if isinstance(reference, dict):
            origin = name_of(reference.get("channelId"))
            if isinstance(forward, dict) or reference.get("type") == "Forward":
                forwarded = origin or "unknown"
            elif origin in (None, self.channel):
                reply_to = name_of(reference.get("messageId"))
        elif isinstance(forward, dict):
            forwarded = "unknown"
        recipient = None
        if self.group is None:
            others = sorted(self.people - {sender, "\0"})
            recipient = others[0] if others else f"other side of {self.channel}"
        mentioned = [self.meet(value) for value in objects(record.get("mentions"))]
        self.collector.message(
            act,
            sender,
            at,
            group=self.group,
            recipient=recipient,
            kind=kind,
            text=text if text or kind == "text" else None,
            duration_s=duration,
            reply_to=reply_to,
            mentions=[person for person in mentioned if person is not None],
            forwarded_from=forwarded,
            edited_at=iso_time(record.get("timestampEdited"), self.collector.clock),
        )
        for reaction in objects(record.get("reactions")):
            self.reaction(reaction, act)

    def reaction(self, reaction: dict[str, Any], act: str | None) -> None:
        """Hand over who reacted with one emoji; newer exports name them."""
        emoji = reaction.get("emoji")
        emoji = emoji if isinstance(emoji, dict) else {}
        name = name_of(emoji.get("id")) or name_of(emoji.get("name"))
        named = 0
        for user in objects(reaction.get("users")):
            person = self.meet(user)
            if person is not None and act is not None:
                named += 1
                self.collector.reaction(act, person, group=self.group, name=name)
        self.unnamed_reactions += max(0, int(number(reaction.get("count")) or 0) - named)

    def change(self, record: dict[str, Any], at: int, kind: str) -> bool:
        """Hand over who came and who went; false if the line says of nobody."""
        actor = self.meet(record.get("author"))
        if kind in ("GuildMemberJoin", "7"):
            if actor is None or not self.server:
                return False
            self.collector.covers("joining")
            self.collector.joined(self.server, actor, at)
            return True
        if kind not in ("RecipientAdd", "RecipientRemove", "1", "2") or self.group is None:
            return False
        people = [p for p in map(self.meet, objects(record.get("mentions"))) if p is not None]
        added = kind in ("RecipientAdd", "1")
        if not people and actor is not None:
            people = [actor]
        for person in people:
            by = actor if actor != person else None
            if added:
                self.collector.joined(self.group, person, at, invited_by=by)
            else:
                self.collector.left(self.group, person, at, removed_by=by)
        return bool(people)


def _id(value: Any) -> str | None:
    return (
        name_of(value.get("id")) or name_of(value.get("name")) if isinstance(value, dict) else None
    )


def _timeless(record: dict[str, Any]) -> bool:
    """Will the line be needed: the time has no offset, or is none."""
    return not (isinstance(record.get("timestamp"), str) and len(record["timestamp"]) > 19)


def _kind(record: dict[str, Any]) -> str:
    """Tell what a message is from what hangs on it."""
    for attachment in objects(record.get("attachments")):
        suffix = str(attachment.get("fileName")).rpartition(".")[2].lower()
        return next((kind for kind, known in SUFFIXES.items() if suffix in known), "file")
    return "sticker" if objects(record.get("stickers")) else "text"


def _snowflake_us(value: str | None) -> int | None:
    """Give the moment that is in an id of the platform: milliseconds since 2015 above 22 bits."""
    if value is None or not value.isascii() or not value.isdigit() or len(value) > 20:
        return None
    number_of = int(value) >> 22
    return (number_of + 1_420_070_400_000) * 1000 if number_of else None


FORMAT = Format(
    name="discord",
    title=Text(en="DiscordChatExporter (JSON)", zh="DiscordChatExporter（JSON）"),
    read=read,
    sniff=sniff,
    covers=(),
    may_cover=("joining", "leaving", "private"),
)
