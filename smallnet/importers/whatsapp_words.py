"""What WhatsApp itself writes into a chat, in the languages of phones.

The words are in ``whatsapp_words.toml``, where a language is added.
"""

import functools
import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from importlib.resources import files

__all__ = [
    "DELETED",
    "DELETED_BY_ME",
    "WORDS",
    "Line",
    "is_edited",
    "is_you",
    "kind_of_media",
    "other_kind",
    "read_system_line",
    "split_names",
]

WORDS = tomllib.loads(files(__package__).joinpath("whatsapp_words.toml").read_text("utf-8"))
YOU = frozenset(WORDS["you"])
DELETED_BY_ME = frozenset(WORDS["messages"]["deleted_by_me"])
DELETED = DELETED_BY_ME | frozenset(WORDS["messages"]["deleted"])
WHO = r"(?P<who>[^:\n]{1,150}?)"
WHOM = r"(?P<whom>[^\n]{1,3000}?)"
ACTS, CONCERNED = "you act: ", "you concerned: "
LONGEST_NAME, LONGEST_NOTE = 250, 80
LONGEST, LONGEST_ALONE = 3500, 400  # letters of a line of the app, with many names and without
ATTACHED = re.compile(  # iOS: <attached: 0001-PHOTO.jpg>; Android: IMG-1.jpg (file attached)
    r"<[^<>:]{2,40}\s?[:：]\s?[^<>]+\.\w{2,5}>|[^\n/]{1,150}\.\w{2,5} \([^()\n]{4,60}\)"
)
ANGLED = re.compile(r"<[^\W\d_][^<>\d@:/=]{4,60}>")
NAME_BETWEEN = re.compile(
    r"\s*[、，،]\s*|,\s+(?:(?:and|y|e|et|und|и|و|और|en|dan|ve)\s+)?"
    r"|\s+(?:and|y|e|et|und|и|و|和|及|與|与|और|en|dan|ve)\s+"
)
OTHERS = re.compile(  # the rest of a long list
    r"\d+ (?:others?|weitere[nr]?|más|otr[oa]s|autres|outr[oa]s|altri|других|其他).*|另外\s?\d+.*"
)
QUOTES = "\"'“”„«»「」『』‟’ "


@dataclass(frozen=True)
class Line:
    """A line of the app on who is in: ``who`` acts on ``whom``; None where it does not say."""

    change: str  # created, joined, added, left, removed, number
    who: str | None
    whom: str | None  # one name or several, as they stand
    you_act: bool = False
    you_concerned: bool = False


@functools.cache
def _patterns() -> tuple[tuple[str, re.Pattern[str], bool, bool, int], ...]:
    found = []
    for change, sentences in WORDS["changes"].items():
        for sentence in sentences:
            act, concerned = sentence.startswith(ACTS), sentence.startswith(CONCERNED)
            plain = sentence.removeprefix(ACTS).removeprefix(CONCERNED)
            longest = LONGEST if "{whom}" in plain else LONGEST_ALONE
            plain = plain.replace("{who}", WHO).replace("{whom}", WHOM)
            pattern = re.compile(plain + r"[.。।]?", re.IGNORECASE)
            found.append((change, pattern, act, concerned, longest))
    return tuple(found)


def read_system_line(text: str) -> Line | None:
    """Read a line of the app on who is in; None where it is about something else.

    Parameters
    ----------
    text : str
        Without marks of direction.

    Examples
    --------
    >>> read_system_line("Ana added you"), read_system_line("Ana changed this group's icon")
    (Line(change='added', who='Ana', whom='you', you_act=False, you_concerned=True), None)
    """
    if len(text) > LONGEST:
        return None
    for change, pattern, act, concerned, longest in _patterns():
        found = pattern.fullmatch(text) if len(text) <= longest else None
        if found is None:
            continue
        parts = found.groupdict()
        who, whom = parts.get("who"), parts.get("whom")
        if change == "number" and not any(map(str.isdigit, whom or "")):
            continue
        return Line(
            change, who, whom, you_act=act or is_you(who), you_concerned=concerned or is_you(whom)
        )
    return None


def is_you(name: str | None) -> bool:
    """Tell whether a name is the app's word for whoever exported."""
    return name is not None and name.strip(QUOTES).lower() in YOU


def split_names(names: str, known: Collection[str] = ()) -> list[str]:
    """Split a list of names, unless it is one that is known as a whole.

    Examples
    --------
    >>> split_names("Ana, Bo and Cy"), split_names("Tom and Jerry", {"Tom and Jerry"})
    (['Ana', 'Bo', 'Cy'], ['Tom and Jerry'])
    >>> split_names("Ana, 5 and 3 others")
    ['Ana', '5']
    """
    if names in known:
        return [names]
    parts = [part.strip(QUOTES) for part in NAME_BETWEEN.split(names)]
    return [part for part in parts if part and not OTHERS.fullmatch(part)]


def other_kind(text: str) -> str:
    """Tell what else a line of the app is about."""
    folded = text.lower()
    for kind, words in WORDS["other"].items():
        if any(word in folded for word in words):
            return kind
    return "not recognised"


def kind_of_media(text: str, *, from_app: bool) -> str | None:
    """Tell the kind of what stands in the place of a picture or file; None for words.

    Parameters
    ----------
    text : str
        A message, or its first line, without marks of direction.
    from_app : bool
        Whether the app marked it as its own (iOS).
    """
    if len(text) > LONGEST_NAME:
        return None
    folded = text.lower()
    if ATTACHED.fullmatch(text) is None:
        omitted = any(word in folded for word in WORDS["messages"]["omitted"])
        angled = ANGLED.fullmatch(text) is not None
        by_app = from_app and omitted and len(text) < LONGEST_NOTE
        if not by_app and not (angled and (omitted or " " in text or not text.isascii())):
            return None
    for kind, words in WORDS["media"].items():
        if any(word in folded for word in words):
            return kind
    return "media"


def is_edited(note: str) -> bool:
    """Tell whether a note in angles says that the message was edited.

    Examples
    --------
    >>> is_edited("<This message was edited>"), is_edited("<3 you all so much>")
    (True, False)
    """
    folded = note.lower()
    return any(word in folded for word in WORDS["messages"]["edited"])
