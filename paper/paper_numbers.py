"""Every number that the paper uses, in one file: ``python paper/paper_numbers.py out``.

Nothing is computed here that a room of the package does not compute: results of studies and their
cross-data verdict as they lie in ``out``, the calibration and the textbook's failure as they ship,
theory from ``smallnet.simulations.theory``, races from ``benchmarks.json`` where there is one, and
what others printed (``literature.toml``). A number is ``{"value": …, "text": …}``: itself, and as a
reader sees it.
"""

import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import smallnet
from smallnet.figures.numbers import known, show_number
from smallnet.hypotheses import CLAIMS, VERDICTS, load_claim
from smallnet.hypotheses.across import compare_studies
from smallnet.hypotheses.calibrated import shipped_table
from smallnet.hypotheses.methods.proportions import wilson
from smallnet.hypotheses.methods.textbook_failure import shipped_failure_table
from smallnet.hypotheses.register import register_ids, untested
from smallnet.importers import FORMATS
from smallnet.report.across import find_studies, read_studied
from smallnet.report.results_file import load_study
from smallnet.simulations import SCENARIOS
from smallnet.simulations.seeding.strategies import STRATEGIES
from smallnet.simulations.spreading import MODELS
from smallnet.simulations.theory import (
    clique_percolation_threshold,
    complex_contagion,
    critical_global,
    equal_contacts_threshold,
    mean_outbreak,
    simplicial_mean_field,
    tricritical_point,
    two_levels_of_mixing,
    watts_window,
)
from smallnet.tables import Choices, atomic_write, list_data

__all__ = ["build_numbers", "leaf", "package_numbers", "write_numbers"]

HERE = Path(__file__).parent
LEFT_OUT = {"figure", "by_group", "groups_without_size_named"}  # of details: for pictures only
SIZES = (2, 3, 5, 7, 13)  # of groups at equal contacts
SHAPES = (0.5, 1.0, 1.5, 2.0)  # nu
CONTACTS = 24.0
ESCAPE = 0.9  # chance to escape one infective of the own group


def leaf(value: float) -> dict[str, Any]:
    """Give a number with its text, three digits."""
    return {"value": value, "text": show_number(value)}


def _tree(value: Any) -> Any:
    """Turn plain values into leaves; what is unknown is left out."""
    if isinstance(value, Mapping):
        parts = {str(key): _tree(item) for key, item in value.items() if key not in LEFT_OUT}
        return {key: part for key, part in parts.items() if part is not None}
    if isinstance(value, list | tuple):
        return {str(i): part for i, x in enumerate(value) if (part := _tree(x)) is not None}
    if isinstance(value, str | bool):
        return str(value)
    number = known(value)
    return None if number is None else leaf(number)


def write_numbers(out: Path, benchmarks: Path | None = None) -> Path:
    """Write ``out/paper/numbers.json`` from the studies in ``out``."""
    target = out / "paper" / "numbers.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(target) as file:
        json.dump(build_numbers(out, benchmarks), file, ensure_ascii=False, indent=1)
    return target


def build_numbers(out: Path, benchmarks: Path | None = None) -> dict[str, Any]:
    """Collect all numbers: those of the package, of the studies and, if given, of the races."""
    races = None
    if benchmarks is not None and benchmarks.is_file():
        races = _races(json.loads(benchmarks.read_text("utf-8")))
    return package_numbers() | _studies(out) | ({} if races is None else {"races": races})


def package_numbers() -> dict[str, Any]:
    """Collect the numbers that need no data: register, calibration, theory, literature."""
    choices = Choices()
    return {
        "version": smallnet.__version__,
        "counts": _tree(
            {
                "claims": len(register_ids()),
                "tested": len(CLAIMS),
                "untested": len(untested()),
                "essay": sum(name[0] == "S" for name in register_ids()),
                "book": sum(name[0] == "B" for name in register_ids()),
                "sets": len(list_data()),
                "models": len(MODELS),
                "scenarios": len(SCENARIOS),
                "strategies": len(STRATEGIES),
                "formats": len(FORMATS) - ("columns" in FORMATS),
            }
        ),
        "choices": _tree(
            {
                "small_group": choices.small_group,
                "alpha": choices.alpha,
                "level": choices.level,
                "replicates": choices.replicates,
                "dead_after_days": choices.dead_after_days,
                "smallest_effect": dict(choices.smallest_effect),
            }
        ),
        "stated": _tree(_stated()),
        "register": {name: _registered(name) for name in register_ids() if name in CLAIMS},
        "calibration": _tree(_calibration()),
        "textbook": _tree(_textbook()),
        "theory": _tree(_theory()),
        "literature": _tree(tomllib.loads((HERE / "literature.toml").read_text("utf-8"))),
    }


