"""The rules of every race, so that all are run and told alike.

One process. What compiles or is laid out is so before the clock starts. Ours and the peers take
turns, ``rounds`` times; seconds are medians of the rounds, wall and processor, for one replicate
where there are many. Ours may use ``THREADS`` threads, a peer uses what it has. Chance: the mean
final sizes are compared in standard errors. No chance: results must be equal. A peer that does not
import is a row too, which says so.

Peers are looked for last, in the environment that ``SMALLNET_PEERS`` names (a ``site-packages``),
so that everything both need is ours. Rows hold ``job, size, peer, peer_version, ours_wall_s,
peer_wall_s, ours_cpu_s, peer_cpu_s, agreement`` and, where there is one, ``goal`` (how many times
faster: wall, processor).
"""

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

THREADS = 2
SKIPPED = "skipped"
Row = dict[str, Any]
Goal = tuple[float | None, float | None]

if os.environ.get("SMALLNET_PEERS"):
    sys.path.append(os.environ["SMALLNET_PEERS"])


def parser(doc: str | None) -> argparse.ArgumentParser:
    """Options that every race has."""
    made = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    made.add_argument("--rounds", type=int, default=3, help="turns of ours and the peers")
    made.add_argument("--json", type=Path, help="append the rows to this file, as lines")
    return made


def missing(module: str) -> str | None:
    """Why a peer cannot run here, or None."""
    try:
        importlib.import_module(module)
    except ImportError as reason:
        return f"{SKIPPED}: {reason}"
    return None


def skipped(job: str, size: Any, peer: str, why: str) -> Row:
    """Give the row of a peer that cannot run here."""
    return {"job": job, "size": size, "peer": peer, "agreement": why}


class Replicates:
    """A prepared model; called, it gives final sizes of ``n`` replicates in THREADS threads."""

    def __init__(self, kernel: Any, n: int, *, last: bool = False) -> None:
        self.kernel, self.n, self.last = kernel, n, last
        self.rng = np.random.default_rng(17)
        kernel.run(np.arange(2, dtype=np.uint64))  # compile

    def __call__(self) -> Any:
        import joblib

        from smallnet.simulations.spreading import replicas

        with joblib.parallel_config(backend="threading", n_jobs=THREADS):
            block = replicas(self.kernel, self.n, rng=self.rng)
        return block.curves[:, -1] if self.last else block.final_sizes


def timed(run: Callable[[], Any]) -> tuple[Any, float, float]:
    """What it gives, wall seconds, processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def race_chance(
    job: str,
    size: Any,
    ours: Callable[[], Any],
    peer: str,
    theirs: Callable[[], Any],
    *,
    rounds: int,
    goal: Goal = (None, None),
) -> Row:
    """Race two that give final sizes, one a replicate; seconds are a replicate's."""
    times: dict[str, list[float]] = {"ow": [], "oc": [], "pw": [], "pc": []}
    found: dict[str, list[Any]] = {"o": [], "p": []}
    for _ in range(rounds):
        for who, run in (("o", ours), ("p", theirs)):
            result, wall, cpu = timed(lambda run=run: np.asarray(run(), dtype=float))  # type: ignore[misc]
            found[who].append(result)
            times[who + "w"].append(wall / len(result))
            times[who + "c"].append(cpu / len(result))
    mine, others = (np.concatenate(found[who]) for who in "op")
    sd = others.std(ddof=1) if len(others) > 9 else mine.std(ddof=1)  # too few to know their own
    error = np.sqrt(mine.var(ddof=1) / len(mine) + sd**2 / len(others))
    off = (mine.mean() - others.mean()) / error
    return {
        "job": job,
        "size": size,
        "peer": peer,
        "peer_version": metadata.version(peer),
        "ours_wall_s": statistics.median(times["ow"]),
        "peer_wall_s": statistics.median(times["pw"]),
        "ours_cpu_s": statistics.median(times["oc"]),
        "peer_cpu_s": statistics.median(times["pc"]),
        "agreement": f"{mine.mean():.1f} v {others.mean():.1f}, {off:+.1f} SE, n={len(others)}",
        "goal": goal,
    }


