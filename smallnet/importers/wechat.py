"""WeChat: the tables and texts that users already hold of their own chats.

Nothing is decrypted here, ever: WeChat keeps its messages in an encrypted database, and smallnet
neither opens it nor helps to. What is read are files that somebody made from their own account:

- CSV of MemoTrace (WeChatMsg): ``localId,TalkerId,Type,SubType,IsSender,CreateTime,…,Sender``;
- CSV of chatlog: ``Time,SenderName,Sender,TalkerName,Talker,Content``;
- text: ``2024-05-01 12:00:00 Ana`` or ``Ana 2024-05-01 12:00:00`` above the words and after an
  empty line, or ``Ana(2024-05-01 12:00:00):words``;
- HTML of MemoTrace (its ``chatMessages``).

Grey lines tell who joined (invited by whom, or by a scanned code), left or was removed. Members
are not listed, so the roster is partial and readers who never wrote are known only by such lines.
A chat is private if no grey line of a group, no ``@chatroom`` and at most two writers are in it.
"""

import csv
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from smallnet.errors import InputError
from smallnet.importers.clock import epoch_us, local_us
from smallnet.importers.collecting import Collector
from smallnet.importers.format import Format, Options
from smallnet.importers.group_notices import YOU, wechat_notice
from smallnet.importers.source import Source
from smallnet.tables import Text

__all__ = ["FORMAT"]

MEMOTRACE = {"localid", "talkerid", "type", "createtime", "strcontent"}
CHATLOG = {"time", "sender", "talker", "content"}
LONGEST_FIELD = 2**22
TYPES = {
    1: "text", 3: "image", 34: "audio", 42: "contact", 43: "video", 47: "sticker", 48: "location",
    50: "call", 62: "video", 66: "contact",
}  # fmt: skip
PARTS = {5: "link", 6: "file", 8: "sticker", 57: "text", 2000: "transfer", 2001: "redpacket"}
APP, SYSTEM, REVOKED = 49, 10_000, 10_002
PLACEHOLDERS = {
    "图片": "image", "语音": "audio", "视频": "video", "表情": "sticker", "动画表情": "sticker",
    "文件": "file", "链接": "link", "位置": "location", "名片": "contact", "红包": "redpacket",
    "微信红包": "redpacket", "转账": "transfer", "语音通话": "call", "视频通话": "call",
}  # fmt: skip
PLACEHOLDER = re.compile(r"!?\[([^\]|\[]{1,8})(?:\|[^\]]*)?\](?:\([^)]*\))?\s*")
TIME = r"(\d{4})[-/](\d{1,2})[-/](\d{1,2}) (\d{1,2}):(\d{2})(?::(\d{2}))?"
TIME_FIRST = re.compile(rf"{TIME}\s+(\S.{{0,200}}?)\s*[:：]?\s*")
NAME_FIRST = re.compile(rf"(\S.{{0,200}}?)\s+{TIME}\s*")
NAME_BESIDE = re.compile(rf"(\S.{{0,200}}?)\({TIME}\)[:：]\s?(.*)")
ITEM = re.compile(r"\{\s*[\"']?type[\"']?\s*:\s*\d")
FIELD = re.compile(
    r"[\"']?(type|text|is_send|timestamp|is_chatroom|displayname|displayName|content)[\"']?\s*:\s*"
    r"(?:(-?\d+)|'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")"
)
ENCRYPTED = (b"SQLite format 3\0",)
SYSTEM_SENDERS = {"系统消息", "系统", "system", "10000", ""}


@dataclass(frozen=True)
class _Act:
    """One message or grey line, of whichever layout."""

    line: int
    at: int | None
    chat: str
    sender: str
    text: str
    kind: str = "text"  # or ``system``
    id: str | None = None
    name: str | None = None
    mine: bool = False


@dataclass
class _Chat:
    """What a first reading tells of a chat."""

    group: bool = False
    writers: set[str] = field(default_factory=set)

    def see(self, act: _Act) -> None:
        """Look at one act."""
        if act.kind == "system":
            self.group = self.group or wechat_notice(act.text).kind in ("join", "leave")
        elif len(self.writers) < 3:
            self.writers.add(YOU if act.mine else act.sender)

    @property
    def private(self) -> bool:
        """Tell whether it is between two people."""
        return not self.group and len(self.writers) <= 2


