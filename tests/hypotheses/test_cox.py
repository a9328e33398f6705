"""Cox's model agrees with a peer, with its own definition, and keeps its level in clusters."""

import numpy as np
import pytest
from statsmodels.duration.hazard_regression import PHReg

from smallnet.errors import InputError
from smallnet.hypotheses.methods.cox import fit_cox


def stays(rng, n=300, *, ties=False):
    x = np.column_stack([rng.integers(0, 2, n), rng.normal(size=n)])
    stratum = rng.integers(0, 6, n)
    enter = rng.uniform(0, 3, n)
    leave = enter + rng.exponential(1 / (0.2 * np.exp(x @ [0.7, -0.4] + 0.3 * stratum)))
    event = rng.random(n) < 0.8
    if ties:
        enter, leave = np.floor(enter) + 0.5, np.floor(leave) + 1  # peers differ at equal moments
    return enter, leave, event, x, stratum


@pytest.mark.parametrize("ties", [False, True])
def test_it_agrees_with_statsmodels_with_strata_late_entry_and_ties(ties):
    enter, leave, event, x, stratum = stays(np.random.default_rng(1), ties=ties)
    ours = fit_cox(enter, leave, event, x, stratum=stratum)
    theirs = PHReg(leave, x, status=event, entry=enter, strata=stratum, ties="efron").fit()
    np.testing.assert_allclose(ours.beta, theirs.params, rtol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(ours.cov)), theirs.bse, rtol=1e-5)
    assert ours.residual.sum() == pytest.approx(0, abs=1e-8)


def test_the_likelihood_is_that_of_its_definition():
    enter, leave, event, x, stratum = stays(np.random.default_rng(2), n=60, ties=True)
    fitted = fit_cox(enter, leave, event, x[:, 0], stratum=stratum).beta[0]

    def log_likelihood(beta):
        total = 0.0
        for s in np.unique(stratum):
            for time in np.unique(leave[event & (stratum == s)]):
                risk = (stratum == s) & (enter < time) & (leave >= time)
                dead = risk & event & (leave == time)
                weight = np.exp(beta * x[:, 0])
                for place in range(dead.sum()):
                    share = place / dead.sum()
                    total -= np.log(weight[risk].sum() - share * weight[dead].sum())
                total += beta * x[dead, 0].sum()
        return total

    at = log_likelihood(fitted)
    assert at > log_likelihood(fitted - 0.01)
    assert at > log_likelihood(fitted + 0.01)


def test_a_covariate_may_change_in_time_by_cutting_a_stay():
    enter, leave, event, x, stratum = stays(np.random.default_rng(3))
    middle = (enter + leave) / 2
    whole = fit_cox(enter, leave, event, x, stratum=stratum)
    cut = fit_cox(
        np.concatenate([enter, middle]),
        np.concatenate([middle, leave]),
        np.concatenate([np.zeros_like(event), event]),
        np.concatenate([x, x]),
        stratum=np.concatenate([stratum, stratum]),
        cluster=np.tile(np.arange(len(x)), 2),
    )
    np.testing.assert_allclose(cut.beta, whole.beta, rtol=1e-8)
    np.testing.assert_allclose(cut.cov_clustered, whole.cov_clustered, rtol=1e-4)


def test_the_clustered_error_is_near_that_of_leaving_each_cluster_out():
    enter, leave, event, x, _ = stays(np.random.default_rng(4), n=400)
    stratum = cluster = np.random.default_rng(5).integers(0, 25, 400)
    model = fit_cox(enter, leave, event, x, stratum=stratum, cluster=cluster)
    without = np.array(
        [
            fit_cox(enter[k], leave[k], event[k], x[k], stratum=stratum[k]).beta
            for k in (cluster != c for c in range(25))
        ]
    )
    moved = without - model.beta
    jackknife = moved.T @ moved * 24 / 25
    np.testing.assert_allclose(
        np.sqrt(np.diag(model.cov_clustered)), np.sqrt(np.diag(jackknife)), rtol=0.06
    )


@pytest.mark.calibration
def test_effects_that_differ_by_cluster_do_not_raise_false_alarms():
    worlds, alarms = 300, 0
    for rng in np.random.default_rng(6).spawn(worlds):
        cluster = np.repeat(np.arange(20), 15)
        x = rng.integers(0, 2, 300)
        rate = np.exp(rng.normal(0, 0.8, 20)[cluster] * x)
        time = rng.exponential(1 / rate)
        model = fit_cox(
            np.zeros(300), time, np.ones(300, bool), x, stratum=cluster, cluster=cluster
        )
        alarms += model.p_values()[0] < 0.05
    assert alarms / worlds < 0.05 + 3 * np.sqrt(0.05 * 0.95 / worlds)


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(InputError, match="no stratum has an event"):
        fit_cox([0, 0], [1, 2], [False, False], [0, 1])
    with pytest.raises(InputError, match="differ in every covariate"):
        fit_cox([0, 0], [1, 2], [True, False], [1, 1])
    with pytest.raises(InputError, match="expected an end after the beginning"):
        fit_cox([0, 2], [1, 2], [True, False], [1, 0])
    with pytest.raises(InputError, match=r"one side|no finite"):
        fit_cox([0, 0, 0, 0], [1, 2, 3, 3], [True, True, False, False], [1, 1, 0, 0])


def test_errors_of_several_covariates_are_those_of_leaving_each_cluster_out():
    rng, clusters = np.random.default_rng(1), 30
    code = np.repeat(np.arange(clusters), 20)
    first = rng.normal(size=clusters)[code] + rng.normal(size=code.size)
    second = 0.8 * first + rng.normal(size=clusters)[code] + rng.normal(size=code.size)
    x = np.column_stack([first, second])
    hazard = np.exp(x @ [0.3, -0.2] + rng.normal(0, 0.4, clusters)[code])
    time = rng.exponential(1 / hazard)
    event, time, start = time < 2, np.minimum(time, 2), np.zeros(code.size)
    model = fit_cox(start, time, event, x, cluster=code)
    moved = []
    for left_out in range(clusters):
        k = code != left_out
        moved.append(fit_cox(start[k], time[k], event[k], x[k]).beta - model.beta)
    jackknife = np.transpose(moved) @ moved * (clusters - 1) / clusters
    # one Newton step from the whole, so not exactly
    np.testing.assert_allclose(np.diag(model.cov_clustered), np.diag(jackknife), rtol=0.1)
