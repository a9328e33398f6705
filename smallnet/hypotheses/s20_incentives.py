"""S20: a group talks more in the day after an incentive; and perhaps still when the money is gone.

Who pays does so when a group is quiet, and a quiet group gets louder on its own (T14). So moments
that chance paid are compared with moments that chance did not pay, or small amounts with large
ones; where nobody drew lots, groups are compared with others whose turn is still to come.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from smallnet.errors import InputError
from smallnet.hypotheses.methods.drawing import BLUE, GREY, ORANGE, axes
from smallnet.hypotheses.methods.event_study import event_study
from smallnet.hypotheses.methods.group_clock import GroupClock, group_clock
from smallnet.hypotheses.methods.lucky_draws import luckiest
from smallnet.hypotheses.methods.moments import (
    MomentRatio,
    chance_ratio,
    stacked_ratio,
)
from smallnet.hypotheses.methods.paid_moments import (
    BEFORE,
    DAY,
    INCENTIVES,
    Moments,
    distinct,
    incentive_events,
    moments_of,
)
from smallnet.hypotheses.result import (
    Claim,
    Result,
    interval_fields,
    not_testable,
    plain,
    result_of,
    settle,
)
from smallnet.tables import Choices, Dataset, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

FloatArray = npt.NDArray[np.float64]
LATE = (7.0, 56.0)  # weeks 2-8 after it stops
SHIFT = 3.0  # of placebo moments, days earlier
FEWEST_GROUPS, FEWEST_MOMENTS = 5, 10
LOW = 0.5  # of the week before: a low that calls for an incentive
PROFILE = range(-7, 14)  # days of the figure
DRAWS = 499  # of each re-estimate and day
MOST_CELLS = 2_000_000  # moments times groups held at once
MOST_WORK = 50_000_000  # groups times days times days with a first incentive

CLAIM = Claim(
    id="S20",
    title=Text("Incentives make groups talk", "福利与游戏让群动起来"),
    claim=Text(
        "Giving something away or setting up a game makes members talk "
        "(「通过发起福利活动或者制定游戏机制,是完全可以让用户动起来的」).",
        "发福利或定游戏机制能让成员互动（「通过发起福利活动或者制定游戏机制,"
        "是完全可以让用户动起来的」）。",
    ),
    needs=("events.group", "interactions.group", "memberships"),
    estimand=Text(
        "Messages of a group in the 24 hours after an incentive, over what the same group would "
        "have written then without it.",
        "一次激励后24小时内群的消息数，除以同一群此时若无激励会有的消息数。",
    ),
    effect=Text(
        "rate ratio of messages in the 24 h after an incentive", "激励后24小时的消息率之比"
    ),
    null=1.0,
    claimed_side="above",
    ratio=True,
    method=Text(
        "Where chance decided which moments are paid, or the amount: moments of the same group are "
        "compared, each against the group's own week before; the ratio is that of Mantel and "
        "Haenszel (per doubling of an amount), its interval holds what a test that lets moments of "
        "a group change places does not reject. Where nobody drew lots: the first incentive of "
        "each group against groups whose own is still to come, at the same moment and after the "
        "same kind of day, a low with a low; errors by leaving out group after group.",
        "若由随机决定哪些时刻有激励或金额多少：同一群的时刻之间比较，每个时刻与该群此前一周相比；"
        "取 Mantel–Haenszel 比（金额则按每翻倍计），区间由群内互换时刻的置换检验反演得到。"
        "若无随机：每群首次激励与同一时刻尚未轮到、且前一天同样低迷或同样正常的群相比，以逐群刀切法求误差。",
    ),
    null_model=Text(
        "An incentive changes nothing: paid and unpaid moments of a group can change places.",
        "激励不起作用：同一群中有激励与无激励的时刻可以互换。",
    ),
    assumptions=(
        Text(
            "An incentive in one group does not reach into the days of another.",
            "一个群的激励不影响其他群。",
        ),
    ),
    threats=(
        Text(
            "Replies to an incentive may be templates, not talk (T10): wordings counted once are "
            "among the re-estimates.",
            "对激励的回应可能只是刷屏而非交流（T10）：每种措辞只计一次的结果列在复核中。",
        ),
        Text(
            "What is paid for may crowd out what was done for nothing, which only shows after the "
            "end.",
            "付费可能挤出原本自发的行为，只有停止之后才看得出。",
        ),
        Text(
            "Whether disagreement heats a group up is not asked: that needs the words.",
            "争论是否使群升温不在此检验：那需要文字内容。",
        ),
        Text(
            "Who draws late from a red packet draws most a little more often, where the platform "
            "splits what is left: if who comes late talks less, the luckiest seem to talk less.",
            "若平台按剩余金额随机拆分红包，后抢者成为手气最佳的机会略大：后抢者若较少发言，"
            "手气最佳者会显得较少发言。",
        ),
        Text(
            "A members' red packet is no event here: its sender chose the moment.",
            "成员自发的红包不算事件：发送者自己选了时刻。",
        ),
    ),
    why_hard=Text(
        "Operators pay when a group is quiet, on holidays, or when something happens anyway: "
        "before and after then differ without any incentive.",
        "运营者在群冷清时、节假日或本来就有事时发福利：即使没有激励，前后也会不同。",
    ),
    would_refute=Text(
        "A ratio of about 1 between paid and unpaid moments drawn by chance; that it lasts is "
        "refuted by a ratio of about 1 in weeks 2–8 after it stops.",
        "随机抽取的有无激励时刻之比约为1；若停止后第2–8周之比约为1，则「持久」被否定。",
    ),
    would_settle=Text(
        "Moments at which a coin decides whether a group is paid, or red packets of random "
        "amounts, and the weeks after the last one.",
        "由抛硬币决定是否发放的时刻，或随机金额的红包，以及最后一次之后数周的记录。",
    ),
)
PER_DOUBLING = dataclasses.replace(
    CLAIM,
    estimand=Text(
        "Messages of a group in the 24 hours after a red packet of twice the amount, over those "
        "after one of the single amount, in the same group.",
        "同一群中，金额加倍的红包后24小时消息数，除以单倍金额红包后的消息数。",
    ),
    effect=Text(
        "rate ratio of messages in the 24 h after, per doubling of the amount",
        "激励后24小时的消息率之比，金额每翻倍",
    ),
)
DESIGNS = {
    "random arms": Text("moments paid by chance", "随机决定是否激励"),
    "random amounts": Text("amounts drawn by chance", "随机决定金额"),
    "staggered": Text("one group after another, not by chance", "各群先后开始，非随机"),
}
NO_DESIGN = Text(
    "Not testable: no incentive was paid by chance, in random amounts, or at different times in "
    "groups that can stand for each other; before and after alone say nothing, because who pays "
    "does so when a group is quiet.",
    "无法检验：没有随机发放、随机金额或在可相互比较的群中先后发放的激励；单看前后说明不了什么，"
    "因为激励往往在群冷清时发放。",
)
NO_EVENT = Text(
    f"Not testable: no event of a kind such as {', '.join(INCENTIVES[:4])} has a group and lies "
    "in the watch.",
    f"无法检验：观察期内没有指明群的 {'、'.join(INCENTIVES[:4])} 等激励事件。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Compare messages after an incentive with what there would be without.

    Parameters
    ----------
    dataset : Dataset
        Needs ``events`` in groups; of a trial with ``randomised`` and ``arm``, or an attribute
        ``amount``.
    choices : Choices
        Level and smallest effect.
    rng : numpy.random.Generator
        Draws of the tests by exchange and of the bootstrap.

    Returns
    -------
    Result
        ``details``: the design, the ratio in weeks 2–8 after it stops and what part of the effect
        that is (``persistence_ratio``), the ratio of placebo moments, the profile by day; and
        where draws from red packets are told, whether the ``luckiest`` speaks and sends next.

    Raises
    ------
    NotTestableError
        If there are no events in groups or no messages.
    """
    dataset.require(*CLAIM.needs)
    events = incentive_events(dataset)
    if events.empty:
        return not_testable(CLAIM, choices, NO_EVENT)
    *chances, luck = rng.spawn(4)
    result = _by_design(dataset, events, choices, chances)
    lucky = luckiest(
        dataset, level=choices.level, permutations=2 * choices.replicates + 1, rng=luck
    )
    details = dict(result.details) | ({} if lucky is None else {"luckiest": plain(lucky)})
    return dataclasses.replace(result, details=details)


