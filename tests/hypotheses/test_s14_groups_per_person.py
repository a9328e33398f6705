"""S14 by hand, and on platforms that planted an answer."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from smallnet.hypotheses import s14_groups_per_person as s14
from smallnet.hypotheses.result import Result
from smallnet.simulations import Platform
from smallnet.tables import Choices, Dataset

STUDY = {"observed_from": "2024-01-01", "observed_until": "2024-01-11"}


def ask(memberships, **tables):
    dataset = Dataset.from_frames({"memberships": memberships} | tables, STUDY)
    return s14.test(dataset, Choices(), rng=np.random.default_rng(1))


def people_in(counts):
    """People who are in so many groups each."""
    rows = [(f"g{g}", f"p{i}") for i, count in enumerate(counts) for g in range(count)]
    return pd.DataFrame(rows, columns=["group", "person"])


def test_the_quantile_is_of_people_not_of_memberships():
    result = ask(people_in([2] * 3 + [12] * 37))
    assert result.estimate == 2  # 2 of 40 are 5 %: the third value is 2 as well
    assert result.details["mean"] == pytest.approx((6 + 444) / 40)
    assert result.details["further_groups_through_a_membership"] == pytest.approx(
        (3 * 2 + 37 * 132) / 40 / (450 / 40)
    )
    assert result.details["share_under_ten"] == pytest.approx(3 / 40)


@pytest.mark.parametrize(("people", "verdict"), [(2, "inconclusive"), (19, "inconclusive"),
                                                 (20, "contradicted")])  # fmt: skip
def test_fewer_than_twenty_people_have_no_one_in_twenty(people, verdict):
    result = ask(people_in([2] * people))
    assert result.verdict == verdict
    assert result.estimate == 2
    if verdict == "inconclusive":
        assert result.p_value is None
        assert f"Only {people} people" in result.reason
        assert f"只有 {people} 人" in result.word("reason", "zh")


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ([10] * 400, "supported"),
        ([9] * 20 + [10] * 380, "inconclusive"),
        ([9] * 50 + [15] * 350, "contradicted"),
    ],
)
def test_at_least_ten_is_supported_and_nine_is_not(counts, verdict):
    result = ask(people_in(counts))
    assert result.verdict == verdict
    assert (result.p_value < 0.05) == (verdict != "inconclusive")


def test_the_p_value_is_that_of_the_number_of_people_under_ten():
    result = ask(people_in([3] * 30 + [15] * 270))
    upper = stats.binom.sf(29, 300, 0.05)
    assert result.p_value == pytest.approx(2 * upper)


def test_groups_are_those_of_the_end_and_others_stand_beside():
    day = pd.Timestamp("2024-01-01")
    rows = [
        ("g", "ann", None, None),
        ("h", "ann", None, day + pd.Timedelta(days=5)),
        ("closed", "ann", None, None),
        ("g", "gone", None, day + pd.Timedelta(days=5)),
    ]
    members = pd.DataFrame(rows, columns=["group", "person", "joined_at", "left_at"])
    groups = pd.DataFrame({"group": ["closed"], "closed_at": [day + pd.Timedelta(days=9)]})
    result = ask(members, groups=groups)
    assert result.n["people"] == 1
    assert result.estimate == 1
    assert result.details["people_without_a_group_at_the_end"] == 1
    rows = {row["name"]: row["estimate"] for row in result.robustness}
    assert rows["closed groups counted too"] == 2
    assert rows["groups ever held during the watch"] == 1  # gone held one, ann three
    # ann: 10 + 5 + 10 days of membership in 10 days; gone: 5 in 5
    assert result.details["time_average_quantile"] == pytest.approx(1.0)


def test_two_stays_in_one_group_are_one_group():
    day = pd.Timestamp("2024-01-01")
    members = pd.DataFrame(
        {
            "group": ["g", "g"],
            "person": ["ann", "ann"],
            "joined_at": [None, day + pd.Timedelta(days=4)],
            "left_at": [day + pd.Timedelta(days=2), None],
        }
    )
    result = ask(members)
    assert result.estimate == 1
    assert result.details["ever_held_quantile"] == 1
    assert result.details["time_average_quantile"] == pytest.approx(0.8)  # 8 days of 10


def test_nobody_in_a_group_at_the_end_is_not_testable():
    members = people_in([2]).assign(left_at=pd.Timestamp("2024-01-05"))
    assert ask(members).verdict == "not testable"


@pytest.mark.parametrize("groups", [100, 250])
def test_a_platform_gives_its_quantile_back(groups):
    world = Platform(people=300, groups=groups, closed_share=0.1).generate(
        rng=np.random.default_rng(6), tables=("people", "groups", "memberships")
    )
    result = s14.test(world.dataset(), Choices(), rng=np.random.default_rng(1))
    truth = world.truth["S14"]
    assert result.estimate == truth["estimate"]
    assert result.details["mean"] == pytest.approx(truth["mean"])
    assert result.details["median"] == truth["median"]
    assert 1 - result.details["share_under_ten"] == pytest.approx(truth["share_with_ten"])


def test_the_figure_comes_from_the_result_alone():
    result = ask(people_in([2] * 3 + [12] * 37))
    kept = Result.from_dict(json.loads(json.dumps(result.to_dict())))
    for lang, word in (("en", "share of people"), ("zh", "人数比例")):
        drawn = s14.plot(kept, lang=lang)
        assert drawn.get_ylabel() == word
        drawn.figure.clear()


def test_a_source_that_sorts_people_into_groups_cannot_tell():
    members = pd.DataFrame({"group": ["g", "g", "h"], "person": ["a", "b", "c"]})
    result = ask(members)
    assert result.verdict == "not testable"
    assert "nobody is in two groups" in result.reason
    assert result.p_value is None


def test_where_only_writers_are_listed_the_count_is_a_lower_bound():
    members = pd.DataFrame({"group": ["g", "h", "g"], "person": ["a", "a", "b"]})
    groups = pd.DataFrame({"group": ["g", "h"], "roster": ["posters", "posters"]})
    result = ask(members, groups=groups)
    assert result.verdict == "not testable"
    assert "at least" in result.reason
