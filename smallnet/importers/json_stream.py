r"""Read a JSON file of any size in one pass: its frame as values, its long arrays in batches.

Chat exports are one JSON object with a few short fields and one or more endless arrays of messages.
`walk` names the arrays to stream; the rest comes whole. A block of bytes is cut into the elements
of an array by counting brackets outside strings with numpy, then read by orjson at once, so that
memory is bounded by the block and not by the file. What orjson refuses is read again alone and
gently: invalid UTF-8, lone surrogates, NaN, and the ``\x0B`` escapes that old Telegram exports
hold. What even that refuses comes as `Torn`, with its line: it is counted, never lost.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import orjson

from smallnet.errors import InputError
from smallnet.importers.json_bytes import CLOSE, COMMA, as_utf8, read_json, structure_of

__all__ = ["MAX_RECORD", "Found", "Path", "Records", "Torn", "Value", "walk"]

MAX_RECORD = 1 << 24  # bytes; a longer record or value is passed over, and counted
BLOCK = 1 << 18  # bytes read and cut at once
FIRST_BLOCK = 1 << 13  # an array may be short: begin small, then double
MAX_DEPTH = 64  # of the frame; records may be deeper, as far as the readers go

Path = tuple[str | int, ...]

_SPACE = re.compile(rb"[ \t\r\n]*+")
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SCALAR = re.compile(rb"[^\s,\]}\[{\":]++")


@dataclass(frozen=True)
class Value:
    """A value outside the streamed arrays, whole; ``value`` is None where it was too long."""

    path: Path
    value: Any
    line: int


@dataclass(frozen=True)
class Torn:
    """An element of a streamed array that cannot be read, and why."""

    path: Path
    line: int
    reason: str


@dataclass(frozen=True)
class Records:
    """Some elements of a streamed array, in order."""

    path: Path
    values: list[Any]
    block: bytes
    starts: npt.NDArray[np.int64]
    first_line: int

    def line(self, index: int) -> int:
        """Line of the file, from 1, on which element ``index`` begins."""
        start = int(self.starts[index])
        space = _SPACE.match(self.block, start)
        return self.first_line + self.block.count(b"\n", 0, space.end() if space else start)


Found = Value | Torn | Records


def walk(
    stream: BinaryIO, *, arrays: Iterable[Path], name: str, block: int = BLOCK
) -> Iterator[Found]:
    """Walk once through a JSON file.

    Parameters
    ----------
    stream : binary file
        UTF-8, with or without a mark; UTF-16 and UTF-32 with a mark.
    arrays : iterable of tuple
        Paths of the arrays that are streamed; ``"*"`` stands for any index or key, ``()`` for the
        file itself.
    name : str
        Name of the file, for errors.
    block : int
        Bytes that are read and cut at once.

    Yields
    ------
    Value, Records or Torn
        In the order of the file. One that ends too early ends with a `Torn` whose path is that of
        what was open.

    Raises
    ------
    InputError
        If the file is no JSON, or its frame (what stands outside the streamed arrays) is broken.
    """
    return _Walker(as_utf8(stream), tuple(arrays), name, block).walk()


class _EndOfFileError(Exception):
    """The file ends inside what is being read."""


class _Walker:
    """A cursor over the bytes of the file: ``buffer[at:]`` is read but not yet understood."""

    def __init__(self, stream: BinaryIO, arrays: tuple[Path, ...], name: str, block: int) -> None:
        self.stream, self.arrays, self.name = stream, arrays, name
        self.block, self.first_block = block, min(FIRST_BLOCK, block)
        self.buffer, self.at, self.line, self.ended = b"", 0, 1, False

    # ---- bytes -------------------------------------------------------------------------------

    def more(self, size: int = 0) -> bool:
        """Read on; false at the end of the file."""
        if not self.ended:
            fresh = self.stream.read(max(size, self.block))
            self.ended = not fresh
            if fresh:
                self.forget()
                self.buffer += fresh
        return not self.ended

    def forget(self) -> None:
        """Let go of what is behind the cursor, keeping count of the lines."""
        self.line += self.buffer.count(b"\n", 0, self.at)
        self.buffer, self.at = self.buffer[self.at :], 0

    def here(self) -> int:
        """Line of the cursor."""
        return self.line + self.buffer.count(b"\n", 0, self.at)

    def peek(self) -> bytes:
        """Next byte that is no white space; the cursor stands on it."""
        while True:
            space = _SPACE.match(self.buffer, self.at)
            self.at = space.end() if space else self.at
            if self.at < len(self.buffer):
                return self.buffer[self.at : self.at + 1]
            if not self.more():
                raise _EndOfFileError

    def take(self, expected: bytes, what: str) -> bytes:
        """Step over one of the bytes ``expected``."""
        byte = self.peek()
        if byte not in expected:
            msg = f"{self.name}, line {self.here()}: this is no JSON, {what} was expected"
            raise InputError(msg)
        self.at += 1
        return byte

    # ---- the frame ---------------------------------------------------------------------------

    def walk(self) -> Iterator[Found]:
        """Walk through the file, whose end may come too early."""
        try:
            if self.peek() not in b"{[":
                msg = f"{self.name}, line {self.here()}: this is no JSON, {{ or [ was expected"
                raise InputError(msg)
        except _EndOfFileError:
            msg = f"{self.name} is empty, a JSON object was expected"
            raise InputError(msg) from None
        self.path: Path = ()
        try:
            yield from self.value(())
        except _EndOfFileError:
            yield Torn(self.path, self.here(), "the file ends inside this record")

    def streams(self, path: Path) -> bool:
        """Is this one of the arrays to stream."""
        return any(len(a) == len(path) and _fits(a, path) for a in self.arrays)

    def leads(self, path: Path) -> bool:
        """Is one of the arrays to stream inside this."""
        return any(len(a) > len(path) and _fits(a, path) for a in self.arrays)

    def value(self, path: Path) -> Iterator[Found]:
        """Walk through one value of the frame."""
        self.path = path
        byte = self.peek()
        if byte == b"[" and self.streams(path):
            self.at += 1
            yield from self.elements(path)
        elif byte in b"{[" and self.leads(path) and len(path) < MAX_DEPTH:
            yield from self.inside(path, is_object=byte == b"{")
        else:
            line = self.here()
            raw = self.whole()
            try:
                yield Value(path, None if raw is None else read_json(raw), line)
            except ValueError:
                msg = f"{self.name}, line {line}: this is no JSON, a value was expected"
                raise InputError(msg) from None
        self.path = path[:-1]

    def inside(self, path: Path, *, is_object: bool) -> Iterator[Found]:
        """Walk through the members of an object or an array of the frame."""
        self.at += 1
        close, n = (b"}" if is_object else b"]"), 0
        if self.peek() == close:
            self.at += 1
            return
        while True:
            if is_object:
                if self.peek() != b'"':
                    self.take(b'"', "a name in quotes")
                key: str | int = self.name_of_member()
                self.take(b":", "a colon")
            else:
                key = n
            yield from self.value((*path, key))
            self.path, n = path, n + 1
            if self.take(b"," + close, f"a comma or {close.decode()}") == close:
                return

    def name_of_member(self) -> str:
        """Give the name at the cursor, which steps behind it."""
        line = self.here()
        try:
            return str(read_json(self.whole() or b'""'))
        except ValueError:
            msg = f"{self.name}, line {line}: this is no JSON, a name was expected"
            raise InputError(msg) from None

    def whole(self) -> bytes | None:
        """Bytes of the value at the cursor, which steps behind it; None if it is too long."""
        if self.peek() in b"{[":
            return self.compound()
        pattern = _STRING if self.peek() == b'"' else _SCALAR
        while True:
            found = pattern.match(self.buffer, self.at)
            if found and (pattern is _STRING or found.end() < len(self.buffer)):
                break
            if len(self.buffer) - self.at > MAX_RECORD:
                msg = f"{self.name}, line {self.here()}: a field is longer than {MAX_RECORD} bytes"
                raise InputError(msg)
            size = len(self.buffer) - self.at
            if not self.more(size):
                if found and not self.path:  # a lone scalar
                    break
                raise _EndOfFileError
            if not found and len(self.buffer) == self.at:
                break
        if not found:
            msg = f"{self.name}, line {self.here()}: this is no JSON, a value was expected"
            raise InputError(msg)
        self.at = found.end()
        return found.group()

    def compound(self) -> bytes | None:
        """Bytes of the object or array at the cursor; None if it is too long."""
        size = self.first_block
        while True:
            block = self.buffer[self.at : self.at + size]
            found = structure_of(block)
            ends = found.where[(found.depth == 0) & (found.code == CLOSE)]
            if ends.size:
                end = int(ends[0]) + 1
                self.at += end
                return block[:end]
            if size >= MAX_RECORD:
                self.pass_over(separators=False)
                return None
            if len(self.buffer) - self.at <= size and not self.more(size):
                raise _EndOfFileError
            size *= 2

    # ---- streamed arrays ---------------------------------------------------------------------

    def elements(self, path: Path) -> Iterator[Found]:
        """Give the elements of an array in batches; the cursor stands behind its bracket."""
        if self.peek() == b"]":
            self.at += 1
            return
        size = self.first_block
        while True:
            if len(self.buffer) - self.at < size:
                self.more(size)
            block = self.buffer[self.at : self.at + size]
            found = structure_of(block)
            closed = np.flatnonzero(found.depth == -1)[:1]
            last = int(closed[0]) if closed.size else len(found.where)
            where, code, depth = found.where[:last], found.code[:last], found.depth[:last]
            cuts = np.append(where[(code == COMMA) & (depth == 0)], found.where[closed])
            if cuts.size:
                yield from self.batch(path, block, cuts)
                self.at += int(cuts[-1]) + 1
                if closed.size:
                    return
                size = min(2 * size, self.block)
            elif size >= MAX_RECORD:
                line = self.here()
                more = self.pass_over(separators=True)
                yield Torn(path, line, "the record is too long")
                if not more:
                    return
                size = self.first_block
            elif self.ended and len(self.buffer) - self.at <= size:
                self.peek()  # nothing but white space is an end between two records
                raise _EndOfFileError
            else:
                size *= 2

    def batch(self, path: Path, block: bytes, cuts: npt.NDArray[np.int64]) -> Iterator[Found]:
        """Read the elements that end before each of ``cuts``."""
        starts = np.concatenate(([0], cuts[:-1] + 1)).astype(np.int64)
        line = self.here()
        try:
            values = orjson.loads(b"[" + block[: int(cuts[-1])] + b"]")
        except orjson.JSONDecodeError:
            values = None
        if values is not None and len(values) == len(cuts):
            yield Records(path, values, block, starts, line)
            return
        good: list[Any] = []
        whence: list[int] = []
        torn: list[Torn] = []
        for start, end in zip(starts.tolist(), cuts.tolist(), strict=True):
            try:
                good.append(read_json(block[start:end]))
                whence.append(start)
            except ValueError as error:
                deep = str(error) == "nested too deep" or "Recursion" in str(error)
                reason = "the record is nested too deep" if deep else "the record is no valid JSON"
                space = _SPACE.match(block, start)
                there = line + block.count(b"\n", 0, space.end() if space else start)
                torn.append(Torn(path, there, reason))
        yield Records(path, good, block, np.array(whence, dtype=np.int64), line)
        yield from torn

    def pass_over(self, *, separators: bool) -> bool:
        """Step behind a value that is too long to hold; false if that ended the array around it."""
        depth, in_string = 0, False
        while True:
            block = self.buffer[self.at : self.at + self.block]
            tail = len(block) - len(block.rstrip(b"\\"))
            if tail % 2 and len(block) > 1:
                block = block[:-1]
            found = structure_of(block, depth=depth, in_string=in_string)
            if separators:
                ends = (found.depth == -1) | ((found.depth == 0) & (found.code == COMMA))
            else:
                ends = (found.depth == 0) & (found.code == CLOSE)
            here = np.flatnonzero(ends)[:1]
            if here.size:
                self.at += int(found.where[here[0]]) + 1
                return bool(found.code[here[0]] == COMMA)
            depth = int(found.depth[-1]) if found.depth.size else depth
            in_string = found.in_string
            self.at += len(block)
            if len(self.buffer) - self.at <= 1 and not self.more():
                raise _EndOfFileError


def _fits(pattern: Path, path: Path) -> bool:
    return all(p in ("*", q) for p, q in zip(pattern, path, strict=False))
