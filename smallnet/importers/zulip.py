"""Zulip: the export of an organisation, as a tarball, zip or folder.

- Streams (channels) and messages among several people are groups. Their lists of subscribers are
  complete as of the export, readers who never write included. The moments of joining and leaving
  are those of the audit log; where the export has none they are unknown.
- Zulip keeps no reply ids. A message that quotes or links earlier ones of its own stream answers
  the latest of them, as in the prepared set (``smallnet.tables.sources.zulip``). What it quotes is
  not counted in its length.
- Reactions have no time. Messages between two people are private.
- A topic is a conversation inside a stream, and no group: messages keep it as ``thread``.

Records are the messages, the reactions and the lines of the audit log. Who read what
(``zerver_usermessage``) is left out.
"""

import re
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from smallnet.errors import InputError
from smallnet.importers.collecting import Collector
from smallnet.importers.format import Format, Options
from smallnet.importers.json_stream import Records, Torn, walk
from smallnet.importers.source import Source
from smallnet.tables import Text

__all__ = ["FORMAT"]

PERSONAL, STREAM, HUDDLE = 1, 2, 3  # types of recipients
JOINED, REJOINED, LEFT = 301, 302, 303  # of subscriptions, in the audit log
PEOPLE = ("zerver_userprofile", "zerver_userprofile_mirrordummy", "zerver_userprofile_crossrealm")
PLACES = ("zerver_stream", "zerver_recipient")
LATER = ("zerver_subscription", "zerver_reaction", "zerver_realmauditlog")
MENTION = re.compile(r"@\*\*([^*|\n]{1,120})(?:\|(\d{1,18}))?\*\*")
NEAR = re.compile(r"#narrow/(?:stream|channel)/([^\s/)]{1,400})/[^\s)]{1,400}?near/(\d{1,18})")
QUOTE = re.compile(r"^(`{3,})quote[ \t]*\n.*?^\1[ \t]*$\n?", re.MULTILINE | re.DOTALL)
SAID = re.compile(
    r"^@_\*\*[^*\n]{1,200}\*\* \[[^\]\n]{1,40}\]\([^)\n]*near/\d+\):?[ \t]*\n?", re.MULTILINE
)


@dataclass
class _Realm:
    """What ``realm.json`` says, as far as messages need it."""

    names: dict[str, int] = field(default_factory=dict)  # full name -> id; 0 where several have it
    bots: set[int] = field(default_factory=set)
    places: dict[int, tuple[int, int]] = field(default_factory=dict)  # recipient -> type, its id
    streams: dict[int, str] = field(default_factory=dict)  # id -> name
    pairs: dict[int, list[int]] = field(default_factory=dict)  # recipient of few -> its people
    reactions: "_Reactions" = field(default_factory=lambda: _Reactions())

    def group(self, recipient: int) -> str | None:
        """Give the group of a recipient; None for a message between two people."""
        kind, number = self.places.get(recipient, (0, 0))
        if kind == STREAM:
            return f"stream {number}"
        if kind == HUDDLE and len(self.pairs.get(recipient, ())) != 2:
            return f"group message {number}"
        return None

    def to(self, recipient: int, sender: int) -> int | None:
        """Give to whom a message between two people goes."""
        kind, number = self.places[recipient]
        if kind == PERSONAL:
            return number
        others = [person for person in self.pairs[recipient] if person != sender]
        return others[0] if others else sender


class _Reactions:
    """Reactions by message, in 32 bytes each."""

    def __init__(self) -> None:
        self.rows = {name: array("q") for name in ("message", "person", "name", "line")}
        self.names: dict[str, int] = {}
        self.order: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self.messages: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self.given: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)

    def add(self, message: int, person: int, name: str, line: int) -> None:
        """Remember one until its message comes."""
        number = self.names.setdefault(name, len(self.names))
        for column, value in zip(self.rows.values(), (message, person, number, line), strict=True):
            column.append(value)

    def sort(self) -> None:
        """Make them findable."""
        messages = (
            np.frombuffer(self.rows["message"], np.int64) if self.rows["message"] else self.order
        )
        self.order = np.argsort(messages, kind="stable")
        self.messages = messages[self.order]
        self.given = np.zeros(len(messages), np.bool_)

    def of(self, message: int) -> Iterator[tuple[int, str]]:
        """Give who reacted to a message, and how; once."""
        first = int(np.searchsorted(self.messages, message))
        words = list(self.names) if first < len(self.messages) else []
        while first < len(self.messages) and self.messages[first] == message:
            row = int(self.order[first])
            if not self.given[row]:
                self.given[row] = True
                yield self.rows["person"][row], words[self.rows["name"][row]]
            first += 1

    def left_over(self) -> Iterator[int]:
        """Lines of those whose message never came."""
        for row in np.flatnonzero(~self.given):
            yield self.rows["line"][int(row)]


