"""Build the paper: numbers, figures, cross-data page and PDF, from the studies in a folder.

    python paper/make_paper.py out [--draft] [--png]

Writes ``out/across`` and ``out/paper`` with ``smallnet.pdf``. ``--draft`` lets numbers be missing
that need data which are not here, and says so on the first page; else a missing one stops it.
``--png`` adds a picture of each page.
"""

import argparse
import shutil
import sys
from pathlib import Path

from paper_figures import write_figures
from paper_numbers import write_numbers

from smallnet.errors import SmallnetError
from smallnet.report import write_across

__all__ = ["build_pdf", "make_paper"]

HERE = Path(__file__).parent
SOURCES = ("paper.typ", "house.typ", "tables.typ", "references.bib")
BENCHMARKS = HERE.parent / "benchmarks.json"


def make_paper(out: Path, *, draft: bool = False, png: bool = False) -> Path:
    """Write all that the paper is made of, and the paper.

    Parameters
    ----------
    out : Path
        Holds the studies, one folder each.
    draft : bool
        Numbers may be missing.
    png : bool
        Write a picture of each page too.

    Returns
    -------
    Path
        The PDF.

    Raises
    ------
    SmallnetError
        If there are no studies.
    typst.TypstError
        If the text does not compile, as when a number is missing.
    """
    write_across([out], out / "across")
    write_numbers(out, BENCHMARKS)
    write_figures(out)
    return build_pdf(out / "paper", draft=draft, png=png)


def build_pdf(folder: Path, *, draft: bool = False, png: bool = False) -> Path:
    """Compile the text in ``folder``, where numbers and figures lie, to ``smallnet.pdf``."""
    import typst

    for name in SOURCES:
        shutil.copy(HERE / name, folder / name)
    text, target = folder / "paper.typ", folder / "smallnet.pdf"
    inputs = {"draft": "yes" if draft else "no"}
    typst.compile(str(text), output=str(target), root=str(folder), sys_inputs=inputs)
    if png:
        for older in folder.glob("page-*.png"):
            older.unlink()
        pages = str(folder / "page-{0p}.png")
        typst.compile(
            str(text), output=pages, root=str(folder), sys_inputs=inputs, format="png", ppi=110.0
        )
    return target


def main() -> int:
    """Read the command line and build the paper."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder with the studies")
    parser.add_argument("--draft", action="store_true", help="numbers may be missing")
    parser.add_argument("--png", action="store_true", help="a picture of each page")
    arguments = parser.parse_args()
    try:
        print(make_paper(arguments.out, draft=arguments.draft, png=arguments.png))
    except SmallnetError as error:
        print(f"paper: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
