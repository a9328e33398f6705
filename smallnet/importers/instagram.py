"""Instagram: the messages in the JSON of "Download your information".

They are of the same make as those of Facebook Messenger (see ``messenger``): threads with
participants, messages without ids, text whose UTF-8 was written byte by byte. Read receipts and
who was in a group before are not in the file.
"""

from smallnet.importers.collecting import Collector
from smallnet.importers.format import Format, Options
from smallnet.importers.messenger import ONLY_FACEBOOK, is_thread, read_threads
from smallnet.importers.source import Source
from smallnet.tables import Text

__all__ = ["FORMAT"]


def read(source: Source, collector: Collector, options: Options) -> None:
    """Read a download: a file of a thread, or a folder or zip of them."""
    read_threads(source, collector, options)


def sniff(name: str, head: bytes) -> bool:
    """Tell whether a file may be a thread of Instagram."""
    if not name.lower().endswith(".json") or not is_thread(head):
        return False
    return "instagram" in name.lower() or not ONLY_FACEBOOK.search(head.replace(b"\0", b""))


FORMAT = Format(
    name="instagram",
    title=Text(en="Instagram (JSON)", zh="Instagram（JSON）"),
    read=read,
    sniff=sniff,
    covers=(),
    may_cover=("joining", "leaving", "lurkers", "private"),
)
