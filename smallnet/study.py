"""The whole way from a folder of tables to tested claims, figures and a page.

Only this module knows it: data + choices + random seed → all results.
"""

import dataclasses
import functools
import platform
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smallnet.errors import InputError, NotTestableError, OutputError
from smallnet.hypotheses import Result, claim_ids, load_claim, run_claims
from smallnet.hypotheses.registration import (
    Standing,
    keep_registration,
    registration_of,
    stand,
)
from smallnet.measures import dataset_summary, group_table, scorecard
from smallnet.tables import (
    Choices,
    Dataset,
    Problem,
    Text,
    check_dataset,
    check_folder,
    dataset_digest,
    load_data,
    load_instead_of_folder,
    read_dataset,
)

__all__ = ["StudyOutcome", "open_dataset", "run_study", "score_dataset"]

Progress = Callable[[str], None]


def _silent(step: str) -> None:
    """Say nothing about progress."""


@dataclass(frozen=True, kw_only=True)
class StudyOutcome:
    """All results of a study."""

    dataset: Dataset
    choices: Choices
    results: tuple[Result, ...]
    groups: pd.DataFrame  # one row a group, with its scorecard
    problems: tuple[Problem, ...]  # found in the tables; none of them stopped the study
    summary: Mapping[str, Any]
    out: Path | None  # where results.json, report.html, figures and tables are
    standing: Standing | None = None  # to what was registered; None where nothing was

    def __getitem__(self, claim: str) -> Result:
        """Give the result of a claim by its id."""
        return next(result for result in self.results if result.id == claim.upper())

    def to_frame(self) -> pd.DataFrame:
        """Give the verdict table: one row a claim."""
        return pd.DataFrame(
            [
                (r.id, r.title, r.verdict, r.effect, r.estimate, r.ci_low, r.ci_high, r.p_adjusted)
                for r in self.results
            ],
            columns=[
                "id",
                "title",
                "verdict",
                "effect",
                "estimate",
                "ci_low",
                "ci_high",
                "p_adjusted",
            ],
        )

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(
            index=False, escape=True, border=0, float_format="{:.3g}".format
        )


def open_dataset(source: str | Path, *, memory_limit: str | None = None) -> Dataset:
    """Open a folder of tables, or a public data set by its name.

    Parameters
    ----------
    source : str or Path
        A folder; where there is none of that name, the name of a registered data set.
    memory_limit : str, optional
        Such as ``"2GB"``, for the tables.

    Raises
    ------
    InputError
        If the folder cannot be read, or is neither folder nor name.
    """
    return _open(source, memory_limit)[0]


def _open(source: str | Path, memory_limit: str | None) -> tuple[Dataset, tuple[Problem, ...]]:
    path = Path(source)
    if path.exists():
        report = check_folder(path, memory_limit=memory_limit)
        if report.stops:
            msg = (
                f"{path} has {_number(report.stops, 'kind')} of problem that would change an "
                f"answer, first: {report.stopping[0].message.en} "
                f"(all of them: smallnet check {path})"
            )
            raise InputError(msg)
        dataset = report.dataset or read_dataset(path, memory_limit=memory_limit)
        return dataset, report.problems
    dataset = load_instead_of_folder(source)
    return dataset, tuple(check_dataset(dataset))


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("s" if count != 1 else "")


