"""Several data sets on one claim: what is pooled, what is not, and what is said."""

import dataclasses
import re

import numpy as np
import pytest
from study_samples import found, study

from smallnet.errors import InputError
from smallnet.hypotheses.across import NOT_POOLED, compare_studies
from smallnet.hypotheses.claims import CLAIMS
from smallnet.hypotheses.methods.pooling import pool


def across(claim, *studies, **options):
    return next(c for c in compare_studies(studies, **options) if c.id == claim)


def kept_out(answer):
    return None if answer.kept_out is None else answer.kept_out.en


def test_ratios_are_pooled_by_their_logarithms():
    whole = across(
        "S05",
        study("a", found("S05", 0.5, 0.1)),
        study("b", found("S05", 0.7, 0.2)),
        study("c", found("S05", 0.6, 0.15)),
    )
    (pooled,) = whole.pools
    alone = pool(np.log([0.5, 0.7, 0.6]), [0.1, 0.2, 0.15])
    assert whole.state == "pooled"
    assert pooled.estimate == pytest.approx(np.exp(alone.estimate), rel=1e-5)
    assert pooled.ci_high == pytest.approx(np.exp(alone.ci_high), rel=1e-5)
    assert pooled.prediction_low == pytest.approx(np.exp(alone.prediction_low), rel=1e-5)
    assert pooled.people == 300
    assert whole.verdict == pooled.verdict == "supported"


def test_a_difference_is_pooled_as_it_is():
    one = found("S12", 0.05, ci_low=0.03, ci_high=0.07)
    other = found("S12", 0.05, ci_low=0.03, ci_high=0.07)
    (pooled,) = across("S12", study("a", one), study("b", other)).pools
    assert pooled.estimate == pytest.approx(0.05)


def test_a_simulated_set_is_shown_and_never_pooled():
    whole = across(
        "S05",
        study("a", found("S05", 0.5)),
        study("world", found("S05", 0.1), simulated=True),
        study("b", found("S05", 0.5)),
    )
    assert whole.pools[0].studies == ("a", "b")
    assert [kept_out(answer) is None for answer in whole.answers] == [True, False, True]


def test_the_same_tables_count_once():
    twin = found("S05", 0.5)
    whole = across("S05", study("a", twin, sha256="f"), study("b", twin, sha256="f"))
    assert whole.state == "one set"
    assert kept_out(whole.answers[1]) == "the same tables as a"


def test_of_sets_with_the_same_people_the_largest_counts():
    sets = [
        study("small", found("S05", 0.5), people=50),
        study("large", found("S05", 0.6), people=500),
        study("apart", found("S05", 0.7)),
    ]
    whole = across("S05", *sets, same_people=[("small", "large")])
    assert whole.pools[0].studies == ("large", "apart")
    assert "large" in kept_out(whole.answers[0])


def test_sizes_of_members_and_of_writers_are_not_averaged():
    writers = {"coverage": {"lurkers": False}}
    whole = across("S05", study("a", found("S05", 0.5)), study("b", found("S05", 1.5), **writers))
    assert whole.state == "apart"
    assert not whole.pools


def test_ties_of_different_kinds_are_not_averaged():
    friends = {"details": {"layer": "friendships"}}
    quotes = {"details": {"layer": "quotes"}}
    whole = across(
        "S15",
        study("a", found("S15", 2.0, **friends)),
        study("b", found("S15", 3.0, **quotes)),
        study("c", found("S15", 4.0, **friends)),
    )
    (pooled,) = whole.pools
    assert pooled.studies == ("a", "c")
    assert "b 3 [2.47, 3.65]" in whole.reason.en


def test_groups_made_out_of_ties_are_no_evidence_of_a_wall():
    layer = {"details": {"layer": "friendships"}}
    sets = [study(name, found("S15", 3.0, **layer)) for name in ("karate", "a", "b")]
    assert across("S15", *sets).pools[0].studies == ("a", "b")


@pytest.mark.parametrize("claim", NOT_POOLED)
def test_numbers_of_a_source_or_of_a_search_stand_side_by_side(claim):
    whole = across(claim, study("a", found(claim, 20.0)), study("b", found(claim, 40.0)))
    assert whole.state == "apart"
    assert not whole.pools


