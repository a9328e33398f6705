"""IRC: the logs that common clients and bots write of one channel.

The layouts are known by their lines, which may even be mixed in one file: raw logs of channels
(``=== ana has joined #tea``), irssi, WeeChat, HexChat, mIRC, ZNC and energymech (``*** Joins:
ana``), eggdrop, Limnoria. A file is of one channel; a folder or zip may hold the days of several.

- A nick is a person: the one who had it first in the export. A change to a nick that nobody had
  before takes its person along; a change to somebody's nick is a return of that somebody.
- A stay is a connection: somebody whose line drops leaves, and joins when they are back.
- Who was there all the time and said nothing is in no log: the roster is partial. Some logs leave
  out who comes and goes: what no line tells of is taken as not recorded.
- A notice without a time of its own (raw logs) is as late as the line before it.
- Replies are inferred (see ``smallnet.importers.replies``) and marked as such. Where
  ``NAME.annotation.txt`` (lines ``ANSWERED ANSWER -``, counted from 0) lies beside ``NAME.log``
  in a folder or zip, the report holds the precision on it.

The lines hold times, mostly no dates: the day comes from the log's own lines, or from the name of
the file. A clock that goes back by more than twelve hours has passed midnight.
"""

import re
from collections import defaultdict
from collections.abc import Mapping

from smallnet.errors import InputError
from smallnet.importers.clock import local_us
from smallnet.importers.collecting import Collector
from smallnet.importers.format import Format, Options
from smallnet.importers.irc_lines import (
    DATED,
    NAME_DATE,
    NICK_FOLD,
    STAMP,
    Line,
    channel_of,
    month_of,
    parse,
)
from smallnet.importers.replies import Talk, agreement, note_rule
from smallnet.importers.source import Source
from smallnet.tables import Text

__all__ = ["FORMAT"]

DAY_US = 86_400_000_000
MINUTE_US = 60_000_000
ON_THIS = Text(
    en="Replies compared with the annotation beside the log: {found}.",
    zh="与日志旁的标注相比：{found}。",
)


class _Channel:
    """What is known while the lines of one channel pass."""

    def __init__(self, name: str, collector: Collector) -> None:
        self.name, self.collector = name, collector
        self.owner: dict[str, str] = {}  # nick -> person, the first who had it
        self.talk = Talk(self.owner, _folded)

    def person(self, nick: str) -> str:
        """Give the person of a nick."""
        nick = _folded(nick)
        return self.owner.setdefault(nick, nick)

    def said(self, nick: str, at: int, text: str) -> tuple[str, str | None]:
        """Take a message; give its id and that of the one it answers."""
        who = self.person(nick)
        act, answered, addressee = self.talk.take(who, at, text)
        self.collector.message(
            act,
            who,
            at,
            group=self.name,
            text=text,
            reply_to=answered,
            reply_inferred=answered is not None,
            mentions=[] if addressee is None else [addressee],
        )
        return act, answered

    def change(self, kind: str, names: tuple[str, ...], at: int) -> None:
        """Take a change of who is there."""
        people = [self.person(name) for name in names]
        self.collector.covers("joining" if kind == "join" else "leaving")
        if kind == "join":
            for who in people:
                self.collector.joined(self.name, who, at)
        elif kind == "leave":
            for who in people:
                self.collector.left(self.name, who, at)
        elif kind == "kick":
            self.collector.left(self.name, people[0], at, removed_by=people[1])

    def renamed(self, old: str, new: str, at: int) -> None:
        """Take a change of nick: of a person, or from one person to another."""
        who = self.person(old)
        owner = self.owner.setdefault(_folded(new), who)
        if owner == who:
            self.collector.other_system("nick changed")
        else:
            self.collector.left(self.name, who, at)
            self.collector.joined(self.name, owner, at)


