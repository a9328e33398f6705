"""B07: the published coefficients, exact rows by hand, and worlds with and without influence."""

import os

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.sparse import csr_array
from statsmodels.api import GLM, families

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.methods.diffusion_table import read_diffusions
from smallnet.hypotheses.methods.exposure import Diffusion, count_cells, fit_exposure, shuffled
from smallnet.hypotheses.planted import load_planted
from smallnet.tables import Choices, Dataset, load_data
from smallnet.tables.study_file import Study

B07 = load_claim("B07")
REAL = pytest.mark.skipif(
    not os.environ.get("SMALLNET_DATA"), reason="SMALLNET_DATA names no folder of real data"
)


def chain(n=4, periods=3):
    """Person i is exposed to i - 1, and adopts in period i while there is one."""
    ties = csr_array((np.ones(n - 1), (np.arange(1, n), np.arange(n - 1))), shape=(n, n))
    zeros = np.zeros(n, np.int64)
    return Diffusion(ties, np.arange(n), zeros, periods, zeros, np.full(n, periods))


def test_rows_of_a_chain_are_counted_as_by_hand():
    cells = count_cells(chain())
    seen = {
        (int(t), int(x)): (rows, events)
        for t, x, rows, events in zip(
            cells.period, cells.exposure, cells.rows, cells.events, strict=True
        )
    }
    assert seen == {
        (0, 0): (4, 1),  # all at risk, the first adopts
        (1, 1): (1, 1),  # the second saw the first
        (1, 0): (2, 0),
        (2, 1): (1, 1),
        (2, 0): (1, 0),
    }
    as_fraction = count_cells(chain(), fraction=True)
    assert set(as_fraction.exposure) == {0, 20}  # of one alter: none or all


def test_who_adopted_before_entering_exposes_but_is_not_at_risk():
    diffusion = chain()
    late = Diffusion(
        diffusion.ties,
        diffusion.adopted,
        diffusion.group,
        3,
        np.array([1, 0, 0, 0]),
        diffusion.leaves,
    )
    cells = count_cells(late)
    assert cells.rows[cells.period == 0].sum() == 3
    assert cells.events[cells.period == 0].sum() == 0
    assert cells.rows[(cells.period == 1) & (cells.exposure == 1)].sum() == 1


def random_diffusion(rng, n=300, groups=6, periods=8):
    group = np.sort(rng.integers(0, groups, n))
    near = (group[:, None] == group[None, :]) & (rng.random((n, n)) < 0.08)
    np.fill_diagonal(near, False)
    zeros = np.zeros(n, np.int64)
    adopted = np.minimum(rng.geometric(0.12, n) - 1, periods)
    return Diffusion(csr_array(near.astype(float)), adopted, group, periods, zeros, zeros + periods)


def test_the_fit_agrees_with_a_dense_logit_of_the_same_rows():
    cells = count_cells(random_diffusion(np.random.default_rng(1)))
    ours = fit_exposure(cells, [np.log1p(cells.exposure)], by_group=True)
    dummies = [
        pd.get_dummies(cells.period, dtype=float),
        pd.get_dummies(cells.group, dtype=float, drop_first=True),
    ]
    design = np.column_stack([np.log1p(cells.exposure), *dummies])
    counts = np.column_stack([cells.events, cells.rows - cells.events])
    peer = GLM(counts, design, family=families.Binomial()).fit()
    assert ours.coefficients[0] == pytest.approx(peer.params[0], abs=1e-6)
    assert ours.errors[0] == pytest.approx(peer.bse[0], abs=1e-6)


def test_a_shuffle_keeps_who_adopts_and_the_moments_of_each_group():
    diffusion = random_diffusion(np.random.default_rng(2))
    other = shuffled(diffusion, rng=np.random.default_rng(3))
    assert ((other.adopted < 8) == (diffusion.adopted < 8)).all()
    assert (other.adopted != diffusion.adopted).any()
    for group in range(6):
        mine = diffusion.group == group
        assert sorted(other.adopted[mine]) == sorted(diffusion.adopted[mine])


def ask(effect, worlds, seed):
    plan = load_planted("B07")
    results = []
    for rng in np.random.default_rng(seed).spawn(worlds):
        dataset, _ = plan.draw(effect, groups=6, people=160, rng=rng)
        results.append(B07.test(dataset, Choices(replicates=99), rng=rng))
    return results


