"""Every block of code of the README and of the site runs as it stands."""

import shutil

import pytest
from code_blocks import BY_HAND, LANGUAGES, ROOT, blocks_of, run_page

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
WITH_CODE = [page for page in PAGES if any(lang != "text" for lang, _ in blocks_of(page))]


@pytest.fixture
def place(tmp_path):
    """A folder with the embedded data, as in a copy of the project."""
    (tmp_path / "data").mkdir()
    shutil.copytree(ROOT / "data" / "campaign", tmp_path / "data" / "campaign")
    return tmp_path


def test_every_block_says_its_language():
    told = {(page.name, lang) for page in PAGES for lang, _ in blocks_of(page)}
    assert {(name, lang) for name, lang in told if lang not in LANGUAGES} == set()


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs(page, place):
    run_page(page, place)


def test_what_is_left_to_the_reader_only_sets_up():
    lines = [
        line
        for page in WITH_CODE
        for lang, text in blocks_of(page)
        if lang == "bash"
        for line in text.splitlines()
    ]
    left = [line for line in lines if line.startswith(BY_HAND)]
    assert left
    assert all("smallnet " not in line.split("#")[0] for line in left)
