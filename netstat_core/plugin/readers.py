"""What a plugin declares: readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.records import Record
from netstat_core.plugin.text import Layout
from netstat_core.plugin.values import Value, named


class Explanation(Value):
    """What a counter means, what it counts in, and the RFC object or kernel file behind it.

    A ``gauge`` tells a present state or a setting: it may fall, and has no rate.
    """

    section: str
    name: str
    meaning: str
    unit: str
    source: str
    gauge: bool


class Change(Value, identity=True):
    """How two readings of a reader's records become records of what happened between them.

    ``compute(before, after, seconds)`` makes records of the kind that ``reader`` declares; it needs no feeds.
    """

    reader: Reader
    compute: Callable[[list[Record], list[Record], float], list[Record]]


class Reader(Value, identity=True):
    """One protocol or kernel object: where its records belong, what they look like, how they are had and shown.

    ``position`` orders readers of a table. ``families`` are the address families that it reads, by their ``-A`` names;
    ``protocols`` further selection below a family, empty where there is none. ``record`` is a TypedDict or a JSON
    Schema. A reader whose records carry a socket inode names that field in ``inode_field`` and gets ``processes``
    joined. ``listening`` is for readers of sockets: the truth field that ``-l`` and ``-a`` go by, or a rule on records;
    None where they hide none. ``change`` is for readers of counters; ``explain(name)`` finds what counters of a name
    mean. One that is ``on_request`` is read where its table is named, and not among all tables. Without
    ``per_namespace`` its sources are the same in all network namespaces: they are of the machine, are read once, and
    its records are of no namespace.
    """

    name: str = named(kw_only=False)
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
    listening: str | Callable[[Record], bool] | None = None
    change: Change | None = None
    explain: Callable[[str], Iterable[Explanation]] | None = None
    on_request: bool = False
    per_namespace: bool = True

    def check(self) -> None:
        """The field that is named for listening has to be one of the record's."""
        if not isinstance(self.listening, str) or isinstance(self.record, Mapping):
            return
        if self.listening not in getattr(self.record, "__annotations__", ()):
            raise self._wrong("listening", f"its records have no field {self.listening!r}")

    @property
    def listens(self) -> Callable[[Record], bool] | None:
        """The rule that tells of a record whether its socket listens; None where there is none."""
        return itemgetter(self.listening) if isinstance(self.listening, str) else self.listening
