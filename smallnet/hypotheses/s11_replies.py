"""S11: interaction is the time currency: newcomers who are answered stay.

Replies received in the first week since joining are counted at a landmark, day 7, and leaving is
watched from then on. Only who writes can be answered, so what newcomers wrote themselves is held
fixed: the question is whether the answers hold them, not whether talkative people stay.
"""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from ibis import _
from scipy import stats

from smallnet.errors import InputError, NotTestableError
from smallnet.hypotheses.methods.cox import Cox, fit_cox
from smallnet.hypotheses.methods.drawing import BLUE, ORANGE, axes
from smallnet.hypotheses.methods.stays import newcomers
from smallnet.hypotheses.result import (
    Claim,
    Result,
    interval_fields,
    not_testable,
    result_of,
    settle,
)
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import DAY_US, posters_only, talk

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

LANDMARK_DAY = 7.0
FEWEST_GROUPS, FEWEST_EXITS, FEWEST_ANSWERED = 5, 10, 10
BANDS = (0, 1, 2, 4, 8)  # of the figure: 0, 1, 2-3, 4-7, 8 and more replies

CLAIM = Claim(
    id="S11",
    title=Text("Who is answered stays", "有人回应就留下"),
    claim=Text(
        "Interaction is the time currency of a group: the more of it a member gets, the longer "
        "the member stays (「用户停留的时间越长,表明社群对用户的影响就越大」).",
        "互动是社群的“时间货币”：成员得到的互动越多，留得越久"
        "（「用户停留的时间越长,表明社群对用户的影响就越大」）。",
    ),
    needs=("interactions.reply_to", "memberships.joined_at", "coverage.leaving"),
    estimand=Text(
        "Among newcomers still in on day 7 since joining: the hazard of leaving afterwards, per "
        "doubling of one plus the replies received until then, in the same group, among those "
        "who wrote equally much.",
        "在加入后第7日仍在群的新人中：此后退出的风险，按此前收到的回复数加一每翻一倍计，"
        "在同一群、发言量相同者之间比较。",
    ),
    effect=Text(
        "hazard ratio of leaving per doubling of replies received", "收到的回复每翻一倍的退出风险比"
    ),
    null=1.0,
    claimed_side="below",
    ratio=True,
    method=Text(
        "Landmark at day 7; Cox regression on time since joining with a baseline for each group, "
        "log2 of one plus the own messages of the first week held fixed; errors clustered by group "
        "(jackknife), t interval with effective groups as the sample.",
        "以第7日为界标；以加入后时间为轴的 Cox 回归，每群各有基线风险，控制首周本人发言数加一的"
        "对数（底为2）；按群聚类误差（刀切法），以有效群数作 t 区间。",
    ),
    null_model=Text(
        "Leaving after the landmark depends on what one wrote, not on the replies to it.",
        "界标之后的退出取决于本人发言多少，而与是否得到回复无关。",
    ),
    assumptions=(
        Text(
            "Each doubling changes the hazard by the same factor; the first reply counts as one.",
            "每翻一倍，风险按同一倍数变化；第一次回复算作一次翻倍。",
        ),
    ),
    threats=(
        Text(
            "What is worth an answer may come from people who would stay anyway (T1), and people "
            "answer those who answer them (T2).",
            "值得回复的内容可能来自本来就会留下的人（T1），而人们又会回复回复自己的人（T2）。",
        ),
        Text(
            "A reply is only seen where the messenger marks what it answers; most answers in a "
            "chat are not marked (T10).",
            "只有标明所答消息的回复才看得到；聊天中多数回应并不标明（T10）。",
        ),
        Text(
            "People who left before day 7 are not in the comparison.",
            "第7日前退出的人不在比较之内。",
        ),
    ),
    why_hard=Text(
        "Replies pile up only while one stays (T15), and only for those who write: total replies "
        "predict staying by construction, and volume is not interaction.",
        "只有留下并发言的人才会积累回复（T15）：回复总数必然能“预测”留存，而发言量并不等于互动。",
    ),
    would_refute=Text(
        "A ratio of 1 or more for replies, while the number of own messages does predict staying.",
        "回复的风险比不低于1，而本人发言数却能预测留存。",
    ),
    would_settle=Text(
        "Newcomers whose first messages are brought to the attention of others by chance.",
        "随机地把部分新人的首次发言推给他人看见。",
    ),
)

