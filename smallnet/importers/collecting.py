"""Where a format hands over what it reads: names and words go in, and never come out.

What is kept of a message is who, when, where, how long and of which kind, with keyed digests of
its words (for repetition) and links (for what travels between groups). The rows are held in
columns, and past some number of them in Parquet files of the scratch folder.
"""

import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from smallnet.errors import InputError
from smallnet.importers.clock import FIRST_US, Clock
from smallnet.importers.pseudonyms import Pseudonyms, links_of, normal_text
from smallnet.tables import Text

__all__ = ["SCRATCH", "Collector"]

SPILL_ROWS = 50_000
FIRST_LINES = 5  # of what was skipped
SHORT = 30  # letters of words that may well come again
LINE_KIND = re.compile(r"[a-z][a-z ,'-]{0,60}")
MOST_KINDS = 60  # of messages, and of other lines: more are words of the file
MOST_FINGERPRINTS = 50_000  # that are remembered
IMPOSSIBLE = "time before 1980 or in the future"
FEW = ("sender", "group", "recipient", "kind", "thread")  # columns of few values
FOREVER_S = 1e8
DAY_US = 86_400_000_000
PLAIN = re.compile(r"[a-z][a-z0-9_ -]{0,31}")  # words of ours, such as supergroup

SCRATCH: dict[str, dict[str, pa.DataType]] = {
    "messages": {
        "serial": pa.int64(),
        "file": pa.int32(),
        "act": pa.string(),  # null: the platform gives none
        "sender": pa.string(),
        "at": pa.int64(),
        "group": pa.string(),
        "recipient": pa.string(),
        "kind": pa.string(),
        "fingerprint": pa.string(),
        "n_chars": pa.int64(),
        "duration_s": pa.float64(),
        "reply_to": pa.string(),
        "reply_inferred": pa.bool_(),
        "items": pa.string(),  # digests of links and forwards, a space between
        "edited_at": pa.int64(),
        "text": pa.string(),
        "thread": pa.string(),  # of the platform: a topic
    },
    "mentions": {"serial": pa.int64(), "file": pa.int32(), "person": pa.string()},
    "reactions": {
        "serial": pa.int64(),
        "file": pa.int32(),
        "counted": pa.bool_(),  # whether it is a record of its own
        "act": pa.string(),
        "person": pa.string(),
        "at": pa.int64(),
        "group": pa.string(),
        "name": pa.string(),
    },
    "changes": {  # of who is in
        "serial": pa.int64(),
        "file": pa.int32(),
        "record": pa.int64(),
        "counted": pa.bool_(),
        "change": pa.string(),
        "group": pa.string(),
        "person": pa.string(),
        "at": pa.int64(),
        "via": pa.string(),
        "by": pa.string(),
    },
    "members": {
        "file": pa.int32(),
        "group": pa.string(),
        "person": pa.string(),
        "role": pa.string(),
    },
}


