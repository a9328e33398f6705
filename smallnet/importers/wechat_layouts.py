"""The layouts of WeChat chats that users hold, each read to the same acts."""

import csv
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from smallnet.errors import InputError
from smallnet.importers.clock import epoch_us, local_us
from smallnet.importers.collecting import Collector
from smallnet.importers.group_notices import YOU
from smallnet.importers.source import Source

__all__ = ["Act", "columns_of", "read_acts"]

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
SYSTEM_SENDERS = {"系统消息", "系统", "system", "10000", ""}


@dataclass(frozen=True)
class Act:
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


def read_acts(source: Source, collector: Collector | None, chat: str) -> Iterator[Act]:
    """Give the acts of a file.

    Parameters
    ----------
    source : Source
        The file.
    collector : Collector or None
        Where records are announced, and skipped if they are none; None to only look.
    chat : str
        Name of the chat where the file does not say it.
    """
    head = source.head()
    columns = columns_of(head)
    if columns:
        yield from _csv_acts(source, collector, columns)
    elif b"chatMessages" in head or head.lstrip()[:1] == b"<":
        yield from _html_acts(source, collector, chat)
    else:
        yield from _text_acts(source, collector, chat)


def columns_of(head: bytes) -> dict[str, int] | None:
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
    source: Source, collector: Collector | None, columns: Mapping[str, int]
) -> Iterator[Act]:
    before = csv.field_size_limit(LONGEST_FIELD)
    rows = csv.reader((line + "\n" for _, line in source.lines()), strict=True)
    make = _memotrace if "strcontent" in columns else _chatlog
    try:
        width = len(_header(rows, source))
        while True:
            line = rows.line_num + 1
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error:
                row, reason = [], "a torn row"
            else:
                if not row:
                    continue
                reason = "a row of another length" if len(row) != width else ""
            if collector is not None:
                collector.record()
                if reason:
                    collector.skipped(reason, line)
            if not reason:
                yield make({name: row[n] for name, n in columns.items()}, line, collector)
    finally:
        csv.field_size_limit(before)


def _header(rows: Iterator[list[str]], source: Source) -> list[str]:
    try:
        return next(rows)
    except (csv.Error, StopIteration):
        msg = f"{source.label}, line 1 is no header of a CSV, expected the names of the columns"
        raise InputError(msg) from None


def _memotrace(row: Mapping[str, str], line: int, _: Collector | None) -> Act:
    kind, part = _int(row["type"]), _int(row.get("subtype", ""))
    text = row["strcontent"].rstrip("\n")
    mine = row.get("issender") == "1"
    sender = row.get("sender") or row.get("remark") or row.get("nickname") or ""
    word = "system" if kind in (SYSTEM, REVOKED) else TYPES.get(kind or 0, "media")
    if kind == APP:
        word = PARTS.get(part or 0, "link" if "://" in text else "file")
    return Act(
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


def _chatlog(row: Mapping[str, str], line: int, collector: Collector | None) -> Act:
    sender, name = row["sender"].strip(), row.get("sendername", "").strip()
    text = row["content"].rstrip("\n")
    system = sender in SYSTEM_SENDERS and name in SYSTEM_SENDERS
    kind, text = ("system", text) if system else _placeholder(text)
    mine = sender == "我"
    return Act(
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


def _text_acts(source: Source, collector: Collector | None, chat: str) -> Iterator[Act]:
    head: tuple[int, int | None, str] | None = None
    words: list[str] = []
    fresh = True  # nothing or an empty line before
    for number, line in source.lines():
        found = _heading(line, fresh=fresh)
        fresh = not line.strip()
        if found is None:
            if head is not None:
                words.append(line)
            elif line.strip() and collector is not None:
                collector.record()
                collector.skipped("a line before the first message", number)
            continue
        if head is not None:
            yield _text_act(head, words, chat)
        name, wall, rest = found
        if collector is not None:
            collector.record()
        at = _moment(wall, number, collector)
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


def _text_act(head: tuple[int, int | None, str], words: list[str], chat: str) -> Act:
    line, at, name = head
    number = re.fullmatch(r"(.*)\((\S{4,40})\)", name)
    sender = number[2] if number else name
    text = "\n".join(words).strip("\n")
    if name in SYSTEM_SENDERS or sender in SYSTEM_SENDERS:
        return Act(line, at, chat, name, text, "system")
    kind, text = _placeholder(text)
    mine = sender == "我"
    nick = number[1] if number else None
    return Act(line, at, chat, YOU if mine else sender, text, kind, None, nick or None, mine)


def _html_acts(source: Source, collector: Collector | None, chat: str) -> Iterator[Act]:
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
            )
        keep = starts[-1] if starts else max(0, len(rest) - 200)
        number += rest.count("\n", 0, keep)
        rest = rest[keep:][:LONGEST_FIELD]
    if ITEM.match(rest):
        any_item = True
        yield from _html_act(rest, number + 1, chat, collector)
    if not any_item:
        msg = f"{source.label} holds no chatMessages, expected an HTML export of MemoTrace"
        raise InputError(msg)


def _html_act(item: str, line: int, chat: str, collector: Collector | None) -> Iterator[Act]:
    fields: dict[str, str] = {}
    for found in FIELD.finditer(item[:LONGEST_FIELD]):
        fields.setdefault(found[1].lower(), found[2] or found[3] or found[4] or "")
    if collector is not None:
        collector.record()
    if "timestamp" not in fields:
        if collector is not None:
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
    yield Act(
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


def _wall(text: str, line: int, collector: Collector | None) -> int | None:
    found = re.fullmatch(TIME, text)
    return _moment(_numbers(found.groups()), line, collector) if found else None


def _moment(wall: tuple[int, ...], line: int, collector: Collector | None) -> int | None:
    """Give the moment of a wall-clock time; None if there is none, 0 if it is not asked for."""
    try:
        local = local_us(*wall)
    except ValueError:
        return None
    return 0 if collector is None else collector.clock.utc(local, line=line)


def _numbers(words: tuple[str | None, ...]) -> tuple[int, ...]:
    return tuple(int(word or 0) for word in words)


def _epoch(word: str) -> int | None:
    try:
        return epoch_us(int(word))
    except (ValueError, OverflowError):
        return None


def _int(word: str) -> int | None:
    return int(word) if re.fullmatch(r"-?\d{1,12}", word.strip()) else None
