"""S18: no group lives without participation, but an engaged core is enough.

Two sentences, two numbers: the size of the core of those who answer one another, and the share of
members who speak at all. Both are taken in a window before the one in which groups may die, and
both are compared at the same number of members and messages: with fewer members a larger share
speaks by arithmetic, and who writes more is silent for less long.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.bootstrap import clustered_variance, effective_clusters
from smallnet.hypotheses.methods.cox import Cox, fit_cox
from smallnet.hypotheses.methods.drawing import BLUE, GREY, ORANGE
from smallnet.hypotheses.methods.forest import forest
from smallnet.hypotheses.methods.group_windows import (
    Windows,
    expected_speakers,
    group_windows,
    reply_cores,
)
from smallnet.hypotheses.methods.knock_out import knock_out, timeline
from smallnet.hypotheses.methods.log_ratios import FARTHEST
from smallnet.hypotheses.methods.splines import natural_spline, quantile_knots
from smallnet.hypotheses.result import (
    Claim,
    Result,
    interval_fields,
    not_testable,
    result_of,
    settle,
)
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import microseconds, posters_only

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

CORE = 2  # everybody in the core answers, or is answered by, so many others of it
BANDS = ((0, 0), (1, 4), (5, 9), (10, None))  # of core size, members
CORES = (3, 5, 8, 12, 20)  # members, of the curve
FEWEST_DEATHS, FEWEST_GROUPS = 10, 20
MOST_WORK = 1_000_000_000  # acts times draws of the simulation

CLAIM = Claim(
    id="S18",
    title=Text("An engaged core keeps a group alive", "核心用户让群活下来"),
    claim=Text(
        "No group lives without participation, but an engaged core is enough "
        "(「没有哪个群是不需要用户参与就能活下来的」「只要你核心的那部分用户…一起嗨」).",
        "没有参与就没有活群，但只要核心用户活跃就够了"
        "（「没有哪个群是不需要用户参与就能活下来的」「只要你核心的那部分用户…一起嗨」）。",
    ),
    needs=("interactions.group", "interactions.reply_to", "memberships"),
    estimand=Text(
        "Hazard of falling silent or being closed in one window, per standard deviation of the "
        "(log) size of the core in the window before, among groups of the same number of members "
        "and messages.",
        "成员数与消息数相同的群中，前一时间窗内核心规模（取对数）每高一个标准差，"
        "在下一时间窗内陷入沉寂或被解散的风险之比。",
    ),
    effect=Text("hazard ratio of death per SD of core size", "核心规模每标准差的死群风险比"),
    null=1.0,
    claimed_side="below",
    ratio=True,
    method=Text(
        "The watch is cut into windows of half of `dead_after`. At each edge, groups that are "
        "alive are described by the window before: core = 2-core of who answered whom among the "
        "members, c; log(1 + c). Cox regression on calendar time over the window after, log size "
        "and log messages held; late entry, censoring `dead_after` before the end; errors "
        "clustered by group, t interval with effective groups as the sample. The share of members "
        "who spoke is taken separately and jointly. Beside it a simulation: as many members as the "
        "core has are taken out of the window after, with all that answers them; those who wrote "
        "most before, against as many at random.",
        "观察期切成长度为 dead_after 一半的时间窗。在每个边界，以前一窗描述仍存活的群："
        "核心为成员间相互回复网络的 2-核，规模 c，取 log(1+c)。对后一窗作以日历时间为轴的 Cox "
        "回归，控制群规模与消息数的对数；左截断，期末前 dead_after 天删失；"
        "按群聚类误差，以有效群数作 t 区间。发言成员的比例另行单独与联合估计。"
        "另作模拟：从后一窗中去掉与核心同样多的成员及一切对其的回复——前一窗发言最多者，"
        "对照随机抽取的同样多成员。",
    ),
    null_model=Text(
        "At the same number of members and messages, who talks with whom does not matter for when "
        "a group falls silent. For the share of speakers: senders drawn at random given volume.",
        "成员数与消息数相同时，谁与谁交谈与群何时沉寂无关。对发言比例：给定消息量，发言者随机抽取。",
    ),
    assumptions=(
        Text("Groups die independently of one another.", "各群的死亡相互独立。"),
        Text(
            "One factor of hazard for each standard deviation, whatever the size of the core; "
            "hazards by band of core size stand beside it.",
            "每个标准差对应同一风险倍数，不论核心大小；另列各核心规模档的风险。",
        ),
    ),
    threats=(
        Text(
            "A group about to die loses its core first (T2): the core may be a sign of life, not "
            "its cause. Only keeping or breaking up cores by chance could tell.",
            "将死之群先失去核心（T2）：核心可能是生机的征兆而非原因，只有随机保留或打散核心才能分辨。",
        ),
        Text(
            "The share of speakers falls with size, and rises with volume, by arithmetic (T5).",
            "发言比例随规模下降、随消息量上升，纯属算术（T5）。",
        ),
        Text(
            "A group that is read but not written in counts as silent (T10), unless reads are "
            "recorded: then they are signs of life in a re-estimate.",
            "只读不写的群被算作沉寂（T10）；若有阅读记录，则另以阅读为生命迹象重新估计。",
        ),
    ),
    why_hard=Text(
        "Groups that live long have more time to grow a core, small groups have a larger share of "
        "speakers by arithmetic, and a group that talks more is by definition less often silent.",
        "活得久的群有更多时间形成核心；小群的发言比例在算术上就更高；说得多的群按定义就较少沉默。",
    ),
    would_refute=Text(
        "A hazard ratio of about 1 for the core at equal size and volume; or groups that are only "
        "read living as long.",
        "在规模与消息量相同时核心的风险比约为1；或只被阅读的群活得一样久。",
    ),
    would_settle=Text(
        "Core members drawn by chance who are paid, or kept, to stay away for a while; and reads.",
        "随机抽取核心成员使其暂时离开的试验；以及阅读记录。",
    ),
)

_SHORT = Text(
    "The watch is too short: it must hold a window that describes the groups, a time in which "
    "they may die, and the silence that is death.",
    "观察期太短：须容纳描述群的时间窗、可能死亡的时段以及判定死亡的沉默时长。",
)
_NO_READS = Text(
    "Reads are not recorded: a group that only reads is counted as dead.",
    "没有阅读记录：只读的群被算作死群。",
)
_POSTERS = Text(
    "Size means people who wrote: the share of speakers is close to all by construction.",
    "规模指发过言的人：发言比例因此必然偏高。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Compare the hazards of death of groups with larger and smaller cores.

    Parameters
    ----------
    dataset : Dataset
        Needs messages in groups, what they answer, and memberships.
    choices : Choices
        Level, smallest effect, and the silence that is death; windows are half as long.
    rng : numpy.random.Generator
        Members taken out at random; nothing else is drawn.

    Returns
    -------
    Result
        ``details``: hazard ratios per SD of the share of speakers, of its excess over speakers
        drawn at random, and of the Gini; core and share jointly; what arithmetic alone gives;
        deaths and days at risk by size of the core; the curve of the hazard over core size; and
        the ``knock_out``: how much would be said, were as many as the core has taken out.

    Raises
    ------
    NotTestableError
        If messages, replies or memberships were not recorded.
    """
    dataset.require(*CLAIM.needs)
    windows = _windows(dataset, choices)
    rows = _described(dataset, windows)
    if rows.empty:
        return not_testable(CLAIM, choices, _SHORT)
    deaths, groups = int(rows["died"].sum()), int(rows["group"].nunique())
    n = {"people": None, "groups": groups, "rows": len(rows), "events": deaths}
    details = _about(rows, choices)
    threats = [*([_POSTERS] if posters_only(dataset) else [])]
    threats += [] if dataset.has("exposures") else [_NO_READS]
    few = deaths < FEWEST_DEATHS or groups < FEWEST_GROUPS or rows["core"].nunique() < 2
    model = None if few else _try(rows, ["core"])
    if model is None:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=_too_few(deaths, groups),
            threats=threats,
            n=n,
            details=details,
        )
    core = _numbers(model, 0, choices.level)
    details |= _parts(rows, choices, core)
    details |= {
        "core_curve": _curve(rows, choices.level),
        "knock_out": _knock_out(dataset, windows, rows, choices, rng),
    }
    estimate, low, high = (core[key] for key in ("estimate", "ci_low", "ci_high"))
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, estimate, low, high),
        reason=_reason(core, details, deaths, groups),
        threats=threats,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=core["p_value"],
        n=n,
        robustness=_robustness(dataset, choices, rows, details),
        details=details,
    )


