"""The words of the page, in English and in Chinese."""

from collections.abc import Mapping

from smallnet.tables.words import Text

__all__ = [
    "CHANNEL",
    "CHOICES",
    "COLUMNS",
    "COUNTS",
    "FACTS",
    "LACKED",
    "LICENCE",
    "PAGE",
    "PHRASES",
    "PROBLEM",
    "PROVENANCE",
    "label",
]

PAGE: dict[str, Text] = {
    "title": Text("What small groups do: {name}", "小群效应检验：{name}"),
    "skip": Text("Skip to the findings", "跳到主要结果"),
    "contents": Text("Contents", "目录"),
    "found": Text("What was found", "主要结果"),
    "data": Text("The data", "数据"),
    "verdicts": Text("All claims", "所有主张"),
    "pictures": Text("The groups in pictures", "图看各群"),
    "claims": Text("Claim by claim", "逐条检验"),
    "groups": Text("Group by group", "逐群查看"),
    "problems": Text("Problems in the data", "数据问题"),
    "choices": Text("Choices", "分析选项"),
    "provenance": Text("Where this page comes from", "来源与复现"),
    "notes": Text("Notes", "说明"),
    "registration": Text("What was chosen before looking", "事先登记"),
    "registered": Text(
        "Registered on {at} UTC, hash {sha256}. The claims registered are adjusted among "
        "themselves; all others are exploratory and are adjusted apart.",
        "登记于 {at}（UTC），哈希值 {sha256}。已登记的主张在其内部校正；其余为探索性，另行校正。",
    ),
    "as_registered": Text(
        "Nothing changed since: all is as it was registered.", "此后没有改动：一切与登记一致。"
    ),
    "changed_since": Text("Changed since, hence exploratory:", "此后有改动，因而为探索性："),
    "primary": Text("registered", "已登记"),
    "exploratory": Text("exploratory", "探索性"),
    "in_english": Text("Of the data:", "数据说明的原文（英文）："),
    "no_origin": Text("{days} days; the calendar is not told", "{days} 天；起始日期未公开"),
    "count": Text("Of {n} claims: {parts}.", "共 {n} 条主张：{parts}。"),
    "one_part": Text("{n} {verdict}", "{verdict} {n} 条"),
    "comma": Text(", ", "，"),
    "colon": Text(": ", "："),
    "semicolon": Text("; ", "；"),
    "criteria": Text(
        "Four criteria (small, acquainted, trusting, interactive) and signs of life, met or not "
        "by stated thresholds, which are conventions and not findings; a dash says that "
        "nothing was recorded.",
        "四项标准（规模小、相互认识、相互信赖、互动频繁）与生命迹象按既定阈值判断；"
        "阈值是约定而非发现；“–”表示没有记录。",
    ),
    "family": Text(
        "Intervals are at level {level}; p-values are adjusted over all claims tested here "
        "(false discovery rate). A verdict says what these data show, not what is true "
        "everywhere.",
        "区间水平为 {level}；p 值已在全部检验的主张之间校正（错误发现率）。"
        "结论只说明这份数据显示了什么，而不是普遍真理。",
    ),
    "id": Text("Id", "编号"),
    "claim": Text("Claim", "主张"),
    "verdict": Text("Verdict", "结论"),
    "estimate": Text("Estimate [interval]", "估计值 [区间]"),
    "effect": Text("What is estimated", "估计的是什么"),
    "p_adjusted": Text("p, adjusted", "校正后 p"),
    "p_value": Text("p", "p 值"),
    "key": Text("What the verdicts mean", "结论的含义"),
    "said": Text("The claim", "主张"),
    "original": Text("In Chinese", "英文表述"),
    "answer": Text("The answer", "回答"),
    "estimand": Text("What exactly is asked", "估计目标"),
    "method": Text("Method", "方法"),
    "null_model": Text("Held against", "零假设"),
    "assumptions": Text("It assumes", "前提"),
    "threats": Text("What may be wrong with it", "可能的问题"),
    "robustness": Text("Done differently", "换一种做法"),
    "variant": Text("Variant", "做法"),
    "note": Text("Note", "备注"),
    "counted": Text("Counted", "样本量"),
    "details": Text("Method, assumptions and threats", "方法、前提与可能的问题"),
    "numbers": Text("All numbers", "全部数字"),
    "level": Text("{level} interval", "{level} 区间"),
    "no_figure": Text("There is no figure for this claim.", "这条主张没有图。"),
    "overview_alt": Text(
        "All claims with their estimates and intervals; the table above holds the same numbers.",
        "所有主张的估计值与区间；数字与上表相同。",
    ),
    "swipe": Text("Swipe to see all of it.", "左右滑动可看全图。"),
    "overview": Text(
        "All claims at a glance. The black mark is the null, or the number that is claimed; an "
        "arrow says that an interval goes on.",
        "所有主张一览。黑色短线是零假设或主张给出的数值；箭头表示区间超出坐标轴。",
    ),
    "left_out": Text(
        " Left out: {n} that these data cannot test.",
        "另有 {n} 条主张这份数据无法检验，未列出。",
    ),
    "untestable": Text(
        "Not testable on these data: {n}, and what is missing for each",
        "这份数据无法检验的主张（{n} 条）及各自缺少什么",
    ),
    "untestable_heading": Text("Not testable on these data", "这份数据无法检验的主张"),
    "would_settle": Text("Which data would settle it", "什么数据能定论"),
    "nothing_answered": Text(
        "These data can test none of the claims.", "这份数据无法检验任何一条主张。"
    ),
    "sizes": Text(
        "How large groups are: counted once a group, and once a membership, which is what a "
        "person meets.",
        "群有多大：按群计数，以及按成员关系计数（即一个人实际遇到的规模）。",
    ),
    "group_map": Text(
        "Every group: size against {acts} per member and day; colour and shape are the "
        "scorecard's. Along the grey line the group's total is the same, so a fall along it is "
        "only division by more heads.",
        "每个群：规模与每人每天{acts}数；颜色和形状表示评分。沿灰线群的总量不变，"
        "因此沿它下降只是由更多人平分。",
    ),
    "drawing": Text(
        "Some groups with their members at the end of watching{ties}. People in several groups "
        "are squares.",
        "若干群及其观察期末的成员{ties}。方块表示属于多个群的人。",
    ),
    "drawn_friendship": Text("; lines are friendships", "；连线为好友关系"),
    "drawn_tie": Text("; lines are stated ties", "；连线为申明的关系"),
    "drawn_interaction": Text(
        "; lines join who wrote to or answered whom", "；连线为互相回复或写信的人"
    ),
    "claim_alt": Text(
        "Figure for {id}, {title}. Verdict: {verdict}. {effect}: {interval}.",
        "{id} {title} 的图。结论：{verdict}。{effect}：{interval}。",
    ),
    "search": Text("Filter by name or words", "按名称或文字筛选"),
    "all": Text("all", "全部"),
    "shown": Text("{shown} of {all} groups", "{all} 个群中的 {shown} 个"),
    "previous": Text("Previous", "上一页"),
    "next": Text("Next", "下一页"),
    "page": Text("Page {page} of {pages}", "第 {page} / {pages} 页"),
    "sort_hint": Text(
        "A click on a column's name sorts by it. The whole table is in tables/groups.csv.",
        "点击列名可排序。完整表格见 tables/groups.csv。",
    ),
    "no_script": Text(
        "This table needs JavaScript; the same rows are in tables/groups.csv.",
        "此表需要 JavaScript；同样的内容见 tables/groups.csv。",
    ),
    "no_groups": Text("There is no table of groups.", "没有群的表格。"),
    "no_problems": Text("The check of the data found none.", "数据检查没有发现问题。"),
    "problems_hint": Text(
        "None of these stops a study; they are counted, and what they touch is said.",
        "这些问题不会中止研究；它们被计数，并说明涉及哪些内容。",
    ),
    "example": Text("row {row}: {value}", "第 {row} 行：{value}"),
    "choice": Text("Choice", "选项"),
    "value": Text("Value", "取值"),
    "default": Text("Default", "默认值"),
    "why": Text("Why", "理由"),
    "changed": Text("changed", "已更改"),
    "unknown": Text("unknown", "未知"),
    "to": Text("{low} to {high}", "{low} 至 {high}"),
    "yes": Text("yes", "是"),
    "no": Text("no", "否"),
    "made_by": Text("Made by smallnet {version}.", "由 smallnet {version} 生成。"),
}

