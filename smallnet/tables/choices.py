"""The choices of a study: every number that an analyst sets, with its default and its reason."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from smallnet.errors import InputError

__all__ = ["DEFAULT_CUT_OFFS", "DEFAULT_SMALLEST_EFFECT", "REASONS", "Choices"]

DEFAULT_SMALLEST_EFFECT: dict[str, float] = {
    "S01": 0.05,
    "S02": 1.25,
    "S03": 1.25,
    "S04": 1.1,
    "S05": 1.1,
    "T30": 1.1,
    "S08": 1.1,
    "S10": 1.1,
    "S11": 1.1,
    "S12": 0.02,
    "S13": 0.05,
    "S14": 1.0,
    "S15": 1.25,
    "S16": 1.25,
    "S17": 1.1,
    "S18": 1.25,
    "S21": 1.25,
    "S22": 1.25,
    "S23": 1.25,
    "S19": 0.1,
    "S20": 1.1,
    "B07": 1.1,
    "S09": 1.1,
    "S06": 1.1,
    "S07": 1.25,
    "S24": 0.05,
    "B05": 1.25,
    "B14": 1.25,
    "B01": 1.25,
    "B04": 1.25,
    "B06": 1.1,
}

DEFAULT_CUT_OFFS: dict[str, float] = {  # where a sign of life begins; those of the scorecard
    "repetition": 0.5,
    "messages_per_member_day": 1 / 7,
    "top_talker_share": 0.5,
    "adoptions_per_member": 0.1,
}

REASONS: dict[str, str] = {
    "small_group": "the essay calls groups under 30 members small; a number to be tested",
    "dead_after": "a month of silence: longer than holidays, shorter than a school term",
    "tie_strength": "messages are counted as they are; other definitions are re-estimates",
    "half_life": "a tie that nobody renews for a month weighs half",
    "alpha": "the field's usual false-alarm rate, held over the whole family of claims",
    "smallest_effect": "what would matter to somebody who runs a group: 10 % for rates, "
    "25 % for ratios of choice, 5 points for shares, 1 group for counts",
    "cut_offs": "where a group begins to be informative, interactive, useful: named before looking "
    "at who lives, easy to say aloud",
    "exposure_layers": "all layers of ties; friendships where there are no others",
    "replicates": "draws of a null or a bootstrap; the +1 of a p-value is then .001",
    "random_seed": "any number; the same gives the same answer at any number of workers",
    "hypotheses": "all claims",
}

TABLES = {"smallest_effect": "claim", "cut_offs": "measure"}  # choices with many entries


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What the analyst chose; see ``REASONS`` for why the defaults are what they are."""

    small_group: int = 30  # members; "small" is fewer than this
    dead_after_days: float = 30.0
    tie_strength: str = "count"
    half_life_days: float = 30.0
    alpha: float = 0.05
    smallest_effect: Mapping[str, float] = field(
        default_factory=lambda: dict(DEFAULT_SMALLEST_EFFECT)
    )
    cut_offs: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_CUT_OFFS))
    exposure_layers: tuple[str, ...] = ()  # of ties, along which adoption passes; empty: all
    replicates: int = 999
    random_seed: int = 1
    hypotheses: tuple[str, ...] = ()  # empty: all

    def __post_init__(self) -> None:
        for name, low in (("small_group", 2), ("replicates", 19)):
            if not getattr(self, name) >= low:
                msg = f"{name} is {getattr(self, name)}, expected a whole number of at least {low}"
                raise InputError(msg)
        for name in ("dead_after_days", "half_life_days"):
            if not getattr(self, name) > 0:
                msg = f"{name} is {getattr(self, name)}, expected a number of days above 0"
                raise InputError(msg)
        for name, value in self.cut_offs.items():
            if name not in DEFAULT_CUT_OFFS or not value >= 0:
                msg = (
                    f"cut_offs.{name} is {value}, expected a number of at least 0 for one of "
                    f"{', '.join(DEFAULT_CUT_OFFS)}"
                )
                raise InputError(msg)
        if not 0 < self.alpha < 0.5:
            msg = f"alpha is {self.alpha}, expected a number between 0 and 0.5"
            raise InputError(msg)
        if self.random_seed < 0:
            msg = f"random_seed is {self.random_seed}, expected a whole number of at least 0"
            raise InputError(msg)

    @property
    def level(self) -> float:
        """Level of every interval, ``1 - alpha``."""
        return 1.0 - self.alpha

    @classmethod
    def from_mapping(cls, values: Mapping[str, object], base: "Choices | None" = None) -> "Choices":
        """Read choices as they stand in ``study.toml`` or after ``--set``.

        Parameters
        ----------
        values : mapping
            ``small_group``, ``dead_after`` ("30d"), ``tie_strength``, ``half_life`` ("30d"),
            ``alpha``, ``smallest_effect`` (a table by claim), ``cut_offs`` (a table by measure),
            ``replicates``, ``random_seed``, ``hypotheses``. ``smallest_effect.S05`` is a key too.
        base : Choices, optional
            What holds where ``values`` is silent.

        Raises
        ------
        InputError
            For an unknown key or a value of the wrong kind.
        """
        base = base or cls()
        changes: dict[str, Any] = {}
        tables = {name: dict(getattr(base, name)) for name in TABLES}
        for key, value in values.items():
            table, _dot, entry = key.partition(".")
            if key in TABLES:
                if not isinstance(value, Mapping):
                    msg = f"{key} is {value!r}, expected a table of {TABLES[key]} = number"
                    raise InputError(msg)
                tables[key] |= {str(k): _number(f"{key}.{k}", v) for k, v in value.items()}
            elif table in TABLES:
                tables[table][entry] = _number(key, value)
            elif key in {"dead_after", "half_life"}:
                changes[f"{key}_days"] = _days(key, value)
            elif key in {"small_group", "replicates", "random_seed"}:
                changes[key] = _whole(key, value)
            elif key in {"alpha", "dead_after_days", "half_life_days"}:
                changes[key] = _number(key, value)
            elif key == "tie_strength":
                changes[key] = str(value)
            elif key in {"hypotheses", "exposure_layers"}:
                items = value.split(",") if isinstance(value, str) else value
                if not isinstance(items, list | tuple):
                    what = "claims" if key == "hypotheses" else "layers"
                    msg = f"{key} is {value!r}, expected a list of {what}"
                    raise InputError(msg)
                changes[key] = tuple(str(item).strip() for item in items if str(item).strip())
            else:
                msg = f"unknown choice {key!r}, expected one of {', '.join(REASONS)}"
                raise InputError(msg)
        return dataclasses.replace(base, **(changes | tables))

    def to_dict(self) -> dict[str, object]:
        """Give the choices as plain values, as they stand in ``results.json``."""
        plain = dataclasses.asdict(self)
        plain |= {name: dict(sorted(getattr(self, name).items())) for name in TABLES}
        plain["hypotheses"] = list(self.hypotheses)
        plain["exposure_layers"] = list(self.exposure_layers)
        plain["dead_after"] = f"{plain.pop('dead_after_days'):g}d"
        plain["half_life"] = f"{plain.pop('half_life_days'):g}d"
        return plain


def _number(key: str, value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        msg = f"{key} is {value!r}, expected a number"
        raise InputError(msg) from None


def _whole(key: str, value: object) -> int:
    number = _number(key, value)
    if not number.is_integer():
        msg = f"{key} is {value!r}, expected a whole number"
        raise InputError(msg)
    return int(number)


def _days(key: str, value: object) -> float:
    match = re.fullmatch(r"\s*([0-9.]+)\s*(h|d|w|)\s*", str(value))
    if match is None:
        msg = f"{key} is {value!r}, expected a time such as 30d, 2w or 12h"
        raise InputError(msg)
    return _number(key, match[1]) * {"h": 1 / 24, "d": 1.0, "w": 7.0, "": 1.0}[match[2]]