def read(source: Source, collector: Collector, options: Options) -> None:
    """Hand over the people, streams and messages of an export."""
    realms = list(source.members("*realm.json")) if source.is_container else []
    if not realms:
        msg = f"{source.label} has no realm.json, expected the tarball or folder that Zulip exports"
        raise InputError(msg)
    realm = _Realm()
    for table, row, _ in _rows(realms[0], (*PEOPLE, *PLACES)):
        (_tell_place if table in PLACES else _tell_person)(table, row, realm, collector)
    for table, row, line in _rows(realms[0], LATER):
        if table == "zerver_subscription":
            _subscribe(row, realm, collector)
        elif table == "zerver_reaction":
            _hold_reaction(row, line, realm, collector)
        else:
            collector.record()
            reason = _change(row, realm, collector)
            if reason:
                collector.skipped(reason, line)
    realm.reactions.sort()
    for recipient in realm.pairs:
        _tell_members(recipient, realm, collector)
    for member in source.members("*messages-*.json*"):
        for _, row, line in _rows(member, ("zerver_message",)):
            collector.record()
            reason = "a torn record" if row is None else _say(row, realm, collector)
            if reason:
                collector.skipped(reason, line)
    for line in realm.reactions.left_over():
        collector.record()
        collector.skipped("a reaction to a message that is not in the export", line)


def _rows(member: Source, tables: tuple[str, ...]) -> Iterator[tuple[str, Any, int]]:
    """Give the rows of some tables with their lines; what is torn as None."""
    with member.open() as stream:
        for found in walk(stream, arrays=[(table,) for table in tables], name=member.label):
            if isinstance(found, Records):
                for index, row in enumerate(found.values):
                    yield str(found.path[0]), row, found.line(index)
            elif isinstance(found, Torn):
                yield str(found.path[0]) if found.path else tables[-1], None, found.line


def _tell_person(table: str, row: Any, realm: _Realm, collector: Collector) -> None:
    person = _number(row, "id")
    if person is None:
        return
    name = row.get("full_name")
    name = name if isinstance(name, str) else None
    bot = row.get("is_bot") is True or table == "zerver_userprofile_crossrealm"
    if bot:
        realm.bots.add(person)
    if name:
        realm.names[name] = 0 if name in realm.names else person
    collector.person(person, bot=bot, outsider=table == "zerver_userprofile_crossrealm")


def _tell_place(table: str, row: Any, realm: _Realm, collector: Collector) -> None:
    number = _number(row, "id")
    if number is None:
        return
    if table == "zerver_recipient":
        kind, place = _number(row, "type"), _number(row, "type_id")
        if kind in (PERSONAL, STREAM, HUDDLE) and place is not None:
            realm.places[number] = kind, place
        return
    name = row.get("name")
    name = name if isinstance(name, str) else ""
    realm.streams[number] = name
    collector.group(
        f"stream {number}",
        title=name or None,
        kind="private stream" if row.get("invite_only") is True else "stream",
        created_at=_moment(row.get("date_created")),
        roster="complete",
        archived=row.get("deactivated") is True,
    )


def _subscribe(row: Any, realm: _Realm, collector: Collector) -> None:
    person, recipient = _number(row, "user_profile"), _number(row, "recipient")
    if person is None or recipient is None or row.get("active") is False:
        return
    kind, number = realm.places.get(recipient, (0, 0))
    if kind == STREAM:
        role = "administrator" if row.get("role") == 20 else None
        collector.member(f"stream {number}", person, role=role)
    elif kind == HUDDLE:
        realm.pairs.setdefault(recipient, []).append(person)


def _tell_members(recipient: int, realm: _Realm, collector: Collector) -> None:
    """Tell who is in the messages among several; those between two are private."""
    group = realm.group(recipient)
    if group is not None:
        collector.group(group, kind="group message", roster="complete")
        for person in dict.fromkeys(realm.pairs[recipient]):
            collector.member(group, person)


