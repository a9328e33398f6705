"""Keyed digests in the place of names, words and links, and the file that holds the key.

A digest is BLAKE2b with a secret key (Aumasson et al. 2013, RFC 7693): without the key nobody can
try out names or phone numbers until one fits, as with a plain hash. With the key anybody can, so
it stays outside of the data set.
"""

import hashlib
import os
import re
import secrets
import unicodedata
from pathlib import Path

from smallnet.errors import InputError, OutputError

__all__ = ["Pseudonyms", "clean_name", "key_path", "links_of", "normal_text", "read_key"]

KEY_BYTES = 32
MARKS = dict.fromkeys(  # of direction, joining and order: invisible, and not the same everywhere
    (0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
)
MARK = re.compile(f"[{''.join(map(chr, MARKS))}]")
INVISIBLE = re.compile("[" + "".join(map(chr, MARKS)) + "]")
SPACES = dict.fromkeys((0xA0, 0x202F, 0x2007, 0x2009), " ")
LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"'，。；）】》]+", re.IGNORECASE)
TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid|igshid|si|spm|share_token)=[^&#]*&?")


def key_path(out: Path, key_file: Path | str | None) -> Path:
    """Where the key of the pseudonyms is: beside the data set, never inside of it.

    Raises
    ------
    InputError
        If it would be inside.
    """
    path = Path(key_file) if key_file is not None else out.parent / f"{out.resolve().name}.key"
    if path.resolve().is_relative_to(out.resolve()):
        msg = f"the key {path} is inside of the data set {out}, expected a place outside of it"
        raise InputError(msg)
    return path


def read_key(path: Path) -> tuple[bytes, bool]:
    """Read the key of the pseudonyms, or make one where there is no file yet.

    Returns
    -------
    key : bytes
        32 secret bytes.
    made : bool
        Whether the file was made now; only its owner may read it (mode 0600).

    Raises
    ------
    InputError
        If the file holds anything but 64 hexadecimal digits.
    OutputError
        If it cannot be made.
    """
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return _make_key(path), True
    except (OSError, UnicodeDecodeError):
        text = ""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        msg = f"{path} is no key of smallnet, expected a file of {2 * KEY_BYTES} hexadecimal digits"
        raise InputError(msg)
    return key, False


def _make_key(path: Path) -> bytes:
    key = secrets.token_bytes(KEY_BYTES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key.hex() + "\n")
    except OSError as error:
        msg = f"cannot write the key to {path}: {error.strerror or error}"
        raise OutputError(msg) from None
    return key


class Pseudonyms:
    """Digests under one key, within a realm: the format whose ids they are.

    The same id gives the same pseudonym with the same key, in every data set.
    """

    def __init__(self, key: bytes, realm: str) -> None:
        self._key, self._realm = key, realm
        self._fresh = hashlib.blake2b(key=key, digest_size=8)  # of words
        self._people: dict[object, str] = {}
        self._groups: dict[object, str] = {}
        self._begun: dict[tuple[str, int], hashlib.blake2b] = {}  # hashes that took in the key

    @property
    def key_id(self) -> str:
        """Eight digits that tell one key from another, and nothing of it."""
        return self._digest("key", b"id", 4)

    def person(self, raw: object) -> str:
        """Pseudonym of a person."""
        known = self._people.get(raw)
        if known is None:
            known = self._people[raw] = "p" + self._of("person", clean_name(raw))
        return known

    def group(self, raw: object) -> str:
        """Pseudonym of a group."""
        known = self._groups.get(raw)
        if known is None:
            known = self._groups[raw] = "g" + self._of("group", clean_name(raw))
        return known

    def act(self, group: str | None, raw: object) -> str:
        """Pseudonym of a message, whose id is its own within its group."""
        return "m" + self._of("act", f"{group or ''}\0{raw}", 10)

    def thread(self, group: str | None, raw: object) -> str:
        """Pseudonym of a conversation inside a group, such as a topic."""
        return "t" + self._of("thread", f"{group or ''}\0{raw}")

    def item(self, words: str) -> str:
        """Pseudonym of what is shared, such as a link."""
        return "i" + self._digest("item", words.encode("utf-8", "surrogatepass"))

    def any(self, kind: str, raw: object) -> str:
        """Pseudonym of anything else that has an id, such as an event."""
        return kind[0] + self._of(kind[:16], str(raw))

    def words(self, normal: str) -> str:
        """Fingerprint of words that ``normal_text`` gave; the same in every realm."""
        digest = self._fresh.copy()
        digest.update(normal.encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def _of(self, kind: str, raw: str, size: int = 8) -> str:
        data = f"{self._realm}\0{raw}".encode("utf-8", "surrogatepass")
        return self._digest(kind, data, size)

    def _digest(self, kind: str, data: bytes, size: int = 8) -> str:
        begun = self._begun.get((kind, size))
        if begun is None:
            begun = hashlib.blake2b(key=self._key, digest_size=size, person=kind.encode())
            self._begun[kind, size] = begun
        digest = begun.copy()
        digest.update(data)
        return digest.hexdigest()


def clean_name(raw: object) -> str:
    r"""Give a name or id as it is compared: composed, without invisible marks and outer spaces.

    Examples
    --------
    >>> clean_name("\u202aZoe\u0301\u202c ") == clean_name("Zo\u00e9")
    True
    """
    text = str(raw)
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFC", text.translate(MARKS).translate(SPACES)).strip()


def normal_text(text: str) -> str:
    """Give words as they are compared for repetition, in any language.

    Compatibility forms are one, as are large and small letters and any run of spaces; nothing
    else is changed, so that ``1`` and ``2`` differ.

    Examples
    --------
    >>> normal_text("１  Like "), normal_text("Straße")
    ('1 like', 'strasse')
    """
    if text.isascii():
        return " ".join(text.lower().split())
    if MARK.search(text):
        text = MARK.sub("", text)
    text = unicodedata.normalize("NFKC", text)
    return " ".join(unicodedata.normalize("NFKC", text.casefold()).split())


def links_of(text: str) -> list[str]:
    """Give the links in a text, each once, without what only says where it was copied.

    Examples
    --------
    >>> links_of("see HTTPS://Example.org/A/?utm_source=x#top, and www.example.org")
    ['example.org/A', 'example.org']
    """
    found = []
    for link in LINK.findall(text):
        bare = link.rstrip(".,;:!?)]}*_~").partition("#")[0]
        bare = re.sub(r"^(?:https?://)?(?:www\.)?", "", bare, flags=re.IGNORECASE)
        host, slash, rest = bare.partition("/")
        bare = host.lower() + slash + TRACKING.sub("", rest)
        found.append(bare.rstrip("/?&"))
    return list(dict.fromkeys(link for link in found if link))
