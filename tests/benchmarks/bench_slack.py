"""Race: a Slack export of many messages to tables, against only reading its days with ``json``.

    python tests/benchmarks/bench_slack.py [--messages 1000000] [--rounds 1] [--json FILE]

A workspace of 2,000 people in 100 channels is made up (threads, reactions, mentions, links, and the
blocks that Slack repeats every text in) and written as Slack does, a file a channel and day. Ours
goes from the zip to Parquet tables and their report; the peer is the first step of parsers that
read an export whole: ``json.loads`` of every file, all kept, and nothing after it. The goal: a
million messages within 30 s.
"""

import datetime as dtm
import json
import platform
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from racing import parser, race_readers, tell

OURS = """
import sys
from smallnet.importers import import_export
print(import_export("slack", [sys.argv[1]], sys.argv[2]).kept["interactions"])
"""
PEER = """
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    days = {name: json.loads(archive.read(name)) for name in archive.namelist()}
print(sum(len(day) for name, day in days.items() if "/" in name))
"""
PEOPLE, CHANNELS, MEMBERS, PER_DAY = 2_000, 100, 50, 100
WORDS = ("we", "go", "on", "with", "what", "is", "here", "and", "now", "今天", "大家", "&amp;")


def message(number: int, second: int, who: str, other: str, rng: np.random.Generator) -> Any:
    """Make up one message."""
    chance = rng.random(4)
    text = " ".join(WORDS[i] for i in rng.integers(len(WORDS), size=rng.integers(1, 25)))
    if chance[0] < 0.1:
        text += f" <https://example.org/{number % 5000}|here>"
    if chance[1] < 0.15:
        text += f" <@{other}>"
    element = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    made = {
        "client_msg_id": f"{number:032x}",
        "type": "message",
        "text": text,
        "user": who,
        "ts": f"{second}.{int(rng.integers(1_000_000)):06d}",
        "team": "T00000001",
        "blocks": [{"type": "rich_text", "block_id": "abc", "elements": [element]}],
    }
    if chance[2] < 0.2:
        made["reactions"] = [{"name": "+1", "users": [other], "count": 1}]
    if chance[3] < 0.3:
        made["thread_ts"] = None  # the first of its day, filled in there
    return made


def write_export(path: Path, n: int) -> int:
    """Write an export of about ``n`` messages; how many are in it."""
    rng = np.random.default_rng(1)
    people = [f"U{person:08d}" for person in range(PEOPLE)]
    number = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("users.json", json.dumps([{"id": who} for who in people]))
        lists = [
            {
                "id": f"C{c:08d}",
                "name": f"channel-{c}",
                "members": list(rng.choice(people, MEMBERS)),
            }
            for c in range(CHANNELS)
        ]
        archive.writestr("channels.json", json.dumps(lists))
        for channel in lists:
            for day in range(n // (CHANNELS * PER_DAY)):
                begin = dtm.datetime(2020, 1, 1, tzinfo=dtm.UTC) + dtm.timedelta(days=day)
                rows: list[Any] = []
                for k, (who, other) in enumerate(rng.choice(channel["members"], (PER_DAY, 2))):
                    number += 1
                    second = int(begin.timestamp()) + 600 * k
                    rows.append(message(number, second, str(who), str(other), rng))
                    if "thread_ts" in rows[-1]:
                        rows[-1]["thread_ts"] = rows[0]["ts"]
                text = json.dumps(rows, indent=4, ensure_ascii=False)
                archive.writestr(f"{channel['name']}/{begin:%Y-%m-%d}.json", text)
    return number


def main() -> None:
    """Print the row, and append it to a file as JSON lines."""
    options = parser(__doc__)
    options.set_defaults(rounds=1)
    options.add_argument("--messages", type=int, default=1_000_000, help="messages in the export")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "export.zip"
        n = write_export(export, given.messages)
        row = race_readers(
            "Slack export to tables",
            n,
            ("json.loads", platform.python_version()),
            [OURS, PEER],
            export,
            rounds=given.rounds,
        )
    tell(row, given)


if __name__ == "__main__":
    main()
