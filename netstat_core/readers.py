"""What a plugin declares: readers with their feeds, and what parsers yield besides records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from netstat_core.layouts import Layout
from netstat_core.query import Query
from netstat_core.records import NetworkNamespace, Record
from netstat_core.sources import Source


class Problem(NamedTuple):
    """A piece of a source that could not be parsed: which source, what it was, and why.

    ``line`` counts from 1 in the source, the header included; ``None`` where lines mean nothing. ``code`` is a
    short word by which a layout recognises what its original would say.
    """

    source: str
    reason: str
    raw: bytes = b""
    line: int | None = None
    code: str = "bogus"


class Trait(NamedTuple):
    """A fact about a source that text needs and no record holds, such as the absence of a column."""

    name: str
    value: Any = True


class Gap(NamedTuple):
    """Something that could not be seen, and why: one entry of ``completeness``.

    ``reason`` is one of ``not_in_kernel``, ``permission``, ``raced``, ``broken_plugin``, ``rejected``,
    ``truncated``, ``narrower_capture`` or ``unreadable``; ``errno`` the kernel's number, 0 where there was none.
    The host fills in ``table``, ``reader`` and ``network_namespace``.
    """

    reason: str
    source: str
    detail: str
    table: str | None = None
    reader: str | None = None
    errno: int = 0
    attempts: tuple[str, ...] = ()
    count: int | None = None  # type: ignore[assignment]  # an entry's word, not tuple.count
    network_namespace: NetworkNamespace | None = None


class About(NamedTuple):
    """What a parser may know besides the content: the query and the machine the content came from.

    ``order`` is the prefix for :mod:`struct` formats, ``<`` or ``>``; ``ticks_per_second`` is USER_HZ.
    """

    query: Query
    byte_order: str = "little"
    ticks_per_second: int = 100
    kernel_release: str = ""

    @property
    def order(self) -> str:
        """The struct prefix for numbers in this machine's own order."""
        return "<" if self.byte_order == "little" else ">"

    @property
    def kernel_version(self) -> tuple[int, ...]:
        """Leading numbers of the kernel release: ``(6, 1)`` for ``6.1.0-55-amd64``; empty where unknown."""
        numbers = []
        for part in self.kernel_release.replace("-", ".").split(".")[:2]:
            if not part.isdigit():
                break
            numbers.append(int(part))
        return tuple(numbers)


Parsed = Record | list[Record] | Problem | Trait | Gap
"""What a parser yields; lists of records come from parsers that make many at once."""


class Feed(NamedTuple):
    """One way to fill a reader: its sources and the pure function that parses their contents.

    ``sources(query)`` lists them, with None in the place of one that this query has no use for;
    ``parse(about, *contents)`` yields records, problems, traits and gaps in order.
    ``lacks`` names the record fields this feed cannot know.
    """

    name: str
    sources: Callable[[Query], Iterable[Source | None]]
    parse: Callable[..., Iterable[Parsed]]
    lacks: frozenset[str] = frozenset()


class Explanation(NamedTuple):
    """What a counter means, what it counts in, and the RFC object or kernel file behind it.

    A ``gauge`` tells a present state or a setting: it may fall, and has no rate.
    """

    section: str
    name: str
    meaning: str
    unit: str
    source: str
    gauge: bool


class Change(NamedTuple):
    """How two readings of a reader's records become records of what happened between them.

    ``compute(before, after, seconds)`` makes records of the kind that ``reader`` declares; it needs no feeds.
    """

    reader: Reader
    compute: Callable[[list[Record], list[Record], float], list[Record]]


class Reader(NamedTuple):
    """One protocol or kernel object: where its records belong, what they look like, how they are had and shown.

    ``position`` orders readers of a table. ``families`` are the ``-A`` names it answers to; ``protocols`` further
    selection below a family, empty where there is none. ``record`` is a TypedDict or a JSON Schema. A reader whose
    records carry a socket inode names that field in ``inode_field`` and gets ``processes`` joined. ``change`` is for
    readers of counters; ``explain(name)`` finds what counters of a name mean.
    """

    name: str
    table: str
    position: int
    families: tuple[str, ...]
    kind: str
    record: type | Mapping[str, Any]
    feeds: tuple[Feed, ...]
    protocols: tuple[str, ...] = ()
    version: int = 1
    layouts: Mapping[str, Layout] = MappingProxyType({})
    inode_field: str | None = None
    change: Change | None = None
    explain: Callable[[str], Iterable[Explanation]] | None = None

    def layout(self, query: Query) -> Layout | None:
        """How this reader looks in the query's dialect; ``None`` where that dialect has no display for it."""
        return self.layouts.get(query.dialect)
