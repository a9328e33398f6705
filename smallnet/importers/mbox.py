"""Mailing lists as mbox: one file, or the months of an archive in a folder or zip.

- The list is the group: ``List-Id`` and its like, else ``--chat``, else (archives without such
  headers) the name of the file without its date. Nobody lists the subscribers: the roster is of
  posters. A mail that went to people and to no list is private.
- A person is an address. A reply is what ``In-Reply-To`` says, else the last of ``References``.
- Lengths and fingerprints are of what the sender wrote: quoted lines, the line that announces
  them, and the signature are left out.
- Times have their zone in the mail. Where ``Date`` cannot be read the envelope's is taken, as UTC.

Mails are read one by one; what a mail holds past two megabytes (attachments) is not looked at.
"""

import datetime as dtm
import email.header
import email.message
import email.parser
import email.policy
import email.utils
import re
from collections.abc import Iterator
from typing import IO

from smallnet.importers.collecting import Collector
from smallnet.importers.format import Format, Options
from smallnet.importers.irc_lines import NAME_DATE
from smallnet.importers.source import Source
from smallnet.tables import Text

__all__ = ["FORMAT"]

EPOCH = dtm.datetime(1970, 1, 1, tzinfo=dtm.UTC)
LARGEST = 2_000_000  # bytes of a mail that are read
SEPARATOR = re.compile(
    rb"From \S+(?: at \S+)?\s+\w{3}\s+(\w{3}\s+\d{1,2}\s+\d\d:\d\d(?::\d\d)?)\s.*?(\d{4})"
)
LIST_HEADERS = ("List-Id", "List-Post", "X-Mailing-List", "Mailing-List", "X-BeenThere")
ID = re.compile(r"<([^<>\s]{1,990})>")
ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]{1,200}@[^\s<>()\[\],;:\"]{1,200}")
AT = re.compile(r"(\S+) at (\S+)")
QUOTE = re.compile(r"\s{0,3}(?:[A-Za-z]{0,4}>|\|\s)")
SAYS = re.compile(
    r".{0,300}(?:wrote|writes|said|schrieb|schreef|a écrit|escribió|ha scritto|写道)"
    r"(?:.{0,100}[:：])?\s*"
)
CUT = re.compile(r"-- |_{20,}|-{2,}\s?(?:Original Message|Forwarded message|Ursprüngliche).*")
SUBJECT_DATE = re.compile(r"[-_. ]?(?:\d{4}[-_]?(?:\d\d|[A-Z][a-z]{2,8})?|\d{6})$")
POLICY = email.policy.compat32


def read(source: Source, collector: Collector, options: Options) -> None:
    """Hand over the mails of one file, or of all files in a zip or folder."""
    for member in source.members() if source.is_container else [source]:
        name = options.chat or _stem(member.name)
        line = 1
        with member.open() as stream:
            for raw, envelope, line in _mails(stream, member):
                collector.record()
                reason = _take(raw, envelope, name, collector, options)
                if reason:
                    collector.skipped(reason, line)


def _mails(stream: IO[bytes], source: Source) -> Iterator[tuple[bytes, bytes, int]]:
    """Give each mail without its envelope, the envelope, and its line."""
    parts: list[bytes] = []
    envelope, size, number, begin, fresh = b"", 0, 0, 1, True
    while line := stream.readline(LARGEST):
        whole = line.endswith(b"\n")
        number += whole
        if fresh and line.startswith(b"From ") and SEPARATOR.match(line):
            if any(part.strip() for part in parts):
                yield b"".join(parts), envelope, begin
            parts, envelope, size, begin = [], line, 0, number
            continue
        fresh = line.strip() == b""
        if size < LARGEST:
            parts.append(line)
        elif size - len(line) < LARGEST:
            source.mended["mails read to 2 MB"] += 1
        size += len(line)
    if any(part.strip() for part in parts):
        yield b"".join(parts), envelope, begin


def _take(
    raw: bytes, envelope: bytes, name: str, collector: Collector, options: Options
) -> str | None:
    """Take one mail, or say why not."""
    mail = email.parser.BytesParser(policy=POLICY).parsebytes(raw)
    sender = _person(_header(mail, "From"))
    if sender is None:
        return "no mail, or one without a sender"
    at = _moment(mail, envelope)
    if at is None:
        return "no date, or none that can be"
    address, called = sender
    collector.person(address, name=called)
    told = next((known for known in (_list(mail, key) for key in LIST_HEADERS) if known), None)
    to = _addresses(f"{_header(mail, 'To')}, {_header(mail, 'Cc')}")
    to = [other for other in to if other != address]
    group = options.chat or told or (None if to else name)
    if group is not None:
        collector.group(group, kind="mailing list", roster="posters")
    ids = ID.findall(_header(mail, "Message-ID"))
    answered = (
        ID.findall(_header(mail, "In-Reply-To"))[:1] or ID.findall(_header(mail, "References"))[-1:]
    )
    collector.message(
        ids[0] if ids else None,
        address,
        at,
        group=group,
        recipient=None if group is not None else to[0],
        text=own_words(_words(mail)),
        reply_to=answered[0] if answered else None,
        mentions=to[1:] if group is None else (),
    )
    return None


