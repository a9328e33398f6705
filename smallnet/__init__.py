"""What makes a small group work: claims about groups, tested.

One river, one room a state of the data::

    tables → networks → measures → hypotheses → figures → report
       ↑          │                     ↑
       └── simulations (worlds with known answers, in the same tables)

``open_dataset`` takes a folder or the name of a public data set, ``run_study`` carries it to
tested claims. Everything below is loaded when it is first used.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Choices": "smallnet.tables",
    "Dataset": "smallnet.tables",
    "Network": "smallnet.networks",
    "Platform": "smallnet.simulations",
    "Result": "smallnet.hypotheses",
    "Study": "smallnet.tables",
    "build_friendship": "smallnet.networks",
    "build_interaction": "smallnet.networks",
    "check_folder": "smallnet.tables",
    "group_table": "smallnet.measures",
    "list_data": "smallnet.tables",
    "load_data": "smallnet.tables",
    "open_dataset": "smallnet.study",
    "read_dataset": "smallnet.tables",
    "run_study": "smallnet.study",
    "scorecard": "smallnet.measures",
    "write_dataset": "smallnet.tables",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    if name not in _HOMES:
        msg = f"module 'smallnet' has no name {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return list(__all__)
