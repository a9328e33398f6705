"""WhatsApp: the text that "Export chat" gives, alone or as ``_chat.txt`` in a zip.

What is a record: a line with a head (date and time), with the lines without one that follow it.
The app's own lines tell who created, joined, was added, left and was removed; what else they tell
is counted by kind. There is no list of members: who was in before the exporter came and never
wrote is not in the file (``roster = "partial"``), unless the chat begins with its group and
everybody in it came in a line (``complete``).
"""

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from smallnet.errors import InputError
from smallnet.importers.clock import Clock
from smallnet.importers.collecting import Collector
from smallnet.importers.day_order import DayOrder, read_day
from smallnet.importers.format import Format, Options
from smallnet.importers.pseudonyms import MARKS, clean_name
from smallnet.importers.source import Source
from smallnet.importers.whatsapp_heads import BRACKET, DASH, UNKNOWN, numbers_of, time_of_day
from smallnet.importers.whatsapp_words import (
    DELETED,
    DELETED_BY_ME,
    WORDS,
    Line,
    is_edited,
    is_you,
    kind_of_media,
    other_kind,
    read_system_line,
    split_names,
)
from smallnet.tables import Text

__all__ = ["FORMAT"]

ENOUGH = 3  # senders make a group
FIRST_RECORDS = 3  # among which the app says that it encrypts, on iOS in the name of the chat
EPOCH_DAY = 719_163  # ordinal of 1970-01-01
DAY_US = 86_400_000_000
MOST_CACHED = 200_000
APP = "\u200e"  # iOS marks what the app wrote
TITLE = re.compile(  # what phones put around the name of a chat in the name of its file
    r"^(?:whatsapp[ -]?chat (?:with|mit|con|com|met|dengan|-)|chat de whatsapp con"
    r"|conversa do whatsapp com|discussion whatsapp avec|chat whatsapp con|chat whatsapp"
    r"|чат whatsapp с|محادثة واتساب مع|whatsapp 聊天 -|与)?\s*[-–]?\s*(?P<title>.+?)"
    r"\s*(?:的 ?whatsapp ?聊天(?:记录|紀錄)?|के साथ whatsapp चैट)?(?:\s?\(\d{1,3}\))?$",
    re.IGNORECASE,
)
NAMELESS = ("_chat", "chat", "whatsapp chat")
MENTION = re.compile(r"@\u2068([^\u2068\u2069\n]{1,100})\u2069")
NUMBER = re.compile(r"\+?[\d\s().\-]{7,25}")
EDITED = re.compile(r"\s*<[^<>\n]{8,60}>$")
PLACES = tuple(WORDS["messages"]["place"])
POLLS = tuple(WORDS["messages"]["poll"])
DELETED_AS_WRITTEN = frozenset(
    form + end
    for words in DELETED
    for form in (words, words.capitalize())
    for end in ("", ".", "。", " .")
)
SIGNAL = re.compile(r"\[\d{4}-\d\d-\d\d,? \d\d:\d\d\] ")
UNUSUAL = tuple("<" + APP)  # begins what may be more than words


def read(source: Source, collector: Collector, options: Options) -> None:
    """Hand every record of an export to the collector."""
    texts = [source]
    if source.is_container:
        texts = list(source.members("*_chat.txt")) or list(source.members("*.txt"))
        if not texts:
            msg = f"{source.label} holds no text, expected _chat.txt"
            raise InputError(msg)
    for text in texts:
        title = options.chat or _title(text.name) or _title(source.name)
        _Chat(text, collector, options, title).read()


def sniff(name: str, head: bytes) -> bool:
    """Tell whether a file begins as an export does: most heads within its first lines."""
    if not name.lower().endswith(".txt"):
        return False
    for encoding in ("utf-8-sig", "utf-16"):
        lines = head.decode(encoding, "replace").splitlines()[:40]
        for pattern in (BRACKET, DASH):
            found = (pattern.match(line) for line in lines)
            if any(_rest(match) and time_of_day(match[2]) is not None for match in found if match):
                return True
    return False


def _rest(match: re.Match[str]) -> bool:
    """Tell WhatsApp from IRC (a nick in angles or a star) and Signal (ISO days, no seconds)."""
    return not match[3].startswith(("<", "*")) and SIGNAL.match(match[0]) is None


