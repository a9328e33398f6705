"""Write the table of the textbook's false alarms about size that ships in the package.

``make_textbook_failure.py [--worlds 400]``: minutes. Settings: 60 and 200 groups that differ for
reasons of their own, and 60 that are all alike, where the textbook all but keeps its promise.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

from smallnet.hypotheses.methods.textbook_failure import (
    COLUMNS,
    METHODS,
    TABLE_FILE,
    failure_table,
)
from smallnet.tables import atomic_write

TABLE = Path(__file__).parent.parent / "smallnet" / "hypotheses" / TABLE_FILE
SEED = 1
SETTINGS = (
    {"groups": 60, "people": 360, "sd_groups": 0.8},
    {"groups": 200, "people": 1200, "sd_groups": 0.8},
    {"groups": 60, "people": 360, "sd_groups": 0.0},
)


def main() -> None:
    """Draw the worlds of each setting and write what they told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=400)
    given = parser.parse_args()
    rows = []
    for setting, rng in zip(SETTINGS, np.random.default_rng(SEED).spawn(3), strict=True):
        refit = "jackknife over groups, refitted"  # 200 fits a world: with few groups only
        chosen = [name for name in METHODS if name != refit or setting["groups"] < 100]
        rows += failure_table(given.worlds, **setting, methods=chosen, rng=rng)
        print(*rows[-len(chosen) :], sep="\n", flush=True)
    with atomic_write(TABLE, newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
