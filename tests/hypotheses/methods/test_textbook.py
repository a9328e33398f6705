"""Fixed-effects Poisson as the textbook has it: right where groups are alike, and only there."""

import numpy as np
import pytest
import statsmodels.api as sm

from smallnet.errors import InputError, TrapError
from smallnet.hypotheses.methods.textbook import fit_textbook, score_bootstrap
from smallnet.hypotheses.methods.textbook_failure import (
    COLUMNS,
    METHODS,
    draw_group_world,
    failure_table,
    shipped_failure_table,
)


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(1)
    return draw_group_world(groups=20, people=200, sd_groups=0.8, rng=rng)


def columns(world):
    return world.messages, world.days, world.log2_size, world.person


def test_coefficients_and_clustered_errors_are_those_of_statsmodels(world):
    dummies = (world.person[:, None] == np.unique(world.person)).astype(float)
    other = np.sin(np.arange(world.person.size))
    x = np.column_stack([world.log2_size, other])
    wrote = np.bincount(world.person, world.messages)[world.person] > 0
    design = np.column_stack([x, dummies])[wrote]
    design = design[:, design.any(axis=0)]
    peer = sm.GLM(
        world.messages[wrote], design, sm.families.Poisson(), exposure=world.days[wrote]
    ).fit(
        cov_type="cluster", cov_kwds={"groups": world.group[wrote], "use_correction": False}
    )  # fmt: skip
    y, days, _, person = columns(world)
    model = fit_textbook(y, days, x, person, clusters=[world.group], correction="CR0")
    np.testing.assert_allclose(model.beta, peer.params[:2], atol=1e-6)
    np.testing.assert_allclose(model.standard_error, peer.bse[:2], rtol=1e-4)
    first = fit_textbook(y, days, x, person, clusters=[world.group])
    np.testing.assert_allclose(first.cov, model.cov * 20 / 19)


def test_two_ways_are_added_and_their_crossing_taken_away(world):
    at = columns(world)
    person, group, row = world.person, world.group, np.arange(world.group.size)
    each = {
        name: fit_textbook(*at, clusters=[c], correction="CR0").cov
        for name, c in (("person", person), ("group", group), ("row", row))
    }  # nobody is in a group twice: the crossing is the row
    both = fit_textbook(*at, clusters=[person, group], correction="CR0")
    np.testing.assert_allclose(both.cov, each["person"] + each["group"] - each["row"])
    assert both.n_clusters == 20


def test_corrections_are_those_of_whole_matrices(world):
    # Slowly: I - H of each cluster in full, rows weighted by the root of their expected count.
    at = columns(world)
    model = fit_textbook(*at, clusters=[world.group], correction="CR0")
    y, days, x, person = at
    told = np.bincount(person, y)[person] > 0
    y, days, x, person, group = (a[told] for a in (y, days, x, person, world.group))
    rate = days * np.exp(x * model.beta[0])
    mu = rate * (np.bincount(person, y) / np.maximum(np.bincount(person, rate), 1e-300))[person]
    xt = x - (np.bincount(person, mu * x) / np.maximum(np.bincount(person, mu), 1e-300))[person]
    for correction, power, factor in (("CR2", -0.5, 1.0), ("CR3", -1.0, 19 / 20)):
        square = 0.0
        for g in np.unique(group):
            z = np.sqrt(mu[group == g]) * xt[group == g]
            rest = np.eye(z.size) - np.outer(z, z) / (mu @ xt**2)
            values, vectors = np.linalg.eigh(rest)
            adjusted = (vectors * values**power) @ vectors.T
            square += (z @ adjusted @ ((y - mu)[group == g] / np.sqrt(mu[group == g]))) ** 2
        expected = factor * square / (mu @ xt**2) ** 2
        found = fit_textbook(*at, clusters=[world.group], correction=correction)
        np.testing.assert_allclose(found.cov[0, 0], expected, rtol=1e-6)


