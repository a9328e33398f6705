"""From the files that a user holds to a folder of tables that names nobody."""

import contextlib
import gc
import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from smallnet.errors import InputError, SmallnetError
from smallnet.importers.assembling import Assembled, assemble
from smallnet.importers.clock import Clock
from smallnet.importers.collecting import Collector
from smallnet.importers.format import Format, Options
from smallnet.importers.gaps import find_gaps
from smallnet.importers.pseudonyms import Pseudonyms, key_path, read_key
from smallnet.importers.registry import detect, find_format
from smallnet.importers.reporting import REPORT_FILE, ImportReport
from smallnet.importers.source import Source
from smallnet.importers.statement import STATEMENT_FILE, data_statement
from smallnet.tables import COVERAGE, Dataset, Study, read_dataset, write_dataset

__all__ = ["import_export"]

ORDERS = ("dmy", "mdy", "ymd")
BLOCK = 2**20


def import_export(
    format: str | None,
    files: Sequence[Path | str],
    out: Path | str,
    *,
    timezone: str | None = None,
    date_order: str | None = None,
    key_file: Path | str | None = None,
    keep_text: bool = False,
    append: bool = False,
    min_cell: int = 5,
    map_file: Path | str | None = None,
    chat: str | None = None,
    me: str | None = None,
) -> ImportReport:
    """Turn chat exports into a folder of tables.

    Parameters
    ----------
    format : str or None
        Name of the format; told from the files where it is None.
    files : sequence of Path or str
        Exports in this format: files, zips or folders.
    out : Path or str
        Folder for the tables.
    timezone, date_order, map_file, chat, me : optional
        What the export does not say, see ``Options``.
    key_file : Path or str, optional
        Key of the pseudonyms, made where it is not there; ``OUT.key`` beside the folder by default.
        It must not be inside the folder.
    keep_text : bool
        Keep the words of the messages; recorded in ``study.toml``.
    append : bool
        Add what is new to the data set in the folder.
    min_cell : int
        Counts of fewer people than this are not shown in the report and the data statement.

    Returns
    -------
    ImportReport
        Also written as ``import_report.json``.

    Raises
    ------
    InputError
        If a file cannot be read as this format, if the export leaves open what a time means, or
        if the folder holds a data set and ``append`` is not asked for.
    """
    out = Path(out)
    if not files:
        msg = "there is no file to import, expected one or more"
        raise InputError(msg)
    if date_order is not None and date_order not in ORDERS:
        msg = f"--date-order is {date_order!r}, expected one of {', '.join(ORDERS)}"
        raise InputError(msg)
    known = find_format(format) if format else _detect_all(files)
    old, earlier = _open_old(out, append=append)
    path = key_path(out, key_file)
    clock = Clock(timezone)
    key, made = read_key(path)
    pseudonyms = Pseudonyms(key, known.name)
    if earlier and earlier.get("key_id") != pseudonyms.key_id:
        msg = f"{path} is not the key of the data set in {out}: give its own with --key"
        raise InputError(msg)
    options = Options(
        timezone=timezone,
        date_order=date_order,
        map_file=None if map_file is None else Path(map_file),
        chat=chat,
        me=me,
    )
    with tempfile.TemporaryDirectory(prefix="smallnet_import_") as folder:
        scratch = Path(folder)
        collector = Collector(pseudonyms, scratch, clock, keep_text=keep_text)
        sources = _read(known, files, collector, options)
        history = _history(earlier)
        study = _study(known, out, collector, old, history, keep_text=keep_text)
        done = assemble(collector, scratch, study, old=old)
        report = ImportReport(
            format=known.name,
            files=[_describe(source, files, key) for source in sources],
            records_in_file=collector.records,
            kept={
                "interactions": done.kept["messages"] + done.kept["reactions"],
                "membership_events": done.kept["changes"],
                "other_system": collector.other.total(),
            },
            other_system=dict(collector.other.most_common()),
            skipped=_skipped(collector, done),
            duplicates=sum(done.duplicates.values()),
            time_zone=timezone,
            date_order=collector.date_order or date_order,
            clock_changes={"shown_twice": clock.twice, "never_shown": clock.never},
            gaps=find_gaps(done.dataset),
            people=_people(done, min_cell),
            stays=done.stays,
            mended=dict(sum((source.mended for source in sources), start=type(collector.other)())),
            orphans=done.orphans,
            keep_text=keep_text,
            key_id=pseudonyms.key_id,
            key_file=str(path),
            key_made=made,
            min_cell=min_cell,
            appended=append,
            tables=dict(done.dataset.rows),
            notes=tuple(collector.notes),
            history=history,
        )
        if not report.balanced:
            msg = (
                f"{report.records_in_file:,} records are in the file, but "
                f"{sum(report.kept.values()):,} were kept and "
                f"{sum(int(row['count']) for row in report.skipped):,} skipped: the reader of "
                f"{known.name} is wrong, so nothing was written"
            )
            raise InputError(msg)
        texts = {
            REPORT_FILE: report.to_json(),
            STATEMENT_FILE: data_statement(done.dataset, report),
        }
        write_dataset(done.dataset, out, also=texts)
    return report


