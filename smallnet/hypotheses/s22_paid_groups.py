"""S22: groups that were made for a reward die once it is paid.

Groups are compared with groups at the same moment of the calendar. A group that was made for a
reward counts as unpaid until the reward is paid and as paid afterwards: who looks back and asks
only the groups that were paid gives them days on which they could not die.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from ibis import _

from smallnet.errors import InputError
from smallnet.hypotheses.methods.cox import Cox, fit_cox
from smallnet.hypotheses.methods.drawing import axes, curves
from smallnet.hypotheses.methods.silence import MOMENT_US, lives
from smallnet.hypotheses.methods.stays import life_lines
from smallnet.hypotheses.result import (
    Claim,
    Result,
    interval_fields,
    not_testable,
    result_of,
    settle,
)
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import DAY_US, microseconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

FOR_A_REWARD = ("fission", "裂变", "reward")  # kinds of groups
FEWEST_DEATHS, FEWEST_PAID = 10, 3
LAST_DAY = 60  # of the figure

CLAIM = Claim(
    id="S22",
    title=Text("Paid groups die", "奖励到手群就死"),
    claim=Text(
        "Groups made to win a reward die once it is paid (「完成裂变,拿到奖励,群就生命终结了」).",
        "为奖励而建的裂变群，奖励一到手，群的生命就终结了（「完成裂变,拿到奖励,群就生命终结了」）。",
    ),
    needs=("groups.kind", "events.group", "interactions.group"),
    estimand=Text(
        "Hazard of falling silent or being closed of groups made for a reward after it "
        "was paid, divided by that of groups with another purpose, on the same day.",
        "为奖励而建的群在奖励发放之后陷入沉寂或被解散的风险，除以同一天其他用途的群的风险。",
    ),
    effect=Text(
        "hazard ratio of falling silent, paid ÷ other groups", "沉寂风险比，已发奖群 ÷ 其他群"
    ),
    null=1.0,
    claimed_side="above",
    ratio=True,
    method=Text(
        "Death is the beginning of the first silence of `dead_after` days, or the last sign of "
        "life before the group was closed; every group is at risk "
        "from its first sign of life in the watch until `dead_after` before the end. Cox "
        "regression on calendar time, payment as a covariate that changes in time, groups not yet "
        "paid apart; errors clustered by group, t interval with effective groups as the sample.",
        "死亡为首次持续 dead_after 天沉默的开始，或群解散前的最后动静；"
        "每个群自观察期内首次有动静起，至期末前 dead_after 天为止处于风险中。"
        "以日历时间为轴的 Cox 回归，发奖为时变协变量，未发奖者单列；"
        "按群聚类误差，以有效群数作 t 区间。",
    ),
    null_model=Text(
        "Once the reward is paid, groups fall silent as often as groups with another purpose.",
        "发奖之后，群陷入沉寂的风险与其他用途的群相同。",
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
            "Death is dated at the last word: where groups die within days, their lives come out "
            "shorter by about the gap between two messages, and a large ratio larger (in simulated "
            "worlds 8.5 where 8 is true).",
            "死亡时间取最后一次发言：若群在数日内死去，其寿命约短计一个消息间隔，"
            "较大的比值因而偏大（模拟世界中真值 8 估为 8.5）。",
        ),
        Text(
            "Groups made for a reward are young and made of strangers (T4): they may die early "
            "with or without a payment. The groups not yet paid are the control.",
            "裂变群新而多陌生人（T4）：发不发奖都可能早死。尚未发奖的裂变群作为对照。",
        ),
        Text(
            "A campaign that ends pays everybody and stops posting on the same day (T3).",
            "活动结束时同日发奖并停止发布内容（T3）。",
        ),
        Text(
            "Silence is not death (T10): other lengths of silence are re-estimates.",
            "沉默不等于死亡（T10）：另以其他沉默长度重新估计。",
        ),
    ),
    why_hard=Text(
        "Only a group that lived long enough is paid, so paid groups look hardy if their life is "
        "counted from birth; and purpose is often guessed from how a group ended.",
        "只有活得够久的群才会领到奖励，若从建群起计算，已发奖的群会显得长寿；而用途又常由结局倒推。",
    ),
    would_refute=Text(
        "A hazard ratio of about 1, or the same one before the reward is paid.",
        "风险比约为1，或发奖之前已有同样的风险比。",
    ),
    would_settle=Text(
        "Purpose noted at the birth of each group, the moment of each payment, and payments "
        "that are delayed by chance.",
        "建群时记录的用途、每次发奖的时刻，以及随机推迟的发奖。",
    ),
)

_NO_PURPOSE = Text(
    "No group is marked as made for a reward (kind fission, 裂变 or reward).",
    "没有群标明为奖励而建（kind 为 fission、裂变 或 reward）。",
)
_NO_OTHERS = Text(
    "All groups whose purpose is known were made for a reward: there are none to compare with.",
    "用途已知的群都是为奖励而建：没有可比较的群。",
)
_NO_REWARD = Text(
    "No event of kind reward says when such a group was paid: without that moment the groups that "
    "lived until their reward would look hardy.",
    "没有 kind 为 reward 的事件说明何时发奖：没有该时刻，活到发奖的群会显得长寿。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Compare how soon paid groups and groups with another purpose fall silent.

    Parameters
    ----------
    dataset : Dataset
        Needs what groups are for, messages, and events of kind ``reward`` with a group.
    choices : Choices
        Level, smallest effect, and the silence that is death.
    rng : numpy.random.Generator
        Not used: nothing here is drawn.

    Returns
    -------
    Result
        ``details``: deaths and days at risk by purpose, the groups not yet paid against the
        others, paid against not yet paid, curves of survival.

    Raises
    ------
    NotTestableError
        If purpose, events or messages were not recorded.
    """
    del rng
    dataset.require(*CLAIM.needs)
    rewards = _rewards(dataset)
    spans = _spans(dataset, choices.dead_after_days, rewards)
    for lacking, words in (
        (not spans["made"].any(), _NO_PURPOSE),
        (spans["made"].all(), _NO_OTHERS),
        (not spans["paid_us"].notna().any(), _NO_REWARD),
    ):
        if lacking:
            return not_testable(CLAIM, choices, words)
    rows = _rows(spans)
    counts = {name: _counts(rows[rows["state"] == name]) for name in ("paid", "unpaid", "other")}
    deaths = int(rows["died"].sum())
    n = {"people": None, "groups": len(spans), "rows": len(rows), "events": deaths}
    details: dict[str, Any] = {
        "dead_after_days": choices.dead_after_days,
        "counts": counts,
        "figure": _figure(rows),
    }
    few = deaths < FEWEST_DEATHS or min(counts["paid"]["deaths"], counts["other"]["deaths"]) < (
        FEWEST_PAID
    )
    model = None if few else _try(rows)
    if model is None:
        return result_of(
            CLAIM, choices, verdict="inconclusive", reason=_too_few(counts), n=n, details=details
        )
    estimate, low, high = model.ratio(0, choices.level)
    details |= {
        "unpaid_over_other": _numbers(model, 1, choices.level),
        "paid_over_unpaid": _entry(rows[rows["state"] != "other"], choices),
    }
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, estimate, low, high),
        reason=_reason(estimate, low, high, counts),
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=float(model.p_values()[0]),
        n=n,
        robustness=_robustness(dataset, choices, rewards, rows),
        details=details,
    )


