"""Who answers whom where the platform keeps no reply ids: one stated rule, and its precision.

The rule. A message is a reply if it opens with the name of another person who wrote in the same
group within the last ``WINDOW`` messages (``ana: yes``, ``@ana yes``). It answers the latest of
that person's messages there that was addressed to the writer, else the latest of all. A message
that addresses nobody is no reply: who only speaks next answers nobody that we could know.

The rule misses most replies (people seldom name whom they answer) and names a wrong message more
often than a wrong person: a person's messages come in runs, and which of them is answered is a
matter of reading. So it is fit for who answers whom, less for what is answered, and not at all
for the share of messages that get an answer.

On the one annotated log at hand, ``RULE_MEASURED`` holds what was found (Ubuntu IRC, 27 June 2005,
the 250 annotated lines of [1]_). The two choices in the rule (``WINDOW``, and preferring what was
addressed to the writer) were made on the same lines, so these shares flatter it somewhat.

References
----------
.. [1] J. K. Kummerfeld et al., A large-scale corpus for conversation disentanglement, ACL 2019,
   3846-3856. https://doi.org/10.18653/v1/P19-1374 (data/dev/2005-06-27_12, CC BY 4.0)
"""

import re
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from smallnet.importers.collecting import Collector
from smallnet.tables import Text

__all__ = [
    "RULE_MEASURED",
    "WINDOW",
    "Addressing",
    "Agreement",
    "Talk",
    "agreement",
    "note_rule",
    "opening_name",
]

WINDOW = 50  # messages of the group; 20 and 100 find the same within two replies of 61
MINUTE_US = 60_000_000
RULE = Text(
    en="{n} replies are inferred: a message that opens with the name of somebody who wrote lately "
    "answers them. On an IRC log, on whose lines the rule was chosen: {rule}. Most replies name "
    "nobody and stay unknown.",
    zh="推断出 {n} 条回复：以近来发过言的人的名字开头的消息，算作回复此人。"
    "在一份 IRC 日志上（规则即据其选定）：{rule}。多数回复不点名，无从得知。",
)
OPENING = re.compile(r"@?([^\s:,>@]{1,64})[:,>](?=\s|$)|@([^\s:,>@]{1,64})(?=\s|$)")


def opening_name(text: str) -> str | None:
    """Give the word that a message opens with if it has the form of an address, else None.

    Examples
    --------
    >>> [opening_name(text) for text in ("ana: yes", "@ana yes", "ana, yes", "yes: no", "ana yes")]
    ['ana', 'ana', 'ana', 'yes', None]
    """
    found = OPENING.match(text)
    return (found[1] or found[2]) if found else None


class Addressing:
    """Remembers the last messages of one group and says which of them a new one answers.

    Parameters
    ----------
    window : int
        How many messages of the group are looked back on.
    """

    def __init__(self, window: int = WINDOW) -> None:
        self.window = window
        self._last: deque[tuple[str, str, str | None]] = deque(maxlen=window)

    def answered(self, interaction: str, sender: str, addressee: str | None) -> str | None:
        """Take in the next message of the group; give the one that it answers, or None.

        Parameters
        ----------
        interaction, sender : str
            The message and who wrote it.
        addressee : str or None
            The person whom it addresses (see ``opening_name``; names are the caller's to look up).
        """
        found = None
        if addressee is not None and addressee != sender:
            for earlier, writer, theirs in reversed(self._last):
                if writer != addressee:
                    continue
                if theirs == sender:
                    found = earlier
                    break
                found = found or earlier
        self._last.append((interaction, sender, addressee))
        return found