def race_equal(
    job: str,
    size: Any,
    ours: Callable[[], Any],
    peers: Mapping[str, tuple[str, Callable[[], Any]]],
    summary: Callable[[Any], tuple[Any, ...]],
    *,
    rounds: int,
    goals: Mapping[str, Goal],
) -> list[Row]:
    """Race several that must give the same; a row a peer, given with its version.

    The first turn warms up and does not count.
    """
    runs = {"ours": ours} | {name: run for name, (_, run) in peers.items()}
    wall: dict[str, list[float]] = {name: [] for name in runs}
    cpu: dict[str, list[float]] = {name: [] for name in runs}
    seen: dict[str, tuple[Any, ...]] = {}
    for turn in range(rounds + 1):
        for name, run in runs.items():
            result, seconds, spent = timed(run)
            seen[name] = summary(result)
            del result
            if turn:
                wall[name].append(seconds)
                cpu[name].append(spent)
    return [
        {
            "job": job,
            "size": size,
            "peer": name,
            "peer_version": version,
            "ours_wall_s": statistics.median(wall["ours"]),
            "peer_wall_s": statistics.median(wall[name]),
            "ours_cpu_s": statistics.median(cpu["ours"]),
            "peer_cpu_s": statistics.median(cpu[name]),
            "agreement": "exact" if seen[name] == seen["ours"] else "DIFFERS",
            "goal": goals.get(name, (None, None)),
        }
        for name, (version, _) in peers.items()
    ]


def race_readers(
    job: str,
    n: int,
    peer: tuple[str, str],
    programs: list[str],
    export: Path,
    *,
    rounds: int,
) -> Row:
    """Race a program of ours, which also writes tables, against one that only reads an export.

    Each turn is a process of its own, start-up counted, so that the peaks of memory are theirs;
    both print how many messages there are, of ``n``.
    """
    ours_runs, peer_runs = [], []
    for turn in range(rounds):
        ours_runs.append(run_program(programs[0], str(export), str(export.parent / f"out{turn}")))
        peer_runs.append(run_program(programs[1], str(export)))
    ours, theirs = (
        [statistics.median(values) for values in zip(*side, strict=True)]
        for side in (ours_runs, peer_runs)
    )
    exact = "exact" if ours[0] == theirs[0] == n else "DIFFERS"
    return {
        "job": job,
        "size": n,
        "peer": peer[0],
        "peer_version": peer[1],
        "ours_wall_s": ours[1],
        "peer_wall_s": theirs[1],
        "ours_cpu_s": ours[2],
        "peer_cpu_s": theirs[2],
        "agreement": f"{exact}, peak {ours[3]:.0f} v {theirs[3]:.0f} MB",
        "ours_peak_mb": ours[3],
    }


def run_program(program: str, *arguments: str) -> tuple[int, float, float, float]:
    """Give what a process of its own counted, its wall and processor seconds, and its peak, MB."""
    begun = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    counted = int(child.stdout.read())
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0
    wall = time.perf_counter() - begun
    return counted, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def ratio(row: Row, kind: str) -> float | None:
    """How many times faster we are, in wall or cpu seconds."""
    ours, peer = row.get(f"ours_{kind}_s"), row.get(f"peer_{kind}_s")
    return peer / ours if ours and peer else None


def goal_text(row: Row) -> str:
    """Goals of a row, wall and processor, and whether both are met."""
    goal = row.get("goal") or (None, None)
    if goal == (None, None) or all(ratio(row, kind) is None for kind in ("wall", "cpu")):
        return ""
    met = all(
        aim is None or (ratio(row, kind) or 0) >= aim
        for aim, kind in zip(goal, ("wall", "cpu"), strict=True)
    )
    words = " / ".join("–" if aim is None else f"{aim:.3g} ×" for aim in goal)
    return f"{words} {'met' if met else 'MISSED'}"


def seconds_text(value: float | None) -> str:
    """Seconds with a unit that fits."""
    if value is None:
        return "–"
    return f"{value:.3g} s" if value >= 0.1 else f"{1e3 * value:.3g} ms"


def tell(row: Row, options: argparse.Namespace) -> None:
    """Print a row, and append it to the file that was asked for."""
    size = row.get("size")
    parts = [
        f"{row['job']:36}",
        f"{size:,}" if isinstance(size, int) else str(size or ""),
        f"ours {seconds_text(row.get('ours_wall_s'))}",
        f"{row.get('peer') or '–'} {row.get('peer_version') or ''}".strip()
        + f" {seconds_text(row.get('peer_wall_s'))}",
    ]
    for kind in ("wall", "cpu"):
        times = ratio(row, kind)
        if times is not None:
            parts.append(f"{kind} {times:.3g} ×")
    if goal_text(row):
        parts.append(f"goal {goal_text(row)}")
    print("  ".join([*parts, str(row.get("agreement") or "")]), flush=True)
    if options.json:
        with options.json.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
