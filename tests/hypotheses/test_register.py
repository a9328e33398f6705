"""Every claim of the essay and of the book says what it means, or why it is not tested."""

import re

import pytest

from smallnet.errors import UnknownNameError
from smallnet.hypotheses import CLAIMS, Claim
from smallnet.hypotheses.register import explain, find_registered, register_ids, untested

ESSAY = [f"S{number:02d}" for number in range(1, 25)]
BOOK = [f"B{number:02d}" for number in range(1, 19)]
TEXTS = ("title", "claim", "estimand", "why_hard", "would_refute", "would_settle")
CHINESE = re.compile("[\u4e00-\u9fff]")


def test_every_claim_of_essay_and_book_is_registered_once():
    assert register_ids() == (*ESSAY, "T30", *BOOK)
    assert set(untested()) == set(register_ids()) - set(CLAIMS)


@pytest.mark.parametrize("name", register_ids())
def test_a_claim_has_every_text_in_both_languages(name):
    found = find_registered(name)
    texts = TEXTS + (("method", "null_model") if isinstance(found, Claim) else ("reason",))
    for field in texts:
        text = getattr(found, field)
        assert text.en.strip(), field
        assert CHINESE.search(text.zh), field
        own_words = re.sub("[(（]?「[^」]*」[)）]?", "", text.en)
        assert not CHINESE.search(own_words), field
    if isinstance(found, Claim):
        for text in (*found.assumptions, *found.threats):
            assert text.en.strip()
            assert CHINESE.search(text.zh)
        assert found.threats
        assert found.needs


@pytest.mark.parametrize("name", ["S05", "b08"])
def test_an_explanation_has_its_five_parts_and_no_codes_of_ours(name):
    english, chinese = explain(name), explain(name, "zh")
    for heading in (
        "the claim",
        "why it is hard",
        "what we estimate",
        "what would refute it",
        "which data would settle it",
    ):
        assert heading in english
        assert heading not in chinese
    assert not re.search(r"\bT\d{1,2}\b(?<!T30)", english)
    assert ("why smallnet does not test it" in english) == (name == "b08")
    assert ("为什么 smallnet 不检验它" in chinese) == (name == "b08")


def test_an_id_that_nobody_claimed_is_unknown():
    with pytest.raises(UnknownNameError, match="'S99'"):
        explain("S99")