def _rewards(dataset: Dataset) -> Any:
    """First payment of each group: ``[group, at_us]``."""
    paid = dataset["events"].filter(_.group.notnull(), _.kind == "reward")
    return paid.group_by("group").aggregate(at_us=microseconds(_.starts_at).min())


def _spans(
    dataset: Dataset,
    dead_after_days: float,
    rewards: Any,
    *,
    last: bool = False,
    closing: bool = True,
) -> pd.DataFrame:
    """Lives of groups whose purpose is known, with the moment of payment; a payment is a sign."""
    spans = lives(dataset, dead_after_days, signs=rewards, last=last, closing=closing)
    kinds = dataset.collect(dataset["groups"].select("group", "kind"))
    paid = dataset.collect(rewards.rename(paid_us="at_us"))
    spans = spans.merge(kinds, on="group").merge(paid, "left", on="group")
    spans = spans[spans["kind"].notna()]
    spans["made"] = spans["kind"].str.lower().isin(FOR_A_REWARD)
    # a payment in a group of another purpose is neither the one nor the other
    return spans[spans["made"] | spans["paid_us"].isna()].reset_index(drop=True)


def _rows(spans: pd.DataFrame) -> pd.DataFrame:
    """Cut the lives at the payment: ``enter, leave`` (days since 1970), ``died, state``."""
    paid = spans["paid_us"].where(spans["made"]).astype(float)
    after = spans[paid.notna() & (paid <= spans["leave_us"])]
    paid_from = np.maximum(paid[after.index], after["enter_us"])
    after = after.assign(
        enter_us=paid_from,
        leave_us=np.maximum(after["leave_us"], paid_from + MOMENT_US),
        state="paid",
    )
    before = spans.assign(state=np.where(spans["made"], "unpaid", "other"))
    cut = before.index.isin(after.index)
    before["leave_us"] = before["leave_us"].where(~cut, paid).astype(float)
    before["died"] &= ~cut
    rows = pd.concat([before, after], ignore_index=True)
    rows = rows[rows["leave_us"] > rows["enter_us"]]
    return rows.assign(
        enter=rows["enter_us"] / DAY_US,
        leave=rows["leave_us"] / DAY_US,
        code=pd.factorize(rows["group"])[0],
    ).reset_index(drop=True)