FACTS: dict[str, Text] = {
    "name": Text("Name", "名称"),
    "source": Text("Source", "来源"),
    "licence": Text("Licence", "许可"),
    "citation": Text("To cite", "引用"),
    "watch": Text("Watched", "观察期"),
    "timezone": Text("Time zone", "时区"),
    "time_resolution": Text("Time resolution", "时间精度"),
    "edition": Text("Edition", "版本"),
    "recorded": Text("The source could record", "来源能够记录"),
    "unrecorded": Text("It could not record", "来源无法记录"),
    "note": Text("Note", "备注"),
}

LICENCE: dict[str, Text] = {  # what the registry says of licences, clause by clause
    said: Text(said, chinese)
    for said, chinese in {
        "unstated": "未注明",
        "unstated in the copy": "副本中未注明",
        "unstated in the copies": "副本中未注明",
        "unstated for the data": "数据的许可未注明",
        "the package is MIT": "软件包为 MIT",
        "the package is GPL (>= 3)": "软件包为 GPL（≥ 3）",
        "MIT and GPL-3 (the packages)": "软件包为 MIT 与 GPL-3",
        "the data's own terms are unstated": "数据自身的条款未注明",
        "the data's own terms are unstated in the copy": "副本中未注明数据自身的条款",
        "BSD-3 (as part of networkx)": "BSD-3（随 networkx 发布）",
        "MIT, as GESIS states of the figshare record": "MIT（据 GESIS 对 figshare 记录的说明）",
    }.items()
}

