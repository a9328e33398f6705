"""``report.html``: a study as one page that needs nothing but itself."""

import base64
import hashlib
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from smallnet.errors import InputError
from smallnet.hypotheses.claims import CLAIMS
from smallnet.hypotheses.result import Result
from smallnet.report.csv import read_csv
from smallnet.report.display import clean
from smallnet.report.drawings import group_figures, read_drawing, write_figures
from smallnet.report.page_words import in_words
from smallnet.report.results_file import load_study, write_atomically
from smallnet.report.svg import figure_lang
from smallnet.tables.words import LANGUAGES

__all__ = ["build_page"]


def build_page(out: Path | str, *, lang: str | None = None) -> Path:
    """Build ``out/report.html`` from what ``out`` holds.

    Parameters
    ----------
    out : path
        Folder of a study: ``results.json``, and if they are there ``tables/groups.csv``,
        ``tables/scorecard.csv`` and ``figures/*.svg``. Figures that are missing or labelled in
        another language are drawn again.
    lang : str, optional
        ``en`` or ``zh``; by default the language that the study was run in.

    Returns
    -------
    Path
        The page: one file without a request to anywhere.

    Raises
    ------
    InputError
        If there is no study in ``out``, or it is broken.
    OutputError
        If the page cannot be written.
    """
    out = Path(out)
    study = load_study(out)
    lang = lang or study.get("lang") or "en"
    if lang not in LANGUAGES:
        msg = f"lang is {lang!r}, expected one of {', '.join(LANGUAGES)}"
        raise InputError(msg)
    results = [Result.from_dict(entry) for entry in study["results"]]
    groups = _read_groups(out)
    _refresh_figures(out, study, results, groups, lang)
    source = resources.files("smallnet.report")
    script = source.joinpath("page.js").read_text("utf-8")
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    template = environment.from_string(source.joinpath("page.html.j2").read_text("utf-8"))
    content = template.render(
        **in_words(out, study, results, groups, lang),
        css=Markup(source.joinpath("page.css").read_text("utf-8")),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    return write_atomically(out / "report.html", content)


def _read_groups(out: Path) -> pd.DataFrame | None:
    path = out / "tables" / "groups.csv"
    if not path.is_file():
        return None
    groups = read_csv(path)
    scores = out / "tables" / "scorecard.csv"
    if scores.is_file() and "group" in groups:
        score = read_csv(scores)
        new = ["group", *(name for name in score if name not in groups)]
        groups = groups.merge(score[new], on="group", how="left")
    return groups


def _refresh_figures(
    out: Path, study: dict[str, Any], results: list[Result], groups: pd.DataFrame | None, lang: str
) -> None:
    wanted = {"overview"} if results else set()
    wanted |= set(group_figures(groups))
    wanted |= {result.id for result in results if "figure" in result.details} & set(CLAIMS)
    drawing = read_drawing(out)
    wanted |= {"drawing"} if drawing is not None else set()
    if all(figure_lang(out / "figures" / f"{name}.svg") == lang for name in wanted):
        return
    write_figures(
        out,
        results,
        groups,
        drawing=drawing,
        random_seed=study["random_seed"],
        lang=lang,
    )