def _hold_reaction(row: Any, line: int, realm: _Realm, collector: Collector) -> None:
    message, person = _number(row, "message"), _number(row, "user_profile")
    if message is None or person is None:
        collector.record()
        collector.skipped("a reaction without a person or a message", line)
    else:
        realm.reactions.add(message, person, str(row.get("emoji_name") or ""), line)


def _change(row: Any, realm: _Realm, collector: Collector) -> str | None:
    """Take a line of the audit log; say why not if it is left out."""
    kind = _number(row, "event_type")
    if kind is None:
        return "a line of the audit log without a kind"
    if kind not in (JOINED, REJOINED, LEFT):
        collector.other_system("audit log")
        return None
    person, stream = _number(row, "modified_user"), _number(row, "modified_stream")
    at, by = _moment(row.get("event_time")), _number(row, "acting_user")
    if person is None or stream is None or at is None:
        return "a subscription without a person, a stream or a time"
    collector.covers("joining", "leaving")
    by = None if by == person else by
    if kind == LEFT:
        collector.left(f"stream {stream}", person, at, removed_by=by)
    else:
        via = "invited" if by is not None else "joined"
        collector.joined(f"stream {stream}", person, at, via=via, invited_by=by)
    return None


def _say(row: Any, realm: _Realm, collector: Collector) -> str | None:
    """Take a message and its reactions; say why not if it is left out."""
    message, sender = _number(row, "id"), _number(row, "sender")
    recipient = _number(row, "recipient")
    if message is None or sender is None:
        return "a message without an id or a sender"
    if recipient is None or recipient not in realm.places:
        return "a message to a recipient that is not in the export"
    at = _moment(row.get("date_sent", row.get("pub_date")))
    if at is None:
        return "no time, or none that can be"
    text = row.get("content")
    text = text if isinstance(text, str) else ""
    group = realm.group(recipient)
    answered = _quoted(text, message, realm, recipient) if "near/" in text else None
    if "quote" in text:
        text = QUOTE.sub("", SAID.sub("", text)).strip("\n")
    names = []
    for name, number in MENTION.findall(text) if "@**" in text else ():
        person = int(number) if number else realm.names.get(name, 0)
        if person and person != sender:
            names.append(person)
    subject = row.get("subject")
    collector.message(
        message,
        sender,
        at,
        group=group,
        recipient=None if group else realm.to(recipient, sender),
        text=text,
        reply_to=answered,
        mentions=list(dict.fromkeys(names)),
        edited_at=_moment(row.get("last_edit_time")),
        thread=subject if group and isinstance(subject, str) and subject else None,
    )
    for fan, name in realm.reactions.of(message):
        collector.record()
        collector.reaction(message, fan, group=group, name=name)
    return None


def _quoted(text: str, message: int, realm: _Realm, recipient: int) -> int | None:
    """Give the latest earlier message of the same stream that a message links."""
    kind, here = realm.places[recipient]
    if kind != STREAM:
        return None
    name = realm.streams.get(here, "")
    earlier = [
        int(number)
        for stream, number in NEAR.findall(text)
        if int(number) < message and _is_stream(stream, here, name)
    ]
    return max(earlier, default=None)


def _is_stream(word: str, number: int, name: str) -> bool:
    """Tell whether a link means this stream: by number, or by the name with ``.20`` for spaces."""
    digits = re.match(r"(\d+)(?:-|$)", word)
    if digits:
        return int(digits[1]) == number
    spelled = re.sub(r"\.([0-9A-Fa-f]{2})", lambda hexa: chr(int(hexa[1], 16)), word)
    return spelled.casefold() in (name.casefold(), name.casefold().replace(" ", "-"))


def _number(row: Any, key: str) -> int | None:
    value = row.get(key) if isinstance(row, Mapping) else None
    return (
        value
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**62
        else None
    )


def _moment(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**40:
        return None
    return round(value * 1_000_000)


def sniff(name: str, head: bytes) -> bool:
    """Know ``realm.json`` and the files of messages."""
    file = name.rpartition("/")[2]
    if file == "realm.json":
        return b"zerver_" in head
    return file.startswith("messages-") and b'"zerver_message"' in head


FORMAT = Format(
    name="zulip",
    title=Text(
        en="Zulip export (tarball, zip or folder)", zh="Zulip 导出（tarball、zip 或文件夹）"
    ),
    read=read,
    sniff=sniff,
    covers=("lurkers",),
    may_cover=("joining", "leaving", "private"),
)
