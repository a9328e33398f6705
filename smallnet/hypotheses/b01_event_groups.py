"""B01: groups gathered for an event are short-lived, groups of people who are related last.

Only groups born in the watch are followed, each from its first sign of life, and those that are
still talking at the end count as such: to ask only the groups that are over would make every kind
short-lived. Kinds are compared at the same age, among groups born in the same week, at equal size.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis import _

from smallnet.errors import InputError
from smallnet.hypotheses.methods.cox import Cox, fit_cox
from smallnet.hypotheses.methods.drawing import axes, curves
from smallnet.hypotheses.methods.log_ratios import FARTHEST
from smallnet.hypotheses.methods.silence import lives
from smallnet.hypotheses.methods.stays import life_lines
from smallnet.hypotheses.methods.survival import kaplan_meier, median_time
from smallnet.hypotheses.result import (
    Claim,
    Result,
    interval_fields,
    not_testable,
    result_of,
    settle,
)
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import DAY_US, talk

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

FOR_AN_EVENT = ("event", "事件", "活动", "meeting", "trip")  # kinds of groups, in small letters
OF_RELATIONS = (
    "relationship",
    "关系",
    "family",
    "家庭",
    "friends",
    "好友",
    "classmates",
    "同学",
    "colleagues",
    "同事",
)
FEWEST_DEATHS, FEWEST_OF_A_KIND = 10, 3
WEEK, MONTH = 7.0, 30.0  # days, as claimed
LAST_DAY = 60  # of the figure

CLAIM = Claim(
    id="B01",
    title=Text("Event groups are short-lived, relationship groups last", "事件群短命，关系群长久"),
    claim=Text(
        "Groups gathered for an event live 3 to 7 days, groups of people who are related a month "
        "or more.",
        "事件驱动的群存活3至7天，关系驱动的群存活一个月以上。",
    ),
    needs=("groups.kind", "groups.created_at", "interactions.group"),
    estimand=Text(
        "Hazard of falling silent or being closed of groups that were born for an event, divided "
        "by that of groups of related people, at the same age, among groups born in the same week, "
        "at equal size at birth.",
        "为事件而建的群陷入沉寂或被解散的风险，除以关系群的风险；在同一周建立的群之间、同一群龄、"
        "初始规模相同时比较。",
    ),
    effect=Text(
        "hazard ratio of falling silent, event ÷ relationship groups",
        "沉寂风险比，事件群 ÷ 关系群",
    ),
    null=1.0,
    claimed_side="above",
    ratio=True,
    method=Text(
        "Death is the beginning of the first silence of `dead_after` days, or the last sign of "
        "life before the group was closed; groups born in the watch are at risk from their first "
        "sign of life until `dead_after` before the end. Cox regression on age with a baseline for "
        "each week of birth and log size at birth; robust errors, t interval.",
        "死亡为首次持续 dead_after 天沉默的开始，或群解散前的最后动静；"
        "观察期内建立的群自首次有动静起，至期末前 dead_after 天为止处于风险中。"
        "以群龄为轴的 Cox 回归，每个建群周各有基线风险，"
        "控制初始规模的对数；稳健误差，t 区间。",
    ),
    null_model=Text(
        "What a group was born for does not matter for when it falls silent.",
        "建群的缘由与何时陷入沉寂无关。",
    ),
    assumptions=(
        Text("Groups die independently of one another.", "各群的死亡相互独立。"),
        Text(
            "What a group is for was written down when it began, not after it had died.",
            "群的用途在建群时即已记录，而非死后补记。",
        ),
    ),
    threats=(
        Text(
            "A purpose that is written down afterwards follows the life it should foretell: a "
            "group that lasted is then called one of relations.",
            "事后补记的用途会跟着群的寿命走：活得久的群随后被称为关系群。",
        ),
        Text(
            "Event groups differ in who meets, not in purpose alone (T1): the first day's talk "
            "and writers, held fixed, are a re-estimate.",
            "事件群的不同还在于聚集的是什么人（T1）：另以控制首日发言与发言人数重新估计。",
        ),
        Text(
            "Silence is not death (T10): other lengths of silence are re-estimates.",
            "沉默不等于死亡（T10）：另以其他沉默长度重新估计。",
        ),
    ),
    why_hard=Text(
        "Purpose is often coded once the group's end is known; a group that lasted is then called "
        "one of relations. And groups that were there before the watch are those that lasted.",
        "用途往往在知道结局之后才标注，活得久的群随后被称为关系群；而观察前已有的群正是活得久的群。",
    ),
    would_refute=Text(
        "Purpose adds nothing to what the first day's structure already predicts.",
        "用途对首日结构已能预测的结果没有增益。",
    ),
    would_settle=Text(
        "Purpose written down at birth by somebody who cannot know the end, for all groups and not "
        "the famous ones.",
        "由不知结局的人在建群时记录用途，并覆盖全部群而非知名群。",
    ),
)

_NO_EVENT = Text(
    f"No group born in the watch is marked as gathered for an event "
    f"(kind {', '.join(k for k in FOR_AN_EVENT if k.isascii())}).",
    f"观察期内建立的群中没有标明为事件群的（kind 为 {'、'.join(FOR_AN_EVENT)}）。",
)
_NO_RELATIONS = Text(
    f"No group born in the watch is marked as one of related people "
    f"(kind {', '.join(k for k in OF_RELATIONS if k.isascii())}).",
    f"观察期内建立的群中没有标明为关系群的（kind 为 {'、'.join(OF_RELATIONS)}）。",
)
_UNSIZED = Text(
    "Size at birth is not known here and not held fixed.", "此处初始规模未知，没有加以控制。"
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Compare how soon event groups and groups of related people fall silent.

    Parameters
    ----------
    dataset : Dataset
        Needs what groups are for, when they were made, and messages.
    choices : Choices
        Level, smallest effect, and the silence that is death.
    rng : numpy.random.Generator
        Not used: nothing here is drawn.

    Returns
    -------
    Result
        ``details``: groups, deaths, and the median life of both kinds; the share silent by day 7
        and still alive on day 30, as the claim has it; curves of survival.

    Raises
    ------
    NotTestableError
        If kinds, moments of birth or messages were not recorded.
    """
    del rng
    dataset.require(*CLAIM.needs)
    born = _born(dataset, choices.dead_after_days)
    for missing, words in ((born["event"], _NO_EVENT), (~born["event"], _NO_RELATIONS)):
        if not missing.any():
            return not_testable(CLAIM, choices, words)
    kinds = {"event": born[born["event"]], "relationship": born[~born["event"]]}
    lengths = {name: _length(rows, choices.level) for name, rows in kinds.items()}
    deaths = int(born["died"].sum())
    n = {"people": None, "groups": len(born), "rows": len(born), "events": deaths}
    details: dict[str, Any] = {"dead_after_days": choices.dead_after_days, "kinds": lengths}
    sized = bool((born["size"] > 0).any())
    few = deaths < FEWEST_DEATHS or min(k["deaths"] for k in lengths.values()) < FEWEST_OF_A_KIND
    model = None if few else _try(born, sized=sized)
    if model is None:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=_too_few(lengths),
            n=n,
            details=details | {"figure": _figure(kinds, None)},
        )
    estimate, low, high = model.ratio(0, choices.level, most=FARTHEST)
    details |= {
        "groups_without_a_size": int((born["size"] <= 0).sum()),
        "figure": _figure(kinds, estimate),
    }
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, estimate, low, high),
        reason=_reason(estimate, low, high, lengths),
        threats=[] if sized else [_UNSIZED],
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=float(model.p_values()[0]),
        n=n,
        robustness=_robustness(dataset, born, choices, sized=sized),
        details=details,
    )


