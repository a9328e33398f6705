"""What is said of a claim over several data sets, in English and in Chinese."""

from collections.abc import Sequence
from typing import Any, Protocol

from smallnet.tables import Text

__all__ = [
    "DIFFERENT",
    "MEANINGS",
    "NOBODY",
    "STATES",
    "interval",
    "no_estimate",
    "of_one",
    "of_pools",
    "side_by_side",
]

CHANCE = 0.1  # p of Cochran's Q under which differences between data sets are called real
ALPHA = 0.05

STATES = {
    "pooled": Text("pooled", "已合并"),
    "one set": Text("one data set", "仅一个数据集"),
    "apart": Text("not pooled", "未合并"),
    "no number": Text("no estimate", "无估计值"),
    "nobody": Text("no data", "无数据"),
}
MEANINGS = {
    "pooled": Text(
        "data sets estimate the same thing and are averaged by random effects",
        "多个数据集估计同一对象，用随机效应取平均",
    ),
    "one set": Text("a single data set has an estimate", "只有一个数据集给出估计值"),
    "apart": Text(
        "data sets stand side by side, as a mean of them would mean nothing",
        "各数据集并列：取平均没有意义",
    ),
    "no number": Text(
        "data sets hold what is needed, but too little of it", "具备所需内容，但数量太少"
    ),
    "nobody": Text("no data set holds what is needed", "没有数据集具备所需内容"),
}
NOBODY = Text("No data set here can speak to it.", "这里没有数据集能检验它。")
DIFFERENT = Text(
    "Each data set estimates something else, which no mean could bring together.",
    "各数据集估计的对象不同，无法取平均。",
)
_ONE = Text(
    "One data set speaks: {told}. What one says need not hold elsewhere.",
    "只有一个数据集给出估计：{told}。一个数据集的结果未必适用于别处。",
)
_TOO_LITTLE = Text(
    "What is needed is there, but too little of it for an estimate: {names}.",
    "具备所需内容，但数量太少，无法估计：{names}。",
)
_NO_ESTIMATE = {
    "T30": Text(
        "No break beyond a smooth curve was found, so there is no threshold to estimate: {names}.",
        "没有发现偏离光滑曲线的断点，因而没有可估计的阈值：{names}。",
    )
}
_TOGETHER = Text(
    "{n} data sets together{variant}: {interval}.", "{n} 个数据集合并{variant}：{interval}。"
)
_NEXT = Text(
    "They differ by more than chance would (I² {i2}); the truth of a next one would lie between "
    "{low} and {high}.",
    "它们的差异超出偶然（I² 为 {i2}）；下一个数据集的真值预计在 {low} 与 {high} 之间。",
)
_ALIKE = Text(
    "They differ no more than by chance (I² {i2}), which so few could hardly show; the truth of a "
    "next one would lie between {low} and {high}.",
    "它们的差异与偶然相当（I² 为 {i2}），但数据集太少，难以看出更多；下一个的真值预计在 {low} 与 "
    "{high} 之间。",
)
_TWO = Text(
    "From two nobody can tell how much a next one would differ (I² {i2}).",
    "仅凭两个数据集，无法判断下一个会差多少（I² 为 {i2}）。",
)
_TAKEN_BACK = Text(
    "Alone it would be firm; among all pools here it is not (adjusted p = {p}).",
    "单独看成立，但在这里的所有合并估计中不成立（校正后 p = {p}）。",
)
_BESIDE = Text("Beside it, not pooled: {told}.", "另有未合并的：{told}。")


class PoolLike(Protocol):
    """What is said of a pool."""

    variant: Text
    studies: tuple[str, ...]
    estimate: float
    ci_low: float
    ci_high: float
    prediction_low: float | None
    prediction_high: float | None
    p_value: float
    p_adjusted: float
    i2: float
    q_p_value: float


def of_pools(pools: Sequence[Any], others: Sequence[Text]) -> Text:
    """Say each pool with its spread, and which data sets stand beside."""
    sentences = [sentence for found in pools for sentence in _of_pool(found)]
    if others:
        sentences.append(_fill(_BESIDE, told=_list(others)))
    said = sentences[0]
    for sentence in sentences[1:]:
        said = said + sentence
    return said


def _of_pool(found: PoolLike) -> list[Text]:
    variant = Text("", "")
    if found.variant.en:
        variant = Text(f" ({found.variant.en})", f"（{found.variant.zh}）")
    shown = interval(found.estimate, found.ci_low, found.ci_high)
    said = [_fill(_TOGETHER, n=len(found.studies), variant=variant, interval=shown)]
    i2 = f"{found.i2:.0%}"
    if found.prediction_low is None or found.prediction_high is None:
        said.append(_TWO.format(i2=i2))
    else:
        spread = _NEXT if found.q_p_value < CHANCE else _ALIKE
        low, high = _number(found.prediction_low), _number(found.prediction_high)
        said.append(spread.format(i2=i2, low=low, high=high))
    if found.p_value < ALPHA <= found.p_adjusted:
        said.append(_TAKEN_BACK.format(p=f"{found.p_adjusted:.3f}"))
    return said


def of_one(told: Text) -> Text:
    """Say that one data set alone has an estimate."""
    return _fill(_ONE, told=told)


def no_estimate(claim: str, tested: Sequence[str], too_little: Sequence[str]) -> Text:
    """Say why there is no estimate although the tables are there.

    Parameters
    ----------
    claim : str
        Its id.
    tested, too_little : sequence of str
        Data sets in which a test gave a p-value, and in which not even that.
    """
    pairs = ((_NO_ESTIMATE.get(claim, _TOO_LITTLE), tested), (_TOO_LITTLE, too_little))
    said = [_fill(text, names=_list([Text(n, n) for n in names])) for text, names in pairs if names]
    return said[0] if len(said) == 1 else said[0] + said[1]


def side_by_side(why: Text, told: Sequence[Text]) -> Text:
    """Say why no mean is taken, and what each data set found."""
    listed = _list(told)
    return why + Text(f"{listed.en}.", f"{listed.zh}。")


def interval(estimate: float | None, low: float | None, high: float | None) -> str:
    """Write an estimate with its interval, three digits each."""
    return f"{_number(estimate)} [{_number(low)}, {_number(high)}]"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    value = float(value)
    if value.is_integer() or abs(value) >= 1000:
        shown = f"{value:,.0f}" if abs(value) < 1e6 else f"{value:.1e}"
    else:
        shown = f"{value:#.3g}".rstrip(".")
    return shown.replace("-", "−")


def _list(texts: Sequence[Text]) -> Text:
    return Text("; ".join(text.en for text in texts), "；".join(text.zh for text in texts))


def _fill(text: Text, **values: object) -> Text:
    """Fill values into both sentences, each in its own language."""

    def chosen(lang: str) -> dict[str, object]:
        return {k: v.get(lang) if isinstance(v, Text) else v for k, v in values.items()}

    return Text(text.en.format(**chosen("en")), text.zh.format(**chosen("zh")))
