"""The notebooks of the project as pages of the site."""

import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

from smallnet.tables import is_here

__all__ = ["copy_of", "setup"]

ABSENT = """\
:::{{note}}
The data that this study needs were not on the machine that built this site ({names}): its code is
shown, not its results. `smallnet data list` says where the data are.
:::"""


def copy_of(notebook: str) -> str:
    """Give what stands on the site: where its data are not here, the code alone, and why."""
    content = json.loads(notebook)
    needed = content["metadata"].get("smallnet", {}).get("needs", [])
    absent = [name for name in needed if not is_here(name)]
    if not absent:
        return notebook
    content["metadata"]["mystnb"] = {"execution_mode": "off"}
    words = ABSENT.format(names=", ".join(f"`{name}`" for name in absent))
    note = {"cell_type": "markdown", "id": "absent", "metadata": {}, "source": words}
    content["cells"].insert(1, note)
    return json.dumps(content, ensure_ascii=False, indent=1)


def copy_notebooks(app: Sphinx, config: Config) -> None:
    """Lay ``notebooks/*.ipynb`` beside the pages; one that did not change keeps its time."""
    if config.quick:
        config.nb_execution_mode = "off"
    source, target = Path(app.srcdir).parent / "notebooks", Path(app.srcdir) / "notebooks"
    target.mkdir(exist_ok=True)
    wanted = {path.name: copy_of(path.read_text("utf-8")) for path in source.glob("*.ipynb")}
    for path in target.glob("*.ipynb"):
        if path.name not in wanted:
            path.unlink()
    for name, content in wanted.items():
        copy = target / name
        if not copy.exists() or copy.read_text("utf-8") != content:
            copy.write_text(content, "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Copy before the pages are looked for."""
    app.connect("config-inited", copy_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
