"""The calibration that ships in the package: what each test is worth in worlds like the data's."""

import csv
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from smallnet.hypotheses.result import Result
from smallnet.tables import Text

__all__ = ["COLUMNS", "TABLE_FILE", "nearest_worlds", "shipped_table", "table_rows", "worth"]

TABLE_FILE = "calibration.csv"
COLUMNS = [
    "claim",
    "kind",  # null or effect
    "effect",  # what was planted
    "truth",  # of the claim's estimate, mean
    "groups",
    "people",
    "worlds",
    "rate",  # of false alarms where the kind is null, else power
    "rate_low",
    "rate_high",
    "coverage",
    "coverage_low",
    "coverage_high",
    "bias",
    "bias_scale",
    "inconclusive",
    "not_testable",
    "alpha",
]
DIGITS = 4


def table_rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the rows of the table from a calibration's summary: one a setting."""
    rows = []
    for kind, entry in [
        *(("null", entry) for entry in answer["null"]),
        *(("effect", entry) for entry in answer["power"]),
    ]:
        covered = entry["coverage"]
        rows.append(
            {
                "claim": answer["claim"],
                "kind": kind,
                "effect": entry["effect"],
                "truth": _short(entry["truth"]),
                "groups": entry["groups"],
                "people": entry["people"],
                "worlds": entry["worlds"],
                "rate": _short(entry["estimate"]),
                "rate_low": _short(entry["ci_low"]),
                "rate_high": _short(entry["ci_high"]),
                "coverage": _short(covered["estimate"]),
                "coverage_low": _short(covered["ci_low"]),
                "coverage_high": _short(covered["ci_high"]),
                "bias": _short(entry["bias"]),
                "bias_scale": entry["bias_interval"]["scale"],
                "inconclusive": entry["verdicts"]["inconclusive"],
                "not_testable": entry["verdicts"]["not testable"],
                "alpha": answer["alpha"],
            }
        )
    return sorted(rows, key=lambda row: (row["kind"] != "null", row["people"], row["effect"]))


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


@cache
def shipped_table() -> tuple[dict[str, Any], ...]:
    """Give the rows of the table that ships in the package; empty where none was made."""
    source = resources.files("smallnet.hypotheses").joinpath(TABLE_FILE)
    if not source.is_file():
        return ()
    rows = csv.DictReader(source.read_text("utf-8").splitlines())
    return tuple({key: _value(key, cell) for key, cell in row.items()} for row in rows)


def _value(key: str, cell: str) -> Any:
    if key in {"claim", "kind", "bias_scale"}:
        return cell
    if not cell:
        return None
    return int(cell) if key in {"groups", "people", "worlds"} else float(cell)


def nearest_worlds(
    claim: str, n: Mapping[str, int | None], table: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Give a claim's rows of the size that is nearest to the data's, in ratios.

    Parameters
    ----------
    claim : str
        Its id.
    n : mapping
        ``groups`` and ``people`` of the data, as in a result; an unknown one is passed over.
    table : sequence of mapping
        Such as ``shipped_table()``.
    """
    rows = [dict(row) for row in table if row["claim"] == claim]
    if not rows:
        return []
    size = min({(row["groups"], row["people"]) for row in rows}, key=lambda at: _far(at, n))
    return [row for row in rows if (row["groups"], row["people"]) == size]


def _far(at: tuple[int, int], n: Mapping[str, int | None]) -> tuple[float, int]:
    steps = [
        abs(math.log(theirs / ours))
        for ours, theirs in zip(at, (n.get("groups"), n.get("people")), strict=True)
        if theirs and ours > 1  # plans in which a number plays no part have one
    ]
    return max(steps, default=0.0), at[1]


def worth(result: Result, table: Sequence[Mapping[str, Any]] | None = None) -> Text | None:
    """Say what a result's test is worth: power and false alarms in worlds like the data's.

    Parameters
    ----------
    result : Result
        Its numbers of groups and people choose the worlds.
    table : sequence of mapping, optional
        By default the table that ships in the package.

    Returns
    -------
    Text or None
        None where the claim was not testable, or was not calibrated.
    """
    rows = nearest_worlds(result.id, result.n, shipped_table() if table is None else table)
    planted = [row for row in rows if row["kind"] == "effect" and row["truth"] is not None]
    if result.verdict == "not testable" or not planted:
        return None
    powers: dict[str, list[float]] = {}
    for row in planted:
        powers.setdefault(f"{row['truth']:.3g}", []).append(row["rate"])
    found = Text(
        " and ".join(
            f"a true value of {truth} with power {_span(p)}" for truth, p in powers.items()
        ),
        "、".join(f"真值 {truth} 的功效为 {_span(p)}" for truth, p in powers.items()),
    )
    people = planted[0]["people"]
    size = Text(f"{planted[0]['groups']:,} groups", f"{planted[0]['groups']:,} 个群")
    if people > 1:
        size = Text(f"{size.en} and {people:,} people", f"{size.zh}、{people:,} 人")
    words = Text(
        f"In simulated worlds of {size.en}, the nearest in size to these data, this test finds "
        f"{found.en}",
        f"在规模与本数据最接近的模拟世界（{size.zh}）中，本检验发现{found.zh}",
    )
    words = _with_alarms(words, [row for row in rows if row["kind"] == "null"])
    factor = math.exp(_far((planted[0]["groups"], people), result.n)[0])
    return words + FAR.format(factor=f"{factor:.0f}") if factor > FAR_FACTOR else words


FAR_FACTOR = 3.0
FAR = Text(
    "The data differ from them in size by a factor of {factor}, so its power there may be another.",
    "数据规模与之相差约 {factor} 倍，实际功效可能不同。",
)


def _with_alarms(words: Text, null: Sequence[Mapping[str, Any]]) -> Text:
    if not null:
        return Text(f"{words.en}.", f"{words.zh}。")
    row = null[0]
    alarms = Text(
        f"{words.en}; where there is nothing it raises a false alarm in {_percent(row['rate'])} "
        f"[{_percent(row['rate_low'])}, {_percent(row['rate_high'])}] of {row['worlds']} worlds",
        f"{words.zh}；在没有效应的 {row['worlds']} 个世界中误报率为 {_percent(row['rate'])}"
        f"［{_percent(row['rate_low'])}，{_percent(row['rate_high'])}］",
    )
    return Text(f"{alarms.en}.", f"{alarms.zh}。")


def _span(powers: Sequence[float]) -> str:
    low, high = f"{min(powers):.2f}", f"{max(powers):.2f}"
    return low if low == high else f"{low}–{high}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
