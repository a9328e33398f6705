"""Group contagion against the chain of one group and the equations of many."""

import numpy as np
import pytest
from group_worlds import distance, grouped, one_group, random_groups, sizes_of
from scipy.stats import chi2

from smallnet.errors import InputError
from smallnet.simulations.spreading import Broadcast, GroupContagion
from smallnet.simulations.theory import GroupAME, reed_frost


def chain(escape, **more):
    return GroupContagion(lam=-np.log(escape), kind="SIR", recovery=np.inf, dt=1.0, **more)


@pytest.mark.parametrize(
    ("susceptible", "introduced", "escape"), [(2, 1, 0.5), (3, 1, 0.5), (4, 1, 0.8), (5, 2, 0.9)]
)
def test_one_group_is_the_chain_of_reed_and_frost(susceptible, introduced, escape):
    world = one_group(susceptible + introduced)
    sizes = sizes_of(chain(escape), world, list(range(introduced)))
    far, free = distance(sizes, reed_frost(susceptible, introduced, escape))
    assert far < chi2.ppf(1 - 1e-5, free)


def test_seeds_alone_stay_alone_where_nobody_is_in_their_group():
    world = grouped([[0], [1, 2]], 4)
    spread = GroupContagion(lam=5.0, kind="SIR").simulate(
        world, [0, 3], rng=np.random.default_rng(1), replicates=50
    )
    assert (spread.final_sizes == 2).all()


def test_bad_parameters_are_refused():
    for bad in (
        {"lam": -0.1},
        {"lam": np.nan},
        {"nu": np.inf},
        {"recovery": -1},
        {"kind": "SEIR"},
        {"dt": 0.3},
        {"dt": 0},
        {"until": 0},
        {"broadcast": {"at": 3}},
    ):
        with pytest.raises(InputError):
            GroupContagion(**bad)


