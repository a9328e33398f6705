"""A simulated world: tables in the form of observed ones, and the truth behind them."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from smallnet.errors import OutputError
from smallnet.tables import Dataset, Study

__all__ = ["World"]


@dataclass(frozen=True, repr=False)
class World:
    """Tables with a known answer.

    Attributes
    ----------
    frames : mapping of str to DataFrame
        The tables of the schema, by name.
    truth : mapping
        By claim (``truth["S05"]["estimate"]``): the value that the claim's test estimates, with
        the claim's own definition; null where the world has no such number. ``parameters`` holds
        what the platform was told, ``counts`` what came of it.
    study : Study
        What ``study.toml`` holds.
    """

    frames: Mapping[str, pd.DataFrame]
    truth: Mapping[str, Any]
    study: Study

    def __repr__(self) -> str:
        """Name the world and count its rows."""
        counts = ", ".join(f"{len(rows):,} {table}" for table, rows in self.frames.items())
        return f"<World {self.study.name}: {counts}>"

    def dataset(self) -> Dataset:
        """Give the tables as a data set; nothing in it tells that it was simulated."""
        return Dataset.from_frames(self.frames, self.study)

    def write(self, folder: Path | str) -> Path:
        """Write the tables, ``study.toml`` and ``truth.json`` into a folder.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OutputError
            If the folder cannot be written.
        """
        from smallnet.tables import write_dataset

        folder = Path(folder)
        write_dataset(self.dataset(), folder)
        write_text(folder / "truth.json", json.dumps(self.truth, indent=1, ensure_ascii=False))
        return folder


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    handle, draft = -1, ""
    try:
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except OSError as error:
        if draft:
            Path(draft).unlink(missing_ok=True)
        msg = f"{path} cannot be written: {error.strerror or error}"
        raise OutputError(msg) from None
