"""Which files of a folder are tables, and whether a CSV file's bytes can be read at all."""

import codecs
import csv
import difflib
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from smallnet.errors import InputError
from smallnet.tables.schema import SCHEMA
from smallnet.tables.words import Text

__all__ = [
    "LONGEST_LINE",
    "REPLACING",
    "STUDY_FILE",
    "SUFFIXES",
    "FileError",
    "Found",
    "check_file",
    "find_tables",
    "line_at",
    "scan_csv",
]

STUDY_FILE = "study.toml"
SUFFIXES = (".parquet", ".csv", ".csv.gz")
OURS = {
    STUDY_FILE,
    "provenance.json",
    "truth.json",
    "import_report.json",
    "registration.json",
    "README.md",
}
REPLACING = ".replacing."  # begins the name of a folder with tables that are being replaced
LONGEST_LINE = 2_000_000  # bytes, DuckDB's own limit too; a longer line is no row of a table
BLOCK = 2**20  # bytes read at a time
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class FileError(InputError):
    """A file that cannot be read as a table; ``text`` says why in both languages."""

    def __init__(self, *, en: str, zh: str, **values: object) -> None:
        self.text = Text(en, zh).format(**values)
        super().__init__(self.text.en)


@dataclass(frozen=True)
class Found:
    """What lies in a folder: files by table, and files that are none, with the nearest table."""

    tables: dict[str, tuple[Path, ...]]
    strangers: tuple[tuple[str, str | None], ...]


def find_tables(folder: Path) -> Found:
    """List the tables of a folder.

    Raises
    ------
    InputError
        If the folder is not there, is a file or may not be read.
    """
    if not folder.exists():
        raise FileError(
            en="there is no folder {path}; expected one with study.toml and one file a table",
            zh="没有文件夹 {path}；应为包含 study.toml 和各数据表文件的文件夹",
            path=folder,
        )
    if not folder.is_dir():
        raise FileError(
            en="{path} is a file, expected a folder with study.toml and one file a table",
            zh="{path} 是文件；应为包含 study.toml 和各数据表文件的文件夹",
            path=folder,
        )
    try:
        every = sorted(folder.iterdir())
    except OSError as error:
        raise _unreadable(folder, error) from None
    aside = [path.name for path in every if path.name.startswith(REPLACING)]
    if aside:
        raise FileError(
            en="{path} was being replaced when the writing was cut off, so its tables may be some "
            "old, some new: write it again, or take the old ones out of {aside} inside it",
            zh="{path} 在替换途中写入被中断，其中的表可能新旧混杂："
            "请重新写入，或从其中的 {aside} 取回旧表",
            path=folder,
            aside=aside[0],
        )
    paths = [path for path in every if not path.name.startswith(".")]
    tables: dict[str, tuple[Path, ...]] = {}
    strangers = []
    for path in paths:
        name, dot, rest = path.name.partition(".")
        if name in SCHEMA and dot + rest in SUFFIXES:
            tables[name] = (*tables.get(name, ()), path)
        elif path.name not in OURS and path.suffix != ".md":
            near = difflib.get_close_matches(name.lower(), SCHEMA, n=1)
            strangers.append((path.name, near[0] if near else None))
    return Found({name: tables[name] for name in SCHEMA if name in tables}, tuple(strangers))


