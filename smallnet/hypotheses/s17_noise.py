"""S17: noise kills: who opens 99 unread messages and finds 80 times "1" mutes the group or leaves.

A group that repeats itself also talks more, or is paid to, or has other people in it. So days of
one group are compared with other days of the same group, the number of messages stands beside
their redundancy as a term of its own, and only what was said before the day counts.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from smallnet.errors import InputError, NotTestableError
from smallnet.hypotheses.methods.conditional_poisson import fit_conditional_poisson
from smallnet.hypotheses.methods.drawing import BLUE, GREY, ORANGE, axes
from smallnet.hypotheses.methods.noise_panel import (
    FEWEST_TEXTS,
    WINDOW_DAYS,
    NoisePanel,
    noise_panel,
)
from smallnet.hypotheses.methods.permutation import permutation_p
from smallnet.hypotheses.methods.redundancy import entropy_of, redundancy_of, turned_on
from smallnet.hypotheses.methods.within import LEANS_WIDE, Within
from smallnet.hypotheses.result import (
    Claim,
    Result,
    interval_fields,
    not_testable,
    result_of,
    settle,
)
from smallnet.tables import Choices, Dataset, Text

__all__ = ["CLAIM", "plot", "test"]

FEWEST_GROUPS, FEWEST_EVENTS = 5, 15
MOST_PERIODS = 12
MOST_SHIFTS = 199  # of the null: enough for a p-value beside the main one
QUOTED = (80, *(1,) * 19)  # 80 of 99 texts are "1"
OTHER_WINDOWS = (3, 14)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CLAIM = Claim(
    id="S17",
    title=Text("Noise drives members away", "刷屏噪音赶走成员"),
    claim=Text(
        "Noise kills a group: 「打开“99+”,发现80+个“1”」, and one mutes it or leaves.",
        "噪音毁掉一个群：「打开“99+”,发现80+个“1”」，于是屏蔽或退群。",
    ),
    needs=("interactions.fingerprint", "memberships"),
    estimand=Text(
        "Hazard of muting or leaving a group on a day, per 0.1 of the redundancy (1 − H/log₂ n) of "
        f"the texts of the {WINDOW_DAYS} days before, same group and same number of messages.",
        f"成员某日屏蔽或退群的风险，随此前 {WINDOW_DAYS} 天文本冗余度（1 − H/log₂ n）每增加 0.1 的"
        "倍数；同一群、同样的消息数。",
    ),
    effect=Text(
        "hazard ratio of muting or leaving per 0.1 redundancy", "每 0.1 冗余度的屏蔽或退群风险比"
    ),
    null=1.0,
    claimed_side="above",
    ratio=True,
    method=Text(
        "Discrete hazard by group and day: Poisson conditional on the group, with log2 of the "
        "messages in the window, periods of the calendar and newcomers as further terms; errors "
        "clustered by group (jackknife), Student's t with effective groups as the sample. Beside "
        "it a test that moves the texts round within each group, which keeps volume and bursts.",
        "按群与日的离散风险：以群为条件的泊松回归，另含窗口内消息数的对数、日历时段与新成员各项；"
        "按群聚类误差（刀切法），以有效群数作 t 区间。并附在群内轮转文本的检验，消息数与爆发不变。",
    ),
    null_model=Text(
        "What was said has nothing to do with when members mute or leave: the same messages at the "
        "same moments, their texts moved on in time within the group.",
        "说了什么与成员何时屏蔽或退群无关：消息时刻不变，文本在群内沿时间轮转。",
    ),
    assumptions=(
        Text(
            "Who mutes has seen the messages of the days before.",
            "屏蔽者看到了此前数日的消息。",
        ),
        Text(
            "Equal fingerprints are equal words; images and voice are not counted as repeated.",
            "指纹相同即文字相同；图片和语音不计入重复。",
        ),
    ),
    threats=(
        LEANS_WIDE,
        Text(
            "Templates are often what an incentive or a check-in asks for (S20): the reward, or "
            "its end, may be what makes people mute.",
            "复读常是激励或打卡所要求的（S20）：使人屏蔽的可能是奖励或其结束。",
        ),
        Text(
            "Operators start such games when a group is going down already (T4, T14).",
            "运营者往往在群已走下坡时才发起这类活动（T4、T14）。",
        ),
        Text(
            'In check-in groups a "1" is the point and no noise.',
            "在打卡群里，“1”正是目的而非噪音。",
        ),
    ),
    why_hard=Text(
        "Repetition comes with volume, with games and with certain groups, and the redundancy of a "
        "window moves with the number of its messages by arithmetic.",
        "重复总与消息多、活动和特定的群同在，而窗口冗余度又随消息数机械变化。",
    ),
    would_refute=Text(
        "A hazard ratio of about 1 at a fixed number of messages, or folding template replies that "
        "does not lower muting.",
        "消息数不变时风险比约为 1，或折叠复读后屏蔽并未减少。",
    ),
    would_settle=Text(
        "Groups in which chance decides whether template replies are folded into one line.",
        "随机决定是否把复读折叠为一行的群。",
    ),
)

_NO_EXITS = Text(
    "Not testable: neither the moments of muting nor those of leaving were recorded, or none "
    "happened.",
    "无法检验：屏蔽与退群的时刻都没有记录，或从未发生。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Relate the redundancy of a week's texts to muting and leaving on the day after.

    Parameters
    ----------
    dataset : Dataset
        Needs fingerprints of texts, and moments of muting or of leaving.
    choices : Choices
        Level, smallest effect, and draws of the null (199 at most).
    rng : numpy.random.Generator
        Moves texts round.

    Returns
    -------
    Result
        ``details``: muting and leaving apart, the ratio per doubling of messages, ``p_shifted``
        (texts moved round within groups), the redundancy of these groups beside the quoted case.

    Raises
    ------
    NotTestableError
        If texts have no fingerprint.
    """
    dataset.require(*CLAIM.needs)
    muting = dataset.covers("muting") and dataset.has("memberships.muted_at")
    leaving = dataset.covers("leaving") and dataset.has("memberships.left_at")
    if not (muting or leaving):
        return not_testable(CLAIM, choices, _NO_EXITS)
    panel = noise_panel(dataset, muting=muting, leaving=leaving)
    if panel is None:
        raise NotTestableError(("texts with a fingerprint in groups with members",))
    red = panel.redundancy()
    events = panel.mutes + panel.leaves
    known = np.isfinite(red) & (panel.at_risk.sum(axis=0) > 0)
    counted = np.where(known, events, 0.0)
    n = {
        "people": None,
        "groups": int((counted.sum(axis=(0, 2)) > 0).sum()),
        "rows": int(known.sum()),
        "events": int(counted.sum()),
    }
    details = _details(panel, red, known)
    threats = _threats(panel, known, muting=muting, leaving=leaving)
    model = _try(panel, red, events)
    if model is None:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=Text(
                f"{n['events']} mutes and exits in {n['groups']} groups on days after a week with "
                f"at least {FEWEST_TEXTS} texts are too few to compare days of one group.",
                f"在此前一周至少有 {FEWEST_TEXTS} 条文本的日子里，{n['groups']} 个群共有 "
                f"{n['events']} 次屏蔽或退群，不足以比较同一群的不同日子。",
            ),
            threats=threats,
            n=n,
            details=details,
        )
    estimate, low, high = model.ratio(0, choices.level)
    volume = model.ratio(1, choices.level)
    details |= {
        "per_doubling_of_messages": interval_fields(volume),
        "effective_groups": float(model.effective_clusters[0]),
        "p_shifted": _shifted(panel, red, events, choices, rng),
        "muting": _entry("muting", panel, red, panel.mutes, choices),
        "leaving": _entry("leaving", panel, red, panel.leaves, choices),
    }
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, estimate, low, high),
        reason=_reason((estimate, low, high), volume[0], n, details),
        threats=threats,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=float(model.p_values()[0]),
        n=n,
        robustness=_robustness(panel, red, events, choices),
        details=details,
    )