def test_without_estimate_or_width_there_is_nothing_to_pool():
    flat = found("S05", 0.5, ci_low=0.5, ci_high=0.5)
    whole = across("S05", study("a", found("S05", None)), study("b", flat))
    assert whole.state == "one set"
    assert {kept_out(answer) is None for answer in whole.answers} == {False}


def test_what_is_not_testable_is_no_answer():
    whole = across("S05", study("a", found("S05", None, verdict="not testable")))
    assert (whole.state, whole.verdict, whole.answers) == ("nobody", "not testable", ())


def test_one_set_keeps_its_verdict_and_sets_apart_are_mixed():
    one = across("S05", study("a", found("S05", 0.5, verdict="supported")))
    assert (one.state, one.verdict) == ("one set", "supported")
    two = across(
        "S14",
        study("a", found("S14", 1.0, verdict="contradicted")),
        study("b", found("S14", 12.0, verdict="supported")),
    )
    assert (two.state, two.verdict) == ("apart", "mixed")


def test_a_pool_that_is_firm_alone_is_taken_back_among_many():
    # Of four pools one has p near .02, times four above .05; the others say nothing.
    firm = [found("S05", 0.8, 0.1), found("S05", 0.75, 0.1), found("S05", 0.78, 0.1)]
    noise = [[found(claim, value, 0.2) for value in (0.95, 1.05, 1.0)]
             for claim in ("S04", "S16", "B07")]  # fmt: skip
    alone = across("S05", *(study(f"s{i}", r) for i, r in enumerate(firm)))
    among = compare_studies([study(f"s{i}", firm[i], *(row[i] for row in noise)) for i in range(3)])
    (before,), (after,) = alone.pools, next(c for c in among if c.id == "S05").pools
    assert before.p_adjusted == before.p_value
    assert after.p_adjusted == pytest.approx(4 * after.p_value)
    assert (before.verdict, after.verdict) == ("supported", "inconclusive")


def test_leaving_out_one_is_pooling_the_others():
    sets = [study(name, found("S05", x)) for name, x in zip("abc", (0.5, 0.6, 0.9), strict=True)]
    rows = {row["study"]: row for row in across("S05", *sets).pools[0].without}
    assert rows["c"]["estimate"] == pytest.approx(across("S05", *sets[:2]).pools[0].estimate)


def test_the_order_of_sets_does_not_matter():
    sets = [study(name, found("S05", x)) for name, x in zip("abc", (0.5, 0.6, 0.9), strict=True)]
    one, turned = across("S05", *sets).pools[0], across("S05", *sets[::-1]).pools[0]
    assert turned.estimate == pytest.approx(one.estimate)
    assert turned.ci_low == pytest.approx(one.ci_low)


def test_a_pool_of_alike_null_results_is_no_effect():
    # The interval of a few sets is by Student's t: 4.3 times the error for three of them.
    sets = [study(name, found("S05", 1.0, 0.02)) for name in "abc"]
    assert across("S05", *sets).verdict == "no effect"


def test_names_must_differ_and_be_known():
    twice = [study("a", found("S05", 0.5)), study("a", found("S05", 0.5))]
    with pytest.raises(InputError, match="called 'a'"):
        compare_studies(twice)
    with pytest.raises(InputError, match="'zoo'"):
        compare_studies(twice[:1], same_people=[("a", "zoo")])


def test_every_claim_has_words_in_both_languages():
    results = [found(claim, 2.0) for claim in CLAIMS]
    writers = {"coverage": {"lurkers": False}}
    few = [dataclasses.replace(result, estimate=None) for result in results]
    sets = [study("a", *results), study("b", *results, **writers), study("c", *few)]
    for whole in compare_studies([*sets, study("d", *results)]):
        assert re.search("[a-z]", whole.reason.en)
        assert re.search("[\u4e00-\u9fff]", whole.reason.zh)
        assert not re.search("[{}]", whole.reason.en + whole.reason.zh)
