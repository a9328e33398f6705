"""What a check finds: problems, grouped and counted, and the report that lists them all."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from smallnet.tables.dataset import Dataset
from smallnet.tables.words import Text

__all__ = ["EXAMPLES", "CheckReport", "Problem", "counted"]

EXAMPLES = 5  # rows shown of each kind of problem
LONGEST_VALUE = 60  # characters shown of a value

WORDS = {
    "clean": Text("no problem was found", "没有发现问题"),
    "stops": Text("stops a study", "中止研究"),
    "notice": Text("notice", "提示"),
    "rows": Text("{count:,} (rows|row)", "{count:,} 行"),
    "row": Text("row {row}: {value}", "第 {row} 行：{value}"),
    "more": Text("…", "……"),
    "summary": Text(
        "{stops} of {all} kinds of problem stop a study", "{all} 类问题，其中 {stops} 类会中止研究"
    ),
    "table": Text("table", "表"),
    "column": Text("column", "列"),
    "rule": Text("rule", "规则"),
    "count": Text("count", "次数"),
    "message": Text("problem", "问题"),
    "examples": Text("for example", "例如"),
}


def counted(message: Text, count: int, **values: object) -> Text:
    """Fill in a count and other values, and choose between ``(many|one)`` in English.

    Examples
    --------
    >>> counted(Text("{count:,} (rows lack|row lacks) it", "{count:,} 行缺少它"), 1).en
    '1 row lacks it'
    """
    en = re.sub(r"\(([a-z ]+)\|([a-z ]+)\)", r"\2" if count == 1 else r"\1", message.en)
    return Text(en, message.zh).format(count=count, **values)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One kind of problem in one column: all rows that have it, counted.

    Attributes
    ----------
    table : str
        Name of the table, or of a file that is none.
    column : str or None
        Its column; null where the whole table is meant.
    rule : str
        Short id of the rule that is broken.
    message : Text
        One sentence.
    count : int
        Rows that break it; 1 where the whole table does.
    examples : tuple of (int or None, str)
        The first of them: number of the row (the first row of data is 1) and value.
    stops : bool
        It would change an answer, so no study starts.
    """

    table: str
    column: str | None
    rule: str
    message: Text
    count: int = 1
    examples: tuple[tuple[int | None, str], ...] = ()
    stops: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Give plain values; ``row`` and ``value`` are those of the first example."""
        row, value = self.examples[0] if self.examples else (None, None)
        return {
            "table": self.table,
            "column": self.column,
            "row": row,
            "value": value,
            "rule": self.rule,
            "count": self.count,
            "stops": self.stops,
            "message": {"en": self.message.en, "zh": self.message.zh},
            "examples": [list(example) for example in self.examples],
        }

    def shown(self, lang: str = "en") -> str:
        """Give the examples as one line of harmless text."""
        words = [
            _show(value)
            if row is None
            else WORDS["row"].format(row=row, value=_show(value)).get(lang)
            for row, value in self.examples
        ]
        if self.count > len(words) > 0:
            words.append(WORDS["more"].get(lang))
        return ("; " if lang == "en" else "；").join(words)


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """Every problem of a data set: those that stop a study first."""

    problems: tuple[Problem, ...]
    rows: Mapping[str, int]  # of each table that could be read
    dataset: Dataset | None = field(default=None, repr=False, compare=False)  # what was read

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.problems, key=lambda problem: not problem.stops))
        object.__setattr__(self, "problems", ordered)

    @property
    def stopping(self) -> tuple[Problem, ...]:
        """The problems that would change an answer."""
        return tuple(problem for problem in self.problems if problem.stops)

    @property
    def stops(self) -> int:
        """Number of kinds of problem that stop a study."""
        return len(self.stopping)

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        return {
            "rows": dict(self.rows),
            "stops": self.stops,
            "problems": [problem.to_dict() for problem in self.problems],
        }

    def to_text(self, lang: str = "en") -> str:
        """Give the list as lines of text, in English or Chinese."""
        lines = [f"{table}: " + _rows(count, lang) for table, count in self.rows.items()]
        if not self.problems:
            return "\n".join([*lines, WORDS["clean"].get(lang)])
        for problem in self.problems:
            where = problem.table + (f".{problem.column}" if problem.column else "")
            kind = WORDS["stops" if problem.stops else "notice"].get(lang)
            lines += ["", f"[{kind}] {where} ({problem.rule}, {_rows(problem.count, lang)})"]
            lines.append("  " + problem.message.get(lang))
            if problem.examples:
                lines.append("  " + problem.shown(lang))
        summary = WORDS["summary"].format(stops=self.stops, all=len(self.problems))
        return "\n".join([*lines, "", summary.get(lang)])

    def _repr_html_(self) -> str:
        heads = ("table", "column", "rule", "count", "stops", "message", "examples")
        head = "".join(f"<th>{WORDS[name].en}</th>" for name in heads)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in _cells(problem)) + "</tr>"
            for problem in self.problems
        )
        summary = WORDS["summary"].format(stops=self.stops, all=len(self.problems)).en
        return f"<p>{summary}</p><table><tr>{head}</tr>{body}</table>"


def _cells(problem: Problem) -> tuple[str, ...]:
    return (
        problem.table,
        problem.column or "",
        problem.rule,
        f"{problem.count:,}",
        "yes" if problem.stops else "",
        problem.message.en,
        problem.shown(),
    )


def _rows(count: int, lang: str) -> str:
    return counted(WORDS["rows"], count).get(lang)


def _show(value: str) -> str:
    """Make a value harmless for a terminal: what cannot be printed is escaped, long is cut."""
    cut = value if len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + "…"
    return repr(cut)
