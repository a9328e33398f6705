"""Four criteria and three signs of life for every group, with the evidence in plain words.

A criterion is met, not met, or unknown; the thresholds are conventions (`Thresholds`), not
findings, so each stands beside the group's rank among groups of its size. Whether the four together
make a good group is a claim of its own (S12), which this card does not presuppose.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from smallnet.measures.wording import Sentence, count, join_words, percent, quantity
from smallnet.tables.choices import Choices
from smallnet.tables.words import Text

__all__ = ["CRITERIA", "SIGNS", "Thresholds", "scorecard", "size_band"]

CRITERIA = ("small", "acquainted", "trusting", "interactive")
SIGNS = ("informative", "interactive", "useful")
_RANKED = {  # what a group is ranked by among groups of its size, higher is more
    "acquainted": "friend_density",
    "trusting": "reciprocity",
    "interactive": "messages_per_member_day",
    "informative": "repetition",
    "useful": "adoptions_per_member",
}
NAMES: dict[str, Text] = {
    "small": Text("small", "规模小"),
    "acquainted": Text("acquainted", "相互认识"),
    "trusting": Text("trusting", "相互信赖"),
    "interactive": Text("interactive", "互动频繁"),
    "informative": Text("informative", "有料"),
    "useful": Text("useful", "有用"),
}


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Where a criterion begins to be met. Conventions, chosen to be easy to say aloud."""

    friend_density: float = 0.5  # at least half of the pairs of members are friends
    reciprocity: float = 0.5  # at least half of the ties are returned
    helped_share: float = 0.5  # at least half of those who write get a reply
    common_friends: float = 1.0  # friends inside have a friend in common
    trust_ties_per_member: float = 1.0  # everybody trusts somebody here, on average
    messages_per_member_day: float = 1 / 7  # every member writes once a week, on average
    top_talker_share: float = 0.5  # nobody writes more than half of it
    repetition: float = 0.5  # less than half of the messages repeat one said before
    adoptions_per_member: float = 0.1  # one adoption for ten members


def size_band(size: Any) -> pd.Series:
    """Band of sizes that differ by less than a factor of two: 1, 2–3, 4–7, 8–15 and so on.

    Parameters
    ----------
    size : array_like of float, shape (groups,)
        Members; unknown or 0 has no band.

    Returns
    -------
    Series of Int64
        Smallest size of the band.

    Examples
    --------
    >>> size_band([1, 3, 12, 30]).tolist()
    [1, 2, 8, 16]
    """
    n = pd.to_numeric(pd.Series(size)).astype("float64")
    band = pd.Series(2.0 ** np.floor(np.log2(n.where(n >= 1))), index=n.index)
    return band.astype("Int64")


def scorecard(
    table: pd.DataFrame, choices: Choices | None = None, *, thresholds: Thresholds | None = None
) -> pd.DataFrame:
    """Judge every group by the four criteria and the three signs of life.

    Parameters
    ----------
    table : DataFrame
        What ``group_table`` gives.
    choices : Choices, optional
        ``small_group``: small is fewer than this.
    thresholds : Thresholds, optional
        Where each criterion begins.

    Returns
    -------
    DataFrame
        The table, and for each row: ``small, acquainted, trusting, interactive, informative,
        useful`` (true, false, or null where not recorded), ``acquainted_rank`` and so on (share of
        the other groups in its ``size_band`` that have less, ties counted half; for
        ``informative`` more repetition; null where there is none to compare with),
        ``groups_in_band``, ``criteria_met, criteria_known``
        (of the four), ``signs_met, signs_known`` (of the three), ``overall`` and ``overall_zh``
        (the verdict in words), ``reason_en`` and ``reason_zh``.

    Notes
    -----
    *trusting* holds if most of its known proxies do (returned ties, replies received, ties of
    trust, common friends); common friends alone, which grow with everybody's number of friends,
    leave it unknown. *interactive* needs enough messages per member-day, of which nobody writes
    more than half. A group without a message is not interactive; its content is unknown.
    """
    choices, limits = choices or Choices(), thresholds or Thresholds()
    card = table.copy()
    n = _number(table, "size")
    card["small"] = _truth(n < choices.small_group, n.notna())
    density = _number(table, "friend_density")
    card["acquainted"] = _truth(density >= limits.friend_density, density.notna())
    card["trusting"] = _trusting(table, limits)
    rate, top = _number(table, "messages_per_member_day"), _number(table, "top_talker_share")
    lively = (rate >= limits.messages_per_member_day) & ~(top > limits.top_talker_share)
    card["interactive"] = _truth(lively, rate.notna())
    repeats = _number(table, "repetition")
    card["informative"] = _truth(repeats < limits.repetition, repeats.notna())
    taken = _number(table, "adoptions_per_member")
    card["useful"] = _truth(taken >= limits.adoptions_per_member, taken.notna())
    card = _add_ranks(card, n)
    for name, parts in (("criteria", CRITERIA), ("signs", SIGNS)):
        marks = card[list(parts)]
        known = marks.notna().sum(axis=1).astype("Int64")
        card[f"{name}_met"] = marks.fillna(False).sum(axis=1).astype("Int64").where(known > 0)
        card[f"{name}_known"] = known
    overall = _overall(card)
    reason = _reasons(card, choices, limits)
    return card.assign(
        overall=overall.en, overall_zh=overall.zh, reason_en=reason.en, reason_zh=reason.zh
    )


