"""Counts with strata concentrated out and groups random."""

import numpy as np
import pytest
from scipy import stats
from size_worlds import assert_share, draw_counts

from smallnet.errors import InputError
from smallnet.hypotheses.methods.mixed_poisson import fit_mixed_poisson


def flat(size):
    return 0 * size


def small_world(seed=1, n_groups=12):
    rng = np.random.default_rng(seed)
    y, days, person, group, size = draw_counts(rng, flat, n_groups, people=60, base=0.03)
    return y, days, person, group, np.log2(size)[group]


def slow_log_posterior(theta, y, days, person, group, x, variance):
    """Log density of (beta, u) with person effects maximised out, row by row."""
    beta, u = theta[0], theta[1:]
    total, rates, events = 0.0, {}, {}
    for r in range(len(y)):
        rate = days[r] * np.exp(beta * x[r] + u[group[r]])
        rates[person[r]] = rates.get(person[r], 0.0) + rate
        events[person[r]] = events.get(person[r], 0.0) + y[r]
        total += y[r] * np.log(rate)
    for who, rate in rates.items():
        total -= events[who] * np.log(rate)
    return total - (u**2).sum() / (2 * variance)


def test_beta_and_u_are_posterior_means_by_a_slow_second_writing():
    # Weighted draws (importance sampling) of the posterior at the fitted variance.
    y, days, person, group, x = small_world()
    centred = x - x.mean()
    model = fit_mixed_poisson(y, days, person, group, x)
    k = 1 + model.u.size
    precision = model.information + np.diag(np.r_[0.0, np.full(k - 1, 1 / model.variance)])
    root = np.linalg.cholesky(np.linalg.inv(precision)) * 1.1
    rng = np.random.default_rng(2)
    normal = stats.t(8).rvs(size=(4000, k), random_state=rng)
    centre = np.r_[model.beta, model.u]
    draws = centre + normal @ root.T
    log_weight = [
        slow_log_posterior(d, y, days, person, group, centred, model.variance) for d in draws
    ] - stats.t(8).logpdf(normal).sum(axis=1)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    mean, worth = weight @ draws, 1 / (weight**2).sum()
    sd = np.sqrt(weight @ (draws - mean) ** 2)
    assert worth > 300
    error = np.abs(mean - centre) / sd
    assert error.max() < 4 / np.sqrt(worth) + 0.1  # the expansion is of first order
    np.testing.assert_allclose(np.sqrt(np.diag(model.cov)), sd[:1], rtol=0.2)


def test_the_score_of_the_fitted_curve_is_nil():
    y, days, person, group, x = small_world()
    model = fit_mixed_poisson(y, days, person, group, x)
    size = x[np.unique(group, return_index=True)[1]]
    assert abs(size @ model.u) < 1e-8
    assert abs(model.u.sum()) < 1e-8
    assert model.converged


def test_relabelling_people_and_groups_changes_nothing():
    y, days, person, group, x = small_world()
    rng = np.random.default_rng(3)
    order, new_person, new_group = rng.permutation(y.size), rng.permutation(60), rng.permutation(12)
    before = fit_mixed_poisson(y, days, person, group, x)
    after = fit_mixed_poisson(
        y[order], days[order], new_person[person[order]], new_group[group[order]], x[order]
    )
    np.testing.assert_allclose(after.beta, before.beta, rtol=1e-6)
    np.testing.assert_allclose(after.u[new_group], before.u, atol=1e-6)


def test_a_row_cut_in_two_and_days_in_another_unit_change_nothing():
    y, days, person, group, x = small_world()
    before = fit_mixed_poisson(y, days, person, group, x)
    first = np.floor(y / 3)
    twice = [np.concatenate([a, a]) for a in (person, group, x)]
    part = 0.3 * days
    after = fit_mixed_poisson(
        np.concatenate([first, y - first]), 24 * np.concatenate([part, days - part]), *twice
    )
    np.testing.assert_allclose(after.beta, before.beta, rtol=1e-5)
    np.testing.assert_allclose(after.variance, before.variance, rtol=1e-3)


