"""Bad input to any model: one clear sentence, or the answer that mathematics gives."""

import dataclasses
import math

import numpy as np
import pytest
from scipy.sparse import csr_array

from smallnet.errors import InputError, OutputError, UnknownNameError
from smallnet.networks import Membership, Network
from smallnet.simulations.spreading import (
    MODELS,
    ComplexContagion,
    GroupContagion,
    Population,
    ShareInGroups,
    SimplicialContagion,
    make_model,
    replicas,
)

LENGTH = {"horizon": 5}  # for those that may never end
READY = {name: make_model(name, LENGTH if "sis" in name else {}) for name in MODELS}
PEOPLE = np.array(list("abcdef"), dtype=object)
CHANCES = {
    "independent-cascade": ["probability"],
    "si": ["beta"],
    "sir": ["beta", "gamma"],
    "sis": ["beta", "gamma"],
    "simplicial-contagion": ["beta", "beta_delta", "mu"],
    "share-in-groups": [
        "sharing", "to_friend", "to_group", "to_feed", "attention", "acceptance", "feed_reach",
        "fading", "muted",
    ],
}  # fmt: skip
RATES = {
    "si-continuous": ["tau"],
    "sir-continuous": ["tau", "gamma"],
    "sis-continuous": ["tau", "gamma"],
    "complex-contagion": ["threshold"],
    "group-contagion": ["lam", "nu", "recovery"],
    "share-in-groups": ["friend_power", "reinforcement", "feed_strangers"],
}


def population(n: int = 6, *, weight: float = 1.0) -> Population:
    """A line of four friends, two isolated people; groups of three, of one, of nobody."""
    ends = np.arange(min(n, 4) - 1)
    network = Network.from_ends(
        ends, ends + 1, np.full(len(ends), weight), PEOPLE[:n], directed=False, weight="friendship"
    )
    group, member = ([0, 0, 0, 1], [0, 1, 2, 4]) if n > 4 else ([0], [0])
    groups = np.array(["three", "one", "nobody"], dtype=object)
    membership = Membership.from_ends(np.array(group), np.array(member), groups, PEOPLE[:n])
    return Population(network, membership)


def sizes(name: str, people: Population, seeds: object) -> list[int]:
    rng = np.random.default_rng(1)
    return READY[name].simulate(people, seeds, rng=rng, replicates=20).final_sizes.tolist()


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, "high"])
@pytest.mark.parametrize(
    ("name", "what"), [(name, what) for name, many in CHANCES.items() for what in many]
)
def test_a_chance_that_is_none_is_refused_by_name(name, what, value):
    with pytest.raises(InputError, match=what):
        make_model(name, (LENGTH if "sis" in name else {}) | {what: value})


@pytest.mark.parametrize("value", [-0.1, math.nan, "high"])
@pytest.mark.parametrize(
    ("name", "what"), [(name, what) for name, many in RATES.items() for what in many]
)
def test_a_rate_that_is_none_is_refused_by_name(name, what, value):
    with pytest.raises(InputError, match=what):
        make_model(name, (LENGTH if "sis" in name else {}) | {what: value})


@pytest.mark.parametrize("horizon", [-1, 1.5, math.nan])
@pytest.mark.parametrize("name", ["si", "sir", "sis", "simplicial-contagion"])
def test_a_model_in_steps_takes_whole_steps_only(name, horizon):
    with pytest.raises(InputError, match=f"horizon is {horizon}"):
        make_model(name, {"horizon": horizon})


@pytest.mark.parametrize("triangles", [3, [["a", "b"]], "abc"])
def test_triangles_are_triples(triangles):
    with pytest.raises(InputError, match="expected triples of ids"):
        SimplicialContagion(triangles=triangles)


def test_an_unknown_parameter_is_answered_with_those_there_are():
    with pytest.raises(UnknownNameError, match="expected one of probability, tie_weights"):
        make_model("independent-cascade", {"chance": 0.1})


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    ("seeds", "words"),
    [
        ([], "no seed people"),
        (["zz"], "'zz' is not among the 6 people"),
        ([6], "6 is not among the 6 people"),
        ([-1], "-1 is not among the 6 people"),
        ([1.0], "expected ids or places"),
    ],
)
def test_seed_people_must_be_in_the_population(name, seeds, words):
    with pytest.raises(InputError, match=words):
        sizes(name, population(), seeds)