def _detect_all(files: Sequence[Path | str]) -> Format:
    found = [detect(Path(file)) for file in files]
    if len({known.name for known in found}) > 1:
        names = ", ".join(sorted({known.name for known in found}))
        msg = f"the files are in several formats ({names}), expected one: import them one by one"
        raise InputError(msg)
    return found[0]


def _open_old(out: Path, *, append: bool) -> tuple[Dataset | None, dict[str, Any]]:
    """Give the data set that is added to, and its report."""
    report = out / REPORT_FILE
    if not append:
        if report.exists():
            msg = f"{out} holds an imported data set: add to it with --append, or name a new folder"
            raise InputError(msg)
        return None, {}
    if not out.exists():
        return None, {}
    try:
        earlier = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        earlier = None
    if not isinstance(earlier, dict):
        msg = f"{out} has no {REPORT_FILE}, expected a data set that smallnet imported"
        raise InputError(msg)
    return read_dataset(out), earlier


def _read(
    known: Format, files: Sequence[Path | str], collector: Collector, options: Options
) -> list[Source]:
    sources = []
    with ExitStack() as stack:
        stack.enter_context(_seldom_collecting())
        for number, file in enumerate(files, 1):
            source = stack.enter_context(Source.of(file, number=number))
            sources.append(source)
            collector.begin_file(number, several=len(files) > 1)
            with _one_sentence(known, source, collector):
                known.read(source, collector, options)
    collector.close()
    return sources


@contextlib.contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Let Python look for rubbish more seldom: among millions of rows there is none."""
    before = gc.get_threshold()
    gc.set_threshold(300_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextlib.contextmanager
def _one_sentence(known: Format, source: Source, collector: Collector) -> Iterator[None]:
    """Turn whatever a hostile file makes of a reader into a sentence that quotes nothing of it."""
    try:
        yield
    except SmallnetError as error:
        if source.label in str(error) or isinstance(error, OSError):
            raise
        msg = f"{source.label}: {error}"
        raise InputError(msg) from None
    except (MemoryError, OSError):
        raise
    except Exception as error:
        msg = (
            f"{source.label} is not as {known.name} writes it, after record "
            f"{collector.records:,} ({type(error).__name__}); expected a whole export"
        )
        raise InputError(msg) from error


def _study(
    known: Format,
    out: Path,
    collector: Collector,
    old: Dataset | None,
    history: Sequence[Mapping[str, Any]],
    *,
    keep_text: bool,
) -> Study:
    formats = dict.fromkeys((*(str(entry["format"]) for entry in history), known.name))
    covers = {*known.covers, *collector.covered}
    notes = [note.en for note in collector.notes]
    notes.append(
        "the words of the messages are kept: --keep-text was asked for"
        if keep_text
        else "the words of the messages are not kept"
    )
    if old is not None:
        covers |= {name for name, there in old.study.coverage.items() if there}
        notes = list(dict.fromkeys((*old.study.notes, *notes)))
    return Study(
        name=out.resolve().name,
        source=f"imported with keyed pseudonyms from: {', '.join(formats)}",
        notes=tuple(notes),
        coverage={channel: channel in covers for channel in COVERAGE},
        choices=old.study.choices if old is not None else {},
        registration=old.study.registration if old is not None else {},
        licence=old.study.licence if old is not None else None,
        citation=old.study.citation if old is not None else None,
        time_resolution=old.study.time_resolution if old is not None else None,
    )


def _describe(source: Source, files: Sequence[Path | str], key: bytes) -> dict[str, Any]:
    """Say which file it was without its name, which often names a group."""
    path = Path(files[source.number - 1])
    digest = None
    if path.is_file():
        hashed = hashlib.blake2b(key=key, digest_size=16, person=b"file")
        with path.open("rb") as stream:
            while block := stream.read(BLOCK):
                hashed.update(block)
        digest = hashed.hexdigest()
    return {"file": source.number, "label": source.label, "bytes": source.size, "digest": digest}


def _skipped(collector: Collector, done: Assembled) -> list[dict[str, Any]]:
    rows = [
        {"reason": reason, "count": count, "first_lines": collector.first_lines[reason]}
        for reason, count in collector.reasons.most_common()
    ]
    repeated = sum(done.duplicates.values())
    if repeated:
        rows.append({"reason": "already in the data", "count": repeated, "first_lines": []})
    return rows


def _people(done: Assembled, min_cell: int) -> dict[str, Any]:
    dataset = done.dataset
    people = dataset["people"]
    bots = int(people.filter(people.bot).count().to_pyarrow().as_py())
    total = dataset.rows.get("people", 0)
    return {
        "total": total if total >= min_cell else None,
        "bots": bots if bots >= min_cell or bots == 0 else None,
        "merged": done.merged,
    }


def _history(earlier: dict[str, Any]) -> list[dict[str, Any]]:
    if not earlier:
        return []
    brief = {
        name: earlier.get(name)
        for name in ("format", "files", "records_in_file", "kept", "skipped", "time_zone")
    }
    return [*earlier.get("history", []), brief]
