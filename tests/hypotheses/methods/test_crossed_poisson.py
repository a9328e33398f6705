"""Groups random without an inverse, people gamma or fixed, and slopes that differ."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from smallnet.errors import InputError, TrapError
from smallnet.hypotheses.methods import crossed_algebra
from smallnet.hypotheses.methods.crossed_algebra import Design, solve
from smallnet.hypotheses.methods.crossed_poisson import fit_crossed_poisson
from smallnet.hypotheses.methods.mixed_poisson import fit_mixed_poisson
from smallnet.hypotheses.methods.mundlak import mundlak_split
from smallnet.hypotheses.methods.textbook_failure import draw_group_world


def draw_sparse(rng, *, groups=60, slope=-0.415, base=0.01, tau=0.0, sort=0.0):
    """Counts of people in groups; talkative people may prefer small groups (``sort`` below 0)."""
    people = max(6 * groups, 240)
    size = np.clip(np.round(np.exp(rng.normal(2.9, 1.0, groups))), 3, 200).astype(int)
    talk, lively = rng.normal(-0.5, 1.0, people), rng.normal(0, 0.8, groups)
    liking = sort * np.outer(np.log2(size) - 4, talk) + rng.gumbel(size=(groups, people))
    person = np.concatenate([np.argsort(-row)[:n] for row, n in zip(liking, size, strict=True)])
    group = np.repeat(np.arange(groups), size)
    x = np.log2(size)[group] - 4
    days = 60 * rng.uniform(0.3, 1.0, person.size)
    own = slope + rng.normal(0, tau, people)[person] if tau else slope
    y = rng.poisson(days * base * np.exp(talk[person] + lively[group] + own * x))
    return y.astype(float), days, person, group, x


def small_design(seed=1):
    rng = np.random.default_rng(seed)
    stratum = np.repeat(np.arange(9), 4)
    group = np.tile(np.arange(6), 6)
    y = rng.poisson(3.0, 36).astype(float)
    x = rng.normal(size=(36, 2))
    z = csr_array((np.ones(36), (np.arange(36), group)), shape=(36, 6))
    events = np.bincount(stratum, y).astype(float)
    return Design(
        y=y, exposure=rng.uniform(1, 2, 36), stratum=stratum, x=x, z=z, blocks=(6,), events=events
    )


def slow_log_likelihood(design, theta, kappa):
    """Multinomial in each stratum, or negative multinomial with shape kappa."""
    total = 0.0
    for s in range(design.events.size):
        rows = design.stratum == s
        log_rate = np.log(design.exposure[rows]) + design.x[rows] @ theta[:2]
        log_rate = log_rate + design.z.toarray()[rows] @ theta[2:]
        total += design.y[rows] @ log_rate
        total -= (design.events[s] + kappa) * np.log(np.exp(log_rate).sum() + kappa)
    return total


def differences(f, at, step=1e-5):
    moves = np.eye(at.size) * step
    return np.array([(f(at + m) - f(at - m)) / (2 * step) for m in moves])


@pytest.mark.parametrize("dense", [1000, 0])
@pytest.mark.parametrize("kappa", [0.0, 1.7])
def test_score_and_information_are_those_of_the_likelihood(kappa, dense, monkeypatch):
    monkeypatch.setattr(crossed_algebra, "DENSE", dense)
    design = small_design()
    theta = np.random.default_rng(2).normal(0, 0.3, 8)
    system = design.at(theta, kappa)
    score = differences(lambda t: slow_log_likelihood(design, t, kappa), theta)
    np.testing.assert_allclose(system.score(), score, rtol=1e-6, atol=1e-6)
    slow = -differences(lambda t: design.at(t, kappa).score(), theta)
    right = np.random.default_rng(3).normal(size=(8, 3))
    ridge = np.full(6, 0.8)
    system.lift(ridge)
    expected = np.linalg.solve(slow + np.diag(np.r_[0, 0, ridge]), right)
    np.testing.assert_allclose(system.solve(right), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("kappa", "dense"), [(0.0, 0), (1.7, 0), (1.7, 1000)])
def test_draws_have_the_inverse_information_and_skewness_is_its_gradient(kappa, dense, monkeypatch):
    monkeypatch.setattr(crossed_algebra, "DENSE", dense)
    design, ridge = small_design(), np.full(6, 0.8)
    theta = np.random.default_rng(2).normal(0, 0.3, 8)

    def system_at(t):
        system = design.at(t, kappa)
        system.lift(ridge)
        return system

    def inverse(t):
        return system_at(t).solve(np.eye(8))

    many, cov = 20_000, inverse(theta)
    drawn = np.concatenate(list(system_at(theta).draws(many, np.random.default_rng(4))), axis=1)
    scale = np.sqrt(np.diag(cov))
    error = (drawn @ drawn.T / many - cov) / np.outer(scale, scale)
    assert np.abs(error).max() < (1e-9 if dense else 5 * np.sqrt(2 / many))
    halved = differences(lambda t: 0.5 * np.linalg.slogdet(np.linalg.inv(inverse(t)))[1], theta)
    system = system_at(theta)
    root = np.linalg.cholesky(cov)  # columns that add up to the covariance exactly
    _, apart, mean = system.spread(root)
    np.testing.assert_allclose(system.skewness(apart, mean), halved, rtol=1e-4, atol=1e-6)


def test_a_matrix_that_is_not_positive_does_not_settle():
    with pytest.raises(InputError, match="did not settle"):
        solve(lambda v: -v, np.ones((2, 1)), np.ones(2))


@pytest.mark.parametrize("factored", [1000, 0])
def test_with_fixed_strata_it_is_the_dense_engine(factored, monkeypatch):
    monkeypatch.setattr(crossed_algebra, "DENSE", factored)
    rng = np.random.default_rng(5)
    world = draw_group_world(groups=40, people=240, sd_groups=0.8, rng=rng)
    at = (world.messages, world.days, world.person, world.group, world.log2_size)
    dense, crossed = fit_mixed_poisson(*at), fit_crossed_poisson(*at, rng=rng)
    assert crossed.converged
    close = 1e-3 if factored else 0.05  # traces by draws have an error of chance
    np.testing.assert_allclose(crossed.beta, dense.beta, atol=close * dense.standard_error[0])
    np.testing.assert_allclose(crossed.standard_error, dense.standard_error, rtol=close)
    np.testing.assert_allclose(crossed.variance, dense.variance, rtol=2 * close)
    np.testing.assert_allclose(crossed.u, dense.u, atol=close)
    assert (crossed.n_rows, crossed.n_strata) == (dense.n_rows, dense.n_strata)


def test_random_strata_take_the_bias_of_sparse_counts_away():
    worlds, found = 16, []
    for rng in np.random.default_rng(6).spawn(worlds):
        at = draw_sparse(rng, base=0.004)
        random = fit_crossed_poisson(*at, strata="random", rng=rng)
        low, high = random.conf_int()[0]
        found.append((fit_mixed_poisson(*at).beta[0], random.beta[0], low <= -0.415 <= high))
    dense, random, inside = np.array(found).T
    apart = random - dense  # of the same worlds: the groups' luck falls out
    assert apart.mean() > 3 * apart.std(ddof=1) / np.sqrt(worlds)  # the lean is real...
    error = random.std(ddof=1) / np.sqrt(worlds)
    assert abs(random.mean() + 0.415) < 3.5 * error  # ... and gone
    assert inside.mean() > 0.95 - 3.5 * np.sqrt(0.05 * 0.95 / worlds)


def test_talkative_people_who_sort_into_small_groups_are_no_effect_of_size():
    worlds, alarms, sorting = 16, 0, []
    for rng in np.random.default_rng(7).spawn(worlds):
        at = draw_sparse(rng, slope=0.0, base=0.02, sort=-0.4)
        model = fit_crossed_poisson(*at, strata="random", rng=rng)
        low, high = model.conf_int()[0]
        alarms += not low <= 0 <= high
        sorting.append(model.sorting[0])
    assert alarms / worlds < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / worlds)
    assert np.mean(sorting) < -3 * np.std(sorting) / np.sqrt(worlds)  # seen, and kept apart


def test_slopes_that_differ_are_measured_and_slopes_that_do_not_are_small():
    def of(tau):
        told = []
        for rng in np.random.default_rng(8).spawn(4):
            at = draw_sparse(rng, groups=30, slope=-0.2, base=0.2, tau=tau)
            model = fit_crossed_poisson(*at, slope=0, rng=rng)
            told.append((model.slope_variance**0.5, model.beta[0], model.standard_error[0]))
        return np.array(told).T

    sd, beta, error = of(0.4)
    assert abs(sd.mean() - 0.4) < 4 * sd.std(ddof=1) / np.sqrt(4) + 0.03
    assert abs(beta.mean() + 0.2) < 4 * error.mean() / np.sqrt(4)
    assert of(0.0)[0].mean() < 0.2


def test_groups_may_react_to_their_own_growth_each_in_their_own_way():
    rng = np.random.default_rng(9)
    groups, members, periods, tau = 50, 12, 6, 0.5
    size = rng.normal(0, 1, (groups, periods))
    reaction = 0.3 + rng.normal(0, tau, groups)
    group = np.repeat(np.arange(groups), members * periods)
    period = np.tile(np.arange(periods), groups * members)
    person = np.repeat(np.arange(groups * members), periods)
    within, _ = mundlak_split(size[group, period], group)
    rate = 3 * np.exp(rng.normal(0, 0.5, groups * members)[person] + reaction[group] * within)
    y = rng.poisson(rate).astype(float)
    model = fit_crossed_poisson(
        y, np.ones(y.size), person, group, within, slope=0, slope_of="group", rng=rng
    )
    assert model.slope_variance**0.5 == pytest.approx(tau, abs=4 * tau / np.sqrt(2 * groups))
    assert np.corrcoef(model.slopes, reaction)[0, 1] > 0.9
    low, high = model.conf_int()[0]
    assert low < 0.3 < high


def test_the_same_seed_gives_the_same_answer_and_labels_do_not_matter():
    rng = np.random.default_rng(10)
    y, days, person, group, x = draw_sparse(rng, groups=20, base=0.05)
    first, again = (
        fit_crossed_poisson(
            y, days, person, group, x, strata="random", rng=np.random.default_rng(1)
        )
        for _ in range(2)
    )
    assert first.beta[0] == again.beta[0]
    names = np.array([f"g{i:03d}" for i in range(20)])[group]
    named = fit_crossed_poisson(
        y, 24 * days, person, names, x, strata="random", rng=np.random.default_rng(1)
    )
    np.testing.assert_allclose(named.beta, first.beta, rtol=1e-3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"strata": "gamma"}, "strata are 'gamma'"),
        ({"slope": 0, "slope_of": "group"}, "the same within each group"),
        ({"exposure": np.zeros(6)}, "events without exposure"),
        ({"y": np.zeros(6)}, "no stratum has an event"),
        ({"group": np.zeros(6)}, "all rows that tell of anything are of one"),
        ({"x": np.ones(6)}, "covariate 0 is the same everywhere"),
        ({"x": np.arange(12.0).reshape(6, 2)}, "collinear"),
        ({"y": -np.ones(6)}, "at least 0"),
    ],
)
def test_what_cannot_be_fitted_is_refused(change, words):
    group = np.array([0, 1, 2] * 2)
    given = {
        "y": np.array([2.0, 1, 0, 3, 0, 1]),
        "exposure": np.ones(6),
        "stratum": np.repeat([0, 1], 3),
        "group": group,
        "x": np.array([1.0, 2.5, 3.0])[group],
    }
    with pytest.raises(InputError, match=words):
        fit_crossed_poisson(**(given | change), rng=np.random.default_rng(1))


def test_a_rate_divided_by_what_stands_beside_it_is_refused():
    size = np.array([3.0, 5, 7] * 4)
    with pytest.raises(TrapError, match="divided by"):
        fit_crossed_poisson(
            np.arange(1.0, 13) / size, np.ones(12), np.repeat(range(4), 3),
            np.tile(range(3), 4), np.log2(size), rng=np.random.default_rng(1),
        )  # fmt: skip


def test_groups_in_which_nobody_writes_stop_nothing():
    # as in the dense engine: effects that run to minus infinity take their variance with them
    rng = np.random.default_rng(3)
    person, group = np.repeat(np.arange(60), 14), np.tile(np.arange(14), 60)
    x = rng.normal(0, 1, person.size)
    y = np.where(group < 2, rng.poisson(2 * np.exp(0.3 * x)), 0)
    model = fit_crossed_poisson(y, np.ones(y.size), person, group, x, rng=rng)
    assert abs(model.beta[0] - 0.3) < 4 * np.sqrt(model.cov[0, 0])
