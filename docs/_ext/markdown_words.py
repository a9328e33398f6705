"""Words of the package as Markdown: nothing in them is taken for markup."""

import re
from collections.abc import Iterable, Sequence

__all__ = ["fence", "first_line", "plain", "table"]


def plain(words: object) -> str:
    """Escape what Markdown would take for markup; code in single backticks stays code."""
    parts = re.split(r"(`[^`]+`)", " ".join(str(words).split()))
    return "".join(
        part if part.startswith("`") else re.sub(r"([\\*_\[\]<>|#{}~$`])", r"\\\1", part)
        for part in parts
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, code: bool = False) -> str:
    """Give a table; ``code``: the first cells are names of code and the others plain words."""
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for row in rows:
        first, *rest = (f"{cell}" for cell in row)
        cells = [f"`{first}`", *map(plain, rest)] if code else [first, *rest]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def fence(words: str, language: str = "text") -> str:
    """Give a block of code."""
    return f"```{language}\n{words.rstrip()}\n```"


def first_line(documented: object) -> str:
    """Give the first line of a docstring, code in single backticks."""
    lines = (documented.__doc__ or "").strip().splitlines()
    return re.sub("`+", "`", lines[0]) if lines else ""
