"""Writing whole or not at all: a file, or a data set as a folder of Parquet files."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from smallnet.errors import OutputError
from smallnet.tables.dataset import Dataset
from smallnet.tables.files import REPLACING, STUDY_FILE, SUFFIXES
from smallnet.tables.provenance import PROVENANCE_FILE, provenance
from smallnet.tables.schema import SCHEMA

__all__ = ["atomic_write", "write_dataset"]

FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO, errno.EROFS}  # the disk's own errors


@contextmanager
def atomic_write(path: Path | str, mode: str = "w", **options: Any) -> Iterator[IO[Any]]:
    """Open a file that appears under its name only when everything is in it.

    Parameters
    ----------
    path : Path or str
        The file. Until the block ends well, what was there before stays.
    mode : str
        ``"w"`` for text (UTF-8 unless told otherwise) or ``"wb"`` for bytes.
    **options
        For ``open``, such as ``newline=""``.

    Raises
    ------
    OutputError
        If the file cannot be written; the draft beside it is gone then, as after any other
        exception, Ctrl-C among them.
    """
    path = Path(path)
    if "b" not in mode:
        options.setdefault("encoding", "utf-8")
    draft = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:80]}.", dir=path.parent)
        draft = Path(name)
        with os.fdopen(handle, mode, **options) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o666 & ~_umask())
        draft.replace(path)
        draft = None
    except OSError as error:
        ours = draft is None or error.errno in FULL or error.filename in {str(draft), str(path)}
        if isinstance(error, OutputError) or not ours:
            raise
        msg = f"cannot write {path}: {error.strerror or error}"
        raise OutputError(msg) from None
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


def write_dataset(
    dataset: Dataset,
    folder: Path | str,
    *,
    overwrite: bool = False,
    also: Mapping[str, str] | None = None,
    dated: bool = True,
) -> Path:
    """Write a data set as a folder: ``study.toml``, one Parquet file a table, ``provenance.json``.

    Parameters
    ----------
    dataset : Dataset
        What is written; optional columns that hold nothing are left out.
    folder : Path or str
        Made if it is not there. An older data set in it is replaced in one stroke, other files
        stay.
    overwrite : bool
        Write even where the folder holds files and smallnet did not write them.
    also : mapping of str to str, optional
        Texts of further files, by name, that belong to these tables (``truth.json``).
    dated : bool
        Say in ``provenance.json`` when it was written. What can be made again at any moment, such
        as a simulated world, is better undated: it is then the same, byte for byte.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If the folder cannot be written, or holds something else; nothing half-written is left.

    Notes
    -----
    After an error the older data set is there as it was. Where the process is killed in the
    instant of replacing, the older files are in a hidden folder inside, and reading says so
    instead of taking some tables of each for a data set; writing again mends it.
    """
    folder = Path(folder)
    _refuse_foreign(folder, overwrite=overwrite)
    scratch = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = not folder.exists()
        beside = folder.parent if fresh else folder  # on one file system with its goal
        scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name[:80]}.", dir=beside))
        _fill(dataset, scratch, also or {}, dated=dated)
        if fresh:
            scratch.chmod(0o777 & ~_umask())
            scratch.rename(folder)
        else:
            _swap(scratch, folder)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        msg = f"cannot write to {folder}: {error.strerror or error}"
        raise OutputError(msg) from None
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _refuse_foreign(folder: Path, *, overwrite: bool) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        msg = f"{folder} is a file, expected a folder to write the tables to"
        raise OutputError(msg)
    try:
        marks = (PROVENANCE_FILE, f"{REPLACING}*")  # we wrote it, or were killed writing it
        strangers = any(folder.iterdir()) and not any(any(folder.glob(mark)) for mark in marks)
    except OSError as error:
        msg = f"cannot write to {folder}: {error.strerror}"
        raise OutputError(msg) from None
    if strangers and not overwrite:
        msg = (
            f"{folder} is not empty and holds no {PROVENANCE_FILE}, so smallnet did not write it; "
            "expected an empty or a new folder"
        )
        raise OutputError(msg)


def _fill(dataset: Dataset, scratch: Path, also: Mapping[str, str], *, dated: bool) -> None:
    import tomli_w

    for name in dataset.tables:
        table = dataset[name]
        optional = set(SCHEMA[name].names) - set(SCHEMA[name].required)
        columns = [
            column
            for column in table.columns
            if column not in optional or dataset.has(f"{name}.{column}")
        ]
        path = scratch / f"{name}.parquet"
        try:
            table.select(*columns).to_parquet(path, compression="zstd")
        except Exception as error:
            if isinstance(error, OSError) or "IO Error" in str(error):
                words = str(error).rpartition(": ")[2].strip() or str(error)
                raise OSError(errno.EIO, words) from None
            raise
        _sync(path)
    study = dataset.study.to_mapping()
    for key in ("observed_from", "observed_until"):
        if key in study:
            study[key] += "Z"  # without it, it would be a time of the study's zone
    texts = {STUDY_FILE: tomli_w.dumps(study), PROVENANCE_FILE: provenance(dataset, dated=dated)}
    for name, text in {**also, **texts}.items():
        (scratch / name).write_text(text, encoding="utf-8")
        _sync(scratch / name)


def _swap(scratch: Path, folder: Path) -> None:
    """Put the new files in the place of an older data set, all of them or none.

    As long as the older files stand aside in a folder inside, no reader takes what is there for a
    data set. The folder itself is not renamed: it may be a mount, somebody's working directory,
    or stand where only root may write.
    """
    fresh = sorted(path.name for path in scratch.iterdir())
    ours = [f"{table}{suffix}" for table in SCHEMA for suffix in SUFFIXES]
    leaving = [name for name in dict.fromkeys((*ours, *fresh)) if (folder / name).exists()]
    killed = list(folder.glob(f"{REPLACING}*"))  # left by a process that was killed here
    aside = Path(tempfile.mkdtemp(prefix=REPLACING, dir=folder))
    moves = [(folder / name, aside / name) for name in leaving]
    moves += [(scratch / name, folder / name) for name in fresh]
    moves += [(old, scratch / old.name) for old in (*killed, aside)]  # deleted with the scratch
    done: list[tuple[Path, Path]] = []
    try:
        for source, goal in moves:
            source.rename(goal)
            done.append((source, goal))
    except BaseException:
        for source, goal in reversed(done):
            goal.rename(source)
        aside.rmdir()
        raise


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _umask() -> int:
    """Read the process's mask of permissions; the only way is to set it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
