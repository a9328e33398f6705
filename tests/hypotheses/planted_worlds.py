"""Claims asked on their planted worlds, and what must hold of the answers."""

import numpy as np
from scipy import stats

from smallnet.hypotheses import load_claim
from smallnet.hypotheses.planted import load_planted
from smallnet.tables import Choices


def ask_worlds(claim, effect, n, seed, choices=None):
    """Results and truths of ``n`` worlds of the size that the claim's plan names."""
    plan, module = load_planted(claim), load_claim(claim)
    found = []
    for rng in np.random.default_rng(seed).spawn(n):
        dataset, truth = plan.draw(effect, groups=plan.groups, people=plan.people, rng=rng)
        found.append((module.test(dataset, choices or Choices(), rng=rng), truth))
    return found


def assert_level(p_values, sigmas):
    """No more small p-values than chance gives, and all of them uniform."""
    p_values = np.asarray(p_values, float)
    assert np.mean(p_values < 0.05) < 0.05 + sigmas * np.sqrt(0.05 * 0.95 / len(p_values))
    assert stats.kstest(p_values, "uniform").pvalue > 0.001


def assert_centred(values):
    """The mean of the estimates is where nothing happens, at 0."""
    values = np.asarray(values, float)
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(len(values))


def assert_covered(found, *, supported):
    """Intervals hold the truth at their level, and the effect is found in a share of worlds."""
    covered = np.mean([r.ci_low <= truth <= r.ci_high for r, truth in found])
    assert covered > 0.95 - 3.5 * np.sqrt(0.05 * 0.95 / len(found))
    assert np.mean([r.verdict == "supported" for r, _truth in found]) > supported


def assert_null_holds(bias, p_values, inside):
    """Two-sided: p-values are uniform, logs centred, intervals at their level."""
    worlds = len(p_values)
    for level in (0.05, 0.2):
        share = np.mean(p_values < level)
        assert abs(share - level) < 3.5 * np.sqrt(level * (1 - level) / worlds)
    assert stats.kstest(p_values, "uniform").pvalue > 0.001
    assert_centred(bias)
    assert abs(inside.mean() - 0.95) < 3.5 * np.sqrt(0.05 * 0.95 / worlds)