def _rows(
    dataset: Dataset,
    choices: Choices,
    *,
    dead_after_days: float | None = None,
    window_days: float | None = None,
    signs: ir.Table | None = None,
) -> pd.DataFrame:
    """Give groups at landmarks with what describes them, as it enters a model."""
    windows = _windows(
        dataset, choices, dead_after_days=dead_after_days, window_days=window_days, signs=signs
    )
    return _described(dataset, windows)


def _windows(
    dataset: Dataset,
    choices: Choices,
    *,
    dead_after_days: float | None = None,
    window_days: float | None = None,
    signs: ir.Table | None = None,
) -> Windows:
    return group_windows(
        dataset,
        window_days=window_days or choices.dead_after_days / 2,
        dead_after_days=dead_after_days or choices.dead_after_days,
        signs=signs,
    )


def _described(dataset: Dataset, windows: Windows) -> pd.DataFrame:
    rows = windows.rows
    n, said = rows["size"].astype(float), rows["said"].astype(float)
    chance = expected_speakers(n, said)
    speakers = rows["speakers"].astype(float)
    cores = reply_cores(dataset, windows, k=(CORE, CORE + 1))
    return rows.assign(
        members_of_core=cores[:, 0],
        core=np.log1p(cores[:, 0]),
        tight_core=np.log1p(cores[:, 1]),
        share=speakers / n,
        expected_share=chance / n,
        excess=np.log((speakers + 0.5) / (chance + 0.5)),
        log_size=np.log(n),
        log_messages=np.log1p(rows["messages"]),
    )


