"""A trial that seeds some groups and not others, among people who are in several of them.

Unlike ``Seeding``, which asks of a sharer's groups which one an item goes to, here one item goes
to whole groups, and what a group without it hears comes through its own members (interference,
T12). What everybody's seeding over nobody's would do is known exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from smallnet.errors import InputError

if TYPE_CHECKING:
    from smallnet.networks import Membership

__all__ = ["SeededGroups", "draw_places"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class SeededGroups:
    r"""Members take an item up, with one chance in groups that got it and another elsewhere.

    A group's own chance follows a beta law about the mean p, with shape parameters
    :math:`p(1-\rho)/\rho` and :math:`(1-p)(1-\rho)/\rho`: the intraclass correlation of members
    is then :math:`\rho` itself [1]_. Whoever takes it up in one group has it in all. A group
    without it is told by each of its members who took it up in a seeded group, with the chance
    ``passed_on``, and is from then on like a seeded one.

    Parameters
    ----------
    control, seeded : float
        Mean chance that a member takes it up, in a group without the item and in one with it.
    icc : float
        Intraclass correlation of members of a group, from 0 to below 1.
    passed_on : float
        Chance that who has it from a seeded group tells an own group that was not seeded.

    Raises
    ------
    InputError
        If a parameter is out of its range.

    References
    ----------
    .. [1] J. G. Skellam, Journal of the Royal Statistical Society B 10, 257-261 (1948).
       https://doi.org/10.1111/j.2517-6161.1948.tb00014.x
    """

    control: float = 0.1
    seeded: float = 0.2
    icc: float = 0.05
    passed_on: float = 0.0

    def __post_init__(self) -> None:
        for name, high in (("control", 1), ("seeded", 1), ("icc", 0.999), ("passed_on", 1)):
            if not 0 <= getattr(self, name) <= high:
                msg = f"{name} is {getattr(self, name)}, expected a number from 0 to {high}"
                raise InputError(msg)

    def run(
        self, membership: Membership, seeded: npt.ArrayLike, *, rng: np.random.Generator
    ) -> BoolArray:
        """Draw who takes it up.

        Parameters
        ----------
        membership : Membership
            Who is in which group.
        seeded : array_like of bool, shape (groups,)
            Groups that get it.
        rng : numpy.random.Generator
            Chance.

        Returns
        -------
        ndarray of bool, shape (people,)
            Who is in no group never does.
        """
        has = np.asarray(seeded, dtype=bool)
        inside = membership.incidence
        if has.shape != (membership.n_groups,):
            msg = f"seeded has shape {has.shape}, expected ({membership.n_groups},)"
            raise InputError(msg)
        group = np.repeat(np.arange(membership.n_groups), membership.size)
        person = inside.indices
        luck = rng.random(group.size)
        own = self._chances(self.seeded, has.size, rng)
        first = np.zeros(membership.n_people, dtype=bool)
        first[person[has[group] & (luck < own[group])]] = True
        tells = first[person] & ~has[group] & (rng.random(group.size) < self.passed_on)
        heard = has | (np.bincount(group[tells], minlength=has.size) > 0)
        chance = np.where(heard, own, self._chances(self.control, has.size, rng))
        taken = first.copy()
        taken[person[luck < chance[group]]] = True
        return taken

    def effect(self, membership: Membership) -> FloatArray:
        """Chance of each person where every group is seeded, less where none is: exact.

        Returns
        -------
        ndarray, shape (people,)
            ``(1 - control)^k - (1 - seeded)^k`` for who is in k groups.
        """
        k = membership.groups_per_person
        found: FloatArray = (1 - self.control) ** k - (1 - self.seeded) ** k
        return found

    def _chances(self, mean: float, groups: int, rng: np.random.Generator) -> FloatArray:
        if self.icc == 0 or mean in (0, 1):
            return np.full(groups, float(mean))
        much = (1 - self.icc) / self.icc
        return rng.beta(mean * much, (1 - mean) * much, groups)


def draw_places(
    places: int,
    groups: int,
    people: int,
    *,
    size: float,
    size_sd: float = 0.5,
    bridging: float = 0.0,
    rng: np.random.Generator,
) -> Membership:
    """Draw places with groups of their own, whose members may also come from anywhere.

    Parameters
    ----------
    places : int
        Places.
    groups, people : int
        Of each place.
    size, size_sd : float
        Median members of a group, and the standard deviation of its logarithm.
    bridging : float
        Share of memberships held by anybody of all places; 0 makes islands.
    rng : numpy.random.Generator
        Chance.

    Returns
    -------
    Membership
        Groups and people in the order of places. A group has at least 2 draws; who is drawn
        twice for one group is in it once.
    """
    if places < 1 or groups < 1 or people < 2 or not 0 <= bridging <= 1 or size < 1:
        msg = (
            f"{places} places of {groups} groups and {people} people, size {size}, bridging "
            f"{bridging}: expected at least 1, 1, 2, 1 and a share"
        )
        raise InputError(msg)
    from smallnet.networks import Membership  # late: `import smallnet` stays light

    total = places * groups
    sizes = np.exp(rng.normal(np.log(size), size_sd, total)).round().astype(int)
    sizes = np.clip(sizes, 2, people)
    group = np.repeat(np.arange(total), sizes)
    home = group // groups * people + rng.integers(0, people, group.size)
    away = rng.integers(0, places * people, group.size)
    person = np.where(rng.random(group.size) < bridging, away, home)
    return Membership.from_ends(
        group,
        person,
        [f"g{k:04d}" for k in range(total)],
        [f"p{k:05d}" for k in range(places * people)],
        made_by=f"{places} places, bridging {bridging:g}",
    )
