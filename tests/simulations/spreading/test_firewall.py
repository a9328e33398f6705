"""The firewall study finds walls where they stand, none where groups are random, and thresholds."""

import numpy as np
import pandas as pd
import pytest
from group_worlds import grouped, random_groups

from smallnet.errors import InputError
from smallnet.simulations import Platform
from smallnet.simulations.spreading import (
    Population,
    attention_thresholds,
    compare_with_shuffled,
    shuffled,
    size_verdict,
)

FEW = {"starts": 8, "shuffles": 39, "replicates": 4}


def communities(rng, people=240, of=24, groups=4, size=6):
    """Groups of people of one community each: nothing can leave a community."""
    rows = []
    for low in range(0, people, of):
        for _ in range(groups * of // size):
            rows.append(low + rng.choice(of, size, replace=False))
    return grouped(rows, people)


@pytest.fixture(scope="module")
def walled():
    rng = np.random.default_rng(1)
    return compare_with_shuffled(communities(rng), rng=rng, **FEW)


def verdict(comparison, contagion):
    return comparison.verdicts.set_index("contagion").loc[contagion]


def test_communities_hold_simple_contagion_back(walled):
    found = verdict(walled, "simple")
    assert found["p"] == pytest.approx(2 / 40)
    assert found["log_ratio"] < -1
    last = walled.table[walled.table["contagion"] == "simple"].iloc[-1]
    assert last["chance"] == 1.0
    # The community and no more; a few people are in no group.
    assert (22 - 5) / (240 - 5) < last["reach"] <= (24 - 5) / (230 - 5)
    assert last["null_low"] > 0.99


def test_groups_that_share_members_carry_complex_contagion_that_shuffled_ones_do_not():
    # A ring in which neighbouring groups share two members (needed: two shares).
    rng, people = np.random.default_rng(2), 160
    ring = grouped([[(2 * k + i) % people for i in range(4)] for k in range(people // 2)], people)
    found = compare_with_shuffled(
        ring, rng=rng, chances=[1.0], seed_people=3, starts=6, shuffles=39, replicates=2
    )
    simple, spread = verdict(found, "simple"), verdict(found, "complex")
    assert spread["reach"] == 1.0
    assert spread["null_mean"] < 0.2
    assert spread["p"] == pytest.approx(2 / 40)
    assert simple["reach"] == 1.0
    assert simple["null_mean"] > 0.9


def test_random_groups_are_no_wall():
    # Under the null the rank is uniform: of 12 worlds, 5 or more at p <= .1 happen once in 250.
    small = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        world = shuffled(communities(rng, people=120, of=24), rng=rng)
        found = compare_with_shuffled(
            world, rng=rng, chances=[0.05], starts=4, shuffles=19, replicates=2
        )
        small += int(verdict(found, "simple")["p"] <= 0.1)
    assert small < 5


def test_shuffling_keeps_sizes_and_numbers_of_groups():
    rng = np.random.default_rng(1)
    world = communities(rng)
    other = shuffled(world, rng=rng)
    assert (other.membership.size == world.membership.size).all()
    assert (other.membership.groups_per_person == world.membership.groups_per_person).all()
    assert (other.membership.incidence != world.membership.incidence).nnz > 0


def test_thresholds_in_random_groups_are_those_of_percolation_as_attention_falls():
    rng = np.random.default_rng(1)
    world = random_groups(1500, 10, 30, rng)
    table = attention_thresholds(world, rng=rng, attending=(1.0, 0.3), replicates=48).table
    assert table["theory"].tolist() == pytest.approx([0.003463, 0.031850], abs=1e-6)
    for name in ("observed", "shuffled"):
        away = (table[name] - table["theory"]).abs()
        assert (away < 4 * table[f"{name}_se"] + 0.1 * table["theory"]).all()
    assert table["observed"].is_monotonic_increasing


def test_no_threshold_where_even_certain_shares_die():
    world = grouped([[2 * k, 2 * k + 1] for k in range(40)], 80)
    table = attention_thresholds(
        world, rng=np.random.default_rng(1), attending=(1.0,), replicates=16
    ).table
    assert table[["theory", "observed", "shuffled"]].isna().all(axis=None)


def test_equal_contacts_decide_by_shape_and_simulation_agrees_with_theory():
    # R35; steps of .05 lower prevalence by up to .03, 0.01 is the finite population.
    table = size_verdict(
        rng=np.random.default_rng(1), sizes=(2, 5, 13), nu=(0.5, 2.0), people=600
    ).table
    by_shape = table.pivot(index="size", columns="nu", values="threshold")
    assert by_shape[0.5].tolist() == pytest.approx([0.043478, 0.045394, 0.052936], abs=1e-6)
    assert by_shape[2.0].tolist() == pytest.approx([0.043478, 0.038642, 0.023118], abs=1e-6)
    away = (table["prevalence"] - table["prevalence_theory"]).abs()
    assert (away < 4 * table["prevalence_se"] + 0.04).all()
    prevalence = table.pivot(index="size", columns="nu", values="prevalence")
    assert prevalence[0.5].is_monotonic_decreasing
    assert prevalence[2.0].is_monotonic_increasing


def test_a_platform_whose_groups_are_random_shows_no_wall():
    rng = np.random.default_rng(4)
    platform = Platform(people=120, groups=25, days=10, size_median=8)
    world = Population.from_dataset(platform.generate(rng=rng).dataset())
    found = compare_with_shuffled(
        world, rng=rng, chances=[0.03, 0.1], starts=6, shuffles=19, replicates=4
    )
    assert (found.verdicts["p"] > 0.1).all()
    assert found.table["reach"].between(0, 1).all()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_figures_show_every_line(walled, lang):
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    from smallnet.figures import house_style
    from smallnet.simulations.spreading import AttentionThresholds, SizeVerdict

    thresholds = AttentionThresholds(
        table=pd.DataFrame(
            {
                "attending": [1.0, 0.5],
                "theory": [0.1, np.nan],
                "observed": [0.1, 0.2],
                "observed_se": [0.01, np.nan],
                "shuffled": [0.1, 0.2],
                "shuffled_se": [0.01, 0.02],
            }
        )
    )
    sizes = SizeVerdict(
        table=pd.DataFrame({"nu": [1.0, 1, 2, 2], "size": [2, 3, 2, 3], "threshold": 0.1}),
        contacts=2,
    )
    for shown, lines in ((walled, 2), (thresholds, 3), (sizes, 2)):
        with house_style("en"):
            ax = plt.subplots()[1]
            assert shown.plot(ax, lang=lang) is ax
            assert len(ax.lines) >= lines
            assert ax.get_xlabel()
            assert ax.get_ylabel()
            plt.close(ax.figure)


def test_bad_numbers_are_refused():
    rng = np.random.default_rng(1)
    world = communities(rng)
    alone = grouped([[0], [1]], 2)
    for call in (
        lambda: compare_with_shuffled(alone, rng=rng),
        lambda: compare_with_shuffled(world, rng=rng, attending=1.1),
        lambda: compare_with_shuffled(world, rng=rng, shuffles=0),
        lambda: compare_with_shuffled(world, rng=rng, chances=[1.5]),
        lambda: attention_thresholds(world, rng=rng, attending=(-0.1,)),
        lambda: attention_thresholds(grouped([[]], 2), rng=rng),
        lambda: attention_thresholds(world, rng=rng, replicates=3),
        lambda: size_verdict(rng=rng, sizes=(6,)),
    ):
        with pytest.raises(InputError):
            call()