def read(source: Source, collector: Collector, options: Options) -> None:
    """Hand over the acts of one file, or of all files in a zip or folder."""
    members = [source]
    if source.is_container:
        members = [
            m
            for m in source.members()
            if m.name.lower().endswith((".csv", ".txt", ".html", ".htm"))
        ]
    for member in members:
        _read_file(member, collector, options)


def _read_file(source: Source, collector: Collector, options: Options) -> None:
    head = source.head()
    if head.startswith(ENCRYPTED) or _is_noise(head):
        msg = (
            f"{source.label} is a database or encrypted, expected a text, CSV or HTML file: "
            "smallnet decrypts nothing"
        )
        raise InputError(msg)
    chats: dict[str, _Chat] = {}
    for act in _acts(source, collector, options, count=False):
        known = chats.setdefault(act.chat, _Chat(group=act.chat.endswith("@chatroom")))
        known.see(act)
    if options.chat:
        for known in chats.values():
            known.group = True
    if options.me:
        collector.person(options.me, name=YOU)
    told: set[str] = set()
    for act in _acts(source, collector, options, count=True):
        _take(act, chats[act.chat], told, collector)


def _take(act: _Act, chat: _Chat, told: set[str], collector: Collector) -> None:
    if act.at is None:
        collector.skipped("no time, or none that can be", act.line)
        return
    if act.mine and act.sender != YOU:
        collector.person(act.sender, name=YOU)
    if act.name:
        collector.person(act.sender, name=act.name)
    group = None if chat.private else act.chat
    if group is not None and group not in told:
        told.add(group)
        collector.group(group, kind="group", roster="partial")
    if act.kind == "system":
        _notice(act, group, collector)
        return
    others = sorted(chat.writers - {YOU if act.mine else act.sender})
    to = others[0] if others else act.chat if act.mine else YOU
    collector.message(
        act.id,
        act.sender,
        act.at,
        group=group,
        recipient=None if group else to,
        kind=act.kind,
        text=act.text if act.kind in ("text", "link") else None,
    )


def _notice(act: _Act, group: str | None, collector: Collector) -> None:
    notice = wechat_notice(act.text)
    if act.at is None or group is None or notice.kind not in ("join", "leave"):
        collector.other_system(
            notice.kind if notice.kind not in ("join", "leave") else "other notice"
        )
        return
    for who in notice.people:
        if notice.kind == "join":
            collector.joined(group, who, act.at, via=notice.via, invited_by=notice.by)
        else:
            collector.left(group, who, act.at, removed_by=notice.by)


def _acts(source: Source, collector: Collector, options: Options, *, count: bool) -> Iterator[_Act]:
    """Give the acts of a file; announce and skip records only where ``count`` says so."""
    head = source.head()
    columns = _columns(head)
    if columns:
        yield from _csv_acts(source, collector, columns, count=count)
    elif b"chatMessages" in head or head.lstrip()[:1] == b"<":
        yield from _html_acts(source, collector, options, count=count)
    else:
        yield from _text_acts(source, collector, options, count=count)


def _columns(head: bytes) -> dict[str, int] | None:
    """Give the columns of a CSV in a layout that is known."""
    for encoding in ("utf-8-sig", "utf-16", "gb18030"):
        try:
            first = head.decode(encoding, "strict" if encoding == "utf-16" else "ignore").partition(
                "\n"
            )[0]
        except UnicodeDecodeError:
            continue
        names = [
            name.strip().strip('"').lower() for name in first.strip().lstrip("\ufeff").split(",")
        ]
        if any(known.issubset(names) for known in (MEMOTRACE, CHATLOG)):
            return {name: number for number, name in reversed(list(enumerate(names)))}
    return None


