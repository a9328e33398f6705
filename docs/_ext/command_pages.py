"""The commands, described by their own parsers."""

import argparse
from collections.abc import Iterator

from markdown_words import fence, plain, table

from smallnet.cli import _parser

__all__ = ["describe_commands"]


def describe_commands() -> str:
    """Give a section a command: what it does, how it is called, what its options mean."""
    parts = []
    for path, parser in _commands(_parser(), "smallnet"):
        anchor = path.replace(" ", "-")
        parts += [f"({anchor})=", f"## `{path}`", plain(parser.description or "")]
        parts.append(fence(parser.format_usage().removeprefix("usage: ")))
        rows = [
            (_call(action), _words(action))
            for action in parser._actions
            if not isinstance(action, argparse._SubParsersAction | argparse._HelpAction)
        ]
        if rows:
            parts.append(table(("argument", "meaning"), rows))
        if parser.epilog:
            lines = parser.epilog.strip().splitlines()[1:]
            parts.append(fence("\n".join(line.strip() for line in lines)))
    return "\n\n".join(parts)


def _commands(
    parser: argparse.ArgumentParser, path: str
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                yield f"{path} {name}", child
                yield from _commands(child, f"{path} {name}")


def _call(action: argparse.Action) -> str:
    value = action.metavar or (
        "{" + ",".join(map(str, action.choices)) + "}" if action.choices else ""
    )
    if not action.option_strings:
        return f"`{value or action.dest}`"
    takes = "" if action.nargs == 0 else f" {value or action.dest.upper()}"
    return ", ".join(f"`{name}{takes}`" for name in action.option_strings)


def _words(action: argparse.Action) -> str:
    words = plain((action.help or "").replace("%%", "%") % {"default": action.default})
    plain_default = isinstance(action.default, str | int | float) and not isinstance(
        action.default, bool
    )
    if plain_default and "default" not in words:
        words += f" (default: {plain(action.default)})"
    if action.required and action.option_strings:
        words += " *(must be given)*"
    return words or "–"
