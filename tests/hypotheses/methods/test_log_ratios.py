"""Intervals, p-values and ratios that all models of log ratios share."""

from dataclasses import dataclass

import numpy as np
import pytest

from smallnet.hypotheses.methods.log_ratios import LogRatios


@dataclass(frozen=True, kw_only=True)
class Known(LogRatios):
    beta: np.ndarray
    error: np.ndarray

    @property
    def freedom(self):
        return 9

    @property
    def standard_error(self):
        return self.error


def known(beta, error):
    return Known(beta=np.array(beta), error=np.array(error))


def test_an_interval_is_that_of_student():
    # t with 9 degrees of freedom: 2.262157 leaves 2.5 % above (tables of the distribution)
    model = known([0.0, np.log(2)], [1.0, 0.1])
    np.testing.assert_allclose(model.conf_int()[0], [-2.262157, 2.262157], atol=1e-6)
    half = 0.2262157
    assert model.ratio(1) == pytest.approx((2.0, 2 * np.exp(-half), 2 * np.exp(half)), rel=1e-6)


def test_an_interval_touches_one_where_the_p_value_is_its_error():
    model = known([2.262157162740992, 0.0], [1.0, 1.0])
    assert model.p_values() == pytest.approx([0.05, 1.0])
    assert model.ratio(0)[1] == pytest.approx(1.0)


def test_a_ratio_without_an_end_is_a_number():
    estimate, low, high = known([1.0], [1e6]).ratio()
    assert low < 1e-300
    assert np.isfinite(high)
    assert estimate == pytest.approx(np.e)