def _design(
    panel: NoisePanel,
    red: FloatArray,
    events: FloatArray,
    *,
    window: int = WINDOW_DAYS,
    volume: bool = True,
    drop: npt.NDArray[np.bool_] | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray, IntArray] | None:
    """Rows of group, day and newcomers or not: events, risk, covariates, group, day."""
    known = np.isfinite(red) & (panel.at_risk > 0)
    if drop is not None:
        known = known & ~drop
    new, group, day = np.nonzero(known)
    if not new.size:
        return None
    y = events[known]
    length = max(7, -(-panel.shape[1] // MOST_PERIODS))
    period = day // length
    alive = np.bincount(period, y)[period] > 0
    by_kind = np.bincount(new, y, 2)
    alive &= by_kind[new] > 0
    new, group, day, y, period = new[alive], group[alive], day[alive], y[alive], period[alive]
    columns = [red[group, day] / 0.1]
    if volume:
        columns.append(np.log2(1.0 + panel.said(window)[group, day]))
    if (by_kind > 0).all():
        columns.append(new.astype(float))
    for one in np.unique(period)[1:]:
        columns.append((period == one).astype(float))
    risk = panel.at_risk[new, group, day]
    return y, risk, np.column_stack(columns), group.astype(np.int64), day.astype(np.int64)


def _try(panel: NoisePanel, red: FloatArray, events: FloatArray, **how: Any) -> Within | None:
    """Fit; None where events are too few, or nothing differs within groups."""
    made = _design(panel, red, events, **how)
    if made is None:
        return None
    y, risk, x, group, _day = made
    if y.sum() < FEWEST_EVENTS or np.unique(group[y > 0]).size < FEWEST_GROUPS:
        return None
    try:
        return fit_conditional_poisson(y, risk, x, group, clusters=[group])
    except InputError:
        return None


def _shifted(
    panel: NoisePanel,
    red: FloatArray,
    events: FloatArray,
    choices: Choices,
    rng: np.random.Generator,
) -> float | None:
    """Score of redundancy against that with the texts moved round within groups."""
    made = _design(panel, red, events)
    if made is None:
        return None
    y, risk, x, group, day = made
    try:
        null = fit_conditional_poisson(y, risk, x[:, 1:], group)
    except InputError:
        return None
    rate = risk * np.exp(x[:, 1:] @ null.beta)
    rate *= (np.bincount(group, y) / np.maximum(np.bincount(group, rate), 1e-300))[group]
    residual = y - rate

    def score(values: FloatArray) -> float:
        return float(residual @ values[group, day])

    drawn = [
        score(panel.redundancy(turned_on(panel.group, panel.kind, groups=panel.shape[0], rng=rng)))
        for _draw in range(min(choices.replicates, MOST_SHIFTS))
    ]
    return permutation_p(score(red), drawn)


def _entry(
    name: Text | str,
    panel: NoisePanel,
    red: FloatArray,
    events: FloatArray,
    choices: Choices,
    **how: Any,
) -> dict[str, Any]:
    model = _try(panel, red, events, **how)
    return {"name": name} | interval_fields(
        None if model is None else model.ratio(0, choices.level)
    )


def _robustness(
    panel: NoisePanel, red: FloatArray, events: FloatArray, choices: Choices
) -> list[dict[str, Any]]:
    rows = [
        _entry(Text("muting alone", "只看屏蔽"), panel, red, panel.mutes, choices),
        _entry(Text("leaving alone", "只看退群"), panel, red, panel.leaves, choices),
        _entry(
            Text(
                "messages not held fixed (biased: for comparison)", "不控制消息数（有偏，仅供对照）"
            ),
            panel,
            red,
            events,
            choices,
            volume=False,
        ),
        *(
            _entry(
                Text(f"texts of {window} days before", f"此前 {window} 天的文本"),
                panel,
                panel.redundancy(window=window),
                events,
                choices,
                window=window,
            )
            for window in OTHER_WINDOWS
        ),
    ]
    if panel.paid.any():
        name = Text("without days near a paid event or a game", "不计邻近激励或活动的日子")
        rows.append(_entry(name, panel, red, events, choices, drop=panel.paid))
    return rows


def _details(panel: NoisePanel, red: FloatArray, known: npt.NDArray[np.bool_]) -> dict[str, Any]:
    middle = [float(q) for q in np.quantile(red[known], [0.1, 0.5, 0.9])] if known.any() else None
    top = red[known].max() if known.any() else np.nan
    return {
        "window_days": WINDOW_DAYS,
        "quoted_case": {
            "entropy_bits": entropy_of(QUOTED),
            "entropy_max_bits": float(np.log2(sum(QUOTED))),
            "redundancy": redundancy_of(QUOTED),
        },
        "redundancy_quantiles": middle,
        "largest_redundancy": float(top),
        "group_days_as_redundant_as_quoted": float((red[known] >= redundancy_of(QUOTED)).mean())
        if known.any()
        else None,
        "group_days_near_paid_events": float(panel.paid[known].mean()) if known.any() else None,
        "mutes": int(panel.mutes.sum()),
        "leaves": int(panel.leaves.sum()),
        "figure": _figure(panel, red, known),
    }


def _threats(
    panel: NoisePanel, known: npt.NDArray[np.bool_], *, muting: bool, leaving: bool
) -> list[Text]:
    threats = []
    if known.any() and panel.paid[known].any():
        share = float(panel.paid[known].mean())
        threats.append(
            Text(
                f"{share:.0%} of the group-days lie near an incentive or a game, which asks for "
                "templates: see the re-estimate without them.",
                f"{share:.0%} 的群日邻近激励或活动，而这些活动要求复读：见剔除后的复核。",
            )
        )
    if not muting:
        threats.append(
            Text(
                "Moments of muting are not known: only leaving counts.", "屏蔽时刻未知：只计退群。"
            )
        )
    if not leaving:
        threats.append(
            Text(
                "Moments of leaving are not known: only muting counts.", "退群时刻未知：只计屏蔽。"
            )
        )
    return threats


def _figure(panel: NoisePanel, red: FloatArray, known: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Observed over expected events by redundancy, where each group has its own rate."""
    if not known.any():
        return {"low": [], "high": [], "ratio": [], "events": [], "expected": []}
    events = (panel.mutes + panel.leaves).sum(axis=0)
    risk = panel.at_risk.sum(axis=0)
    by_group = np.where(known, events, 0).sum(axis=1) / np.maximum(
        np.where(known, risk, 0).sum(axis=1), 1e-12
    )
    expected = risk * by_group[:, None]
    cuts = np.unique(np.quantile(red[known], np.linspace(0, 1, 6)))
    band = np.clip(np.searchsorted(cuts, red[known], side="right") - 1, 0, max(len(cuts) - 2, 0))
    many, mean = np.bincount(band, events[known]), np.bincount(band, expected[known])
    use = mean > 0
    middle = np.bincount(band, red[known]) / np.maximum(np.bincount(band), 1)
    return {
        "redundancy": middle[use].tolist(),
        "ratio": (many[use] / mean[use]).tolist(),
        "events": many[use].tolist(),
        "expected": mean[use].tolist(),
        "quoted": redundancy_of(QUOTED),
    }


def _reason(
    ratio: tuple[float, float, float], volume: float, n: dict[str, Any], details: dict[str, Any]
) -> Text:
    estimate, low, high = ratio
    return Text(
        f"Per 0.1 more redundancy of the week before, members of the same group mute it or leave "
        f"at {estimate:.2f} times the rate [{low:.2f}, {high:.2f}], at the same number of messages "
        f"({n['events']} mutes and exits in {n['groups']} groups); per doubling of messages at "
        f"{volume:.2f} times. The quoted 80 of 99 are a redundancy of "
        f"{details['quoted_case']['redundancy']:.2f}; here the median is "
        f"{details['redundancy_quantiles'][1]:.2f}.",
        f"消息数相同时，此前一周冗余度每高 0.1，同一群成员屏蔽或退群的风险为 {estimate:.2f} 倍 "
        f"[{low:.2f}, {high:.2f}]（{n['groups']} 个群，{n['events']} 次）；消息数每翻一倍为 "
        f"{volume:.2f} 倍。所引“99 条中 80 条”的冗余度为 "
        f"{details['quoted_case']['redundancy']:.2f}，这里的中位数为 "
        f"{details['redundancy_quantiles'][1]:.2f}。",
    )


def plot(result: Result, ax: Any = None, *, lang: str = "en") -> Any:
    """Draw mutes and exits over those expected of the group, by the redundancy of the week."""
    drawn = axes(ax)
    chinese = lang == "zh"
    figure = result.details["figure"]
    x, ratio = (np.asarray(figure[key], float) for key in ("redundancy", "ratio"))
    error = np.sqrt(np.maximum(figure["events"], 1)) / np.asarray(figure["expected"], float)
    drawn.errorbar(
        x,
        ratio,
        yerr=np.vstack([np.minimum(error, ratio), error]),
        fmt="o",
        color=BLUE,
        label="观察到的（±1 标准误）" if chinese else "observed (± 1 standard error)",
    )
    if result.estimate is not None and x.size:
        grid = np.linspace(x.min(), x.max(), 50)
        weight = np.asarray(figure["expected"], float)
        level = float(np.average(ratio, weights=weight))
        shape = result.estimate ** (grid / 0.1)
        shape *= level / np.average(result.estimate ** (x / 0.1), weights=weight)
        name = "同群、同样消息数的拟合比率" if chinese else "fitted ratio, same group and volume"
        drawn.plot(grid, shape, color=ORANGE, ls="--", label=name)
    drawn.axhline(1.0, color=GREY, lw=1)
    quoted = "所引的“99 条中 80 条”" if chinese else "the quoted 80 of 99"
    drawn.axvline(figure.get("quoted", np.nan), color=GREY, ls=":", lw=1.5, label=quoted)
    drawn.set_ylim(bottom=0)
    drawn.set_xlabel(
        "此前一周文本的冗余度" if chinese else "redundancy of the texts of the week before"
    )
    drawn.set_ylabel(
        "屏蔽与退群 ÷ 该群的期望" if chinese else "mutes and exits ÷ expected of the group"
    )
    drawn.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=2, frameon=False)
    return drawn
