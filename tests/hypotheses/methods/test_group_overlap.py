"""Clusters of groups that share members, what leaks between arms, and who was wholly exposed."""

import numpy as np
import pytest

from smallnet.errors import InputError
from smallnet.hypotheses.methods.group_overlap import exposure_difference, leak, overlap_clusters
from smallnet.networks import Membership
from smallnet.simulations import SeededGroups, draw_places


def chain():
    """Four groups in a row; b and c share two members, the others one."""
    group = [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4]
    person = [0, 1, 2, 2, 3, 4, 5, 4, 5, 6, 7, 7, 8, 9, 10, 11]
    return Membership.from_ends(group, person, "abcde", [f"p{k:02d}" for k in range(12)])


def halves(clusters, rng):
    """Half of the clusters, drawn; the arm of each group."""
    n = clusters.max() + 1
    return np.isin(clusters, rng.permutation(n)[: n // 2])


def test_groups_that_hang_together_by_members_are_one_component():
    assert overlap_clusters(chain()).tolist() == [0, 0, 0, 0, 1]


def test_the_cut_goes_where_fewest_members_are_shared():
    assert overlap_clusters(chain(), most=2).tolist() == [1, 0, 0, 2, 3]
    assert overlap_clusters(chain(), most=3).tolist() == [0, 0, 0, 1, 2]
    assert overlap_clusters(chain(), most=1).tolist() == [0, 1, 2, 3, 4]
    assert overlap_clusters(chain(), most=9).tolist() == overlap_clusters(chain()).tolist()
    with pytest.raises(InputError, match="at least 1 group"):
        overlap_clusters(chain(), most=0)


def test_no_cluster_is_larger_than_allowed_and_none_cuts_through_an_island():
    rng = np.random.default_rng(1)
    islands = draw_places(10, 6, 60, size=15, rng=rng)
    place = np.repeat(np.arange(10), 6)
    for most in (None, 6):
        found = overlap_clusters(islands, most=most)
        assert len(set(zip(place, found, strict=True))) == 10
    bridged = draw_places(10, 6, 60, size=15, bridging=0.2, rng=rng)
    assert np.bincount(overlap_clusters(bridged))[0] == 60
    assert np.bincount(overlap_clusters(bridged, most=6)).max() <= 6


def test_relabelling_groups_relabels_components():
    rng = np.random.default_rng(2)
    rooms = draw_places(4, 5, 60, size=10, rng=rng)
    order = rng.permutation(rooms.n_groups)
    moved = Membership(rooms.incidence[order], rooms.groups[order], rooms.people)
    before, after = overlap_clusters(rooms)[order], overlap_clusters(moved)
    np.testing.assert_array_equal(before[:, None] == before, after[:, None] == after)


def test_what_leaks_is_counted_by_hand():
    found = leak(chain(), [True, True, False, False, False])
    assert found.control == 2 / 9  # p04 and p05 of the memberships of c, d and e
    assert found.treated == 2 / 7
    assert found.people == 2 / 12
    whole = leak(chain(), [True, True, True, True, False])
    assert (whole.control, whole.treated, whole.people) == (0, 0, 0)
    assert np.isnan(leak(chain(), [True] * 5).control)


def test_the_weights_are_the_chances_of_an_assignment_counted_one_by_one():
    # p00 in one cluster, p01 in two of three; 1 of 3 treated: chances of all 1/3 and 0, of none
    # 2/3 and 1/3. Who can never be wholly treated is left out.
    rooms = Membership.from_ends([0, 1, 1, 2, 2], [0, 0, 1, 2, 3], "abc", "wxyz")
    found = exposure_difference(
        [1, 0, 1, 0],
        rooms,
        [0, 1, 2],
        [False, False, True],
        permutations=49,
        rng=np.random.default_rng(1),
    )
    assert (found.all_treated, found.none_treated, found.left_out) == (2, 1, 1)
    assert found.difference == 0.5 - 0.0
    rng, rooms = (
        np.random.default_rng(3),
        draw_places(1, 6, 40, size=12, rng=np.random.default_rng(3)),
    )
    everybody = rooms.groups_per_person > 0
    sums, draws = np.zeros(rooms.n_people), 4000
    k = rooms.groups_per_person
    for _ in range(draws):
        mine = np.isin(np.arange(6), rng.permutation(6)[:3])
        sums += mine.astype(float) @ rooms.incidence == k
    expected = np.array([1, 1 / 2, 1 / 5, 1 / 20, 0, 0, 0])[k]  # C(6 - k, 3 - k) / C(6, 3)
    error = np.sqrt(expected * (1 - expected) / draws)
    assert (abs(sums / draws - expected)[everybody] <= 4.5 * error[everybody]).all()


def test_without_an_effect_p_is_uniform():
    rng, worlds = np.random.default_rng(4), 200
    rooms = draw_places(8, 5, 50, size=12, bridging=0.1, rng=rng)
    clusters = overlap_clusters(rooms, most=5)
    same = SeededGroups(control=0.2, seeded=0.2, icc=0.2)
    p = []
    for _ in range(worlds):
        arm = halves(clusters, rng)
        took = same.run(rooms, arm, rng=rng)
        p.append(exposure_difference(took, rooms, clusters, arm, permutations=99, rng=rng).p_value)
    for level in (0.05, 0.2, 0.5):
        error = np.sqrt(level * (1 - level) / worlds)
        assert abs(np.mean(np.array(p) <= level) - level) < 4 * error


def test_exposure_is_without_the_bias_that_a_comparison_of_groups_has():
    rng, worlds = np.random.default_rng(5), 300
    rooms = draw_places(10, 6, 80, size=15, bridging=0.1, rng=rng)
    world = SeededGroups(control=0.1, seeded=0.3, icc=0.05)
    single, found, plain = np.arange(rooms.n_groups), [], []
    size = rooms.size
    for _ in range(worlds):
        arm = rng.permutation(single) < rooms.n_groups // 2
        took = world.run(rooms, arm, rng=rng)
        tested = exposure_difference(took, rooms, single, arm, permutations=1, rng=rng)
        found.append(tested.difference)
        means = rooms.incidence @ took / size
        plain.append(means[arm].mean() - means[~arm].mean())
    truth = world.effect(rooms)[rooms.groups_per_person > 0].mean()
    error = np.std(found, ddof=1) / np.sqrt(worlds)
    assert abs(np.mean(found) - truth) < 0.01 + 4 * error  # a ratio: O(1/clusters)
    assert np.mean(plain) < 0.7 * truth


def test_arms_that_cut_a_cluster_and_wrong_shapes_are_refused():
    rng = np.random.default_rng(1)
    with pytest.raises(InputError, match="in both arms"):
        exposure_difference(np.zeros(12), chain(), [0, 0, 1, 1, 2], [1, 0, 0, 0, 1], rng=rng)
    with pytest.raises(InputError, match=r"\(12,\)"):
        exposure_difference(np.zeros(3), chain(), [0, 0, 1, 1, 2], [1, 1, 0, 0, 1], rng=rng)
    with pytest.raises(InputError, match="one a group"):
        leak(chain(), [True])
