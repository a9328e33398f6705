"""What one line of an IRC log says, in any of the usual layouts."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

__all__ = ["DATED", "NAME_DATE", "NICK_FOLD", "STAMP", "Line", "channel_of", "month_of", "parse"]

MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
NICK_FOLD = str.maketrans("[]\\~", "{}|^")  # the same letters in nicks: RFC 1459, 2.2
STAMP = re.compile(
    r"\[?(?:(?P<date>\d{4}-\d\d-\d\d)[ T]|(?P<mon>[A-Z][a-z]{2})\s{1,2}(?P<day>\d{1,2}) )?"
    r"(?P<h>\d\d):(?P<m>\d\d)(?::(?P<s>\d\d)(?:\.\d{1,9})?)?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?\]?(?=[\s<])"
)
DATED = re.compile(  # lines by which a log tells the day
    r"(?:--- (?:Log opened|Log closed|Day changed)|\*{4} (?:BEGIN|ENDING) LOGGING AT"
    r"|Session (?:Start|Time|Close):|\[\d\d:\d\d(?::\d\d)?\] ---)"
    r"\s+\w{3} (?P<mon>[A-Z][a-z]{2})\s{1,2}(?P<day>\d{1,2})"
    r"(?: \d\d:\d\d:\d\d)? (?P<year>\d{4})"
)
NAME_DATE = re.compile(r"(?<!\d)(\d{4})([-_.]?)(\d\d)\2(\d\d)(?!\d)")
CHANNEL = re.compile(
    r"^[^<\n]*(?:joined|left|kicked from|Ident:|synced)\s+([#&][^\s,:]+)", re.MULTILINE
)
NICK = r"[~&@%+]?([^\s,:<>]{1,64})"
HOST = r"(?:\s+[\[(<]\S*[\])>])*"
WHERE = r"(?:\s+[#&!+]\S*.*|\s*(?:[\[(].*)?)"
SAID = re.compile(r"<\s?[~&@%+!]?([^>\s]{1,64})>\s?(.*)", re.DOTALL)
MARKED = re.compile(r"(-!-|\*{1,3}|===|-->|<--|--|->|<-)\s+(\S.*)", re.DOTALL)
NOTICE = re.compile(r"-[^\s-]\S*-\s")
ACTED = re.compile(rf"{NICK}\s+(.*)", re.DOTALL)
EVENTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("join", re.compile(rf"{NICK}{HOST}\s+(?:has )?joined{WHERE}")),
    ("join", re.compile(rf"Joins: {NICK}\b.*")),
    ("leave", re.compile(rf"{NICK}{HOST}\s+(?:has quit|left irc|has left irc)(?:\s*[\[(:].*)?\s*")),
    ("leave", re.compile(rf"{NICK}{HOST}\s+(?:has )?left{WHERE}")),
    ("leave", re.compile(rf"(?:Quits|Parts): {NICK}\b.*")),
    ("kick", re.compile(rf"{NICK} (?:was )?kicked (?:from \S+ )?by {NICK}.*")),
    ("kicks", re.compile(rf"{NICK} has kicked {NICK}.*")),
    ("nick", re.compile(rf"{NICK}{HOST} is now known as {NICK}\s*")),
    ("nick", re.compile(rf"Nick change: {NICK} -> {NICK}\s*")),
    ("split", re.compile(r"Netsplit \S+ <-> \S+ quits: (.+)")),
    ("unsplit", re.compile(r"Netsplit over, joins: (.+)")),
)
OTHERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("mode changed", re.compile(r"(?:Server)?[Mm]ode|\S+ (?:sets|changes|set) mode")),
    ("topic", re.compile(r"[Tt]opic|\S+ (?:\S+ )?(?:has )?(?:changed|changes) (?:the )?topic")),
    ("of the log's owner", re.compile(r"You\b|Now talking|Rejoined|Irssi:|(?:Dis)?[Cc]onnected")),
)


@dataclass(frozen=True)
class Line:
    """What a line says.

    Attributes
    ----------
    kind : str
        ``said``; ``join``, ``leave``, ``kick`` (who, by whom), ``nick`` (old, new); ``acted if
        known``: said if the first name is somebody's; ``unknown``; else what kind of notice.
    names : tuple of str
        Whom it is about.
    text : str
        What was said.
    """

    kind: str
    names: tuple[str, ...] = ()
    text: str = ""


def parse(rest: str, *, stamped: bool) -> Line:
    r"""Tell what a line says.

    Parameters
    ----------
    rest : str
        The line behind its time.
    stamped : bool
        Whether there was a time. Without one only the notices of raw logs are known.

    Examples
    --------
    >>> parse(" <@ana> tea?", stamped=True)
    Line(kind='said', names=('ana',), text='tea?')
    >>> parse("\t-->\tben (~b@host) has joined #tea", stamped=True)
    Line(kind='join', names=('ben',), text='')
    >>> parse("=== ben is now known as benny", stamped=False)
    Line(kind='nick', names=('ben', 'benny'), text='')
    """
    if rest.startswith("\t"):
        return _tabbed(rest[1:])
    body = rest.strip()
    said = SAID.match(body) if stamped else None
    if said:
        return Line("said", (said[1],), said[2])
    marked = MARKED.match(body)
    if marked and (stamped or marked[1] in ("===", "***")):
        return _notice(marked[1], marked[2])
    if not stamped:
        return Line("unknown")
    if body.startswith("Action: "):
        return _acted(body.removeprefix("Action: "))
    if NOTICE.match(body):
        return Line("notice of a person or service")
    event = _event(body)
    return event if event else Line("unknown")


def _tabbed(rest: str) -> Line:
    """Tell what a line of WeeChat says: who or which kind, a tab, what."""
    who, tab, text = rest.partition("\t")
    who = who.strip()
    if not tab:
        return Line("unknown")
    if who in ("-->", "<--", "--", "*", "=!=", ""):
        return _notice(who or "--", text.strip())
    return Line("said", (who.lstrip("~&@%+") or who,), text)


def _notice(mark: str, text: str) -> Line:
    event = _event(text)
    if event:
        return event
    for kind, pattern in OTHERS:
        if pattern.match(text):
            return Line(kind)
    if mark == "*":
        return _acted(text)
    if mark == "===":
        acted = _acted(text)
        return Line("acted if known", acted.names, acted.text) if acted.names else acted
    return Line("other notice")


def _acted(text: str) -> Line:
    found = ACTED.match(text)
    return Line("said", (found[1],), found[2]) if found else Line("other notice")


def _event(text: str) -> Line | None:
    for kind, pattern in EVENTS:
        found = pattern.fullmatch(text)
        if not found:
            continue
        if kind == "kicks":
            return Line("kick", (found[2], found[1]))
        if kind in ("split", "unsplit"):
            names = [word.strip() for word in found[1].partition(" (")[0].split(",")]
            names = [name for name in names if name and " " not in name]
            return Line("leave" if kind == "split" else "join", tuple(names)) if names else None
        return Line(kind, found.groups())
    return None


def channel_of(head: bytes, name: str) -> str:
    """Give the channel of a log: as its lines name it, else as its file is called.

    Examples
    --------
    >>> channel_of(b"=== ana has joined #tea", "x.log"), channel_of(b"", "tea_2005-06-27_12.log")
    ('tea', 'tea')
    """
    found = CHANNEL.search(head.decode("utf-8", "replace"))
    if found:
        return found[1].lstrip("#&").rstrip(".") or "channel"
    stem = PurePosixPath(name).name
    sharp = re.search(r"#+([^\s.]+)", stem)
    if sharp:
        return NAME_DATE.split(sharp[1])[0].strip("_-.") or sharp[1]
    stem = re.sub(r"\.(?:log|txt|weechatlog|raw|ascii)\b", "", stem)
    before = NAME_DATE.split(stem)[0].strip("_-. ")
    return before or "channel"


def month_of(word: str) -> int:
    """Give the number of a month by its three letters; ValueError if there is none."""
    return MONTHS.index(word) // 3 + 1
