"""The samples of the report's tests, for the tests of figures."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "report"))

from report_samples import HOSTILE, sample_drawing, sample_groups, sample_results

__all__ = ["HOSTILE", "sample_drawing", "sample_groups", "sample_results"]
