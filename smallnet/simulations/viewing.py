"""Who sees a share, and who takes the item up: exposures, copies that run out, trust (S02, S10).

In place of the plain adoptions of :mod:`smallnet.simulations.sharing`. Everything happens in the
order of time: a copy that is gone is gone for everybody who sees the share later.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from smallnet.simulations.chatter import DAY_S, Spells
from smallnet.simulations.labels import frame, ids, moments, named
from smallnet.simulations.mechanisms import Viewing
from smallnet.simulations.rosters import IntArray, RealArray
from smallnet.simulations.sharing import FEED, FRIEND, GROUP, Adoptions, Shares, open_friends

if TYPE_CHECKING:
    from smallnet.simulations.layout import Layout
    from smallnet.simulations.platform import Platform

__all__ = ["Seen", "draw_viewing", "tell_viewing", "viewing_frames"]

QUESTION = "I trust what this person recommends"
MIDDLE, SCALE = 4.0, 1.2  # of the answers: mean and standard deviation


@dataclass(frozen=True)
class Seen:
    """Exposures in the order of time, and what came of them.

    Attributes
    ----------
    share, person, when : ndarray of int, shape (exposures,)
        Which share, who saw it, and when (seconds).
    taken : Adoptions
        Who took up what.
    copies : ndarray of int, shape (shares,)
        Copies of a share; -1 where there is no limit.
    rater, rated, asked_at, group : ndarray of int, shape (answers,)
        Who was asked about whom, when (seconds), and in which group they had met (-1: in none).
    trust : ndarray of float, shape (answers,)
        What they answered, standard deviations.
    """

    share: IntArray
    person: IntArray
    when: IntArray
    taken: Adoptions
    copies: IntArray
    rater: IntArray
    rated: IntArray
    asked_at: IntArray
    group: IntArray
    trust: RealArray


def draw_viewing(
    platform: Platform,
    spells: Spells,
    shares: Shares,
    friends: tuple[IntArray, IntArray, IntArray],
    *,
    rng: np.random.Generator,
) -> Seen:
    """Draw who of the audience sees a share, whom they trust, and who takes a copy.

    Parameters
    ----------
    platform : Platform
        The parameters; it has ``viewing``.
    spells, shares, friends
        Stays, shares, and ego, alter, since of every pair.
    rng : numpy.random.Generator
        Chance.
    """
    p, v = platform, platform.viewing or Viewing()
    see_rng, appeal_rng, trust_rng, take_rng, copy_rng = rng.spawn(5)
    watch = round(p.days * DAY_S)
    share, who = _audience(p, spells, shares, friends)
    sight = np.array([v.see_group, v.see_friend, v.see_feed])[shares.channel[share]]
    sees = see_rng.random(share.size) < sight
    wait = 1 + (see_rng.exponential(v.delay_days * DAY_S, share.size)).astype(np.int64)
    when = shares.when[share] + wait
    kept = np.flatnonzero(sees & (when < watch))
    kept = kept[np.argsort(when[kept], kind="stable")]
    share, who, when = share[kept], who[kept], when[kept]
    sharer, private = shares.sharer[share], shares.channel[share] != FEED
    chance = v.take * v.private_ratio**private * _appeal(p, shares, rng=appeal_rng)[sharer]
    trust, pair, first = _trust(p, shares, share, who, rng=trust_rng)
    chance = np.clip(chance, 0.0, 1.0 - 1e-9)
    odds = chance / (1.0 - chance) * v.trust_odds ** trust[pair]
    chance = odds / (1.0 + odds)
    n = shares.sharer.size
    copies = np.full(n, -1, dtype=np.int64)
    if v.copies is not None:
        copies = 1 + copy_rng.poisson(v.copies - 1.0, n)
    would = take_rng.random(share.size) < chance
    item = shares.item[share]
    takes = _kernel()(would, share, who * p.items + item, copies.copy(), p.people * p.items)
    answered = np.flatnonzero(trust_rng.random(trust.size) < v.answered)
    asked = (trust_rng.random(answered.size) * v.asked_days * DAY_S).astype(np.int64)
    met = shares.group[share[first[answered]]]
    return Seen(
        share,
        who,
        when,
        Adoptions(who[takes], item[takes], when[takes], share[takes]),
        copies,
        who[first[answered]],
        sharer[first[answered]],
        asked,
        met,
        trust[answered],
    )


def _audience(
    p: Platform,
    spells: Spells,
    shares: Shares,
    friends: tuple[IntArray, IntArray, IntArray],
) -> tuple[IntArray, IntArray]:
    """Give who could see each share: members then, the friend, or all friends of the sharer."""
    edge = np.searchsorted(spells.group, np.arange(p.groups + 1))
    to_group = np.flatnonzero(shares.channel == GROUP)
    count = np.diff(edge)[shares.group[to_group]]
    share = np.repeat(to_group, count)
    row = np.arange(share.size) - np.repeat(np.cumsum(count) - count, count)
    row += edge[shares.group[share]]
    inside = spells.holds(row, shares.when[share]) & (spells.person[row] != shares.sharer[share])
    to_friend = np.flatnonzero(shares.channel == FRIEND)
    to_feed = np.flatnonzero(shares.channel == FEED)
    nth, reader = open_friends(friends, shares.sharer[to_feed], shares.when[to_feed], p.people)
    return (
        np.concatenate([share[inside], to_friend, to_feed[nth]]),
        np.concatenate([spells.person[row[inside]], shares.recipient[to_friend], reader]),
    )


def _appeal(p: Platform, shares: Shares, *, rng: np.random.Generator) -> RealArray:
    """Give each sharer's factor of the chance to take; who shares privately may have more."""
    v = p.viewing or Viewing()
    total = np.bincount(shares.sharer, minlength=p.people)
    private = np.bincount(shares.sharer, shares.channel != FEED, p.people)
    part = private / np.maximum(total, 1)
    mean = float(private.sum()) / max(int(total.sum()), 1)
    log = rng.normal(-0.5 * v.appeal_sd**2, v.appeal_sd, p.people)
    appeal: RealArray = np.exp(log + np.log(v.private_appeal) * (part - mean))
    return appeal


