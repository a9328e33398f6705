"""The formats that ``smallnet import`` reads, as their registry has them."""

import importlib.util

from markdown_words import plain, table

__all__ = ["describe_formats"]


def describe_formats() -> str:
    """Give a row a format; a sentence where the room of importers is not there."""
    if importlib.util.find_spec("smallnet.importers.registry") is None:
        return "This edition reads no chat exports by itself: bring tables (see [](tables.md))."
    from smallnet.errors import UnknownNameError
    from smallnet.importers.registry import FORMATS, find_format

    rows = []
    for name in FORMATS:
        try:
            found = find_format(name)
        except (UnknownNameError, AttributeError):  # FIXME: formats under construction
            continue
        rows.append(
            (
                f"`{name}`",
                plain(found.title.en),
                plain(found.title.zh),
                plain(", ".join(found.covers) or "–"),
                "yes" if found.local_times else "",
                "maybe" if found.day_order else "",
            )
        )
    heads = ("format", "what", "名称", "records", "needs `--timezone`", "needs `--date-order`")
    return table(heads, rows)
