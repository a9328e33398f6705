"""Messages without an id, and reactions without a name: what several platforms leave out."""

from collections import Counter

from smallnet.importers.collecting import Collector
from smallnet.tables import Text

__all__ = ["MadeIds", "note_unnamed_reactions"]

TOGETHER = 100_000  # messages after which those alike are no longer waited for: they stand together


class MadeIds:
    """Gives messages that have no id one that is the same in every export.

    Examples
    --------
    >>> made = MadeIds()
    >>> made.give("chat", "ana", 7, "text", 2), made.give("chat", "ana", 7, "text", 2)
    ('chat|ana|7|text|2|1', 'chat|ana|7|text|2|2')
    """

    def __init__(self) -> None:
        self._alike: Counter[tuple[str | None, int, str, int]] = Counter()

    def give(self, chat: str, sender: str | None, at: int, kind: str, length: int) -> str:
        """Give the id of a message by what is known of it, and which of several such it is."""
        known = (sender, at, kind, length)
        self._alike[known] += 1
        if len(self._alike) > TOGETHER:
            self._alike = Counter({known: self._alike[known]})
        return "|".join(map(str, (chat, *known, self._alike[known])))


def note_unnamed_reactions(collector: Collector, number: int) -> None:
    """Tell how many reactions name nobody, if there are any."""
    if number:
        collector.note(
            Text(
                en="{n} reactions are in the file as a number only: who reacted is not said",
                zh="文件中有 {n} 个表态只有数目，没有说是谁",
            ).format(n=number)
        )
