"""Named platforms: worlds in which one claim, none, or only a look-alike of one is true.

Each is a TOML file in the folder ``scenarios`` beside this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from smallnet.errors import UnknownNameError
from smallnet.simulations.platform import Platform
from smallnet.simulations.scenario_files import Scenario, parse_scenario, read_scenario
from smallnet.tables import Text

__all__ = ["DESCRIPTIONS", "SCENARIOS", "describe_scenarios", "find_scenario", "get_scenario"]


def _packaged() -> list[Scenario]:
    folder = files("smallnet.simulations") / "scenarios"
    found = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".toml")),
        key=lambda entry: (entry.name != "null.toml", entry.name),  # nothing planted comes first
    )
    return [parse_scenario(f.read_text(encoding="utf-8"), where=f.name) for f in found]


_PACKAGED = _packaged()

SCENARIOS: Mapping[str, Platform] = MappingProxyType({s.name: s.platform for s in _PACKAGED})
"""Platforms by name."""

DESCRIPTIONS: Mapping[str, Text] = MappingProxyType({s.name: s.description for s in _PACKAGED})
"""What each scenario is, in one sentence."""


def get_scenario(name: str) -> Platform:
    """Give the platform of a scenario.

    Raises
    ------
    UnknownNameError
        For a name that is not in ``SCENARIOS``.
    """
    if name not in SCENARIOS:
        msg = f"unknown scenario {name!r}, expected one of {', '.join(SCENARIOS)}"
        raise UnknownNameError(msg)
    return SCENARIOS[name]


def find_scenario(name_or_file: str) -> Platform:
    """Give the platform of a named scenario, or of a TOML file.

    Raises
    ------
    UnknownNameError
        If there is neither such a scenario nor such a file.
    InputError
        If the file is no scenario.
    """
    if name_or_file in SCENARIOS:
        return SCENARIOS[name_or_file]
    if name_or_file.endswith(".toml") or Path(name_or_file).is_file():
        return read_scenario(name_or_file).platform
    msg = (
        f"unknown scenario {name_or_file!r}, expected a TOML file or one of {', '.join(SCENARIOS)}"
    )
    raise UnknownNameError(msg)


def describe_scenarios(lang: str = "en") -> dict[str, str]:
    """Say in one sentence what each scenario is, in ``lang``, ``en`` or ``zh``."""
    return {name: words.get(lang) for name, words in DESCRIPTIONS.items()}
