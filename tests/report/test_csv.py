import csv

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import HOSTILE, sample_groups

from smallnet.report.csv import defuse, read_csv, restore, write_csv, write_tables

RISKY = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("x")', "-", "＝1+1"]


def one_break(text):
    """Line breaks as they stand in the file, and no NUL."""
    return text.replace("\x00", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")


def cells(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("text", RISKY)
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text, tmp_path):
    path = write_csv(pd.DataFrame({"group": [text], "size": [3]}), tmp_path / "t.csv")
    assert cells(path)[1][0] == "'" + one_break(text)


@pytest.mark.parametrize("number", [-1.5, -3, 1e-9, "-5", "+5.5", "-1e-9"])
def test_numbers_stay_numbers(number):
    assert defuse(number) == number


def test_negative_numbers_in_a_table_have_no_apostrophe(tmp_path):
    frame = pd.DataFrame({"group": ["a", "b"], "index": [-0.25, np.nan], "count": [-1, 2]})
    assert cells(write_csv(frame, tmp_path / "t.csv"))[1:] == [["a", "-0.25", "-1"], ["b", "", "2"]]


@given(st.text())
def test_every_text_comes_back(text):
    assert restore(defuse(text)) == one_break(text)


@given(st.text())
def test_no_written_text_begins_as_a_formula_does(text):
    written = defuse(text)
    assert not written.startswith(("=", "@", "\t", "\r", "\n"))
    if written.startswith(("+", "-")):
        assert float(written) is not None  # raises where it is no number


def test_a_table_of_hostile_names_comes_back(tmp_path):
    groups = sample_groups()
    write_tables(tmp_path, groups)
    back = read_csv(tmp_path / "tables" / "groups.csv")
    assert back["group"].tolist() == [one_break(name) for name in groups["group"]]
    np.testing.assert_allclose(back["size"], groups["size"])


def test_every_hostile_name_is_one_cell(tmp_path):
    frame = pd.DataFrame({"group": list(HOSTILE.values()), "size": range(len(HOSTILE))})
    rows = cells(write_csv(frame, tmp_path / "t.csv"))
    assert {len(row) for row in rows} == {2}
    assert len(rows) == len(HOSTILE) + 1


def test_a_header_that_begins_as_a_formula_is_defused_too(tmp_path):
    path = write_csv(pd.DataFrame({"=cmd": ["a"]}), tmp_path / "t.csv")
    assert cells(path)[0] == ["'=cmd"]


def test_ids_that_look_like_numbers_stay_texts(tmp_path):
    frame = pd.DataFrame({"group": ["007", "1e5", "NA"], "size": [1, 2, 3]})
    write_csv(frame, tmp_path / "t.csv")
    assert read_csv(tmp_path / "t.csv")["group"].tolist() == ["007", "1e5", "NA"]


def test_a_scorecard_stands_beside_the_groups(tmp_path):
    groups = sample_groups()
    paths = write_tables(tmp_path, groups, groups[["group", "criteria_met"]])
    assert [path.name for path in paths] == ["groups.csv", "scorecard.csv"]
