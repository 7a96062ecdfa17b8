"""Facts of a system, in one call: what the Ansible collection, Salt and Python callers share with the sinks."""

from __future__ import annotations

from typing import Any, NamedTuple

from netstat_core.errors import SnapshotError, UsageError
from netstat_core.facts.builder import FactsBuilder
from netstat_core.facts.query import takes
from netstat_core.facts.sanitise import safe_records
from netstat_core.host.discovery import Host
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.query import Query
from netstat_core.report.plan import plan
from netstat_core.report.run import Ended, Noted, Read, Run, make_names
from netstat_core.report.selection import Demand
from netstat_core.system import System
from netstat_core.system.live import LiveSystem

MOST_KEPT = 250_000
"""Socket records of one answer, which take 2 kB each."""


def demands(reader: Reader, query: Query) -> Demand:
    """What facts take of a reader: it decides what is read, and what a capture for them has to hold."""
    return Demand(takes(reader, query))


def plan_facts(query: Query, host: Host | None = None) -> dict[str, Any]:
    """The plan of a capture that facts of a query can be made from, and its text."""
    return plan(query, host, records=demands)


class Gathered(NamedTuple):
    """Facts, and the socket records that they were made from, where those were to be kept."""

    facts: dict[str, Any]
    sockets: list[Record]


def gather(
    query: Query, system: System | None = None, host: Host | None = None, *, keep_sockets: bool = False
) -> Gathered:
    """The facts that a query asks for, of this machine by default; ``facts_query`` makes such queries.

    Raises UsageError for a query that names nothing known, and SnapshotError for a snapshot that turns out damaged.
    What could not be seen is in the facts.
    """
    system = system or LiveSystem()
    names = make_names(system, users=True)
    run = Run(query, system, host or Host(), demands=demands, names=names)
    builder = FactsBuilder(run.head)
    sockets: list[Record] = []
    facts: dict[str, Any] = {}
    for event in run:
        if isinstance(event, Read):
            shown = builder.add(event.reader, event.batch)
            if keep_sockets and event.reader.table == "sockets":
                sockets += shown.rows()
                if len(sockets) > MOST_KEPT:
                    raise UsageError(f"more than {MOST_KEPT} sockets; narrow them by protocols, families or where")
        elif isinstance(event, Noted) and isinstance(event.trouble, Gap) and event.trouble.about == "snapshot":
            raise SnapshotError(event.trouble.detail)
        elif isinstance(event, Ended):
            facts = builder.finish(event.tail)
    return Gathered(facts, safe_records(sockets))
