"""A study in words: everything that the page shows, ready for its template."""

import datetime as dtm
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from smallnet.errors import UnknownNameError
from smallnet.figures import NO_CJK_FONT, VERDICTS, figure_language, verdict_look
from smallnet.figures.numbers import known, show_interval, show_number, show_p
from smallnet.hypotheses.calibrated import worth
from smallnet.hypotheses.register import find_registered
from smallnet.hypotheses.result import Result
from smallnet.measures.wording import ACTS
from smallnet.report.display import clean, flatten, show_value
from smallnet.report.drawings import (
    acts_of,
    group_figures,
    in_order,
    overview_has_numbers,
    read_drawing,
)
from smallnet.report.group_rows import group_rows
from smallnet.report.reasons import reason_in_words, what_is_missing
from smallnet.report.svg import inline_svg
from smallnet.report.texts import (
    CHANNEL,
    CHOICES,
    COUNTS,
    FACTS,
    LICENCE,
    PAGE,
    PROBLEM,
    PROVENANCE,
    label,
)
from smallnet.tables.choices import Choices
from smallnet.tables.words import Text

__all__ = ["badge_look", "in_words"]

_HTML_LANG = {"en": "en", "zh": "zh-Hans"}
_MOST_PROBLEMS = 500  # kinds of problem on the page; results.json has all
_SHAPES = {
    "o": '<circle cx="8" cy="8" r="6.5"/>',
    "X": '<path d="M2 2l12 12M14 2L2 14" stroke-width="4" fill="none"/>',
    "D": '<path d="M8 1l7 7-7 7-7-7z"/>',
    "_": '<path d="M2 8h12" stroke-width="3" fill="none"/>',
}


def in_words(
    out: Path, study: dict[str, Any], results: list[Result], groups: pd.DataFrame | None, lang: str
) -> dict[str, Any]:
    """Give everything that the template shows, by its name there."""
    words = {key: text.get(lang) for key, text in PAGE.items()}
    name = clean(str(study["dataset"].get("name") or words["unknown"]), 120)
    said = (study["dataset"].get("study") or {}).get("notes") or ()
    notes = [show_value(note, lang) for note in study.get("notes") or ()]
    if figure_language(lang) != lang:
        notes.append(NO_CJK_FONT.get(lang))
    level = _percent(results[0].level if results else 0.95)
    acts = acts_of(study.get("summary"))
    words["group_map"] = words["group_map"].format(acts=ACTS[acts].get(lang))
    claims = [
        _claim(out, result, lang)
        | {"standing": _standing(study.get("registration"), result.id, lang)}
        for result in in_order(results)
    ]
    untestable = [claim for claim in claims if claim["verdict"] == "not testable"]
    answered = [claim for claim in claims if claim["verdict"] != "not testable"]
    rank = {verdict: place for place, verdict in enumerate(VERDICTS)}
    answered.sort(key=lambda claim: rank.get(claim["verdict"], len(rank)))
    words["untestable"] = words["untestable"].format(n=len(untestable))
    if untestable:
        words["overview"] += words["left_out"].format(n=len(untestable))
    captions = _captions(out, groups, overview_has_numbers(results), words)
    return {
        "t": words,
        "html_lang": _HTML_LANG[lang],
        "name": name,
        "count_line": _count_line(results, lang),
        "family": words["family"].format(level=level),
        "notes": notes,
        "registration": _registration(study.get("registration"), lang),
        "notes_of_data": [show_value(note, lang) for note in said],
        "looks": [badge_look(verdict, lang) for verdict in VERDICTS],
        "claims": claims,
        "answered": answered,
        "untestable": untestable,
        "figures": {
            key: _picture(out / "figures" / f"{key}.svg", caption, caption)
            for key, caption in captions.items()
        },
        "counts": _counts(study.get("summary") or {}, lang),
        "facts": _facts(study["dataset"], lang),
        "table": None
        if groups is None or groups.empty or "group" not in groups
        else group_rows(groups, lang, acts=acts),
        "problems": _problems(study.get("problems") or [], lang),
        "choices": _choices(study["choices"], lang),
        "provenance": _provenance(study, lang),
        "made_by": words["made_by"].format(version=study["smallnet"]),
    }


def _standing(registration: Mapping[str, Any] | None, claim: str, lang: str) -> str:
    """Say whether a claim is as it was registered; nothing where nothing was."""
    kind = ((registration or {}).get("claims") or {}).get(claim)
    return PAGE[kind].get(lang) if kind in ("primary", "exploratory") else ""


def _registration(registration: Mapping[str, Any] | None, lang: str) -> dict[str, Any] | None:
    if not registration:
        return None
    changed = [entry.get("words") or entry for entry in registration.get("changed") or []]
    return {
        "said": PAGE["registered"]
        .get(lang)
        .format(
            at=_moment(str(registration.get("registered_at") or "").removesuffix("+00:00")),
            sha256=registration.get("sha256"),
        ),
        "changed": [show_value(words, lang) for words in changed],
        "notes": [show_value(note, lang) for note in registration.get("notes") or []],
    }


