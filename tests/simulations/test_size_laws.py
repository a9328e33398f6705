"""Sizes of groups by a power law: drawn, fitted, and told from a log-normal."""

import numpy as np
import pytest

from smallnet.errors import InputError
from smallnet.simulations import Platform, report_fit
from smallnet.simulations.size_fits import fit_sizes
from smallnet.simulations.size_laws import draw_power_law, lognormal_chances, power_law_chances

HEAVY = {"size_law": "power-law", "size_exponent": 2.0, "size_min": 3, "size_max": 400}
STILL = {"joins_per_day": 0.0, "leaves_per_day": 0.0, "born_share": 0.0, "bots": 0}


def test_chances_of_a_power_law_are_those_of_its_formula():
    # Between 2 and 4 with exponent 1: 1/2, 1/3, 1/4, over their sum 13/12.
    assert power_law_chances(2, 4, 1.0) == pytest.approx([6 / 13, 4 / 13, 3 / 13])
    assert power_law_chances(5, 5, 3.0) == pytest.approx([1.0])


def test_chances_of_both_laws_add_up_to_one():
    for chances in (power_law_chances(1, 5000, 2.5), lognormal_chances(3, 200, 20.0, 1.3)):
        assert chances.sum() == pytest.approx(1.0)
        assert (chances >= 0).all()


def test_drawn_sizes_come_as_often_as_the_law_says():
    n, low, high = 40_000, 3, 60
    size = draw_power_law(low, high, 2.2, n, rng=np.random.default_rng(1))
    assert (size.min(), size.max()) == (low, high)
    chance = power_law_chances(low, high, 2.2)
    seen = np.bincount(size - low, minlength=high - low + 1) / n
    assert np.abs((seen - chance) / np.sqrt(chance * (1 - chance) / n)).max() < 4.5


@pytest.mark.parametrize("exponent", [1.2, 2.0, 3.0])
def test_the_fit_gives_back_the_exponent(exponent):
    off = []
    for seed in range(40):
        size = draw_power_law(3, 500, exponent, 400, rng=np.random.default_rng(seed))
        fit = fit_sizes(size)
        off.append(fit.exponent - exponent)
    error = np.std(off, ddof=1) / np.sqrt(len(off))
    assert abs(np.mean(off)) < 4 * error + 0.01  # ends are the smallest and largest seen


def test_the_likelier_law_is_the_one_that_made_the_sizes():
    right = {"power-law": 0, "log-normal": 0}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        heavy = draw_power_law(3, 500, 2.0, 200, rng=rng)
        bell = np.clip(np.rint(np.exp(rng.normal(np.log(20), 0.8, 200))), 3, 500).astype(np.int64)
        right["power-law"] += fit_sizes(heavy).law == "power-law"
        right["log-normal"] += fit_sizes(bell).law == "log-normal"
    assert right["power-law"] >= 54
    assert right["log-normal"] == 60


def test_the_right_law_is_seldom_thrown_away():
    thrown = 0
    for seed in range(300):
        size = draw_power_law(3, 500, 2.0, 150, rng=np.random.default_rng(seed))
        thrown += not fit_sizes(size).fits
    assert thrown <= 11  # 1 % of 300, and 4.6 standard errors


def test_sizes_that_are_all_the_same_fit_either_law():
    fit = fit_sizes(np.full(20, 7))
    assert (fit.law, fit.fits, fit.median) == ("log-normal", True, pytest.approx(7.0))


def test_a_platform_has_the_sizes_of_its_power_law():
    platform = Platform(people=4000, groups=300, largest_share=1.0, **HEAVY, **STILL)
    world = platform.generate(rng=np.random.default_rng(3), tables=["memberships"])
    size = world.frames["memberships"].groupby("group").size().to_numpy()
    chance = power_law_chances(3, 400, 2.0)
    expected = chance @ np.arange(3, 401)
    error = np.sqrt(chance @ np.arange(3, 401) ** 2 - expected**2) / np.sqrt(300)
    assert abs(size.mean() - expected) < 4 * error
    assert platform.to_dict()["size_law"] == "power-law"
    assert "size_law" not in Platform().to_dict()


def test_fitting_tells_both_laws_and_takes_the_likelier():
    platform = Platform(people=3000, groups=300, largest_share=1.0, **HEAVY, **STILL)
    world = platform.generate(
        rng=np.random.default_rng(5), tables=["people", "groups", "memberships"]
    )
    found = report_fit(world.dataset())
    assert found.platform.size_law == "power-law"
    assert found.platform.size_exponent == pytest.approx(2.0, abs=0.25)
    assert found.platform.sizes == ()
    reason = found.report.set_index("parameter").loc["size_law", "reason"]
    assert "log-normal: median" in reason
    assert "power law: exponent" in reason


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"size_law": "zipf"}, "size_law is 'zipf', expected one of log-normal, power-law"),
        ({"size_exponent": float("nan")}, "size_exponent is nan"),
    ],
)
def test_a_law_that_is_none_is_refused(change, words):
    with pytest.raises(InputError, match=words):
        Platform(**change)
