"""Strategies judged in the same worlds."""

import json

import numpy as np
import pytest

from smallnet.errors import InputError
from smallnet.networks import Membership, Network
from smallnet.simulations.seeding import STRATEGIES, celf, compare_strategies, degree
from smallnet.simulations.spreading import IndependentCascade, Population
from smallnet.simulations.spreading.group_contagion import GroupContagion
from smallnet.simulations.spreading.kernels.stream import stream_keys
from smallnet.simulations.spreading.linear_threshold import LinearThreshold

MODEL = IndependentCascade(probability=0.1)
NAMES = ("degree", "random", "celf", "reverse-reachable", "one-per-group")


def rng(number: int = 1) -> np.random.Generator:
    return np.random.default_rng(number)


@pytest.fixture(scope="module")
def population() -> Population:
    draw = rng(5)
    weight = draw.pareto(1.5, 300) + 1
    ends = draw.choice(300, (900, 2), p=weight / weight.sum())
    ends = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0)
    people = [f"p{v:03}" for v in range(300)]
    network = Network.from_ends(
        *ends.T, np.ones(len(ends)), people, directed=False, weight="friendship"
    )
    at = np.repeat(np.arange(40), draw.integers(2, 50, 40))
    members = Membership.from_ends(
        at, draw.integers(0, 300, len(at)), [f"g{g:02}" for g in range(40)], people
    )
    return Population(network, members)


@pytest.fixture(scope="module")
def comparison(population):
    return compare_strategies(population, MODEL, 10, NAMES, rng=rng(), replicates=2000)


def test_the_best_comes_first_and_differences_are_of_pairs(comparison):
    frame = comparison.to_frame()
    assert frame["spread"].is_monotonic_decreasing
    assert frame.loc[frame["strategy"] == "degree", "difference"].item() == 0
    sizes = comparison.final_sizes
    pairs = sizes["random"] - sizes["degree"]
    row = comparison.differences().set_index("strategy").loc["random"]
    assert row["difference"] == pytest.approx(pairs.mean())
    half = 1.96 * pairs.std(ddof=1) / np.sqrt(2000)
    assert row["ci_high"] - row["difference"] == pytest.approx(half, rel=0.01)
    assert comparison.differences(to=comparison.best)["difference"].max() == 0


def test_the_same_worlds_take_noise_out_of_differences(comparison):
    celf, degree = comparison.final_sizes["celf"], comparison.final_sizes["degree"]
    assert np.var(celf - degree) < 0.5 * (np.var(celf) + np.var(degree))


def test_greed_is_not_below_the_degree_rule_and_that_not_below_chance(comparison):
    for high, low in [("celf", "degree"), ("reverse-reachable", "degree"), ("degree", "random")]:
        gap = comparison.final_sizes[high] - comparison.final_sizes[low]
        assert gap.mean() > -3 * gap.std() / np.sqrt(len(gap)) - 1e-9


@pytest.mark.parametrize("model", [MODEL, LinearThreshold()], ids=["cascade", "thresholds"])
def test_worlds_judge_as_the_model_itself_would(population, model):
    found = compare_strategies(population, model, 10, ("degree",), rng=rng(2), replicates=4000)
    seeds = population.people[found.choices["degree"].people].tolist()
    spread = model.simulate(population, seeds, rng=rng(3), replicates=4000)
    for ours, theirs in [
        (found.final_sizes["degree"], spread.final_sizes),
        (found.groups_reached["degree"], spread.groups_reached),
    ]:
        error = np.sqrt((ours.var() + theirs.var()) / 4000)
        assert abs(ours.mean() - theirs.mean()) < 4 * error


def test_threads_and_other_strategies_change_nothing(population, comparison):
    alone = compare_strategies(
        population, MODEL, 10, ("celf", "degree"), rng=rng(), replicates=2000, jobs=2
    )
    for name in ("celf", "degree"):
        assert alone.choices[name].people.tolist() == comparison.choices[name].people.tolist()
        assert (alone.final_sizes[name] == comparison.final_sizes[name]).all()
        assert (alone.groups_reached[name] == comparison.groups_reached[name]).all()


