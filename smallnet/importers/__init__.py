"""From chat exports to tables: nothing lost, nobody exposed.

``import_export`` reads an export and writes a data set; each format is one module with one
``FORMAT``. A format hands every record of a ``Source`` to a ``Collector``, which keeps pseudonyms,
lengths and digests in the place of names and words.
"""

from smallnet.importers.anonymising import anonymise
from smallnet.importers.clock import Clock, epoch_us, local_us
from smallnet.importers.collecting import Collector
from smallnet.importers.format import Format, Options
from smallnet.importers.importing import import_export
from smallnet.importers.registry import FORMATS, detect, find_format, format_names
from smallnet.importers.reporting import ImportReport
from smallnet.importers.source import Source

__all__ = [
    "FORMATS",
    "Clock",
    "Collector",
    "Format",
    "ImportReport",
    "Options",
    "Source",
    "anonymise",
    "detect",
    "epoch_us",
    "find_format",
    "format_names",
    "import_export",
    "local_us",
]
