"""Damage every source of every reader of a plugin, one at a time, and find the readers that do not say so."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from netstat_core.errors import SourceError
from netstat_core.facts.builder import FactsBuilder
from netstat_core.facts.query import ALL_TABLES
from netstat_core.host.discovery import GROUP, Host, Offer, Plugin
from netstat_core.host.entry_points import EntryPoint
from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Tail
from netstat_core.plugin.sources import DatedContent, Directory, File, NetlinkDump, Source
from netstat_core.query import TCP_INFO, Query
from netstat_core.report.coverage import ReportCoverage
from netstat_core.report.run import Ended, Read, Run
from netstat_core.report.selection import asked_of
from netstat_core.system import System
from netstat_core.system.snapshot import MemoryStore, SnapshotSystem
from netstat_core.testing.damage import DAMAGES, NOTHING, Damage

Sample = str | os.PathLike[str] | Mapping[str, bytes]
"""A snapshot, which may be a folder laid out like ``/``, or the contents of files by absolute path."""

_TEXTS = ("an error message", "HTML", "half a header", "half a header as a line", "its second half", "a cut last line")
_MOST_HEADER_LINES = 2
_MOST_FILES = 3
"""The number of files of a :class:`Directory` that are damaged."""


class Finding(NamedTuple):
    """A reader that stays silent about a damaged source, or another fault that the sweep found."""

    reader: str
    feed: str
    source: str
    damage: str
    fault: str

    def __str__(self) -> str:
        """Return the finding as a sentence for the output of a test."""
        return f"reader {self.reader}, feed {self.feed}: {self.source} holding {self.damage}: {self.fault}"


def sweep(
    plugin: Any,
    *samples: Sample,
    may_be_empty: Collection[str] = (),
    free_text: Collection[str] = (),
    unsampled: Collection[str] = (),
    damages: Mapping[str, Damage] = DAMAGES,
) -> list[Finding]:
    """Damage each source of a plugin in each way, and return what its readers do wrong; nothing if all is well.

    ``plugin`` is a module with the hook ``netstat_readers``, or some readers. ``samples`` hold real contents of their
    sources; each source is taken from the first sample that has it. After each damage the reader must yield a problem
    or gap that it does not yield for the intact sample, its parser must not raise, and neither coverage nor facts may
    claim that it was read whole. If the header of a file is cut off, all rows must still be there. A file or directory
    that no sample has is a finding too, so that a sweep cannot pass because it did nothing.

    The other arguments are patterns of sources, as for :mod:`fnmatch`: those ``may_be_empty`` that the kernel leaves
    empty if there is nothing to show, those with ``free_text``, in which any text is valid, and those ``unsampled``,
    for which there is no sample. ``damages`` are the ways to damage a source, by name.
    """
    systems = [_open_sample(sample) for sample in samples]
    exempt = {NOTHING: tuple(may_be_empty), **dict.fromkeys(_TEXTS, tuple(free_text))}
    findings: list[Finding] = []
    for reader in _list_readers(plugin):
        for feed in reader.feeds:
            for source, query in list_sources(reader, feed).items():
                alone = _Subject(reader.replace(feeds=(feed,)), query)
                places = next(filter(None, (_find_places(alone, system, source) for system in systems)), [])
                for place in places:
                    findings += _check_place(alone, place, damages, exempt)
                if places:
                    continue
                if not isinstance(source, NetlinkDump) and not _is_among(source.name, unsampled):
                    findings.append(Finding(reader.name, feed.name, source.name, "anything", "no sample has it"))
    return findings


class _Subject(NamedTuple):
    """A reader with only one feed, and the query that makes it read a source."""

    reader: Reader
    query: Query

    def find(self, place: _Place, damage: str, faults: Iterable[str]) -> Iterator[Finding]:
        """Yield the findings for faults."""
        for fault in faults:
            yield Finding(self.reader.name, self.reader.feeds[0].name, place.name, damage, fault)


class _Place(NamedTuple):
    """A source in a sample: a file, one of the files of a directory, or a dump, whose content is one piece."""

    system: System
    source: Source
    name: str
    content: tuple[bytes, ...]


def _open_sample(sample: Sample) -> System:
    return _KeptSystem(SnapshotSystem(MemoryStore(sample) if isinstance(sample, Mapping) else sample))


def _list_readers(plugin: Any) -> list[Reader]:
    """Return the readers of a plugin's module, or the readers given."""
    if not hasattr(plugin, "netstat_readers"):
        return list(plugin)
    hook = plugin.netstat_readers
    return list(hook(**dict.fromkeys(inspect.signature(hook).parameters, ())))


