"""Race: 300,000 lines of WhatsApp to tables, against parsers that give one frame of messages.

    python tests/benchmarks/bench_whatsapp.py [--lines 300000] [--rounds 3] [--json FILE]

A chat of 80 people over two years is made up: links, pictures, second lines. Ours goes from the
file to Parquet tables, memberships, shares and report; a peer stops at its frame. The goal: 3 s
on a calm machine.
"""

import datetime as dt
import random
import shutil
import tempfile
from importlib import metadata
from pathlib import Path

from racing import missing, parser, race_equal, skipped, tell

WORDS = ("the", "group", "what", "lunch", "ok", "yes", "no", "see", "you", "你好", "ça", "größe")


def write_export(path: Path, lines: int) -> int:
    """Write an export; how many messages are in it."""
    chance = random.Random(1)
    names = [f"Person {i}" for i in range(60)] + [f"+49 151 {i:07d}" for i in range(20)]
    at = dt.datetime(2021, 1, 1)
    messages = written = 0
    with path.open("w", encoding="utf-8") as file:
        while written < lines:
            at += dt.timedelta(seconds=chance.randint(1, 400))
            words = " ".join(chance.choices(WORDS, k=chance.randint(1, 12)))
            if messages % 50 == 0:
                words = "<Media omitted>"
            if messages % 80 == 0:
                words += f" https://example.org/{chance.randint(1, 500)}"
            file.write(f"{at:%d/%m/%y, %H:%M} - {chance.choice(names)}: {words}\n")
            messages, written = messages + 1, written + 1
            if messages % 30 == 0:
                file.write("second line of it\n")
                written += 1
    return messages


def ours(path: Path, out: Path) -> int:
    """Import, and count the messages."""
    from smallnet.importers import import_export

    shutil.rmtree(out, ignore_errors=True)
    report = import_export("whatsapp", [path], out, timezone="Europe/Berlin")
    return report.kept["interactions"]


def whatstk(path: Path) -> int:
    """Read with whatstk."""
    from whatstk import WhatsAppChat

    return len(WhatsAppChat.from_source(filepath=str(path)).df)


def chat_miner(path: Path) -> int:
    """Read with chat-miner."""
    from chatminer.chatparsers import WhatsAppParser

    reader = WhatsAppParser(str(path))
    reader.parse_file()
    return len(reader.parsed_messages.get_df())


def main() -> None:
    """Print a row for each peer, and append them to a file as JSON lines."""
    options = parser(__doc__)
    options.add_argument("--lines", type=int, default=300_000, help="lines of the export")
    given = options.parse_args()
    job = "WhatsApp export to tables"
    modules = {
        "whatstk": ("whatstk", whatstk),
        "chat-miner": ("chatminer.chatparsers", chat_miner),
    }
    with tempfile.TemporaryDirectory() as folder:
        export, out = Path(folder) / "WhatsApp Chat with Made up.txt", Path(folder) / "out"
        n = write_export(export, given.lines)
        peers = {}
        for peer, (module, read) in modules.items():
            why = missing(module)
            if why:
                tell(skipped(job, given.lines, peer, why), given)
            else:
                peers[peer] = (metadata.version(peer), lambda read=read: read(export))
        assert ours(export, out) == n, "a message was lost"
        for row in race_equal(
            job,
            given.lines,
            lambda: ours(export, out),
            peers,
            lambda count: (count,),
            rounds=given.rounds,
            goals={},
        ):
            tell(row, given)


if __name__ == "__main__":
    main()