def _by_design(
    dataset: Dataset, events: pd.DataFrame, choices: Choices, chances: list[np.random.Generator]
) -> Result:
    clock = group_clock(dataset)
    drawn = events[events["randomised"]]
    if len(drawn):
        every = moments_of(clock, drawn)
        if every.paid.any() and not every.paid.all():
            return _by_chance(dataset, clock, every, choices, chances, arms=True)
        amounts = every.amount[every.amount > 0]
        if np.unique(amounts).size > 1:
            every = every.pick(every.amount > 0)
            return _by_chance(dataset, clock, every, choices, chances, arms=False)
    return _staggered(clock, moments_of(clock, events), choices, chances[0])


def _by_chance(
    dataset: Dataset,
    clock: GroupClock,
    moments: Moments,
    choices: Choices,
    chances: list[np.random.Generator],
    *,
    arms: bool,
) -> Result:
    main_rng, late_rng, more_rng = chances
    claim = CLAIM if arms else PER_DOUBLING

    def ratio(
        windows: tuple[FloatArray, FloatArray], moments: Moments, chance: np.random.Generator
    ) -> MomentRatio:
        label = moments.paid if arms else np.log2(moments.amount)
        few = min(choices.replicates, DRAWS)
        return chance_ratio(
            *windows, label, moments.code, level=choices.level, permutations=few, rng=chance
        )

    label = moments.paid if arms else np.log2(moments.amount)
    found = chance_ratio(
        *moments.windows(clock, 0.0, DAY),
        label,
        moments.code,
        level=choices.level,
        permutations=2 * choices.replicates + 1,
        rng=main_rng,
    )
    late, until = _late(clock, moments)
    lasting = ratio(late.windows(clock, *until), late, late_rng)
    details = _details("random arms" if arms else "random amounts", moments, found, lasting)
    details["figure"] = _profile(clock, moments, ratio, more_rng)
    return _answer(
        claim,
        choices,
        found,
        lasting,
        moments,
        details,
        robustness=_checks(dataset, clock, moments, ratio, more_rng),
    )


