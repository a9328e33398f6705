"""What the project says about itself, as pages: changes, races, citation."""

import re
from pathlib import Path

from markdown_words import fence

__all__ = ["describe_benchmarks", "describe_citation", "read_project_file"]

ROOT = Path(__file__).parents[2]


def read_project_file(name: str) -> str:
    """Give the text of a file at the top of the project."""
    return (ROOT / name).read_text("utf-8")


def describe_benchmarks() -> str:
    """Give ``benchmarks.md`` without its title; a sentence where no race was run here."""
    if not (ROOT / "benchmarks.md").is_file():
        return "No races were run on this machine: `make bench` runs them and writes the table."
    return re.sub(r"\A# .*\n", "", read_project_file("benchmarks.md"))


def describe_citation() -> str:
    """Give the citation as BibTeX, from ``CITATION.cff``."""
    cff = read_project_file("CITATION.cff")
    value = {
        key: re.search(rf'^{key}: "?(.+?)"?$', cff, re.MULTILINE)[1]  # type: ignore[index]
        for key in ("title", "version", "date-released", "license")
    }
    authors = re.findall(r"^  - name: (.+)$", cff, re.MULTILINE)
    entry = "\n".join(
        (
            "@software{smallnet,",
            f"  title = {{{value['title']}}},",
            f"  author = {{{' and '.join(f'{{{name}}}' for name in authors)}}},",
            f"  version = {{{value['version']}}},",
            f"  year = {{{value['date-released'][:4]}}},",
            f"  license = {{{value['license']}}}",
            "}",
        )
    )
    return fence(entry)
