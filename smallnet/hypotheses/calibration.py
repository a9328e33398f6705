"""Calibration: how often a claim's test is wrong where nothing is, and right where something is."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from smallnet.errors import InputError
from smallnet.hypotheses.claims import claim_ids, load_claim
from smallnet.hypotheses.methods.proportions import wilson
from smallnet.hypotheses.planted import Planted, load_planted
from smallnet.hypotheses.result import VERDICTS, Claim, plain
from smallnet.hypotheses.trials import Setting, Trial, run_trials, trial_choices
from smallnet.tables import Choices, atomic_write

__all__ = [
    "CALIBRATION_FILE",
    "POWER_FILE",
    "calibrate",
    "plan_study",
    "study_sizes",
    "summarise",
]

CALIBRATION_FILE, POWER_FILE = "calibration.json", "power.json"
MONTE_CARLO_LEVEL = 0.95
WANTED_POWER = 0.8

Progress = Callable[[str], None]


def calibrate(
    claim: str,
    out: Path | str | None = None,
    *,
    worlds: int,
    random_seed: int = 1,
    jobs: int = 1,
    settings: Mapping[str, object] | None = None,
    effects: Sequence[float] | None = None,
    groups: Sequence[int] | None = None,
    people: Sequence[int] | None = None,
    progress: Progress = lambda step: None,
) -> dict[str, Any]:
    """Test a claim on worlds without effect and on worlds with planted ones.

    Parameters
    ----------
    claim : str
        Its id.
    out : path, optional
        Folder for ``calibration.json`` and, so that the run can be resumed, ``worlds.json``.
    worlds : int
        Of each setting: of the null, and of each effect, at each size.
    random_seed, jobs : int
        Any number of workers gives the same answer.
    settings : mapping, optional
        Choices that differ, by name (``{"alpha": 0.01}``). The claim is tested alone, so its
        p-value is not adjusted for others.
    effects, groups, people : sequence, optional
        What is planted, and sizes of the worlds; by default those of the claim's plan.
    progress : callable
        Told how many worlds are done.

    Returns
    -------
    dict
        What ``summarise`` gives.

    Raises
    ------
    InputError
        For sizes or numbers that cannot be, or a folder with worlds drawn in another way.
    UnknownNameError
        For a claim that is not in the register.
    """
    answer = _tried(
        claim,
        out,
        worlds=worlds,
        random_seed=random_seed,
        jobs=jobs,
        settings=settings,
        effects=effects,
        sizes=(groups, people),
        null=True,
        progress=progress,
    )
    return _written(answer, out, CALIBRATION_FILE)


def plan_study(
    claim: str,
    out: Path | str | None = None,
    *,
    worlds: int,
    groups: Sequence[int] | None = None,
    people: Sequence[int] | None = None,
    effects: Sequence[float] | None = None,
    random_seed: int = 1,
    jobs: int = 1,
    settings: Mapping[str, object] | None = None,
    progress: Progress = lambda step: None,
) -> dict[str, Any]:
    """Give a claim's power by size of study, for planning one.

    Parameters
    ----------
    claim, out, worlds, groups, people, effects, random_seed, jobs, settings, progress
        As for ``calibrate``; ``out`` gets ``power.json``. Worlds without effect are not drawn.

    Returns
    -------
    dict
        ``claim``, ``worlds``, ``alpha``, ``power`` as in a calibration, and ``enough``: what
        ``study_sizes`` gives at a power of .8.
    """
    answer = _tried(
        claim,
        out,
        worlds=worlds,
        random_seed=random_seed,
        jobs=jobs,
        settings=settings,
        effects=effects,
        sizes=(groups, people),
        null=False,
        progress=progress,
    )
    kept = {key: answer[key] for key in ("claim", "worlds", "alpha", "random_seed", "power")}
    kept |= {"wanted": WANTED_POWER, "enough": study_sizes(answer["power"])}
    return _written(kept, out, POWER_FILE)


def _tried(
    claim: str,
    out: Path | str | None,
    *,
    worlds: int,
    random_seed: int,
    jobs: int,
    settings: Mapping[str, object] | None,
    effects: Sequence[float] | None,
    sizes: tuple[Sequence[int] | None, Sequence[int] | None],
    null: bool,
    progress: Progress,
) -> dict[str, Any]:
    (claim,) = claim_ids([claim])
    plan = load_planted(claim)
    choices = trial_choices(claim, settings)
    planted = plan.effects if effects is None else tuple(map(float, effects))
    strengths = [plan.null] * null + [effect for effect in planted if effect != plan.null]
    pairs = [(g, p) for g in sizes[0] or [plan.groups] for p in sizes[1] or [plan.people]]
    for g, p in pairs:
        if g < 1 or p < 1:
            msg = f"a world of {g} groups and {p} people, expected at least one of each"
            raise InputError(msg)
    trials = run_trials(
        claim,
        [Setting(float(effect), g, p) for g, p in pairs for effect in strengths],
        worlds=worlds,
        out=out,
        random_seed=random_seed,
        jobs=jobs,
        choices=choices,
        progress=progress,
    )
    answer = summarise(load_claim(claim).CLAIM, plan, trials, choices)
    return answer | {"worlds": worlds, "random_seed": random_seed}


def _written(answer: dict[str, Any], out: Path | str | None, name: str) -> dict[str, Any]:
    if out is not None:
        with atomic_write(Path(out) / name) as file:
            json.dump(answer, file, indent=1, allow_nan=False)
            file.write("\n")
    return answer


def summarise(
    claim: Claim, plan: Planted, trials: Sequence[Trial], choices: Choices
) -> dict[str, Any]:
    """Summarise trials of a claim.

    Returns
    -------
    dict
        ``claim``, ``alpha``; ``false_positive_rate`` and ``coverage`` with Monte-Carlo interval
        (Wilson); ``bias`` (mean of estimate less truth, of logarithms for a ratio) with
        ``bias_interval``; ``power``, one entry an effect and size; ``null``, one entry a size;
        ``verdicts`` counted over all worlds. A false positive is a verdict that a world without
        effect denies: supported or contradicted, for a claim that names a number contradicted
        alone. Worlds that are inconclusive or not testable count as worlds.
    """
    by_setting: dict[tuple[float, int, int], list[Trial]] = {}
    for trial in trials:
        key = (trial["effect"], trial["groups"], trial["people"])
        by_setting.setdefault(key, []).append(trial)
    null = [trial for trial in trials if trial["effect"] == plan.null]
    ratio = claim.ratio
    return {
        "claim": claim.id,
        "worlds": max((len(rows) for rows in by_setting.values()), default=0),
        "worlds_in_all": len(trials),
        "alpha": choices.alpha,
        "level": choices.level,
        "false_positive_rate": _rate(row["verdict"] in plan.alarms for row in null),
        "p_below_alpha": _rate(
            row["p_value"] < choices.alpha for row in null if row["p_value"] is not None
        ),
        "coverage": _rate(_covered(trials)),
        **_bias(trials, ratio=ratio),
        "power": [
            _setting(key, rows, ratio=ratio)
            | _rate(row["verdict"] == _right(claim, plan, row["truth"]) for row in rows)
            for key, rows in by_setting.items()
            if key[0] != plan.null
        ],
        "null": [
            _setting(key, rows, ratio=ratio) | _rate(row["verdict"] in plan.alarms for row in rows)
            for key, rows in by_setting.items()
            if key[0] == plan.null
        ],
        "verdicts": _counted(trials),
        "choices": plain(choices.to_dict() | {"smallest_effect": _smallest(choices, claim.id)}),
    }


def study_sizes(power: Sequence[Mapping[str, Any]], wanted: float = WANTED_POWER) -> dict[str, Any]:
    """Give for each effect the smallest study whose power reaches what is wanted.

    Parameters
    ----------
    power : sequence of mapping
        ``power`` of a calibration.
    wanted : float
        The estimate must reach it; the entry's interval says how sure that is.

    Returns
    -------
    dict
        By effect (as text): the entry with the fewest people, then the fewest groups; ``None``
        where no size that was tried is enough.
    """
    enough: dict[str, Any] = {}
    for entry in sorted(power, key=lambda row: (row["people"], row["groups"])):
        name = f"{entry['effect']:g}"
        enough.setdefault(name, None)
        if enough[name] is None and entry["estimate"] >= wanted:
            enough[name] = dict(entry)
    return enough


def _setting(key: tuple[float, int, int], rows: Sequence[Trial], *, ratio: bool) -> dict[str, Any]:
    truths = [row["truth"] for row in rows if row["truth"] is not None]
    return {
        "effect": key[0],
        "groups": key[1],
        "people": key[2],
        "truth": float(np.mean(truths)) if truths else None,
        "coverage": _rate(_covered(rows)),
        **_bias(rows, ratio=ratio),
        "verdicts": _counted(rows),
    }


def _right(claim: Claim, plan: Planted, truth: float | None) -> str:
    """Give the verdict that is right where the truth is not the null."""
    if plan.right is not None:
        return plan.right
    if claim.claimed_side == "at":
        return "contradicted"
    above = truth is None or truth > claim.null
    return "supported" if above == (claim.claimed_side == "above") else "contradicted"


def _covered(rows: Iterable[Trial]) -> list[bool]:
    """Tell of each world with an interval and a truth whether the truth is inside."""
    found = []
    for row in rows:
        low, high, truth = row["ci_low"], row["ci_high"], row["truth"]
        if truth is None or (low is None and high is None):
            continue  # an end that alone is missing is infinite
        found.append((low is None or low <= truth) and (high is None or truth <= high))
    return found


def _bias(rows: Iterable[Trial], *, ratio: bool) -> dict[str, Any]:
    gaps = []
    for row in rows:
        estimate, truth = row["estimate"], row["truth"]
        if estimate is None or truth is None or (ratio and not (estimate > 0 and truth > 0)):
            continue
        gaps.append(math.log(estimate / truth) if ratio else estimate - truth)
    middle = float(np.mean(gaps)) if gaps else None
    low = high = None
    if middle is not None and len(gaps) > 1:
        from scipy import stats

        wide = stats.t.ppf((1 + MONTE_CARLO_LEVEL) / 2, len(gaps) - 1) / np.sqrt(len(gaps))
        half = float(wide * np.std(gaps, ddof=1))
        low, high = middle - half, middle + half
    scale = "log" if ratio else "plain"
    words = {"ci_low": low, "ci_high": high, "scale": scale, "worlds": len(gaps)}
    return {"bias": middle, "bias_interval": words}


def _rate(hits: Iterable[bool]) -> dict[str, Any]:
    found = [bool(hit) for hit in hits]
    if not found:
        return {"estimate": None, "ci_low": None, "ci_high": None, "worlds": 0}
    low, high = wilson(sum(found), len(found), level=MONTE_CARLO_LEVEL)
    return {
        "estimate": sum(found) / len(found),
        "ci_low": low,
        "ci_high": high,
        "worlds": len(found),
    }


def _counted(rows: Iterable[Trial]) -> dict[str, int]:
    verdicts = [row["verdict"] for row in rows]
    return {verdict: verdicts.count(verdict) for verdict in VERDICTS}


def _smallest(choices: Choices, claim: str) -> dict[str, float]:
    return {claim: choices.smallest_effect[claim]}