def _registered(name: str) -> dict[str, Any]:
    claim = load_claim(name).CLAIM
    side = {"above": ">", "below": "<", "at": "="}[claim.claimed_side]
    entry: dict[str, Any] = _tree(
        {"title": claim.title.en, "effect": claim.effect.en, "null": claim.null, "side": side}
    )
    return entry


def _stated() -> dict[str, float]:
    """Numbers that the claims themselves state, as they stand in their words."""

    def first(name: str, pattern: str) -> float:
        found = re.search(pattern, load_claim(name).CLAIM.claim.zh)
        if found is None:
            msg = f"the words of {name} have no number like {pattern}"
            raise ValueError(msg)
        return float(found[1])

    return {
        "private_share": first("S01", r"「(\d+)%") / 100,
        "muted_share": first("S13", r"「(\d+)%") / 100,
        "groups_per_person": first("S14", r"少于(\d+)个"),
        "small": first("S03", r"(\d+)人以下"),
    }


def _calibration() -> dict[str, Any]:
    """Shipped table: each claim's alarms, coverage and power, and all together."""
    rows = shipped_table()
    by_claim: dict[str, dict[str, Any]] = {}
    for row in rows:
        kinds = by_claim.setdefault(row["claim"], {})
        if row["kind"] not in kinds:  # the first of a kind: the effect that the plan names first
            kinds[row["kind"]] = row
    null = [row for row in rows if row["kind"] == "null"]
    covered = [row for row in rows if row["coverage"] is not None]
    return {
        "claims": len(by_claim),
        "worlds": sum(row["worlds"] for row in rows),
        "worlds_least": min(row["worlds"] for row in rows),
        "worlds_most": max(row["worlds"] for row in rows),
        "alarms": _share([(row["rate"], row["worlds"]) for row in null]),
        "alarms_most": max(row["rate"] for row in null),
        "coverage": _share([(row["coverage"], row["worlds"]) for row in covered]),
        "coverage_least": min(row["coverage"] for row in covered),
        "by_claim": by_claim,
    }


def _share(rates: Sequence[tuple[float, int]]) -> dict[str, float]:
    worlds = sum(number for _, number in rates)
    hits = sum(round(rate * number) for rate, number in rates)
    low, high = wilson(hits, worlds)
    return {"estimate": hits / worlds, "ci_low": low, "ci_high": high, "worlds": worlds}


def _textbook() -> dict[str, Any]:
    """How often each way of finding errors raises a false alarm about size."""
    names = {
        "robust, by row": "rows",
        "clustered by person": "person",
        "clustered by group": "group",
        "clustered two ways": "two_ways",
        "score bootstrap over groups": "bootstrap",
        "groups random (fit_mixed_poisson)": "random",
    }
    found: dict[str, Any] = {}
    for row in shipped_failure_table():
        if row["method"] in names and row["sd_groups"]:
            entry = found.setdefault(f"groups_{row['groups']}", {})
            entry[names[row["method"]]] = row
    return found


