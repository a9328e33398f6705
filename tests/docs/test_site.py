"""The site builds without a warning, and its generated parts say what the package says."""

import json
import os
import re
import subprocess
import sys

import pytest
from code_blocks import ROOT

from smallnet import figures
from smallnet.hypotheses.register import register_ids
from smallnet.tables import COVERAGE, SCHEMA

sys.path.insert(0, str(ROOT / "docs" / "_ext"))

from figure_samples_drawn import SAMPLES
from links import check_links
from mathml import to_mathml
from notebook_pages import copy_of


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site in its quick form; a warning, a broken link among them, is an error."""
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-D", "quick=1"),
            *("-d", out / "kept", ROOT / "docs", out / "html"),
        ],
        env=os.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return out / "html"


def words(site, page):
    return re.sub(r"<[^>]+>", "", (site / page).read_text("utf-8"))


def test_every_table_column_and_coverage_is_told(site):
    page = words(site, "tables.html")
    columns = {column.name for table in SCHEMA.values() for column in table.columns}
    assert [name for name in {*SCHEMA, *COVERAGE, *columns} if name not in page] == []


def test_every_claim_has_a_place_in_both_languages(site):
    for name in register_ids():
        assert f'id="claim-{name.lower()}"' in (site / "claims_en.html").read_text("utf-8")
        assert f'id="claim-{name.lower()}-zh"' in (site / "claims_zh.html").read_text("utf-8")


def test_chinese_pages_say_so_to_the_browser(site):
    assert '<html lang="zh-Hans"' in (site / "claims_zh.html").read_text("utf-8")
    assert '<html lang="en"' in (site / "claims_en.html").read_text("utf-8")


def test_every_notebook_is_a_page(site):
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert (site / "notebooks" / f"{path.stem}.html").is_file()


def test_no_page_fetches_anything(site):
    for path in site.rglob("*.html"):
        page = path.read_text("utf-8")
        assert not re.search(r'<(?:script|img|iframe)[^>]+src="(?:https?:)?//', page), path.name
        for link in re.findall(r"<link\b[^>]*>", page):
            assert not re.search(r'href="(?:https?:)?//', link), path.name


def test_a_broken_link_is_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="b.html">b</a><a href="#here">here</a><a href="#there">there</a>'
        '<a href="https://doi.org/10.1/x y">x</a><a href="https://doi.org/10.1/x">x</a></p>'
    )
    assert [sentence.split("'")[1] for sentence in check_links(tmp_path)] == [
        "#there",
        "b.html",
        "https://doi.org/10.1/x y",
    ]


def test_formulas_need_no_script():
    assert "<mfrac>" in to_mathml(r"\frac{a}{b}", block=False)
    assert "<mtable" in to_mathml(r"a &= b \\ c &= d", block=True)
    assert "Big" not in to_mathml(r"1 \Big/ n", block=True)


def test_the_gallery_draws_functions_that_are_there():
    assert set(SAMPLES) <= set(figures.__all__)
    assert len(SAMPLES) > 15


def test_a_notebook_without_its_data_is_shown_and_not_run(tmp_path, monkeypatch):
    for variable in ("SMALLNET_DATA", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    notebook = {
        "metadata": {"smallnet": {"needs": ["thiers2013"]}},
        "cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# A study"}],
    }
    shown = json.loads(copy_of(json.dumps(notebook)))
    assert shown["metadata"]["mystnb"] == {"execution_mode": "off"}
    assert "`thiers2013`" in shown["cells"][1]["source"]
    whole = json.dumps({"metadata": {"smallnet": {"needs": ["karate"]}}, "cells": []})
    assert copy_of(whole) == whole  # comes with a package