def list_sources(reader: Reader, feed: Feed) -> dict[Source, Query]:
    """Return the sources of a feed, each with a query for which the feed needs it."""
    query = Query(tables=(reader.table,))
    queries = [query, *(query._replace(families=(family,)) for family in reader.families)]
    queries += [query._replace(route_table=ALL_TABLES)] if reader.table == "routes" else []
    queries.append(query._replace(extra_fields=(TCP_INFO,)))
    sources: dict[Source, Query] = {}
    for query in queries:
        asked = asked_of(query)
        for need in feed.needs(asked) if feed.serves is None or feed.serves(asked) else ():
            if need is not None:
                sources.setdefault(need.source, query)
    return sources


def _find_places(subject: _Subject, system: System, source: Source) -> list[_Place]:
    """Return where a sample has a source with some content; nothing if it has none, or if the reader cannot use it."""
    contents: dict[str, tuple[bytes, ...]]
    try:
        if isinstance(source, File):
            contents = {source.path: (system.read(source),)}
        elif isinstance(source, Directory):
            contents = {path: (content,) for path, content in system.read_all(source).items()}
        else:
            contents = {source.name: tuple(bytes(datagram) for datagram in system.dump(source))}
    except SourceError:
        return []
    places = [_Place(system, source, name, content) for name, content in contents.items() if any(content)]
    return places[:_MOST_FILES] if places and _Outcome.of(subject, system).is_open else []


def _check_place(
    subject: _Subject, place: _Place, damages: Mapping[str, Damage], exempt: Mapping[str, Collection[str]]
) -> Iterator[Finding]:
    intact = _Outcome.of(subject, place.system)
    for name, damage in damages.items():
        if name not in _find_possible(place, damages):
            continue
        damaged = [damage(piece) for piece in place.content]
        if None in damaged or tuple(damaged) == place.content or _is_among(place.name, exempt.get(name, ())):
            continue
        outcome = _Outcome.of(subject, _DamagedSystem(place, [piece for piece in damaged if piece is not None]))
        yield from subject.find(place, name, outcome.find_faults(intact))
    if not isinstance(place.source, NetlinkDump):
        yield from _check_header(subject, place, intact)


_OF_DATAGRAMS = ("an error message", "NULs", "half a header")
"""Damages that make sense for a netlink message, which begins with a binary header that has its length."""

_OF_VALUES = ("an error message", "NULs", NOTHING, "HTML")
"""Damages that make sense for a file of sysfs, which holds one value."""


def _find_possible(place: _Place, damages: Mapping[str, Damage]) -> Collection[str]:
    if isinstance(place.source, NetlinkDump):
        return _OF_DATAGRAMS
    return _OF_VALUES if place.name.startswith("/sys/") else damages


def _check_header(subject: _Subject, place: _Place, intact: _Outcome) -> Iterator[Finding]:
    """Cut off the header of a file with a record for each row: it must be told, and no row may be lost."""

    def read(content: list[bytes]) -> _Outcome:
        return _Outcome.of(subject, _DamagedSystem(place, [b"".join(content)]))

    lines = place.content[0].splitlines(keepends=True)
    others = read([]).records
    rows = len(intact.records) - len(others)
    number = len(lines) - rows
    if not rows or not 0 < number <= _MOST_HEADER_LINES or read(lines[:number]).records != others:
        return
    headless = read(lines[number:])
    is_less = len(headless.records) < len(intact.records)
    yield from subject.find(place, "no header", [*headless.find_faults(intact), *(["rows were lost"] * is_less)])


