"""What the formulas take: distributions, chances and rates, checked at the door."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smallnet.errors import InputError

__all__ = [
    "Distribution",
    "FloatArray",
    "IntArray",
    "SizeChance",
    "chance",
    "chance_of_size",
    "distribution",
    "observed_distribution",
    "seed_indices",
    "whole",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Distribution: TypeAlias = int | Mapping[int, float] | ArrayLike
"""One value that everybody has; or value → probability; or an array, probability of 0, 1, 2, …"""
SizeChance: TypeAlias = float | Callable[[int], float]
"""A chance, or one that depends on the size of the group."""

TOLERANCE = 1e-9  # by which probabilities may miss a sum of 1


def distribution(given: Distribution, what: str, *, least: int = 0) -> tuple[IntArray, FloatArray]:
    """Values that occur and their probabilities, which sum to 1 exactly.

    Parameters
    ----------
    given : int, mapping or array_like
        See ``Distribution``.
    what : str
        Name for the error, such as ``"sizes"``.
    least : int
        Smallest value that may occur.

    Raises
    ------
    InputError
        For values below ``least``, negative or unknown probabilities, or a sum other than 1.
    """
    if isinstance(given, (int, np.integer)) and not isinstance(given, bool):
        values, weights = np.array([int(given)]), np.ones(1)
    elif isinstance(given, Mapping):
        keys = list(given)
        odd = [key for key in keys if isinstance(key, bool) or int(key) != key]
        if odd:
            msg = f"{what} has the value {odd[0]!r}, expected whole numbers"
            raise InputError(msg)
        values = np.array([int(key) for key in keys], dtype=np.int64)
        weights = np.array([float(given[key]) for key in keys])
    else:
        weights = np.asarray(given, dtype=np.float64)
        if weights.ndim != 1:
            msg = f"{what} has {weights.ndim} dimensions, expected the probabilities of 0, 1, 2, …"
            raise InputError(msg)
        values = np.arange(weights.size)
    bad = ~(weights >= 0)
    if bad.any():
        msg = f"{what} gives {values[bad][0]} the probability {weights[bad][0]}, expected 0 or more"
        raise InputError(msg)
    if not abs(weights.sum() - 1) <= TOLERANCE:
        msg = f"the probabilities of {what} sum to {weights.sum():.6g}, expected 1"
        raise InputError(msg)
    values, weights = values[weights > 0].astype(np.int64), weights[weights > 0]
    order = np.argsort(values)
    values, weights = values[order], weights[order] / weights.sum()
    if values[0] < least:
        msg = f"{what} has the value {values[0]}, expected at least {least}"
        raise InputError(msg)
    return values, weights


def observed_distribution(values: ArrayLike) -> dict[int, float]:
    """Distribution of whole numbers that were seen, such as the sizes of all groups.

    Raises
    ------
    InputError
        If there are none, or one is negative or not whole.

    Examples
    --------
    >>> observed_distribution([3, 3, 5, 3])
    {3: 0.75, 5: 0.25}
    """
    seen = np.asarray(values).ravel()
    if not seen.size:
        msg = "no value was seen, expected at least one"
        raise InputError(msg)
    bad = ~((seen >= 0) & (seen == np.floor(seen)))
    if bad.any():
        msg = f"a value is {seen[bad][0]}, expected whole numbers of 0 or more"
        raise InputError(msg)
    found, counts = np.unique(seen.astype(np.int64), return_counts=True)
    return {int(v): float(c) for v, c in zip(found, counts / seen.size, strict=True)}


def chance(value: float, what: str) -> float:
    """Give a probability back as a float.

    Raises
    ------
    InputError
        If it is not between 0 and 1.
    """
    if not 0 <= value <= 1:
        msg = f"{what} is {value}, expected a probability between 0 and 1"
        raise InputError(msg)
    return float(value)


def chance_of_size(given: SizeChance, size: int, what: str) -> float:
    """Chance in a group of this size, from a number or a function of the size."""
    if callable(given):
        return chance(given(size), f"{what} in a group of {size}")
    return chance(given, what)


def whole(value: float, what: str, *, least: int = 0) -> int:
    """Give a whole number back as an int.

    Raises
    ------
    InputError
        If it is not whole, or below ``least``.
    """
    if not (value >= least and value == int(value)):
        msg = f"{what} is {value}, expected a whole number of at least {least}"
        raise InputError(msg)
    return int(value)


def seed_indices(seeds: Iterable[int], n_people: int) -> IntArray:
    """Distinct first adopters, sorted.

    Raises
    ------
    InputError
        If one is no index of a person.
    """
    found = np.unique(np.array(list(seeds)))
    if found.size and not np.issubdtype(found.dtype, np.integer):
        msg = f"a seed is {found[0]!r}, expected indices of people"
        raise InputError(msg)
    outside = found[(found < 0) | (found >= n_people)] if found.size else found
    if outside.size:
        msg = f"seed {outside[0]} is outside the network, expected 0 to {n_people - 1}"
        raise InputError(msg)
    return found.astype(np.int64)
