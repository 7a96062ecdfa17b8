"""Read contents of N and of 2 N rows with every reader of one plugin, and print as JSON how much work each takes.

Run as a program with the name of an entry point, since the plugin's modules must be imported with the counter.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

import work

GROUP = "netstat.plugins"
ROWS = 96
SUSPICIOUS, MORE = 2.2, 4
"""Where twice the rows take more than this, more rows are read: what a cache of bounded size costs stops growing."""

LIBRARY = ("netstat_core.plugin", "netstat_core.escape")
"""What parsers call of the package; its other modules are not counted."""


class Growth(NamedTuple):
    """The work that a feed takes for N and for 2 N rows, and what it gave."""

    reader: str
    feed: str
    families: tuple[str, ...]
    variant: str
    works: tuple[int, int]
    records: int
    is_fed: bool


def grow(samples: Any, reader: Any, feed: Any, query: Any, rows: int) -> Iterator[Growth]:
    """Yield the growth of a feed in each variant."""
    from scaled import VARIANTS

    has_lines = any(source_type in ("File", "Directory") for source_type in list_types(feed, query))
    for variant in VARIANTS if has_lines else [variant for variant in VARIANTS if variant.header == 1]:
        works, records, is_fed = compare(samples, feed, query, rows, variant)
        if works[1] > SUSPICIOUS * works[0]:
            works, records, is_fed = compare(samples, feed, query, MORE * rows, variant)
        yield Growth(reader.name, feed.name, query.families, variant.name, works, records, is_fed)


def compare(samples: Any, feed: Any, query: Any, rows: int, variant: Any) -> tuple[tuple[int, int], int, bool]:
    """Return the work for N and 2 N rows, the records of the latter, and whether any source had content."""
    before, _, is_fed = read(samples, feed, query, rows, variant)
    after, records, _ = read(samples, feed, query, 2 * rows, variant)
    return (before, after), records, is_fed


def list_types(feed: Any, query: Any) -> list[str]:
    """Return the names of the types of a feed's sources."""
    from netstat_core.report.selection import asked_of

    return [type(need.source).__name__ for need in feed.needs(asked_of(query)) if need is not None]


def read(samples: Any, feed: Any, query: Any, rows: int, variant: Any) -> tuple[int, int, bool]:
    """Return the work of a parser, the number of its records, and whether any of its sources had content.

    Sources that a feed can do without grow only where each row differs, which shows whether joining them is linear.
    """
    from scaled import about

    from netstat_core.report.selection import asked_of

    asked = asked_of(query)
    needs = feed.needs(asked)
    contents: list[Any] = []
    for need in needs:
        is_fixed = need is not None and need.absence in ("optional", "noted") and variant.change is None
        contents.append(None if need is None else samples.scaled(need.source, ROWS // 8 if is_fixed else rows, variant))
        if contents[-1] is None and need is not None and need.absence == "required":
            contents[-1] = [] if hasattr(need.source, "body") else b""
    work.Meter.work = 0
    records = count_records(feed.parsed(about(asked), contents))
    return work.Meter.work, records, any(contents)


def count_records(outcome: Any) -> int:
    """Drain a parser, reading each record."""
    number = 0
    for part in outcome:
        if isinstance(part, dict):
            number += 1
        elif hasattr(part, "__len__") and not isinstance(part, tuple):
            number += sum(1 for _ in part)
    return number


def sweep(name: str, folder: Path, rows: int) -> list[Growth]:
    """Return the growth of all feeds of a plugin, for every source that any request makes them read."""
    points = entry_points(group=GROUP)
    work.install([*LIBRARY, *(point.value for point in points if "." not in point.value)])
    from samples import samples
    from scaled import MADE_FILES, Samples
    from trees import Trees

    from netstat_core.plugin import NetlinkDump
    from netstat_core.system.snapshot import MemoryStore, SnapshotSystem
    from netstat_core.testing.sweep import _list_readers as list_readers
    from netstat_core.testing.sweep import list_sources

    (point,) = (point for point in points if point.name == name)
    module = point.load()
    if not hasattr(module, "netstat_readers"):
        return []
    feeds = [(reader, feed, list_sources(reader, feed)) for reader in list_readers(module) for feed in reader.feeds]
    dumps = [source for _, _, sources in feeds for source in sources if isinstance(source, NetlinkDump)]
    opened = [
        SnapshotSystem(MemoryStore(sample) if isinstance(sample, dict) else sample)
        for sample in [*samples(Trees(folder)), MADE_FILES]
    ]
    gathered = Samples(opened, dumps)
    return [
        growth
        for reader, feed, sources in feeds
        for query in dict.fromkeys(sources.values())
        for growth in grow(gathered, reader, feed, query, rows)
    ]


if __name__ == "__main__":
    print(json.dumps([growth._asdict() for growth in sweep(sys.argv[1], Path(sys.argv[2]), ROWS)]))
