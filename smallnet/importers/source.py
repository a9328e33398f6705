"""The file, zip or folder that a user hands over, read without trusting it.

Nothing here is held in memory whole: blocks are read, lines cut where they have no end, and a zip
that would unfold beyond reason is refused before it is opened. What had to be mended (bytes that
are no text, NUL, lines without an end) is counted in ``Source.mended``.
"""

import codecs
import fnmatch
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO

from smallnet.errors import InputError

__all__ = ["LONGEST_LINE", "Source"]

BLOCK = 2**20  # bytes read at a time
HEAD = 2**16
FEWEST_NUL = 3  # zeros that make UTF-16 of bytes
TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
LONGEST_LINE = 2_000_000  # bytes; what follows in the line is left out and counted
MOST_UNFOLDED = 200  # times its size may a zip unfold to, past SMALL_UNFOLDED bytes
SMALL_UNFOLDED = 100_000_000
MOST_BYTES = 100_000_000_000  # that a zip may unfold to
MOST_FILES = 1_000_000  # in a zip
BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    OSError,
)


class Source:
    """One file, or one zip, tarball or folder of files.

    Attributes
    ----------
    name : str
        Name of the file; inside a zip or folder its path there. It may name people: never show it.
    label : str
        What messages call it, without any name: ``file 1 (.zip), entry 3 (.json)``.
    size : int
        Bytes; of a folder 0.
    number : int
        Which of the files that the user gave, from 1.
    mended : Counter
        What was mended while reading, by kind; shared with the files inside.
    """

    def __init__(
        self,
        *,
        name: str,
        label: str,
        size: int,
        number: int,
        opener: Callable[[], IO[bytes]] | None,
        path: Path | None = None,
        mended: Counter[str] | None = None,
    ) -> None:
        self.name, self.label, self.size, self.number = name, label, size, number
        self.mended: Counter[str] = Counter() if mended is None else mended
        self._opener = opener
        self._path = path
        self._zip: zipfile.ZipFile | None = None
        self._tar: tarfile.TarFile | None = None
        if path is not None and path.is_file() and path.name.lower().endswith(TARS):
            self._tar = self._open_tar(path)
        elif path is not None and path.is_file() and self.head(4) in (b"PK\x03\x04", b"PK\x05\x06"):
            self._zip = self._open_zip(path)

    @classmethod
    def of(cls, path: Path | str, *, number: int = 1) -> "Source":
        """Take a file, zip or folder.

        Raises
        ------
        InputError
            If it is not there, or is neither.
        """
        path = Path(path)
        label = f"file {number} ({path.suffix.lower()[:8] or 'no suffix'})"
        if path.is_dir():
            label = f"folder {number}"
            return cls(name=path.name, label=label, size=0, number=number, opener=None, path=path)
        if not path.is_file():
            msg = f"{label}: there is no such file, expected a chat export"
            raise InputError(msg)
        return cls(
            name=path.name,
            label=label,
            size=path.stat().st_size,
            number=number,
            opener=lambda: path.open("rb"),
            path=path,
        )

    def __enter__(self) -> "Source":
        """Give itself; a zip is closed in the end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for archive in (self._zip, self._tar):
            if archive is not None:
                archive.close()

    @property
    def is_container(self) -> bool:
        """Tell whether it is a zip, a tarball or a folder."""
        return self._zip is not None or self._tar is not None or self._opener is None

    def head(self, size: int = HEAD) -> bytes:
        """Give the first bytes."""
        if self._opener is None:
            return b""
        with self.open() as stream:
            return stream.read(size)

    def open(self) -> io.BufferedReader:
        """Open it as a stream of bytes, whose errors are one sentence.

        Raises
        ------
        InputError
            If it cannot be read, or is a folder.
        """
        if self._opener is None:
            msg = f"{self.label} is a folder, expected a file"
            raise InputError(msg)
        try:
            return io.BufferedReader(_Guarded(self._opener(), self.label), BLOCK)
        except BROKEN as error:
            raise _unreadable(self.label, error) from None
        except RuntimeError:  # zipfile's word for an encrypted file
            msg = f"{self.label} is encrypted, expected a zip without a password"
            raise InputError(msg) from None

    def members(self, pattern: str = "*") -> Iterator["Source"]:
        """Give the files of a zip or folder, in the order of their names; of a tarball in its own.

        Parameters
        ----------
        pattern : str
            For the path inside, ``*`` also across folders, such as ``*/users.json``; large and
            small letters are the same.

        Raises
        ------
        InputError
            For a path out of the archive or folder, or a symbolic link.
        """
        if self._zip is not None:
            yield from self._zip_members(self._zip, pattern)
        elif self._tar is not None:
            yield from self._tar_members(self._tar, pattern)
        elif self._opener is None and self._path is not None:
            yield from self._folder_members(self._path, pattern)

    def lines(self, encoding: str | None = None) -> Iterator[tuple[int, str]]:
        """Give the lines with their numbers, from 1, without their ends.

        Parameters
        ----------
        encoding : str, optional
            Told from the first bytes where not given: by its mark, or as UTF-8, UTF-16 or GB18030.
            A line of another encoding is read as well as it can be, and counted.
        """
        number = 0
        for lines in self.blocks(encoding):
            for line in lines:
                number += 1
                yield number, line

    def blocks(self, encoding: str | None = None) -> Iterator[list[str]]:
        """Give the lines in lists of about a megabyte: ``lines`` for those in a hurry."""
        with self.open() as stream:
            head = stream.peek(HEAD)[:HEAD]
            marked, skip = _mark(head)
            encoding = marked or encoding or guess_encoding(head)
            stream.read(skip)
            if encoding.startswith(("utf-16", "utf-32")):
                yield from self._wide(stream, encoding)
            else:
                yield from self._narrow(stream, encoding, _line_end(head))

    def _narrow(self, stream: IO[bytes], encoding: str, end: bytes) -> Iterator[list[str]]:
        rest = b""
        cutting = False  # inside of a line that is too long
        while block := stream.read(BLOCK):
            if cutting:
                _, found, block = block.partition(end)
                if not found:
                    continue
                cutting = False
            head, found, tail = block.rpartition(end)
            if found:
                yield self._texts(rest + head, encoding, end)
                rest = tail
            else:
                rest += tail
            if len(rest) > LONGEST_LINE:
                self.mended["lines cut at 2 MB"] += 1
                yield self._texts(rest[:LONGEST_LINE], encoding, end)
                rest, cutting = b"", True
        if rest:
            yield self._texts(rest, encoding, end)

    def _texts(self, data: bytes, encoding: str, end: bytes) -> list[str]:
        """Decode whole lines at once, and one by one only where that fails."""
        if b"\0" in data:
            self.mended["NUL bytes left out"] += data.count(b"\0")
            data = data.replace(b"\0", b"")
        try:
            texts = data.decode(encoding).split(end.decode())
        except UnicodeDecodeError:
            texts = [self._text(line, encoding) for line in data.split(end)]
        if b"\r" in data:
            texts = [text[:-1] if text.endswith("\r") else text for text in texts]
        return texts

    def _text(self, line: bytes, encoding: str) -> str:
        for trial in (encoding, "utf-8", "gb18030"):
            try:
                text = line.decode(trial)
            except UnicodeDecodeError:
                continue
            if trial != encoding:
                self.mended["lines in another encoding"] += 1
            return text
        self.mended["lines with bytes that are no text"] += 1
        return line.decode(encoding, "replace")

    def _wide(self, stream: IO[bytes], encoding: str) -> Iterator[list[str]]:
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        rest, cutting = "", False
        while True:
            block = stream.read(BLOCK)
            text = decoder.decode(block, final=not block)
            if "\0" in text:
                self.mended["NUL bytes left out"] += text.count("\0")
                text = text.replace("\0", "")
            if "�" in text:
                self.mended["lines with bytes that are no text"] += text.count("�")
            if cutting:
                _, found, text = text.partition("\n")
                cutting = not found
                text = text if found else ""
            *lines, rest = (rest + text).split("\n")
            if lines:
                yield [line.removesuffix("\r") for line in lines]
            if len(rest) > LONGEST_LINE // 2:
                self.mended["lines cut at 2 MB"] += 1
                yield [rest[: LONGEST_LINE // 2]]
                rest, cutting = "", True
            if not block:
                break
        if rest:
            yield [rest]

    def _open_zip(self, path: Path) -> zipfile.ZipFile:
        try:
            archive = zipfile.ZipFile(path)
        except BROKEN as error:
            raise _unreadable(self.label, error) from None
        entries = archive.infolist()
        try:
            self._bound(sum(entry.file_size for entry in entries), len(entries))
        except InputError:
            archive.close()
            raise
        return archive

    def _open_tar(self, path: Path) -> tarfile.TarFile:
        archive = None
        try:
            archive = tarfile.open(path)  # noqa: SIM115  (closed with the source)
            unfolded = 0
            for number, entry in enumerate(archive, 1):
                unfolded += entry.size
                self._bound(unfolded, number)
        except (*BROKEN, ValueError, InputError) as error:
            if archive is not None:
                archive.close()
            raise _unreadable(self.label, error) from None
        return archive

    def _bound(self, unfolded: int, files: int) -> None:
        """Refuse an archive that unfolds beyond reason."""
        most = max(SMALL_UNFOLDED, MOST_UNFOLDED * self.size)
        if unfolded > min(most, MOST_BYTES) or files > MOST_FILES:
            msg = (
                f"{self.label} would unfold to {unfolded / 1e6:,.0f} MB in {files:,} files "
                f"from {self.size / 1e6:,.1f} MB, expected a chat export: unpack it yourself if it "
                "is one, and give the folder"
            )
            raise InputError(msg)

    def _tar_members(self, archive: tarfile.TarFile, pattern: str) -> Iterator["Source"]:
        """Give the files in the order of the tarball, which can be read in no other at speed."""
        for number, entry in enumerate(archive.getmembers(), 1):
            if entry.isdir():
                continue
            label = f"{self.label}, entry {number} ({_suffix(entry.name)})"
            _check_inside(label, entry.name)
            if not entry.isfile():
                msg = f"{label} is a link or device, expected a file"
                raise InputError(msg)
            name = entry.name.removeprefix("./")
            if fnmatch.fnmatchcase(name.lower(), pattern.lower()):
                yield Source(
                    name=name,
                    label=label,
                    size=entry.size,
                    number=self.number,
                    opener=lambda entry=entry: archive.extractfile(entry),  # type: ignore
                    mended=self.mended,
                )

    def _zip_members(self, archive: zipfile.ZipFile, pattern: str) -> Iterator["Source"]:
        entries = sorted(archive.infolist(), key=lambda entry: entry.filename)
        for number, entry in enumerate(entries, 1):
            if entry.is_dir():
                continue
            label = f"{self.label}, entry {number} ({_suffix(entry.filename)})"
            parts = _check_inside(label, entry.filename)
            if stat.S_ISLNK(entry.external_attr >> 16):
                msg = f"{label} is a symbolic link, expected a file"
                raise InputError(msg)
            if parts and (parts[0] == "__MACOSX" or parts[-1] == ".DS_Store"):
                continue
            name = entry.filename
            if not entry.flag_bits & 0x800:  # no mark of UTF-8: the name was read as cp437
                name = _renamed(name)
            if not fnmatch.fnmatchcase(name.lower(), pattern.lower()):
                continue
            yield Source(
                name=name,
                label=label,
                size=entry.file_size,
                number=self.number,
                opener=lambda entry=entry: archive.open(entry),  # type: ignore[misc]
                mended=self.mended,
            )

    def _folder_members(self, folder: Path, pattern: str) -> Iterator["Source"]:
        for number, path in enumerate(sorted(folder.rglob("*")), 1):
            if path.is_symlink():
                msg = f"{self.label}, entry {number} is a symbolic link, expected a file"
                raise InputError(msg)
            name = path.relative_to(folder).as_posix()
            if not path.is_file() or path.name.startswith("."):
                continue
            if fnmatch.fnmatchcase(name.lower(), pattern.lower()):
                yield Source(
                    name=name,
                    label=f"{self.label}, entry {number} ({_suffix(name)})",
                    size=path.stat().st_size,
                    number=self.number,
                    opener=lambda path=path: path.open("rb"),  # type: ignore[misc]
                    mended=self.mended,
                )


class _Guarded(io.RawIOBase):
    """A stream whose errors say which file is broken."""

    def __init__(self, stream: IO[bytes], label: str) -> None:
        self._stream, self._label = stream, label

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        try:
            data = self._stream.read(len(buffer))
        except BROKEN as error:
            raise _unreadable(self._label, error) from None
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


def _check_inside(label: str, name: str) -> tuple[str, ...]:
    """Give the parts of a path in an archive, which must not lead out of it."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or parts[:1] == ("/",) or (parts and parts[0].endswith(":")):
        msg = f"{label} has a path that leads out of the zip, expected one inside"
        raise InputError(msg)
    return parts