class _Outcome(NamedTuple):
    """What a report of one reader holds."""

    records: list[Record]
    told: frozenset[tuple[Any, ...]]
    is_open: bool
    is_broken: bool
    is_covered: bool
    facts: dict[str, Any]

    @classmethod
    def of(cls, subject: _Subject, system: System) -> _Outcome:
        """Read a system with one reader."""
        run = Run(subject.query, system, _HostOfOne(subject.reader))
        builder = FactsBuilder(run.head)
        records: list[Record] = []
        for event in run:
            if isinstance(event, Read):
                builder.add(event.reader, event.batch)
                records += event.batch.rows()
            elif isinstance(event, Ended):
                return cls._judge(subject.reader, run, builder, records, event.tail)
        raise AssertionError("a report always ends")

    @classmethod
    def _judge(cls, reader: Reader, run: Run, builder: FactsBuilder, records: list[Record], tail: Tail) -> _Outcome:
        told: list[tuple[Any, ...]] = [
            ("problem", item["source"], item["line"], item["code"], item["text"]) for item in tail.problems
        ]
        told += [(item["reason"], item["source"], item["detail"], item["count"]) for item in tail.completeness]
        coverage = ReportCoverage(run.head, tail).of(run.head.system["network_namespace"])
        return cls(
            records,
            frozenset(told),
            all(item["about"] != "table" for item in tail.completeness),
            any(item["about"] == "plugin" for item in tail.completeness),
            any(whole.name == reader.name for whole in coverage.whole),
            builder.finish(tail),
        )

    def find_faults(self, intact: _Outcome) -> Iterator[str]:
        """Yield what is wrong with this outcome of a damaged source."""
        if self.is_broken and not intact.is_broken:
            yield "the parser raised, or a record broke its schema"
        if not self.told - intact.told:
            yield "the reader is silent"
        if self.is_covered or self.facts["complete"]:
            yield "coverage claims that it was read whole"


class _KeptSystem(System):
    """A sample whose contents are read once."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._kept: dict[Source, Any] = {}
        self.machine = system.machine
        self.namespace = system.namespace
        self.names = system.names

    def read(self, file: File) -> bytes:
        """Return the content of a file."""
        content: bytes = self._keep(file, lambda: self._system.read(file))
        return content

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """Return the contents of a directory."""
        contents: dict[str, bytes] = self._keep(directory, lambda: self._system.read_all(directory))
        return contents

    def dump(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        """Yield the datagrams of a dump."""
        return iter(self._keep(request, lambda: [bytes(datagram) for datagram in self._system.dump(request)]))

    def _keep(self, source: Source, read: Callable[[], Any]) -> Any:
        if source not in self._kept:
            try:
                self._kept[source] = read()
            except SourceError as error:
                self._kept[source] = error
        if isinstance(self._kept[source], SourceError):
            raise self._kept[source]
        return self._kept[source]


class _DamagedSystem(System):
    """A sample in which one source has another content."""

    def __init__(self, place: _Place, pieces: list[bytes]) -> None:
        self._system = place.system
        self._place = place
        self._pieces = pieces
        self.machine = place.system.machine
        self.namespace = place.system.namespace
        self.names = place.system.names

    def read(self, file: File) -> bytes:
        """Return the content of a file."""
        return self._pieces[0] if file.path == self._place.name else self._system.read(file)

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """Return the contents of a directory."""
        contents = self._system.read_all(directory)
        if self._place.name not in contents:
            return contents
        modified = getattr(contents[self._place.name], "modified", None)
        return contents | {self._place.name: DatedContent.of(self._pieces[0], modified)}

    def dump(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        """Yield the datagrams of a dump."""
        return iter(self._pieces) if request.name == self._place.name else self._system.dump(request)


class _HostOfOne(Host):
    """A host of which one reader is known."""

    def __init__(self, reader: Reader) -> None:
        plugin = Plugin(EntryPoint("swept", "swept", GROUP), is_own=True)
        self.plugins = [plugin]
        self.broken = []
        self.remarks = []
        self._offer = Offer(reader, plugin)

    def offers(self, tables: Collection[str] = (), families: Collection[str] = ()) -> list[Offer]:  # noqa: ARG002 - one
        """Return the only reader."""
        return [self._offer]


def _is_among(name: str, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
