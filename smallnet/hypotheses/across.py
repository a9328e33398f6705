"""What several data sets say together, claim by claim.

Data sets are pooled only where they estimate the same thing, in people who are not the same, and
were not simulated. Otherwise they stand side by side, and the reason is said.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses import across_words as words
from smallnet.hypotheses.claims import claim_ids, load_claim
from smallnet.hypotheses.methods.pooling import Pooled, pool, standard_error
from smallnet.hypotheses.result import VERDICTS_ZH, Claim, Result, settle
from smallnet.tables import Choices, Text

__all__ = ["Answer", "ClaimAcross", "Pool", "Studied", "compare_studies"]


@dataclass(frozen=True, kw_only=True)
class Studied:
    """A data set and what a study of it found."""

    name: str
    results: tuple[Result, ...]
    title: str = ""
    simulated: bool = False
    people: int | None = None
    sha256: str | None = None  # of the tables
    coverage: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one data set says of a claim."""

    study: str
    result: Result
    variant: Text  # what exactly was estimated; only the same can be pooled
    kept_out: Text | None  # of pooling, and why

    @property
    def counts(self) -> bool:
        """Tell whether it is evidence, in a pool or by itself: not of a simulated or twin set."""
        return self.kept_out is None or self.kept_out in (NO_NUMBER, NO_WIDTH)

    @property
    def interval(self) -> tuple[float, float, float] | None:
        """Estimate, lower and upper bound; None where one of them is unknown."""
        found = (self.result.estimate, self.result.ci_low, self.result.ci_high)
        estimate, low, high = found
        if estimate is None or low is None or high is None:
            return None
        return estimate, low, high


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A random-effects summary of the data sets that estimate the same thing."""

    variant: Text
    studies: tuple[str, ...]
    people: int | None
    estimate: float  # this and the bounds on the claim's own scale, ratios as ratios
    ci_low: float
    ci_high: float
    prediction_low: float | None
    prediction_high: float | None
    p_value: float
    p_adjusted: float  # over all pools of all claims
    tau: float  # standard deviation of the truths; of ratios that of their logarithms
    i2: float
    q_p_value: float
    weights: tuple[float, ...]
    verdict: str
    without: tuple[Mapping[str, Any], ...]  # the same without one of the sets: of three and more


@dataclass(frozen=True, kw_only=True)
class ClaimAcross:
    """A claim over all data sets."""

    claim: Claim
    answers: tuple[Answer, ...]  # of the data sets that can speak to it
    pools: tuple[Pool, ...]  # the one of most data sets first
    state: str  # pooled, one set, apart, no number, nobody
    verdict: str  # as of a result, or "mixed"
    reason: Text

    @property
    def id(self) -> str:
        """Id of the claim."""
        return self.claim.id


NOT_POOLED: dict[str, Text] = {
    "T30": Text(
        "A threshold is estimated only where a break is found, so that a mean over data sets "
        "would be one of lucky findings.",
        "只有发现断点时才估计阈值，各数据集的平均会是碰巧发现的平均。",
    ),
    "S13": Text(
        "The claim is a number of one platform, not a difference.",
        "该主张是某一平台的数值，而不是差异。",
    ),
    "S14": Text(
        "Each source knows only its own groups, so that the number is one of the source, not of "
        "its people.",
        "每个数据来源只知道自己的群，所以数值说的是来源，而不是人。",
    ),
}
# Whatever the results are, these are no evidence: groups that were made out of the ties.
CIRCULAR: dict[tuple[str, str], Text] = {  # claim and public data set
    ("S15", "karate"): Text(
        "its two clubs are what the ties broke into, so that ties lie inside by construction",
        "两个俱乐部是关系断裂的结果，联系落在群内是必然的",
    ),
}
BY_SIZE = ("S03", "S05", "T30", "S08", "S12")  # claims in which the size of a group plays a part
SIZE = Text("size counts members", "规模按成员计")
SIZE_OF_WRITERS = Text("size counts writers", "规模按发言者计")
LAYERS = {
    "friendships": Text("friendships", "好友关系"),
    "private messages": Text("private messages", "私聊"),
    "reshares": Text("reshared links", "转发的链接"),
    "quotes": Text("quotes across groups", "跨群引用"),
}
PLAIN = Text("", "")
MIXED = "mixed"  # verdict where data sets differ and no mean is taken

SIMULATED = Text("simulated: its answer was put in", "模拟数据：答案是预先放入的")
SAME_TABLES = Text("the same tables as {other}", "与 {other} 为同一份数据")
SAME_PEOPLE = Text(
    "people in common with {other}, which has more", "与人数更多的 {other} 有相同的人"
)
NO_NUMBER = Text("no estimate with an interval", "没有带区间的估计值")
NO_WIDTH = Text("an interval without a width, or one that reaches 0", "区间没有宽度，或包含 0")


def compare_studies(
    studies: Sequence[Studied],
    *,
    same_people: Sequence[Sequence[str]] = (),
    choices: Choices | None = None,
) -> tuple[ClaimAcross, ...]:
    """Hold the results of several data sets side by side, and pool what can be pooled.

    Parameters
    ----------
    studies : sequence of Studied
        Names must differ.
    same_people : sequence of sequence of str
        Names of data sets in which the same people are: of each only the one with most people
        is pooled.
    choices : Choices, optional
        Level and smallest effects by which a pool is judged; the defaults where not given.

    Returns
    -------
    tuple of ClaimAcross
        All tested claims, in the order of the register. The p-values of all pools are adjusted
        together (Benjamini and Hochberg).

    Raises
    ------
    InputError
        If two data sets have one name, or ``same_people`` names one that is not there.
    """
    choices = choices or Choices()
    names = [study.name for study in studies]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        msg = f"two data sets are called {twice!r}, expected a name of its own for each"
        raise InputError(msg)
    unknown = next((name for group in same_people for name in group if name not in names), None)
    if unknown is not None:
        msg = f"no study is of a data set {unknown!r}, expected some of {', '.join(names)}"
        raise InputError(msg)
    out = _whole_sets_out(studies, same_people)
    found = [_read(name, studies, out) for name in claim_ids()]
    drafts = [_pools(claim, answers, studies, choices) for claim, answers in found]
    family = [draft for pools in drafts for draft in pools]
    if family:
        held = stats.false_discovery_control([draft["p_value"] for draft in family])
        for draft, p_adjusted in zip(family, held, strict=True):
            draft["p_adjusted"] = float(p_adjusted)
    return tuple(
        _conclude(claim, answers, [_judge(claim, draft, choices) for draft in pools])
        for (claim, answers), pools in zip(found, drafts, strict=True)
    )


def _whole_sets_out(
    studies: Sequence[Studied], same_people: Sequence[Sequence[str]]
) -> dict[str, Text]:
    """Find sets that no pool may hold: simulated ones, copies, people who are in a larger one."""
    out = {study.name: SIMULATED for study in studies if study.simulated}
    first: dict[str, str] = {}
    for study in studies:
        if study.sha256 is None or study.name in out:
            continue
        other = first.setdefault(study.sha256, study.name)
        if other != study.name:
            out[study.name] = SAME_TABLES.format(other=other)
    people = {study.name: study.people or 0 for study in studies}
    for group in same_people:
        left = [name for name in group if name not in out]
        largest = max(left, key=lambda name: people[name], default=None)
        out |= {name: SAME_PEOPLE.format(other=largest) for name in left if name != largest}
    return out


def _read(
    name: str, studies: Sequence[Studied], out: Mapping[str, Text]
) -> tuple[Claim, list[Answer]]:
    claim: Claim = load_claim(name).CLAIM
    answers = []
    for study in studies:
        for result in study.results:
            if result.id == name and result.verdict != "not testable":
                answers.append(
                    Answer(
                        study=study.name,
                        result=result,
                        variant=_variant(claim, result, study),
                        kept_out=out.get(study.name)
                        or CIRCULAR.get((name, study.name))
                        or _no_use(claim, result),
                    )
                )
    return claim, answers


def _variant(claim: Claim, result: Result, study: Studied) -> Text:
    """Say what was estimated where the claim's words leave it open."""
    if claim.id in BY_SIZE:
        return SIZE if study.coverage.get("lurkers") else SIZE_OF_WRITERS
    layer = result.details.get("layer")
    if claim.id == "S15" and layer is not None:
        return LAYERS.get(str(layer), Text(str(layer), str(layer)))
    null = result.details.get("null")
    if isinstance(null, float | int):
        return Text(f"against {null:.3g}", f"零假设为 {null:.3g}")
    return PLAIN