def _late(clock: GroupClock, moments: Moments) -> tuple[Moments, tuple[Any, Any]]:
    """Moments with at least a day in weeks 2-8 after the end, until the next or the end."""
    begin = moments.ends + LATE[0]
    end = np.minimum(moments.ends + LATE[1], np.minimum(moments.next, clock.watch_days))
    kept = end - begin >= DAY
    late = moments.pick(kept)
    return late, ((begin - moments.at)[kept], (end - moments.at)[kept])


def _checks(
    dataset: Dataset,
    clock: GroupClock,
    moments: Moments,
    ratio: Any,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    """Estimate again: other counts of talk, and placebo moments."""
    speakers = distinct(clock, clock.sender)
    rows = [
        _entry(
            Text("people who write instead of messages", "改计发言人数"),
            ratio(moments.windows(clock, 0.0, DAY, speakers), moments, rng),
        )
    ]
    if dataset.has("interactions.reply_to"):
        counted = moments.windows(clock, 0.0, DAY, clock.replies().messages)
        rows.append(_entry(Text("replies only", "只计回复"), ratio(counted, moments, rng)))
    if dataset.has("interactions.fingerprint"):
        wordings = distinct(clock, clock.wording)
        rows.append(
            _entry(
                Text(
                    "every wording once (templates count once)", "每种措辞只计一次（刷屏只计一次）"
                ),
                ratio(moments.windows(clock, 0.0, DAY, wordings), moments, rng),
            )
        )
    sham = moments.pick(moments.at - SHIFT - moments.since >= DAY)
    sham = dataclasses.replace(sham, at=sham.at - SHIFT)
    rows.append(
        _entry(
            Text(
                f"placebo: {SHIFT:g} days before each moment (should be 1)",
                f"安慰剂：各时刻之前 {SHIFT:g} 天（应为1）",
            ),
            ratio(sham.windows(clock, 0.0, DAY), sham, rng),
        )
    )
    return rows


def _staggered(
    clock: GroupClock, moments: Moments, choices: Choices, rng: np.random.Generator
) -> Result:
    """Compare the first incentive of each group with groups whose own is still to come."""
    paid = moments.pick(moments.paid)
    first = np.full(clock.groups.size, np.inf)
    np.minimum.at(first, paid.code, paid.at)
    one = paid.pick((paid.at == first[paid.code]) & (paid.at >= BEFORE + DAY))
    most = max(MOST_CELLS // max(clock.groups.size, 1), FEWEST_MOMENTS)
    if one.at.size > most:  # a sample of moments tells as much as memory holds
        one = one.pick(rng.permutation(one.at.size) < most)

    def ratio(at: Any, begin: Any, end: Any) -> MomentRatio:
        return _stack(clock, one.code, np.asarray(at), begin, end, first, choices)

    found = ratio(one.at, 0.0, DAY)
    if found.n_groups < FEWEST_GROUPS:
        return not_testable(CLAIM, choices, NO_DESIGN)
    late, until = _late(clock, one)
    lasting = _stack(clock, late.code, late.at, *until, first, choices)
    sham = ratio(one.at - BEFORE, 0.0, DAY)
    details = _details("staggered", one, found, lasting)
    details["placebo"] = _entry(Text("", ""), sham) | {"name": None}
    details["figure"] = {
        "day": list(PROFILE),
        **_columns([ratio(one.at, day, day + 1.0) for day in PROFILE]),
    }
    robustness = [
        _entry(
            Text("placebo: a week before each (should be 1)", "安慰剂：各自之前一周（应为1）"), sham
        ),
        _by_calendar_day(clock, first, choices, rng),
    ]
    return _answer(
        CLAIM, choices, found, lasting, one, details, robustness=robustness, placebo=sham
    )


def _stack(
    clock: GroupClock,
    code: npt.NDArray[np.int64],
    at: FloatArray,
    begin: Any,
    end: Any,
    first: FloatArray,
    choices: Choices,
) -> MomentRatio:
    kept = at - BEFORE - DAY >= 0
    begin, end = (np.broadcast_to(np.asarray(x, dtype=float), at.shape)[kept] for x in (begin, end))
    code, at = code[kept], at[kept]
    every = np.arange(clock.groups.size)[None, :]
    now, low, high = at[:, None], (at + begin)[:, None], (at + end)[:, None]
    past = clock.member_days(every, now - BEFORE - DAY, now - DAY)
    rate = clock.messages(every, now - BEFORE - DAY, now - DAY) / np.maximum(past, 1e-12)
    yesterday = clock.messages(every, now - DAY, now)
    usual = rate * clock.member_days(every, now - DAY, now)
    return stacked_ratio(
        clock.messages(every, low, high),
        rate * clock.member_days(every, low, high),
        first[None, :] >= np.maximum(high, now + DAY),
        code,
        (yesterday >= LOW * usual).astype(int),
        level=choices.level,
    )


def _by_calendar_day(
    clock: GroupClock,
    first: FloatArray,
    choices: Choices,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Give the day of the event and the next, by group–time averages over whole calendar days."""
    name = Text("group–time averages, day of the event and the next", "群–时间平均，事件当天与次日")
    days = np.arange(int(clock.watch_days))
    every = np.arange(clock.groups.size)[:, None]
    counts = clock.messages(every, days, days + 1.0), clock.member_days(every, days, days + 1.0)
    event = np.where(np.isfinite(first), np.floor(first), np.inf)
    if counts[0].size * np.unique(event).size > MOST_WORK:
        return _entry(name, None)
    try:
        study = event_study(
            counts[0],
            event,
            at_risk=counts[1],
            anticipation=1,
            longest=1,
            level=choices.level,
            replicates=min(choices.replicates, 199),
            rng=rng,
        )
    except InputError:
        return _entry(name, None)
    o = study.overall
    return {
        "name": name,
        "estimate": _exp(o.estimate),
        "ci_low": _exp(o.low),
        "ci_high": _exp(o.high),
    }


def _exp(value: float) -> float | None:
    return float(np.exp(value)) if np.isfinite(value) else None


def _answer(
    claim: Claim,
    choices: Choices,
    found: MomentRatio,
    lasting: MomentRatio,
    moments: Moments,
    details: dict[str, Any],
    *,
    robustness: list[dict[str, Any]],
    placebo: MomentRatio | None = None,
) -> Result:
    n = {
        "people": None,
        "groups": found.n_groups,
        "rows": int(moments.at.size),
        "events": found.n_treated,
    }
    known = np.isfinite([found.ratio, found.low, found.high]).all()
    if not known or found.n_groups < FEWEST_GROUPS or moments.at.size < FEWEST_MOMENTS:
        return result_of(
            claim,
            choices,
            verdict="inconclusive",
            reason=Text(
                f"{moments.at.size} moments in {found.n_groups} groups that can be compared are "
                "too few.",
                f"可比较的时刻只有 {found.n_groups} 个群的 {moments.at.size} 个，太少。",
            ),
            n=n,
            details=details,
        )
    verdict = settle(claim, choices, found.ratio, found.low, found.high)
    reason = _reason(claim, found, lasting, details)
    if claim is PER_DOUBLING and verdict == "no effect":
        verdict = "inconclusive"
        reason += Text(
            "That the amount does not matter leaves open whether being paid at all does.",
            "金额大小无关紧要，并不能说明有没有激励也无关。",
        )
    if placebo is not None and verdict != "inconclusive" and (placebo.low > 1 or placebo.high < 1):
        verdict = "inconclusive"
        reason += Text(
            f"But a week before there was a ratio of {placebo.ratio:.2f} already, so the groups "
            "are not alike.",
            f"但在此前一周该比值已为 {placebo.ratio:.2f}，可见各群并不可比。",
        )
    return result_of(
        claim,
        choices,
        verdict=verdict,
        reason=reason,
        threats=[NOT_DRAWN] if placebo is not None else [],
        estimate=found.ratio,
        ci_low=found.low,
        ci_high=found.high,
        p_value=found.p_value,
        n=n,
        robustness=robustness,
        details=details,
    )


NOT_DRAWN = Text(
    "Nobody drew lots: an announcement, a holiday or an operator's mood may have come together "
    "with the incentive (T3).",
    "没有随机：公告、节日或运营者的心情可能与激励同时出现（T3）。",
)


def _reason(
    claim: Claim, found: MomentRatio, lasting: MomentRatio, details: dict[str, Any]
) -> Text:
    design = DESIGNS[details["design"]]
    said = Text(
        f"{claim.effect.en}: {found.ratio:.2f} [{found.low:.2f}, {found.high:.2f}] "
        f"({design.en}; {found.n_groups} groups).",
        f"{claim.effect.zh}：{found.ratio:.2f} [{found.low:.2f}, {found.high:.2f}]"
        f"（{design.zh}；{found.n_groups} 个群）。",
    )
    if not np.isfinite([lasting.ratio, lasting.low]).all():
        return said + Text(
            "Whether it lasts cannot be told: too little was watched after the end.",
            "能否持久无从得知：停止之后观察太少。",
        )
    return said + Text(
        f"In weeks 2–8 after it stops: {lasting.ratio:.2f} [{lasting.low:.2f}, "
        f"{lasting.high:.2f}].",
        f"停止后第2–8周：{lasting.ratio:.2f} [{lasting.low:.2f}, {lasting.high:.2f}]。",
    )


def _details(
    design: str, moments: Moments, found: MomentRatio, lasting: MomentRatio
) -> dict[str, Any]:
    stays = (lasting.ratio - 1) / (found.ratio - 1) if found.low > 1 or found.high < 1 else np.nan
    return {
        "design": design,
        "moments": int(moments.at.size),
        "moments_paid": int(moments.paid.sum()),
        "weeks_2_to_8": {
            "estimate": lasting.ratio,
            "ci_low": lasting.low,
            "ci_high": lasting.high,
            "p_value": lasting.p_value,
        },
        "persistence_ratio": stays,
    }


def _entry(name: Text, found: MomentRatio | None) -> dict[str, Any]:
    return {"name": name} | interval_fields(None if found is None else found.interval)


def _profile(
    clock: GroupClock, moments: Moments, ratio: Any, rng: np.random.Generator
) -> dict[str, Any]:
    """Ratio by day since the moment, of moments whose day lies before the next one."""
    rows = []
    for day in PROFILE:
        open_ = (moments.at + day + 1 <= np.minimum(moments.next, clock.watch_days)) & (
            moments.at + day >= moments.since
        )
        if day < 0:  # against the whole week before, not the days before that day
            part = moments.pick(open_)
            counted = clock.messages(part.code, part.at + day, part.at + day + 1)
            past = np.maximum(part.at - BEFORE, part.since)
            base = clock.messages(part.code, past, part.at)
            member = clock.member_days(part.code, part.at + day, part.at + day + 1)
            days = np.maximum(clock.member_days(part.code, past, part.at), 1e-12)
            rows.append(ratio((counted, base * member / days), part, rng))
        else:
            part = moments.pick(open_)
            rows.append(ratio(part.windows(clock, float(day), day + 1.0), part, rng))
    return {"day": list(PROFILE), **_columns(rows)}


def _columns(rows: list[MomentRatio]) -> dict[str, list[float]]:
    return {name: [getattr(row, name) for row in rows] for name in ("ratio", "low", "high")}


TICKS = (0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 5, 10)
WORDS = {
    "x": Text(
        "days since the incentive (0 = the 24 hours after it)", "距激励的天数（0＝其后24小时）"
    ),
    "paid": Text("messages, paid over unpaid", "消息数之比，有激励 ÷ 无激励"),
    "dose": Text("messages, per doubling of the amount", "消息数之比，金额每翻倍"),
    "late": Text("weeks 2–8 after it stops", "停止后第2–8周"),
    "one": Text("no difference", "无差异"),
}


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw the ratio of messages by day since the incentive, and what is left weeks later."""
    ax = axes(ax)
    figure = result.details["figure"]
    day = np.asarray(figure["day"], dtype=float)
    ratio, low, high = (
        np.array([np.nan if v is None else v for v in figure[name]], dtype=float)
        for name in ("ratio", "low", "high")
    )
    known = np.isfinite(low) & np.isfinite(high) & (ratio > 0)
    ax.axhline(1, color=GREY, lw=1, ls="--", label=WORDS["one"].get(lang))
    ax.vlines(day[known], low[known], high[known], color=BLUE, lw=1.5)
    ax.plot(day[known], ratio[known], "o", color=BLUE, ms=5)
    late = result.details["weeks_2_to_8"]
    if late["estimate"] is not None and late["ci_low"] is not None:
        at = day.max() + 3
        ax.vlines([at], late["ci_low"], late["ci_high"], color=ORANGE, lw=2)
        ax.plot([at], [late["estimate"]], "s", color=ORANGE, ms=7, label=WORDS["late"].get(lang))
    ax.axvline(-0.5, color=GREY, lw=0.8, ls=":")
    ax.set_yscale("log")
    ends = np.concatenate([low[known], high[known]])
    reach = np.quantile(ends, [0.05, 0.95]) if ends.size else np.ones(2)
    day_0 = np.concatenate([low[known & (day == 0)], high[known & (day == 0)], [0.8, 1.25]])
    reach = np.clip([min(reach[0], day_0.min()), max(reach[1], day_0.max())], 0.05, 20)
    ax.set_ylim(reach[0] / 1.1, reach[1] * 1.1)
    ticks = [t for t in TICKS if reach[0] / 1.1 <= t <= reach[1] * 1.1]
    ax.set_yticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ax.set_xticks([-7, 0, 7, 13], ["-7", "0", "7", "13"])
    ax.set_xlabel(WORDS["x"].get(lang))
    dose = result.details["design"] == "random amounts"
    ax.set_ylabel(WORDS["dose" if dose else "paid"].get(lang))
    ax.legend(loc="upper right", frameon=False)
    return ax
