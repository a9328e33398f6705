"""What a chat format is: how its exports are known, and the function that reads them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from smallnet.tables import COVERAGE, Text

if TYPE_CHECKING:
    from smallnet.importers.collecting import Collector
    from smallnet.importers.source import Source

__all__ = ["Format", "Options"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the user said about the export, where the export itself does not say it."""

    timezone: str | None = None  # such as Europe/Berlin, of wall-clock times
    date_order: str | None = None  # dmy, mdy or ymd
    map_file: Path | None = None  # of the format ``columns``
    chat: str | None = None  # name of the group; never kept as it is
    me: str | None = None  # name of whoever exported, where system lines say "you"


@dataclass(frozen=True, kw_only=True)
class Format:
    """A kind of chat export.

    Parameters
    ----------
    name : str
        The word of the command line.
    title : Text
        What a reader calls it.
    read : callable
        ``read(source, collector, options)``: hands every record of one file to the collector.
    sniff : callable
        ``sniff(name, head)``: may the file with this name and these first 64 KB be mine? In a zip
        or folder it is asked for each file inside, with its path inside as the name.
    covers : tuple of str
        The coverage (keys of ``COVERAGE``) that every such export records.
    may_cover : tuple of str
        What some exports of the format record besides; the reader tells it of the one at hand by
        ``Collector.covers``.
    local_times : bool
        Times are those of a clock on the wall: ``--timezone`` is asked for.
    day_order : bool
        Dates may need ``--date-order``.
    """

    name: str
    title: Text
    read: "Callable[[Source, Collector, Options], None]"
    sniff: Callable[[str, bytes], bool]
    covers: tuple[str, ...]
    may_cover: tuple[str, ...] = ()
    local_times: bool = False
    day_order: bool = False

    def __post_init__(self) -> None:
        unknown = {*self.covers, *self.may_cover} - set(COVERAGE)
        if unknown:
            msg = f"format {self.name} covers {sorted(unknown)[0]!r}, expected some of {COVERAGE}"
            raise ValueError(msg)