def test_the_jackknife_leaves_each_group_out(world):
    at = columns(world)
    whole = fit_textbook(*at).beta
    away = []
    for g in range(20):
        kept = world.group != g
        away.append(fit_textbook(*(column[kept] for column in at)).beta[0] - whole[0])
    found = fit_textbook(*at, clusters=[world.group], correction="refit")
    assert found.cov[0, 0] == pytest.approx(19 / 20 * np.sum(np.square(away)))


@pytest.mark.parametrize("extra", [False, True])
def test_the_score_bootstrap_agrees_with_its_own_interval(world, extra):
    y, days, x, person = columns(world)
    if extra:
        x = np.column_stack([x, np.cos(np.arange(x.size))])

    def at(null):
        rng = np.random.default_rng(3)
        return score_bootstrap(y, days, x, person, world.group, null=null, draws=399, rng=rng)

    told = at(0.0)
    assert told.low < fit_textbook(y, days, x, person).beta[0] < told.high
    for end, outside in ((told.low, -1), (told.high, 1)):
        assert at(end + 0.02 * outside).p_value <= 0.05
        assert at(end - 0.02 * outside).p_value > 0.05


def test_signs_of_few_clusters_have_six_weights(world):
    y, days, x, person = columns(world)
    told = score_bootstrap(
        y, days, x, person, world.group % 5, draws=399, rng=np.random.default_rng(4)
    )
    assert told.n_clusters == 5
    assert told.p_value > 2 / 2**5 * 0.5  # five signs alone could say little less than 1/16


def test_groups_that_differ_break_the_textbook_and_not_the_engine():
    chosen = ["clustered by person", "clustered two ways", "groups random (fit_mixed_poisson)"]
    rows = failure_table(60, groups=40, people=240, methods=chosen, rng=np.random.default_rng(5))
    alarms = {row["method"]: row["alarms"] for row in rows}
    error = np.sqrt(0.05 * 0.95 / 60)
    assert alarms["clustered by person"] > 0.05 + 8 * error
    assert alarms["clustered two ways"] > 0.05 + 3 * error
    assert alarms["groups random (fit_mixed_poisson)"] < 0.05 + 3 * error


def test_groups_that_are_alike_leave_the_textbook_its_promise():
    rows = failure_table(
        100, groups=40, people=240, sd_groups=0.0,
        methods=["clustered by person", "score bootstrap over groups"],
        rng=np.random.default_rng(6),
    )  # fmt: skip
    for row in rows:
        assert row["alarms"] < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / 100)


def test_the_table_that_ships_says_what_the_docs_say():
    rows = [r for r in shipped_failure_table() if r["sd_groups"] > 0]
    assert all(tuple(row) == COLUMNS for row in rows)
    assert {row["method"] for row in rows} == set(METHODS)
    for row in rows:
        assert row["worlds"] >= 400
        if row["method"].startswith("groups random"):
            assert row["alarms"] < 0.09
            assert row["alarms_low"] < 0.06
        else:
            assert row["alarms_low"] > 0.09


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"correction": "CR9"}, "correction is 'CR9'"),
        ({"clusters": [[0] * 4] * 3}, "3 clusterings"),
        ({"clusters": [[0] * 4] * 2, "correction": "refit"}, "2 clusterings with refit"),
    ],
)
def test_what_the_textbook_does_not_know_is_refused(change, words):
    with pytest.raises(InputError, match=words):
        fit_textbook([6, 2, 3, 1], [10, 10, 4, 4], [1, 0, 1, 0], [0, 0, 1, 1], **change)
    with pytest.raises(InputError, match="one cluster"):
        score_bootstrap(
            [6, 2, 3, 1], [10, 10, 4, 4], [1, 0, 1, 0], [0, 0, 1, 1], [0] * 4,
            rng=np.random.default_rng(1),
        )  # fmt: skip
    with pytest.raises(TrapError):
        fit_textbook([5 / 7, 2 / 7, 4 / 9, 7 / 9], [7, 7, 9, 9], [1, 0, 1, 0], [0, 0, 1, 1])
    with pytest.raises(InputError, match="at least 200"):
        draw_group_world(groups=3, people=20, sd_groups=0.1, rng=np.random.default_rng(1))
