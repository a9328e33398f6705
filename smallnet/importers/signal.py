"""Signal: what the tools that people use to export their own chats write.

Signal itself has no export that names its messages; three layouts are read, nothing is decrypted:

- ``[2019-12-24, 12:23] Jane Doe: Hello`` — the Markdown of signal-export, old and new, one
  ``chat.md`` a chat, with attachments, stickers, quotes and reactions in its notation;
- one JSON object a line, the ``data.json`` of signal-export;
- ``[Dec 24, 2019 12:23:00] <Jane Doe> Hello`` — the text of signalbackup-tools, where ``***``
  begins what the platform tells.

In all of them times are those of a clock on the wall, people have only names, messages have no
ids, answers only quote. Whoever exported is "Me" or "You": say who that is (``--me``) where exports
of several people are put together. A chat in which at most two people write, and nobody comes or
goes, is private unless it has a name of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from smallnet.importers.clock import local_us
from smallnet.importers.collecting import Collector
from smallnet.importers.fields import files_of, iso_time, listed, name_of, objects, words
from smallnet.importers.format import Format, Options
from smallnet.importers.json_bytes import read_json
from smallnet.importers.made_ids import MadeIds
from smallnet.importers.source import Source
from smallnet.tables import Text

__all__ = ["FORMAT"]

MARKDOWN = re.compile(
    r"^\[(\d{4})-(\d\d)-(\d\d),? (\d\d):(\d\d)(?::(\d\d))?\] ([^\n]{0,200}?): ?(.*)$"
)
BACKUP = re.compile(
    r"^\[([A-Z][a-z]{2}) (\d\d), (\d{4}) (\d\d):(\d\d):(\d\d)\] (?:\*\*\* (.*)|<(.{0,200}?)> (.*))$"
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
REACTIONS = re.compile(r"\n?\(- ([^\n]+) -\)\s*$")
BACKUP_REACTIONS = re.compile(r" \(([^()\n]+: [^()\n]{1,16})\)$")
ATTACHMENT = re.compile(r"(!?)\[[^\]\n]*\]\((?:\./|\.\./)?(media|exported_stickers)/[^)\n]*\) *")
STICKER = re.compile(r"\n?\(\( [^\n]+ \)\)\s*$")
CALL = re.compile(
    r"^(?:Incoming|Outgoing|Missed)(?: \w+)? call(?: \((?:[a-z ]+, )?(?:(\d+)m )?(?:(\d+)s)?.*\))?$"
)
SENT_FILE = re.compile(r"^<(.{0,200}?)> sent file(.*)$")
DELETED = "(This message was deleted)"
ME = ("Me", "You")
CALLED = re.compile(r"^(?:(.+?) ?called you|(You) called|Missed (?:\w+ )?call.*)$")
GONE = re.compile(r"^(.+?) ?(?:has |have )?left the group\.?$")
CAME = re.compile(r"^(.+?) joined the group(?: via .* link)?\.?$")
ADDED = re.compile(r"^(.+?) added (.+?)(?: to the group)?\.?$")
REMOVED = re.compile(r"^(.+?) removed (.+?)(?: from the group)?\.?$")
CREATED = re.compile(r"^(.+?) created the group\.?$")


def read(source: Source, collector: Collector, options: Options) -> None:
    """Read an export: a file, or a folder or zip with one folder or file a chat."""
    found = files_of(source, sniff, "chat.md, data.json or texts of signalbackup-tools")
    chats = {member.name: member for member in found}
    for name, member in chats.items():
        twin = name.removesuffix("data.json") + "chat.md"
        if name.endswith("data.json") and twin in chats:
            continue  # the same chat twice
        _Chat(member, collector, options).read()


def sniff(name: str, head: bytes) -> bool:
    """Tell whether a file may be such an export."""
    suffix = PurePosixPath(name.lower()).suffix
    text = head.decode("utf-8-sig", "replace").lstrip()
    first = text.partition("\n")[0].rstrip("\r")
    if suffix in (".md", ".txt"):
        return bool(MARKDOWN.match(first) or BACKUP.match(first))
    if suffix in (".json", ".jsonl"):
        return first.startswith("{") and '"date":' in first and '"sender":' in first
    return False


@dataclass
class _Record:
    """One message or line of the platform."""

    line: int
    at: int | None = None
    sender: str | None = None
    text: str = ""
    system: bool = False
    kind: str = "text"
    duration_s: float | None = None
    reactions: list[tuple[str, str]] = field(default_factory=list)
    broken: str | None = None


class _Chat:
    """Reads one file: whose it is, and then what they say."""

    def __init__(self, source: Source, collector: Collector, options: Options) -> None:
        self.source, self.collector, self.options = source, collector, options
        path = PurePosixPath(source.name)
        named = path.parent.name if path.name in ("chat.md", "data.json") else None
        self.title = options.chat or named or None
        self.key = self.title or "unnamed"
        self.me = options.me or "Me, who exported"
        self.people: list[str] = []
        self.group: str | None = None
        self.made = MadeIds()

    def read(self) -> None:
        """Look who is there, and read."""
        people: set[str] = set()
        grouped = False
        for record in self.records():
            grouped |= record.system and self.change(record.text, 0, hand_over=False)
            if record.sender is not None and len(people) < 4:
                people.add(record.sender)
        others = people - {self.me}
        private = not grouped and len(people) <= 2 and (not self.title or self.title in others)
        if private:
            self.people = sorted(people)
        else:
            self.group = self.key
            self.collector.group(self.group, title=self.title, kind="group")
        if self.me in people and self.options.me is None:
            self.collector.note(
                Text(
                    en="whoever exported is called by no name: say who it is with --me where "
                    "exports of several people are put together",
                    zh="导出者没有名字：若要合并几个人的导出，请用 --me 说明是谁",
                )
            )
        for record in self.records():
            self.collector.record()
            self.keep(record)

    def records(self) -> Iterator[_Record]:
        """Give the records of the file, in whichever layout."""
        if PurePosixPath(self.source.name.lower()).suffix in (".json", ".jsonl"):
            yield from self.objects()
            return
        record: _Record | None = None
        more: list[str] = []
        for line, text in self.source.lines():
            head = self.head(line, text)
            if head is None and record is not None:
                more.append(text)
                continue
            if record is not None:
                yield self.finished(record, more)
            elif head is None and text.strip():
                yield _Record(line, broken="a line before the first message")
            record, more = head, []
        if record is not None:
            yield self.finished(record, more)

    def head(self, line: int, text: str) -> _Record | None:
        """Read the line on which a record begins; None if none begins there."""
        if not text.startswith("["):
            return None
        try:
            if found := MARKDOWN.match(text):
                at = local_us(*(int(part or 0) for part in found.groups()[:6]))
                return _Record(line, at, self.person(found[7]), found[8])
            if found := BACKUP.match(text):
                month = MONTHS.index(found[1]) + 1
                at = local_us(int(found[3]), month, *(int(found[n]) for n in (2, 4, 5, 6)))
                if found[7] is None:
                    return _Record(line, at, self.person(found[8]), found[9])
                if sent := SENT_FILE.match(found[7]):
                    kind = "image" if "image/" in sent[2] else "file"
                    return _Record(line, at, self.person(sent[1]), kind=kind)
                return _Record(line, at, None, found[7], system=True)
        except ValueError:
            return _Record(line, broken="no time that can be read")
        return None

    def person(self, name: str) -> str | None:
        """Give who is meant by a name."""
        if name.strip() in ("", "No-Sender"):
            return None
        return self.me if name in ME else name

    def finished(self, record: _Record, more: list[str]) -> _Record:
        """Take apart what signal-export put around the words."""
        text = "\n".join((record.text, *more)).strip()
        reacted = REACTIONS.search(text)
        if reacted:
            record.reactions = _pairs(reacted[1], ", ")
        elif reacted := BACKUP_REACTIONS.search(text):
            record.reactions = _pairs(reacted[1], "; ")
        if reacted and record.reactions:
            text = text[: reacted.start()].rstrip()
        if not record.system:
            text = re.sub(r"^(?:\s*>[^\n]*\n?)+", "", text).strip()  # what it quotes
            if found := ATTACHMENT.search(text):
                sticker = found[2] == "exported_stickers"
                record.kind = "sticker" if sticker else "image" if found[1] else "file"
                text = ATTACHMENT.sub("", text).strip()
            elif STICKER.search(text):
                record.kind, text = "sticker", STICKER.sub("", text).strip()
        record.text = text
        return self.told(record)

    def told(self, record: _Record) -> _Record:
        """Tell a call and a deleted message by their words."""
        if found := CALL.match(record.text):
            record.kind, record.text = "call", ""
            record.duration_s = 60.0 * int(found[1] or 0) + int(found[2] or 0)
        elif record.text == DELETED:
            record.kind, record.text = "deleted", ""
        return record

    def objects(self) -> Iterator[_Record]:
        """Give the records of ``data.json``."""
        for line, text in self.source.lines():
            if not text.strip():
                continue
            try:
                value = read_json(text.encode("utf-8", "replace"))
            except ValueError:
                yield _Record(line, broken="the record is no valid JSON")
                continue
            if isinstance(value, dict):
                yield self.object(value, line)
            else:
                yield _Record(line, broken="the record is no object")

    def object(self, value: dict[str, Any], line: int) -> _Record:
        """Read one object."""
        at = iso_time(value.get("date"), self.collector.clock, line=line)
        if at is None:
            return _Record(line, broken="no time that can be read")
        record = _Record(line, at, self.person(name_of(value.get("sender")) or ""))
        record.text = (words(value.get("body")) or "").strip()
        for item in listed(value.get("reactions")):
            name, emoji = None, None
            if isinstance(item, dict):
                name, emoji = name_of(item.get("name")), name_of(item.get("emoji"))
            elif isinstance(item, list) and len(item) == 2:
                name, emoji = name_of(item[0]), name_of(item[1])
            if name is not None:
                record.reactions.append((name, emoji or ""))
        files = objects(value.get("attachments"))
        if value.get("sticker"):
            record.kind = "sticker"
        elif files:
            name = str(files[0].get("name")).lower()
            pictures = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".apng", ".svg", ".tif", ".tiff")
            record.kind = "image" if name.endswith(pictures) else "file"
        if value.get("deleted") is True:
            record.kind, record.text = "deleted", ""
        return self.told(record)

    def keep(self, record: _Record) -> None:
        """Hand over one record."""
        if record.broken is not None or record.at is None:
            self.collector.skipped(record.broken or "no time that can be read", record.line)
            return
        is_json = PurePosixPath(self.source.name.lower()).suffix in (".json", ".jsonl")
        at = record.at if is_json else self.collector.clock.utc(record.at, line=record.line)
        if record.system:
            called = CALLED.match(record.text)
            if called:
                sender = self.person(called[1] or called[2] or "")
                record.text = ""
                self.message(record, at, sender, "call")
            elif self.group is None or not self.change(record.text, at):
                self.collector.other_system("other line of the platform")
        elif record.sender is None and not record.text and record.kind == "text":
            self.collector.other_system("other line of the platform")
        else:
            self.message(record, at, record.sender, record.kind)

    def change(self, text: str, at: int, *, hand_over: bool = True) -> bool:
        """Hand over who came and who went; false if the line says of nobody."""
        told = False
        for line in text.split("\n"):
            for pattern, come in ((GONE, False), (CAME, True), (ADDED, True), (REMOVED, False),
                                  (CREATED, True)):  # fmt: skip
                found = pattern.match(line)
                if not found:
                    continue
                told = True
                if hand_over:
                    self.hand_over(pattern, found, come=come, at=at)
                break
        return told

    def hand_over(
        self, pattern: re.Pattern[str], found: re.Match[str], *, come: bool, at: int
    ) -> None:
        """Hand over one change of members."""
        both = pattern in (ADDED, REMOVED)
        actor = self.person(found[1]) if both else None
        for name in re.split(r", | and ", found[2] if both else found[1]):
            person = self.me if name.lower() == "you" else self.person(name)
            if person is None:
                continue
            if come:
                via = "created" if pattern is CREATED else "link" if "link" in found[0] else None
                self.collector.joined(self.group, person, at, via=via, invited_by=actor)
                self.collector.covers("joining")
            else:
                self.collector.left(self.group, person, at, removed_by=actor)
                self.collector.covers("leaving")

    def message(self, record: _Record, at: int, sender: str | None, kind: str) -> None:
        """Hand over a message or a call."""
        recipient = None
        if self.group is None:
            others = [name for name in self.people if name != sender]
            other_side = self.title if self.title and self.title != sender else self.me
            recipient = others[0] if others else other_side
        act = self.made.give(self.key, sender, at, kind, len(record.text))
        self.collector.message(
            act,
            sender,
            at,
            group=self.group,
            recipient=recipient,
            kind=kind,
            text=record.text if record.text or kind == "text" else None,
            duration_s=record.duration_s,
        )
        for name, emoji in record.reactions:
            person = self.person(name)
            if person is not None:
                self.collector.reaction(act, person, group=self.group, name=emoji)


def _pairs(text: str, between: str) -> list[tuple[str, str]]:
    """Give who reacted how, of "Ana: x, Bo: y"."""
    pairs = []
    for part in text.split(between):
        name, colon, emoji = part.rpartition(": ")
        if colon and name.strip():
            pairs.append((name.strip(), emoji))
    return pairs


FORMAT = Format(
    name="signal",
    title=Text(
        en="Signal (signal-export, signalbackup-tools)",
        zh="Signal（signal-export、signalbackup-tools）",
    ),
    read=read,
    sniff=sniff,
    covers=(),
    may_cover=("joining", "leaving", "private"),
    local_times=True,
)
