"""The registry of public data: what there is, where it comes from, and how it becomes tables.

A set's raw files are looked for in the folder that ``SMALLNET_DATA`` names, then in the cache
(``SMALLNET_CACHE`` or the system's own), and are then fetched from the official address. Every
file is held against its SHA-256. Licence, terms and citation are shown on load.
"""

import difflib
import functools
import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from smallnet.errors import DownloadError, InputError, UnknownNameError
from smallnet.tables.dataset import Dataset
from smallnet.tables.sources import SOURCES, Entry, File, Source

__all__ = [
    "Entry",
    "File",
    "cache_folder",
    "convert",
    "entry",
    "fetch",
    "fetch_files",
    "is_here",
    "list_data",
    "load_data",
    "load_instead_of_folder",
]

NEAR = 0.6  # likeness of two names, from which one is taken for the other mistyped
Notify = Callable[[str], None]


def _say(line: str) -> None:
    """Write one line to stderr, where it mixes with no data."""
    print(line, file=sys.stderr)


@functools.cache
def _sources() -> dict[str, Source]:
    return {source.entry.name: source for source in SOURCES}


def list_data() -> tuple[Entry, ...]:
    """List the public data sets, in the order of the registry.

    Examples
    --------
    >>> "thiers2013" in [entry.name for entry in list_data()]
    True
    """
    return tuple(source.entry for source in _sources().values())


def entry(name: str) -> Entry:
    """Give what the registry knows of a data set.

    Raises
    ------
    UnknownNameError
        If there is no such set; the message has the name that is near, else all names.
    """
    return _source(name).entry


def _source(name: str) -> Source:
    sources = _sources()
    if name not in sources:
        near = _near(name)
        meant = f"did you mean {near!r}?" if near else f"expected one of {', '.join(sources)}"
        msg = f"no public data set is called {name!r}; {meant}"
        raise UnknownNameError(msg)
    return sources[name]


def _near(name: str) -> str | None:
    """Name of a set for which this one may be mistyped."""
    return next(iter(difflib.get_close_matches(name.lower(), _sources(), n=1, cutoff=NEAR)), None)


def cache_folder() -> Path:
    """Give the folder where fetched files are kept: ``SMALLNET_CACHE`` or the system's cache."""
    here = os.environ.get("SMALLNET_CACHE")
    if here:
        return Path(here)
    import pooch  # slow to import

    return Path(pooch.os_cache("smallnet"))


def load_data(name: str, *, notify: Notify = _say) -> Dataset:
    """Load a public data set as tables.

    Parameters
    ----------
    name : str
        Name in the registry.
    notify : callable, optional
        Takes one line with licence, terms and citation; written to stderr where not given.

    Returns
    -------
    Dataset
        Its ``study.notes`` say what the converter left out or assumed.

    Raises
    ------
    UnknownNameError
        If there is no such set.
    DownloadError
        If the raw files are not here and cannot be fetched.
    InputError
        If a raw file is not the one that the converter was written for.
    """
    source = _source(name)
    notify(source.entry.notice)
    return convert(name, fetch(name, notify=notify))


def load_instead_of_folder(place: str | Path, *, notify: Notify = _say) -> Dataset:
    """Load the public data set whose name stands where a folder was looked for and is not.

    Parameters
    ----------
    place : str or Path
        What was typed, of which there is no folder.
    notify : callable, optional
        As in ``load_data``.

    Raises
    ------
    InputError
        If it is no name of a set either: then a folder was meant, and it is missing.
    DownloadError
        As ``load_data``.
    """
    name = str(place)
    if Path(place).parent != Path():
        msg = f"there is no folder {name}; expected a folder of tables or the name of a data set"
        raise InputError(msg)
    if name not in _sources():
        near = _near(name)
        meant = f"did you mean {near!r}?" if near else "smallnet data list tells those that have"
        msg = f"there is no folder {name} here, and no public data set has that name; {meant}"
        raise InputError(msg)
    return load_data(name, notify=notify)


def fetch(name: str, *, notify: Notify = _say) -> Path:
    """Give the folder with the raw files of a data set, fetching what is not here yet.

    Raises
    ------
    UnknownNameError, DownloadError, InputError
        As ``load_data``.
    """
    wanted = entry(name)
    given = _given_folder(wanted)
    if given is None:
        return fetch_files(wanted, cache_folder() / wanted.folder, notify=notify)
    for file in wanted.files:
        _check_file(given / file.name, file)
    return given


def is_here(name: str) -> bool:
    """Tell whether all raw files of a data set are on this machine, so that none would be fetched.

    Raises
    ------
    UnknownNameError
        If there is no such set.

    Examples
    --------
    >>> is_here("karate")  # comes with networkx
    True
    """
    wanted = entry(name)
    if not wanted.files:
        return True
    folder = _given_folder(wanted) or cache_folder() / wanted.folder
    return all((folder / file.name).is_file() for file in wanted.files)


def _given_folder(wanted: Entry) -> Path | None:
    """Give the set's folder in SMALLNET_DATA, which goes before what was fetched; None if none."""
    here = os.environ.get("SMALLNET_DATA")
    folder = Path(here) / wanted.folder if here else None
    return folder if folder is not None and folder.is_dir() else None


def convert(name: str, folder: Path | str) -> Dataset:
    """Turn the raw files of a data set, as they lie in ``folder``, into tables.

    Raises
    ------
    UnknownNameError
        If there is no such set.
    InputError
        If a raw file is missing or not readable as what it should be.
    """
    source = _source(name)
    folder = Path(folder)
    for file in source.entry.files:
        if not (folder / file.name).is_file():
            msg = f"{folder} has no file {file.name}, which {name} needs"
            raise InputError(msg)
    try:
        return source.convert(folder)
    except InputError:
        raise
    except (OSError, EOFError, ValueError, LookupError) as error:
        msg = f"{folder} holds other files than those of {name} ({source.entry.edition}): {error}"
        raise InputError(msg) from error


def fetch_files(wanted: Entry, folder: Path, *, notify: Notify = _say) -> Path:
    """Fetch the files of an entry that are not in ``folder`` yet.

    Parameters
    ----------
    wanted : Entry
        Whose files; each needs an address unless it lies in ``folder`` already.
    folder : Path
        Where they are kept. A file appears there whole and checked, or not at all.
    notify : callable, optional
        Takes one line for each file that is fetched.

    Raises
    ------
    DownloadError
        If a file has no address, the server cannot be reached or breaks off, or the bytes are
        not the expected ones.
    """
    from smallnet.tables.sources.download import fetch_file  # slow to import

    for file in wanted.files:
        if (folder / file.name).is_file() and _sha256(folder / file.name) == file.sha256:
            continue
        if file.address is None:
            msg = (
                f"{wanted.name} cannot be fetched, for {file.name} has no official address: "
                f"read about it at {wanted.page} ({wanted.edition}) and set SMALLNET_DATA to a "
                f"folder that holds {wanted.folder}/{file.name}"
            )
            raise DownloadError(msg)
        notify(f"{wanted.name}: fetching {file.address}")
        fetch_file(file, folder)
    return folder


def _check_file(path: Path, file: File) -> None:
    if not path.is_file():
        msg = f"{path.parent} has no file {file.name}, which SMALLNET_DATA promises"
        raise InputError(msg)
    found = _sha256(path)
    if found != file.sha256:
        msg = (
            f"{path} is another edition: its SHA-256 is {found[:12]}…, expected {file.sha256[:12]}…"
        )
        raise InputError(msg)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