def _captions(
    out: Path, groups: pd.DataFrame | None, claims: bool, words: Mapping[str, str]
) -> dict[str, str]:
    """Words under the figures of all groups, for those that have something to show."""
    captions = dict.fromkeys(("overview",) if claims else (), words["overview"])
    captions |= {name: words[name] for name in group_figures(groups)}
    drawing = read_drawing(out)
    if drawing is not None:
        kind = next((str(tie["kind"]) for tie in drawing["ties"] if tie.get("kind")), "")
        captions["drawing"] = words["drawing"].format(ties=words.get(f"drawn_{kind}", ""))
    return captions


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def badge_look(verdict: str, lang: str) -> dict[str, Any]:
    """Give a verdict's word, colour and shape, as a badge on a page shows them."""
    look = verdict_look(verdict)
    fill = "currentColor" if look.filled else "none"
    shape = (
        f'<svg viewBox="0 0 16 16" aria-hidden="true" fill="{fill}" stroke="currentColor" '
        f'stroke-width="2">{_SHAPES[look.marker]}</svg>'
    )
    return {
        "colour": look.colour,
        "word": look.word.get(lang),
        "meaning": look.meaning.get(lang),
        "shape": Markup(shape),
    }


def _count_line(results: list[Result], lang: str) -> str:
    counts = Counter(result.verdict for result in results)
    parts = [
        PAGE["one_part"].get(lang).format(n=counts[verdict], verdict=look.word.get(lang))
        for verdict, look in VERDICTS.items()
        if counts[verdict]
    ]
    return PAGE["count"].get(lang).format(n=len(results), parts=PAGE["comma"].get(lang).join(parts))


def _picture(path: Path, caption: str, alt: str) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    svg = inline_svg(path, f"{path.stem}-", alt)
    return {"svg": Markup(svg), "caption": caption, "short": clean(alt, 80)}


def _interval(entry: Any) -> str:
    get = entry.get if isinstance(entry, Mapping) else lambda name: getattr(entry, name)
    words = f"{show_number(get('estimate'))} {show_interval(get('ci_low'), get('ci_high'))}"
    return words.strip()


def _claim(out: Path, result: Result, lang: str) -> dict[str, Any]:
    """One result in words."""
    interval = _interval(result)
    title, effect = result.word("title", lang), result.word("effect", lang)
    look = badge_look(result.verdict, lang)
    caption = f"{result.id} {title}"
    alt = PAGE["claim_alt"].get(lang)
    alt = alt.format(
        id=result.id, title=title, verdict=look["word"], effect=effect, interval=interval
    )
    like_these = worth(result)
    robustness = [
        {"name": row.get("name", ""), "interval": _interval(row), "note": row.get("note") or ""}
        for row in result.word("robustness", lang)
    ]
    other = "en" if lang == "zh" else "zh"
    level = PAGE["level"].get(lang).format(level=_percent(result.level))
    p_word, p_adjusted = PAGE["p_adjusted"].get(lang), show_p(result.p_adjusted)
    semicolon = PAGE["semicolon"].get(lang)
    counted = [
        f"{number:,} {label(COUNTS, name, lang)}"
        for name, number in result.n.items()
        if number is not None
    ]
    untestable = result.verdict == "not testable"
    return {
        "id": result.id,
        "verdict": result.verdict,
        "missing": what_is_missing(result, lang) if untestable else "",
        "would_settle": _would_settle(result.id, lang) if untestable else "",
        "title": title,
        "claim": result.word("claim", lang),
        "other": result.word("claim", other) if other in ("en", *result.translations) else "",
        "other_lang": _HTML_LANG[other],
        "look": look,
        "reason": reason_in_words(result, lang),
        "effect": effect,
        "interval": interval,
        "has_number": known(result.estimate) is not None,
        "level_note": f"{semicolon}{level}" if known(result.ci_low) is not None else "",
        "p_note": f"{semicolon}{p_word} {p_adjusted if '<' in p_adjusted else f'= {p_adjusted}'}"
        if known(result.p_adjusted) is not None
        else "",
        "p_adjusted": p_adjusted,
        "worth": "" if like_these is None else like_these.get(lang),
        "figure": _picture(out / "figures" / f"{result.id}.svg", caption, alt)
        if "figure" in result.details
        else None,
        "counted": PAGE["comma"].get(lang).join(counted),
        "robustness": robustness,
        "has_notes": any(row["note"] for row in robustness),
        "estimand": result.word("estimand", lang),
        "method": result.word("method", lang),
        "null_model": result.word("null_model", lang),
        "assumptions": result.word("assumptions", lang),
        "threats": result.word("threats", lang),
        "details": flatten(result.details, lang),
    }


