"""A gift campaign: links with a few copies each, seen in a channel, first come, first served.

Everything happens in the order of time, one event after another, so that a copy that is gone is
gone for everybody who sees the link later. Times are seconds since the watch began.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from smallnet.simulations.chatter import DAY_S, Spells
from smallnet.simulations.labels import frame, ids, moments, named
from smallnet.simulations.mechanisms import GiftCampaign
from smallnet.simulations.rosters import IntArray, RealArray
from smallnet.tables import CHANNELS

if TYPE_CHECKING:
    from smallnet.simulations.layout import Layout
    from smallnet.simulations.platform import Platform

__all__ = ["Gifts", "draw_gifts", "gift_frames"]

GROUP, FRIEND, FEED = 0, 1, 2
GIVE, SEE = 0, 1


@dataclass(frozen=True)
class Gifts:
    """All links, who saw them, who took a copy; -1 where there is none.

    Attributes
    ----------
    giver, when, channel, group, recipient, parent, book, copies, audience, size : ndarray (links,)
        In the order of time; ``size`` is of the group at that moment, 0 elsewhere.
    seer, seen, seen_at, left : ndarray (exposures,)
        Who saw which link, when, and how many copies were left.
    taker, taken, taken_at, fresh : ndarray (adoptions,)
        Who took a copy of which link, when, and whether this made a new user.
    users : ndarray of bool (people,)
        Who used the product before.
    """

    giver: IntArray
    when: IntArray
    channel: IntArray
    group: IntArray
    recipient: IntArray
    parent: IntArray
    book: IntArray
    copies: IntArray
    audience: IntArray
    size: IntArray
    seer: IntArray
    seen: IntArray
    seen_at: IntArray
    left: IntArray
    taker: IntArray
    taken: IntArray
    taken_at: IntArray
    fresh: npt.NDArray[np.bool_]
    users: npt.NDArray[np.bool_]


def chances(campaign: GiftCampaign, median: float, size: IntArray, channel: IntArray) -> RealArray:
    """Give the chances to see and to take of somebody who could; shape (2, links)."""
    c = campaign
    doublings = np.log2(np.maximum(size, 1) / median)
    see = np.array([c.see_group, c.see_friend, c.see_feed])[channel]
    take = np.array([c.take_group, c.take_friend, c.take_feed])[channel]
    see = np.where(channel == GROUP, see * c.see_size_ratio**doublings, see)
    take = np.where(channel == GROUP, take * c.take_size_ratio**doublings, take)
    both: RealArray = np.minimum(np.stack([see, take]), 1.0)
    return both


def draw_gifts(
    platform: Platform,
    spells: Spells,
    friends: tuple[IntArray, IntArray, IntArray],
    *,
    rng: np.random.Generator,
) -> Gifts:
    """Run the campaign.

    Parameters
    ----------
    platform : Platform
        The parameters; it has a campaign.
    spells : Spells
        Stays inside the watch.
    friends : tuple of ndarray
        Ego, alter and since (seconds) of every pair.
    rng : numpy.random.Generator
        Chance.

    Notes
    -----
    A link for a group goes to one of the giver's groups of that moment; who is in none sends it
    to a friend, and who has none of those to the feed, which the giver's friends read.
    """
    p, c = platform, platform.campaign or GiftCampaign()
    watch = round(p.days * DAY_S)
    users = rng.random(p.people) < c.users_share
    first = rng.permutation(np.flatnonzero(users))[: c.givers]
    begin = (c.starts_day + c.days * rng.random(first.size)) * DAY_S
    ego, alter, since = friends
    both = np.concatenate([ego, alter])
    order = np.argsort(both, kind="stable")
    other, known = np.concatenate([alter, ego])[order], np.concatenate([since, since])[order]
    mine = np.argsort(spells.person, kind="stable")
    found = _kernel()(
        rng,
        begin,
        first,
        users.copy(),
        np.searchsorted(spells.group, np.arange(p.groups + 1)),
        spells.person,
        spells.group,
        spells.start,
        spells.end,
        np.searchsorted(spells.person[mine], np.arange(p.people + 1)),
        mine,
        np.searchsorted(both[order], np.arange(p.people + 1)),
        other,
        known,
        float(watch),
        c.copies - 1.0,
        int(c.books),
        np.array([c.group_share, c.group_share + c.friend_share]),
        np.array([c.see_group, c.see_friend, c.see_feed]),
        np.array([c.take_group, c.take_friend, c.take_feed]),
        np.array([c.see_size_ratio, c.take_size_ratio, p.size_median]),
        np.array([p.small_group, c.small_group_odds]),
        c.delay_days * DAY_S,
        c.give_on,
        c.give_delay_days * DAY_S,
    )
    links, seen, taken = (np.array(rows, dtype=np.int64) for rows in found)
    rows = [*links.reshape(-1, 10).T, *seen.reshape(-1, 4).T, *taken.reshape(-1, 4).T]
    names = [field.name for field in dataclasses.fields(Gifts)]
    columns: dict[str, Any] = dict(zip(names, rows, strict=False))
    return Gifts(**columns | {"fresh": rows[-1] > 0, "users": users})


@cache
def _kernel() -> Any:  # noqa: C901
    import heapq

    import numba

    @numba.njit(cache=True)
    def run(  # type: ignore[no-untyped-def]  # noqa: C901
        rng,
        begin,
        first,
        user,
        gptr,
        person,
        group_of,
        start,
        end,
        pptr,
        mine,
        fptr,
        other,
        known,
        watch,
        more_copies,
        books,
        split,
        see,
        take,
        ratios,
        small,
        delay,
        give_on,
        give_delay,
    ):
        links: Any = [(0, 0, 0, 0, 0, 0, 0, 0, 0, 0) for _ in range(0)]
        seen: Any = [(0, 0, 0, 0) for _ in range(0)]
        taken: Any = [(0, 0, 0, 0) for _ in range(0)]
        left = [0 for _ in range(0)]
        chance = [0.0 for _ in range(0)]
        has = np.zeros((user.size, books), dtype=np.bool_)
        heap = [(begin[i], 0, first[i], np.int64(-1)) for i in range(first.size)]
        heapq.heapify(heap)
        while len(heap):
            t, kind, who, link = heapq.heappop(heap)
            if t >= watch:
                break
            now = np.int64(t)
            if kind == 1:
                seen.append((who, link, now, left[link]))
                book = links[link][6]
                if left[link] > 0 and not has[who, book] and rng.random() < chance[link]:
                    left[link] -= 1
                    has[who, book] = True
                    fresh = 0 if user[who] else 1
                    taken.append((who, link, now, fresh))
                    if fresh:
                        user[who] = True
                        if rng.random() < give_on:
                            again = t + rng.exponential(give_delay)
                            heapq.heappush(heap, (again, 0, who, link))
                continue
            unit = rng.random()
            channel = 0 if unit < split[0] else 1 if unit < split[1] else 2
            target, friend = np.int64(-1), np.int64(-1)
            if channel == 0:
                best = -np.inf
                for k in range(pptr[who], pptr[who + 1]):
                    row = mine[k]
                    if start[row] <= now < end[row]:
                        g = group_of[row]
                        n = 0
                        for m in range(gptr[g], gptr[g + 1]):
                            if start[m] <= now < end[m]:
                                n += 1
                        weight = small[1] if n < small[0] else 1.0
                        key = np.log(weight) - np.log(-np.log(1.0 - rng.random()))
                        if n > 1 and key > best:
                            best, target = key, g
                if target < 0:
                    channel = 1
            friends_now = 0
            for k in range(fptr[who], fptr[who + 1]):
                if known[k] <= now:
                    friends_now += 1
            if channel == 1:
                if friends_now == 0:
                    channel = 2
                else:
                    nth = rng.integers(0, friends_now)
                    for k in range(fptr[who], fptr[who + 1]):
                        if known[k] <= now:
                            if nth == 0:
                                friend = other[k]
                            nth -= 1
            audience = 1 if channel == 1 else friends_now
            size = 0
            if channel == 0:
                for m in range(gptr[target], gptr[target + 1]):
                    if start[m] <= now < end[m]:
                        size += 1
                audience = size - 1
            book = rng.integers(0, books)
            copies = 1 if channel == 1 else 1 + rng.poisson(more_copies)
            doublings = np.log2(size / ratios[2]) if channel == 0 else 0.0
            sight = min(see[channel] * ratios[0] ** doublings, 1.0)
            new = np.int64(len(links))
            links.append((who, now, channel, target, friend, link, book, copies, audience, size))
            left.append(copies)
            chance.append(min(take[channel] * ratios[1] ** doublings, 1.0))
            if channel == 0:
                for m in range(gptr[target], gptr[target + 1]):
                    if start[m] <= now < end[m] and person[m] != who and rng.random() < sight:
                        late = t + 1.0 + rng.exponential(delay)
                        if late < end[m]:
                            heapq.heappush(heap, (late, 1, person[m], new))
            else:
                for k in range(fptr[who], fptr[who + 1]):
                    reads = other[k] == friend if channel == 1 else True
                    if reads and known[k] <= now and rng.random() < sight:
                        late = t + 1.0 + rng.exponential(delay)
                        heapq.heappush(heap, (late, 1, other[k], new))
        return links, seen, taken

    return run


def gift_frames(layout: Layout, gifts: Gifts) -> dict[str, pd.DataFrame]:
    """Lay out shares (with ``copies``, an attribute), exposures and adoptions."""
    names = ids("s", gifts.giver.size)
    books = ids("i", int((layout.platform.campaign or GiftCampaign()).books))
    return {
        "shares": frame(
            share=names,
            item=named(books, gifts.book),
            sharer=named(layout.people, gifts.giver),
            channel=named(pa.array(CHANNELS), gifts.channel),
            shared_at=moments(gifts.when, layout.starts),
            group=named(layout.groups, gifts.group),
            recipient=named(layout.people, gifts.recipient),
            parent=named(names, gifts.parent),
            audience=pa.array(gifts.audience),
            copies=pa.array(gifts.copies),
        ),
        "exposures": frame(
            share=named(names, gifts.seen),
            person=named(layout.people, gifts.seer),
            seen_at=moments(gifts.seen_at, layout.starts),
        ),
        "adoptions": frame(
            person=named(layout.people, gifts.taker),
            item=named(books, gifts.book[gifts.taken]),
            adopted_at=moments(gifts.taken_at, layout.starts),
            via_share=named(names, gifts.taken),
            new_user=pa.array(gifts.fresh),
        ),
    }
