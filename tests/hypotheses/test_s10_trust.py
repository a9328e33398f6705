"""S10 takes trust that was asked before the offer, and compares a person with themselves."""

import numpy as np
import pandas as pd
import pytest
from planted_worlds import ask_worlds, assert_covered, assert_level
from statsmodels.discrete.conditional_models import ConditionalLogit

from smallnet.errors import InputError
from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.methods.conditional_logit import fit_conditional_logit
from smallnet.hypotheses.methods.trusted_offers import (
    trust_answers,
    trust_by_group,
    trusted_offers,
)
from smallnet.hypotheses.planted import load_planted
from smallnet.tables import Choices, Dataset

S10 = load_claim("S10")
START = pd.Timestamp("2024-01-01")
STUDY = {
    "name": "trust",
    "observed_from": START.to_pydatetime(),
    "observed_until": (START + pd.Timedelta(days=40)).to_pydatetime(),
    "coverage": {"feed": True, "private": True},
}


def day(n):
    return START + pd.Timedelta(days=float(n))


def tiny():
    shares = pd.DataFrame(
        {
            "share": ["s1", "s2", "s3"],
            "item": ["book", "song", "film"],
            "sharer": ["ann", "bo", "ann"],
            "channel": ["group", "group", "friend"],
            "group": ["g", "g", None],
            "recipient": [None, None, "cy"],
            "shared_at": [day(10), day(10), day(20)],
        }
    )
    answers = [
        ("cy", "ann", "I trust them", 5.0, 1),
        ("cy", "ann", "I trust them", 1.0, 15),  # after s1, before s3
        ("cy", "ann", "they are funny", 9.0, 2),  # another question
        ("cy", "bo", "I trust them", 3.0, 30),  # too late
        ("di", "ann", "I trust them", 2.0, None),  # who knows when
        ("cy", "cy", "I trust them", 5.0, 1),
    ]
    surveys = pd.DataFrame(answers, columns=["person", "about", "item", "score", "at"])
    surveys["at"] = [pd.NaT if pd.isna(n) else day(n) for n in surveys["at"]]
    seen = [("s1", "cy", 11), ("s2", "cy", 11), ("s1", "di", 11), ("s3", "cy", 21)]
    return {
        "people": pd.DataFrame({"person": ["ann", "bo", "cy", "di"]}),
        "shares": shares,
        "surveys": surveys,
        "exposures": pd.DataFrame(
            {
                "share": [s for s, _, _ in seen],
                "person": [p for _, p, _ in seen],
                "seen_at": [day(n) for *_, n in seen],
            }
        ),
        "adoptions": pd.DataFrame(
            {
                "person": ["cy"],
                "item": ["book"],
                "adopted_at": [day(12)],
                "via_share": ["s1"],
            }
        ),
    }


def test_only_trust_that_was_asked_before_the_offer_counts_and_the_last_of_it():
    dataset = Dataset.from_frames(tiny(), STUDY)
    answers = trust_answers(dataset, "surveys")
    assert len(answers) == 4  # of the question that names trust, about others
    rows = trusted_offers(dataset, answers).set_index("share")
    assert rows.index.tolist() == ["s1", "s3"]
    assert rows["trust"].tolist() == pytest.approx([1.0, -1.0])  # 5 for the book, 1 for the film
    assert rows["took"].tolist() == [True, False]
    assert rows["past"].tolist() == [0, 1]


def test_signed_ties_are_trust_while_they_last():
    tables = tiny()
    del tables["surveys"]
    tables["ties"] = pd.DataFrame(
        {
            "source": ["cy", "cy", "di", "di"],
            "target": ["ann", "bo", "ann", "bo"],
            "layer": ["rating", "rating", "rating", "advice"],
            "weight": [8.0, -4.0, 1.0, 1.0],
            "at": [day(1), day(1), day(1), day(1)],
            "until": [day(15), None, None, None],
        }
    )
    dataset = Dataset.from_frames(tables, STUDY)
    answers = trust_answers(dataset, "ties")
    assert len(answers) == 3  # the layer that holds a negative weight
    rows = trusted_offers(dataset, answers)
    assert sorted(zip(rows["share"], rows["person"], strict=True)) == [
        ("s1", "cy"),
        ("s1", "di"),
        ("s2", "cy"),
    ]


def test_the_correlation_within_groups_is_that_of_a_hand_count():
    # means 2 and 6, squares between 2 (4 + 4) / 1 = 16, within 4 / 2 = 2: (16 - 2) / (16 + 2)
    answers = pd.DataFrame({"group": ["g", "g", "h", "h"], "score": [1.0, 3.0, 5.0, 7.0]})
    correlation, groups = trust_by_group(Dataset.from_frames(tiny(), STUDY), answers)
    assert groups == 2
    assert correlation == pytest.approx(7 / 9)