def _fit(rows: pd.DataFrame, *more: np.ndarray) -> Cox:
    states = [rows["state"] == "paid", rows["state"] == "unpaid"]
    named = [state for state in states if state.any() and not state.all()]
    if (rows["state"] != "other").all():
        named = named[:1]
    return fit_cox(
        rows["enter"],
        rows["leave"],
        rows["died"],
        np.column_stack([*named, *more]).astype(float),
        cluster=rows["code"].to_numpy(),
    )


def _try(rows: pd.DataFrame, *more: np.ndarray) -> Cox | None:
    """Fit; the groups not yet paid are left out where none of them died."""
    unpaid = rows["state"] == "unpaid"
    if not rows.loc[unpaid, "died"].any() and (rows["state"] == "other").any():
        more = tuple(column[~unpaid.to_numpy()] for column in more)
        rows = rows[~unpaid]
    try:
        return _fit(rows, *more)
    except InputError:
        return None


def _numbers(model: Cox | None, which: int, level: float) -> dict[str, Any]:
    if model is None or which >= model.beta.size:
        return interval_fields(None)
    return interval_fields(model.ratio(which, level))


def _entry(rows: pd.DataFrame, choices: Choices, *more: np.ndarray) -> dict[str, Any]:
    if not rows.loc[rows["state"] == "paid", "died"].any():
        return _numbers(None, 0, choices.level)
    return _numbers(_try(rows, *more), 0, choices.level)


