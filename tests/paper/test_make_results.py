"""`make results`: what holds is kept, what does not is studied again."""

import sys
from pathlib import Path

import pytest

from smallnet.report import read_results

sys.path.insert(0, str(Path(__file__).parents[2] / "data"))

from make_results import MADE_FROM, QUICK, code_digest, made_from, studies, study_one

SETTINGS = {"hypotheses": "S14", "replicates": 19}


@pytest.fixture
def tables(tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    rows = "".join(f"g{group},p{person}\n" for group in range(3) for person in range(group, 12))
    (folder / "memberships.csv").write_text(f"group,person\n{rows}")
    return folder


def test_a_set_is_studied_again_only_when_it_must(tables, tmp_path, capsys):
    out = tmp_path / "out"
    study_one("mine", tables, out, {"code": "1"}, SETTINGS, "en")
    study_one("mine", tables, out, {"code": "1"}, SETTINGS, "en")
    assert ["(kept)" in line for line in capsys.readouterr().out.splitlines()] == [False, True]
    assert [result.id for result in read_results(out)] == ["S14"]
    (out / MADE_FROM).unlink()  # written last: without it a study was broken off
    study_one("mine", tables, out, {"code": "1"}, SETTINGS, "en")
    assert "(kept)" not in capsys.readouterr().out


def test_results_depend_on_files_code_choices_and_language():
    one = made_from({"a": "1"}, "code", {}, "en")
    assert one == made_from({"a": "1"}, "code", {}, "en")
    for other in (
        made_from({"a": "2"}, "code", {}, "en"),
        made_from({"a": "1"}, "other", {}, "en"),
        made_from({"a": "1"}, "code", {"replicates": 99}, "en"),
        made_from({"a": "1"}, "code", {}, "zh"),
    ):
        assert one != other


def test_the_digest_of_the_code_is_the_same_twice():
    assert code_digest() == code_digest()


def test_the_quick_form_takes_few_sets_and_none_that_is_not_here():
    names = [name for name, _, _ in studies(fetch=False, quick=True)]
    assert "karate" in names
    assert set(names) <= set(QUICK)
