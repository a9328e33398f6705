"""Made-up studies of a claim, as `compare_studies` takes them."""

from typing import Any

import numpy as np

from smallnet.hypotheses.across import Studied
from smallnet.hypotheses.result import Result

MEMBERS = {"lurkers": True}


def found(claim: str, estimate: float | None, error: float = 0.1, **fields: Any) -> Result:
    """Give a result whose interval is that of a normal law on the log scale."""
    reach = 1.959964 * error
    low, high = (None, None)
    if estimate is not None:
        low, high = float(estimate * np.exp(-reach)), float(estimate * np.exp(reach))
    known = {"verdict": "inconclusive", "estimand": "", "effect": "", "claim": "", "title": ""}
    numbers = {"estimate": estimate, "ci_low": low, "ci_high": high}
    return Result(id=claim, **(known | numbers | fields))


def study(name: str, *results: Result, **fields: Any) -> Studied:
    """Give a study of 100 people with complete member lists."""
    return Studied(name=name, results=results, **({"people": 100, "coverage": MEMBERS} | fields))