def guess_encoding(head: bytes) -> str:
    r"""Tell the encoding of text without a mark: UTF-8, UTF-16 or, where neither fits, GB18030.

    Examples
    --------
    >>> guess_encoding("今天".encode("gb18030")), guess_encoding(b"a\0b\0c\0d\0")
    ('gb18030', 'utf-16-le')
    """
    even, odd = head[::2].count(0), head[1::2].count(0)
    most = max(even, odd)
    if most >= FEWEST_NUL and most > 0.3 * len(head) / 2 > 3 * min(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    lines = [line for line in head.split(b"\n") if not line.isascii()]
    if len(head) >= HEAD:
        lines = lines[:-1]  # it may be cut off within a letter
    in_utf8 = sum(_is(line, "utf-8") for line in lines)
    if 2 * in_utf8 >= len(lines):
        return "utf-8"
    in_gb = sum(_is(line, "gb18030") for line in lines)
    return "gb18030" if 2 * in_gb >= len(lines) else "utf-8"  # where mixed, line by line


def _is(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _mark(head: bytes) -> tuple[str | None, int]:
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return encoding, len(mark)
    return None, 0


def _line_end(head: bytes) -> bytes:
    """Tell LF from the lone CR of old."""
    return b"\r" if b"\r" in head and b"\n" not in head else b"\n"


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()[:8] or "no suffix"


def _renamed(name: str) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return name.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return name


def _unreadable(label: str, error: Exception) -> InputError:
    if isinstance(error, InputError):
        return error
    why = (error.strerror if isinstance(error, OSError) else None) or "it is cut off or damaged"
    return InputError(f"{label} cannot be read: {why}, expected a whole file")
