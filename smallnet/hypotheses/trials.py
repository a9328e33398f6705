"""Trials: a claim tested on worlds whose answer is known, each world once, kept on disk.

A world has a random stream of its own, made of the seed, the setting and its number: world 7 of a
setting is world 7 whoever draws it, in any order, and whichever others are asked for.
"""

import json
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from smallnet import __version__
from smallnet.errors import InputError, NotTestableError, OutputError
from smallnet.hypotheses.claims import claim_ids, load_claim
from smallnet.hypotheses.planted import load_planted
from smallnet.hypotheses.result import Result, not_testable, plain
from smallnet.tables import Choices, Dataset, atomic_write

__all__ = [
    "TRIALS_FILE",
    "Setting",
    "ask_claim",
    "kept_trials",
    "run_trials",
    "trial_choices",
    "try_world",
]

TRIALS_FILE = "worlds.json"
REPLICATES = 199  # of a claim's own draws in a trial: a level of .05 is exact, and many are run
KEPT_EVERY = 5  # worlds

Progress = Callable[[str], None]
Trial = dict[str, Any]


@dataclass(frozen=True, order=True)
class Setting:
    """A kind of world: the strength that is planted, and how large the world is."""

    effect: float
    groups: int
    people: int

    def rng(self, random_seed: int, world: int) -> np.random.Generator:
        """Give the random stream of one world."""
        bits = struct.unpack("<2I", struct.pack("<d", self.effect))
        key = (*bits, self.groups, self.people, world)
        return np.random.default_rng(np.random.SeedSequence(random_seed, spawn_key=key))


def trial_choices(claim: str, settings: Mapping[str, object] | None = None) -> Choices:
    """Give the choices that trials of a claim are made with.

    Parameters
    ----------
    claim : str
        Its worlds may need choices of their own.
    settings : mapping, optional
        Choices that differ further, by name.
    """
    base = Choices.from_mapping({"replicates": REPLICATES, **load_planted(claim).choices})
    return Choices.from_mapping(settings or {}, base)


