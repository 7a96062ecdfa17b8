"""Facts of a system, in one call: what the Ansible collection, Salt and Python callers share with the sinks."""

from __future__ import annotations

from typing import Any, NamedTuple

from netstat_core.errors import UsageError
from netstat_core.facts.builder import FactsBuilder
from netstat_core.facts.sanitise import safe_records
from netstat_core.host.discovery import Host
from netstat_core.plugin.records import Record
from netstat_core.query import Query
from netstat_core.report.run import open_report
from netstat_core.system import System

MOST_KEPT = 250_000
"""Socket records of one answer, which take 2 kB each."""


class Gathered(NamedTuple):
    """Facts, and the socket records that they were made from, where those were to be kept."""

    facts: dict[str, Any]
    sockets: list[Record]


def gather(
    query: Query, system: System | None = None, host: Host | None = None, *, keep_sockets: bool = False
) -> Gathered:
    """The facts that a query asks for, as :func:`netstat_core.facts.facts_query` makes it; of this machine by default.

    Raises UsageError for a query that names nothing known; what could not be seen is in the facts.
    """
    report = open_report(query, system, host)
    builder = FactsBuilder(report.head)
    sockets: list[Record] = []
    for reader, records in report:
        shown = builder.add(reader, records)
        if keep_sockets and reader.table == "sockets":
            sockets += shown
            if len(sockets) > MOST_KEPT:
                raise UsageError(f"more than {MOST_KEPT} sockets; narrow them by protocols, families or where")
    return Gathered(builder.finish(report.tail()), safe_records(sockets))
