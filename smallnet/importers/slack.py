"""Slack: the export zip or folder of a workspace, from the layout of 2016 to today's.

The rules are those of the prepared Slack sets (``smallnet.tables.sources.slack``):

- Member lists are complete as of the export. Who is listed and has no join in the export has been
  in for an unknown time; who joined or wrote and is not listed left at an unknown time.
- Notices of Slack itself, and what an app posts in a person's name, are kind ``system``. Notices
  of joining and leaving are changes of membership and no acts.
- An archived channel of old exports has its last list in the notice of its archiving.
- What an app posts in its own name is traffic of a machine: one for each app, or for each channel
  where the export does not name the app.
- Workspaces may keep joins, leaves or both to themselves: what no notice of the export tells of
  is taken as not recorded. Lists are, and so are members who never write.
- A reply answers the first message of its thread. Reactions have no time.

Direct messages between two people are private acts (``dms.json``), those among several a group
(``mpims.json``). An export that the plan of the workspace cuts to public channels simply has
neither file.
"""

import html
import io
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, cast

import orjson

from smallnet.errors import InputError
from smallnet.importers.collecting import Collector
from smallnet.importers.format import Format, Options
from smallnet.importers.json_stream import Records, Torn, Value, walk
from smallnet.importers.source import Source
from smallnet.tables import Text

__all__ = ["FORMAT"]

SHORT = 2**22  # bytes of a day that is read at once
TALK = {"", "thread_broadcast", "file_share", "me_message", "file_comment", "bot_message"}
JOINS = {"channel_join", "group_join"}
LEAVES = {"channel_leave", "group_leave"}
LISTS = {  # file -> kind of the conversations that it lists
    "channels.json": "channel",
    "groups.json": "private channel",
    "mpims.json": "group message",
    "dms.json": "direct message",
}
DAY = re.compile(r"(?:.*/)?([^/]+)/\d{4}-\d\d-\d\d\.json")
MOMENT = re.compile(r"(\d{1,12})(?:\.(\d{1,9}))?")
MENTION = re.compile(r"<@([A-Z0-9]{2,32})(?:\|[^>]*)?>")
LINK = re.compile(r"<((?:https?|ftp)://[^>|\s]+)(?:\|[^>]*)?>")
MARKUP = re.compile(r"<([@#!])([^>|]*)(?:\|([^>]*))?>")
FILE_KINDS = {"image": "image", "video": "video", "audio": "audio"}


def read(source: Source, collector: Collector, options: Options) -> None:
    """Hand over the people, channels and messages of an export."""
    if not source.is_container:
        msg = f"{source.label} is one file, expected the zip or folder that Slack exports"
        raise InputError(msg)
    members = {member.name: member for member in source.members("*.json")}
    root = _root(source, members)
    _people(members.get(f"{root}users.json"), collector)
    channels = _conversations(members, root, collector)
    if f"{root}dms.json" in members:
        collector.covers("private")
    for name, member in members.items():
        day = DAY.fullmatch(name)
        if day:
            known = channels.get(day[1]) or _unlisted(day[1])
            _Channel(known, collector).read(member)


def _root(source: Source, members: Mapping[str, Source]) -> str:
    """Folder of the lists inside a zip that was packed with its folder."""
    roots = sorted(
        (name.removesuffix(file) for name in members for file in LISTS if name.endswith(file)),
        key=len,
    )
    roots = [root for root in roots if root == "" or root.endswith("/")]
    if not roots:
        msg = f"{source.label} has no channels.json, expected the zip or folder that Slack exports"
        raise InputError(msg)
    return roots[0]


def _unlisted(folder: str) -> dict[str, Any]:
    return {"id": folder, "creator": None, "pair": None, "listed": True}


def _rows(member: Source | None) -> Iterator[dict[str, Any]]:
    """Objects of a list; what is no object there is left out."""
    if member is None:
        return
    with member.open() as stream:
        for found in walk(stream, arrays=[()], name=member.label):
            if isinstance(found, Torn):
                msg = f"{member.label}, line {found.line}: {found.reason}, expected a whole list"
                raise InputError(msg)
            if isinstance(found, Value):
                msg = f"{member.label} is no JSON list, as Slack writes it"
                raise InputError(msg)
            yield from (row for row in found.values if isinstance(row, dict))


def _people(member: Source | None, collector: Collector) -> None:
    for user in _rows(member):
        person = _word(user.get("id"))
        if person:
            collector.person(person, bot=user.get("is_bot") is True or person == "USLACKBOT")