def _would_settle(claim: str, lang: str) -> str:
    """Say which data would answer a claim; nothing of one that this edition does not know."""
    try:
        return find_registered(claim).would_settle.get(lang)
    except UnknownNameError:
        return ""


def _counts(summary: Mapping[str, Any], lang: str) -> list[tuple[str, str]]:
    order = [name for name in COUNTS if name in summary]
    return [
        (label(COUNTS, name, lang), show_value(summary[name], lang))
        for name in order
        if known(summary[name]) is not None
    ]


def _moment(value: Any) -> str:
    """Write an ISO moment for people: midnight is a date."""
    words = str(value or "").replace("T", " ")
    return words.removesuffix(" 00:00:00")


def _facts(dataset: Mapping[str, Any], lang: str) -> list[tuple[str, str]]:
    dataset = {**(dataset.get("study") or {}), **dataset}
    facts = {key: value for key, value in dataset.items() if key in FACTS and value}
    start, end = dataset.get("observed_from"), dataset.get("observed_until")
    if start or end:
        unknown = PAGE["unknown"].get(lang)
        low, high = (_moment(start) or unknown), (_moment(end) or unknown)
        facts["watch"] = PAGE["to"].get(lang).format(low=low, high=high)
        if dataset.get("time_origin") == "unknown" and start and end:
            watched = dtm.datetime.fromisoformat(end) - dtm.datetime.fromisoformat(start)
            days = f"{watched / dtm.timedelta(days=1):,.4g}"
            facts["watch"] = PAGE["no_origin"].get(lang).format(days=days)
    if "licence" in facts:
        clauses = str(facts["licence"]).split("; ")
        if all(clause in LICENCE for clause in clauses):  # words of ours, not of the user
            facts["licence"] = (
                PAGE["semicolon"].get(lang).join(LICENCE[clause].get(lang) for clause in clauses)
            )
    coverage = dataset.get("coverage") or {}
    for key, wanted in (("recorded", True), ("unrecorded", False)):
        channels = [label(CHANNEL, name, lang) for name, held in coverage.items() if held is wanted]
        if channels:
            facts[key] = PAGE["comma"].get(lang).join(channels)
    return [(FACTS[key].get(lang), show_value(facts[key], lang)) for key in FACTS if key in facts]


def _problems(problems: list[dict[str, Any]], lang: str) -> dict[str, Any]:
    """Each kind of problem in a row: where, what, how often, and the first rows that have it."""
    rows = [
        {
            "table": problem.get("table"),
            "column": problem.get("column"),
            "message": problem.get("message") or problem.get("rule"),
            "count": problem.get("count"),
            "examples": _examples(problem, lang),
            "rule": problem.get("rule"),
        }
        for problem in problems[:_MOST_PROBLEMS]
    ]
    columns = [name for name in PROBLEM if any(row[name] not in (None, "") for row in rows)]
    return {
        "columns": [label(PROBLEM, name, lang) for name in columns],
        "rows": [
            [
                "" if row[name] is None else clean(show_value(row[name], lang), 400)
                for name in columns
            ]
            for row in rows
        ],
    }


def _examples(problem: Mapping[str, Any], lang: str) -> str:
    found = problem.get("examples") or [[problem.get("row"), problem.get("value")]]
    words = []
    for row, value in found:
        shown = "" if value is None else clean(str(value), 80)
        if row is not None:
            shown = PAGE["example"].get(lang).format(row=row, value=shown or "–")
        if shown:
            words.append(shown)
    return PAGE["semicolon"].get(lang).join(words)


def _choices(choices: Mapping[str, Any], lang: str) -> list[dict[str, Any]]:
    defaults = Choices().to_dict()
    rows = []
    for name in [*CHOICES, *(key for key in choices if key not in CHOICES)]:
        if name not in choices:
            continue
        words, why = CHOICES.get(name, (Text(name, name), Text("", "")))
        value, default = choices[name], defaults.get(name)
        rows.append(
            {
                "name": name,
                "label": words.get(lang),
                "why": why.get(lang),
                "value": show_value(value, lang, exact=True) or PAGE["all"].get(lang),
                "default": show_value(default, lang, exact=True) or PAGE["all"].get(lang),
                "changed": name in defaults and value != default,
            }
        )
    return rows


def _provenance(study: Mapping[str, Any], lang: str) -> list[tuple[str, str]]:
    entries = {key: study.get(key) for key in ("smallnet", "created_at", "random_seed")}
    entries["sha256"] = study["dataset"].get("sha256")
    entries |= study.get("provenance") or {}
    entries.pop("changed_choices", None)  # they stand among the choices
    return [
        (label(PROVENANCE, key, lang), show_value(value, lang))
        for key, value in entries.items()
        if value is not None
    ]