def _theory() -> dict[str, Any]:
    import networkx as nx

    levels = two_levels_of_mixing(3, 0.5, 0.5)
    field = simplicial_mean_field(0.8, 2.5)
    point = tricritical_point(3, 4)
    window = watts_window(0.18)
    cliques = nx.to_numpy_array(nx.connected_caveman_graph(10, 5))  # ten groups of five in a ring
    return {
        "two_levels": {"r_star": levels.r_star, "final_size": levels.final_size},
        "critical_global": {str(n): critical_global(n, ESCAPE) for n in (2, 5, 10, 20, 30)},
        "escape": ESCAPE,
        "mean_outbreak_30": mean_outbreak(30, ESCAPE),
        "percolation": {
            "groups": 10,
            "size": 30,
            "all": clique_percolation_threshold(10, 30),
            "third": clique_percolation_threshold(10, 30, attention=0.3),
            "tenth": clique_percolation_threshold(10, 30, attention=0.1),
            "ratio": clique_percolation_threshold(10, 30, attention=0.1)
            / clique_percolation_threshold(10, 30),
            "few": clique_percolation_threshold(2, 10),
        },
        "simplicial": {
            "lambda_c": field.lambda_c,
            "branches": [branch.prevalence for branch in field.branches],
        },
        "tricritical": {"nu": point.nu, "lambda": point.lam},
        "watts": {"low": window.low, "high": window.high},
        "contacts": CONTACTS,
        "equal_contacts": {
            f"nu_{nu:g}".replace(".", "_"): {
                f"n_{n}": float(equal_contacts_threshold(n, nu, contacts=CONTACTS)) for n in SIZES
            }
            for nu in SHAPES
        },
        "rings": {
            "people": len(cliques),
            "simple": complex_contagion(cliques, [0, 1], threshold=1).size,
            "complex": complex_contagion(cliques, [0, 1], threshold=2).size,
        },
    }


def _studies(out: Path) -> dict[str, Any]:
    """Results of all studies, and what they say together."""
    folders = [path for path in find_studies([out]) if path.name != "paper"]
    studied = [read_studied(folder) for folder in folders]
    sets: dict[str, Any] = {}
    verdicts: Counter[str] = Counter()
    for folder, study in zip(folders, studied, strict=True):
        content = load_study(folder)
        claims = {}
        for entry in content["results"]:
            if not study.simulated:
                verdicts[entry["verdict"]] += 1
            if entry["verdict"] == "not testable":
                continue
            claims[entry["id"]] = {
                name: entry.get(name)
                for name in (
                    "verdict", "estimate", "ci_low", "ci_high", "p_value", "p_adjusted", "n",
                    "details", "robustness",
                )
            }  # fmt: skip
        summary = content.get("summary") or {}
        sets[study.name] = _tree(
            {
                "title": study.title or "simulated",
                "simulated": study.simulated,
                "summary": summary,
                "claims": claims,
            }
        )
    real = [study for study in studied if not study.simulated]
    speaking = [s for s in real if any(result.verdict != "not testable" for result in s.results)]
    compared = compare_studies(studied)
    states = Counter(found.state for found in compared)
    return {
        "sets": sets,
        "totals": _tree(
            {
                "sets": len(real),
                "speaking": len(speaking),
                "silent": len(real) - len(speaking),
                "people": sum(study.people or 0 for study in real),
                "tests": sum(verdicts.values()),
                "answered": sum(verdicts.values()) - verdicts["not testable"],
                "verdicts": {name.replace(" ", "_"): verdicts[name] for name in VERDICTS},
                "states": {
                    name.replace(" ", "_"): states[name]
                    for name in ("pooled", "one set", "apart", "no number", "nobody")
                },
            }
        ),
        "across": {
            found.id: _tree(
                {
                    "state": found.state,
                    "verdict": found.verdict,
                    "title": found.claim.title.en,
                    "answers": len([a for a in found.answers if a.counts]),
                    "pool": [
                        {name: getattr(pool, name) for name in pool.__dataclass_fields__
                         if name not in ("variant", "without")}
                        | {"studies": len(pool.studies)}
                        for pool in found.pools
                    ],
                }
            )
            for found in compared
        },
    }  # fmt: skip


def _races(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Races against peers: the table's rows, in which both sides have a time."""
    kept = [row for row in rows if known(row.get("ours_wall_s")) and known(row.get("peer_wall_s"))]
    return {
        "rows": [
            {
                "job": str(row["job"]),
                "peer": f"{row['peer']} {row.get('peer_version') or ''}".strip(),
                "size": str(row.get("size") or ""),
                "ours": leaf(float(row["ours_wall_s"])),
                "theirs": leaf(float(row["peer_wall_s"])),
                "faster": leaf(float(row["peer_wall_s"]) / float(row["ours_wall_s"])),
            }
            for row in kept
        ]
    }


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out")
    print(write_numbers(place, HERE.parent / "benchmarks.json"))