@pytest.mark.parametrize("name", MODELS)
def test_who_has_no_tie_and_no_group_reaches_nobody(name):
    assert set(sizes(name, population(), ["f"])) == {1}


@pytest.mark.parametrize("name", MODELS)
def test_a_group_of_one_passes_nothing_on(name):
    assert set(sizes(name, population(), ["e"])) == {1}


@pytest.mark.parametrize("name", MODELS)
def test_a_population_of_one_person_is_reached_at_once(name):
    assert set(sizes(name, population(1), ["a"])) == {1}


@pytest.mark.parametrize("name", MODELS)
def test_a_seed_person_who_is_named_twice_counts_once(name):
    rng = np.random.default_rng(1)
    spread = READY[name].simulate(population(), ["f", "f"], rng=rng, replicates=5)
    assert spread.seed_people == ("f",)
    assert set(spread.final_sizes) == {1}


@pytest.mark.parametrize("strength", [math.nan, -1.0])
def test_ties_of_unknown_or_negative_strength_are_refused(strength):
    with pytest.raises(InputError, match=f"strength is {strength}"):
        population(weight=strength)


def test_an_empty_population_is_refused():
    nobody = Network(csr_array((0, 0)), PEOPLE[:0], directed=False, weight="friendship")
    with pytest.raises(InputError, match="nobody in the population"):
        Population(nobody)


def test_a_threshold_of_zero_is_met_by_everybody():
    for kind in ("absolute", "fractional"):
        model = ComplexContagion(threshold=0.0, kind=kind)
        spread = model.simulate(population(), ["a"], rng=np.random.default_rng(1), replicates=3)
        assert set(spread.final_sizes) == {6}


@pytest.mark.parametrize("n", [0, -2, 2.5])
def test_the_number_of_replicates_is_whole_and_above_zero(n):
    people = population()
    kernel = READY["sir"].prepare(people, people.seeds(["a"]))
    with pytest.raises(InputError, match="replicates is"):
        replicas(kernel, n, rng=np.random.default_rng(1))


def test_no_workers_are_refused():
    people = population()
    kernel = READY["sir"].prepare(people, people.seeds(["a"]))
    with pytest.raises(InputError, match="jobs is 0"):
        replicas(kernel, 5, rng=np.random.default_rng(1), jobs=0)


def test_a_checkpoint_that_cannot_be_written_is_said(tmp_path):
    people = population()
    kernel = READY["sir"].prepare(people, people.seeds(["a"]))
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        replicas(kernel, 5, rng=np.random.default_rng(1), checkpoint=tmp_path / "file" / "runs")


@pytest.mark.parametrize("name", MODELS)
def test_parameters_as_plain_values_make_the_same_model(name):
    model = READY[name]
    again = make_model(name, model.parameters())
    assert dataclasses.asdict(again) == dataclasses.asdict(model)


def test_recovery_after_one_step_is_the_word_inf_and_back():
    model = make_model("group-contagion", {"recovery": "inf"})
    assert model == GroupContagion(recovery=math.inf)
    assert model.parameters()["recovery"] == "inf"
    assert make_model("group-contagion", model.parameters()) == model


@pytest.mark.parametrize(
    ("parameters", "needs"),
    [
        ({}, {"groups"}),
        ({"to_group": 0.0, "everywhere": True}, {"groups"}),
        ({"to_group": 0.0, "to_friend": 1.0}, {"ties"}),
        ({"to_group": 0.0, "to_feed": 1.0}, {"ties"}),
        ({"to_group": 0.5, "to_friend": 0.5}, set()),
        ({"to_group": 0.0, "to_feed": 1.0, "feed_reach": 0.0, "feed_strangers": 3.0}, set()),
    ],
)
def test_sharing_needs_the_only_way_that_is_open(parameters, needs):
    assert ShareInGroups(**parameters).uses == needs
