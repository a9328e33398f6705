"""Race against the clock: the three tests that decide whether claims can be asked at scale.

No peer has them; each has a limit in seconds instead, on two cores, by the rules of ``racing.py``:

* threshold: a search for a break with person effects on a million rows, one a person and group,
  500 draws of the whole search: fit and search in 60 s;
* permutation: 10,000 permutations of labels within strata, 100,000 rows: 10 s;
* calibration: one claim on 500 small worlds, drawn and tested one after the other, in 600 s;
  fewer worlds are drawn and the seconds multiplied, unless ``--worlds 500``.

Run it on a calm machine; where other work shares it, with ``OPENBLAS_NUM_THREADS=1``, because
threads of the algebra that wait for each other burn several times the seconds::

    python tests/benchmarks/bench_claims.py [--rounds 3] [--claim S05] [--worlds 20] [--json FILE]
"""

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
from racing import THREADS, Row, parser, tell, timed

from smallnet.hypotheses.methods.mixed_poisson import fit_mixed_poisson
from smallnet.hypotheses.methods.permutation import within_strata_test
from smallnet.hypotheses.methods.threshold import GroupCurve, break_test
from smallnet.hypotheses.planted import load_planted
from smallnet.hypotheses.trials import Setting, run_trials

ROWS, GROUPS, DRAWS = 1_000_000, 2_000, 500
LABELS, PERMUTATIONS = 100_000, 10_000
WORLDS = 500


def person_rows(rng: np.random.Generator) -> dict[str, Any]:
    """Draw people in groups of log-normal size, five groups a person; rates drop at 30 members."""
    size = np.clip(np.rint(np.exp(rng.normal(np.log(40), 0.9, GROUPS))), 3, 1_000)
    share = np.cumsum(size / size.sum())
    group = np.searchsorted(share, rng.random(ROWS)).clip(max=GROUPS - 1)
    person = rng.integers(0, ROWS // 5, ROWS)
    own = rng.normal(0, 1, ROWS // 5)[person]
    log_rate = own + rng.normal(0, 0.8, GROUPS)[group] - 1.5 + np.log(0.5) * (size[group] >= 30)
    days = rng.uniform(1, 60, ROWS)
    return {
        "y": rng.poisson(np.exp(log_rate) * days / 30),
        "exposure": days,
        "stratum": person,
        "group": group,
        "size": size,
    }


def search(rows: dict[str, Any]) -> float:
    """Fit person effects and random groups, then search for the break; gives where it is."""
    model = fit_mixed_poisson(
        rows["y"],
        rows["exposure"],
        rows["stratum"],
        rows["group"],
        np.log2(rows["size"])[rows["group"]],
        n_groups=GROUPS,
    )
    curve = GroupCurve.of_model(model, rows["size"], prior_sd=())
    return break_test(curve, draws=DRAWS, rng=np.random.default_rng(1)).at


def clocked(job: str, size: Any, run: Callable[[], str], limit: float, rounds: int) -> Row:
    """Time ours alone; the first turn warms up and does not count."""
    told = run()
    turns = [timed(run) for _ in range(rounds)]
    wall = statistics.median(turn[1] for turn in turns)
    return {
        "job": job,
        "size": size,
        "peer": None,
        "ours_wall_s": wall,
        "ours_cpu_s": statistics.median(turn[2] for turn in turns),
        "agreement": f"{told}; limit {limit:g} s {'met' if wall <= limit else 'MISSED'}",
    }


def main() -> None:
    """Time each against its limit."""
    options = parser(__doc__)
    options.add_argument("--claim", default="S05")
    options.add_argument("--worlds", type=int, default=20)
    given = options.parse_args()
    rng = np.random.default_rng(17)
    rows = person_rows(rng)
    tell(
        clocked(
            f"threshold, {DRAWS} draws",
            ROWS,
            lambda: f"break at {search(rows):.0f} where 30",
            60.0,
            given.rounds,
        ),
        given,
    )
    values, labels = rng.normal(size=LABELS), rng.integers(0, 2, LABELS)
    strata = rng.integers(0, LABELS // 20, LABELS)

    def exchange() -> str:
        chance = np.random.default_rng(2)
        found = within_strata_test(values, labels, strata, permutations=PERMUTATIONS, rng=chance)
        return f"p {found.p_value:.2f}"

    job = f"{PERMUTATIONS:,} permutations"
    tell(clocked(job, LABELS, exchange, 10.0, given.rounds), given)
    plan = load_planted(given.claim)
    setting = [Setting(plan.null, plan.groups, plan.people)]
    run_trials(given.claim, setting, worlds=1)  # compile
    _, wall, cpu = timed(
        lambda: run_trials(given.claim, setting, worlds=given.worlds, jobs=THREADS)
    )
    times = WORLDS / given.worlds
    tell(
        {
            "job": f"calibration of {given.claim}, {WORLDS} worlds",
            "size": f"{plan.groups} groups, {plan.people} people",
            "peer": None,
            "ours_wall_s": wall * times,
            "ours_cpu_s": cpu * times,  # of this process: workers' time is not in it
            "agreement": f"{given.worlds} worlds drawn; limit 600 s "
            f"{'met' if wall * times <= 600 else 'MISSED'}",
        },
        given,
    )


if __name__ == "__main__":
    main()
