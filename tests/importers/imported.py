"""An import in one call, and the pseudonyms that its names must have become."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from smallnet.importers import ImportReport, import_export
from smallnet.importers.pseudonyms import Pseudonyms
from smallnet.tables import read_dataset

KEY = bytes(range(32))


@dataclass(frozen=True)
class Imported:
    """What came out."""

    report: ImportReport
    tables: dict[str, pd.DataFrame]
    names: Pseudonyms
    text: str  # everything that was written beside the tables

    def frame(self, table: str) -> pd.DataFrame:
        return self.tables.get(table, pd.DataFrame())

    def messages(self) -> set[tuple[object, ...]]:
        """Who, when (microseconds), where, how long."""
        acts = self.frame("interactions")
        if acts.empty:
            return set()
        at = acts["at"].astype("datetime64[us]").astype("int64")
        group = acts["group"].astype(object).where(acts["group"].notna(), None)
        n_chars = acts["n_chars"].fillna(-1).astype("int64")
        return set(zip(acts["sender"], at, group, n_chars, strict=True))

    def replies(self) -> set[tuple[str, str]]:
        acts = self.frame("interactions")
        if acts.empty:
            return set()
        answers = acts[acts["reply_to"].notna()]
        return set(zip(answers["interaction"], answers["reply_to"], strict=True))

    def stays(self) -> set[tuple[object, ...]]:
        """Group, person, joined and left (microseconds or None)."""
        stays = self.frame("memberships")
        if stays.empty:
            return set()
        rows = set()
        for row in stays.itertuples():
            ends = [
                None if pd.isna(moment) else moment.value // 1000
                for moment in (row.joined_at, row.left_at)
            ]
            rows.add((row.group, row.person, *ends))
        return rows


def imported(format: str | None, files: Path | list[Path], **options: object) -> Imported:
    """Import into a folder that is gone afterwards."""
    files = [files] if isinstance(files, Path) else files
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "key"
        key.write_text(KEY.hex(), encoding="ascii")
        out = Path(folder) / "out"
        report = import_export(format, files, out, key_file=key, **options)
        dataset = read_dataset(out)
        tables = {name: dataset.frame(name) for name in dataset.rows}
        text = "".join(
            path.read_text(encoding="utf-8")
            for path in out.iterdir()
            if path.suffix in (".json", ".toml", ".md")
        )
    assert report.balanced
    return Imported(report, tables, Pseudonyms(KEY, report.format), text)


def skipped(report: ImportReport) -> dict[str, int]:
    return {str(row["reason"]): int(row["count"]) for row in report.skipped}
