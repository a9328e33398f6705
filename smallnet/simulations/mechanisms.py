"""What may be added to a platform: a rule, incentives, fission, a gift campaign; none by default.

Each is a frozen dataclass, and a section of the same name in a scenario's TOML file. Every
effect is a parameter whose neutral value means that it is absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from smallnet.errors import InputError

__all__ = [
    "MECHANISMS",
    "Closeness",
    "Fission",
    "FriendingRule",
    "GiftCampaign",
    "Incentive",
    "Outreach",
    "RedPackets",
    "Seeding",
    "Viewing",
    "Weariness",
]


def _check(made: object, shares: str = "", ratios: str = "", counts: str = "") -> None:
    for names, low, high, expected in (
        (shares, 0.0, 1.0, "a number from 0 to 1"),
        (ratios, np.nextafter(0.0, 1.0), np.inf, "a number above 0"),
        (counts, 0.0, np.inf, "a number of at least 0"),
    ):
        for name in names.split():
            value = getattr(made, name)
            if not (low <= value <= high and np.isfinite(value)):
                msg = f"{name} is {value}, expected {expected}"
                raise InputError(msg)


@dataclass(frozen=True, kw_only=True)
class FriendingRule:
    """Some groups forbid friending until the rule is lifted, group by group, in waves (S09).

    After lifting, the log message rate rises in equal daily steps from 0 to ``log(effect)``.
    """

    ruled_share: float = 0.6  # share of groups under the rule when the watch begins
    never_share: float = 0.3  # of those: the rule is never lifted
    waves: int = 4  # dates at which it is lifted, equally spaced
    first_lift: float = 0.25  # as a share of the watch
    last_lift: float = 0.6
    quiet_ratio: float = 1.0  # rate of groups under the rule, always: quiet for other reasons (T4)
    effect: float = 1.0  # rate ratio in the long run after lifting; 1 = none
    grows_days: float = 14.0  # until the whole effect is there
    randomised: bool = True  # are the dates drawn by chance

    def __post_init__(self) -> None:
        _check(self, "ruled_share never_share first_lift last_lift", "quiet_ratio effect")
        _check(self, ratios="grows_days")
        if self.waves < 1:
            msg = f"waves is {self.waves}, expected a whole number of at least 1"
            raise InputError(msg)
        if self.first_lift > self.last_lift:
            msg = f"first_lift is {self.first_lift}, expected at most last_lift, {self.last_lift}"
            raise InputError(msg)


@dataclass(frozen=True, kw_only=True)
class Incentive:
    """Red packets or check-ins: moments at which groups are paid to talk (S20), and noise (S17).

    Each moment is paid with chance ``paid_share``; the others are controls, at which nothing
    happens. A paid one multiplies the message rate by ``boost`` for ``hours``; then the log rate
    falls off with half-life ``falloff_hours`` to ``log(residual)``.
    """

    groups_share: float = 0.8  # share of groups that have such moments
    per_group: int = 4  # moments of a group in the watch, one in each equal stretch
    paid_share: float = 0.5  # assigned by chance
    boost: float = 1.0  # rate ratio while it is paid; 1 = none
    hours: float = 24.0
    falloff_hours: float = 12.0  # half-life of the log rate ratio afterwards
    residual: float = 1.0  # rate ratio that stays, of each paid moment; 1 = nothing lasts
    repeated_share: float = 0.0  # of texts in a paid window that are a template ("1")
    muting_odds: float = 1.0  # odds ratio of muting per .1 of a group's share of repeated texts
    leaving_ratio: float = 1.0  # hazard ratio of leaving per .1 of the same

    def __post_init__(self) -> None:
        _check(self, "groups_share paid_share repeated_share", "boost hours falloff_hours residual")
        _check(self, ratios="muting_odds leaving_ratio")
        if self.per_group < 1:
            msg = f"per_group is {self.per_group}, expected a whole number of at least 1"
            raise InputError(msg)


@dataclass(frozen=True, kw_only=True)
class Fission:
    """Groups made for a reward, beside groups of friends, and when either falls silent (S22).

    Deaths take the place of ``death_share``: a constant hazard, times ``hazard_ratio`` in a
    fission group from the moment when its reward is paid.
    """

    share: float = 0.4  # share of groups that are made for a reward; born inside the watch
    reward_days: float = 5.0  # mean days from birth to reward, less a day (exponential)
    deaths_per_day: float = 0.01  # hazard of every group
    hazard_ratio: float = 1.0  # of a fission group once the reward is paid; 1 = none

    def __post_init__(self) -> None:
        _check(self, "share", "hazard_ratio", "reward_days deaths_per_day")


@dataclass(frozen=True, kw_only=True)
class GiftCampaign:
    """Give a book, get a book: a giver passes a link with a few copies; first come, first served.

    Who sees a link takes a copy, while there are any, with a chance that depends on the channel
    and, in a group, on its size. A taker who did not use the product is a new user, and may give
    in turn.
    """

    starts_day: float = 10.0
    days: float = 21.0  # during which the first givers give
    givers: int = 200  # people who use the product and give of their own accord
    users_share: float = 0.4  # share of people who use the product before
    copies: float = 2.8  # mean copies of a link, 1 + Poisson; a link to a friend has one
    books: int = 20  # a giver gives one of them
    group_share: float = 0.5  # of links, to a group
    friend_share: float = 0.35  # to a friend; the rest to the feed
    small_group_odds: float = 1.0  # weight of a group under small_group on the giver's menu
    see_friend: float = 0.9  # chance that somebody who could see a link does
    see_group: float = 0.4  # in a group of median size
    see_feed: float = 0.2
    see_size_ratio: float = 1.0  # of the chance to see, per doubling of group size
    take_friend: float = 0.3  # chance that who sees a link takes a copy, while there is one
    take_group: float = 0.1  # in a group of median size
    take_feed: float = 0.1
    take_size_ratio: float = 1.0  # of the chance to take, per doubling of group size (S06)
    delay_days: float = 0.5  # mean wait until a link is seen
    give_on: float = 0.5  # chance that a new user gives in turn
    give_delay_days: float = 1.0  # mean wait until then

    def __post_init__(self) -> None:
        _check(self, "users_share group_share friend_share see_friend see_group see_feed")
        _check(self, "take_friend take_group take_feed give_on")
        _check(self, "", "see_size_ratio take_size_ratio small_group_odds days")
        _check(self, "", "delay_days give_delay_days", "starts_day")
        if self.group_share + self.friend_share > 1:
            msg = (
                f"group_share + friend_share is {self.group_share + self.friend_share}, "
                "expected at most 1"
            )
            raise InputError(msg)
        for name in ("givers", "books", "copies"):
            if not 1 <= getattr(self, name) < np.inf:
                msg = f"{name} is {getattr(self, name)}, expected at least 1"
                raise InputError(msg)


@dataclass(frozen=True, kw_only=True)
class Viewing:
    """Who sees a share and who takes it up, in place of the plain adoptions (S02, S10).

    Of those who could see a share each does with the chance of its channel; who sees it takes the
    item, while there are copies, with chance ``take`` times the ratios below.
    """

    see_friend: float = 0.9  # chance that somebody who could see a share does
    see_group: float = 0.5
    see_feed: float = 0.2
    take: float = 0.08  # chance that an average viewer in the feed takes the item
    private_ratio: float = 1.0  # of that chance, to a friend or in a group over in the feed; S02
    appeal_sd: float = 0.5  # of sharers' log chance, whatever the channel
    private_appeal: float = 1.0  # ratio of it, who shares only privately over who never does (T1)
    copies: float | None = 4.0  # mean copies of a share, 1 + Poisson; None = no limit
    delay_days: float = 0.5  # mean wait until a share is seen
    trust_odds: float = 1.0  # odds ratio of taking per sd of trust in the sharer; S10
    trust_icc: float = 0.2  # share of the variance of trust that a group has in common
    answered: float = 0.6  # share of the pairs of viewer and sharer who answer a survey
    asked_days: float = 2.0  # within which they are asked, from the beginning of the watch

    def __post_init__(self) -> None:
        _check(self, "see_friend see_group see_feed take trust_icc answered")
        _check(self, "", "private_ratio private_appeal trust_odds", "appeal_sd delay_days")
        _check(self, counts="asked_days")
        if self.copies is not None and not 1 <= self.copies < np.inf:
            msg = f"copies is {self.copies}, expected at least 1"
            raise InputError(msg)


@dataclass(frozen=True, kw_only=True)
class RedPackets:
    """Red packets of random amounts, at random moments of a group (S20).

    While a packet works, the message rate is ``ratio_per_doubling`` to the power of the log to
    base 2 of its amount; then the log rate falls off with half-life ``falloff_hours``.
    """

    groups_share: float = 0.8  # share of groups that get packets
    per_group: int = 4  # packets of a group in the watch, one in each equal stretch
    amounts: tuple[int, ...] = (1, 2, 4, 8)  # each with the same chance
    ratio_per_doubling: float = 1.0  # rate ratio per doubling of the amount; 1 = none
    hours: float = 24.0
    falloff_hours: float = 12.0  # half-life of the log rate ratio afterwards

    def __post_init__(self) -> None:
        _check(self, "groups_share", "ratio_per_doubling hours falloff_hours")
        if self.per_group < 1:
            msg = f"per_group is {self.per_group}, expected a whole number of at least 1"
            raise InputError(msg)
        if not self.amounts or any(a != int(a) or a < 1 for a in self.amounts):
            msg = f"amounts is {self.amounts}, expected whole numbers of at least 1"
            raise InputError(msg)


@dataclass(frozen=True, kw_only=True)
class Seeding:
    """Trials in which chance picks the group that gets an item, or the feed, at a cost (S06, S07).

    Every trial has an item and a sharer of its own. In the arm "group" the item goes to one of the
    sharer's groups of that moment, drawn at random; in the arm "broadcast" to the feed, which the
    sharer's friends read. Who adopts may pass it on once, to a random group of their own.
    """

    trials: int = 80
    broadcast_share: float = 0.0  # of trials, assigned by chance
    see_group: float = 0.6  # chance that somebody who could see it does
    see_feed: float = 0.3
    take: float = 0.15  # chance that who sees it adopts, in a group of median size
    take_feed: float = 0.15
    ratio_per_halving: float = 1.0  # of the chance to adopt, per halving of group size (S06)
    delay_days: float = 0.5  # mean wait until it is seen
    pass_on: float = 0.0  # chance that who adopts passes it on, at once
    group_cost: float = 1.0  # of a trial in the arm "group"
    broadcast_cost: float = 1.0

    def __post_init__(self) -> None:
        _check(self, "broadcast_share see_group see_feed take take_feed pass_on")
        _check(self, "", "ratio_per_halving delay_days group_cost broadcast_cost")
        if self.trials < 1 or self.trials != int(self.trials):
            msg = f"trials is {self.trials}, expected a whole number of at least 1"
            raise InputError(msg)


@dataclass(frozen=True, kw_only=True)
class Outreach:
    """Operators who work groups drawn by chance, and hold-out groups that they leave alone (S24).

    A member of a group that is worked buys more while it is; of several such groups each adds.
    """

    treated_share: float = 0.5  # of groups; the others are the hold-out
    starts_day: float = 14.0
    days: float = 14.0  # of the outreach
    purchases_per_day: float = 0.01  # of a person, without any outreach
    buyers_sd: float = 0.8  # of people's log rate of buying
    extra_per_day: float = 0.0  # more purchases of a member a day of outreach; 0 = none
    mean_value: float = 20.0  # of a purchase, money
    group_cost: float = 2.0  # of working a group, staff time counted, money
    member_cost: float = 0.1  # and for each of its members

    def __post_init__(self) -> None:
        _check(self, "treated_share", "days mean_value")
        _check(self, "", "", "starts_day purchases_per_day buyers_sd extra_per_day")
        _check(self, "", "group_cost", "member_cost")


@dataclass(frozen=True, kw_only=True)
class Closeness:
    """Pairs of friends differ in how often they write, and that moves whom one shares to (S04).

    The target of a private share is drawn from the sharer's friends, or groups, of that moment.
    """

    contact_sd: float = 1.2  # of pairs' log rate of private messages
    strength_odds: float = 1.0  # odds ratio of being chosen per sd of log(1 + contacts before)
    recency_odds: float = 1.0  # odds ratio per halving of the place in the list of recent chats

    def __post_init__(self) -> None:
        _check(self, "", "strength_odds recency_odds", "contact_sd")


@dataclass(frozen=True, kw_only=True)
class Weariness:
    """Texts repeat themselves, in some weeks more, and who is weary of it mutes the group (S17).

    In place of ``repetition`` and of mutes at random moments; ``muted_share`` of the memberships
    at the beginning of the watch were muted before.
    """

    repeated_share: float = 0.4  # mean share of texts that are a template, by group and week
    repeated_varies: float = 0.25  # of it: variance over that of all or nothing
    mutes_per_day: float = 0.015  # hazard of an average member
    mutes_sd: float = 0.5  # of groups' log hazard
    muting_ratio: float = 1.0  # hazard ratio per .1 of the redundancy of the week before; S17
    volume_ratio: float = 1.0  # hazard ratio per doubling of messages in the week before

    def __post_init__(self) -> None:
        _check(self, "repeated_share", "muting_ratio volume_ratio", "mutes_per_day mutes_sd")
        if not 0 <= self.repeated_varies < 1:
            msg = f"repeated_varies is {self.repeated_varies}, expected a number from 0 to below 1"
            raise InputError(msg)


MECHANISMS: Mapping[str, type] = MappingProxyType(
    {
        "campaign": GiftCampaign,
        "rule": FriendingRule,
        "incentive": Incentive,
        "fission": Fission,
        "viewing": Viewing,
        "closeness": Closeness,
        "weariness": Weariness,
        "packets": RedPackets,
        "seeding": Seeding,
        "outreach": Outreach,
    }
)
"""Mechanisms by the name of their section."""