def own_words(text: str) -> str:
    r"""Give what the sender wrote: no quotes, nor the line above them, nor the signature.

    Examples
    --------
    >>> own_words("On Monday Ben wrote:\n> tea?\n\nYes.\n-- \nAna, tea department")
    'Yes.'
    """
    kept: list[str] = []
    for line in text.split("\n"):
        if CUT.match(line):
            break
        if not QUOTE.match(line):
            kept.append(line)
        else:
            while kept and not kept[-1].strip():
                kept.pop()
            if kept and SAYS.fullmatch(kept[-1]):
                kept.pop()
    return "\n".join(kept).strip()


def _header(mail: email.message.Message, key: str) -> str:
    """Give a header as text; encoded words are read, an empty text where there is none."""
    raw = mail.get(key)
    if raw is None:
        return ""
    text = str(raw)[:20_000]
    try:
        return str(email.header.make_header(email.header.decode_header(text)))
    except (LookupError, ValueError, UnicodeError, email.errors.MessageError):
        return text


def _person(text: str) -> tuple[str, str | None] | None:
    """Give address and name of a sender; addresses of archives may read ``ana at example.org``."""
    found = ADDRESS.search(text)
    name, _ = email.utils.parseaddr(text)
    if found:
        return found[0].lower(), name.strip() or None
    veiled = AT.search(text)
    if veiled:
        called = re.search(r"\((.{1,200})\)", text)
        return f"{veiled[1]}@{veiled[2]}".lower().strip("<>"), called[1] if called else None
    return (text.strip().lower(), None) if text.strip() else None


def _addresses(text: str) -> list[str]:
    return list(dict.fromkeys(address.lower() for address in ADDRESS.findall(text)))


def _list(mail: email.message.Message, key: str) -> str | None:
    text = _header(mail, key)
    if not text:
        return None
    inside = re.search(r"<(?:mailto:)?([^<>\s]{1,300})>", text)
    word = inside[1] if inside else text.removeprefix("list ").split(";")[0].strip()
    if key == "List-Post" and word.upper() == "NO":
        return None
    return word.lower().replace("@", ".") or None


def _moment(mail: email.message.Message, envelope: bytes) -> int | None:
    """Give the moment of a mail; that of its envelope where its own cannot be read."""
    try:
        when = email.utils.parsedate_to_datetime(_header(mail, "Date"))
        if when.tzinfo is None:
            when = when.replace(tzinfo=dtm.UTC)
        return (when - EPOCH) // dtm.timedelta(microseconds=1)
    except (ValueError, TypeError, IndexError, OverflowError):
        pass
    found = SEPARATOR.match(envelope)
    if not found:
        return None
    text = f"{found[1].decode('ascii', 'replace')} {found[2].decode()}"
    for layout in ("%b %d %H:%M:%S %Y", "%b %d %H:%M %Y"):
        try:
            when = dtm.datetime.strptime(" ".join(text.split()), layout).replace(tzinfo=dtm.UTC)
        except ValueError:
            continue
        return (when - EPOCH) // dtm.timedelta(microseconds=1)
    return None


def _words(mail: email.message.Message) -> str:
    """Give the first plain text of a mail, or that of its page without the marks."""
    page = ""
    for part in mail.walk():
        kind = part.get_content_type()
        if part.is_multipart() or part.get_filename() or kind not in ("text/plain", "text/html"):
            continue
        raw = part.get_payload(decode=True)
        if not isinstance(raw, bytes):
            continue
        text = _decoded(raw[:LARGEST], part.get_content_charset())
        if kind == "text/plain":
            return text
        page = page or re.sub(
            r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]{0,5000}>", "", text, flags=re.DOTALL
        )
    return page


def _decoded(raw: bytes, charset: str | None) -> str:
    for encoding in (charset, "utf-8", "cp1252"):
        try:
            return raw.decode(encoding or "utf-8").replace("\r\n", "\n").replace("\0", "")
        except (LookupError, UnicodeError):
            continue
    return raw.decode("latin-1").replace("\0", "")


def _stem(name: str) -> str:
    stem = re.sub(r"\.(?:mbox|mbx|txt|gz)\b", "", name.rpartition("/")[2])
    stem = NAME_DATE.split(stem)[0] if NAME_DATE.search(stem) else SUBJECT_DATE.sub("", stem)
    return stem.strip("-_. ") or "list"


def sniff(name: str, head: bytes) -> bool:
    """Know the envelope of the first mail and a header under it."""
    return (
        SEPARATOR.match(head.lstrip()) is not None
        and re.search(rb"^(?:From|Date|Message-ID): ", head, re.MULTILINE | re.IGNORECASE)
        is not None
    )


FORMAT = Format(
    name="mbox",
    title=Text(en="Mailing list (mbox)", zh="邮件列表（mbox）"),
    read=read,
    sniff=sniff,
    covers=(),
    may_cover=("private",),
)