def ask_claim(name: str, dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Test one claim alone: nothing is adjusted, what the data lack is not testable."""
    module = load_claim(name)
    try:
        dataset.require(*module.CLAIM.needs)
        result: Result = module.test(dataset, choices, rng=rng)
    except NotTestableError as error:
        return not_testable(module.CLAIM, choices, error)
    return result


def try_world(
    claim: str, setting: Setting, world: int, random_seed: int, choices: Choices
) -> Trial:
    """Draw one world and test the claim on it.

    Returns
    -------
    dict
        ``effect``, ``groups``, ``people``, ``world``, ``truth``, ``estimate``, ``ci_low``,
        ``ci_high``, ``p_value``, ``verdict``; unknown numbers are ``None``.
    """
    rng = setting.rng(random_seed, world)
    dataset, truth = load_planted(claim).draw(
        setting.effect, groups=setting.groups, people=setting.people, rng=rng
    )
    dataset.connection.raw_sql("SET threads = 1")  # worlds are small, and sums keep their order
    try:
        result = ask_claim(claim, dataset, choices, rng=rng)
    finally:
        dataset.connection.disconnect()
    row = {
        "effect": setting.effect,
        "groups": setting.groups,
        "people": setting.people,
        "world": world,
        "truth": truth,
        "verdict": result.verdict,
    }
    for name in ("estimate", "ci_low", "ci_high", "p_value"):
        row[name] = getattr(result, name)
    tried: Trial = plain(row)
    return tried


def run_trials(
    claim: str,
    settings: Sequence[Setting],
    *,
    worlds: int,
    out: Path | str | None = None,
    random_seed: int = 1,
    jobs: int = 1,
    choices: Choices | None = None,
    progress: Progress = lambda step: None,
) -> list[Trial]:
    """Try a claim on so many worlds of each setting.

    Parameters
    ----------
    claim : str
        Its id.
    settings : sequence of Setting
        Kinds of worlds.
    worlds : int
        Of each setting.
    out : path, optional
        Folder in which the worlds done are kept in ``worlds.json``, written whole; those that it
        holds already are not drawn again. Without it nothing is written.
    random_seed, jobs : int
        Any number of workers gives the same answer.
    choices : Choices, optional
        By default those of ``trial_choices``.
    progress : callable
        Told how many worlds are done.

    Returns
    -------
    list of dict
        What ``try_world`` gives, in the order of settings and worlds.

    Raises
    ------
    InputError
        If ``worlds`` is below 1, or ``out`` holds worlds drawn in another way.
    UnknownNameError
        For a claim that is not in the register.
    """
    (claim,) = claim_ids([claim])
    if worlds < 1:
        msg = f"worlds is {worlds}, expected a whole number of at least 1"
        raise InputError(msg)
    choices = choices or trial_choices(claim)
    store = _Store.open(claim, random_seed, choices, None if out is None else Path(out))
    wanted = [(setting, world) for setting in settings for world in range(worlds)]
    missing = [pair for pair in wanted if pair not in store.done]
    try:
        for count, (pair, trial) in enumerate(
            _each(claim, missing, random_seed, choices, jobs), len(wanted) - len(missing) + 1
        ):
            store.done[pair] = trial
            progress(f"{claim}: {count} of {len(wanted)} worlds")
            if count % KEPT_EVERY == 0:
                store.write()
    finally:
        store.write()
    return [store.done[pair] for pair in wanted]


def kept_trials(out: Path | str) -> list[Trial]:
    """Give the trials that a folder holds, however they were made; none where it holds none.

    Raises
    ------
    InputError
        If the file is broken.
    """
    path = Path(out) / TRIALS_FILE
    return [trial for _, trial in sorted(_read(path, {}).items())] if path.exists() else []


Pair = tuple[Setting, int]


def _each(
    claim: str, pairs: Sequence[Pair], random_seed: int, choices: Choices, jobs: int
) -> Iterator[tuple[Pair, Trial]]:
    if jobs == 1 or len(pairs) < 2:
        for setting, world in pairs:
            yield (setting, world), try_world(claim, setting, world, random_seed, choices)
        return
    import joblib

    tasks = (joblib.delayed(try_world)(claim, *pair, random_seed, choices) for pair in pairs)
    yield from zip(pairs, joblib.Parallel(n_jobs=jobs, return_as="generator")(tasks), strict=True)


@dataclass
class _Store:
    """The worlds that are done, and the file that keeps them."""

    path: Path | None
    made: dict[str, Any]  # how these worlds were made: other ones must not be mixed in
    done: dict[Pair, Trial]

    @classmethod
    def open(cls, claim: str, random_seed: int, choices: Choices, out: Path | None) -> "_Store":
        made = plain(
            {
                "claim": claim,
                "random_seed": random_seed,
                "smallnet": __version__,
                "choices": _unnamed(choices, claim),
            }
        )
        if out is None:
            return cls(None, made, {})
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"cannot write to {out}: {error.strerror or error}"
            raise OutputError(msg) from None
        path = out / TRIALS_FILE
        return cls(path, made, _read(path, made) if path.exists() else {})

    def write(self) -> None:
        if self.path is None:
            return
        rows = [trial for _, trial in sorted(self.done.items())]
        with atomic_write(self.path) as file:
            json.dump({"made": self.made, "worlds": rows}, file, allow_nan=False, indent=0)


def _unnamed(choices: Choices, claim: str) -> dict[str, Any]:
    """Give the choices that a claim's trials hang on."""
    smallest = choices.smallest_effect.get(claim)
    chosen: dict[str, Any] = choices.to_dict()
    return chosen | {"smallest_effect": smallest, "hypotheses": [], "random_seed": None}


def _read(path: Path, made: Mapping[str, Any]) -> dict[Pair, Trial]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        found, rows = dict(kept["made"]), list(kept["worlds"])
        done = {
            (Setting(row["effect"], row["groups"], row["people"]), int(row["world"])): dict(row)
            for row in rows
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = (
            f"{path} does not hold worlds that are done ({error}), expected those of a calibration"
        )
        raise InputError(msg) from None
    if "choices" in made:  # a choice that did not exist yet was as its default is
        found["choices"] = plain(_unnamed(Choices(), made["claim"])) | dict(found["choices"])
    for key, value in made.items():
        if found.get(key) != value:
            msg = (
                f"{path} holds worlds of {key} {found.get(key)!r}, expected {value!r}: "
                "choose another folder, or remove that file"
            )
            raise InputError(msg)
    return done
