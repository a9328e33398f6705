"""The README keeps its promises; its code runs with that of the site (tests/docs)."""

import re
from pathlib import Path

from smallnet.hypotheses import CLAIMS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
LINKS = re.findall(r"\]\(([^)#]+)", README)


def test_every_command_that_sets_up_is_a_target_of_make():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    asked = set(re.findall(r"(?:^|`)make (\w+)", README, re.MULTILINE))
    assert {"study", "test", "docs"} <= asked
    assert asked <= targets


def test_what_it_links_to_is_there():
    assert [link for link in LINKS if not (ROOT / link).exists()] == []
    assert "docs/first_study.md" in LINKS


def test_every_tested_claim_has_a_line():
    lines = re.findall(r"^\| ([STB]\d\d) \|", README, re.MULTILINE)
    assert len(lines) == len(set(lines))
    assert set(lines) == set(CLAIMS)
