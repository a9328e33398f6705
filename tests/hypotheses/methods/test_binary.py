"""Chances of an event agree with a peer, and their errors with the errors seen."""

import numpy as np
import pytest

from smallnet.errors import InputError
from smallnet.hypotheses.methods.binary import fit_binary, left_out


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_estimates_are_those_of_statsmodels(link):
    import statsmodels.api as sm

    rng = np.random.default_rng(1)
    x, cluster = rng.normal(size=(300, 3)), np.arange(300) // 3
    y = rng.random(300) < 1 / (1 + np.exp(1 - x @ [0.5, 0.0, -0.3]))
    links = {"logit": sm.families.links.Logit(), "cloglog": sm.families.links.CLogLog()}
    peer = sm.GLM(y * 1.0, sm.add_constant(x), family=sm.families.Binomial(link=links[link]))
    fitted = peer.fit(cov_type="cluster", cov_kwds={"groups": cluster})
    model = fit_binary(x, y, link=link, cluster=cluster)
    np.testing.assert_allclose(model.beta, fitted.params, atol=1e-5)
    # the jackknife is a little wider than the sandwich with its factor of G / (G - 1)
    np.testing.assert_allclose(np.sqrt(np.diag(model.cov)), fitted.bse, rtol=0.1)


def test_risks_of_a_table_are_its_shares():
    x = np.repeat([0.0, 1.0], 200)
    y = np.concatenate([np.arange(200) < 60, np.arange(200) < 30])
    contrast = fit_binary(x[:, None], y, link="cloglog").risks([0], [1.0], [0.0])
    assert contrast.risk == pytest.approx(0.15)
    assert contrast.other_risk == pytest.approx(0.3)
    assert contrast.ratio[0] == pytest.approx(0.5)
    assert contrast.difference[0] == pytest.approx(-0.15)
    # the delta method by hand: var log = 1/30 - 1/200 + 1/60 - 1/200
    half = np.log(contrast.ratio[2] / contrast.ratio[0])
    assert half == pytest.approx(1.97 * np.sqrt(1 / 30 + 1 / 60 - 2 / 200), rel=0.02)


def test_standardised_risks_cover_where_groups_die_at_most_once():
    worlds, truth, covered = 300, None, 0
    for rng in np.random.default_rng(2).spawn(worlds):
        size, kind = rng.normal(size=150), rng.integers(0, 2, 150)
        hazard = 0.3 * np.exp(0.5 * size) * np.where(kind == 1, 0.5, 1.0)
        y = rng.random(150) < -np.expm1(-hazard)
        base = 0.3 * np.exp(0.5 * size)
        truth = np.expm1(-base / 2).mean() / np.expm1(-base).mean()
        model = fit_binary(np.column_stack([kind, size]), y, link="cloglog")
        _ratio, low, high = model.risks([0], [1.0], [0.0]).ratio
        covered += low <= truth <= high
    assert abs(covered / worlds - 0.95) < 4 * np.sqrt(0.05 * 0.95 / worlds)


def test_leaving_clusters_out_is_exact_for_least_squares():
    rng = np.random.default_rng(3)
    x, y = np.column_stack([np.ones(24), rng.normal(size=24)]), rng.normal(size=24)
    code = np.arange(24) // 4
    beta = np.linalg.lstsq(x, y)[0]
    cov, _worth = left_out(x, np.ones(24), x * (y - x @ beta)[:, None], code)
    kept = [np.linalg.lstsq(x[code != g], y[code != g])[0] - beta for g in range(6)]
    np.testing.assert_allclose(cov, np.transpose(kept) @ kept * 5 / 6, rtol=0.01)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([0, 1, 2], [True, True, True], "some but not all"),
        ([0, 0, 1, 1], [False, False, True, True], "certain"),
        ([1, 1, 1, 1], [False, False, True, True], "collinear"),
        ([0, np.nan, 1], [False, True, True], "finite"),
    ],
)
def test_what_has_no_finite_estimate_is_refused(x, y, words):
    with pytest.raises(InputError, match=words):
        fit_binary(np.array(x, dtype=float)[:, None], y)


def test_a_penalty_pulls_to_zero_and_saves_what_is_certain():
    x = np.array([0.0, 0.0, 1.0, 1.0])[:, None]
    y = [False, False, True, True]
    strong, weak = (fit_binary(x, y, penalty=penalty).beta[1] for penalty in (10.0, 0.1))
    assert 0 < strong < weak < 20
