"""QQ: the text that its message manager exports (``.txt``), of one chat or of all.

A header names the category and the chat; then each message is a line of time and sender, the
words on the next lines, and an empty line::

    2019-09-23 8:43:38 PM 【管理员】Ana(10001)
    tea?

Members are not listed, so the roster is partial. Lines of the system tell who joined, left or was
removed. Replies in groups are inferred from who is addressed (see ``smallnet.importers.replies``).
A chat is private if no such line, no title and at most two writers are in it, and its
category does not call it a group. The page export (``.mht``) holds the same in a form that has no
ids, and the old ``.bak`` is encrypted: export as text. Nothing is decrypted here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from smallnet.errors import InputError
from smallnet.importers.clock import local_us
from smallnet.importers.collecting import Collector
from smallnet.importers.format import Format, Options
from smallnet.importers.group_notices import YOU, qq_notice
from smallnet.importers.replies import Talk, note_rule
from smallnet.importers.source import Source
from smallnet.tables import Text

__all__ = ["FORMAT"]

TITLE = "此消息记录为文本格式"
RULE = re.compile(r"={20,}")
CATEGORY = re.compile(r"消息分组[:：](.*)")
OBJECT = re.compile(r"消息对象[:：](.*)")
HEADING = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2}) (上午|下午)?\s?(\d{1,2}):(\d{2}):(\d{2})"
    r"(?: ([AP]M|上午|下午))? "
    r"(【[^】]{0,40}】)?(.{0,200}?)(?:\((\d{4,12})\)|<([^<>\s]{3,100}@[^<>\s]{1,100})>)?\s*"
)
SYSTEM_IDS = {"10000", "1000000", "10000000", "80000000"}
SYSTEM_NAMES = {"系统消息", "系统消息(10000)"}
ANONYMOUS = "80000000"
PLACEHOLDERS = {
    "图片": "image", "表情": "sticker", "语音": "audio", "视频": "video", "文件": "file",
    "QQ红包": "redpacket", "红包": "redpacket", "分享": "link", "群签到": "media",
}  # fmt: skip
PLACEHOLDER = re.compile(r"\[([^\]\[]{1,12})\](?:.{0,200})")


@dataclass(frozen=True)
class _Act:
    line: int
    at: int | None
    chat: str
    sender: str
    name: str | None
    text: str
    system: bool
    titled: bool


@dataclass
class _Chat:
    """What a first reading tells of a chat."""

    group: bool = False
    writers: set[str] = field(default_factory=set)
    talk: Talk = field(default_factory=Talk)

    def see(self, act: _Act) -> None:
        """Look at one act."""
        if act.system:
            self.group = self.group or qq_notice(act.text).kind in ("join", "leave")
        else:
            self.group = self.group or act.titled
            if len(self.writers) < 3:
                self.writers.add(act.sender)

    @property
    def private(self) -> bool:
        """Tell whether it is between two people."""
        return not self.group and len(self.writers) <= 2


def read(source: Source, collector: Collector, options: Options) -> None:
    """Hand over the messages of one file, or of all text files in a zip or folder."""
    members = list(source.members("*.txt")) if source.is_container else [source]
    for member in members:
        head = member.head()
        if b"multipart/related" in head[:4000] or b"\0" in head[:4] or member.name.endswith(".bak"):
            msg = (
                f"{member.label} is a page (.mht) or encrypted (.bak), expected the text (.txt) of "
                "QQ's message manager: smallnet decrypts nothing"
            )
            raise InputError(msg)
        chats: dict[str, _Chat] = {}
        for act in _acts(member, None, options):
            known = chats.setdefault(act.chat, _Chat(group=act.chat.startswith("group\0")))
            known.see(act)
        if options.me:
            collector.person(options.me, name=YOU)
        for act in _acts(member, collector, options):
            _take(act, chats[act.chat], collector)
        note_rule(sum(chat.talk.inferred for chat in chats.values()), collector)


def _take(act: _Act, chat: _Chat, collector: Collector) -> None:
    if act.at is None:
        collector.skipped("no time, or none that can be", act.line)
        return
    group = None if chat.private else act.chat
    if group:
        collector.group(group, kind="group", roster="partial")
    if act.system:
        notice = qq_notice(act.text)
        if group is None or notice.kind not in ("join", "leave"):
            collector.other_system(notice.kind if group else "other notice")
            return
        collector.covers("joining" if notice.kind == "join" else "leaving")
        if notice.kind == "join":
            who, by = notice.people[0], notice.by
            collector.joined(group, who, act.at, via=notice.via, invited_by=by)
        else:
            collector.left(group, notice.people[0], act.at, removed_by=notice.by)
        return
    collector.person(act.sender, name=act.name)
    found = PLACEHOLDER.fullmatch(act.text.strip())
    kind = PLACEHOLDERS.get(found[1], "text") if found and "\n" not in act.text.strip() else "text"
    if kind != "text" and not act.text.strip().endswith("]"):
        kind = "text"  # a picture among words
    others = sorted(chat.writers - {act.sender})
    key = answered = addressee = None
    if group:
        chat.talk.people[(act.name or act.sender).casefold()] = act.sender
        key, answered, addressee = chat.talk.take(act.sender, act.at, act.text)
    collector.message(
        key,
        act.sender,
        act.at,
        group=group,
        recipient=None if group else (others[0] if others else act.chat),
        kind=kind,
        text=act.text if kind in ("text", "link") else None,
        reply_to=answered,
        reply_inferred=answered is not None,
        mentions=() if addressee is None else (addressee,),
    )


def _acts(source: Source, collector: Collector | None, options: Options) -> Iterator[_Act]:
    """Give the acts of a file; without a collector nothing is announced or skipped."""
    reader = _Reader(options, collector)
    for number, line in source.lines():
        yield from reader.take(number, line)
        if reader.stray and collector is not None:
            collector.record()
            collector.skipped("a line before the first message", number)
        if reader.began and collector is not None:
            collector.record()
    yield from reader.flush()


class _Reader:
    """Puts lines together to messages."""

    def __init__(self, options: Options, collector: Collector | None) -> None:
        self.fixed, self.collector = options.chat, collector
        self.category, self.object = "", options.chat or "chat"
        self.head: tuple[int, re.Match[str]] | None = None
        self.words: list[str] = []
        self.fresh = True  # an empty line or a rule before
        self.stray = self.began = False

    def take(self, number: int, line: str) -> Iterator[_Act]:
        """Take a line; give the message that it ends."""
        self.stray = self.began = False
        line = line.rstrip()
        fresh, self.fresh = self.fresh, not line or RULE.fullmatch(line) is not None
        if RULE.fullmatch(line):
            yield from self.flush()
            return
        found = HEADING.fullmatch(line) if line[:2].isdigit() else None
        if found and (fresh or found[11] or found[12]):
            yield from self.flush()
            self.head, self.began = (number, found), True
        elif self.head is not None:
            self.words.append(line)
        else:
            self.header(line)

    def header(self, line: str) -> None:
        """Take a line of the header of a chat."""
        category, chat = CATEGORY.fullmatch(line), OBJECT.fullmatch(line)
        if category:
            self.category = category[1].strip()
        elif chat:
            self.object = self.fixed or chat[1].strip()
        else:
            self.stray = bool(line) and TITLE not in line

    def flush(self) -> Iterator[_Act]:
        """Give the message that is complete."""
        if self.head is None:
            return
        (number, found), words = self.head, self.words
        self.head, self.words = None, []
        name, who = found[10].strip(), found[11] or found[12]
        system = who in SYSTEM_IDS - {ANONYMOUS} or (who is None and name in SYSTEM_NAMES)
        grouped = self.fixed or "群" in self.category
        yield _Act(
            line=number,
            at=self.moment(found, number),
            chat=f"group\0{self.object}" if grouped else self.object,
            sender=name if who in (None, ANONYMOUS) else who,
            name=name if who and who != ANONYMOUS else None,
            text="\n".join(words).strip("\n"),
            system=system,
            titled=found[9] is not None,
        )

    def moment(self, found: re.Match[str], number: int) -> int | None:
        """Give the moment of a heading; None if there is no such time."""
        hour, half = int(found[5]), found[4] or found[8]
        if half is not None:
            if not 1 <= hour <= 12:
                return None
            hour = hour % 12 + (12 if half in ("PM", "下午") else 0)
        try:
            local = local_us(
                int(found[1]), int(found[2]), int(found[3]), hour, int(found[6]), int(found[7])
            )
        except ValueError:
            return None
        return 0 if self.collector is None else self.collector.clock.utc(local, line=number)


def sniff(name: str, head: bytes) -> bool:
    """Know the title that QQ puts above its texts."""
    for encoding in ("utf-8", "utf-16", "gb18030"):
        if TITLE in head.decode(encoding, "ignore"):
            return True
    return False


FORMAT = Format(
    name="qq",
    title=Text(en="QQ text export", zh="QQ 文本导出"),
    read=read,
    sniff=sniff,
    covers=(),
    may_cover=("joining", "leaving", "private"),
    local_times=True,
)
