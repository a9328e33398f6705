"""Install the peers of the races, each by itself, into an environment of their own.

    python tests/benchmarks/get_peers.py FOLDER

The list is the group ``bench-peers`` of pyproject.toml. A peer that cannot be installed here is
named and left out; the races then say that they skipped it.
"""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def peers() -> list[str]:
    """Requirements of the peers."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return list(project["dependency-groups"]["bench-peers"])


def site_packages(folder: Path) -> Path | None:
    """Where the packages of an environment live; None where there is none."""
    found = sorted([*folder.glob("lib/python*/site-packages"), *folder.glob("Lib/site-packages")])
    return found[0] if found else None


def run(*command: str) -> str | None:
    """Run a command; the last line of what it complained about, or None where it did not."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    lines = (done.stderr or done.stdout).strip().splitlines()
    return (lines[-1] if lines else f"exit code {done.returncode}") if done.returncode else None


def main() -> int:
    """Make the environment and install what can be."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    uv = shutil.which("uv")
    make = (uv, "venv", "--python", sys.executable) if uv else (sys.executable, "-m", "venv")
    trouble = None if python.exists() else run(*make, str(folder))
    if trouble:
        print(f"no environment for the peers, all will be skipped: {trouble}")
        return 0
    install = (
        (uv, "pip", "install", "--python", str(python))
        if uv
        else (str(python), "-m", "pip", "install")
    )
    for peer in peers():
        # At the versions of our own environment, which the races load before those here.
        trouble = run(*install, "--quiet", "--constraint", str(ROOT / "requirements.lock"), peer)
        print(f"{peer}: {'skipped, ' + trouble if trouble else 'installed'}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
