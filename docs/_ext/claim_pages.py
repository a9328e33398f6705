"""Every claim on a page: its texts from the register, its rule, what its test is worth."""

import re
from collections.abc import Iterator

from gallery import claim_figure
from markdown_words import plain, table

from smallnet.figures.verdicts import VERDICTS
from smallnet.hypotheses import CLAIMS, Claim
from smallnet.hypotheses.calibrated import shipped_table
from smallnet.hypotheses.register import explain, find_registered, register_ids
from smallnet.tables import Choices, Text

__all__ = ["calibration_rows", "describe_claims", "describe_verdicts"]

WORDS = {
    "rule": Text("when it is settled", "怎样算定论"),
    "worth": Text("what the test is worth", "检验的可靠程度"),
    "code": Text("in the code", "代码"),
    "untested": Text("no test", "无检验"),
    "verdict": Text("verdict", "结论"),
    "meaning": Text("what it means", "含义"),
    "claim": Text("claim", "说法"),
    "planted": Text("planted", "植入"),
    "nothing": Text("nothing", "无效应"),
    "truth": Text("true value", "真值"),
    "groups": Text("groups", "群"),
    "people": Text("people", "人"),
    "worlds": Text("worlds", "世界"),
    "alarms": Text("false alarms or power", "误报率或功效"),
    "coverage": Text("coverage of the interval", "区间覆盖率"),
    "bias": Text("bias", "偏差"),
    "parts": (
        Text("The essay (S)", "文章的说法（S）"),
        Text("The threshold (T)", "阈值（T）"),
        Text("The book (B)", "书的说法（B）"),
    ),
}


def describe_verdicts(lang: str) -> str:
    """Give the five verdicts and their meaning."""
    rows = [(look.word.get(lang), plain(look.meaning.get(lang))) for look in VERDICTS.values()]
    return table((WORDS["verdict"].get(lang), WORDS["meaning"].get(lang)), rows)


def describe_claims(lang: str) -> str:
    """Give a section a claim, tested or not, in the order of the register."""
    parts, seen = [], ""
    for name in register_ids():
        if name[0] != seen:
            seen = name[0]
            parts.append(f"## {WORDS['parts']['STB'.index(seen)].get(lang)}")
        parts += _describe(name, lang)
    return "\n\n".join(parts)


def _describe(name: str, lang: str) -> Iterator[str]:
    found = find_registered(name)
    tested = isinstance(found, Claim)
    mark = "" if tested else f" ({WORDS['untested'].get(lang)})"
    yield f"({_anchor(name, lang)})="
    yield f"### {name} {plain(found.title.get(lang))}{mark}"
    yield from _paragraphs(explain(name, lang))
    if isinstance(found, Claim):
        yield _titled(WORDS["rule"].get(lang), _rule(found, lang))
        yield _titled(WORDS["code"].get(lang), f"`smallnet.hypotheses.{CLAIMS[name]}`")
        yield _titled(WORDS["worth"].get(lang), calibration_rows(name, lang))
        yield claim_figure(name, lang)


def _anchor(name: str, lang: str) -> str:
    return f"claim-{name.lower()}" + ("" if lang == "en" else f"-{lang}")


def _titled(title: str, body: str) -> str:
    """Give a term and what is said of it, as an entry of a list of definitions."""
    first, *others = body.split("\n")
    lines = [f": {first}", *(f"  {line}" if line else "" for line in others)]
    return "\n".join([f"{title[0].upper()}{title[1:]}", *lines])


def _paragraphs(words: str) -> Iterator[str]:
    """Turn what ``smallnet explain`` prints into Markdown: headings, paragraphs, lists."""
    for block in words.split("\n\n")[1:]:
        title, *lines = block.splitlines()
        if not lines:  # "needs: …"
            heading, _colon, names = re.split("([:：])", title, maxsplit=1)
            code = "、" if "：" in title else ", "
            listed = code.join(f"`{name}`" for name in names.strip().split(", "))
            yield _titled(heading, listed)
            continue
        yield _titled(title, "\n".join(_line(line) for line in lines))


def _line(line: str) -> str:
    return f"- {plain(line[4:])}" if line.startswith("  - ") else plain(line.strip())


def _rule(claim: Claim, lang: str) -> str:
    """Say from numbers what would make each verdict."""
    delta, null = Choices().smallest_effect[claim.id], claim.null
    if claim.claimed_side == "at":
        return Text(
            f"The claim names a number, {null:g}: the verdict follows from where the interval "
            "lies to it.",
            f"说法给出一个数值 {null:g}：结论取决于区间与它的位置关系。",
        ).get(lang)
    low, high = (null / delta, null * delta) if claim.ratio else (null - delta, null + delta)
    side = {"above": Text("above", "高于"), "below": Text("below", "低于")}[claim.claimed_side]
    return Text(
        f"*Supported* where the whole interval lies {side.en} {null:g} and the adjusted p-value "
        f"is under alpha; *contradicted* where it lies on the other side; *no effect* where it "
        f"lies within {low:.3g} and {high:.3g}; else *inconclusive*.",
        f"区间整体{side.zh} {null:g} 且校正后 p 值低于 alpha 则**支持**；在另一侧则**反驳**；"
        f"落在 {low:.3g} 与 {high:.3g} 之间则**无实质效应**；否则**尚无定论**。",
    ).get(lang)


def calibration_rows(claim: str | None, lang: str) -> str:
    """Give the rows of the shipped calibration, of one claim or of all."""
    heads = ["planted", "truth", "groups", "people", "worlds", "alarms", "coverage", "bias"]
    rows = []
    for row in shipped_table():
        if claim not in (None, row["claim"]):
            continue
        nothing = row["kind"] == "null"
        cells = [
            WORDS["nothing"].get(lang) if nothing else f"{row['effect']:g}",
            _number(row["truth"]),
            f"{row['groups']:,}",
            "–" if row["people"] == 1 else f"{row['people']:,}",
            row["worlds"],
            _share(row, "rate"),
            _share(row, "coverage"),
            _number(row["bias"]),
        ]
        if claim is None:
            cells.insert(0, f"[{row['claim']}](#{_anchor(row['claim'], lang)})")
        rows.append(cells)
    if not rows:
        return Text("Not calibrated yet.", "尚未校准。").get(lang)
    if claim is None:
        heads.insert(0, "claim")
    return table([WORDS[head].get(lang) for head in heads], rows)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _share(row: dict, name: str) -> str:
    if row[name] is None:
        return "–"
    return f"{row[name]:.2f} [{row[name + '_low']:.2f},\u00a0{row[name + '_high']:.2f}]"
