"""Pages from their templates: nothing unescaped, nothing unknown, no control characters."""

from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from smallnet.report.display import clean

__all__ = ["fill_template", "read_asset"]


def read_asset(name: str) -> str:
    """Read a file that is packaged beside the pages."""
    return resources.files("smallnet.report").joinpath(name).read_text("utf-8")


def fill_template(file: str, /, **words: Any) -> str:
    """Fill a packaged template; ``css`` is there for it."""
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    template = environment.from_string(read_asset(file))
    return template.render(**words, css=Markup(read_asset("page.css")))