def _conversations(
    members: Mapping[str, Source], root: str, collector: Collector
) -> dict[str, dict[str, Any]]:
    """Tell of the channels; give each by the name of its folder."""
    channels: dict[str, dict[str, Any]] = {}
    for file, kind in LISTS.items():
        for row in _rows(members.get(root + file)):
            channel = _word(row.get("id")) or _word(row.get("name"))
            listed = _words(row.get("members"))
            if not channel:
                continue
            known: dict[str, Any] = {
                "id": channel,
                "creator": _word(row.get("creator")),
                "pair": None,
                "listed": False,
            }
            channels[_word(row.get("name")) or channel] = known
            if kind == "direct message":
                known["pair"] = listed[:2] if listed else [channel]
                continue
            created = _moment(row.get("created"))
            known["listed"] = bool(listed)
            collector.group(
                channel,
                title=_word(row.get("name")),
                kind=kind,
                created_at=created,
                roster="complete" if listed else "partial",
                archived=row.get("is_archived") is True,
                general=row.get("is_general") is True,
            )
            for person in listed:
                collector.member(channel, person)
    return channels


class _Channel:
    """Reads the messages of one conversation."""

    def __init__(self, known: Mapping[str, Any], collector: Collector) -> None:
        self.id, self.creator, self.pair = known["id"], known["creator"], known["pair"]
        self.listed = known["listed"]
        self.collector = collector

    def read(self, member: Source) -> None:
        """Read one day: at once where it is short and whole, else as a stream."""
        with member.open() as stream:
            raw = stream.read(SHORT) if member.size < SHORT else b""
            try:
                rows = orjson.loads(raw) if raw else None
            except orjson.JSONDecodeError:
                rows = None
            if isinstance(rows, list):
                self.take_all(rows, lambda index: _line_of(raw, index))
            else:
                self.walk(io.BytesIO(raw) if raw else cast(BinaryIO, stream), member.label)

    def walk(self, stream: BinaryIO, label: str) -> None:
        """Read a day that is long or broken."""
        collector = self.collector
        try:
            for found in walk(stream, arrays=[()], name=label):
                if isinstance(found, Records):
                    self.take_all(found.values, found.line)
                else:
                    collector.record()
                    reason = found.reason if isinstance(found, Torn) else "no list of messages"
                    collector.skipped(reason, found.line)
        except InputError:
            collector.record()
            collector.skipped("a day that is no JSON")

    def take_all(self, rows: list[Any], line: Callable[[int], int]) -> None:
        """Take the records of a list."""
        for index, row in enumerate(rows):
            self.collector.record()
            reason = self.take(row)
            if reason:
                self.collector.skipped(reason, line(index))

    def take(self, row: Any) -> str | None:
        """Hand over one record, or say why not."""
        if not isinstance(row, dict):
            return "no message"
        at = _moment(row.get("ts"))
        if at is None:
            return "no time, or none that can be"
        kind = _word(row.get("subtype")) or ""
        person = _word(row.get("user"))
        if kind in JOINS or kind in LEAVES:
            if person is None:
                return "a join or leave of nobody"
            self.change(kind, person, at, _word(row.get("inviter")))
            return None
        if kind == "channel_archive":
            self.close(_words(row.get("members")), at)
        self.say(row, kind, person, at)
        return None

    def change(self, kind: str, person: str, at: int, inviter: str | None) -> None:
        """Take a join or a leave."""
        self.collector.covers("leaving" if kind in LEAVES else "joining")
        if kind in LEAVES:
            self.collector.left(self.id, person, at)
        elif inviter and inviter != person:
            self.collector.joined(self.id, person, at, via="invited", invited_by=inviter)
        else:
            via = "created" if person == self.creator else "joined"
            self.collector.joined(self.id, person, at, via=via)

    def close(self, last: list[str], at: int) -> None:
        """Take the end of a channel, whose list may be in the notice and nowhere else."""
        roster = "complete" if last and not self.listed else None
        self.collector.group(self.id, closed_at=at, roster=roster)
        for person in last if roster else ():
            self.collector.member(self.id, person)

    def say(self, row: Mapping[str, Any], kind: str, person: str | None, at: int) -> None:
        """Take a message or a notice, and its reactions."""
        text = row.get("text")
        text = text if isinstance(text, str) else ""
        machine = _word(row.get("bot_id")) is not None or kind == "bot_message"
        by_app = machine and person is not None
        if person is None:
            person = self.nobody(row, kind, text, machine=machine)
        system = kind not in TALK or by_app
        names: list[str] = []
        if "<" in text or "&" in text:
            if "<@" in text and not system:
                names = [name for name in dict.fromkeys(MENTION.findall(text)) if name != person]
            text = plain(text)
        thread, stamp = _word(row.get("thread_ts")), str(row.get("ts"))
        to = self.other(person)
        key = stamp if self.pair is None else f"{self.id} {stamp}"
        root = None if thread in (None, stamp) else thread
        if root and self.pair is not None:
            root = f"{self.id} {root}"
        edited = row.get("edited")
        self.collector.message(
            key,
            person,
            at,
            group=self.id if self.pair is None else None,
            recipient=to,
            kind="system" if system else "text" if text else _kind(row),
            text=None if system else text,
            reply_to=root,
            mentions=names,
            edited_at=_moment(edited.get("ts")) if isinstance(edited, dict) else None,
        )
        reactions = row.get("reactions")
        for given in reactions if isinstance(reactions, list) else ():
            if isinstance(given, dict):
                for fan in _words(given.get("users")):
                    self.collector.reaction(
                        key,
                        fan,
                        group=self.id if self.pair is None else None,
                        name=_word(given.get("name")),
                    )

    def nobody(self, row: Mapping[str, Any], kind: str, text: str, *, machine: bool) -> str | None:
        """Say who posted what has no user: an app, or whoever commented on a file."""
        if machine:
            app = f"app {_word(row.get('bot_id')) or self.id}"
            self.collector.person(app, bot=True, outsider=True)
            return app
        if kind == "file_comment":
            comment = row.get("comment")
            author = _word(comment.get("user")) if isinstance(comment, dict) else None
            begins = MENTION.match(text)
            return author or (begins[1] if begins else None)
        return None

    def other(self, person: str | None) -> str | None:
        """Give to whom a direct message goes; in a talk with oneself, to oneself."""
        if self.pair is None:
            return None
        others: list[str] = [name for name in self.pair if name != person]
        return others[0] if others else person