@pytest.mark.calibration
def test_likeness_and_speed_of_groups_raise_no_more_alarms_than_they_may():
    worlds = 24
    results = ask(0.0, worlds, 4)
    p_values = np.array([result.p_value for result in results])
    for level in (0.05, 0.2, 0.5):
        assert np.mean(p_values < level) <= level + 3 * np.sqrt(level * (1 - level) / worlds)
    assert stats.kstest(p_values, "uniform").pvalue > 0.001
    # the careless coefficient is taken in by likeness
    careless = np.array([result.details["coefficient_period_effects"] for result in results])
    assert np.mean(careless[:, 0] > 1.96 * careless[:, 1]) > 0.2


@pytest.mark.calibration
def test_influence_is_found():
    verdicts = [result.verdict for result in ask(2.0, 20, 5)]
    assert "contradicted" not in verdicts
    assert np.mean([verdict == "supported" for verdict in verdicts]) > 0.5


@REAL
@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "ties", "plain", "with_groups", "null", "share", "lowest", "highest", "rank"),
    [
        (
            "kfamily",
            2578,
            (0.823, 0.085),
            (0.793, 0.089),
            (0.697, 0.053),
            0.643,
            0.419,
            0.833,
            -0.23,
        ),
        (
            "med_innovation",
            294,
            (-0.018, 0.244),
            (-0.054, 0.25),
            (0.113, 0.175),
            0.872,
            0.81,
            0.889,
            -0.2,
        ),
    ],
)
def test_the_classic_diffusions_give_the_published_numbers(
    name, ties, plain, with_groups, null, share, lowest, highest, rank
):
    dataset = load_data(name)
    result = B07.test(dataset, dataset.study.to_choices(), rng=np.random.default_rng(1))
    found = result.details
    assert found["ties_used"] == ties
    assert found["coefficient_period_effects"] == pytest.approx(plain, abs=6e-4)
    assert found["coefficient_group_effects"] == pytest.approx(with_groups, abs=6e-4)
    # the published null is of 100 draws
    assert abs(found["shuffled_mean"] - null[0]) < 3.5 * null[1] / np.sqrt(100)
    assert abs(found["shuffled_sd"] - null[1]) < 3.5 * null[1] / np.sqrt(200)
    saturation = found["saturation"]
    assert [saturation[key] for key in ("share", "lowest", "highest")] == pytest.approx(
        [share, lowest, highest], abs=6e-4
    )
    assert found["size_saturation"]["spearman"] == pytest.approx(rank, abs=6e-3)
    assert result.verdict == "inconclusive"  # negative results stay negative


def tiny(**tables):
    study = Study(
        name="tiny",
        observed_from=pd.Timestamp("2024-01-01").to_pydatetime(),
        observed_until=pd.Timestamp("2024-01-11").to_pydatetime(),
        time_resolution="1d",
    )
    frames = {
        "memberships": pd.DataFrame({"group": ["a"] * 3 + ["b"] * 2, "person": list("uvwxy")}),
        "adoptions": pd.DataFrame(
            {
                "person": ["u", "v"],
                "item": "i",
                "adopted_at": pd.to_datetime(["2024-01-02", "2023-06-01"]),
            }
        ),
    }
    return Dataset.from_frames(frames | tables, study)


def test_ties_across_groups_and_ties_made_while_watched_are_left_out():
    friends = pd.DataFrame(
        {
            "person": ["u", "u", "v"],
            "friend": ["v", "x", "w"],
            "since": pd.to_datetime([None, None, "2024-01-05"]),
        }
    )
    found = read_diffusions(tiny(friendships=friends), ["friendships"])
    assert found.n_ties == 2  # u-v, both ways
    (item,) = found.each
    assert item.adopted.tolist() == [2, 0, 11, 11, 11]  # the second day; before; never
    assert found.groups == ("a", "b")


def test_without_ties_it_says_what_it_lacks():
    (result,) = run_claims(tiny(), Choices(hypotheses=("B07",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert "ties" in result.reason


def test_a_layer_that_is_not_there_is_named():
    friends = pd.DataFrame({"person": ["u"], "friend": ["v"]})
    choices = Choices(hypotheses=("B07",), exposure_layers=("advice",))
    (result,) = run_claims(tiny(friendships=friends), choices, rng=np.random.default_rng(1))
    assert "ties of layer advice" in result.reason


def test_two_adopters_settle_nothing():
    friends = pd.DataFrame({"person": ["u"], "friend": ["v"]})
    choices = Choices(hypotheses=("B07",))
    (result,) = run_claims(tiny(friendships=friends), choices, rng=np.random.default_rng(1))
    assert result.verdict == "inconclusive"
    assert result.estimate is None
