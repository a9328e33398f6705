"""Every method that is recommended exists, says what it is, and where it comes from."""

import importlib
import inspect
import re

import pytest

from smallnet.hypotheses import methods
from smallnet.hypotheses.methods import WHICH_TEST, advise, which_test_page

ROOM = "smallnet.hypotheses.methods"
OWN = {  # nobody else's: what is done is in the docstring itself
    "group_windows.group_windows",
    "same_people.same_people",
    "stays.cut_into_bands",
    "threshold.step_at",
    "threshold_checks.bend",
    "moments.stacked_ratio",
    "exposure.fit_exposure",
    "threshold_checks.placebo_steps",
}


@pytest.mark.parametrize("use", [advice.use for advice in WHICH_TEST])
def test_every_method_that_is_recommended_exists_with_a_source(use):
    name, function = use.split(".")
    module = importlib.import_module(f"{ROOM}.{name}")
    assert function in module.__all__
    words = inspect.getdoc(getattr(module, function))
    assert "Returns" in words or "Raises" in words or "Parameters" in words or use in OWN
    sourced = re.compile(r"doi\.org|\(\d{4}\)|Wiley|Springer")
    assert use in OWN or sourced.search(words) or sourced.search(module.__doc__)


def test_a_method_is_recommended_once_and_the_shop_window_names_its_module():
    uses = [advice.use for advice in WHICH_TEST]
    assert len(set(uses)) == len(uses)
    for use in uses:
        assert f"``{use.split('.')[0]}``" in methods.__doc__


def test_words_in_the_docstring_are_modules():
    for name in re.findall(r"``([a-z_]+)``", methods.__doc__):
        importlib.import_module(f"{ROOM}.{name}")


def test_the_page_has_a_row_for_each_and_no_broken_table():
    page = which_test_page()
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    sections = {advice.section for advice in WHICH_TEST}
    assert len(rows) == len(WHICH_TEST) + len(sections)
    assert all(row.count("|") == 5 for row in rows)


def test_advice_is_found_by_its_words_in_any_case():
    assert [a.use for a in advise("Density_Test")] == ["discontinuity.discontinuity"]
    assert advise("nothing like this") == ()
