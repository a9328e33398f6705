"""Race: models of spreading along ties against what others have, and against the machine.

Same graph, same parameters, by the rules of ``racing.py``. Run it on a calm machine::

    python tests/benchmarks/bench_spreading.py [--rounds 3] [--only cascade,sir] [--json FILE]

After the peers: the part of the machine's limit that a cascade reaches, its growth with ties, and
bytes a person of a running replicate.
"""

import threading
import time
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from racing import THREADS, Goal, Replicates, missing, parser, race_chance, skipped, tell, timed

from smallnet.networks import Network
from smallnet.simulations.spreading import (
    SIR,
    SIS,
    ContinuousSIR,
    IndependentCascade,
    LinearThreshold,
    Model,
    Population,
    SimplicialContagion,
)
from smallnet.simulations.spreading.kernels.stream import start, step

PEOPLE = 100_000
SEEDS = 100
CHANCE = 0.1
GOALS: dict[str, Goal] = {  # times faster: wall, processor
    "cascade, one chance": (8, 4),
    "cascade, chance a tie": (3, 1.5),
    "linear threshold": (None, 10),
    "discrete SIR": (1000, None),
    "continuous SIR": (100, None),
    "simplicial SIS": (500, None),
}


def make_ends(people: int, degree: float, rng: np.random.Generator) -> tuple[Any, Any]:
    """Ends of the ties of a random network of unequal degrees (Pareto, exponent 2.5)."""
    pull = (1.0 - rng.random(people)) ** (-1 / 2.5)
    upto = np.cumsum(pull / pull.sum())
    ends = np.searchsorted(upto, rng.random((2, int(people * degree / 2 * 1.01))))
    low, high = np.minimum(*ends), np.maximum(*ends)
    pair = np.unique(low[low < high] * people + high[low < high])
    return pair // people, pair % people


def make_population(people: int, degree: float, *, random_seed: int = 1) -> Population:
    """People and ties, in no order."""
    source, target = make_ends(people, degree, np.random.default_rng(random_seed))
    ids = [str(i) for i in range(people)]
    ones = np.ones(len(source))
    network = Network.from_ends(source, target, ones, ids, directed=False, weight="friendship")
    return Population(network)


def unequal(population: Population) -> Population:
    """Give the same ties chances of 0 to twice CHANCE, drawn evenly."""
    network = population.network
    assert network is not None
    ends = network.adjacency.tocoo()
    chance = np.random.default_rng(3).uniform(0.0, 2 * CHANCE, ends.nnz)
    made = Network.from_ends(
        ends.row, ends.col, chance, network.people, directed=True, weight="chance"
    )
    return Population(made)


def prepared(
    model: Model, population: Population, seeds: Any, n: int, *, last: bool = False
) -> Replicates:
    """Lay a model out: final sizes of ``n`` replicates, or how many are infected at the end."""
    return Replicates(model.prepare(population, np.asarray(seeds, np.int32)), n, last=last)


Peer = tuple[str, Callable[[], Any]]


def cynetdiff(population: Population, kind: str, seeds: Any, n: int) -> Peer:
    """CyNetDiff on the same arrays."""
    from cynetdiff.models import IndependentCascadeModel, LinearThresholdModel

    ptr, nbr, weight = population.ties()
    arrays = array("I", ptr[:-1].astype(np.uint32)), array("I", nbr.astype(np.uint32))
    if kind == "threshold":
        model = LinearThresholdModel(*arrays, rng=5)
    elif kind == "own":
        chances = array("f", weight.astype(np.float32))
        model = IndependentCascadeModel(*arrays, activation_probs=chances, rng=5)
    else:
        model = IndependentCascadeModel(*arrays, activation_prob=CHANCE, rng=5)
    model.set_seeds([int(s) for s in seeds])

    def run() -> Any:
        sizes = []
        for _ in range(n):
            model.reset_model()
            model.advance_until_completion()
            sizes.append(model.get_num_activated_nodes())
        return sizes

    return "cynetdiff", run


