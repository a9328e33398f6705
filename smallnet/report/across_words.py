"""The words of ``across.html``, in English and in Chinese."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from smallnet.figures.numbers import show_interval, show_number
from smallnet.hypotheses.across import MIXED, NO_NUMBER, Answer, ClaimAcross, Pool, Studied
from smallnet.hypotheses.across_words import MEANINGS, STATES
from smallnet.hypotheses.register import untested
from smallnet.hypotheses.result import VERDICTS
from smallnet.report.page_words import badge_look
from smallnet.report.svg import inline_svg
from smallnet.tables.words import Text

__all__ = ["page_words"]

PAGE = {
    "title": Text("What small groups do, across data sets", "小群效应：跨数据集的结论"),
    "lead": Text(
        "{claims} claims, {sets} data sets, {people} people. Of the claims: {parts}.",
        "{claims} 条主张，{sets} 个数据集，{people} 人。各主张的情形：{parts}。",
    ),
    "part": Text("{state} {n}", "{state} {n} 条"),
    "skip": Text("Skip to the verdicts", "跳到结论"),
    "contents": Text("Contents", "目录"),
    "verdicts": Text("Claim by claim", "逐条结论"),
    "figure": Text("Everything in one figure", "一图总览"),
    "matrix": Text("Who says what", "哪个数据集说了什么"),
    "settle": Text("What would settle the rest", "什么数据能定论"),
    "sets": Text("The data sets", "数据集"),
    "method": Text("How data sets are brought together", "如何合并数据集"),
    "claim": Text("Claim", "主张"),
    "together": Text("Together", "合并结论"),
    "verdict": Text("Verdict", "结论"),
    "what": Text("What the data sets say", "数据集说了什么"),
    "data_set": Text("Data set", "数据集"),
    "about": Text("What it is", "内容"),
    "people": Text("People", "人数"),
    "speaks": Text("Speaks to", "可检验"),
    "nothing": Text("none of the claims", "无"),
    "simulated": Text("simulated, never pooled", "模拟数据，不参与合并"),
    "kept_out": Text("kept out of pooling: {why}", "不参与合并：{why}"),
    "weight": Text("weight", "权重"),
    "without": Text("without {study}: {interval}", "去掉 {study}：{interval}"),
    "without_head": Text("Leaving out one at a time", "逐一去掉"),
    "spread": Text(
        "spread between truths (tau): {tau}; I² {i2}; p of no spread {p}",
        "真值间离散（tau）{tau}；I² {i2}；无离散的 p 值 {p}",
    ),
    "swipe": Text("Swipe to see all of it.", "左右滑动可看全图。"),
    "figure_words": Text(
        "One row a data set. The black mark is the null, or the number that is claimed; a diamond "
        "is a pooled mean with its interval, the thin line where the truth of a next data set "
        "would lie; an arrow says that an interval goes on.",
        "每行一个数据集。黑色短线是零假设或主张给出的数值；菱形是合并均值及其区间，"
        "细线是下一个数据集的真值可能所在；箭头表示区间超出坐标轴。",
    ),
    "matrix_words": Text(
        "Only claims that some data set can test, and data sets that can test some claim. "
        "An empty cell: what the claim needs was not recorded.",
        "只列出有数据集可检验的主张和能检验主张的数据集。空格：该主张所需的内容没有记录。",
    ),
    "no_data": Text(
        "No data set here holds what these claims need:", "以下主张，这里没有数据集具备所需内容："
    ),
    "no_test": Text(
        "Claims of the book that smallnet does not test, and why:",
        "书中 smallnet 不检验的主张及原因：",
    ),
    "colon": Text(": ", "："),
    "comma": Text(", ", "，"),
    "note": Text("Note", "备注"),
    "mixed": Text("mixed", "各不相同"),
}
METHOD = (
    Text(
        "Data sets are pooled only where they estimate the same thing (the same claim, and the "
        "same meaning of size or of a tie), by people who are not the same. Simulated data are "
        "shown and never pooled.",
        "只有估计对象相同（同一主张，且规模或联系的含义相同）、人员不重叠的数据集才合并。"
        "模拟数据只展示，不合并。",
    ),
    Text(
        "The mean is a random-effects one: truths differ between data sets, with a variance found "
        "by restricted maximum likelihood; its interval is that of Hartung and Knapp, never "
        "narrower than the usual one. With two data sets it is very wide, and rightly so.",
        "均值采用随机效应：各数据集的真值不同，其方差由限制最大似然估计；"
        "区间采用 Hartung–Knapp 法，且不窄于通常的区间。只有两个数据集时区间很宽，也理应如此。",
    ),
    Text(
        "Standard errors are read off the intervals of the studies. The p-values of all pools are "
        "adjusted together, and verdicts follow the same rules as those of one study. Verdicts "
        "are not counted up: three inconclusive ones are no evidence of nothing.",
        "标准误由各研究的区间反推。所有合并估计的 p 值一起校正，结论规则与单个研究相同。"
        "不对结论计票：三个“尚无定论”并不证明没有效应。",
    ),
)


def page_words(
    claims: Sequence[ClaimAcross], studies: Sequence[Studied], svg: Path, lang: str
) -> dict[str, Any]:
    """Give all that the template needs, in one language."""
    ordered = sorted(claims, key=lambda found: ("STB".index(found.id[0]), found.id))
    spoken = [found for found in ordered if found.answers and found.state != "nobody"]
    real = [study for study in studies if not study.simulated]
    words = {key: text.get(lang) for key, text in PAGE.items()}
    states = [found.state for found in claims]
    parts = words["comma"].join(
        PAGE["part"].get(lang).format(n=states.count(state), state=name.get(lang))
        for state, name in STATES.items()
        if state in states
    )
    lead = PAGE["lead"].get(lang)
    return {
        "t": words,
        "html_lang": "zh-Hans" if lang == "zh" else "en",
        "lead": lead.format(
            claims=len(claims),
            sets=len(real),
            people=f"{sum(study.people or 0 for study in real):,}",
            parts=parts,
        ),
        "states": [
            (name.get(lang), MEANINGS[state].get(lang))
            for state, name in STATES.items()
            if state in states
        ],
        "claims": [_claim_words(found, lang) for found in spoken],
        "figure": Markup(inline_svg(svg, "a-", words["figure"])),
        "matrix": _matrix(spoken, studies, lang),
        "silent": [
            (found.id, found.claim.title.get(lang), _settle(found, lang))
            for found in ordered
            if found.state == "nobody"
        ],
        "open": [
            (found.id, found.claim.title.get(lang), _settle(found, lang))
            for found in spoken
            if found.verdict in ("inconclusive", MIXED) and _settle(found, lang)
        ],
        "untested": [
            (entry.id, entry.title.get(lang), _plain(entry.reason.get(lang)))
            for entry in untested().values()
        ],
        "sets": [_set_words(study, lang) for study in studies],
        "method": [text.get(lang) for text in METHOD],
    }


def _claim_words(found: ClaimAcross, lang: str) -> dict[str, Any]:
    return {
        "id": found.id,
        "title": found.claim.title.get(lang),
        "effect": found.claim.effect.get(lang),
        "state": STATES[found.state].get(lang),
        "look": _look(found.verdict, lang),
        "reason": found.reason.get(lang),
        "answers": [_answer_words(found, answer, lang) for answer in found.answers],
        "pools": [_pool_words(pool, lang) for pool in found.pools],
        "settle": _settle(found, lang),
    }


def _look(verdict: str, lang: str) -> dict[str, Any]:
    if verdict != MIXED:
        return badge_look(verdict, lang)
    return badge_look("inconclusive", lang) | {"word": PAGE["mixed"].get(lang), "shape": ""}


def _answer_words(found: ClaimAcross, answer: Answer, lang: str) -> dict[str, Any]:
    notes = [answer.variant.get(lang)] if answer.variant.en else []
    if answer.kept_out is not None and answer.kept_out != NO_NUMBER:
        notes.append(PAGE["kept_out"].get(lang).format(why=answer.kept_out.get(lang)))
    for pool in found.pools:
        if answer.study in pool.studies:
            share = pool.weights[pool.studies.index(answer.study)]
            notes.append(f"{PAGE['weight'].get(lang)} {share:.0%}")
    result = answer.result
    number = f"{show_number(result.estimate)} {show_interval(result.ci_low, result.ci_high)}"
    return {
        "study": answer.study,
        "look": _look(result.verdict, lang),
        "interval": number.strip(),
        "note": "；".join(notes) if lang == "zh" else "; ".join(notes),
    }


def _pool_words(pool: Pool, lang: str) -> dict[str, Any]:
    spread = PAGE["spread"].get(lang)
    return {
        "variant": pool.variant.get(lang),
        "look": _look(pool.verdict, lang),
        "interval": f"{show_number(pool.estimate)} {show_interval(pool.ci_low, pool.ci_high)}",
        "note": spread.format(
            tau=show_number(pool.tau), i2=f"{pool.i2:.0%}", p=f"{pool.q_p_value:.3f}"
        ),
        "without": [
            PAGE["without"]
            .get(lang)
            .format(
                study=row["study"],
                interval=f"{show_number(row['estimate'])} "
                f"{show_interval(row['ci_low'], row['ci_high'])}",
            )
            for row in pool.without
        ],
    }


def _matrix(spoken: Sequence[ClaimAcross], studies: Sequence[Studied], lang: str) -> dict[str, Any]:
    names = [study.name for study in studies]
    used = [n for n in names if any(n in {a.study for a in c.answers} for c in spoken)]
    rows = []
    for found in spoken:
        by_set = {answer.study: answer.result.verdict for answer in found.answers}
        cells = [_look(by_set[name], lang) if name in by_set else None for name in used]
        rows.append((found.id, found.claim.title.get(lang), cells))
    seen = {answer.result.verdict for found in spoken for answer in found.answers}
    looks = [_look(verdict, lang) for verdict in VERDICTS if verdict in seen]
    return {"sets": used, "rows": rows, "looks": looks}


def _set_words(study: Studied, lang: str) -> dict[str, Any]:
    testable = [r.id for r in study.results if r.verdict != "not testable"]
    return {
        "name": study.name,
        "title": PAGE["simulated"].get(lang) if study.simulated else study.title,
        "people": "–" if study.people is None else f"{study.people:,}",
        "speaks": ", ".join(testable) or PAGE["nothing"].get(lang),
    }


def _settle(found: ClaimAcross, lang: str) -> str:
    return _plain(found.claim.would_settle.get(lang))


def _plain(words: str) -> str:
    """Leave out the codes of threats, which are a matter of our notes."""
    return re.sub(r"\s*[(（]T\d+(?:[,，、 ]+T\d+)*[)）]", "", words)
