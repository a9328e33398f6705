"""The calibration that ships in the package: what each test is worth in worlds like the data's."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from smallnet.hypotheses.planted import load_planted
from smallnet.hypotheses.result import Result
from smallnet.tables import Text

__all__ = ["COLUMNS", "TABLE_FILE", "Calibrated", "calibrated", "shipped_table", "table_rows"]

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
