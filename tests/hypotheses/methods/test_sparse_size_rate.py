"""People who write little: their totals and their silence tell of their groups."""

import numpy as np
import pytest

from smallnet.errors import InputError
from smallnet.hypotheses.methods.rate_panel import rate_panel
from smallnet.hypotheses.methods.size_rate import fit_size_rate
from smallnet.hypotheses.methods.sparse_size_rate import fit_sparse_size_rate
from smallnet.simulations import Platform
from smallnet.tables import Dataset

TABLES = ("people", "groups", "memberships", "interactions")
SPARSE = {
    "people": 200,
    "groups": 40,
    "days": 28,
    "joins_per_day": 0.01,
    "private_per_day": 0.0,
    "reaction_share": 0.0,
    "bots": 0,
    "messages_per_day": 0.01,
}


def draw(rng, **parameters):
    return Platform(**(SPARSE | parameters)).generate(rng=rng, tables=TABLES)


def test_silent_people_have_rows_where_asked_for_and_change_nothing_else():
    dataset = draw(np.random.default_rng(1)).dataset()
    wrote, all_of_them = rate_panel(dataset), rate_panel(dataset, silent=True)
    assert all_of_them.active_people == wrote.active_people < len(all_of_them.names)
    assert len(all_of_them.names) == all_of_them.people
    assert all_of_them.messages.sum() == wrote.messages.sum()
    kept = np.isin(all_of_them.names[all_of_them.person], wrote.names)
    assert kept.sum() == wrote.days.size
    np.testing.assert_allclose(all_of_them.days[kept].sum(), wrote.days.sum())


def test_a_planted_slope_is_covered_from_a_few_messages_a_group():
    worlds, slope, inside, apart = 8, np.log(0.65), 0, []
    for rng in np.random.default_rng(2).spawn(worlds):
        dataset = draw(rng, size_effect=0.65).dataset()
        model = fit_sparse_size_rate(dataset, rng=rng)
        low, high = model.conf_int()[0]
        inside += low <= slope <= high
        apart.append(model.beta[0] - fit_size_rate(rate_panel(dataset), rng=rng).model.beta[0])
        assert model.events / model.n_groups < 8
    assert inside / worlds > 0.95 - 3.5 * np.sqrt(0.05 * 0.95 / worlds)
    assert np.mean(apart) > 2.5 * np.std(apart, ddof=1) / np.sqrt(worlds)  # what the other leans by


def test_groups_of_one_size_or_nobody_to_write_are_refused():
    drawn = draw(np.random.default_rng(3))
    one = drawn.frames["memberships"]["group"].value_counts().index[:1]
    frames = dict(drawn.frames)
    for name in ("groups", "memberships", "interactions"):
        frames[name] = frames[name][frames[name]["group"].isin(one)]
    dataset = Dataset.from_frames(frames, drawn.study)
    with pytest.raises(InputError, match="do not differ in size"):
        fit_sparse_size_rate(dataset, rng=np.random.default_rng(1))
