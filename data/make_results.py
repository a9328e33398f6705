"""Test the claims on every registered data set that is on this machine: one folder a set.

    python data/make_results.py out [--quick] [--only karate,eies] [--fetch] [--lang zh]

A set that was studied before from the same files, by the same code and choices, is not studied
again: ``made_from.json`` in its folder tells what it was made from. ``--quick`` takes a few small
sets and few draws of each null, to see in a minute that the whole way holds. Sets that are not
here are passed over by name, or fetched with ``--fetch`` where they have an address.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import smallnet
from smallnet.errors import DownloadError
from smallnet.report import read_results
from smallnet.study import run_study
from smallnet.tables import Choices, atomic_write, list_data
from smallnet.tables.registry import is_here

ROOT = Path(__file__).parent.parent
CAMPAIGN = ROOT / "data" / "campaign"  # simulated, comes with the repository
QUICK = ("karate", "eies", "med_innovation", "mit_social_evolution")
QUICK_SETTINGS = {"replicates": 99}
MADE_FROM = "made_from.json"
NO_ANSWERS = {"figures", "report", "importers", "cli.py", "spreading.py", "__main__.py"}


def main() -> int:
    """Study the sets one after another."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder for the results")
    parser.add_argument("--lang", choices=["en", "zh"], default="en")
    parser.add_argument("--quick", action="store_true", help="a few sets, few draws")
    parser.add_argument("--only", metavar="A,B", help="names of sets")
    parser.add_argument("--fetch", action="store_true", help="fetch sets that are not here")
    arguments = parser.parse_args()
    names = set(arguments.only.split(",")) if arguments.only else None
    settings = QUICK_SETTINGS if arguments.quick else {}
    code = code_digest()
    for name, source, files in studies(fetch=arguments.fetch, quick=arguments.quick):
        if names is not None and name not in names:
            continue
        parts = made_from(files, code, settings, arguments.lang)
        study_one(name, source, arguments.out / name, parts, settings, arguments.lang)
    return 0


def studies(*, fetch: bool, quick: bool) -> Iterable[tuple[str, str | Path, Mapping[str, str]]]:
    """Give name, source and digests of files of every set that can be studied here."""
    for entry in list_data():
        if quick and entry.name not in QUICK:
            continue
        if is_here(entry.name) or (fetch and entry.fetchable):
            yield entry.name, entry.name, {file.name: file.sha256 for file in entry.files}
        else:
            print(f"{entry.name}: passed over, its files are not here", file=sys.stderr)
    if not quick:
        digests = {p.name: _sha256(p) for p in sorted(CAMPAIGN.iterdir()) if p.is_file()}
        yield CAMPAIGN.name, CAMPAIGN, digests


def code_digest() -> str:
    """Digest of the package's source, of what can move an answer: not of pages and figures."""
    package = Path(smallnet.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        place = path.relative_to(package)
        if path.suffix in {".py", ".csv", ".toml"} and place.parts[0] not in NO_ANSWERS:
            digest.update(f"{place.as_posix()} {_sha256(path)}\n".encode())
    return digest.hexdigest()


def made_from(
    files: Mapping[str, str], code: str, settings: Mapping[str, object], lang: str
) -> dict[str, object]:
    """Say all that the results of a set depend on."""
    return {
        "smallnet": smallnet.__version__,
        "code": code,
        "files": dict(files),  # with the converters, which are code, they make the tables
        "choices": Choices.from_mapping(settings).to_dict(),
        "lang": lang,
    }


def study_one(
    name: str,
    source: str | Path,
    out: Path,
    parts: Mapping[str, object],
    settings: Mapping[str, object],
    lang: str,
) -> None:
    """Study a set, or read what an earlier run from the same parts found."""
    kept = out / MADE_FROM
    begun = time.monotonic()
    if kept.is_file() and json.loads(kept.read_text("utf-8")) == parts:
        results, took = read_results(out), "kept"
    else:
        kept.unlink(missing_ok=True)
        try:
            results = run_study(source, out, settings=settings, lang=lang).results
        except DownloadError as error:
            print(f"{name}: passed over, {error}", file=sys.stderr)
            return
        with atomic_write(kept) as file:
            json.dump(parts, file, indent=1)
        took = f"{time.monotonic() - begun:.0f} s"
    verdicts = [f"{r.id} {r.verdict}" for r in results if r.verdict != "not testable"]
    print(f"{name} ({took}): {'; '.join(verdicts) or 'no claim is testable'}", flush=True)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