def run_study(
    source: str | Path | Dataset,
    out: str | Path | None = None,
    *,
    settings: Mapping[str, object] | None = None,
    random_seed: int | None = None,
    jobs: int = 1,
    lang: str = "en",
    memory_limit: str | None = None,
    progress: Progress = _silent,
) -> StudyOutcome:
    """Test every claim that the data can speak to.

    Parameters
    ----------
    source : str, Path or Dataset
        A folder of tables, the name of a public data set, or an open data set.
    out : str or Path, optional
        Folder for ``results.json``, ``report.html``, ``figures/`` and ``tables/``. It is written
        at the end and whole; without it nothing is written.
    settings : mapping, optional
        Choices that differ from those of ``study.toml``, by name (``{"small_group": 20}``).
    random_seed : int, optional
        Overrides the one among the choices.
    jobs : int
        Claims tested side by side; the answers do not depend on it. Needs ``source`` to be a
        folder or a name.
    lang : str
        Language of the page and figures, ``en`` or ``zh``.
    memory_limit : str, optional
        Such as ``"2GB"``, for the tables.
    progress : callable
        Told each step in a few words.

    Raises
    ------
    InputError
        If the data have a problem that would change an answer, or a choice is wrong.
    OutputError
        If ``out`` cannot be written.
    """
    begun = time.monotonic()
    folder = None if out is None else _writable(Path(out))
    progress("reading and checking the tables")
    if isinstance(source, Dataset):
        dataset, problems = source, tuple(check_dataset(source))
        stopping = [problem for problem in problems if problem.stops]
        if stopping:
            msg = f"the data have problems that would change an answer: {stopping[0].message.en}"
            raise InputError(msg)
    else:
        dataset, problems = _open(source, memory_limit)
    base = dataset.study.to_choices()
    settings = dict(settings or {})
    if random_seed is not None:
        settings["random_seed"] = random_seed
    choices = Choices.from_mapping(settings, base)
    changed = _changed(choices)
    standing = _standing(source, dataset, choices, folder)
    primary = () if standing is None else standing.primary
    results = _test(source, dataset, choices, primary, jobs, memory_limit, progress)
    progress("describing the groups")
    groups = scorecard(group_table(dataset, choices), choices)
    outcome = StudyOutcome(
        dataset=dataset,
        choices=choices,
        results=results,
        groups=groups,
        problems=problems,
        summary=dataset_summary(dataset, choices),
        out=folder,
        standing=standing,
    )
    if folder is not None:
        provenance = _provenance(changed) | {"seconds": round(time.monotonic() - begun, 1)}
        _write(outcome, folder, provenance, lang, progress)
    return outcome


def _standing(
    source: str | Path | Dataset, dataset: Dataset, choices: Choices, out: Path | None
) -> Standing | None:
    """Hold the run against what was registered, before anything is tested."""
    today = registration_of(dataset.study)
    folders = [] if isinstance(source, Dataset) or not Path(source).is_dir() else [Path(source)]
    registered, path = keep_registration(today, [*folders, *([] if out is None else [out])])
    if registered is None:
        return None
    standing = stand(registered, today, choices, claim_ids(choices.hypotheses))
    if path is not None:
        return standing
    return dataclasses.replace(standing, notes=(*standing.notes, _NOT_KEPT))


_NOT_KEPT = Text(
    "The registration could not be kept anywhere: later runs cannot be held against it.",
    "登记无处可存：以后的运行无法与之对照。",
)


def _test(
    source: str | Path | Dataset,
    dataset: Dataset,
    choices: Choices,
    primary: Collection[str],
    jobs: int,
    memory_limit: str | None,
    progress: Progress,
) -> tuple[Result, ...]:
    names = claim_ids(choices.hypotheses)
    if jobs == 1 or isinstance(source, Dataset) or len(names) == 1:
        return run_claims(
            dataset,
            choices,
            rng=np.random.default_rng(choices.random_seed),
            on_claim=lambda name: progress(f"testing {name}"),
            primary=primary,
        )
    import joblib

    from smallnet.hypotheses import adjust

    one_at_a_time = {name: dataclasses.replace(choices, hypotheses=(name,)) for name in names}
    asked = [name for name in names if _lacks_nothing(dataset, name)]
    progress(f"testing {len(names)} claims, {jobs} at a time")
    run = uuid.uuid4().hex  # workers outlive a run, and the data may change before the next
    tested = joblib.Parallel(n_jobs=jobs)(
        joblib.delayed(_test_one)(run, str(source), one_at_a_time[name], memory_limit)
        for name in asked
    )
    found = dict(zip(asked, tested, strict=True))
    for name in set(names) - set(asked):  # answered at once: the worker would only read for it
        rng = np.random.default_rng(choices.random_seed)
        found[name] = run_claims(dataset, one_at_a_time[name], rng=rng)
    return adjust([r for name in names for r in found[name]], choices, primary=primary)


def _lacks_nothing(dataset: Dataset, name: str) -> bool:
    try:
        dataset.require(*load_claim(name).CLAIM.needs)
    except NotTestableError:
        return False
    return True


def _test_one(
    run: str, source: str, choices: Choices, memory_limit: str | None
) -> tuple[Result, ...]:
    dataset = _read_once(run, source, memory_limit)
    return run_claims(dataset, choices, rng=np.random.default_rng(choices.random_seed))


