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
WeChat shows some of them to owners only: what no line tells of is taken as not recorded.
Replies in groups are inferred from who is addressed (see ``smallnet.importers.replies``).
A chat is private if no grey line of a group, no ``@chatroom`` and at most two writers are in it.
"""

from dataclasses import dataclass, field

from smallnet.errors import InputError
from smallnet.importers.collecting import Collector
from smallnet.importers.format import Format, Options
from smallnet.importers.group_notices import YOU, wechat_notice
from smallnet.importers.replies import Talk, note_rule
from smallnet.importers.source import Source
from smallnet.importers.wechat_layouts import Act, columns_of, read_acts
from smallnet.tables import Text

__all__ = ["FORMAT"]

ENCRYPTED = (b"SQLite format 3\0",)


@dataclass
class _Chat:
    """What a first reading tells of a chat."""

    group: bool = False
    writers: set[str] = field(default_factory=set)
    talk: Talk = field(default_factory=Talk)

    def see(self, act: Act) -> None:
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
    name = options.chat or _stem(source.name)
    for act in read_acts(source, None, name):
        known = chats.setdefault(act.chat, _Chat(group=act.chat.endswith("@chatroom")))
        known.see(act)
    if options.chat:
        for known in chats.values():
            known.group = True
    if options.me:
        collector.person(options.me, name=YOU)
    alone = options.chat is not None and len(chats) == 1
    told: set[str] = set()
    for act in read_acts(source, collector, name):
        chat = chats[act.chat]
        group = None if chat.private else name if alone else act.chat
        _take(act, chat, group, told, collector)
    note_rule(sum(chat.talk.inferred for chat in chats.values()), collector)


def _take(act: Act, chat: _Chat, group: str | None, told: set[str], collector: Collector) -> None:
    if act.at is None:
        collector.skipped("no time, or none that can be", act.line)
        return
    if act.mine and act.sender != YOU:
        collector.person(act.sender, name=YOU)
    if act.name:
        collector.person(act.sender, name=act.name)
    if group is not None and group not in told:
        told.add(group)
        collector.group(group, kind="group", roster="partial")
    if act.kind == "system":
        _notice(act, group, collector)
        return
    if group is None:
        _private(act, chat, collector)
        return
    chat.talk.people[(act.name or act.sender).casefold()] = act.sender
    key, answered, addressee = chat.talk.take(act.sender, act.at, act.text, act.id)
    collector.message(
        key,
        act.sender,
        act.at,
        group=group,
        kind=act.kind,
        text=act.text if act.kind in ("text", "link") else None,
        reply_to=answered,
        reply_inferred=answered is not None,
        mentions=() if addressee is None else (addressee,),
    )


def _private(act: Act, chat: _Chat, collector: Collector) -> None:
    others = sorted(chat.writers - {YOU if act.mine else act.sender})
    to = others[0] if others else act.chat if act.mine else YOU
    collector.message(
        act.id,
        act.sender,
        act.at or 0,
        recipient=to,
        kind=act.kind,
        text=act.text if act.kind in ("text", "link") else None,
    )


def _notice(act: Act, group: str | None, collector: Collector) -> None:
    notice = wechat_notice(act.text)
    if act.at is None or group is None or notice.kind not in ("join", "leave"):
        collector.other_system(
            notice.kind if notice.kind not in ("join", "leave") else "other notice"
        )
        return
    collector.covers("joining" if notice.kind == "join" else "leaving")
    for who in notice.people:
        if notice.kind == "join":
            collector.joined(group, who, act.at, via=notice.via, invited_by=notice.by)
        else:
            collector.left(group, who, act.at, removed_by=notice.by)


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
    return columns_of(head) is not None or (b"chatMessages" in head and b"<" in head[:200])


FORMAT = Format(
    name="wechat",
    title=Text(en="WeChat (text, CSV or HTML that you hold)", zh="微信（已有的文本、CSV 或 HTML）"),
    read=read,
    sniff=sniff,
    covers=(),
    may_cover=("joining", "leaving", "private"),
    local_times=True,
)