def _number(table: pd.DataFrame, name: str) -> pd.Series:
    return pd.to_numeric(table[name]).astype("float64")


def _truth(holds: pd.Series, known: pd.Series) -> pd.Series:
    return holds.astype("boolean").where(known)


def _trusting(table: pd.DataFrame, limits: Thresholds) -> pd.Series:
    proxies = {
        "reciprocity": limits.reciprocity,
        "helped_share": limits.helped_share,
        "trust_ties_per_member": limits.trust_ties_per_member,
        "embeddedness": limits.common_friends,
    }
    values = table[list(proxies)].astype("float64")
    known = values.notna().sum(axis=1)
    met = values.ge(pd.Series(proxies), axis=1).sum(axis=1)
    return _truth(met * 2 > known, values.drop(columns="embeddedness").notna().any(axis=1))


def _add_ranks(card: pd.DataFrame, size: pd.Series) -> pd.DataFrame:
    band = size_band(size)
    keys = band.astype("float64").fillna(-1.0)
    card["size_band"] = band
    card["groups_in_band"] = (
        keys.groupby(keys).transform("size").astype("Int64").where(band.notna())
    )
    for name, column in _RANKED.items():
        values = _number(card, column).where(band.notna())
        values = -values if name == "informative" else values
        within = values.groupby(keys)
        known = within.transform("count")
        below = (within.rank(method="average") - 1) / (known - 1).where(known > 1)
        card[f"{name}_rank"] = below.astype("float64")
    return card


def _overall(card: pd.DataFrame) -> Sentence:
    met, known = card["criteria_met"], card["criteria_known"]
    some = known > 0
    verdict = Sentence.of(
        "meets {met} of {known} known criteria", "已知的 {known} 项标准中满足 {met} 项"
    ).fill(met=count(met), known=count(known))
    full = Sentence.of("meets {met} of 4 criteria", "4 项标准中满足 {met} 项").fill(met=count(met))
    verdict = full.where(known == 4, verdict)
    verdict = verdict.where(
        some, Sentence.of("nothing is known of the criteria", "各项标准均无记录")
    )
    dead = (card["state"] == "dead").astype(bool)
    return Sentence.of("dead; ", "死群；").where(dead, Sentence.of("", "")) + verdict


def _reasons(card: pd.DataFrame, choices: Choices, limits: Thresholds) -> Sentence:
    parts = [
        _small_words(card, choices.small_group),
        _acquainted_words(card),
        _trusting_words(card),
        _interactive_words(card),
        _informative_words(card),
        _useful_words(card),
    ]
    return join_words(parts)


def _mark(card: pd.DataFrame, name: str) -> Sentence:
    yes = NAMES[name]
    met = Sentence.of(yes.en, yes.zh)
    missed = Sentence.of(f"not {yes.en}", f"未达{yes.zh}")
    return met.where(card[name].fillna(False).astype(bool), missed)


def _unknown(name: str, known: pd.Series, words: Sentence) -> Sentence:
    label = NAMES[name]
    return words.where(known, Sentence.of(f"{label.en}: not recorded", f"{label.zh}：没有记录"))


def _rank_words(card: pd.DataFrame, name: str) -> Sentence:
    rank = card[f"{name}_rank"]
    words = Sentence.of(
        ", more than {share} of the others of its size", "，高于 {share} 的同规模群"
    ).fill(share=percent(rank))
    words = Sentence.of(", the most of its size", "，为同规模群中最高").where(rank == 1, words)
    words = Sentence.of(", the least of its size", "，为同规模群中最低").where(rank == 0, words)
    return words.where(rank.notna() & (card["groups_in_band"] >= 5), Sentence.of("", ""))


