"""``report.html``: a study as one page that needs nothing but itself."""

import base64
import hashlib
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from smallnet.errors import InputError
from smallnet.hypotheses.claims import CLAIMS
from smallnet.hypotheses.result import Result
from smallnet.report.csv import read_csv
from smallnet.report.drawings import (
    group_figures,
    overview_has_numbers,
    read_drawing,
    write_figures,
)
from smallnet.report.page_words import in_words
from smallnet.report.results_file import load_study, write_atomically
from smallnet.report.svg import figure_lang
from smallnet.report.template import fill_template, read_asset
from smallnet.tables.words import LANGUAGES

__all__ = ["build_page"]


def build_page(out: Path | str, *, lang: str | None = None, redraw: bool = True) -> Path:
    """Build ``out/report.html`` from what ``out`` holds.

    Parameters
    ----------
    out : path
        Folder of a study: ``results.json``, and if they are there ``tables/groups.csv``,
        ``tables/scorecard.csv`` and ``figures/*.svg``.
    lang : str, optional
        ``en`` or ``zh``; by default the language that the study was run in.
    redraw : bool
        Draw all figures again, as the results or the tables may have changed since. Else only
        where one is missing or labelled in another language.

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
    if redraw or not _figures_are_there(out, results, groups, lang):
        write_figures(
            out,
            results,
            groups,
            study.get("summary"),
            drawing=read_drawing(out),
            random_seed=study["random_seed"],
            lang=lang,
        )
    script = read_asset("page.js")
    content = fill_template(
        "page.html.j2",
        **in_words(out, study, results, groups, lang),
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


def _figures_are_there(
    out: Path, results: list[Result], groups: pd.DataFrame | None, lang: str
) -> bool:
    wanted = {"overview"} if overview_has_numbers(results) else set()
    wanted |= set(group_figures(groups))
    wanted |= {result.id for result in results if "figure" in result.details} & set(CLAIMS)
    wanted |= set() if read_drawing(out) is None else {"drawing"}
    return all(figure_lang(out / "figures" / f"{name}.svg") == lang for name in wanted)