def graph_of(population: Population) -> Any:
    import networkx as nx

    assert population.network is not None
    return nx.from_scipy_sparse_array(population.network.adjacency, edge_attribute=None)


def ndlib(population: Population, beta: float, gamma: float, steps: int, seeds: Any) -> Peer:
    """NDlib's SIR: one run of as many steps."""
    from ndlib.models import ModelConfig, epidemics

    graph = graph_of(population)

    def run() -> Any:
        model = epidemics.SIRModel(graph)
        settings = ModelConfig.Configuration()
        settings.add_model_parameter("beta", beta)
        settings.add_model_parameter("gamma", gamma)
        settings.add_model_initial_configuration("Infected", [int(s) for s in seeds])
        model.set_initial_status(settings)
        model.iteration_bunch(steps + 1, node_status=False)
        return [sum(status != 0 for status in model.status.values())]

    return "ndlib", run


def eon(population: Population, tau: float, gamma: float, seeds: Any, n: int) -> Peer:
    """EoN's event-driven SIR."""
    import EoN

    graph = graph_of(population)
    first = [int(s) for s in seeds]

    def run() -> Any:
        runs = (EoN.fast_SIR(graph, tau, gamma, initial_infecteds=first) for _ in range(n))
        return [int(infected[-1] + recovered[-1]) for _, _, infected, recovered in runs]

    return "EoN", run


def hypergraphx(
    pairs: Any, triangles: Any, people: int, model: SimplicialContagion, seeds: Any, n: int
) -> Peer:
    """hypergraphx on the same pairs and triangles: infected at the horizon."""
    from hypergraphx import Hypergraph
    from hypergraphx.dynamics.contagion import simplicial_contagion

    hypergraph = Hypergraph([tuple(e) for e in pairs] + [tuple(e) for e in triangles])
    hypergraph.add_nodes(range(people))
    infected = dict.fromkeys(range(people), 0) | {int(s): 1 for s in seeds}
    rng = np.random.default_rng(23)
    rates = (model.beta, model.beta_delta, model.mu)
    steps = (model.horizon or 0) + 1

    def run() -> Any:
        return [
            simplicial_contagion(hypergraph, infected, steps, *rates, rng=rng)[-1] * people
            for _ in range(n)
        ]

    return "hypergraphx", run


def jobs() -> Iterator[tuple[str, str, str, Callable[[], tuple[Replicates, Peer, int]]]]:
    """Job, word for --only, module of the peer, what sets both up."""
    seeds = np.random.default_rng(2).choice(PEOPLE, SEEDS, replace=False)
    population = make_population(PEOPLE, 10)
    own = unequal(population)
    arcs = len(population.ties()[1])

    def cascade() -> tuple[Replicates, Peer, int]:
        ours = prepared(IndependentCascade(probability=CHANCE), population, seeds, 512)
        return ours, cynetdiff(population, "one", seeds, 100), arcs

    def own_chances() -> tuple[Replicates, Peer, int]:
        ours = prepared(IndependentCascade(tie_weights="probability"), own, seeds, 512)
        return ours, cynetdiff(own, "own", seeds, 100), arcs

    def threshold() -> tuple[Replicates, Peer, int]:
        ours = prepared(LinearThreshold(), population, seeds, 2048)
        return ours, cynetdiff(population, "threshold", seeds, 300), arcs

    def sir() -> tuple[Replicates, Peer, int]:
        beta, gamma, steps = 0.02, 0.1, 150
        model = SIR(beta=beta, gamma=gamma, horizon=steps)
        return (
            prepared(model, population, seeds, 256),
            ndlib(population, beta, gamma, steps, seeds),
            arcs,
        )

    def continuous() -> tuple[Replicates, Peer, int]:
        tau, gamma = 0.02, 0.1
        ours = prepared(ContinuousSIR(tau=tau, gamma=gamma), population, seeds, 256)
        return ours, eon(population, tau, gamma, seeds, 2), arcs

    def simplicial() -> tuple[Replicates, Peer, int]:
        people, rng = 2000, np.random.default_rng(4)
        source, target = make_ends(people, 8, rng)
        corners = np.sort(rng.integers(0, people, (4000, 3)), axis=1)
        distinct = (corners[:, 0] < corners[:, 1]) & (corners[:, 1] < corners[:, 2])
        corners = np.unique(corners[distinct], axis=0)
        ids = [str(i) for i in range(people)]
        ones = np.ones(len(source))
        network = Network.from_ends(source, target, ones, ids, directed=False, weight="friendship")
        triangles = tuple((str(a), str(b), str(c)) for a, b, c in corners.tolist())
        model = SimplicialContagion(
            beta=0.02, beta_delta=0.05, mu=0.1, horizon=100, triangles=triangles
        )
        first = rng.choice(people, 200, replace=False)
        pairs = list(zip(source.tolist(), target.tolist(), strict=True))
        peer = hypergraphx(pairs, corners.tolist(), people, model, first, 3)
        ours = prepared(model, Population(network), first, 1024, last=True)
        return ours, peer, len(pairs) + len(corners)

    yield "cascade, one chance", "cascade", "cynetdiff", cascade
    yield "cascade, chance a tie", "own", "cynetdiff", own_chances
    yield "linear threshold", "threshold", "cynetdiff", threshold
    yield "discrete SIR", "sir", "ndlib", sir
    yield "continuous SIR", "continuous", "EoN", continuous
    yield "simplicial SIS", "simplicial", "hypergraphx", simplicial