@functools.lru_cache(maxsize=1)
def _read_once(run: str, source: str, memory_limit: str | None) -> Dataset:
    """Open the tables once in each worker, for all claims that it tests in this run."""
    del run
    if Path(source).exists():
        return read_dataset(source, memory_limit=memory_limit)
    return load_data(source, notify=lambda line: None)  # the licence was said when it was opened


def _changed(choices: Choices) -> dict[str, dict[str, object]]:
    """Choices that differ from the defaults, with both values."""
    chosen, default = choices.to_dict(), Choices().to_dict()
    return {
        key: {"default": default[key], "chosen": value}
        for key, value in chosen.items()
        if value != default[key]
    }


def _write(
    outcome: StudyOutcome,
    folder: Path,
    provenance: Mapping[str, object],
    lang: str,
    progress: Progress,
) -> None:
    from smallnet.figures import group_drawing_data
    from smallnet.report import build_page, write_figures, write_results, write_tables

    dataset, choices = outcome.dataset, outcome.choices
    study = dataset.study.to_mapping()
    study.pop("choices", None)
    with _whole_folder(folder) as scratch:
        progress("writing the results")
        write_results(
            scratch,
            outcome.results,
            dataset_info={
                "name": dataset.name,
                "sha256": dataset_digest(dataset),
                "rows": dataset.rows,
                "study": study,
                "watch_days": dataset.watch_days if dataset.timed else None,
            },
            choices=choices.to_dict(),
            random_seed=choices.random_seed,
            problems=[problem.to_dict() for problem in outcome.problems],
            summary=outcome.summary,
            provenance=provenance,
            registration=None if outcome.standing is None else outcome.standing.to_dict(),
            lang=lang,
        )
        write_tables(scratch, outcome.groups)
        progress("drawing the figures")
        write_figures(
            scratch,
            outcome.results,
            outcome.groups,
            outcome.summary,
            drawing=group_drawing_data(dataset, outcome.groups),
            lang=lang,
        )
        progress("building the page")
        build_page(scratch, lang=lang, redraw=False)


def _provenance(changed: Mapping[str, object]) -> dict[str, object]:
    return {
        "command": " ".join(["smallnet", *sys.argv[1:]]) if _from_shell() else None,
        "changed_choices": changed,
        "python": platform.python_version(),
        "packages": {
            name: version(name)
            for name in ("numpy", "scipy", "pandas", "duckdb", "ibis-framework", "numba")
        },
    }


def _from_shell() -> bool:
    """Tell whether the command line is ours, not a notebook's or a test's."""
    return Path(sys.argv[0]).stem == "smallnet" or sys.argv[0].endswith("smallnet/__main__.py")


def score_dataset(
    source: str | Path | Dataset, settings: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """Give the scorecard of every group, one row a group.

    Parameters
    ----------
    source : str, Path or Dataset
        A folder of tables, the name of a public data set, or an open data set.
    settings : mapping, optional
        Choices that differ from those of ``study.toml``.
    """
    dataset = source if isinstance(source, Dataset) else open_dataset(source)
    choices = Choices.from_mapping(settings or {}, dataset.study.to_choices())
    return scorecard(group_table(dataset, choices), choices)


def _writable(folder: Path) -> Path:
    """Make sure, before hours of work, that ``folder`` can be written."""
    if folder.exists() and not folder.is_dir():
        msg = f"{folder} is a file, expected a folder to write results to"
        raise OutputError(msg)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent)).rmdir()
        if folder.exists():
            Path(tempfile.mkdtemp(prefix=".try.", dir=folder)).rmdir()
    except OSError as error:
        msg = f"cannot write to {folder}: {error.strerror}"
        raise OutputError(msg) from None
    return folder


@contextmanager
def _whole_folder(folder: Path) -> Iterator[Path]:
    """Write into a scratch folder beside ``folder``; move the files over when all are there."""
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield scratch
        for path in sorted(scratch.rglob("*"), key=lambda p: (p.name == "results.json", p)):
            target = folder / path.relative_to(scratch)
            if path.is_dir():
                target.mkdir(parents=True, exist_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
    except OSError as error:
        msg = f"cannot write to {folder}: {error.strerror or error}"
        raise OutputError(msg) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
