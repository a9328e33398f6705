"""A planned trial, played: honest where it should be, wrong where theory says so."""

import numpy as np
import pytest

from smallnet.errors import InputError
from smallnet.hypotheses.methods.group_overlap import overlap_clusters
from smallnet.hypotheses.trial_design import play_trials
from smallnet.simulations import SeededGroups, draw_places

WORLDS = 100


def close(found, truth):
    error = found.std(ddof=1) / np.sqrt(len(found))
    return abs(found.mean() - truth) < 4 * error


def test_on_islands_all_is_well_and_groups_by_themselves_lose_half_of_the_effect():
    rng = np.random.default_rng(1)
    rooms = draw_places(24, 5, 60, size=18, rng=rng)
    world = SeededGroups(control=0.05, seeded=0.15)
    islands = play_trials(world, rooms, overlap_clusters(rooms), worlds=WORLDS, rng=rng)
    assert close(islands["clusters"], islands["clusters_true"][0])
    assert close(islands["exposure"], islands["exposure_true"][0])
    assert abs(islands["covered"].mean() - 0.95) < 4 * np.sqrt(0.95 * 0.05 / WORLDS)
    assert (islands["leak"] == 0).all()
    alone = play_trials(world, rooms, np.arange(rooms.n_groups), worlds=WORLDS, rng=rng)
    assert alone["clusters"].mean() < 0.65 * alone["clusters_true"][0]
    assert alone["leak"].mean() > 0.3


def test_without_an_effect_members_as_units_raise_false_alarms_and_clusters_do_not():
    rng = np.random.default_rng(2)
    rooms = draw_places(24, 3, 40, size=18, rng=rng)
    nothing = SeededGroups(control=0.15, seeded=0.15, icc=0.1)
    tried = play_trials(
        nothing, rooms, overlap_clusters(rooms), worlds=WORLDS, permutations=19, rng=rng
    )
    error = np.sqrt(0.05 * 0.95 / WORLDS)
    assert abs((tried["p_clusters"] < 0.05).mean() - 0.05) < 4 * error
    assert (tried["p_people"] < 0.05).mean() > 0.05 + 6 * error
    assert abs((tried["p_exposure"] <= 0.2).mean() - 0.2) < 4 * np.sqrt(0.2 * 0.8 / WORLDS)
    assert tried["exposure_true"][0] == 0


def test_too_few_clusters_are_refused():
    rng = np.random.default_rng(3)
    rooms = draw_places(3, 2, 30, size=8, rng=rng)
    with pytest.raises(InputError, match="of 3 clusters"):
        play_trials(SeededGroups(), rooms, overlap_clusters(rooms), worlds=2, rng=rng)
