"""Why a verdict is what it is: its reason in words, and in one line what a claim lacks."""

import re

from smallnet.hypotheses.result import Result
from smallnet.report.texts import CHANNEL, COUNTS, LACKED, PHRASES, label
from smallnet.tables.schema import SCHEMA

__all__ = ["reason_in_words", "what_is_missing"]

_LACKS = {  # of a claim whose tables or columns are not there: see `not_testable`
    "en": re.compile(r"^The data lack (.+): what was not recorded .+$"),
    "zh": re.compile(r"^数据缺少(.+)：没有记录与没有发生无法区分。$"),
}
_OPENING = {"en": re.compile("^Not testable: "), "zh": re.compile("^无法检验：")}
_FIRST = {"en": re.compile(r"^(.+?[.?!])(?= [A-Z0-9]|$)"), "zh": re.compile("^(.+?。)")}


def reason_in_words(result: Result, lang: str) -> str:
    """Give a result's reason; what the data lack is said in words and not by its key.

    Columns stay, in brackets, for those who want to add them.
    """
    return _in_words(result.word("reason", lang), lang)


def what_is_missing(result: Result, lang: str) -> str:
    """Say in one line what a claim that is not testable lacks: its reason's first sentence."""
    reason = reason_in_words(result, lang)
    lacks = _LACKS[lang].match(reason)
    if lacks is not None:
        return lacks[1] + ("." if lang == "en" else "。")
    reason = _OPENING[lang].sub("", reason)
    first = _FIRST[lang].match(reason)
    return reason if first is None else first[1]


def _in_words(reason: str, lang: str) -> str:
    if lang == "zh":
        for phrase, words in PHRASES.items():
            reason = reason.replace(phrase, words)
        reason = re.sub(r"(?<![\w.(（])[a-z]+(?![\w.])", _table_zh, reason, flags=re.ASCII)
    brackets = " ({})" if lang == "en" else "（{}）"

    def words_of(found: re.Match[str]) -> str:
        table, column = found[1], found[2]
        if table == "coverage":
            return label(CHANNEL, column, lang) if column in CHANNEL else found[0]
        told = LACKED.get(found[0])
        return found[0] if told is None else told.get(lang) + brackets.format(found[0])

    return re.sub(r"(?<![\w.(（])(\w+)\.(\w+)\b", words_of, reason, flags=re.ASCII)


def _table_zh(found: re.Match[str]) -> str:
    return label(COUNTS, found[0], "zh") if found[0] in SCHEMA else found[0]
