"""Made-up studies of a few data sets: what each found, and where its tables came from."""

from typing import Any

from smallnet.hypotheses.claims import load_claim
from smallnet.hypotheses.result import Result

__all__ = ["STUDIES", "result"]


def result(
    claim: str,
    estimate: float | None,
    low: float | None,
    high: float | None,
    verdict: str = "inconclusive",
    **fields: Any,
) -> Result:
    """Give a result in the claim's own words."""
    words = load_claim(claim).CLAIM
    return Result(
        id=claim,
        title=words.title.en,
        claim=words.claim.en,
        verdict=verdict,
        estimand="",
        effect=words.effect.en,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        **fields,
    )


STUDIES = {
    "tea": ("a tea house", [result("S05", 0.6, 0.45, 0.8, "supported"),
                            result("S14", 2.0, 1.0, 3.0, "contradicted"),
                            result("T30", None, None, None)]),
    "run": ("a running club", [result("S05", 0.9, 0.7, 1.16),
                               result("S15", 2.0, 1.5, 2.7, details={"layer": "friendships"})]),
    "book": ("<script>alert(1)</script>", [result("S05", 0.7, 0.5, 0.98),
                                           result("S15", 8.0, 3.0, 21.0,
                                                  details={"layer": "friendships"})]),
    "world": ("simulated by smallnet.simulations.platform", [result("S05", 0.1, 0.09, 0.11)]),
}  # fmt: skip
