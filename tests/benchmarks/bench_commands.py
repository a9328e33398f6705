"""Start-up and whole studies: seconds, against an import of numpy, and peak memory.

    python tests/benchmarks/bench_commands.py [--rounds 7] [--json FILE]

Start-up is paired in one run: ours and the peer in turn, medians. Studies of data sets that are
not on this machine are passed over. The goals: start-up at most 1.5 times ``import numpy``; the
campaign within 30 s; lean_zulip within 120 s and 3 GB.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

from racing import Row, parser, skipped, tell

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


def race(command: list[str], rounds: int) -> tuple[float, float]:
    """Median seconds of the command and of the peer, taken in turn after a warm-up."""
    pairs = [(seconds(command), seconds(PEER)) for _ in range(rounds + 1)][1:]
    ours, peer = zip(*pairs, strict=True)
    return statistics.median(ours), statistics.median(peer)


def study(source: str) -> Row:
    """Wall seconds and peak MB of a study; passed over where the data are not here."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "smallnet", "study", source, "-o", f"{out}/out"]
        begun = time.perf_counter()
        done = subprocess.run(command, check=False, capture_output=True, cwd=ROOT)
        wall = time.perf_counter() - begun
    if done.returncode:
        why = f"skipped: {done.stderr.decode().splitlines()[-1]}"
        return skipped(f"study {source}", None, "–", why)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    words = f"peak {peak:.0f} MB"
    return {"job": f"study {source}", "ours_wall_s": wall, "agreement": words, "ours_peak_mb": peak}


def main() -> None:
    """Print the rows, and append them to a file as JSON lines."""
    options = parser(__doc__)
    options.set_defaults(rounds=7)
    given = options.parse_args()
    for job, command in STARTS.items():
        ours, peer = race(command, given.rounds)
        row = {
            "job": job, "peer": "import numpy", "peer_version": metadata.version("numpy"),
            "ours_wall_s": ours, "peer_wall_s": peer, "goal": (1 / 1.5, None),
        }  # fmt: skip
        tell(row, given)
    for source in ("data/campaign", "lean_zulip"):  # the larger one last: peaks only grow
        tell(study(source), given)


if __name__ == "__main__":
    main()