def test_many_groups_come_to_the_prevalence_of_the_master_equations():
    # R31: .394162. The equations leave out that a person's groups know of each other through
    # them, and steps of .02 raise prevalence by about .001: both together are below .004.
    people, rng = 5000, np.random.default_rng(2)
    theory = GroupAME(memberships=3, sizes=4, infection=lambda n, i: 0.2 * i)
    expected = theory.stationary_states()[-1].prevalence
    assert expected == pytest.approx(0.394162, abs=1e-6)
    world = random_groups(people, 3, 4, rng)
    spread = GroupContagion(lam=0.2, dt=0.02).simulate(
        world, list(range(2 * people // 5)), rng=rng, replicates=8
    )
    found = spread.curves[:, 15:].mean(axis=1) / people
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert abs(found.mean() - expected) < 0.004 + 4 * error


def test_superlinear_groups_keep_or_lose_it_by_where_they_start():
    # R34: at nu = 3 and .95 of the threshold, .747416 from everybody, 0 from a few.
    people, rng = 4000, np.random.default_rng(3)
    lam = 0.95 * 0.079617
    world = random_groups(people, 3, 4, rng)
    model = GroupContagion(lam=lam, nu=3.0, dt=0.02, until=40.0)
    high = model.simulate(world, list(range(people)), rng=rng, replicates=3).curves[:, -1]
    low = model.simulate(world, list(range(20)), rng=rng, replicates=3).curves[:, -1]
    assert np.abs(high / people - 0.747416).max() < 0.05
    assert low.max() < 0.02 * people


def test_by_fraction_a_group_of_n_is_as_by_count_at_a_rate_divided_by_n_minus_1():
    world = one_group(6)
    by_fraction = sizes_of(
        GroupContagion(lam=1.0, fraction=True, kind="SIR", recovery=np.inf, dt=1.0), world, [0]
    )
    far, free = distance(by_fraction, reed_frost(5, 1, np.exp(-1.0 / 5)))
    assert far < chi2.ppf(1 - 1e-5, free)


def test_shape_of_the_rate_is_that_of_the_paper():
    # Two infected of three, one step: escape exp(-lam 2^nu).
    model = GroupContagion(lam=0.3, nu=2.0, kind="SIR", recovery=np.inf, dt=1.0, until=1.0)
    caught = sizes_of(model, one_group(3), [0, 1]).mean()
    expected = -np.expm1(-0.3 * 2**2)
    assert abs(caught - expected) < 4 * np.sqrt(expected * (1 - expected) / 20_000)


def test_without_recovery_a_group_fills_up_and_nobody_leaves():
    spread = GroupContagion(lam=1.0, kind="SI", dt=0.5).simulate(
        one_group(30), [0], rng=np.random.default_rng(1), replicates=50
    )
    assert (spread.final_sizes == 30).all()
    assert (np.diff(spread.curves, axis=1) >= 0).all()


def test_recovery_has_its_rate():
    model = GroupContagion(lam=0.0, recovery=0.5, kind="SIS", dt=0.25)
    spread = model.simulate(
        one_group(400), list(range(400)), rng=np.random.default_rng(1), replicates=200
    )
    at = np.arange(1, 6)
    left = np.exp(-0.5 * at)
    error = np.sqrt(400 * left * (1 - left) / 200)
    assert (np.abs(spread.curves[:, at].mean(axis=0) - 400 * left) < 4.5 * error).all()


def test_trace_is_the_first_replicate_and_goes_through_shared_groups():
    rng = np.random.default_rng(5)
    world = grouped([rng.choice(40, 6, replace=False) for _ in range(25)], 40)
    for kind in ("SIR", "SIS"):
        model = GroupContagion(lam=0.3, kind=kind, dt=0.5, until=10.0)
        trace = model.trace(world, [0, 7], rng=np.random.default_rng(9))
        spread = model.simulate(world, [0, 7], rng=np.random.default_rng(9), replicates=70)
        assert len(trace.person) == spread.final_sizes[0] > 10
        assert len(set(trace.person.tolist())) == len(trace.person)
        assert (np.diff(trace.time) >= 0).all()
        assert trace.person[:2].tolist() == [0, 7]
        assert (trace.source[:2] == -1).all()
        inside = world.membership.incidence.toarray().astype(bool)
        when = dict(zip(trace.person.tolist(), trace.time.tolist(), strict=True))
        for person, time, source, group in zip(
            trace.person[2:], trace.time[2:], trace.source[2:], trace.group[2:], strict=True
        ):
            assert inside[group, person]
            assert inside[group, source]
            assert when[source] < time


def test_who_passed_it_on_is_any_of_the_infected_alike():
    model = GroupContagion(lam=50.0, kind="SI", dt=1.0, until=1.0)
    rng, world = np.random.default_rng(4), one_group(5)
    sources = [model.trace(world, [0, 1, 2], rng=rng).source[3] for _ in range(900)]
    counted = np.bincount(sources, minlength=3)
    assert ((counted - 300) ** 2 / 300).sum() < chi2.ppf(1 - 1e-5, 2)


def test_message_to_everybody_reaches_its_share():
    world = grouped([[0]], 200)
    told = Broadcast(at_step=3, share=0.5, acceptance=0.4)
    model = GroupContagion(lam=1.0, kind="SIR", recovery=np.inf, dt=0.5, broadcast=told)
    sizes = sizes_of(model, world, [0], replicates=4000)
    assert abs(sizes.mean() - 199 * 0.2) < 4 * np.sqrt(199 * 0.2 * 0.8 / 4000)


def test_workers_do_not_change_the_answer():
    world = random_groups(300, 2, 6, np.random.default_rng(1))
    model = GroupContagion(lam=0.1, until=5.0)
    alone, two = (
        model.simulate(world, [0, 1, 2], rng=np.random.default_rng(3), replicates=150, jobs=jobs)
        for jobs in (1, 2)
    )
    assert (alone.curves == two.curves).all()
