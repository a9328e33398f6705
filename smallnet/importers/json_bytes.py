"""Bytes of JSON: where its brackets and commas are, and what a single value says."""

import codecs
import json
import math
import re
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import orjson

__all__ = ["CLOSE", "COMMA", "OPEN", "Structure", "as_utf8", "read_json", "structure_of"]

QUOTE, OPEN, CLOSE, COMMA = 1, 2, 3, 4
_CODES = bytearray(256)
for _characters, _code in ((b'"', QUOTE), (b"{[", OPEN), (b"}]", CLOSE), (b",", COMMA)):
    for _character in _characters:
        _CODES[_character] = _code
_MARKS = bytes(min(code, 1) for code in _CODES)  # translated so, a block is an array of truths
_STEPS = np.array([0, 0, 1, -1, 0], dtype=np.int64)  # what each code does to the depth

_HEX_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\x([0-9A-Fa-f]{2})")


def read_json(raw: bytes) -> Any:
    """Read one JSON value, gently: what strict readers refuse but a person would read is read.

    Raises
    ------
    ValueError
        If it is no JSON, or nested deeper than the reader can go.
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        text = _HEX_ESCAPE.sub(r"\1\\u00\2", raw.decode("utf-8", "replace"))
    try:
        value = json.loads(text, strict=False, parse_constant=_no_number, parse_float=_finite)
        # Once more, for lone surrogates: they have no UTF-8, and become "?".
        return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except RecursionError:
        msg = "nested too deep"
        raise ValueError(msg) from None


def _no_number(_: str) -> None:
    return None


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _escaped(array: npt.NDArray[np.uint8], quotes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which quotes stand behind an odd number of backslashes."""
    escaped = (array[quotes - 1] == ord("\\")) & (quotes > 0)
    behind = np.flatnonzero(escaped)
    if behind.size:
        slashes = np.flatnonzero(array == ord("\\"))
        begins = np.concatenate(([True], np.diff(slashes) != 1))
        run = np.maximum.accumulate(np.where(begins, slashes, 0))  # where the run of each began
        ends = quotes[behind]
        escaped[behind] = (ends - run[np.searchsorted(slashes, ends - 1)]) % 2 == 1
    return escaped


@dataclass(frozen=True)
class Structure:
    """Brackets and commas outside strings: where they are, what they are, the depth behind them."""

    where: npt.NDArray[np.int64]
    code: npt.NDArray[np.uint8]
    depth: npt.NDArray[np.int64]
    in_string: bool  # at the end of the block


def structure_of(block: bytes, *, depth: int = 0, in_string: bool = False) -> Structure:
    """Find the brackets and commas of a block that begins at ``depth``."""
    where = np.flatnonzero(np.frombuffer(block.translate(_MARKS), np.bool_))
    code = np.frombuffer(block.translate(_CODES), np.uint8)[where]
    is_quote = code == QUOTE
    quotes = np.flatnonzero(is_quote)
    is_quote[quotes[_escaped(np.frombuffer(block, np.uint8), where[quotes])]] = False
    before = np.cumsum(is_quote) + in_string
    keep = (before % 2 == 0) & (code != QUOTE)
    code = code[keep]
    return Structure(
        where[keep],
        code,
        np.cumsum(_STEPS[code]) + depth,
        bool(before[-1] % 2) if before.size else in_string,
    )


def as_utf8(stream: BinaryIO) -> BinaryIO:
    """Drop a byte-order mark; turn UTF-16 and UTF-32 into UTF-8."""
    head = stream.read(4)
    for mark, encoding in (
        (codecs.BOM_UTF8, ""),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return _Recoded(head[len(mark) :], stream, encoding)  # type: ignore[return-value]
    return _Recoded(head, stream, "")  # type: ignore[return-value]


class _Recoded:
    """A stream whose first bytes were read already, as UTF-8."""

    def __init__(self, head: bytes, stream: BinaryIO, encoding: str) -> None:
        self.head, self.stream = head, stream
        self.decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None

    def read(self, size: int) -> bytes:
        """Read some bytes; none at the end."""
        while True:
            raw, self.head = self.head or self.stream.read(size), b""
            if self.decoder is None or not raw:
                return raw
            text = self.decoder.decode(raw)
            if text:
                return text.encode("utf-8", "replace")