def _fit(rows: pd.DataFrame, names: Sequence[str], held: Sequence[str]) -> Cox:
    x = rows[[*names, *held]].to_numpy(dtype=float)
    spread = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    x = x[:, (spread > 0) | (np.arange(x.shape[1]) < len(names))]
    cluster = pd.factorize(rows["group"])[0]
    return fit_cox(rows["enter"], rows["leave"], rows["died"], x, cluster=cluster)


def _try(
    rows: pd.DataFrame,
    names: Sequence[str],
    held: Sequence[str] = ("log_size", "log_messages"),
) -> Cox | None:
    """Fit log hazard ratios per SD of what is named; None where nothing tells groups apart."""
    rows = rows.dropna(subset=list(names))
    if rows.empty:
        return None
    try:
        return _fit(rows, names, held)
    except InputError:
        return None


def _numbers(model: Cox | None, which: int, level: float) -> dict[str, Any]:
    if model is None:
        return interval_fields(None) | {"p_value": None}
    p_value = float(model.p_values()[which])
    return interval_fields(model.ratio(which, level)) | {"p_value": p_value}


def _about(rows: pd.DataFrame, choices: Choices) -> dict[str, Any]:
    """Say what stands beside the estimate whether or not there is one."""
    return {
        "dead_after_days": choices.dead_after_days,
        "window_days": choices.dead_after_days / 2,
        "landmarks": int(rows["landmark"].nunique()),
        "core": {
            "median": float(rows["members_of_core"].median()),
            "without": float((rows["members_of_core"] == 0).mean()),
            "sd_of_log": float(rows["core"].std(ddof=0)),
        },
        "speaker_share": float(rows["share"].mean()),
        "speaker_share_if_random": float(rows["expected_share"].mean()),
        "by_core": [_band(rows, low, high, choices.level) for low, high in BANDS],
    }


