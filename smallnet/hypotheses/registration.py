"""Pre-registration: what was chosen before looking, kept with a hash, and what changed since.

``[registration]`` in ``study.toml`` names the claims that a study is about, their primary outcomes,
the smallest effects that matter and other choices. The first run keeps it with its moment in
``registration.json``; every later run is held against that file, not against what ``study.toml``
says by then. A claim that was not registered, or whose choices changed, is exploratory.
"""

import datetime as dtm
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smallnet.errors import InputError, OutputError
from smallnet.hypotheses.claims import claim_ids, load_claim
from smallnet.hypotheses.result import plain
from smallnet.tables import Choices, Study, Text, atomic_write

__all__ = [
    "EXPLORATORY",
    "PRIMARY",
    "REGISTRATION_FILE",
    "Departure",
    "Registration",
    "Standing",
    "keep_registration",
    "read_registration",
    "registration_of",
    "stand",
]

REGISTRATION_FILE = "registration.json"
PRIMARY, EXPLORATORY = "primary", "exploratory"


@dataclass(frozen=True, kw_only=True)
class Registration:
    """What was chosen before looking."""

    claims: tuple[str, ...]
    outcomes: Mapping[str, str]  # by claim: the estimate that counts
    smallest_effect: Mapping[str, float]  # by claim
    choices: Mapping[str, Any]  # all the other ones
    registered_at: str | None = None  # ISO, UTC; None: not kept yet

    @property
    def plan(self) -> dict[str, Any]:
        """What the hash is of."""
        planned: dict[str, Any] = plain(
            {
                "claims": list(self.claims),
                "outcomes": dict(self.outcomes),
                "smallest_effect": dict(self.smallest_effect),
                "choices": dict(self.choices),
            }
        )
        return planned

    @property
    def sha256(self) -> str:
        """Hash of the plan: 64 hexadecimal digits to be deposited where others can see it."""
        words = json.dumps(self.plan, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(words.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Departure:
    """One thing that is not as it was registered."""

    what: str  # claim, outcome.S05, smallest_effect.S05, small_group, …
    registered: Any
    now: Any
    claims: tuple[str, ...]  # that it makes exploratory
    words: Text


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a run stands to its registration."""

    registration: Registration
    departures: tuple[Departure, ...]
    standing: Mapping[str, str]  # claim tested: primary or exploratory
    notes: tuple[Text, ...] = ()

    @property
    def primary(self) -> tuple[str, ...]:
        """Claims that were registered and are tested as they were."""
        return tuple(name for name, kind in self.standing.items() if kind == PRIMARY)

    def to_dict(self) -> dict[str, Any]:
        """Give what stands in ``results.json`` under ``registration``."""
        return {
            "registered_at": self.registration.registered_at,
            "sha256": self.registration.sha256,
            "plan": self.registration.plan,
            "claims": dict(self.standing),
            "changed": [
                {
                    "what": departure.what,
                    "registered": plain(departure.registered),
                    "now": plain(departure.now),
                    "claims": list(departure.claims),
                    "words": {"en": departure.words.en, "zh": departure.words.zh},
                }
                for departure in self.departures
            ],
            "notes": [{"en": note.en, "zh": note.zh} for note in self.notes],
        }


def registration_of(study: Study) -> Registration | None:
    """Read what a study registers; None where ``study.toml`` has no ``[registration]``.

    Raises
    ------
    InputError
        If it names no claim, an unknown one, or an outcome or smallest effect of another claim.
    """
    given = study.registration
    if not given:
        return None
    names = given.get("claims")
    if not isinstance(names, list | tuple) or not names:
        msg = f"registration.claims is {names!r} in study.toml, expected a list of claims"
        raise InputError(msg)
    try:
        claims = claim_ids([str(name) for name in names])
    except KeyError as error:
        msg = f"registration.claims in study.toml: {error}"
        raise InputError(msg) from None
    outcomes = given.get("outcomes", {})
    for table in ("outcomes", "smallest_effect"):
        for name in given.get(table, {}):
            if name not in claims:
                msg = f"registration.{table} names {name!r}, expected some of {', '.join(claims)}"
                raise InputError(msg)
    choices = study.to_choices()
    return Registration(
        claims=claims,
        outcomes={name: str(outcomes.get(name, _outcome(name))) for name in claims},
        smallest_effect={name: choices.smallest_effect[name] for name in claims},
        choices=_others(choices),
    )


def _outcome(claim: str) -> str:
    words: str = load_claim(claim).CLAIM.effect.en
    return words


def _others(choices: Choices) -> dict[str, Any]:
    chosen = choices.to_dict()
    return {k: v for k, v in chosen.items() if k not in {"smallest_effect", "hypotheses"}}


def read_registration(path: Path) -> Registration | None:
    """Read a registration that was kept; None where there is no such file.

    Raises
    ------
    InputError
        If the file is broken, or its plan is not the one that its hash is of.
    """
    if not path.exists():
        return None
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        plan = kept["plan"]
        found = Registration(
            claims=tuple(plan["claims"]),
            outcomes=dict(plan["outcomes"]),
            smallest_effect=dict(plan["smallest_effect"]),
            choices=dict(plan["choices"]),
            registered_at=str(kept["registered_at"]),
        )
        told = kept["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path} is no registration that smallnet kept: {error}"
        raise InputError(msg) from None
    if told != found.sha256:
        msg = f"{path} was changed after it was kept: its hash is {told}, expected {found.sha256}"
        raise InputError(msg)
    return found


def keep_registration(
    wanted: Registration | None, folders: Sequence[Path], *, now: dtm.datetime | None = None
) -> tuple[Registration | None, Path | None]:
    """Give the registration that holds: the one kept in a folder, else ``wanted``, kept now.

    Parameters
    ----------
    wanted : Registration or None
        What ``study.toml`` says today.
    folders : sequence of Path
        Where one may be kept, best first: the folder of the tables, then that of the results. It
        is kept in the first that can be written.
    now : datetime, optional
        The moment to write down, UTC.

    Returns
    -------
    Registration or None
        None where nothing was ever registered.
    Path or None
        Its file; None where no folder could be written.
    """
    for folder in folders:
        kept = read_registration(folder / REGISTRATION_FILE)
        if kept is not None:
            return kept, folder / REGISTRATION_FILE
    if wanted is None:
        return None, None
    moment = (now or dtm.datetime.now(dtm.UTC)).isoformat(timespec="seconds")
    registered = Registration(
        claims=wanted.claims,
        outcomes=wanted.outcomes,
        smallest_effect=wanted.smallest_effect,
        choices=wanted.choices,
        registered_at=moment,
    )
    for folder in folders:
        path = folder / REGISTRATION_FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with atomic_write(path) as file:
                whole = {"sha256": registered.sha256, "registered_at": moment}
                json.dump(whole | {"plan": registered.plan}, file, ensure_ascii=False, indent=1)
                file.write("\n")
        except (OutputError, OSError):
            continue
        return registered, path
    return registered, None


def stand(
    registered: Registration,
    today: Registration | None,
    choices: Choices,
    tested: Sequence[str],
) -> Standing:
    """Hold a run against its registration.

    Parameters
    ----------
    registered : Registration
        What was kept.
    today : Registration or None
        What ``study.toml`` says now.
    choices : Choices
        Those of this run.
    tested : sequence of str
        The claims of this run.

    Returns
    -------
    Standing
        A claim is exploratory if it was not registered, if its outcome or smallest effect is
        another than registered, or if any other choice is: every claim may hang on it.
    """
    departures = []
    for name in tested:
        if name not in registered.claims:
            departures.append(_departure(name, None, "tested", (name,), _NOT_REGISTERED))
    for name, outcome in registered.outcomes.items():
        now = today.outcomes.get(name) if today is not None else None
        now = _outcome(name) if now is None else now
        if now != outcome:
            departures.append(_departure(f"outcome.{name}", outcome, now, (name,), _CHANGED))
    for name, smallest in registered.smallest_effect.items():
        now_smallest = choices.smallest_effect[name]
        if now_smallest != smallest:
            what = f"smallest_effect.{name}"
            departures.append(_departure(what, smallest, now_smallest, (name,), _CHANGED))
    chosen = _others(choices)
    for key, value in registered.choices.items():
        if key in chosen and plain(chosen[key]) != value:
            departures.append(_departure(key, value, chosen[key], tuple(tested), _CHANGED))
    explored = {name for departure in departures for name in departure.claims}
    untested = [name for name in registered.claims if name not in tested]
    words = {"en": ", ".join(untested), "zh": "、".join(untested)}
    notes = [Text(_DROPPED.en.format(names=words["en"]), _DROPPED.zh.format(names=words["zh"]))]
    return Standing(
        registration=registered,
        departures=tuple(departures),
        standing={name: EXPLORATORY if name in explored else PRIMARY for name in tested},
        notes=tuple(notes if untested else ()),
    )


_NOT_REGISTERED = Text("{what} was not registered", "{what} 未经登记")
_CHANGED = Text(
    "{what} was registered as {before}, and is {now}", "{what} 登记为 {before}，现为 {now}"
)
_DROPPED = Text("Registered, but not tested here: {names}.", "已登记但本次未检验：{names}。")


def _departure(
    what: str, registered: object, now: object, claims: tuple[str, ...], words: Text
) -> Departure:
    return Departure(
        what=what,
        registered=registered,
        now=now,
        claims=claims,
        words=words.format(what=what, before=registered, now=now),
    )
