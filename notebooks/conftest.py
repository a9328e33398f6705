"""A notebook says in its metadata which public data it needs; where they are not, it is skipped.

``"smallnet": {"needs": ["thiers2013"]}``: nothing is fetched for a test.
"""

import json
from pathlib import Path

import pytest

from smallnet.tables import is_here


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip notebooks whose data are not on this machine, and say which."""
    for item in items:
        if item.path.suffix != ".ipynb":
            continue
        absent = [name for name in needs(item.path) if not is_here(name)]
        if absent:
            why = f"{', '.join(absent)} not on this machine: set SMALLNET_DATA to their folder"
            item.add_marker(pytest.mark.skip(reason=why))


def needs(notebook: Path) -> list[str]:
    """Names of the public data that a notebook says it needs."""
    metadata = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]
    names: list[str] = metadata.get("smallnet", {}).get("needs", [])
    return names
