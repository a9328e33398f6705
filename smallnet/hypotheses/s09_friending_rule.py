"""S09: groups whose members may not befriend each other are quiet; lifting the rule helps.

Groups under the rule differ from the others in everything (T4), so a group is compared with itself
before, and with groups still under the rule in the same weeks. Talk may also move to where nobody
looks: what members write to each other in private counts with what they write in the group.
"""

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis import _

from smallnet.errors import InputError
from smallnet.hypotheses.methods.drawing import BLUE, GREY, ORANGE, axes
from smallnet.hypotheses.methods.event_study import EventStudy, event_study
from smallnet.hypotheses.methods.group_clock import GroupClock, group_clock
from smallnet.hypotheses.methods.landmark import friend_pairs
from smallnet.hypotheses.methods.moments import MomentRatio, stacked_ratio
from smallnet.hypotheses.result import (
    Claim,
    Result,
    interval_fields,
    not_testable,
    result_of,
    settle,
)
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import DAY_US, microseconds, spells

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
WEEK, BASE = 7.0, 14.0  # days; the base lies before the lifting
BEFORE, AFTER = 4, 12  # weeks looked at
PLACEBO = 21.0  # days earlier
FEWEST = 5  # groups with the rule lifted, and groups to compare them with
MOST_CELLS = 2_000_000  # liftings times weeks times groups held at once
COMMON = 0.1  # share of members in common, above which a group is no control
LOW = 0.5

