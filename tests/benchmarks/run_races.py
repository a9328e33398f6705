"""Every race, one after the other, and the table of peers against us.

    python tests/benchmarks/run_races.py [--only spreading,seeding] [--out FOLDER]

Each ``bench_*.py`` runs in a process of its own; peers that are not installed are left out and
said so. Writes ``benchmarks.json`` (all rows) and ``benchmarks.md`` (the table it prints).
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROWS = [
    "job", "size", "peer", "peer_version", "ours_wall_s", "peer_wall_s", "ours_cpu_s",
    "peer_cpu_s", "agreement",
]  # fmt: skip


def _run(race: Path, folder: Path) -> list[dict[str, Any]]:
    lines = folder / f"{race.stem}.jsonl"
    done = subprocess.run([sys.executable, str(race), "--json", str(lines)], check=False)
    if done.returncode:
        print(f"{race.name} ended with exit code {done.returncode}; its rows so far are kept")
    if not lines.exists():
        return []
    return [json.loads(line) for line in lines.read_text().splitlines()]


def _ratio(row: dict[str, Any], kind: str) -> str:
    ours, peer = row.get(f"ours_{kind}_s"), row.get(f"peer_{kind}_s")
    return f"{peer / ours:.3g} ×" if ours and peer else "–"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown: job, size, peer, seconds of both, how many times faster, and whether they agree."""
    head = "| job | size | peer | ours, s | peer, s | faster (wall) | faster (cpu) | agreement |"
    lines = [head, "|" + " --- |" * 8]
    for row in rows:
        peer = f"{row.get('peer') or '–'} {row.get('peer_version') or ''}".strip()
        cells = [
            str(row.get("job", "")), str(row.get("size") or ""), peer,
            _seconds(row.get("ours_wall_s")), _seconds(row.get("peer_wall_s")),
            _ratio(row, "wall"), _ratio(row, "cpu"), str(row.get("agreement") or ""),
        ]  # fmt: skip
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the races and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="names of races, such as edges,spreading")
    parser.add_argument("--out", type=Path, default=Path())
    options = parser.parse_args()
    races = sorted(HERE.glob("bench_*.py"))
    if options.only:
        wanted = {f"bench_{name}.py" for name in options.only.split(",")}
        unknown = wanted - {race.name for race in races}
        if unknown:
            parser.error(f"no such race: {', '.join(sorted(unknown))}")
        races = [race for race in races if race.name in wanted]
    with tempfile.TemporaryDirectory() as folder:
        found = [row for race in races for row in _run(race, Path(folder))]
    rows = [{name: row.get(name) for name in ROWS} | row for row in found]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "benchmarks.json").write_text(json.dumps(rows, indent=1) + "\n")
    (options.out / "benchmarks.md").write_text(table(rows))
    print(table(rows))


if __name__ == "__main__":
    main()