_UNANSWERED = Text(
    "No newcomer received a reply that names what it answers: the replies of these newcomers were "
    "not recorded, or there were none, and the two cannot be told apart.",
    "没有新人收到标明所答消息的回复：是没有记录还是没有回复，无法区分。",
)
_POSTERS = Text(
    "Membership means having written: newcomers who only read are not seen.",
    "成员指发过言的人：看不到只读不写的新人。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Relate replies received in the first week to the hazard of leaving afterwards.

    Parameters
    ----------
    dataset : Dataset
        Needs moments of joining and leaving, and which message a reply answers.
    choices : Choices
        Level and smallest effect.
    rng : numpy.random.Generator
        Not used: nothing here is drawn.

    Returns
    -------
    Result
        ``details``: the ratio per doubling of own messages, shares of newcomers who wrote and
        were answered, exits by number of replies.

    Raises
    ------
    NotTestableError
        If joining, leaving or what replies answer was not recorded.
    """
    del rng
    dataset.require(*CLAIM.needs)
    stays = _stays(dataset, LANDMARK_DAY)
    if stays.empty:
        raise NotTestableError(("memberships that are watched from joining to day 7",))
    answered = stays["replies"] > 0
    if not answered.any():
        return not_testable(CLAIM, choices, _UNANSWERED)
    exits, groups = int(stays["left"].sum()), int(stays.loc[stays["left"], "group"].nunique())
    n = {
        "people": int(stays["person"].nunique()),
        "groups": int(stays["group"].nunique()),
        "rows": len(stays),
        "events": exits,
    }
    wrote = stays["written"] > 0
    details: dict[str, Any] = {
        "landmark_day": LANDMARK_DAY,
        "share_who_wrote": float(wrote.mean()),
        "share_answered_of_who_wrote": float(answered[wrote].mean()) if wrote.any() else None,
        "answered": int(answered.sum()),
        "figure": _figure(stays, choices),
    }
    threats = [_POSTERS] if posters_only(dataset) else []
    enough = groups >= FEWEST_GROUPS and exits >= FEWEST_EXITS and answered.sum() >= FEWEST_ANSWERED
    model = _try(stays) if enough else None
    if model is None:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=Text(
                f"{exits} exits after day 7 in {groups} groups, {int(answered.sum())} newcomers "
                "were answered before: too little to compare members of the same group.",
                f"第7日后有 {exits} 次退出，分布在 {groups} 个群，此前得到回复的新人有 "
                f"{int(answered.sum())} 名：不足以比较同群成员。",
            ),
            threats=threats,
            n=n,
            details=details,
        )
    estimate, low, high = model.ratio(0, choices.level)
    volume = model.ratio(1, choices.level) if model.beta.size > 1 else (np.nan,) * 3
    details |= {
        "own_messages": interval_fields(volume),
        "effective_groups": float(model.effective_clusters[0]),
    }
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, estimate, low, high),
        reason=_reason(estimate, low, high, exits, volume[0]),
        threats=threats,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=float(model.p_values()[0]),
        n=n,
        robustness=_robustness(dataset, stays, choices),
        details=details,
    )


def _stays(dataset: Dataset, landmark_day: float) -> pd.DataFrame:
    """Newcomers watched from joining past the landmark, with what they wrote and got until then."""
    until = int(landmark_day * DAY_US)
    stays = newcomers(dataset).filter(_.enter_day <= 0, _.exit_day > landmark_day)
    said = talk(dataset).filter(~_.entry)
    of_whom = dataset["interactions"].select(reply_to="interaction", target="sender")
    got = said.filter(_.reply_to.notnull()).inner_join(of_whom, "reply_to")
    got = got.filter(_.sender != _.target).select("group", "at_us", person="target")
    keys = ("group", "person", "joined_us")
    counts = {}
    for name, acts in (
        ("written", said.select("group", "at_us", person="sender")),
        ("replies", got),
    ):
        early = stays.join(acts, ["group", "person"]).filter(
            _.at_us >= _.joined_us, _.at_us < _.joined_us + until
        )
        counts[name] = dataset.collect(
            early.group_by(list(keys)).aggregate(**{name: early.count()})
        )
    found = dataset.collect(stays.order_by(*keys))
    for name, count in counts.items():
        found = found.merge(count, "left", on=list(keys))
        found[name] = found[name].fillna(0).astype(int)
    return found.assign(enter_day=landmark_day)


def _try(stays: pd.DataFrame, *, volume: bool = True) -> Cox | None:
    """Fit replies, and own messages unless nobody wrote differently; None where nothing differs."""
    columns = [np.log2(1 + stays["replies"])]
    if volume and stays.groupby("group")["written"].nunique().max() > 1:
        columns.append(np.log2(1 + stays["written"]))
    groups = pd.factorize(stays["group"])[0]
    try:
        return fit_cox(
            stays["enter_day"],
            stays["exit_day"],
            stays["left"],
            np.column_stack(columns),
            stratum=groups,
            cluster=groups,
        )
    except InputError:
        return None


def _entry(
    name: Text, stays: pd.DataFrame, choices: Choices, *, volume: bool = True
) -> dict[str, Any]:
    model = _try(stays, volume=volume) if stays["left"].sum() >= FEWEST_EXITS else None
    return {"name": name} | interval_fields(
        None if model is None else model.ratio(0, choices.level)
    )


def _robustness(dataset: Dataset, stays: pd.DataFrame, choices: Choices) -> list[dict[str, Any]]:
    wrote = stays[stays["written"] > 0]
    return [
        _entry(Text("only newcomers who wrote", "只计发过言的新人"), wrote, choices),
        _entry(
            Text(
                "own messages not held fixed (biased: for comparison)",
                "不控制本人发言数（有偏，仅供对照）",
            ),
            stays,
            choices,
            volume=False,
        ),
        *(
            _entry(
                Text(f"landmark at day {day}", f"以第{day}日为界标"),
                _stays(dataset, float(day)),
                choices,
            )
            for day in (3, 14)
        ),
    ]


def _reason(estimate: float, low: float, high: float, exits: int, volume: float) -> Text:
    text = Text(
        f"Each doubling of the replies received in the first week goes with {estimate:.2f} times "
        f"the hazard of leaving later in the same group, between {low:.2f} and {high:.2f} ({exits} "
        "exits).",
        f"首周收到的回复每翻一倍，此后在同一群的退出风险为 {estimate:.2f} 倍，区间 {low:.2f} 至 "
        f"{high:.2f}（{exits} 次退出）。",
    )
    if np.isfinite(volume):
        text += Text(
            f"For a doubling of the own messages it is {volume:.2f}.",
            f"本人发言每翻一倍则为 {volume:.2f} 倍。",
        )
    return text


def _figure(stays: pd.DataFrame, choices: Choices) -> dict[str, Any]:
    """Count exits per day at risk by number of replies, with exact Poisson intervals."""
    rows = (
        pd.DataFrame(
            {
                "band": np.searchsorted(BANDS, stays["replies"], side="right") - 1,
                "days": stays["exit_day"] - stays["enter_day"],
                "exits": stays["left"],
                "dose": np.log2(1 + stays["replies"]),
            }
        )
        .groupby("band", as_index=False)
        .agg(
            days=("days", "sum"),
            exits=("exits", "sum"),
            stays=("exits", "size"),
            dose=("dose", "mean"),
        )
    )
    tail = (1 - choices.level) / 2
    low = stats.gamma.ppf(tail, rows["exits"].clip(lower=1e-12)) / rows["days"]
    high = stats.gamma.ppf(1 - tail, rows["exits"] + 1) / rows["days"]
    names = [
        f"{first}" if last == first + 1 else f"{first}–{last - 1}"
        for first, last in pairwise(BANDS)
    ] + [f"{BANDS[-1]}+"]
    return {
        "band": [names[band] for band in rows["band"]],
        "dose": rows["dose"].tolist(),
        "days": rows["days"].tolist(),
        "exits": rows["exits"].tolist(),
        "stays": rows["stays"].tolist(),
        "hazard": (rows["exits"] / rows["days"]).tolist(),
        "hazard_low": low.tolist(),
        "hazard_high": high.tolist(),
    }


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw exits per day at risk against replies received by day 7, with the fitted ratio."""
    ax = axes(ax)
    chinese = lang == "zh"
    figure = result.details["figure"]
    place = np.arange(len(figure["band"]))
    hazard, low, high = (
        np.asarray(figure[name], float) for name in ("hazard", "hazard_low", "hazard_high")
    )
    ax.errorbar(
        place,
        hazard,
        yerr=np.vstack([hazard - low, high - hazard]).clip(min=0),
        fmt="o",
        color=BLUE,
        label="观察到的（全部群）" if chinese else "observed, all groups",
    )
    if result.estimate is not None:
        shape = result.estimate ** np.asarray(figure["dose"], float)
        expected = float((np.asarray(figure["days"], float) * shape).sum())
        level = float(np.sum(figure["exits"])) / max(expected, 1e-12)
        ax.plot(
            place,
            level * shape,
            color=ORANGE,
            linestyle="--",
            label="同群、同等发言的拟合比率" if chinese else "fitted ratio, same group and volume",
        )
    pairs = zip(figure["band"], figure["stays"], strict=True)
    ax.set_xticks(place, [f"{band}\n({count:,})" for band, count in pairs])
    ax.set_ylim(bottom=0)
    ax.set_xlabel(
        "加入后首周收到的回复数（括号内为人次）"
        if chinese
        else "replies received in the first week since joining (stays in brackets)"
    )
    ax.set_ylabel("此后每日退出率" if chinese else "exits per day afterwards")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=2, frameon=False)
    return ax
