"""Race: contagion by groups and shares in groups, 2,000 people in 4,000 groups, 20 steps.

Group contagion against the discrete SIR of HyperNetX with the same chances, given to it as a
transmission function; share in groups has no packaged peer and is timed alone. One thread each.
Run it on a calm machine::

    python tests/benchmarks/bench_contagion.py [--peer-runs 3] [--json FILE]

It prints, and with ``--json FILE`` appends as lines, rows of ``job, size, peer, peer_version,
ours_wall_s, peer_wall_s, ours_cpu_s, peer_cpu_s, agreement``: seconds a replicate, and how many
standard errors the mean final sizes differ by. The goal is 100 replicates a second. HyperNetX is
in the group ``bench-peers`` of pyproject.toml; without it the reason is printed.
"""

import argparse
import json
import math
import random
import time
import warnings
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

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


def timed(run: Callable[[], Any]) -> tuple[Any, float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def ours(model: Model, population: Population, n: int) -> tuple[np.ndarray, float, float]:
    """Final sizes, and wall and processor seconds a replicate; compiled before the clock starts."""
    seeds, rng = list(range(SEEDS)), np.random.default_rng(1)
    model.simulate(population, seeds, rng=rng, replicates=2)
    spread, wall, cpu = timed(lambda: model.simulate(population, seeds, rng=rng, replicates=n))
    return spread.final_sizes, wall / n, cpu / n


def peer(population: Population, n: int) -> tuple[np.ndarray, float, float]:
    """Run discrete SIR of HyperNetX, the hypergraph made before the clock starts."""
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

    def run() -> int:
        _, _, infected, recovered = discrete_SIR(
            graph, tau, -math.expm1(-RECOVERY), transmission_function=chance,
            initial_infecteds=list(range(SEEDS)), tmin=0, tmax=STEPS, dt=1,
        )  # fmt: skip
        return int(infected[-1] + recovered[-1])

    sizes, wall, cpu = timed(lambda: [run() for _ in range(n)])
    lonely = sum(v not in set(member.tolist()) for v in range(SEEDS))  # unknown to the peer
    return np.array(sizes) + lonely, wall / n, cpu / n


def race(peer_runs: int) -> list[dict[str, Any]]:
    population = make_population(np.random.default_rng(1))
    size = f"{PEOPLE:,} people, {GROUPS:,} groups, {STEPS} steps"
    contagion = GroupContagion(
        lam=LAM, nu=NU, recovery=RECOVERY, kind="SIR", dt=1.0, until=float(STEPS)
    )
    jobs: dict[str, Model] = {
        "group contagion": contagion,
        "share in groups": ShareInGroups(acceptance=0.2, until=STEPS),
        "share in groups, all that it can": ShareInGroups(
            acceptance=0.02, everywhere=True, reinforcement=1.5, fading=0.5, muted=0.2,
            attention=0.8, copies=3, until=STEPS,
        ),
    }  # fmt: skip
    rows = []
    for job, model in jobs.items():
        sizes, wall, cpu = ours(model, population, 1000)
        row = dict.fromkeys(["peer", "peer_version", "peer_wall_s", "peer_cpu_s", "agreement"])
        row |= {"job": job, "size": size, "ours_wall_s": wall, "ours_cpu_s": cpu}
        if job == "group contagion":
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    theirs, peer_wall, peer_cpu = peer(population, peer_runs)
            except ImportError as missing:
                print(f"HyperNetX does not run here: {missing}")
            else:
                error = math.hypot(
                    sizes.std() / math.sqrt(len(sizes)), sizes.std() / math.sqrt(peer_runs)
                )
                away = (sizes.mean() - theirs.mean()) / error
                row |= {
                    "peer": "hypernetx",
                    "peer_version": metadata.version("hypernetx"),
                    "peer_wall_s": peer_wall,
                    "peer_cpu_s": peer_cpu,
                    "agreement": f"{away:+.1f} se ({sizes.mean():.1f}, {theirs.mean():.1f})",
                }
        rows.append(row)
    return rows


def main() -> None:
    """Run the race and print its rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    for row in race(options.peer_runs):
        rate = 1 / row["ours_wall_s"]
        line = f"{row['job']:34} {rate:8,.0f} replicates/s (goal {GOAL})"
        if row["peer"]:
            times = row["peer_wall_s"] / row["ours_wall_s"]
            line += f"; {row['peer']} {row['peer_wall_s']:.1f} s, {times:,.0f} x as long; "
            line += str(row["agreement"])
        print(line)
        if options.json:
            with options.json.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