def _csv_acts(
    source: Source, collector: Collector, columns: Mapping[str, int], *, count: bool
) -> Iterator[_Act]:
    before = csv.field_size_limit(LONGEST_FIELD)
    rows = csv.reader((line + "\n" for _, line in source.lines()), strict=True)
    make = _memotrace if "strcontent" in columns else _chatlog
    try:
        header = True
        while True:
            line = rows.line_num + 1
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error:
                row = []
                if header:
                    raise
                reason = "a torn row"
            else:
                if header or not row:
                    header = False
                    continue
                reason = "a row of another length" if len(row) != len(columns) else ""
            if count:
                collector.record()
                if reason:
                    collector.skipped(reason, line)
            if not reason:
                yield make({name: row[n] for name, n in columns.items()}, line, collector)
    finally:
        csv.field_size_limit(before)


def _memotrace(row: Mapping[str, str], line: int, collector: Collector) -> _Act:
    kind, part = _int(row["type"]), _int(row.get("subtype", ""))
    text = row["strcontent"].rstrip("\n")
    mine = row.get("issender") == "1"
    sender = row.get("sender") or row.get("remark") or row.get("nickname") or ""
    word = "system" if kind in (SYSTEM, REVOKED) else TYPES.get(kind or 0, "media")
    if kind == APP:
        word = PARTS.get(part or 0, "link" if "://" in text else "file")
    return _Act(
        line=line,
        at=_epoch(row["createtime"]),
        chat=row["talkerid"],
        sender=sender or (YOU if mine else "\0unknown"),
        text=text,
        kind=word,
        id=f"{row['localid']} {row['createtime']}" if row["localid"] else None,
        name=row.get("remark") or row.get("nickname") or None,
        mine=mine,
    )


def _chatlog(row: Mapping[str, str], line: int, collector: Collector) -> _Act:
    sender, name = row["sender"].strip(), row.get("sendername", "").strip()
    text = row["content"].rstrip("\n")
    system = sender in SYSTEM_SENDERS and name in SYSTEM_SENDERS
    kind, text = ("system", text) if system else _placeholder(text)
    mine = sender == "我"
    return _Act(
        line=line,
        at=_wall(row["time"].strip(), line, collector),
        chat=row["talker"],
        sender=YOU if mine else sender or name,
        text=text,
        kind=kind,
        id=row.get("messageid") or None,
        name=None if system or name == sender else name or None,
        mine=mine,
    )


def _text_acts(
    source: Source, collector: Collector, options: Options, *, count: bool
) -> Iterator[_Act]:
    chat = options.chat or _stem(source.name)
    head: tuple[int, int | None, str] | None = None
    words: list[str] = []
    fresh = True  # nothing or an empty line before
    for number, line in source.lines():
        found = _heading(line, fresh=fresh)
        fresh = not line.strip()
        if found is None:
            if head is not None:
                words.append(line)
            elif line.strip() and count:
                collector.record()
                collector.skipped("a line before the first message", number)
            continue
        if head is not None:
            yield _text_act(head, words, chat)
        name, wall, rest = found
        if count:
            collector.record()
        try:
            at = collector.clock.utc(local_us(*wall), line=number)
        except InputError:
            raise
        except ValueError:
            at = None
        head, words = (number, at, name), [rest] if rest else []
    if head is not None:
        yield _text_act(head, words, chat)


def _heading(line: str, *, fresh: bool) -> tuple[str, tuple[int, ...], str] | None:
    """Give name, time and words of a line that begins a message."""
    if not any(mark in line for mark in ("-", "/")) or len(line) > 5000:
        return None
    found = TIME_FIRST.fullmatch(line) if fresh else None
    if found:
        return found[7], _numbers(found.groups()[:6]), ""
    found = NAME_BESIDE.fullmatch(line)
    if found:
        return found[1], _numbers(found.groups()[1:7]), found[8]
    found = NAME_FIRST.fullmatch(line) if fresh else None
    if found:
        return found[1], _numbers(found.groups()[1:7]), ""
    return None


def _text_act(head: tuple[int, int | None, str], words: list[str], chat: str) -> _Act:
    line, at, name = head
    number = re.fullmatch(r"(.*)\((\S{4,40})\)", name)
    sender = number[2] if number else name
    text = "\n".join(words).strip("\n")
    if name in SYSTEM_SENDERS or sender in SYSTEM_SENDERS:
        return _Act(line, at, chat, name, text, "system")
    kind, text = _placeholder(text)
    mine = sender == "我"
    nick = number[1] if number else None
    return _Act(line, at, chat, YOU if mine else sender, text, kind, None, nick or None, mine)