COUNTS: dict[str, Text] = {
    "people": Text("people", "人"),
    "bots": Text("bots, not counted", "机器人（不计入）"),
    "groups": Text("groups", "群"),
    "memberships": Text("memberships", "成员关系"),
    "friendships": Text("friendships", "好友关系"),
    "ties": Text("ties", "关系"),
    "interactions": Text("interactions", "互动"),
    "messages": Text("messages", "消息"),
    "reactions": Text("reactions", "表情回应"),
    "shares": Text("shares", "分享"),
    "adoptions": Text("adoptions", "采纳"),
    "exposures": Text("exposures", "曝光"),
    "opportunities": Text("menu lines", "菜单选项"),
    "recipients": Text("recipients", "收件人"),
    "surveys": Text("survey answers", "问卷回答"),
    "transactions": Text("transactions", "交易"),
    "events": Text("events", "事件"),
    "rows": Text("rows", "行"),
    "items": Text("items", "内容"),
    "menus": Text("menus", "菜单"),
    "days": Text("days", "天"),
    "groups_with_size": Text("groups with a known size", "规模已知的群"),
    "mean_size_by_group": Text("members, mean over groups", "平均成员数（按群）"),
    "mean_size_by_membership": Text("members in a person's groups", "人均所遇群规模"),
    "watch_days": Text("days watched", "观察天数"),
    "joins": Text("joins", "加入"),
    "exits": Text("exits", "退出"),
}

CHANNEL: dict[str, Text] = {
    "feed": Text("shares to the feed", "朋友圈分享"),
    "private": Text("private messages and shares", "私聊与私密分享"),
    "reads": Text("who saw what", "谁看到了什么"),
    "joining": Text("when people join", "加入时间"),
    "leaving": Text("when people leave", "退出时间"),
    "muting": Text("muting", "屏蔽"),
    "lurkers": Text("people who never write", "从不发言的人"),
    "cross_group_ties": Text("ties across groups", "跨群关系"),
}

# What the data of a claim may lack, in words; ``[coverage]`` has its words above.
LACKED: dict[str, Text] = {
    "shares.channel": Text("the way each share went", "分享的渠道"),
    "shares.group": Text("the group each share went to", "分享到的群"),
    "shares.parent": Text("the share that each share passed on", "转发的来源"),
    "memberships.joined_at": Text("the moments of joining", "加入时间"),
    "memberships.muted": Text("the mute switch of each membership", "每条成员关系的屏蔽开关"),
    "interactions.group": Text("messages in groups", "群内消息"),
    "interactions.recipient": Text("whom a message is for", "消息的收件人"),
    "interactions.reply_to": Text("which message a message answers", "消息所回复的消息"),
    "interactions.fingerprint": Text("which texts are repeated", "文本指纹（哪些内容重复）"),
    "memberships.via": Text("the way members came in", "入群途径"),
    "memberships.invited_by": Text("who invited members", "邀请人"),
    "friendships.since": Text("when friendships began", "好友关系建立的时间"),
    "groups.kind": Text("what groups are for", "群的用途"),
    "groups.created_at": Text("when groups were made", "建群时间"),
    "events.group": Text(
        "events in groups (campaigns, rules, rewards)", "群内事件（活动、规则、奖励）"
    ),
    "adoptions.via_share": Text("the share that led to each adoption", "促成采纳的分享"),
    "surveys.group": Text("the group a survey asked about", "问卷所问的群"),
    "surveys.score": Text("answers to surveys", "问卷得分"),
    "transactions.value": Text("what purchases were worth", "交易金额"),
}
PHRASES: dict[str, str] = {  # of reasons that stand in English in the Chinese ones
    "memberships that are watched on day 7 since joining": "加入后第 7 天仍在观察中的成员关系",
    " inside the watch": "（观察期内）",
    "ties (quote)": "引用关系（ties）",
}

PROBLEM: dict[str, Text] = {
    "table": Text("Table", "表"),
    "column": Text("Column", "列"),
    "message": Text("What", "问题"),
    "count": Text("Rows", "行数"),
    "examples": Text("For example", "例如"),
    "rule": Text("Rule", "规则"),
}

