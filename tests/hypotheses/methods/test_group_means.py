"""Correlations between groups are those of the groups, not of the people in them."""

import numpy as np
import pytest
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.group_means import between_groups, group_means


def drawn(rng, rho, *, groups=150, people=12, personal=0.5):
    of_group = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], groups)
    code = np.repeat(np.arange(groups), people)
    own = rng.normal(0, personal, code.size)
    x = of_group[code, 0] + own + rng.normal(size=code.size)
    y = of_group[code, 1] + own + 2 * rng.normal(size=code.size)
    x[rng.random(code.size) < 0.5] = np.nan
    first = np.arange(code.size) % people == 0
    x[first] = np.where(np.isnan(x[first]), 0.0 + of_group[code[first], 0], x[first])
    return code, x, y, groups


def test_means_of_two_small_groups_are_as_by_hand():
    means = group_means([0, 0, 0, 1, 1], [1.0, 3.0, np.nan, 2.0, 4.0], [0.0, 2.0, 4.0, 1.0, 5.0], 2)
    assert means.x.tolist() == [2.0, 3.0]
    assert means.y.tolist() == [2.0, 3.0]
    # pooled variance of x: (1 + 1 + 1 + 1) / 2 = 2, over two answers each
    assert means.noise_x.tolist() == [1.0, 1.0]
    assert means.noise_y.tolist() == pytest.approx([4 / 3, 8 / 2])
    # those who gave both: deviations (-1, 1) with (-1, 1), and (-1, 1) with (-2, 2): 6 over 2
    assert means.noise_xy.tolist() == pytest.approx([3.0 * 2 / 6, 3.0 * 2 / 4])
    assert means.within == pytest.approx(6 / np.sqrt(4 * 10))


@pytest.mark.parametrize(("rho", "groups"), [(0.6, 150), (0.8, 100), (-0.6, 40)])
def test_intervals_hold_the_correlation_at_their_level_however_noisy_the_means(rho, groups):
    worlds, inside = 300, []
    for rng in np.random.default_rng(3).spawn(worlds):
        means = group_means(*drawn(rng, rho, groups=groups, people=5))
        found = between_groups(means, level=0.95, draws=1, rng=rng)
        if np.isfinite(found.estimate):  # now and then means are all noise
            inside.append(found.ci_low <= rho <= found.ci_high)
            assert found.ci_low <= found.estimate <= found.ci_high
    assert len(inside) > 0.95 * worlds
    assert abs(np.mean(inside) - 0.95) < 3.5 * np.sqrt(0.05 * 0.95 / len(inside))


def test_leaving_out_each_group_is_as_by_hand():
    means = group_means(*drawn(np.random.default_rng(4), 0.5, groups=8))
    found = between_groups(means, level=0.9, draws=1, rng=np.random.default_rng(1))

    def parts(rows):
        whole = np.cov(means.x[rows], means.y[rows])
        own_x = whole[0, 0] - means.noise_x[rows].mean()
        own_y = whole[1, 1] - means.noise_y[rows].mean()
        return whole[0, 1] - means.noise_xy[rows].mean(), np.sqrt(own_x * own_y)

    top, bottom = parts(np.arange(8))
    left = np.array([parts(np.delete(np.arange(8), row)) for row in range(8)])
    bottom = 8 * bottom - 7 * left[:, 1].mean()
    assert found.estimate == pytest.approx(top / bottom)
    for bound in {found.ci_low, found.ci_high} - {-1.0, 1.0}:
        rest = left[:, 0] - bound * left[:, 1]
        error = np.sqrt(7 / 8 * ((rest - rest.mean()) ** 2).sum())
        assert abs(top - bound * bottom) == pytest.approx(stats.t.ppf(0.95, 7) * error)
    assert {found.ci_low, found.ci_high} - {-1.0, 1.0}


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_the_correlation_of_groups_is_found_without_that_of_people(rho):
    worlds, estimates, covered, alarms = 120, [], 0, 0
    for rng in np.random.default_rng(1).spawn(worlds):
        found = between_groups(group_means(*drawn(rng, rho)), level=0.95, draws=99, rng=rng)
        estimates.append(found.estimate)
        covered += found.ci_low <= rho <= found.ci_high
        alarms += found.p_value <= 0.05
    error = np.std(estimates) / np.sqrt(worlds)
    assert abs(np.mean(estimates) - rho) < 4 * error
    assert abs(covered / worlds - 0.95) < 4 * np.sqrt(0.05 * 0.95 / worlds)
    if rho == 0:
        assert alarms / worlds < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / worlds)
    else:
        assert alarms / worlds > 0.9


def test_means_that_are_all_noise_say_nothing():
    rng = np.random.default_rng(2)
    code = np.repeat(np.arange(40), 6)
    x, y = rng.normal(size=240), rng.normal(size=240)
    for group in range(40):  # no group differs from another
        x[code == group] -= x[code == group].mean() - 1e-3 * group
    found = between_groups(group_means(code, x, y, 40), level=0.95, draws=19, rng=rng)
    assert np.isnan(found.estimate)
    assert found.reliability_x < 0


def test_what_cannot_be_averaged_is_refused():
    with pytest.raises(InputError, match="expected 1, 2"):
        group_means([0, 0, 1], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0], 2)
    means = group_means([0, 0, 1, 1], [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], 2)
    with pytest.raises(InputError, match="three or more"):
        between_groups(means, level=0.95, draws=9, rng=np.random.default_rng(1))