def test_the_logit_is_that_of_statsmodels_with_many_events_a_stratum():
    rng = np.random.default_rng(1)
    person, x = np.repeat(np.arange(40), 12), rng.normal(size=(480, 2))
    odds = np.exp(rng.normal(-0.5, 1, 40)[person] + x @ [0.6, -0.3])
    y = rng.random(480) < odds / (1 + odds)
    part = np.bincount(person, y)[person]
    told = (part > 0) & (part < 12)
    peer = ConditionalLogit(y[told].astype(float), x[told], groups=person[told]).fit(disp=False)
    model = fit_conditional_logit(y, x, person)
    np.testing.assert_allclose(model.beta, peer.params, rtol=1e-3)
    np.testing.assert_allclose(np.sqrt(np.diag(model.cov)), peer.bse, rtol=1e-2)


def test_large_strata_are_cut_without_bias_and_sides_alone_are_refused():
    rng = np.random.default_rng(2)
    x = rng.normal(size=6000)
    y = rng.random(6000) < 1 / (1 + np.exp(1.5 - 0.5 * x))
    model = fit_conditional_logit(y, x, np.zeros(6000))
    assert abs(model.beta[0] - 0.5) < 4 * np.sqrt(model.cov[0, 0])
    with pytest.raises(InputError, match=r"one side|no finite"):
        fit_conditional_logit([1, 0, 1, 0], [1, 0, 1, 0], [0, 0, 1, 1])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"surveys": None}, "surveys.about"),
        ({"exposures": None, "shares": "group"}, "exposures"),
        ({"surveys": "late"}, "before an offer"),
    ],
)
def test_it_says_what_it_lacks(change, word):
    tables = tiny()
    if change.get("surveys", 0) is None:
        del tables["surveys"]
    if change.get("surveys") == "late":
        tables["surveys"]["at"] = day(39)
    if "exposures" in change:
        del tables["exposures"]
        tables["shares"] = tables["shares"].query("channel == 'group'")
    dataset = Dataset.from_frames(tables, STUDY)
    (result,) = run_claims(dataset, Choices(hypotheses=("S10",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert word in result.reason
    assert "无法检验" in result.word("reason", "zh")


def world(seed, odds=1.0):
    plan = load_planted("S10")
    rng = np.random.default_rng(seed)
    return plan.draw(odds, groups=plan.groups, people=plan.people, rng=rng)[0]


def frames_of(dataset):
    return {name: dataset.frame(name) for name in dataset.tables}


def test_shares_to_friends_are_offers_where_nobody_recorded_who_saw_what():
    dataset = world(3, 1.8)
    tables = frames_of(dataset)
    del tables["exposures"]
    result = S10.test(
        Dataset.from_frames(tables, dataset.study), Choices(), rng=np.random.default_rng(1)
    )
    assert result.details["offers_from"] == "shares to friends"
    friend = tables["shares"].query("channel == 'friend'")
    assert 0 < result.n["rows"] <= len(friend)


def test_a_cue_of_trust_that_chance_set_decides():
    dataset = world(4, 1.8)
    tables = frames_of(dataset)
    tables["events"]["kind"] = "verification"
    taken = tables["adoptions"].merge(
        tables["shares"][["share", "group"]], left_on="via_share", right_on="share"
    )
    verified = set(tables["events"].query("arm == 'verified'")["group"])
    refused = taken["group"].isin(verified) & (np.arange(len(taken)) % 8 > 0)
    tables["adoptions"] = tables["adoptions"][~refused.to_numpy()]
    result = S10.test(
        Dataset.from_frames(tables, dataset.study), Choices(), rng=np.random.default_rng(1)
    )
    cue = result.details["randomised_cue"]
    assert cue["ci_high"] < 1
    assert result.verdict == "contradicted"  # whatever the association says
    assert result.details["association"] == "supported"
    assert "What decides" in result.reason
    tables["events"]["randomised"] = False
    result = S10.test(
        Dataset.from_frames(tables, dataset.study), Choices(), rng=np.random.default_rng(1)
    )
    assert result.details["randomised_cue"] is None
    assert (result.verdict, result.p_value) == ("not testable", None)
    assert result.estimate > 1
    assert "association" in result.reason


def test_scores_in_other_units_give_the_same_answer():
    dataset = world(5, 1.4)
    tables = frames_of(dataset)
    first = S10.test(dataset, Choices(), rng=np.random.default_rng(1))
    tables["surveys"]["score"] = 100 - 10 * tables["surveys"]["score"]
    again = S10.test(
        Dataset.from_frames(tables, dataset.study), Choices(), rng=np.random.default_rng(1)
    )
    assert again.estimate == pytest.approx(1 / first.estimate)
    assert again.ci_low == pytest.approx(1 / first.ci_high)


@pytest.mark.calibration
def test_where_trust_does_nothing_false_alarms_stay_at_their_level():
    assert_level([result.p_value for result, _truth in ask_worlds("S10", 1.0, 24, 6)], sigmas=3)


@pytest.mark.calibration
def test_planted_odds_are_covered_and_found():
    assert_covered(ask_worlds("S10", 1.8, 12, 7), supported=0.8)