def _born(
    dataset: Dataset, dead_after_days: float, *, last: bool = False, closing: bool = True
) -> pd.DataFrame:
    """Lives of groups of both kinds born in the watch, by age: ``enter, leave`` in days."""
    spans = lives(dataset, dead_after_days, last=last, closing=closing)
    made = dataset.collect(dataset["groups"].select("group", "kind"))
    spans = spans.merge(made, on="group")
    kind = spans["kind"].astype("string").str.lower().fillna("")
    spans["event"] = kind.isin(FOR_AN_EVENT).astype(bool)
    told = spans["event"] | kind.isin(OF_RELATIONS).astype(bool)
    low = dataset.observed_from_us
    spans = spans[told & (spans["created_us"] >= low)].reset_index(drop=True)
    # a first word before the group's birth is one of the same moment
    spans["enter"] = (spans["enter_us"] - spans["created_us"]).clip(lower=0) / DAY_US
    spans["leave"] = (spans["leave_us"] - spans["created_us"]) / DAY_US
    spans["stratum"] = ((spans["created_us"] - low) // (7 * DAY_US)).astype(int)
    return spans[spans["leave"] > spans["enter"]].reset_index(drop=True)


def _try(rows: pd.DataFrame, *more: npt.ArrayLike, sized: bool) -> Cox | None:
    """Fit, at equal size where sizes differ; None where nothing tells the kinds apart."""
    columns = [rows["event"].to_numpy(float), *(np.asarray(column, float) for column in more)]
    if sized:
        held = rows["size"].clip(lower=1)
        columns.append(np.log(held).to_numpy(float))
        known = (rows["size"] > 0).to_numpy()
        rows, columns = rows[known], [column[known] for column in columns]
    varies = [column for column in columns[1:] if np.ptp(column) > 0]
    try:
        return fit_cox(
            rows["enter"],
            rows["leave"],
            rows["died"],
            np.column_stack([columns[0], *varies]),
            stratum=rows["stratum"].to_numpy(),
        )
    except InputError:
        return None


def _entry(
    name: Text, choices: Choices, rows: pd.DataFrame, *more: npt.ArrayLike, sized: bool
) -> dict[str, Any]:
    model = _try(rows, *more, sized=sized)
    return {"name": name} | interval_fields(
        None if model is None else model.ratio(0, choices.level, most=FARTHEST)
    )


def _robustness(
    dataset: Dataset, born: pd.DataFrame, choices: Choices, *, sized: bool
) -> list[dict[str, Any]]:
    silence = choices.dead_after_days
    later = _after_a_day(dataset, born)
    talked = (np.log1p(later["messages"]), np.log1p(later["writers"]))
    half = _born(dataset, silence / 2)
    open_ = _born(dataset, silence, closing=False)
    final = _born(dataset, silence, last=True)
    return [
        _entry(
            Text(
                "past the first day, its messages and writers held fixed",
                "首日之后，控制首日发言数与发言人数",
            ),
            choices,
            later,
            *talked,
            sized=sized,
        ),
        _entry(Text("size not held fixed", "不控制规模"), choices, born, sized=False),
        _entry(
            Text("born in any week", "不限建群周"), choices, born.assign(stratum=0), sized=sized
        ),
        _entry(
            Text(f"death is a silence of {silence / 2:g} days", f"沉默 {silence / 2:g} 天即为死亡"),
            choices,
            half,
            sized=sized,
        ),
        _entry(
            Text("closing a group is not its death", "解散不算死亡"), choices, open_, sized=sized
        ),
        _entry(Text("nobody ever writes again", "此后再无人发言"), choices, final, sized=sized),
    ]


def _after_a_day(dataset: Dataset, born: pd.DataFrame) -> pd.DataFrame:
    """Keep groups still alive one day after birth, with the messages and writers of that day."""
    made = dataset["groups"].filter(_.created_at.notnull())
    made = made.select("group", made_us=made.created_at.epoch_seconds() * 1_000_000)
    first = talk(dataset).join(made, "group").filter(_.at_us < _.made_us + DAY_US)
    counts = dataset.collect(
        first.group_by("group").aggregate(messages=first.count(), writers=_.sender.nunique())
    )
    later = born[born["leave"] > 1].merge(counts, "left", on="group")
    later[["messages", "writers"]] = later[["messages", "writers"]].fillna(0)
    return later.assign(enter=later["enter"].clip(lower=1.0))


def _length(rows: pd.DataFrame, level: float) -> dict[str, Any]:
    """How long groups of a kind live: counts, the median, and the two ages of the claim."""
    table = kaplan_meier(rows["leave"], rows["died"], rows["enter"], level=level)
    time, left = table["time"].to_numpy(), np.r_[1.0, table["survival"].to_numpy()]
    by_week, by_month = (left[np.searchsorted(time, day, side="right")] for day in (WEEK, MONTH))
    return {
        "groups": len(rows),
        "deaths": int(rows["died"].sum()),
        "median_days": list(median_time(table)),
        "silent_by_day_7": float(1 - by_week),
        "alive_on_day_30": float(by_month) if rows["leave"].max() >= MONTH else None,
    }


def _too_few(lengths: dict[str, dict[str, Any]]) -> Text:
    event, kin = lengths["event"]["deaths"], lengths["relationship"]["deaths"]
    return Text(
        f"{event} event groups and {kin} groups of related people fell silent: too few to "
        "compare groups born in one week.",
        f"陷入沉寂的事件群有 {event} 个、关系群有 {kin} 个：太少，不足以比较同一周建立的群。",
    )


def _reason(estimate: float, low: float, high: float, lengths: dict[str, dict[str, Any]]) -> Text:
    event, kin = lengths["event"], lengths["relationship"]
    text = Text(
        f"Groups gathered for an event fell silent at {estimate:.2f} times the rate of groups of "
        f"related people born in the same week, between {low:.2f} and {high:.2f} "
        f"({event['deaths']} of {event['groups']} against {kin['deaths']} of {kin['groups']}).",
        f"事件群陷入沉寂的速率是同一周建立的关系群的 {estimate:.2f} 倍，区间 {low:.2f} 至 "
        f"{high:.2f}（{event['groups']} 个中 {event['deaths']} 个，对 {kin['groups']} 个中 "
        f"{kin['deaths']} 个）。",
    )
    text += Text(
        f"{event['silent_by_day_7']:.0%} of event groups were silent by day 7.",
        f"事件群第7日前沉寂者占 {event['silent_by_day_7']:.0%}。",
    )
    if kin["alive_on_day_30"] is not None:
        text += Text(
            f"{kin['alive_on_day_30']:.0%} of groups of related people were alive on day 30.",
            f"关系群第30日仍存活者占 {kin['alive_on_day_30']:.0%}。",
        )
    return text


def _figure(kinds: dict[str, pd.DataFrame], ratio: float | None) -> dict[str, Any]:
    """Curves of survival by age, and the one that the ratio gives event groups."""
    columns = ("enter", "leave", "died")
    found = [[rows[name].to_numpy() for name in columns] for rows in kinds.values()]
    longest = max(rows["leave"].max() for rows in kinds.values())
    return {"lines": life_lines(found, longest, LAST_DAY, ratio=ratio)}


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw the share of groups not yet silent by age: both kinds, and as the ratio has it."""
    ax = axes(ax)
    chinese = lang == "zh"
    names = (
        ("事件群", "关系群", "事件群，按同周比率")
        if chinese
        else ("event groups", "related people", "event, ratio within weeks")
    )
    lines = result.details["figure"]["lines"]
    curves(ax, lines, names[: len(lines)], at_risk="群数" if chinese else "groups")
    ax.set_xlabel("建群后的天数" if chinese else "days since the group was made")
    ax.set_ylabel("尚未沉寂的比例" if chinese else "share not yet silent")
    return ax
