"""Every combination of choices, and what they say together."""

import numpy as np
import pytest
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.specifications import (
    moved_by,
    specification_list,
    specification_test,
)


def test_every_combination_is_asked_once_and_those_without_an_answer_stay():
    def ask(weight, window):
        if window == 1:
            msg = "too short"
            raise InputError(msg)
        if weight == "person" and window == 7:
            return None
        return {"estimate": window + (weight == "person"), "p_value": 0.5}

    table = specification_list(ask, {"weight": ["group", "person"], "window": [30, 7, 1]})
    assert len(table) == 6
    assert table["estimate"].tolist()[:3] == [7, 30, 31]
    assert table["why"].tolist() == ["", "", "", "too short", "no answer", "too short"]
    assert table["low"].isna().all()


def test_shares_of_variance_are_those_of_a_sum():
    # a in 0, 1 and b in 0, 1, 2 (times 2): variances 1/4 and 4 * 2/3; together nothing.
    table = specification_list(lambda a, b: {"estimate": a + 2 * b}, {"a": [0, 1], "b": [0, 1, 2]})
    shares = moved_by(table, ["a", "b"])
    assert list(shares) == ["b", "a"]
    assert shares["a"] == pytest.approx((1 / 4) / (1 / 4 + 8 / 3))
    assert sum(shares.values()) == pytest.approx(1.0)
    same = specification_list(lambda a: {"estimate": 1.0 + 0 * a}, {"a": [0, 1]})
    assert np.isnan(moved_by(same, ["a"])["a"])


def ask_all(x, y):
    """t of four ways to relate y to x, which look at the same data and so go together."""
    ways = (x, np.sqrt(np.abs(x)) * np.sign(x), np.clip(x, -1, 1), stats.rankdata(x))
    r = np.array([np.corrcoef(way, y)[0, 1] for way in ways])
    return r * np.sqrt((x.size - 2) / (1 - r**2))


@pytest.mark.parametrize("effect", [0.0, 0.9])
def test_joint_p_keep_their_level_and_find_an_effect(effect):
    worlds, found = 80, np.zeros((80, 3))
    for i, rng in enumerate(np.random.default_rng(1).spawn(worlds)):
        x, noise = rng.normal(size=(2, 30))
        y = effect * x + noise
        drawn = [ask_all(x, rng.permutation(y)) for _ in range(39)]
        test = specification_test(ask_all(x, y), drawn)
        found[i] = test.p_median, test.p_share, test.p_any
        assert test.p_adjusted.min() == pytest.approx(test.p_any)
    share = (found <= 0.05).mean(axis=0)
    if effect:
        assert (share > 0.6).all()
    else:
        assert (share < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / worlds)).all()


def test_an_unanswered_combination_is_not_of_the_family():
    test = specification_test([2.5, np.nan], [[0.0, 0.0], [3.0, 0.0]])
    assert test.share == 1.0
    assert test.p_any == pytest.approx(2 / 3)
    assert np.isnan(test.p_adjusted[1])
    with pytest.raises(InputError, match="no combination"):
        specification_test([np.nan], [[0.0]])
    with pytest.raises(InputError, match="at least one"):
        specification_list(lambda: None, {})