def _trust(
    p: Platform, shares: Shares, share: IntArray, who: IntArray, *, rng: np.random.Generator
) -> tuple[RealArray, IntArray, IntArray]:
    """Give the trust of each pair of viewer and sharer, the pair and the first row of each."""
    v = p.viewing or Viewing()
    key = who * p.people + shares.sharer[share]
    _, first, pair = np.unique(key, return_index=True, return_inverse=True)
    of_group = rng.standard_normal(p.groups + 1)[shares.group[share[first]]]
    own = rng.standard_normal(first.size)
    trust: RealArray = np.sqrt(v.trust_icc) * of_group + np.sqrt(1.0 - v.trust_icc) * own
    return trust, pair, first


@cache
def _kernel() -> Any:
    import numba

    @numba.njit(cache=True)
    def run(would, share, key, left, keys):  # type: ignore[no-untyped-def]
        has = np.zeros(keys, dtype=np.bool_)
        takes = np.zeros(would.size, dtype=np.bool_)
        for i in range(would.size):
            if would[i] and left[share[i]] != 0 and not has[key[i]]:
                takes[i] = True
                has[key[i]] = True
                left[share[i]] -= 1
        return takes

    return run


def viewing_frames(layout: Layout, seen: Seen, shares: Shares) -> dict[str, pd.DataFrame]:
    """Lay out exposures and answers about sharers."""
    names = ids("s", shares.sharer.size)
    return {
        "exposures": frame(
            share=named(names, seen.share),
            person=named(layout.people, seen.person),
            seen_at=moments(seen.when, layout.starts),
        ),
        "surveys": frame(
            person=named(layout.people, seen.rater),
            item=pa.array([QUESTION] * seen.rater.size, pa.string()),
            score=pa.array(MIDDLE + SCALE * seen.trust),
            group=named(layout.groups, seen.group),
            about=named(layout.people, seen.rated),
            at=moments(seen.asked_at, layout.starts),
        ),
    }


def tell_viewing(platform: Platform, seen: Seen, shares: Shares) -> dict[str, Any]:
    """Give the truth of S02 and S10."""
    v = platform.viewing or Viewing()
    private = shares.channel != FEED
    taken = np.bincount(seen.taken.share, minlength=private.size)
    viewers = np.bincount(seen.share, minlength=private.size)
    return {
        "S02": {
            "estimate": v.private_ratio if v.trust_odds == 1 else None,
            "effect": "chance to take per viewer, copies left, private over feed, same sharer",
            "per_viewer_all_sharers": _ratio(private, taken, viewers),
            "per_share_all_sharers": _ratio(private, taken, np.ones(private.size)),
            "in_total": _ratio(private, taken, None),
        },
        "S10": {
            "estimate": v.trust_odds,
            "effect": "odds ratio of taking per standard deviation of trust in the sharer",
            "icc": v.trust_icc,
        },
    }


def _ratio(
    private: npt.NDArray[np.bool_], taken: IntArray, base: npt.NDArray[Any] | None
) -> float | None:
    below = (1.0, 1.0) if base is None else (base[private].sum(), base[~private].sum())
    if not (below[0] and below[1] and taken[~private].sum()):
        return None
    return float(taken[private].sum() / below[0] / (taken[~private].sum() / below[1]))
