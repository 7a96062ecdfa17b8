"""The contract of output formats: they see records, problems and layouts as a report streams by, never a source."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, BinaryIO, NamedTuple

from netstat_core.plugin.batches import Batch
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.text import Names
from netstat_core.plugin.values import Value, named
from netstat_core.query import Query

REPORT_SCHEMA = "urn:netstat:report:1"


class Head(NamedTuple):
    """What is known before the first record: the request, the machine, the tables and readers to come.

    ``repeating`` tells that more reports follow on the same output, ``procfs`` what :class:`Machine` tells.
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

    def as_record(self) -> dict[str, Any]:
        """How a structured report begins."""
        return {
            "schema": REPORT_SCHEMA,
            "captured_at": self.captured_at,
            "generator": self.generator,
            "system": self.system,
            "query": self.query.as_record(),
        }


class Tail(NamedTuple):
    """What is known after the last record, each entry as plain data.

    ``unproven`` are gaps that only those need to tell who conclude from absence.
    """

    problems: list[dict[str, Any]]
    completeness: list[dict[str, Any]]
    names: dict[str, dict[str, str]] | None = None
    network_namespaces: list[NetworkNamespace | None] | None = None
    unproven: Sequence[dict[str, Any]] = ()

    def as_record(self) -> dict[str, Any]:
        """How a structured report ends; ``names`` and ``network_namespaces`` only where they were asked for."""
        section: dict[str, Any] = {"problems": self.problems, "completeness": self.completeness}
        if self.names is not None:
            section["names"] = self.names
        if self.network_namespaces is not None:
            section["network_namespaces"] = self.network_namespaces
        return section


class Rendering:
    """One report being written. What an output format has no use for it leaves as it is here: nothing happens."""

    def begin(self, head: Head) -> None:
        """The report starts; whatever can be refused was not."""

    def enter(self, namespace: NetworkNamespace | None) -> None:
        """What follows is of this namespace. Only formats that show one namespace after the other are told."""

    def trait(self, reader: Reader, trait: Trait) -> None:
        """A reader's source told something that no record holds; before the first record as far as headings need it."""

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Records of a reader, in order; an empty first batch tells that its source was opened."""

    def problem(self, reader: Reader | None, trouble: Problem | Gap) -> None:
        """Something was wrong at this point of the stream; it is in the tail too."""

    def end(self, tail: Tail) -> None:
        """The report is complete."""


class Sink(Value):
    """An output format: its ``--format`` name, what it is in a few words, and how a report is written with it.

    ``asks`` makes the query of a command line that selects nothing to show, where that is not netstat's default.
    ``takes`` names the record fields that the format takes of a reader, None for all.
    """

    name: str = named(kw_only=False)
    meaning: str
    make: Callable[[BinaryIO], Rendering]
    asks: Callable[[Collection[Reader], Query], Query] | None = None
    takes: Callable[[Reader, Query], frozenset[str] | None] | None = None
