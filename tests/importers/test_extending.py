"""A format of another package: found by its entry point, and treated like our own."""

import sys
from pathlib import Path

import pytest
from importers.imported import imported, skipped

from smallnet.importers import detect, find_format, format_names

MODULE = """
from smallnet.importers import Format
from smallnet.tables import Text


def read(source, collector, options):
    for number, line in source.lines():
        collector.record()
        parts = line.split("|")
        if len(parts) != 3:
            collector.skipped("no line of a diary", number)
        else:
            at = int(parts[0]) * 1_000_000
            collector.message(None, parts[1], at, group=options.chat or "diary", text=parts[2])


FORMAT = Format(
    name="made_diary",
    title=Text(en="Diary", zh="日记"),
    read=read,
    sniff=lambda name, head: name.endswith(".diary"),
    covers=(),
)
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package that announces a format, as pip would have put it there."""
    (tmp_path / "made_diary_format.py").write_text(MODULE, encoding="utf-8")
    info = tmp_path / "made_diary-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: made-diary\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[smallnet.importers]\nmade_diary = made_diary_format:FORMAT\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("made_diary_format", None)


def test_a_format_of_another_package_reads_like_our_own(installed: Path):
    path = installed / "mine.diary"
    path.write_text("1600000000|ann|hello\nbroken\n1600000060|bob|hello", encoding="utf-8")
    assert "made_diary" in format_names()
    assert detect(path).name == find_format("made_diary").name == "made_diary"
    done = imported(None, path)
    assert done.report.kept["interactions"] == 2
    assert skipped(done.report) == {"no line of a diary": 1}


def test_without_it_the_format_is_not_there(tmp_path):
    assert "made_diary" not in format_names()
