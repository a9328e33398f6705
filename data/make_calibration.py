"""Write the calibration table that ships in the package: every claim on worlds with known answers.

``make_calibration.py KEPT [--worlds 200] [--claims S05,T30] [--passes 2] [--jobs 1]`` keeps the
worlds done in KEPT, a folder a claim, and can be cut off and begun again at any moment: the table
then holds what is done. The first pass draws each claim's null and first effect at the size of its
plan, the next ones its other effects, then worlds of half and of twice that size.
"""

import argparse
import csv
import sys
from pathlib import Path

from smallnet.hypotheses import CLAIMS, claim_ids, load_claim
from smallnet.hypotheses.calibrated import COLUMNS, TABLE_FILE, table_rows
from smallnet.hypotheses.calibration import summarise
from smallnet.hypotheses.planted import load_planted
from smallnet.hypotheses.trials import Setting, kept_trials, run_trials, trial_choices
from smallnet.tables import atomic_write

PASSES = 4
TABLE = Path(__file__).parent.parent / "smallnet" / "hypotheses" / TABLE_FILE
SEED = 1


def settings_of(claim: str, number: int) -> list[Setting]:
    """Give the kinds of worlds of a pass."""
    plan = load_planted(claim)
    own = (plan.groups, plan.people)
    if number == 0:
        return [Setting(effect, *own) for effect in (plan.null, plan.effects[0])]
    if number == 1:
        return [Setting(effect, *own) for effect in plan.effects[1:]]
    size = (plan.groups // 2, max(plan.people // 2, 1)) if number == 2 else (
        2 * plan.groups, 2 * plan.people
    )  # fmt: skip
    return [Setting(effect, *size) for effect in (plan.null, plan.effects[0])]


def write_table(kept: Path) -> None:
    """Write the table from all that is done."""
    rows = []
    for claim in sorted(CLAIMS):
        if not planted(claim):
            continue
        trials = kept_trials(kept / claim)
        if trials:
            choices = trial_choices(claim)
            answer = summarise(load_claim(claim).CLAIM, load_planted(claim), trials, choices)
            rows += table_rows(answer)
    with atomic_write(TABLE, newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def planted(claim: str) -> bool:
    """Tell whether a claim has worlds with known answers."""
    try:
        load_planted(claim)
    except ModuleNotFoundError:
        return False
    return True


def main() -> None:
    """Draw what is missing, pass by pass, and write the table after each claim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kept", type=Path)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--claims", default="")
    parser.add_argument("--passes", type=int, default=PASSES)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    chosen = [c for c in claim_ids([c for c in given.claims.split(",") if c]) if planted(c)]
    for number in range(given.passes):
        for claim in chosen:
            run_trials(
                claim,
                settings_of(claim, number),
                worlds=given.worlds,
                out=given.kept / claim,
                random_seed=SEED,
                jobs=given.jobs,
                progress=lambda step: print(step, file=sys.stderr, end="\r"),
            )
            write_table(given.kept)


if __name__ == "__main__":
    main()
