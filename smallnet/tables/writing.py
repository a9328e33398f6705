"""Writing whole or not at all: a file, or a data set as a folder of Parquet files."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from smallnet.errors import OutputError
from smallnet.tables.dataset import Dataset
from smallnet.tables.files import STUDY_FILE, SUFFIXES
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


def write_dataset(dataset: Dataset, folder: Path | str, *, overwrite: bool = False) -> Path:
    """Write a data set as a folder: ``study.toml``, one Parquet file a table, ``provenance.json``.

    Parameters
    ----------
    dataset : Dataset
        What is written; optional columns that hold nothing are left out.
    folder : Path or str
        Made if it is not there. Other files in it (``truth.json``) stay.
    overwrite : bool
        Write even where the folder holds files and smallnet did not write them.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If the folder cannot be written, or holds something else; nothing half-written is left.
    """
    folder = Path(folder)
    _refuse_foreign(folder, overwrite=overwrite)
    scratch = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = not folder.exists()
        beside = folder.parent if fresh else folder  # on one file system with its goal
        scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name[:80]}.", dir=beside))
        _fill(dataset, scratch)
        if fresh:
            scratch.chmod(0o777 & ~_umask())
            scratch.rename(folder)
        else:
            _move_over(scratch, folder)
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
        strangers = not (folder / PROVENANCE_FILE).is_file() and any(folder.iterdir())
    except OSError as error:
        msg = f"cannot write to {folder}: {error.strerror}"
        raise OutputError(msg) from None
    if strangers and not overwrite:
        msg = (
            f"{folder} is not empty and holds no {PROVENANCE_FILE}, so smallnet did not write it; "
            "expected an empty or a new folder"
        )
        raise OutputError(msg)


def _fill(dataset: Dataset, scratch: Path) -> None:
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
    (scratch / STUDY_FILE).write_text(tomli_w.dumps(study), encoding="utf-8")
    _sync(scratch / STUDY_FILE)
    (scratch / PROVENANCE_FILE).write_text(provenance(dataset), encoding="utf-8")
    _sync(scratch / PROVENANCE_FILE)


def _move_over(scratch: Path, folder: Path) -> None:
    """Replace the files of an older data set, and take away its tables that are no more."""
    names = sorted(path.name for path in scratch.iterdir())
    for name in names:
        (scratch / name).replace(folder / name)
    for table in SCHEMA:
        for suffix in SUFFIXES:
            if f"{table}{suffix}" not in names:
                (folder / f"{table}{suffix}").unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _umask() -> int:
    """Read the process's mask of permissions; the only way is to set it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
