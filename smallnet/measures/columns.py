"""The columns of the table of groups: name, unit, and what each means, in both languages."""

from dataclasses import dataclass

from smallnet.tables.words import Text

__all__ = ["COLUMNS", "Measure"]


@dataclass(frozen=True)
class Measure:
    """A column of the table of groups."""

    name: str
    kind: str  # count, number, bool, time or text
    unit: str  # "" where it has none
    room: str  # which measure it belongs to
    description: Text


def _interval(name: str, room: str, en: str, zh: str, unit: str = "0–1") -> tuple[Measure, ...]:
    """Give a measure and the two ends of its interval."""
    low = Text(f"Lower end of the interval of {name}.", f"{name} 区间的下限。")
    high = Text(f"Upper end of the interval of {name}.", f"{name} 区间的上限。")
    return (
        Measure(name, "number", unit, room, Text(en, zh)),
        Measure(f"{name}_low", "number", unit, room, low),
        Measure(f"{name}_high", "number", unit, room, high),
    )


def _many(room: str, *rows: tuple[str, str, str, str, str]) -> tuple[Measure, ...]:
    return tuple(Measure(name, kind, unit, room, Text(en, zh)) for name, kind, unit, en, zh in rows)


_GROUP = _many(
    "group",
    ("group", "text", "", "Id of the group.", "群的编号。"),
    ("name", "text", "", "Name of the group.", "群名。"),
    ("kind", "text", "", "What the group is for.", "群的类型。"),
    ("roster", "text", "", "Who is listed as member.", "名册收录了谁。"),
    ("note", "text", "", "What limits this row.", "此行的限制。"),
)
_SIZE = _many(
    "size",
    (
        "size",
        "count",
        "people",
        "Members at the end: the same as size_end.",
        "观察结束时的成员数，同 size_end。",
    ),
    (
        "size_end",
        "count",
        "people",
        "Members at the end of the watch, or just before the group was closed.",
        "观察结束时（或群关闭前）的成员数。",
    ),
    (
        "size_mean",
        "number",
        "people",
        "Members, averaged over the group's time under watch.",
        "观察期内按时间平均的成员数。",
    ),
    (
        "size_max",
        "count",
        "people",
        "Most members at any moment under watch.",
        "观察期内任一时刻的最大成员数。",
    ),
    (
        "members_ever",
        "count",
        "people",
        "People who were members at any moment under watch.",
        "观察期内曾是成员的人数。",
    ),
    (
        "active_members",
        "count",
        "people",
        "Members who talked at least once while in.",
        "在群期间至少发言一次的成员数。",
    ),
    (
        "member_days",
        "number",
        "days",
        "Days of membership, added over members.",
        "全体成员在群天数之和。",
    ),
)
_ACQUAINTANCE = (
    *_many(
        "acquaintance",
        (
            "friend_pairs",
            "count",
            "pairs",
            "Pairs of members who are friends.",
            "互为好友的成员对数。",
        ),
    ),
    *_interval(
        "friend_density",
        "acquaintance",
        "Share of pairs of members who are friends.",
        "成员对中互为好友的比例。",
    ),
    *_many(
        "acquaintance",
        (
            "friends_inside",
            "number",
            "people",
            "Friends inside, mean over members.",
            "成员在群内的平均好友数。",
        ),
        (
            "befriended_share",
            "number",
            "0–1",
            "Share of members with at least one friend inside.",
            "群内至少有一位好友的成员比例。",
        ),
        (
            "triangles",
            "count",
            "triples",
            "Three members who are all friends.",
            "三人两两互为好友的组数。",
        ),
        (
            "transitivity",
            "number",
            "0–1",
            "Share of pairs of one member's friends inside who are friends.",
            "同一成员的两位群内好友互为好友的比例。",
        ),
        (
            "friend_pairs_expected",
            "number",
            "pairs",
            "Friend pairs that chance gives when size and everybody's number of friends are kept.",
            "保持群规模与每人好友数不变时，随机预期的好友对数。",
        ),
        (
            "friend_ratio",
            "number",
            "×",
            "Friend pairs ÷ expected ones.",
            "好友对数与随机预期之比。",
        ),
        (
            "friend_z",
            "number",
            "sd",
            "Friend pairs minus expected ones, in standard deviations of chance.",
            "好友对数与随机预期之差，以随机标准差计。",
        ),
    ),
)
_TRUST = (
    *_interval(
        "reciprocity",
        "trust",
        "Share of ties (who addressed whom here) that are returned.",
        "群内“谁对谁说话”的关系中得到回应的比例。",
    ),
    *_many(
        "trust",
        (
            "dyads",
            "count",
            "pairs",
            "Pairs of whom one addressed the other here.",
            "群内至少一方对另一方说过话的对数。",
        ),
        (
            "embeddedness",
            "number",
            "people",
            "Common friends, mean over the friend pairs inside.",
            "群内好友对的平均共同好友数。",
        ),
    ),
    *_interval(
        "replied_share",
        "trust",
        "Share of messages that somebody else replied to.",
        "得到他人回复的消息比例。",
    ),
    *_many(
        "trust",
        (
            "helped_share",
            "number",
            "0–1",
            "Share of those who wrote who got at least one reply.",
            "发言者中至少得到一次回复的比例。",
        ),
        (
            "trust_ties",
            "count",
            "ties",
            "Ties of trust, advice or help among its people.",
            "群内信任、咨询或帮助关系数。",
        ),
        (
            "trust_ties_per_member",
            "number",
            "ties per member",
            "Ties of trust, advice or help ÷ members.",
            "每位成员的信任、咨询或帮助关系数。",
        ),
    ),
)
_INTERACTION = (
    *_many(
        "interaction",
        (
            "messages",
            "count",
            "messages",
            "Messages (or contacts) of humans, members or not.",
            "人（不论是否成员）发出的消息（或接触）数。",
        ),
        (
            "talkers",
            "count",
            "people",
            "Humans who wrote, members or not.",
            "发言人数（不论是否成员）。",
        ),
    ),
    *_interval(
        "messages_per_member_day",
        "interaction",
        "Messages of members ÷ member-days, without the one that made somebody a member.",
        "成员消息数 ÷ 成员在群天数（不计使其入群的那条）。",
        "messages per member and day",
    ),
    *_many(
        "interaction",
        (
            "messages_dispersion",
            "number",
            "×",
            "Variance ÷ mean of the messages a day; widens the interval.",
            "每日消息数的方差与均值之比，用于加宽区间。",
        ),
    ),
    *_interval("active_share", "interaction", "Share of members who talked.", "发过言的成员比例。"),
    *_many(
        "interaction",
        (
            "lurker_share",
            "number",
            "0–1",
            "Share of members who never talked.",
            "从未发言的成员比例。",
        ),
    ),
    *_interval(
        "response_s",
        "interaction",
        "Median time to a reply (where replies are not marked: to the next person's turn, within "
        "a day).",
        "得到回复的中位时间（未标注回复时，为一天内他人接话的时间）。",
        "seconds",
    ),
    *_many(
        "interaction",
        (
            "responses",
            "count",
            "messages",
            "Replies or turns behind response_s.",
            "response_s 所依据的回复数。",
        ),
        (
            "gini_members",
            "number",
            "0–1",
            "Inequality of messages over members, corrected for small groups.",
            "消息在成员间的不平等程度（已校正小群偏差）。",
        ),
        (
            "gini_talkers",
            "number",
            "0–1",
            "The same over those who wrote.",
            "仅在发言者间计算的不平等程度。",
        ),
        (
            "top_talker_share",
            "number",
            "0–1",
            "Share of messages by the one who wrote most.",
            "发言最多者所占的消息比例。",
        ),
        (
            "talker_entropy",
            "number",
            "bits",
            "Entropy of the messages over people.",
            "消息在发言者间的熵。",
        ),
        (
            "monologue_index",
            "number",
            "0–1",
            "Share of messages that follow one by the same person.",
            "紧接同一人前一条的消息比例。",
        ),
        (
            "monologue_expected",
            "number",
            "0–1",
            "The same if the messages stood in random order.",
            "消息随机排序时的同一比例。",
        ),
        (
            "burstiness",
            "number",
            "−1–1",
            "Rhythm of the messages: −1 regular, 0 random, 1 bursts.",
            "消息节奏：−1 规则，0 随机，1 阵发。",
        ),
    ),
)
_CONTENT = (
    *_many(
        "content",
        (
            "repetition",
            "number",
            "0–1",
            "Share of messages that repeat one said before.",
            "重复以往内容的消息比例。",
        ),
        (
            "redundancy",
            "number",
            "0–1",
            "1 − entropy of the messages ÷ its maximum.",
            "1 − 消息熵与其最大值之比。",
        ),
        ("distinct_messages", "count", "messages", "Different messages.", "不同的消息数。"),
    ),
    *_interval(
        "link_share", "content", "Share of messages that are or hold a link.", "含链接的消息比例。"
    ),
    *_many(
        "content",
        ("chars_mean", "number", "characters", "Mean length of a message.", "消息平均长度。"),
    ),
)
_LIFECYCLE = _many(
    "lifecycle",
    (
        "state",
        "text",
        "",
        "born, growing, plateau, dormant, revived or dead, by the rule of the handbook.",
        "born 新生、growing 成长、plateau 平稳、dormant 休眠、revived 复活或 dead 死亡，"
        "依手册规则。",
    ),
    (
        "state_half",
        "text",
        "",
        "State if half as many days of silence made a group dead.",
        "死群天数减半时的状态。",
    ),
    (
        "state_double",
        "text",
        "",
        "State if twice as many days of silence made a group dead.",
        "死群天数加倍时的状态。",
    ),
    ("state_firm", "bool", "", "The three states agree.", "三种状态一致。"),
    ("last_activity", "time", "UTC", "Last message of a human.", "最后一条真人消息的时间。"),
    ("silent_days", "number", "days", "Days without a message at the end.", "结束时已沉默的天数。"),
    ("longest_silence_days", "number", "days", "Longest time without a message.", "最长沉默天数。"),
    (
        "revivals",
        "count",
        "times",
        "Silences long enough to be dead that ended.",
        "死后复活的次数。",
    ),
    ("age_days", "number", "days", "Days since it began.", "成立天数。"),
    (
        "age_known",
        "bool",
        "",
        "False: it began before the watch, the age is a lower bound.",
        "否：成立于观察之前，年龄为下限。",
    ),
)
_BOUNDARY = _many(
    "boundary",
    (
        "ei_friends",
        "number",
        "−1–1",
        "E–I index of the members' friendships: −1 all inside, 1 all outside.",
        "成员好友关系的 E–I 指数：−1 全在群内，1 全在群外。",
    ),
    (
        "conductance",
        "number",
        "0–1",
        "Share of the members' friendships that leave the group (of the smaller side).",
        "离开本群的好友关系比例（以较小一侧计）。",
    ),
    (
        "ei_messages",
        "number",
        "−1–1",
        "E–I index of its people's addressed messages, wherever said.",
        "群内人员有对象消息的 E–I 指数（不论发于何处）。",
    ),
    (
        "cross_posted_share",
        "number",
        "0–1",
        "Share of its shared items that were shared into another group too.",
        "分享内容中也被分享到其他群的比例。",
    ),
)
_USEFULNESS = _many(
    "usefulness",
    (
        "shares",
        "count",
        "shares",
        "Items shared into the group, repeats counted.",
        "分享到本群的次数。",
    ),
    (
        "shares_per_member",
        "number",
        "shares per member",
        "Shares ÷ people who were members.",
        "每位成员的分享次数。",
    ),
    (
        "adoptions",
        "count",
        "adoptions",
        "Adoptions that came through a share in the group.",
        "经本群分享带来的采纳数。",
    ),
    (
        "adoptions_per_member",
        "number",
        "adoptions per member",
        "Adoptions ÷ people who were members.",
        "每位成员的采纳数。",
    ),
    (
        "adoptions_per_share",
        "number",
        "adoptions per share",
        "Adoptions ÷ shares.",
        "每次分享的采纳数。",
    ),
)

COLUMNS: tuple[Measure, ...] = (
    *_GROUP,
    *_SIZE,
    *_ACQUAINTANCE,
    *_TRUST,
    *_INTERACTION,
    *_CONTENT,
    *_LIFECYCLE,
    *_BOUNDARY,
    *_USEFULNESS,
)
