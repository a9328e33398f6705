"""The formats that ``smallnet import`` reads, as their registry has them."""

from markdown_words import plain, table

from smallnet.importers import find_format, format_names

__all__ = ["describe_formats"]


def describe_formats() -> str:
    """Give a row a format."""
    rows = []
    for name in format_names():
        found = find_format(name)
        rows.append(
            (
                f"`{name}`",
                plain(found.title.en),
                plain(found.title.zh),
                plain(", ".join(found.covers) or "–"),
                plain(", ".join(found.may_cover) or "–"),
                "yes" if found.local_times else "",
                "maybe" if found.day_order else "",
            )
        )
    asks = ("needs `--timezone`", "needs `--date-order`")
    heads = ("format", "what", "名称", "always records", "may record", *asks)
    return table(heads, rows)
