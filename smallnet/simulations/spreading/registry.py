"""The models by name, and a model from the words of a command line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from smallnet.errors import InputError, UnknownNameError
from smallnet.simulations.spreading.complex_contagion import ComplexContagion
from smallnet.simulations.spreading.epidemic import SI, SIR, SIS
from smallnet.simulations.spreading.epidemic_continuous import (
    ContinuousSI,
    ContinuousSIR,
    ContinuousSIS,
)
from smallnet.simulations.spreading.group_contagion import GroupContagion
from smallnet.simulations.spreading.independent_cascade import IndependentCascade
from smallnet.simulations.spreading.linear_threshold import LinearThreshold
from smallnet.simulations.spreading.model import Model
from smallnet.simulations.spreading.share_in_groups import ShareInGroups
from smallnet.simulations.spreading.simplicial import SimplicialContagion

__all__ = ["MODELS", "make_model"]

MODELS: Mapping[str, type[Model]] = MappingProxyType(
    {
        model.name: model
        for model in (
            IndependentCascade,
            LinearThreshold,
            SI,
            SIR,
            SIS,
            ContinuousSI,
            ContinuousSIR,
            ContinuousSIS,
            ComplexContagion,
            SimplicialContagion,
            GroupContagion,
            ShareInGroups,
        )
    }
)
"""Models by the name that the command line uses."""


def make_model(name: str, parameters: Mapping[str, object] | None = None) -> Model:
    """Make a model by its name.

    Parameters
    ----------
    name : str
        A key of ``MODELS``.
    parameters : mapping
        By name; a text is read as a number (``inf`` for one without end) or a yes (``true``) or
        no where it is one. Those that ``model.parameters()`` gives make the same model.

    Raises
    ------
    UnknownNameError
        For an unknown model or parameter.
    InputError
        If a value is out of its range.
    """
    if name not in MODELS:
        msg = f"unknown model {name!r}, expected one of {', '.join(MODELS)}"
        raise UnknownNameError(msg)
    known = {field.name: field for field in dataclasses.fields(MODELS[name])}
    values = {}
    for key, value in (parameters or {}).items():
        if key not in known:
            msg = f"{name} has no parameter {key!r}, expected one of {', '.join(known) or 'none'}"
            raise UnknownNameError(msg)
        values[key] = _read(value)
        number = type(known[key].default) in (int, float)
        if number and not isinstance(values[key], (int, float)):
            msg = f"{key} is {values[key]!r}, expected a number"
            raise InputError(msg)
    try:
        return MODELS[name](**values)
    except TypeError:
        given = ", ".join(f"{key}={value!r}" for key, value in values.items())
        msg = f"{name} cannot take {given}; its parameters are {', '.join(known)}"
        raise InputError(msg) from None


def _read(value: object) -> Any:
    if not isinstance(value, str):
        return value
    if value in ("inf", "-inf", "nan"):
        return float(value)
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value
