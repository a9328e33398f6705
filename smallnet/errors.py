"""What can go wrong, each with one clear sentence: what was found, where, and what was expected."""

__all__ = [
    "DownloadError",
    "InputError",
    "NotTestableError",
    "OutputError",
    "SmallnetError",
    "TrapError",
    "TrapWarning",
    "UnknownNameError",
]


class SmallnetError(Exception):
    """Parent of every error that smallnet raises on purpose."""


class InputError(SmallnetError, ValueError):
    """The data or a choice are not what they must be."""


class UnknownNameError(SmallnetError, KeyError):
    """A name that is not in a list of names (a data set, a claim, a table)."""

    def __str__(self) -> str:
        """Give the sentence itself; a KeyError would quote it."""
        return str(self.args[0]) if self.args else ""


class NotTestableError(InputError):
    """The data lack what a claim needs.

    Parameters
    ----------
    missing : sequence of str
        What is missing, as ``table``, ``table.column`` or ``coverage.channel``.
    """

    def __init__(self, missing: tuple[str, ...] | list[str]) -> None:
        self.missing = tuple(missing)
        super().__init__("the data lack " + ", ".join(self.missing))


class TrapError(InputError):
    """A call whose answer would come of arithmetic alone.

    Parameters
    ----------
    trap : str
        Why: what would be found even where nothing is.
    right_call : str
        What to call instead.
    """

    def __init__(self, trap: str, right_call: str) -> None:
        self.trap, self.right_call = trap, right_call
        super().__init__(f"{trap} Instead: {right_call}")

    def __reduce__(self) -> tuple[type["TrapError"], tuple[str, str]]:
        """Travel between processes with both sentences."""
        return type(self), (self.trap, self.right_call)


class TrapWarning(UserWarning):
    """A call whose answer may come of arithmetic alone."""


class OutputError(SmallnetError, OSError):
    """A result could not be written; nothing half-written is left behind."""


class DownloadError(SmallnetError, OSError):
    """A public data set could not be fetched."""
