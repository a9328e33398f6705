"""What the registry knows of a public data set, and how its raw files are read."""

import datetime as dtm
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from smallnet.tables.dataset import Dataset
from smallnet.tables.schema import COVERAGE
from smallnet.tables.study_file import Study

__all__ = [
    "Entry",
    "File",
    "Source",
    "count",
    "ids",
    "moments",
    "no_memberships",
    "pairs",
    "read_csv",
    "study_of",
]

Moment = str | dtm.datetime  # UTC without a zone


@dataclass(frozen=True)
class File:
    """A raw file as it was when the converter was written."""

    name: str
    sha256: str
    address: str | None = None  # where these very bytes can be fetched; None: nowhere known


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A public data set: where it is, what it may be used for, and what it can test."""

    name: str
    title: str
    files: tuple[File, ...]
    page: str  # where to read about it
    licence: str
    terms: str
    citation: str
    edition: str  # which copy, at which commit
    can_test: tuple[str, ...]  # ids of claims
    published: Mapping[str, int] = field(default_factory=dict)  # counts that its authors print
    folder: str = ""  # of the raw files, where it is not called like the set

    def __post_init__(self) -> None:
        object.__setattr__(self, "published", MappingProxyType(dict(self.published)))
        object.__setattr__(self, "folder", self.folder or self.name)

    @property
    def fetchable(self) -> bool:
        """Tell whether every raw file has an address (a set without files comes with a package)."""
        return all(file.address for file in self.files)

    @property
    def notice(self) -> str:
        """One line on licence, terms and citation, shown when the data are loaded."""
        return (
            f"{self.name}: {self.title}. Licence: {self.licence}. Terms: {self.terms}. "
            f"Cite: {self.citation}."
        )

    @property
    def size_text(self) -> str:
        """How large the set is, in the counts that its authors print."""
        return ", ".join(f"{number:,} {what}" for what, number in self.published.items())

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain values."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain["files"] = [
            {"name": file.name, "sha256": file.sha256, "address": file.address}
            for file in self.files
        ]
        plain["can_test"] = list(self.can_test)
        plain["published"] = dict(self.published)
        return plain


@dataclass(frozen=True)
class Source:
    """An entry and the converter that turns its folder of raw files into tables."""

    entry: Entry
    convert: Callable[[Path], Dataset]


def study_of(
    entry: Entry,
    *,
    notes: Iterable[str],
    covers: Iterable[str],
    watch: tuple[Moment, Moment] | None = None,
    time_resolution: str | None = None,
    time_origin: str | None = None,
) -> Study:
    """Write the study of a set: source, licence and citation from its entry.

    Parameters
    ----------
    entry : Entry
        The set.
    notes : iterable of str
        What the converter left out or assumed.
    covers : iterable of str
        The channels that the source could record; it could record no other.
    watch : pair of moments, optional
        Start and end of the watch, the end outside; None for data without times.
    time_resolution, time_origin : str, optional
        As in ``study.toml``; all times are UTC, so no time zone is stated.
    """
    covered = set(covers)
    low, high = (pd.Timestamp(moment) for moment in watch) if watch else (None, None)
    return Study(
        name=entry.name,
        observed_from=low.to_pydatetime() if low is not None else None,
        observed_until=high.to_pydatetime() if high is not None else None,
        source=f"{entry.title}; {entry.edition}; {entry.page}",
        licence=entry.licence,
        citation=entry.citation,
        notes=tuple(notes),
        coverage={channel: channel in covered for channel in COVERAGE},
        time_resolution=time_resolution,
        time_origin=time_origin,
    )


def read_csv(path: Path, names: list[str] | None = None, sep: str = ",") -> pd.DataFrame:
    """Read a raw file; without a header row where ``names`` are given."""
    return pd.read_csv(path, sep=sep, header=None if names else 0, names=names)


def moments(seconds: pd.Series) -> pd.Series:
    """Turn Unix seconds (numbers or text, null allowed) into UTC moments with microseconds."""
    number = pd.to_numeric(seconds).to_numpy(dtype=np.float64, na_value=np.nan)
    unknown = np.isnan(number)
    micro = np.rint(np.where(unknown, 0.0, number) * 1e6).astype(np.int64)
    at = micro.astype("datetime64[us]")
    at[unknown] = np.datetime64("NaT")
    return pd.Series(at, index=seconds.index)


def ids(prefix: str, numbers: pd.Series | npt.NDArray[np.integer]) -> pd.Series:
    """Give text ids such as ``m12``; text, so that no two numberings can be mixed up."""
    numbers = pd.Series(numbers)
    return prefix + numbers.astype("int64").astype(str)


def pairs(frame: pd.DataFrame, a: str, b: str) -> pd.DataFrame:
    """Unordered pairs of two columns, each once: ``person, friend, mutual``.

    A pair with itself is left out. ``mutual`` tells whether both directions occur.
    """
    given = frame[frame[a] != frame[b]]
    first, second = given[a].to_numpy(), given[b].to_numpy()
    ordered = first < second
    both = pd.DataFrame(
        {
            "person": np.where(ordered, first, second),
            "friend": np.where(ordered, second, first),
            "ordered": ordered,
        }
    )
    directions = both.groupby(["person", "friend"], sort=True)["ordered"].nunique()
    return (directions > 1).rename("mutual").reset_index()


def no_memberships() -> pd.DataFrame:
    """Give the one required table, empty: these data have no groups."""
    return pd.DataFrame({"group": pd.Series(dtype=str), "person": pd.Series(dtype=str)})


def count(number: int, what: str) -> str:
    """Write a number of something, for the notes."""
    return f"{number:,} {what}"
