"""Words for the numbers that stand beside a claim's estimate, by their key in ``details``."""

from smallnet.tables.words import Text

__all__ = ["DETAILS"]

DETAILS: dict[str, Text] = {
    "between_groups": Text("between groups", "群间"),
    "bands": Text("by days since joining", "按加入天数"),
    "by_channel": Text("by channel", "按渠道"),
    "configuration_null_share": Text(
        "share inside expected from numbers of ties alone", "仅由关系数推算的群内比例"
    ),
    "contact_time_inside": Text("share of contact time inside", "群内接触时间比例"),
    "contains_essay_number": Text("the essay's number is inside", "区间包含文中数值"),
    "contains_small_group": Text("the interval holds the claimed size", "区间包含所称规模"),
    "count": Text("count", "数量"),
    "days": Text("days", "天"),
    "days_at_risk": Text("days at risk", "在险天数"),
    "dead_after_days": Text("dead after so many silent days", "沉默多少天算死群"),
    "dead_by_days": Text("dead by length of silence", "按沉默天数的死群"),
    "degrees_of_freedom": Text("degrees of freedom", "自由度"),
    "effective_memberships": Text(
        "memberships it is worth, after clustering", "有效成员关系数（考虑聚类）"
    ),
    "effective_shares": Text("shares it is worth, after clustering", "有效分享数（考虑聚类）"),
    "essay_number": Text("the essay's number", "文中数值"),
    "estimate": Text("estimate", "估计值"),
    "ever_held_quantile": Text("5 % quantile of groups ever held", "曾加入群数的 5% 分位数"),
    "ever_share_inside": Text("share inside at any time", "任意时刻同群的比例"),
    "exits": Text("exits", "退出"),
    "feed": Text("feed", "朋友圈"),
    "friend": Text("friend", "好友"),
    "friends_outside": Text("friends outside the group", "群外好友"),
    "friends_over_the_whole_stay": Text(
        "friends over the whole stay (biased)", "全程好友数（有偏）"
    ),
    "friendships": Text("friendships", "好友关系"),
    "further_groups_through_a_membership": Text(
        "further groups through a membership", "经一个成员关系可达的其他群"
    ),
    "group": Text("group", "群"),
    "group_variance": Text("variance between groups", "群间方差"),
    "groups": Text("groups", "群"),
    "groups_closed": Text("groups closed", "已关闭的群"),
    "groups_dead": Text("groups dead", "死群"),
    "groups_dead_that_never_spoke": Text("dead groups that never spoke", "从未发言的死群"),
    "hazard": Text("hazard a day", "每日风险"),
    "high": Text("to", "上限"),
    "interval": Text("interval", "区间"),
    "landmark_day": Text("day of the landmark", "界标日"),
    "layer": Text("layer", "层"),
    "layers": Text("by layer", "按层"),
    "left_out_shares": Text("shares left out", "未计入的分享"),
    "low": Text("from", "下限"),
    "mean": Text("mean", "平均"),
    "mean_friends": Text("mean number of friends inside", "群内好友平均数"),
    "median": Text("median", "中位数"),
    "memberships_with_unknown_mute": Text(
        "memberships of which muting is unknown", "屏蔽状态未知的成员关系"
    ),
    "muted_by_group": Text("muted, every group counted once", "屏蔽比例（每群计一次）"),
    "muted_by_person": Text("muted, every person counted once", "屏蔽比例（每人计一次）"),
    "null": Text("what chance gives", "随机水平"),
    "null_by_buttons": Text("what chance gives, by buttons", "按按钮的随机水平"),
    "null_draws": Text("draws of the null", "零模型抽样次数"),
    "null_from": Text("chance taken from", "随机水平的来源"),
    "null_share_inside": Text("share inside if ties were rewired", "重连后的群内比例"),
    "null_share_interval": Text("its interval", "其区间"),
    "odds_private_to_feed": Text("odds of private against feed", "私密与朋友圈之比"),
    "odds_ratio": Text("odds ratio", "比值比"),
    "odds_ratio_shuffled": Text("odds ratio, memberships shuffled", "打乱成员后的比值比"),
    "opportunities": Text("the recorded menu", "记录的菜单"),
    "p_any_break": Text("p that there is no break", "没有转折的 p 值"),
    "p_rewired": Text("p against rewired ties", "对重连零模型的 p 值"),
    "people_without_a_group_at_the_end": Text(
        "people without a group at the end", "期末不在任何群的人"
    ),
    "private_messages": Text("private messages", "私聊消息"),
    "rate_ratio_at_small_group": Text(
        "rate ratio across the claimed size", "所称规模两侧的发言率之比"
    ),
    "reshares": Text("reshares", "转发"),
    "shape": Text("shape", "形状"),
    "share": Text("share", "比例"),
    "share_inside": Text("share inside", "群内比例"),
    "share_left_within_15_days": Text("share gone within 15 days", "15 天内退出的比例"),
    "share_left_within_3_days": Text("share gone within 3 days", "3 天内退出的比例"),
    "share_of_groups_dead": Text("share of groups dead", "死群比例"),
    "share_of_groups_dead_interval": Text("its interval", "其区间"),
    "share_of_memberships_in_dead_groups": Text(
        "share of memberships in dead groups", "死群中的成员关系比例"
    ),
    "share_of_pairs_inside": Text("share of all pairs inside", "所有人对中的群内比例"),
    "share_of_sharers": Text("sharers with a private share", "有私密分享的人的比例"),
    "share_of_sharers_by_coin_flips": Text(
        "the same if channels were coin flips", "若渠道随机时的该比例"
    ),
    "share_of_sharers_interval": Text("its interval", "其区间"),
    "share_under_ten": Text("share of people in fewer than ten groups", "不足十个群的人的比例"),
    "share_under_ten_interval": Text("its interval", "其区间"),
    "shuffled_share_inside": Text("share inside, memberships shuffled", "打乱成员后的群内比例"),
    "shuffled_share_interval": Text("its interval", "其区间"),
    "ties": Text("ties", "关系"),
    "ties_left_out_without_a_group": Text("ties left out, without a group", "无群而未计入的关系"),
    "ties_with_a_moment": Text("ties with a moment", "有时间的关系"),
    "time_average_quantile": Text(
        "5 % quantile of groups, averaged over time", "时间平均群数的 5% 分位数"
    ),
    "total_elasticity": Text("elasticity of the group's total in size", "群总量对规模的弹性"),
    "two buttons": Text("two equal buttons", "两个等价按钮"),
    "uniform_target_null": Text("what any target at random gives", "任意对象的随机水平"),
    "variance_from_groups": Text("variance from groups", "来自群的方差"),
    "within": Text("within groups, as they grow", "群内（随规模变化）"),
}
