"""Every race, one after the other, and the table of peers against us.

    make bench                                    # installs the peers first
    python tests/benchmarks/run_races.py [--only spreading,seeding] [--peers VENV] [--out FOLDER]

Each ``bench_*.py`` runs in a process of its own, all by the rules of ``racing.py``. Peers that
cannot run here are named as skipped. Writes ``benchmarks.json`` (all rows) and ``benchmarks.md``
(the table it prints).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from get_peers import ROOT, site_packages
from racing import SKIPPED, goal_text, ratio, seconds_text

HERE = Path(__file__).parent
ROWS = [
    "job", "size", "peer", "peer_version", "ours_wall_s", "peer_wall_s", "ours_cpu_s",
    "peer_cpu_s", "agreement",
]  # fmt: skip


def _run(race: Path, folder: Path, peers: Path | None, rounds: int | None) -> list[dict[str, Any]]:
    lines = folder / f"{race.stem}.jsonl"
    command = [sys.executable, str(race), "--json", str(lines)]
    if rounds is not None:
        command += ["--rounds", str(rounds)]
    place = {} if peers is None else {"SMALLNET_PEERS": str(peers)}
    print(f"# {race.stem}", flush=True)
    done = subprocess.run(command, check=False, env=os.environ | place)
    if done.returncode:
        print(f"{race.name} ended with exit code {done.returncode}; its rows so far are kept")
    if not lines.exists():
        return []
    return [json.loads(line) for line in lines.read_text().splitlines()]


def _times(row: dict[str, Any], kind: str) -> str:
    faster = ratio(row, kind)
    return "–" if faster is None else f"{faster:.3g} ×"


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown: job, size, peer, seconds of both, how many times faster, and whether they agree."""
    head = "| job | size | peer | ours | peer | faster (wall) | faster (cpu) | goal | agreement |"
    lines = [head, "|" + " --- |" * 9]
    for row in rows:
        size = row.get("size")
        cells = [
            str(row.get("job", "")),
            f"{size:,}" if isinstance(size, int) else str(size or ""),
            f"{row.get('peer') or '–'} {row.get('peer_version') or ''}".strip(),
            seconds_text(row.get("ours_wall_s")),
            seconds_text(row.get("peer_wall_s")),
            _times(row, "wall"),
            _times(row, "cpu"),
            goal_text(row),
            str(row.get("agreement") or ""),
        ]
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    left_out = [row for row in rows if str(row.get("agreement") or "").startswith(SKIPPED)]
    for row in left_out:
        lines.append(f"\n{row['peer']} ({row['job']}): {row['agreement']}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the races and write what came out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", help="names of races, such as edges,spreading")
    parser.add_argument("--rounds", type=int, help="turns of ours and the peers, in every race")
    parser.add_argument(
        "--peers", type=Path, default=ROOT / ".venv-peers", help="environment of the peers"
    )
    parser.add_argument("--out", type=Path, default=Path())
    options = parser.parse_args()
    races = sorted(HERE.glob("bench_*.py"))
    if options.only:
        wanted = {f"bench_{name}.py" for name in options.only.split(",")}
        unknown = wanted - {race.name for race in races}
        if unknown:
            parser.error(f"no such race: {', '.join(sorted(unknown))}")
        races = [race for race in races if race.name in wanted]
    peers = site_packages(options.peers)
    with tempfile.TemporaryDirectory() as folder:
        found = [row for race in races for row in _run(race, Path(folder), peers, options.rounds)]
    rows = [{name: row.get(name) for name in ROWS} | row for row in found]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "benchmarks.json").write_text(json.dumps(rows, indent=1) + "\n")
    (options.out / "benchmarks.md").write_text(table(rows))
    print("\n" + table(rows))


if __name__ == "__main__":
    main()
