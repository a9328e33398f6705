"""What it takes to try a claim on worlds whose answer is known."""

import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from smallnet.hypotheses.claims import CLAIMS, claim_ids
from smallnet.simulations import Platform
from smallnet.tables import Dataset

__all__ = ["Draw", "Planted", "load_planted", "on_platform"]


class Draw(Protocol):
    """Draws one world: its tables, and the truth of the claim's estimate in it."""

    def __call__(
        self, effect: float, *, groups: int, people: int, rng: np.random.Generator
    ) -> tuple[Dataset, float]:
        """Draw a world of this size; where it has no such number the truth is nan."""


@dataclass(frozen=True, kw_only=True)
class Planted:
    """How worlds for one claim are drawn, without effect and with effects that matter."""

    claim: str
    draw: Draw
    null: float  # the effect at which there is none
    effects: tuple[float, ...]  # planted strengths; the truth of the estimate comes with each world
    groups: int  # of a small world
    people: int
    choices: Mapping[str, object] = field(default_factory=dict)  # that such worlds need
    alarms: tuple[str, ...] = ("supported", "contradicted")  # verdicts that the null world denies
    right: str | None = None  # the verdict on a planted effect; None: as the truth lies to the null


def load_planted(name: str) -> Planted:
    """Give the plan of a claim's worlds.

    Raises
    ------
    UnknownNameError
        For an id that is not in the register.
    """
    (name,) = claim_ids([name])
    plan: Planted = importlib.import_module(f"smallnet.hypotheses.planted.{CLAIMS[name]}").PLANTED
    return plan


def on_platform(
    claim: str,
    settings: Callable[[float], dict[str, Any]],
    *,
    tables: Sequence[str],
    **fixed: Any,
) -> Draw:
    """Draw the worlds of a claim from the platform generator.

    Parameters
    ----------
    claim : str
        Whose truth is asked for.
    settings : callable
        From an effect to the parameters of ``Platform`` that plant it.
    tables : sequence of str
        The tables that the claim needs; the others are not drawn.
    **fixed
        The other parameters of every world.
    """

    def draw(
        effect: float, *, groups: int, people: int, rng: np.random.Generator
    ) -> tuple[Dataset, float]:
        platform = Platform(**(fixed | {"groups": groups, "people": people} | settings(effect)))
        world = platform.generate(rng=rng, tables=tables)
        truth = world.truth[claim]["estimate"]
        return world.dataset(), math.nan if truth is None else float(truth)

    return draw
