"""Draw ``paper/overview.svg``, the README's figure: ``python paper/make_overview.py [FILE]``.

All claims that the embedded data set can speak to, at a glance. The same data and choices give
the same file.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from smallnet.study import run_study

HERE = Path(__file__).parent
CAMPAIGN = HERE.parent / "data" / "campaign"


def make_overview(target: Path) -> Path:
    """Study the embedded data set and keep its overview as ``target``."""
    with tempfile.TemporaryDirectory() as folder:
        run_study(CAMPAIGN, folder)
        return Path(shutil.copy(Path(folder) / "figures" / "overview.svg", target))


if __name__ == "__main__":
    print(make_overview(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "overview.svg"))
