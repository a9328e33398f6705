"""Code of Markdown pages, run as a reader would: the blocks of a page one after the other."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

from smallnet.cli import main
from smallnet.importers import FORMATS
from smallnet.simulations import read_scenario
from smallnet.tables import Study

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BY_HAND = ("make ", "git clone ", "cd ", "python3 -m venv ", ".venv/bin/pip ", "source ")
LANGUAGES = {"bash", "python", "toml", "text"}  # text is read, not run


def blocks_of(page):
    """Language and text of every block of code; directives of Sphinx are none."""
    found = BLOCK.findall(page.read_text("utf-8"))
    return [(lang.strip(), text) for lang, text in found if not lang.startswith("{")]


def run_page(page, folder):
    """Run the blocks of a page in ``folder``: Python in one session, commands in one place."""
    session = {"__name__": f"page_{page.stem}"}
    with contextlib.chdir(folder), _as_before():
        for lang, text in blocks_of(page):
            {"python": _python, "bash": _bash, "toml": _toml, "text": _text}[lang](
                text, session, page
            )


@contextlib.contextmanager
def _as_before():
    """Leave no module, path or format of a page behind: the next page begins anew."""
    modules, path, formats = set(sys.modules), list(sys.path), dict(FORMATS)
    try:
        yield
    finally:
        for name in set(sys.modules) - modules:
            if getattr(sys.modules[name], "__file__", None) == f"{Path.cwd() / name}.py":
                del sys.modules[name]
        sys.path[:] = path
        FORMATS.clear()
        FORMATS.update(formats)


def _python(text, session, page):
    exec(compile(text, f"{page.name}", "exec"), session)


def _bash(text, _session, page):
    """Lines that call smallnet run in this process, which has all loaded; others in bash."""
    waiting = []
    for line in [*text.splitlines(), "smallnet --version"]:
        if line.startswith("smallnet "):
            if waiting:
                _shell("\n".join(waiting), page)
            waiting = []
            _command(line, page)
        elif not line.startswith(BY_HAND):
            waiting.append(line)


def _command(line, page):
    words = io.StringIO()
    with contextlib.redirect_stdout(words), contextlib.redirect_stderr(words):
        try:
            code = main(shlex.split(line, comments=True)[1:])
        except SystemExit as left:  # argparse
            code = left.code
    assert code == 0, f"{page.name}: {line}: exit code {code}\n{words.getvalue()[-2000:]}"


def _shell(script, page):
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=os.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{page.name}: {done.stderr[-2000:]}"


def _toml(text, _session, _page):
    """A block of TOML is a study file or a scenario, as its first line says."""
    if text.startswith("# study.toml"):
        Study.from_mapping(tomllib.loads(text))
        return
    Path("scenario.toml").write_text(text, "utf-8")
    read_scenario(Path("scenario.toml"))


def _text(_text, _session, _page):
    return