def test_a_model_without_live_ties_is_judged_by_its_own_streams(population):
    model = GroupContagion()
    found = compare_strategies(population, model, 5, rng=rng(), replicates=64)
    assert "reverse-reachable" not in found.names
    assert {"degree", "one-per-group"} <= set(found.names)
    assert "celf" not in found.names
    assert found.to_frame()["bound"].isna().all()
    seeds = found.choices["degree"].people
    keys = stream_keys(rng().spawn(2)[0], 64)
    own = model.prepare(population, seeds).run(keys)
    assert (own.final_sizes == found.final_sizes["degree"]).all()


def test_greed_by_simulation_picks_who_adds_most_on_the_same_streams(population):
    model, options = GroupContagion(), {"worlds": 32, "candidates": 6}
    choice = celf(population, 1, model, rng=rng(4), **options)
    draw = rng(4)
    pool = degree(population, population.n_people, model, rng=draw).people[:6]
    keys = stream_keys(draw, 32)[:8]
    sizes = [
        model.prepare(population, pool[at : at + 1]).run(keys).final_sizes.mean() for at in range(6)
    ]
    assert choice.people[0] == pool[int(np.argmax(sizes))]


def test_fields_are_plain_and_the_bound_is_a_share(comparison):
    report = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))
    assert report["budget"] == 10
    assert report["model"] == "independent-cascade"
    by_name = {entry["name"]: entry for entry in report["strategies"]}
    assert set(by_name) == set(NAMES)
    sure = by_name["reverse-reachable"]
    assert 1 - 1 / np.e - 0.1 <= sure["bound"] <= 1
    assert sure["certificate"]["at_least"] <= sure["spread"]["ci_high"]
    assert by_name["degree"]["bound"] is None
    assert len(sure["seed_people"]) == 10
    assert sure["spread"]["ci_low"] <= sure["spread"]["mean"] <= sure["spread"]["ci_high"]


def test_one_replicate_has_no_interval(population):
    found = compare_strategies(population, MODEL, 3, ("degree",), rng=rng(), replicates=1)
    assert found.to_dict()["strategies"][0]["spread"]["ci_low"] is None


def test_where_groups_are_unknown_so_are_groups_reached(population):
    found = compare_strategies(
        Population(population.network), MODEL, 3, ("degree",), rng=rng(), replicates=10
    )
    assert found.groups_reached is None
    assert found.to_dict()["strategies"][0]["groups_reached"] is None


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_figure_has_a_place_for_each_strategy(comparison, lang):
    ax = comparison.plot(lang=lang)
    words = {STRATEGIES[name].text.get(lang) for name in NAMES}
    assert {label.get_text() for label in ax.get_yticklabels()} == words


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"strategies": ()}, "strategies are none"),
        ({"strategies": ("degree", "degree")}, "each once"),
        ({"replicates": 0}, "replicates is 0"),
        ({"budget": 0}, "budget is 0"),
    ],
)
def test_bad_choices_are_refused(population, wrong, words):
    options = {"budget": 5, "strategies": ("degree",), "replicates": 10} | wrong
    with pytest.raises(InputError, match=words):
        compare_strategies(population, MODEL, rng=rng(), **options)


def test_a_strategy_without_what_it_needs_is_refused(population):
    with pytest.raises(InputError, match="one-per-group needs groups"):
        compare_strategies(
            Population(population.network), MODEL, 5, ("one-per-group",), rng=rng(), replicates=10
        )


def test_a_choice_that_fits_few_worlds_is_not_below_the_strongest(population):
    keys = stream_keys(rng(9), 4000)
    for number in range(4):
        picks = celf(population, 20, MODEL, rng=rng(number), worlds=2, candidates=300).people
        strongest = degree(population, 20, MODEL, rng=rng(number)).people
        sizes = [
            MODEL.prepare(population, people).run(keys).final_sizes for people in (picks, strongest)
        ]
        below = sizes[1] - sizes[0]
        assert below.mean() < 3 * below.std() / np.sqrt(len(keys)) + 1e-9