@njit(nogil=True)
def _gathers(places: Any, values: Any, times: Any) -> Any:
    total = 0
    for _ in range(times):
        for i in range(places.size):
            total += values[places[i]]
    return total


@njit(nogil=True)
def _draws(n: Any) -> Any:
    a, b, c, d = start(np.uint64(1))
    total = np.uint64(0)
    for _ in range(n):
        bits, a, b, c, d = step(a, b, c, d)
        total ^= bits
    return total


def seconds_a_replicate(ours: Replicates, rounds: int) -> float:
    """Seconds a replicate with both threads at work, from processor time; best of some rounds."""
    return min(timed(ours)[2] for _ in range(rounds)) / ours.n / THREADS


def per_second(run: Callable[[], Any], n: int) -> float:
    """Do ``n`` things in each of two threads; things a second of both at work, best of five."""
    run()
    best = float("inf")
    for _ in range(5):
        clock = time.process_time()  # of all threads: neighbours on the machine do not count
        workers = [threading.Thread(target=run) for _ in range(THREADS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        best = min(best, (time.process_time() - clock) / THREADS)
    return THREADS * n / best


def limit(population: Population, seeds: Any) -> tuple[float, str]:
    """Seconds a replicate if all were random gathers and draws at the machine's speed; in words.

    A cascade needs of each adopter one gather (where its ties start) and one draw (that none is
    left), and of each try that succeeds two gathers (who, and whether they are new) and one draw.
    Gathers are timed at places all over the ties, each visited as often.
    """
    ptr, nbr, _ = population.ties()
    adopters = successes = 0.0
    for i in range(20):
        trace = IndependentCascade(probability=CHANCE).trace(
            population, seeds, rng=np.random.default_rng(i)
        )
        adopters += len(trace.person) / 20
        successes += CHANCE * np.diff(ptr)[trace.person].sum() / 20
    places = np.random.default_rng(6).permutation(len(nbr)).astype(np.int32)
    rounds = max(1, 4_000_000 // len(places))
    gathers = per_second(lambda: _gathers(places, nbr, rounds), rounds * len(places))
    draws = per_second(lambda: _draws(10_000_000), 10_000_000)
    least = (adopters + 2 * successes) / gathers + (adopters + successes) / draws
    return least, f"{gathers:.2g} gathers/s, {draws:.2g} draws/s"


def growth(largest: int) -> list[dict[str, Any]]:
    """Seconds a replicate from 1e5 to ``largest`` ties, and the part of the limit at each size."""
    rows, arcs = [], 100_000
    while arcs <= largest:
        people = arcs // 10
        population = make_population(people, 10)
        ptr, nbr, _ = population.ties()
        seeds = np.random.default_rng(2).choice(people, people // 1000, replace=False)
        model = IndependentCascade(probability=CHANCE)
        ours = prepared(model, population, seeds, max(4, 500_000_000 // arcs))
        wall = seconds_a_replicate(ours, 5)
        trace = model.trace(population, seeds, rng=np.random.default_rng(1))
        traversed = int(np.diff(ptr)[trace.person].sum())
        least, speeds = limit(population, seeds)
        rows.append(
            {
                "job": "cascade, part of the limit",
                "size": len(nbr),
                "peer": "gathers and draws",
                "ours_wall_s": wall,
                "peer_wall_s": least,
                "agreement": f"{least / wall:.0%} (goal 35%); {speeds}; "
                f"{1e9 * wall / traversed:.2f} ns a traversed tie",
            }
        )
        del population, ours
        arcs *= 10
    sizes, walls = (np.log([row[key] for row in rows]) for key in ("size", "ours_wall_s"))
    if len(rows) > 1:
        slope = np.polyfit(sizes, walls, 1)[0]
        rows[-1]["agreement"] += f"; seconds grow as ties to the power of {slope:.2f}"
    return rows


def most_bytes(kernel: Any) -> int:
    """Resident bytes that a running replicate adds at most (Linux: the peak is set back first)."""
    import ctypes

    ctypes.CDLL(None).malloc_trim(0)  # what earlier runs freed must not hide what this one takes
    Path("/proc/self/clear_refs").write_text("5")
    before = peak_kb()
    kernel.run(np.zeros(8, np.uint64))
    return 1024 * (peak_kb() - before)


def peak_kb() -> int:
    """Peak resident memory since it was last set back."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def bytes_a_person(people: int = 3_000_000) -> list[dict[str, Any]]:
    """Resident bytes of one running replicate beside the shared graph, everybody a seed."""
    ids = [str(i) for i in range(people)]
    some = np.arange(0, people - 1, 100)
    strength = np.random.default_rng(1).uniform(0.5, 1.0, len(some))
    network = Network.from_ends(some, some + 1, strength, ids, directed=True, weight="strength")
    population, seeds = Population(network), np.arange(people, dtype=np.int32)
    rows: list[dict[str, Any]] = []
    for model in (
        IndependentCascade(probability=0.5),
        LinearThreshold(),
        SIR(beta=0.1, gamma=0.5),
        SIS(beta=0.1, gamma=0.5, horizon=3),
        ContinuousSIR(tau=0.1, gamma=1.0, horizon=0.5),
    ):
        kernel = model.prepare(population, seeds)
        compiled = model.prepare(make_population(50, 4), np.arange(2, dtype=np.int32))
        compiled.run(np.zeros(1, np.uint64))
        each = most_bytes(kernel) / people
        rows.append(
            {
                "job": f"bytes a person, {model.name}",
                "size": people,
                "peer": None,
                "agreement": f"{each:.1f} bytes a person (goal 16)",
            }
        )
    return rows


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--only", default="", help="cascade,own,threshold,...,growth,bytes")
    options.add_argument("--largest", type=int, default=10_000_000, help="ties of the growth test")
    given = options.parse_args()
    wanted = set(given.only.split(",")) - {""}
    for job, word, module, set_up in jobs():
        if wanted and word not in wanted:
            continue
        if why := missing(module):
            tell(skipped(job, None, module, why), given)
            continue
        ours, (peer, theirs), size = set_up()
        rounds = 1 if word == "sir" else given.rounds  # half a minute a run of the peer
        row = race_chance(job, size, ours, peer, theirs, rounds=rounds, goal=GOALS[job])
        tell(row, given)
    if not wanted or "growth" in wanted:
        for row in growth(given.largest):
            tell(row, given)
    if not wanted or "bytes" in wanted:
        if not Path("/proc/self/clear_refs").exists():
            why = "skipped: this system does not tell peaks of memory"
            tell(skipped("bytes a person", None, "–", why), given)
        else:
            for row in bytes_a_person():
                tell(row, given)


if __name__ == "__main__":
    main()
