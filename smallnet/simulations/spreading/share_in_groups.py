"""Share in groups: an adopter picks a channel and a target; members see, take up, pass on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from smallnet.errors import InputError
from smallnet.simulations.spreading.interventions import Broadcast, Incentive, accept_words
from smallnet.simulations.spreading.kernels.share_in_groups import (
    MUTED_BY_LOT,
    MUTED_LISTED,
    NOT_MUTED,
    Rules,
    share_in_groups,
)
from smallnet.simulations.spreading.model import Model, share
from smallnet.simulations.spreading.outcome import Block
from smallnet.simulations.spreading.population import Population

__all__ = ["ShareInGroups"]

CHANCES = ["sharing", "to_friend", "to_group", "to_feed", "attention", "acceptance", "feed_reach"]
NOT_NEGATIVE = ["friend_power", "reinforcement", "feed_strangers"]
FADING_MOST = 0.99  # of the calendar of views to come
FOREVER = 2**62


@dataclass(frozen=True, kw_only=True, eq=False)
class ShareInGroups(Model):
    r"""An item that is passed to a friend, into a group, or to the feed.

    Who adopts at step t shares at step t + 1. A share in a group of n members is seen by each
    with chance

    .. math:: a(n) = \min\{1, \alpha \, (n / n_0)^{-\gamma}\}

    unless they have muted it; who sees it takes it up with odds

    .. math:: \frac{p}{1 - p} \, (1 + w)^{\tau} \, \rho^{\,k},

    w the strength of the tie from the sharer (0 where there is none), k the number of others
    from whom the person has seen it before, p ``acceptance``.

    Parameters
    ----------
    shares : int
        Acts of sharing of an adopter, each with a channel and a target of its own.
    everywhere : bool
        Besides, one share in each of their groups.
    copies : int, optional
        Of the gift: at most so many people can have it from one adopter, first come, first
        served; in one share the order is drawn. If left out, no limit.
    sharing : float
        Chance that an act takes place.
    to_friend, to_group, to_feed : float
        Chance of each channel; what is missing to 1 is shared nowhere, and so is what goes to a
        friend or group of who has none.
    friend_power : float
        A friend is drawn in proportion to tie strength to this power; 0: each alike.
    size_power : float
        A group of theirs is drawn in proportion to its size to this power; 0: each alike, -1:
        small ones rather.
    attention : float
        Chance :math:`\alpha` to see a share in a group of ``reference_size``, 0 to 1.
    attention_decay : float
        Power :math:`\gamma`: how attention thins out as groups grow; 0: not at all.
    reference_size : float
        Members :math:`n_0`.
    fading : float
        Share of attention that is left after each step, 0 to 0.99. Who sees a share does so at
        once (0), or k steps later with chance (1 - fading) · fading^k; how many see it in the
        end does not depend on it. Holds for every channel.
    muted : float or ndarray of bool, shape (memberships,), optional
        Share of memberships that are muted, drawn anew for each replicate; or which ones, in the
        order of ``membership.to_frame()`` (see :func:`mute`). Who muted a group sees nothing
        there and shares nothing there.
    acceptance : float
        Chance :math:`p` to take up what one sees, 0 to 1.
    tie_effect : float
        Power :math:`\tau`; 0: ties do not matter.
    reinforcement : float
        Odds ratio :math:`\rho` of each other sharer before; 1: none, above 1: complex contagion.
    needed : int
        People from whom one must have seen it, this sharer counted, before one can take it up;
        at most 63.
    feed_reach : float
        Chance that a follower, someone to whom a tie leads, sees a share in the feed.
    feed_strangers : float
        Mean number of people drawn from everybody who see a share in the feed; Poisson.
    incentive : Incentive, optional
        Multiplies ``sharing`` while it is paid.
    broadcast : Broadcast, optional
        Tells everybody at one step.
    until : int, optional
        Last step; if left out, until nothing is on its way.

    Notes
    -----
    Everything that a person who has adopted sees is lost. Shares in one step are seen in the
    order of the sharers' adoption. A message to everybody counts as one more sharer. With
    ``fading`` a sharer who is seen again after another one counts again.

    With one group, ``attention=1`` and one share this is the chain of Reed and Frost; with
    ``everywhere`` the chance attention · acceptance is bond percolation on overlapping cliques.
    Attention that thins out with size is an assumption of the model, of the form that the data
    are asked about, not a finding.

    References
    ----------
    Newman (2003), https://doi.org/10.1103/PhysRevE.68.026121 (groups as overlapping cliques);
    Centola & Macy (2007), https://doi.org/10.1086/521848 (more than one source needed).
    """

    name: ClassVar[str] = "share-in-groups"
    paper: ClassVar[str] = "https://doi.org/10.1103/PhysRevE.68.026121"

    shares: int = 1
    everywhere: bool = False
    copies: int | None = None
    sharing: float = 1.0
    to_friend: float = 0.0
    to_group: float = 1.0
    to_feed: float = 0.0
    friend_power: float = 1.0
    size_power: float = 0.0
    attention: float = 1.0
    attention_decay: float = 0.0
    reference_size: float = 30.0
    fading: float = 0.0
    muted: float | NDArray[np.bool_] | None = None
    acceptance: float = 0.1
    tie_effect: float = 0.0
    reinforcement: float = 1.0
    needed: int = 1
    feed_reach: float = 1.0
    feed_strangers: float = 0.0
    incentive: Incentive | None = None
    broadcast: Broadcast | None = None
    until: int | None = None

    def __post_init__(self) -> None:
        accept_words(self, incentive=Incentive, broadcast=Broadcast)
        for what in CHANCES:
            share(getattr(self, what), what)
        share(self.fading, "fading", most=FADING_MOST)
        total = self.to_friend + self.to_group + self.to_feed
        if total > 1 + 1e-12:
            msg = f"to_friend, to_group and to_feed add up to {total}, expected at most 1"
            raise InputError(msg)
        for what in NOT_NEGATIVE:
            if not 0 <= getattr(self, what) < np.inf:
                msg = f"{what} is {getattr(self, what)}, expected a finite number of at least 0"
                raise InputError(msg)
        for what in ("size_power", "attention_decay", "tie_effect"):
            if not np.isfinite(getattr(self, what)):
                msg = f"{what} is {getattr(self, what)}, expected a finite number"
                raise InputError(msg)
        if not 0 < self.reference_size < np.inf:
            msg = f"reference_size is {self.reference_size}, expected a number above 0"
            raise InputError(msg)
        for what, least, most in (
            ("shares", 0, FOREVER),
            ("copies", 0, 2**15 - 1),
            ("needed", 1, 63),
            ("until", 0, FOREVER),
        ):
            value = getattr(self, what)
            whole = isinstance(value, (int, np.integer)) and least <= value <= most
            if not whole and not (value is None and what in ("copies", "until")):
                upper = f" and at most {most:,}" if most < FOREVER else ""
                msg = f"{what} is {value!r}, expected a whole number of at least {least}{upper}"
                raise InputError(msg)
        if self.muted is not None and not isinstance(self.muted, np.ndarray):
            share(self.muted, "muted")

    @property
    def uses(self) -> frozenset[str]:
        """Groups or ties, where there is no other way; see :attr:`Model.uses`."""
        ways = {
            "groups": self.to_group > 0 or self.everywhere,
            "ties": self.to_friend > 0 or (self.to_feed > 0 and self.feed_reach > 0),
            "neither": self.broadcast is not None or self.to_feed * self.feed_strangers > 0,
        }
        open_ways = {way for way, is_open in ways.items() if is_open}
        return frozenset(open_ways - {"neither"}) if len(open_ways) == 1 else frozenset()

    def chance_seen(self, sizes: NDArray[Any]) -> NDArray[np.float64]:
        """Chance :math:`a(n)` that a member who has not muted the group sees a share in it.

        Parameters
        ----------
        sizes : ndarray
            Members of each group.
        """
        ratio = np.maximum(np.asarray(sizes, dtype=np.float64), 1.0) / self.reference_size
        seen: NDArray[np.float64] = np.minimum(self.attention * ratio**-self.attention_decay, 1.0)
        return seen

    def parameters(self) -> dict[str, Any]:
        """Parameters as plain values; of a list of muted memberships, the share."""
        plain = super().parameters()
        if isinstance(self.muted, np.ndarray):
            plain["muted"] = float(self.muted.mean()) if self.muted.size else 0.0
        return plain

    def prepare(self, population: Population, seeds: NDArray[np.int32]) -> _Sharing:
        """See :meth:`Model.prepare`."""
        uses_ties = self.to_friend > 0 or self.tie_effect != 0
        if population.network is not None or uses_ties:
            ptr, nbr, weight = population.ties()
        else:
            ptr = np.zeros(population.n_people + 1, np.int64)
            nbr, weight = np.zeros(0, np.int32), np.zeros(0)
        if population.membership is not None or self.to_group > 0 or self.everywhere:
            gptr, members = population.group_members()
        else:
            gptr, members = np.zeros(1, np.int64), np.zeros(0, np.int32)
        own, groups = population.groups_of_people()
        sizes = np.diff(gptr)
        seen = self.chance_seen(sizes) * (self.acceptance if self._thin else 1.0)
        with np.errstate(divide="ignore"):
            log_unseen = np.log1p(-seen)
        return _Sharing(
            ptr=ptr,
            nbr=nbr,
            weight=weight,
            friend_mass=_mass(ptr, weight**self.friend_power),
            gptr=gptr,
            members=members,
            own=own,
            groups=groups,
            at_group=_membership_of(own, groups, gptr, members),
            group_mass=_mass(own, sizes[groups].astype(np.float64) ** self.size_power),
            muted=self._muted(len(members)),
            log_unseen=log_unseen,
            seeds=seeds,
            rules=self._rules(),
        )

    @property
    def _thin(self) -> bool:
        """Whether everybody takes up what they see with the same chance."""
        return self.tie_effect == 0 and self.reinforcement == 1 and self.needed == 1

    def _muted(self, memberships: int) -> NDArray[np.bool_]:
        if not isinstance(self.muted, np.ndarray):
            return np.zeros(0, dtype=bool)
        if self.muted.dtype != bool or self.muted.shape != (memberships,):
            msg = (
                f"muted is {self.muted.dtype} of shape {self.muted.shape}, expected bool of shape "
                f"({memberships},): one a membership"
            )
            raise InputError(msg)
        return self.muted

    def _rules(self) -> Rules:
        paid, told = self.incentive, self.broadcast
        listed = isinstance(self.muted, np.ndarray)
        by_lot = self.muted is not None and not listed
        return Rules(
            shares=int(self.shares),
            everywhere=bool(self.everywhere),
            copies=-1 if self.copies is None else int(self.copies),
            sharing=float(self.sharing),
            paid_sharing=min(self.sharing * (1.0 if paid is None else paid.factor), 1.0),
            paid_until=0 if paid is None else int(paid.until_step),
            to_friend=float(self.to_friend),
            to_group=float(self.to_group),
            to_feed=float(self.to_feed),
            acceptance=float(self.acceptance),
            odds=math.inf if self.acceptance == 1 else self.acceptance / (1 - self.acceptance),
            thin=self._thin,
            tie_effect=float(self.tie_effect),
            reinforcement=float(self.reinforcement),
            needed=int(self.needed),
            fading=float(self.fading),
            feed_reach=float(self.feed_reach),
            feed_strangers=float(self.feed_strangers),
            muting=MUTED_LISTED if listed else MUTED_BY_LOT if by_lot else NOT_MUTED,
            muted_cut=round(float(self.muted or 0.0) * 2**32) if by_lot else 0,
            told_at=-1 if told is None else int(told.at_step),
            told=0.0 if told is None else float(told.share),
            told_acceptance=0.0 if told is None else float(told.acceptance),
            until=FOREVER if self.until is None else int(self.until),
        )


def _mass(ptr: NDArray[np.int64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add weights up inside each person's stretch."""
    total = np.concatenate([[0.0], np.cumsum(weight)])
    mass: NDArray[np.float64] = total[1:] - np.repeat(total[ptr[:-1]], np.diff(ptr))
    return mass


