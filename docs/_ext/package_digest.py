"""A cache that forgets what an older package made."""

import hashlib
import shutil
from pathlib import Path

__all__ = ["cache_folder", "forget_others"]


def cache_folder(root: Path) -> Path:
    """Folder for what the build keeps between runs: a new one once the package has changed.

    Parameters
    ----------
    root : Path
        The project.

    Returns
    -------
    Path
        Under ``out/docs-cache``, named after a digest of all sources of the package.
    """
    digest = hashlib.sha256()
    for path in sorted((root / "smallnet").rglob("*")):
        if path.suffix in {".py", ".toml", ".csv", ".mplstyle"}:
            digest.update(path.read_bytes())
    return root / "out" / "docs-cache" / digest.hexdigest()[:12]


def forget_others(folder: Path) -> None:
    """Remove what other editions of the package made."""
    for other in folder.parent.glob("*"):
        if other != folder and other.is_dir():
            shutil.rmtree(other)