def _no_use(claim: Claim, result: Result) -> Text | None:
    numbers = (result.estimate, result.ci_low, result.ci_high)
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return NO_NUMBER
    if not known[1] < known[2] or (claim.ratio and known[1] <= 0):
        return NO_WIDTH
    return None


def _pools(
    claim: Claim, answers: Sequence[Answer], studies: Sequence[Studied], choices: Choices
) -> list[dict[str, Any]]:
    """Pool the answers of each variant that two sets and more share; not yet judged."""
    if claim.id in NOT_POOLED:
        return []
    people = {study.name: study.people for study in studies}
    usable = [answer for answer in answers if answer.kept_out is None]
    drafts = []
    for variant in dict.fromkeys(answer.variant for answer in usable):
        members = [answer for answer in usable if answer.variant == variant]
        if len(members) < 2:
            continue
        counted = [people[m.study] for m in members]
        known = [count for count in counted if count is not None]
        summary = _summary(claim, members, choices.level)
        drafts.append(
            summary
            | {
                "variant": variant,
                "studies": tuple(m.study for m in members),
                "people": sum(known) if len(known) == len(counted) else None,
                "without": tuple(_without(claim, members, choices.level)),
            }
        )
    return sorted(drafts, key=lambda draft: -len(draft["studies"]))


