"""What every model of spreading is, and the one way to run it."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smallnet.errors import InputError
from smallnet.simulations.spreading.kernels.stream import stream_keys
from smallnet.simulations.spreading.outcome import Block, Spread, Trace
from smallnet.simulations.spreading.population import Population
from smallnet.simulations.spreading.replicas import replicas

__all__ = ["Kernel", "Model", "share"]


class Kernel(Protocol):
    """A model made ready on a population: plain arrays, so that it travels to a worker."""

    def run(self, keys: NDArray[np.uint64]) -> Block:
        """Run one replicate a key, each on the stream of its own key."""
        ...

    def trace(self, key: np.uint64) -> tuple[NDArray[Any], ...]:
        """Run one replicate and keep who adopted, when, from whom, through which group."""
        ...


@dataclass(frozen=True, kw_only=True)
class Model(ABC):
    """A model of spreading: parameters only. Population, seed people and chance are arguments."""

    name: ClassVar[str]
    """As the command line says it: ``independent-cascade``."""
    paper: ClassVar[str]
    """Where the model was defined."""
    time_unit: ClassVar[str] = "steps"
    live_ties: ClassVar[Literal["none", "each", "one"]] = "none"
    """Whether it reaches whom seeds reach along ties that are live by chance (Kempe et al. 2003):
    ``each`` tie by its own coin, or at most ``one`` towards each person; ``none``: it does not."""

    @property
    def uses(self) -> frozenset[str]:
        """What it does nothing without: ``ties``, ``groups``."""
        return frozenset({"ties"})

    @abstractmethod
    def prepare(self, population: Population, seeds: NDArray[np.int32]) -> Kernel:
        """Check the population for this model and lay out its arrays."""

    def simulate(
        self,
        population: Population,
        seed_people: ArrayLike | Sequence[str],
        *,
        rng: np.random.Generator,
        replicates: int = 1000,
        jobs: int | None = None,
        checkpoint: Path | str | None = None,
        progress: bool = False,
    ) -> Spread:
        """Let it spread many times.

        Parameters
        ----------
        population : Population
        seed_people : array_like of str or int
            With whom it starts: ids, or places in the index.
        rng : numpy.random.Generator
            Chance; the answer does not depend on ``jobs``.
        replicates : int
            Number of runs.
        jobs, checkpoint, progress
            See :func:`replicas`.

        Returns
        -------
        Spread
        """
        seeds = population.seeds(seed_people)
        kernel = self.prepare(population, seeds)
        block = replicas(
            kernel, replicates, rng=rng, jobs=jobs, checkpoint=checkpoint, progress=progress
        )
        return Spread.of(block, self, population, seeds)

    def trace(
        self,
        population: Population,
        seed_people: ArrayLike | Sequence[str],
        *,
        rng: np.random.Generator,
    ) -> Trace:
        """Let it spread once and keep the way it took.

        Returns
        -------
        Trace
            The run that would be the first of :meth:`simulate` on the same ``rng``.
        """
        seeds = population.seeds(seed_people)
        kernel = self.prepare(population, seeds)
        person, time, source, group = kernel.trace(stream_keys(rng, 1)[0])
        return Trace(
            population=population,
            person=person,
            time=time,
            source=source,
            group=group,
            time_unit=self.time_unit,
        )

    def live_chances(self, population: Population) -> NDArray[np.float64]:
        """Chance of each tie to be live, for models of live ties.

        Returns
        -------
        ndarray of float64, shape (ties,) or (1,)
            In the order of ``population.ties()``; one number where all are the same.

        Raises
        ------
        InputError
            If the model is not one of live ties.
        """
        msg = (
            f"{self.name} is no model of live ties, expected an independent cascade or linear "
            "thresholds drawn uniformly"
        )
        raise InputError(msg)

    def parameters(self) -> dict[str, Any]:
        """Parameters as plain values, as they stand in ``spread.json``.

        JSON has no number without end: an infinite one is the text ``"inf"``, which
        :func:`make_model` reads back.
        """
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(part) for name, part in dataclasses.asdict(value).items()}
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value


def share(value: float, what: str, *, least: float = 0.0, most: float = 1.0) -> None:
    """Refuse a chance that is none.

    Raises
    ------
    InputError
        If ``value`` is not from ``least`` to ``most``.
    """
    if not least <= value <= most:
        msg = f"{what} is {value}, expected a number from {least:g} to {most:g}"
        raise InputError(msg)
