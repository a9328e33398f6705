"""Test the claims on every registered data set that is on this machine: one folder a set.

    python data/make_results.py out [--lang zh]

A set whose files are neither here nor to be fetched is named and passed over.
"""

import argparse
import sys
from pathlib import Path

from smallnet.errors import DownloadError
from smallnet.study import run_study
from smallnet.tables import list_data


def main() -> int:
    """Study the sets one after another; the exit code is that of the worst."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder for the results")
    parser.add_argument("--lang", choices=["en", "zh"], default="en")
    arguments = parser.parse_args()
    for entry in list_data():
        try:
            outcome = run_study(entry.name, arguments.out / entry.name, lang=arguments.lang)
        except DownloadError as error:
            print(f"{entry.name}: passed over, {error}", file=sys.stderr)
            continue
        verdicts = "; ".join(f"{r.id} {r.verdict}" for r in outcome.results)
        print(f"{entry.name}: {verdicts}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