def _small_words(card: pd.DataFrame, small_group: int) -> Sentence:
    n = card["size"]
    under = Sentence.of(f"under {small_group}", f"少于 {small_group} 人")
    over = Sentence.of(f"{small_group} or more", f"不少于 {small_group} 人")
    words = Sentence.of("{n} members ({mark}: {side})", "{n} 名成员（{mark}：{side}）").fill(
        n=count(n),
        mark=_mark(card, "small"),
        side=under.where((n < small_group).fillna(False), over),
    )
    words = (
        Sentence.of("1 member ({mark}: {side})", "1 名成员（{mark}：{side}）")
        .fill(mark=_mark(card, "small"), side=under)
        .where((n == 1).fillna(False).astype(bool), words)
    )
    return _unknown("small", n.notna(), words)


def _acquainted_words(card: pd.DataFrame) -> Sentence:
    n = card["size"].astype("float64")
    pairs = n * (n - 1) / 2
    words = Sentence.of(
        "{k} of {pairs} pairs are friends ({mark})", "{pairs} 对成员中 {k} 对是好友（{mark}）"
    ).fill(k=count(card["friend_pairs"]), pairs=count(pairs), mark=_mark(card, "acquainted"))
    ratio = card["friend_ratio"]
    chance = (
        Sentence.of(", {ratio} times what chance gives", "，为随机预期的 {ratio} 倍")
        .fill(ratio=quantity(ratio))
        .where(ratio.notna(), Sentence.of("", ""))
    )
    return _unknown(
        "acquainted",
        card["friend_density"].notna(),
        words + chance + _rank_words(card, "acquainted"),
    )


def _trusting_words(card: pd.DataFrame) -> Sentence:
    empty = Sentence.of("", "")
    returned = Sentence.of("{x} of ties are returned", "{x} 的关系得到回应").fill(
        x=percent(card["reciprocity"])
    )
    helped = Sentence.of("{x} of those who write get a reply", "{x} 的发言者得到过回复").fill(
        x=percent(card["helped_share"])
    )
    common = Sentence.of("friends have {x} friends in common", "好友间平均有 {x} 位共同好友").fill(
        x=quantity(card["embeddedness"])
    )
    relied = Sentence.of("{x} ties of trust a member", "每位成员有 {x} 条信任关系").fill(
        x=quantity(card["trust_ties_per_member"])
    )
    parts = {
        "reciprocity": returned,
        "helped_share": helped,
        "trust_ties_per_member": relied,
        "embeddedness": common,
    }
    words = empty
    for name, part in parts.items():
        words = words.follow(part.where(card[name].notna(), empty))
    words = words + Sentence.of(" ({mark})", "（{mark}）").fill(mark=_mark(card, "trusting"))
    return _unknown("trusting", card["trusting"].notna(), words)


def _interactive_words(card: pd.DataFrame) -> Sentence:
    rate = card["messages_per_member_day"]
    turnless = card["monologue_index"].isna() & (card["messages"] > 1).fillna(False).astype(bool)
    what = Sentence.of("contacts", "次接触").where(turnless, Sentence.of("messages", "条消息"))
    words = Sentence.of(
        "{x} {what} per member and day ({mark})", "每人每天 {x} {what}（{mark}）"
    ).fill(x=quantity(rate), what=what, mark=_mark(card, "interactive"))
    top = Sentence.of(", one person has {x} of them", "，一人占 {x}").fill(
        x=percent(card["top_talker_share"])
    )
    top = top.where(card["top_talker_share"].notna(), Sentence.of("", ""))
    return _unknown("interactive", rate.notna(), words + top + _rank_words(card, "interactive"))


def _informative_words(card: pd.DataFrame) -> Sentence:
    words = Sentence.of(
        "{x} of messages repeat another ({mark})", "{x} 的消息是重复内容（{mark}）"
    ).fill(x=percent(card["repetition"]), mark=_mark(card, "informative"))
    return _unknown("informative", card["repetition"].notna(), words)


def _useful_words(card: pd.DataFrame) -> Sentence:
    words = Sentence.of(
        "{k} adoptions through {s} shares ({mark})", "{s} 次分享带来 {k} 次采纳（{mark}）"
    ).fill(k=count(card["adoptions"]), s=count(card["shares"]), mark=_mark(card, "useful"))
    return _unknown("useful", card["adoptions_per_member"].notna(), words)