def plain(text: str) -> str:
    """Give the words of Slack's markup: addresses bare, names as ``@``, no entities.

    Examples
    --------
    >>> plain("<@U1ABC> look: <https://example.org/a|here> &amp; <!here>")
    '@ look: https://example.org/a & @here'
    """
    if "<" in text:
        text = MARKUP.sub(_marked, LINK.sub(r"\1", text))
    return html.unescape(text) if "&" in text else text


def _marked(found: re.Match[str]) -> str:
    sign, word, label = found[1], found[2], found[3]
    if sign == "@":
        return "@"
    return f"#{label or ''}" if sign == "#" else f"@{word}"


def _line_of(raw: bytes, index: int) -> int:
    """Give the line of a record in a list."""
    for found in walk(io.BytesIO(raw), arrays=[()], name="day"):
        if isinstance(found, Records):
            if index < len(found.values):
                return found.line(index)
            index -= len(found.values)
    return 0


def _kind(row: Mapping[str, Any]) -> str:
    """Give what a message without words is: the kind of its first file."""
    files = row.get("files")
    first = files[0] if isinstance(files, list) and files else row.get("file")
    if not isinstance(first, dict):
        return "text"
    kind = str(first.get("mimetype")).partition("/")[0]
    return FILE_KINDS.get(kind, "file")


def _moment(value: Any) -> int | None:
    """Microseconds of seconds since 1970 written as number or text; exact."""
    if isinstance(value, str) and len(value) == 17 and value[10] == ".":
        digits = value[:10] + value[11:]
        if digits.isascii() and digits.isdigit():
            return int(digits)
    found = MOMENT.fullmatch(value if isinstance(value, str) else str(value))
    if not found:
        return None
    return int(found[1]) * 1_000_000 + int((found[2] or "0")[:6].ljust(6, "0"))


def _words(value: Any) -> list[str]:
    """Give the texts of a list, each once."""
    words = value if isinstance(value, list) else ()
    return list(dict.fromkeys(word for word in words if isinstance(word, str) and word))


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def sniff(name: str, head: bytes) -> bool:
    """Know the lists and the days of an export."""
    file = name.rpartition("/")[2]
    if file in LISTS:
        return head.lstrip()[:1] == b"["
    return bool(DAY.fullmatch(name)) and b'"ts"' in head


FORMAT = Format(
    name="slack",
    title=Text(en="Slack export (zip or folder)", zh="Slack 导出（zip 或文件夹）"),
    read=read,
    sniff=sniff,
    covers=("lurkers",),
    may_cover=("joining", "leaving", "private"),
)
