"""A Telegram chat while it is read: what its head says, and the ids of its messages.

Ids of messages are those of everybody in supergroups and channels. In private chats and small
groups every account counts its own: there a message is known by who wrote to whom, in which second,
and which of that second it was, so that the exports of two people merge and answers find what they
answer.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from typing import Any

from smallnet.importers.fields import name_of, words

__all__ = ["Chat", "bare_id", "person_of"]

CHAT_TYPES = {
    "private_group": "group",
    "private_supergroup": "supergroup",
    "public_supergroup": "supergroup",
    "private_channel": "channel",
    "public_channel": "channel",
}
PRIVATE_TYPES = ("personal_chat", "bot_chat")
LEFT_OUT_TYPES = {
    "saved_messages": "note to oneself",
    "replies": "copy of a reply that the platform keeps",
    "verification_codes": "login code",
}
OLD_CHAT, OLD_CHANNEL = 1 << 32, 1 << 33  # marks on ids before 2021


class Chat:
    """One chat.

    Parameters
    ----------
    head : mapping
        Its ``name``, ``type`` and ``id``, as far as the file says them.
    owner : str, optional
        Who exported, where that is known.
    named : str, optional
        What the user calls it, where the file has no id.

    Attributes
    ----------
    key : str
        What it is known by.
    kind : str or None
        ``group``, ``supergroup`` or ``channel``.
    other : str or None
        Of a private chat, whom the owner talks with.
    left_out : str or None
        Why none of its messages is kept.
    waiting : list
        Messages held back until the owner is known, with their lines.
    """

    def __init__(self, head: Mapping[str, Any], owner: str | None, named: str | None) -> None:
        self.type = words(head.get("type")) or ""
        self.title = name_of(head.get("name"))
        self.kind = CHAT_TYPES.get(self.type)
        self.left_out = LEFT_OUT_TYPES.get(self.type)
        self.private = self.type in PRIVATE_TYPES
        self.shared_ids = self.kind in ("supergroup", "channel")
        raw = head.get("id")
        key = bare_id(raw) if isinstance(raw, int) and self.kind else name_of(raw)
        called = named or self.title
        self.nameless = key is None and called is None
        space = "user" if self.private else "channel" if self.shared_ids else "chat"
        self.key = f"{space}{key}" if key is not None else called or "unnamed"
        self.other = self.key if self.private else None
        self.owner = owner
        self.waiting: list[tuple[dict[str, Any], int]] = []
        self.topics: set[int] = set()
        self._topic_ids, self._topic_of = array("q"), array("q")
        self._second = 0  # of the last message
        self._same: Counter[str] = Counter()  # messages of that second, by who wrote to whom
        self._pairs: dict[str, int] = {}
        self._names: list[str] = []  # of the pairs, by number
        self._ids, self._seconds = array("q"), array("q")  # of this account, rising
        self._pair_of, self._counts = array("l"), array("l")

    @property
    def group(self) -> str | None:
        """Where its messages are; None if it is private."""
        return None if self.private else self.key

    def act(self, raw: int, sender: str | None, recipient: str | None, at: int) -> str:
        """Give the id that a message has in the export of any account, and remember it."""
        if self.shared_ids:
            return str(raw)
        pair, second = f"{sender}>{recipient}", at // 1_000_000
        if second < self._second:  # out of order: which of its second it is cannot be told
            return f"{pair}|{second}|id {raw}"
        if second > self._second:
            self._second = second
            self._same.clear()
        self._same[pair] += 1
        if not self._ids or raw > self._ids[-1]:
            self._ids.append(raw)
            self._seconds.append(second)
            self._pair_of.append(self._pairs.setdefault(pair, len(self._pairs)))
            self._counts.append(self._same[pair])
        return f"{pair}|{second}|{self._same[pair]}"

    def find(self, raw: int) -> str:
        """Give the id for all of a message of this account."""
        if self.shared_ids:
            return str(raw)
        place = bisect_left(self._ids, raw)
        if place == len(self._ids) or self._ids[place] != raw:
            return f"unseen {raw}"
        if len(self._names) < len(self._pairs):
            self._names = list(self._pairs)
        pair = self._names[self._pair_of[place]]
        return f"{pair}|{self._seconds[place]}|{self._counts[place]}"

    def topic(self, raw: int, answers: int | None) -> int | None:
        """Give the topic that a message is in: that of what it answers, as far as is known."""
        if answers is None or not self.topics:
            return None
        found: int | None = answers
        if answers not in self.topics:
            place = bisect_left(self._topic_ids, answers)
            there = place < len(self._topic_ids) and self._topic_ids[place] == answers
            found = self._topic_of[place] if there else None
        if found is not None and (not self._topic_ids or raw > self._topic_ids[-1]):
            self._topic_ids.append(raw)
            self._topic_of.append(found)
        return found


def person_of(record: Mapping[str, Any], field: str) -> str | None:
    """Give the id of a person, or their name where there is none."""
    raw = record.get(field + "_id")
    if isinstance(raw, str) and raw:
        return raw
    if isinstance(raw, int) and not isinstance(raw, bool):
        return f"channel{bare_id(raw)}" if raw >= OLD_CHANNEL else f"user{raw}"
    return name_of(record.get(field))


def bare_id(raw: int) -> int:
    """Give an id without the mark of its kind that exports before 2021 put on it.

    Examples
    --------
    >>> bare_id(1_234_567_890), bare_id(8_589_934_592 + 1_234_567_890)
    (1234567890, 1234567890)
    """
    if raw >= OLD_CHANNEL:
        return raw - OLD_CHANNEL
    return raw - OLD_CHAT if raw >= OLD_CHAT else raw
