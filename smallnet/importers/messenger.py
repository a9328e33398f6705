r"""Facebook Messenger: the JSON of "Download your information", and that of end-to-end chats.

A thread is one or more files (``message_1.json``, newest first, 10,000 messages each) with
``participants``, ``messages``, ``title`` and ``thread_path``; the download of encrypted chats has
``threadName`` and camel-case fields. Instagram's download is of the same make.

- Text is UTF-8 written byte by byte as ``\u00XX``: it is put right where that is what it is.
- Messages have no id: they are known by thread, sender, millisecond, kind and length.
- People have only names: two of the same name are one, and "Facebook user" (whoever deleted their
  account) is an outsider.
- A list of participants, without roles, as of the download. Joins and leaves are structured
  (``Subscribe``, ``Unsubscribe``) in old downloads; in newer ones they are sentences in the
  language of whoever downloaded, of which the English ones are read, if they begin with the
  sender's own name or "You". Those of other languages stay messages.
"""

import re
from collections import Counter
from typing import Any

from smallnet.importers.collecting import Collector
from smallnet.importers.fields import (
    epoch_field,
    files_of,
    listed,
    name_of,
    number,
    objects,
    words,
)
from smallnet.importers.format import Format, Options
from smallnet.importers.json_stream import Records, Torn, Value, walk
from smallnet.importers.made_ids import MadeIds
from smallnet.importers.source import Source
from smallnet.tables import Text

__all__ = ["FORMAT", "is_thread", "read_threads"]

CAMEL = {  # fields of the download of encrypted chats
    "senderName": "sender_name",
    "timestamp": "timestamp_ms",
    "text": "content",
    "isUnsent": "is_unsent",
}
MEDIA = {
    "photos": "image",
    "gifs": "image",
    "videos": "video",
    "audio_files": "audio",
    "sticker": "sticker",
    "files": "file",
}
NOBODY = {"facebook user", "messenger user", "instagram user", "instagrammer"}
ADDED = re.compile(r"^(.+?) added (.+) to the group\.?$")
REMOVED = re.compile(r"^(.+?) removed (.+) from the group\.?$")
LEFT = re.compile(r"^(.+?) left the group\.?$")
JOINED = re.compile(r"^(.+?) joined the group(?: using (?:a|an invite|the group) link)?\.?$")
CREATED = re.compile(r"^(.+?) created (?:the|this) group\.?$")
OTHER = (  # what else the platform says in English, by what it says
    (re.compile(r"^.+? named the group .*$"), "subject changed"),
    (re.compile(r"^.+? changed the (?:group photo|chat theme|theme).*$"), "look changed"),
    (re.compile(r"^.+? set (?:the|your|his|her|their) (?:emoji|nickname).*$"), "look changed"),
    (re.compile(r"^.+? set the nickname for .*$"), "look changed"),
    (re.compile(r"^.+? (?:pinned|unpinned) a message\.?$"), "message pinned"),
    (re.compile(r"^Reacted .{1,16} to your message\.?\s*$"), "told of a reaction"),
    (re.compile(r"^Liked a message\.?\s*$"), "told of a reaction"),
    (re.compile(r"^.+? (?:made .+ an admin|removed .+ as an admin).*$"), "role changed"),
    (
        re.compile(r"^.+? (?:started|joined|left) (?:a|the|an) (?:\w+ )?(?:call|chat)\.?$"),
        "call line",
    ),
    (re.compile(r"^The (?:video|audio|group) (?:call|chat) (?:started|ended)\.?$"), "call line"),
)
FILLER = re.compile(r"^(?:.+ )?sent an attachment\.$|^You sent an attachment\.$")
OURS = re.compile(rb'"(?:sender_name|senderName)"\s*:')
TIMED = re.compile(rb'"timestamp_ms"\s*:\s*\d|"threadName"\s*:')
ONLY_FACEBOOK = re.compile(
    rb'"(?:thread_type|sender_id_INTERNAL|joinable_mode|is_taken_down|bumped_message_metadata'
    rb'|is_unsent|threadName)"\s*:'
)


def is_thread(head: bytes) -> bool:
    """Tell whether a file may be a thread of Messenger or Instagram."""
    head = head.replace(b"\0", b"")
    return bool(OURS.search(head) and TIMED.search(head))


def sniff(name: str, head: bytes) -> bool:
    """Tell whether a file may be a thread of Messenger."""
    if not name.lower().endswith(".json") or not is_thread(head):
        return False
    plain = head.replace(b"\0", b"")
    if ONLY_FACEBOOK.search(plain):
        return True
    return "instagram" not in name.lower() and b'"participants"' in plain


def read(source: Source, collector: Collector, options: Options) -> None:
    """Read a download: a file of a thread, or a folder or zip of them."""
    read_threads(source, collector, options)


