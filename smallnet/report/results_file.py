"""``results.json``: what a study found, for programs; written whole or not at all."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from smallnet import __version__
from smallnet.errors import InputError, OutputError
from smallnet.hypotheses.result import Result, plain
from smallnet.tables.choices import Choices
from smallnet.tables.writing import atomic_write

__all__ = [
    "load_study",
    "read_results",
    "results_schema",
    "write_atomically",
    "write_results",
]


@cache
def results_schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of ``results.json``, as it ships in the package."""
    text = resources.files("smallnet.report").joinpath("results.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def write_atomically(target: Path, content: str) -> Path:
    """Write a text file whole or leave what was there.

    Raises
    ------
    OutputError
        If the folder cannot be made or the file not be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(target, "wb") as file:
            file.write(content.encode("utf-8", "replace"))
    except OutputError:
        raise
    except OSError as error:
        msg = f"cannot write {target}: {error.strerror or error}"
        raise OutputError(msg) from error
    return target


def write_results(
    out: Path | str,
    results: Sequence[Result],
    *,
    dataset_info: Mapping[str, Any],
    choices: Choices | Mapping[str, Any],
    random_seed: int,
    problems: Sequence[Mapping[str, Any]] = (),
    summary: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
    notes: Sequence[Any] = (),
    registration: Mapping[str, Any] | None = None,
    lang: str = "en",
) -> Path:
    """Write ``out/results.json``.

    Parameters
    ----------
    out : path
        Folder of the study's output; made if it is not there.
    results : sequence of Result
        One entry a claim, in this order.
    dataset_info : mapping
        ``name``, ``sha256``, ``rows`` (by table), and what else is known of the data: ``source``,
        ``licence``, ``citation``, ``observed_from``, ``observed_until``, ``timezone``, …
    choices : Choices or mapping
        All of them, not only the changed ones.
    random_seed : int
        What the study was begun with.
    problems : sequence of mapping
        What the check of the data found: ``table``, ``column``, ``row``, ``value``, ``rule``,
        ``count``, ``stops``.
    summary : mapping, optional
        Counts: ``people``, ``groups``, ``memberships``, ``messages``, …
    provenance : mapping, optional
        ``command``, ``python``, ``platform``, …
    notes : sequence
        What a reader must know, each a sentence or a mapping ``{"en": …, "zh": …}``.
    registration : mapping, optional
        What was chosen before looking, and what changed since: ``registered_at``, ``sha256``,
        ``plan``, ``claims`` (``primary`` or ``exploratory``), ``changed``, ``notes``.
    lang : str
        Language that the study was run in.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    known = {"name": None, "sha256": None, "rows": None} | dict(dataset_info)
    content = {
        "smallnet": __version__,
        "dataset": known,
        "choices": choices.to_dict() if isinstance(choices, Choices) else dict(choices),
        "random_seed": random_seed,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "lang": lang,
        "summary": dict(summary or {}),
        "problems": list(problems),
        "notes": list(notes),
        "provenance": dict(provenance or {}),
        "registration": None if registration is None else dict(registration),
        "results": [result.to_dict() for result in results],
    }
    text = json.dumps(plain(content), ensure_ascii=False, indent=1, allow_nan=False, default=str)
    return write_atomically(Path(out) / "results.json", text + "\n")


def load_study(path: Path | str) -> dict[str, Any]:
    """Read ``results.json``, a file or the folder it is in, as plain values.

    Raises
    ------
    InputError
        If the file is missing, is no JSON, or lacks what the schema requires.
    """
    path = Path(path)
    path = path / "results.json" if path.is_dir() else path
    try:
        content = json.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        msg = f"there is no {path}, expected the results of a study"
        raise InputError(msg) from None
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror or error}"
        raise InputError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path} is not UTF-8 at byte {error.start}, expected JSON"
        raise InputError(msg) from None
    except json.JSONDecodeError as error:
        msg = f"{path} is broken at line {error.lineno}, column {error.colno}: {error.msg}"
        raise InputError(msg) from None
    _check(content, path)
    study: dict[str, Any] = content
    return study


def _check(content: Any, path: Path) -> None:
    """Hold a study against what the schema requires, without needing a validator."""
    schema = results_schema()
    kinds = {"object": dict, "array": list, "string": str, "integer": int}
    if not isinstance(content, dict):
        msg = f"{path} holds {type(content).__name__}, expected an object with 'results'"
        raise InputError(msg)
    for name in schema["required"]:
        kind = schema["properties"][name]["type"]
        if not isinstance(content.get(name), kinds[kind]):
            msg = f"{path}: {name!r} is {_short(content.get(name))}, expected {kind}"
            raise InputError(msg)
    required = schema["$defs"]["result"]["required"]
    for number, entry in enumerate(content["results"]):
        if not isinstance(entry, dict):
            msg = f"{path}: result {number} is {_short(entry)}, expected an object"
            raise InputError(msg)
        lacking = [name for name in required if name not in entry]
        if lacking:
            msg = f"{path}: result {number} has no {lacking[0]!r}"
            raise InputError(msg)


def _short(value: Any) -> str:
    words = repr(value)
    return words if len(words) <= 60 else words[:57] + "..."


def read_results(path: Path | str) -> tuple[Result, ...]:
    """Read the results of a study back.

    Parameters
    ----------
    path : path
        ``results.json`` or the folder it is in.

    Raises
    ------
    InputError
        If the file is missing or broken.
    """
    return tuple(Result.from_dict(entry) for entry in load_study(path)["results"])
