"""Parts of pages that the package writes itself: ``<!-- insert: commands -->`` stands for them.

What is generated cannot drift: tables come from the schema, commands from their parsers, claims
from the register. Each insert is a function that gives Markdown.
"""

import re
from collections.abc import Callable
from typing import Any

from markdown_words import first_line, plain, table
from sphinx.application import Sphinx

__all__ = ["INSERTS", "fill", "setup"]

MARK = re.compile(r"^<!-- insert: ([a-z-]+)(?: ([\w.]+))? -->$", re.MULTILINE)


def table_format() -> str:
    """Describe every table: what a row is, and its columns."""
    from smallnet.tables import SCHEMA

    parts = []
    for found in SCHEMA.values():
        rows = []
        for column in found.columns:
            more = [f"a `{column.references}`" if column.references else ""]
            more.append(", ".join(f"`{value}`" for value in column.values))
            rows.append(
                (
                    f"**{column.name}**" if column.required else column.name,
                    column.kind,
                    plain(column.description),
                    "; ".join(filter(None, more)),
                )
            )
        heads = ("column (bold: required)", "kind", "what it is", "refers to, or is one of")
        key = ", ".join(f"`{name}`" for name in found.key)
        words = f"A row is {found.row}." + (f" Its key is {key}: no two rows share it." * bool(key))
        parts += [f"(table-{found.name})=", f"### `{found.name}`", words, table(heads, rows)]
    return "\n\n".join(parts)


def coverage() -> str:
    """Give what a source could have recorded."""
    from smallnet.tables import COVERAGE

    return table(("key", "true where the source could have recorded"), COVERAGE.items(), code=True)


def choices() -> str:
    """List every choice with its default and its reason."""
    from smallnet.tables import Choices
    from smallnet.tables.choices import REASONS

    given = Choices().to_dict()
    rows = []
    for key, reason in REASONS.items():
        value = given[key]
        if isinstance(value, dict):
            shown = "by claim, below" if key == "smallest_effect" else "; ".join(
                f"{name} {number:.3g}" for name, number in value.items()
            )  # fmt: skip
        else:
            shown = "all" if value == [] else f"{value}"
        rows.append((f"`{key}`", plain(shown), plain(reason)))
    return table(("choice", "default", "why"), rows)


def smallest_effects() -> str:
    """Give the smallest effect of interest of each claim."""
    from smallnet.hypotheses import load_claim
    from smallnet.tables import Choices

    rows = []
    for name, value in sorted(Choices().smallest_effect.items()):
        claim = load_claim(name).CLAIM
        within = f"a factor of {value:g}" if claim.ratio else f"{value:g}"
        rows.append((f"[{name}](#claim-{name.lower()})", plain(claim.effect.en), within))
    return table(("claim", "estimate", "smallest effect"), rows)


def commands() -> str:
    """Describe every command by its own parser."""
    from command_pages import describe_commands

    return describe_commands()


def claims(lang: str) -> str:
    """Describe every claim of the register."""
    from claim_pages import describe_claims

    return describe_claims(lang)


def verdicts(lang: str) -> str:
    """Say what the verdicts mean."""
    from claim_pages import describe_verdicts

    return describe_verdicts(lang)


def calibration() -> str:
    """Give every row of the shipped table."""
    from claim_pages import calibration_rows

    return calibration_rows(None, "en")


def file_formats() -> str:
    """List what ``smallnet import`` reads."""
    from format_table import describe_formats

    return describe_formats()


def rooms(name: str) -> str:
    """Show what is in a room's shop window."""
    from room_pages import describe_room

    return describe_room(name)


def measures() -> str:
    """List every column of the table of groups."""
    from smallnet.measures import COLUMNS

    rows = [
        (f"`{m.name}`", m.room, m.unit or "–", plain(m.description.en))
        for m in (COLUMNS.values() if isinstance(COLUMNS, dict) else COLUMNS)
    ]
    return table(("column", "measure of", "unit", "meaning"), rows)


def scenarios() -> str:
    """List the worlds that ``smallnet simulate`` knows."""
    from smallnet.simulations import describe_scenarios

    return table(("scenario", "what is true in it"), describe_scenarios().items(), code=True)


def datasets() -> str:
    """List the registered public data sets."""
    from smallnet.tables import list_data

    rows = [
        (f"`{entry.name}`", plain(entry.licence), plain(", ".join(entry.can_test) or "–"))
        for entry in list_data()
    ]
    return table(("name", "licence", "can test"), rows)


def names() -> str:
    """List the names of ``import smallnet``, and the room of each."""
    import smallnet

    rows = [
        (f"`{name}`", f"`{home}`", plain(first_line(getattr(smallnet, name))))
        for name, home in sorted(smallnet._HOMES.items())
    ]
    return table(("name", "room", "what it is"), rows)


def methods() -> str:
    """Show the methods that claims share."""
    from room_pages import describe_methods

    return describe_methods()


def changelog() -> str:
    """Give ``CHANGELOG.md`` without its title."""
    from project_files import read_project_file

    return read_project_file("CHANGELOG.md").split("\n", 1)[1]


def benchmarks() -> str:
    """Give the table of races, where one was run on this machine."""
    from project_files import describe_benchmarks

    return describe_benchmarks()


def citation() -> str:
    """Give ``CITATION.cff`` as BibTeX."""
    from project_files import describe_citation

    return describe_citation()


def gallery(which: str) -> str:
    """Draw figures now."""
    from gallery import describe_gallery

    return describe_gallery(which)


def which_test() -> str:
    """Give the methods by question."""
    from smallnet.hypotheses.methods import which_test_page

    return which_test_page()


INSERTS: dict[str, Callable[..., str]] = {
    "table-format": table_format,
    "coverage": coverage,
    "choices": choices,
    "smallest-effects": smallest_effects,
    "commands": commands,
    "claims": claims,
    "verdicts": verdicts,
    "calibration": calibration,
    "file-formats": file_formats,
    "room": rooms,
    "measures": measures,
    "scenarios": scenarios,
    "datasets": datasets,
    "names": names,
    "methods": methods,
    "which-test": which_test,
    "changelog": changelog,
    "benchmarks": benchmarks,
    "citation": citation,
    "gallery": gallery,
}


def fill(source: str) -> str:
    """Put what the package writes in the place of every mark."""

    def one(found: re.Match[str]) -> str:
        name, argument = found.groups()
        return INSERTS[name](*([argument] if argument else []))

    return MARK.sub(one, source)


def _fill_page(app: Sphinx, page: str, source: list[str]) -> None:
    if MARK.search(source[0]):
        app.env.note_reread()  # the package may have changed where the page did not
        source[0] = fill(source[0])


def _language(_app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """Tell the browser which pages are Chinese: the shapes of letters hang on it."""
    if page.endswith("_zh"):
        context["language"] = "zh-Hans"


def setup(app: Sphinx) -> dict[str, Any]:
    """Fill pages as they are read."""
    app.connect("source-read", _fill_page)
    app.connect("html-page-context", _language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
