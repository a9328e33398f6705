"""What WeChat and QQ tell in grey letters: who came, who brought them, who went."""

import re
from dataclasses import dataclass

__all__ = ["YOU", "Notice", "qq_notice", "wechat_notice"]

YOU = "\0you"  # whoever exported the chat
QUOTED = r'(?:[“"「]([^”"」]{1,200})[”"」]|(你(?!们)|You|you))'
SOMEBODY = re.compile(QUOTED)
NAMED = r"(\S(?:.{0,60}?\S)?)"
NUMBER = re.compile(r"[(（](\d{4,12})[)）]\s*$")
WECHAT: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "scan",
        re.compile(
            rf"\s*{QUOTED}\s*(?:通过扫描|joined (?:the )?group(?: chat)? via (?:the )?QR code)"
            rf"(?:[^“\"「你]*?{QUOTED})?.*"
        ),
    ),
    (
        "invite",
        re.compile(
            rf"\s*{QUOTED}\s*(?:邀请|invited)\s*(.+?)\s*(?:加入了?群聊|(?:in)?to (?:the|a) group).*"
        ),
    ),
    (
        "remove",
        re.compile(
            rf"\s*{QUOTED}\s*(?:将|把|removed)\s*{QUOTED}\s*(?:移出了?群聊|from the group).*"
        ),
    ),
    (
        "removed",
        re.compile(
            rf"\s*{QUOTED}\s*(?:被|were removed from the group chat by)\s*{QUOTED}"
            r"(?:移出了?群聊)?.*"
        ),
    ),
    ("left", re.compile(rf"\s*{QUOTED}\s*(?:退出了?群聊|left the group).*")),
    ("joined", re.compile(rf"\s*{QUOTED}\s*(?:加入了?群聊|joined (?:the )?group).*")),
)
QQ: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("invite", re.compile(rf"{NAMED}\s*邀请\s*{NAMED}\s*加入(?:了)?(?:本群|群聊|群).*")),
    (
        "removed",
        re.compile(
            rf"{NAMED}\s*(?:已)?被\s*(?:管理员|群主)?\s*{NAMED}\s*(?:移出|移除|踢出)(?:了)?(?:本群|群聊|群).*"
        ),
    ),
    (
        "remove",
        re.compile(
            rf"(?:管理员|群主)?\s*{NAMED}\s*将\s*{NAMED}\s*(?:移出|移除|踢出)(?:了)?(?:本群|群聊|群).*"
        ),
    ),
    ("left", re.compile(rf"{NAMED}\s*(?:已)?(?:退出|离开)(?:了)?(?:本群|群聊|群|该群).*")),
    ("joined", re.compile(rf"{NAMED}\s*(?:已)?加入(?:了)?(?:本群|群聊|该群).*")),
)
OTHERS = (
    ("message withdrawn", re.compile(r"撤回了?(?:一条|成员)?.*消息|recalled a message|revokemsg")),
    (
        "name changed",
        re.compile(r"修改(?:了)?群名|修改(?:了)?群聊名|changed the group name|群名(?:称)?"),
    ),
    ("red packet", re.compile(r"红包|Red Packet", re.IGNORECASE)),
    ("pat", re.compile(r"拍了拍|戳了戳|patted|tickled")),
    ("owner or manager changed", re.compile(r"群主|管理员|owner")),
    ("announcement", re.compile(r"公告|announcement", re.IGNORECASE)),
)


@dataclass(frozen=True)
class Notice:
    """What a line of the platform says.

    Attributes
    ----------
    kind : str
        ``join``, ``leave``, or what else it is about.
    people : tuple of str
        Who came or went: ids where the line holds them, else names; ``YOU`` is the exporter.
    by : str or None
        Who brought or removed them.
    via : str or None
        How they came.
    """

    kind: str
    people: tuple[str, ...] = ()
    by: str | None = None
    via: str | None = None


def wechat_notice(text: str) -> Notice:
    """Tell what a grey line of WeChat says.

    Examples
    --------
    >>> wechat_notice('"Ana"邀请"Ben、Cleo"加入了群聊')
    Notice(kind='join', people=('Ben', 'Cleo'), by='Ana', via='invited')
    >>> wechat_notice('"Dan"通过扫描"Ana"分享的二维码加入群聊')
    Notice(kind='join', people=('Dan',), by='Ana', via='link')
    >>> wechat_notice('"Cleo"退出了群聊').kind
    'leave'
    """
    text = text[:2000]
    for kind, pattern in WECHAT:
        found = pattern.fullmatch(text.strip())
        if not found:
            continue
        first = _who(found[1], found[2])
        if kind == "scan":
            by = _who(found[3], found[4]) if found[3] or found[4] else None
            return Notice("join", (first,), by, "link")
        if kind == "invite":
            people = [name for who in SOMEBODY.finditer(found[3]) for name in _names(who)]
            if people:
                return Notice("join", tuple(dict.fromkeys(people)), first, "invited")
        elif kind in ("remove", "removed"):
            second = _who(found[3], found[4])
            gone, by = (second, first) if kind == "remove" else (first, second)
            return Notice("leave", (gone,), by)
        else:
            return Notice("leave" if kind == "left" else "join", (first,))
    return _other(text)


def qq_notice(text: str) -> Notice:
    """Tell what a system line of QQ says.

    Examples
    --------
    >>> qq_notice("Ben(10002)加入本群。")
    Notice(kind='join', people=('10002',), by=None, via=None)
    >>> qq_notice("Ben被管理员Ana移出本群。")
    Notice(kind='leave', people=('Ben',), by='Ana', via=None)
    """
    text = text.strip().strip("。.!！").strip()
    if len(text) > 300 or "\n" in text:
        return _other(text)
    for kind, pattern in QQ:
        found = pattern.fullmatch(text)
        if not found:
            continue
        first = _numbered(found[1])
        if kind == "invite":
            return Notice("join", (_numbered(found[2]),), first, "invited")
        if kind in ("remove", "removed"):
            second = _numbered(found[2])
            gone, by = (second, first) if kind == "remove" else (first, second)
            return Notice("leave", (gone,), by)
        return Notice("leave" if kind == "left" else "join", (first,))
    return _other(text)


def _other(text: str) -> Notice:
    for kind, pattern in OTHERS:
        if pattern.search(text[:500]):
            return Notice(kind)
    return Notice("other notice")


def _who(name: str | None, you: str | None) -> str:
    return YOU if you else (name or "")


def _names(found: re.Match[str]) -> list[str]:
    """Give the names in one pair of quotation marks: WeChat puts ``、`` between them."""
    if found[2]:
        return [YOU]
    return [name.strip() for name in re.split("[、,]", found[1]) if name.strip()]


def _numbered(name: str) -> str:
    """Give the number behind a name, else the name without its quotation marks."""
    found = NUMBER.search(name)
    return found[1] if found else name.strip().strip('“”"「」')