def _robustness(
    dataset: Dataset, choices: Choices, rewards: Any, rows: pd.DataFrame
) -> list[dict[str, Any]]:
    half = choices.dead_after_days / 2
    shorter = _rows(_spans(dataset, half, rewards))
    final = _rows(_spans(dataset, choices.dead_after_days, rewards, last=True))
    silent = _rows(_spans(dataset, choices.dead_after_days, rewards, closing=False))
    aged = rows[rows["created_us"].notna() & (rows["size"] > 0)]
    age = (aged["enter_us"] - aged["created_us"]).clip(lower=0) / DAY_US
    held = (np.log1p(age).to_numpy(), np.log(aged["size"].clip(lower=1)).to_numpy())
    on_age = aged.assign(
        enter=(aged["enter_us"] - aged["created_us"]) / DAY_US,
        leave=(aged["leave_us"] - aged["created_us"]) / DAY_US,
    )
    on_age = on_age[on_age["leave"] > on_age["enter"]]
    return [
        {"name": Text("age and size of the group held fixed", "控制群龄与群规模")}
        | _entry(aged, choices, *held),
        {"name": Text("at the same age instead of on the same day", "同一群龄而非同一天")}
        | _entry(on_age, choices),
        {"name": Text(f"death is a silence of {half:g} days", f"沉默 {half:g} 天即为死亡")}
        | _entry(shorter, choices),
        {"name": Text("closing a group is not its death", "解散不算死亡")}
        | _entry(silent, choices),
        {"name": Text("nobody ever writes again", "此后再无人发言")} | _entry(final, choices),
        {
            "name": Text(
                "paid against not yet paid, both made for a reward", "裂变群内：已发奖 ÷ 未发奖"
            )
        }
        | _entry(rows[rows["state"] != "other"], choices),
    ]


def _counts(rows: pd.DataFrame) -> dict[str, Any]:
    return {
        "groups": int(rows["group"].nunique()),
        "deaths": int(rows["died"].sum()),
        "days_at_risk": float((rows["leave"] - rows["enter"]).sum()),
    }


def _too_few(counts: dict[str, dict[str, Any]]) -> Text:
    paid, other = counts["paid"]["deaths"], counts["other"]["deaths"]
    return Text(
        f"{paid} paid groups and {other} groups with another purpose fell silent: too few to "
        "compare.",
        f"已发奖的群有 {paid} 个、其他用途的群有 {other} 个陷入沉寂：太少，不足以比较。",
    )


def _reason(estimate: float, low: float, high: float, counts: dict[str, dict[str, Any]]) -> Text:
    paid, other = counts["paid"], counts["other"]
    return Text(
        f"Once paid, groups made for a reward fell silent at {estimate:.1f} times the rate of "
        f"groups with another purpose on the same day, between {low:.1f} and {high:.1f} "
        f"({paid['deaths']} of {paid['groups']} against {other['deaths']} of {other['groups']}).",
        f"发奖之后，裂变群陷入沉寂的速率是同一天其他用途的群的 {estimate:.1f} 倍，区间 {low:.1f} "
        f"至 {high:.1f}（{paid['groups']} 个中 {paid['deaths']} 个，对 {other['groups']} 个中 "
        f"{other['deaths']} 个）。",
    )


def _figure(rows: pd.DataFrame) -> dict[str, Any]:
    """Curves of survival: paid groups since payment, the others since their first sign of life."""
    length = (rows["leave"] - rows["enter"]).to_numpy()
    died, state = rows["died"].to_numpy(), rows["state"].to_numpy()
    kinds = [
        (np.zeros(kind.sum()), length[kind], died[kind])
        for kind in (state == "paid", state == "other")
    ]
    return {"lines": life_lines(kinds, length.max(), LAST_DAY)}


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw the share of groups not yet silent: paid ones since payment, and the others."""
    ax = axes(ax)
    chinese = lang == "zh"
    names = (
        ("裂变群，自发奖起", "其他群，自首次有动静起")
        if chinese
        else ("made for a reward, since payment", "other groups, since first seen")
    )
    lines = result.details["figure"]["lines"]
    curves(ax, lines, names, at_risk="群数" if chinese else "groups")
    ax.set_xlabel("天数" if chinese else "days")
    ax.set_ylabel("尚未沉寂的比例" if chinese else "share not yet silent")
    return ax