def scan_csv(path: Path) -> list[str]:
    """Read a CSV file's bytes once, in bounded memory, and give the names in its header.

    Raises
    ------
    InputError
        If the file is empty, is no UTF-8, holds a NUL, a line longer than ``LONGEST_LINE`` or a
        broken gzip stream, or cannot be opened: with the place where this shows.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    size = lines = length = 0  # bytes and line ends so far, bytes of the line that is open
    head = b""
    for block in _blocks(path):
        if size == 0 and block.startswith(UTF16):
            raise FileError(
                en="{path} is UTF-16, expected UTF-8: save it again as CSV UTF-8",
                zh="{path} 是 UTF-16 编码，应为 UTF-8：请另存为 CSV UTF-8",
                path=path,
            )
        if 0 in block:
            at = block.index(0)
            raise FileError(
                en="{path} holds a NUL byte in line {line} (byte {at}), expected text in UTF-8",
                zh="{path} 第 {line} 行（第 {at} 字节）有 NUL 字节，应为 UTF-8 文本",
                path=path,
                line=lines + 1 + block.count(b"\n", 0, at),
                at=size + at + 1,
            )
        _decode(decoder, block, path, size, lines)
        if len(block) == BLOCK and block.isspace():  # DuckDB would lose the rows after it
            raise FileError(
                en="{path} has a megabyte of blank lines after line {line}, expected rows",
                zh="{path} 第 {line} 行之后有超过 1 MB 的空行，应为数据行",
                path=path,
                line=lines,
            )
        if b"\n" not in head:
            head += block
        ends = block.count(b"\n")
        longest = length + (block.index(b"\n") if ends else len(block))
        if longest > LONGEST_LINE:
            raise FileError(
                en="{path} has a line above {most:g} MB (line {line}), expected one row a line",
                zh="{path} 第 {line} 行超过 {most:g} MB，应为每行一条记录",
                path=path,
                most=LONGEST_LINE / 1e6,
                line=lines + 1,
            )
        length = len(block) - block.rindex(b"\n") - 1 if ends else longest
        lines += ends
        size += len(block)
    _decode(decoder, b"", path, size, lines, final=True)
    return _header(head, path)


def _decode(
    decoder: codecs.IncrementalDecoder,
    block: bytes,
    path: Path,
    size: int,
    lines: int,
    *,
    final: bool = False,
) -> None:
    waiting = len(decoder.getstate()[0])  # bytes of a letter that the last block cut
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError as error:
        whole = error.object
        raise FileError(
            en="{path} is not UTF-8: byte 0x{byte:02X} in line {line} (byte {at}); "
            "save it again as CSV UTF-8",
            zh="{path} 不是 UTF-8：第 {line} 行（第 {at} 字节）是 0x{byte:02X}；请另存为 CSV UTF-8",
            path=path,
            byte=whole[error.start],
            line=lines + 1 + whole.count(b"\n", 0, error.start),
            at=size - waiting + error.start + 1,
        ) from None


def _header(head: bytes, path: Path) -> list[str]:
    text = head.decode("utf-8-sig", errors="ignore")
    try:
        names = next(csv.reader(io.StringIO(text, newline=""), strict=True), [])
    except csv.Error as error:
        raise FileError(
            en="{path} has a broken header: {why}",
            zh="{path} 的表头有误：{why}",
            path=path,
            why=error,
        ) from None
    if not any(name.strip() for name in names):
        raise FileError(
            en="{path} is empty, expected a header with the names of the columns",
            zh="{path} 是空文件，应有列名表头",
            path=path,
        )
    return names


def line_at(path: Path, offset: int) -> int:
    """Give the number of the line that holds byte ``offset`` (from 0) of the text."""
    line, size = 1, 0
    for block in _blocks(path):
        line += block.count(b"\n", 0, max(offset - size, 0))
        size += len(block)
        if size >= offset:
            break
    return line


def _blocks(path: Path) -> Iterator[bytes]:
    """Give a file's bytes, unpacked, a block at a time."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileError(
            en="{path} is no whole gzip file: {why}",
            zh="{path} 不是完整的 gzip 文件：{why}",
            path=path,
            why=error,
        ) from None
    except OSError as error:
        raise _unreadable(path, error) from None


def check_file(path: Path) -> None:
    """Refuse what is no file that may be read."""
    if not path.is_file():
        raise FileError(
            en="{path} is a folder, expected a file" if path.is_dir() else "{path} is no file",
            zh="{path} 是文件夹，应为文件" if path.is_dir() else "{path} 不是文件",
            path=path,
        )
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> FileError:
    return FileError(
        en="{path} cannot be read: {why}",
        zh="无法读取 {path}：{why}",
        path=path,
        why=error.strerror or error,
    )