class _Calendar:
    """Tells the moment of each line of one file."""

    def __init__(self, source: Source, collector: Collector) -> None:
        self.label, self.clock = source.label, collector.clock
        self.day = _day_of_name(source.name)
        self.last = -1  # time of day, microseconds
        self.at: int | None = None  # moment of the line before

    def dated(self, found: re.Match[str]) -> None:
        """Take a line that tells the day."""
        self.day = _midnight(int(found["year"]), month_of(found["mon"]), int(found["day"]))
        self.last = -1

    def stamped(self, found: re.Match[str], line: int) -> int:
        """Give the moment of a line with a time."""
        second = 3600 * int(found["h"]) + 60 * int(found["m"]) + int(found["s"] or 0)
        if int(found["h"]) > 23 or int(found["m"]) > 59 or int(found["s"] or 0) > 60:
            raise ValueError
        of_day = second * 1_000_000
        if found["date"]:
            year, month, day = map(int, found["date"].split("-"))
            self.day = _midnight(year, month, day)
        elif self.day is None:
            msg = (
                f"{self.label}, line {line} has a time and no date, expected the date in the log "
                "or in the name of the file: call it like tea_2005-06-27.log"
            )
            raise InputError(msg)
        elif found["mon"]:
            year = (self.day // DAY_US * 86_400 // 31_556_952) + 1970
            self.day = _midnight(year, month_of(found["mon"]), int(found["day"]))
        elif of_day < self.last - DAY_US // 2:
            self.day += DAY_US
        self.last = of_day
        local = self.day + of_day
        zone = found["zone"]
        if zone:
            sign = -1 if zone[0] == "-" else 1
            digits = zone[1:].replace(":", "")
            minutes = 0 if zone == "Z" else sign * (60 * int(digits[:2]) + int(digits[2:]))
            self.at = local - minutes * MINUTE_US
        else:
            self.at = self.clock.utc(local, line=line)
        return self.at


def read(source: Source, collector: Collector, options: Options) -> None:
    """Hand over the lines of one log, or of all logs in a zip or folder."""
    channels: dict[str, _Channel] = {}
    if source.is_container:
        logs = [m for m in source.members() if not m.name.endswith(".annotation.txt")]
        notes = {
            m.name.removesuffix(".annotation.txt"): m for m in source.members("*.annotation.txt")
        }
    else:
        logs, notes = [source], {}
    for log in logs:
        name = options.chat or channel_of(log.head(), log.name)
        channel = channels.setdefault(_folded(name), _Channel(_folded(name), collector))
        collector.group(channel.name, kind="channel", roster="partial")
        gold = next((notes[stem] for stem in notes if log.name.startswith(stem + ".")), None)
        _Log(log, channel).read(gold)
    note_rule(sum(channel.talk.inferred for channel in channels.values()), collector)


class _Log:
    """Reads one log into its channel."""

    def __init__(self, source: Source, channel: _Channel) -> None:
        self.source, self.channel, self.collector = source, channel, channel.collector
        self.calendar = _Calendar(source, channel.collector)
        self.early: list[tuple[int, Line]] = []  # notices before the first time
        self.lines: dict[str, int] = {}  # message -> its line from 0, where there is an annotation
        self.answers: dict[int, str] = {}
        self.senders: dict[int, str] = {}

    def read(self, gold: Source | None) -> None:
        """Read all lines; compare inferred replies with an annotation if there is one."""
        for number, text in self.source.lines():
            if text.strip():
                self.take(number, text, annotated=gold is not None)
        for number, _ in self.early:
            self.collector.record()
            self.collector.skipped("a notice in a log without any time", number)
        if gold is not None:
            inferred = {
                line: self.lines[key] for line, key in self.answers.items() if key in self.lines
            }
            found = agreement(inferred, _annotation(gold), self.senders).to_text()
            self.collector.note(
                Text(en=ON_THIS.en.format(found=found.en), zh=ON_THIS.zh.format(found=found.zh))
            )

    def take(self, number: int, text: str, *, annotated: bool) -> None:
        """Take one line, or keep it until the first time is known."""
        dated, stamp = DATED.match(text), None
        try:
            if dated:
                self.collector.record()
                self.calendar.dated(dated)
                self.collector.other_system("log marker")
                return
            stamp = STAMP.match(text)
            at = self.calendar.stamped(stamp, number) if stamp else self.calendar.at
        except ValueError as error:
            if isinstance(error, InputError):
                raise
            self.collector.record(not dated)
            self.collector.skipped("a date or time that cannot be", number)
            return
        line = parse(text[stamp.end() :] if stamp else text, stamped=stamp is not None)
        if at is None and line.kind != "unknown":
            self.early.append((number, line))
            return
        if at is not None:
            for before, notice in self.early:
                self.hand_over(notice, at, before)
            self.early.clear()
        taken = self.hand_over(line, at or 0, number)
        if taken and annotated:
            key, answered = taken
            self.lines[key] = number - 1
            self.senders[number - 1] = self.channel.person(line.names[0])
            if answered is not None:
                self.answers[number - 1] = answered

    def hand_over(self, line: Line, at: int, number: int) -> tuple[str, str | None] | None:
        """Hand one line over; give the ids of a message and of the one it answers."""
        self.collector.record()
        kind = line.kind
        if kind == "acted if known":
            kind = "said" if _folded(line.names[0]) in self.channel.owner else "other notice"
        if kind == "said":
            return self.channel.said(line.names[0], at, line.text)
        if kind == "nick":
            self.channel.renamed(line.names[0], line.names[1], at)
        elif kind in ("join", "leave", "kick"):
            self.channel.change(kind, line.names, at)
        elif kind == "unknown":
            self.collector.skipped("a line in no layout of IRC logs", number)
        else:
            self.collector.other_system(kind)
        return None


def _annotation(source: Source) -> Mapping[int, set[int]]:
    gold: dict[int, set[int]] = defaultdict(set)
    for _, text in source.lines():
        words = text.split()
        if len(words) >= 2 and words[0].isdecimal() and words[1].isdecimal():
            gold[int(words[1])].add(int(words[0]))
    return gold


def _day_of_name(name: str) -> int | None:
    """Midnight of the date in the name of a file; None without one."""
    for found in reversed(list(NAME_DATE.finditer(name))):
        try:
            return _midnight(int(found[1]), int(found[3]), int(found[4]))
        except ValueError:
            continue
    return None


def _midnight(year: int, month: int, day: int) -> int:
    return local_us(year, month, day)


def _folded(nick: str) -> str:
    """Give a nick or channel as IRC compares it (RFC 1459, 2.2)."""
    return nick.translate(NICK_FOLD).lower()


def sniff(name: str, head: bytes) -> bool:
    """Know a log by its first lines: most of them must be in a layout of IRC."""
    if name.lower().endswith((".json", ".csv", ".html", ".mbox", ".annotation.txt")):
        return False
    lines = [line for line in head.decode("utf-8", "replace").splitlines()[:200] if line.strip()]
    known = talk = 0
    for text in lines:
        stamp = STAMP.match(text)
        line = parse(text[stamp.end() :] if stamp else text, stamped=stamp is not None)
        known += line.kind != "unknown" or DATED.match(text) is not None
        talk += line.kind in ("said", "join", "leave", "nick") and stamp is not None
    return talk > 0 and known >= 0.8 * len(lines)


FORMAT = Format(
    name="irc",
    title=Text(en="IRC logs", zh="IRC 日志"),
    read=read,
    sniff=sniff,
    covers=(),
    may_cover=("joining", "leaving"),
    local_times=True,
)
