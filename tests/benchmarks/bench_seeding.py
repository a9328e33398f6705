"""Race: whom to start with, ours against greedy choice on CyNetDiff and against the degree rule.

An independent cascade on 100,000 people with unequal numbers of ties; 50 seed people. The peer is
CELF (lazy greedy) with the marginal gains of CyNetDiff, 100 runs a gain, everybody a candidate;
where its gains are too noisy that is what it has. All choices are judged by the same 20,000 fresh
worlds, and ``agreement`` says the difference in spread with its 95 % interval. The goals: never
below the degree rule, with a bound; at least 5 times as fast as the peer at no lower spread. By
the rules of ``racing.py``, but one round: the peer takes a minute and more::

    python tests/benchmarks/bench_seeding.py [--json FILE]
"""

import array
import heapq
import importlib.metadata
from typing import Any

import numpy as np
from racing import THREADS, Goal, missing, parser, skipped, tell, timed

from smallnet.networks import Network
from smallnet.simulations.seeding import LiveTies, celf, degree, reverse_reachable
from smallnet.simulations.spreading import IndependentCascade, Population, mean_interval
from smallnet.simulations.spreading.kernels.stream import stream_keys

BUDGET, TRIALS, WORLDS = 50, 100, 20_000
GOAL: Goal = (5, None)


def make_population(n: int, mean_degree: float) -> Population:
    """People with unequal numbers of ties (lognormal), tied at random."""
    rng = np.random.default_rng(1)
    weight = rng.lognormal(0.0, 0.6, n)
    ends = rng.choice(n, (int(n * mean_degree / 2), 2), p=weight / weight.sum())
    ends = np.unique(np.sort(ends, axis=1), axis=0)
    ends = ends[ends[:, 0] < ends[:, 1]]
    people = np.array([f"p{v:07}" for v in range(n)], dtype=object)
    network = Network.from_ends(
        *ends.T, np.ones(len(ends)), people, directed=False, weight="friendship", made_by="race"
    )
    return Population(network)


def celf_on_cynetdiff(population: Population, p: float) -> np.ndarray:
    """Lazy greedy choice by the marginal gains of the peer, as its own documents do it."""
    from cynetdiff.models import IndependentCascadeModel

    ptr, nbr, _ = population.ties()
    starts = array.array("I", ptr[:-1].astype(np.uint32).tobytes())
    edges = array.array("I", nbr.astype(np.uint32).tobytes())
    model = IndependentCascadeModel(starts, edges, activation_prob=p, rng=7)
    first = (model.compute_marginal_gains([], [v], TRIALS)[1] for v in range(population.n_people))
    heap = [(-gain, v, 0) for v, gain in enumerate(first)]
    heapq.heapify(heap)
    picks: list[int] = []
    while len(picks) < BUDGET:
        _, v, seen = heapq.heappop(heap)
        if seen == len(picks):
            picks.append(v)
        else:
            gain = model.compute_marginal_gains(picks, [v], TRIALS)[1]
            heapq.heappush(heap, (-gain, v, len(picks)))
    return np.array(picks, dtype=np.int32)


def race(p: float, n: int) -> list[dict[str, Any]]:
    """Rows of one chance of a try."""
    population, model = make_population(n, 10.0), IndependentCascade(probability=p)
    rng = np.random.default_rng(2)
    ours = {
        "reverse-reachable": lambda: reverse_reachable(
            population, BUDGET, model, rng=rng, jobs=THREADS
        ),
        "reverse-reachable to 1 - 1/e": lambda: reverse_reachable(
            population, BUDGET, model, rng=rng, jobs=THREADS, good_enough=1 - 1 / np.e
        ),
        "celf": lambda: celf(population, BUDGET, model, rng=rng, worlds=TRIALS),
    }
    small = make_population(1000, 10.0)  # compiles
    reverse_reachable(small, 5, model, rng=rng)
    celf(small, 5, model, rng=rng)
    found = {name: timed(work) for name, work in ours.items()}
    peers: dict[str, Any] = {"degree": timed(lambda: degree(population, BUDGET, model, rng=rng))}
    peers = {name: (choice.people, *spent) for name, (choice, *spent) in peers.items()}
    why = missing("cynetdiff.models")
    if not why:
        peers["CELF on cynetdiff"] = timed(lambda: celf_on_cynetdiff(population, p))
    ties, keys = LiveTies.of(population, model), stream_keys(np.random.default_rng(3), WORLDS)
    judged = {
        name: ties.spread(population, people, keys)[0]
        for name, people in [(name, parts[0]) for name, parts in peers.items()]
        + [(name, parts[0].people) for name, parts in found.items()]
    }
    rows = []
    for name, (choice, wall, cpu) in found.items():
        sure = choice.certificate
        bound = "" if sure is None else f"; at least {sure.bound:.3f} of the best possible"
        for peer, (_, peer_wall, peer_cpu) in peers.items():
            gap = mean_interval(judged[name] - judged[peer])
            rows.append(
                {
                    "job": f"seeding p={p:g}: {name}",
                    "size": len(population.ties()[1]),
                    "peer": peer,
                    "peer_version": None
                    if peer == "degree"
                    else importlib.metadata.version("cynetdiff"),
                    "ours_wall_s": wall,
                    "peer_wall_s": None if peer == "degree" else peer_wall,
                    "ours_cpu_s": cpu,
                    "peer_cpu_s": None if peer == "degree" else peer_cpu,
                    "agreement": f"spread {judged[name].mean():.1f} v {judged[peer].mean():.1f}, "
                    f"{gap['mean']:+.2f} [{gap['ci_low']:+.2f}, {gap['ci_high']:+.2f}]{bound}",
                    "sets": 0 if sure is None else sure.sets,
                    "goal": GOAL if peer != "degree" and gap["ci_high"] >= 0 else (None, None),
                }
            )
    if why:
        rows.append(skipped(f"seeding p={p:g}", len(population.ties()[1]), "cynetdiff", why))
    return rows


def main() -> None:
    """Print the rows, and append them to a file as JSON lines."""
    options = parser(__doc__)
    options.add_argument("--people", type=int, default=100_000)
    given = options.parse_args()
    for p in (0.03, 0.05):
        for row in race(p, given.people):
            tell(row, given)


if __name__ == "__main__":
    main()