def _band(rows: pd.DataFrame, low: int, high: int | None, level: float) -> dict[str, Any]:
    """Deaths per day at risk of groups whose core has so many members, exact Poisson interval."""
    inside = rows["members_of_core"].ge(low)
    inside &= rows["members_of_core"].le(np.inf if high is None else high)
    deaths = int(rows.loc[inside, "died"].sum())
    days = float((rows["leave"] - rows["enter"])[inside].sum())
    tail = (1 - level) / 2
    known = days > 0
    return {
        "from": low,
        "to": high,
        "deaths": deaths,
        "days_at_risk": days,
        "hazard": deaths / days if known else None,
        "ci_low": float(stats.gamma.ppf(tail, deaths) / days) if known and deaths else 0.0,
        "ci_high": float(stats.gamma.isf(tail, deaths + 1) / days) if known else None,
    }


def _parts(rows: pd.DataFrame, choices: Choices, core: dict[str, Any]) -> dict[str, Any]:
    """Participation separately and jointly, and what arithmetic alone would give."""
    level = choices.level
    both = _try(rows, ["core", "share"])
    jointly = {"core": _numbers(both, 0, level), "participation": _numbers(both, 1, level)}
    share = _numbers(_try(rows, ["share"]), 0, level)
    arithmetic = _numbers(_try(rows, ["expected_share"], ()), 0, level)
    return {
        "participation": share,
        "participation_over_random": _numbers(_try(rows, ["excess"]), 0, level),
        "gini": _numbers(_try(rows, ["gini"]), 0, level),
        "jointly": jointly,
        "participation_by_arithmetic": arithmetic,
        "figure": {
            "core": core,
            "participation": share,
            "core_jointly": jointly["core"],
            "participation_jointly": jointly["participation"],
            "by_arithmetic": arithmetic,
        },
    }


def _spline(
    rows: pd.DataFrame,
) -> tuple[Cox, np.ndarray, Callable[[np.ndarray], np.ndarray]] | None:
    """Fit the hazard as a natural spline of log(1 + core).

    Returns the model, what one unit of each of its coefficients is worth, and the columns at any
    values of the core; None where cores hardly differ.
    """
    knots = quantile_knots(rows["core"], 4)
    if knots.size < 3:
        return None
    basis = natural_spline(rows["core"], knots)
    names = [f"bend_{i}" for i in range(basis.shape[1])]
    model = _try(rows.assign(**dict(zip(names, basis.T, strict=True))), names)
    if model is None:
        return None
    return model, basis.std(axis=0), lambda values: natural_spline(values, knots)


def _between(fitted: Any, low: float, high: float, level: float) -> dict[str, Any]:
    """Hazard ratio of the spline at one value of log(1 + core) over that at another."""
    model, spread, columns = fitted
    apart = np.diff(columns(np.array([low, high])), axis=0)[0] / spread
    k = apart.size
    error = max(apart @ cov[:k, :k] @ apart for cov in (model.cov_clustered, model.cov))
    half = stats.t.ppf((1 + level) / 2, model.freedom[:k].min()) * np.sqrt(error)
    middle = float(apart @ model.beta[:k])
    bounds = np.exp(np.clip([middle, middle - half, middle + half], -FARTHEST, FARTHEST))
    return interval_fields(bounds.tolist())


def _curve(rows: pd.DataFrame, level: float) -> list[dict[str, Any]]:
    """Hazard of groups by the size of their core, over that of groups without one; by a spline."""
    fitted = _spline(rows)
    most = rows["members_of_core"].max()
    sizes = [size for size in CORES if size <= most]
    return [
        {"core": size} | _between(fitted, 0.0, float(np.log1p(size)), level)
        for size in (sizes if fitted is not None else [])
    ]