class Collector:
    """Takes what a format reads and keeps what may be kept.

    Parameters
    ----------
    pseudonyms : Pseudonyms
        What names become.
    scratch : Path
        An empty folder for rows that do not fit in memory.
    clock : Clock
        Of wall-clock times; formats call ``collector.clock.utc(local, line=line)``.
    keep_text : bool
        Keep the words too.

    Notes
    -----
    Every record of the file is announced by ``record`` before what it yields. A record is then
    kept as a message, a change of membership, a reaction or another system line, or skipped; the
    first of these calls accounts for it, and what follows rides along (the reactions of a message,
    the second person of an invitation). ``group``, ``person`` and ``member`` account for nothing.

    Ids of messages are their own within their group. Times are whole microseconds since 1970 UTC.
    Ids and names of people are of one kind: somebody whom one line calls by id and another by the
    name that ``person(id, name=name)`` told is one person, if only one has that name.
    """

    def __init__(
        self, pseudonyms: Pseudonyms, scratch: Path, clock: Clock, *, keep_text: bool = False
    ) -> None:
        self.clock = clock
        self.groups: dict[str, dict[str, Any]] = {}
        self.people: dict[str, bool | None] = {}  # declared ones: is it a machine
        self.outsiders: set[str] = set()
        self.names: dict[str, set[str]] = {}  # pseudonym of a name -> people who have it
        self.one: dict[str, str] = {}  # an id: the later id of the same person
        self.notes: list[Text] = []
        self.records = 0
        self.kept: Counter[str] = Counter()
        self.other: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.first_lines: dict[str, list[int | str]] = {}
        self.covered: set[str] = set()  # coverage that this export turned out to have
        self.date_order: str | None = None  # a format that had to decide says so
        self._several_files = False
        self._pseudonyms, self._scratch, self._keep_text = pseudonyms, scratch, keep_text
        self._person = pseudonyms.person
        self._file = 0
        self._serial = 0
        self._accounted = True
        self._latest = int(time.time() * 1e6) + 2 * DAY_US
        self._rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in SCRATCH}
        self._messages = self._rows["messages"]
        self._kinds = {"text"}
        self._fingerprints: dict[str, str] = {}
        self._known_groups: dict[object, str] = {}
        self._parts: Counter[str] = Counter()

    def group(
        self,
        group: object,
        *,
        title: str | None = None,
        kind: str | None = None,
        created_at: int | None = None,
        closed_at: int | None = None,
        roster: str | None = None,
        parent: object = None,
        **attributes: bool | int | float | str | None,
    ) -> None:
        """Tell of a group; what is told later fills in what was not known before.

        Parameters
        ----------
        group : object
            Its id on the platform, or its name where it has no other.
        title : str, optional
            Its name; never kept.
        kind : str, optional
            Such as ``channel``, a word of the format.
        created_at, closed_at : int, optional
            Microseconds.
        roster : str, optional
            ``complete``, ``partial`` or ``posters``: who is listed; told from the calls of
            ``member`` and ``joined`` where not given.
        parent : object, optional
            The group that this one is part of, such as a server.
        **attributes
            Numbers, truth values or words of the format; other texts are not kept.
        """
        known = self.groups.setdefault(self._pseudonyms.group(group), {})
        if created_at is not None and not self._possible(created_at):
            created_at = None
        if closed_at is not None and not (created_at or 0) < closed_at < self._latest:
            closed_at = None
        told: dict[str, Any] = {
            "kind": kind if kind and PLAIN.fullmatch(kind) else None,
            "created_at": created_at,
            "closed_at": closed_at,
            "roster": roster,
            "parent": None if parent is None else self._pseudonyms.group(parent),
            **{name: value for name, value in attributes.items() if _is_plain(value)},
        }
        known.update({name: value for name, value in told.items() if value is not None})

    def person(
        self,
        person: object,
        *,
        name: str | None = None,
        bot: bool | None = None,
        outsider: bool = False,
    ) -> None:
        """Tell of a person.

        Parameters
        ----------
        person : object
            Their id on the platform, or their name where they have no other.
        name : str, optional
            What other lines may call them; never kept.
        bot : bool, optional
            A machine.
        outsider : bool
            Writes without being a member: a deleted account, a channel itself.
        """
        known = self._person(person)
        self.people[known] = self.people.get(known) if bot is None else bot
        if outsider:
            self.outsiders.add(known)
        if name:
            self.names.setdefault(self._person(name), set()).add(known)

    def same(self, person: object, later: object) -> None:
        """Tell that two ids are of one person, such as a number that changed."""
        one, other = self._person(person), self._person(later)
        if one != other:
            self.one[one] = other

    def member(self, group: object, person: object, *, role: str | None = None) -> None:
        """Tell that a person is on the member list of a group, as of the export."""
        group = self._group(group)
        role = role if role is None or PLAIN.fullmatch(role) else None
        self._add("members", (self._file, group, self._person(person), role))

    def joined(
        self,
        group: object,
        person: object,
        at: int,
        *,
        via: str | None = None,
        invited_by: object = None,
    ) -> None:
        """Tell that a person came into a group.

        Parameters
        ----------
        group, person : object
            Where, and who.
        at : int
            Microseconds.
        via : str, optional
            ``created``, ``invited``, ``link``, ``default``; ``invited`` where somebody invited.
        invited_by : object, optional
            Who brought them in.
        """
        if via is None and invited_by is not None:
            via = "invited"
        self._change("join", group, person, at, via, invited_by)

    def left(self, group: object, person: object, at: int, *, removed_by: object = None) -> None:
        """Tell that a person left a group, or was removed from it."""
        self._change("leave", group, person, at, None, removed_by)

    def message(
        self,
        interaction: object,
        sender: object,
        at: int,
        *,
        group: object = None,
        recipient: object = None,
        kind: str = "text",
        text: str | None = None,
        n_chars: int | None = None,
        duration_s: float | None = None,
        reply_to: object = None,
        reply_inferred: bool = False,
        mentions: Iterable[object] = (),
        links: Sequence[str] = (),
        forwarded_from: object = None,
        edited_at: int | None = None,
        thread: object = None,
    ) -> None:
        """Take a message, call or contact.

        Parameters
        ----------
        interaction : object
            Its id on the platform; None where it has none: it is then known by its group, sender,
            minute and words, and which of several such it is.
        sender : object
            Who; None if the export does not say.
        at : int
            Microseconds.
        group, recipient : object
            Where; without a group to whom.
        kind : str
            ``text`` (becomes ``link`` where the words hold one), ``image``, ``video``, ``audio``,
            ``file``, ``sticker``, ``media``, ``call``, ``location``, ``poll``, ``system``…
        text : str, optional
            Its words, without what the platform put there for a picture.
        n_chars : int, optional
            Length, where the words are not in the export.
        duration_s : float, optional
            Of a call or a voice message, seconds.
        reply_to : object, optional
            Id of the message that it answers, in the same group.
        reply_inferred : bool
            The answer is a guess.
        mentions : iterable of objects
            People whom it addresses.
        links : sequence of str
            Links that are not among its words, such as one behind a word.
        forwarded_from : object, optional
            Where it was first, as far as the export says.
        edited_at : int, optional
            Microseconds.
        thread : object, optional
            The conversation inside the group, such as a topic; kept as a digest.
        """
        self._accounted = True
        if not FIRST_US <= at < self._latest:
            self.skipped(IMPOSSIBLE)
            return
        pseudonyms = self._pseudonyms
        where = None if group is None else self._known_groups.get(group) or self._group(group)
        if where is None and recipient is not None:
            self.covered.add("private")
        if kind not in self._kinds:
            kind = self._kind(kind)
        if duration_s is not None and not 0 <= duration_s < FOREVER_S:
            duration_s = None
        if edited_at is not None and not FIRST_US <= edited_at < self._latest:
            edited_at = None
        fingerprint = items = None
        if text:
            n_chars = len(text)
            fingerprint = self._fingerprints.get(text) or self._fingerprint(text, n_chars)
        elif text is not None:
            n_chars = 0
        linked = links or (text and ("://" in text or "www." in text))
        if linked or forwarded_from is not None:
            items = self._items(text or "", links, forwarded_from, fingerprint)
            kind = "link" if linked and items and kind == "text" else kind
        self._serial = serial = self._serial + 1
        rows = self._messages
        rows.append(
            (
                serial,
                self._file,
                None if interaction is None else pseudonyms.act(where, interaction),
                self._nobody(where) if sender is None else self._person(sender),
                at,
                where,
                None if recipient is None else self._person(recipient),
                kind,
                fingerprint,
                n_chars,
                duration_s,
                None if reply_to is None else pseudonyms.act(where, reply_to),
                reply_inferred and reply_to is not None,
                items,
                edited_at,
                _storable(text) if self._keep_text else None,
                None if thread is None else pseudonyms.thread(where, thread),
            )
        )
        if len(rows) >= SPILL_ROWS:
            self._spill("messages")
        for person in mentions:
            self._add("mentions", (serial, self._file, self._person(person)))

    def reaction(
        self,
        interaction: object,
        person: object,
        *,
        at: int | None = None,
        group: object = None,
        name: str | None = None,
    ) -> None:
        """Take a reaction to a message.

        Parameters
        ----------
        interaction : object
            Id of the message.
        person : object
            Who reacted.
        at : int, optional
            Microseconds; without a time it becomes a tie.
        group : object
            Where the message is.
        name : str, optional
            Which reaction; kept as a digest.
        """
        if at is not None and not FIRST_US <= at < self._latest:
            at = None
        counted = not self._accounted
        self._accounted = True
        if counted:
            self.kept["reactions"] += 1
        where = None if group is None else self._group(group)
        digest = None if name is None else self._pseudonyms.words(normal_text(name))
        act = self._pseudonyms.act(where, interaction)
        self._serial += 1
        row = (self._serial, self._file, counted, act, self._person(person), at, where, digest)
        self._add("reactions", row)

    def other_system(self, what: str) -> None:
        """Count a line of the platform that says nothing of who is in: ``subject changed``."""
        self._accounted = True
        known = what in self.other or (LINE_KIND.fullmatch(what) and len(self.other) < MOST_KINDS)
        self.other[what if known else "other line of the platform"] += 1

    def skipped(self, reason: str, line: int | None = None) -> None:
        """Count a record that is left out.

        Parameters
        ----------
        reason : str
            Words of the format, never of the file.
        line : int, optional
            Where it stands in the file.
        """
        self._accounted = True
        self.reasons[reason] += 1
        first = self.first_lines.setdefault(reason, [])
        if line is not None and len(first) < FIRST_LINES:
            first.append(f"file {self._file}, line {line}" if self._several_files else line)

    def record(self, n: int = 1) -> None:
        """Announce that ``n`` records of the file were met."""
        self.records += n
        self._accounted = False

    def note(self, text: Text) -> None:
        """Tell what had to be assumed; once where it is told again."""
        if text not in self.notes:
            self.notes.append(text)

    def covers(self, *channels: str) -> None:
        """Tell of coverage that not every export of the format has, but this one does."""
        self.covered.update(channels)

    def begin_file(self, number: int, *, several: bool) -> None:
        """Tell which of the user's files is read now."""
        self._file, self._several_files = number, several

    def close(self) -> None:
        """Write out the rows that are still in memory."""
        for name in SCRATCH:
            self._spill(name)

    def _group(self, group: object) -> str:
        known = self._pseudonyms.group(group)
        self._known_groups[group] = known
        self.groups.setdefault(known, {})
        return known

    def _items(
        self, text: str, links: Sequence[str], forwarded_from: object, fingerprint: str | None
    ) -> str | None:
        """Digest what may be found again elsewhere: links, and what was forwarded from where."""
        digest = self._pseudonyms.item
        items = [digest(link) for link in links_of(" ".join((text, *links)))]
        if forwarded_from is not None and fingerprint is not None:
            items.append(digest(f"forward\0{forwarded_from}\0{fingerprint}"))
        return " ".join(items) or None

    def _kind(self, kind: str) -> str:
        """Let only words of the formats be a kind, never words of the file."""
        if not PLAIN.fullmatch(kind) or len(self._kinds) >= MOST_KINDS:
            return "other"
        self._kinds.add(kind)
        return kind

    def _fingerprint(self, text: str, n_chars: int) -> str:
        """Digest words, and remember those that are short and so may come again."""
        found = self._pseudonyms.words(normal_text(text))
        if n_chars <= SHORT:
            if len(self._fingerprints) >= MOST_FINGERPRINTS:
                self._fingerprints.clear()
            self._fingerprints[text] = found
        return found

    def _nobody(self, where: str | None) -> str:
        """Give whoever the export does not name a person of their own in each group."""
        unknown = self._person(f"\0nobody\0{where}")
        self.outsiders.add(unknown)
        return unknown

    def _change(
        self, change: str, group: object, person: object, at: int, via: str | None, by: object
    ) -> None:
        counted = not self._accounted
        self._accounted = True
        if counted:
            self.kept["changes"] += 1
        if not self._possible(at):
            if counted:
                self._undo("changes")
            return
        self._serial += 1
        by = None if by is None else self._person(by)
        row = (
            self._serial,
            self._file,
            self.records,
            counted,
            change,
            self._group(group),
            self._person(person),
            at,
            via,
            by,
        )
        self._add("changes", row)

    def _possible(self, at: int) -> bool:
        return FIRST_US <= at < self._latest

    def _undo(self, kind: str) -> None:
        self.kept[kind] -= 1
        self.skipped(IMPOSSIBLE)

    def _add(self, name: str, row: tuple[Any, ...]) -> None:
        rows = self._rows[name]
        rows.append(row)
        if len(rows) >= SPILL_ROWS:
            self._spill(name)

    def _spill(self, name: str) -> None:
        rows, types = self._rows[name], SCRATCH[name]
        if not rows and self._parts[name]:
            return
        columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [[] for _ in types]
        arrays = [
            pa.array(column, kind) for column, kind in zip(columns, types.values(), strict=True)
        ]
        part = self._parts[name]
        try:
            table = pa.table(arrays, names=list(types))
            path = self._scratch / f"{name}-{part:05}.parquet"
            few = [column for column in FEW if column in types]
            pq.write_table(
                table, path, compression="lz4", use_dictionary=few, write_statistics=False
            )
        except OSError as error:
            msg = f"the scratch folder is full or gone: {error.strerror or error}"
            raise InputError(msg) from None
        self._parts[name] += 1
        rows.clear()


def _is_plain(value: object) -> bool:
    return not isinstance(value, str) or PLAIN.fullmatch(value) is not None


def _storable(text: str | None) -> str | None:
    return None if text is None else text.encode("utf-8", "replace").decode("utf-8")
