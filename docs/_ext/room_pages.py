"""The reference of a room: what its shop window shows, from the docstrings."""

import importlib
import importlib.util
import inspect
import pkgutil
import re
from collections.abc import Mapping
from typing import Any

from sphinx.application import Sphinx

__all__ = ["describe_methods", "describe_room", "setup"]

FOR_FIGURES = {"drawing", "forest"}  # marks of figures, no methods


def describe_room(name: str) -> str:
    """Give the room's own words, then its classes, functions and values."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return "This edition has no such room."
    return _reference(name)


def describe_methods() -> str:
    """Give a section a module of ``hypotheses.methods``."""
    import smallnet.hypotheses.methods as room

    parts = []
    for module in pkgutil.iter_modules(room.__path__):
        if module.name not in FOR_FIGURES:
            words = module.name.replace("_", " ")
            parts.append(f"## {words[0].upper()}{words[1:]}")
            parts.append(_reference(f"{room.__name__}.{module.name}"))
    return "\n\n".join(parts)


def _reference(name: str) -> str:
    room = importlib.import_module(name)
    lines = [f".. currentmodule:: {name}", "", f".. automodule:: {name}", "   :no-members:", ""]
    for public in room.__all__:
        if public.startswith("__"):
            continue
        value = getattr(room, public)
        path = f"{name}.{public}"
        if inspect.isclass(value):
            lines += [f".. autoclass:: {path}", "   :members:"]
            lines += ["   :show-inheritance:"] * (value.__bases__ != (object,)) + [""]
        elif callable(value):
            lines += [f".. autofunction:: {path}", ""]
        else:
            lines += [f".. autodata:: {path}", "   :no-value:", ""]
            if isinstance(value, dict):  # of which Sphinx says nothing
                lines += [f"   {_shown(value)}", ""]
    return "```{eval-rst}\n" + "\n".join(lines) + "\n```"


def _flatten(
    _app: Sphinx, what: str, _name: str, value: Any, _options: Any, lines: list[str]
) -> None:
    """Make sections in the words of a module plain headings: a page has sections of its own.

    A value without words of its own would get those of its type: it gets its keys instead.
    """
    if what == "module":
        words = re.sub(r"^(\w[\w ]*)\n-{3,}$", r".. rubric:: \1", "\n".join(lines), flags=re.M)
        lines[:] = words.split("\n")
    own = (type(value).__doc__ or "").strip()
    unsaid = not any(lines) or (own and own.splitlines()[0] in "\n".join(lines[:2]))
    if what == "data" and unsaid:
        lines[:] = [_shown(value), ""]


def _shown(value: Any) -> str:
    """Give the keys of a mapping, the parts of a tuple or set, or the value."""
    if isinstance(value, Mapping | tuple | set | frozenset):
        parts = sorted(value) if isinstance(value, set | frozenset) else list(value)
        if all(isinstance(part, str | int | float) for part in parts):
            return ", ".join(f"``{part}``" for part in parts)
        return f"{len(parts)} entries."
    return f"``{value!r}``"


def setup(app: Sphinx) -> dict[str, Any]:
    """Listen to the words of modules."""
    app.connect("autodoc-process-docstring", _flatten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
