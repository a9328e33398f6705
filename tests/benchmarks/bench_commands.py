"""Start-up and whole studies: seconds, against an import of numpy, and peak memory.

    python tests/benchmarks/bench_commands.py --repeats 7 [--json FILE]

Start-up is paired in one run: ours and the peer in turn, medians. Studies of data sets that are
not on this machine are passed over. The goals: start-up at most 1.5 times ``import numpy``; the
campaign within 30 s; lean_zulip within 120 s and 3 GB.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PEER = [sys.executable, "-c", "import numpy"]
STARTS = {
    "smallnet --help": [sys.executable, "-m", "smallnet", "--help"],
    "import smallnet": [sys.executable, "-c", "import smallnet"],
}


def seconds(command: list[str]) -> float:
    """Wall seconds of a command that must succeed."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return time.perf_counter() - begun


def race(command: list[str], repeats: int) -> tuple[float, float]:
    """Median seconds of the command and of the peer, taken in turn after a warm-up."""
    pairs = [(seconds(command), seconds(PEER)) for _ in range(repeats + 1)][1:]
    ours, peer = zip(*pairs, strict=True)
    return statistics.median(ours), statistics.median(peer)


def study(source: str) -> tuple[float, float] | None:
    """Wall seconds and peak MB of a study; None where the data are not here."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "smallnet", "study", source, "-o", f"{out}/out"]
        begun = time.perf_counter()
        done = subprocess.run(command, check=False, capture_output=True, cwd=ROOT)
        wall = time.perf_counter() - begun
    if done.returncode:
        print(f"study {source}: passed over, {done.stderr.decode().splitlines()[-1]}")
        return None
    return wall, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    """Print the rows, and append them to a file as JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = []
    for job, command in STARTS.items():
        ours, peer = race(command, arguments.repeats)
        rows.append({"job": job, "peer": "import numpy", "ours_wall_s": ours, "peer_wall_s": peer})
        print(f"{job}: {ours:.3f} s, import numpy {peer:.3f} s, ratio {ours / peer:.2f}")
    for source in ("data/campaign", "lean_zulip"):  # the larger one last: peaks only grow
        figures = study(source)
        if figures:
            wall, peak = figures
            rows.append({"job": f"study {source}", "ours_wall_s": wall, "ours_peak_mb": peak})
            print(f"study {source}: {wall:.1f} s, peak {peak:.0f} MB")
    if arguments.json:
        with arguments.json.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)


if __name__ == "__main__":
    main()