CLAIM = Claim(
    id="S09",
    title=Text("No-friending rules make groups quiet", "禁止互加好友使群不活跃"),
    claim=Text(
        "Groups in which members may not befriend each other are mostly inactive; lifting the ban "
        "makes them talk (「成员之间不得互加好友…基本上都是不活跃的群」).",
        "不许成员互加好友的群基本都不活跃；取消禁令会让群活跃起来"
        "（「成员之间不得互加好友…基本上都是不活跃的群」）。",
    ),
    needs=("events.group", "interactions.group", "memberships"),
    estimand=Text(
        "Messages per member-day after the rule is lifted, in the group and in private between its "
        "members, over those that would have come under the rule; mean over the weeks after.",
        "取消规则后每成员日的消息数（群内加成员之间私聊），除以规则未取消时会有的消息数；"
        "取之后各周的平均。",
    ),
    effect=Text(
        "rate ratio of messages after the no-friending rule is lifted", "取消禁加好友后的消息率之比"
    ),
    null=1.0,
    claimed_side="above",
    ratio=True,
    method=Text(
        "Group–time averages: every group whose rule is lifted, in each week after, against groups "
        "still under the rule then, each against its own two weeks before that moment, on the "
        "scale of ratios; groups that had it lifted earlier are never controls. Errors by leaving "
        "out group after group, t with the effective number of groups. Weeks before the lifting "
        "test the trend, and dates moved back test the method.",
        "群–时间平均：每个取消规则的群，在之后每一周与当时仍有规则的群比较，各与自身此前两周相比，"
        "取比值；早已取消规则者不作对照。以逐群刀切法求误差，以有效群数作 t 区间。"
        "取消之前各周检验趋势，提前的假日期检验方法。",
    ),
    null_model=Text(
        "Lifting the rule changes nothing: the group goes on as groups still under the rule do.",
        "取消规则不起作用：该群与仍有规则的群走势相同。",
    ),
    assumptions=(
        Text(
            "Without the lifting both kinds of groups would have changed by the same factor.",
            "若不取消，两类群会按同一倍数变化。",
        ),
    ),
    threats=(
        Text(
            "A rule may be lifted because the group is quiet just then, and it would have come "
            "back anyway (T14); lows are matched with lows among the re-estimates.",
            "规则可能恰在群冷清时取消，而群本会自行恢复（T14）；复核中以低谷对低谷。",
        ),
        Text(
            "Groups have members in common, so talk may move between them (T12).",
            "各群成员有重叠，谈话可能在群间转移（T12）。",
        ),
    ),
    why_hard=Text(
        "Commercial groups forbid friending and are quiet for other reasons: that ruled groups are "
        "quiet says nothing about the rule. And friends who may now write in private may leave "
        "the group silent while they talk more.",
        "商业群禁加好友，又因其他原因冷清：有规则的群冷清并不说明规则的作用。"
        "而且可以私聊之后，人们可能谈得更多而群却更静。",
    ),
    would_refute=Text(
        "A ratio of at most 1, group and private messages counted together.",
        "群消息与私聊合计的比值不超过1。",
    ),
    would_settle=Text(
        "Dates of lifting drawn by chance, group by group, with private messages recorded.",
        "逐群随机抽取的取消日期，并记录私聊。",
    ),
)
NO_RULE = Text(
    "Not testable: no group has a dated event that lifts a no-friending rule. That groups with the "
    "rule are quiet says nothing, because quiet groups make such rules.",
    "无法检验：没有任何群记录了取消禁加好友规则的日期。有规则的群冷清说明不了什么，"
    "因为冷清的群才会定这种规则。",
)
NO_STAGGER = Text(
    "Not testable: too few groups had the rule lifted while others were still under it; lifted "
    "everywhere at once, it cannot be told from anything else that happened then.",
    "无法检验：取消规则时仍有规则可作对照的群太少；若同时在各处取消，就无法与当时发生的其他事区分。",
)
GROUP_ONLY = Text(
    "Private messages were not recorded: talk that moved there is missed.",
    "未记录私聊：转到私聊的谈话没有计入。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Compare groups after their rule was lifted with groups still under it.

    Parameters
    ----------
    dataset : Dataset
        Needs ``events`` of kind "rule" in groups; ``groups.friending_allowed`` tells which
        others are under the rule when the watch begins.
    choices : Choices
        Level and smallest effect.
    rng : numpy.random.Generator
        Draws of the study by calendar week; nothing else is drawn.

    Returns
    -------
    Result
        ``details``: the profile by week, the p-value of the trend before, the ratio of the group's
        own messages alone, friendships made before and after.

    Raises
    ------
    NotTestableError
        If there are no events in groups, or no messages.
    """
    dataset.require(*CLAIM.needs)
    lifts, chance = _lifts(dataset)
    if lifts.empty:
        return not_testable(CLAIM, choices, NO_RULE)
    private = dataset.covers("private")
    alone = group_clock(dataset)
    clock = alone.with_private(dataset) if private else alone
    study = _Study(dataset, clock, lifts, choices, rng)
    found = study.ratio(study.weeks(0, AFTER))
    if found.n_groups < FEWEST or not np.isfinite(found.low):
        return not_testable(CLAIM, choices, NO_STAGGER)
    profile = {week: study.ratio(study.weeks(week, week + 1)) for week in range(-BEFORE, AFTER)}
    calendar = study.by_calendar_week()
    trend = study.ratio(study.weeks(-BEFORE, -2))
    details: dict[str, Any] = {
        "groups_lifted": int(study.code.size),
        "lifted_by_chance": chance,
        "private_messages_counted": private,
        "p_pre_trend": trend.p_value,
        "p_pre_trend_by_calendar_week": None if calendar is None else calendar.p_pre_trend,
        "two_way_ratio": None if calendar is None else float(np.exp(calendar.two_way)),
        "group_messages_alone": _entry(Text("", ""), study.on(alone).ratio(study.weeks(0, AFTER)))
        | {"name": None},
        "friendships_per_member_week": _friendships(dataset, study),
        "figure": {
            "week": list(profile),
            **{
                name: [getattr(row, name) for row in profile.values()]
                for name in ("ratio", "low", "high")
            },
        },
    }
    verdict = settle(CLAIM, choices, found.ratio, found.low, found.high)
    reason = _reason(found, private)
    bent = np.isfinite(trend.p_value) and trend.p_value < choices.alpha
    if bent and not chance and verdict != "inconclusive":
        verdict = "inconclusive"
        reason += Text(
            f"But these groups were on another course before (p = {trend.p_value:.3f}), so the "
            "others do not stand for them.",
            f"但此前它们的走势就已不同（p = {trend.p_value:.3f}），其他群不能代表它们。",
        )
    return result_of(
        CLAIM,
        choices,
        verdict=verdict,
        reason=reason,
        threats=[] if private else [GROUP_ONLY],
        estimate=found.ratio,
        ci_low=found.low,
        ci_high=found.high,
        p_value=found.p_value,
        n={
            "people": None,
            "groups": found.n_groups,
            "rows": found.n_treated,
            "events": int(study.code.size),
        },
        robustness=_robustness(study, calendar),
        details=details,
    )


def _lifts(dataset: Dataset) -> tuple[pd.DataFrame, bool]:
    """First lifting in each group, days since the watch began; and whether chance drew the dates.

    An event with no arm lifts the rule of a group that is under it when the watch begins.
    """
    start = dataset.observed_from_us
    rules = dataset["events"].filter(_.group.notnull(), _.kind.lower() == "rule")
    rules = rules.mutate(at_us=microseconds(_.starts_at), arm=_.arm.lower())
    named = dataset["groups"].select(room="group", allowed="friending_allowed")
    rules = rules.left_join(named, rules.group == named.room)
    rows = dataset.collect(
        rules.filter(_.at_us >= start, _.at_us < dataset.observed_until_us)
        .select("group", "at_us", "arm", "randomised", "allowed")
        .order_by("at_us", "group")
    )
    arm = rows["arm"].fillna("")
    told = arm.str.contains("allow|lift") & ~arm.str.contains("not allow|disallow|forbid")
    ruled = ~rows["allowed"].astype("boolean").fillna(value=True)
    rows = rows[told | ((arm == "") & ruled)].drop_duplicates("group")
    rows["at"] = (rows["at_us"] - start) / DAY_US
    chance = bool(len(rows)) and bool(rows["randomised"].astype("boolean").fillna(False).all())
    return rows[["group", "at"]], chance


class _Study:
    """Liftings, the groups that are compared with them, and how."""

    def __init__(
        self,
        dataset: Dataset,
        clock: GroupClock,
        lifts: pd.DataFrame,
        choices: Choices,
        rng: np.random.Generator,
    ) -> None:
        self.clock, self.choices = clock, choices
        self.seed = int(rng.integers(2**63))
        code = clock.code(lifts["group"])
        at = lifts["at"].to_numpy(float)
        self.lift = np.full(clock.groups.size, np.inf)
        self.lift[code[code >= 0]] = at[code >= 0]
        kept = (code >= 0) & (at >= BASE)
        most = max(MOST_CELLS // max(clock.groups.size * AFTER, 1), FEWEST)
        kept &= np.cumsum(kept) <= most
        self.code, self.at = code[kept], at[kept]
        self.ruled = self._ruled(dataset)
        self.common = self._common(dataset)

    def _ruled(self, dataset: Dataset) -> BoolArray:
        """Tell whom to compare with: groups under the rule, where enough of them are known."""
        table = dataset.collect(dataset["groups"].filter(~_.friending_allowed).select("group"))
        code = self.clock.code(table["group"])
        ruled = np.isfinite(self.lift)
        ruled[code[code >= 0]] = True
        enough = (ruled & ~np.isfinite(self.lift)).sum() >= FEWEST
        enough |= np.unique(self.lift[np.isfinite(self.lift)]).size > 1
        return ruled if len(table) and enough else np.ones(ruled.size, dtype=bool)

    def _common(self, dataset: Dataset) -> FloatArray:
        """Share of a group's members who are in the lifted group, (lifted, groups)."""
        from scipy.sparse import csr_array  # late: only this re-estimate needs it

        stays = dataset.collect(spells(dataset).select("group", "person").distinct())
        code = self.clock.code(stays["group"])
        kept = code >= 0
        person = pd.factorize(stays["person"], sort=True)[0]
        ones = np.ones(int(kept.sum()))
        shape = (self.clock.groups.size, int(person.max(initial=-1)) + 1)
        inside = csr_array((ones, (code[kept], person[kept])), shape=shape)
        size = np.maximum(np.asarray(inside.sum(axis=1), dtype=np.float64).ravel(), 1.0)
        shared = (inside[self.code] @ inside.T).toarray()
        return np.asarray(shared, dtype=np.float64) / size[None, :]

    def on(self, clock: GroupClock) -> "_Study":
        """Give the same study of other counts."""
        other = copy.copy(self)
        other.clock = clock
        return other

    def weeks(self, first: int, last: int) -> FloatArray:
        """Weeks since the lifting, from ``first`` until before ``last``, in days."""
        return np.arange(first, last, dtype=np.float64) * np.float64(WEEK)

    def ratio(
        self,
        begin: FloatArray,
        *,
        shift: float = 0.0,
        controls: BoolArray | None = None,
        lows: bool = False,
    ) -> MomentRatio:
        """Pool all liftings and weeks; a control is under the rule until the week ends."""
        clock = self.clock
        which = np.repeat(np.arange(self.code.size), begin.size)
        low = np.tile(begin, self.code.size)
        at = self.at[which] - shift
        gap = WEEK if lows else 0.0  # the base ends before the low
        fit = (at + low + WEEK <= clock.watch_days) & (at + np.minimum(low, -BASE - gap) >= 0)
        which, low, at = which[fit], low[fit], at[fit]
        now = at[:, None]
        every = np.arange(clock.groups.size)[None, :]
        past = clock.member_days(every, now - BASE - gap, now - gap)
        rate = clock.messages(every, now - BASE - gap, now - gap) / np.maximum(past, 1e-12)
        begins, ends = now + low[:, None], now + low[:, None] + WEEK
        clean = self.ruled & (self.lift >= np.maximum(ends, now + shift + WEEK / 7))
        if controls is not None:
            clean = clean & controls[which]
        kind = np.zeros(clean.shape, dtype=np.int64)
        if lows:
            usual = rate * clock.member_days(every, now - WEEK, now)
            kind = (clock.messages(every, now - WEEK, now) < LOW * usual).astype(np.int64)
        return stacked_ratio(
            clock.messages(every, begins, ends),
            rate * clock.member_days(every, begins, ends),
            clean,
            self.code[which],
            kind,
            level=self.choices.level,
        )

    def by_calendar_week(self) -> EventStudy | None:
        """Ask the same in whole calendar weeks; the week of the lifting itself is left out."""
        rows = np.flatnonzero(self.ruled)
        weeks = np.arange(int(self.clock.watch_days / WEEK)) * WEEK
        counts = self.clock.messages(rows[:, None], weeks, weeks + WEEK)
        days = self.clock.member_days(rows[:, None], weeks, weeks + WEEK)
        lift = self.lift[rows]
        event = np.where(np.isfinite(lift), np.floor(lift / WEEK), np.inf)
        cut = (event < weeks.size) & (lift > event * WEEK)
        days[np.flatnonzero(cut), event[cut].astype(int)] = 0.0
        try:
            return event_study(
                counts,
                event,
                at_risk=days,
                longest=AFTER,
                level=self.choices.level,
                replicates=min(self.choices.replicates, 499),
                rng=np.random.default_rng(self.seed),
            )
        except InputError:
            return None


def _friendships(dataset: Dataset, study: _Study) -> dict[str, float] | None:
    """Friendships that members of a group made, per member-week, before and after the lifting."""
    if not dataset.has("friendships.since"):
        return None
    pairs = friend_pairs(dataset).filter(_.since_us.notnull(), _.person < _.friend)
    stays = spells(dataset).select("group", "person", "start_us", "end_us")
    one = pairs.join(stays, "person").filter(_.start_us <= _.since_us, _.since_us < _.end_us)
    one = one.select("person", "friend", "since_us", "group")
    other = stays.select(place="group", who="person", begin_us="start_us", until_us="end_us")
    both = one.join(other, [one.group == other.place, one.friend == other.who])
    both = both.filter(_.begin_us <= _.since_us, _.since_us < _.until_us)
    rows = dataset.collect(both.select("group", "person", "friend", "since_us").distinct())
    code = study.clock.code(rows["group"])
    day = (rows["since_us"].to_numpy(float) - dataset.observed_from_us) / DAY_US
    lift = np.full(study.clock.groups.size, np.nan)
    lift[study.code] = study.at
    since = day - np.where(code >= 0, lift[code], np.nan)
    end = np.minimum(study.at + AFTER * WEEK, study.clock.watch_days)
    before = study.clock.member_days(study.code, study.at - BASE, study.at).sum() / WEEK
    after = study.clock.member_days(study.code, study.at, end).sum() / WEEK
    return {
        "before": float(((since >= -BASE) & (since < 0)).sum() / max(before, 1e-12)),
        "after": float(((since >= 0) & (since < AFTER * WEEK)).sum() / max(after, 1e-12)),
    }


def _robustness(study: _Study, calendar: EventStudy | None) -> list[dict[str, Any]]:
    weeks = study.weeks(0, AFTER)
    rows = [
        _entry(
            Text(
                f"placebo: dates moved back {PLACEBO:g} days (should be 1)",
                f"安慰剂：日期提前 {PLACEBO:g} 天（应为1）",
            ),
            study.ratio(study.weeks(0, int(PLACEBO / WEEK)), shift=PLACEBO),
        ),
        _entry(
            Text("lows compared with lows", "低谷与低谷相比"),
            study.ratio(weeks, lows=True),
        ),
        _entry(
            Text(
                f"no control with over {COMMON:.0%} of its members in the group",
                f"排除成员与该群重叠超过 {COMMON:.0%} 的对照",
            ),
            study.ratio(weeks, controls=study.common <= COMMON),
        ),
        _entry(Text("first four weeks only", "只看前四周"), study.ratio(study.weeks(0, 4))),
    ]
    name = Text("group–time averages by calendar week", "按日历周的群–时间平均")
    if calendar is None:
        return [*rows, _entry(name, None)]
    o = calendar.overall
    values = [float(np.exp(v)) if np.isfinite(v) else None for v in (o.estimate, o.low, o.high)]
    return [
        *rows,
        {"name": name} | interval_fields(values),
    ]


def _entry(name: Text, found: MomentRatio | None) -> dict[str, Any]:
    return {"name": name} | interval_fields(None if found is None else found.interval)


def _reason(found: MomentRatio, private: bool) -> Text:
    what = (
        Text("group and private messages together", "群消息与私聊合计")
        if private
        else Text("messages in the group", "群内消息")
    )
    return Text(
        f"After the rule was lifted {what.en} came at {found.ratio:.2f} times the rate to be "
        f"expected from groups still under it, between {found.low:.2f} and {found.high:.2f} "
        f"({found.n_groups} groups).",
        f"规则取消后，{what.zh}为按仍有规则的群所预期的 {found.ratio:.2f} 倍，"
        f"区间 {found.low:.2f} 至 {found.high:.2f}（{found.n_groups} 个群）。",
    )


WORDS = {
    "x": Text("weeks since the rule was lifted", "取消规则后的周数"),
    "y": Text("messages, over what groups under the rule say", "消息数，相对于仍有规则的群"),
    "before": Text("before: should be 1", "之前：应为1"),
    "after": Text("after", "之后"),
}
TICKS = (0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 5, 10)


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw the ratio by week since the lifting, with the weeks before as a check."""
    ax = axes(ax)
    figure = result.details["figure"]
    week = np.asarray(figure["week"], dtype=float)
    ratio, low, high = (
        np.array([np.nan if v is None else v for v in figure[name]], dtype=float)
        for name in ("ratio", "low", "high")
    )
    known = np.isfinite(low) & np.isfinite(high) & (ratio > 0)
    ax.axhline(1, color=GREY, lw=1, ls="--")
    ax.axvline(-0.5, color=GREY, lw=0.8, ls=":")
    for part, colour, mark, word in (
        (known & (week < 0), ORANGE, "s", "before"),
        (known & (week >= 0), BLUE, "o", "after"),
    ):
        ax.vlines(week[part], low[part], high[part], color=colour, lw=1.5)
        ax.plot(week[part], ratio[part], mark, color=colour, ms=6, label=WORDS[word].get(lang))
    ends = np.concatenate([low[known], high[known], [0.8, 1.25]])
    reach = np.clip(np.quantile(ends, [0.03, 0.97]), 0.05, 20) * [1 / 1.1, 1.1]
    ax.set_yscale("log")
    ax.set_ylim(*reach)
    ticks = [t for t in TICKS if reach[0] <= t <= reach[1]]
    ax.set_yticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ax.set_xlabel(WORDS["x"].get(lang))
    ax.set_ylabel(WORDS["y"].get(lang))
    ax.legend(loc="upper left", frameon=False, ncols=2)
    return ax
