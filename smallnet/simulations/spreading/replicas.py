"""Many replicates on any engine of joblib: same answer, whoever runs which, and after a crash."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from smallnet.errors import InputError, OutputError
from smallnet.simulations.spreading.kernels.stream import stream_keys
from smallnet.simulations.spreading.outcome import Block
from smallnet.tables.writing import atomic_write

if TYPE_CHECKING:
    from smallnet.simulations.spreading.model import Kernel

__all__ = ["replicas"]

BLOCK = 64  # replicates of one task: what is lost when a worker dies
TRIES = 5  # in which no block is finished, before giving up


def replicas(
    kernel: Kernel,
    n: int,
    *,
    rng: np.random.Generator,
    jobs: int | None = None,
    checkpoint: Path | str | None = None,
    progress: bool = False,
) -> Block:
    """Run ``n`` replicates of a prepared model.

    Parameters
    ----------
    kernel : Kernel
        ``model.prepare(population, seeds)``.
    n : int
        Replicates.
    rng : numpy.random.Generator
        Every replicate has a stream of its own, drawn from here: the answer is the same for any
        number of workers, any engine, any order.
    jobs : int, optional
        Workers; -1 for one a core. Where not given: as ``joblib.parallel_config`` says, else 1.
        The engine is loky (processes) unless ``parallel_config(backend=...)`` names another.
    checkpoint : path, optional
        Folder in which finished blocks are kept. A second call with the same kernel, ``n`` and
        ``rng`` runs only what is missing.
    progress : bool
        Show a bar on stderr where that is a terminal.

    Returns
    -------
    Block

    Raises
    ------
    InputError
        If ``n`` is below 1, ``jobs`` is 0, or the checkpoint is of another run.
    OutputError
        If the checkpoint cannot be written.
    """
    if not isinstance(n, (int, np.integer)) or n < 1:
        msg = f"replicates is {n}, expected a whole number of at least 1"
        raise InputError(msg)
    if jobs == 0:
        msg = "jobs is 0, expected a number of workers, or -1 for one a core"
        raise InputError(msg)
    keys = stream_keys(rng, n)
    parts = [keys[at : at + BLOCK] for at in range(0, n, BLOCK)]
    store = None if checkpoint is None else _Store(Path(checkpoint), kernel, keys)
    done = {} if store is None else store.read(len(parts))
    with _bar(len(parts), progress=progress) as advance:
        advance(len(done))
        for at, block in _finished(kernel, parts, done, jobs):
            done[at] = block
            if store is not None:
                store.write(at, block)
            advance(1)
    return Block.join([done[at] for at in range(len(parts))])


def _finished(
    kernel: Kernel, parts: list[NDArray[np.uint64]], done: dict[int, Block], jobs: int | None
) -> Iterator[tuple[int, Block]]:
    """Blocks as they are finished; those lost with a worker are run again."""
    import joblib
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    backend, workers = joblib.parallel.get_active_backend()
    if jobs in (None, 1) and workers in (None, 1):
        for at in [at for at in range(len(parts)) if at not in done]:
            yield at, kernel.run(parts[at])
        return
    as_they_come = getattr(backend, "supports_return_generator", False)
    tries = 0
    while True:
        missing = [at for at in range(len(parts)) if at not in done]
        if not missing:
            return
        before = len(done)
        options: dict[str, Any] = {} if jobs is None else {"n_jobs": jobs}
        options["return_as"] = "generator_unordered" if as_they_come else "list"
        try:
            tasks = (joblib.delayed(_numbered)(kernel, at, parts[at]) for at in missing)
            yield from joblib.Parallel(**options)(tasks)
        except TerminatedWorkerError:
            tries = 0 if len(done) > before else tries + 1
            if tries >= TRIES:
                raise


def _numbered(kernel: Kernel, at: int, keys: NDArray[np.uint64]) -> tuple[int, Block]:
    return at, kernel.run(keys)


class _Store:
    """Finished blocks on disk, under the name of the run they belong to."""

    def __init__(self, folder: Path, kernel: Kernel, keys: NDArray[np.uint64]) -> None:
        self.folder = folder
        about = {"replicates": len(keys), "block": BLOCK, "digest": _digest(kernel, keys)}
        label = folder / "run.json"
        if label.exists():
            found = json.loads(label.read_text())
            if found != about:
                msg = (
                    f"{folder} holds replicates of another run (other model, population, seeds, "
                    "number or random seed), expected an empty folder or the same run"
                )
                raise InputError(msg)
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"cannot write {folder}: {error.strerror or error}"
            raise OutputError(msg) from error
        if any(folder.iterdir()):
            msg = f"{folder} is not empty and holds no run, expected an empty folder"
            raise InputError(msg)
        with atomic_write(label) as file:
            json.dump(about, file)

    def _path(self, at: int) -> Path:
        return self.folder / f"block-{at:06d}.npz"

    def read(self, n: int) -> dict[int, Block]:
        done = {}
        for at in range(n):
            if not self._path(at).exists():
                continue
            try:
                with np.load(self._path(at)) as held:
                    done[at] = Block(**{f.name: held[f.name] for f in fields(Block)})
            except (ValueError, EOFError, KeyError, zipfile.BadZipFile):
                continue  # damaged since: run again
        return done

    def write(self, at: int, block: Block) -> None:
        with atomic_write(self._path(at), "wb") as file:
            np.savez(file, **{f.name: getattr(block, f.name) for f in fields(Block)})


def _digest(kernel: Kernel, keys: NDArray[np.uint64]) -> str:
    """Digest of what the answer depends on: the kernel's arrays and numbers, the keys."""
    import joblib

    return hashlib.sha256((joblib.hash((kernel, keys)) or "").encode()).hexdigest()[:32]


@contextmanager
def _bar(total: int, *, progress: bool) -> Iterator[Any]:
    import sys

    if not (progress and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"):
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("replicates", total=total)
        yield lambda n: bar.advance(task, n)
