"""Race: an export of Telegram to tables, against only reading it with ``json``.

    python tests/benchmarks/bench_telegram.py [--megabytes 300] [--rounds 1] [--json FILE]

One supergroup of 500 people is made up (replies, links, reactions, edits, pictures) and written as
Telegram Desktop does. Ours goes from the file to Parquet tables and their report; the peer is the
first step of parsers that read an export whole: ``json.load``, and nothing after it. Each is a
process of its own, start-up counted, so that the peaks of memory are theirs. The goals: 1 GB within
60 s and 500 MB.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from racing import parser, tell

OURS = """
import sys
from smallnet.importers import import_export
print(import_export("telegram", [sys.argv[1]], sys.argv[2]).kept["interactions"])
"""
PEER = """
import json, sys
with open(sys.argv[1], encoding="utf-8") as file:
    print(len(json.load(file)["messages"]))
"""
WORDS = ("we", "go", "on", "with", "what", "is", "here", "and", "now", "今天", "大家", "привет")


def message(number: int, second: int, rng: np.random.Generator) -> dict[str, Any]:
    """Make up one message."""
    who, chance = int(rng.integers(500)), rng.random(4)
    words = " ".join(WORDS[i] for i in rng.integers(len(WORDS), size=rng.integers(1, 25)))
    text: Any = words
    if chance[0] < 0.05:
        text = [words, {"type": "link", "text": f"https://example.org/{number % 1000}"}]
    made = {
        "id": number,
        "type": "message",
        "date": "2023-01-01T00:00:00",
        "date_unixtime": str(second),
        "from": f"Person Number {who}",
        "from_id": f"user{10**9 + who}",
        "text": text,
        "text_entities": [{"type": "plain", "text": words}],
    }
    if chance[1] < 0.2 and number > 50:
        made["reply_to_message_id"] = number - int(rng.integers(1, 50))
    if chance[2] < 0.1:
        made |= {"edited": "2023-01-01T00:01:00", "edited_unixtime": str(second + 60)}
    if chance[3] < 0.1:
        made |= {"photo": "(File not included.)", "width": 960, "height": 1280}
    return made


def write_export(path: Path, size: int) -> int:
    """Write an export of about ``size`` bytes; how many messages are in it."""
    rng = np.random.default_rng(1)
    block = [message(number, 0, rng) for number in range(1, 20_001)]
    number, second = 0, 1_500_000_000
    with path.open("w", encoding="utf-8") as file:
        file.write('{"name": "Made up", "type": "private_supergroup", "id": 1, "messages": [')
        while file.tell() < size:
            for made in block:
                number, second = number + 1, second + 37
                made |= {"id": number, "date_unixtime": str(second)}
                if isinstance(made["text"], str):  # nobody says the same all the time
                    made["text"] = f"{made['text_entities'][0]['text']} {number}"
                file.write("," if number > 1 else "")
                file.write(json.dumps(made, ensure_ascii=False, indent=1))
        file.write("]}")
    return number


def run(program: str, *arguments: str) -> tuple[int, float, float, float]:
    """Give what a process of its own counted, its wall and processor seconds, and its peak, MB."""
    begun = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    counted = int(child.stdout.read())
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0
    wall = time.perf_counter() - begun
    return counted, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    """Print the row, and append it to a file as JSON lines."""
    options = parser(__doc__)
    options.set_defaults(rounds=1)
    options.add_argument("--megabytes", type=int, default=300, help="size of the export")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "result.json"
        n = write_export(export, given.megabytes * 1_000_000)
        turns = [
            (run(OURS, str(export), f"{folder}/out{turn}"), run(PEER, str(export)))
            for turn in range(given.rounds)
        ]
    ours, peer = (
        [statistics.median(values) for values in zip(*side, strict=True)]
        for side in zip(*turns, strict=True)
    )
    exact = "exact" if ours[0] == peer[0] == n else "DIFFERS"
    row = {
        "job": f"Telegram export of {given.megabytes} MB",
        "size": n,
        "peer": "json.load",
        "peer_version": platform.python_version(),
        "ours_wall_s": ours[1],
        "peer_wall_s": peer[1],
        "ours_cpu_s": ours[2],
        "peer_cpu_s": peer[2],
        "agreement": f"{exact}, peak {ours[3]:.0f} v {peer[3]:.0f} MB",
        "ours_peak_mb": ours[3],
    }
    tell(row, given)


if __name__ == "__main__":
    main()
