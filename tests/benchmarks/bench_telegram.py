"""Race: an export of Telegram to tables, against only reading it with ``json``.

    python tests/benchmarks/bench_telegram.py [--megabytes 300] [--rounds 1] [--json FILE]

One supergroup of 500 people is made up (replies, links, reactions, edits, pictures) and written as
Telegram Desktop does. Ours goes from the file to Parquet tables and their report; the peer is the
first step of parsers that read an export whole: ``json.load``, and nothing after it. Each is a
process of its own, start-up counted, so that the peaks of memory are theirs. The goals: 1 GB within
60 s and 500 MB.
"""

import json
import platform
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from racing import parser, race_readers, tell

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


def main() -> None:
    """Print the row, and append it to a file as JSON lines."""
    options = parser(__doc__)
    options.set_defaults(rounds=1)
    options.add_argument("--megabytes", type=int, default=300, help="size of the export")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "result.json"
        n = write_export(export, given.megabytes * 1_000_000)
        row = race_readers(
            f"Telegram export of {given.megabytes} MB",
            n,
            ("json.load", platform.python_version()),
            [OURS, PEER],
            export,
            rounds=given.rounds,
        )
    tell(row, given)


if __name__ == "__main__":
    main()
