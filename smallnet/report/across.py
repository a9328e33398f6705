"""``across.json`` and ``across.html``: what several data sets say together, one page."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smallnet import __version__
from smallnet.errors import InputError
from smallnet.figures import house_style, save_figure
from smallnet.figures.across import plot_across
from smallnet.hypotheses.across import Answer, ClaimAcross, Pool, Studied, compare_studies
from smallnet.hypotheses.register import untested
from smallnet.hypotheses.result import Result, plain
from smallnet.report.across_words import page_words
from smallnet.report.results_file import load_study, write_atomically
from smallnet.report.template import fill_template
from smallnet.tables import list_data
from smallnet.tables.words import LANGUAGES

__all__ = ["ACROSS_FILE", "find_studies", "read_studied", "write_across"]

ACROSS_FILE = "across.json"
RESULTS_FILE = "results.json"


def find_studies(places: Sequence[Path | str]) -> list[Path]:
    """Give the folders of studies: those named, and those inside a folder that is none itself.

    Raises
    ------
    InputError
        If a place holds no study.
    """
    found: list[Path] = []
    for place in map(Path, places):
        if (place / RESULTS_FILE).is_file():
            inside = [place]
        else:
            inside = sorted(path.parent for path in place.glob(f"*/{RESULTS_FILE}"))
        if not inside:
            msg = f"there is no {RESULTS_FILE} in {place} or one folder below, expected a study"
            raise InputError(msg)
        found += [path for path in inside if path not in found]
    return found


def read_studied(folder: Path | str) -> Studied:
    """Read what a study left in its folder.

    Raises
    ------
    InputError
        If there is no study, or it is broken.
    """
    study = load_study(folder)
    dataset = study["dataset"]
    described: Mapping[str, Any] = dataset.get("study") or {}
    people = (study.get("summary") or {}).get("people")
    name = str(dataset.get("name") or Path(folder).name)
    known = {entry.name: entry.title for entry in list_data()}
    return Studied(
        name=name,
        title=known.get(name, ""),
        results=tuple(Result.from_dict(entry) for entry in study["results"]),
        simulated=str(described.get("source") or "").startswith("simulated"),
        people=people if isinstance(people, int) else None,
        sha256=dataset.get("sha256"),
        coverage={str(k): bool(v) for k, v in (described.get("coverage") or {}).items()},
    )


def write_across(
    places: Sequence[Path | str],
    out: Path | str,
    *,
    same_people: Sequence[Sequence[str]] = (),
    lang: str = "en",
) -> tuple[ClaimAcross, ...]:
    """Write ``out/across.json``, ``out/across.html`` and ``out/figures/across.svg``.

    Parameters
    ----------
    places : sequence of path
        Folders of studies, or folders with such folders inside.
    out : path
        Made if it is not there.
    same_people : sequence of sequence of str
        Names of data sets that hold the same people, see `compare_studies`.
    lang : str
        Language of page and figure, ``en`` or ``zh``.

    Returns
    -------
    tuple of ClaimAcross
        All tested claims.

    Raises
    ------
    InputError
        If a place holds no study, or ``lang`` is no language.
    OutputError
        If a file cannot be written.
    """
    if lang not in LANGUAGES:
        msg = f"lang is {lang!r}, expected one of {', '.join(LANGUAGES)}"
        raise InputError(msg)
    out = Path(out)
    studies = [read_studied(folder) for folder in find_studies(places)]
    claims = compare_studies(studies, same_people=same_people)
    content = {
        "smallnet": __version__,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "sets": [_set_entry(study) for study in studies],
        "claims": [_claim_entry(claim) for claim in claims],
        "untested": sorted(untested()),
    }
    text = json.dumps(plain(content), ensure_ascii=False, indent=1, allow_nan=False)
    with house_style(lang) as shown:
        svg = save_figure(plot_across(claims, lang=shown), out / "figures", "across", lang=lang)
    page = fill_template("across.html.j2", **page_words(claims, studies, svg, lang))
    write_atomically(out / ACROSS_FILE, text + "\n")
    write_atomically(out / "across.html", page)
    return claims


def _set_entry(study: Studied) -> dict[str, Any]:
    testable = [r.id for r in study.results if r.verdict != "not testable"]
    return {
        "name": study.name,
        "title": study.title,
        "simulated": study.simulated,
        "people": study.people,
        "sha256": study.sha256,
        "can_speak_to": testable,
    }


def _claim_entry(found: ClaimAcross) -> dict[str, Any]:
    claim = found.claim
    return {
        "id": claim.id,
        "title": _both(claim.title),
        "effect": _both(claim.effect),
        "null": claim.null,
        "claimed_side": claim.claimed_side,
        "ratio": claim.ratio,
        "state": found.state,
        "verdict": found.verdict,
        "reason": _both(found.reason),
        "would_settle": _both(claim.would_settle),
        "answers": [_answer_entry(answer) for answer in found.answers],
        "pools": [_pool_entry(pool) for pool in found.pools],
    }


def _answer_entry(answer: Answer) -> dict[str, Any]:
    result = answer.result
    names = ("verdict", "estimate", "ci_low", "ci_high", "level", "p_value", "p_adjusted", "n")
    return {
        "set": answer.study,
        "variant": _both(answer.variant),
        "kept_out": None if answer.kept_out is None else _both(answer.kept_out),
        **{name: getattr(result, name) for name in names},
    }


def _pool_entry(pool: Pool) -> dict[str, Any]:
    entry = {name: getattr(pool, name) for name in pool.__dataclass_fields__}
    return entry | {"variant": _both(pool.variant), "without": list(pool.without)}


def _both(text: Any) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}
