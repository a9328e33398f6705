"""The rule of who answers whom, and how its precision is counted."""

import math

import pytest

from smallnet.importers.replies import RULE_MEASURED, Addressing, agreement, opening_name


def test_the_latest_message_to_the_writer_is_answered_before_any_later_one():
    talk = Addressing()
    assert talk.answered("1", "ana", None) is None
    assert talk.answered("2", "ben", "ana") == "1"
    assert talk.answered("3", "ben", None) is None
    assert talk.answered("4", "ana", "ben") == "2"  # what ben said to ana, not what he said last
    assert talk.answered("5", "cleo", "ben") == "3"  # ben said nothing to cleo: his latest


def test_who_wrote_too_long_ago_is_not_answered():
    talk = Addressing(window=2)
    talk.answered("1", "ana", None)
    assert talk.answered("2", "ben", "ana") == "1"
    talk.answered("3", "ben", None)
    talk.answered("4", "ben", None)
    assert talk.answered("5", "cleo", "ana") is None


def test_nobody_answers_themselves():
    talk = Addressing()
    talk.answered("1", "ana", None)
    assert talk.answered("2", "ana", "ana") is None


@pytest.mark.parametrize("text", ["", ":", "@", "a b: c", "http://example.org", ": ana", "\0: x"])
def test_what_is_no_address_is_none(text):
    assert opening_name(text) in (None, "\0")


def test_agreement_counts_messages_and_people():
    gold = {1: {0}, 2: {0}, 3: {3}, 4: {1, 2}}
    senders = {0: "ana", 1: "ben", 2: "ben", 3: "cleo", 4: "ana"}
    found = agreement({1: 0, 4: 2, 2: 1, 3: 0, 9: 8}, gold, senders)
    assert (found.annotated, found.answers, found.inferred) == (4, 3, 4)
    assert (found.exact, found.person) == (2, 2)
    assert (found.precision, found.recall) == (0.5, 2 / 3)


def test_nothing_inferred_has_no_precision():
    assert math.isnan(agreement({}, {}, {}).precision)


def test_the_stated_precision_is_that_of_42_and_55_in_61():
    # Wilson (1927) by hand: (42 + 1.9208 ± 1.96 sqrt(42 * 19 / 61 + 0.9604)) / (61 + 3.8415)
    assert "0.69 [0.56, 0.79]" in RULE_MEASURED.to_text().en
    assert "0.90 [0.80, 0.95]" in RULE_MEASURED.to_text().en
