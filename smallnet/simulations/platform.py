"""A platform of groups, as a generator of worlds whose answers are known.

Each claim of the essay is one parameter, neutral by default, so ``Platform()`` is a world in
which no claim holds and ``Platform(size_effect=0.8)`` is the same world with one of them true.
"""

from __future__ import annotations

import dataclasses
import datetime as dtm
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from smallnet.errors import InputError, UnknownNameError
from smallnet.simulations.build import build_world, tables_of
from smallnet.simulations.mechanisms import (
    MECHANISMS,
    Closeness,
    Fission,
    FriendingRule,
    GiftCampaign,
    Incentive,
    Outreach,
    RedPackets,
    Seeding,
    Viewing,
    Weariness,
)
from smallnet.simulations.size_laws import SIZE_LAWS
from smallnet.simulations.world import World

__all__ = ["LIVELINESS_LAWS", "Platform"]

LIVELINESS_LAWS = ("normal", "gamma", "t3")
SHARES_OF_ONE = [
    "born_share",
    "death_share",
    "closed_share",
    "joined_known",
    "left_known",
    "invited_share",
    "reply_share",
    "mention_share",
    "reaction_share",
    "repetition",
    "muted_share",
    "private_share",
    "group_share",
    "adoption_rate",
    "rhythm",
    "reciprocity",
    "largest_share",
]
CORRELATIONS = ("muting_varies", "private_varies")
RATIOS = [
    "size_effect",
    "size_effect_within",
    "break_ratio",
    "kink_slope",
    "leaving_size_effect",
    "newcomer_ratio",
    "settled_ratio",
    "friends_ratio",
    "inside_friend_odds",
    "small_group_odds",
    "size_median",
    "tenure_days",
]
NOT_NEGATIVE = [
    "deaths_per_day",
    "size_sd",
    "talk_sd",
    "sociability_sd",
    "joining_sd",
    "liveliness_sd",
    "day_sd",
    "leaving_sd",
    "sharing_sd",
    "popularity_sd",
    "messages_per_day",
    "private_per_day",
    "bot_messages_per_day",
    "joins_per_day",
    "leaves_per_day",
    "friends_per_person",
    "friends_per_day",
    "shares_per_person",
]
LATER: dict[str, object] = {  # left out of the truth where neutral
    "reciprocity": 0.0,
    "largest_share": 0.25,
    "sizes": (),
    "deaths_per_day": 0.0,
}
AT_LEAST = {"people": 2, "groups": 1, "size_min": 1, "break_at": 1, "small_group": 2, "items": 1}


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Parameters of a platform; ``generate`` draws a world from it.

    Raises
    ------
    InputError
        If a parameter is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> platform = Platform(people=60, groups=10, days=20, size_effect=0.5)
    >>> world = platform.generate(rng=np.random.default_rng(1))
    >>> world.truth["S05"]["estimate"]
    0.5
    >>> sorted(world.frames)[:3]
    ['adoptions', 'friendships', 'groups']
    """

    name: str = "world"
    starts: dtm.datetime = dtm.datetime(2024, 3, 1)  # when the watch begins, UTC
    days: float = 60.0  # length of the watch
    people: int = 600
    groups: int = 100

    # Sizes, and who is where.
    size_law: str = "log-normal"  # or power-law: chances go as size to the power -size_exponent
    size_median: float = 18.0  # members of a group when the watch begins; where rates are told
    size_sd: float = 1.0  # of log size
    size_exponent: float = 2.5  # of the power law, from size_min to largest_size
    size_min: int = 3
    size_max: int = 300  # at most largest_share of the people too
    largest_share: float = 0.25
    sizes: tuple[int, ...] = ()  # where given, sizes are drawn from these, by no law
    joining_sd: float = 0.0  # of a person's log weight of being in any group
    sorting: float = 0.0  # > 0: talkative people are drawn into small groups; log weight per sd²
    born_share: float = 0.0  # share of groups born inside the watch
    death_share: float = 0.0  # share of groups that fall silent before or in the watch
    deaths_per_day: float = 0.0  # hazard of falling silent, in the watch, of every group
    closed_share: float = 0.0  # share of groups closed late in the watch

    # S05 and T30: messages of a member, by size of the group at that moment.
    messages_per_day: float = 0.15  # of an average member in a group of median size
    talk_sd: float = 1.0  # of people's log talkativeness
    liveliness_sd: float = 0.8  # of groups' log liveliness, whatever their size
    liveliness_law: str = "normal"  # normal, gamma or t3 (of log liveliness; gamma: of itself)
    size_effect: float = 1.0  # rate ratio per doubling of size; 1 = neutral
    size_effect_within: float | None = None  # as a group itself grows; None = size_effect
    total_fixed: bool = False  # the group's total does not depend on its size
    break_at: int = 30  # members from which on break_ratio and kink_slope hold
    break_ratio: float = 1.0  # rate ratio across the step; 1 = no step
    kink_slope: float = 1.0  # extra rate ratio per doubling above break_at; 1 = no kink
    day_sd: float = 0.0  # of a group's log mood of the day: bursts
    rhythm: float = 0.0  # 0-1: how much of the talk follows the hour of the day
    reply_share: float = 0.25
    reciprocity: float = 0.0  # share of replies that answer who last answered oneself, if recent
    mention_share: float = 0.05
    reaction_share: float = 0.05
    repetition: float = 0.1  # mean share of texts that are one of a few templates ("1")
    system_messages: bool = True  # the platform announces who joins
    private_per_day: float = 0.02  # private messages of a pair of friends a day
    bots: int = 2
    bot_messages_per_day: float = 1.0  # of a machine in each of its groups

    # S16 and S08: joining and leaving.
    joins_per_day: float = 0.01  # per planned member of a group
    leaves_per_day: float = 0.01  # hazard of an average member in days 3-14
    leaving_sd: float = 0.3  # of groups' log hazard
    leaving_size_effect: float = 1.0  # hazard ratio per doubling of planned size: confounds S08
    newcomer_ratio: float = 1.0  # hazard of days 0-2 over that of days 3-14
    settled_ratio: float = 1.0  # hazard after day 14 over that of days 3-14
    friends_ratio: float = 1.0  # hazard ratio, after day 7, per friend inside at day 7
    tenure_days: float = 120.0  # mean age of the old groups, less a tenth
    joined_known: float = 0.5  # share of the old members whose moment of joining is known
    left_known: float = 1.0  # share of exits whose moment is known; of others only "by then"
    invited_share: float = 0.5  # of joins inside the watch

    # S15: friends.
    friends_per_person: float = 8.0  # from before the watch, mean
    sociability_sd: float = 0.3  # of people's log number of friends
    inside_friend_odds: float = 1.0  # odds of a friendship with somebody of an own group
    friends_per_day: float = 0.0  # made by a member in a group in a day since joining

    # S13: muting.
    muted_share: float = 0.5
    muting_varies: float = 0.1  # correlation of two memberships of a person

    # S01 and S03: sharing.
    shares_per_person: float = 3.0  # in the whole watch
    sharing_sd: float = 0.8  # of people's log number of shares
    private_share: float = 0.5  # of shares, to a group or a friend; the rest to the feed
    private_varies: float = 0.1  # correlation of two shares of a person
    group_share: float = 0.6  # of private shares
    small_group: int = 30  # small = fewer members than this
    small_group_odds: float = 1.0  # weight of a small group on the sharer's menu
    popularity_sd: float = 0.5  # of groups' log weight on every menu
    items: int = 12
    adoption_rate: float = 0.02  # of each who could see a share

    # What may be added; none by default.
    campaign: GiftCampaign | None = None  # S02, S06, S07: in place of the other shares
    rule: FriendingRule | None = None  # S09
    incentive: Incentive | None = None  # S17, S20
    fission: Fission | None = None  # S22
    closeness: Closeness | None = None  # S04
    weariness: Weariness | None = None  # S17
    viewing: Viewing | None = None  # S02, S10: in place of the plain adoptions
    packets: RedPackets | None = None  # S20
    seeding: Seeding | None = None  # S06, S07: in place of the other shares
    outreach: Outreach | None = None  # S24

    def __post_init__(self) -> None:
        for names, low, high, expected in (
            (SHARES_OF_ONE, 0.0, 1.0, "a number from 0 to 1"),
            (NOT_NEGATIVE, 0.0, np.inf, "a number of at least 0"),
            (RATIOS, np.nextafter(0.0, 1.0), np.inf, "a number above 0"),
            (CORRELATIONS, 0.0, np.nextafter(1.0, 0.0), "a number from 0 to below 1"),
        ):
            for name in names:
                value = getattr(self, name)
                if value is not None and not (low <= value <= high and np.isfinite(value)):
                    msg = f"{name} is {value}, expected {expected}"
                    raise InputError(msg)
        for name, least in AT_LEAST.items():
            value = getattr(self, name)
            if value != int(value) or value < least:
                msg = f"{name} is {value}, expected a whole number of at least {least}"
                raise InputError(msg)
        if not 1.0 <= self.days <= 3650.0:
            msg = f"days is {self.days}, expected a number from 1 to 3650"
            raise InputError(msg)
        if self.bots < 0 or self.bots != int(self.bots):
            msg = f"bots is {self.bots}, expected a whole number of at least 0"
            raise InputError(msg)
        self._check_sizes()
        if self.liveliness_law not in LIVELINESS_LAWS:
            msg = (
                f"liveliness_law is {self.liveliness_law!r}, "
                f"expected one of {', '.join(LIVELINESS_LAWS)}"
            )
            raise InputError(msg)
        if self.total_fixed and (self.size_effect != 1 or self.size_effect_within is not None):
            msg = "total_fixed sets the effect of size itself, expected size_effect 1 beside it"
            raise InputError(msg)
        if not isinstance(self.starts, dtm.datetime) or self.starts.tzinfo is not None:
            msg = f"starts is {self.starts!r}, expected a date-time in UTC without a zone mark"
            raise InputError(msg)

    def _check_sizes(self) -> None:
        if self.largest_size < self.size_min:
            msg = (
                f"size_min is {self.size_min}, expected at most {self.largest_size}, the smaller "
                "of size_max and largest_share of the people"
            )
            raise InputError(msg)
        if self.size_law not in SIZE_LAWS:
            msg = f"size_law is {self.size_law!r}, expected one of {', '.join(SIZE_LAWS)}"
            raise InputError(msg)
        if not np.isfinite(self.size_exponent):
            msg = f"size_exponent is {self.size_exponent}, expected a finite number"
            raise InputError(msg)
        if any(size != int(size) or size < 1 for size in self.sizes):
            msg = f"sizes is {self.sizes}, expected whole numbers of at least 1"
            raise InputError(msg)

    @property
    def largest_size(self) -> int:
        """Cap of a group's planned size, members."""
        return int(min(self.size_max, max(self.people * self.largest_share, 1)))

    @property
    def rate_per_doubling(self) -> float:
        """Rate ratio of a member per doubling of size between groups (S05)."""
        return 0.5 if self.total_fixed else self.size_effect

    @property
    def rate_per_doubling_within(self) -> float:
        """The same as a group itself grows or shrinks."""
        within = self.size_effect_within
        return self.rate_per_doubling if within is None else within

    def change(self, **parameters: object) -> Platform:
        """Give the same platform with other parameters.

        Raises
        ------
        UnknownNameError
            For a parameter that a platform does not have.
        """
        known = [field.name for field in dataclasses.fields(self)]
        for name in parameters:
            if name not in known:
                msg = f"unknown parameter {name!r}, expected one of {', '.join(known)}"
                raise UnknownNameError(msg)
        return dataclasses.replace(self, **parameters)  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, object]:
        """Give the parameters as plain values, as they stand in ``truth.json``.

        What may be added and is not there is left out.
        """
        values = dataclasses.asdict(self) | {"starts": self.starts.isoformat()}
        off = {name for name in MECHANISMS if values[name] is None}
        if self.size_law != "power-law":
            off |= {"size_law", "size_exponent"}
        off |= {name for name, neutral in LATER.items() if values[name] == neutral}
        return {name: value for name, value in values.items() if name not in off}

    def generate(self, *, rng: np.random.Generator, tables: Collection[str] | None = None) -> World:
        """Draw a world.

        Parameters
        ----------
        rng : numpy.random.Generator
            Chance. Each part of the world has a child of its own, so a table is the same
            whichever others are asked for.
        tables : collection of str, optional
            Tables to make; the others are absent from the world, and so is the truth that only
            they show. Where not given: all but ``opportunities`` (the whole menu at each share),
            so that two buttons, private or feed, are the null of S01.

        Returns
        -------
        World
            Tables, truth, study.

        Raises
        ------
        UnknownNameError
            For a table that a platform does not make.
        """
        every = tables_of(self)
        default = set(every) - {"opportunities"}
        wanted = frozenset(default if tables is None else tables)
        for name in sorted(wanted - set(every)):
            msg = f"unknown table {name!r}, expected some of {', '.join(every)}"
            raise UnknownNameError(msg)
        return build_world(self, wanted, rng=rng)
