"""Targets for the parsers of all plugins: one for each source of each feed that a plugin declares."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import msgspec
from samples import samples
from targets import Fault, Target
from trees import Trees

from netstat_core.errors import PluginError, SourceError
from netstat_core.host.checker import Checker
from netstat_core.host.discovery import Host, Offer
from netstat_core.host.yielded import check_item
from netstat_core.plugin.asked import About
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.outcomes import Gap, Problem
from netstat_core.plugin.sources import REQUIRED, Directory, File, NetlinkDump, Source
from netstat_core.query import Query
from netstat_core.report.selection import asked_of
from netstat_core.system import System
from netstat_core.system.snapshot import MemoryStore, SnapshotSystem
from netstat_core.testing.sweep import list_sources

LONGEST_SEED = 2048
MOST_SEEDS = 6
MOST_OUTPUT = 400
"""Bytes of records and problems, as JSON, for each byte that was read."""

FREE_OUTPUT = 1 << 16
"""Bytes of output that need no input: files with fixed sets of counters have records of some kilobytes."""


def feed_targets() -> Iterator[Target]:
    """Yield a target for each source of each feed of each reader; two feeds of one name may share a source."""
    known: Counter[str] = Counter()
    for offer in Host().offers():
        for feed in offer.reader.feeds:
            for source, query in list_sources(offer.reader, feed).items():
                of_source = _OfSource(offer, feed, source, query)
                body = f" {source.body.hex()}" if isinstance(source, NetlinkDump) else ""
                name = f"{offer.reader.name} {feed.name} {source.name}{body}"
                known[name] += 1
                number = f" {known[name]}" if known[name] > 1 else ""
                yield Target(name + number, "feeds", of_source.run, of_source.seeds)


class _OfSource:
    """Parses an input in the place of one source of a feed; its other sources are those of a sample."""

    def __init__(self, offer: Offer, feed: Feed, source: Source, query: Query) -> None:
        self._offer = offer
        self._feed = feed
        self._source = source
        self._asked = asked_of(query)
        self._sample: System | None = None
        self._others: list[Any] | None = None
        self._checker = Checker(offer.reader)

    def seeds(self, trees: Trees) -> list[bytes]:
        """Return small contents of the source, from all samples that have it."""
        found: list[bytes] = []
        for system in _systems(trees):
            contents = [_shorten(self._source, content) for content in _contents(system, self._source)]
            if contents and self._sample is None:
                self._sample = system
            found += contents
        if not any(found) and isinstance(self._source, NetlinkDump):
            found = list(_retyped(trees, self._source))
        seeds = sorted(dict.fromkeys(found), key=zlib.crc32)[:MOST_SEEDS]
        return seeds if any(seeds) else [b"", b"1\n"]

    def run(self, data: bytes) -> None:
        """Parse, in either byte order: only what a parser may yield, in valid records, of a bounded size."""
        for order in ("little", "big") if zlib.crc32(data) % 4 == 0 else ("little",):
            about = About(self._asked, order, 100, "6.1.0")
            records: list[Any] = []
            told = 0
            try:
                for item in self._feed.parsed(about, self._place(data)):
                    if isinstance(item, (dict, list, Batch)):
                        records += [item] if isinstance(item, dict) else item
                    else:
                        told += _check_told(item)
            except SourceError:
                pass
            self._check(records, told, data)

    def _check(self, records: list[Any], told: int, data: bytes) -> None:
        _, violations = self._checker.check(records, self._feed.name, "fuzzed")
        if violations:
            raise Fault(f"records do not match their schema: {violations[0]}")
        size = told + sum(len(msgspec.json.encode(record)) for record in records)
        if size > MOST_OUTPUT * (len(data) + self._size_of_others()) + FREE_OUTPUT:
            raise Fault(f"{len(data)} bytes give {size} bytes of records and problems")

    def _size_of_others(self) -> int:
        contents = self._others or ()
        return sum(len(content) if isinstance(content, bytes) else len(str(content)) for content in contents if content)

    def _place(self, data: bytes) -> list[Any]:
        """Return the contents of all inputs, with the input where its source stands."""
        if self._others is None:
            needs = self._feed.needs(self._asked)
            self._others = [need and self._read(need.source, need.absence) for need in needs]
            self._at = [number for number, need in enumerate(needs) if need and need.source == self._source]
        contents = list(self._others)
        for number in self._at:
            contents[number] = self._put(data, contents[number])
        return contents

    def _put(self, data: bytes, content: Any) -> Any:
        if isinstance(self._source, File):
            return data
        if isinstance(self._source, NetlinkDump):
            return iter([data])
        paths = list(content or ()) or [self._source.pattern.replace("*", "eth0")]
        return {**(content or {}), paths[0]: data}

    def _read(self, source: Source, absence: str) -> Any:
        try:
            if self._sample is None:
                return _nothing(source, absence)
            if isinstance(source, File):
                return self._sample.read(source)
            if isinstance(source, Directory):
                return self._sample.read_all(source)
            return tuple(bytes(datagram) for datagram in self._sample.dump(source))
        except SourceError:
            return _nothing(source, absence)


def _nothing(source: Source, absence: str) -> Any:
    if absence != REQUIRED:
        return None
    return b"" if isinstance(source, File) else {} if isinstance(source, Directory) else ()


def _check_told(item: Any) -> int:
    """Return the size of a problem, gap or trait."""
    try:
        check_item(item)
    except PluginError as error:
        raise Fault(str(error)) from error
    if isinstance(item, Problem):
        return len(item.raw) + len(item.reason) + len(item.source)
    return len(item.detail) if isinstance(item, Gap) else 1


def _retyped(trees: Trees, wanted: NetlinkDump) -> Iterator[bytes]:
    """Yield what other dumps of the same protocol gave, with the message type of this one."""
    for offer in Host().offers():
        for feed in offer.reader.feeds:
            for source in list_sources(offer.reader, feed):
                if isinstance(source, NetlinkDump) and source.protocol == wanted.protocol:
                    for system in _systems(trees):
                        yield from (_retype(_shorten(source, one), wanted) for one in _contents(system, source))


_GET_TO_NEW = {0: 2}
"""What the kernel subtracts from the type of a request in the type of its replies, by netlink protocol: RTM_GET..."""


def _retype(content: bytes, wanted: NetlinkDump) -> bytes:
    changed = bytearray(content)
    at = 0
    while at + 16 <= len(content):
        struct.pack_into("=H", changed, at + 4, wanted.type - _GET_TO_NEW.get(wanted.protocol, 0))
        at += max(struct.unpack_from("=I", content, at)[0] + 3 & ~3, 16)
    return bytes(changed)


@cache
def _systems(trees: Trees) -> list[System]:
    return [SnapshotSystem(MemoryStore(one) if isinstance(one, dict) else one) for one in samples(trees)]


def _contents(system: System, source: Source) -> Iterable[bytes]:
    try:
        if isinstance(source, File):
            return [system.read(source)]
        if isinstance(source, Directory):
            return list(system.read_all(source).values())[:2]
        return [b"".join(bytes(datagram) for datagram in system.dump(source))]
    except SourceError:
        return []


def _shorten(source: Source, content: bytes) -> bytes:
    """Cut a content at the end of a line or message."""
    if len(content) <= LONGEST_SEED:
        return content
    if not isinstance(source, NetlinkDump):
        return content[: content.rfind(b"\n", 0, LONGEST_SEED) + 1] or content[:LONGEST_SEED]
    end = 0
    while end + 4 <= len(content):
        (length,) = struct.unpack_from("=I", content, end)
        if end and end + length > LONGEST_SEED:
            break
        end += max(length + 3 & ~3, 16)
    return content[:end]


def netlink_samples(trees: Trees) -> list[bytes]:
    """Return small replies of the kernel, from every dump that a plugin declares."""
    offers = Host().offers()
    sources = [one for offer in offers for feed in offer.reader.feeds for one in list_sources(offer.reader, feed)]
    dumps = [source for source in dict.fromkeys(sources) if isinstance(source, NetlinkDump)]
    found = [
        _shorten(dump, content) for dump in dumps for system in _systems(trees) for content in _contents(system, dump)
    ]
    return sorted({content for content in found if content}, key=zlib.crc32)[:MOST_SEEDS]