PROVENANCE: dict[str, Text] = {
    "smallnet": Text("smallnet version", "smallnet 版本"),
    "created_at": Text("Made at (UTC)", "生成时间（UTC）"),
    "random_seed": Text("Random seed", "随机种子"),
    "sha256": Text("SHA-256 of the data", "数据的 SHA-256"),
    "command": Text("Command", "命令"),
    "python": Text("Python", "Python"),
    "platform": Text("Platform", "平台"),
    "engine": Text("Engine", "引擎"),
    "packages": Text("Packages", "软件包"),
    "seconds": Text("Seconds", "用时（秒）"),
}

CHOICES: dict[str, tuple[Text, Text]] = {
    "small_group": (
        Text("small is fewer than … members", "“小群”指少于……人"),
        Text(
            "the essay calls groups under 30 members small; a number to be tested",
            "文章把少于 30 人的群称为小群；这是一个要检验的数",
        ),
    ),
    "dead_after": (
        Text("a group is dead after … without a message", "无消息超过……视为死群"),
        Text(
            "a month of silence: longer than holidays, shorter than a school term",
            "沉默一个月：比假期长，比学期短",
        ),
    ),
    "tie_strength": (
        Text("how the strength of a tie is counted", "关系强度的算法"),
        Text(
            "messages are counted as they are; other definitions are re-estimates",
            "消息按原样计数；其他定义作为稳健性检验",
        ),
    ),
    "half_life": (
        Text("half-life of a tie", "关系的半衰期"),
        Text("a tie that nobody renews for a month weighs half", "一个月没有往来的关系权重减半"),
    ),
    "alpha": (
        Text("false-alarm rate over all claims", "全部主张的误报率"),
        Text("the field's usual rate, held over the whole family", "学界惯例，在整组主张上控制"),
    ),
    "smallest_effect": (
        Text("smallest effect that matters", "有意义的最小效应"),
        Text(
            "what would matter to somebody who runs a group: a factor for rates and ratios, a "
            "difference for shares and counts",
            "对群主有意义的大小：比率用倍数，比例和计数用差值",
        ),
    ),
    "cut_offs": (
        Text("where a sign of life begins", "各生命迹象的界线"),
        Text(
            "named before looking at who lives: share of repeats, messages per member and day, "
            "share of the one who writes most, adoptions per member",
            "在查看存亡之前定下：重复占比、人均每日消息、发言最多者占比、人均采纳数",
        ),
    ),
    "exposure_layers": (
        Text("ties along which adoption passes", "采纳所沿的联系"),
        Text(
            "all layers of ties; friendships where there are no others",
            "全部联系图层；没有其他联系时用好友关系",
        ),
    ),
    "replicates": (
        Text("draws of a null or a bootstrap", "零模型或自助法的抽样次数"),
        Text("the smallest p-value is then 1 / (draws + 1)", "此时最小 p 值为 1 /（次数 + 1）"),
    ),
    "random_seed": (
        Text("random seed", "随机种子"),
        Text(
            "any number; the same gives the same answer at any number of workers",
            "任意数；相同种子在任意进程数下结果相同",
        ),
    ),
    "hypotheses": (
        Text("claims tested", "检验的主张"),
        Text("all claims, if none is named", "未指定时检验全部"),
    ),
}

COLUMNS: dict[str, Text] = {
    "group": Text("group", "群"),
    "name": Text("name", "名称"),
    "kind": Text("kind", "类型"),
    "size": Text("members", "成员数"),
    "state": Text("state", "状态"),
    "messages_per_member_day": Text("{acts} per member-day", "每人每天{acts}"),
    "active_share": Text("active share", "活跃比例"),
    "friend_density": Text("friend density", "好友密度"),
    "reciprocity": Text("reciprocity", "互惠"),
    "small": Text("small", "规模小"),
    "acquainted": Text("acquainted", "相互认识"),
    "trusting": Text("trusting", "相互信赖"),
    "interactive": Text("interactive", "互动频繁"),
    "informative": Text("informative", "有料"),
    "useful": Text("useful", "有用"),
    "criteria_met": Text("criteria met", "满足标准数"),
    "reason": Text("why", "理由"),
}

STATES: dict[str, Text] = {
    "born": Text("born", "新生"),
    "growing": Text("growing", "成长"),
    "plateau": Text("plateau", "平稳"),
    "dormant": Text("dormant", "休眠"),
    "revived": Text("revived", "复活"),
    "dead": Text("dead", "死亡"),
}


def label(words: Mapping[str, Text], key: str, lang: str) -> str:
    """Word for a key; the key itself, with spaces, where no word is known."""
    return words[key].get(lang) if key in words else key.replace("_", " ")