def _membership_of(
    own: NDArray[np.int64],
    groups: NDArray[np.int32],
    gptr: NDArray[np.int64],
    members: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Entry of ``members`` that each entry of ``groups`` is."""
    numbered = csr_array(
        (np.arange(1, len(members) + 1), members, gptr), shape=(len(gptr) - 1, len(own) - 1)
    )
    turned = csr_array(numbered.T)
    turned.sort_indices()
    at: NDArray[np.int64] = turned.data.astype(np.int64) - 1
    assert np.array_equal(turned.indices, groups)
    return at


@dataclass(frozen=True, kw_only=True)
class _Sharing:
    """Arrays of a share in groups; see :class:`Kernel`."""

    ptr: NDArray[np.int64]
    nbr: NDArray[np.int32]
    weight: NDArray[np.float64]
    friend_mass: NDArray[np.float64]
    gptr: NDArray[np.int64]
    members: NDArray[np.int32]
    own: NDArray[np.int64]
    groups: NDArray[np.int32]
    at_group: NDArray[np.int64]
    group_mass: NDArray[np.float64]
    muted: NDArray[np.bool_]
    log_unseen: NDArray[np.float64]
    seeds: NDArray[np.int32]
    rules: Rules

    def run(self, keys: NDArray[np.uint64]) -> Block:
        """See :meth:`Kernel.run`."""
        block = Block.empty(len(keys))
        nobody = np.zeros(len(self.own), np.int32)[:1]
        self._kernel(keys, block, nobody, nobody, nobody, nobody, keep=False)
        return block

    def trace(self, key: np.uint64) -> tuple[NDArray[Any], ...]:
        """See :meth:`Kernel.trace`."""
        block, n = Block.empty(1), len(self.own) - 1
        who, source, time, through = (np.full(n, -1, np.int32) for _ in range(4))
        self._kernel(np.array([key]), block, who, source, time, through, keep=True)
        n = int(block.final_sizes[0])
        return who[:n], time[:n].astype(np.float64), source[:n], through[:n]

    def _kernel(
        self,
        keys: NDArray[np.uint64],
        block: Block,
        who: NDArray[np.int32],
        source: NDArray[np.int32],
        time: NDArray[np.int32],
        through: NDArray[np.int32],
        *,
        keep: bool,
    ) -> None:
        ties = (self.ptr, self.nbr, self.weight, self.friend_mass)
        inside = (self.gptr, self.members, self.own, self.groups, self.at_group, self.group_mass)
        rest = (self.muted, self.log_unseen, self.seeds, self.rules)
        out = (block.final_sizes, block.groups_reached, block.curves)
        share_in_groups(*ties, *inside, *rest, keys, *out, who, source, time, through, keep)
