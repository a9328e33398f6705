"""What a tested claim gives: always the same fields, and the rules that turn numbers into words."""

import dataclasses
import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from smallnet.errors import InputError, NotTestableError
from smallnet.tables import Choices, Text

__all__ = [
    "VERDICTS",
    "Claim",
    "Result",
    "interval_fields",
    "not_testable",
    "plain",
    "result_of",
    "settle",
]

VERDICTS = ("supported", "contradicted", "no effect", "inconclusive", "not testable")
VERDICTS_ZH = dict(
    zip(VERDICTS, ("支持", "反驳", "无实质效应", "尚无定论", "无法检验"), strict=True)
)


NOTHING_SAID = Text("", "")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a claim says and how it is settled; the same for every data set."""

    id: str  # as in the register: S05
    title: Text
    claim: Text  # the claim in one sentence
    needs: tuple[str, ...]  # tables, columns and coverage without which nothing can be said
    estimand: Text
    effect: Text  # name of the estimate
    null: float
    claimed_side: Literal["above", "below", "at"]  # of the null; "at": the claim is a number
    ratio: bool  # the estimate is a ratio, to be read on a log axis
    method: Text
    null_model: Text
    assumptions: tuple[Text, ...] = ()
    threats: tuple[Text, ...] = ()
    why_hard: Text = NOTHING_SAID
    would_refute: Text = NOTHING_SAID
    would_settle: Text = NOTHING_SAID  # which data would settle it


@dataclass(frozen=True, kw_only=True)
class Result:
    """A tested claim. Unknown numbers are ``None``."""

    id: str
    title: str
    claim: str
    verdict: str
    estimand: str
    effect: str
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    level: float = 0.95
    p_value: float | None = None
    p_adjusted: float | None = None
    n: Mapping[str, int | None] = field(default_factory=dict)  # people, groups, rows, events
    method: str = ""
    null_model: str = ""
    assumptions: tuple[str, ...] = ()
    threats: tuple[str, ...] = ()
    robustness: tuple[Mapping[str, Any], ...] = ()  # name, estimate, ci_low, ci_high, note
    details: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    translations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by language

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            msg = f"verdict of {self.id} is {self.verdict!r}, expected one of {', '.join(VERDICTS)}"
            raise InputError(msg)

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON; what is unknown or not finite is ``None``."""
        return {f.name: plain(getattr(self, f.name)) for f in dataclasses.fields(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Result":
        """Read what ``to_dict`` gave; keys that are not fields are passed over."""
        known = {f.name for f in dataclasses.fields(cls)}
        chosen = {key: value for key, value in values.items() if key in known}
        for key in ("assumptions", "threats", "robustness"):
            chosen[key] = tuple(chosen.get(key) or ())
        return cls(**chosen)

    def word(self, name: str, lang: str = "en") -> Any:
        """Give a field's text in ``lang``; English where there is no translation."""
        if lang != "en" and name in self.translations.get(lang, {}):
            return self.translations[lang][name]
        return getattr(self, name)

    def __str__(self) -> str:
        """Say the verdict in one line."""
        return f"{self.id} {self.title}: {self.verdict}. {self.interval_text()} {self.reason}"

    def interval_text(self, digits: int = 2) -> str:
        """Give the estimate with its interval as text; a dash where it is unknown."""
        if self.estimate is None:
            return "–"
        if self.ci_low is None or self.ci_high is None:
            return f"{self.estimate:.{digits}f}"
        return f"{self.estimate:.{digits}f} [{self.ci_low:.{digits}f}, {self.ci_high:.{digits}f}]"

    def _repr_html_(self) -> str:
        rows = {
            "claim": self.claim,
            "verdict": self.verdict,
            self.effect: self.interval_text(),
            "in words": self.reason,
        }
        cells = "".join(
            f"<tr><th style='text-align:left'>{html.escape(key)}</th>"
            f"<td style='text-align:left'>{html.escape(value)}</td></tr>"
            for key, value in rows.items()
        )
        return f"<table><caption>{html.escape(f'{self.id} {self.title}')}</caption>{cells}</table>"


def plain(value: Any) -> Any:
    """Turn numpy values, tuples and mappings into what JSON knows; not finite becomes ``None``."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def interval_fields(found: Sequence[float | None] | None) -> dict[str, float | None]:
    """Name an estimate and its bounds as ``Result`` does; None: all are unknown."""
    return dict(zip(("estimate", "ci_low", "ci_high"), found or (None,) * 3, strict=True))


def settle(
    claim: Claim,
    choices: Choices,
    estimate: float | None,
    ci_low: float | None,
    ci_high: float | None,
    p_adjusted: float | None = None,
) -> str:
    """Turn an interval into a verdict by the rules of the register.

    The interval on the claimed side of the null (and, where there is one, the adjusted p-value
    under alpha): supported. On the other side: contradicted. Within the smallest effect of
    interest: no effect. Else inconclusive. For ratios the smallest effect is a factor.

    Notes
    -----
    An interval that lies on one side of the null *and* within the smallest effect is "no
    effect": it is known to be too small to matter.
    """
    if estimate is None or ci_low is None or ci_high is None:
        return "inconclusive"
    delta = choices.smallest_effect[claim.id]
    if claim.ratio:
        within = claim.null / delta < ci_low and ci_high < claim.null * delta
    else:
        within = claim.null - delta < ci_low and ci_high < claim.null + delta
    if within:
        return "no effect"
    if p_adjusted is not None and p_adjusted >= choices.alpha:
        return "inconclusive"
    above, below = ci_low > claim.null, ci_high < claim.null
    if claim.claimed_side == "above":
        good, bad = above, below
    else:
        good, bad = below, above
    return "supported" if good else "contradicted" if bad else "inconclusive"


def result_of(
    claim: Claim,
    choices: Choices,
    *,
    verdict: str,
    reason: Text,
    threats: Sequence[Text] = (),
    assumptions: Sequence[Text] = (),
    method: Text | None = None,
    **numbers: Any,
) -> Result:
    """Write a ``Result`` in both languages.

    Parameters
    ----------
    claim : Claim
        Its words are used where nothing else is given.
    choices : Choices
        The level comes from here.
    verdict, reason : str, Text
        What was found, in a word and in plain words.
    threats, assumptions : sequence of Text
        Those of this data set, put before the claim's own.
    method : Text, optional
        Where it differs from the claim's.
    **numbers
        The other fields of ``Result``. A robustness entry may have a ``Text`` as its ``name``.
    """
    words = {
        "title": claim.title,
        "claim": claim.claim,
        "estimand": claim.estimand,
        "effect": claim.effect,
        "method": method or claim.method,
        "null_model": claim.null_model,
        "reason": reason,
    }
    lists = {
        "assumptions": (*assumptions, *claim.assumptions),
        "threats": (*threats, *claim.threats),
    }
    robustness = numbers.pop("robustness", ())
    english: dict[str, Any] = {key: text.en for key, text in words.items()}
    chinese: dict[str, Any] = {key: text.zh for key, text in words.items()}
    english |= {key: tuple(text.en for text in texts) for key, texts in lists.items()}
    chinese |= {key: [text.zh for text in texts] for key, texts in lists.items()}
    english["robustness"] = tuple(_named(entry, "en") for entry in robustness)
    chinese["robustness"] = [_named(entry, "zh") for entry in robustness]
    chinese["verdict"] = VERDICTS_ZH.get(verdict, "")
    fields = english | {key: plain(value) for key, value in numbers.items()}
    return Result(
        id=claim.id,
        verdict=verdict,
        level=choices.level,
        translations={"zh": chinese},
        **fields,
    )


def _named(entry: Mapping[str, Any], lang: str) -> dict[str, Any]:
    return {
        key: value.get(lang) if isinstance(value, Text) else plain(value)
        for key, value in entry.items()
    }


def not_testable(
    claim: Claim, choices: Choices, why: NotTestableError | Text, **numbers: Any
) -> Result:
    """Say that the data cannot answer, and what they lack."""
    if isinstance(why, NotTestableError):
        names, names_zh = ", ".join(why.missing), "、".join(why.missing)
        why = Text(
            f"The data lack {names}: what was not recorded cannot be told from what did not "
            "happen.",
            f"数据缺少{names_zh}：没有记录与没有发生无法区分。",
        )
    return result_of(claim, choices, verdict="not testable", reason=why, **numbers)
