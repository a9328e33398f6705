"""Claims, tested: one file a claim, the methods they share, and what a result is."""

from smallnet.hypotheses.claims import CLAIMS, adjust, claim_ids, load_claim, run_claims
from smallnet.hypotheses.result import VERDICTS, Claim, Result, not_testable, result_of, settle

__all__ = [
    "CLAIMS",
    "VERDICTS",
    "Claim",
    "Result",
    "adjust",
    "claim_ids",
    "load_claim",
    "not_testable",
    "result_of",
    "run_claims",
    "settle",
]
