"""Named platforms: worlds in which one claim, none, or only a look-alike of one is true."""

from __future__ import annotations

import datetime as dtm
from collections.abc import Mapping
from types import MappingProxyType

from smallnet.errors import UnknownNameError
from smallnet.simulations.platform import Platform
from smallnet.tables import Text

__all__ = ["DESCRIPTIONS", "SCENARIOS", "describe_scenarios", "get_scenario"]

_ENTRIES: tuple[tuple[Platform, Text], ...] = (
    (
        Platform(name="null"),
        Text(
            en="No claim holds: groups differ in size and in liveliness, for no common reason.",
            zh="没有任何主张成立:群有大有小,有热闹有冷清,两者毫无关系。",
        ),
    ),
    (
        Platform(name="small_groups_livelier", size_effect=0.7),
        Text(
            en="The same person writes 0.7 times as much in a group of twice the size (S05).",
            zh="同一个人在人数翻倍的群里,发言降为 0.7 倍(S05)。",
        ),
    ),
    (
        Platform(name="total_fixed", total_fixed=True),
        Text(
            en="Every group writes the same whatever its size: more heads, less each (S05).",
            zh="群的总发言量与人数无关:人越多,每人分得越少(S05)。",
        ),
    ),
    (
        Platform(name="step_at_30", break_at=30, break_ratio=0.4),
        Text(
            en="From 30 members on everybody writes 0.4 times as much: a threshold (T30).",
            zh="满 30 人后每人发言骤降为 0.4 倍:存在门槛(T30)。",
        ),
    ),
    (
        Platform(name="kink_at_30", break_at=30, kink_slope=0.5),
        Text(
            en="Flat up to 30 members, then half as much per doubling of size (T30).",
            zh="30 人以内持平,之后人数每翻倍发言减半:曲线有拐点(T30)。",
        ),
    ),
    (
        Platform(name="step_at_80", break_at=80, break_ratio=0.4),
        Text(
            en="There is a threshold, but at 80 members, not at 30 (T30).",
            zh="门槛是有的,但在 80 人,不在 30 人(T30)。",
        ),
    ),
    (
        Platform(name="sorting", sorting=1.0),
        Text(
            en="Talkative people gather in small groups; size itself does nothing (S05).",
            zh="爱说话的人聚在小群里,人数本身不起作用(S05)。",
        ),
    ),
    (
        Platform(
            name="growing",
            born_share=0.4,
            joins_per_day=0.03,
            leaves_per_day=0.01,
            size_effect=0.8,
            size_effect_within=1.2,
        ),
        Text(
            en="Groups grow, and get livelier as they do, though larger groups are quieter (S05).",
            zh="群在长大,且越长越热闹,尽管大群比小群冷清(S05)。",
        ),
    ),
    (
        Platform(name="small_groups_chosen", small_group_odds=3.0, private_share=0.8),
        Text(
            en="Sharing is private (0.8), and small groups are chosen threefold (S01, S03).",
            zh="分享多在私下(八成),小群被选中的机会是三倍(S01、S03)。",
        ),
    ),
    (
        Platform(name="friends_retain", friends_ratio=0.75, inside_friend_odds=4.0),
        Text(
            en="Each friend inside multiplies the hazard of leaving by 0.75 (S08).",
            zh="群里每多一个好友,退群风险降为 0.75 倍(S08)。",
        ),
    ),
    (
        Platform(name="friends_pile_up", friends_per_day=0.05),
        Text(
            en="Who stays makes friends, but friends keep nobody: tenure poses as a bond (S08).",
            zh="待得久的人好友多,好友却留不住人:资历冒充友情(S08)。",
        ),
    ),
    (
        Platform(name="newcomers_leave_early", newcomer_ratio=3.0),
        Text(
            en="Newcomers leave three times as often in their first three days (S16).",
            zh="新人头三天的退群率是之后的三倍(S16)。",
        ),
    ),
    (
        Platform(name="walls", inside_friend_odds=6.0),
        Text(
            en="Friendships are six times as likely within a group: relations are walls (S15).",
            zh="群内结为好友的几率是群外的六倍:关系链是墙(S15)。",
        ),
    ),
    (
        Platform(name="muted", muted_share=0.9, death_share=0.6),
        Text(
            en="Nine in ten memberships are muted, more than half of the groups fall silent (S13).",
            zh="九成群被屏蔽,过半的群归于沉寂(S13)。",
        ),
    ),
    (
        Platform(name="many_groups", people=300, groups=250, size_median=20.0, joining_sd=0.2),
        Text(
            en="Everybody is in more than ten groups (S14).",
            zh="人人都在十个以上的群里(S14)。",
        ),
    ),
    (
        Platform(
            name="campaign",
            starts=dtm.datetime(2024, 3, 4),
            days=90.0,
            people=600,
            groups=120,
            size_median=14.0,
            size_sd=0.85,
            joining_sd=0.5,
            sorting=0.2,
            born_share=0.2,
            death_share=0.2,
            closed_share=0.03,
            messages_per_day=0.10,
            size_effect=0.72,
            liveliness_sd=0.7,
            rhythm=0.8,
            day_sd=0.4,
            joins_per_day=0.006,
            leaves_per_day=0.005,
            newcomer_ratio=2.5,
            friends_ratio=0.8,
            friends_per_day=0.004,
            inside_friend_odds=4.0,
            muted_share=0.6,
            shares_per_person=6.0,
            private_share=0.74,
            small_group_odds=1.0,
            private_per_day=0.01,
        ),
        Text(
            en="The embedded example: some claims hold, some do not, one only looks as if.",
            zh="内置示例:有的主张成立,有的不成立,有的只是看似成立。",
        ),
    ),
)

SCENARIOS: Mapping[str, Platform] = MappingProxyType({p.name: p for p, _ in _ENTRIES})
"""Platforms by name."""

DESCRIPTIONS: Mapping[str, Text] = MappingProxyType({p.name: text for p, text in _ENTRIES})
"""What each scenario is, in one sentence."""


def get_scenario(name: str) -> Platform:
    """Give the platform of a scenario.

    Raises
    ------
    UnknownNameError
        For a name that is not in ``SCENARIOS``.
    """
    if name not in SCENARIOS:
        msg = f"unknown scenario {name!r}, expected one of {', '.join(SCENARIOS)}"
        raise UnknownNameError(msg)
    return SCENARIOS[name]


def describe_scenarios(lang: str = "en") -> dict[str, str]:
    """Say in one sentence what each scenario is, in ``lang``, ``en`` or ``zh``."""
    return {name: words.get(lang) for name, words in DESCRIPTIONS.items()}
