"""Links, checked offline once the site is written: inner ones lead somewhere, outer are sound."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sphinx.application import Sphinx
from sphinx.util import logging

__all__ = ["check_links", "setup"]

LOGGER = logging.getLogger(__name__)
OUTER = {"https", "http", "mailto", "data", "javascript"}


class _Page(HTMLParser):
    """The ids of a page, and what it links to."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.feed(words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids |= {value for key in ("id", "name") if (value := given.get(key))}
        for key in ("href", "src", "data"):
            value = given.get(key)
            if value is not None and tag in {"a", "img", "link", "script", "object", "source"}:
                self.links.append(value)


def check_links(site: Path) -> list[str]:
    """Give one sentence a broken link of the pages under ``site``."""
    written = (p for p in site.rglob("*.html") if "_static" not in p.parts)
    pages = {path.resolve(): _Page(path.read_text("utf-8")) for path in written}
    broken = []
    for path, page in sorted(pages.items()):
        for link in sorted(set(page.links)):
            reason = _broken(link, path, pages)
            if reason:
                broken.append(f"{path.relative_to(site.resolve())}: {link!r} {reason}")
    return broken


def _broken(link: str, path: Path, pages: dict[Path, _Page]) -> str | None:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        sound = parts.scheme in OUTER and not any(letter.isspace() for letter in link)
        if parts.scheme in {"http", "https"}:
            sound = sound and "." in parts.netloc.strip(".")
        return None if sound else "is no well-formed address"
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.exists():
        return "leads to no file"
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].ids:
        return "leads to no such place on the page"
    return None


def _check(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        for sentence in check_links(Path(app.outdir)):
            LOGGER.warning(sentence, type="links")


def setup(app: Sphinx) -> dict[str, Any]:
    """Check when all is written."""
    app.connect("build-finished", _check, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