def _html_acts(
    source: Source, collector: Collector, options: Options, *, count: bool
) -> Iterator[_Act]:
    chat = options.chat or _stem(source.name)
    rest, number = "", 0
    any_item = False
    for lines in source.blocks():
        rest += "\n".join(lines) + "\n"
        starts = [found.start() for found in ITEM.finditer(rest)]
        for start, end in itertools.pairwise(starts):
            any_item = True
            yield from _html_act(
                rest[start:end],
                number + rest.count("\n", 0, start) + 1,
                chat,
                collector,
                count=count,
            )
        keep = starts[-1] if starts else max(0, len(rest) - 200)
        number += rest.count("\n", 0, keep)
        rest = rest[keep:][:LONGEST_FIELD]
    if ITEM.match(rest):
        any_item = True
        yield from _html_act(rest, number + 1, chat, collector, count=count)
    if not any_item:
        msg = f"{source.label} holds no chatMessages, expected an HTML export of MemoTrace"
        raise InputError(msg)


def _html_act(
    item: str, line: int, chat: str, collector: Collector, *, count: bool
) -> Iterator[_Act]:
    fields: dict[str, str] = {}
    for found in FIELD.finditer(item[:LONGEST_FIELD]):
        fields.setdefault(found[1].lower(), found[2] or found[3] or found[4] or "")
    if count:
        collector.record()
    if "timestamp" not in fields:
        if count:
            collector.skipped("a message without a time", line)
        return
    kind = TYPES.get(
        _int(fields["type"]) or 0, "system" if fields["type"] in ("0", "10000") else "media"
    )
    mine = fields.get("is_send") == "1"
    text = fields.get("text") or fields.get("content") or ""
    text = re.sub(r"<br\s*/?>|\\n", "\n", text)
    text = re.sub(r"<[^>]{0,2000}>", "", text).replace("\\'", "'").replace('\\"', '"')
    name = fields.get("displayname") or ""
    yield _Act(
        line,
        _epoch(fields["timestamp"]),
        chat,
        name or (YOU if mine else "\0unknown"),
        text,
        kind,
        None,
        None,
        mine,
    )


def _placeholder(text: str) -> tuple[str, str]:
    """Tell a picture and the like, which texts show as ``[图片]``, from words."""
    found = PLACEHOLDER.fullmatch(text.strip())
    if found and found[1].strip() in PLACEHOLDERS:
        return PLACEHOLDERS[found[1].strip()], text if found[1].strip() == "链接" else ""
    if text.startswith("> "):  # what is quoted stands above the answer
        text = "\n".join(line for line in text.split("\n") if not line.startswith(">"))
    return "text", text


def _wall(text: str, line: int, collector: Collector) -> int | None:
    found = re.fullmatch(TIME, text)
    if not found:
        return None
    try:
        local = local_us(*_numbers(found.groups()))
    except ValueError:
        return None
    return collector.clock.utc(local, line=line)


def _numbers(words: tuple[str | None, ...]) -> tuple[int, ...]:
    return tuple(int(word or 0) for word in words)


def _epoch(word: str) -> int | None:
    try:
        return epoch_us(int(word))
    except (ValueError, OverflowError):
        return None


def _int(word: str) -> int | None:
    return int(word) if re.fullmatch(r"-?\d{1,12}", word.strip()) else None


def _stem(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0] or name


def _is_noise(head: bytes) -> bool:
    """Tell bytes that are no text: many of them are control characters."""
    if not head or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    control = sum(byte < 9 or 13 < byte < 32 for byte in head[:4096])
    return control > 0.05 * len(head[:4096]) and head[1::2].count(0) < 0.3 * len(head) / 2


def sniff(name: str, head: bytes) -> bool:
    """Know the tables by their columns, the page by its script; a text is not told by itself."""
    return _columns(head) is not None or (b"chatMessages" in head and b"<" in head[:200])


FORMAT = Format(
    name="wechat",
    title=Text(en="WeChat (text, CSV or HTML that you hold)", zh="微信（已有的文本、CSV 或 HTML）"),
    read=read,
    sniff=sniff,
    covers=("joining", "leaving"),
    local_times=True,
)
