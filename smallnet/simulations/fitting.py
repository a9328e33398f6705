"""A platform like a data set: parameters from its margins, and what could not be had from it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis import _

from smallnet.errors import InputError
from smallnet.simulations.acquaintances import EXACT_PEOPLE
from smallnet.simulations.chatter import EVENING
from smallnet.simulations.layout import REPLY_WITHIN_S
from smallnet.simulations.platform import Platform
from smallnet.simulations.replying import last_answers
from smallnet.simulations.rosters import IntArray, RealArray
from smallnet.simulations.size_fits import fit_sizes
from smallnet.simulations.spreads import (
    common_correlation,
    fit_overlap,
    fit_poisson_lognormal,
    fit_two_ways,
)
from smallnet.tables import Dataset, microseconds
from smallnet.tables.windows import bots, humans, spells

__all__ = ["PlatformFit", "fit_platform", "report_fit"]

DAY_US = 86_400_000_000
FILLED_DAYS = 10.0  # after its birth a new group has nearly all its first members
SILENT = 4.6  # messages missed after which a group counts as fallen silent: chance 1 %
FEW = 20  # events under which nothing is fitted
AGES = (0.0, 3.0, 15.0, np.inf)  # days since joining


@dataclass
class PlatformFit:
    """A platform, and where each of its parameters comes from.

    Attributes
    ----------
    platform : Platform
        The platform.
    report : DataFrame
        A row a parameter: ``parameter, value, fitted`` and ``reason``: what it was fitted to, or
        why it keeps its default.
    """

    platform: Platform
    report: pd.DataFrame


@dataclass
class _Found:
    """What is known so far."""

    values: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def fit(self, reason: str, **values: Any) -> None:
        for name, value in values.items():
            self.values[name] = value
            self.reasons[name] = reason

    def keep(self, reason: str, *names: str) -> None:
        for name in names:
            self.reasons.setdefault(name, reason)


@dataclass
class _Margins:
    """The data at hand, in days since the watch began; rows of people and groups are numbers."""

    days: float
    people: int
    groups: int
    stays: pd.DataFrame  # person, group, start, end, joined, left, invited_by, muted
    born: RealArray  # nan where unknown
    closed: RealArray  # inf where open or unknown
    acts: pd.DataFrame  # in groups, no system: id, group, sender, when (s), kind, reply_to, bot


def fit_platform(dataset: Dataset) -> Platform:
    """Give a platform with the margins of a data set; see ``report_fit`` for what is fitted.

    Raises
    ------
    InputError
        If the data hold fewer than two people or no stay in a group.

    Examples
    --------
    >>> import numpy as np
    >>> world = Platform(people=200, groups=40).generate(rng=np.random.default_rng(1))
    >>> fit_platform(world.dataset()).groups
    40
    """
    return report_fit(dataset).platform


def report_fit(dataset: Dataset) -> PlatformFit:
    """Fit a platform to a data set, and say of each parameter where it comes from.

    What the data do not hold, and effects that are claims to be tested (of friends, of a
    threshold, of sorting), keep their default; the effect of size is fitted, since totals of
    groups depend on it.

    Raises
    ------
    InputError
        If the data hold fewer than two people or no stay in a group.
    """
    m = _margins(dataset)
    found = _Found()
    found.fit("counted", people=m.people, groups=m.groups)
    found.fit("the watch", days=m.days, starts=dataset.study.observed_from)
    found.fit("the data set", name=f"like {dataset.name}")
    planned = _fit_sizes(dataset, m, found)
    _fit_lives(dataset, m, planned, found)
    _fit_leaving(dataset, m, found)
    _fit_talk(m, planned, found)
    _fit_replies(dataset, m, found)
    _fit_friends(dataset, m, found)
    _fit_shares(dataset, m, found)
    platform = Platform(**found.values)
    rows = [
        {
            "parameter": name,
            "value": value,
            "fitted": name in found.values,
            "reason": found.reasons.get(name, "an effect that a claim is about, or a choice"),
        }
        for name, value in vars(platform).items()
    ]
    return PlatformFit(platform, pd.DataFrame(rows))


def _margins(dataset: Dataset) -> _Margins:
    low, high = dataset.observed_from_us, dataset.observed_until_us
    stays = dataset.collect(
        spells(dataset).select(
            "group", "person", "start_us", "end_us", "joined_us", "left", "invited_by", "muted"
        )
    )
    people = dataset.collect(humans(dataset).select("person"))["person"]
    if len(people) < 2 or not len(stays):
        msg = f"{dataset.name} has {len(people)} people and {len(stays)} stays, expected 2 and 1"
        raise InputError(msg)
    groups = pd.Index(sorted(stays["group"].unique()))
    who = pd.Index(sorted(people))
    stays = stays.assign(
        person=who.get_indexer(stays["person"]),
        group=groups.get_indexer(stays["group"]),
        start=(stays["start_us"] - low) / DAY_US,
        end=(stays["end_us"] - low) / DAY_US,
        joined=(stays["joined_us"].astype(float) - low) / DAY_US,
    )
    times = dataset["groups"].select(
        "group", born=microseconds(_.created_at), closed=microseconds(_.closed_at)
    )
    table = dataset.collect(times).set_index("group").reindex(groups).astype(float)
    born, closed = ((table[name].to_numpy() - low) / DAY_US for name in ("born", "closed"))
    machine = bots(dataset).mutate(bot=ibis.literal(True)).select(sender="person", bot="bot")
    acts = (
        dataset["interactions"]
        .filter(_.group.notnull() & (_.kind.fill_null("text") != "system"))
        .mutate(at_us=microseconds(_.at))
        .filter(_.at_us >= low, _.at_us < high)
        .left_join(machine, "sender")
        .select("interaction", "group", "sender", "at_us", "kind", "reply_to", "fingerprint", "bot")
    )
    said = dataset.collect(acts.order_by("group", "at_us", "interaction"))
    said = said.assign(
        bot=said["bot"].notna(),
        group=groups.get_indexer(said["group"]),
        person=who.get_indexer(said["sender"]),
        sender=pd.factorize(said["sender"])[0],
        when=(said["at_us"] - low) // 1_000_000,
    )
    days = float(np.clip((high - low) / DAY_US, 1.0, 3650.0))
    closed = np.where(np.isfinite(closed), np.clip(closed, 0.0, days), np.inf)
    return _Margins(days, len(who), len(groups), stays, born, closed, said[said["group"] >= 0])


def _first_sizes(m: _Margins) -> IntArray:
    """Members of old groups at the start of the watch, and who came to a new one at first."""
    s = m.stays
    first = np.where(m.born >= 0, m.born + FILLED_DAYS, 0.0)[s["group"]]
    new = (m.born >= 0)[s["group"]]
    start = s["start"].to_numpy()
    counted = (start <= first) & (new | (s["end"].to_numpy() > 0))
    size = np.bincount(s["group"][counted], minlength=m.groups)
    later = np.bincount(s["group"], minlength=m.groups)  # where nobody was in at the start
    return np.where(size > 0, size, later).astype(np.int64)


def _fit_sizes(dataset: Dataset, m: _Margins, found: _Found) -> IntArray:
    """Fit sizes and overlap; gives the planned size of each group."""
    planned = np.maximum(_first_sizes(m), 1)
    low, high = int(planned.min()), int(planned.max())
    fit = fit_sizes(planned)
    found.fit(
        "members at the start of the watch, or who came in the 10 days after a birth inside it",
        size_median=fit.median,
        size_sd=fit.sd,
        size_exponent=fit.exponent,
        size_min=low,
        size_max=high,
        largest_share=float(min(max(0.25, (high + 0.5) / m.people), 1.0)),
    )
    found.fit(f"the likelier of two (AIC); {fit}", size_law=fit.law)
    if not fit.fits:
        told = "the sizes themselves: neither law has them (Lilliefors, 1 %)"
        found.fit(told, sizes=tuple(int(size) for size in np.sort(planned)))
    found.keep(f"the {fit.law} law has these sizes (Lilliefors, 1 %)", "sizes")
    pairs = m.stays[["person", "group"]].drop_duplicates()
    held = np.bincount(pairs["person"], minlength=m.people)
    overlap = fit_overlap(held, np.bincount(pairs["group"], minlength=m.groups))
    found.fit("variance of groups per person, chance taken off", joining_sd=overlap)
    return planned


def _fit_lives(dataset: Dataset, m: _Margins, planned: IntArray, found: _Found) -> None:
    """Fit births, closing and joins."""
    known = np.isfinite(m.born)
    if known.any():
        fresh = m.born >= 0
        found.fit("groups created inside the watch", born_share=float(fresh[known].mean()))
        if (known & ~fresh).any():
            age = float(-m.born[known & ~fresh].mean())
            found.fit("mean age of groups", tenure_days=max(age / 1.1, 1e-3))
    found.keep("created_at is unknown, or all groups are new", "born_share", "tenure_days")
    closed = np.isfinite(m.closed)
    if closed.any():
        found.fit("closed_at", closed_share=float(closed.mean()))
    found.keep("no group has a closed_at", "closed_share")
    joined = m.stays["joined"].to_numpy()
    filled = np.where(m.born >= 0, m.born + 2 * FILLED_DAYS, 0.0)
    open_days = np.clip(m.days - filled, 0.0, None)
    late = joined > filled[m.stays["group"]]
    exposure = float((planned * open_days).sum())
    if dataset.study.coverage.get("joining", True) is not False and exposure > 0:
        found.fit("known joins after a group is filled", joins_per_day=float(late.sum()) / exposure)
    found.keep("joining is not recorded", "joins_per_day")
    before = m.stays["start"].to_numpy() <= 0
    if before.any():
        share = float(np.isfinite(joined[before]).mean())
        found.fit("members of the start with a joined_at", joined_known=share)
    found.keep("nobody is in at the start", "joined_known")
    entered = m.stays[late]
    if len(entered) >= FEW and m.stays["invited_by"].notna().any():
        share = float(entered["invited_by"].notna().mean())
        found.fit("joins with an invited_by", invited_share=share)
    found.keep("no invited_by", "invited_share")


def _fit_leaving(dataset: Dataset, m: _Margins, found: _Found) -> None:
    """Fit the hazard of leaving by days since joining; vague exits stand for known ones."""
    names = ("leaves_per_day", "newcomer_ratio", "settled_ratio", "leaving_sd", "left_known")
    table = dataset["memberships"].anti_join(bots(dataset), "person")
    vague = table.filter(_.left_at.isnull() & _.left_by.notnull()).count().to_pyarrow().as_py()
    s = m.stays
    left = s["left"].to_numpy(dtype=bool)
    stay = (s["end"] - s["start"]).to_numpy()
    exits = int(left.sum())
    if exits + vague == 0:
        if dataset.study.coverage.get("leaving"):
            found.fit("nobody leaves, though it is recorded", leaves_per_day=0.0)
        found.keep("leaving is not recorded", *names)
        return
    found.fit("exits whose moment is known", left_known=exits / (exits + vague))
    more = (exits + vague) / max(exits, 1)
    if exits < FEW:
        rate = (exits + vague) / float(stay.sum())
        found.fit("exits over member-days", leaves_per_day=rate)
        found.keep(f"under {FEW} exits at a known moment", *names)
        return
    dated = np.isfinite(s["joined"].to_numpy())
    begin = (s["start"] - s["joined"]).to_numpy()[dated]
    end, out = begin + stay[dated], left[dated]
    hazard, seen = [], []
    for low, high in itertools.pairwise(AGES):
        risk = float(np.clip(np.minimum(end, high) - np.maximum(begin, low), 0, None).sum())
        events = int((out & (end >= low) & (end < high)).sum())
        hazard.append(events / risk if risk else np.nan)
        seen.append(events)
    if min(seen[1:]) < FEW:
        rate = exits * more / float(stay.sum())
        found.fit("exits over member-days", leaves_per_day=rate)
        found.keep("too few exits by days since joining", *names)
    else:
        found.fit("exits in days 3-14", leaves_per_day=hazard[1] * more)
        found.fit("hazard after day 14 over days 3-14", settled_ratio=hazard[2] / hazard[1])
        if seen[0] >= FEW:
            found.fit("hazard of days 0-2 over days 3-14", newcomer_ratio=hazard[0] / hazard[1])
        found.keep(f"under {FEW} exits in days 0-2", "newcomer_ratio")
    place = s["group"].to_numpy()
    ratio = np.array([found.values.get(n, 1.0) for n in ("newcomer_ratio", "settled_ratio")])
    expected = stay * ratio[1]  # who is in since before the watch is settled
    expected[dated] = sum(
        r * np.clip(np.minimum(end, high) - np.maximum(begin, low), 0, None)
        for r, (low, high) in zip((ratio[0], 1.0, ratio[1]), itertools.pairwise(AGES), strict=True)
    )
    spread = fit_poisson_lognormal(
        np.bincount(place, left, m.groups), np.bincount(place, expected, m.groups)
    )
    found.fit("exits of groups beyond chance", leaving_sd=spread.sd)


def _fit_talk(m: _Margins, planned: IntArray, found: _Found) -> None:
    """Fit level and spreads of the talk, deaths, rhythm, days."""
    names = (
        "messages_per_day",
        "talk_sd",
        "liveliness_sd",
        "size_effect",
        "death_share",
        "rhythm",
        "day_sd",
    )
    acts = m.acts[~m.acts["bot"]]
    talk = acts[acts["kind"] != "reaction"]
    if len(talk) < FEW:
        found.keep(f"under {FEW} messages in groups", *names)
        return
    s = m.stays
    place, days = s["group"].to_numpy(), (s["end"] - s["start"]).to_numpy()
    alive_until, share, hazard = _silences(m, talk, planned)
    if found.values.get("born_share", 0.0) > 0.5:
        found.fit("groups that stopped, over group-days", deaths_per_day=hazard)
        found.keep("most groups are new: see deaths_per_day", "death_share")
    else:
        found.fit("groups that stopped long before the end, by their own rate", death_share=share)
        found.keep("most groups are old: see death_share", "deaths_per_day")
    until = np.minimum(s["end"].to_numpy(), alive_until[place])
    exposure = np.clip(until - s["start"].to_numpy(), 0.0, None)
    cells = s.assign(exposure=exposure)[["person", "group", "exposure"]]
    cells = cells.groupby(["person", "group"], as_index=False).sum()
    counts = talk.groupby(["person", "group"], as_index=False).size()
    cells = cells.merge(counts, on=["person", "group"], how="left").fillna({"size": 0})
    first = s.groupby("group")["start"].min().reindex(range(m.groups), fill_value=0.0).to_numpy()
    size = np.bincount(place, days, m.groups) / np.maximum(m.days - first, 1e-9)
    doublings = np.log2(np.maximum(size, 1e-3) / found.values["size_median"])
    people, groups = fit_two_ways(
        cells["person"].to_numpy(),
        cells["group"].to_numpy(),
        cells["size"].to_numpy(dtype=float),
        cells["exposure"].to_numpy(),
        doublings,
    )
    expected = cells["exposure"] * np.exp(groups.slope * doublings)[cells["group"]]
    kinds = acts["kind"].notna().any()
    reacts = float((acts["kind"] == "reaction").mean()) if kinds else 0.0
    if kinds:
        found.fit("reactions among acts", reaction_share=reacts)
    found.keep("interactions have no kind", "reaction_share")
    found.fit(
        "messages over member-days; people's and groups' spread beyond chance",
        messages_per_day=float(cells["size"].sum() / expected.sum()) / (1.0 - reacts),
        talk_sd=people.sd,
        liveliness_sd=groups.sd,
    )
    found.fit(
        "groups' rate by their mean size, in the same fit", size_effect=float(np.exp(groups.slope))
    )
    hour = (talk["when"].to_numpy() // 3600) % 24
    tilt = 2.0 * float(np.cos(2 * np.pi * (hour - EVENING) / 24).mean())
    found.fit("hours of the talk", rhythm=float(np.clip(tilt, 0.0, 1.0)))
    found.fit("counts of groups a day, beyond chance", day_sd=_day_spread(m, talk, alive_until))


def _silences(m: _Margins, talk: pd.DataFrame, planned: IntArray) -> tuple[RealArray, float, float]:
    """Give when each group fell silent (the end where it did not), share and hazard of that."""
    when = talk["when"].to_numpy() / 86_400
    place = talk["group"].to_numpy()
    n = np.bincount(place, minlength=m.groups)
    last = np.zeros(m.groups)
    np.maximum.at(last, place, when)
    begin = np.maximum(np.nan_to_num(m.born, nan=0.0), 0.0)
    pooled = n.sum() / max(float((planned * (m.days - begin)).sum()), 1e-9)
    own = np.where(n >= 5, n / np.maximum(last - begin, 1.0), 0.2 * pooled * planned)
    last = np.maximum(last, begin)
    missed = own * (np.minimum(m.closed, m.days) - last)
    dead = missed > SILENT
    seen = 1.0 - np.minimum(SILENT / np.maximum(own, 1e-9), 1.5 * m.days) / (1.5 * m.days)
    share = float(np.clip(dead.sum() / max(float(seen.sum()), 1.0), 0.0, 1.0))
    until = np.where(dead, last, np.minimum(m.closed, m.days))
    hazard = float(dead.sum()) / max(float((until - begin).sum()), 1e-9)
    return until, share, hazard


def _day_spread(m: _Margins, talk: pd.DataFrame, alive_until: RealArray) -> float:
    """Give the sd of the log mood of a day: variance of daily counts over that of chance."""
    full = np.floor(alive_until).astype(int)
    n_days = int(np.ceil(m.days))
    counts = np.zeros((m.groups, n_days))
    np.add.at(counts, (talk["group"].to_numpy(), talk["when"].to_numpy() // 86_400), 1)
    begin = np.ceil(np.maximum(np.nan_to_num(m.born, nan=0.0), 0.0)).astype(int)
    up, down = 0.0, 0.0
    for g in range(m.groups):
        row = counts[g, begin[g] : full[g]]
        if row.size < 5 or row.sum() < 5:
            continue
        mean = row.mean()
        up += row.size * (row.var(ddof=1) - mean)
        down += row.size * mean**2
    return float(np.sqrt(np.log1p(max(up / down, 0.0)))) if down else 0.0


def _fit_replies(dataset: Dataset, m: _Margins, found: _Found) -> None:
    """Fit replies and whom they answer, mentions, repeated texts, machines."""
    acts = m.acts.reset_index(drop=True)
    talk = ~acts["bot"].to_numpy() & (acts["kind"] != "reaction").to_numpy()
    group, sender = acts["group"].to_numpy(np.int64), acts["sender"].to_numpy(np.int64)
    when = acts["when"].to_numpy(np.int64)
    row_of = pd.Index(acts["interaction"])
    target = row_of.get_indexer(acts["reply_to"]).astype(np.int64)
    target[acts["reply_to"].isna().to_numpy()] = -1
    replied = talk & (target >= 0)
    if int(replied.sum()) >= FEW:
        open_ = np.zeros(len(acts))
        for back in range(1, 9):
            other = np.maximum(np.arange(len(acts)) - back, 0)
            good = (np.arange(len(acts)) >= back) & (group[other] == group)
            good &= (sender[other] != sender) & (when - when[other] < REPLY_WITHIN_S)
            open_ += 0.5**back * good
        chance = float(open_[talk].sum())
        found.fit(
            "replies among messages with something to answer",
            reply_share=float(np.clip(replied.sum() / max(chance, 1.0), 0.0, 1.0)),
        )
        before = last_answers(target, group, sender, when, REPLY_WITHIN_S)
        could = replied & (before >= 0)
        far = np.maximum(np.arange(len(acts)) - before, 1)
        by_chance = (
            np.clip(0.5**far / np.maximum(open_, 1e-9), 0.0, 1.0)[could].mean()
            if could.any()
            else 0.0
        )
        hit = float((target == before)[could].mean()) if could.any() else 0.0
        found.fit(
            "replies that answer who last answered the sender, chance taken off",
            reciprocity=float(np.clip((hit - by_chance) / max(1.0 - by_chance, 1e-9), 0.0, 1.0)),
        )
    found.keep("no reply_to", "reply_share", "reciprocity")
    named = dataset["recipients"].filter(_.role == "mention").select("interaction").distinct()
    mentions = set(dataset.collect(named)["interaction"])
    human = acts[~acts["bot"]]
    if mentions and len(human):
        share = float(human["interaction"].isin(mentions).mean())
        found.fit("messages that mention somebody", mention_share=share)
    found.keep("nobody is mentioned", "mention_share")
    texts = human["fingerprint"].dropna()
    if len(texts) >= FEW:
        share = float((texts.map(texts.value_counts()) > 1).mean())
        found.fit("texts that come more than once", repetition=share)
    found.keep("no fingerprints", "repetition")
    machines = dataset.collect(bots(dataset))["person"]
    found.fit("counted", bots=len(machines))
    stood = dataset["memberships"].semi_join(bots(dataset), "person").count().to_pyarrow().as_py()
    if stood:
        rate = float(acts["bot"].sum()) / (stood * m.days)
        found.fit("messages of machines in groups", bot_messages_per_day=rate)
    found.keep("no machine is listed in a group", "bot_messages_per_day")
    notices = dataset["interactions"].filter(_.kind == "system").count().to_pyarrow().as_py()
    found.fit("are there any", system_messages=bool(notices))


def _fit_friends(dataset: Dataset, m: _Margins, found: _Found) -> None:
    """Fit friendships, old and new, and private talk."""
    names = ("friends_per_person", "inside_friend_odds", "sociability_sd", "friends_per_day")
    low = dataset.observed_from_us
    pairs = dataset.collect(
        dataset["friendships"].select("person", "friend", since=microseconds(_.since))
    )
    if len(pairs) < FEW:
        found.keep("friendships are not in the data", *names, "private_per_day")
        return
    who = pd.Index(sorted(dataset.collect(humans(dataset).select("person"))["person"]))
    one, two = who.get_indexer(pairs["person"]), who.get_indexer(pairs["friend"])
    old = pairs["since"].isna().to_numpy()
    found.fit("pairs from before the watch", friends_per_person=2.0 * float(old.sum()) / m.people)
    degree = np.bincount(np.concatenate([one[old], two[old]]), minlength=m.people)
    spread = fit_poisson_lognormal(degree.astype(float), np.ones(m.people))
    found.fit("numbers of friends beyond chance", sociability_sd=spread.sd)
    if m.people <= EXACT_PEOPLE:
        where = np.zeros((m.people, m.groups), dtype=np.float32)
        where[m.stays["person"], m.stays["group"]] = 1.0
        shared = where @ where.T > 0
        np.fill_diagonal(shared, False)
        inside = int(shared[one[old], two[old]].sum())
        outside = int(old.sum()) - inside
        all_in = int(shared.sum()) // 2
        all_out = m.people * (m.people - 1) // 2 - all_in
        if min(inside, outside) >= FEW:
            odds = (inside / all_in) / (outside / all_out)
            found.fit("friends inside a group over outside, per pair", inside_friend_odds=odds)
    found.keep("too few friends, or too many people to compare pairs", "inside_friend_odds")
    since = (pairs["since"].to_numpy(dtype=float) - low) / DAY_US
    ever = np.bincount(m.stays["group"], minlength=m.groups)
    stay = (m.stays["end"] - m.stays["start"]).to_numpy()
    heads = np.bincount(m.stays["group"], stay, m.groups) / m.days
    meeting = float((0.5 * heads * m.days * heads / np.maximum(ever, 1)).sum())
    made = int((since >= 0).sum())
    if meeting > 0:
        found.fit("friendships made in the watch", friends_per_day=made / meeting)
    days = np.where(since >= 0, m.days - since, m.days)
    private = dataset["interactions"].filter(_.group.isnull() & _.recipient.notnull())
    n = private.count().to_pyarrow().as_py()
    if n:
        found.fit("private messages over pair-days", private_per_day=n / float(days.sum()))
    found.keep("no private messages", "private_per_day")


def _fit_shares(dataset: Dataset, m: _Margins, found: _Found) -> None:
    """Fit muting, sharing and adopting."""
    known = m.stays[m.stays["muted"].notna()]
    if len(known) >= FEW:
        yes = known["muted"].to_numpy(dtype=bool).astype(float)
        mean, varies = common_correlation(known["person"].to_numpy(), yes)
        found.fit("memberships muted", muted_share=mean, muting_varies=varies)
    found.keep("muting is not recorded", "muted_share", "muting_varies")
    names = ("shares_per_person", "sharing_sd", "items", "private_share", "private_varies")
    columns = ("share", "item", "sharer", "channel", "audience")
    shares = dataset.collect(dataset["shares"].select(*columns))
    if len(shares) < FEW:
        found.keep(f"under {FEW} shares", *names, "group_share", "adoption_rate")
        return
    codes, _who = pd.factorize(shares["sharer"])
    able = max(int(m.stays["person"].nunique()), codes.max() + 1)
    count = np.bincount(codes, minlength=able).astype(float)
    found.fit(
        "shares of people beyond chance",
        sharing_sd=fit_poisson_lognormal(count, np.ones(able)).sd,
    )
    found.fit("counted", shares_per_person=len(shares) / able, items=int(shares["item"].nunique()))
    private = (shares["channel"] != "feed").to_numpy()
    if (~private).any():
        mean, varies = common_correlation(codes, private.astype(float))
        found.fit("shares not to the feed", private_share=mean, private_varies=varies)
    found.keep("the feed is not recorded", "private_share", "private_varies")
    direct = shares["channel"] == "friend"
    if direct.any():
        to_group = float((shares["channel"] == "group").sum() / private.sum())
        found.fit("private shares to a group", group_share=to_group)
    found.keep("no shares to friends", "group_share")
    audience = float(shares["audience"].fillna(0).sum())
    taken = dataset["adoptions"].count().to_pyarrow().as_py()
    if audience and taken:
        found.fit("adoptions over audiences", adoption_rate=float(min(taken / audience, 1.0)))
    found.keep("no adoptions, or no audiences", "adoption_rate")