def read_threads(source: Source, collector: Collector, options: Options) -> None:
    """Read every thread of a download of Messenger or Instagram."""
    sources = files_of(source, _is_thread_file, "message_1.json: choose JSON when you download")
    threads = [_Thread(member, collector, options) for member in sources]
    mine = Counter(name for thread in threads if (name := thread.begin()) is not None)
    me = options.me or (mine.most_common(1)[0][0] if mine else None)
    for thread in threads:
        thread.read(me)


def _is_thread_file(name: str, head: bytes) -> bool:
    return name.lower().endswith(".json") and is_thread(head)


class _Thread:
    """Reads one file of a thread."""

    def __init__(self, source: Source, collector: Collector, options: Options) -> None:
        self.source, self.collector, self.options = source, collector, options
        self.people: list[str] = []
        self.group: str | None = None
        self.key = "unnamed"
        self.me: str | None = None
        self.made = MadeIds()
        self.told: set[str] = set()

    def read(self, me: str | None) -> None:
        """Read the messages, knowing who downloaded them."""
        self.me = me
        with self.source.open() as stream:
            for found in walk(stream, arrays=[("messages",)], name=self.source.label):
                if isinstance(found, Torn):
                    self.collector.record()
                    self.collector.skipped(found.reason, found.line)
                elif isinstance(found, Records):
                    for index, record in enumerate(found.values):
                        self.collector.record()
                        if isinstance(record, dict):
                            self.keep(record, found, index)
                        else:
                            line = found.line(index)
                            self.collector.skipped("the record is no object", line)

    def head(self) -> dict[str, Any]:
        """Give the fields around the messages, and how many people write in them."""
        head: dict[str, Any] = {}
        senders: set[str] = set()
        with self.source.open() as stream:
            for found in walk(stream, arrays=[("messages",)], name=self.source.label):
                if isinstance(found, Value) and len(found.path) == 1:
                    head[str(found.path[0])] = found.value
                elif isinstance(found, Records) and len(senders) < 3:
                    for record in found.values:
                        if isinstance(record, dict):
                            sender = repaired(record.get("sender_name", record.get("senderName")))
                            senders.update([sender] if sender else [])
        head["senders"] = senders
        return head

    def begin(self) -> str | None:
        """Meet the thread; give who downloaded it, if it is a private one that tells."""
        head = self.head()
        for value in listed(head.get("participants")):
            name = repaired(value.get("name") if isinstance(value, dict) else value)
            if name is not None:
                self.people.append(name)
        everybody = {*self.people, *head["senders"]}
        path = name_of(head.get("thread_path")) or name_of(head.get("threadName"))
        title = repaired(head.get("title")) or repaired(head.get("threadName"))
        self.key = _thread_id(path) or self.options.chat or title or "unnamed"
        kind = str(head.get("thread_type"))
        is_group = "joinable_mode" in head or kind.lower().endswith("group")
        if not is_group and len(everybody) <= 2:
            self.people = sorted(everybody)
            both = title in self.people and len(self.people) == 2
            return next(name for name in self.people if name != title) if both else None
        self.group = self.key
        still_in = head.get("is_still_participant") is not False
        roster = ("complete" if still_in else "partial") if self.people else None
        self.collector.group(self.group, title=title, kind="group", roster=roster)
        for name in self.people:
            if self.meet(name) is not None and name.lower() not in NOBODY:
                self.collector.member(self.group, name)
        if self.people and still_in:
            self.collector.covers("lurkers")
        return None

    def meet(self, name: str | None) -> str | None:
        """Tell of a person, who has only a name."""
        if name is not None and name not in self.told:
            self.told.add(name)
            self.collector.person(name, outsider=name.lower() in NOBODY)
        return name

    def keep(self, record: dict[str, Any], batch: Records, index: int) -> None:
        """Read one record."""
        for camel, plain in CAMEL.items():
            if camel in record and plain not in record:
                record[plain] = record[camel]
        at = epoch_field(record.get("timestamp_ms"), "ms")
        if at is None:
            self.collector.skipped("no time that can be read", batch.line(index))
            return
        sender = self.meet(repaired(record.get("sender_name")))
        text = repaired(record.get("content"), name=False)
        kind = str(record.get("type", "Generic"))
        users = [repaired(user.get("name")) for user in objects(record.get("users"))]
        named = [self.meet(name) for name in users if name]
        if self.group is not None and kind in ("Subscribe", "Unsubscribe"):
            if self.structured(kind, sender, [n for n in named if n], at):
                return
            self.collector.other_system("change of members, nobody named")
        elif self.group is not None and text and self.change(text, sender, at):
            pass
        elif (other := _other(text, record)) is not None:
            self.collector.other_system(other)
        else:
            self.message(record, sender, at, text)

    def structured(self, kind: str, sender: str | None, people: list[str], at: int) -> bool:
        """Hand over a change of members that names them."""
        for name in people:
            by = sender if sender != name else None
            if kind == "Subscribe":
                self.collector.joined(self.group, name, at, invited_by=by)
            else:
                self.collector.left(self.group, name, at, removed_by=by)
        if people:
            self.collector.covers("joining", "leaving")
        return bool(people)

    def change(self, text: str, sender: str | None, at: int) -> bool:
        """Hand over a change of members that an English sentence tells; false if it tells none."""
        for pattern, come in ((ADDED, True), (REMOVED, False)):
            found = pattern.match(text)
            if found and self.is_sender(found[1], sender):
                people = [self.whom(name) for name in _split(found[2])]
                for person in people:
                    if come:
                        self.collector.joined(self.group, person, at, invited_by=sender)
                    else:
                        self.collector.left(self.group, person, at, removed_by=sender)
                self.collector.covers("joining" if come else "leaving")
                return bool(people)
        for pattern, via in ((JOINED, "link"), (CREATED, "created"), (LEFT, None)):
            found = pattern.match(text)
            if found and sender is not None and self.is_sender(found[1], sender):
                if via is None:
                    self.collector.left(self.group, sender, at)
                    self.collector.covers("leaving")
                else:
                    if via == "created":
                        self.collector.group(self.group, created_at=at)
                    self.collector.joined(self.group, sender, at, via=via)
                    self.collector.covers("joining")
                return True
        return False

    def is_sender(self, said: str, sender: str | None) -> bool:
        """Tell whether a sentence is about the one whose line it is."""
        return said == "You" or said == sender

    def whom(self, name: str) -> str:
        """Give who is meant; "you" is whoever downloaded."""
        return (self.me or "you, who downloaded") if name.lower() == "you" else name

    def message(
        self, record: dict[str, Any], sender: str | None, at: int, text: str | None
    ) -> None:
        """Hand over a message or a call."""
        links: list[str] = []
        duration = None
        kind = next((kind for field, kind in MEDIA.items() if record.get(field)), "text")
        if kind == "text" and listed(record.get("media")):
            kind = "media"
        share = record.get("share")
        if isinstance(share, dict) and (link := words(share.get("link"))):
            links.append(link)
        if record.get("type") == "Call" or "call_duration" in record:
            kind, text = "call", None
            duration = number(record.get("call_duration")) or 0.0
        elif record.get("is_unsent") is True:
            kind, text = "deleted", None
        elif text and (kind != "text" or isinstance(share, dict)) and FILLER.match(text):
            text = None
        recipient = None
        if self.group is None:
            others = [name for name in self.people if name != sender]
            recipient = others[0] if others else f"other side of {self.key}"
        act = self.made.give(self.key, sender, at, kind, len(text or ""))
        self.collector.message(
            act,
            sender,
            at,
            group=self.group,
            recipient=recipient,
            kind=kind,
            text=text if text or kind == "text" else None,
            duration_s=duration,
            links=links,
        )
        for reaction in objects(record.get("reactions")):
            actor = self.meet(repaired(reaction.get("actor")))
            if actor is not None:
                self.collector.reaction(
                    act,
                    actor,
                    at=epoch_field(reaction.get("timestamp")),
                    group=self.group,
                    name=repaired(reaction.get("reaction"), name=False),
                )


