"""The contract of output formats, which get records, problems and gaps while a report is made."""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from collections.abc import Callable, Collection, Sequence
from typing import Any, BinaryIO, NamedTuple

from netstat_core.plugin.batches import Batch
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.text import Names
from netstat_core.plugin.values import Value, name_field
from netstat_core.query import Query

REPORT_SCHEMA = "urn:netstat:report:1"


class Head(NamedTuple):
    """What is known before the first record: the request, the machine, and the tables and readers that follow.

    ``captured_at`` is the time of the capture, ISO 8601 UTC. ``repeating`` is true if more reports follow on the same
    output (``-c``). ``procfs`` is false if the machine has no /proc/net, see :class:`netstat_core.system.Machine`.
    ``host`` is the name that ``--host`` gives the machine. ``page_bytes`` is the size of its pages of memory, None if
    unknown.
    """

    query: Query
    captured_at: str | None
    generator: str
    system: dict[str, Any]
    tables: tuple[str, ...]
    readers: tuple[Reader, ...]
    names: Names
    repeating: bool = False
    procfs: bool = True
    host: str | None = None
    page_bytes: int | None = None

    def as_record(self) -> dict[str, Any]:
        """Return the keys with which a structured report begins."""
        return {
            "schema": REPORT_SCHEMA,
            **({} if self.host is None else {"host": self.host}),
            "captured_at": self.captured_at,
            "generator": self.generator,
            "system": self.system,
            "query": self.query.as_record(),
        }


class Tail(NamedTuple):
    """What is known after the last record, as plain data.

    ``completeness`` are the gaps. ``unproven`` are further gaps that matter only to formats that conclude from absence,
    such as "nothing listens on this port".
    """

    problems: list[dict[str, Any]]
    completeness: list[dict[str, Any]]
    names: dict[str, dict[str, str]] | None = None
    network_namespaces: list[NetworkNamespace | None] | None = None
    unproven: Sequence[dict[str, Any]] = ()

    def as_record(self) -> dict[str, Any]:
        """Return the keys with which a structured report ends; ``names`` and ``network_namespaces`` if requested."""
        section: dict[str, Any] = {"problems": self.problems, "completeness": self.completeness}
        if self.names is not None:
            section["names"] = self.names
        if self.network_namespaces is not None:
            section["network_namespaces"] = self.network_namespaces
        return section


class Rendering:
    """One report that is being written. Override the methods that the format needs; by default they do nothing.

    The host calls ``begin``, then the others as it reads, then ``end``; ``end`` also after an error, such as one that
    another method raised.
    """

    def begin(self, head: Head) -> None:
        """Start the report. The request was checked before."""

    def enter(self, namespace: NetworkNamespace | None) -> None:
        """Start a network namespace. Called only for formats that show one namespace after the other."""

    def trait(self, reader: Reader, trait: Trait) -> None:
        """Take a trait of a reader's source; those that headings need come before the first record."""

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Take records of a reader, in order. An empty first batch means that its source was opened."""

    def problem(self, reader: Reader | None, trouble: Problem | Gap) -> None:
        """Take a problem or gap at this point of the stream; it is also in the tail."""

    def end(self, tail: Tail) -> None:
        """Finish the report."""


class Sink(Value):
    """An output format: its ``--format`` name, its ``meaning`` in a few words, and how it writes a report.

    ``make(output)`` returns the :class:`Rendering` that writes a report to a binary stream. ``asks(readers, query)``
    returns the query for a command line that selects nothing, if that is not netstat's default.
    ``takes(reader, query)`` returns the record fields that the format uses, None for all. ``alone`` is true if records
    are written to be read one by one, each with all its fields; ``--host`` then names the machine in each.

    What the format writes is text in UTF-8, in whole characters: the host escapes control characters in it, except
    newlines and tabs. ``binary`` is true for a format that is no text: it is written as it is, and not to a terminal.
    """

    name: str = name_field(kw_only=False)
    meaning: str
    make: Callable[[BinaryIO], Rendering]
    asks: Callable[[Collection[Reader], Query], Query] | None = None
    takes: Callable[[Reader, Query], frozenset[str] | None] | None = None
    alone: bool = False
    binary: bool = False
