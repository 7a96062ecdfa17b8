"""Readers: what a plugin declares for each protocol or kernel object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from netstat_core.plugin.batches import Batch
from netstat_core.plugin.feeds import Feed
from netstat_core.plugin.records import Record
from netstat_core.plugin.text import Layout
from netstat_core.plugin.values import Value, name_field


class Explanation(Value):
    """What a counter means, its unit, and its source: the RFC object or the kernel file.

    ``section`` and ``name`` identify the counter, as its kernel file has them. A ``gauge`` is a current state or a
    setting rather than a counter: it may fall, and has no rate.
    """

    section: str
    name: str
    meaning: str
    unit: str
    source: str
    gauge: bool


class Change(Value, identity=True):
    """How ``--delta`` turns two readings of a reader's records into records of the changes between them.

    ``reader`` declares the kind and layouts of the change records; it needs no feeds. ``compute(before, after,
    seconds)`` gets the records of both readings and the time between them, and returns change records.
    """

    reader: Reader
    compute: Callable[[list[Record], list[Record], float], list[Record]]


class Reader(Value, identity=True):
    """One protocol or kernel object: its table, the type of its records, how they are read and how they are shown.

    * ``name``: unique; problems and gaps refer to it.
    * ``table``: the table its records belong to, an existing one or its own. ``position`` is its rank in text.
    * ``families``: the address families it reads, by their ``-A`` names; ``protocols``: selection below a family.
    * ``kind``: the name of its record type, such as ``netlink.socket``; ``version`` is that of its schema.
    * ``record``: a TypedDict whose fields are annotated with :class:`Field`, or a JSON Schema.
    * ``feeds``: ways to get records, in order of preference. ``layouts``: how they look, by the name of the dialect.
    * ``inode_field``: the record field with the socket inode, by which the host joins ``processes``.
    * ``listening``: for sockets, the boolean field or the rule on records by which ``-l`` and ``-a`` select; None if
      they select nothing.
    * ``change``: for counters, how ``--delta`` compares two readings. ``explain(name)``: what counters of a name mean.
    * ``on_request``: read only if its table is named, not among all tables.
    * ``per_namespace``: false if its sources are the same in all network namespaces: they are read once, and the
      records belong to none.
    """

    name: str = name_field(kw_only=False)
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
        """Raise PluginError if ``listening`` names a field that records do not have."""
        if not isinstance(self.listening, str) or isinstance(self.record, Mapping):
            return
        if self.listening not in getattr(self.record, "__annotations__", ()):
            raise self._field_error("listening", f"its records have no field {self.listening!r}")

    @property
    def socket_protocols(self) -> tuple[str, ...]:
        """The protocols of its sockets: its families if it names none, as for UNIX sockets. Empty for other tables."""
        return (self.protocols or self.families) if self.table == "sockets" else ()

    @property
    def listens(self) -> Callable[[Record], bool] | None:
        """The rule that is true for records of listening sockets; None if there is none."""
        return itemgetter(self.listening) if isinstance(self.listening, str) else self.listening

    def select_listening(self, batch: Batch) -> Batch:
        """Return the records of listening sockets, all records if there is no rule."""
        if isinstance(self.listening, str):
            return batch.kept(batch.column(self.listening))
        return batch if self.listening is None else batch.matching(self.listening)
