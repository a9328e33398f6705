"""A cache that forgets what an older package made."""

import hashlib
from pathlib import Path

__all__ = ["cache_folder"]


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
