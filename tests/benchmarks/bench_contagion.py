"""Race: contagion by groups and shares in groups, 2,000 people in 4,000 groups, 20 steps.

Group contagion against the discrete SIR of HyperNetX with the same chances, given to it as a
transmission function; share in groups has no packaged peer and is timed alone. By the rules of
``racing.py``; the goal is 100 replicates a second. Run it on a calm machine::

    python tests/benchmarks/bench_contagion.py [--rounds 3] [--json FILE]
"""

import math
import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from racing import Replicates, Row, missing, parser, race_chance, skipped, tell, timed

from smallnet.networks import Membership
from smallnet.simulations.spreading import GroupContagion, Model, Population, ShareInGroups

PEOPLE, GROUPS, STEPS, SEEDS = 2_000, 4_000, 20, 20
LAM, NU, RECOVERY = 0.003, 1.5, 0.2
GOAL = 100  # replicates a second


def make_population(rng: np.random.Generator) -> Population:
    """Log-normal sizes from 2 members up, mean about 6; members drawn alike."""
    sizes = np.clip(rng.lognormal(1.5, 0.8, GROUPS).astype(int), 2, 200)
    members = [rng.choice(PEOPLE, n, replace=False) for n in sizes]
    membership = Membership.from_ends(
        np.repeat(np.arange(GROUPS), sizes),
        np.concatenate(members),
        np.array([f"g{i}" for i in range(GROUPS)], dtype=object),
        np.array([f"p{i}" for i in range(PEOPLE)], dtype=object),
    )
    return Population(membership=membership)


def hypernetx_sir(population: Population) -> Callable[[], Any]:
    """Discrete SIR of HyperNetX, the hypergraph made before the clock starts; one run a call."""
    import hypernetx
    from hypernetx.algorithms.contagion import discrete_SIR

    held = population.membership
    assert held is not None
    ptr, member = held.incidence.indptr, held.incidence.indices
    rows = pd.DataFrame({"edges": np.repeat(np.arange(GROUPS), np.diff(ptr)), "nodes": member})
    graph = hypernetx.Hypergraph(rows, edge_col="edges", node_col="nodes")

    def chance(node: int, status: dict[int, str], edge: list[int]) -> float:
        infected = sum(status[v] == "I" for v in edge)
        return -math.expm1(-LAM * infected**NU)

    tau = dict.fromkeys(range(1, 201), 1.0)
    random.seed(1)

    lonely = sum(v not in set(member.tolist()) for v in range(SEEDS))  # unknown to the peer

    def run() -> list[int]:
        _, _, infected, recovered = discrete_SIR(
            graph, tau, -math.expm1(-RECOVERY), transmission_function=chance,
            initial_infecteds=list(range(SEEDS)), tmin=0, tmax=STEPS, dt=1,
        )  # fmt: skip
        return [int(infected[-1] + recovered[-1]) + lonely]

    return run


def alone(job: str, size: str, ours: Replicates, rounds: int) -> Row:
    """Time what has no peer."""
    spent = [timed(ours)[1:] for _ in range(rounds)]
    wall, cpu = (float(np.median(part)) / ours.n for part in zip(*spent, strict=True))
    words = f"{1 / wall:,.0f} replicates/s (goal {GOAL})"
    return {"job": job, "size": size, "ours_wall_s": wall, "ours_cpu_s": cpu, "agreement": words}


def main() -> None:
    """Run the race and print its rows."""
    options = parser(__doc__).parse_args()
    population, seeds = make_population(np.random.default_rng(1)), np.arange(SEEDS, dtype=np.int32)
    size = f"{PEOPLE:,} people, {GROUPS:,} groups, {STEPS} steps"
    jobs: dict[str, Model] = {
        "group contagion": GroupContagion(
            lam=LAM, nu=NU, recovery=RECOVERY, kind="SIR", dt=1.0, until=float(STEPS)
        ),
        "share in groups": ShareInGroups(acceptance=0.2, until=STEPS),
        "share in groups, all that it can": ShareInGroups(
            acceptance=0.02, everywhere=True, reinforcement=1.5, fading=0.5, muted=0.2,
            attention=0.8, copies=3, until=STEPS,
        ),
    }  # fmt: skip
    for job, model in jobs.items():
        ours = Replicates(model.prepare(population, seeds), 1000)
        tell(alone(job, size, ours, options.rounds), options)
        if job != "group contagion":
            continue
        if why := missing("hypernetx"):
            tell(skipped(job, size, "hypernetx", why), options)
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the peer's own
            theirs = hypernetx_sir(population)
            tell(race_chance(job, size, ours, "hypernetx", theirs, rounds=options.rounds), options)


if __name__ == "__main__":
    main()
