"""Every claim of the essay and the book: the tested ones, and the others with what they lack."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from smallnet.errors import UnknownNameError
from smallnet.hypotheses.claims import CLAIMS, load_claim
from smallnet.hypotheses.result import Claim
from smallnet.tables import Text

__all__ = ["Untested", "explain", "find_registered", "register_ids", "untested"]


@dataclass(frozen=True, kw_only=True)
class Untested:
    """A claim that no file tests, and why."""

    id: str
    title: Text
    claim: Text
    estimand: Text
    why_hard: Text
    would_refute: Text
    would_settle: Text
    reason: Text  # why there is no test: what it would need


@cache
def untested() -> Mapping[str, Untested]:
    """Give the claims that no file tests, by id."""
    source = resources.files("smallnet.hypotheses").joinpath("register.toml")
    entries = tomllib.loads(source.read_text("utf-8"))
    return {
        name: Untested(id=name, **{key: Text(*pair) for key, pair in entry.items()})
        for name, entry in entries.items()
        if name not in CLAIMS
    }


def register_ids() -> tuple[str, ...]:
    """Give the ids of all claims: the essay's, the threshold, the book's."""
    return tuple(sorted({*CLAIMS, *untested()}, key=lambda name: ("STB".index(name[0]), name)))


def find_registered(name: str) -> Claim | Untested:
    """Give a claim by its id, tested or not.

    Raises
    ------
    UnknownNameError
        For an id that neither the essay nor the book has.
    """
    name = name.upper()
    if name in CLAIMS:
        claim: Claim = load_claim(name).CLAIM
        return claim
    if name in untested():
        return untested()[name]
    msg = f"unknown claim {name!r}, expected one of {', '.join(register_ids())}"
    raise UnknownNameError(msg)


def explain(name: str, lang: str = "en") -> str:
    """Say what a claim means, why it is hard, and what would settle it.

    Parameters
    ----------
    name : str
        Its id, such as ``S08``.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    str
        Paragraphs with a heading each.

    Raises
    ------
    UnknownNameError
        For an id that neither the essay nor the book has.
    """
    found = find_registered(name)
    lines = [f"{found.id} {found.title.get(lang)}"]
    for field, heading in HEADINGS.items():
        text = getattr(found, field, None)
        if text is not None and text.get(lang):
            lines += ["", heading.get(lang), f"  {_plain(text.get(lang))}"]
    if isinstance(found, Claim):
        for field, heading in LISTS.items():
            texts = getattr(found, field)
            if texts:
                lines += ["", heading.get(lang), *(f"  - {_plain(t.get(lang))}" for t in texts)]
        lines += ["", f"{NEEDS.get(lang)} {', '.join(found.needs)}"]
    return "\n".join(lines)


HEADINGS = {
    "claim": Text("the claim", "说法"),
    "why_hard": Text("why it is hard", "难在哪里"),
    "estimand": Text("what we estimate", "我们估计什么"),
    "method": Text("how", "方法"),
    "null_model": Text("against what", "零模型"),
    "would_refute": Text("what would refute it", "什么会反驳它"),
    "would_settle": Text("which data would settle it", "什么数据能定论"),
    "reason": Text("why smallnet does not test it", "为什么 smallnet 不检验它"),
}
LISTS = {
    "assumptions": Text("what is assumed", "假设"),
    "threats": Text("threats", "威胁"),
}
NEEDS = Text("needs:", "需要：")


def _plain(words: str) -> str:
    """Leave out the codes of threats, which are a matter of our notes."""
    return re.sub(r"\s*[(（]T\d+(?:[,，、 ]+T\d+)*[)）]", "", words)
