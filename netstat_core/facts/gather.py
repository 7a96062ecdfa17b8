"""Gather the facts of a system in one call, for the Ansible collection, Salt and callers in Python."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from netstat_core.errors import SnapshotError
from netstat_core.facts.builder import FactsBuilder
from netstat_core.facts.query import needed_fields
from netstat_core.facts.sanitise import safe_records
from netstat_core.facts.schema import Reason
from netstat_core.facts.shares import keep_fair_shares, user_of
from netstat_core.host.discovery import Host
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.query import Query
from netstat_core.report.names import make_names
from netstat_core.report.plan import plan
from netstat_core.report.run import Ended, Noted, Read, Run
from netstat_core.report.selection import Demand
from netstat_core.system import System
from netstat_core.system.live import LiveSystem

MOST_KEPT = 100_000
"""Socket records that :func:`gather` keeps at most; one takes 1 to 2 kB of memory."""

_SLACK = 25_000


def demand(reader: Reader, query: Query) -> Demand:
    """Return what facts need of a reader; it decides what is read, and what a capture for facts must hold."""
    return Demand(needed_fields(reader, query))


def plan_facts(query: Query, host: Host | None = None) -> dict[str, Any]:
    """Return the plan of a capture from which the facts of a query, and its text, can be made."""
    return plan(query, host, records=demand)


class Gathered(NamedTuple):
    """Facts, and the socket records they were built from if ``keep_sockets`` was set."""

    facts: dict[str, Any]
    sockets: list[Record]


def gather(
    query: Query, system: System | None = None, host: Host | None = None, *, keep_sockets: bool = False
) -> Gathered:
    """Gather the facts that a query selects, from this machine or from another system such as a snapshot.

    Make the query with :func:`netstat_core.facts.query.facts_query`. What could not be read does not raise: the facts
    list it in ``incomplete_because``. With ``keep_sockets`` the records of all sockets are returned too.

    Of more than MOST_KEPT sockets each user keeps a fair share, and ``incomplete_because`` counts the others. Raises
    UsageError for unknown names in the query, SnapshotError for a damaged snapshot.
    """
    system = system or LiveSystem()
    names = make_names(system, users=True)
    run = Run(query, system, host or Host(), demands=demand, names=names)
    builder = FactsBuilder(run.head)
    sockets = _Sockets()
    facts: dict[str, Any] = {}
    for event in run:
        if isinstance(event, Read):
            shown = builder.add(event.reader, event.batch)
            if keep_sockets and event.reader.table == "sockets":
                sockets.add(shown.read_only())
        elif isinstance(event, Noted) and isinstance(event.trouble, Gap) and event.trouble.about == "snapshot":
            raise SnapshotError(event.trouble.detail)
        elif isinstance(event, Ended):
            facts = builder.finish(event.tail)
    sockets.limit(MOST_KEPT)
    if sockets.left_out:
        facts["complete"] = False
        facts["incomplete_because"].append(sockets.describe_left_out())
    return Gathered(facts, safe_records(sockets.kept))


class _Sockets:
    """The socket records that are kept, and how many were left out."""

    def __init__(self) -> None:
        self.kept: list[Record] = []
        self.left_out = 0

    def add(self, records: Iterable[Record]) -> None:
        """Add records."""
        self.kept += records
        if len(self.kept) > MOST_KEPT + _SLACK:
            self.limit(MOST_KEPT)

    def limit(self, most: int) -> None:
        """Keep a fair share of each user, of at most so many records."""
        if len(self.kept) > most:
            self.kept, others = keep_fair_shares(self.kept, most, user_of)
            self.left_out += len(others)

    def describe_left_out(self) -> Reason:
        """Return why the list of sockets is not whole."""
        text = f"sockets: truncated, {self.left_out} more than {MOST_KEPT}; select with protocols, families or where"
        return {"about": "table", "text": text}
