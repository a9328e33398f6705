"""Level and power of the methods that other tests only hold to exact numbers."""

import numpy as np
import pytest
import statsmodels.api as sm

from smallnet.hypotheses.methods.bootstrap import cluster_bootstrap
from smallnet.hypotheses.methods.conditional_poisson import fit_conditional_poisson
from smallnet.hypotheses.methods.log_linear import fit_log_linear


def held(share, nominal, worlds, slack=0.0):
    error = np.sqrt(nominal * (1 - nominal) / worlds)
    return abs(share - nominal) < 3.5 * error + slack


def bundled(rng, effect, groups=40, members=10):
    """Counts of people in groups that differ; a treatment that chance gives to whole groups."""
    group = np.repeat(np.arange(groups), members)
    treated = rng.permutation(np.arange(groups) % 2)[group].astype(float)
    days = rng.uniform(5, 15, group.size)
    lively = rng.normal(0, 0.5, groups)[group]
    return rng.poisson(days * 0.3 * np.exp(lively + effect * treated)), days, treated, group


def test_a_log_linear_fit_is_that_of_statsmodels():
    y, days, treated, group = bundled(np.random.default_rng(1), 0.3)
    other = np.sin(np.arange(y.size))
    design = np.column_stack([treated, other, np.ones(y.size)])
    peer = sm.GLM(y, design, sm.families.Poisson(), exposure=days).fit()
    ours = fit_log_linear(y, days, design[:, :2], group)
    np.testing.assert_allclose(ours.beta, peer.params, atol=1e-7)


@pytest.mark.parametrize("effect", [0.0, 0.7])
def test_a_log_linear_fit_keeps_its_level_with_bundles_and_finds_an_effect(effect):
    worlds, alarms, inside = 300, 0, 0
    for rng in np.random.default_rng(2).spawn(worlds):
        y, days, treated, group = bundled(rng, effect)
        _, low, high, p = fit_log_linear(y, days, treated[:, None], group).ratio(0, 0.95)
        alarms += p < 0.05
        inside += np.log(low) <= effect <= np.log(high)
    assert held(inside / worlds, 0.95, worlds, slack=0.01)
    assert alarms / worlds > 0.85 if effect else held(alarms / worlds, 0.05, worlds, slack=0.01)


@pytest.mark.parametrize("effect", [0.0, 0.4])
def test_rates_within_strata_keep_their_level_where_two_bundles_cross(effect):
    # a person on the menus of others: persons and menus both lean to one kind of option
    worlds, alarms = 200, 0
    for rng in np.random.default_rng(3).spawn(worlds):
        menu = np.repeat(np.arange(60), 8)
        option = np.concatenate([rng.choice(40, 8, replace=False) for _ in range(60)])
        x = rng.normal(0, 1, menu.size)
        taste, appeal = rng.normal(0, 0.4, 60)[menu], rng.normal(0, 0.4, 40)[option]
        rate = np.exp((effect + taste + appeal) * x)  # whose effect differs by menu and by option
        y = rng.poisson(2 * rate)
        model = fit_conditional_poisson(y, np.ones(y.size), x, menu, clusters=[menu, option])
        low, high = model.conf_int()[0]
        alarms += not low <= 0 <= high
    if effect:
        assert alarms / worlds > 0.5
    else:
        assert held(alarms / worlds, 0.05, worlds, slack=0.03)  # clusters are few: t is a rule


def test_the_bootstrap_by_person_and_group_covers_a_mean_of_crossed_rows():
    worlds, inside, narrow = 200, 0, 0
    for rng in np.random.default_rng(4).spawn(worlds):
        person, group = rng.integers(0, 80, 400), rng.integers(0, 40, 400)
        values = rng.normal(0, 1, 80)[person] + rng.normal(0, 1, 40)[group] + rng.normal(size=400)
        sums = np.column_stack([values, np.ones(400)])
        both = cluster_bootstrap(sums, person, group, replicates=199, rng=rng)
        low, high = np.quantile(both[:, 0] / both[:, 1], [0.025, 0.975])
        inside += low <= 0 <= high
        rows = cluster_bootstrap(sums, np.arange(400), replicates=199, rng=rng)
        low, high = np.quantile(rows[:, 0] / rows[:, 1], [0.025, 0.975])
        narrow += low <= 0 <= high
    assert inside / worlds > 0.95 - 3.5 * np.sqrt(0.05 * 0.95 / worlds) - 0.01
    assert narrow / worlds < 0.75
