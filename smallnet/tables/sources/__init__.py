"""Public data sets: one module a data set or a family, each with its entries and converters."""

from smallnet.tables.sources import (
    classics,
    diffusion,
    online,
    phones,
    slack,
    sociopatterns,
    trust,
    villages,
    zulip,
)
from smallnet.tables.sources.entry import Entry, File, Source

__all__ = ["SOURCES", "Entry", "File", "Source"]

SOURCES: tuple[Source, ...] = (
    *sociopatterns.SOURCES,
    *slack.SOURCES,
    *zulip.SOURCES,
    *diffusion.SOURCES,
    *villages.SOURCES,
    *online.SOURCES,
    *phones.SOURCES,
    *trust.SOURCES,
    *classics.SOURCES,
)