def _title(name: str) -> str | None:
    """Give the name of the chat that a file is called after, if it is."""
    stem = PurePosixPath(name.replace("\\", "/")).name
    stem = re.sub(r"\.(?:txt|zip)$", "", stem, flags=re.IGNORECASE)
    found = TITLE.match(clean_name(stem))
    title = found["title"] if found else stem
    return None if title.lower() in NAMELESS else title


@dataclass
class _Survey:
    """What a first look at the whole file tells."""

    pattern: re.Pattern[str] = DASH
    order: str = "dmy"
    senders: set[str] = field(default_factory=set)  # as they stand, three at most
    grouped: bool = False  # some line says who is in

    @property
    def enough(self) -> bool:
        """Tell whether it is a group for certain."""
        return self.grouped or len(self.senders) >= ENOUGH

    def see(self, rest: str) -> None:
        """Take in what follows a head."""
        sender, colon, text = rest.partition(": ")
        if colon and sender in self.senders and not text.startswith(APP):
            return
        told = read_system_line(text.translate(MARKS) if text.startswith(APP) else "")
        told = told or read_system_line(rest.translate(MARKS))
        if told is not None:
            self.grouped |= told.change != "number"
        elif colon and not text.startswith(APP):
            self.senders.add(sender)


class _Chat:
    """One export, read in two passes: how its heads are to be read, and then what they say."""

    def __init__(
        self, source: Source, collector: Collector, options: Options, title: str | None
    ) -> None:
        self.source, self.collector, self.options = source, collector, options
        self.clock: Clock = collector.clock
        self.title = title
        self.days: dict[str, int | None] = {}
        self.times: dict[str, int | None] = {}
        self.people: dict[str, str] = {}  # a sender as it stands: the name
        self.known: set[str] = set()
        self.group: str | None = None
        self.pair: tuple[str, ...] = ()
        self.me = clean_name(options.me) if options.me else None
        self.you_used = False

    def read(self) -> None:
        survey = self._survey()
        if survey is None:
            msg = (
                f"{self.source.label} has no line that begins with a date and a time as WhatsApp "
                "writes them, such as 31/12/21, 23:59 - or [31.12.21, 23:59:59]"
            )
            raise InputError(msg)
        self.collector.date_order = survey.order
        self._place(survey)
        self._pass(survey)
        self._tell_you()

    def _survey(self) -> _Survey | None:
        """Find the style of the heads, the order of day and month, and whether it is a group."""
        order = DayOrder(self.options.date_order)
        pattern: re.Pattern[str] | None = None
        found = _Survey()
        last, same = "", "\0"
        number = 0
        for lines in self.source.blocks():
            for line in lines:
                number += 1
                if pattern is None:
                    pattern = next((p for p in (BRACKET, DASH) if self._is_head(p, line)), None)
                    if pattern is None:
                        continue
                if found.enough and line.startswith(same):
                    continue  # a further line of a day that was seen
                match = pattern.match(line)
                if match is None:
                    continue
                date, middle, rest = match.groups()
                if date != last and self._time(middle) is not None:
                    order.see(numbers_of(date), line=number)
                    last = date
                    same = line[: match.end(1)]
                if not found.enough:
                    found.see(rest)
        if pattern is None:
            return None
        found.pattern = pattern
        found.order, words = order.decide()
        if words is not None:
            self.collector.note(words)
        return found

    def _is_head(self, pattern: re.Pattern[str], line: str) -> bool:
        match = pattern.match(line)
        return match is not None and self._time(match[2]) is not None

    def _time(self, middle: str) -> int | None:
        try:
            return self.times[middle]
        except KeyError:
            if len(self.times) > MOST_CACHED:
                self.times.clear()
            found = self.times[middle] = time_of_day(middle)
            return found

    def _place(self, survey: _Survey) -> None:
        """Tell a private chat from a group, and which group it is."""
        title = None if self.title is None else clean_name(self.title)
        two = sorted({self._name(sender) for sender in survey.senders})
        alone = self.options.chat is None and not survey.grouped
        if alone and (len(two) == 2 or two == [title]):
            self.pair = tuple(two) if len(two) == 2 else (two[0], self._you())
            self.collector.note(
                Text(
                    "two people and no group in a chat: read as private; --chat NAME makes it "
                    "a group",
                    "某聊天只有两人且无群信息：按私聊读取；用 --chat NAME 可指定为群",
                )
            )
            return
        if title is None:
            self.collector.note(
                Text(
                    "a file has no name of its chat: say --chat NAME before you append to it, or "
                    "two such chats become one",
                    "文件名中没有聊天名称：追加之前请用 --chat NAME 指明，否则两个聊天会并成一个",
                )
            )
        self.group = title or "\0whatsapp"
        self.collector.group(self.group, kind="chat", roster="partial")

    def _pass(self, survey: _Survey) -> None:
        """Hand over every record."""
        collector, clock, times, days = self.collector, self.clock, self.times, self.days
        head, order = survey.pattern.match, survey.order
        at, rest = 0, ""
        ends = " - " if survey.pattern is DASH else "] "
        prefix, day, ahead = "\0", None, None
        more: list[str] | None = None  # the record whose last line has not come yet
        number = 0
        for lines in self.source.blocks():
            for line in lines:
                number += 1
                time = None
                if line.startswith(prefix):  # the day of the line before: no need to look closely
                    middle, found, follows = line[len(prefix) :].partition(ends)
                    time = times.get(middle) if found else None
                if time is None and (match := head(line)) is not None:
                    date, middle, follows = match.groups()
                    time = times[middle] if middle in times else self._time(middle)
                    if time is not None:
                        prefix = line[: match.end(1)]
                        day = days[date] if date in days else self._day(date, order)
                        ahead = None if day is None else clock.offset_of(day // DAY_US, line=number)
                if time is not None:
                    if more is not None:
                        self._close(at, rest, more)
                        more = None
                    collector.record()
                    if time == UNKNOWN:
                        collector.skipped("time of day that cannot be read", number)
                    elif day is None:
                        collector.skipped("no such day", number)
                    else:
                        wall, rest = day + time, follows
                        at = clock.utc(wall, line=number) if ahead is None else wall - ahead
                        more = []
                    continue
                if more is not None:
                    more.append(line)
                else:
                    self._stray(line, number)
        if more is not None:
            self._close(at, rest, more)

    def _stray(self, line: str, number: int) -> None:
        if line and not line.isspace():
            self.collector.record()
            self.collector.skipped("no record that the line could belong to", number)

    def _day(self, date: str, order: str) -> int | None:
        if len(self.days) > MOST_CACHED:
            self.days.clear()
        day = read_day(numbers_of(date), order)
        found = self.days[date] = None if day is None else (day - EPOCH_DAY) * DAY_US
        return found

    def _close(self, at: int, rest: str, more: list[str]) -> None:
        """Hand over a record that is whole."""
        sender, colon, text = rest.partition(": ")
        person = self.people.get(sender) if colon else None
        if person is None:
            person, text = self._meet(rest, at)
            if person is None:
                return
        first = text
        if more:
            text = "\n".join((text, *more))
        if (
            first.startswith(UNUSUAL)
            or first.endswith((">", ")"))
            or text.endswith(">")
            or APP in text
            or text in DELETED_AS_WRITTEN
            or "ttp" in first[:30]
        ):
            self._unusual(person, text, at)
        elif self.pair or "@\u2068" in text:
            self._message(person, at, text, "text")
        else:
            self.collector.message(None, person, at, group=self.group, text=text)

    def _meet(self, rest: str, at: int) -> tuple[str | None, str]:
        """Tell a sender who was not met before from a line of the app."""
        plain = rest.translate(MARKS).strip()
        told = read_system_line(plain)
        if told is not None:
            self._system(told, at)
            return None, ""
        if self.collector.records <= FIRST_RECORDS and other_kind(plain) == "encryption":
            self.collector.other_system("encryption")
            return None, ""
        sender, colon, text = rest.partition(":")
        spaced = rest.partition(": ")
        if spaced[1]:
            sender, colon, text = spaced
        elif colon and text and self._name(sender) not in self.known:
            colon = ""  # a line of the app with a colon in it
        name = self._name(sender)
        if not colon or not name or len(name) > 120 or any(quote in name for quote in '"“”«»「'):
            self.collector.other_system(other_kind(plain))
            return None, ""
        self.people[sender] = name
        self.known.add(name)
        return name, text

    def _unusual(self, person: str, text: str, at: int) -> None:
        """Take a message that may be more than words: media, deleted, edited, of the app."""
        from_app = text.startswith(APP)
        plain = text.translate(MARKS).strip() if not text.isascii() else text.strip()
        if from_app:
            told = read_system_line(plain)
            if told is not None:
                self._system(told, at)
                return
        folded = plain.lower().rstrip(".。")
        if folded in DELETED:
            if folded in DELETED_BY_ME and self.me is None:
                self.me = person
            self._message(person, at, None, "deleted")
            return
        first, _, caption = plain.partition("\n")
        kind = kind_of_media(first, from_app=from_app)
        if kind is None and APP in text[1:]:  # iOS: a caption before what is attached
            before, _, after = text.rpartition(APP)
            kind = kind_of_media(after.translate(MARKS).strip(), from_app=True)
            caption = before.translate(MARKS).strip() if kind else caption
        if kind is not None:
            self._message(person, at, caption or None, kind)
        elif folded.startswith(PLACES):
            self._message(person, at, None, "location")
        elif from_app and plain.startswith(POLLS):
            self._message(person, at, plain, "poll")
        elif from_app:
            self._of_app(person, plain, at)
        else:
            edited = EDITED.search(plain)
            if edited and is_edited(edited[0]):
                text = plain[: edited.start()]
            self._message(person, at, text, "text")

    def _of_app(self, person: str, plain: str, at: int) -> None:
        """Count what the app wrote in somebody's name and we do not know."""
        what = other_kind(plain)
        if what == "call" and self.group is None:
            self._message(person, at, None, "call")
        else:
            self.collector.other_system(what)

    def _message(self, person: str, at: int, text: str | None, kind: str) -> None:
        recipient = None
        if self.pair:
            recipient = self.pair[1] if person == self.pair[0] else self.pair[0]
        mentions: list[str] = []
        if text is not None and "@\u2068" in text:
            mentions = [self._name(name) for name in MENTION.findall(text)]
        self.collector.message(
            None,
            person,
            at,
            group=self.group,
            recipient=recipient,
            kind=kind,
            text=text,
            mentions=mentions,
        )

    def _system(self, told: Line, at: int) -> None:
        """Hand over who came and went."""
        group = self.group
        if group is None:
            self.collector.other_system("number changed" if told.change == "number" else "private")
            return
        who = self._you() if told.you_act else self._known(told.who)
        if told.change == "number":
            new = self._known(told.whom)
            if who and new:
                self.collector.same(who, new)
            self.collector.other_system("number changed")
        elif told.change == "created":
            self.collector.group(group, created_at=at)
            if who:
                self.collector.joined(group, who, at, via="created")
        elif told.change == "joined" and who:
            self.collector.joined(group, who, at, via="link")
        elif told.change == "left" and who:
            self.collector.left(group, who, at)
        else:
            self._of_others(told, who, at)

    def _of_others(self, told: Line, who: str | None, at: int) -> None:
        names = [] if told.you_concerned else split_names(told.whom or "", self.known)
        concerned = [self._name(name) for name in names if not is_you(name)]
        if told.you_concerned or len(concerned) < len(names):
            concerned.append(self._you())
        if not concerned:
            self.collector.other_system("not recognised")
        for name in concerned:
            if told.change == "added":
                self.collector.joined(self.group, name, at, via="invited", invited_by=who)
            else:
                self.collector.left(self.group, name, at, removed_by=who)

    def _you(self) -> str:
        """Stand in for whoever exported, until their name is known."""
        self.you_used = True
        return f"\0you\0{self.title}"

    def _tell_you(self) -> None:
        if not self.you_used:
            return
        if self.me is not None:
            self.collector.same(self._you(), self.me)
            return
        self.collector.note(
            Text(
                'whoever exported is "you" in lines of the app, and a person of another name '
                "where they write: say --me NAME, or they count twice",
                "导出者在系统消息中是“你”，发言时却用另一名字：请用 --me NAME 指明，否则算作两人",
            )
        )

    def _known(self, name: str | None) -> str | None:
        return None if name is None else self._name(name) or None

    def _name(self, raw: str) -> str:
        """Give a name without marks and the ``~`` of strangers; of a number its digits."""
        name = clean_name(raw).removeprefix("~").strip().strip('"“”„')
        if NUMBER.fullmatch(name):
            return "+" + "".join(digit for digit in name if digit.isdigit())
        return name


FORMAT = Format(
    name="whatsapp",
    title=Text("WhatsApp", "WhatsApp"),
    read=read,
    sniff=sniff,
    covers=("joining", "leaving"),  # private where two people are: the collector sees to it
    local_times=True,
    day_order=True,
)
