"""A simulated world: tables in the form of observed ones, and the truth behind them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from smallnet.tables import Dataset, Study
from smallnet.tables.writing import write_dataset

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

        The same world gives the same bytes: nothing in them is of the moment of writing.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OutputError
            If the folder cannot be written, or holds something that smallnet did not write.
        """
        truth = json.dumps(self.truth, indent=1, ensure_ascii=False) + "\n"
        return write_dataset(self.dataset(), folder, also={"truth.json": truth}, dated=False)
