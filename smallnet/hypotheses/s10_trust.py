"""S10: trust makes conversion: who trusts the recommender takes what is recommended.

Trust cannot be read off messages: somebody has to have been asked about somebody, or to have
rated them, and *before* the offer, since a good purchase makes trust too. Offers that the same
person got from people whom they trust more and less are compared, so that those who say yes to
everything, in surveys and in shops, compare with themselves only. It stays an association; where
cues of trust were set by chance, their effect decides.
"""

from typing import Any

import numpy as np
import pandas as pd
from ibis import _
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.conditional_logit import fit_conditional_logit
from smallnet.hypotheses.methods.drawing import BLUE, GREY, ORANGE, axes
from smallnet.hypotheses.methods.trusted_offers import (
    offers,
    trust_answers,
    trust_by_group,
    trusted_offers,
)
from smallnet.hypotheses.methods.within import Within
from smallnet.hypotheses.result import (
    Claim,
    Result,
    interval_fields,
    not_testable,
    result_of,
    settle,
)
from smallnet.tables import Choices, Dataset, Text, microseconds

__all__ = ["CLAIM", "plot", "test"]

FEWEST_PEOPLE, FEWEST_TAKEN = 10, 20
FEWEST_CUE_GROUPS = 6
CUES = ("cue", "trust", "verification", "identity", "escrow", "endorsement")  # kinds of events
CONTROL = ("control", "none", "no cue", "placebo")  # arms without a cue
BANDS = 5  # of the figure

CLAIM = Claim(
    id="S10",
    title=Text("Trust converts", "信任带来转化"),
    claim=Text(
        "Trust, the cheapest there is, is the ground on which groups convert: "
        "「信任度成本最低是促成社群转化的基础」.",
        "信任是社群转化的基础：「信任度成本最低是促成社群转化的基础」。",
    ),
    needs=("shares",),  # and trust from one of two tables: the test says which it lacks
    estimand=Text(
        "Odds that a person takes what somebody offers them, per standard deviation of their "
        "trust in that somebody as measured before the offer, same person.",
        "同一人接受他人推荐的几率，随其在推荐之前测得的对推荐者信任每增加一个标准差的倍数。",
    ),
    effect=Text(
        "odds ratio of adoption per SD of trust in the recommender",
        "对推荐者的信任每增加一个标准差的接受几率比",
    ),
    null=1.0,
    claimed_side="above",
    ratio=True,
    method=Text(
        "Exact conditional logit within the person to whom items were offered, with the way "
        "(private or feed) as a further term; errors clustered by person and by recommender "
        "(two-way jackknife), Student's t with the poorer clustering as the sample. Beside it the "
        "viewers of one share are compared, with the items that they took through the sharer "
        "before held fixed.",
        "以被推荐者为条件的精确条件 logit，另含渠道（私密或朋友圈）；按被推荐者与推荐者双向聚类误差"
        "（刀切法），以较少的一方作 t 区间。并附同一次分享的观看者之间的比较，控制此前经该分享者"
        "领取的次数。",
    ),
    null_model=Text(
        "Trust tells nothing about which offers a person takes.",
        "信任与某人接受哪些推荐无关。",
    ),
    assumptions=(
        Text(
            "Pairs who were asked are like those who were not.",
            "被问到的人对与未被问到的相同。",
        ),
        Text(
            "Trust as last measured still holds when the offer comes.",
            "最近一次测得的信任在推荐发生时仍然成立。",
        ),
    ),
    threats=(
        Text(
            "Items differ in appeal, which offers to one person cannot hold fixed: the ratio leans "
            "to 1, by .01 to .02 of its logarithm in simulated worlds.",
            "物品吸引力不同，同一人收到的推荐之间无法控制：模拟世界中其对数偏小约 0.01–0.02。",
        ),
        Text(
            "An association: we trust people who are like us, and like what they like (T1). Only "
            "cues of trust that chance hands out (identity checks, escrow, endorsements) would "
            "tell cause.",
            "这是关联：人们信任与自己相似、口味相同的人（T1）。只有随机给予的信任线索（身份验证、担保、"
            "背书）才能说明因果。",
        ),
        Text(
            "Good purchases from before the data began have built trust (reverse causality).",
            "数据开始之前的满意购买已建立信任（反向因果）。",
        ),
        Text(
            "Who rates everybody high may mean something else by it (common-method variance); "
            "comparing within the person takes that out, comparing within a share does not.",
            "给所有人高分者含义或不同（共同方法偏差）；同一人内比较可消除，同一分享内比较则不能。",
        ),
    ),
    why_hard=Text(
        "Trust is not in the logs, buying well makes trust, and like people both trust each other "
        "and want the same things.",
        "信任不在日志里；买得满意会产生信任；相似的人既互信又想要相同的东西。",
    ),
    would_refute=Text(
        "An odds ratio of about 1, or a cue of trust set by chance that moves nothing.",
        "几率比约为 1，或随机给予的信任线索毫无作用。",
    ),
    would_settle=Text(
        "Offers in which chance decides whether the seller's identity is verified, the money held "
        "in escrow, or a friend's endorsement shown.",
        "随机决定是否验证卖家身份、由第三方担保付款或展示好友背书的推荐。",
    ),
)