def _summary(claim: Claim, members: Sequence[Answer], level: float) -> dict[str, Any]:
    found = _pooled(claim, members, level)
    ends = ("estimate", "ci_low", "ci_high", "prediction_low", "prediction_high")
    return {name: _back(claim, getattr(found, name)) for name in ends} | {
        "p_value": found.p_value,
        "tau": math.sqrt(found.tau2),
        "i2": found.i2,
        "q_p_value": found.q_p_value,
        "weights": found.weights,
    }


def _pooled(claim: Claim, members: Sequence[Answer], level: float) -> Pooled:
    """Pool on the scale on which the claim's null is 0."""
    centres, errors = [], []
    for member in members:
        estimate, low, high = (_there(claim, number) for number in member.interval or ())
        centres.append(estimate)
        errors.append(standard_error(low, high, level=member.result.level))
    return pool(centres, errors, level=level)


def _there(claim: Claim, number: float) -> float:
    return math.log(number / claim.null) if claim.ratio else number - claim.null


def _back(claim: Claim, number: float | None) -> float | None:
    if number is None:
        return None
    if not claim.ratio:
        return number + claim.null
    return claim.null * math.exp(min(number, 700.0))  # beyond it there is no such number


def _without(claim: Claim, members: Sequence[Answer], level: float) -> list[dict[str, Any]]:
    """Pool again without each of the sets, where two and more are left."""
    if len(members) < 3:
        return []
    rows = []
    for left_out in members:
        rest = [member for member in members if member is not left_out]
        summary = _summary(claim, rest, level)
        rows.append(
            {
                "study": left_out.study,
                **{name: summary[name] for name in ("estimate", "ci_low", "ci_high")},
            }
        )
    return rows


def _judge(claim: Claim, draft: Mapping[str, Any], choices: Choices) -> Pool:
    verdict = settle(
        claim, choices, draft["estimate"], draft["ci_low"], draft["ci_high"], draft["p_adjusted"]
    )
    return Pool(**draft, verdict=verdict)


def _conclude(claim: Claim, answers: Sequence[Answer], pools: Sequence[Pool]) -> ClaimAcross:
    real = [answer for answer in answers if answer.counts]
    with_number = [answer for answer in real if answer.interval]
    if not real:
        state, verdict, reason = "nobody", "not testable", words.NOBODY
    elif pools:
        state, verdict = "pooled", pools[0].verdict
        inside = {name for found in pools for name in found.studies}
        others = [answer for answer in with_number if answer.study not in inside]
        reason = words.of_pools(pools, [_told(answer) for answer in others])
    elif not with_number:
        state, verdict = "no number", _common(real)
        tested = [answer.study for answer in real if answer.result.p_value is not None]
        reason = words.no_estimate(
            claim.id, tested, [answer.study for answer in real if answer.study not in tested]
        )
    elif len(with_number) == 1:
        state, verdict = "one set", with_number[0].result.verdict
        reason = words.of_one(_told(with_number[0]))
    else:
        state, verdict = "apart", _common(with_number)
        told = [_told(answer) for answer in with_number]
        reason = words.side_by_side(NOT_POOLED.get(claim.id, words.DIFFERENT), told)
    return ClaimAcross(
        claim=claim,
        answers=tuple(answers),
        pools=tuple(pools),
        state=state,
        verdict=verdict,
        reason=reason,
    )


def _common(answers: Sequence[Answer]) -> str:
    verdicts = {answer.result.verdict for answer in answers}
    return verdicts.pop() if len(verdicts) == 1 else MIXED


def _told(answer: Answer) -> Text:
    """Name a data set with its estimate and verdict."""
    result = answer.result
    interval = words.interval(result.estimate, result.ci_low, result.ci_high)
    about = f", {answer.variant.en}" if answer.variant.en else ""
    about_zh = f"，{answer.variant.zh}" if answer.variant.zh else ""
    return Text(
        f"{answer.study} {interval} ({result.verdict}{about})",
        f"{answer.study} {interval}（{VERDICTS_ZH[result.verdict]}{about_zh}）",
    )