def test_people_in_one_group_and_people_who_are_silent_tell_nothing():
    y, days, person, group, x = small_world()
    before = fit_mixed_poisson(y, days, person, group, x)
    more = (
        np.r_[y, 7.0, 0.0, 0.0],
        np.r_[days, 9.0, 9.0, 9.0],
        np.r_[person, 60, 61, 61],
        np.r_[group, 3, 0, 5],
        np.r_[x, 9.9, 1.0, 2.0],
    )
    after = fit_mixed_poisson(*more)
    np.testing.assert_allclose(after.beta, before.beta, rtol=1e-8)
    assert (after.n_rows, after.n_strata) == (before.n_rows, before.n_strata)


def test_a_tight_prior_holds_a_covariate_that_hardly_moves():
    y, days, person, group, x = small_world()
    wobble = 1e-7 * np.random.default_rng(4).normal(size=y.size)
    model = fit_mixed_poisson(
        y, days, person, group, np.column_stack([x, wobble]), prior_sd=(np.inf, 0.7)
    )
    alone = fit_mixed_poisson(y, days, person, group, x)
    assert abs(model.beta[1]) < 1e-3
    np.testing.assert_allclose(model.beta[0], alone.beta[0], rtol=1e-4)


def test_groups_that_are_all_alike_have_no_variance():
    rng = np.random.default_rng(5)
    y, days, person, group, size = draw_counts(rng, flat, 40, sd=0.0, base=0.3)
    model = fit_mixed_poisson(y, days, person, group, np.log2(size)[group])
    assert model.variance < 0.01
    assert model.converged
    assert abs(model.beta[0]) < 4 * model.standard_error[0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda a: a.update(y=-a["y"] - 1), "y is .* in row 0, expected a number of at least 0"),
        (lambda a: a.update(exposure=a["exposure"][:-1]), "exposure has .* rows, expected"),
        (lambda a: a.update(exposure=0 * a["exposure"]), "expected above 0 where there are events"),
        (lambda a: a.update(y=0 * a["y"]), "no stratum has an event"),
        (lambda a: a.update(group=0 * a["group"]), "all rows that tell of anything are of one"),
        (lambda a: a.update(x=0 * a["x"] + 3), "covariate 0 is the same everywhere"),
        (lambda a: a.update(x=np.column_stack([a["x"], 2 * a["x"]])), "collinear"),
        (lambda a: a.update(x=a["x"] * np.nan), "column 0 of x is nan in row 0"),
        (lambda a: a.update(group=a["group"] + 0.5), "group holds float64"),
        (lambda a: a.update(group=a["group"] + 6000), "expected at most 6000"),
    ],
)
def test_input_that_cannot_be_fitted_is_refused_in_a_sentence(change, sentence):
    names = ("y", "exposure", "stratum", "group", "x")
    arrays = dict(zip(names, small_world(), strict=True))
    change(arrays)
    with pytest.raises(InputError, match=sentence):
        fit_mixed_poisson(**arrays)


@pytest.mark.calibration
@pytest.mark.parametrize(
    ("slope", "options"),
    [
        (0.0, {}),
        (-0.415, {}),
        (0.0, {"base": 0.01}),
        (0.0, {"law": "gamma"}),
        (0.0, {"law": "t3"}),
    ],
)
def test_intervals_cover_at_their_level_with_groups_and_people_random(slope, options):
    worlds, inside, found = 150, 0, []
    for rng in np.random.default_rng(6).spawn(worlds):
        y, days, person, group, size = draw_counts(
            rng, lambda n: slope * (np.log2(n) - 4), **options
        )
        model = fit_mixed_poisson(y, days, person, group, np.log2(size)[group])
        low, high = model.conf_int()[0]
        inside += low <= slope <= high
        found.append(model.beta[0])
    assert_share(inside / worlds, 0.95, worlds)
    assert abs(np.mean(found) - slope) < 3.5 * np.std(found) / np.sqrt(worlds) + 0.015


def test_groups_in_which_nobody_writes_have_a_rate_of_nought_and_stop_nothing():
    # Fourteen groups of one crowd, talk in two of them: the effects of the rest run to minus
    # infinity, and their variance with them.
    rng = np.random.default_rng(3)
    person, group = np.repeat(np.arange(60), 14), np.tile(np.arange(14), 60)
    x = rng.normal(0, 1, person.size)
    y = np.where(group < 2, rng.poisson(2 * np.exp(0.3 * x)), 0)
    model = fit_mixed_poisson(y, np.ones(y.size), person, group, x)
    assert model.converged
    assert abs(model.beta[0] - 0.3) < 4 * np.sqrt(model.cov[0, 0])
    assert model.u[2:].max() < model.u[:2].min() - 5