_NO_TRUST = Text(
    "Not testable from logs of chats and shares alone: the data hold no answer about a person "
    "(surveys.about) and no rating of one by another (ties of trust), and trust cannot be read off "
    "messages.",
    "仅凭聊天与分享日志无法检验：数据中没有关于某人的回答（surveys.about），也没有人对人的信任评分"
    "（ties），而信任无法从消息中读出。",
)
_NO_OFFERS = Text(
    "Not testable: it is not known who was offered what: neither who saw a share (exposures) nor a "
    "share to a friend, with adoptions through it (adoptions.via_share).",
    "无法检验：不知道谁被推荐了什么：既没有谁看到分享（exposures），也没有分享给好友并记录经其领取"
    "（adoptions.via_share）。",
)
_TOO_LATE = Text(
    "Not testable: no measurement of trust in a recommender is known to come before an offer of "
    "theirs; trust that was asked afterwards may have come of the purchase.",
    "无法检验：没有任何对推荐者信任的测量确知早于其推荐；事后测得的信任可能来自购买本身。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Relate trust in the recommender, measured before, to taking what they offer.

    Parameters
    ----------
    dataset : Dataset
        Needs trust (``surveys`` about a person, or signed ``ties``) with its time, and offers:
        ``exposures``, else shares to friends, with adoptions through them.
    choices : Choices
        Level and smallest effect.
    rng : numpy.random.Generator
        Not used: nothing here is drawn.

    Returns
    -------
    Result
        ``details``: the correlation of trust within groups, the ratio per doubling of earlier
        takings, measurements by source, and the effect of cues set by chance where there are any.
    """
    del rng
    dataset.require(*CLAIM.needs)
    sources = [
        name
        for name, column in (("surveys", "surveys.about"), ("ties", "ties.weight"))
        if dataset.has(column)
    ]
    answers = {name: trust_answers(dataset, name) for name in sources}
    answers = {name: rows for name, rows in answers.items() if len(rows)}
    if not answers:
        return not_testable(CLAIM, choices, _NO_TRUST)
    if not dataset.has("adoptions.via_share") or not offers(dataset).count().to_pyarrow().as_py():
        return not_testable(CLAIM, choices, _NO_OFFERS)
    found = {name: trusted_offers(dataset, rows) for name, rows in answers.items()}
    source = max(found, key=lambda name: (len(found[name]) > 0, name == "surveys"))
    rows = found[source]
    details = _details(dataset, answers, found, source)
    if rows.empty:
        return not_testable(CLAIM, choices, _TOO_LATE, details=details)
    n = {
        "people": int(rows["person"].nunique()),
        "groups": int(rows["group"].nunique()),
        "rows": len(rows),
        "events": int(rows["took"].sum()),
    }
    cue = _cue(dataset, choices)
    details |= {"randomised_cue": cue, "figure": _figure(rows)}
    model = _try(rows)
    if model is None:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=Text(
                f"{n['events']} takings in {n['rows']} offers to {n['people']} people who had said "
                "whom they trust are too few to compare.",
                f"{n['people']} 位事先表明信任的人收到 {n['rows']} 次推荐，接受 {n['events']} 次，"
                "不足以比较。",
            ),
            n=n,
            details=details,
        )
    ratio = model.ratio(0, choices.level)
    details |= {
        "effective_clusters": float(model.effective_clusters[0]),
        "per_doubling_of_earlier": _earlier(rows, choices),
        "association": settle(CLAIM, choices, *ratio),
        "association_p_value": float(model.p_values()[0]),
    }
    return result_of(
        CLAIM,
        choices,
        verdict="not testable" if cue is None else str(cue["verdict"]),
        reason=_reason(ratio, n, details),
        estimate=ratio[0],
        ci_low=ratio[1],
        ci_high=ratio[2],
        p_value=None if cue is None else cue["p_value"],
        n=n,
        robustness=_robustness(rows, found, source, choices),
        details=details,
    )


def _columns(rows: pd.DataFrame, *, past: bool) -> pd.DataFrame:
    """Give trust, earlier takings if asked for, and the way.

    Earlier takings have no place within people: they are made of the very outcomes that the
    likelihood is conditioned on, and would lean down and pull trust along.
    """
    columns = pd.DataFrame({"trust": rows["trust"]})
    if past:
        columns["past"] = np.log2(1.0 + rows["past"].to_numpy(float))
    return columns.assign(private=rows["channel"].ne("feed").astype(float))


def _try(rows: pd.DataFrame, *, within: str | None = "person", past: bool = False) -> Within | None:
    """Fit; None where too few take anything, or nothing differs within people."""
    if rows["took"].sum() < FEWEST_TAKEN or rows["person"].nunique() < FEWEST_PEOPLE:
        return None
    columns = _columns(rows, past=past)
    stratum = rows[within] if within else pd.Series(0, rows.index)
    by = columns.groupby(stratum.to_numpy())
    moves = (by.max() > by.min()).any()
    columns = columns.loc[:, moves.to_numpy()]
    if "trust" not in columns:
        return None
    try:
        return fit_conditional_logit(
            rows["took"], columns, stratum, clusters=[rows["person"], rows["sharer"]]
        )
    except InputError:
        return None


def _earlier(rows: pd.DataFrame, choices: Choices) -> dict[str, float | None] | None:
    """Odds ratio per doubling of one more than the earlier takings, among viewers of one share."""
    model = _try(rows, within="share", past=True)
    if model is None or model.beta.size < 2:
        return None
    return interval_fields(model.ratio(1, choices.level))


def _entry(name: Text, rows: pd.DataFrame, choices: Choices, **how: Any) -> dict[str, Any]:
    model = _try(rows, **how) if len(rows) else None
    return {"name": name} | interval_fields(
        None if model is None else model.ratio(0, choices.level)
    )


def _robustness(
    rows: pd.DataFrame, found: dict[str, pd.DataFrame], source: str, choices: Choices
) -> list[dict[str, Any]]:
    others = {
        "surveys": Text("trust from surveys", "信任来自问卷"),
        "ties": Text("trust from signed ties", "信任来自带符号的关系"),
    }
    return [
        _entry(
            Text("viewers of the same share", "同一次分享的观看者之间"),
            rows,
            choices,
            within="share",
        ),
        _entry(
            Text(
                "viewers of the same share, earlier takings held fixed",
                "同一次分享的观看者之间，控制此前领取次数",
            ),
            rows,
            choices,
            within="share",
            past=True,
        ),
        _entry(
            Text("only pairs without an earlier taking", "只看此前未曾领取的人对"),
            rows[rows["past"] == 0],
            choices,
        ),
        _entry(
            Text("people thrown together (biased: for comparison)", "不区分个人（有偏，仅供对照）"),
            rows.sort_values(["at_us", "share", "person"]),
            choices,
            within=None,
        ),
        *(_entry(others[name], part, choices) for name, part in found.items() if name != source),
    ]


def _cue(dataset: Dataset, choices: Choices) -> dict[str, Any] | None:
    """Odds of taking under a cue of trust that chance set, over those of controls; by group."""
    if not dataset.has("events.arm"):
        return None
    events = (
        dataset["events"]
        .filter(_.randomised, _.arm.notnull(), _.group.notnull(), _.kind.lower().isin(CUES))
        .select(
            "group",
            begin_us=microseconds(_.starts_at),
            end_us=microseconds(_.ends_at),
            cue=~_.arm.lower().isin(CONTROL),
        )
    )
    made = offers(dataset).filter(_.group.notnull())
    rows = dataset.collect(
        made.join(events, "group")
        .filter(_.begin_us <= _.at_us, _.end_us.isnull() | (_.at_us < _.end_us))
        .group_by("group", "cue")
        .aggregate(took=_.took.sum(), offers=_.count())
    )
    if rows["group"].nunique() < FEWEST_CUE_GROUPS or rows["cue"].nunique() < 2:
        return None
    rows = rows.assign(refused=rows["offers"] - rows["took"])
    wide = rows.pivot_table(["took", "refused"], "group", "cue", "sum", fill_value=0)
    cells = np.column_stack(
        [wide["took"][True], wide["refused"][True], wide["took"][False], wide["refused"][False]]
    ).astype(float)
    whole = cells.sum(axis=0) + 0.5  # Haldane's half keeps an empty cell finite
    signs = np.array([1.0, -1.0, -1.0, 1.0])
    log = float(np.log(whole) @ signs)
    left_out = np.log(whole - cells) @ signs
    groups = len(cells)
    error = float(np.sqrt((groups - 1) / groups * ((left_out - left_out.mean()) ** 2).sum()))
    half = float(stats.t.ppf((1 + choices.level) / 2, groups - 1)) * error
    estimate, low, high = (float(v) for v in np.exp([log, log - half, log + half]))
    return {
        "estimate": estimate,
        "ci_low": low,
        "ci_high": high,
        "p_value": float(2 * stats.t.sf(abs(log) / error, groups - 1)) if error > 0 else None,
        "groups": groups,
        "offers": int(rows["offers"].sum()),
        "verdict": settle(CLAIM, choices, estimate, low, high),
    }


def _details(
    dataset: Dataset,
    answers: dict[str, pd.DataFrame],
    found: dict[str, pd.DataFrame],
    source: str,
) -> dict[str, Any]:
    correlation, groups = trust_by_group(dataset, answers[source])
    return {
        "trust_from": source,
        "measured": {name: len(rows) for name, rows in answers.items()},
        "without_a_time": {name: int(rows["at_us"].isna().sum()) for name, rows in answers.items()},
        "offers_after_a_measurement": {name: len(rows) for name, rows in found.items()},
        "offers_from": "exposures" if dataset.has("exposures") else "shares to friends",
        "trust_within_groups": correlation,
        "trust_groups": groups,
    }


def _figure(rows: pd.DataFrame) -> dict[str, Any]:
    """Share of offers taken by trust: as it is, and as expected from each person's own share."""
    cuts = np.unique(np.quantile(rows["trust"].dropna(), np.linspace(0, 1, BANDS + 1)))
    if len(cuts) < 2:
        return {"trust": [], "taken": [], "expected": [], "offers": []}
    band = np.clip(np.searchsorted(cuts, rows["trust"], side="right") - 1, 0, len(cuts) - 2)
    own = rows.groupby("person")["took"].transform("mean")
    told = (
        pd.DataFrame({"band": band, "trust": rows["trust"], "took": rows["took"], "own": own})
        .groupby("band")
        .agg(trust=("trust", "mean"), taken=("took", "mean"), expected=("own", "mean"),
             offers=("took", "size"))
    )  # fmt: skip
    return {name: told[name].tolist() for name in told.columns}


def _reason(ratio: tuple[float, float, float], n: dict[str, int], details: dict[str, Any]) -> Text:
    estimate, low, high = ratio
    text = Text(
        f"Per standard deviation of trust in the recommender, asked before, the same person's odds "
        f"of taking the offer are {estimate:.2f} times as high [{low:.2f}, {high:.2f}] "
        f"({n['events']} takings in {n['rows']} offers to {n['people']} people).",
        f"事先测得的对推荐者信任每增加一个标准差，同一人接受推荐的几率为 {estimate:.2f} 倍 "
        f"[{low:.2f}, {high:.2f}]（{n['people']} 人收到 {n['rows']} 次推荐，"
        f"接受 {n['events']} 次）。",
    )
    cue = details["randomised_cue"]
    if cue is None:
        return text + Text(
            "This is an association, which trust need not be the reason of; whether trust makes "
            "people take is not testable here: no cue of trust was set by chance.",
            "这只是关联，原因未必是信任；信任是否促成接受在此无法检验：没有随机给予的信任线索。",
        )
    return text + Text(
        f"What decides is the cue of trust that chance set: the odds under it were "
        f"{cue['estimate']:.2f} times those of controls "
        f"[{cue['ci_low']:.2f}, {cue['ci_high']:.2f}].",
        f"以随机给予的信任线索为准：有线索时几率为对照的 {cue['estimate']:.2f} 倍 "
        f"[{cue['ci_low']:.2f}, {cue['ci_high']:.2f}]。",
    )


def plot(result: Result, ax: Any = None, *, lang: str = "en") -> Any:
    """Draw the share of offers that were taken by trust in the recommender."""
    drawn = axes(ax)
    chinese = lang == "zh"
    figure = result.details["figure"]
    trust, taken, expected, many = (
        np.asarray(figure[key], float) for key in ("trust", "taken", "expected", "offers")
    )
    error = np.sqrt(np.maximum(taken * (1 - taken), 1e-4) / np.maximum(many, 1))
    drawn.errorbar(
        trust,
        taken,
        yerr=np.vstack([np.minimum(error, taken), error]),
        fmt="o",
        color=BLUE,
        label="观察到的（±1 标准误）" if chinese else "observed (± 1 standard error)",
    )
    name = "按各人自己的接受率" if chinese else "by each person's own share"
    drawn.plot(trust, expected, color=GREY, ls="--", label=name)
    if result.estimate is not None and trust.size:
        odds = (
            expected / (1 - expected) * result.estimate ** (trust - np.average(trust, weights=many))
        )
        fitted = "同一人的拟合几率比" if chinese else "fitted odds ratio, same person"
        drawn.plot(trust, odds / (1 + odds), color=ORANGE, ls=":", lw=2, label=fitted)
    drawn.set_ylim(bottom=0)
    drawn.set_xlabel(
        "推荐之前测得的信任（标准差）"
        if chinese
        else "trust in the recommender before the offer (standard deviations)"
    )
    drawn.set_ylabel("接受推荐的比例" if chinese else "share of offers that were taken")
    drawn.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=2, frameon=False)
    return drawn
