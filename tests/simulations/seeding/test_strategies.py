"""Rules under a budget: whom they name, what they cost, what they refuse."""

import numpy as np
import pandas as pd
import pytest

from smallnet.errors import InputError, UnknownNameError
from smallnet.networks import Membership, Network
from smallnet.simulations.seeding import (
    STRATEGIES,
    Costs,
    few_per_large_group,
    find_strategy,
    fitting_strategies,
    group_cover,
    one_per_group,
    reverse_reachable,
    whole_small_groups,
)
from smallnet.simulations.spreading import IndependentCascade, Population

MODEL = IndependentCascade(probability=0.2)
# Two circles joined by one person; ann is a hub with leaves that know nobody else.
TIES = [
    *[("ann", f"leaf{i}") for i in range(5)],
    *[("bo", "cy"), ("bo", "di"), ("cy", "di"), ("bo", "ed"), ("cy", "ed"), ("di", "ed")],
    *[("joy", "ann"), ("joy", "bo")],
]
GROUPS = {
    "circle": ["bo", "cy", "di", "ed"],
    "pair": ["ann", "joy"],
    "hall": ["ann", *[f"leaf{i}" for i in range(5)], "joy"],
}


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.fixture(scope="module")
def population() -> Population:
    rows = pd.DataFrame([(*tie, 1.0) for tie in TIES], columns=["source", "target", "weight"])
    network = Network.from_frame(rows, directed=False, weight="friendship")
    members = [(group, person) for group, people in GROUPS.items() for person in people]
    membership = Membership.from_frame(pd.DataFrame(members, columns=["group", "person"]))
    return Population(network, membership.align(network.people))


def named(population, choice) -> list[str]:
    return population.people[choice.people].tolist()


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_budget_names_so_many_people_each_once(population, name):
    rule = find_strategy(name)
    for budget in (1, 3, 7):
        choice = rule.choose(population, budget, MODEL, rng=rng())
        assert len(set(choice.people.tolist())) == len(choice.people) == budget
        again = rule.choose(population, budget, MODEL, rng=rng())
        assert choice.people.tolist() == again.people.tolist()


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_budget_for_more_than_there_are_is_everybody(population, name):
    choice = find_strategy(name).choose(population, 1000, MODEL, rng=rng())
    assert sorted(choice.people.tolist()) == list(range(population.n_people))


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("budget", [0, -3, float("nan"), "ten", 0.5])
def test_a_budget_that_pays_for_nobody_is_refused(population, name, budget):
    with pytest.raises(InputError, match="budget"):
        find_strategy(name).choose(population, budget, MODEL, rng=rng())


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("degree", {"ann"}),  # 6 ties
        ("k-core", {"bo", "cy", "di", "ed"}),  # a clique of four is a 3-core
        ("pagerank", {"ann"}),
        ("bridges", {"ann"}),  # constraint 1/6: no two of her alters are tied
        ("group-count", {"ann", "joy"}),  # two groups each
    ],
)
def test_rankings_put_the_right_people_first(population, name, first):
    choice = find_strategy(name).choose(population, len(first), MODEL, rng=rng())
    assert set(named(population, choice)) == first


def test_whole_small_groups_fill_one_group_after_the_other(population):
    choice = whole_small_groups(population, 6, MODEL, rng=rng(), largest=4)
    # Mean strength: pair (6 + 2) / 2 = 4, circle 13 / 4; hall has 7 members, too many.
    assert set(named(population, choice)[:2]) == {"ann", "joy"}
    assert set(named(population, choice)[2:]) == {"bo", "cy", "di", "ed"}
    assert population.membership.groups[choice.groups].tolist() == ["pair", "circle"]


def test_one_per_group_takes_the_strongest_of_each_the_largest_group_first(population):
    choice = one_per_group(population, 3, MODEL, rng=rng())
    assert named(population, choice)[:2] == ["ann", "bo"]  # of hall and circle
    assert len(choice.groups) == 3 or named(population, choice)[2] != "ann"


def test_few_per_large_group_stays_in_large_groups(population):
    choice = few_per_large_group(population, 2, MODEL, rng=rng(), few=2, above=5)
    assert named(population, choice) == ["ann", "joy"]
    assert population.membership.groups[choice.groups].tolist() == ["hall"]
    with pytest.raises(InputError, match="few is 0"):
        few_per_large_group(population, 2, MODEL, rng=rng(), few=0)


def test_group_cover_reaches_all_groups_with_the_fewest(population):
    choice = group_cover(population, 2, MODEL, rng=rng())
    touched = {g for g, members in GROUPS.items() if set(members) & set(named(population, choice))}
    assert touched == set(GROUPS)


def test_entering_a_group_costs_and_leaves_less_for_people(population):
    costs = Costs(per_person=2.0, per_group=3.0)
    whole = whole_small_groups(population, 20, MODEL, rng=rng(), costs=costs, largest=4)
    # pair: 3 + 2 * 2 = 7; circle: 3 + 4 * 2 = 11; 18 of 20 spent, 2 left for one more.
    assert len(whole.groups) == 2
    assert len(whole.people) == 7
    assert costs.of(whole) == 20
    alone = find_strategy("degree").choose(population, 20, MODEL, rng=rng(), costs=costs)
    assert (len(alone.people), len(alone.groups), costs.of(alone)) == (10, 0, 20)
    for name in STRATEGIES:
        choice = find_strategy(name).choose(population, 17, MODEL, rng=rng(), costs=costs)
        assert 0 < costs.of(choice) <= 17


@pytest.mark.parametrize("costs", [{"per_person": 0}, {"per_person": -1}, {"per_group": -1}])
def test_costs_that_are_none_are_refused(costs):
    with pytest.raises(InputError, match="cost per"):
        Costs(**costs)


def test_a_strategy_that_is_none_is_refused():
    with pytest.raises(UnknownNameError, match="unknown strategy 'luck'"):
        find_strategy("luck")


def test_what_population_and_model_allow_is_known(population):
    ties_only = Population(population.network)
    groups_only = Population(membership=population.membership)
    assert set(fitting_strategies(population, MODEL)) == set(STRATEGIES)
    assert "one-per-group" not in fitting_strategies(ties_only, MODEL)
    assert "reverse-reachable" not in fitting_strategies(groups_only, MODEL)


def test_without_any_tie_everybody_is_as_good_and_the_bound_is_exact():
    people = [f"p{v}" for v in range(6)]
    network = Network.from_ends([], [], [], people, directed=False, weight="friendship")
    choice = reverse_reachable(Population(network), 2, MODEL, rng=rng())
    assert len(choice.people) == 2
    assert choice.certificate.bound == 1
    assert choice.certificate.spread == 2


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_a_chance_of_nothing_and_of_certainty_are_answered(population, p):
    model = IndependentCascade(probability=p)
    choice = reverse_reachable(population, 1, model, rng=rng())
    everybody = population.n_people if p else 1
    assert choice.certificate.spread == pytest.approx(everybody)