def repaired(value: Any, *, name: bool = True) -> str | None:
    r"""Give a text whose UTF-8 was written byte by byte as it was; None for what is no text.

    Examples
    --------
    >>> repaired("Zo\u00c3\u00ab"), repaired("Zo\u00eb"), repaired(7, name=False)
    ('Zoë', 'Zoë', None)
    """
    text = name_of(value) if name else words(value)
    if text is None or text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _thread_id(path: str | None) -> str | None:
    """Give what stays of the path of a thread when it is renamed or archived."""
    if path is None:
        return None
    last = path.rstrip("/").rpartition("/")[2]
    return last.rpartition("_")[2] or last


def _split(names: str) -> list[str]:
    """Give the names in "A, B and C"."""
    return [name.strip() for name in re.split(r",\s+|\s+and\s+", names) if name.strip()]


def _other(text: str | None, record: dict[str, Any]) -> str | None:
    if text is None or record.get("type", "Generic") == "Call":
        return None
    return next((what for pattern, what in OTHER if pattern.match(text)), None)


FORMAT = Format(
    name="messenger",
    title=Text(en="Facebook Messenger (JSON)", zh="Facebook Messenger（JSON）"),
    read=read,
    sniff=sniff,
    covers=(),
    may_cover=("joining", "leaving", "lurkers", "private"),
)