def _knock_out(
    dataset: Dataset,
    windows: Windows,
    rows: pd.DataFrame,
    choices: Choices,
    rng: np.random.Generator,
) -> dict[str, Any] | None:
    """Take out as many as the core has: the most active before, or members at random."""
    core, line = rows["members_of_core"].to_numpy(), timeline(dataset, windows)
    draws = int(np.clip(MOST_WORK // max(line.row.size, 1), 19, choices.replicates))
    out = knock_out(line, core, draws=draws, rng=rng)
    told = (core > 0) & (core < rows["size"].to_numpy()) & np.isfinite(out.without_top)
    code = pd.factorize(rows["group"][told])[0]
    if not told.any() or code.max() < FEWEST_GROUPS - 1:
        return None

    def against(top: np.ndarray, random: np.ndarray) -> dict[str, Any]:
        gap = (top - random)[told]
        middle = float(gap.mean())
        moved = (gap - middle) / gap.size
        many = effective_clusters(np.ones(gap.size), code)
        half = float(stats.t.ppf((1 + choices.level) / 2, max(many - 1, 1)))
        half *= float(np.sqrt(clustered_variance(moved, code)))
        return {
            "without_the_most_active": float(top[told].mean()),
            "without_as_many_at_random": float(random[told].mean()),
            "difference": interval_fields((middle, middle - half, middle + half)),
        }

    return {
        "windows": int(told.sum()),
        "taken_out": float(core[told].mean()),
        "messages_left": against(out.without_top, out.without_random),
        "nothing_left": against(out.silent_top, out.silent_random),
    }


def _reads(dataset: Dataset) -> ir.Table:
    """Shares in groups that somebody saw, as signs of life."""
    posted = dataset["shares"].filter(_.group.notnull()).select("share", "group")
    seen = dataset["exposures"].select("share", at_us=microseconds(_.seen_at))
    return posted.join(seen, "share").select("group", "at_us")


def _robustness(
    dataset: Dataset, choices: Choices, rows: pd.DataFrame, details: dict[str, Any]
) -> list[dict[str, Any]]:
    def entry(name: Text, numbers: dict[str, Any]) -> dict[str, Any]:
        return {"name": name} | {key: numbers[key] for key in ("estimate", "ci_low", "ci_high")}

    def again(**change: Any) -> dict[str, Any]:
        other = _rows(dataset, choices, **change)
        return _numbers(_try(other, ["core"]) if len(other) else None, 0, choices.level)

    half = choices.dead_after_days / 2
    raw = rows.assign(core=rows["members_of_core"].astype(float))
    bent = rows.assign(
        size_squared=(rows["log_size"] - rows["log_size"].mean()) ** 2,
        messages_squared=(rows["log_messages"] - rows["log_messages"].mean()) ** 2,
    )
    curved = _try(bent, ["core"], ("log_size", "log_messages", "size_squared", "messages_squared"))
    entries = [
        entry(
            Text("share of speakers held fixed too", "同时控制发言比例"),
            details["jointly"]["core"],
        ),
        entry(
            Text("share of members who spoke, instead of the core", "以发言比例代替核心"),
            details["participation"],
        ),
        entry(
            Text(
                "speakers beyond those expected at random, instead of the core",
                "以超出随机预期的发言人数代替核心",
            ),
            details["participation_over_random"],
        ),
        entry(
            Text("size and volume not held (for comparison)", "不控制规模与消息量（仅供对照）"),
            _numbers(_try(rows, ["core"], ()), 0, choices.level),
        ),
        entry(
            Text("size and volume held as curves", "以曲线控制规模与消息量"),
            _numbers(curved, 0, choices.level),
        ),
        {
            "name": Text(
                "core as a spline: half an SD above its mean against half below",
                "核心规模取样条：均值上方半个标准差与下方半个标准差之比",
            )
        }
        | _around_the_mean(rows, choices.level),
        entry(
            Text("core size not logged", "核心规模不取对数"),
            _numbers(_try(raw, ["core"]), 0, choices.level),
        ),
        entry(
            Text("core of three ties each", "3-核"),
            _numbers(_try(rows, ["tight_core"]), 0, choices.level),
        ),
        entry(
            Text(f"windows of {2 * half:g} days", f"时间窗为 {2 * half:g} 天"),
            again(window_days=2 * half),
        ),
        entry(
            Text(f"death is a silence of {half:g} days", f"沉默 {half:g} 天即为死亡"),
            again(dead_after_days=half),
        ),
    ]
    if dataset.has("exposures") and dataset.has("shares.group"):
        entries.append(
            entry(
                Text("a read is a sign of life too", "阅读也算生命迹象"),
                again(signs=_reads(dataset)),
            )
        )
    return entries


def _around_the_mean(rows: pd.DataFrame, level: float) -> dict[str, Any]:
    fitted = _spline(rows)
    if fitted is None:
        return interval_fields(None)
    middle, half = float(rows["core"].mean()), float(rows["core"].std(ddof=0)) / 2
    return _between(fitted, middle - half, middle + half, level)


def _too_few(deaths: int, groups: int) -> Text:
    return Text(
        f"{deaths} deaths among {groups} groups that were described before are too few to tell, "
        "or no group has a core.",
        f"事先有描述的 {groups} 个群中仅 {deaths} 个死亡，不足以判断，或没有群有核心。",
    )


def _reason(core: dict[str, Any], details: dict[str, Any], deaths: int, groups: int) -> Text:
    share, none = details["participation"], details["core"]["without"]
    en = (
        f"At equal size and volume, groups whose core was one standard deviation larger died at "
        f"{core['estimate']:.2f} times the rate in the window after, between "
        f"{core['ci_low']:.2f} and {core['ci_high']:.2f} ({deaths} deaths in {groups} groups; "
        f"{none:.0%} of the windows had no core)."
    )
    zh = (
        f"规模与消息量相同时，核心大一个标准差的群在下一时间窗的死亡率是 "
        f"{core['estimate']:.2f} 倍，区间 {core['ci_low']:.2f} 至 "
        f"{core['ci_high']:.2f}（{groups} 个群，{deaths} 次死亡；{none:.0%} 的时间窗没有核心）。"
    )
    if share["estimate"] is not None:
        en += (
            f" For the share of members who spoke it is {share['estimate']:.2f}, between "
            f"{share['ci_low']:.2f} and {share['ci_high']:.2f}."
        )
        zh += (
            f"对发言成员比例为 {share['estimate']:.2f}，区间 {share['ci_low']:.2f} 至 "
            f"{share['ci_high']:.2f}。"
        )
    out = details.get("knock_out")
    if out is not None:
        left = out["messages_left"]
        top, random = left["without_the_most_active"], left["without_as_many_at_random"]
        en += (
            f" Were as many as the core has taken out, and nobody stepped in, {top:.0%} of the "
            f"messages of the window after would be left without those who wrote most before, "
            f"{random:.0%} without as many at random."
        )
        zh += (
            f"若去掉与核心同样多的成员且无人补位：去掉此前发言最多者，后一窗剩 {top:.0%} 的消息；"
            f"随机去掉同样多人，剩 {random:.0%}。"
        )
    return Text(en, zh)


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw the hazard ratios per SD of core and of speakers, alone and jointly."""
    zh = lang == "zh"
    found = result.details["figure"]
    names = {
        "core": ("core size", "核心规模", BLUE, "o"),
        "participation": ("share of speakers", "发言比例", ORANGE, "s"),
        "core_jointly": ("core, jointly", "核心（联合）", BLUE, "o"),
        "participation_jointly": ("speakers, jointly", "发言比例（联合）", ORANGE, "s"),
        "by_arithmetic": ("speakers, arithmetic alone", "发言比例，仅算术", GREY, "D"),
    }
    rows = [
        (chinese if zh else english, found[key], colour, marker)
        for key, (english, chinese, colour, marker) in names.items()
    ]
    ax = forest(ax, rows, null=1.0, log=True)
    ax.set_xlabel("每标准差的死群风险比" if zh else "hazard ratio of death per SD")
    return ax
