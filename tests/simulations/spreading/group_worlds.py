"""Small worlds of groups for the tests of spreading."""

import numpy as np
import pandas as pd

from smallnet.networks import Membership, Network
from smallnet.simulations.spreading import Population


def names(letter, n):
    return np.array([f"{letter}{i}" for i in range(n)], dtype=object)


def one_group(n):
    """Everybody in one group."""
    return grouped([range(n)], n)


def grouped(groups, n, ties=None, directed=True):
    """Groups as lists of people, and ties as (ego, alter, strength)."""
    row = np.concatenate([np.full(len(list(g)), k) for k, g in enumerate(groups)])
    column = np.concatenate([np.array(list(g), dtype=int) for g in groups])
    people = names("p", n)
    membership = Membership.from_ends(
        row.astype(int), column.astype(int), names("g", len(groups)), people
    )
    if ties is None:
        return Population(membership=membership)
    frame = pd.DataFrame(
        [(f"p{a}", f"p{b}", float(w)) for a, b, w in ties], columns=["source", "target", "weight"]
    )
    network = Network.from_frame(frame, directed=directed, weight="acts", people=people)
    return Population(network, membership)


def random_groups(people, memberships, size, rng):
    """Groups of one size, everybody in the same number, nobody twice in one."""
    stubs = np.repeat(np.arange(people), memberships)
    groups = rng.permutation(stubs).reshape(-1, size)
    for _ in range(1000):
        ordered = np.sort(groups, axis=1)
        twice = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        if not twice.size:
            break
        mixed = np.unique(np.concatenate([twice, rng.integers(0, len(groups), twice.size * 3)]))
        groups[mixed] = rng.permutation(groups[mixed].ravel()).reshape(-1, size)
    membership = Membership.from_ends(
        np.repeat(np.arange(len(groups)), size),
        groups.ravel(),
        names("g", len(groups)),
        names("p", people),
    )
    return Population(membership=membership)


def sizes_of(model, population, seeds, replicates=20_000, seed=1):
    """Final sizes, the seed people not counted."""
    rng = np.random.default_rng(seed)
    spread = model.simulate(population, seeds, rng=rng, replicates=replicates)
    return spread.final_sizes - len(seeds)


def distance(sizes, chances):
    """Chi-square of counted sizes against their chances, and its degrees of freedom."""
    expected = np.asarray(chances) * len(sizes)
    counted = np.bincount(sizes, minlength=len(expected))
    assert not counted[expected == 0].any()
    held = expected > 0
    return ((counted - expected)[held] ** 2 / expected[held]).sum(), held.sum() - 1