@dataclass
class Talk:
    """The messages of one group on a platform without ids: gives them ids, and infers replies.

    Attributes
    ----------
    people : dict
        What people are called, as ``fold`` leaves it, to who they are; the caller fills it.
    fold : callable
        How names are compared.
    inferred : int
        Replies so far.

    Notes
    -----
    An id is the sender, the minute, the words, and which of several such messages it is, so that
    two exports of the same talk give a message the same id.
    """

    people: dict[str, str] = field(default_factory=dict)
    fold: Callable[[str], str] = str.casefold
    inferred: int = 0
    _answers: Addressing = field(default_factory=Addressing)
    _minute: int = -1
    _same: dict[tuple[str, str], int] = field(default_factory=dict)

    def take(
        self, sender: str, at: int, text: str, act: str | None = None
    ) -> tuple[str, str | None, str | None]:
        """Take the next message; give its id, that of the one it answers, and whom it addresses.

        Parameters
        ----------
        sender : str
            Who.
        at : int
            Microseconds.
        text : str
            The words.
        act : str, optional
            The id of the platform after all.
        """
        if act is None:
            if at // MINUTE_US != self._minute:
                self._minute = at // MINUTE_US
                self._same.clear()
            n = self._same[sender, text] = self._same.get((sender, text), 0) + 1
            act = f"{self._minute}\0{sender}\0{text}\0{n}"
        name = opening_name(text)
        addressee = None if name is None else self.people.get(self.fold(name))
        addressee = None if addressee == sender else addressee
        answered = self._answers.answered(act, sender, addressee)
        self.inferred += answered is not None
        return act, answered, addressee


def note_rule(inferred: int, collector: Collector) -> None:
    """Tell in the import report how many replies are inferred, by which rule, how well."""
    if inferred:
        rule = RULE_MEASURED.to_text()
        collector.note(
            Text(
                en=RULE.en.format(n=inferred, rule=rule.en),
                zh=RULE.zh.format(n=inferred, rule=rule.zh),
            )
        )


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How inferred replies agree with the links that people annotated."""

    annotated: int  # annotated lines
    answers: int  # of them, those that answer another one
    inferred: int  # annotated lines for which the rule names one
    exact: int  # ... the very message that somebody annotated
    person: int  # ... a message of a person whom it answers

    @property
    def precision(self) -> float:
        """Share of inferred replies that are the annotated message; nan without any."""
        return self.exact / self.inferred if self.inferred else float("nan")

    @property
    def precision_person(self) -> float:
        """Share of inferred replies that go to an annotated person; nan without any."""
        return self.person / self.inferred if self.inferred else float("nan")

    @property
    def recall(self) -> float:
        """Share of annotated answers that were found exactly; nan without any."""
        return self.exact / self.answers if self.answers else float("nan")

    def to_text(self) -> Text:
        """Say it in one sentence, with 95 % Wilson intervals."""
        low, high = wilson(self.exact, self.inferred)
        p_low, p_high = wilson(self.person, self.inferred)
        values = {
            "inferred": self.inferred,
            "exact": f"{self.precision:.2f} [{low:.2f}, {high:.2f}]",
            "person": f"{self.precision_person:.2f} [{p_low:.2f}, {p_high:.2f}]",
            "recall": f"{self.recall:.2f}",
            "annotated": self.annotated,
        }
        return Text(
            en="of {inferred} replies inferred among {annotated} annotated lines, {exact} name "
            "the annotated message and {person} the annotated person; {recall} of the annotated "
            "replies are found",
            zh="在 {annotated} 行人工标注里推断出 {inferred} 条回复：{exact} 指对了消息，"
            "{person} 指对了人；标注的回复中找到了 {recall}",
        ).format(**values)


RULE_MEASURED = Agreement(annotated=250, answers=209, inferred=61, exact=42, person=55)


def agreement(
    inferred: Mapping[int, int],
    gold: Mapping[int, Collection[int]],
    senders: Mapping[int, str],
) -> Agreement:
    """Compare inferred replies with annotated links.

    Parameters
    ----------
    inferred : mapping of int to int
        Line of a message to the line that the rule says it answers.
    gold : mapping of int to collection of int
        Annotated line to the lines it answers; itself alone: it answers none.
    senders : mapping of int to str
        Who wrote which line.
    """
    named = {line: target for line, target in inferred.items() if line in gold}
    people = sum(
        senders.get(target) in {senders.get(answered) for answered in gold[line]}
        for line, target in named.items()
    )
    return Agreement(
        annotated=len(gold),
        answers=sum(set(answered) != {line} for line, answered in gold.items()),
        inferred=len(named),
        exact=sum(target in gold[line] for line, target in named.items()),
        person=people,
    )


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Give the 95 % Wilson interval of a share; nan for none of none."""
    if n == 0:
        return float("nan"), float("nan")
    z2 = 1.959964**2
    centre = (hits + z2 / 2) / (n + z2)
    half = float(np.sqrt(z2 * (hits * (n - hits) / n + z2 / 4))) / (n + z2)
    return centre - half, centre + half
